from __future__ import annotations

import math
import re
from dataclasses import replace
from typing import Literal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pisecurity.core.types import TrackState
from pisecurity.core.vision.background import Background
from pisecurity.core.vision.judge import Sight
from pisecurity.core.vision.motion import Blob, Stirring
from pisecurity.core.vision.planes import Planes, Rect
from pisecurity.core.vision.scale import PersonScale
from pisecurity.core.vision.things import Thing
from pisecurity.core.vision.tracks import MOST_THINGS, Tracker
from pisecurity.core.vision.zones import ANYWHERE, Place
from pisecurity.settings import MotionSettings

STILL = np.full((120, 160), 100, np.uint8)
SCENE = Background(Planes(STILL, STILL, 1), 6)
STIRRED = np.full((120, 160), 255, np.uint8)
SIGHT = Sight(STILL, SCENE, None, STILL, Stirring(), STIRRED, PersonScale(), float("-inf"))
IGNORED = Place(frozenset(), entry=frozenset(), objection="in ignore zone street", modes=frozenset())


def blob(x: float, y: float = 50, w: int = 12, h: int = 30) -> Blob:
    return Blob(Rect(round(x), round(y), w, h), 0.8 * w * h)


def follow(
    tracker: Tracker, *blobs: Blob, at_s: float, sight: Sight = SIGHT, place: Place = ANYWHERE, distrust: bool = False
) -> tuple[Thing, ...]:
    return tracker.follow([(each, place) for each in blobs], sight, at_s, MotionSettings(), distrust=distrust)


def walk(tracker: Tracker, fps: float, speed: float, seconds: float, *, distrust: bool = False) -> float | None:
    """Return after how many seconds a thing that moves at *speed* pixels a second is confirmed."""
    for index in range(round(seconds * fps) + 1):
        (thing,) = follow(tracker, blob(10 + speed * index / fps), at_s=index / fps, distrust=distrust)
        if thing.state is TrackState.CONFIRMED:
            return index / fps
    return None


@pytest.mark.parametrize("fps", [5, 10, 15, 30])
def test_a_thing_that_travels_is_confirmed_at_every_frame_rate(fps: float) -> None:
    assert walk(Tracker(), fps, 20, 2) == pytest.approx(0.4, abs=0.2)


@pytest.mark.parametrize("fps", [5, 10, 15, 30])
def test_a_thing_that_hardly_moves_is_never_confirmed(fps: float) -> None:
    assert walk(Tracker(), fps, 1.5, 4) is None


def test_one_that_stood_before_it_counted_says_for_how_long() -> None:
    tracker, still = Tracker(), replace(SIGHT, stirred=np.zeros_like(STIRRED))
    for index in range(7):
        follow(tracker, blob(10 + 4 * min(index, 2)), at_s=index / 10, sight=SIGHT if index < 3 else still)
    (thing,) = follow(tracker, blob(18), at_s=0.7, sight=still)
    assert (thing.state, thing.reason) == (TrackState.CANDIDATE, "does not move now, for 0.5 s")


def said(*seen: tuple[float, float]) -> str:
    """Return the reason of a thing that was *seen* at these seconds at these pixels, at the last of them."""
    tracker = Tracker()
    return [follow(tracker, blob(x), at_s=at_s)[0].reason for at_s, x in seen][-1]


def test_what_is_not_enough_is_named_with_as_many_digits_as_show_it() -> None:
    short = said((0.0, 10), (0.1, 14), (0.2, 18), (0.28, 20))
    assert re.fullmatch(
        r"went 0\.050 \(needs 0\.033\) in 0\.28 s \(needs 0\.31 s\), size 0\.0150: not long enough", short
    )
    assert said((0.0, 10), (0.1, 11)).endswith(": not far nor long enough")
    assert said(*((tenth / 10, 10 + tenth) for tenth in range(6))).endswith(": not far enough")


