"""What two pictures of a night say, on drawn places and on recordings."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from pisecurity.adapters.cameras.stage.curve import Always
from pisecurity.adapters.cameras.stage.effects.pane import Pane
from pisecurity.adapters.cameras.stage.scene import Scene
from pisecurity.adapters.cameras.stage.situations import SITUATIONS
from pisecurity.adapters.cameras.stage.situations.mix import Draw, Mix
from pisecurity.adapters.cameras.stage.view import View
from pisecurity.core.types import Plane
from pisecurity.core.vision.night import Look, Moment, Sight, Verdict, moment, reflects, verdict
from pisecurity.core.vision.pipeline import Pipeline
from pisecurity.settings import MotionSettings
from tests.core.vision.drawn import frame

BERLIN = ZoneInfo("Europe/Berlin")
WIDTH, HEIGHT = 320, 240
PLACES = ("back_garden", "front_garden", "hall", "living_room")
NIGHTS = ("night_noise_only", "headlights_only", "headlights_room_only", "fairy_lights_garden_only", "television_only")


def shots(script: Any, seed: int) -> list[Plane]:
    """Return the scene at two times."""
    scene = Scene(script, seed, WIDTH, HEIGHT, colour=False)
    return [scene.render(at_s).luma for at_s in (5.0, 40.0)]


def mix(place: str, seed: int) -> Mix:
    return Mix.of(Draw(np.random.default_rng(seed), View(WIDTH, HEIGHT), seed), place)


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
@pytest.mark.parametrize("place", PLACES)
def test_a_pane_before_the_lamp_reflects_and_the_same_place_without_it_does_not(place: str, seed: int) -> None:
    infrared = mix(place, seed).by_night(infrared=True)
    assert reflects(shots(infrared.with_(Pane()).script, seed))
    assert not reflects(shots(infrared.script, seed))
    assert not reflects(shots(mix(place, seed).by_night(infrared=False).script, seed))
    assert not reflects(shots(mix(place, seed).by_lamp().script, seed))


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("name", NIGHTS)
def test_lamps_headlights_and_televisions_are_no_reflection(name: str, seed: int) -> None:
    assert not reflects(shots(SITUATIONS[name].script(seed, View(WIDTH, HEIGHT)), seed))


def test_a_faint_reflection_that_leaves_the_garden_as_it_was_is_none() -> None:
    faint = mix("front_garden", 1).by_night(infrared=True).with_(Pane(Always(0.2), dims=1.0))
    assert not reflects(shots(faint.script, 1))


def test_what_was_before_the_lens_at_one_of_the_two_times_alone_is_no_reflection() -> None:
    infrared = mix("front_garden", 1).by_night(infrared=True)
    assert not reflects([shots(infrared.script, 1)[0], shots(infrared.with_(Pane()).script, 1)[1]])


@pytest.mark.parametrize("shade", [0, 60, 255])
def test_an_even_picture_reflects_nothing(shade: int) -> None:
    assert not reflects([np.full((48, 64), shade, np.uint8)])


@pytest.mark.parametrize(
    ("sights", "expected"),
    [
        ((Sight.ANYBODY, Sight.ANYBODY), Verdict.FINE),
        ((None, Sight.ANYBODY), Verdict.FINE),
        ((Sight.LIGHT_CLOTHES, Sight.ANYBODY), Verdict.DIM),
        ((Sight.LIGHT_CLOTHES, Sight.NOBODY), Verdict.DARK),
    ],
)
def test_the_worse_of_the_two_times_counts(sights: tuple[Sight | None, ...], expected: Verdict) -> None:
    dark = np.full((48, 64), 30, np.uint8)
    assert verdict([Look(dark, sight) for sight in sights]) is expected


def judged(scene: Scene) -> Verdict:
    """Return the verdict on *scene* as a camera has it that has looked at it for 48 s."""
    pipeline, looks = Pipeline("front", MotionSettings(), ()), []
    for number in range(48 * 4):
        at_s = number / 4
        luma = scene.render(at_s).luma
        pipeline.step(frame(luma, at_s, number))
        if number % 188 == 0 and number:
            seeing = pipeline.seeing
            assert seeing is not None
            coat = Sight.LIGHT_CLOTHES if seeing.missed_since else Sight.ANYBODY
            looks.append(Look(luma, Sight.NOBODY if seeing.blind_since else coat))
    return verdict(looks)


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize(("place", "unlit"), [("back_garden", Verdict.DIM), ("hall", Verdict.DARK)])
def test_the_drawn_nights_are_judged_by_what_the_camera_sees_of_people(place: str, unlit: Verdict, seed: int) -> None:
    night = mix(place, seed).by_night(infrared=True)
    scenes = night, mix(place, seed).by_night(infrared=False), night.with_(Pane())
    found = [judged(Scene(each.script, seed, WIDTH, HEIGHT, colour=False)) for each in scenes]
    assert found == [Verdict.FINE, unlit, Verdict.REFLECTS]


def test_a_reflection_is_told_before_the_darkness_that_it_makes() -> None:
    pictures = shots(mix("back_garden", 1).by_night(infrared=True).with_(Pane()).script, 1)
    assert verdict([Look(picture, Sight.NOBODY) for picture in pictures]) is Verdict.REFLECTS


@pytest.mark.parametrize(
    ("local", "expected"),
    [
        ("2026-11-23T22:59", None),
        ("2026-11-23T23:00", (date(2026, 11, 23), Moment.LATE)),
        ("2026-11-24T00:29", (date(2026, 11, 23), Moment.LATE)),
        ("2026-11-24T00:30", None),
        ("2026-11-24T03:00", (date(2026, 11, 23), Moment.EARLY)),
        ("2026-11-24T04:29", (date(2026, 11, 23), Moment.EARLY)),
        ("2026-11-24T04:30", None),
        ("2026-11-24T12:00", None),
    ],
)
def test_each_picture_has_its_time_by_the_clock_of_the_house(local: str, expected: object) -> None:
    assert moment(datetime.fromisoformat(local).replace(tzinfo=BERLIN)) == expected


@pytest.mark.parametrize("day", ["2026-03-28", "2026-10-24"])
def test_r28_on_the_days_of_a_change_of_summer_time_both_are_due_too(day: str) -> None:
    began = datetime.fromisoformat(f"{day}T21:00").replace(tzinfo=BERLIN).astimezone(UTC)
    locals_ = [(began + timedelta(minutes=minute)).astimezone(BERLIN) for minute in range(720)]
    assert {due for due in map(moment, locals_) if due} == {
        (date.fromisoformat(day), Moment.LATE), (date.fromisoformat(day), Moment.EARLY)
    }  # fmt: skip
