"""Which mode the week's schedule asks for, and whether that still counts against what people ordered since.

An edge counts while it is newer than the last order, and newer than the schedule that has it: what passed before a
schedule was in force switches nothing, however often pisecurity starts again.

The *edge* of an entry with a time is the first moment at which a clock on the wall shows that time or later. So an
entry at 02:30 happens once on each day of a change of summer time: in spring, when no clock shows 02:30, at the moment
the clocks are put forward; in autumn, when clocks show it twice, the first time. The edge of an entry by the sun
belongs to the day at whose noon the sun stands between its rise and its set, also where it falls into the night before
or after; where the sun does not rise or set there is none.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum

from pisecurity.core.types import MODES, Alarm, AlarmState, Instant, Mode
from pisecurity.settings import WEEKDAYS, HolidaySettings, ScheduleSettings, Settings, SunEvent

CLOCK_FLOOR = datetime(2026, 1, 1, tzinfo=UTC)
"""Older than this program: a wall clock that shows an earlier moment has not been set."""
CLOCK_SETTLING_S = 300.0
"""Seconds after boot in which the schedule waits for a time server: a machine without a clock battery starts
with the time of its last shutdown, which looks as good as the right one. After a power cut a router needs minutes
until it has the internet; a house without any must not wait for ever."""

_DAY = timedelta(days=1)
_RIGHT_TO_S = 60.0
"""By so much the wall time of an instant may be wrong before it is written anew: clocks are corrected all the time."""
DAYS_FAR = 400
"""So far an edge is looked for: holidays may last a year, and a polar night half of one."""


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
    PASSED = "passed"
    """It was over before this schedule was in force."""
    WAIT = "wait"
    """It would disarm while somebody has come in or the alarm is raised: not before that is over."""


_Timed = tuple[datetime, datetime, int, Mode]
"""An edge: when it is, in UTC; what its entry asks the clock of the house to show; number of the entry; mode.

