from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pisecurity.core.vision.planes import Rect, halve, split


@pytest.mark.parametrize(
    ("size", "fine", "coarse"),
    [
        ((480, 640), (240, 320), (120, 160)),
        ((240, 320), (240, 320), (120, 160)),
        ((120, 160), (120, 160), (120, 160)),
        ((2160, 3840), (270, 480), (135, 240)),
        ((91, 161), (91, 161), (91, 161)),
        ((361, 641), (180, 320), (90, 160)),
        ((1280, 720), (640, 360), (320, 180)),
        ((16, 4096), (16, 4096), (16, 4096)),
    ],
)
def test_frames_are_halved_until_the_coarse_plane_is_small(
    size: tuple[int, int], fine: tuple[int, int], coarse: tuple[int, int]
) -> None:
    planes = split(np.zeros(size, np.uint8))
    assert planes.fine.shape == fine
    assert planes.coarse.shape == coarse
    assert planes.scale == (1 if fine == coarse else 2)


def test_halving_takes_the_mean_of_four_pixels() -> None:
    plane = np.array([[10, 20, 200], [30, 40, 200], [9, 9, 9]], np.uint8)
    assert halve(plane).tolist() == [[25]]


@pytest.mark.parametrize(
    "luma",
    [
        np.zeros((15, 100), np.uint8),
        np.zeros((100, 15), np.uint8),
        np.zeros((100, 100, 3), np.uint8),
        np.zeros((100, 100), np.float32),
    ],
)
def test_what_is_no_plane_is_refused_with_what_it_is(luma: np.ndarray) -> None:
    with pytest.raises(ValueError, match=r"luma must be \(H, W\) uint8 of at least 16x16, got \(1"):
        split(luma)


@settings(deadline=None)
@given(
    st.integers(0, 50), st.integers(0, 50), st.integers(1, 50), st.integers(1, 50), st.integers(0, 9),
)  # fmt: skip
def test_a_grown_rectangle_stays_in_the_plane_and_holds_the_first(x: int, y: int, w: int, h: int, by: int) -> None:
    grown = Rect(x, y, w, h).grown(by, (100, 100))
    assert 0 <= grown.x <= x
    assert 0 <= grown.y <= y
    assert x + w <= grown.x + grown.w <= 100
    assert y + h <= grown.y + grown.h <= 100
