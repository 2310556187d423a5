"""What a detector is worth on clips whose truth is known.

A runner plays each clip once: ``scorer = Scorer(clip)``, ``scorer.add(shot, found)`` for every shot,
``scorer.result()``; ``summed`` makes one row of all clips. Nothing of a frame is kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from benchmarks.ruler.clip import Clip, Shot
from benchmarks.ruler.judges import WARM_UP_S, ByBoxes, BySpans, Judge
from benchmarks.ruler.pixels import Pixels, compared, things
from benchmarks.ruler.tally import Row, Score, summed
from pisecurity.core.types import Box, Plane

__all__ = ["Found", "Row", "Score", "Scorer", "summed"]

PIXELS_EVERY_S: Final = 0.5
"""Of a drawn clip, every frame of which has a mask."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a detector says about one frame."""

    boxes: tuple[Box, ...] = ()
    """Alarms; empty: it is silent."""
    candidates: tuple[Box, ...] = ()
    """Seen, not yet an alarm; empty where a detector has no such thing."""
    mask: Plane | None = None
    """(H, W), not 0 where something moves, at any scale; None: it makes no masks. Valid until the next frame."""


class Scorer:
    """Scores one clip, frame by frame, so that it is played once."""

    def __init__(self, clip: Clip) -> None:
        self._spans, self._size, self._fps = clip.spans, clip.size, clip.fps
        self._alarms, self._with_candidates = self._judge(), self._judge()
        self._frames = 0
        self._pixels = Pixels()

    def add(self, shot: Shot, found: Found) -> None:
        """Take the next frame, in order, with what the detector said about it.

        Raises:
            ValueError: the clip has no labels and the shot no boxes.
        """
        if self._spans is None and shot.present is None:
            raise ValueError(f"frame {self._frames} has no truth: neither boxes nor labels of the clip")
        masked = shot.mask is not None and self._is_masked(shot)
        shown = things(shot.mask, self._size) if shot.mask is not None and masked and self._spans is not None else ()
        present = shot.present or ()
        self._alarms.add(found.boxes, present, shown)
        self._with_candidates.add(found.boxes + found.candidates, present, shown)
        if shot.mask is not None and masked and found.mask is not None:
            self._pixels += compared(found.mask, shot.mask)
        self._frames += 1

    def result(self) -> Score:
        """Return the score of all frames so far."""
        return Score(self._alarms.tally(), self._with_candidates.tally(), self._pixels)

    def _judge(self) -> Judge:
        return ByBoxes(self._size, self._fps) if self._spans is None else BySpans(self._spans, self._fps)

    def _is_masked(self, shot: Shot) -> bool:
        """Return whether the mask of this frame is scored: of drawn clips twice a second, where something is there."""
        if self._spans is not None:
            ignored = any(span.first <= self._frames <= span.last for span in self._spans.ignored)
            return self._frames >= self._spans.warm_up and not ignored
        due = self._frames % max(1, round(PIXELS_EVERY_S * self._fps)) == 0
        return due and self._frames >= WARM_UP_S * self._fps and bool(shot.present)
