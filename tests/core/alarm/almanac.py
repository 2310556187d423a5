"""Schedules for the tests, and their edges as somebody notes them who watches clock and sky minute by minute."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from pisecurity.core.alarm.schedule import Edge, Plan
from pisecurity.core.alarm.sun import rise_and_set
from pisecurity.core.types import MODES
from pisecurity.settings import HolidaySettings, ScheduleSettings, Weekday

BERLIN = ZoneInfo("Europe/Berlin")
DAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
PLACES = {
    "Europe/Berlin": (52.52, 13.405),
    "America/New_York": (40.713, -74.006),
    "Australia/Lord_Howe": (-31.55, 159.08),
    "Pacific/Apia": (-13.83, -171.76),
    "Africa/Casablanca": (33.57, -7.59),
    "Europe/Oslo": (69.65, 18.96),  # Tromsø: polar day and polar night
    "Atlantic/Reykjavik": (64.147, -21.943),
    "Asia/Shanghai": (39.47, 75.99),  # Kashgar: noon is at three
}
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


def entry(at: str, mode: str, days: Sequence[Weekday] = DAYS, offset_min: int = 0) -> ScheduleSettings:
    when = at if at in ("sunrise", "sunset") else time.fromisoformat(at)
    return ScheduleSettings.model_validate({"days": tuple(days), "at": when, "mode": mode, "offset_min": offset_min})


def holiday(first: str, last: str | None = None, **more: object) -> HolidaySettings:
    ends = last and date.fromisoformat(last)
    return HolidaySettings.model_validate({"first": date.fromisoformat(first), "last": ends, **more})


def plan(*entries: ScheduleSettings, zone: str = "Europe/Berlin", holidays: Sequence[HolidaySettings] = ()) -> Plan:
    return Plan(entries, ZoneInfo(zone), tuple(holidays), PLACES[zone])


def berlin(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN).astimezone(UTC)


def counts_as(day: date, holidays: Sequence[HolidaySettings]) -> str:
    """Return the day of the week whose entries count, by listing the days of each holiday."""
    for yearly in (False, True):
        for one in holidays:
            length = ((one.last or one.first) - one.first).days
            firsts = [one.first]
            if yearly:  # no 29 February begins one here
                firsts = [one.first.replace(year=year) for year in range(one.first.year, day.year + 1)]
            if one.yearly is yearly and any(first <= day <= first + length * DAY for first in firsts):
                return one.schedule
    return DAYS[day.weekday()]


def oracle(plan: Plan, start: datetime, end: datetime) -> list[Edge]:
    """Return the edges between *start* and *end* as somebody notes them who watches clock and sky every minute."""
    assert plan.position
    wall: list[tuple[datetime, int]] = []
    sky: defaultdict[datetime, list[int]] = defaultdict(list)
    first = start.astimezone(plan.zone).date() - 2 * DAY
    for day in (first + ahead * DAY for ahead in range((end - start).days + 6)):
        for number, one in enumerate(plan.entries):
            if counts_as(day, plan.holidays) not in one.days:
                continue
            if isinstance(one.at, time):
                wall.append((datetime.combine(day, one.at), number))
            else:
                midday = datetime.combine(day, time(12), plan.zone).astimezone(UTC)
                exists = midday.astimezone(plan.zone).date() == day
                rise, fall = rise_and_set(*plan.position, midday)
                if exists and (at := rise if one.at == "sunrise" else fall):
                    sky[at + one.offset_min * MINUTE].append(number)
    wall.sort(reverse=True)
    seen, moment = [], start - 2 * DAY
    while moment <= end:
        shown = moment.astimezone(plan.zone).replace(tzinfo=None)
        while wall and wall[-1][0] <= shown:
            nominal, number = wall.pop()
            seen.append((moment, nominal, number))
        seen += [(moment, shown, number) for number in sky.get(moment, ())]
        moment += MINUTE
    return [Edge(at, MODES[plan.entries[number].mode]) for at, _, number in sorted(seen)]
