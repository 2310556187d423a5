"""Dates, moments and durations in the owner's language."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, tzinfo

MINUTE_S = 60


def date(local: datetime, catalogue: Mapping[str, str]) -> str:
    """Return the date of *local* with its weekday."""
    weekday = catalogue["weekdays"].split(",")[local.weekday()]
    return catalogue["date"].format(weekday=weekday, **_day(local, catalogue))


def moment(at: datetime, zone: tzinfo | None, catalogue: Mapping[str, str]) -> str:
    """Return date and time of *at*, aware, in *zone*; None is the machine's."""
    local = at.astimezone(zone)
    return catalogue["moment"].format(time=f"{local:%H:%M:%S}", zone=f"{local:%Z}", **_day(local, catalogue))


def duration(seconds: float, catalogue: Mapping[str, str]) -> str:
    """Return *seconds*, at least a minute, in its two largest units, rounded down."""
    minutes = int(seconds // MINUTE_S)
    counts = {"day": minutes // 1440, "hour": minutes // 60 % 24, "minute": minutes % 60}
    parts = [
        catalogue[f"duration.{unit}" if count == 1 else f"duration.{unit}s"].format(count=count)
        for unit, count in counts.items()
        if count
    ]
    return catalogue["duration.two"].format(larger=parts[0], smaller=parts[1]) if len(parts) > 1 else "".join(parts)


def _day(local: datetime, catalogue: Mapping[str, str]) -> dict[str, str]:
    """Return what a date is made of; some languages have a form of their own for the first of a month."""
    day = catalogue["day.first"] if local.day == 1 else str(local.day)
    return {"day": day, "month": catalogue["months"].split(",")[local.month - 1], "year": str(local.year)}
