"""A sampled week stands for the whole week."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.ruler.strata import BLOCKS, DAYS, Occasion, sample, strata

WEATHER = {"clear": 0.6, "rain": 0.4}
WEEK_MIN = DAYS * 24 * 60


def test_the_minutes_of_all_strata_are_those_of_the_week() -> None:
    week = strata(WEATHER, [Occasion("cat", 105.0), Occasion("headlights", 60.0, (18.0, 7.0))])
    assert sum(stratum.minutes for stratum in week) == pytest.approx(WEEK_MIN)
    assert sum(stratum.minutes for stratum in week if stratum.occasion == "cat") == pytest.approx(105)


def test_an_occasion_of_the_night_is_drawn_at_night_past_midnight_too() -> None:
    night = Occasion("headlights", 60.0, (22.0, 5.0))
    drawn = sample(strata(WEATHER, [night]), 500, {"headlights": night.hours}, seed=1)
    hours = [minute.hour for minute in drawn if minute.stratum.occasion == "headlights"]
    assert hours
    assert all(hour >= 22 or hour < 5 for hour in hours)
    assert any(hour < 5 for hour in hours) and any(hour >= 22 for hour in hours)


def test_an_occasion_of_one_weather_happens_in_no_other() -> None:
    week = strata(WEATHER, [Occasion("sun patch", 300.0, (9.0, 11.0), frozenset({"clear"}))])
    assert {stratum.weather for stratum in week if stratum.occasion == "sun patch"} == {"clear"}


@given(st.integers(100, 2000), st.integers(0, 5))
def test_the_weights_sum_to_the_week_whatever_the_size_of_the_sample(scenes: int, seed: int) -> None:
    week = strata(WEATHER, [Occasion("cat", 105.0), Occasion("lamp", 3.0, (17.0, 23.0))])
    drawn = sample(week, scenes, {"lamp": (17.0, 23.0)}, seed)
    assert sum(minute.weight for minute in drawn) == pytest.approx(WEEK_MIN)
    assert {minute.stratum for minute in drawn} == set(week)
    assert all(minute.stratum.block[0] <= minute.hour <= minute.stratum.block[1] for minute in drawn)


def test_the_same_seed_draws_the_same_minutes_and_another_one_others() -> None:
    week = strata(WEATHER, [])
    assert sample(week, 50, {}, 3) == sample(week, 50, {}, 3) != sample(week, 50, {}, 4)
    assert len(BLOCKS) * len(WEATHER) == len(week)


def test_what_cannot_be_is_refused() -> None:
    with pytest.raises(ValueError, match="sum to 0.9"):
        strata({"clear": 0.9}, [])
    with pytest.raises(ValueError, match="fits no hour"):
        strata(WEATHER, [Occasion("snow", 5.0, (0.0, 24.0), frozenset({"snow"}))])
    with pytest.raises(ValueError, match="more than all of"):
        strata(WEATHER, [Occasion("fan", 9000.0, (0.0, 3.0))])
