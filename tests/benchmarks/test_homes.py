"""The three homes: a week of each can be drawn, minute by minute."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from benchmarks import weeks
from benchmarks.ruler.homes import HOMES, Home, daylight
from benchmarks.ruler.passes import COMES_S, is_seen, passes
from benchmarks.ruler.strata import Minute
from pisecurity.adapters.cameras.stage import Scene, View
from pisecurity.adapters.cameras.stage.effects.fog import Fog
from pisecurity.adapters.cameras.stage.effects.rain import Rain
from pisecurity.adapters.cameras.stage.effects.snow import Snow
from pisecurity.adapters.cameras.stage.paths import NOBODY

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


def test_whether_a_pass_counts_is_seen_without_a_detector() -> None:
    (walk,) = (each for each in passes(1, seed=5) if each.number == 0)
    assert is_seen(walk)
    assert not is_seen(replace(walk, script=replace(walk.script, cast=NOBODY)))
    assert not is_seen(replace(walk, ends_s=COMES_S + 0.3))


def test_a_home_without_an_infrared_lamp_stays_in_colour_at_night() -> None:
    for name, grey in (("flat", 0.0), ("garden", 1.0)):
        home = HOMES[name]
        night = next(each for each in home.minutes(200, 3) if each.hour < 4 and each.stratum.occasion is None)
        assert home.script(night, View(*SIZE), ARMED_S).grey(0.0) == grey


def test_weather_of_a_minute_is_in_its_script() -> None:
    home = HOMES["garden"]
    for weather, effect in (("rain", Rain), ("snow", Snow), ("fog", Fog)):
        minute = next(each for each in home.minutes(200, 3) if each.stratum.weather == weather)
        assert any(isinstance(each, effect) for each in home.script(minute, View(*SIZE), ARMED_S).effects)


def test_wrong_arguments_of_the_weeks_are_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert weeks.main(["--homes", "castle"]) == 2
    assert "castle: fits none of flat, garden, house with pets" in capsys.readouterr().err
    assert weeks.main(["--out", str(tmp_path)]) == 2
    assert f"{tmp_path}: is a folder; name a file" in capsys.readouterr().err
    with pytest.raises(SystemExit, match="2"):
        weeks.main(["--seed", "-1"])
    assert "-1: give a whole number, 0 or more" in capsys.readouterr().err


def test_passes_are_told_with_what_was_missed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "weeks.json"
    assert weeks.main(["--scenes", "0", "--passes", "1", "--seed", "5", "--out", str(out)]) == 0
    (kept,) = json.loads(out.read_text())["passes"]
    assert kept["passes"] == 1
    assert kept["missed"] == len(kept["which"])
    assert "of 1 passes missed" in capsys.readouterr().out


def test_passes_take_their_time_and_end() -> None:
    assert all(9.0 < each.ends_s <= 49.0 for each in passes(4, seed=5))
