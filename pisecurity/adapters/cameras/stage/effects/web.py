"""A spider web before the lens, and now and then the spider."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Final

import cv2
import numpy as np

from pisecurity.adapters.cameras.stage.canvas import Canvas, Image
from pisecurity.adapters.cameras.stage.curve import FULL, Curve
from pisecurity.adapters.cameras.stage.effects.chance import ByLot, Visit, Visits
from pisecurity.adapters.cameras.stage.effects.effect import Playing, Setting
from pisecurity.adapters.cameras.stage.effects.layer import veil
from pisecurity.core.types import Plane

SPOKES: Final = 17
RINGS: Final = 15
HUB: Final = (0.33, 0.28)
"""In shares of its part of the picture."""
REACH: Final = 0.62
"""How far the web reaches, as a share of the picture's height."""
COARSE: Final = 8
TONE: Final = 246.0
SHIFT: Final = 4
LEGS: Final = 8
_SALT: Final = 67


@dataclass(frozen=True, slots=True)
class Web:
    """Hangs in an upper corner, out of focus, and trembles."""

    strength: Curve = FULL
    """How bright its threads are: 0.6 to 1 in infrared, 0.15 to 0.3 by day."""
    wind: Curve = FULL
    """1 is a light breeze."""
    spider: Visits = field(default_factory=lambda: ByLot(0.7, 4.0, 14.0))
    """When it walks over the web."""
    right: bool = False
    """In the upper right corner instead of the left one."""

    def begin(self, setting: Setting) -> Playing:
        return _Hanging(self, setting)


