"""What is remarkable about the sun at the place of a house: weeks without a sunset, and a noon at the wrong hour."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, time, timedelta

from pisecurity.core.alarm.schedule import Plan
from pisecurity.settings import SunEvent

DAYS_AHEAD = 366
LARGEST_DIFFERENCE_H = 4.0
"""Hours between the noon of a clock and that of the sun; nowhere is it much more than 3, summer time included."""

_VERBS: Mapping[SunEvent, str] = {"sunrise": "rise", "sunset": "set"}


def doubts(plan: Plan, now: datetime) -> Iterator[str]:
    """Yield in words where the entries of *plan* that follow the sun may surprise, in the year from *now* on."""
    if plan.position is None or not any(entry.by_sun for entry in plan.entries):
        return
    yield from _wrong_noon(plan.position[1], now.astimezone(plan.zone))
    for event, verb in _VERBS.items():
        numbers = [number for number, entry in enumerate(plan.entries, start=1) if entry.at == event]
        if numbers:
            entries, latitude = ", ".join(f"schedule[{number}]" for number in numbers), plan.position[0]
            for span in _without(plan, event, now):
                yield f"{entries}: {span} the sun does not {verb} at latitude {latitude:g}, and nothing is switched"


def _wrong_noon(longitude: float, local: datetime) -> Iterator[str]:
    offset = local.utcoffset() or timedelta()
    late_h = (offset / timedelta(hours=1) - longitude / 15 + 12) % 24 - 12
    if abs(late_h) > LARGEST_DIFFERENCE_H:
        noon = datetime.combine(local, time(12)) + timedelta(hours=late_h)
        yield (
            f"house.longitude = {longitude:g}: there the sun is highest at {noon:%H:%M} by the clock of the house; "
            "it is less than 0 in the west, and house.timezone has to fit"
        )


def _without(plan: Plan, event: SunEvent, now: datetime) -> Iterator[str]:
    """Yield the stretches of days that have no *event*, such as ``from 2026-11-28 to 2027-01-14``."""
    days = [plan.day_of(now) + timedelta(days=ahead) for ahead in range(DAYS_AHEAD)]
    missing = [day for day in days if plan.sun_on(day, event) is None]
    for first in (day for day in missing if day - timedelta(days=1) not in missing):
        last = first
        while last + timedelta(days=1) in missing:
            last += timedelta(days=1)
        yield f"from {first} to {last}"
