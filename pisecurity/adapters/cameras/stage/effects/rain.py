"""Rain before the camera."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from pisecurity.adapters.cameras.stage.canvas import Canvas
from pisecurity.adapters.cameras.stage.curve import FULL, OFF, Curve
from pisecurity.adapters.cameras.stage.effects.chance import scattered
from pisecurity.adapters.cameras.stage.effects.effect import Playing, Setting
from pisecurity.adapters.cameras.stage.effects.falling import SHIFT, Band, Fall, Falling
from pisecurity.adapters.cameras.stage.effects.layer import outdoors_only, veil
from pisecurity.core.types import Plane

BANDS: Final = (
    Band(4, 0.4, 0.7, 0.005, 4, by_day=0.18, in_infrared=0.42),
    Band(14, 0.7, 1.4, 0.005, 2, by_day=0.32, in_infrared=0.95),
    Band(48, 1.4, 3.0, 0.003, 1, by_day=0.62, in_infrared=1.0),
    Band(80, 3.0, 6.0, 0.003, 1, by_day=0.70, in_infrared=0.4),
    Band(110, 6.0, 12.0, 0.004, 1, by_day=0.60, in_infrared=0.0),
)
DAY_TONE: Final = 224.0
"""Drops show the sky, grey level."""
INFRARED_TONE: Final = 250.0
SPLASHES: Final = 60
SPLASH_S: Final = 0.12
FARTHEST_M: Final = 10.0
_SALT: Final = 51


@dataclass(frozen=True, slots=True)
class Rain:
    """Streaks with perspective and splashes on the ground."""

    strength: Curve = FULL
    """1 is heavy rain, 0.3 a drizzle."""
    wind: float = 0.8
    """Metres a second to the right."""
    infrared: Curve = OFF
    """1: the camera looks by its infrared lamp, in which near drops shine and the shutter is open for longer."""

    def begin(self, setting: Setting) -> Playing:
        """Return it in its place.

        Raises:
            ValueError: the place is a room.
        """
        outdoors_only(setting, "rain")
        return _Raining(self, setting)


class _Raining(Playing):
    def __init__(self, rain: Rain, setting: Setting) -> None:
        self._rain, self._setting = rain, setting
        self._falling = Falling(BANDS, Fall(7.0, rain.wind), setting, _SALT)
        self._phase = setting.rng(_SALT, 1).random(SPLASHES)
        self._number = np.arange(SPLASHES)

    def fall(self, t_s: float, canvas: Canvas) -> None:
        strength, infrared = self._rain.strength(t_s), self._rain.infrared(t_s)
        if strength <= 0:
            return
        cover = self._falling.cover(t_s, 1 / 60 + infrared / 50, strength, infrared)
        self._splash(t_s, cover, strength, 0.5 + 0.15 * infrared)
        veil(canvas, cover, DAY_TONE + infrared * (INFRARED_TONE - DAY_TONE))

    def _splash(self, t_s: float, cover: Plane, strength: float, dense: float) -> None:
        """Draw the little crowns that drops throw up where they hit the ground."""
        lens, view = self._setting.place.lens, self._setting.view
        there = self._phase < strength
        number, way = self._number[there], t_s / SPLASH_S + self._phase[there]
        turn = np.floor(way).astype(np.int64)
        age, salt = way - turn, self._setting.seed + _SALT
        near_m = lens.ground_at(0, max(view.top + view.height / view.scale, lens.horizon + 60)).away_m
        # As many on each square metre, so most of them are far.
        share = scattered(salt, number, turn)
        unit = lens.focal / np.sqrt(near_m**2 + share * (FARTHEST_M**2 - near_m**2))
        x = view.left + scattered(salt + 1, number, turn) * (view.right - view.left)
        y = lens.horizon + lens.camera_height_m * unit
        wide = 0.03 * unit * (0.3 + age)
        ends = np.empty((len(number), 2, 2))
        ends[:, 0, 0], ends[:, 1, 0] = x - wide - view.left, x + wide - view.left
        ends[:, 0, 1], ends[:, 1, 1] = y - view.top, y - 0.012 * unit * np.sin(math.pi * age) - view.top
        fixed = (ends * (view.scale * (1 << SHIFT))).astype(np.int32)
        cv2.polylines(cover, list(fixed), False, round(255 * dense * min(1.0, view.scale)), 1, cv2.LINE_AA, SHIFT)
