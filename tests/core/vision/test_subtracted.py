from __future__ import annotations

from typing import Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from pisecurity.core.types import Phase, Plane, TrackState
from pisecurity.core.vision.background import Background
from pisecurity.core.vision.model import BackgroundModel, Observation
from pisecurity.core.vision.pipeline import Pipeline
from pisecurity.core.vision.planes import Planes, Rect
from pisecurity.core.vision.subtracted import Subtracted, background_of
from pisecurity.settings import MotionSettings
from tests.core.vision.drawn import Canvas, events, film, frame, leaves, light, opened, person, steps, walker, yard

CONTRAST = 6
Kind = Literal["ours", "mog2", "knn"]
KINDS: list[Kind] = ["ours", "mog2", "knn"]
OPENCV: list[Kind] = ["mog2", "knn"]
SCENE = np.clip(yard(width=160, height=120), 0, 255).astype(np.uint8)
BLOCK = Rect(60, 50, 12, 24)


def planes(coarse: Plane) -> Planes:
    return Planes(coarse, coarse, 1)


def with_block() -> Plane:
    shown = SCENE.copy()
    shown[BLOCK.slices] = 250
    return shown


def watch(model: BackgroundModel, plane: Plane, seconds: float, *, protected: tuple[Rect, ...] = ()) -> None:
    """Show *plane* to *model* for *seconds*, ten times a second."""
    for index in range(round(10 * seconds)):
        now_s = (index + 1) / 10
        moving = model.outside(plane)
        if model.due(now_s):
            model.learn(Observation(planes(plane), plane, 1.0, moving, protected, now_s, CONTRAST, 0.5))


@pytest.mark.parametrize(("kind", "expected"), [("ours", Background), ("mog2", Subtracted), ("knn", Subtracted)])
def test_the_kind_says_who_tells_what_is_the_scene(kind: Kind, expected: type) -> None:
    assert type(background_of(kind, planes(SCENE), CONTRAST, None)) is expected


@pytest.fixture(params=OPENCV)
def model(request: pytest.FixtureRequest) -> BackgroundModel:
    return background_of(request.param, planes(SCENE), CONTRAST, None)


def test_the_first_frame_is_the_scene(model: BackgroundModel) -> None:
    assert (model.shape, model.fine_shape) == (SCENE.shape, SCENE.shape)
    assert np.array_equal(model.level, SCENE)
    assert not model.outside(SCENE).any()


def test_what_is_new_is_outside_and_nothing_else(model: BackgroundModel) -> None:
    outside = model.outside(with_block()) > 0
    assert outside[BLOCK.slices].mean() > 0.95
    assert outside.sum() == outside[BLOCK.slices].sum()


def test_what_stays_becomes_the_scene_and_what_is_protected_does_not(model: BackgroundModel) -> None:
    watch(model, with_block(), 20, protected=(BLOCK,))
    assert model.outside(with_block())[BLOCK.slices].all()
    watch(model, with_block(), 20)
    assert not model.outside(with_block())[BLOCK.slices].any()


def test_light_that_stays_is_followed(model: BackgroundModel) -> None:
    brighter = np.clip(SCENE * 1.2, 0, 255).astype(np.uint8)
    for index in range(600):
        gain = float(np.median(brighter / np.maximum(model.level, 8.0)))
        coarse = np.clip(brighter / gain, 0, 255).astype(np.uint8)
        moving = model.outside(coarse)
        model.learn(Observation(planes(brighter), coarse, gain, moving, (), index / 10, CONTRAST, 0.5))
    assert np.median(brighter / np.maximum(model.level, 8.0)) < 1.12


def test_a_scene_that_jumps_is_learned_anew_while_it_settles(model: BackgroundModel) -> None:
    other = SCENE[:, ::-1].copy()
    for _ in range(10):
        model.outside(other)
        model.relearn(planes(other), 0.1, CONTRAST)
    assert np.abs(model.level.astype(int) - other).mean() < 3


@pytest.mark.parametrize("kind", OPENCV)
def test_where_it_is_hidden_nothing_is_outside(kind: Kind) -> None:
    visible = np.ones(SCENE.shape, np.uint8)
    visible[:, 50:] = 0
    hidden = background_of(kind, planes(SCENE), CONTRAST, visible)
    assert not hidden.outside(with_block()).any()


@pytest.mark.parametrize("kind", KINDS)
def test_whoever_walks_is_an_event_and_a_lamp_is_none(kind: Kind) -> None:
    motion = MotionSettings(background=kind)
    assert len(opened(events(film(16, walker(4, 12)), motion))) == 1
    assert events(film(14, light(4, 1.8, 9)), motion) == []


@pytest.mark.parametrize("kind", KINDS)
def test_somebody_who_stands_still_is_held(kind: Kind) -> None:
    def comes_and_stands(canvas: Canvas, at_s: float) -> None:
        if at_s >= 3:
            person(canvas, min(20 + 45 * (at_s - 3), 160), 200, 70, min(at_s, 6.1))

    taken, _ = steps(film(25, comes_and_stands), MotionSettings(background=kind))
    assert [track.state for track in taken[-1].tracks] == [TrackState.HOLDING]


@pytest.mark.parametrize("kind", OPENCV)
def test_the_same_frames_give_the_same_events(kind: Kind) -> None:
    motion = MotionSettings(background=kind)
    frames = list(film(12, walker(4, 10), leaves()))
    assert events(frames, motion) == events(frames, motion)


def test_another_background_starts_the_scene_anew_and_keeps_the_open_event() -> None:
    pipeline = Pipeline("front", MotionSettings(), ())
    frames = list(film(16, walker(3, 16, speed=20)))
    for each in frames[:80]:
        pipeline.step(each)
    pipeline.apply(MotionSettings(background="mog2"), ())
    assert pipeline.step(frames[80]).tracks == ()
    found = [event for each in frames[81:] for event in pipeline.step(each).events]
    assert Phase.OPENED not in {event.phase for event in found}


@settings(max_examples=25, deadline=None)
@given(
    st.sampled_from(OPENCV),
    st.lists(hnp.arrays(np.uint8, (24, 32), elements=st.integers(0, 255)), min_size=1, max_size=5),
    st.lists(st.floats(0.001, 4000), min_size=5, max_size=5),
)
def test_no_picture_and_no_pause_breaks_it(kind: Kind, planes_: list[Plane], pauses: list[float]) -> None:
    pipeline, now_s = Pipeline("front", MotionSettings(background=kind), ()), 0.0
    for luma, pause_s in zip(planes_, pauses, strict=False):
        now_s += pause_s
        pipeline.step(frame(luma, now_s))
