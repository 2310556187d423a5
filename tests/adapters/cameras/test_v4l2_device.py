"""The USB camera on a device of the kernel: vivid, in the virtual machine of ``make test-v4l2``."""

from __future__ import annotations

import gc
import logging
from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pytest

from pisecurity.adapters.cameras.planes import FULL_LUMA
from pisecurity.adapters.cameras.v4l2 import V4l2Camera
from pisecurity.adapters.cameras.v4l2.choice import Offer, Wanted
from pisecurity.adapters.cameras.v4l2.device import Device, Filled
from pisecurity.adapters.cameras.v4l2.find import survey
from pisecurity.adapters.clock import SystemClock
from pisecurity.core.types import Frame, Picture
from pisecurity.errors import CameraError
from tests.adapters.cameras.subjects import V4L2_DEVICE, camera_settings
from tests.adapters.cameras.v4l2_vivid import DEVICE, control, put_back, stamped_at_the_start, take_away

pytestmark = pytest.mark.v4l2
CHECKERS = 10
"""Of vivid's test patterns: black and white squares."""


@pytest.fixture(autouse=True)
def vivid() -> Iterator[None]:
    """Give the kernel's camera as it is after loading."""
    assert V4L2_DEVICE, "there is no camera of the kernel here; run 'make test-v4l2'"
    with stamped_at_the_start():
        yield
    gc.collect()  # errors that a test has kept hold buffers, and those the module
    take_away()
    put_back()


def camera(opener: type[Device] = Device, **given: object) -> V4l2Camera:
    settings = {"kind": "v4l2", "device": str(DEVICE), "width": 640, "height": 360, **given}
    return V4l2Camera(camera_settings(**settings), SystemClock(), opener=opener)


def read(camera: V4l2Camera) -> Frame:
    frame = camera.read(5.0)
    assert frame is not None
    return frame


def read_on(camera: V4l2Camera) -> None:
    """Read what was filled before, and on."""
    for _ in range(9):
        camera.read(1.0)


def refusal(camera: V4l2Camera) -> str:
    """Return why *camera* does not open."""
    with pytest.raises(CameraError) as raised:
        camera.open()
    return str(raised.value)


def test_r16_an_unplugged_camera_says_so_and_works_when_it_is_back() -> None:
    front = camera()
    front.open()
    before = read(front)
    control("Disconnect")
    with pytest.raises(CameraError, match="camera front: USB camera vivid was unplugged; plug it in again"):
        read_on(front)
    front.close()
    front.open()  # vivid is back once nobody has it open
    after = read(front)
    front.close()
    assert after.index == 0
    assert after.taken_s > before.taken_s


def test_r16_a_camera_that_is_away_is_named_and_found_again() -> None:
    front = camera()
    front.open()
    read(front)
    front.close()
    take_away()
    assert refusal(front).startswith(f"camera front: {DEVICE} is not there; plug it in; ")
    assert "there is no USB camera" in refusal(camera(device=""))
    put_back()
    front.open()
    assert read(front).index == 0
    front.close()


def test_of_two_cameras_one_must_be_named_and_metadata_is_none() -> None:
    assert [found.node.name for found in survey().cameras] == ["video0", "video1"]
    assert refusal(camera(device="")) == (
        "camera front: there are 2 USB cameras; set device to one that is there: "
        "/dev/video0 (vivid), /dev/video1 (vivid)"
    )
    assert "(vivid) delivers no pictures" in refusal(camera(device="/dev/video2"))


def test_only_one_can_have_a_camera() -> None:
    front, other = camera(), camera()
    front.open()
    text = refusal(other)
    assert text.startswith("camera front: USB camera vivid is in use by another program; stop that one, ")
    assert text.endswith(f"'sudo fuser -v {DEVICE}' names it")
    assert read(front).index == 0, "the one who has it notices nothing"
    front.close()
    other.open()
    other.close()


def test_a_frame_and_its_error_that_are_kept_do_not_keep_the_camera() -> None:
    front = camera()
    front.open()
    kept: list[object] = [read(front)]
    control("Inject VIDIOC_QBUF Error")
    with pytest.raises(CameraError) as raised:
        front.read(1.0)
    kept.append(raised.value)
    front.close()
    front.open()
    assert read(front).index == 0
    front.close()


def test_r19_lost_frames_are_gaps_and_none_comes_twice() -> None:
    control("Percentage of Dropped Buffers", 50)
    front = camera()
    front.open()
    frames = [read(front) for _ in range(20)]
    front.close()
    steps = [after.index - before.index for before, after in pairwise(frames)]
    assert min(steps) == 1 and max(steps) > 1
    for before, after in pairwise(frames):
        assert after.taken_s - before.taken_s == pytest.approx((after.index - before.index) / 10, abs=0.06)


def test_r19_a_frame_the_driver_calls_damaged_is_left_out(caplog: pytest.LogCaptureFixture) -> None:
    front = camera()
    front.open()
    first = read(front)
    with caplog.at_level(logging.WARNING):
        control("Inject V4L2_BUF_FLAG_ERROR")
        frames = [first, *(read(front) for _ in range(6))]
    front.close()
    assert sorted(after.index - before.index for before, after in pairwise(frames)) == [1, 1, 1, 1, 1, 2]
    assert caplog.messages == ["damaged pictures left out camera=front count=1 last=the driver says so"]


