"""The blades of a fan that turns."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from pisecurity.adapters.cameras.stage.canvas import Canvas, Image
from pisecurity.adapters.cameras.stage.curve import FULL, Curve
from pisecurity.adapters.cameras.stage.effects.effect import Playing, Setting
from pisecurity.adapters.cameras.stage.effects.layer import Lit, Region, area_of, mix_in

EXPOSURE_S: Final = 1 / 60
BLADES: Final = 3
STEPS: Final = 12
"""Positions of a blade while the shutter is open."""
_SIDE: Final = 96


@dataclass(frozen=True, slots=True)
class Fan:
    """Blades in the area ``fan``, an ellipse that fills it."""

    speed: Curve = FULL
    """1 is the fan's slow step; 0: it is off and its blades are as the place shows them."""
    turns_hz: float = 3.3
    """Turns a second at speed 1."""
    tone: float = 120.0
    """Grey level of a blade by day."""

    def begin(self, setting: Setting) -> Playing:
        """Return it in its place.

        Raises:
            ValueError: the place has no fan.
        """
        return _Turning(self, setting)


class _Turning(Playing):
    def __init__(self, fan: Fan, setting: Setting) -> None:
        self._fan = fan
        self._region = Region(area_of(setting, "fan"), setting)
        self._lit = Lit(self._region, setting)
        self._blades, self._shine = _blades(fan)

    def stir(self, t_s: float, canvas: Canvas) -> None:
        region = self._region
        if self._fan.speed(t_s) <= 0 or region.empty:
            return
        bright = self._lit.share(canvas)
        # At a steady speed; when it changes the blades jump, which nobody can see at these speeds.
        turn = 360 * self._fan.turns_hz * self._fan.speed(t_s) * t_s % 360
        spin = cv2.getRotationMatrix2D((_SIDE / 2, _SIDE / 2), turn, 1.0)
        for plane, half in canvas.planes():
            part = plane[region.where(half)]
            size = (part.shape[1], part.shape[0])
            cover, shine = (cv2.resize(cv2.warpAffine(each, spin, (_SIDE, _SIDE)), size, interpolation=cv2.INTER_AREA)
                            for each in (self._blades, self._shine))  # fmt: skip
            if half == 2:
                mix_in(part, 128, np.asarray(cover, np.uint8))
                continue
            tone = shine.astype(np.float32) * np.float32(self._fan.tone * bright / 128)
            share = cover.astype(np.float32) * np.float32(1 / 255)
            part[:] = np.clip(np.rint(part + share * (tone - part)), 0, 255).astype(np.uint8)


def _blades(fan: Fan) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return how much the blades hide, 255 all of it, and how bright they are, 128 their tone; blurred by the turn."""
    y, x = (np.mgrid[0:_SIDE, 0:_SIDE].astype(np.float32) + 0.5) / (_SIDE / 2) - 1
    reach, angle = np.hypot(x, y), np.arctan2(y, x)
    cover: Image = np.zeros_like(reach)
    bright: Image = np.zeros_like(reach)
    blur = 2 * math.pi * fan.turns_hz * EXPOSURE_S
    for step in range(STEPS):
        around = (angle + blur * step / STEPS + 0.5 * reach) * BLADES / (2 * math.pi) % 1
        blade = np.clip((0.30 - np.abs(around - 0.5)) * 12, 0, 1)
        cover += blade
        # A blade is curved: one edge turns to the light.
        bright += 0.7 + 0.7 * around
    cover *= np.clip((0.92 - reach) * 20, 0, 1) / STEPS
    hub = np.clip((0.2 - reach) * 20, 0, 1)
    cover, bright = np.maximum(cover * 0.85, hub), bright / STEPS * (1 - hub) + 0.8 * hub
    return (255 * cover).astype(np.uint8), np.clip(128 * bright, 0, 255).astype(np.uint8)
