from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from pisecurity.core.types import ARMED_MODES, Box, Event, Frame, Mode, Phase, TrackState
from pisecurity.core.vision.pipeline import WARM_UP_S, Pipeline, well_visible
from pisecurity.settings import MotionSettings, ZoneSettings
from tests.core.vision.drawn import (
    HEIGHT,
    WIDTH,
    Canvas,
    Draw,
    events,
    film,
    frame,
    leaves,
    light,
    opened,
    person,
    steps,
    walker,
    yard,
)


def zone(kind: str, *points: tuple[float, float], name: str = "zone", **more: object) -> ZoneSettings:
    return ZoneSettings.model_validate({"name": name, "camera": "front", "kind": kind, "points": points, **more})


LEFT = ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0))
EVERYWHERE = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
RIGHT = ((0.5, 0.0), (1.0, 0.0), (1.0, 1.0), (0.5, 1.0))


def test_an_empty_scene_has_no_event_and_no_track() -> None:
    taken, last = steps(film(8))
    assert last == ()
    assert not any(step.events or step.tracks for step in taken)


@pytest.mark.parametrize("noise", [30.0, 40.0])
def test_r40_the_noise_of_a_dark_picture_is_no_event_at_the_start(noise: float) -> None:
    assert events(film(10, noise=noise)) == []


def test_r40_whoever_moves_at_the_start_is_an_event_as_soon_as_the_scene_is_known() -> None:
    (event,) = opened(events(film(8, walker(0, 8, from_x=20.0))))
    assert event.opened_s == pytest.approx(WARM_UP_S, abs=0.5)


def test_one_walk_is_one_event() -> None:
    found = events(film(20, walker(4, 12)))
    assert [event.phase for event in found if event.phase is not Phase.IMPROVED] == [Phase.OPENED, Phase.ENDED]
    assert {event.number for event in found} == {1}
    assert 4.0 <= found[0].opened_s <= 5.5


def test_an_event_ends_when_the_gap_has_passed_and_names_its_last_sight() -> None:
    taken, _ = steps(film(24, walker(4, 12)), MotionSettings(event_gap_s=5))
    (ended_at,) = [
        index / 10 for index, step in enumerate(taken) for event in step.events if event.phase is Phase.ENDED
    ]
    (ended,) = [event for step in taken for event in step.events if event.phase is Phase.ENDED]
    assert ended_at - ended.last_s == pytest.approx(5.1, abs=0.11)
    assert 10.5 <= ended.last_s <= 12.2


def test_a_walk_interrupted_by_a_wall_is_one_event() -> None:
    def wall(canvas: Canvas, at_s: float) -> None:
        canvas[60:, 130:180] = yard()[60:, 130:180]

    assert len(opened(events(film(14, walker(3, 11), wall)))) == 1


def test_two_walks_far_apart_in_time_are_two_events() -> None:
    found = events(film(34, walker(3, 11), walker(24, 32)))
    assert [event.number for event in opened(found)] == [1, 2]


@pytest.mark.parametrize("fps", [5, 10, 15, 30])
def test_every_frame_rate_gives_the_same_event(fps: float) -> None:
    (event,) = opened(events(film(14, walker(4, 12), leaves(), fps=fps)))
    assert 4.2 <= event.opened_s <= 5.6
    assert event.box.x < 0.3


def test_the_box_is_on_the_walker() -> None:
    taken, _ = steps(film(8, walker(2, 10)))
    (track,) = [track for track in taken[60].tracks if track.state is TrackState.CONFIRMED]
    where = Box((165 - 13) / WIDTH, 130 / HEIGHT, 26 / WIDTH, 70 / HEIGHT)
    assert overlap(track.box, where) > 0.6


def overlap(a: Box, b: Box) -> float:
    wide = min(a.x + a.w, b.x + b.w) - max(a.x, b.x)
    high = min(a.y + a.h, b.y + b.h) - max(a.y, b.y)
    shared = max(wide, 0) * max(high, 0)
    return shared / (a.area + b.area - shared)


@pytest.mark.parametrize("factor", [0.45, 0.7, 1.35, 1.9])
@pytest.mark.parametrize("fade_s", [0.0, 0.5])
def test_a_lamp_is_no_event(factor: float, fade_s: float) -> None:
    assert events(film(14, light(4, factor, 9, fade_s))) == []


