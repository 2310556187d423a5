"""The situations show what their names say, and know it."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from pisecurity.adapters.cameras.stage import Scene, View
from pisecurity.adapters.cameras.stage.paths import NOBODY
from pisecurity.adapters.cameras.stage.situations import SITUATIONS, Situation
from pisecurity.adapters.cameras.stage.situations.mix import Draw, Mix
from pisecurity.adapters.cameras.stage.situations.people import somebody
from pisecurity.adapters.cameras.stage.truth import THINGS
from pisecurity.core.types import Box

SIZE = (96, 72)
ALONE = [situation for situation in SITUATIONS.values() if situation.name.endswith("_only")]
WITH_THINGS = [situation for situation in SITUATIONS.values() if situation not in ALONE]
TO_FIND = ("person", "animal", "vehicle")


def scene_of(situation: Situation, seed: int = 1, size: tuple[int, int] = SIZE) -> Scene:
    return Scene(situation.script(seed, View(*size)), seed, *size, colour=False)


def labels(situation: Situation, every_s: float) -> set[str]:
    scene = scene_of(situation)
    times = np.arange(0, situation.length_s, every_s)
    return {thing.label for t_s in times for thing in scene.render(t_s).truth}


def test_what_people_complain_of_is_there() -> None:
    wanted = """
        day_clean day_low_contrast day_far approach animals_vehicle run_fast pause_person start_present shadow_person
        night_person foliage_person light_switch_person clouds_person shake_person rain_person night_noise_only
        foliage_only light_switch_only clouds_only shake_only rain_only rain_night_only headlights_only mains_only
        lamp_person infrared_switch_only snow_only curtain_only water_only pet_cat pet_dog robot_vacuum_only
        spider_web_only balloon_only fairy_lights_only fan_only television_only low_sun_only person_still
        crawling_person hooded_person people_crossing bicycle umbrella stop_and_go_person
    """
    assert set(wanted.split()) <= set(SITUATIONS)


@pytest.mark.parametrize("situation", ALONE, ids=lambda situation: situation.name)
def test_where_nothing_is_to_be_found_nothing_is_there(situation: Situation) -> None:
    assert not labels(situation, 2.5) & set(TO_FIND)


@pytest.mark.parametrize("situation", ALONE, ids=lambda situation: situation.name)
def test_where_nothing_is_to_be_found_something_stirs_all_the_same(situation: Situation) -> None:
    """Or it would be no trial: a difference of pictures rings in each, at once or within some seconds."""
    scene = scene_of(situation, size=(320, 240))
    frames = [cv2.GaussianBlur(scene.render(t_s).luma, (5, 5), 0) for t_s in np.arange(6, 40, 0.5)]
    stirred = [
        (cv2.absdiff(frame, other) > 12).mean()
        for number, frame in enumerate(frames)
        for other in (frames[number - 1], frames[0])
    ]
    assert max(stirred) > 0.002


@pytest.mark.parametrize("situation", WITH_THINGS, ids=lambda situation: situation.name)
def test_where_something_is_to_be_found_it_comes(situation: Situation) -> None:
    assert labels(situation, 0.5) & set(TO_FIND)


@pytest.mark.parametrize("situation", SITUATIONS.values(), ids=lambda situation: situation.name)
def test_twice_the_same_and_in_any_order(situation: Situation) -> None:
    first, second = scene_of(situation), scene_of(situation)
    moments = (9.0, 0.0, situation.length_s - 0.1)
    pictures = {t_s: first.render(t_s) for t_s in moments}
    for t_s in sorted(moments):
        again = second.render(t_s)
        assert again.luma.tobytes() == pictures[t_s].luma.tobytes()
        assert again.truth == pictures[t_s].truth


def test_another_seed_is_another_scene() -> None:
    one, other = (scene_of(SITUATIONS["day_clean"], seed).render(12.0) for seed in (1, 2))
    assert one.luma.tobytes() != other.luma.tobytes()


@pytest.mark.parametrize("name", ["people_crossing", "person_still", "fence_person", "animals_vehicle"])
def test_the_box_of_each_thing_is_that_of_its_pixels(name: str) -> None:
    width, height = 320, 240
    scene = scene_of(SITUATIONS[name], size=(width, height))
    compared = 0
    for t_s in np.arange(7, 34, 0.75):
        shown = scene.render(t_s)
        mask = shown.mask()
        for label in TO_FIND:
            there = [thing for thing in shown.truth if thing.label == label]
            rows, columns = np.nonzero(mask == THINGS[label])
            if len(there) == 1 and rows.size:
                x, y, w, h = there[0].box.pixels(width, height)
                assert (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1) == (x, y, x + w, y + h)
                compared += 1
    assert compared >= 3


def test_of_two_who_cross_the_farther_one_is_seen_less() -> None:
    scene = scene_of(SITUATIONS["people_crossing"], size=(320, 240))
    moments = [scene.render(t_s) for t_s in np.arange(8, 13, 0.1)]
    inside = [shown for shown in moments if len(shown.truth) == 2 and all(whole(thing.box) for thing in shown.truth)]
    assert min(thing.visible for shown in inside for thing in shown.truth) < 0.7
    for shown in inside:
        far, near = shown.truth
        assert far.box.y + far.box.h < near.box.y + near.box.h
        assert near.visible == 1.0


def whole(box: Box) -> bool:
    return box.x > 0.01 and box.x + box.w < 0.99


@pytest.mark.parametrize(("name", "t_s"), [("shake_person", 11.2), ("shake_person", 24.8), ("people_crossing", 9.5)])
def test_the_mask_is_where_the_picture_shows_the_people(name: str, t_s: float) -> None:
    """Drawn with and without the cast: what differs strongly is in the mask, also while the camera is knocked."""
    width, height = 320, 240
    script = replace(SITUATIONS[name].script(1, View(width, height)), shadow=0.0)
    there, empty = (
        Scene(replace(script, cast=cast), 1, width, height, colour=False).render(t_s) for cast in (script.cast, NOBODY)
    )
    differs = np.abs(there.luma.astype(int) - empty.luma) > 40
    person = (there.mask() == THINGS["person"]).astype(np.uint8)
    wide, narrow = cv2.dilate(person, np.ones((5, 5))), cv2.erode(person, np.ones((5, 5)))
    assert differs.sum() > 150
    assert (differs & (wide == 0)).mean() < 0.001
    assert differs[narrow > 0].mean() > 0.35


@pytest.mark.parametrize("name", ["light_switch_person", "lamp_person", "shake_person", "infrared_switch_person"])
def test_people_are_in_view_when_it_happens(name: str) -> None:
    """Of the switches or knocks two at least, or the only one."""
    happens_s = {"light_switch_person": (11.5, 26.5, 37.0), "lamp_person": (9.2,), "shake_person": (11.0, 24.5),
                 "infrared_switch_person": (14.0, 40.0)}[name]  # fmt: skip
    scene = scene_of(SITUATIONS[name])
    seen = [any(thing.label == "person" for thing in scene.render(t_s).truth) for t_s in happens_s]
    assert sum(seen) >= min(2, len(happens_s)) or (name == "infrared_switch_person" and seen[0])


def test_who_stands_still_for_a_minute_is_there_all_the_time() -> None:
    scene = scene_of(SITUATIONS["person_still"])
    moments = [scene.render(t_s).truth for t_s in np.arange(15, 65, 2.5)]
    assert all(len(truth) == 1 for truth in moments)
    assert not any(truth[0].moving for truth in moments)


def test_a_way_to_something_is_there_and_back() -> None:
    draw = Draw(np.random.default_rng(1), View(*SIZE), 1)
    mix = Mix.of(draw, "front_garden").by_day()
    (role,) = mix.walking(somebody(draw), "to the door", 0.0, 1.2).script.cast.around(1.0)
    end = role.path.at(role.path.ends_s - 0.05)
    begin = role.path.at(0.0)
    assert begin is not None and end is not None
    assert end.ground.right_m == pytest.approx(begin.ground.right_m, abs=0.2)
