"""The USB camera on a webcam written by hand: what it hands on, and what it says when something is wrong."""

from __future__ import annotations

import errno
import logging
import subprocess
import sys
import weakref
from dataclasses import replace
from datetime import timedelta
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import simplejpeg

from pisecurity.adapters.cameras.v4l2 import V4l2Camera
from pisecurity.adapters.cameras.v4l2.choice import Offer
from pisecurity.adapters.cameras.v4l2.device import Capability, Filled
from pisecurity.core.types import Frame
from pisecurity.errors import CameraError
from tests.adapters.cameras.v4l2_webcam import HEIGHT, NAME, RATES, WIDTH, Webcam, make_dev, plug_in
from tests.fakes import FakeClock


@pytest.fixture
def dev(tmp_path: Path) -> Path:
    return make_dev(tmp_path / "dev")


@pytest.fixture
def webcam() -> Webcam:
    return Webcam(FakeClock())


def read(camera: V4l2Camera) -> Frame:
    frame = camera.read(1.0)
    assert frame is not None
    return frame


def numbers(camera: V4l2Camera, count: int) -> list[int]:
    return [read(camera).index for _ in range(count)]


def shade(frame: Frame) -> int:
    return int(frame.luma.mean())


def test_it_tells_what_it_really_gives(webcam: Webcam, dev: Path) -> None:
    info = plug_in(webcam, dev).open()
    assert info.description == "USB camera Webcam, YUYV 640x360"
    assert (info.width, info.height, info.luma_width, info.luma_height, info.fps) == (640, 360, 320, 180, 10)
    assert (info.packets, info.remarks, info.least_fps, info.live) == (False, (), None, True)


def test_what_it_cannot_give_is_a_remark(webcam: Webcam, dev: Path) -> None:
    webcam.listed = (Offer("YUYV", 800, 600, (Fraction(5),)),)
    webcam.steady = False
    info = plug_in(webcam, dev, width=1280, height=720, device=dev / "video0").open()
    assert info.remarks == (
        f'{dev}/video0 may be another camera after the next start; set device = "{dev}/v4l/by-id/{NAME}"',
        "it sends fewer pictures in the dark and cannot be told otherwise",
        "it gives 800x600 instead of 1280x720",
        "it gives 5 frames/s instead of 10",
    )
    assert (info.width, info.fps, info.least_fps) == (800, 5, 5)


def test_a_camera_without_that_control_may_fall_to_its_slowest_rate(webcam: Webcam, dev: Path) -> None:
    webcam.steady = None
    info = plug_in(webcam, dev).open()
    assert (info.least_fps, info.remarks) == (5, ())


@pytest.mark.parametrize(
    ("rates", "least_fps"),
    [((2, 10, 30), 5), ((1, 5), 2.5), ((8, 10), 8), ((30,), 10), ((), 5)],
)
def test_a_very_slow_rate_that_it_lists_is_not_what_it_may_fall_to(
    webcam: Webcam, dev: Path, rates: tuple[int, ...], least_fps: float
) -> None:
    """With 2 of 10 frames a second allowed, a camera that is far too slow would never be told of."""
    webcam.listed = (Offer("YUYV", WIDTH, HEIGHT, tuple(map(Fraction, rates))),)
    webcam.steady = None
    assert plug_in(webcam, dev).open().least_fps == least_fps


@pytest.mark.parametrize("hz", [50, 60])
def test_a_camera_is_told_the_frequency_of_the_mains(webcam: Webcam, dev: Path, hz: int) -> None:
    assert plug_in(webcam, dev, mains_hz=hz).open().remarks == ()
    assert f"suit_mains {hz}" in webcam.log


def test_a_camera_that_cannot_be_told_the_frequency_of_the_mains_works_without(webcam: Webcam, dev: Path) -> None:
    webcam.suits_mains = False
    camera = plug_in(webcam, dev, mains_hz=50)
    assert camera.open().remarks == ("it cannot be told the frequency of the mains",)
    assert numbers(camera, 3) == [0, 1, 2]


def test_without_a_frequency_in_the_settings_the_camera_keeps_its_own(webcam: Webcam, dev: Path) -> None:
    webcam.suits_mains = False
    assert plug_in(webcam, dev).open().remarks == ()
    assert not [asked for asked in webcam.log if asked.startswith("suit_mains")]


def test_every_frame_comes_once_and_in_order(webcam: Webcam, dev: Path) -> None:
    camera = plug_in(webcam, dev)
    camera.open()
    frames = [read(camera) for _ in range(10)]
    assert [frame.index for frame in frames] == list(range(10))
    assert [shade(frame) for frame in frames] == [40 + number for number in range(10)]
    assert frames[3].taken_s == pytest.approx(webcam.began_s + 0.4)
    assert webcam.lent == {webcam.lent.copy().pop()}, "one buffer is held, all others are with the kernel"


