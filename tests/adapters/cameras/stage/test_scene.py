"""The drawn garden: the same in every run, true, and quiet but for the person."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from pisecurity.adapters.cameras.stage import Scene, StageCamera, View, garden
from pisecurity.adapters.cameras.stage.situations import demo
from pisecurity.core.types import Box
from pisecurity.settings import CameraSettings
from tests.fakes import FakeClock


@pytest.fixture(scope="module")
def scene() -> Scene:
    return garden_of(1)


@pytest.fixture(scope="module")
def empty_scene() -> Scene:
    return garden_of(1, people=False)


def garden_of(seed: int, width: int = 320, height: int = 240, *, people: bool = True) -> Scene:
    return Scene(garden(seed, View(width, height), people=people), seed, width, height)


def test_a_moment_is_the_same_in_another_run_and_in_any_order(scene: Scene) -> None:
    moments = (0.0, 11.5, 33.3, 620.0, 700.0)
    other = garden_of(1)
    for t_s, again_s in zip(moments, reversed(moments), strict=True):
        other.render(again_s)
        first, second = scene.render(t_s), other.render(t_s)
        assert first.truth == second.truth
        assert first.picture.y.tobytes() == second.picture.y.tobytes()
        assert first.picture.u.tobytes() == second.picture.u.tobytes()


def test_another_seed_is_another_garden(scene: Scene) -> None:
    other = garden_of(2)
    difference = np.abs(scene.render(2.0).picture.y.astype(int) - other.render(2.0).picture.y)
    assert difference.mean() > 4


def test_somebody_sets_out_in_every_25_seconds(scene: Scene) -> None:
    seen = [bool(scene.render(t_s).truth) for t_s in np.arange(0, 130, 0.5)]
    comes = [number * 0.5 for number, (before, now) in enumerate(itertools.pairwise(seen)) if now and not before]
    assert comes[0] < 12
    assert all(later - earlier <= 25 for earlier, later in itertools.pairwise(comes))
    assert len(comes) >= 5


def test_between_two_passes_the_garden_is_empty_for_more_than_ten_seconds() -> None:
    cast = demo.Passes(1, View(320, 240))
    for earlier, later in itertools.pairwise(number * 20 + 19 for number in range(12)):
        times = np.arange(earlier, later, 0.25)
        away_s = [t_s for t_s in times if all(role.path.at(t_s) is None for role in cast.around(t_s))]
        assert len(away_s) * 0.25 > 10


def test_the_true_box_holds_what_the_person_changed(scene: Scene, empty_scene: Scene) -> None:
    t_s = 11.5
    shown = scene.render(t_s)
    (person,) = shown.truth
    assert person.label == "person"
    assert person.visible == 1.0
    changed = np.abs(shown.picture.y.astype(int) - empty_scene.render(t_s).picture.y) > 20
    x, y, w, h = person.box.pixels(320, 240)
    inside = changed[y : y + h, x : x + w]
    assert inside.mean() > 0.25
    for edge in (inside[:3], inside[-3:], inside[:, :3], inside[:, -3:]):
        assert edge.any()
    changed[y - 2 : y + h + 2, x - 2 : x + w + 2] = False
    outside = changed[: y + h // 2]  # below it falls the shadow, which is no part of the person
    assert not outside.any()


def test_a_person_at_the_rim_is_true_for_the_part_that_is_seen(scene: Scene) -> None:
    shares = [
        (labelled.visible, labelled.box) for t_s in np.arange(8.5, 16, 0.1) for labelled in scene.render(t_s).truth
    ]
    cut = [box for visible, box in shares if visible < 0.6]
    assert cut
    assert all(box.x == 0 or box.x + box.w == pytest.approx(1) for box in cut)
    assert all(box.x >= 0 and box.x + box.w <= 1 + 1e-9 and box.y + box.h <= 1 + 1e-9 for _, box in shares)


def test_without_people_nobody_comes_but_leaves_clouds_and_lamp_go_on(empty_scene: Scene) -> None:
    assert not any(empty_scene.render(t_s).truth for t_s in range(0, 60, 3))
    assert {round(demo.lamp(t_s)) for t_s in range(0, 60, 3)} == {0, 1}
    clear, cloudy = empty_scene.render(22.0).picture.y, empty_scene.render(38.0).picture.y
    assert clear.mean() - cloudy.mean() > 2


def test_night_is_dark_and_returns_to_day(empty_scene: Scene) -> None:
    def brightness(t_s: float) -> float:
        return float(empty_scene.render(t_s).picture.y.mean())

    assert brightness(690) < 0.5 * brightness(2)
    assert brightness(demo.CYCLE_S + 2) == pytest.approx(brightness(2), abs=3)


@pytest.mark.parametrize("size", [(161, 91), (640, 480), (1280, 720), (120, 200), (33, 32)])
def test_every_size_shows_the_person_whole(size: tuple[int, int]) -> None:
    width, height = size
    scene = garden_of(3, width, height)
    shown = [scene.render(t_s) for t_s in np.arange(9.0, 14.0, 0.5)]
    assert {moment.picture.size for moment in shown} == {size}
    assert shown[0].picture.u.shape == ((height + 1) // 2, (width + 1) // 2)
    boxes: list[Box] = [labelled.box for moment in shown for labelled in moment.truth]
    assert max(box.h for box in boxes) > 0.3


def test_a_scene_too_small_to_see_anything_is_refused() -> None:
    with pytest.raises(ValueError, match="needs 32 pixels each way, got 31x480"):
        garden_of(1, 31, 480)


def test_a_slow_reader_misses_frames_and_sees_it_in_the_index() -> None:
    clock = FakeClock()
    camera = StageCamera(CameraSettings(id="demo", kind="stage"), clock)
    camera.open()
    first = camera.read(1.0)
    clock.advance(3.05)
    second = camera.read(1.0)
    assert first is not None
    assert second is not None
    assert second.index == 30
    assert second.taken_s - first.taken_s == pytest.approx(3.0, abs=1e-5)
