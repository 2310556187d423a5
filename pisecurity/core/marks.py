"""What somebody marks in a recording, and which marks can stand beside each other.

Frames count from 0 and marks include both ends.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import groupby

from pisecurity.errors import MarkError


class MarkKind(StrEnum):
    """What a detector has to make of the frames of a mark."""

    EVENT = "event"
    """Something that matters is in view."""
    NUISANCE = "nuisance"
    """For certain nothing that matters is in view: every alarm is false."""
    IGNORE = "ignore"
    """Nobody can tell: nothing is scored."""


@dataclass(frozen=True, slots=True)
class Mark:
    """Frames, and what is in view in them."""

    kind: MarkKind
    label: str
    """Of an event what is in view, such as ``person``; of the others what moves, such as trees; may be empty there."""
    start_frame: int
    end_frame: int
    clear_from: int | None = None
    """From which frame on the thing of an event is plain to see; None: from the start."""

    @property
    def name(self) -> str:
        """Return what it is called in a sentence."""
        if self.kind is MarkKind.EVENT:
            return self.label
        word = "not scored" if self.kind is MarkKind.IGNORE else "nuisance"
        return f"{word} ({self.label})" if self.label else word

    def excludes(self, other: Mark) -> bool:
        """Return whether both cannot stand: they share a frame, and say the same or the opposite of it."""
        if other.start_frame > self.end_frame or self.start_frame > other.end_frame:
            return False
        if self.kind is other.kind is MarkKind.EVENT:
            return self.label == other.label
        return self.kind is other.kind or MarkKind.IGNORE not in (self.kind, other.kind)


Marks = tuple[Mark, ...]
"""In the order of their first frames."""


def in_order(marks: Iterator[Mark] | Marks) -> Marks:
    """Return *marks* by their first frame, then their last one."""
    return tuple(sorted(marks, key=lambda mark: (mark.start_frame, mark.end_frame, mark.kind, mark.label)))


def with_mark(marks: Marks, mark: Mark, frames: int) -> Marks:
    """Return *marks* and *mark*, in a recording of so many *frames*.

    Raises:
        MarkError: it cannot stand beside them; the message says why.
    """
    if mark.end_frame < mark.start_frame:
        raise MarkError(
            f"the end, frame {mark.end_frame}, lies before the beginning, frame {mark.start_frame}; "
            "go on to where it ends, or begin anew"
        )
    if not 0 <= mark.start_frame <= mark.end_frame < frames:
        raise MarkError(f"the recording has frames 0 to {frames - 1} so far; mark some of them")
    if mark.clear_from is not None:
        _check_seen_clearly(mark, mark.clear_from)
    for other in marks:
        if mark.excludes(other):
            raise MarkError(
                f"frames {other.start_frame} to {other.end_frame} are marked as {other.name} already; "
                "delete that mark first, or stay outside of it"
            )
    return in_order((*marks, mark))


def with_the_rest(marks: Marks, label: str, frames: int, margin: int) -> Marks:
    """Return *marks*, and as nuisance what lies between them in a recording of so many *frames*.

    Args:
        label: what moves there; may be empty.
        margin: so many frames before and after an event stay unmarked, because nobody marks it to the frame; stretches
            of no more frames than that stay unmarked as well.

    Raises:
        MarkError: nothing is left to mark.
    """
    taken = [False] * frames
    for mark in marks:
        wider = margin if mark.kind is MarkKind.EVENT else 0
        first, last = max(0, mark.start_frame - wider), min(frames - 1, mark.end_frame + wider)
        taken[first : last + 1] = [True] * (last + 1 - first)
    runs = [list(run) for is_taken, run in groupby(range(frames), taken.__getitem__) if not is_taken]
    found = [Mark(MarkKind.NUISANCE, label, run[0], run[-1]) for run in runs if len(run) > margin]
    if not found:
        raise MarkError("nothing is left to mark as nuisance; a second around each event stays unmarked")
    return in_order((*marks, *found))


def without(marks: Marks, mark: Mark) -> Marks:
    """Return *marks* but *mark*. Raises MarkError: it is none of them."""
    place = _place(marks, mark)
    return marks[:place] + marks[place + 1 :]


def seen_clearly_from(marks: Marks, mark: Mark, frame: int) -> Marks:
    """Return *marks*, the thing of the event *mark* plain to see from *frame* on.

    Raises:
        MarkError: it is none of them, or no event, or has no such frame.
    """
    place = _place(marks, mark)
    _check_seen_clearly(mark, frame)
    clearer = replace(marks[place], clear_from=None if frame == mark.start_frame else frame)
    return (*marks[:place], clearer, *marks[place + 1 :])


def _check_seen_clearly(mark: Mark, frame: int) -> None:
    if mark.kind is not MarkKind.EVENT or not mark.start_frame <= frame <= mark.end_frame:
        raise MarkError(f"frame {frame} is in no event; go to the frame of one from which it is plain to see")


def _place(marks: Marks, mark: Mark) -> int:
    try:
        return marks.index(mark)
    except ValueError:
        raise MarkError(
            f"{mark.name} of frames {mark.start_frame} to {mark.end_frame} is gone; reload the page"
        ) from None
