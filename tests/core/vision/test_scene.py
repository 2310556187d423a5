from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pisecurity.core.vision.scene import Exposure, Settling, normalised, weight
from tests.core.vision.drawn import yard

SCENE = yard(width=160, height=120).astype(np.uint8)


@pytest.mark.parametrize("gain", [0.5, 0.8, 1.0, 1.2])
def test_gain_is_that_of_the_whole_picture(gain: float) -> None:
    frame = np.clip(SCENE * gain, 0, 255).astype(np.uint8)
    assert Exposure().measure(frame, SCENE, 0.0) == pytest.approx(gain, rel=0.02)


def test_gain_is_not_moved_by_a_thing_in_a_third_of_the_picture() -> None:
    frame = SCENE.copy()
    frame[:, :50] = 255
    assert Exposure().measure(frame, SCENE, 0.0) == pytest.approx(1.0, abs=0.02)


def test_gain_of_a_black_picture_can_be_divided_by() -> None:
    black = np.zeros_like(SCENE)
    gain = Exposure().measure(black, SCENE, 0.0)
    assert gain > 0
    assert normalised(black, gain).max() == 0


def test_gain_is_measured_anew_when_the_brightness_moves_or_time_passes() -> None:
    exposure = Exposure()
    assert exposure.measure(SCENE, SCENE, 0.0) == pytest.approx(1.0)
    assert exposure.measure((SCENE * 0.7).astype(np.uint8), SCENE, 0.1) == pytest.approx(0.7, rel=0.02)
    darker = (SCENE * 0.5).astype(np.uint8)
    same_frame = (SCENE * 0.7).astype(np.uint8)
    assert exposure.measure(same_frame, darker, 0.2) == pytest.approx(0.7, rel=0.02)
    assert exposure.measure(same_frame, darker, 1.0) == pytest.approx(1.4, rel=0.03)


def test_where_nothing_is_visible_the_light_is_taken_to_be_the_same() -> None:
    nowhere = np.zeros(SCENE.shape, np.uint8)
    assert Exposure(nowhere).measure(SCENE, SCENE, 0.0) == 1.0


def test_a_lamp_changes_much_at_once_and_is_distrusted_only_for_a_moment() -> None:
    settling = Settling()
    settling.start(0.0)
    assert not settling.notice(0.01, 0.3, 4.9)
    assert settling.notice(0.6, 0.3, 5.0)
    assert settling.distrusting(5.5)
    assert settling.learning(5.5)
    assert not settling.distrusting(5.7)
    assert not settling.learning(5.7)


@pytest.mark.parametrize("fps", [5, 10, 30])
def test_a_thing_that_comes_close_bit_by_bit_is_no_light(fps: int) -> None:
    settling = Settling()
    settling.start(0.0)
    assert not any(settling.notice(min(0.5 * i / fps, 0.9), 0.3, 5 + i / fps) for i in range(3 * fps))


def test_a_new_scene_is_learned_but_not_distrusted() -> None:
    settling = Settling()
    settling.start(10.0)
    assert settling.learning(10.5)
    assert not settling.distrusting(10.5)
    assert not settling.learning(11.1)


@settings(deadline=None)
@given(st.floats(0.001, 5), st.floats(0.05, 50), st.integers(1, 30))
def test_an_average_does_not_depend_on_the_frame_rate(seconds: float, tau_s: float, parts: int) -> None:
    left = 1.0
    for _ in range(parts):
        left *= 1 - weight(seconds / parts, tau_s)
    assert 1 - left == pytest.approx(weight(seconds, tau_s), abs=1e-9)
