"""A pond: ripples, and the glitter of the sky on them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from pisecurity.adapters.cameras.stage.canvas import Canvas, Image
from pisecurity.adapters.cameras.stage.curve import FULL, Curve
from pisecurity.adapters.cameras.stage.effects.effect import Playing, Setting
from pisecurity.adapters.cameras.stage.effects.layer import Lit, Region, area_of, warped
from pisecurity.adapters.cameras.stage.paint import clouds

REACH: Final = 2.2
"""How far a ripple moves what it mirrors, in sheet units at the near shore."""
GLITTER: Final = 110.0
"""Grey levels that a glint adds by day."""
SLOPES: Final = 192
"""Side of the texture of slopes; it repeats."""
RIM: Final = 0.86
"""The water is an ellipse that fills its area; ripples begin at this share of its radius."""
_SALT: Final = 107


@dataclass(frozen=True, slots=True)
class Water:
    """Moves what the water mirrors."""

    strength: Curve = FULL
    """Of the wind over it: 1 is a light breeze; 0: it is a mirror."""
    glitter: Curve = FULL
    """1 in the sun, 0 at night."""
    area: str = "water"

    def begin(self, setting: Setting) -> Playing:
        """Return it in its place.

        Raises:
            ValueError: the place has no such area.
        """
        return _Rippling(self, setting)


class _Rippling(Playing):
    def __init__(self, water: Water, setting: Setting) -> None:
        self._water, self._scale = water, setting.view.scale
        area = area_of(setting, water.area)
        self._region = region = Region(area, setting)
        self._lit = None if region.empty else Lit(region, setting)
        rng = setting.rng(_SALT)
        self._slopes = [_tile(rng) for _ in range(2)]
        x = np.linspace(-1, 1, max(2, region.width), dtype=np.float32)[None, :]
        y = np.linspace(-1, 1, max(2, region.height), dtype=np.float32)[:, None]
        self._inside = np.asarray(np.clip((RIM - np.hypot(x, y)) / (1 - RIM) + 0.5, 0, 1), np.float32)
        # Ripples look smaller and denser towards the far shore.
        self._near = np.asarray(0.45 + 0.275 * (y + 1), np.float32)
        step = 1 / max(self._scale, 0.05)
        self._columns = np.asarray((x * region.width / 2 * step) / self._near, np.float32)
        self._rows = np.asarray(
            np.broadcast_to(3.2 * (y * region.height / 2 * step) / self._near, self._columns.shape), np.float32
        )

    def stir(self, t_s: float, canvas: Canvas) -> None:
        strength, region = self._water.strength(t_s), self._region
        if strength <= 0 or self._lit is None:
            return
        bright = min(1.0, self._lit.share(canvas))
        slope = self._slope(t_s)
        reach = np.float32(REACH * self._scale * min(2.0, strength))
        down = np.asarray(reach * self._near * self._inside * slope, np.float32)
        for plane, half in canvas.planes():
            part = plane[region.where(half)]
            moved = down if half == 1 else cv2.resize(down, (part.shape[1], part.shape[0])) * np.float32(0.5)
            part[:] = warped(part, np.asarray(0.6 * moved, np.float32), np.asarray(moved, np.float32))
        glint = np.clip(1.6 * (slope - 1.9), 0, 1) * self._inside
        light = 6 * self._inside * slope + GLITTER * self._water.glitter(t_s) * glint
        part = canvas.y[region.where()]
        cv2.add(
            part, np.asarray(light * np.float32(bright * min(1.0, strength)), np.float32), dst=part, dtype=cv2.CV_8U
        )

    def _slope(self, t_s: float) -> Image:
        """Return the slope of the water, of about unit deviation: two fields of ripples that run through each other."""
        total: Image = np.zeros_like(self._columns)
        for tile, (right, near) in zip(self._slopes, ((9.0, 5.0), (-6.0, 7.5)), strict=True):
            columns = self._columns + np.float32(right * t_s % SLOPES + SLOPES)
            rows = self._rows + np.float32(near * t_s % SLOPES + SLOPES)
            total += cv2.remap(tile, columns, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP)
        return np.asarray(total * np.float32(1 / math.sqrt(2)), np.float32)


def _tile(rng: np.random.Generator) -> Image:
    """Return slopes that join at the edges."""
    field = clouds(rng, SLOPES, SLOPES, (22, 44), (1.0, 0.8))
    wide = np.tile(field, (2, 2))
    ramp = np.clip(np.linspace(-0.1, 1.1, SLOPES, dtype=np.float32), 0, 1)
    for axis in (0, 1):
        ends = np.moveaxis(wide, axis, 0)
        share = ramp.reshape(-1, 1)
        first, second = ends[:SLOPES], ends[SLOPES // 2 : SLOPES // 2 + SLOPES]
        # Where one copy has its seam the other has its middle.
        weight = np.abs(2 * share - 1) ** 4
        mixed = (1 - weight) * first + weight * second
        wide = np.moveaxis(np.concatenate((mixed, mixed)), 0, axis)
    tile = wide[:SLOPES, :SLOPES]
    return np.asarray(tile / tile.std(), np.float32)
