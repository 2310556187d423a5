"""Marking recordings: kept at once, undone one by one, and nothing lost when it cannot be kept."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from pisecurity.core.marks import Mark, MarkKind, Marks
from pisecurity.errors import MarkError, StoreError
from pisecurity.ports import Count
from pisecurity.runtime.labelling import Labelling
from tests.fakes import FakeClock

PERSON = Mark(MarkKind.EVENT, "person", 20, 39)
TREES = Mark(MarkKind.NUISANCE, "trees", 0, 15)


class Frames:
    """A recording of *frames* frames, of which its file promises *promised*."""

    def __init__(self, frames: int = 100, promised: int = 100) -> None:
        self.name, self.size, self.fps = "yard.mp4", (320, 240), 10.0
        self.frames, self.promised, self.known = frames, promised, 0
        self.rested = 0
        self.at_each: Callable[[], None] = lambda: None

    def counted(self) -> Count:
        whole = self.known == self.frames
        return Count(self.known, self.known if whole else max(self.known, self.promised), whole)

    def count(self, stopped: Callable[[], bool]) -> None:
        while self.known < self.frames and not stopped():
            self.known += 1
            self.at_each()

    def jpeg(self, number: int) -> bytes:
        return b"%d" % number

    def quick(self, number: int) -> int:
        return number

    def rest(self) -> None:
        self.rested += 1


class Store:
    """Marks in memory; refuses while ``broken`` says why."""

    def __init__(self, marks: Marks = (), frames: int | None = None) -> None:
        self.marks, self.frames, self.broken = marks, frames, ""
        self.written: Marks | None = None
        """What somebody else has written since."""

    def load(self) -> bool:
        self._check()
        if self.written is None:
            return False
        self.marks, self.written = self.written, None
        return True

    def save(self, marks: Marks, frames: int) -> None:
        self._check()
        self.marks, self.frames = marks, frames

    def _check(self) -> None:
        if self.broken:
            raise StoreError(self.broken)


def counted(labelling: Labelling) -> None:
    """Let the worker count until there is nothing left to count of the recording that is shown."""
    stop = threading.Event()
    beats = iter(range(4))

    def beat() -> None:
        if next(beats, None) is None:
            stop.set()

    labelling.work(stop, beat)


def one(frames: Frames | None = None, store: Store | None = None) -> tuple[Labelling, Frames, Store]:
    frames, store = frames or Frames(), store or Store()
    return Labelling([(frames, store)], FakeClock()), frames, store


def test_marks_are_kept_one_by_one_and_undone_one_by_one() -> None:
    labelling, _, store = one()
    labelling.open(0)
    counted(labelling)
    labelling.add(0, PERSON)
    assert (store.marks, store.frames) == ((PERSON,), 100)
    labelling.add(0, TREES)
    labelling.remove(0, PERSON)
    assert store.marks == (TREES,)
    for expected in ((TREES, PERSON), (PERSON,), (), ()):
        labelling.undo(0)
        assert labelling.state(0).marks == store.marks == expected
    assert not labelling.state(0).can_undo


def test_from_when_on_a_thing_is_plain_to_see_is_kept_and_undone() -> None:
    labelling, _, store = one(store=Store((PERSON,), 100))
    labelling.open(0)
    counted(labelling)
    labelling.clear_from(0, PERSON, 25)
    assert store.marks[0].clear_from == 25
    labelling.undo(0)
    assert store.marks[0].clear_from is None


def test_what_cannot_be_kept_changes_nothing_and_cannot_be_undone() -> None:
    labelling, _, store = one()
    labelling.open(0)
    counted(labelling)
    labelling.add(0, PERSON)
    store.broken = "the disk is full"
    changes: tuple[Callable[[], None], ...] = (
        lambda: labelling.add(0, TREES),
        lambda: labelling.undo(0),
        lambda: labelling.remove(0, PERSON),
    )
    for change in changes:
        with pytest.raises(StoreError, match="the disk is full"):
            change()
        assert labelling.state(0).marks == (PERSON,)
    store.broken = ""
    with pytest.raises(MarkError):
        labelling.add(0, PERSON)
    labelling.undo(0)
    assert (store.marks, labelling.state(0).can_undo) == ((), False)


def test_what_somebody_else_wrote_is_read_when_the_recording_is_opened_again() -> None:
    labelling, _, store = one()
    labelling.open(0)
    counted(labelling)
    labelling.add(0, PERSON)
    assert labelling.open(0).can_undo, "nothing has changed meanwhile"
    store.written = (TREES,)
    state = labelling.open(0)
    assert (state.marks, state.can_undo) == ((TREES,), False), "there is no way back over a change of others"
    labelling.add(0, PERSON)
    store.written = (TREES, PERSON)
    assert not labelling.open(0).can_undo, "nor over one that no mark shows, such as a note"


def test_only_frames_that_are_counted_can_be_marked() -> None:
    labelling, frames, store = one()
    labelling.open(0)
    frames.known = 30
    with pytest.raises(MarkError, match="frames 0 to 29 so far"):
        labelling.add(0, PERSON)
    labelling.add(0, TREES)
    assert store.frames == 100, "what the file promises, until it is known"


def test_the_rest_is_one_step_and_waits_for_the_count() -> None:
    labelling, frames, store = one()
    labelling.open(0)
    frames.known = 60
    labelling.add(0, PERSON)
    with pytest.raises(MarkError, match="not all frames are counted yet; wait until they are"):
        labelling.add_the_rest(0, "trees")
    counted(labelling)
    labelling.add_the_rest(0, "trees")
    assert [(mark.start_frame, mark.end_frame) for mark in store.marks] == [(20, 39), (50, 99)], "10 frames a second"
    labelling.undo(0)
    assert store.marks == (PERSON,)


def test_the_true_number_of_frames_is_kept_once_it_is_known() -> None:
    labelling, frames, store = one(Frames(frames=90, promised=100))
    labelling.open(0)
    frames.known = 30
    labelling.add(0, TREES)
    counted(labelling)
    assert (store.marks, store.frames) == ((TREES,), 90)
    labelling.undo(0)
    assert store.marks == (), "the count is no step of the owner's"


def test_a_count_that_goes_on_makes_no_recording_shorter_than_what_is_known_of_it() -> None:
    far = Mark(MarkKind.EVENT, "animal", 80, 89)
    for kept, known, expected in ((100, 0, 100), (100, 20, 100), (70, 20, 90)):
        labelling, frames, store = one(Frames(frames=100, promised=0), Store((PERSON, far), kept))
        labelling.open(0)
        frames.known = known
        labelling.remove(0, PERSON)
        assert (store.marks, store.frames) == ((far,), expected)
        counted(labelling)
        assert store.frames == 100


def test_labels_for_another_number_of_frames_are_told_and_left_alone_until_the_next_change() -> None:
    labelling, _, store = one(Frames(frames=90), Store((PERSON,), 100))
    labelling.open(0)
    assert labelling.state(0).trouble == "", "its number is not known yet"
    counted(labelling)
    assert store.frames == 100
    assert labelling.state(0).trouble == (
        "its labels are for 100 frames, and it has 90: is it the same recording? The next change corrects the number"
    )
    labelling.remove(0, PERSON)
    assert (store.frames, labelling.state(0).trouble) == (90, "")


def test_a_number_of_frames_that_cannot_be_kept_is_told() -> None:
    labelling, frames, store = one(Frames(frames=90, promised=100))
    labelling.open(0)
    frames.known = 30
    labelling.add(0, TREES)
    store.broken = "the disk is full"
    counted(labelling)
    assert labelling.state(0).trouble == "the disk is full"
    store.broken = ""
    labelling.undo(0)
    assert labelling.state(0).trouble == ""


def test_the_recording_that_is_shown_is_counted_first_and_the_one_before_rests() -> None:
    first, second = Frames(), Frames()
    labelling = Labelling([(first, Store()), (second, Store())], FakeClock())
    labelling.open(0)

    order: list[str] = []

    def took_turn(name: str) -> None:
        if order[-1:] != [name]:
            order.append(name)
        if first.known == 10 and name == "first":
            labelling.open(1)

    first.at_each, second.at_each = (lambda: took_turn("first")), (lambda: took_turn("second"))
    counted(labelling)
    assert (first.known, second.known) == (100, 100), "a page that shows it still waits for it"
    assert order == ["first", "second", "first"]
    assert (first.rested, second.rested) == (1, 0)


def test_a_recording_that_is_not_there_is_an_index_error() -> None:
    labelling, _, _ = one()
    for ask in (labelling.open, labelling.state, labelling.frames, labelling.undo):
        with pytest.raises(IndexError):
            ask(1)
