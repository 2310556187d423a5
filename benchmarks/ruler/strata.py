"""A week cut into strata, and a sample of it: which minutes are drawn, and how many each of them stands for."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

DAYS: Final = 7
BLOCK_H: Final = 3
BLOCKS: Final = tuple((float(hour), float(hour + BLOCK_H)) for hour in range(0, 24, BLOCK_H))
LEAST: Final = 2
"""Minutes drawn of every stratum, however rare it is."""


@dataclass(frozen=True, slots=True)
class Occasion:
    """Something that happens now and then."""

    name: str
    minutes_a_week: float
    """Minutes of the week in which it happens."""
    hours: tuple[float, float] = (0.0, 24.0)
    """Of the day; past midnight where the first is the larger one."""
    weather: frozenset[str] | None = None
    """None: in any."""


@dataclass(frozen=True, slots=True)
class Stratum:
    """Minutes of the week that are alike."""

    block: tuple[float, float]
    """Hours of the day."""
    weather: str
    occasion: str | None
    """None: nothing in particular happens."""
    minutes: float
    """Of the week."""


@dataclass(frozen=True, slots=True)
class Minute:
    """One minute to be drawn."""

    stratum: Stratum
    hour: float
    """Of the day."""
    seed: int
    weight: float
    """Minutes of the week it stands for."""


def strata(weather: Mapping[str, float], occasions: Sequence[Occasion]) -> tuple[Stratum, ...]:
    """Return the whole week; the minutes of all strata sum to those of the week.

    Args:
        weather: share of the week of each kind; they sum to 1.
        occasions: spread over the hours and the weather in which each may happen.

    Raises:
        ValueError: the shares do not sum to 1, an occasion never fits, or they fill more than the time there is.
    """
    if not math.isclose(sum(weather.values()), 1.0, abs_tol=1e-9):
        raise ValueError(f"the shares of the weather sum to {sum(weather.values()):g}, not to 1")
    spread = {occasion.name: _spread(occasion, weather) for occasion in occasions}
    found: list[Stratum] = []
    for block in BLOCKS:
        for kind, share in weather.items():
            left = DAYS * BLOCK_H * 60 * share
            for occasion in occasions:
                minutes = spread[occasion.name].get((block, kind), 0.0)
                if minutes:
                    found.append(Stratum(block, kind, occasion.name, minutes))
                    left -= minutes
            if left < -1e-6:
                raise ValueError(f"more than all of {block[0]:g} to {block[1]:g} h in {kind} is taken by occasions")
            if left > 1e-6:
                found.append(Stratum(block, kind, None, left))
    return tuple(found)


def _spread(occasion: Occasion, weather: Mapping[str, float]) -> dict[tuple[tuple[float, float], str], float]:
    """Return the minutes of an occasion in each block and kind of weather."""
    fits = {
        (block, kind): _common_h(block, occasion.hours) * share
        for block in BLOCKS
        for kind, share in weather.items()
        if occasion.weather is None or kind in occasion.weather
    }
    total = sum(fits.values())
    if not total:
        raise ValueError(f"{occasion.name} fits no hour and weather of the week")
    return {key: occasion.minutes_a_week * part / total for key, part in fits.items() if part}


def _common_h(block: tuple[float, float], hours: tuple[float, float]) -> float:
    """Return how many hours of a block lie within *hours*."""
    first, last = hours
    spans = ((first, last),) if first < last else ((first, 24.0), (0.0, last))
    return sum(max(0.0, min(block[1], end) - max(block[0], begin)) for begin, end in spans)


def sample(week: Sequence[Stratum], scenes: int, hours: Mapping[str, tuple[float, float]], seed: int) -> list[Minute]:
    """Draw about so many minutes of a week: half by the size of the strata and half by its root, at least ``LEAST``.

    By size the minutes stand for equally many, which keeps the limits of the estimate close; by the root enough is
    drawn of what is rare.

    Args:
        hours: those of each occasion, to which the drawn hour is kept.
        seed: the same one draws the same minutes.
    """
    rng = np.random.default_rng((seed, 53))
    whole = sum(stratum.minutes for stratum in week)
    roots = [math.sqrt(stratum.minutes) for stratum in week]
    minutes: list[Minute] = []
    for stratum, root in zip(week, roots, strict=True):
        share = 0.5 * root / sum(roots) + 0.5 * stratum.minutes / whole
        count = max(LEAST, round(scenes * share))
        for _ in range(count):
            hour = _hour(rng, stratum, hours.get(stratum.occasion or "", (0.0, 24.0)))
            minutes.append(Minute(stratum, hour, int(rng.integers(1 << 31)), stratum.minutes / count))
    return minutes


def _hour(rng: np.random.Generator, stratum: Stratum, hours: tuple[float, float]) -> float:
    first, last = hours
    spans = ((first, last),) if first < last else ((first, 24.0), (0.0, last))
    cuts = [(max(stratum.block[0], begin), min(stratum.block[1], end)) for begin, end in spans]
    cuts = [(begin, end) for begin, end in cuts if end > begin]
    lengths = np.array([end - begin for begin, end in cuts])
    begin, end = cuts[int(rng.choice(len(cuts), p=lengths / lengths.sum()))]
    return float(rng.uniform(begin, end))
