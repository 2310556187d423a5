"""Scores of clips whose truth is known in every frame."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.ruler.clip import Present, Spans
from benchmarks.ruler.metrics import Found, Scorer, summed
from benchmarks.ruler.tally import Tally
from pisecurity.core.types import Box, Plane
from tests.benchmarks.values import FPS, SILENT, SIZE, ListedClip, alarms, person, scored

THERE = Box(0.4, 0.2, 0.2, 0.6)
BESIDE = Box(0.85, 0.05, 0.1, 0.1)
EMPTY = ListedClip([()] * 200)


def visit(first: int = 80, last: int = 119, frames: int = 200) -> ListedClip:
    """Return a clip in which one person is there from *first* to *last*."""
    return ListedClip([(person(THERE),) if first <= number <= last else () for number in range(frames)])


@st.composite
def walks(draw: st.DrawFn) -> ListedClip:
    """Clips in which people walk about."""
    frames = draw(st.integers(60, 160))
    present: list[tuple[Present, ...]] = [()] * frames
    for number in range(draw(st.integers(0, 3))):
        first = draw(st.integers(0, frames - 1))
        last = draw(st.integers(first, frames - 1))
        x, y = draw(st.floats(0, 0.7)), draw(st.floats(0, 0.4))
        for frame in range(first, last + 1):
            box = Box(x + 0.1 * (frame - first) / frames, y, 0.15, 0.5)
            present[frame] = (*present[frame], person(box, number))
    return ListedClip(present)


def perfect(clip: ListedClip) -> list[Found]:
    return [Found(tuple(thing.box for thing in present or ())) for present in clip.present]


def mirrored(box: Box) -> Box:
    return Box(1 - box.x - box.w, box.y, box.w, box.h)


@settings(deadline=None)
@given(walks())
def test_a_perfect_detector_finds_all_at_once_and_is_never_false(clip: ListedClip) -> None:
    row = summed([scored(clip, perfect(clip))])
    assert row.detected == row.alarmed == row.events
    assert row.latency_longest_s in {0, None}
    assert row.frame_recall in {1, None}
    assert row.iou is None or row.iou == pytest.approx(1)
    assert (row.false_events, row.false_frames) == (0, 0)


@settings(deadline=None)
@given(walks())
def test_a_silent_detector_finds_nothing_and_is_never_false(clip: ListedClip) -> None:
    row = summed([scored(clip, [SILENT] * clip.frames)])
    assert (row.detected, row.alarmed, row.false_events, row.false_frames) == (0, 0, 0, 0)
    assert row.frame_recall in {0, None}
    assert (row.latency_median_s, row.iou) == (None, None)


@settings(deadline=None)
@given(walks(), st.lists(st.builds(Box, *[st.floats(0, 0.5)] * 2, *[st.floats(0.01, 0.5)] * 2), max_size=3))
def test_in_a_mirror_the_score_is_the_same(clip: ListedClip, boxes: list[Box]) -> None:
    turned = ListedClip(
        [tuple(person(mirrored(thing.box), thing.id) for thing in present or ()) for present in clip.present]
    )
    straight = scored(clip, [Found(tuple(boxes))] * clip.frames).alarms
    other = scored(turned, [Found(tuple(mirrored(box) for box in boxes))] * clip.frames).alarms
    assert (straight.detected, straight.moving_hit) == (other.detected, other.moving_hit)
    assert straight.moving_iou == pytest.approx(other.moving_iou)


@settings(deadline=None)
@given(st.integers(0, 60))
def test_a_later_visit_has_the_same_score(later: int) -> None:
    found = alarms(200, range(84, 130), box=THERE)
    moved = [*[SILENT] * later, *found]
    assert scored(visit(80 + later, 119 + later, 200 + later), moved) == scored(visit(), found)


def test_latency_counts_from_the_first_frame_to_the_first_hit() -> None:
    row = summed([scored(visit(), alarms(200, range(86, 120), box=THERE))])
    assert (row.events, row.detected, row.latency_median_s, row.latency_longest_s) == (1, 1, 0.6, 0.6)
    assert row.frame_recall == pytest.approx(34 / 40)


def test_the_median_of_an_even_number_is_the_higher_middle_one() -> None:
    found = [scored(visit(), alarms(200, range(80 + late, 120), box=THERE)) for late in (1, 2, 4, 9)]
    assert (summed(found).latency_median_s, summed(found).latency_longest_s) == (0.4, 0.9)


def test_an_alarm_beside_the_person_is_noticed_but_detects_nothing_and_is_false() -> None:
    row = summed([scored(visit(), alarms(200, range(90, 100), box=BESIDE))])
    assert (row.detected, row.alarmed, row.false_events, row.false_events_in_event_clips) == (0, 1, 1, 1)
    assert row.quiet_frames == 0, "hours without anything are counted on other clips"


@pytest.mark.parametrize(("late", "alarmed"), [(124, 1), (125, 0)])
def test_an_alarm_up_to_half_a_second_after_an_event_belongs_to_it(late: int, alarmed: int) -> None:
    assert scored(visit(), alarms(200, range(late, 126))).alarms.alarmed == alarmed


def test_a_thing_that_is_away_for_two_seconds_comes_again() -> None:
    def twice(away: int) -> int:
        present = [(person(THERE),) if not 100 <= number < 100 + away else () for number in range(200)]
        return scored(ListedClip(present), [SILENT] * 200).alarms.events

    assert (twice(19), twice(20)) == (1, 2)


def test_a_toe_at_the_edge_some_time_before_is_no_event_of_its_own() -> None:
    toe, whole = (person(Box(0.0, 0.9, 0.01, 0.05)),), (person(Box(0.2, 0.2, 0.2, 0.6)),)
    clip = ListedClip([*[toe] * 5, *[()] * 30, *[whole] * 20])
    tally = scored(clip, [SILENT] * 55).alarms
    assert (tally.events, tally.detected) == (1, 0)


def test_recall_counts_only_frames_in_which_the_thing_moves() -> None:
    clip = ListedClip([(person(THERE, moving=number < 50),) for number in range(100)])
    row = summed([scored(clip, alarms(100, range(25), box=THERE))])
    assert row.frame_recall == pytest.approx(0.5)


def test_the_first_five_seconds_are_not_scored_as_false() -> None:
    early = scored(EMPTY, alarms(200, range(50))).alarms
    assert (early.false_alone, early.false_frames, early.quiet_frames, early.quiet_s) == (0, 0, 150, 15)
    assert scored(EMPTY, alarms(200, range(51))).alarms.false_alone == 1


def test_false_events_an_hour_are_those_of_clips_without_a_thing() -> None:
    loud = scored(EMPTY, alarms(200, range(60, 70), range(100, 101)))
    row = summed([loud, scored(visit(), alarms(200, range(150, 160)))])
    assert (row.clips, row.false_events, row.false_events_in_event_clips) == (2, 3, 1)
    assert row.quiet_hours == pytest.approx(15 / 3600)
    assert row.false_events_per_hour == pytest.approx(2 / (15 / 3600))
    assert row.voted_false_events_per_hour == pytest.approx(1 / (15 / 3600)), "a single frame loses the vote"
    assert (row.false_frames, row.quiet_frames) == (11, 150)
    assert row.false_frame_share == pytest.approx(11 / 150)


@pytest.mark.parametrize("fps", [5.0, 10.0, 30.0])
def test_the_same_seconds_at_another_rate_have_the_same_score(fps: float) -> None:
    def at(second: float) -> int:
        return round(second * fps)

    present = [(person(THERE),) if at(8) <= number < at(12) else () for number in range(at(20))]
    found = alarms(at(20), range(at(3), at(4)), range(at(9), at(12)), range(at(15), at(16)), box=THERE)
    row = summed([scored(ListedClip(present, fps=fps), found)])
    assert (row.events, row.detected, row.latency_median_s, row.false_events) == (1, 1, 1, 1)
    assert row.frame_recall == pytest.approx(0.75)


def test_candidates_are_scored_a_second_time_together_with_the_boxes() -> None:
    found = [Found((), (THERE,)) if 80 <= number < 85 else SILENT for number in range(85)]
    found += [Found((THERE,)) if number < 120 else Found((), (BESIDE,)) for number in range(85, 200)]
    score = scored(visit(), found)
    usual, early = summed([score]), summed([score], with_candidates=True)
    assert (usual.latency_median_s, early.latency_median_s) == (0.5, 0)
    assert (usual.false_events, early.false_events) == (0, 1)


def test_no_clip_makes_a_row_with_nothing_measured() -> None:
    row = summed([])
    assert (row.clips, row.events, row.frame_recall, row.pixel_f1, row.false_events_per_hour) == (
        0,
        0,
        None,
        None,
        None,
    )


def test_tallies_add_up_field_by_field() -> None:
    one, other = Tally(events=1, latencies_s=(0.5,), quiet_s=2), Tally(events=2, latencies_s=(0.1,), quiet_s=1)
    assert one + other == Tally(events=3, latencies_s=(0.5, 0.1), quiet_s=3)


def test_a_drawn_mask_is_compared_twice_a_second_where_something_is_there() -> None:
    mask = np.zeros((SIZE[1], SIZE[0]), np.uint8)
    mask[24:96, 64:96] = 255
    clip = ListedClip(visit().present, masks=[mask] * 200)
    half: Plane = mask.copy()
    half[60:] = 0
    score = scored(clip, [Found(mask=half)] * 200)
    assert score.pixels.right == 8 * 36 * 32, "frames 80, 85 ... 115"
    row = summed([score])
    assert (row.pixel_precision, row.pixel_recall) == (1, 0.5)
    assert row.pixel_f1 == pytest.approx(2 / 3)
    assert (row.mask_things, row.box_hit) == (0, None), "its boxes are known"


def test_a_detector_without_masks_has_no_pixel_score() -> None:
    clip = ListedClip(visit().present, masks=[np.zeros((SIZE[1], SIZE[0]), np.uint8)] * 200)
    assert summed([scored(clip, [SILENT] * 200)]).pixel_f1 is None


def test_a_frame_without_any_truth_is_refused() -> None:
    clip = ListedClip([None], Spans())
    (shot,) = clip.shots()
    Scorer(clip).add(shot, SILENT)
    with pytest.raises(ValueError, match="frame 0 has no truth"):
        Scorer(ListedClip([None])).add(shot, SILENT)


def test_a_score_can_be_asked_for_in_between() -> None:
    clip = visit()
    scorer = Scorer(clip)
    for number, shot in enumerate(clip.shots()):
        scorer.add(shot, Found((THERE,)))
        if number == 9 * FPS:
            assert scorer.result().alarms.detected == 1
    assert scorer.result() == scorer.result()
