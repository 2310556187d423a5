"""How small a difference of brightness is still seen, and whether that is enough for a dark coat."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo

from pisecurity.core.vision.background import NOISE_FACTOR

SEEING_FACT = "seeing:"
"""Begins the key of the fact that says how small a difference a camera sees; the camera's id follows."""
DARK_FAULT = "dark:"
"""Begins the key of the fault that says that a camera would see nobody; the camera's id follows."""
_MISSED = "a dark coat would be missed"
_BLIND = "nobody would be seen, not even in light clothes"
EDGE_FACTOR, SMOOTHED_EDGE_FACTOR = 1.65, 2.8
"""Light is taken away as the mean of a window, in which somebody's edge lies in the middle: about half of the
difference is left, and less where the picture is smoothed. Measured on drawn people of seeds 1 and 2, whom it took so
many times what counts for a pixel (``benchmarks/contrast.py``, which reports other seeds)."""
COAT, WALL, MEAN, LIGHT_CLOTH = 0.04, 0.12, 0.18, 0.5
"""Reflectances: black cloth returns 3 to 5 % of the light, dark brick or stained wood 10 to 15 %, beige or light grey
cloth about half. The mean of a picture is taken for the 18 % of the grey card that exposure is set by."""
_GAMMA = 2.2
"""Of the usual curve from light to brightness."""
DARKER: float = (COAT / MEAN) ** (1 / _GAMMA)
DARK: float = (WALL / MEAN) ** (1 / _GAMMA)
LIGHT: float = (LIGHT_CLOTH / MEAN) ** (1 / _GAMMA)
"""Brightness of coat, wall and light clothes in that of the picture."""
_CHANGES_AFTER_S = 30.0
"""A passing car's headlights are no dawn."""
_SEEN_AGAIN = 1.15
"""So many times the least that is seen the coat must differ until it is no longer missed."""


def least_seen(min_contrast: float, sigma: float, *, smooths: bool) -> float:
    """Return the difference of brightness from which on somebody before an even wall is found in half of the cases.

    In steps of 255, of somebody whose clothes are as even: pockets, a face or a patterned wall make it easier.

    Args:
        min_contrast: that counts now, on top of the noise; in the dark that is half of the setting.
        sigma: standard deviation of the noise that is left, in steps of 255.
        smooths: whether the picture is so noisy that it is smoothed.
    """
    return (SMOOTHED_EDGE_FACTOR if smooths else EDGE_FACTOR) * (min_contrast + NOISE_FACTOR * sigma)


def coat_differs(brightness: float) -> float:
    """Return by how much a dark coat differs from a dark wall in a picture of mean *brightness*, in steps of 255.

    Args:
        brightness: 0 to 255.
    """
    return (DARK - DARKER) * brightness


def light_clothes_differ(coat: float) -> float:
    """Return by how much light clothes differ from a dark wall where a dark *coat* does by so much, in steps of 255."""
    return coat * (LIGHT - DARK) / (DARK - DARKER)


@dataclass(frozen=True, slots=True)
class Seeing:
    """How much a camera sees now."""

    least: float
    """The least difference of brightness that it sees of somebody, in steps of 255."""
    coat: float
    """By how much a dark coat differs from a dark wall, in steps of 255."""
    missed_since: datetime | None
    """Since when the coat would be missed (UTC); None: it would be seen."""
    light: str = ""
    """See ``Sensitivity.in_words``."""
    blind_since: datetime | None = None
    """Since when nobody would be seen, not even in light clothes (UTC); None: somebody would be."""


class CoatWatch:
    """Keeps over time whether a dark coat before a dark wall would be missed, and whether anybody would be."""

    def __init__(self) -> None:
        self._coat, self._anybody = _Missed(), _Missed()

    def note(self, least: float, coat: float, now_s: float, at: datetime) -> Seeing:
        """Return how much is seen; what is missed changes only after 30 s.

        Args:
            least: see ``least_seen``.
            coat: see ``coat_differs``.
            now_s: monotonic seconds.
            at: the same as UTC.
        """
        missed = self._coat.note(least, coat, now_s, at)
        return Seeing(least, coat, missed, blind_since=self._anybody.note(least, light_clothes_differ(coat), now_s, at))


class _Missed:
    """Since when something is missed."""

    def __init__(self) -> None:
        self._since: datetime | None = None
        self._otherwise_since: tuple[float, datetime] | None = None

    def note(self, least: float, differs: float, now_s: float, at: datetime) -> datetime | None:
        was = self._since is not None
        missed = differs < least * (_SEEN_AGAIN if was else 1.0)
        if missed == was:
            self._otherwise_since = None
        elif self._otherwise_since is None:
            self._otherwise_since = (now_s, at)
        elif now_s - self._otherwise_since[0] >= _CHANGES_AFTER_S:
            self._since = self._otherwise_since[1] if missed else None
            self._otherwise_since = None
        return self._since


def in_words(seeing: Seeing, zone: tzinfo) -> str:
    """Return the fact of one camera, times in *zone*; what would be missed stands first."""
    remark = ""
    if seeing.blind_since is not None:
        remark = f"since {seeing.blind_since.astimezone(zone):%H:%M} {_BLIND}; "
    elif seeing.missed_since is not None:
        remark = f"since {seeing.missed_since.astimezone(zone):%H:%M} {_MISSED}; "
    return (
        f"{remark}differences from {seeing.least:.0f} of 255 steps on are seen, "
        f"and a dark coat before a dark wall differs by {seeing.coat:.0f}; {seeing.light}"
    )


def blind_in_words(seeing: Seeing, label: str, zone: tzinfo) -> str:
    """Return the fault of the camera that people call *label*, empty where it would see somebody."""
    if seeing.blind_since is None:
        return ""
    since = f"{seeing.blind_since.astimezone(zone):%H:%M}"
    return f"camera {label} is dark since {since}: {_BLIND}; light the place, or use a camera with an infrared lamp"


def missed_coats(facts: Mapping[str, str]) -> Mapping[str, str]:
    """Return what *facts* say, as ``since 21:40 ...``, of each camera, by its id, that would miss a dark coat alone."""
    seen = {key.removeprefix(SEEING_FACT): text for key, text in facts.items() if key.startswith(SEEING_FACT)}
    return {camera: text.partition(";")[0] for camera, text in seen.items() if _MISSED in text}
