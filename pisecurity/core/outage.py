"""Whether the alarm was off for a while, why, and how that is told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from enum import StrEnum

from pisecurity.core.times import MINUTE_S, duration
from pisecurity.core.types import Instant

MAILED_FROM_S = 600.0
"""A shorter outage of a disarmed house is only shown."""
MAILED_EVERY = timedelta(hours=1)
"""Least time between two mails of a disarmed house: too weak a power supply may let a Pi start anew every minute."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A sign of life, as it is kept on disk."""

    instant: Instant
    at: datetime
    """UTC."""
    sure: bool
    """Whether a time server was known to have set the clock that *at* was read from."""
    ended: bool = False
    """Whether it stopped here on purpose: it was told to, or to be started anew."""
    mailed_at: datetime | None = None
    """When an outage was mailed last (UTC)."""


class Cause(StrEnum):
    POWER = "power"
    """The machine started anew, and nobody had told it to."""
    CRASH = "crash"
    """The program alone did."""


@dataclass(frozen=True, slots=True)
class Outage:
    """A while in which nothing was watched."""

    cause: Cause
    since: datetime
    """UTC; up to a minute early, because a sign of life is kept only so often."""
    until: datetime
    """UTC."""
    lasted_s: float | None
    """None where not even about how long is known."""
    sure: bool
    """Whether the times are right: otherwise they are by a clock that no time server is known to have set."""


def outage(before: Seen | None, started: Instant, now: Instant, wall: datetime, *, sure: bool) -> Outage | None:
    """Return what lies between the last sign of life and the start; None where it stopped on purpose.

    Args:
        before: the last sign of life; None on a first start.
        started: when this process started.
        now, wall: the present, which may be later: the clock is only set when there is a network.
        sure: whether a time server is known to have set the clock.
    """
    if before is None or before.ended:
        return None
    until = wall - timedelta(seconds=now.seconds_since(started) or 0.0)
    lasted_s = started.seconds_since(before.instant)
    if lasted_s is not None:
        return Outage(Cause.CRASH, until - timedelta(seconds=lasted_s), until, lasted_s, sure=True)
    lasted_s = (until - before.at).total_seconds()
    return Outage(
        Cause.POWER, before.at, until, lasted_s if lasted_s > 0 else None, sure=sure and before.sure and lasted_s > 0
    )


def is_mailed(found: Outage, before: Seen, wall: datetime, *, armed: bool) -> bool:
    """Return whether *found* is worth a mail: while armed each is, because a burglar may cut the power twice.

    Disarmed, it is when it was long and is not the next of a series.
    """
    if armed:
        return True
    if before.mailed_at is not None and abs(wall - before.mailed_at) < MAILED_EVERY:
        return False
    return found.lasted_s is None or found.lasted_s > MAILED_FROM_S


def span(found: Outage, zone: tzinfo, catalogue: Mapping[str, str]) -> str:
    """Return when it was and how long, as ``from 02:10 to 03:05 (55 min)``; days are named where they differ."""
    if found.lasted_s is None:
        return catalogue["span.unknown"]
    lasted = duration(max(found.lasted_s, MINUTE_S), catalogue)
    if not found.sure:
        return catalogue["span.about"].format(lasted=lasted)
    since, until = (at.astimezone(zone) for at in (found.since, found.until))
    one_day = since.date() == until.date()
    weekdays = catalogue["weekdays"].split(",")
    labels = [
        f"{at:%H:%M}"
        if one_day
        else catalogue["span.moment"].format(time=f"{at:%H:%M}", weekday=weekdays[at.weekday()])
        for at in (since, until)
    ]
    return catalogue["span.known"].format(since=labels[0], until=labels[1], lasted=lasted)
