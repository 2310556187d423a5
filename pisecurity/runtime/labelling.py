"""Marking what is in recordings: each change is kept at once, and can be undone."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

from pisecurity.core.marks import Mark, Marks, seen_clearly_from, with_mark, with_the_rest, without
from pisecurity.errors import MarkError, StoreError
from pisecurity.ports import Clock, Count, MarkStore, NumberedFrames
from pisecurity.runtime.worker import Beat

IDLE_S = 0.2


@dataclass(frozen=True, slots=True)
class State:
    """What is known of one recording."""

    count: Count
    marks: Marks
    can_undo: bool
    trouble: str = ""
    """What stands against measuring on it, and what to do; empty when nothing does."""


@dataclass(slots=True)
class _Clip:
    frames: NumberedFrames
    store: MarkStore
    lock: threading.Lock = field(default_factory=threading.Lock)
    before: list[Marks] = field(default_factory=list)
    """How the marks were before each change of this session, the last one last."""
    opened: bool = False
    """Whether somebody has looked at it."""
    ours: bool = False
    """Whether this session has kept something of it."""
    trouble: str = ""
    """Why the number of its frames could not be kept."""


class Labelling:
    """The recordings somebody marks, one at a time. Any thread may call."""

    def __init__(self, clips: Sequence[tuple[NumberedFrames, MarkStore]], clock: Clock) -> None:
        self._clips = tuple(_Clip(frames, store) for frames, store in clips)
        self._clock = clock
        self._shown: _Clip | None = None

    def __len__(self) -> int:
        return len(self._clips)

    def frames(self, clip: int) -> NumberedFrames:
        """Return the recording number *clip*, from 0. Raises IndexError."""
        return self._clips[clip].frames

    def open(self, clip: int) -> State:
        """Show recording *clip* from now on: count its frames first, and read anew what is kept of it.

        Raises:
            IndexError: there is none.
            StoreError: what is kept cannot be read.
        """
        shown = self._clips[clip]
        with shown.lock:
            if shown.store.load():
                shown.before.clear()
        shown.opened = True
        before, self._shown = self._shown, shown
        if before is not None and before is not shown:
            before.frames.rest()
        return self.state(clip)

    def state(self, clip: int) -> State:
        """Return what is known of recording *clip*. Raises IndexError."""
        of = self._clips[clip]
        count = of.frames.counted()
        trouble = of.trouble or count.trouble or _doubt(count, of.store.frames)
        return State(count, of.store.marks, bool(of.before), trouble)

    def add(self, clip: int, mark: Mark) -> None:
        """Keep *mark*. Raises IndexError, MarkError, StoreError: nothing has changed."""
        self._change(clip, lambda marks, frames: with_mark(marks, mark, frames))

    def add_the_rest(self, clip: int, label: str) -> None:
        """Keep as nuisance, in which *label* moves, all that lies outside of marks and not within a second of an event.

        Raises:
            IndexError, MarkError, StoreError: nothing has changed.
        """
        frames = self._clips[clip].frames
        if not frames.counted().whole:
            raise MarkError("not all frames are counted yet; wait until they are")
        self._change(clip, lambda marks, count: with_the_rest(marks, label, count, round(frames.fps)))

    def remove(self, clip: int, mark: Mark) -> None:
        """Drop *mark*. Raises IndexError, MarkError, StoreError: nothing has changed."""
        self._change(clip, lambda marks, frames: without(marks, mark))

    def clear_from(self, clip: int, mark: Mark, frame: int) -> None:
        """Keep from which *frame* on the event *mark* is plain to see. Raises as ``add`` does."""
        self._change(clip, lambda marks, frames: seen_clearly_from(marks, mark, frame))

    def undo(self, clip: int) -> None:
        """Take back the last change of this session, if there is one. Raises IndexError, StoreError."""
        of = self._clips[clip]
        with of.lock:
            if of.before:
                self._keep(of, of.before[-1])
                of.before.pop()

    def work(self, stop: threading.Event, beat: Beat) -> None:
        """Count the frames of what was opened, what is shown before all others, until *stop* is set."""
        while not stop.is_set():
            beat()
            shown = self._shown
            waiting = [
                each for each in (shown, *self._clips) if each and each.opened and not each.frames.counted().whole
            ]
            if not waiting:
                self._clock.wait(stop, IDLE_S)
                continue
            waiting[0].frames.count(partial(self._is_to_turn, shown, stop))
            self._settle(waiting[0])

    def _is_to_turn(self, shown: _Clip | None, stop: threading.Event) -> bool:
        """Return whether another recording than *shown* is shown by now, or *stop* is set."""
        return stop.is_set() or self._shown is not shown

    def _change(self, clip: int, change: Callable[[Marks, int], Marks]) -> None:
        of = self._clips[clip]
        with of.lock:
            before = of.store.marks
            self._keep(of, change(before, of.frames.counted().frames))
            of.before.append(before)

    def _keep(self, of: _Clip, marks: Marks) -> None:
        of.store.save(marks, _frames(of.frames.counted(), of.store.frames, marks))
        of.ours, of.trouble = True, ""

    def _settle(self, of: _Clip) -> None:
        """Keep how many frames there really are, where this session kept what the file had promised."""
        with of.lock:
            count = of.frames.counted()
            if not count.whole or not of.ours or of.store.frames == count.frames:
                return
            try:
                self._keep(of, of.store.marks)
            except StoreError as error:
                of.trouble = str(error)


def _frames(count: Count, kept: int | None, marks: Marks) -> int:
    """Return how many frames to keep: until the end is reached, no fewer than are known from anywhere."""
    if count.whole:
        return count.frames
    return max((count.expected, kept or 0, *(mark.end_frame + 1 for mark in marks)))


def _doubt(count: Count, kept: int | None) -> str:
    """Return what is to be said where the labels were made for another number of frames."""
    if not count.whole or kept in (None, count.frames):
        return ""
    return (
        f"its labels are for {kept} frames, and it has {count.frames}: is it the same recording? "
        "The next change corrects the number"
    )
