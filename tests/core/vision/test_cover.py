"""Somebody right before the lens, and what changes as much of the picture without hiding it."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pisecurity.core.vision.cover import Cover
from pisecurity.core.vision.motion import Blob, Change
from pisecurity.core.vision.planes import Mat, Rect
from tests.core.vision.drawn import HEIGHT, WIDTH, Canvas, Draw, events, film, leaves, light, opened, yard

SCENE: Mat = cv2.resize(yard(), (WIDTH // 2, HEIGHT // 2), interpolation=cv2.INTER_AREA).astype(np.uint8)
COAT: Mat = cv2.resize(
    np.random.default_rng(4).normal(60, 12, (8, 12)), (2 * WIDTH, HEIGHT), interpolation=cv2.INTER_CUBIC
).clip(0, 255)


def passing(wide: float, speed: float) -> Draw:
    """Return somebody *wide* pictures, taller than the picture, who comes in from the left at 6 s, *speed* of its width
    a frame of a tenth of a second.
    """

    def draw(canvas: Canvas, at_s: float) -> None:
        if at_s >= 6:
            right = round(speed * WIDTH * (10 * (at_s - 6) + 1))
            left = right - round(wide * WIDTH)
            a, b = max(left, 0), min(right, WIDTH)
            if a < b:
                canvas[:, a:b] = COAT[:, a - left : b - left]

    return draw


@pytest.mark.parametrize("wide", [0.8, 1.5])
@pytest.mark.parametrize("speed", [0.16, 0.2, 0.25])
def test_whoever_passes_right_before_the_lens_is_an_event_at_once(wide: float, speed: float) -> None:
    event, *_ = opened(events(film(14, passing(wide, speed), leaves())))
    assert event.opened_s < 7


def half_a_lamp(canvas: Canvas, at_s: float) -> None:
    """A lamp that reaches the left half alone goes on at 6 s, and off at 10 s."""
    if 6 <= at_s < 10:
        canvas[:, : WIDTH // 2] *= 1.7


@pytest.mark.parametrize("draw", [half_a_lamp, light(6, 1.8, 10), light(6, 0.5, 10)])
def test_a_lamp_that_changes_as_much_at_once_is_no_event(draw: Draw) -> None:
    assert opened(events(film(14, draw))) == []


def test_a_knock_that_turns_the_camera_is_no_event() -> None:
    other = yard(seed=9)

    def turned(canvas: Canvas, at_s: float) -> None:
        if at_s >= 6:
            canvas[:] = other

    assert opened(events(film(14, turned))) == []


def change(x: int, w: int) -> Change:
    moving = np.zeros_like(SCENE)
    moving[:, x : x + w] = 255
    return Change(moving, (Blob(Rect(x, 0, w, SCENE.shape[0]), float(w * SCENE.shape[0])),), w / SCENE.shape[1])


def covered(x: int, w: int) -> Mat:
    frame = SCENE.copy()
    frame[:, x : x + w] = COAT[: SCENE.shape[0], :w]
    return frame


def test_what_stands_before_half_of_the_scene_hides_it() -> None:
    assert Cover().hides(change(0, 80), covered(0, 80), SCENE, 5.0)


def test_what_leaves_the_edges_where_they_are_is_light() -> None:
    brighter = cv2.convertScaleAbs(SCENE, alpha=1.4)
    assert not Cover().hides(change(0, 80), brighter, SCENE, 5.0)


def test_the_whole_picture_is_covered_only_by_what_came_bit_by_bit() -> None:
    cover = Cover()
    assert not cover.hides(change(0, 160), covered(0, 160), SCENE, 5.0)
    assert cover.hides(change(0, 100), covered(0, 100), SCENE, 5.1)
    assert cover.hides(change(0, 160), covered(0, 160), SCENE, 5.2)
    assert not cover.hides(change(0, 160), covered(0, 160), SCENE, 5.6)


def test_what_also_changes_the_rest_of_the_picture_is_no_thing() -> None:
    spread = change(0, 80)
    assert spread.moving is not None
    spread.moving[::4, 80:] = 255
    assert not Cover().hides(spread, covered(0, 80), SCENE, 5.0)


@given(x=st.integers(0, 159), w=st.integers(1, 160), level=st.integers(0, 255))
def test_any_change_has_an_answer(x: int, w: int, level: int) -> None:
    even = np.full_like(SCENE, level)
    assert Cover().hides(change(x, min(w, 160 - x)), even, even, 5.0) in {True, False}
