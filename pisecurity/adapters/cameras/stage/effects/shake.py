"""A camera that is not held still: wind on its bracket, and knocks after which it stays a little turned."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

_STAYS: Final = 0.4
"""Share of a knock by which the camera stays turned."""
_RINGS_HZ: Final = 3.1
_DIES_S: Final = 0.5


@dataclass(frozen=True, slots=True)
class Knock:
    """A blow against the bracket."""

    at_s: float
    right: float
    """In sheet units."""
    down: float


@dataclass(frozen=True, slots=True)
class Shake:
    """Moves the whole picture."""

    reach: float = 0.0
    """Of the trembling in a gust, in sheet units."""
    knocks: tuple[Knock, ...] = ()
    phase: float = 0.0

    def shift(self, t_s: float) -> tuple[float, float]:
        """Return how far the picture is moved to the right and down at *t_s*, in sheet units."""
        gust = max(0.0, math.sin(0.41 * t_s + self.phase) * math.sin(0.17 * t_s + 2 * self.phase) + 0.3)
        tremble = self.reach * gust
        right = tremble * (math.sin(17.3 * t_s) + 0.6 * math.sin(28.9 * t_s + 1.0 + self.phase))
        down = 0.6 * tremble * (math.sin(19.1 * t_s + 2.0) + 0.6 * math.sin(33.7 * t_s + self.phase))
        for knock in self.knocks:
            since_s = t_s - knock.at_s
            if since_s >= 0:
                ring = math.exp(-since_s / _DIES_S) * math.cos(2 * math.pi * _RINGS_HZ * since_s)
                held = _STAYS + (1 - _STAYS) * ring
                right, down = right + knock.right * held, down + knock.down * held
        return right, down
