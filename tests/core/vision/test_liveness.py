"""Whether what a camera delivers is alive."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from pisecurity.core.vision.liveness import FROZEN_S, RATE_S, REMEMBERED, Freeze, Rate

SHAPE = (48, 64)


def noisy(number: int) -> NDArray[np.uint8]:
    return np.random.default_rng(number).integers(0, 256, SHAPE, np.uint8)


def longest_freeze_s(pictures: list[NDArray[np.uint8]], fps: float = 10) -> float:
    freeze = Freeze()
    return max(freeze.frozen_s(picture, index / fps) for index, picture in enumerate(pictures))


def test_pictures_with_noise_are_never_frozen() -> None:
    still = noisy(0)
    still[:] = 90
    pictures = []
    for number in range(300):
        picture = still.copy()
        picture[number % 48, number % 64] += 1  # one grain of noise is enough
        pictures.append(picture)
    assert longest_freeze_s(pictures) < 2


def test_r17_the_same_picture_again_and_again_is_frozen() -> None:
    assert longest_freeze_s([noisy(1)] * 100) == pytest.approx(9.9)
    assert longest_freeze_s([noisy(1)] * 100) > FROZEN_S


def test_r17_the_same_few_buffers_in_turn_are_frozen_too() -> None:
    buffers = [noisy(number) for number in range(6)]
    assert longest_freeze_s([buffers[number % 6] for number in range(200)]) > FROZEN_S


def test_a_long_loop_is_a_recording_and_not_frozen() -> None:
    loop = [noisy(number) for number in range(5 * REMEMBERED * 2)]
    assert longest_freeze_s(loop * 2) < 2


def test_an_even_picture_proves_nothing() -> None:
    assert longest_freeze_s([np.full(SHAPE, 16, np.uint8)] * 300) < 2


def test_a_hot_pixel_in_the_dark_proves_nothing() -> None:
    dark = np.full((216, 384), 16, np.uint8)
    dark[100, 100] = 255
    assert longest_freeze_s([dark] * 300) < 2


@pytest.mark.parametrize("columns", [32, 64])
def test_what_privacy_zones_hide_proves_nothing(columns: int) -> None:
    """The black of a zone beside the grey of a dark garden would look like a picture that shows something."""
    visible = np.full(SHAPE, 255, np.uint8)
    visible[:, :columns] = 0
    freeze = Freeze()
    assert max(freeze.frozen_s(visible // 16, index / 10, visible) for index in range(300)) < 2


def test_what_is_visible_beside_a_privacy_zone_can_be_frozen() -> None:
    visible = np.full(SHAPE, 255, np.uint8)
    visible[:, :32] = 0
    freeze = Freeze()
    assert max(freeze.frozen_s(noisy(1) & visible, index / 10, visible) for index in range(100)) > FROZEN_S


def test_a_picture_that_moves_on_is_alive_again() -> None:
    freeze = Freeze()
    for index in range(60):
        freeze.frozen_s(noisy(1), index / 10)
    assert freeze.frozen_s(noisy(2), 6.5) == 0


def rates(gaps_s: list[float], least_fps: float = 10) -> tuple[Rate, list[bool]]:
    rate, now_s, slow = Rate(least_fps), 0.0, []
    for gap_s in gaps_s:
        now_s += gap_s
        rate.note(now_s)
        slow.append(rate.slow)
    return rate, slow


def test_the_promised_rate_is_no_fault() -> None:
    assert not any(rates([0.1] * 300)[1])


def test_r21_one_frame_a_second_instead_of_ten_is_noticed_within_its_window() -> None:
    _, slow = rates([0.1] * 200 + [1.0] * 20)
    assert slow.index(True) - 200 < RATE_S


def test_it_counts_as_slow_until_it_is_clearly_faster() -> None:
    _, slow = rates([0.1] * 200 + [1.0] * 20 + [0.17] * 200)
    assert slow[-1], "5.9 of 10 is not enough"
    _, slow = rates([0.1] * 200 + [1.0] * 20 + [0.12] * 200)
    assert not slow[-1]


def test_what_a_camera_may_do_in_the_dark_is_no_fault() -> None:
    assert not any(rates([0.5] * 60, least_fps=2)[1])


def test_the_rate_is_known_after_its_window() -> None:
    rate = Rate(10)
    assert rate.note(0) is None
    assert rate.note(5) is None
    assert rate.note(10.1) == pytest.approx(0.2)