def test_automatic_exposure_that_drifts_is_no_event() -> None:
    def drift(canvas: Canvas, at_s: float) -> None:
        canvas *= 1 + 0.35 * np.sin(at_s / 2)

    assert events(film(20, drift)) == []


def test_the_shadow_of_a_cloud_is_no_event() -> None:
    across = np.arange(WIDTH, dtype=np.float32)

    def cloud(canvas: Canvas, at_s: float) -> None:
        edge = 60 * (at_s - 3)
        canvas *= 1 - 0.4 / (1 + np.exp((across - edge) / 14))

    assert events(film(14, cloud)) == []


def test_a_person_who_switches_the_lamp_on_is_an_event() -> None:
    (event,) = opened(events(film(16, walker(4, 12), light(4.3, 1.8))))
    assert event.opened_s < 4.3 + 2
    assert re.search(r"; the light changed \d\.\d s before$", event.reason)


def test_a_person_is_found_soon_after_a_lamp_and_the_reason_says_that_it_went_on() -> None:
    (event,) = opened(events(film(12, light(4, 1.8), walker(4.2, 12))))
    assert event.opened_s < 4 + 2
    assert re.search(r"; the light changed \d\.\d s before$", event.reason)


def test_the_reason_is_silent_about_a_lamp_that_nobody_switched() -> None:
    (event,) = opened(events(film(12, walker(4.2, 12))))
    assert "light" not in event.reason


def test_leaves_that_sway_are_no_event() -> None:
    assert events(film(30, leaves())) == []


@pytest.mark.parametrize("fps", [5, 10, 30])
def test_leaves_in_a_strong_wind_are_known_after_some_seconds(fps: float) -> None:
    found = opened(events(film(25, leaves(reach=3.0), fps=fps), MotionSettings(event_gap_s=1)))
    assert all(event.opened_s < 10 for event in found)


def test_a_person_before_swaying_leaves_is_an_event() -> None:
    assert len(opened(events(film(20, leaves(), walker(8, 16, foot=120))))) == 1


def test_a_camera_that_shakes_a_little_is_no_event() -> None:
    still = yard(width=WIDTH + 8, height=HEIGHT + 8)
    rng = np.random.default_rng(5)

    def shake(canvas: Canvas, at_s: float) -> None:
        down, right = rng.integers(2, 7, 2)
        canvas[:] = still[down : down + HEIGHT, right : right + WIDTH]

    assert events(film(15, shake)) == []


def standing(canvas: Canvas, at_s: float) -> None:
    """Somebody walks in, stands from second 5 on for 15 s, and walks out."""
    gone_s = min(at_s - 2, 3) + max(at_s - 20, 0)
    if at_s >= 2:
        person(canvas, -15 + 45 * gone_s, 200, 70, min(at_s, 5) + max(at_s - 20, 0))


def in_steps(every_s: float, far: float) -> Draw:
    """Return somebody who appears at 4 s and then stands, and goes *far* pixels in 0.4 s *every_s*."""

    def draw(canvas: Canvas, at_s: float) -> None:
        if at_s >= 4:
            steps_done, within_s = divmod(at_s - 4, every_s)
            moved = steps_done - 1 + min(within_s / 0.4, 1.0) if steps_done else 0.0
            person(canvas, 60 + far * moved, 200, 70, 0.0)

    return draw


@pytest.mark.parametrize("fps", [5, 10, 25])
def test_whoever_goes_in_steps_is_an_event_though_each_is_short(fps: float) -> None:
    found = opened(events(film(44, in_steps(4, 7), fps=fps)))
    assert any("slowly" in event.reason and event.opened_s < 40 for event in found), found


@pytest.mark.parametrize("fps", [5, 10, 25])
def test_whoever_creeps_is_an_event(fps: float) -> None:
    (event,) = opened(events(film(36, walker(4, 36, speed=2.5, from_x=60), fps=fps)))
    assert event.opened_s < 32