class _Hanging(Playing):
    def __init__(self, web: Web, setting: Setting) -> None:
        self._web, self._setting, view = web, setting, setting.view
        rng = setting.rng(_SALT)
        side = max(8, int(REACH * view.height))
        self._size = (min(side, view.height), min(int(1.25 * side), view.width))
        self._left = view.width - self._size[1] if web.right else 0
        threads = _threads(rng, self._size)
        self._threads = np.ascontiguousarray(threads[:, ::-1]) if web.right else threads
        rows, columns = (np.arange(-(-length // COARSE), dtype=np.float32) * COARSE / length for length in self._size)
        if web.right:
            columns = 1 - columns
        # It is tied to the rim of the lens: the middle moves most.
        self._slack = np.asarray(2 * (columns * (1 - columns))[None, :] + 2 * (rows * (1 - rows))[:, None], np.float32)
        self._phase = np.asarray(3.0 * columns[None, :] + 2.2 * rows[:, None], np.float32)
        self._rows = np.arange(self._size[0], dtype=np.float32)[:, None]
        self._columns = np.arange(self._size[1], dtype=np.float32)[None, :]

    def fall(self, t_s: float, canvas: Canvas) -> None:
        strength = self._web.strength(t_s)
        if strength <= 0:
            return
        height, width = self._size
        across, down = self._moved(t_s)
        cover: Plane = np.asarray(
            cv2.remap(self._threads, across + self._columns, down + self._rows, cv2.INTER_LINEAR), np.uint8
        )
        for visit in self._web.spider.around(self._setting.seed, _SALT, t_s):
            self._draw_spider(cover, visit, t_s)
        part = np.s_[:height, self._left : self._left + width]
        half = np.s_[: (height + 1) // 2, self._left // 2 : self._left // 2 + (width + 1) // 2]
        y, u, v = canvas.y[part], canvas.u, canvas.v
        region = Canvas(y, u[half] if u is not None else None, v[half] if v is not None else None)
        veil(region, np.asarray(cv2.convertScaleAbs(cover, alpha=strength), np.uint8), TONE)

    def _moved(self, t_s: float) -> tuple[Image, Image]:
        """Return how far each of its pixels is beside its place."""
        gust = self._web.wind(t_s) * (0.5 + 0.3 * math.sin(0.7 * t_s) + 0.2 * math.sin(1.9 * t_s + 1))
        reach = np.float32(gust * 5.0 * self._setting.view.scale)
        turn = np.float32(2 * math.pi * 1.7 * t_s)
        across = reach * self._slack * np.sin(self._phase + turn)
        down = 0.6 * reach * self._slack * np.cos(1.4 * self._phase + 0.8 * turn)
        height, width = self._size
        fine = [cv2.resize(each, (width, height), interpolation=cv2.INTER_LINEAR) for each in (across, down)]
        return np.asarray(fine[0], np.float32), np.asarray(fine[1], np.float32)

    def _draw_spider(self, cover: Plane, visit: Visit, t_s: float) -> None:
        """It walks from the hub to the rim or back, with stops."""
        rng, (height, width) = self._setting.rng(_SALT, 3, visit.number), self._size
        turn = float(rng.uniform(0, 2 * math.pi))
        steps = visit.share(t_s) * 5
        way = (math.floor(steps) + min(1.0, 2 * (steps % 1))) / 5
        from_hub = 0.62 * (way if rng.random() < 0.5 else 1 - way)
        x, y = (HUB[0] + from_hub * math.cos(turn)) * width, (HUB[1] + 1.1 * from_hub * math.sin(turn)) * height
        if self._web.right:
            x, turn = width - x, math.pi - turn
        heading, size = turn, 7.0 * self._setting.view.scale
        blob = np.zeros_like(cover)
        walks = 2 * (steps % 1) < 1
        for leg in range(LEGS):
            swing = 0.25 * math.sin(14 * t_s + 2.4 * leg) if walks else 0.0
            spread = heading + (0.5 + 0.55 * (leg // 2) + swing) * (1 if leg % 2 else -1)
            knee = (x + 1.6 * size * math.cos(spread), y + 1.6 * size * math.sin(spread))
            foot = (x + 2.7 * size * math.cos(spread + 0.25), y + 2.7 * size * math.sin(spread + 0.25))
            line = np.rint(np.array(((x, y), knee, foot)) * (1 << SHIFT)).astype(np.int32)
            cv2.polylines(blob, [line], False, 190, max(1, round(0.28 * size)), cv2.LINE_AA, SHIFT)
        for ahead, radius in ((-0.7, 1.0), (0.5, 0.6)):
            at = (x + ahead * size * math.cos(heading), y + ahead * size * math.sin(heading))
            centre = (round(at[0] * (1 << SHIFT)), round(at[1] * (1 << SHIFT)))
            cv2.circle(blob, centre, round(radius * size * (1 << SHIFT)), 255, -1, cv2.LINE_AA, SHIFT)
        cv2.max(cover, cv2.blur(blob, (3, 3)), dst=cover)


def _threads(rng: np.random.Generator, size: tuple[int, int]) -> Plane:
    """Return the web as (h, w), 255 where a thread hides what is behind it."""
    height, width = size
    web = np.zeros(size, np.uint8)
    turns = np.linspace(0, 2 * math.pi, SPOKES, endpoint=False) + rng.uniform(-0.11, 0.11, SPOKES)
    thick = max(1, round(height / 260))

    def at(turn: float, share: float) -> tuple[float, float]:
        return (HUB[0] + share * math.cos(turn)) * width, (HUB[1] + 1.1 * share * math.sin(turn)) * height

    def draw(points: list[tuple[float, float]], value: int) -> None:
        line = np.rint(np.array(points) * (1 << SHIFT)).astype(np.int32)
        cv2.polylines(web, [line], False, value, thick, cv2.LINE_AA, SHIFT)

    for turn in turns:
        draw([at(turn, 0.0), at(turn, 1.3)], int(rng.integers(110, 170)))
    for ring in range(RINGS):
        share = 0.07 + 0.62 * (ring / RINGS) ** 0.9
        for spoke in range(SPOKES):
            start, end = float(turns[spoke]), float(turns[(spoke + 1) % SPOKES])
            if rng.random() < 0.10:
                continue
            span, own = (end - start) % (2 * math.pi), share + float(rng.uniform(-0.006, 0.006))
            steps = np.linspace(0, 1, 5)
            # It sags towards the hub between two spokes.
            draw([at(start + span * float(step), own * (1 - 0.32 * span * float(step * (1 - step)))) for step in steps],
                 int(rng.integers(60, 170)))  # fmt: skip
    soft = cv2.GaussianBlur(web, (0, 0), max(0.5, height / 300))
    x, y = (np.arange(length, dtype=np.float32) / length for length in (width, height))
    fades = np.minimum(1, 4 * (1 - x))[None, :] * np.minimum(1, 4 * (1 - y))[:, None]
    return np.asarray(np.clip(1.4 * soft * fades, 0, 255), np.uint8)
