from __future__ import annotations

import io
import os
import threading

import numpy as np
import pytest

from pisecurity.adapters.cameras.y4m import Y4mCamera
from pisecurity.errors import CameraError, EndOfStreamError
from tests.adapters.cameras.videos import FRAMES, grey_level, y4m
from tests.fakes import FakeClock


def camera_of(content: bytes) -> Y4mCamera:
    return Y4mCamera(io.BytesIO(content), "stdin", FakeClock())


@pytest.mark.parametrize("colour", ["", " C420", " C420jpeg", " C420mpeg2", " C420paldv", " Cmono"])
def test_every_allowed_colour_gives_its_frames(colour: str) -> None:
    camera = camera_of(y4m(header=f"F10:1 Ip A1:1{colour} XYSCSS=420"))
    camera.open()
    for number in range(FRAMES):
        frame = camera.read(1.0)
        assert frame is not None
        assert np.all(frame.luma == grey_level(number))
        assert np.all(frame.picture().u == (128 if "mono" in colour else 90))
    with pytest.raises(EndOfStreamError, match=f"ended after {FRAMES} frames") as end:
        camera.read(1.0)
    assert end.value.whole


def test_times_come_from_the_rate_of_the_header() -> None:
    camera = camera_of(y4m(frames=4, header="F30000:1001 Cmono"))
    assert camera.open().fps == pytest.approx(29.97, abs=0.001)
    frames = [camera.read(1.0) for _ in range(4)]
    taken_s = [frame.taken_s for frame in frames if frame is not None]
    assert np.diff(taken_s) == pytest.approx([1001 / 30000] * 3, abs=1e-6)


def test_odd_sizes_round_colour_up() -> None:
    camera = camera_of(y4m(size=(161, 91)))
    camera.open()
    for _ in range(FRAMES):
        frame = camera.read(1.0)
        assert frame is not None
        assert frame.luma.shape == (91, 161)
        assert frame.picture().v.shape == (46, 81)


def test_limited_range_is_stretched_in_the_picture_only() -> None:
    camera = camera_of(y4m(header="F10:1 C420 XCOLORRANGE=LIMITED"))
    camera.open()
    frame = camera.read(1.0)
    assert frame is not None
    assert frame.luma[0, 0] == grey_level(0)
    assert frame.picture().y[0, 0] == round((grey_level(0) - 16) * 255 / 219)


def test_a_frame_line_may_carry_parameters() -> None:
    camera = camera_of(y4m(header="F10:1 Cmono").replace(b"FRAME\n", b"FRAME Ip\n"))
    camera.open()
    assert all(camera.read(1.0) is not None for _ in range(FRAMES))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "the stream is empty; make it with: ffmpeg"),
        (b"RIFF1234AVI LIST\n", "does not begin with YUV4MPEG2; make it with: ffmpeg"),
        (bytes(5000), "a line does not end"),
        (b"YUV4MPEG2 H48 F10:1\n", "needs W from 16 to 16384, such as W640, and has none"),
        (b"YUV4MPEG2 W64 Hx F10:1\n", "needs H from 16 to 16384, such as H640, and has Hx"),
        (b"YUV4MPEG2 W99999 H48 F10:1\n", "needs W from 16 to 16384, such as W640, and has W99999"),
        (b"YUV4MPEG2 W64 H8 F10:1\n", "needs H from 16 to 16384, such as H640, and has H8"),
        (b"YUV4MPEG2 W15 H48 F10:1\n", "needs W from 16 to 16384, such as W640, and has W15"),
        (b"YUV4MPEG2 W64 H48\n", "gives no frame rate; add one, such as F10:1"),
        (b"YUV4MPEG2 W64 H48 F0:0\n", "gives no frame rate"),
        (b"YUV4MPEG2 W64 H48 F10:1 C444\n", "cannot read C444, only mono and 8-bit 4:2:0"),
        (b"YUV4MPEG2 W64 H48 F10:1 C420p10\n", "cannot read C420p10"),
    ],
)
def test_a_header_that_cannot_be_read_is_explained_in_one_line(content: bytes, words: str) -> None:
    with pytest.raises(CameraError) as raised:
        camera_of(content).open()
    assert words in str(raised.value)
    assert str(raised.value).startswith("camera stdin: ")
    assert "\n" not in str(raised.value)


def test_a_stream_that_ends_inside_a_frame_says_how_many_were_whole() -> None:
    camera = camera_of(y4m(frames=3)[:-1])
    camera.open()
    assert camera.read(1.0) is not None
    assert camera.read(1.0) is not None
    with pytest.raises(EndOfStreamError, match="inside frame 2, after 2 whole frames") as end:
        camera.read(1.0)
    assert not end.value.whole


def test_a_stream_out_of_step_is_reported() -> None:
    camera = camera_of(y4m(frames=1) + b"noise instead of a mark\n")
    camera.open()
    assert camera.read(1.0) is not None
    with pytest.raises(CameraError, match="no FRAME mark after 1 frames"):
        camera.read(1.0)


def test_a_pipe_in_small_pieces_gives_whole_frames_and_can_be_read_once() -> None:
    reading, writing = os.pipe()
    content = y4m(frames=3)

    def write() -> None:
        with os.fdopen(writing, "wb", buffering=0) as pipe:
            for start in range(0, len(content), 700):
                pipe.write(content[start : start + 700])

    writer = threading.Thread(target=write)
    writer.start()
    with os.fdopen(reading, "rb") as pipe:
        camera = Y4mCamera(pipe, "stdin", FakeClock())
        camera.open()
        levels = [int(frame.luma[47, 63]) for _ in range(3) if (frame := camera.read(1.0)) is not None]
        writer.join()
        camera.close()
        with pytest.raises(CameraError, match="a pipe can be read only once"):
            camera.open()
    assert levels == [grey_level(number) for number in range(3)]
