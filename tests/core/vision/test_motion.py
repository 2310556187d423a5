from __future__ import annotations

import numpy as np
import pytest

from pisecurity.core.types import Plane
from pisecurity.core.vision.background import Background
from pisecurity.core.vision.model import Observation
from pisecurity.core.vision.motion import Stirring, find_change, has_outline, tighten
from pisecurity.core.vision.planes import Planes, Rect, split
from pisecurity.core.vision.scene import Settling
from tests.core.vision.drawn import yard

FINE = yard().astype(np.uint8)
PLANES = split(FINE)
COARSE: Plane = PLANES.coarse
LEAST = 0.0004


@pytest.fixture
def scene() -> Background:
    return Background(PLANES, min_contrast=6)


def with_block(rect: Rect, level: int = 250) -> Plane:
    plane = COARSE.copy()
    plane[rect.slices] = level
    return plane


def test_the_same_picture_has_no_change(scene: Background) -> None:
    change = find_change(COARSE, scene, LEAST)
    assert change.blobs == ()
    assert change.moving is None
    assert change.share == 0


def test_a_new_thing_is_one_blob_where_it_stands(scene: Background) -> None:
    (blob,) = find_change(with_block(Rect(60, 40, 12, 30)), scene, LEAST).blobs
    assert blob.rect.x == pytest.approx(60, abs=1)
    assert blob.rect.y == pytest.approx(40, abs=1)
    assert blob.rect.w == pytest.approx(12, abs=2)
    assert blob.rect.h == pytest.approx(30, abs=2)
    assert blob.area == pytest.approx(360, rel=0.15)


@pytest.mark.parametrize(("down", "right"), [(0, 1), (2, 1), (1, 0), (2, 2)])
def test_a_picture_shifted_by_a_pixel_has_no_change(down: int, right: int) -> None:
    middle, shifted = COARSE[1:-1, 1:-1], COARSE[down : down + 118, right : right + 158]
    assert find_change(shifted, Background(Planes(middle, middle, 1), 6), LEAST).blobs == ()


@pytest.mark.parametrize("strength", [-0.45, 0.45])
def test_uneven_light_is_no_change(scene: Background, strength: float) -> None:
    across = np.linspace(0, 1, COARSE.shape[1])
    lit = np.clip(COARSE * (1 + strength * across), 0, 255).astype(np.uint8)
    assert find_change(lit, scene, LEAST).share < 0.02


def test_what_is_smaller_than_the_least_area_is_no_blob(scene: Background) -> None:
    plane = with_block(Rect(60, 40, 5, 5))
    assert find_change(plane, scene, LEAST).blobs
    assert find_change(plane, scene, 0.01).blobs == ()


def test_close_blobs_are_one_and_far_ones_two(scene: Background) -> None:
    close = with_block(Rect(60, 40, 10, 10))
    close[42:50, 72:80] = 250
    assert len(find_change(close, scene, LEAST).blobs) == 1
    far = with_block(Rect(20, 40, 10, 10))
    far[42:58, 100:116] = 250
    first, second = find_change(far, scene, LEAST).blobs
    assert first.rect.x > second.rect.x


def test_never_more_than_24_blobs(scene: Background) -> None:
    plane = COARSE.copy()
    for x in range(4, 150, 14):
        for y in range(4, 110, 14):
            plane[y : y + 5, x : x + 5] = 250
    assert len(find_change(plane, scene, LEAST).blobs) == 24


def test_the_box_is_tightened_on_the_fine_plane(scene: Background) -> None:
    luma = FINE.copy()
    luma[81:141, 121:144] = 250
    box = tighten(split(luma), scene, 1.0, 13, Rect(59, 39, 15, 33))
    assert box.pixels(320, 240) == (121, 81, 23, 60)


def test_a_thing_too_faint_to_measure_keeps_its_box(scene: Background) -> None:
    rect = Rect(59, 39, 15, 33)
    assert tighten(PLANES, scene, 1.0, 13, rect) == rect.share(COARSE.shape)


def test_a_thing_has_an_outline_and_the_place_it_left_has_none(scene: Background) -> None:
    there = with_block(Rect(60, 40, 12, 30))
    moving = find_change(there, scene, LEAST).moving
    assert moving is not None
    assert has_outline(there, scene, moving, Rect(60, 40, 12, 30))
    before = Background(Planes(there, there, 1), min_contrast=6)
    assert not has_outline(COARSE, before, moving, Rect(60, 40, 12, 30))


def test_a_box_without_moving_pixels_has_no_outline(scene: Background) -> None:
    assert not has_outline(COARSE, scene, np.zeros_like(COARSE), Rect(60, 40, 12, 30))


@pytest.mark.parametrize("fps", [5, 10, 30])
def test_stirring_is_compared_ten_times_a_second_at_most(fps: int) -> None:
    stirring = Stirring()
    compared = [stirring.compare(COARSE, 1.0, i / fps, wanted=True) is not None for i in range(2 * fps)]
    assert sum(compared) == pytest.approx(2 * min(fps, 10), abs=1)


def test_stirring_is_where_the_picture_changed() -> None:
    stirring = Stirring()
    assert stirring.compare(COARSE, 1.0, 0.0, wanted=True) is None
    stirred = stirring.compare(with_block(Rect(60, 40, 12, 30)), 1.0, 0.1, wanted=True)
    assert stirred is not None
    assert np.count_nonzero(stirred[40:70, 60:72]) > 300
    assert np.count_nonzero(stirred) == np.count_nonzero(stirred[40:70, 60:72])


def learned(scene: Background, plane: Plane, seconds: float, *, protected: tuple[Rect, ...] = ()) -> float:
    """Return how much the background took over of *plane* inside a block within *seconds*."""
    block = Rect(60, 40, 12, 30)
    before = scene.level[block.slices].mean()
    moving = np.zeros_like(plane)
    moving[block.slices] = 255
    scene.due(0.0)
    for tick in range(1, round(seconds / 0.4) + 1):
        assert scene.due(0.4 * tick)
        scene.learn(Observation(Planes(plane, plane, 1), plane, 1.0, moving, protected, 0.4 * tick, 6, 1.0))
    return float((scene.level[block.slices].mean() - before) / (plane[block.slices].mean() - before))


def test_what_moves_is_learned_slowly_and_what_counts_not_at_all() -> None:
    block, small = Rect(60, 40, 12, 30), Planes(COARSE, COARSE, 1)
    plane = with_block(block)
    assert learned(Background(small, 6), plane, 8) == pytest.approx(0.18, abs=0.05)
    assert learned(Background(small, 6), plane, 8, protected=(block,)) == 0


def test_what_is_absorbed_is_background_within_seconds() -> None:
    block = Rect(60, 40, 12, 30)
    plane = with_block(block)
    scene = Background(Planes(COARSE, COARSE, 1), 6)
    scene.due(0.0)
    for tick in range(1, 41):
        scene.absorb(Planes(plane, plane, 1), 1.0, [block], 0.1)
        if scene.due(tick / 10):
            scene.learn(Observation(Planes(plane, plane, 1), plane, 1.0, None, (), tick / 10, 6, 1.0))
    assert find_change(plane, scene, LEAST).blobs == ()


def test_a_scene_that_jumps_is_learned_anew_while_it_settles(scene: Background) -> None:
    settling, other = Settling(), split(yard(seed=9).astype(np.uint8))
    settling.start(0.0)
    settling.notice(0.9, 0.3, 5.0)
    at_s = 5.0
    while settling.learning(at_s):
        scene.relearn(other, 0.1, 6)
        at_s += 0.1
    assert find_change(other.coarse, scene, LEAST).share < 0.05
