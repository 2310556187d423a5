from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from pisecurity.core.alarm.schedule import Plan
from pisecurity.core.alarm.sky import doubts
from tests.core.alarm.almanac import PLACES, entry

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
EVENING, MORNING = entry("sunset", "night"), entry("sunrise", "disarmed", offset_min=30)


@pytest.mark.parametrize("zone", sorted(set(PLACES) - {"Europe/Oslo"}))
def test_where_people_live_nothing_is_said(zone: str) -> None:
    assert list(doubts(Plan((EVENING, MORNING), ZoneInfo(zone), (), PLACES[zone]), NOW)) == []


def test_polar_day_and_polar_night_are_named_with_what_they_leave_out() -> None:
    tromso = Plan((entry("22:00", "night"), EVENING, MORNING, EVENING), ZoneInfo("Europe/Oslo"), (), (69.65, 18.96))
    assert list(doubts(tromso, NOW))[:3] == [
        "schedule[3]: from 2026-11-28 to 2027-01-14 the sun does not rise at latitude 69.65, and nothing is switched",
        "schedule[3]: from 2027-05-19 to 2027-07-26 the sun does not rise at latitude 69.65, and nothing is switched",
        (
            "schedule[2], schedule[4]: from 2026-11-28 to 2027-01-14 the sun does not set at latitude 69.65, "
            "and nothing is switched"
        ),
    ]


def test_a_longitude_on_the_other_side_of_the_world_is_doubted() -> None:
    (text,) = doubts(Plan((EVENING,), ZoneInfo("America/New_York"), (), (40.7, 74)), NOW)
    assert text == (
        "house.longitude = 74: there the sun is highest at 02:04 by the clock of the house; "
        "it is less than 0 in the west, and house.timezone has to fit"
    )


def test_beyond_the_date_line_noon_is_reckoned_by_the_shorter_way_round() -> None:
    """Tonga's clock is 13 hours ahead, and its sun stands at 175 degrees west."""
    tonga = ZoneInfo("Pacific/Tongatapu")
    assert list(doubts(Plan((EVENING,), tonga, (), (-21, -175)), NOW)) == []
    (text,) = doubts(Plan((EVENING,), tonga, (), (-21, -100)), NOW)
    assert text.startswith("house.longitude = -100: there the sun is highest at 07:40 by the clock of the house;")


def test_the_year_ahead_is_looked_at_and_no_day_more() -> None:
    """The day after it is the first without a sunrise of the winter then."""
    tromso = Plan((MORNING,), ZoneInfo("Europe/Oslo"), (), (69.65, 18.96))
    winter, summer = doubts(tromso, datetime(2026, 11, 27, 12, tzinfo=UTC))
    assert "from 2026-11-28 to 2027-01-14" in winter
    assert "from 2027-05-19 to 2027-07-26" in summer
    assert "from 2027-11-28 to 2027-11-28" in [*doubts(tromso, datetime(2026, 11, 28, 12, tzinfo=UTC))][2]


@pytest.mark.parametrize(("longitude", "doubted"), [(-47, True), (-45, False), (75, False), (77, True)])
def test_noon_may_be_four_hours_from_that_of_the_clock_and_no_more(longitude: float, *, doubted: bool) -> None:
    """In winter the clock of Berlin is right at 15 degrees: four hours are 60 more or less."""
    found = list(doubts(Plan((EVENING,), ZoneInfo("Europe/Berlin"), (), (50, longitude)), NOW))
    assert bool(found) is doubted


def test_a_house_whose_schedule_has_no_sun_is_asked_nothing() -> None:
    assert list(doubts(Plan((entry("22:00", "night"),), ZoneInfo("America/New_York"), (), (90, 74)), NOW)) == []
