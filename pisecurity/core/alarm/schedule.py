"""Which mode the week's schedule asks for, and whether that still counts against what people ordered since.

An entry's *edge* is the first moment at which a clock on the wall shows its time or later. So an entry at 02:30
happens once on each day of a change of summer time: in spring, when no clock shows 02:30, at the moment the
clocks are put forward; in autumn, when clocks show it twice, the first time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from enum import StrEnum

from pisecurity.core.types import MODES, Alarm, AlarmState, Instant, Mode
from pisecurity.settings import ScheduleSettings

CLOCK_FLOOR = datetime(2026, 1, 1, tzinfo=UTC)
"""Older than this program: a wall clock that shows an earlier moment has not been set."""
CLOCK_SETTLING_S = 300.0
"""Seconds after boot in which the schedule waits for a time server: a machine without a clock battery starts
with the time of its last shutdown, which looks as good as the right one. After a power cut a router needs minutes
until it has the internet; a house without any must not wait for ever."""

_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
# A week back, and a day on either side for zones whose clocks moved past midnight or skipped a date.
_DAYS_BACK, _DAYS_AHEAD = 8, 1
_WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Edge:
    """One switch of the schedule."""

    at: datetime
    """UTC."""
    mode: Mode


class Ruling(StrEnum):
    """What is to be done about the latest edge."""

    APPLY = "apply"
    SAME = "same"
    """The alarm is in this mode already."""
    OVERRULED = "overruled"
    """Somebody ordered a mode after it; that stands until the next edge."""
    WAIT = "wait"
    """It would disarm while somebody has come in or the alarm is raised: not before that is over."""


def latest_edge(entries: Sequence[ScheduleSettings], now: datetime, zone: tzinfo) -> Edge | None:
    """Return the newest edge at or before *now*, or None without entries.

    Args:
        now: aware wall-clock time.
        zone: time zone of the entries.
    """
    for nominal, mode in _newest_first(entries, now.astimezone(zone).date()):
        at = first_shown(nominal, zone)
        if at <= now:
            return Edge(at, mode)
    return None


def next_edge(entries: Sequence[ScheduleSettings], now: datetime, zone: tzinfo) -> Edge | None:
    """Return the first edge after *now*, or None without entries; as ``latest_edge``."""
    today = now.astimezone(zone).date()
    ahead = (Edge(first_shown(nominal, zone), mode) for nominal, mode in _newest_first(entries, today + _WEEK))
    return min((edge for edge in ahead if edge.at > now), key=lambda edge: edge.at, default=None)


def clock_is_set(now: Instant, wall: datetime, *, synchronised: bool) -> bool:
    """Return whether the wall clock may be acted on: no edge is ever taken from a clock that was not set.

    Args:
        synchronised: whether a time server is known to have set it since the boot.
    """
    return wall >= CLOCK_FLOOR and (synchronised or now.since_boot_s >= CLOCK_SETTLING_S)


def rule(edge: Edge, alarm: Alarm, state: AlarmState, now: Instant, wall: datetime) -> Ruling:
    """Return what is to be done about the latest *edge*.

    Args:
        alarm: as it is at *now*, in *state*.
        wall: the wall clock at *now*, which may have jumped since the last order was given.
    """
    if _order_age_s(alarm, now, wall) <= (wall - edge.at).total_seconds():
        return Ruling.OVERRULED
    if alarm.mode is edge.mode:
        return Ruling.SAME
    if edge.mode is Mode.DISARMED and state in (AlarmState.PENDING, AlarmState.TRIGGERED):
        return Ruling.WAIT
    return Ruling.APPLY


def _order_age_s(alarm: Alarm, now: Instant, wall: datetime) -> float:
    """Return the seconds since the last order, by the clock that no jump moves wherever that is possible.

    For an order of an earlier boot only wall time is left. It may have been read from a wrong clock, but the
    order is at least as old as this boot, and that is what counts when its wall time cannot be true: then the
    schedule goes on with edges that passed since this boot, and older ones do not undo what somebody ordered.
    """
    age_s = now.seconds_since(alarm.since)
    if age_s is not None:
        return age_s
    if alarm.since_at < CLOCK_FLOOR:
        return now.since_boot_s
    return max((wall - alarm.since_at).total_seconds(), now.since_boot_s)


def _newest_first(entries: Sequence[ScheduleSettings], today: date) -> Iterator[tuple[datetime, Mode]]:
    """Yield each entry's local times around *today*, newest first.

    Edges keep the order of their local times: a later time is never shown earlier. So the first one that has
    passed is the newest, and of two that fall into the same skipped hour the later counts.
    """
    for back in range(-_DAYS_AHEAD, _DAYS_BACK + 1):
        day = today - timedelta(days=back)
        name = _WEEKDAYS[day.weekday()]
        of_day = [entry for entry in entries if name in entry.days]
        for entry in sorted(of_day, key=lambda entry: entry.at, reverse=True):
            yield datetime.combine(day, entry.at), MODES[entry.mode]


def first_shown(nominal: datetime, zone: tzinfo) -> datetime:
    """Return the first UTC moment at which a clock in *zone* shows the naive time *nominal* or later."""
    at = nominal.replace(tzinfo=zone).astimezone(UTC)
    if at.astimezone(zone).replace(tzinfo=None) == nominal:
        return at
    # A skipped time: read with the offset before the gap (fold=0) it lies after it, with the one after the gap
    # (fold=1) before it, see PEP 495; the end of the gap lies between.
    before, after = nominal.replace(tzinfo=zone, fold=1).astimezone(UTC), at
    while after - before > timedelta(seconds=1):
        middle = before + timedelta(seconds=(after - before).total_seconds() // 2)
        if middle.astimezone(zone).replace(tzinfo=None) >= nominal:
            after = middle
        else:
            before = middle
    return after
