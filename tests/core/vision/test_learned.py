"""What was learned outlives a restart: who comes in right after it is seen, and another scene is not taken for it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pisecurity.core.types import Event, Frame
from pisecurity.core.vision.learned import (
    HALF_LIFE_S,
    OLDEST_S,
    LearnedScene,
    aged,
    heat,
    hidden_mark,
    restless_share,
)
from pisecurity.core.vision.pipeline import WARM_UP_S, Pipeline
from pisecurity.core.vision.scale import PersonScale
from pisecurity.settings import MotionSettings
from tests.core.vision.drawn import HEIGHT, WIDTH, Canvas, Draw, film, leaves, light, opened, walker, yard


def pipeline() -> Pipeline:
    return Pipeline("front", MotionSettings(), ())


def run(watching: Pipeline, frames: Iterable[Frame]) -> list[Event]:
    return [event for each in frames for event in watching.step(each).events]


def learned_from(*things: Draw, noise: float = 1.0) -> LearnedScene:
    """Return what is known of the yard after twenty seconds."""
    before = pipeline()
    run(before, film(20, *things, noise=noise))
    scene = before.learned()
    assert scene is not None
    return scene


def restored(scene: LearnedScene) -> Pipeline:
    after = pipeline()
    after.restore(scene)
    return after


def entering(canvas: Canvas, at_s: float) -> None:
    walker(0, 30, from_x=-10.0)(canvas, at_s)


def test_restored_somebody_who_walks_in_at_the_start_is_an_event_within_a_second() -> None:
    scene = learned_from()
    (with_it,) = opened(run(restored(scene), film(8, entering)))
    (without,) = opened(run(pipeline(), film(8, entering)))
    assert with_it.opened_s < 1.0
    assert without.opened_s >= WARM_UP_S


def test_restored_at_night_somebody_who_walks_in_is_an_event_within_a_second() -> None:
    (event,) = opened(run(restored(learned_from(noise=6.0)), film(8, entering, noise=6.0)))
    assert event.opened_s < 1.0


@pytest.mark.parametrize("factor", [0.6, 1.5])
def test_the_same_scene_in_another_light_is_taken_up(factor: float) -> None:
    after = restored(learned_from())
    found = opened(run(after, film(8, entering, light(0, factor))))
    assert (after.not_restored, after.beginnings) == ("", 0)
    assert found[0].opened_s < 1.2


def test_restored_leaves_that_were_known_are_no_event() -> None:
    assert run(restored(learned_from(leaves())), film(20, leaves())) == []


def test_restored_an_empty_scene_is_no_event() -> None:
    assert run(restored(learned_from()), film(20)) == []


def test_another_scene_is_learned_anew_and_says_why() -> None:
    after = restored(learned_from())
    turned = np.rot90(yard(), 2).copy()
    run(after, film(2, scene=turned))
    assert after.not_restored.startswith("only ")
    assert after.beginnings == 1


def test_another_size_is_learned_anew_and_says_why() -> None:
    after = restored(learned_from())
    run(after, film(2, scene=yard(width=400, height=300)))
    assert after.not_restored == "the picture has another size"
    assert after.beginnings == 1


def test_other_privacy_zones_are_learned_anew_and_say_why() -> None:
    visible = np.full((HEIGHT, WIDTH), 255, np.uint8)
    visible[:40, :40] = 0
    after = restored(learned_from())
    run(after, (replace(each, visible=visible) for each in film(2)))
    assert after.not_restored == "the privacy zones are others"


def test_nothing_is_learned_before_the_scene_is_known() -> None:
    watching = pipeline()
    assert watching.learned() is None
    run(watching, film(1))
    assert watching.learned() is None


def test_forgotten_the_scene_begins_anew_with_its_warm_up() -> None:
    watching = pipeline()
    run(watching, film(10))
    watching.forget()
    assert watching.learned() is None
    (event,) = opened(run(watching, film(8, walker(0, 8, from_x=20.0), start_s=10)))
    assert event.opened_s >= 10 + WARM_UP_S
    assert watching.beginnings == 2


def test_what_privacy_zones_hide_is_black_in_what_was_learned() -> None:
    visible = np.full((HEIGHT, WIDTH), 255, np.uint8)
    visible[30:120, 40:160] = 0

    watching = pipeline()
    hidden = (
        replace(each, luma=np.where(visible > 0, each.luma, 0).astype(np.uint8), visible=visible)
        for each in film(10, leaves(), walker(0, 10, foot=110))
    )
    run(watching, hidden)
    scene = watching.learned()
    assert scene is not None
    fine = cv2.resize(visible, scene.fine.shape[::-1], interpolation=cv2.INTER_AREA)
    coarse = cv2.resize(visible, scene.coarse.shape[::-1], interpolation=cv2.INTER_AREA)
    assert not scene.fine[fine == 0].any()
    assert not scene.coarse[coarse == 0].any()
    assert not scene.restless[coarse == 0].any()
    assert not heat(scene).y[fine == 0].any()
    assert scene.hidden == hidden_mark(visible)


def test_masks_are_told_apart_by_what_they_hide_and_by_their_shape() -> None:
    wide, tall = np.zeros((20, 40), np.uint8), np.zeros((40, 20), np.uint8)
    other = wide.copy()
    other[0, 0] = 255
    assert len({hidden_mark(None), hidden_mark(wide), hidden_mark(tall), hidden_mark(other)}) == 4


def test_restlessness_fades_with_age_and_levels_do_not() -> None:
    scene = learned_from(leaves())
    later = aged(scene, HALF_LIFE_S)
    assert later is not None
    assert later.restless.max() == pytest.approx(scene.restless.max() / 2, abs=1)
    assert later.known_s == pytest.approx(scene.known_s / 2)
    assert np.array_equal(later.coarse, scene.coarse)


def test_after_a_day_nothing_of_it_counts() -> None:
    assert aged(learned_from(), OLDEST_S + 1) is None


@given(st.floats(-1e9, 0))
def test_a_clock_that_went_back_makes_nothing_older(age_s: float) -> None:
    plane = np.full((16, 16), 40, np.uint8)
    later = aged(LearnedScene(plane, plane, plane, 10.0, 1.0, 1.0), age_s)
    assert later is not None
    assert np.array_equal(later.restless, plane)


def test_the_heat_map_is_red_where_leaves_move_and_grey_elsewhere() -> None:
    scene = learned_from(leaves())
    picture = heat(scene)
    v = cv2.resize(picture.v, (WIDTH, HEIGHT))
    assert v[20:90, 210:300].mean() > 140
    assert (v[150:, :150] == 128).all()
    assert 0 < restless_share(scene) < 0.3
    assert picture.y.shape == scene.fine.shape


def test_a_place_is_as_red_as_it_is_restless_and_only_twice_the_usual_is_counted() -> None:
    """The shadow of a cloud must not look like a tree in a storm."""
    plane = np.full((20, 20), 90, np.uint8)

    def of(strays: float) -> LearnedScene:
        return LearnedScene(plane, plane, np.full_like(plane, round(4 * strays)), 10.0, 1.0, 1.0)

    reds = [int(heat(of(strays)).v[5, 5]) - 128 for strays in (0, 2, 7.5, 13, 24, 48)]
    assert reds == pytest.approx([0, 0, 27, 55, 110, 110], abs=2)
    assert [restless_share(of(strays)) for strays in (4, 6)] == [0.0, 1.0]


def known_people() -> PersonScale:
    scale = PersonScale()
    for person in range(1, 7):
        for feet in (0.5, 0.7, 0.9):
            scale.note(person, feet, feet - 0.2)
    return scale


def test_people_measured_where_the_camera_no_longer_looks_make_no_pets_of_others() -> None:
    after = restored(learned_from())
    after.restore_people(known_people().learned())
    run(after, film(2, scene=yard(seed=9)[:, ::-1].copy()))
    assert after.not_restored
    assert after.scale.height(0.7) is None


def test_people_measured_at_the_same_place_are_known_and_are_others_than_those_to_come() -> None:
    after = restored(learned_from())
    after.restore_people(known_people().learned())
    run(after, film(2))
    assert after.scale.height(0.7) == pytest.approx(0.5, rel=0.1)
    after.scale.note(1, 0.7, 0.5)
    assert len(after.scale.learned()[14]) == 7