def test_the_way_somebody_came_counts_once() -> None:
    def stays(canvas: Canvas, at_s: float) -> None:
        if at_s >= 4:
            person(canvas, min(-15 + 45 * (at_s - 4), 160), 200, 70, at_s)

    held = 10.0
    found = events(film(50, stays), MotionSettings(hold_s=held))
    first = opened(found)[0]
    end = next(each for each in found if each.phase is Phase.ENDED)
    assert end.last_s - first.opened_s < 2 * held
    assert not any("slowly" in event.reason for event in found)


def test_what_is_seen_for_long_says_over_which_time_it_went() -> None:
    taken, _ = steps(film(10, walker(4, 10, speed=2.5, from_x=60)))
    reasons = [track.reason for step in taken for track in step.tracks]
    assert any("in the last 3 s (needs " in reason and ", seen for " in reason for reason in reasons)


def test_a_person_who_stands_still_is_held() -> None:
    taken, _ = steps(film(30, standing))
    held = [track for step in taken[80:190] for track in step.tracks if track.state is TrackState.HOLDING]
    assert len(held) > 90
    assert all(overlap(track.box, Box(107 / WIDTH, 130 / HEIGHT, 26 / WIDTH, 70 / HEIGHT)) > 0.4 for track in held)


def test_a_person_who_stands_a_while_is_one_event() -> None:
    assert len(opened(events(film(40, standing)))) == 1


def parking(canvas: Canvas, at_s: float) -> None:
    """A thing comes in and stays for good."""
    if at_s >= 3:
        left = round(-60 + 50 * min(at_s - 3, 4))
        canvas[150:190, max(left, 0) : max(left + 60, 0)] = 30


def test_what_parks_belongs_to_the_scene_after_its_time() -> None:
    taken, last = steps(film(50, parking), MotionSettings(hold_s=10, event_gap_s=5))
    assert [e.phase for step in taken for e in step.events if e.phase is not Phase.IMPROVED] == [
        Phase.OPENED,
        Phase.ENDED,
    ]
    assert last == ()
    assert not any(track.state is not TrackState.CANDIDATE for step in taken[250:] for track in step.tracks)
    assert not taken[-1].tracks


def test_the_place_that_something_left_is_no_endless_alarm() -> None:
    def leaving(canvas: Canvas, at_s: float) -> None:
        left = round(120 + 60 * max(at_s - 4, 0))
        canvas[150:190, left : left + 60] = 30

    taken, _ = steps(film(20, leaving))
    assert opened(event for step in taken for event in step.events)
    assert not any(track.state is not TrackState.CANDIDATE for step in taken[110:] for track in step.tracks)
    assert not taken[-1].tracks


def test_coming_closer_improves_the_view_a_few_times_at_most() -> None:
    def approach(canvas: Canvas, at_s: float) -> None:
        if at_s >= 3:
            person(canvas, 60 + 12 * (at_s - 3), round(120 + 9 * (at_s - 3)), round(30 + 14 * (at_s - 3)), at_s)

    improved = [event for event in events(film(14, approach)) if event.phase is Phase.IMPROVED]
    assert 1 <= len(improved) <= 4
    assert all(b.box.area > a.box.area for a, b in pairwise(improved))
    assert all(event.opened_s == improved[0].opened_s for event in improved)


def test_only_inside_a_watch_zone_counts() -> None:
    (event,) = opened(events(film(14, walker(3, 11)), zones=[zone("watch", *RIGHT, name="yard")]))
    assert event.opened_s > 6
    assert event.zones == {"yard"}


def test_what_is_in_an_ignore_zone_stays_a_candidate_and_says_why() -> None:
    taken, _ = steps(film(12, walker(3, 11)), zones=[zone("ignore", *EVERYWHERE, name="street")])
    assert not any(step.events for step in taken)
    assert "in ignore zone street" in {track.reason for step in taken for track in step.tracks}


@pytest.mark.parametrize(("least", "found"), [(0.01, True), (0.03, False)])
def test_a_walker_counts_where_a_zone_is_content_with_its_size(least: float, *, found: bool) -> None:
    taken, _ = steps(film(12, walker(3, 11)), zones=[zone("watch", *EVERYWHERE, min_area=least)])
    assert any(step.events for step in taken) is found
    reasons = {track.reason for step in taken[60:90] for track in step.tracks}
    assert any(reason.startswith("too small for zone zone: size 0.0") for reason in reasons) is not found