def test_wall_time_is_that_of_taking(webcam: Webcam, dev: Path) -> None:
    camera = plug_in(webcam, dev)
    camera.open()
    webcam.clock.advance(0.14)
    frame = read(camera)
    assert webcam.clock.now() - frame.taken_at == pytest.approx(timedelta(seconds=0.04), abs=timedelta(microseconds=9))


def test_a_camera_that_only_knows_a_faster_rate_is_thinned_without_gaps(webcam: Webcam, dev: Path) -> None:
    webcam.listed = (Offer("YUYV", WIDTH, HEIGHT, (Fraction(30),)),)
    camera = plug_in(webcam, dev)
    assert camera.open().fps == 10
    frames = [read(camera) for _ in range(31)]
    assert [frame.index for frame in frames] == list(range(31))
    assert frames[30].taken_s - frames[0].taken_s == pytest.approx(3.0, abs=0.04)


def test_a_reader_a_little_late_gets_the_newest_and_sees_what_it_missed(webcam: Webcam, dev: Path) -> None:
    camera = plug_in(webcam, dev)
    camera.open()
    assert numbers(camera, 3) == [0, 1, 2]
    webcam.clock.advance(0.25)
    frame = read(camera)
    assert (frame.index, shade(frame)) == (4, 44)
    assert webcam.clock.monotonic() - frame.taken_s < 0.1


def test_a_reader_much_too_late_gets_no_picture_of_the_past(webcam: Webcam, dev: Path) -> None:
    """The kernel fills its buffers and then loses what comes: the newest filled one is as old as the sleep."""
    camera = plug_in(webcam, dev)
    camera.open()
    assert numbers(camera, 3) == [0, 1, 2]
    webcam.clock.advance(1.55)
    frame = read(camera)
    assert webcam.clock.monotonic() - frame.taken_s < 0.01
    assert frame.index == 18


@pytest.mark.parametrize("buffers", [2, 3])
def test_a_driver_with_fewer_buffers_works(webcam: Webcam, dev: Path, buffers: int) -> None:
    webcam.buffers = buffers
    camera = plug_in(webcam, dev)
    camera.open()
    assert numbers(camera, 5) == list(range(5))


def test_nothing_in_time_is_none_and_takes_no_longer(webcam: Webcam, dev: Path) -> None:
    camera = plug_in(webcam, dev)
    camera.open()
    read(camera)
    before_s = webcam.clock.monotonic()
    assert camera.read(0.03) is None
    assert webcam.clock.monotonic() - before_s == pytest.approx(0.03)
    assert read(camera).index == 1


def test_a_picture_is_copied_from_the_buffer_only_while_it_is_held(webcam: Webcam, dev: Path) -> None:
    camera = plug_in(webcam, dev)
    camera.open()
    frame = read(camera)
    assert frame.picture().size == (640, 360)
    read(camera)
    with pytest.raises(CameraError, match="camera front: the picture of this frame has passed"):
        frame.picture()
    camera.close()
    with pytest.raises(CameraError, match="has passed"):
        frame.picture()


def test_a_frame_that_outlives_its_camera_keeps_none_of_its_memory(webcam: Webcam, dev: Path) -> None:
    """A mapped buffer that somebody holds keeps the device busy: nobody could open it again."""
    data = webcam.picture(0)
    kept = weakref.ref(data)
    webcam.damage[0] = Filled(0, data, 0, None)
    del data
    camera = plug_in(webcam, dev)
    camera.open()
    frame = read(camera)
    frame.picture()
    webcam.damage.clear()
    assert kept() is not None
    camera.close()
    assert kept() is None
    assert frame.luma.any()


def test_a_camera_upside_down_is_turned(webcam: Webcam, dev: Path) -> None:
    data = webcam.picture(0)
    data[: 4 * 2 * WIDTH] = 200  # a bright strip at the top
    webcam.damage[0] = Filled(0, data, 0, None)
    camera = plug_in(webcam, dev, rotation=180)
    camera.open()
    frame = read(camera)
    assert frame.luma[-1].mean() == 200 and frame.luma[0].mean() == 40
    assert frame.picture().y[-1].mean() > frame.picture().y[0].mean()