def test_what_is_enough_is_said_without_a_word_more() -> None:
    assert re.fullmatch(
        r"went 0\.\d{3} \(needs 0\.\d{3}\) in 0\.2 s \(needs 0\.2 s\), size 0\.\d{4}",
        said((0.0, 10), (0.1, 20), (0.2, 28), (0.3, 34)),
    )


def test_nothing_new_is_confirmed_while_the_scene_is_distrusted() -> None:
    assert walk(Tracker(), 10, 20, 3, distrust=True) is None


@pytest.mark.parametrize("fps", [5, 10, 30])
def test_a_thing_that_swings_is_never_confirmed(fps: float) -> None:
    tracker = Tracker()
    for index in range(round(10 * fps)):
        at_s = index / fps
        (thing,) = follow(tracker, blob(60 + 3 * math.sin(7 * at_s)), at_s=at_s)
        assert thing.state is TrackState.CANDIDATE


def test_a_thing_seen_now_and_then_is_never_confirmed() -> None:
    tracker = Tracker()
    seen = [
        thing
        for index in range(30)
        for thing in follow(tracker, *([blob(10 + 2 * index)] if index % 3 else []), at_s=index / 10)
    ]
    assert seen
    assert all(thing.state is TrackState.CANDIDATE for thing in seen)


def test_two_things_that_pass_each_other_apart_keep_their_ids() -> None:
    tracker = Tracker()
    for index in range(25):
        things = follow(tracker, blob(10 + 4 * index, 10), blob(110 - 4 * index, 70), at_s=index / 10)
        assert sorted((thing.id, thing.rect.y) for thing in things) == [(1, 10), (2, 70)]


def test_a_thing_that_stays_away_is_forgotten_and_comes_back_as_another() -> None:
    tracker = Tracker()
    assert walk(tracker, 10, 20, 2)
    for index in range(6):
        assert follow(tracker, at_s=2.1 + index / 10) == ()
    assert not tracker.busy
    (thing,) = follow(tracker, blob(60), at_s=3.0)
    assert (thing.id, thing.state) == (2, TrackState.CANDIDATE)


def test_where_it_does_not_count_it_stays_a_candidate_and_says_why() -> None:
    tracker = Tracker()
    for index in range(30):
        (thing,) = follow(tracker, blob(10 + 3 * index), at_s=index / 10, place=IGNORED)
        assert (thing.state, thing.reason) == (TrackState.CANDIDATE, "in ignore zone street")


def test_one_that_counts_does_not_any_more_in_an_ignore_zone() -> None:
    tracker = Tracker()
    assert walk(tracker, 10, 30, 2) == pytest.approx(0.3, abs=0.2)
    (thing,) = follow(tracker, blob(22), at_s=0.5, place=IGNORED)
    assert thing.state is TrackState.CANDIDATE


def test_what_does_not_count_and_stands_still_is_handed_to_the_background() -> None:
    tracker, dead = Tracker(), replace(SIGHT, stirred=np.zeros_like(STILL))
    for index in range(75):
        follow(tracker, blob(40), at_s=index / 10, sight=dead)
        assert tracker.settled(index / 10) == (() if index <= 60 else (Rect(40, 50, 12, 30),))


def test_what_counts_and_went_far_is_protected_from_the_background() -> None:
    tracker = Tracker()
    for index in range(30):
        follow(tracker, blob(10 + 3 * index), at_s=index / 10)
    assert tracker.protected(2.9) == (Rect(97, 50, 12, 30),)


def test_what_is_forgotten_is_not_protected() -> None:
    tracker = Tracker()
    for index in range(30):
        follow(tracker, blob(10 + 3 * index), at_s=index / 10)
    tracker.forget()
    assert not tracker.protected(2.9)


