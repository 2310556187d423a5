from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pisecurity.core.types import TrackState
from pisecurity.core.vision.pipeline import Pipeline
from pisecurity.core.vision.sensitivity import AS_SET, TIMES, Sensitivity, scaled
from pisecurity.settings import MotionSettings
from tests.core.vision.drawn import Canvas, events, film, leaves, light, opened, walker

FPS = 10
MOTIONS = st.builds(
    MotionSettings,
    min_contrast=st.integers(2, 64),
    min_area=st.floats(1e-5, 0.5),
    min_travel=st.floats(1e-4, 1),
    confirm_s=st.floats(0, 5),
)


@given(MOTIONS, st.sampled_from(sorted(TIMES)), st.sampled_from(sorted(TIMES)))
def test_more_sensitive_never_raises_a_threshold(motion: MotionSettings, a: int, b: int) -> None:
    less, more = scaled(motion, min(a, b)), scaled(motion, max(a, b))
    for name in ("min_contrast", "min_area", "min_travel", "confirm_s"):
        assert getattr(more, name) <= getattr(less, name), name


@given(MOTIONS)
def test_three_is_what_the_settings_say(motion: MotionSettings) -> None:
    assert scaled(motion, AS_SET) == motion


@given(MOTIONS, st.sampled_from(sorted(TIMES)))
def test_what_is_no_threshold_stays(motion: MotionSettings, sensitivity: int) -> None:
    moved = set(TIMES[AS_SET]._fields)
    assert scaled(motion, sensitivity).model_dump(exclude=moved) == motion.model_dump(exclude=moved)


def test_every_sensitivity_that_can_be_set_has_a_row() -> None:
    assert sorted(TIMES) == [1, 2, 3, 4, 5]


def contrasts(*looks: tuple[float, float]) -> list[int]:
    """Return the contrast that counts after each look: ``(brightness, seconds since the one before)``."""
    sensitivity, now_s, found = Sensitivity(MotionSettings(sensitivity=3, sensitivity_night=1)), 0.0, []
    for brightness, after_s in looks:
        now_s += after_s
        sensitivity.look(brightness, now_s)
        found.append(sensitivity.motion.min_contrast)
    return found


DAY, NIGHT = 6, 12


@pytest.mark.parametrize(
    ("brightness", "night", "said"),
    [
        (120, 2, "bright: sensitivity = 3 counts"),
        (40, 2, "dark: sensitivity_night = 2 counts"),
        (40, 0, "dark: sensitivity = 3 counts"),
    ],
)
def test_which_sensitivity_counts_is_told_in_words(brightness: float, night: int, said: str) -> None:
    sensitivity = Sensitivity(MotionSettings(sensitivity_night=night))
    sensitivity.look(brightness, 0.0)
    assert sensitivity.in_words == said


@pytest.mark.parametrize("brightness", [4, 60])
def test_a_picture_that_begins_dark_or_in_infrared_is_night_at_once(brightness: float) -> None:
    assert contrasts((brightness, 0)) == [NIGHT]


def test_a_picture_that_becomes_dark_is_night_and_day_again_when_it_is_bright() -> None:
    assert contrasts((120, 0), (20, 60), (120, 60)) == [DAY, NIGHT, DAY]


def test_between_day_and_night_it_stays_what_it_was() -> None:
    assert contrasts((120, 0), (78, 60)) == [DAY, DAY]
    assert contrasts((20, 0), (78, 60)) == [NIGHT, NIGHT]


def test_headlights_make_no_day_and_somebody_before_the_lens_no_night() -> None:
    assert contrasts((30, 0), (180, 1), (30, 1)) == [NIGHT] * 3
    assert contrasts((120, 0), (10, 2), (120, 1)) == [DAY] * 3


def test_without_a_sensitivity_of_the_night_it_is_that_of_the_day() -> None:
    sensitivity = Sensitivity(MotionSettings(sensitivity=5))
    sensitivity.look(10, 1)
    assert sensitivity.motion == scaled(MotionSettings(sensitivity=5), 5)


def faint(canvas: Canvas, at_s: float) -> None:
    """Draw somebody 8 pixels wide and 14 high who differs little from what is behind him."""
    if at_s >= 4:
        left = round(20 + 25 * (at_s - 4))
        canvas[120:134, left : left + 8] += 15


@pytest.mark.parametrize(("sensitivity", "found"), [(1, 0), (5, 1)])
def test_somebody_far_and_faint_is_found_by_the_most_sensitive_alone(sensitivity: int, found: int) -> None:
    frames = film(12, faint, noise=0.7)
    assert len(opened(events(frames, MotionSettings(sensitivity=sensitivity)))) == found


@pytest.mark.parametrize("sensitivity", sorted(TIMES))
def test_a_walk_is_one_event_and_a_lamp_none_at_every_sensitivity(sensitivity: int) -> None:
    motion = MotionSettings(sensitivity=sensitivity)
    assert len(opened(events(film(16, walker(4, 12), leaves()), motion))) == 1
    assert events(film(14, light(4, 1.8, 9)), motion) == []


def test_the_sensitivity_of_the_night_counts_in_a_dark_picture() -> None:
    def night(canvas: Canvas, at_s: float) -> None:
        canvas *= 0.3

    motion = MotionSettings(sensitivity=5, sensitivity_night=1)
    assert len(opened(events(film(12, faint, noise=0.7), motion))) == 1
    assert events(film(12, faint, night, noise=0.7), motion) == []


def test_another_sensitivity_counts_from_the_next_frame_on_and_keeps_what_is_followed() -> None:
    pipeline = Pipeline("front", MotionSettings(), ())
    frames = list(film(9, walker(4, 12)))
    followed = [pipeline.step(each).tracks for each in frames[:-1]][-1]
    pipeline.apply(MotionSettings(sensitivity=4), ())
    (before,), (after,) = followed, pipeline.step(frames[-1]).tracks
    assert (before.id, before.state) == (after.id, after.state) == (1, TrackState.CONFIRMED)
