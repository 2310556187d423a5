"""Scores of recordings of which only is known what somebody wrote down who watched them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.ruler.clip import Span, Spans
from benchmarks.ruler.judges import Event
from benchmarks.ruler.metrics import Found, summed
from pisecurity.core.types import Box
from tests.benchmarks.values import FPS, SILENT, SIZE, alarms, labelled, scored

EVENT = Span(100, 149, "person")
CLIP = labelled(300, Spans(events=(EVENT,), nuisance=(Span(0, 99, "still"), Span(150, 299, "trees"))))
NOBODY = Spans(nuisance=(Span(0, 199, "trees"),))


def test_an_alarm_within_an_event_detects_it_wherever_its_box_is() -> None:
    row = summed([scored(CLIP, alarms(300, range(112, 140)))])
    assert (row.events, row.detected, row.alarmed, row.false_events) == (1, 1, 1, 0)
    assert row.latency_median_s == pytest.approx(1.2)
    assert (row.frame_recall, row.iou) == (None, None), "where the thing is is not known"


def test_latency_counts_from_where_the_thing_is_plain_to_see() -> None:
    spans = Spans(events=(Event(100, 149, "person", 130),))
    assert summed([scored(labelled(300, spans), alarms(300, range(135, 140)))]).latency_median_s == 0.5
    assert summed([scored(labelled(300, spans), alarms(300, range(105, 140)))]).latency_median_s == 0


def test_a_silent_detector_misses_the_event_and_is_never_false() -> None:
    row = summed([scored(CLIP, [SILENT] * 300)])
    assert (row.events, row.detected, row.false_events, row.false_frames) == (1, 0, 0, 0)


def test_the_second_after_an_event_is_not_scored() -> None:
    assert scored(CLIP, alarms(300, range(100, 160))).alarms.false_alone == 0
    late = scored(CLIP, alarms(300, range(100, 161))).alarms
    assert (late.false_alone, late.false_frames, late.quiet_frames) == (1, 1, 100 + 150 - FPS)


def test_the_warm_up_is_not_scored() -> None:
    clip = labelled(200, Spans(warm_up=30, nuisance=NOBODY.nuisance))
    early = scored(clip, alarms(200, range(30))).alarms
    assert (early.false_alone, early.quiet_frames, early.quiet_s) == (0, 170, 17)
    assert scored(clip, alarms(200, range(31))).alarms.false_alone == 1


def test_ignored_frames_are_not_scored() -> None:
    clip = labelled(200, Spans(nuisance=NOBODY.nuisance, ignored=(Span(50, 59, "rain"),)))
    ignored = scored(clip, alarms(200, range(50, 60))).alarms
    assert (ignored.false_alone, ignored.false_frames, ignored.quiet_frames) == (0, 0, 190)


def test_what_is_not_labelled_is_not_scored() -> None:
    clip = labelled(200, Spans(nuisance=(Span(0, 49, "still"),)))
    assert scored(clip, alarms(200, range(60, 200))).alarms.false_alone == 0


def test_each_nuisance_is_charged_for_itself() -> None:
    clip = labelled(200, Spans(nuisance=(Span(0, 99, "still"), Span(105, 199, "trees"))))
    assert scored(clip, alarms(200, range(95, 110))).alarms.false_alone == 2


def test_labels_past_the_end_of_what_was_played_are_left_out() -> None:
    row = summed([scored(CLIP, alarms(300))])
    cut = labelled(90, Spans(events=(EVENT,), nuisance=(Span(0, 99, "still"), Span(150, 299, "trees"))))
    short = summed([scored(cut, alarms(90))])
    assert (row.events, short.events) == (1, 0)
    assert short.quiet_frames == 90


@settings(deadline=None)
@given(st.integers(0, 100), st.lists(st.booleans(), min_size=200, max_size=200))
def test_a_later_start_changes_nothing(later: int, flags: list[bool]) -> None:
    found = [Found((Box(0.1, 0.1, 0.1, 0.1),)) if flag else SILENT for flag in flags]
    events, nuisance = (Span(20, 59, "person"),), (Span(60, 199, "trees"),)
    first = labelled(200, Spans(events=events, nuisance=nuisance))
    moved = labelled(
        200 + later,
        Spans(
            events=tuple(Span(each.first + later, each.last + later, each.label) for each in events),
            nuisance=tuple(Span(each.first + later, each.last + later, each.label) for each in nuisance),
        ),
    )
    assert scored(moved, [SILENT] * later + found) == scored(first, found)


def test_a_box_whose_middle_is_in_a_false_region_is_false_at_any_time() -> None:
    left_half = ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0))
    clip = labelled(100, Spans(events=(Span(0, 99, "person"),), false_regions=(left_half,)))
    found = [Found((Box(0.3, 0.4, 0.2, 0.2),))] * 30 + [Found((Box(0.5, 0.4, 0.2, 0.2),))] * 70
    assert summed([scored(clip, found)]).false_region_share == pytest.approx(0.3)
    assert summed([scored(CLIP, [SILENT] * 300)]).false_region_share is None


def test_boxes_are_held_against_the_things_in_the_masks() -> None:
    mask = np.zeros((SIZE[1], SIZE[0]), np.uint8)
    mask[24:96, 32:64] = 255
    mask[24:96, 112:144] = 255
    clip = labelled(4, Spans(warm_up=1, events=(Span(0, 3, "person"),)), [mask, mask, None, mask])
    row = summed([scored(clip, [Found((Box(0.2, 0.2, 0.2, 0.6),), mask=mask)] * 4)])
    assert (row.mask_things, row.box_hit, row.pixel_f1) == (4, 0.5, 1)
    assert row.box_iou == pytest.approx(0.5)


def test_masks_in_the_warm_up_and_in_ignored_frames_are_not_scored() -> None:
    mask = np.full((SIZE[1], SIZE[0]), 255, np.uint8)
    clip = labelled(4, Spans(warm_up=1, ignored=(Span(2, 3, "rain"),)), [mask] * 4)
    score = scored(clip, [Found(mask=mask)] * 4)
    assert (score.alarms.mask_things, score.pixels.right) == (1, mask.size)
