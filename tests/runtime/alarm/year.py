"""A year of a house by a clock that is moved by hand: ``python -m tests.runtime.alarm.year [ZONE]``.

The real panel and timetable live through 2028, with a leap day and two changes of summer time. Anna switches by hand
now and then; three times the power fails, and the clock comes back months wrong. What they did is compared with what
somebody noted who watched clock and sky every minute.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from time import perf_counter
from zoneinfo import ZoneInfo

from pisecurity.core.alarm.schedule import Edge, Plan
from pisecurity.core.types import Mode
from pisecurity.runtime.alarm.panel import Panel, Transition
from pisecurity.runtime.alarm.timetable import HEARTBEAT_S, Timetable
from pisecurity.settings import AlarmSettings, CameraSettings, HouseSettings, ModeSettings, Settings
from tests.core.alarm.almanac import DAY, DAYS, PLACES, entry, holiday, oracle
from tests.fakes import FakeClock, MemoryAlarmStore, MemoryScheduleStore

BEGIN, END = datetime(2027, 12, 31, 12, tzinfo=UTC), datetime(2029, 1, 1, tzinfo=UTC)
ENTRIES = (
    entry("sunset", "home", offset_min=30),
    entry("23:15", "night"),
    entry("02:30", "away", ["sun"]),
    entry("sunrise", "disarmed", DAYS[:5], offset_min=-15),
    entry("09:00", "disarmed", ["sat", "sun"]),
)
HOLIDAYS = (
    holiday("2028-07-15", "2028-08-06", name="Summer"),
    holiday("2027-12-25", "2027-12-26", name="Christmas", yearly=True, schedule="sun"),
    holiday("2028-05-01", name="May Day", yearly=True, schedule="sun"),
)
OUTAGES = {
    datetime(2028, 2, 20, 20, tzinfo=UTC): timedelta(days=-180),
    datetime(2028, 6, 2, 21, tzinfo=UTC): timedelta(days=180),
    datetime(2028, 11, 11, 5, tzinfo=UTC): timedelta(days=-20_000),
}
"""When the power fails, for two hours, and how wrong the clock is when it is back, for three minutes."""
DARK_S, WRONG_S = 7200.0, 180.0
LOOK_S = 1800.0


@dataclass
class Year:
    """What the house did, and what it should have done."""

    zone: str
    expected: list[tuple[datetime, Mode]] = field(default_factory=list)
    done: list[tuple[datetime, Mode]] = field(default_factory=list)
    edges: list[Edge] = field(default_factory=list)
    evaluations: int = 0
    too_early: list[str] = field(default_factory=list)
    """What a clock that was wrong has switched."""


def live(zone: str) -> Year:
    """Live through the year in *zone*."""
    year, clock = Year(zone), FakeClock(BEGIN)
    latitude, longitude = PLACES[zone]
    settings = Settings(
        camera=(CameraSettings(id="front", kind="stage"),),
        house=HouseSettings(timezone=zone, latitude=latitude, longitude=longitude),
        alarm=AlarmSettings(away=ModeSettings(), night=ModeSettings()),
        schedule=ENTRIES,
        holiday=HOLIDAYS,
    )
    store, schedules, told = MemoryAlarmStore(), MemoryScheduleStore(), list[Transition]()

    def start() -> tuple[Panel, Timetable]:
        panel = Panel(store, clock, settings.alarm, told.append)
        panel.start()
        timetable = Timetable(panel, schedules, clock, settings, ZoneInfo(zone))
        timetable.start()
        return panel, timetable

    def look() -> None:
        year.evaluations += 1
        timetable.evaluate()
        timetable.settle()

    panel, timetable = start()
    year.edges = [one for one in oracle(Plan.of(settings, ZoneInfo(zone)), BEGIN, END) if BEGIN < one.at < END]
    year.expected = list(expected(year.edges))
    stops = sorted({*(one.at for one in year.edges), *orders(), *OUTAGES, END})
    for stop in stops:
        while (left_s := (stop - clock.now()).total_seconds()) > 1:
            clock.advance(min(LOOK_S, left_s - 1))
            look()
        clock.advance((stop - clock.now()).total_seconds())
        if stop in OUTAGES:
            before = len(told)
            clock.reboot(f"boot of {stop}")
            clock.set_wall(stop + timedelta(seconds=DARK_S) + OUTAGES[stop])
            panel, timetable = start()
            for _ in range(int(WRONG_S / HEARTBEAT_S)):
                clock.advance(HEARTBEAT_S)
                look()
            year.too_early += [f"{change.at} {change.alarm.mode}" for change in told[before:]]
            clock.set_wall(restored(stop))
            clock.synced = True
        look()
        if stop in orders():
            panel.switch(orders()[stop], by="Anna", how="page")
    year.done = [(change.at, change.alarm.mode) for change in told]
    return year


def restored(outage: datetime) -> datetime:
    """Return when the clock is right again after *outage*."""
    return outage + timedelta(seconds=DARK_S + WRONG_S)


def orders() -> dict[datetime, Mode]:
    """Return what Anna orders: every eleventh day, at different hours."""
    modes = (Mode.AWAY, Mode.DISARMED, Mode.NIGHT)
    days = range(1, 365, 11)
    return {BEGIN + number * DAY + timedelta(minutes=97 * number % 1440): modes[number % 3] for number in days}


def expected(edges: list[Edge]) -> Iterator[tuple[datetime, Mode]]:
    """Yield each change of the mode: an edge when it comes, or when the clock is right again; an order at once.

    Of several edges at one moment the last one counts.
    """
    counting = {late(one.at): one.mode for one in edges}
    mode = Mode.DISARMED
    for at, _, wanted in sorted(
        [*((at, 0, wanted) for at, wanted in counting.items()), *((at, 1, wanted) for at, wanted in orders().items())]
    ):
        if wanted is not mode:
            mode = wanted
            yield at, mode


def late(at: datetime) -> datetime:
    """Return when an edge at *at* is carried out."""
    return next((restored(outage) for outage in OUTAGES if outage < at <= restored(outage)), at)


def report(year: Year) -> Iterator[str]:
    """Yield what the year was like, line by line."""
    zone = ZoneInfo(year.zone)
    wrong = sorted(set(year.expected) ^ set(year.done))
    by_hand = sum(at in orders() for at, _ in year.done)
    yield f"{year.zone}: {len(year.edges)} edges, {len(year.done)} changes of the mode, {by_hand} by hand"
    for label, first, count in special(year):
        yield f"  {label}:"
        last = first + timedelta(days=count)
        for at, mode in year.done:
            if first <= at.astimezone(zone).date() < last:
                yield f"    {at.astimezone(zone):%a %d %b %H:%M:%S %Z} {mode}{' by hand' if at in orders() else ''}"
    yield f"  switched by a clock that was wrong: {', '.join(year.too_early) or 'nothing'}"
    yield f"  wrong, late, missing or doubled: {', '.join(f'{at} {mode}' for at, mode in wrong) or 'nothing'}"


def special(year: Year) -> Iterator[tuple[str, date, int]]:
    """Yield the days worth a look: label, first day, number of days."""
    zone, day = ZoneInfo(year.zone), date(2028, 1, 1)
    while day.year == 2028:
        begin, end = (datetime.combine(one, datetime.min.time(), zone) for one in (day, day + DAY))
        if begin.utcoffset() != end.utcoffset():
            hours = (end.astimezone(UTC) - begin.astimezone(UTC)) / timedelta(hours=1)
            yield f"a day of {hours:g} hours", day, 1
        if (day.month, day.day) == (2, 29):
            yield "leap day", day, 1
        day += DAY
    for outage, wrong in OUTAGES.items():
        yield (
            f"power failed {outage:%H:%M} UTC, clock {wrong.days:+} days wrong for three minutes after it",
            outage.date(),
            2,
        )
    yield "summer holiday and the day after", date(2028, 7, 15), 24
    yield "Christmas, as a Sunday", date(2028, 12, 25), 2


if __name__ == "__main__":
    for name in sys.argv[1:] or ("Europe/Berlin",):
        began = perf_counter()
        lived = live(name)
        sys.stdout.write("\n".join(report(lived)))
        sys.stdout.write(f"\n  {lived.evaluations} evaluations, {perf_counter() - began:.1f} s\n")
