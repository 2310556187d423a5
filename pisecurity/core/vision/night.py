"""What a camera sees at night, judged from two pictures of the same night that lie hours apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

import cv2
import numpy as np

from pisecurity.core.types import Plane

_WIDTH = 160
"""So wide the pictures are looked at: noise and lamps in the distance are gone."""
_BURNT_OUT = 240
_LEAST_SHARE, _MOST_SHARE = 0.008, 0.5
"""Share of the picture that the reflection takes: a lamp beside the lens, thrown back by a pane, is large."""
_FILLS = 0.5
"""Share of its box that it fills at least: a round thing does so to 0.79, a lit window with its frame less or more."""
_HALO = 0.06
"""So far around it, in widths of the picture, the light of a pane fades."""
_HALO_LEAST = 70.0
_DARK_REST, _DARK_MOST = 60.0, 100.0
"""Brightness of half and of nine tenths of the rest, in steps of 255: the exposure goes by the reflection, and the
garden is lost. By day a bright window looks alike, but lights the room."""
_WITHIN = timedelta(minutes=90)


class Moment(StrEnum):
    """When a picture of the night is due, by the clock of the house."""

    LATE = "late"
    EARLY = "early"

    @property
    def at(self) -> time:
        return time(23) if self is Moment.LATE else time(3)


def moment(local: datetime) -> tuple[date, Moment] | None:
    """Return which picture is due at *local*, and of the night that began on which day; None: none is.

    One that could not be taken on time, because nothing was armed or a restart fell there, may come 90 minutes later.
    """
    for due in Moment:
        for day in (local.date(), local.date() - timedelta(days=1)):
            began = datetime.combine(day, due.at, local.tzinfo)
            if timedelta(0) <= local - began < _WITHIN:
                return day - timedelta(days=due is Moment.EARLY), due
    return None


class Sight(StrEnum):
    """Whom a camera would see."""

    ANYBODY = "anybody"
    LIGHT_CLOTHES = "light_clothes"
    """Not somebody in a dark coat before a dark wall."""
    NOBODY = "nobody"


class Verdict(StrEnum):
    """How well a camera sees at night."""

    FINE = "fine"
    DIM = "dim"
    """Somebody in dark clothes would be missed."""
    DARK = "dark"
    """Nobody would be seen."""
    REFLECTS = "reflects"
    """The infrared lamp reflects in the pane before the camera, or in something else right before it."""


@dataclass(frozen=True, slots=True)
class Look:
    """How it was at one moment of the night."""

    luma: Plane
    """(height, width), privacy zones black."""
    sight: Sight | None
    """None where that is no longer known."""


def verdict(looks: Sequence[Look]) -> Verdict:
    """Return what *looks*, at least one, say of the night; what can be mended by moving the camera comes first."""
    if reflects([look.luma for look in looks]):
        return Verdict.REFLECTS
    seen = {look.sight for look in looks}
    if Sight.NOBODY in seen:
        return Verdict.DARK
    return Verdict.DIM if Sight.LIGHT_CLOTHES in seen else Verdict.FINE


def reflects(lumas: Sequence[Plane]) -> bool:
    """Return whether the pictures show a large burnt-out spot that does not move, with a halo, in the dark.

    Args:
        lumas: (height, width) uint8, of one size or scaled to it; at least one.
    """
    height = max(1, round(lumas[0].shape[0] * _WIDTH / lumas[0].shape[1]))
    small = [cv2.resize(luma, (_WIDTH, height), interpolation=cv2.INTER_AREA) for luma in lumas]
    still = np.minimum.reduce(small)
    count, labels, stats, _ = cv2.connectedComponentsWithStats((still >= _BURNT_OUT).astype(np.uint8))
    if count < 2:
        return False
    spot = 1 + int(np.argmax(stats[1:, cv2.CC_STAT_AREA]))
    area = float(stats[spot, cv2.CC_STAT_AREA])
    box = float(stats[spot, cv2.CC_STAT_WIDTH] * stats[spot, cv2.CC_STAT_HEIGHT])
    if not _LEAST_SHARE <= area / still.size <= _MOST_SHARE or area < _FILLS * box:
        return False
    mask = (labels == spot).astype(np.uint8)
    near, far = (_grown(mask, times * _HALO) for times in (1, 3))
    halo, rest = still[(near > 0) & (mask == 0)], still[far == 0]
    if rest.size == 0 or float(np.median(halo)) < _HALO_LEAST:
        return False
    return bool(np.median(rest) <= _DARK_REST and np.percentile(rest, 90) <= _DARK_MOST)


def _grown(mask: Plane, share: float) -> Plane:
    size = 2 * round(share * _WIDTH) + 1
    return np.asarray(cv2.dilate(mask, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))), np.uint8)
