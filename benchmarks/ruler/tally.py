"""The counts of one clip, which add up over clips, and the row they make."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import reduce
from operator import add
from statistics import median_high

from benchmarks.ruler.pixels import Pixels


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts to be added up; each is explained in ``Row``."""

    events: int = 0
    detected: int = 0
    alarmed: int = 0
    latencies_s: tuple[float, ...] = ()
    moving: int = 0
    """Things times frames in which they move."""
    moving_hit: int = 0
    moving_iou: float = 0.0
    """Summed over those that are hit."""
    false_beside_events: int = 0
    false_alone: int = 0
    false_alone_voted: int = 0
    quiet_frames: int = 0
    quiet_s: float = 0.0
    false_frames: int = 0
    mask_things: int = 0
    mask_things_hit: int = 0
    mask_things_iou: float = 0.0
    region_frames: int = 0
    region_frames_false: int = 0

    def __add__(self, other: Tally) -> Tally:
        return Tally(*(getattr(self, field.name) + getattr(other, field.name) for field in fields(self)))


@dataclass(frozen=True, slots=True)
class Score:
    """One clip, scored twice."""

    alarms: Tally
    """What ``boxes`` are worth."""
    with_candidates: Tally
    """What ``boxes`` and ``candidates`` together are worth."""
    pixels: Pixels


@dataclass(frozen=True, slots=True)
class Row:
    """One detector over all clips; None: there was nothing to measure it on."""

    clips: int
    events: int
    """Contiguous presences of a person, an animal or a vehicle."""
    detected: int
    """Events of which a box hit the thing in some frame; where its boxes are not known, the same as ``alarmed``."""
    alarmed: int
    """Events in which, or up to half a second later, there was an alarm anywhere."""
    latency_median_s: float | None
    """From where the thing is plain to see, of the detected events; the higher middle one of an even number."""
    latency_longest_s: float | None
    frame_recall: float | None
    """Share of the frames with a moving thing in which it is hit."""
    iou: float | None
    """Of the best box, mean over the frames in which a moving thing is hit."""
    false_events: int
    """In all clips."""
    false_events_in_event_clips: int
    """Beside a thing in view, in clips whose boxes are known."""
    false_events_per_hour: float | None
    """Over the frames where nothing is in view: clips without a thing, and what is labelled as nuisance."""
    voted_false_events_per_hour: float | None
    """The same after a vote of 3 of 5 frames."""
    quiet_hours: float
    """Hours the two above are measured on."""
    quiet_frames: int
    false_frames: int
    """Frames with a false box, of ``quiet_frames``."""
    false_frame_share: float | None
    mask_things: int
    """Things in the masks of recordings whose boxes are not known."""
    box_hit: float | None
    """Share of the mask's things that a box hits."""
    box_iou: float | None
    """Of the best box, mean over all the mask's things."""
    pixel_precision: float | None
    pixel_recall: float | None
    pixel_f1: float | None
    """Of the detector's mask; a cast shadow is background."""
    false_region_share: float | None
    """Share of the frames with a box in a region where every box is false, of clips with such a region."""


def summed(scores: Sequence[Score], *, with_candidates: bool = False) -> Row:
    """Return the row of a detector over *scores*, one per clip, of its alarms or of these with its candidates."""
    total = reduce(add, (score.with_candidates if with_candidates else score.alarms for score in scores), Tally())
    pixels = reduce(add, (score.pixels for score in scores), Pixels())
    hours = total.quiet_s / 3600
    return Row(
        clips=len(scores),
        events=total.events,
        detected=total.detected,
        alarmed=total.alarmed,
        latency_median_s=median_high(total.latencies_s) if total.latencies_s else None,
        latency_longest_s=max(total.latencies_s, default=None),
        frame_recall=_share(total.moving_hit, total.moving),
        iou=_share(total.moving_iou, total.moving_hit),
        false_events=total.false_beside_events + total.false_alone,
        false_events_in_event_clips=total.false_beside_events,
        false_events_per_hour=_share(total.false_alone, hours),
        voted_false_events_per_hour=_share(total.false_alone_voted, hours),
        quiet_hours=hours,
        quiet_frames=total.quiet_frames,
        false_frames=total.false_frames,
        false_frame_share=_share(total.false_frames, total.quiet_frames),
        mask_things=total.mask_things,
        box_hit=_share(total.mask_things_hit, total.mask_things),
        box_iou=_share(total.mask_things_iou, total.mask_things),
        pixel_precision=pixels.precision,
        pixel_recall=pixels.recall,
        pixel_f1=pixels.f1,
        false_region_share=_share(total.region_frames_false, total.region_frames),
    )


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole else None
