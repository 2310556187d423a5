"""Sizes, sensor mode, region and frame times of a Pi camera."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pisecurity.adapters.cameras.picamera2.view import crop, frame_times_us, watched_size, whole_view

SENSORS = {
    "ov5647": ((2592, 1944), [(640, 480), (1296, 972), (1920, 1080), (2592, 1944)]),
    "imx219": ((3280, 2464), [(640, 480), (1640, 1232), (1920, 1080), (3280, 2464)]),
    "imx708": ((4608, 2592), [(1536, 864), (2304, 1296), (4608, 2592)]),
    "imx477": ((4056, 3040), [(1332, 990), (2028, 1080), (2028, 1520), (4056, 3040)]),
    "imx296": ((1456, 1088), [(1456, 1088)]),
}


@pytest.mark.parametrize(
    ("sensor", "picture", "mode"),
    [
        ("ov5647", (1280, 720), (1296, 972)),
        ("imx219", (1280, 720), (1640, 1232)),
        ("imx219", (640, 480), (1640, 1232)),
        ("imx219", (1920, 1080), (3280, 2464)),
        ("imx708", (640, 480), (2304, 1296)),
        ("imx708", (1280, 720), (2304, 1296)),
        ("imx477", (1280, 720), (2028, 1520)),
        ("imx296", (1280, 720), (1456, 1088)),
        ("imx296", (1920, 1080), (1456, 1088)),
    ],
)
def test_the_mode_shows_the_whole_view_and_is_no_larger_than_needed(
    sensor: str, picture: tuple[int, int], mode: tuple[int, int]
) -> None:
    array, modes = SENSORS[sensor]
    assert whole_view(modes, array, picture) == mode


def test_a_camera_without_a_sensor_to_choose_from_has_no_mode() -> None:
    assert whole_view([], (0, 0), (640, 480)) is None
    assert whole_view([(640, 480)], (0, 0), (640, 480)) is None


@pytest.mark.parametrize(
    ("picture", "watched"),
    [((640, 480), (384, 288)), ((1280, 720), (384, 216)), ((1456, 1088), (384, 286)), ((320, 240), (256, 192)),
     ((256, 144), (256, 144)), ((480, 640), (384, 512))],
)  # fmt: skip
def test_fact_4_the_watched_plane_has_the_shape_of_the_picture_and_needs_no_padding(
    picture: tuple[int, int], watched: tuple[int, int]
) -> None:
    assert watched_size(picture) == watched
    assert watched[0] % 128 == 0 and watched[1] % 2 == 0


SIZES = st.tuples(st.integers(128, 2304).map(lambda n: 2 * n), st.integers(72, 1728).map(lambda n: 2 * n))
CORNER = st.floats(0, 0.9)


@given(SIZES, CORNER, CORNER, st.floats(0.1, 1), st.floats(0.1, 1))
def test_a_region_is_shown_whole_undistorted_and_inside_the_view(
    picture: tuple[int, int], left: float, top: float, width: float, height: float
) -> None:
    region = (left, top, min(width, 1 - left), min(height, 1 - top))
    x, y, wide, high = crop(region, (0, 0, 4608, 2592), picture)
    assert min(x, y) >= 0 and x + wide <= 4609 and y + high <= 2593
    assert wide / high == pytest.approx(picture[0] / picture[1], rel=0.03)
    everything = crop((0, 0, 1, 1), (0, 0, 4608, 2592), picture)
    for start, size, at, span in (
        (x, wide, everything[0] + region[0] * everything[2], region[2] * everything[2]),
        (y, high, everything[1] + region[1] * everything[3], region[3] * everything[3]),
    ):
        assert start <= at + 2 and start + size >= at + span - 2


def test_the_whole_region_is_the_middle_of_the_view() -> None:
    assert crop((0, 0, 1, 1), (0, 0, 3280, 2464), (1280, 720)) == (0, 309, 3280, 1845)


def test_the_lower_right_quarter_is_there() -> None:
    assert crop((0.5, 0.5, 0.5, 0.5), (0, 0, 4608, 2592), (1280, 720)) == (2304, 1296, 2304, 1296)


@pytest.mark.parametrize(
    ("fps", "longest_ms", "times"),
    [
        (10, 50, (100_000, 100_000)),
        (10, 250, (100_000, 250_000)),
        (60, 10, (33_000, 33_000)),  # the sensor mode is slower than that
        (10, 900, (100_000, 500_000)),  # and takes no longer than that
    ],
)
def test_a_frame_may_take_longer_only_where_the_exposure_may(
    fps: float, longest_ms: float, times: tuple[int, int]
) -> None:
    assert frame_times_us(fps, longest_ms, (33_000, 500_000)) == times
