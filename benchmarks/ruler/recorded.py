"""Labelled recordings as clips: the owner's own evenings, or those that are committed with the tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

import av
import numpy as np
from av.error import FFmpegError

from benchmarks.ruler.clip import Present, Shot, Span, Spans
from benchmarks.ruler.judges import Event
from pisecurity.adapters.recordings import labels
from pisecurity.core.types import Box, Plane

FPS: Final = 10
"""Recordings are thinned to about so many frames a second, for every detector alike."""
MULTIPLE: Final = 8
"""Sides are cut to a multiple of this: detectors halve the picture up to three times."""


@dataclass(frozen=True)
class RecordedClip:
    """A clip of labelled recordings, thinned and cut.

    A recording with a box for every frame of its events, and without labels that only spans can have, is scored by
    these boxes, any other one by its spans.
    """

    labelled: labels.Labelled
    tell: Callable[[str], None]
    """Takes what is wrong with the video, one line each."""

    @property
    def name(self) -> str:
        return self.labelled.clip.stem

    @property
    def file(self) -> Path:
        return self.labelled.clip

    @cached_property
    def every(self) -> int:
        """Of so many frames of the recording one is shown."""
        return max(1, round(self.labelled.recording.fps / FPS))

    @property
    def fps(self) -> float:
        return self.labelled.recording.fps / self.every

    @property
    def frames(self) -> int:
        return -(-self.labelled.recording.frames // self.every)

    @property
    def size(self) -> tuple[int, int]:
        recording = self.labelled.recording
        return recording.w // MULTIPLE * MULTIPLE, recording.h // MULTIPLE * MULTIPLE

    @cached_property
    def spans(self) -> Spans | None:
        return None if self._is_boxed else self._spans()

    def shots(self) -> Iterator[Shot]:
        """Play it from the start; a recording that breaks off ends there, and that is told."""
        before: int | None = None
        for number, luma in self._lumas():
            present = self._present(number, before) if self._is_boxed else None
            yield Shot(luma, present, self._mask(number))
            before = number

    @cached_property
    def _is_boxed(self) -> bool:
        recording = self.labelled.recording
        boxed = bool(recording.events) and all(event.boxes is not None for event in recording.events)
        return boxed and not (recording.ignore or recording.nuisance_regions or recording.warmup)

    def _lumas(self) -> Iterator[tuple[int, Plane]]:
        """Yield the shown frames with their numbers in the recording, brightness in the full range 0 to 255."""
        width, height = self.size
        number = -1
        try:
            with av.open(str(self.file)) as container:
                for number, decoded in enumerate(container.decode(video=0)):
                    if number % self.every == 0 and number < self.labelled.recording.frames:
                        grey = np.asarray(decoded.to_ndarray(format="gray"), np.uint8)
                        yield number, np.ascontiguousarray(grey[:height, :width])
        except (FFmpegError, OSError) as error:
            self.tell(f"{self.file}: breaks off after {number + 1} frames ({error.strerror}); record or copy it anew")
            return
        if number + 1 != self.labelled.recording.frames:
            stated = self.labelled.recording.frames
            self.tell(f"{self.file}: has {number + 1} frames, its labels say {stated}; correct them or the clip")

    def _mask(self, number: int) -> Plane | None:
        path = self.labelled.masks.get(number)
        mask = None if path is None else labels.read_mask(path)
        if mask is None:
            return None
        width, height = self.size
        uncut = mask.shape[0] >= height and mask.shape[1] >= width
        return np.ascontiguousarray(mask[:height, :width]) if uncut else mask

    def _present(self, number: int, before: int | None) -> tuple[Present, ...]:
        """Return what is there; a thing moves when its box is not the one of the frame shown *before*."""
        found: list[Present] = []
        for event_id, event in enumerate(self.labelled.recording.events):
            box = _box_at(event, number)
            if box is not None:
                moving = before is None or _box_at(event, before) != box
                found.append(Present(event_id, event.label, self._cut(box), moving))
        return tuple(found)

    def _cut(self, box: Box) -> Box:
        """Return *box*, in shares of the recording, in shares of the cut picture."""
        recording = self.labelled.recording
        by_x, by_y = recording.w / self.size[0], recording.h / self.size[1]
        return Box(box.x * by_x, box.y * by_y, box.w * by_x, box.h * by_y)

    def _spans(self) -> Spans:
        recording = self.labelled.recording
        return Spans(
            warm_up=0 if recording.warmup is None else recording.warmup[1] // self.every + 1,
            events=tuple(self._event(interval) for interval in recording.events if self._is_shown(interval)),
            nuisance=tuple(self._span(interval) for interval in recording.nuisance if self._is_shown(interval)),
            ignored=tuple(self._span(interval) for interval in recording.ignore if self._is_shown(interval)),
            false_regions=tuple(
                tuple((x / self.size[0], y / self.size[1]) for x, y in region.polygon)
                for region in recording.nuisance_regions
            ),
        )

    def _is_shown(self, interval: labels.Interval) -> bool:
        """Return whether any frame of *interval* is left after thinning."""
        span = self._span(interval)
        return span.first <= span.last

    def _span(self, interval: labels.Interval) -> Span:
        """Return the shown frames that lie in *interval*."""
        return Span(-(-interval.start_frame // self.every), interval.end_frame // self.every, interval.label)

    def _event(self, interval: labels.Interval) -> Event:
        span = self._span(interval)
        clear = interval.start_frame if interval.clear_from is None else interval.clear_from
        return Event(span.first, span.last, span.label, -(-clear // self.every))


@dataclass(frozen=True)
class Recordings:
    """The clips of a folder, and what is wrong with it."""

    clips: tuple[RecordedClip, ...]
    problems: list[str]
    """One line each, none twice; grows while clips are played."""


def recordings(folder: Path) -> Recordings:
    """Return the labelled recordings of *folder*; what cannot be measured on is left out and named."""
    manifest = labels.read(folder)
    problems = list(manifest.problems)

    def tell(problem: str) -> None:
        if problem not in problems:
            problems.append(problem)

    clips: list[RecordedClip] = []
    for labelled in manifest.recordings:
        mistake = _video_mistake(labelled)
        if mistake is None:
            clips.append(RecordedClip(labelled, tell))
        else:
            tell(f"{labelled.clip}: {mistake}")
    return Recordings(tuple(clips), problems)


def _video_mistake(labelled: labels.Labelled) -> str | None:
    """Return why the video is not the one of its labels."""
    recording = labelled.recording
    if min(recording.w, recording.h) < MULTIPLE:
        return f"{recording.w}x{recording.h} is too small; give a recording of at least {MULTIPLE}x{MULTIPLE}"
    try:
        with av.open(str(labelled.clip)) as container:
            streams = container.streams.video
            if not streams:
                return "has no picture; give another file"
            size = streams[0].width, streams[0].height
    except (FFmpegError, OSError) as error:
        return f"is no readable video ({error.strerror}); record or copy it anew"
    if size != (recording.w, recording.h):
        return f"is {size[0]}x{size[1]}, its labels say {recording.w}x{recording.h}; correct w and h"
    return None


def _box_at(event: labels.Interval, number: int) -> Box | None:
    if event.boxes is None or not event.start_frame <= number <= event.end_frame:
        return None
    return Box(*event.boxes[number - event.start_frame])
