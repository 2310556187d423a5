"""The live picture costs something only while somebody looks."""

from __future__ import annotations

import pytest

from pisecurity.core.types import Box, Track, TrackState
from pisecurity.runtime.live import WATCHED_S, LiveView
from tests.fakes import FakeClock, ShadeEncoder, make_frame


def make_live() -> tuple[LiveView, FakeClock, ShadeEncoder]:
    clock, encoder = FakeClock(), ShadeEncoder()
    return LiveView(["front"], encoder, clock), clock, encoder


def track(state: TrackState) -> Track:
    return Track(1, Box(0, 0, 0.5, 0.5), state, 0.0, 1.0, 0.2, 0.9, frozenset(), "")


def test_frames_are_not_copied_while_nobody_looks() -> None:
    live, _, encoder = make_live()
    live.offer(make_frame(0), ())
    assert live.latest("front", 0) is None  # this look wakes it up
    live.offer(make_frame(1), ())
    picture = live.latest("front", 0)
    assert picture is not None and picture.number == 2
    assert encoder.calls == 1


def test_copying_ends_some_seconds_after_the_last_look() -> None:
    live, clock, _ = make_live()
    live.latest("front", 0)
    clock.advance(WATCHED_S + 0.1)
    live.offer(make_frame(0), ())
    assert live.latest("front", 0) is None


def test_several_viewers_share_one_encoding() -> None:
    live, _, encoder = make_live()
    live.latest("front", 0)
    live.offer(make_frame(0), ())
    assert live.latest("front", 0) == live.latest("front", 0)
    assert encoder.calls == 1


def test_the_same_picture_is_not_given_twice() -> None:
    live, _, _ = make_live()
    live.latest("front", 0)
    live.offer(make_frame(0), ())
    picture = live.latest("front", 0)
    assert picture is not None
    assert live.latest("front", picture.number) is None


def test_only_what_counts_is_boxed() -> None:
    live, _, _ = make_live()
    live.latest("front", 0)
    live.offer(make_frame(0), [track(state) for state in TrackState])
    picture = live.latest("front", 0)
    assert picture is not None and b"boxes=2" in picture.jpeg


def test_the_age_is_that_of_the_newest_frame() -> None:
    live, clock, _ = make_live()
    assert live.age_s("front") is None
    live.offer(make_frame(0, taken_s=clock.monotonic()), ())
    clock.advance(4)
    assert live.age_s("front") == pytest.approx(4)


def test_an_unknown_camera_is_a_key_error() -> None:
    live, _, _ = make_live()
    with pytest.raises(KeyError):
        live.latest("garage", 0)


def test_a_picture_from_before_nobody_looked_is_never_shown_as_live() -> None:
    live, clock, _ = make_live()
    live.latest("front", 0)
    live.offer(make_frame(0, taken_s=clock.monotonic()), ())
    assert live.latest("front", 0) is not None
    for number in range(1, 60):
        clock.advance(1)
        live.offer(make_frame(number, taken_s=clock.monotonic()), ())
    assert live.latest("front", 0) is None
    live.offer(make_frame(60, taken_s=clock.monotonic()), ())
    picture = live.latest("front", 0)
    assert picture is not None and picture.taken_s == clock.monotonic()


def test_a_page_that_loads_anew_every_five_seconds_finds_a_picture_at_once() -> None:
    live, clock, _ = make_live()
    live.latest("front", 0)
    for number in range(50):
        live.offer(make_frame(number, taken_s=clock.monotonic()), ())
        clock.advance(0.1)
    picture = live.latest("front", 0)
    assert picture is not None and clock.monotonic() - picture.taken_s < 5


def test_a_picture_that_shows_what_is_hidden_now_is_forgotten() -> None:
    """A camera that is lost sends no newer one that would take its place."""
    live, _, _ = make_live()
    live.latest("front", 0)
    live.offer(make_frame(0), ())
    assert live.latest("front", 0) is not None
    live.forget("front")
    assert live.latest("front", 0) is None
    live.offer(make_frame(1), ())
    assert live.latest("front", 0) is not None
