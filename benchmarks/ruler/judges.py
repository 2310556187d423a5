"""Score the boxes of one clip: by the true boxes of every frame, or by what somebody wrote down who watched it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

import cv2
import numpy as np

from benchmarks.ruler.boxes import any_hits, best_iou, is_false
from benchmarks.ruler.clip import Present, Span, Spans
from benchmarks.ruler.events import GAP_S, event_count, voted
from benchmarks.ruler.tally import Tally
from pisecurity.core.types import Box

WARM_UP_S: Final = 5.0
"""So long a detector may learn from a clip without labels of its own for that."""
GRACE_S: Final = 0.5
"""An alarm so shortly after a thing is gone still belongs to it."""
TRACE: Final = 0.1
"""Where a thing is never larger than this share of what is seen of it at another time, it only leaves a trace."""
LETTING_GO_S: Final = 1.0
"""So long after an event an alarm in a recording is not scored: a background has to let go of the thing."""


@dataclass(frozen=True, slots=True)
class Event(Span):
    """A span in which something is in view."""

    clear: int
    """The frame from which on it is plain to see: latency counts from here, and is 0 for what is found before."""


class Judge(Protocol):
    """Takes frame after frame and returns what they add up to."""

    def add(self, boxes: Sequence[Box], present: Sequence[Present], things: Sequence[Box]) -> None:
        """Take the next frame.

        Args:
            boxes: what the detector found.
            present: what is there, where that is known.
            things: the boxes of what its mask shows, where there is one.
        """
        ...

    def tally(self) -> Tally:
        """Return the counts so far."""
        ...


@dataclass(slots=True)
class _Sighting:
    """One contiguous presence of a thing."""

    first: int
    last: int
    first_hit: int | None = None
    largest: float = 0.0
    """Area of its largest box."""


@dataclass(slots=True)
class ByBoxes:
    """Scores against the true boxes of every frame."""

    size: tuple[int, int]
    fps: float
    _false: list[bool] = field(default_factory=list)
    _alarms: list[bool] = field(default_factory=list)
    _sightings: dict[int, list[_Sighting]] = field(default_factory=dict)
    _moving: int = 0
    _hit: int = 0
    _iou: float = 0.0

    def add(self, boxes: Sequence[Box], present: Sequence[Present], things: Sequence[Box]) -> None:
        truths = [thing.box for thing in present]
        scored = len(self._alarms) >= WARM_UP_S * self.fps
        self._false.append(scored and any(is_false(box, truths, self.size) for box in boxes))
        for thing in present:
            self._see(thing, boxes)
        self._alarms.append(bool(boxes))

    def tally(self) -> Tally:
        sightings = [sighting for of_one in self._sightings.values() for sighting in _events(of_one)]
        hits = [(sighting, sighting.first_hit) for sighting in sightings if sighting.first_hit is not None]
        seen = Tally(
            events=len(sightings),
            detected=len(hits),
            alarmed=sum(self._alarmed(sighting) for sighting in sightings),
            latencies_s=tuple((first_hit - sighting.first) / self.fps for sighting, first_hit in hits),
            moving=self._moving,
            moving_hit=self._hit,
            moving_iou=self._iou,
        )
        if sightings:
            return seen + Tally(false_beside_events=event_count(self._false, self.fps))
        scored = sum(index >= WARM_UP_S * self.fps for index in range(len(self._false)))
        return _quiet(self._false, scored, self.fps)

    def _see(self, thing: Present, boxes: Sequence[Box]) -> None:
        index = len(self._alarms)
        of_one = self._sightings.setdefault(thing.id, [])
        if not of_one or index - of_one[-1].last - 1 >= GAP_S * self.fps:
            of_one.append(_Sighting(index, index))
        sighting = of_one[-1]
        sighting.last = index
        sighting.largest = max(sighting.largest, thing.box.area)
        hit = any_hits(boxes, thing.box)
        if hit and sighting.first_hit is None:
            sighting.first_hit = index
        if thing.moving:
            self._moving += 1
            self._hit += hit
            self._iou += best_iou(boxes, thing.box) if hit else 0.0

    def _alarmed(self, sighting: _Sighting) -> bool:
        return any(self._alarms[sighting.first : sighting.last + 1 + round(GRACE_S * self.fps)])


def _events(of_one: Sequence[_Sighting]) -> list[_Sighting]:
    """Return those of the presences of one thing that are events: a toe at the edge of the picture is none."""
    largest = max(sighting.largest for sighting in of_one)
    return [sighting for sighting in of_one if sighting.largest >= TRACE * largest]


@dataclass(slots=True)
class BySpans:
    """Scores against the labels of a recording, and against masks where it has some."""

    spans: Spans
    fps: float
    _alarms: list[bool] = field(default_factory=list)
    _things: int = 0
    _hit: int = 0
    _iou: float = 0.0
    _in_region: int = 0

    def add(self, boxes: Sequence[Box], present: Sequence[Present], things: Sequence[Box]) -> None:
        self._alarms.append(bool(boxes))
        for thing in things:
            self._things += 1
            self._hit += any_hits(boxes, thing)
            self._iou += best_iou(boxes, thing)
        self._in_region += any(_inside(box, region) for box in boxes for region in self.spans.false_regions)

    def tally(self) -> Tally:
        found = [(event, self._first_alarm(event)) for event in self.spans.events if event.first < len(self._alarms)]
        hits = [(event, first) for event, first in found if first is not None]
        seen = Tally(
            events=len(found),
            detected=len(hits),
            alarmed=len(hits),
            latencies_s=tuple(max(0, first - _clear(event)) / self.fps for event, first in hits),
            mask_things=self._things,
            mask_things_hit=self._hit,
            mask_things_iou=self._iou,
            region_frames=len(self._alarms) if self.spans.false_regions else 0,
            region_frames_false=self._in_region,
        )
        return sum((self._quiet(span) for span in self.spans.nuisance), seen)

    def _first_alarm(self, event: Span) -> int | None:
        return next((index for index in self._within(event) if self._alarms[index]), None)

    def _within(self, span: Span) -> range:
        return range(span.first, min(span.last + 1, len(self._alarms)))

    def _quiet(self, span: Span) -> Tally:
        scored = [self._is_scored(index) for index in self._within(span)]
        alarms = [self._alarms[index] and judged for index, judged in zip(self._within(span), scored, strict=True)]
        return _quiet(alarms, sum(scored), self.fps)

    def _is_scored(self, index: int) -> bool:
        if index < self.spans.warm_up or any(span.first <= index <= span.last for span in self.spans.ignored):
            return False
        letting_go = LETTING_GO_S * self.fps
        return not any(event.first <= index <= event.last + letting_go for event in self.spans.events)


def _quiet(false: Sequence[bool], scored: int, fps: float) -> Tally:
    """Return the counts of frames where nothing is there, *scored* of which count."""
    return Tally(
        false_alone=event_count(false, fps),
        false_alone_voted=event_count(voted(false, fps), fps),
        quiet_frames=scored,
        quiet_s=scored / fps,
        false_frames=sum(false),
    )


def _clear(event: Span) -> int:
    return event.clear if isinstance(event, Event) else event.first


def _inside(box: Box, region: Sequence[tuple[float, float]]) -> bool:
    return cv2.pointPolygonTest(np.array(region, np.float32), box.centre, measureDist=False) > 0
