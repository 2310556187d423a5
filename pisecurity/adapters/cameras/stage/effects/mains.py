"""Lamps on the mains: bands that roll through the picture."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from pisecurity.adapters.cameras.stage.canvas import Image
from pisecurity.adapters.cameras.stage.curve import FULL, Curve
from pisecurity.adapters.cameras.stage.effects.effect import Playing, Setting

_SALT: Final = 79


@dataclass(frozen=True, slots=True)
class Mains:
    """Bands of light and dark, because a rolling shutter reads the rows one after the other.

    Source: a lamp on 50 Hz mains pulses 100 times a second; a sensor read out in 1/60 s sees 1.7 pulses.
    """

    strength: Curve = FULL
    """Of the lamp's share in the light: 0 by day."""
    depth: float = 0.06
    """How much brighter or darker a band is."""
    bands: float = 1.7
    """In the height of the picture."""
    roll_hz: float = 0.35
    """How many bands pass a row in a second: by how much the camera misses the mains."""

    def begin(self, setting: Setting) -> Playing:
        return _Rolling(self, setting)


class _Rolling(Playing):
    def __init__(self, mains: Mains, setting: Setting) -> None:
        self._mains, self._shape = mains, setting.field_shape
        self._phase = float(setting.rng(_SALT).uniform(0, 2 * math.pi))

    def light(self, t_s: float) -> Image | None:
        depth = self._mains.depth * self._mains.strength(t_s)
        if depth <= 0:
            return None
        rows, columns = self._shape
        turn = 2 * math.pi * (self._mains.bands * np.arange(rows) / rows - self._mains.roll_hz * t_s) + self._phase
        column = (1 + depth * np.sin(turn)).astype(np.float32)
        return np.repeat(column[:, None], columns, axis=1)
