"""Chance that can be asked for any moment: visits by lot, and numbers for many small things at once."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

Numbers: TypeAlias = NDArray[np.float64]
_BITS: Final = (1 << 64) - 1


def scattered(salt: int, first: NDArray[np.integer[Any]], second: NDArray[np.integer[Any]]) -> Numbers:
    """Return a number from 0 up to 1 for each pair of whole numbers, as if drawn by lot.

    Source: the mixing step of SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014).
    """
    bits = first.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) + second.astype(np.uint64)
    bits += np.uint64((salt * 0xD1B54A32D192ED03) & _BITS)
    bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    bits ^= bits >> np.uint64(31)
    return np.asarray((bits >> np.uint64(11)) * 2.0**-53, np.float64)


@dataclass(frozen=True, slots=True)
class Visit:
    """Something that comes and goes."""

    number: int
    """Of its own, to draw its looks by lot."""
    starts_s: float
    lasts_s: float

    def share(self, t_s: float) -> float:
        """Return how much of it is over: 0 at its start, 1 at its end."""
        return (t_s - self.starts_s) / self.lasts_s


class Visits(Protocol):
    """When something comes."""

    def around(self, seed: int, salt: int, t_s: float) -> Iterator[Visit]:
        """Yield the visits that are on at *t_s*."""
        ...


@dataclass(frozen=True, slots=True)
class At:
    """Visits at known times."""

    times: tuple[tuple[float, float], ...]
    """Start and length of each in seconds."""

    def around(self, seed: int, salt: int, t_s: float) -> Iterator[Visit]:
        for number, (starts_s, lasts_s) in enumerate(self.times):
            if starts_s <= t_s < starts_s + lasts_s:
                yield Visit(number, starts_s, lasts_s)


@dataclass(frozen=True, slots=True)
class ByLot:
    """Visits without end, so many a minute on average, in knots and gaps as chance has it."""

    per_minute: float
    shortest_s: float
    longest_s: float

    def around(self, seed: int, salt: int, t_s: float) -> Iterator[Visit]:
        newest = math.floor(t_s / self.longest_s)
        for slot in (newest - 1, newest):
            for visit in _drawn(self, seed, salt, slot):
                if 0 <= visit.share(t_s) < 1:
                    yield visit


@lru_cache(maxsize=64)
def _drawn(lot: ByLot, seed: int, salt: int, slot: int) -> tuple[Visit, ...]:
    """Return the visits that begin within one slot, which is as long as the longest visit."""
    if slot < 0:
        return ()
    rng = np.random.default_rng((seed, salt, slot))
    visits = []
    for index in range(int(rng.poisson(lot.per_minute * lot.longest_s / 60))):
        starts_s = (slot + float(rng.random())) * lot.longest_s
        visits.append(Visit(64 * slot + index, starts_s, float(rng.uniform(lot.shortest_s, lot.longest_s))))
    return tuple(visits)
