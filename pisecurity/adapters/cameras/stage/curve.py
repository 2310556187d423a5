"""Strength over time: how a light, the wind or the rain changes. Pure functions of the scene's time."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np

Curve: TypeAlias = Callable[[float], float]
"""Seconds from the start of the scene to a strength, mostly 0 to 1."""


def eased(share: float) -> float:
    """Return *share*, held within 0 to 1, with a soft start and end."""
    held = min(1.0, max(0.0, share))
    return held * held * (3 - 2 * held)


@dataclass(frozen=True, slots=True)
class Always:
    """The same at every time."""

    value: float

    def __call__(self, t_s: float) -> float:
        return self.value


FULL: Final[Curve] = Always(1.0)
OFF: Final[Curve] = Always(0.0)


@dataclass(frozen=True, slots=True)
class Steps:
    """Goes to another value at each of some instants."""

    first: float
    then: tuple[tuple[float, float], ...]
    """Instant in seconds and the value from then on; instants ascend."""
    fade_s: float = 0.2

    def __call__(self, t_s: float) -> float:
        value = self.first
        for at_s, to in self.then:
            if t_s < at_s:
                break
            value += (to - value) * eased((t_s - at_s) / self.fade_s)
        return value


@dataclass(frozen=True, slots=True)
class Flicker:
    """Jumps to a new value drawn by lot, so many times a second, as a television lights a room."""

    seed: int
    every_s: float
    low: float
    high: float

    def __call__(self, t_s: float) -> float:
        number = math.floor(t_s / self.every_s)
        share = float(np.random.default_rng((self.seed, 31, number)).random())
        return self.low + (self.high - self.low) * share


@dataclass(frozen=True, slots=True)
class Wave:
    """Swings around a middle, in two frequencies that never meet."""

    middle: float
    swing: float
    period_s: float
    phase: float = 0.0

    def __call__(self, t_s: float) -> float:
        turn = 2 * math.pi * t_s / self.period_s + self.phase
        return self.middle + self.swing * (0.7 * math.sin(turn) + 0.3 * math.sin(2.618 * turn + 1.0))