def test_an_event_that_begins_in_an_entry_zone_says_so() -> None:
    (event,) = opened(events(film(12, walker(3, 11)), zones=[zone("entry", *LEFT, name="door")]))
    assert event.entry == ARMED_MODES
    assert event.zones == {"door"}


def test_who_was_in_view_while_the_alarm_was_raised_does_not_come_home_by_an_entry_zone() -> None:
    """Or an intruder who waits behind the door until the alarm is over has an entry delay once more."""
    pipeline = Pipeline("front", MotionSettings(), [zone("entry", *EVERYWHERE, name="door")])
    found: list[Event] = []
    for each in film(24, walker(4, 11), walker(15, 22)):
        if each.taken_s == 7.0:
            pipeline.raise_alarm()
            found += pipeline.finish()
        if each.taken_s == 13.0:
            found += pipeline.finish()
        step = pipeline.step(each)
        found += step.events
        assert (step.counting == ARMED_MODES) == any(track.state is not TrackState.CANDIDATE for track in step.tracks)
    assert [event.entry for event in opened(found)] == [ARMED_MODES, frozenset(), ARMED_MODES]


def test_an_event_that_begins_elsewhere_is_no_entry() -> None:
    inside, at_the_door = opened(events(film(12, walker(3, 11)), zones=[zone("entry", *RIGHT, name="door")]))
    assert not inside.entry
    assert not at_the_door.entry, "who walks out through the door has not come in by it"


def test_whoever_leaves_a_zone_that_counts_in_one_mode_alone_is_another_event_that_counts_in_all() -> None:
    first, second = opened(events(film(12, walker(3, 11)), zones=[zone("ignore", *LEFT, modes=("home", "night"))]))
    assert (first.modes, second.modes) == (frozenset({Mode.AWAY}), ARMED_MODES)
    assert (first.objection, second.objection) == ("in ignore zone zone (home, night)", "")
    assert first.opened_s < 6 < second.opened_s < 9


def test_settings_are_swapped_without_losing_scene_or_event() -> None:
    pipeline = Pipeline("front", MotionSettings(), ())
    found: list[Event] = []
    for number, each in enumerate(film(20, walker(3, 11))):
        if number == 70:
            pipeline.apply(MotionSettings(event_gap_s=2), [zone("watch", *LEFT)])
        found += pipeline.step(each).events
    assert [event.phase for event in found if event.phase is not Phase.IMPROVED] == [Phase.OPENED, Phase.ENDED]
    assert found[-1].last_s < 8


def test_a_new_picture_size_starts_the_scene_anew_and_goes_on() -> None:
    pipeline = Pipeline("front", MotionSettings(), ())
    large = film(12, walker(4, 12), scene=yard(width=400, height=300), start_s=5)
    found = [e for each in (*film(5, walker(2, 5)), *large) for e in pipeline.step(each).events]
    assert [event.phase for event in (*found, *pipeline.finish()) if event.phase is not Phase.IMPROVED] == [
        Phase.OPENED,
        Phase.ENDED,
    ]


def test_an_hour_without_frames_ends_the_event_and_detection_goes_on() -> None:
    pipeline = Pipeline("front", MotionSettings(), ())
    later = film(14, walker(4, 12), start_s=3600)
    found = [e for each in (*film(6, walker(2, 6)), *later) for e in pipeline.step(each).events]
    assert [event.number for event in opened(found)] == [1, 2]
    assert [event.phase for event in found if event.phase is not Phase.IMPROVED][:2] == [Phase.OPENED, Phase.ENDED]


def test_a_frame_that_is_not_newer_is_left_out() -> None:
    pipeline = Pipeline("front", MotionSettings(), ())
    before = [pipeline.step(each) for each in film(5, walker(2, 5))]
    again = pipeline.step(frame(np.zeros((HEIGHT, WIDTH), np.uint8), 1.0))
    assert before[-1].tracks
    assert again.tracks == ()
    assert again.events == ()


def test_finish_without_an_event_says_nothing() -> None:
    assert Pipeline("front", MotionSettings(), ()).finish() == ()


