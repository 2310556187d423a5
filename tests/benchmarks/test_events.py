"""How often a detector rings."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.ruler.events import event_count, voted

FLAGS = st.lists(st.booleans(), max_size=200)
RATES = st.sampled_from([5.0, 7.5, 10.0, 29.97])


def flags(*runs: tuple[int, bool]) -> list[bool]:
    return [flag for count, flag in runs for _ in range(count)]


@pytest.mark.parametrize(("silence_s", "count"), [(1.9, 1), (2.0, 2)])
@pytest.mark.parametrize("fps", [5, 10, 30])
def test_a_silence_below_two_seconds_does_not_end_an_event(silence_s: float, count: int, fps: int) -> None:
    silent = int(silence_s * fps)
    assert event_count(flags((3, True), (silent, False), (3, True)), fps) == count


@pytest.mark.parametrize(("seconds", "count"), [(1, 1), (10, 1), (10.2, 2), (60, 6)])
@pytest.mark.parametrize("fps", [5, 10, 30])
def test_an_alarm_without_end_is_charged_once_in_ten_seconds(seconds: float, count: int, fps: int) -> None:
    assert event_count([True] * round(seconds * fps), fps) == count


@given(FLAGS, RATES)
def test_silence_before_and_after_changes_nothing(alarms: list[bool], fps: float) -> None:
    quiet = [False] * 37
    assert event_count([*quiet, *alarms, *quiet], fps) == event_count(alarms, fps)


@given(FLAGS, RATES)
def test_there_are_never_more_events_than_alarms(alarms: list[bool], fps: float) -> None:
    assert bool(any(alarms)) <= event_count(alarms, fps) <= sum(alarms)


@given(FLAGS, RATES)
def test_a_vote_only_takes_alarms_away(alarms: list[bool], fps: float) -> None:
    kept = voted(alarms, fps)
    assert len(kept) == len(alarms)
    assert all(alarm or not keep for alarm, keep in zip(alarms, kept, strict=True))


def test_at_ten_frames_a_second_three_of_five_win_the_vote() -> None:
    alarms = [True, False, True, False, True, False, False, False, True, True, True]
    assert voted(alarms, 10) == [False] * 4 + [True] + [False] * 5 + [True]