Of two that fall into the same skipped hour the one that asks for more is the later one.
"""


@dataclass(frozen=True, slots=True)
class Plan:
    """The schedule and all that its edges depend on."""

    entries: tuple[ScheduleSettings, ...]
    zone: tzinfo
    holidays: tuple[HolidaySettings, ...] = ()
    position: tuple[float, float] | None = None
    """Latitude and longitude in degrees; given where an entry follows the sun."""
    _known: dict[date, tuple[_Timed, ...]] = field(default_factory=dict, init=False, compare=False, repr=False)
    """What ``edges_of`` has found out: the page and the timetable ask again and again for the same days."""

    @classmethod
    def of(cls, settings: Settings, zone: tzinfo) -> Plan:
        """Return the schedule of *settings*, whose clock is that of *zone*."""
        return cls(settings.schedule, zone, settings.holiday, settings.house.position)

    @property
    def fingerprint(self) -> str:
        """SHA-256 as hex of what the edges depend on: two schedules that have the same one switch at the same moments.

        A setting that is not given counts as if it did not exist, so that a new one with its default changes nothing.
        """
        # The zone of the machine is always called "local", so its offsets count besides its name.
        months = (CLOCK_FLOOR.replace(month=month) for month in range(1, 13))
        offsets = [str(month.astimezone(self.zone).utcoffset()) for month in months]
        parts = {
            "entries": [entry.model_dump(mode="json", exclude_defaults=True) for entry in self.entries],
            "holidays": [
                each.model_dump(mode="json", exclude_defaults=True, exclude={"name"}) for each in self.holidays
            ],
            "position": self.position if any(entry.by_sun for entry in self.entries) else None,
            "zone": [str(self.zone), *offsets],
        }
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()

    def day_of(self, moment: datetime) -> date:
        """Return the date that the clock of the house shows at *moment*."""
        return moment.astimezone(self.zone).date()

    def holiday_on(self, day: date) -> HolidaySettings | None:
        """Return the holiday that *day* belongs to; one that comes once goes before one that comes every year."""
        found = [holiday for holiday in self.holidays if holiday.covers(day)]
        return min(found, key=lambda holiday: holiday.yearly, default=None)

    def sun_on(self, day: date, event: SunEvent) -> datetime | None:
        """Return when in UTC the sun of *day* rises or sets; None where it does not."""
        # Loaded late: a house without such an entry does not pay for it.
        from pisecurity.core.alarm.sun import rise_and_set  # noqa: PLC0415

        midday = first_shown(datetime.combine(day, time(12)), self.zone)
        if self.position is None or self.day_of(midday) != day:  # a day that the zone has skipped
            return None
        rise, fall = rise_and_set(*self.position, midday)
        return rise if event == "sunrise" else fall

    def edges_of(self, day: date) -> tuple[_Timed, ...]:
        """Return the edges that belong to *day*. All of them lie before those of the day after the next."""
        edges = self._known.get(day)
        if edges is None:
            if len(self._known) > 2 * DAYS_FAR:
                self._known.clear()
            edges = self._known[day] = tuple(_edges_of(self, day))
        return edges


@dataclass(frozen=True, slots=True)
class InForce:
    """Which schedule is in force, and since when: kept over restarts, as an order is."""

    fingerprint: str
    """Of its plan."""
    since: Instant
    since_at: datetime | None
    """By the wall clock, UTC; None while nobody had set that."""
    dealt_with: Edge | None = None
    """The edge that was carried out or passed over last; None before the first."""

    def by_clock(self, now: Instant, wall: datetime) -> InForce:
        """Return it with the wall time that fits *wall*, which is set at *now*: it may have been read from a stale one.

        An instant of an earlier boot says nothing of that; only where it has no wall time it counts since this boot.
        """
        age_s = _age_s(self.since, self.since_at, now, wall)
        at = wall - timedelta(seconds=age_s)
        if self.since_at is not None and abs((at - self.since_at).total_seconds()) <= _RIGHT_TO_S:
            return self
        return replace(self, since=Instant(now.boot_id, now.since_boot_s - age_s), since_at=at)


def latest_edge(plan: Plan, now: datetime) -> Edge | None:
    """Return the newest edge at or before *now*, aware wall-clock time; None where a year and more has none."""
    newest: list[_Timed] = []
    tomorrow = plan.day_of(now) + _DAY
    for back in range(DAYS_FAR):
        found = bool(newest)
        newest += [timed for timed in plan.edges_of(tomorrow - back * _DAY) if timed[0] <= now]
        if found:  # the day before had to be asked too: sunset and an offset may reach over midnight
            break
    return _edge(max(newest)) if newest else None


def next_edge(plan: Plan, now: datetime) -> Edge | None:
    """Return the first edge after *now*, of several at one moment the one that counts; as ``latest_edge``."""
    soonest: list[_Timed] = []
    yesterday = plan.day_of(now) - _DAY
    for ahead in range(DAYS_FAR):
        found = bool(soonest)
        soonest += [timed for timed in plan.edges_of(yesterday + ahead * _DAY) if timed[0] > now]
        if found:
            break
    first = min(soonest, default=None)
    return _edge(max(timed for timed in soonest if timed[0] == first[0])) if first else None


def edges_after(plan: Plan, now: datetime) -> Iterator[Edge]:
    """Yield the edges after *now* in order, until a year and more has none."""
    while edge := next_edge(plan, now):
        yield edge
        now = edge.at


def clock_is_set(now: Instant, wall: datetime, *, synchronised: bool) -> bool:
    """Return whether the wall clock may be acted on: no edge is ever taken from a clock that was not set.

    Args:
        synchronised: whether a time server is known to have set it since the boot.
    """
    return wall >= CLOCK_FLOOR and (synchronised or now.since_boot_s >= CLOCK_SETTLING_S)


def rule(edge: Edge, alarm: Alarm, state: AlarmState, now: Instant, wall: datetime, in_force: InForce) -> Ruling:
    """Return what is to be done about the latest *edge*.

    Args:
        alarm: as it is at *now*, in *state*.
        wall: the wall clock at *now*, which may have jumped since the last order was given.
        in_force: the schedule that has the edge.
    """
    ago_s = (wall - edge.at).total_seconds()
    if _age_s(alarm.since, alarm.since_at, now, wall) <= ago_s:
        return Ruling.OVERRULED
    if alarm.mode is edge.mode:
        return Ruling.SAME
    if _age_s(in_force.since, in_force.since_at, now, wall) <= ago_s:
        return Ruling.PASSED
    if edge.mode is Mode.DISARMED and state in (AlarmState.PENDING, AlarmState.TRIGGERED):
        return Ruling.WAIT
    return Ruling.APPLY


def _age_s(since: Instant, since_at: datetime | None, now: Instant, wall: datetime) -> float:
    """Return the seconds since something was decided, by the clock that no jump moves wherever that is possible.

    For what was decided in an earlier boot only wall time is left. It may have been read from a wrong clock, but it
    is at least as old as this boot, and that is what counts when its wall time cannot be true or is not known: then
    the schedule goes on with edges that passed since this boot, and older ones do not undo what somebody decided.
    """
    age_s = now.seconds_since(since)
    if age_s is not None:
        return age_s
    if since_at is None or since_at < CLOCK_FLOOR:
        return now.since_boot_s
    return max((wall - since_at).total_seconds(), now.since_boot_s)


def _edge(timed: _Timed) -> Edge:
    return Edge(timed[0], timed[3])


def _edges_of(plan: Plan, day: date) -> Iterator[_Timed]:
    holiday = plan.holiday_on(day)
    weekday = holiday.schedule if holiday else WEEKDAYS[day.weekday()]
    for number, entry in enumerate(plan.entries):
        if weekday not in entry.days:
            continue
        if isinstance(entry.at, time):
            nominal = datetime.combine(day, entry.at)
            yield first_shown(nominal, plan.zone), nominal, number, MODES[entry.mode]
        elif sun := plan.sun_on(day, entry.at):
            at = sun + timedelta(minutes=entry.offset_min)
            yield at, at.astimezone(plan.zone).replace(tzinfo=None), number, MODES[entry.mode]


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
