from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pisecurity.core.types import Box, Dismissed, Frame, Track, TrackState
from pisecurity.core.vision.ledger import MOST_A_PERIOD, WORTH_SCORE, WORTH_TRAVEL, Ledger
from pisecurity.core.vision.pipeline import Pipeline
from pisecurity.settings import MotionSettings, ZoneSettings
from tests.core.vision.drawn import film, leaves, walker
from tests.fakes import START


def track(
    number: int = 1,
    at_s: float = 0.0,
    *,
    first_s: float = 0.0,
    state: TrackState = TrackState.CANDIDATE,
    score: float = 0.4,
    travel: float = 0.0,
    size: float = 0.1,
    reason: str = "went 0.010 (needs 0.020)",
) -> Track:
    return Track(number, Box(0.1, 0.1, size, size), state, first_s, at_s, travel, score, frozenset(), reason)


def told(ledger: Ledger, *seen: Track, known: bool = True) -> tuple[Dismissed, ...]:
    """Return what *ledger* says of tracks seen one after the other, when all is over."""
    for each in seen:
        assert not ledger.note([each], each.last_s, START + timedelta(seconds=each.last_s), known=known)
    return ledger.finish()


def test_a_candidate_that_is_over_has_a_row_with_its_times_its_largest_view_and_the_reason() -> None:
    seen = [track(at_s=0.0), track(at_s=0.2, size=0.3), track(at_s=0.5, reason="went 0.015 (needs 0.020)")]
    (row,) = told(Ledger("front"), *seen)
    assert (row.camera, row.first_s, row.last_s, row.lasted_s) == ("front", 0.0, 0.5, 0.5)
    assert (row.first_at, row.last_at) == (START, START + timedelta(seconds=0.5))
    assert row.box == seen[1].box
    assert (row.score, row.reason, row.left_out) == (0.4, "went 0.015 (needs 0.020)", 0)


def test_the_reason_is_that_of_the_moment_closest_to_an_event() -> None:
    close, far = track(at_s=0.1, score=0.45, reason="close"), track(at_s=0.2, score=0.0, reason="far")
    (row,) = told(Ledger("front"), track(), close, far)
    assert (row.score, row.reason) == (0.45, "close")


@pytest.mark.parametrize("state", [TrackState.CONFIRMED, TrackState.HOLDING])
def test_what_was_an_event_has_no_row(state: TrackState) -> None:
    assert (
        told(Ledger("front"), track(), track(at_s=0.1, state=state), *(track(at_s=n / 10) for n in range(2, 9))) == ()
    )


def test_what_counted_while_the_scene_was_learned_says_so_and_is_forgotten_when_it_counts_later() -> None:
    counting = [track(at_s=n / 10, state=TrackState.CONFIRMED, score=0.8) for n in range(4)]
    (row,) = told(Ledger("front"), *counting, known=False)
    assert "while the scene was still being learned" in row.reason
    ledger = Ledger("front")
    for each in counting:
        ledger.note([each], each.last_s, START, known=False)
    assert told(ledger, track(at_s=0.5, state=TrackState.CONFIRMED)) == ()


@pytest.mark.parametrize(
    ("score", "travel", "sightings", "rows"),
    [
        (WORTH_SCORE, 0.0, 3, 1),
        (WORTH_SCORE, 0.0, 2, 0),
        (WORTH_SCORE - 0.01, WORTH_TRAVEL - 0.001, 50, 0),
        (0.0, WORTH_TRAVEL, 3, 1),
    ],
)
def test_only_what_came_close_to_an_event_or_went_as_far_is_worth_a_row(
    score: float, travel: float, sightings: int, rows: int
) -> None:
    seen = [track(at_s=n / 50, score=score, travel=travel) for n in range(sightings)]
    assert len(told(Ledger("front"), *seen)) == rows


def test_a_row_comes_when_its_minute_is_over() -> None:
    ledger = Ledger("front")
    came: list[tuple[float, tuple[Dismissed, ...]]] = []
    for tenth in range(800):
        now_s = tenth / 10
        tracks = [track(at_s=now_s)] if now_s < 1 else []
        if rows := ledger.note(tracks, now_s, START, known=True):
            came.append((now_s, rows))
    ((at_s, rows),) = came
    assert at_s == pytest.approx(60.9, abs=0.2)
    assert len(rows) == 1


@given(st.lists(st.integers(0, 50), max_size=40))
def test_of_a_minute_those_closest_to_an_event_are_kept_and_the_others_counted(hundredths: list[int]) -> None:
    ledger = Ledger("front")
    for number, score in enumerate(hundredths):
        for at_s in (0.0, 0.1, 0.2):
            ledger.note([track(number, at_s + number, score=score / 100)], at_s + number, START, known=True)
    rows = ledger.finish()
    worth = sorted((score / 100 for score in hundredths if score / 100 >= WORTH_SCORE), reverse=True)
    assert sorted((row.score for row in rows), reverse=True) == worth[:MOST_A_PERIOD]
    assert [row.last_s for row in rows] == sorted(row.last_s for row in rows)
    assert sum(row.left_out for row in rows) == max(0, len(worth) - MOST_A_PERIOD)


@given(st.lists(st.tuples(st.integers(0, 5), st.floats(0.0, 7200.0)), max_size=60))
def test_no_order_of_tracks_and_no_gap_in_time_breaks_it_or_tells_of_a_thing_twice(
    seen: list[tuple[int, float]],
) -> None:
    ledger = Ledger("front")
    rows: list[Dismissed] = []
    for number, at_s in sorted(seen, key=lambda each: each[1]):
        rows += ledger.note([track(number, at_s)], at_s, START, known=True)
    rows += ledger.finish()
    assert ledger.finish() == ()
    assert all(row.lasted_s >= 0 for row in rows)


def dismissed(frames: Iterable[Frame], *zones: ZoneSettings) -> list[Dismissed]:
    pipeline = Pipeline("front", MotionSettings(), zones)
    rows = [row for each in frames for row in pipeline.step(each).dismissed]
    return [*rows, *pipeline.finish_ledger()]


def test_who_walks_through_an_ignore_zone_has_one_row_that_names_it() -> None:
    street = ZoneSettings(name="street", camera="front", kind="ignore", points=((0, 0), (1, 0), (1, 1), (0, 1)))
    (row,) = dismissed(film(12, walker(3, 11)), street)
    assert row.reason == "in ignore zone street"
    assert row.first_s == pytest.approx(3.3, abs=0.6)


def test_a_walker_who_is_an_event_is_in_no_row() -> None:
    assert dismissed(film(14, walker(3, 11))) == []


def test_every_row_of_a_tree_in_the_wind_says_which_rule_with_value_and_threshold() -> None:
    rows = dismissed(film(60, leaves()))
    assert all("needs" in row.reason or "at most" in row.reason or "changed" in row.reason for row in rows), rows
