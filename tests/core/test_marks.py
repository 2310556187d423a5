"""Which marks can stand beside each other in a recording."""

from __future__ import annotations

from contextlib import suppress
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pisecurity.core.marks import Mark, MarkKind, Marks, seen_clearly_from, with_mark, with_the_rest, without
from pisecurity.errors import MarkError

FRAMES = 100


def event(start: int, end: int, label: str = "person", clear_from: int | None = None) -> Mark:
    return Mark(MarkKind.EVENT, label, start, end, clear_from)


def nuisance(start: int, end: int, label: str = "", clear_from: int | None = None) -> Mark:
    return Mark(MarkKind.NUISANCE, label, start, end, clear_from)


def ignored(start: int, end: int) -> Mark:
    return Mark(MarkKind.IGNORE, "", start, end)


def test_marks_stand_in_the_order_of_their_first_frames() -> None:
    marks: Marks = ()
    for mark in (event(50, 60), nuisance(0, 20), event(30, 40)):
        marks = with_mark(marks, mark, FRAMES)
    assert [mark.start_frame for mark in marks] == [0, 30, 50]


def test_one_frame_is_enough() -> None:
    assert with_mark((), event(99, 99), FRAMES) == (event(99, 99),)


@pytest.mark.parametrize(
    ("stands", "added", "words"),
    [
        (event(20, 39), event(39, 60), "frames 20 to 39 are marked as person already"),
        (event(20, 39), nuisance(0, 20), "frames 20 to 39 are marked as person already"),
        (nuisance(0, 19, "trees"), event(19, 30), "frames 0 to 19 are marked as nuisance (trees) already"),
        (nuisance(0, 19), nuisance(10, 30), "frames 0 to 19 are marked as nuisance already"),
        (ignored(0, 19), ignored(10, 30), "frames 0 to 19 are marked as not scored already"),
    ],
)
def test_a_mark_that_says_the_same_or_the_opposite_of_a_frame_is_refused(stands: Mark, added: Mark, words: str) -> None:
    with pytest.raises(MarkError) as refused:
        with_mark((stands,), added, FRAMES)
    assert str(refused.value) == f"{words}; delete that mark first, or stay outside of it"


@pytest.mark.parametrize(
    ("stands", "added"),
    [
        (event(20, 39), event(30, 50, "animal")),
        (event(20, 39), event(40, 50)),
        (event(20, 39), ignored(35, 45)),
        (nuisance(20, 39), ignored(35, 45)),
    ],
)
def test_different_things_may_be_in_view_at_once(stands: Mark, added: Mark) -> None:
    assert set(with_mark((stands,), added, FRAMES)) == {stands, added}


@pytest.mark.parametrize(
    ("mark", "words"),
    [
        (event(30, 29), "the end, frame 29, lies before the beginning, frame 30; go on to where it ends"),
        (event(90, 100), "the recording has frames 0 to 99 so far; mark some of them"),
        (event(-1, 3), "the recording has frames 0 to 99 so far; mark some of them"),
    ],
)
def test_a_mark_that_no_frames_can_have_is_refused(mark: Mark, words: str) -> None:
    with pytest.raises(MarkError, match=words):
        with_mark((), mark, FRAMES)


def test_a_thing_is_plain_to_see_from_a_frame_of_its_event_on() -> None:
    marks: Marks = (event(10, 20), event(30, 40))
    marks = seen_clearly_from(marks, event(30, 40), 34)
    assert [mark.clear_from for mark in marks] == [None, 34]
    assert seen_clearly_from(marks, marks[1], 30)[1].clear_from is None, "from the start"


@pytest.mark.parametrize(("mark", "frame"), [(event(10, 20), 9), (event(10, 20), 21), (nuisance(30, 40), 35)])
def test_no_thing_is_plain_to_see_outside_of_an_event(mark: Mark, frame: int) -> None:
    with pytest.raises(MarkError, match=f"frame {frame} is in no event"):
        seen_clearly_from((event(10, 20), nuisance(30, 40)), mark, frame)


@pytest.mark.parametrize("mark", [event(30, 40, "cat", 99), event(30, 40, "cat", 29), nuisance(30, 40, "", 35)])
def test_a_mark_that_is_plain_to_see_outside_of_its_event_is_refused(mark: Mark) -> None:
    with pytest.raises(MarkError, match=f"frame {mark.clear_from} is in no event"):
        with_mark((), mark, FRAMES)


def test_the_rest_is_nuisance_but_for_a_margin_around_events() -> None:
    marks = (event(20, 29), nuisance(50, 59, "lamp"), ignored(90, 99))
    assert [(mark.name, mark.start_frame, mark.end_frame) for mark in with_the_rest(marks, "trees", FRAMES, 5)] == [
        ("nuisance (trees)", 0, 14),
        ("person", 20, 29),
        ("nuisance (trees)", 35, 49),
        ("nuisance (lamp)", 50, 59),
        ("nuisance (trees)", 60, 89),
        ("not scored", 90, 99),
    ]


def test_a_recording_without_a_mark_is_nuisance_from_its_first_to_its_last_frame() -> None:
    assert with_the_rest((), "", FRAMES, 10) == (nuisance(0, 99),)


def test_a_rest_of_which_nothing_is_left_is_refused() -> None:
    with pytest.raises(MarkError, match="nothing is left to mark as nuisance"):
        with_the_rest((event(10, 85),), "", FRAMES, 10)


def test_a_mark_that_is_gone_cannot_be_changed() -> None:
    with pytest.raises(MarkError, match="person of frames 1 to 2 is gone; reload the page"):
        without((event(10, 20),), event(1, 2))


spans = st.tuples(st.integers(-2, 12), st.integers(-2, 12))
anything = st.builds(
    lambda kind, label, span, clear_from: Mark(kind, label, span[0], span[1], clear_from),
    st.sampled_from(MarkKind),
    st.sampled_from(["person", "animal"]),
    spans,
    st.none() | st.integers(-2, 12),
)


@given(st.lists(anything, max_size=12))
def test_whatever_is_marked_what_stands_never_contradicts_itself(tried: list[Mark]) -> None:
    marks: Marks = ()
    for mark in tried:
        before = marks
        try:
            marks = with_mark(marks, mark, 10)
        except MarkError:
            continue
        assert without(marks, mark) == before
    assert all(0 <= mark.start_frame <= mark.end_frame < 10 for mark in marks)
    assert all(mark.clear_from is None or mark.start_frame <= mark.clear_from <= mark.end_frame for mark in marks)
    assert not any(one.excludes(other) for one, other in combinations(marks, 2))


@given(st.lists(anything, max_size=6), st.integers(0, 3))
def test_whatever_is_marked_the_rest_contradicts_none_of_it(tried: list[Mark], margin: int) -> None:
    marks: Marks = ()
    for mark in tried:
        with suppress(MarkError):
            marks = with_mark(marks, mark, 10)
    with suppress(MarkError):
        rest = with_the_rest(marks, "", 10, margin)
        assert set(marks) <= set(rest)
        assert not any(one.excludes(other) for one, other in combinations(rest, 2))
