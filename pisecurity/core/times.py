"""Dates, moments and durations in the owner's language."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, tzinfo

MINUTE_S = 60


def date(local: datetime, catalogue: Mapping[str, str]) -> str:
    """Return the date of *local* with its weekday."""
    weekday = catalogue["weekdays"].split(",")[local.weekday()]
    return catalogue["date"].format(weekday=weekday, day=local.day, month=_month(local, catalogue), year=local.year)


def moment(at: datetime, zone: tzinfo | None, catalogue: Mapping[str, str]) -> str:
    """Return date and time of *at*, aware, in *zone*; None is the machine's."""
    local = at.astimezone(zone)
    return catalogue["moment"].format(
        day=local.day, month=_month(local, catalogue), year=local.year, time=f"{local:%H:%M:%S}", zone=f"{local:%Z}"
    )


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


def _month(local: datetime, catalogue: Mapping[str, str]) -> str:
    return catalogue["months"].split(",")[local.month - 1]