@pytest.mark.parametrize("stamp_s", [None, 0.0, 5.0, 10_000.0, -3.0])
def test_r22_stamps_that_cannot_be_are_not_believed(webcam: Webcam, dev: Path, stamp_s: float | None) -> None:
    for number in (3, 4, 5):
        webcam.damage[number] = Filled(0, webcam.picture(number), number, stamp_s)
    camera = plug_in(webcam, dev)
    camera.open()
    frames = [read(camera) for _ in range(10)]
    steps = [after.taken_s - before.taken_s for before, after in pairwise(frames)]
    assert steps == pytest.approx([0.1] * 9, abs=0.001)
    assert [frame.index for frame in frames] == list(range(10))


def test_r22_a_driver_that_stamps_otherwise_uses_the_clock(webcam: Webcam, dev: Path) -> None:
    webcam.stamped = False
    camera = plug_in(webcam, dev)
    camera.open()
    assert read(camera).taken_s == webcam.clock.monotonic()


def test_r19_damaged_frames_are_left_out_and_are_a_gap(
    webcam: Webcam, dev: Path, caplog: pytest.LogCaptureFixture
) -> None:
    whole = webcam.picture(0)
    webcam.damage[2] = Filled(0, whole, 2, None, damaged=True)
    webcam.damage[5] = Filled(0, whole[:1000], 5, None)
    webcam.damage[6] = Filled(0, whole[:0], 6, None)
    camera = plug_in(webcam, dev)
    camera.open()
    with caplog.at_level(logging.WARNING):
        assert numbers(camera, 7) == [0, 1, 3, 4, 7, 8, 9]
    assert webcam.lent == {next(iter(webcam.lent))}, "damaged buffers go back to the kernel"
    (line,) = caplog.messages
    assert line == "damaged pictures left out camera=front count=1 last=the driver says so"


def test_r19_a_flood_of_damage_is_a_line_a_minute(webcam: Webcam, dev: Path, caplog: pytest.LogCaptureFixture) -> None:
    for number in range(1300):
        webcam.damage[number] = Filled(0, webcam.picture(0)[:8], number, None)
    camera = plug_in(webcam, dev)
    camera.open()
    for _ in range(130):
        assert camera.read(1.0) is None
    counts = [int(message.split("count=")[1].split()[0]) for message in caplog.messages]
    assert counts == pytest.approx([1, 600, 600], abs=2)


def mjpg(webcam: Webcam) -> np.ndarray[tuple[int], np.dtype[np.uint8]]:
    """Let *webcam* offer MJPG, each of its frames this noise; return it."""
    noise = np.random.default_rng(1).integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8)
    data = np.frombuffer(simplejpeg.encode_jpeg(noise, 85, "BGR", "422"), np.uint8)
    webcam.listed = (Offer("MJPG", WIDTH, HEIGHT, RATES),)
    for number in range(12):
        webcam.damage[number] = Filled(0, data, number, None)
    return data


