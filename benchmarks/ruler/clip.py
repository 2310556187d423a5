"""What a detector is measured on: frames, and what is really there in each of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Protocol

from pisecurity.core.types import Box, Plane

BACKGROUND: Final = 0
SHADOW: Final = 50
"""Cast by a thing: background."""
UNSCORED: Final = (85, 170)
MOVING: Final = 255
"""Values of a mask. Source: CDnet 2014, whose ground truth has them."""


@dataclass(frozen=True, slots=True)
class Present:
    """A thing in one frame."""

    id: int
    """The same over all frames in which it is seen."""
    label: str
    """``person``, ``animal`` or ``vehicle``."""
    box: Box
    """Of what is seen of it, without its cast shadow."""
    moving: bool


@dataclass(frozen=True, slots=True)
class Shot:
    """One frame and its truth. ``luma`` is valid until the next one is asked for."""

    luma: Plane
    present: tuple[Present, ...] | None
    """None: the boxes in this frame are not known."""
    mask: Plane | None
    """(H, W) with the values above, at any scale; None: not known."""


@dataclass(frozen=True, slots=True)
class Span:
    """Frames from *first* to *last*, both included."""

    first: int
    last: int
    label: str


@dataclass(frozen=True, slots=True)
class Spans:
    """What somebody who watched a recording wrote down; frames count from 0."""

    warm_up: int = 0
    """Frames in which a detector may learn; alarms in them are not scored."""
    events: tuple[Span, ...] = ()
    """Something that matters is in view."""
    nuisance: tuple[Span, ...] = ()
    """Nothing that matters is in view: every alarm is false."""
    ignored: tuple[Span, ...] = ()
    false_regions: tuple[Sequence[tuple[float, float]], ...] = field(default=())
    """Polygons in shares of the picture: a detection whose middle is inside is false at any time."""


class Clip(Protocol):
    """A recording or a drawn scene."""

    @property
    def name(self) -> str: ...

    @property
    def fps(self) -> float: ...

    @property
    def size(self) -> tuple[int, int]:
        """``(width, height)`` in pixels."""
        ...

    @property
    def frames(self) -> int: ...

    @property
    def spans(self) -> Spans | None:
        """None: the truth is in the shots, for every frame."""
        ...

    @property
    def file(self) -> Path | None:
        """For programs that read files; None where there is none."""
        ...

    def shots(self) -> Iterator[Shot]:
        """Play it from the start."""
        ...
