"""When the sun rises and sets. Loaded only where the schedule asks for it: astral takes 2 MB."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from astral import Observer
from astral.sun import elevation, noon

HORIZON_DEG = -0.833
"""Height of the sun's centre when its upper edge touches a flat horizon, with the usual refraction of the air.
Source: U.S. Naval Observatory, Rise, Set, and Twilight Definitions."""

_HALF_A_DAY = timedelta(hours=12)
_MINUTE = timedelta(minutes=1)


def rise_and_set(latitude: float, longitude: float, midday: datetime) -> tuple[datetime | None, datetime | None]:
    """Return the sunrise before and the sunset after the noon of the sun that is nearest to *midday*.

    So each day has its own of both, also where the sun sets after midnight; to the minute. None stands for one that
    does not happen, because the sun stays up or down.

    Args:
        latitude, longitude: degrees north and east.
        midday: 12:00 by the clock of the house, in UTC.
    """
    observer = Observer(latitude, longitude)
    highest = min((noon(observer, day) for day in _around(midday.date())), key=lambda at: abs(at - midday))
    return _passes(observer, highest, -_HALF_A_DAY), _passes(observer, highest, _HALF_A_DAY)


def _around(day: date) -> tuple[date, date, date]:
    return day - timedelta(days=1), day, day + timedelta(days=1)


def _passes(observer: Observer, highest: datetime, half_a_day: timedelta) -> datetime | None:
    """Return when the sun passes the horizon between *highest* and its lowest, or None."""
    up, down = highest, highest + half_a_day
    if not _is_up(observer, up) or _is_up(observer, down):
        return None
    while abs(up - down) > _MINUTE / 60:
        middle = up + (down - up) / 2
        if _is_up(observer, middle):
            up = middle
        else:
            down = middle
    return (up + _MINUTE / 2).astimezone(UTC).replace(second=0, microsecond=0)


def _is_up(observer: Observer, at: datetime) -> bool:
    return elevation(observer, at, with_refraction=False) > HORIZON_DEG
