"""Shadows without their owner: leaves that dance on a wall, and somebody who passes outside a frosted door."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Final

import cv2
import numpy as np

from pisecurity.adapters.cameras.stage.canvas import Canvas, Image
from pisecurity.adapters.cameras.stage.curve import FULL, Curve, eased
from pisecurity.adapters.cameras.stage.effects.chance import ByLot, Visit, Visits
from pisecurity.adapters.cameras.stage.effects.effect import Playing, Setting
from pisecurity.adapters.cameras.stage.effects.layer import Region, area_of, scale_light
from pisecurity.adapters.cameras.stage.things.figure import Outfit
from pisecurity.adapters.cameras.stage.things.person import Person
from pisecurity.adapters.cameras.stage.things.thing import Pose

FRINGE: Final = 0.12
"""Over this share of its area dappled light joins the even light around it."""
LEAVES: Final = 420
STAYS: Final = 0.35
"""Share of a visit that somebody who rings stands before the door."""
WALK: Final = 1.25
"""Metres a second."""
HEIGHT: Final = 0.96
"""Of somebody behind the glass, as a share of the glass."""
ROWS: Final = 48
"""No more detail than so many rows have is seen through the glass."""
PHASES: Final = 16
"""Of the gait of somebody behind it."""
_LEAVES_SALT: Final = 109
_GLASS_SALT: Final = 113


@dataclass(frozen=True, slots=True)
class LeafShadows:
    """Dappled light: the shadow of a tree that the picture does not show, moving in the wind."""

    depth: Curve = FULL
    """Of the shadows, 1 in full sun; 0: the sun is away."""
    wind: Curve = FULL
    """1 is a light breeze."""
    area: str = "wall"

    def begin(self, setting: Setting) -> Playing:
        """Return it in its place.

        Raises:
            ValueError: the place has no such area.
        """
        return _Dancing(self, setting)


class _Dancing(Playing):
    def __init__(self, leaves: LeafShadows, setting: Setting) -> None:
        self._leaves, self._scale = leaves, setting.view.scale
        area = area_of(setting, leaves.area)
        self._region = region = Region(area, setting)
        width, height = max(8, round(area.right - area.left)), max(8, round(area.bottom - area.top))
        rng = setting.rng(_LEAVES_SALT)
        self._boughs = [] if region.empty else [_boughs(rng, width, height, region) for _ in range(2)]
        x = np.linspace(0, 1, max(2, region.width), dtype=np.float32)[None, :]
        y = np.linspace(0, 1, max(2, region.height), dtype=np.float32)[:, None]
        rim = np.minimum(np.minimum(x, 1 - x), np.minimum(y, 1 - y)) / FRINGE
        self._rim = np.asarray(0.42 * np.clip(rim, 0, 1), np.float32)

    def stir(self, t_s: float, canvas: Canvas) -> None:
        depth, region = self._leaves.depth(t_s), self._region
        if depth <= 0 or region.empty:
            return
        gust = self._leaves.wind(t_s) * (0.55 + 0.3 * math.sin(0.47 * t_s) + 0.15 * math.sin(1.27 * t_s + 1.0))
        reach = 5.0 * self._scale * gust
        light = np.full((region.height, region.width), 255, np.uint8)
        for number, bough in enumerate(self._boughs):
            turn = (2.1 + 0.9 * number) * t_s + 2.0 * number
            lean = 0.022 * gust * math.sin(0.8 * turn + 1.0)
            move = np.array(
                ((1, lean, reach * math.sin(turn)), (-0.5 * lean, 1, 0.6 * reach * math.cos(1.3 * turn))), np.float32
            )
            moved = cv2.warpAffine(bough, move, (region.width, region.height), borderMode=cv2.BORDER_REFLECT)
            cv2.multiply(light, moved, dst=light, scale=1 / 255)
        dark = cv2.multiply(cv2.bitwise_not(light), self._rim, scale=min(1.0, depth) / 255, dtype=cv2.CV_32F)
        scale_light(canvas, region, np.asarray(1 - dark, np.float32))


def _boughs(rng: np.random.Generator, width: int, height: int, region: Region) -> Image:
    """Return the light between the leaves of one bough, (h, w) uint8 of the region."""
    light = np.full((height, width), 255, np.uint8)
    # The sun is a disc: far leaves have soft shadows, and gaps throw round spots.
    for _ in range(5):
        start = (int(rng.integers(0, width)), int(rng.integers(-20, height // 3)))
        turn, length = float(rng.uniform(0.2, 2.9)), float(rng.uniform(0.4, 0.9)) * height
        end = (round(start[0] + length * math.cos(turn)), round(start[1] + length * math.sin(turn)))
        cv2.line(light, start, end, 60, int(rng.integers(2, 5)), cv2.LINE_AA)
        for _ in range(LEAVES // 5):
            share, spread = float(rng.random()), 0.16 * height
            at = (start[0] + share * (end[0] - start[0]) + spread * float(rng.standard_normal()),
                  start[1] + share * (end[1] - start[1]) + spread * float(rng.standard_normal()))  # fmt: skip
            axes = (int(rng.integers(3, 8)), int(rng.integers(2, 4)))
            cv2.ellipse(light, (round(at[0]), round(at[1])), axes, float(rng.uniform(0, 180)), 0, 360, 0, -1)
    soft = cv2.GaussianBlur(light, (0, 0), 2.0)
    return cv2.resize(soft, (region.width, region.height), interpolation=cv2.INTER_AREA)  # type: ignore[return-value]


@dataclass(frozen=True, slots=True)
class GlassShadow:
    """Somebody outside, seen as a dark shape through the frosted glass of the area ``door_glass``: nobody is in."""

    visits: Visits = field(default_factory=lambda: ByLot(2.0, 3.0, 7.0))
    depth: Curve = FULL
    """1: it is much brighter outside than in."""
    rings: float = 0.5
    """Share of the visits at which somebody stops at the door; the others pass by."""
    area: str = "door_glass"

    def begin(self, setting: Setting) -> Playing:
        """Return it in its place.

        Raises:
            ValueError: the place has no such area.
        """
        return _Passing(self, setting)


class _Passing(Playing):
    def __init__(self, shadow: GlassShadow, setting: Setting) -> None:
        self._shadow, self._setting = shadow, setting
        self._region = Region(area_of(setting, shadow.area), setting)
        person = Person(Outfit.drawn(setting.rng(_GLASS_SALT)))
        self._unit = HEIGHT * ROWS / person.tall_m
        self._stride_m = person.stride_m
        self._shapes = [
            person.draw(self._unit, Pose(2 * math.pi * phase / PHASES, swing, 0.0))
            for phase, swing in (*((phase, 1.0) for phase in range(PHASES)), (0, 0.0))
        ]

    def stir(self, t_s: float, canvas: Canvas) -> None:
        depth, region = self._shadow.depth(t_s), self._region
        if depth <= 0 or region.empty:
            return
        for visit in self._shadow.visits.around(self._setting.seed, _GLASS_SALT, t_s):
            dark = self._shape(visit, t_s)
            scale_light(canvas, region, np.asarray(1 - np.float32(0.72 * min(1.0, depth)) * dark, np.float32))

    def _shape(self, visit: Visit, t_s: float) -> Image:
        """Return how much somebody darkens the glass, (h, w) 0 to 1."""
        region, rng = self._region, self._setting.rng(_GLASS_SALT, 1, visit.number)
        leftwards, rings = bool(rng.random() < 0.5), bool(rng.random() < self._shadow.rings)
        way, near, walks = _course(visit.share(t_s), rings=rings)
        walked_m = WALK * visit.lasts_s * visit.share(t_s)
        phase = int(PHASES * walked_m / self._stride_m) % PHASES if walks else PHASES
        shape, width = self._shapes[phase], ROWS * region.width / region.height
        across = width / 2 + way * (0.5 * width + 0.3 * self._unit)
        move = np.array(((1, 0, across - shape.foot_x), (0, 1, 1.02 * ROWS - shape.foot_y)), np.float32)
        cover = cv2.warpAffine(np.ascontiguousarray(shape.pixels[..., 3]), move, (max(1, round(width)), ROWS))
        # The farther from the glass, the softer and fainter.
        soft = cv2.GaussianBlur(cover, (0, 0), (0.030 + 0.06 * (1 - near)) * ROWS) * np.float32(near)
        fine = cv2.resize(soft, (region.width, region.height), interpolation=cv2.INTER_LINEAR)
        return np.asarray(fine[:, ::-1] if leftwards else fine, np.float32)


def _course(share: float, *, rings: bool) -> tuple[float, float, bool]:
    """Return where somebody is (-1 left of the door, 1 right of it), how near the glass (1 at it), and if he walks."""
    if not rings:
        return 2 * share - 1, 1.0, True
    coming = (1 - STAYS) / 2
    way = eased(share / coming) - 1 if share < 0.5 else eased((share - 1 + coming) / coming)
    return way, 1 - 0.35 * abs(way), not coming < share < 1 - coming
