"""The programme on a television: shots with cuts, pans, and people who move."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from pisecurity.adapters.cameras.stage.canvas import TO_YCC, Canvas, Image
from pisecurity.adapters.cameras.stage.curve import FULL, Curve
from pisecurity.adapters.cameras.stage.effects.effect import Playing, Setting
from pisecurity.adapters.cameras.stage.effects.layer import Region, area_of
from pisecurity.adapters.cameras.stage.paint import Colour, clouds, mix

SHOT_S: Final = 2.6
"""Length of a shot on average."""
LOOKS: Final = 10
WIDE: Final = 192
TALL: Final = 72
"""Size of a painted backdrop in pixels; a shot shows two thirds of it across."""
SHOWN: Final = 128
_SALT: Final = 89


@dataclass(frozen=True, slots=True)
class Television:
    """Draws what the set shows in the area ``television``; its light on the room is a light of the place."""

    strength: Curve = FULL
    """Brightness; 0: it is off."""

    def begin(self, setting: Setting) -> Playing:
        """Return it in its place.

        Raises:
            ValueError: the place has no television.
        """
        return _Showing(self, setting)


@dataclass(frozen=True, slots=True)
class _Shot:
    """What is shown between two cuts."""

    backdrop: NDArray[np.uint8]
    pan: tuple[float, float]
    """First column, and columns a second."""
    people: tuple[tuple[float, float, Colour, float], ...]
    """Middle as a share of the picture, height as a share, clothes, and phase."""
    starts_s: float


class _Showing(Playing):
    def __init__(self, television: Television, setting: Setting) -> None:
        self._television, self._setting = television, setting
        self._region = Region(area_of(setting, "television"), setting)
        rng = setting.rng(_SALT)
        self._backdrops = [_backdrop(rng, number) for number in range(LOOKS)]
        self._cut_s = lru_cache(maxsize=16)(self._drawn_cut_s)
        self._shot = lru_cache(maxsize=4)(self._drawn_shot)

    def stir(self, t_s: float, canvas: Canvas) -> None:
        strength, region = self._television.strength(t_s), self._region
        if strength <= 0 or region.empty:
            return
        picture = cv2.resize(self._picture(t_s), (region.width, region.height), interpolation=cv2.INTER_AREA)
        ycc = cv2.transform(picture.astype(np.float32) * np.float32(min(1.0, strength)), TO_YCC)
        canvas.y[region.where()] = np.clip(np.rint(ycc[..., 0]), 0, 255).astype(np.uint8)
        if canvas.u is None or canvas.v is None:
            return
        small = cv2.resize(ycc, (region.width // 2, region.height // 2), interpolation=cv2.INTER_AREA)
        for plane, channel in ((canvas.u, 1), (canvas.v, 2)):
            plane[region.where(2)] = np.clip(np.rint(small[..., channel] + 128), 0, 255).astype(np.uint8)

    def _picture(self, t_s: float) -> NDArray[np.uint8]:
        """Return (TALL, SHOWN, 3) BGR."""
        number = math.floor(t_s / SHOT_S)
        shot = self._shot(number if t_s >= self._cut_s(number) else number - 1)
        first, speed = shot.pan
        span = WIDE - SHOWN
        swing = span * math.acos(math.cos(math.pi * (first + speed * (t_s - shot.starts_s)) / span)) / math.pi
        left = int(min(span, max(0.0, swing)))
        picture = shot.backdrop[:, left : left + SHOWN].copy()
        for middle, height, clothes, phase in shot.people:
            _draw_person(picture, middle, height, clothes, t_s + phase)
        return picture

    def _drawn_cut_s(self, number: int) -> float:
        """Return when a shot begins: anywhere within its slot, so that no two are equally long."""
        return (number + float(self._setting.rng(_SALT, 1, number + 1).uniform(0.0, 0.95))) * SHOT_S

    def _drawn_shot(self, number: int) -> _Shot:
        rng = self._setting.rng(_SALT, 2, number + 1)
        look = int(rng.integers(LOOKS))
        count = int(rng.choice((0, 1, 1, 2)))
        close = bool(rng.random() < 0.4)
        people = []
        for index in range(count):
            grey, tint = float(rng.uniform(30, 190)), rng.uniform(-28, 28, 3)
            clothes = tuple(max(12.0, grey + float(value)) for value in tint)
            middle = (index + float(rng.uniform(0.35, 0.65))) / count
            height = float(rng.uniform(1.2, 1.7) if close else rng.uniform(0.6, 0.95))
            people.append((middle, height, (clothes[0], clothes[1], clothes[2]), float(rng.uniform(0, 9))))
        speed = float(rng.choice((0.0, 0.0, -9.0, 9.0, 22.0)))
        return _Shot(
            self._backdrops[look], (float(rng.uniform(0, WIDE - SHOWN)), speed), tuple(people), self._cut_s(number)
        )


def _draw_person(picture: NDArray[np.uint8], middle: float, height: float, clothes: Colour, t_s: float) -> None:
    """Draw somebody who talks and moves, from the waist or the feet up."""
    size = height * TALL
    x = middle * SHOWN + 2.5 * math.sin(0.9 * t_s) + 1.2 * math.sin(2.3 * t_s)
    head = max(0.32 * TALL, TALL - 0.86 * size) + 0.8 * math.sin(3.1 * t_s)
    half = ((0.16, TALL + 4.0), (0.15, head + 0.24 * size), (0.05, head + 0.16 * size))
    body = np.array([(x - aside * size, y) for aside, y in half] + [(x + aside * size, y) for aside, y in half[::-1]])
    cv2.fillPoly(picture, [np.rint(body * 16).astype(np.int32)], clothes, cv2.LINE_AA, 4)
    hand = (x + 0.24 * size * math.sin(1.7 * t_s), head + (0.42 + 0.10 * math.sin(2.9 * t_s)) * size)
    arm = np.array(((x + 0.13 * size, head + 0.27 * size), hand))
    cv2.polylines(
        picture, [np.rint(arm * 16).astype(np.int32)], False, clothes, max(1, round(0.07 * size)), cv2.LINE_AA, 4
    )
    for centre, radius, colour in (((x, head - 0.02 * size), 0.105, (40, 52, 70)), ((x, head), 0.092, (128, 160, 205)),
                                   (hand, 0.035, (128, 160, 205))):  # fmt: skip
        at = (round(centre[0] * 16), round(centre[1] * 16))
        cv2.circle(picture, at, round(radius * size * 16), colour, -1, cv2.LINE_AA, 4)


def _backdrop(rng: np.random.Generator, number: int) -> NDArray[np.uint8]:
    """Paint a landscape, a studio, a pitch or a street at night, one after the other."""
    rows = np.linspace(0, 1, TALL, dtype=np.float32)[:, None, None]
    kind = number % 4
    above: Colour = ((220, 170, 110), (110, 60, 40), (90, 110, 70), (40, 26, 22))[kind]
    below: Colour = ((90, 140, 96), (190, 130, 90), (60, 150, 84), (60, 60, 74))[kind]
    tint = tuple(float(value) for value in rng.uniform(-25, 25, 3))
    upper, lower = (np.array(colour, np.float32) + np.array(tint, np.float32) for colour in (above, below))
    edge = float(rng.uniform(0.35, 0.6))
    share = np.clip((rows - edge) * 12 + 0.5, 0, 1)
    image: Image = np.asarray(np.repeat(upper + share * (lower - upper), WIDE, axis=1), np.float32)
    image *= (1 + 0.14 * clouds(rng, TALL, WIDE, (6, 20, 60), (1.0, 0.8, 0.6)))[..., None]
    painted = np.clip(image, 0, 255).astype(np.uint8)
    for _ in range(14):
        x, wide = int(rng.integers(0, WIDE)), int(rng.integers(4, 26))
        top, tall = int(edge * TALL) - int(rng.integers(4, 30)), int(rng.integers(8, 34))
        colour = mix(above, (255.0, 250.0, 235.0) if kind == 3 else (40.0, 60.0, 80.0), float(rng.uniform(0.2, 0.8)))
        cv2.rectangle(painted, (x, max(0, top)), (x + wide, top + tall), colour, -1)
    return cv2.GaussianBlur(painted, (0, 0), 0.8)  # type: ignore[return-value]
