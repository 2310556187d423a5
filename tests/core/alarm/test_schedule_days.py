"""Entries by the sun and holidays, against days walked through minute by minute."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pisecurity.core.alarm.schedule import Edge, Plan, edges_after, latest_edge, next_edge
from pisecurity.core.types import MODES, Mode
from pisecurity.settings import CameraSettings, HolidaySettings, HouseSettings, ScheduleSettings, Settings
from tests.core.alarm.almanac import BERLIN, DAY, DAYS, MINUTE, PLACES, berlin, entry, holiday, oracle, plan


def said(edge: Edge | None) -> str:
    return f"{edge.at.astimezone(BERLIN):%a %d %H:%M} {edge.mode}" if edge else "none"


MIXED = (
    entry("sunset", "night", offset_min=40),
    entry("sunrise", "disarmed", ("mon", "tue", "wed", "thu", "fri"), offset_min=-20),
    entry("08:00", "disarmed", ("sat", "sun")),
    entry("02:30", "away", ("sun",)),
)
REACHING_OVER = (
    entry("sunset", "away", offset_min=180),
    entry("sunrise", "home", offset_min=-180),
    entry("00:00", "night"),
)


@pytest.mark.parametrize("entries", [MIXED, REACHING_OVER])
@pytest.mark.parametrize(
    ("zone", "day"),
    [
        ("Europe/Berlin", "2026-03-29"),
        ("Europe/Berlin", "2026-10-25"),
        ("Europe/Berlin", "2028-02-29"),
        ("America/New_York", "2026-03-08"),
        ("America/New_York", "2026-11-01"),
        ("Australia/Lord_Howe", "2026-04-05"),
        ("Australia/Lord_Howe", "2026-10-04"),
        ("Africa/Casablanca", "2026-02-15"),
        ("Africa/Casablanca", "2026-03-22"),
        ("Pacific/Apia", "2011-12-30"),
        ("Europe/Oslo", "2026-05-18"),
        ("Europe/Oslo", "2026-12-21"),
        ("Atlantic/Reykjavik", "2026-06-21"),
        ("Asia/Shanghai", "2026-06-21"),
    ],
)
def test_r28_mode_is_right_at_every_minute_with_sun_holidays_and_a_change_of_the_clock(
    zone: str, day: str, entries: tuple[ScheduleSettings, ...]
) -> None:
    middle = date.fromisoformat(day)
    days_off = holiday((middle + DAY).isoformat(), schedule="sun")
    house = plan(*entries, zone=zone, holidays=[days_off])
    start = datetime.combine(middle - DAY, time(), UTC)
    end = start + 3 * DAY
    counting = {edge.at: edge for edge in oracle(house, start - 8 * DAY, end + 8 * DAY)}
    moments = sorted(counting)
    for minute in range(3 * 24 * 60):
        moment = start + minute * MINUTE
        after = bisect_right(moments, moment)
        assert latest_edge(house, moment) == counting[moments[after - 1]], moment
        assert next_edge(house, moment) == counting[moments[after]], moment


rows = st.lists(
    st.builds(
        lambda days, at, mode, offset: entry(at, mode, sorted(days), offset if at in ("sunrise", "sunset") else 0),
        st.sets(st.sampled_from(DAYS), min_size=1),
        st.one_of(
            st.sampled_from(["sunrise", "sunset"]),
            st.integers(0, 24 * 60 - 1).map(lambda minute: f"{minute // 60:02}:{minute % 60:02}"),
        ),
        st.sampled_from(sorted(MODES)),
        st.integers(-180, 180),
    ),
    min_size=1,
    max_size=6,
)
holidays = st.lists(
    st.builds(
        lambda ahead, length, yearly, schedule: holiday(
            (date(2027, 3, 20) + ahead * DAY).isoformat(),
            (date(2027, 3, 20) + (ahead + length) * DAY).isoformat(),
            yearly=yearly,
            schedule=schedule,
        ),
        st.integers(-370, 30),
        st.integers(0, 20),
        st.booleans(),
        st.sampled_from(["off", *DAYS]),
    ),
    max_size=2,
)


@settings(max_examples=40, deadline=None)
@given(entries=rows, off=holidays, zone=st.sampled_from(sorted(PLACES)), shift=st.integers(-20, 20))
def test_every_edge_is_the_one_that_somebody_notes_who_watches_clock_and_sky(
    entries: list[ScheduleSettings], off: list[HolidaySettings], zone: str, shift: int
) -> None:
    house = plan(*entries, zone=zone, holidays=off)
    start = datetime(2027, 3, 24, 17, 3, tzinfo=UTC) + shift * DAY
    end = start + 8 * DAY
    noted = {edge.at: edge for edge in oracle(house, start, end) if start < edge.at <= end}
    found = []
    for edge in edges_after(house, start):
        if edge.at > end:
            break
        found.append(edge)
    assert found == [noted[at] for at in sorted(noted)]
    for edge in found:
        assert latest_edge(house, edge.at) == edge
        assert latest_edge(house, edge.at + timedelta(seconds=59)) == edge


def test_sunset_and_an_offset_over_midnight_belong_to_the_evening() -> None:
    friday = plan(entry("sunset", "night", ["fri"], 180))
    assert said(next_edge(friday, berlin("2026-06-18T12:00"))) == "Sat 20 00:33 armed_night"
    assert said(latest_edge(friday, berlin("2026-06-25T12:00"))) == "Sat 20 00:33 armed_night"


def test_of_sunset_and_a_time_the_later_one_counts_in_summer_and_in_winter() -> None:
    house = plan(entry("sunset", "night"), entry("20:00", "away"))
    assert said(latest_edge(house, berlin("2026-06-21T23:00"))) == "Sun 21 21:33 armed_night"
    assert said(latest_edge(house, berlin("2026-12-21T23:00"))) == "Mon 21 20:00 armed_away"


def test_polar_night_has_no_edge_and_keeps_the_mode_of_the_last_one() -> None:
    tromso = plan(entry("sunset", "night"), entry("sunrise", "disarmed"), zone="Europe/Oslo")
    midwinter = datetime(2026, 12, 21, 12, tzinfo=UTC)
    last, first = latest_edge(tromso, midwinter), next_edge(tromso, midwinter)
    assert last and first
    assert (f"{last.at:%d %b}", last.mode) == ("27 Nov", Mode.NIGHT)
    assert (f"{first.at:%d %b}", first.mode) == ("15 Jan", Mode.DISARMED)


VACATION = holiday("2026-07-18", "2026-08-02", name="Summer")
CHRISTMAS = holiday("2025-12-25", "2025-12-26", name="Christmas", yearly=True, schedule="sun")
WEEK = (entry("06:30", "disarmed", DAYS[:5]), entry("22:00", "night"), entry("09:00", "disarmed", ["sun"]))


def test_on_holidays_the_schedule_is_off_and_the_mode_stays() -> None:
    house = plan(*WEEK, holidays=[VACATION])
    assert said(latest_edge(house, berlin("2026-08-02T23:59:59"))) == "Fri 17 22:00 armed_night"
    assert said(next_edge(house, berlin("2026-07-17T22:00"))) == "Mon 03 06:30 disarmed"


def test_a_holiday_that_counts_as_a_sunday_has_the_edges_of_one() -> None:
    house = plan(*WEEK, holidays=[CHRISTMAS])
    friday = [said(edge) for edge, _ in zip(edges_after(house, berlin("2026-12-24T23:00")), range(3), strict=False)]
    assert friday == ["Fri 25 09:00 disarmed", "Fri 25 22:00 armed_night", "Sat 26 09:00 disarmed"]


def test_what_comes_once_goes_before_what_comes_every_year() -> None:
    away = holiday("2026-12-20", "2027-01-05", name="Away")
    house = plan(*WEEK, holidays=[CHRISTMAS, away])
    assert house.holiday_on(date(2026, 12, 25)) == away
    assert house.holiday_on(date(2027, 12, 25)) == CHRISTMAS


@pytest.mark.parametrize(
    ("one", "within", "outside"),
    [
        (holiday("2026-05-01"), ["2026-05-01"], ["2026-04-30", "2026-05-02", "2027-05-01"]),
        (holiday("2026-05-01", yearly=True), ["2026-05-01", "2040-05-01"], ["2025-05-01", "2027-05-02"]),
        (
            holiday("2026-12-24", "2027-01-02", yearly=True),
            ["2026-12-24", "2027-01-02", "2029-12-31", "2030-01-01"],
            ["2026-01-01", "2026-12-23", "2028-01-03"],
        ),
        (holiday("2028-02-29", yearly=True), ["2028-02-29", "2032-02-29"], ["2029-02-28", "2029-03-01"]),
        (holiday("2026-02-20", "2026-03-05", yearly=True), ["2028-02-29", "2027-03-01"], ["2028-03-06"]),
    ],
)
def test_a_holiday_covers_its_days_and_no_other(one: HolidaySettings, within: list[str], outside: list[str]) -> None:
    assert [day for day in within if not one.covers(date.fromisoformat(day))] == []
    assert [day for day in outside if one.covers(date.fromisoformat(day))] == []


def test_a_schedule_that_is_off_all_year_has_no_edge() -> None:
    always = [holiday("2020-01-01", "2020-12-30", yearly=True), holiday("2020-12-31", yearly=True)]
    assert latest_edge(plan(*WEEK, holidays=always), berlin("2026-06-01T12:00")) is None
    assert next_edge(plan(*WEEK, holidays=always), berlin("2026-06-01T12:00")) is None


def test_an_edge_is_looked_for_over_a_year_and_a_month() -> None:
    """So the longest holiday may begin when another one of a month is over."""
    off = [holiday("2026-06-02", "2027-06-01"), holiday("2027-06-02", "2027-07-10")]
    house, noon = plan(entry("12:00", "night", ["mon"]), holidays=off), berlin("2026-06-01T12:00")
    assert said(latest_edge(house, noon + 398 * DAY)) == "Mon 01 12:00 armed_night"
    assert latest_edge(house, noon + 399 * DAY) is None
    before = berlin("2027-07-12T11:59") - 398 * DAY
    assert said(next_edge(house, before)) == "Mon 12 12:00 armed_night"
    assert next_edge(house, before - DAY) is None


def test_without_a_place_the_sun_switches_nothing() -> None:
    nowhere = Plan((entry("sunset", "night"),), BERLIN)
    assert next_edge(nowhere, berlin("2026-06-01T12:00")) is None


def test_where_clock_and_sun_are_half_a_day_apart_a_day_has_the_noon_that_is_nearest_to_that_of_the_clock() -> None:
    """Here the sun is highest at half past midnight."""
    far = Plan((entry("sunset", "night"),), ZoneInfo("UTC"), (), (0, 172.5))
    sunset = far.sun_on(date(2026, 6, 1), "sunset")
    assert sunset is not None
    assert f"{sunset:%d %H}" == "01 06"


def test_what_a_plan_has_found_out_is_no_part_of_it() -> None:
    asked, other = plan(*WEEK), plan(*WEEK)
    here = latest_edge(asked, berlin("2026-06-01T12:00"))
    assert asked == other
    assert repr(asked) == repr(other)
    moved = replace(asked, zone=ZoneInfo("America/New_York"))
    assert latest_edge(moved, berlin("2026-06-01T12:00")) != here


def test_the_schedule_of_a_house_is_that_of_its_settings() -> None:
    house = HouseSettings(latitude=52.5, longitude=13.4)
    settings = Settings(
        camera=(CameraSettings(id="front", kind="stage"),), schedule=WEEK, holiday=(VACATION,), house=house
    )
    assert Plan.of(settings, BERLIN) == Plan(WEEK, BERLIN, (VACATION,), (52.5, 13.4))


def test_edges_of_two_years_are_remembered_and_then_forgotten() -> None:
    """The page asks for them again and again, and a Pi has little memory."""
    house = plan(*WEEK)
    days = [date(2026, 1, 1) + number * DAY for number in range(801)]
    found = [house.edges_of(day) for day in days]
    assert all(house.edges_of(day) is edges for day, edges in zip(days, found, strict=True))
    house.edges_of(days[-1] + DAY)
    assert house.edges_of(days[0]) is not found[0]


def test_every_minute_of_a_year_is_answered() -> None:
    house = plan(*MIXED, holidays=[VACATION, CHRISTMAS])
    start = berlin("2026-01-01T00:00")
    edge, following = latest_edge(house, start), next_edge(house, start)
    for minute in range(365 * 24 * 60):
        moment = start + minute * MINUTE
        if following and moment >= following.at:
            edge, following = following, next_edge(house, moment)
        assert latest_edge(house, moment) == edge