def test_score_grows_from_half_at_confirmation() -> None:
    tracker, scores = Tracker(), []
    for index in range(30):
        (thing,) = follow(tracker, blob(10 + 3 * index), at_s=index / 10)
        scores.append((thing.state, thing.score))
    assert all(score <= 0.5 for state, score in scores if state is TrackState.CANDIDATE)
    assert all(0.5 <= score <= 1 for state, score in scores if state is TrackState.CONFIRMED)
    assert scores[-1][1] == 1


blobs = st.lists(
    st.builds(blob, st.integers(0, 140), st.integers(0, 80), st.integers(1, 20), st.integers(1, 40)), max_size=30
)


@given(st.lists(st.tuples(blobs, st.sampled_from([0.01, 0.033, 0.1, 0.5, 100.0])), max_size=15))
@settings(max_examples=60, deadline=None)
def test_ids_are_never_used_twice_and_things_are_limited(frames: list[tuple[list[Blob], float]]) -> None:
    tracker, at_s, newest = Tracker(), 0.0, 0
    for seen, elapsed_s in frames:
        at_s += elapsed_s
        things = follow(tracker, *seen, at_s=at_s)
        ids = [thing.id for thing in things]
        assert len(things) <= min(len(seen), MOST_THINGS)
        assert len(set(ids)) == len(ids)
        fresh = [thing.id for thing in things if thing.first_s == at_s]
        assert all(number > newest for number in fresh)
        newest = max([newest, *ids])
        assert all(thing.seen_s == at_s for thing in things)


@pytest.mark.parametrize("fps", [8, 10, 15, 30])
def test_a_runner_whose_next_place_lies_beyond_his_own_width_is_followed_from_the_start(fps: float) -> None:
    assert walk(Tracker(), fps, 85, 1.5) is not None


@pytest.mark.parametrize("speed", [180, 280])
def test_somebody_tall_who_runs_by_is_an_event_with_three_pictures_of_him(speed: float) -> None:
    tracker = Tracker()
    seen = [follow(tracker, blob(10 + speed * index / 10, w=16, h=48), at_s=index / 10) for index in range(3)]
    assert [thing.state for thing in seen[-1]] == [TrackState.CONFIRMED]


@pytest.mark.parametrize(("w", "h"), [(48, 40), (10, 24)])
def test_what_is_small_or_not_upright_is_not_looked_for_as_far(w: int, h: int) -> None:
    tracker, far = Tracker(), 3 + round(0.6 * w + 0.4 * h)
    seen = [follow(tracker, blob(10 + far * index, w=w, h=h), at_s=index / 10) for index in range(3)]
    assert [thing.first_s for thing in seen[-1]] == [0.2]


@pytest.mark.parametrize("fps", [10, 15, 30])
def test_what_is_faster_than_any_person_is_never_confirmed(fps: float) -> None:
    tracker = Tracker()
    passing = [follow(tracker, blob(5 + 186 * index / fps), at_s=index / fps) for index in range(round(0.8 * fps))]
    assert all(thing.state is TrackState.CANDIDATE for things in passing for thing in things)
    assert any("too fast for a person" in thing.reason for thing in passing[-1])


def small(x: float) -> Blob:
    return blob(x, w=5, h=9)


def test_where_many_things_come_and_go_a_small_one_must_be_followed_for_longer() -> None:
    calm, snow = Tracker(), Tracker()
    rng = np.random.default_rng(1)
    first: dict[Tracker, float] = {}
    for index in range(60):
        at_s = index / 10
        flakes = [small(float(x)) for x in rng.uniform(0, 150, 3)] if index < 30 else []
        passing = [blob(10 + 12 * (at_s - 3), y=90, w=5, h=9)] if index >= 30 else []
        for tracker, seen in ((calm, passing), (snow, [*flakes, *passing])):
            things = follow(tracker, *seen, at_s=at_s)
            if index >= 30 and any(thing.state is TrackState.CONFIRMED for thing in things):
                first.setdefault(tracker, at_s - 3)
    assert first[snow] > 1.3 * first[calm]
    assert first[snow] < 2.5


