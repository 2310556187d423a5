"""Cloth in the draught: what a place shows in an area sways, with folds that run through it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from pisecurity.adapters.cameras.stage.canvas import Canvas
from pisecurity.adapters.cameras.stage.curve import FULL, Curve
from pisecurity.adapters.cameras.stage.effects.effect import Playing, Setting
from pisecurity.adapters.cameras.stage.effects.layer import Region, area_of, scale_light, warped

COARSE: Final = 4
REACH: Final = 0.16
"""How far its lower edge swings, as a share of its width."""
FOLDS: Final = 0.13
"""How much brighter or darker a fold that runs through it is."""
MOST: Final = 26.0
"""It swings no further than so many sheet units."""
_SALT: Final = 101


@dataclass(frozen=True, slots=True)
class Curtain:
    """A curtain that hangs from the upper edge of its area."""

    strength: Curve = FULL
    """1 is the draught of an open window."""
    area: str = "curtain"

    def begin(self, setting: Setting) -> Playing:
        """Return it in its place.

        Raises:
            ValueError: the place has no such area.
        """
        return _Swaying(self, setting)


class _Swaying(Playing):
    def __init__(self, curtain: Curtain, setting: Setting) -> None:
        self._curtain = curtain
        area = area_of(setting, curtain.area)
        self._region = region = Region(area, setting)
        self._reach = min(MOST, REACH * (area.right - area.left)) * setting.view.scale
        self._phase = float(setting.rng(_SALT).uniform(0, 2 * math.pi))
        rows, columns = (max(2, -(-length // COARSE)) for length in (region.height, region.width))
        down = np.linspace(0, 1, rows, dtype=np.float32)[:, None]
        aside = np.linspace(0, 1, columns, dtype=np.float32)[None, :]
        # Held above, free below; at the rim of the area it joins the still picture.
        rim = np.minimum(1, 6 * aside) * np.minimum(1, 6 * (1 - aside)) * np.minimum(1, 12 * (1 - down))
        self._amount = np.asarray(down * rim, np.float32)
        self._folds = np.asarray(2 * math.pi * (2.2 * aside - 0.5 * down), np.float32)

    def stir(self, t_s: float, canvas: Canvas) -> None:
        region = self._region
        gust = self._curtain.strength(t_s) * (
            0.55 + 0.3 * math.sin(0.53 * t_s + self._phase) + 0.15 * math.sin(1.31 * t_s)
        )
        if gust <= 0 or region.empty:
            return
        turn = np.float32(2 * math.pi * 0.38 * t_s + self._phase)
        swing = np.sin(0.4 * self._folds + turn) + 0.35 * np.sin(self._folds + 2.1 * turn)
        across = np.asarray(self._reach * gust * self._amount * swing, np.float32)
        for plane, half in canvas.planes():
            part = plane[region.where(half)]
            size = (part.shape[1], part.shape[0])
            columns = cv2.resize(across, size, interpolation=cv2.INTER_LINEAR) * np.float32(1 / half)
            part[:] = warped(part, np.asarray(columns, np.float32), np.zeros_like(columns))
        shade = 1 + np.float32(FOLDS * gust) * self._amount * np.sin(self._folds - 1.4 * turn)
        fine = cv2.resize(shade, (region.width, region.height), interpolation=cv2.INTER_LINEAR)
        scale_light(canvas, region, np.asarray(fine, np.float32))
