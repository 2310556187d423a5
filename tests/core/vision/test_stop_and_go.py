"""Somebody who freezes after each step, and what moves now and then without going anywhere."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from pisecurity.core.types import TrackState
from pisecurity.core.vision.planes import Rect
from pisecurity.core.vision.things import Thing
from pisecurity.core.vision.tracks import Tracker
from tests.core.vision.drawn import Canvas, Draw, events, film, leaves, opened, person
from tests.core.vision.test_tracks import SIGHT, STILL, blob, follow

COMES_S, STEP_S = 4.0, 0.2
TALL = 84
"""35 % of the picture."""


def steps_done(at_s: float, every_s: float) -> float:
    """Return how many steps of 0.2 s are done at *at_s*, one *every_s* from 4 s on, the one under way as a part."""
    whole, within_s = divmod(at_s - COMES_S, every_s)
    return whole + min((within_s + 0.1) / STEP_S, 1.0)


def burglar(every_s: float, far: float = 0.19 * TALL) -> Draw:
    """Return somebody who goes *far* pixels within 0.2 s, stands as he is, and again *every_s*."""

    def draw(canvas: Canvas, at_s: float) -> None:
        if at_s >= COMES_S:
            person(canvas, -12 + far * steps_done(at_s, every_s), 200, TALL, 0.0)

    return draw


@pytest.mark.parametrize(("every_s", "within_s"), [(2.5, 16), (4, 17), (6, 19)])
@pytest.mark.parametrize("fps", [10, 25])
def test_whoever_freezes_between_two_steps_is_an_event(every_s: float, within_s: float, fps: float) -> None:
    found = opened(events(film(COMES_S + within_s, burglar(every_s), leaves(), fps=fps)))
    assert found


@pytest.mark.parametrize("every_s", [2.5, 4, 6])
def test_whoever_freezes_between_two_steps_of_a_foot_is_an_event_within_a_minute(every_s: float) -> None:
    assert opened(events(film(COMES_S + 60, burglar(every_s, far=10), leaves())))


def block(canvas: Canvas, left: float, shade: float = 35.0) -> None:
    canvas[140:200, round(left) : round(left) + 36] = shade


def chair(canvas: Canvas, at_s: float) -> None:
    """Something that stood there from the start is shifted by half of its width at 6 s, and again at 30 s."""
    block(canvas, 150 + 18 * min(max((at_s - 6) / STEP_S, 0), 1) + 18 * min(max((at_s - 30) / STEP_S, 0), 1))


def shutter(canvas: Canvas, at_s: float) -> None:
    """Something that a gust moves to one side and the next one back again, every 3 s."""
    phase = (at_s % 6) / 3
    block(canvas, 150 + 16 * (min(phase / 0.1, 1) if phase < 1 else 1 - min((phase - 1) / 0.1, 1)))


def flicker(canvas: Canvas, at_s: float) -> None:
    """Something that is bright for 1.5 s and dark for as long."""
    block(canvas, 150, 220.0 if at_s % 3 < 1.5 else 35.0)


@pytest.mark.parametrize("draw", [chair, shutter, flicker])
def test_what_is_shifted_swings_or_flickers_now_and_then_is_no_event(draw: Draw) -> None:
    assert opened(events(film(60, draw, leaves()))) == []


def rested(far: float, for_s: float) -> tuple[Tracker, Thing]:
    """Return a thing that went *far* pixels too slowly to count, and then stood *for_s*."""
    tracker, still = Tracker(), replace(SIGHT, stirred=np.zeros_like(STILL))
    (thing,) = follow(tracker, blob(40), at_s=0.0)
    for index in range(1, round(for_s * 10) + 2):
        (thing,) = follow(tracker, blob(40 + far), at_s=index / 10, sight=still if index > 1 else SIGHT)
    return tracker, thing


def test_what_stopped_on_its_way_is_kept_out_of_the_background_for_some_seconds() -> None:
    tracker, thing = rested(far=4, for_s=4)
    assert thing.state is TrackState.CANDIDATE
    assert tracker.protected(4.1) == (Rect(44, 50, 12, 30),)


@pytest.mark.parametrize(("far", "for_s"), [(0, 4), (4, 1), (4, 7)])
def test_what_is_where_it_was_or_moved_a_moment_ago_or_stays_is_learned(far: float, for_s: float) -> None:
    tracker, _ = rested(far, for_s)
    assert tracker.protected(for_s + 0.1) == ()