def test_r19_damaged_jpegs_are_left_out_and_are_a_gap(webcam: Webcam, dev: Path) -> None:
    data = mjpg(webcam)
    small = np.frombuffer(simplejpeg.encode_jpeg(np.zeros((48, 64, 3), np.uint8), 85, "BGR", "422"), np.uint8)
    for number, broken in ((1, data[: data.size // 2]), (3, small), (4, data[100:])):
        webcam.damage[number] = Filled(0, broken, number, None)
    camera = plug_in(webcam, dev)
    assert camera.open().description == "USB camera Webcam, MJPG 640x360"
    assert numbers(camera, 4) == [0, 2, 5, 6]
    camera.close()


def test_only_a_jpeg_in_colour_loads_pyav() -> None:
    """It takes 15 MB, which a webcam that sends something else, or is only watched, can spare."""
    program = """
import sys
import cv2, numpy
import pisecurity.adapters.cameras.v4l2
from pisecurity.adapters.jpeg.decode import JpegDecoder
jpeg = numpy.asarray(cv2.imencode(".jpg", numpy.zeros((48, 64, 3), numpy.uint8))[1]).ravel()
decoder = JpegDecoder()
decoder.grey(jpeg, (64, 48))
print("av" in sys.modules)
print(decoder.picture(jpeg).size, "av" in sys.modules)
"""
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert (ran.stdout, ran.stderr) == ("False\n(64, 48) True\n", "")


def test_a_jpeg_is_decoded_whole_only_on_demand(webcam: Webcam, dev: Path) -> None:
    mjpg(webcam)
    camera = plug_in(webcam, dev)
    camera.open()
    frame = read(camera)
    assert frame.luma.shape == (180, 320)
    assert frame.picture().size == (640, 360)
    assert abs(frame.picture().y.mean() - frame.luma.mean()) < 2


@pytest.mark.parametrize("method", ["suit_mains 50", "keep_rate_in_the_dark"])
def test_r16_a_camera_that_is_unplugged_while_it_is_set_up_says_so(webcam: Webcam, dev: Path, method: str) -> None:
    webcam.breaks(errno.ENODEV, method)
    with pytest.raises(CameraError, match="camera front: USB camera Webcam was unplugged; plug it in again"):
        plug_in(webcam, dev, mains_hz=50).open()


@pytest.mark.parametrize("method", ["wait", "take", "give_back"])
@pytest.mark.parametrize("number", [errno.ENODEV, errno.ENXIO, errno.ESHUTDOWN])
def test_r16_an_unplugged_camera_says_so(webcam: Webcam, dev: Path, method: str, number: int) -> None:
    camera = plug_in(webcam, dev)
    camera.open()
    read(camera)
    looked_at = webcam.closed
    webcam.breaks(number, method)
    with pytest.raises(CameraError) as raised:
        camera.read(1.0)
    assert str(raised.value) == "camera front: USB camera Webcam was unplugged; plug it in again"
    camera.close()
    assert webcam.closed - looked_at == 1


def test_r16_a_camera_that_is_back_is_opened_again(webcam: Webcam, dev: Path) -> None:
    camera = plug_in(webcam, dev)
    camera.open()
    before = read(camera)
    webcam.unplug()
    with pytest.raises(CameraError, match="unplugged"):
        camera.read(1.0)
    camera.close()
    (dev / "video0").unlink()
    (dev / "v4l" / "by-id" / NAME).unlink()
    with pytest.raises(CameraError, match="there is no USB camera; plug one in"):
        camera.open()
    (dev / "video7").touch()
    webcam.broken.clear()
    camera.open()
    after = read(camera)
    assert (after.index, after.taken_s > before.taken_s) == (0, True)


OPENING = ["configure", "start", "offers"]


@pytest.mark.parametrize("method", OPENING)
@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.EBUSY, "is in use by another program; stop that one, 'sudo fuser -v"),
        (errno.ENOSPC, "does not get enough of its USB port; give a smaller width and height, or plug it into another"),
        (errno.ENODEV, "was unplugged; plug it in again"),
        (errno.EIO, "broke off in the middle; it is opened again, and if this comes back try another cable or port"),
        (errno.ENOMEM, "gets no memory for its pictures; give a smaller width and height"),
        (errno.EPROTO, "does not do as it is told (Protocol error); unplug it and plug it in again"),
    ],
)
def test_what_keeps_it_from_starting_is_said_with_the_fix(
    webcam: Webcam, dev: Path, method: str, number: int, words: str
) -> None:
    webcam.breaks(number, method)
    camera = plug_in(webcam, dev, device=dev / "v4l" / "by-id" / NAME)
    with pytest.raises(CameraError, match="camera front: USB camera Webcam ") as raised:
        camera.open()
    assert words in str(raised.value) and "\n" not in str(raised.value)
    assert webcam.closed >= 1, "a camera that does not start is given back"
    with pytest.raises(CameraError, match="front is closed"):
        camera.read(1.0)


def test_a_camera_without_a_format_that_can_be_read_says_so(webcam: Webcam, dev: Path) -> None:
    webcam.listed = (Offer("H264", 1280, 720),)
    with pytest.raises(CameraError, match=r"\(Webcam\) offers none of the formats YUYV, .*MJPG"):
        plug_in(webcam, dev, device=dev / "video0").open()


def test_a_device_that_delivers_no_pictures_says_so(webcam: Webcam, dev: Path) -> None:
    webcam.capability = replace(webcam.capability, captures=False)
    with pytest.raises(CameraError, match=r"video0 \(Webcam\) delivers no pictures; no USB camera is there"):
        plug_in(webcam, dev, device=dev / "video0").open()


def test_a_driver_that_changes_the_format_is_refused(
    webcam: Webcam, dev: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure = webcam.configure

    def other(choice: object) -> object:
        layout, rate = configure(choice)  # type: ignore[arg-type]
        return replace(layout, format="RGB3"), rate

    monkeypatch.setattr(webcam, "configure", other)
    with pytest.raises(CameraError, match=r"\(Webcam\) gives RGB3 instead of YUYV"):
        plug_in(webcam, dev).open()


def test_what_a_camera_calls_itself_stays_on_one_line(webcam: Webcam, dev: Path) -> None:
    webcam.capability = Capability("uvcvideo", "Evil\nCam\x1b[2J\u2028: 1", "usb-1", captures=True)
    assert plug_in(webcam, dev).open().description == "USB camera Evil Cam [2J : 1, YUYV 640x360"
