"""Drops and dirt on the lens itself."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from pisecurity.adapters.cameras.stage.canvas import Canvas, Image
from pisecurity.adapters.cameras.stage.curve import FULL, Curve
from pisecurity.adapters.cameras.stage.effects.effect import Playing, Setting
from pisecurity.adapters.cameras.stage.paint import clouds
from pisecurity.core.types import Plane

TURNED: Final = 3.2
"""A drop shows so many times its own size of the scene, upside down."""
_SALT: Final = 73


@dataclass(frozen=True, slots=True)
class Dew:
    """Drops through which the scene is seen upside down and blurred, and smears; neither ever moves."""

    drops: int = 6
    dirt: float = 0.25
    """How much light the smears take away, 0 to 1."""
    strength: Curve = FULL
    """0: the lens is clean."""

    def begin(self, setting: Setting) -> Playing:
        return _Wet(self, setting)


@dataclass(frozen=True, slots=True)
class _Drop:
    """One drop in even pixels."""

    left: int
    top: int
    cover: Image
    """(h, w), 0 to 1."""
    light: Image
    """What the light makes of it: dark above, bright below."""


class _Wet(Playing):
    def __init__(self, dew: Dew, setting: Setting) -> None:
        self._dew, rng, view = dew, setting.rng(_SALT), setting.view
        self._drops = [_drop(rng, setting) for _ in range(dew.drops)]
        smears = clouds(rng, view.height, view.width, (5, 14, 40), (1.0, 0.8, 0.5))
        self._dirt = np.asarray(dew.dirt * 0.5 * np.clip(smears - 0.2, 0, 2), np.float32)

    def fall(self, t_s: float, canvas: Canvas) -> None:
        strength = self._dew.strength(t_s)
        if strength <= 0:
            return
        if self._dew.dirt > 0:
            cv2.multiply(canvas.y, 1 - np.float32(strength) * self._dirt, dst=canvas.y, dtype=cv2.CV_8U)
        scene = canvas.y.copy()
        for drop in self._drops:
            _refract(scene, canvas.y, drop, strength)


def _refract(scene: Plane, y: Plane, drop: _Drop, strength: float) -> None:
    """Draw what a drop shows of *scene* into *y*."""
    height, width = drop.cover.shape
    rows, columns = scene.shape
    wide, tall = min(columns, round(TURNED * width)), min(rows, round(TURNED * height))
    left = min(max(0, drop.left + width // 2 - wide // 2), columns - wide)
    top = min(max(0, drop.top + height // 2 - tall // 2), rows - tall)
    around = scene[top : top + tall, left : left + wide]
    small = cv2.resize(around, (width, height), interpolation=cv2.INTER_AREA)
    shown = cv2.blur(small[::-1, ::-1], (3, 3)) * drop.light
    part = y[drop.top : drop.top + height, drop.left : drop.left + width]
    cover = np.float32(strength) * drop.cover
    part[:] = np.clip(np.rint(part + cover * (shown - part)), 0, 255).astype(np.uint8)


def _drop(rng: np.random.Generator, setting: Setting) -> _Drop:
    view = setting.view
    radius = max(2.0, float(rng.uniform(8, 24)) * view.scale)
    side = min(math.ceil(2.4 * radius), view.height, view.width)
    left, top = (int(rng.integers(0, length - side + 1)) for length in (view.width, view.height))
    at = (np.arange(side, dtype=np.float32) - (side - 1) / 2) / np.float32(radius)
    # A little heavier below, as drops on glass are.
    x, y = at[None, :], at[:, None]
    reach = np.sqrt(x**2 * (1.15 - 0.25 * y) + y**2)
    cover = np.asarray(np.clip((1.0 - reach) * radius / max(1.2, 0.4 * radius), 0, 1), np.float32)
    light = np.asarray(0.92 + 0.34 * y - 0.45 * np.clip(reach - 0.6, 0, 1), np.float32)
    return _Drop(left, top, cover, light)
