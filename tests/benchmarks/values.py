"""Values with which scores are tested."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.ruler.clip import Present, Shot, Spans
from benchmarks.ruler.metrics import Found, Score, Scorer
from pisecurity.core.types import Box, Plane

FPS = 10
SIZE = (160, 120)
BLACK = np.zeros((SIZE[1], SIZE[0]), np.uint8)
SILENT = Found()


@dataclass(frozen=True)
class ListedClip:
    """A clip of values."""

    present: Sequence[tuple[Present, ...] | None]
    spans: Spans | None = None
    masks: Sequence[Plane | None] | None = None
    fps: float = FPS
    size: tuple[int, int] = SIZE
    name: str = "listed"
    file: Path | None = None

    @property
    def frames(self) -> int:
        return len(self.present)

    def shots(self) -> Iterator[Shot]:
        masks = self.masks or [None] * self.frames
        for present, mask in zip(self.present, masks, strict=True):
            yield Shot(BLACK, present, mask)


def scored(clip: ListedClip, found: Sequence[Found]) -> Score:
    scorer = Scorer(clip)
    for shot, each in zip(clip.shots(), found, strict=True):
        scorer.add(shot, each)
    return scorer.result()


def person(box: Box, number: int = 1, *, moving: bool = True) -> Present:
    return Present(number, "person", box, moving)


def labelled(frames: int, spans: Spans, masks: Sequence[Plane | None] | None = None, fps: float = FPS) -> ListedClip:
    """Return a recording of which only the spans, and perhaps masks, are known."""
    return ListedClip([None] * frames, spans, masks, fps)


def alarms(frames: int, *ranges: range, box: Box | None = None) -> list[Found]:
    """Return a detector that alarms in *ranges*."""
    loud = Found((box or Box(0.4, 0.4, 0.2, 0.2),))
    return [loud if any(number in each for each in ranges) else SILENT for number in range(frames)]
