"""The ``[[schedule]]`` and ``[[holiday]]`` tables: when the mode changes by itself, and on which days it does not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from typing import Annotated, Any, Literal, get_args

from pydantic import BeforeValidator, Field

from pisecurity.settings.table import KeyPath, Table

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = get_args(Weekday)
SunEvent = Literal["sunrise", "sunset"]
LONGEST_HOLIDAY = timedelta(days=366)

_SUN = ("sunrise", "sunset")
_Stretch = tuple[Any, Any]


def _time_or_sun(value: Any) -> Any:
    if value in _SUN or (isinstance(value, time) and not value.microsecond and value.tzinfo is None):
        return value
    raise ValueError('give a time of day with seconds and without quotes, such as 22:30:00, or "sunrise" or "sunset"')


def _day(value: Any) -> Any:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    raise ValueError("give a date without quotes, such as 2026-12-24")


Day = Annotated[date, BeforeValidator(_day)]


class ScheduleSettings(Table):
    """One ``[[schedule]]``: from this time on these days the alarm is in this mode, until the next entry."""

    days: tuple[Weekday, ...] = Field(min_length=1, max_length=7, examples=[("mon", "fri")])
    """Days of the week."""
    at: Annotated[time | SunEvent, BeforeValidator(_time_or_sun)] = Field(examples=[time(22, 30)])
    """Time of day in the zone of the house, such as 22:30:00; or "sunrise" or "sunset"."""
    offset_min: int = Field(0, ge=-180, le=180)
    """Minutes after sunrise or sunset; with a minus before it."""
    mode: Literal["disarmed", "home", "away", "night"] = Field(examples=["night"])
    """What to switch to."""

    @property
    def by_sun(self) -> bool:
        """Whether it follows the sun."""
        return isinstance(self.at, str)


class HolidaySettings(Table):
    """One ``[[holiday]]``: days on which the schedule is off, or is that of another day of the week."""

    name: str = Field("Holiday", min_length=1, max_length=24)
    """What it is called on the page."""
    first: Day = Field(examples=[date(2026, 12, 24)])
    """First day, such as 2026-12-24."""
    last: Day | None = Field(None, examples=[date(2026, 12, 26)])
    """Last day, which belongs to it; left out it is one day."""
    yearly: bool = False
    """Whether it comes again every year, on the same dates."""
    schedule: Literal["off", Weekday] = "off"
    """What the schedule does: "off" switches nothing, so that the mode stays; "sun" is the schedule of a Sunday."""

    def covers(self, day: date) -> bool:
        """Return whether *day* belongs to it."""
        last = self.last or self.first
        if not self.yearly:
            return self.first <= day <= last
        begin, end, this = _of_any_year(self.first), _of_any_year(last), _of_any_year(day)
        return day >= self.first and (begin <= this <= end if begin <= end else this >= begin or this <= end)


def schedule_contradictions(
    entries: list[Mapping[str, Any]], house: Mapping[str, Any]
) -> Iterator[tuple[KeyPath, str]]:
    """Yield entries at the same moment, and those for which something is missing."""
    taken: dict[tuple[str, time | str, int], int] = {}
    for number, row in enumerate(entries):
        at, days = row.get("at"), row.get("days")
        offset = value if isinstance(value := row.get("offset_min"), int) else 0
        if at in _SUN and house.get("latitude") is None and house.get("longitude") is None:
            text = "add where the house is to [house], such as latitude = 52.5 and longitude = 13.4"
            yield ("schedule", number, "at"), text
        if isinstance(at, time) and offset:
            text = "only an entry at sunrise or sunset has this; leave it out and write the time you want into at"
            yield ("schedule", number, "offset_min"), text
        if not isinstance(at, time | str) or not isinstance(days, tuple):
            continue
        for day in (day for day in days if isinstance(day, str)):
            moment = day, at, offset if at in _SUN else 0
            if taken.get(moment) == number:
                yield ("schedule", number, "days"), f"{day} stands in it twice; keep one of them"
                break
            if moment in taken:
                text = f"schedule[{taken[moment] + 1}] switches at this time on {day} already; keep one of them"
                yield ("schedule", number, "at"), text
                break
            taken[moment] = number


def holiday_contradictions(holidays: list[Mapping[str, Any]]) -> Iterator[tuple[KeyPath, str]]:
    """Yield those that end before they begin, last too long, or have a day that another one of their kind has too.

    One that comes every year and one that does not may have a day in common: there the latter counts.
    """
    earlier: list[tuple[int, bool, tuple[_Stretch, ...]]] = []
    for number, row in enumerate(holidays):
        first, yearly = row.get("first"), row.get("yearly") is True
        last = first if row.get("last") is None else row["last"]
        if type(first) is not date or type(last) is not date:
            continue
        if last < first:
            text = f"this is before its first day, {first}; give that day or a later one, or leave it out for one day"
            yield ("holiday", number, "last"), text
        elif last - first >= LONGEST_HOLIDAY - timedelta(days=yearly):
            text = f"this is a year or more after its first day, {first}; give an earlier one"
            yield ("holiday", number, "last"), text
        else:
            stretches = _of_year(first, last) if yearly else ((first, last),)
            for other, others_yearly, others in earlier:
                if yearly == others_yearly and any(_meet(one, two) for one in stretches for two in others):
                    text = f"holiday[{other + 1}] has days of this one already; let one end before the other begins"
                    yield ("holiday", number, "first"), text
                    break
            earlier.append((number, yearly, stretches))


def house_contradictions(house: Mapping[str, Any]) -> Iterator[tuple[KeyPath, str]]:
    """Yield a latitude without a longitude, and the other way round."""
    for given, missing in (("latitude", "longitude"), ("longitude", "latitude")):
        if house.get(given) is not None and house.get(missing) is None:
            yield ("house", given), f"{missing} belongs to it; give both or none"


def _of_year(first: date, last: date) -> tuple[_Stretch, ...]:
    """Return the stretches of a year, as month and day, from *first* to *last*: two where a new year lies between."""
    begin, end = _of_any_year(first), _of_any_year(last)
    return ((begin, end),) if begin <= end else ((begin, (12, 31)), ((1, 1), end))


def _of_any_year(day: date) -> tuple[int, int]:
    return day.month, day.day


def _meet(one: _Stretch, two: _Stretch) -> bool:
    return bool(one[0] <= two[1] and two[0] <= one[1])
