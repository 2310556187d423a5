"""Shadows of clouds that drift over a garden."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from pisecurity.adapters.cameras.stage.canvas import Image
from pisecurity.adapters.cameras.stage.curve import FULL, Curve
from pisecurity.adapters.cameras.stage.effects.effect import COARSE, Playing, Setting
from pisecurity.adapters.cameras.stage.paint import clouds
from pisecurity.adapters.cameras.stage.view import SHEET_HEIGHT, SHEET_WIDTH

_SALT: Final = 41


@dataclass(frozen=True, slots=True)
class Clouds:
    """How many clouds are over the garden, how dark they make it, and how fast they go."""

    amount: Curve = FULL
    depth: float = 0.30
    turn_s: float = 60.0
    """They drift there and back, so that no seam ever passes; so long takes a radian of it."""

    def begin(self, setting: Setting) -> Playing:
        return _Drifting(self, setting)


class _Drifting(Playing):
    def __init__(self, clouds_: Clouds, setting: Setting) -> None:
        self._clouds = clouds_
        self._size = setting.field_shape[::-1]
        self._step = 1 / setting.view.scale
        rng = setting.rng(_SALT)
        field = clouds(rng, SHEET_HEIGHT // COARSE, SHEET_WIDTH * 4 // COARSE, (9, 20), (1.0, 0.35))
        shade = np.clip(field * 0.9 - 0.1, 0, 1)
        self._shade = np.asarray(cv2.GaussianBlur(shade, (0, 0), 4.0), np.float32)

    def light(self, t_s: float) -> Image | None:
        amount = self._clouds.amount(t_s)
        if amount <= 0:
            return None
        span = SHEET_WIDTH * 3 / COARSE
        offset = span / 2 * (1 - math.cos(t_s / self._clouds.turn_s))
        moved = np.array(((self._step, 0, offset), (0, self._step, 0)), np.float32)
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        part = cv2.warpAffine(self._shade, moved, self._size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(1 - self._clouds.depth * amount * part, np.float32)
