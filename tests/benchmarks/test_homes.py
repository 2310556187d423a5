"""The three homes: a week of each can be drawn, minute by minute."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.ruler.homes import HOMES, Home, daylight
from benchmarks.ruler.passes import passes
from benchmarks.ruler.strata import Minute
from pisecurity.adapters.cameras.stage import Scene, View

SIZE = (64, 48)
ARMED_S = 10.0


def minute_of(home: Home, occasion: str | None) -> Minute:
    return next(each for each in home.minutes(200, seed=3) if each.stratum.occasion == occasion)


def drawn(home: Home, minute: Minute) -> Scene:
    return Scene(home.script(minute, View(*SIZE), ARMED_S), minute.seed, *SIZE, colour=False)


@pytest.mark.parametrize("home", HOMES.values(), ids=lambda home: home.name)
def test_every_occasion_of_a_home_can_be_drawn_and_changes_the_minute(home: Home) -> None:
    for occasion in home.occasions:
        scene = drawn(home, minute_of(home, occasion.name))
        assert scene.render(ARMED_S + 5).luma.shape == (48, 64)


@pytest.mark.parametrize("home", HOMES.values(), ids=lambda home: home.name)
def test_only_visits_bring_people(home: Home) -> None:
    def people(occasion: str | None) -> bool:
        scene = drawn(home, minute_of(home, occasion))
        return any(thing.label == "person" for t_s in np.arange(0, 70, 0.5) for thing in scene.render(t_s).truth)

    assert people("somebody")
    assert not people(None)
    assert not people("lamp switched")


def test_a_minute_is_drawn_the_same_again() -> None:
    home = HOMES["garden"]
    minute = minute_of(home, "headlights")
    assert drawn(home, minute).render(30.0).luma.tobytes() == drawn(home, minute).render(30.0).luma.tobytes()


def test_midnight_is_dark_noon_is_bright_and_dusk_is_between() -> None:
    assert daylight(0.0) == daylight(23.5) == 0
    assert daylight(12.0) == 1
    assert 0 < daylight(6.5) < 1 and 0 < daylight(20.0) < 1


def test_a_larger_number_of_passes_has_the_smaller_one_in_it() -> None:
    few, more = passes(2, seed=5), passes(4, seed=5)
    told = {(each.number, each.place, each.light, each.manner, each.way) for each in more}
    assert {(each.number, each.place, each.light, each.manner, each.way) for each in few} <= told


def test_passes_take_their_time_and_end() -> None:
    assert all(9.0 < each.ends_s <= 49.0 for each in passes(4, seed=5))
