"""One suite for every camera: what ports.Camera promises."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from pisecurity.adapters.cameras.file import FileCamera
from pisecurity.adapters.cameras.stage import StageCamera
from pisecurity.adapters.cameras.y4m import Y4mCamera
from pisecurity.core.types import Frame
from pisecurity.errors import CameraError
from pisecurity.ports import Camera
from pisecurity.settings import CameraSettings
from tests.adapters.cameras.videos import write_video, y4m
from tests.fakes import START, FakeClock

MakeCamera = Callable[[FakeClock], Camera]


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_video(tmp_path_factory.mktemp("video") / "marked.mp4")


@pytest.fixture(params=["file as recorded", "file fast", "stage", "y4m", "y4m mono"])
def make(request: pytest.FixtureRequest, video: Path) -> MakeCamera:
    """Return a way to make the same camera again and again."""

    def of_file(pace: str) -> MakeCamera:
        settings = CameraSettings.model_validate({"id": "front", "kind": "file", "path": str(video), "pace": pace})
        return lambda clock: FileCamera(settings, clock)

    stage = CameraSettings(id="front", kind="stage")
    makers: dict[str, MakeCamera] = {
        "file as recorded": of_file("recorded"),
        "file fast": of_file("fast"),
        "stage": lambda clock: StageCamera(stage, clock),
        "y4m": lambda clock: Y4mCamera(io.BytesIO(y4m()), "front", clock),
        "y4m mono": lambda clock: Y4mCamera(io.BytesIO(y4m(header="F10:1 Cmono")), "front", clock),
    }
    return makers[request.param]


def next_frame(camera: Camera) -> Frame:
    frame = camera.read(5.0)
    assert frame is not None
    return frame


def test_frames_have_the_size_that_open_tells(make: MakeCamera) -> None:
    camera = make(FakeClock())
    info = camera.open()
    frame = next_frame(camera)
    picture = frame.picture()
    assert frame.camera == "front"
    assert info.fps == 10
    assert frame.luma.dtype == np.uint8
    assert frame.luma.shape == (info.height, info.width)
    assert picture.size == (info.width, info.height)
    half = ((info.height + 1) // 2, (info.width + 1) // 2)
    assert [picture.u.shape, picture.v.shape] == [half, half]
    assert {plane.dtype for plane in (picture.y, picture.u, picture.v)} == {np.dtype(np.uint8)}


def test_times_increase_strictly_by_the_frame_rate(make: MakeCamera) -> None:
    camera = make(FakeClock())
    camera.open()
    frames = [next_frame(camera) for _ in range(12)]
    taken_s = [frame.taken_s for frame in frames]
    assert [frame.index for frame in frames] == list(range(12))
    assert all(later > earlier for earlier, later in pairwise(taken_s))
    assert taken_s[11] - taken_s[0] == pytest.approx(1.1, abs=1e-5)


def test_wall_time_goes_along_with_frame_time(make: MakeCamera) -> None:
    camera = make(FakeClock())
    camera.open()
    frames = [next_frame(camera) for _ in range(6)]
    assert frames[0].taken_at == START
    assert abs(frames[5].taken_at - START - timedelta(seconds=0.5)) < timedelta(milliseconds=1)


def test_frame_times_do_not_depend_on_when_the_camera_was_opened(make: MakeCamera) -> None:
    def steps(since_boot_s: float) -> list[float]:
        camera = make(FakeClock(since_boot_s=since_boot_s))
        camera.open()
        taken_s = [next_frame(camera).taken_s for _ in range(8)]
        return [time_s - taken_s[0] for time_s in taken_s]

    assert steps(12.3) == steps(987_654.321)


def test_a_picture_stays_as_it_was_when_the_next_frame_is_read(make: MakeCamera) -> None:
    camera = make(FakeClock())
    camera.open()
    frame = next_frame(camera)
    picture = frame.picture()
    before = [plane.copy() for plane in (picture.y, picture.u, picture.v)]
    for _ in range(5):
        next_frame(camera).picture()
    camera.close()
    assert all(np.array_equal(a, b) for a, b in zip(before, (picture.y, picture.u, picture.v), strict=True))


def test_a_picture_may_be_drawn_into_without_touching_the_frame(make: MakeCamera) -> None:
    camera = make(FakeClock())
    camera.open()
    frame = next_frame(camera)
    before = frame.luma.copy()
    frame.picture().y[:] = 0
    assert np.array_equal(frame.luma, before)


def test_consecutive_frames_differ(make: MakeCamera) -> None:
    camera = make(FakeClock())
    camera.open()
    first = next_frame(camera).luma.copy()
    assert not np.array_equal(first, next_frame(camera).luma)


def test_reading_a_closed_camera_says_so(make: MakeCamera) -> None:
    camera = make(FakeClock())
    with pytest.raises(CameraError, match="front is closed"):
        camera.read(1.0)
    camera.open()
    next_frame(camera)
    camera.close()
    with pytest.raises(CameraError, match="front is closed"):
        camera.read(1.0)


def test_close_may_come_twice_and_before_open(make: MakeCamera) -> None:
    camera = make(FakeClock())
    camera.close()
    camera.open()
    camera.close()
    camera.close()


def test_an_opened_again_camera_starts_anew_and_later(make: MakeCamera) -> None:
    clock = FakeClock()
    camera = make(clock)
    camera.open()
    first = [next_frame(camera) for _ in range(3)]
    first_luma = first[2].luma.copy()
    camera.close()
    clock.advance(60)
    camera.open()
    second = [next_frame(camera) for _ in range(3)]
    assert second[0].index == 0
    assert second[0].taken_s > first[2].taken_s
    assert np.array_equal(second[2].luma, first_luma)


@pytest.mark.parametrize("make", ["file as recorded", "stage"], indirect=True)
def test_read_returns_none_when_nothing_is_due_in_time(make: MakeCamera) -> None:
    clock = FakeClock()
    camera = make(clock)
    camera.open()
    next_frame(camera)
    assert camera.read(0.04) is None
    assert camera.read(0.04) is None
    frame = camera.read(0.04)
    assert frame is not None
    assert frame.index == 1
    assert clock.waits == pytest.approx([0.04, 0.04, 0.02], abs=1e-5)


@pytest.mark.parametrize("make", ["file as recorded", "stage"], indirect=True)
def test_a_paced_camera_delivers_when_frames_are_due(make: MakeCamera) -> None:
    clock = FakeClock()
    camera = make(clock)
    camera.open()
    late_s = []
    for _ in range(8):
        frame = next_frame(camera)
        late_s.append(clock.monotonic() - frame.taken_s)
        clock.advance(0.07)
    assert late_s == pytest.approx([0] * 8, abs=1e-5)


@pytest.mark.parametrize("make", ["file as recorded", "stage"], indirect=True)
def test_a_reader_that_slept_gets_frames_of_now(make: MakeCamera) -> None:
    clock = FakeClock()
    camera = make(clock)
    camera.open()
    before = next_frame(camera)
    clock.advance(20)
    frame = next_frame(camera)
    assert clock.monotonic() - frame.taken_s < 0.11
    assert frame.taken_s > before.taken_s


@pytest.mark.parametrize("make", ["file fast", "y4m", "y4m mono"], indirect=True)
def test_an_unpaced_camera_never_waits(make: MakeCamera) -> None:
    clock = FakeClock()
    camera = make(clock)
    camera.open()
    for _ in range(10):
        next_frame(camera)
    assert clock.waits == []


def test_two_readings_give_the_same_frames(make: MakeCamera) -> None:
    def lumas() -> list[bytes]:
        camera = make(FakeClock())
        camera.open()
        return [next_frame(camera).luma.tobytes() for _ in range(10)]

    assert lumas() == lumas()
