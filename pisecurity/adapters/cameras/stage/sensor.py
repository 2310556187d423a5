"""What the camera itself adds: noise of the sensor, and the exposure that follows the light."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from pisecurity.core.types import Plane

SPARE: Final = 64
DEVIATION: Final = 32.0
"""Of the stored noise around 0."""
FINE: Final = 64.0
"""Deviations are handled in this part of a grey level."""
LOOKS: Final = 5
"""How often the exposure looks at the light within its lag."""
MEMORY: Final = 4
"""Lags after which it has forgotten."""
FINER: Final = 16
"""Parts of a lag in which what it remembers is weighted."""
_PAST: Final = (np.arange(MEMORY * FINER) + 0.5) / FINER
"""Lags ago."""
_WEIGHT: Final = np.exp(-_PAST)
_FLIPS: Final = (None, 0, 1, -1)
"""Ways to turn a cut of the noise: as it is, upside down, mirrored, both; as ``cv2.flip`` has it."""


@dataclass(frozen=True, slots=True)
class Sensor:
    """Noise in grey levels at unit gain: deviation = sqrt(shot * level + read^2).

    Source: photon noise grows with the square root of the light, read noise does not depend on it.
    """

    shot: float
    read: float
    colour: float
    """Deviation of the colour planes."""
    grain: float = 0.0
    """Deviation in pixels of the blur that a camera's own smoothing gives the noise; 0: none."""


DAYLIGHT_SENSOR: Final = Sensor(shot=0.012, read=1.0, colour=0.7)
NIGHT_SENSOR: Final = Sensor(shot=0.10, read=2.8, colour=1.6, grain=0.6)


@dataclass(frozen=True, slots=True)
class AutoExposure:
    """Pulls the mean brightness towards a target, some way and with a delay."""

    target: float = 105.0
    strength: float = 0.75
    """1 reaches the target, 0 does nothing."""
    lag_s: float = 0.7
    most: float = 4.0
    """Largest gain."""
    least: float = 0.3

    def gain(self, mean: Callable[[float], float], t_s: float) -> float:
        """Return the factor at *t_s*, given the mean brightness of the scene at any time.

        About two thirds of a step of the light are answered after ``lag_s``, nearly all after four times as long. The
        light is looked at ``LOOKS`` times a lag at fixed instants, as a camera does, and followed without steps.
        """
        every_s = self.lag_s / LOOKS
        newest = math.floor(t_s / every_s)
        looked_s = np.arange(newest - MEMORY * LOOKS - 1, newest + 1) * every_s
        logs = [math.log(self._wanted(mean(at_s))) for at_s in looked_s.tolist()]
        # What it sees now it answers with the next look.
        followed = np.interp(t_s - every_s - _PAST * self.lag_s, looked_s, logs)
        return math.exp(float(np.dot(_WEIGHT, followed) / _WEIGHT.sum()))

    def _wanted(self, mean: float) -> float:
        return min(self.most, max(self.least, math.pow(self.target / max(mean, 1.0), self.strength)))


class SensorNoise:
    """Adds a fresh cut of one large field of noise to each frame: as good as new noise, at a tenth of the cost."""

    def __init__(self, rng: np.random.Generator, width: int, height: int, sensor: Sensor) -> None:
        field = rng.standard_normal((height + SPARE, width + SPARE), dtype=np.float32)
        if sensor.grain:
            field = np.asarray(cv2.GaussianBlur(field, (0, 0), sensor.grain), np.float32)
            field = (field - field.mean()) / field.std()
        self._field = np.clip(np.rint(DEVIATION * field), -127, 127).astype(np.int16)
        self._sensor = sensor
        self._gain, self._table = -1.0, np.zeros(256, np.int16)

    def add_luma(self, plane: Plane, gain: float, rng: np.random.Generator) -> None:
        """Add noise to *plane*, whose light the camera has multiplied by *gain*."""
        if abs(gain - self._gain) > 0.01:
            self._gain, self._table = gain, self._deviations(gain)
        spread = cv2.LUT(plane, self._table)
        noise = cv2.multiply(self._cut(plane.shape, rng), spread, scale=1 / (DEVIATION * FINE), dtype=cv2.CV_16S)
        cv2.add(plane, noise, dst=plane, dtype=cv2.CV_8U)

    def add_colour(self, plane: Plane, gain: float, rng: np.random.Generator) -> None:
        """Add noise to a colour plane, smaller than the picture."""
        scale = self._sensor.colour * math.sqrt(max(gain, 0.25)) / DEVIATION
        mixed = cv2.addWeighted(self._cut(plane.shape, rng), scale, plane.astype(np.int16), 1.0, 0)
        np.clip(mixed, 0, 255, out=plane, casting="unsafe")

    def _cut(self, shape: tuple[int, ...], rng: np.random.Generator) -> NDArray[np.int16]:
        height, width = shape
        row, column, turn = (int(rng.integers(below)) for below in (SPARE, SPARE, len(_FLIPS)))
        cut, flip = self._field[row : row + height, column : column + width], _FLIPS[turn]
        return cut if flip is None else np.asarray(cv2.flip(cut, flip), np.int16)

    def _deviations(self, gain: float) -> NDArray[np.int16]:
        """Return the deviation of each grey level after *gain*, in parts of ``FINE``."""
        light = np.arange(256, dtype=np.float64) / gain
        deviation = gain * np.sqrt(self._sensor.shot * light + self._sensor.read**2)
        return np.clip(np.rint(deviation * FINE), 0, 32767 // 127 * 8).astype(np.int16)