def test_the_weather_is_over_when_nothing_new_comes_although_nothing_is_followed() -> None:
    tracker, rng = Tracker(), np.random.default_rng(1)
    for index in range(40):
        follow(tracker, *(small(float(x)) for x in rng.uniform(0, 150, 3)), at_s=index / 10)
    assert tracker.clutter > 5
    for index in range(40, 160):
        if tracker.busy:
            follow(tracker, at_s=index / 10)
        else:
            tracker.rest(index / 10)
    assert tracker.clutter < 1


def test_a_scene_that_begins_anew_at_the_same_moment_is_followed_from_there() -> None:
    """A camera that changes its size may come back with the time of the frame before."""
    tracker = Tracker()
    follow(tracker, blob(40), at_s=1.0)
    tracker.forget()
    (thing,) = follow(tracker, blob(40), at_s=1.0)
    assert thing.state is TrackState.CANDIDATE


@pytest.mark.parametrize("fps", [5, 10, 15, 30])
def test_somebody_whose_feet_are_lost_now_and_then_still_counts_in_a_watch_zone(fps: float) -> None:
    tracker, outside = (
        Tracker(),
        Place(frozenset(), entry=frozenset(), objection="outside the watch zones", modes=frozenset()),
    )
    states = [
        follow(tracker, blob(10 + 20 * index / fps), at_s=index / fps, place=outside if index % 4 == 3 else ANYWHERE)[
            0
        ].state
        for index in range(round(2 * fps))
    ]
    assert TrackState.CONFIRMED in states


def known() -> Sight:
    """A place in which people are as tall as half of the picture, where their feet are at 0.7 of it."""
    scale = PersonScale()
    for person in range(-9, 0):
        for feet in (0.5, 0.6, 0.7, 0.8, 0.9):
            scale.note(person, feet, feet - 0.2)
    return replace(SIGHT, scale=scale)


def walked(start: Blob, sight: Sight, pets: Literal["none", "cat", "dog"]) -> Thing:
    """Return the thing that *start* is after it went on at walking speed for 2.5 s."""
    tracker, rect = Tracker(), start.rect
    seen: tuple[Thing, ...] = ()
    for index in range(25):
        placed = [(blob(rect.x + 2.5 * index, rect.y, rect.w, rect.h), ANYWHERE)]
        seen = tracker.follow(placed, sight, index / 10, MotionSettings(pets=pets))
    return seen[0]


@pytest.mark.parametrize(
    ("pets", "w", "h", "told"),
    [
        ("none", 14, 9, True),
        ("cat", 14, 9, False),
        ("cat", 34, 18, True),
        ("dog", 34, 18, False),
        ("dog", 52, 29, True),
        ("dog", 14, 30, True),
        ("cat", 12, 42, True),
    ],
    ids=["no pets", "a cat", "a dog where there is a cat", "a dog", "who crawls", "a child", "a child where a cat is"],
)
def test_a_pet_is_kept_and_not_told_where_people_have_shown_how_tall_they_are(
    pets: Literal["none", "cat", "dog"], w: int, h: int, told: bool
) -> None:
    thing = walked(blob(10, 84 - h, w, h), known(), pets)
    assert thing.counts == told
    if not told:
        assert thing.reason.endswith(
            f"(pets = {pets}: a person has at least {'0.28 or 0.55' if pets == 'cat' else '0.36 or 0.75'})"
        )


def test_while_nobody_has_walked_by_a_pet_is_told() -> None:
    assert walked(blob(10, 75, 14, 9), SIGHT, "dog").counts


@pytest.mark.parametrize(("w", "h", "measured"), [(14, 30, True), (30, 30, False)], ids=["upright", "crawling"])
def test_only_who_walks_upright_teaches_how_tall_people_are(w: int, h: int, measured: bool) -> None:
    sight = replace(SIGHT, scale=PersonScale())
    assert walked(blob(10, 84 - h, w, h), sight, "none").counts
    assert any(sight.scale.learned()) == measured
