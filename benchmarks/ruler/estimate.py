"""What a sample says about the whole: rates and shares with their limits."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

CONFIDENCE: Final = 0.95
_STEPS: Final = 200
"""Of a bisection and of a series: more than doubles can tell apart."""


@dataclass(frozen=True, slots=True)
class Sampled:
    """One sampled scene."""

    mails: int
    """False mails it caused. Its mails have one cause and the limits take mails as independent, so count one scene
    as one mail where an alarm's pause outlasts the scene."""
    weight: float
    """How many such scenes the week holds."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value and the limits between which it lies."""

    value: float
    low: float
    high: float


def mails_per_week(sample: Iterable[Sampled], confidence: float = CONFIDENCE) -> Estimate:
    """Return the false mails of a week of which *sample* was drawn.

    Scenes of equal weight give the exact Poisson limits, others the gamma approximation, which covers at least as
    much in all known cases.

    Args:
        sample: at least one scene; weights above 0.
        confidence: 0 to 1, both excluded; the rest is split evenly between the two ends.

    Raises:
        ValueError: no scene, or a weight that is not above 0.

    Source: Garwood, Biometrika 28 (1936) 437; Fay and Feuer, Statistics in Medicine 16 (1997) 791: with the sum
    y of w*x, its variance v of w*w*x and the largest weight m, the limits are those of gamma distributions with mean
    y and variance v, and with mean y+m and variance v+m*m.
    """
    scenes = tuple(sample)
    if not scenes or any(not scene.weight > 0 for scene in scenes):
        raise ValueError("give at least one scene, each with a weight above 0")
    value = sum(scene.weight * scene.mails for scene in scenes)
    variance = sum(scene.weight**2 * scene.mails for scene in scenes)
    largest = max(scene.weight for scene in scenes)
    tail = (1 - confidence) / 2
    low = _gamma_quantile(value, variance, tail) if value else 0.0
    return Estimate(value, low, _gamma_quantile(value + largest, variance + largest**2, 1 - tail))


def missed_share(missed: int, passes: int, confidence: float = CONFIDENCE) -> Estimate:
    """Return the share of *passes* that are missed, with the upper limit alone; the lower one is 0.

    With none missed the limit is close to 3 / *passes*.

    Raises:
        ValueError: not 0 <= *missed* <= *passes*, or no pass.

    Source: Clopper and Pearson, Biometrika 26 (1934) 404, one-sided; Hanley and Lippman-Hand, JAMA 249 (1983) 1743.
    """
    if not 0 <= missed <= passes or not passes:
        raise ValueError(f"{missed} missed of {passes} passes is no share")
    if missed == passes:
        return Estimate(1.0, 0.0, 1.0)
    high = _bisected(lambda share: _at_most(missed, passes, share) <= 1 - confidence, 0.0, 1.0)
    return Estimate(missed / passes, 0.0, high)


def _at_most(most: int, trials: int, share: float) -> float:
    """Return the chance of *most* or fewer successes in *trials*, with 0 < *share* < 1."""
    total = 0.0
    for count in range(most + 1):
        ways = math.lgamma(trials + 1) - math.lgamma(count + 1) - math.lgamma(trials - count + 1)
        total += math.exp(ways + count * math.log(share) + (trials - count) * math.log1p(-share))
    return total


def _gamma_quantile(mean: float, variance: float, chance: float) -> float:
    """Return what a gamma distribution of *mean* and *variance* stays below with *chance*."""
    scale = variance / mean
    shape = mean / scale
    above = shape + 10 * math.sqrt(shape) + 50
    return scale * _bisected(lambda value: _gamma_below(shape, value) >= chance, 0.0, above)


def _gamma_below(shape: float, value: float) -> float:
    """Return the regularised lower incomplete gamma function P(*shape*, *value*).

    Source: NIST Digital Library of Mathematical Functions, 8.7.1 and 8.9.2 (by Lentz's method).
    """
    start = math.exp(shape * math.log(value) - value - math.lgamma(shape))
    if value < shape + 1:
        return start * _series(shape, value)
    return 1 - start * _fraction(shape, value)


def _series(shape: float, value: float) -> float:
    term = total = 1 / shape
    divisor = shape
    while term > total * 1e-16:
        divisor += 1
        term *= value / divisor
        total += term
    return total


def _fraction(shape: float, value: float) -> float:
    divisor = value + 1 - shape
    ratio, result = 1e300, 1 / divisor
    inverse = result
    for step in range(1, 10_000):
        factor = -step * (step - shape)
        divisor += 2
        inverse = 1 / (factor * inverse + divisor)
        ratio = divisor + factor / ratio
        change = inverse * ratio
        result *= change
        if abs(change - 1) < 1e-15:
            break
    return result


def _bisected(reached: Callable[[float], bool], low: float, high: float) -> float:
    """Return where *reached*, false at *low* and true at *high*, turns true."""
    for _ in range(_STEPS):
        middle = (low + high) / 2
        if middle in {low, high}:
            break
        if reached(middle):
            high = middle
        else:
            low = middle
    return high
