"""Fog and mist that drift through the garden and take the contrast away."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from pisecurity.adapters.cameras.stage.canvas import Canvas, Image
from pisecurity.adapters.cameras.stage.curve import FULL, OFF, Curve
from pisecurity.adapters.cameras.stage.effects.effect import COARSE, Playing, Setting
from pisecurity.adapters.cameras.stage.effects.layer import GREY, mix_in
from pisecurity.adapters.cameras.stage.paint import clouds
from pisecurity.adapters.cameras.stage.place import sheet_grid
from pisecurity.adapters.cameras.stage.view import SHEET_HEIGHT, SHEET_WIDTH

FARTHEST_M: Final = 16.0
NEAR_M: Final = 2.0
"""The veil before everything is that of so much air."""
_SALT: Final = 71


@dataclass(frozen=True, slots=True)
class Fog:
    """A veil that grows with the distance, in drifting swathes."""

    strength: Curve = FULL
    """1 hides what is 10 m away, 0.3 is mist."""
    tone: float = 176.0
    """Grey level of the fog; at night some 20 to 40."""
    speed: float = 18.0
    """Sheet units a second that the swathes drift to the right."""
    infrared: Curve = OFF
    """1: lit by the lamp beside the lens, it is bright in the middle of the picture."""

    def begin(self, setting: Setting) -> Playing:
        return _Drifting(self, setting)


class _Drifting(Playing):
    def __init__(self, fog: Fog, setting: Setting) -> None:
        self._fog, self._setting = fog, setting
        view, lens = setting.view, setting.place.lens
        rows, columns = setting.field_shape
        swathes = clouds(setting.rng(_SALT), SHEET_HEIGHT // COARSE, SHEET_WIDTH // COARSE, (3, 7, 14), (1.0, 0.6, 0.3))
        self._swathes = np.clip(1 + 0.30 * swathes, 0.2, 2.0).astype(np.float32)
        x, y = (cv2.resize(np.ascontiguousarray(np.broadcast_to(each, (view.height, view.width))), (columns, rows),
                           interpolation=cv2.INTER_AREA) for each in sheet_grid(view))  # fmt: skip
        reach = lens.focal * lens.camera_height_m
        self._away_m = np.asarray(reach / np.maximum(y - lens.horizon, reach / FARTHEST_M), np.float32)
        corner = ((x - lens.vanishing_x) / 460) ** 2 + ((y - 260) / 330) ** 2
        self._lamp = np.asarray(np.exp(-corner), np.float32)

    def stir(self, t_s: float, canvas: Canvas) -> None:
        """Veil the place by its distance."""
        strength = self._fog.strength(t_s)
        if strength > 0:
            depth = np.maximum(self._away_m - NEAR_M, 0) * self._swathe(t_s)
            self._veil(t_s, canvas, 1 - np.exp(-0.14 * strength * depth))

    def fall(self, t_s: float, canvas: Canvas) -> None:
        """Veil everything by the air that is before it in any case."""
        strength = self._fog.strength(t_s)
        if strength > 0:
            self._veil(t_s, canvas, 1 - np.exp(-0.14 * NEAR_M * strength * self._swathe(t_s + 40.0)))

    def _swathe(self, t_s: float) -> Image:
        """Return how dense the fog is at the moment, around 1; the texture goes there and back, without a seam."""
        height, width = self._swathes.shape
        rows, columns = self._setting.field_shape
        step = 0.5 / self._setting.view.scale
        span = (width - columns * step) / 2
        aside = span * (1 - math.cos(self._fog.speed * t_s / COARSE / max(span, 1.0)))
        down = (height - rows * step) / 2 * (1 - math.cos(0.05 * t_s))
        moved = np.array(((step, 0, aside), (0, step, down)), np.float32)
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        part = cv2.warpAffine(self._swathes, moved, (columns, rows), flags=flags, borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(part, np.float32)

    def _veil(self, t_s: float, canvas: Canvas, share: Image) -> None:
        """Mix the fog in; *share*: coarse, 0 to 1."""
        infrared = self._fog.infrared(t_s)
        lit = 1 - infrared + infrared * self._lamp
        height, width = canvas.y.shape
        keep, add = (cv2.resize(np.asarray(each, np.float32), (width, height), interpolation=cv2.INTER_LINEAR)
                     for each in (1 - share, self._fog.tone * share * lit))  # fmt: skip
        thin = cv2.multiply(canvas.y, keep, dtype=cv2.CV_32F)
        cv2.add(thin, add, dst=canvas.y, dtype=cv2.CV_8U)
        if canvas.u is None or canvas.v is None:
            return
        cover = np.asarray(share * 255, np.uint8)
        small = np.asarray(cv2.resize(cover, canvas.u.shape[::-1], interpolation=cv2.INTER_LINEAR), np.uint8)
        mix_in(canvas.u, GREY, small)
        mix_in(canvas.v, GREY, small)
