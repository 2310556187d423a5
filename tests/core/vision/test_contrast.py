from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pisecurity.core.vision.contrast import (
    SEEING_FACT,
    CoatWatch,
    Seeing,
    blind_in_words,
    coat_differs,
    in_words,
    least_seen,
    light_clothes_differ,
    missed_coats,
)
from pisecurity.core.vision.pipeline import Pipeline
from pisecurity.settings import MotionSettings
from tests.core.vision.drawn import film
from tests.fakes import START

steps = st.floats(0, 64)


@given(steps, steps, st.floats(0, 20), st.floats(0, 20), st.booleans())
def test_more_contrast_asked_for_and_more_noise_never_let_less_be_seen(
    contrast: float, more: float, sigma: float, noise: float, smooths: bool
) -> None:
    less, least = (least_seen(*each, smooths=smooths) for each in ((contrast, sigma), (contrast + more, sigma + noise)))
    assert 0 <= less <= least


def test_a_dark_coat_differs_by_a_third_of_the_brightness_of_the_picture() -> None:
    assert coat_differs(0) == 0
    assert coat_differs(120) == pytest.approx(39, abs=1)
    assert coat_differs(20) == pytest.approx(6.5, abs=0.3)


def seen(watch: CoatWatch, *coats: tuple[float, float]) -> list[datetime | None]:
    """Return since when the coat is missed, of (seconds, by how many steps it differs) where 10 are needed."""
    return [watch.note(10.0, coat, at_s, START + timedelta(seconds=at_s)).missed_since for at_s, coat in coats]


def test_a_coat_is_missed_from_when_it_began_but_only_after_half_a_minute() -> None:
    assert seen(CoatWatch(), (0, 12), (5, 9), (34, 9), (35, 9), (99, 9)) == [
        None, None, None, START + timedelta(seconds=5), START + timedelta(seconds=5)
    ]  # fmt: skip


def test_headlights_and_a_value_just_above_end_no_night() -> None:
    watch, since = CoatWatch(), START
    assert seen(watch, (0, 9), (30, 9), (31, 90), (50, 90), (51, 9)) == [None, since, since, since, since]
    assert seen(watch, (100, 11), (200, 11)) == [since, since]
    assert seen(watch, (300, 12), (329, 12), (330, 12)) == [since, since, None]


def test_light_clothes_differ_more_than_twice_as_much_as_a_dark_coat_and_are_missed_later() -> None:
    assert light_clothes_differ(coat_differs(100)) == pytest.approx(76, abs=1)
    watch = CoatWatch()
    blind = [watch.note(10.0, coat, at_s, START).blind_since for at_s, coat in ((0, 5), (60, 5), (61, 4), (91, 4))]
    assert blind == [None, None, None, START]


def test_a_camera_that_would_see_nobody_says_so_and_not_that_it_would_miss_a_coat() -> None:
    blind = Seeing(12.4, 4.0, START, "dark", blind_since=datetime(2026, 11, 23, 20, 40, tzinfo=UTC))
    assert blind_in_words(blind, "Yard", ZoneInfo("Europe/Berlin")) == (
        "camera Yard is dark since 21:40: nobody would be seen, not even in light clothes; light the place, or use a "
        "camera with an infrared lamp"
    )
    assert in_words(blind, UTC).startswith("since 20:40 nobody would be seen, not even in light clothes; ")
    assert missed_coats({f"{SEEING_FACT}yard": in_words(blind, UTC)}) == {}
    assert blind_in_words(Seeing(12.4, 39.0, None), "Yard", UTC) == ""


def test_the_time_is_told_in_the_zone_of_the_house_and_found_again_among_the_facts() -> None:
    dark = Seeing(12.4, 7.6, datetime(2026, 11, 23, 20, 40, tzinfo=UTC), "dark: sensitivity = 3 counts")
    text = in_words(dark, ZoneInfo("Europe/Berlin"))
    assert text == (
        "since 21:40 a dark coat would be missed; differences from 12 of 255 steps on are seen, "
        "and a dark coat before a dark wall differs by 8; dark: sensitivity = 3 counts"
    )
    facts = {
        f"{SEEING_FACT}yard": text,
        f"{SEEING_FACT}hall": in_words(Seeing(12.4, 39.0, None), UTC),
        "camera:hall": "a dark coat would be missed",
    }
    assert missed_coats(facts) == {"yard": "since 21:40 a dark coat would be missed"}


@pytest.mark.parametrize(("brightness", "noise", "missed"), [(110, 1.5, False), (12, 6.0, True)])
def test_a_dark_and_noisy_picture_would_miss_it_and_one_of_the_day_not(
    brightness: int, noise: float, *, missed: bool
) -> None:
    pipeline = Pipeline("front", MotionSettings(), ())
    for each in film(36, scene=np.full((60, 80), brightness, np.float32), noise=noise):
        pipeline.step(each)
    assert pipeline.seeing is not None
    assert (pipeline.seeing.missed_since is not None) is missed
