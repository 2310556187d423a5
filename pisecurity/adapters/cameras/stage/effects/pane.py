"""A window before the camera that throws the light of its infrared lamp back into the lens."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from pisecurity.adapters.cameras.stage.canvas import Canvas
from pisecurity.adapters.cameras.stage.curve import FULL, Curve
from pisecurity.adapters.cameras.stage.effects.effect import Playing, Setting

_SALT: Final = 83
BRIGHTEST: Final = 900.0
"""Grey level in the middle of the reflection, far beyond what the sensor can tell."""


@dataclass(frozen=True, slots=True)
class Pane:
    """The lamp, large and burnt out, with a wide halo; the exposure that it asks for leaves little of the garden."""

    strength: Curve = FULL
    """1: the camera stands right behind the pane."""
    dims: float = 0.35
    """What the exposure leaves of everything else."""

    def begin(self, setting: Setting) -> Playing:
        return _Thrown(self, setting)


class _Thrown(Playing):
    def __init__(self, pane: Pane, setting: Setting) -> None:
        self._pane = pane
        rng, (rows, columns) = setting.rng(_SALT), setting.field_shape
        y, x = np.mgrid[0:rows, 0:columns].astype(np.float32)
        centre = rng.uniform(0.3, 0.7) * columns, rng.uniform(0.3, 0.7) * rows
        wide = rng.uniform(0.05, 0.09) * columns
        far = np.hypot(x - centre[0], 1.15 * (y - centre[1])) / wide
        self._glow = (BRIGHTEST * np.exp(-0.5 * far**2) + 26 * np.exp(-0.12 * far)).astype(np.float32)

    def fall(self, t_s: float, canvas: Canvas) -> None:
        strength = self._pane.strength(t_s)
        if strength <= 0:
            return
        height, width = canvas.y.shape
        glow = cv2.resize(self._glow * strength, (width, height), interpolation=cv2.INTER_LINEAR)
        keep = 1 - strength * (1 - self._pane.dims)
        np.clip(canvas.y * np.float32(keep) + glow, 0, 255, out=canvas.y, casting="unsafe")