def test_the_same_frames_twice_give_the_same_steps() -> None:
    frames = list(film(10, walker(2, 10), leaves(), light(5, 1.5)))
    assert steps(frames) == steps(frames)


def test_every_track_and_event_has_a_reason_of_one_line() -> None:
    taken, _ = steps(film(12, walker(2, 10), leaves()))
    said = [track.reason for step in taken for track in step.tracks] + [
        event.reason for step in taken for event in step.events
    ]
    assert all(reason and "\n" not in reason and len(reason) < 160 for reason in said)
    assert any("needs" in reason for reason in said)


@pytest.mark.parametrize("size", [(16, 16), (17, 33), (91, 161), (120, 160), (17, 4096), (1200, 40), (2160, 3840)])
@pytest.mark.parametrize("fill", ["black", "white", "noise", "flicker"])
def test_any_size_and_any_content_is_taken(size: tuple[int, int], fill: str) -> None:
    rng = np.random.default_rng(1)
    pipeline = Pipeline("front", MotionSettings(), ())
    for index in range(6):
        level = {"black": 0, "white": 255, "noise": 0, "flicker": 255 * (index % 2)}[fill]
        luma = rng.integers(0, 256, size, np.uint8) if fill == "noise" else np.full(size, level, np.uint8)
        step = pipeline.step(frame(luma, index / 10, index))
        assert step.events == ()
        assert 0 <= step.motion.score <= 1


@st.composite
def streams(draw: st.DrawFn) -> list[Frame]:
    """A few frames of any size, content and spacing, out of order and with changes of size."""
    sizes = draw(st.lists(st.tuples(st.integers(16, 60), st.integers(16, 60)), min_size=1, max_size=3))
    taken_s, made = 0.0, []
    for index in range(draw(st.integers(1, 12))):
        taken_s += draw(st.sampled_from([0.0, 0.01, 0.033, 0.1, 0.2, 1.0, 3600.0, -0.5]))
        luma = draw(hnp.arrays(np.uint8, draw(st.sampled_from(sizes)), elements=st.integers(0, 255), fill=st.just(128)))
        made.append(frame(luma, taken_s, index))
    return made


@given(streams())
@settings(max_examples=60, deadline=None)
def test_no_stream_raises_and_boxes_stay_in_the_picture(frames: list[Frame]) -> None:
    taken, _ = steps(frames, MotionSettings(confirm_s=0, min_travel=0.001))
    for step in taken:
        for box in [track.box for track in step.tracks] + [region.box for region in step.motion.regions]:
            assert box.x >= 0
            assert box.y >= 0
            assert box.x + box.w <= 1 + 1e-9
            assert box.y + box.h <= 1 + 1e-9
            assert box.area > 0
    assert steps(frames, MotionSettings(confirm_s=0, min_travel=0.001))[0] == taken


@given(streams())
@settings(max_examples=30, deadline=None)
def test_the_phases_of_events_follow_each_other(frames: list[Frame]) -> None:
    found = events(frames, MotionSettings(confirm_s=0, min_travel=0.001, event_gap_s=1))
    for number in {event.number for event in found}:
        phases = [event.phase for event in found if event.number == number]
        assert phases[0] is Phase.OPENED
        assert phases[-1] is Phase.ENDED
        assert all(phase is Phase.IMPROVED for phase in phases[1:-1])


def test_light_is_compared_only_where_no_hidden_pixel_is_near() -> None:
    visible = np.full((240, 320), 255, np.uint8)
    visible[:, :101] = 0
    clear = well_visible(visible)
    assert clear.shape == (120, 160)
    assert not clear[:, :55].any()
    assert clear[:, 55:].all()


def test_when_other_parts_are_hidden_the_scene_begins_anew() -> None:
    frames = list(film(12, walker(3, 11)))
    hidden = np.where(np.arange(WIDTH) < 100, 0, 255).astype(np.uint8) * np.ones((HEIGHT, 1), np.uint8)
    covered = [replace(each, luma=each.luma & hidden, visible=hidden) if each.taken_s >= 2 else each for each in frames]
    (event,) = opened(events(covered))
    assert event.opened_s > 2 + WARM_UP_S
    assert opened(events(frames))[0].opened_s < 2 + WARM_UP_S
