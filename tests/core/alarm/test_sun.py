"""Sunrise and sunset against almanacs, and against a second formula followed through the day."""

from __future__ import annotations

import math
import subprocess
import sys
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from astral import Observer
from astral.sun import elevation
from hypothesis import given, settings
from hypothesis import strategies as st

from pisecurity.core.alarm.sun import HORIZON_DEG, rise_and_set

MINUTE = timedelta(minutes=1)


def midday(day: date, zone: str) -> datetime:
    return datetime.combine(day, time(12), ZoneInfo(zone)).astimezone(UTC)


def seen(latitude: float, longitude: float, zone: str, day: str) -> tuple[str | None, ...]:
    """Return what clocks show at sunrise and sunset, with the day where it is another one."""
    own = date.fromisoformat(day)
    moments = rise_and_set(latitude, longitude, midday(own, zone))
    local = [at.astimezone(ZoneInfo(zone)) if at else None for at in moments]
    return tuple(f"{at:%H:%M}" + (f" on the {at.day}" if at.date() != own else "") if at else None for at in local)


@pytest.mark.parametrize(
    ("latitude", "longitude", "zone", "day", "expected"),
    [
        (52.52, 13.405, "Europe/Berlin", "2026-06-21", ("04:43", "21:33")),
        (52.52, 13.405, "Europe/Berlin", "2026-12-21", ("08:15", "15:54")),
        (40.713, -74.006, "America/New_York", "2026-06-21", ("05:25", "20:31")),
        (-33.869, 151.209, "Australia/Sydney", "2026-12-21", ("05:41", "20:05")),
        (64.147, -21.943, "Atlantic/Reykjavik", "2026-06-21", ("02:55", "00:04 on the 22")),
        (69.65, 18.96, "Europe/Oslo", "2026-06-21", (None, None)),
        (69.65, 18.96, "Europe/Oslo", "2026-12-21", (None, None)),
        (69.65, 18.96, "Europe/Oslo", "2026-05-18", ("00:51", None)),  # the last that rises before the polar day
        (90, 0, "UTC", "2026-06-21", (None, None)),
        (-90, 0, "UTC", "2026-06-21", (None, None)),
    ],
)
def test_sun_rises_and_sets_as_almanacs_say(
    latitude: float, longitude: float, zone: str, day: str, expected: tuple[str | None, ...]
) -> None:
    assert seen(latitude, longitude, zone, day) == expected


def height_deg(latitude: float, longitude: float, at: datetime) -> float:
    """Return how high the sun stands, by the short formula of the Astronomical Almanac, good to 0.01 degrees."""
    days = (at - datetime(2000, 1, 1, 12, tzinfo=UTC)) / timedelta(days=1)
    mean, anomaly = 280.460 + 0.9856474 * days, math.radians(357.528 + 0.9856003 * days)
    ecliptic = math.radians(mean + 1.915 * math.sin(anomaly) + 0.020 * math.sin(2 * anomaly))
    tilt = math.radians(23.439 - 0.0000004 * days)
    right_ascension = math.atan2(math.cos(tilt) * math.sin(ecliptic), math.cos(ecliptic))
    declination = math.asin(math.sin(tilt) * math.sin(ecliptic))
    turned = math.radians((18.697374558 + 24.06570982441908 * days) * 15 + longitude) - right_ascension
    north = math.radians(latitude)
    up = math.sin(north) * math.sin(declination) + math.cos(north) * math.cos(declination) * math.cos(turned)
    return math.degrees(math.asin(up))


@settings(max_examples=60, deadline=None)
@given(
    latitude=st.floats(-60, 60),
    longitude=st.floats(-180, 180),
    day=st.dates(date(2026, 1, 1), date(2046, 1, 1)),
)
def test_horizon_is_passed_within_two_minutes_of_what_another_formula_says(
    latitude: float, longitude: float, day: date
) -> None:
    noon = datetime.combine(day, time(12), UTC) - timedelta(hours=longitude / 15)
    rise, fall = rise_and_set(latitude, longitude, noon)
    assert rise and fall and noon - timedelta(hours=12) < rise < noon < fall < noon + timedelta(hours=12)
    for at, turn in ((rise, 1), (fall, -1)):
        before, after = (
            turn * (height_deg(latitude, longitude, at + step) - HORIZON_DEG) for step in (-2 * MINUTE, 2 * MINUTE)
        )
        assert before < 0 < after


def test_the_polar_day_begins_when_the_sun_has_set_for_the_last_time() -> None:
    both = [seen(69.65, 18.96, "Europe/Oslo", f"2026-05-{day}") for day in (15, 16, 17, 18, 19)]
    assert [(rise is not None, fall is not None) for rise, fall in both] == [
        (True, True), (True, True), (True, True), (True, False), (False, False),
    ]  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(latitude=st.floats(-60, 60), longitude=st.floats(-180, 180), day=st.dates(date(2026, 1, 1), date(2046, 1, 1)))
def test_the_horizon_is_passed_in_the_minute_that_is_nearest(latitude: float, longitude: float, day: date) -> None:
    observer, half = Observer(latitude, longitude), MINUTE / 2
    rise, fall = rise_and_set(latitude, longitude, datetime.combine(day, time(12), UTC) - longitude * 4 * MINUTE)
    assert rise and fall
    assert rise.second == rise.microsecond == fall.second == fall.microsecond == 0
    for at, turn in ((rise, 1), (fall, -1)):
        before, after = (turn * elevation(observer, at + step, with_refraction=False) for step in (-half, half))
        assert before - 0.01 < turn * HORIZON_DEG < after + 0.01


@pytest.mark.parametrize(
    ("longitude", "zone"),
    [
        (-104.99, "America/Denver"),
        (13.4, "Europe/Berlin"),
        (-171.8, "Pacific/Apia"),
        (174.8, "Pacific/Auckland"),
        (-179.9, "Pacific/Fiji"),
    ],
)
def test_no_day_of_three_years_is_without_its_own_sunrise_and_sunset(longitude: float, zone: str) -> None:
    """By UTC the sun sets about midnight in Denver, and is highest about midnight in Auckland and on Fiji's Taveuni.

    In Apia the date is not that of its longitude.
    """
    for number in range(1096):
        day = date(2026, 1, 1) + timedelta(days=number)
        rise, fall = rise_and_set(39.7, longitude, midday(day, zone))
        assert rise and fall
        assert [at.astimezone(ZoneInfo(zone)).date() for at in (rise, fall)] == [day, day]


def test_a_house_whose_schedule_has_no_sun_never_loads_astral() -> None:
    code = "import sys, pisecurity.app; sys.exit('astral' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