@pytest.mark.parametrize("step", ["Inject VIDIOC_REQBUFS Error", "Inject VIDIOC_STREAMON Error"])
def test_a_driver_that_refuses_to_start_says_so_and_may_start_later(step: str) -> None:
    front = camera()
    control(step)
    assert "USB camera vivid does not do as it is told (Invalid argument)" in refusal(front)
    front.open()
    assert read(front).index == 0
    front.close()


def test_a_stream_that_breaks_off_says_so_and_starts_again() -> None:
    front = camera()
    front.open()
    read(front)
    control("Inject Fatal Streaming Error")
    with pytest.raises(CameraError, match="vivid broke off in the middle; it is opened again"):
        read_on(front)
    front.close()
    front.open()
    assert read(front).index == 0
    front.close()


@pytest.mark.parametrize("wrap", [1, 2])
def test_r22_stamps_that_jump_are_not_believed(wrap: int) -> None:
    control("Wrap Timestamp", wrap)
    front, clock = camera(), SystemClock()
    front.open()
    for _ in range(5):
        frame = read(front)
        assert 0 <= clock.monotonic() - frame.taken_s < 0.3
    front.close()


def test_the_stamps_of_the_kernel_are_used() -> None:
    stamps: set[float | None] = set()

    class Noting(Device):
        def take(self) -> Filled | None:
            filled = super().take()
            stamps.add(filled.stamp_s if filled else None)
            return filled

    front = camera(Noting)
    front.open()
    frames = [read(front) for _ in range(20)]
    front.close()
    assert {frame.taken_s for frame in frames} <= stamps
    steps = [after.taken_s - before.taken_s for before, after in pairwise(frames)]
    assert steps == pytest.approx([0.1] * 19, abs=0.01)


def test_r22_a_count_that_wraps_is_no_gap() -> None:
    control("Wrap Sequence Number", 1)
    front = camera(fps=30)
    front.open()
    indices = [read(front).index for _ in range(150)]
    front.close()
    # vivid begins 128 before the end.
    assert indices[-1] - indices[0] < 200


@pytest.mark.parametrize(
    ("asked", "came", "remarks"),
    [
        ((640, 360, 10), (640, 360, 10), []),
        ((640, 480, 5), (640, 480, 5), []),
        ((1280, 720, 10), (1280, 720, 10), []),
        ((1920, 1080, 10), (1920, 1080, 5), ["it gives 5 frames/s instead of 10"]),
        ((800, 600, 10), (640, 480, 10), ["it gives 640x480 instead of 800x600"]),
        ((640, 360, 12), (640, 360, 12), []),
        ((1024, 768, 1), (640, 480, 1), ["it gives 640x480 instead of 1024x768"]),
    ],
)
def test_what_is_asked_for_and_what_comes(
    asked: tuple[int, int, float], came: tuple[int, int, float], remarks: list[str]
) -> None:
    width, height, fps = asked
    front = camera(width=width, height=height, fps=float(fps))
    info = front.open()
    front.close()
    assert (info.width, info.height, info.fps) == came
    assert list(info.remarks) == remarks


def test_a_rate_the_camera_does_not_have_is_reached_by_leaving_out() -> None:
    front = camera(fps=7.0)
    assert front.open().fps == 7
    frames = [read(front) for _ in range(15)]
    front.close()
    assert [frame.index for frame in frames] == list(range(15))
    assert (frames[14].taken_s - frames[0].taken_s) == pytest.approx(14 / 7, abs=0.15)


def only(code: str) -> type[Device]:
    """Return a device that offers this format alone."""

    class Only(Device):
        def offers(self, wanted: Wanted | None) -> tuple[Offer, ...]:
            return tuple(offer for offer in super().offers(wanted) if offer.format == code)

    return Only


def shown(code: str, **given: object) -> tuple[Frame, Picture]:
    front = camera(only(code), **given)
    assert f", {code} 640x360" in front.open().description
    frame = read(front)
    picture = frame.picture()
    front.close()
    return frame, picture


@pytest.mark.parametrize("code", ["UYVY", "NV12", "YU12", "GREY"])
def test_each_format_shows_the_same_scene(code: str) -> None:
    control("OSD Text Mode", 2)  # none: a clock would differ
    if code == "GREY":  # has the full range, in vivid and in most infrared cameras, and other ideas about colours
        control("Test Pattern", CHECKERS)
    frame, picture = shown(code)
    reference, expected = shown("YUYV")
    luma = FULL_LUMA[reference.luma] if code == "GREY" else reference.luma
    assert np.abs(frame.luma.astype(int) - luma).mean() < 2
    for came, other in ((picture.y, expected.y), (picture.u, expected.u), (picture.v, expected.v)):
        assert np.abs(came.astype(int) - other).mean() < 2.5


def test_a_camera_upside_down_is_turned() -> None:
    control("OSD Text Mode", 2)
    frame, picture = shown("YUYV", rotation=180)
    upright, expected = shown("YUYV")
    assert np.array_equal(frame.luma[::-1, ::-1], upright.luma)
    assert np.array_equal(picture.u[::-1, ::-1], expected.u)
