"""Which of the pictures that a camera offers are taken: format, size and rate."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from pisecurity.core.vision.planes import SMALLEST

FORMATS = ("YUYV", "UYVY", "NV12", "YU12", "GREY", "MJPG")
"""Pixel formats that can be read, the cheapest with colour first: a frame of 1280x720 costs 0.5 ms as YUYV and 2.1 ms
as MJPG (measured, one core)."""
COLOURLESS = "GREY"
EXACT_RATE = 0.02
"""So far a rate may be off and still be the one that was asked for: 29.97 is 30."""


@dataclass(frozen=True, slots=True)
class Offer:
    """One size in one format, and how often."""

    format: str
    """Four letters, such as ``YUYV``."""
    width: int
    height: int
    rates: tuple[Fraction, ...] = ()
    """Frames a second, slowest first; empty when the camera does not say."""

    @property
    def size(self) -> tuple[int, int]:
        return self.width, self.height


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the settings ask for."""

    width: int
    height: int
    fps: float


@dataclass(frozen=True, slots=True)
class Choice:
    """What the camera is told to send."""

    offer: Offer
    rate: Fraction | None
    """Frames a second to ask for; None when the camera offers none."""


def choose(offers: Iterable[Offer], wanted: Wanted) -> Choice | None:
    """Return the offer that fits best, or None when none can be read.

    The exact size comes first, then the nearest of the same shape, then the nearest. Among those a rate that is
    reached, colour, and the cheaper format decide, in this order.
    """
    usable = [offer for offer in offers if offer.format in FORMATS and min(offer.size) >= SMALLEST]
    if not usable:
        return None
    best = min(usable, key=lambda offer: (*_distance(offer, wanted), *_merit(offer, wanted.fps)))
    return Choice(best, rate(best.rates, wanted.fps))


def rate(rates: Sequence[Fraction], fps: float) -> Fraction | None:
    """Return the slowest rate that reaches *fps*, or else the fastest; None of none."""
    reaching = [each for each in rates if _reaches(each, fps)]
    return min(reaching) if reaching else max(rates, default=None)


def _reaches(rate: Fraction, fps: float) -> bool:
    return rate >= fps * (1 - EXACT_RATE)


def _distance(offer: Offer, wanted: Wanted) -> tuple[bool, bool, float, int]:
    """Return how far its size is from the one asked for; of two as far, the smaller costs less."""
    same_shape = abs(offer.width * wanted.height - offer.height * wanted.width) <= max(offer.width, wanted.width)
    times = math.log(offer.width * offer.height / (wanted.width * wanted.height))
    exact = offer.size == (wanted.width, wanted.height)
    return not exact, not same_shape, round(abs(times), 6), offer.width * offer.height


def _merit(offer: Offer, fps: float) -> tuple[float, bool, int]:
    came = rate(offer.rates, fps)
    missing = 0.0 if came is None or _reaches(came, fps) else fps - float(came)
    return missing, offer.format == COLOURLESS, FORMATS.index(offer.format)


def fitted(wanted: int, least: int, most: int, step: int) -> int:
    """Return the number nearest to *wanted* that a range of *least* to *most* in steps of *step* holds."""
    step = max(1, step)
    inside = min(max(wanted, least), most)
    steps = min((inside - least + step // 2) // step, (most - least) // step)
    return least + steps * step
