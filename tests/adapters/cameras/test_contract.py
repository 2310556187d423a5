"""One suite for every camera: what ports.Camera promises."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest

from pisecurity.core.types import Frame, Packet
from pisecurity.errors import CameraError
from pisecurity.ports import Camera
from tests.adapters.cameras.subjects import KINDS, LIVE, PACED, PLAYED, WITH_PACKETS, Subject, subjects, wait
from tests.fakes import FakeClock
from tests.rigs.patience import within

STOP_S = 1.0
"""So long a camera may take to close."""
SILENT_S = 0.002
"""Too short for a frame to come in."""
FRAME_S = 0.1
"""Every camera here has 10 frames a second."""
# Slack for two busy cores. A wrong camera would show more: a wall time that is hours off, a read that returns at once
# or only with the next frame, frames that are 0.3 s old from a full queue of four, or 1.1 s and more after the sleep.
WALL_SLACK_S = 0.2
QUEUE_SLACK_S = 0.25
SLEEP_SLACK_S = 0.5


@pytest.fixture(params=KINDS)
def subject(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Subject]:
    chosen = subjects(tmp_path_factory.getbasetemp())[request.param]
    with chosen.around():
        yield chosen


def next_frame(camera: Camera) -> Frame:
    frame = camera.read(5.0)
    assert frame is not None
    return frame


def close_in_time(camera: Camera) -> None:
    within(STOP_S, camera.close)


def test_frames_have_the_size_that_open_tells(subject: Subject) -> None:
    camera = subject.make(subject.clock())
    info = camera.open()
    frame = next_frame(camera)
    picture = frame.picture()
    camera.close()
    assert frame.camera == "front"
    assert (info.fps, info.live) == (10, subject.live)
    assert frame.luma.dtype == np.uint8
    assert frame.luma.shape == (info.luma_height, info.luma_width)
    assert picture.size == (info.width, info.height)
    half = ((info.height + 1) // 2, (info.width + 1) // 2)
    assert [picture.u.shape, picture.v.shape] == [half, half]
    assert {plane.dtype for plane in (picture.y, picture.u, picture.v)} == {np.dtype(np.uint8)}
    assert info.description and "\n" not in info.description


def test_the_picture_shows_what_is_watched(subject: Subject) -> None:
    camera = subject.make(subject.clock())
    camera.open()
    frame = next_frame(camera)
    luma, y = frame.luma.copy(), frame.picture().y
    camera.close()
    seen = cv2.resize(y, luma.shape[::-1], interpolation=cv2.INTER_AREA)
    if luma.std() > 2:  # an even picture goes along with nothing
        # A camera that draws its pattern anew at each size reaches 0.8, another scene or shuffled pixels about 0.
        assert np.corrcoef(seen.ravel(), luma.ravel())[0, 1] > 0.7
    # A picture has the range 0..255, a watched plane may have that of video, 16..235.
    assert abs(y.mean() - luma.mean()) < 20


def test_frames_come_at_their_rate_and_none_is_lost(subject: Subject) -> None:
    camera = subject.make(subject.clock())
    camera.open()
    frames = [next_frame(camera) for _ in range(12)]
    camera.close()
    taken_s = [frame.taken_s for frame in frames]
    assert [frame.index for frame in frames] == list(range(12))
    assert all(later > earlier for earlier, later in pairwise(taken_s))
    assert taken_s[11] - taken_s[0] == pytest.approx(1.1, abs=0.1 if subject.live else 1e-5)


def test_wall_time_goes_along_with_frame_time(subject: Subject) -> None:
    clock = subject.clock()
    camera = subject.make(clock)
    began = clock.now()
    camera.open()
    frames = [next_frame(camera) for _ in range(6)]
    camera.close()
    exact = timedelta(seconds=WALL_SLACK_S if subject.live else 0.001)
    for frame in frames:
        assert began - exact <= frame.taken_at <= began + timedelta(seconds=10)
        passed = timedelta(seconds=frame.taken_s - frames[0].taken_s)
        assert abs(frame.taken_at - frames[0].taken_at - passed) < exact


def test_frame_times_are_the_clocks_monotonic_time(subject: Subject) -> None:
    clock = subject.clock()
    camera = subject.make(clock)
    camera.open()
    for _ in range(4):
        frame = next_frame(camera)
        if subject.paced:
            assert -0.001 <= clock.monotonic() - frame.taken_s < 0.5
    camera.close()


def test_a_picture_stays_as_it_was_when_the_next_frame_is_read(subject: Subject) -> None:
    camera = subject.make(subject.clock())
    camera.open()
    frame = next_frame(camera)
    picture = frame.picture()
    before = [plane.copy() for plane in (picture.y, picture.u, picture.v)]
    for _ in range(8):
        next_frame(camera).picture()
    camera.close()
    assert all(np.array_equal(a, b) for a, b in zip(before, (picture.y, picture.u, picture.v), strict=True))


def test_a_picture_may_be_drawn_into_without_touching_the_frame(subject: Subject) -> None:
    camera = subject.make(subject.clock())
    camera.open()
    frame = next_frame(camera)
    luma, picture = frame.luma.copy(), frame.picture()
    y = picture.y.copy()
    picture.y[:] = 0
    assert np.array_equal(frame.luma, luma)
    assert np.array_equal(frame.picture().y, y), "the picture can be copied again while the frame is valid"
    camera.close()


def test_consecutive_frames_differ(subject: Subject) -> None:
    camera = subject.make(subject.clock())
    camera.open()
    first = next_frame(camera).luma.copy()
    assert not np.array_equal(first, next_frame(camera).luma)
    camera.close()


def test_reading_a_closed_camera_says_so(subject: Subject) -> None:
    camera = subject.make(subject.clock())
    with pytest.raises(CameraError, match="front is closed"):
        camera.read(1.0)
    camera.open()
    next_frame(camera)
    camera.close()
    with pytest.raises(CameraError, match="front is closed"):
        camera.read(1.0)


def test_close_may_come_twice_and_before_open(subject: Subject) -> None:
    camera = subject.make(subject.clock())
    camera.close()
    camera.open()
    next_frame(camera)
    camera.close()
    camera.close()
    camera.open()
    assert next_frame(camera).luma.size, "closing twice must not spoil the next opening"
    camera.close()


def test_it_closes_within_a_second_in_every_state(subject: Subject) -> None:
    camera = subject.make(subject.clock())
    close_in_time(camera)
    camera.open()
    close_in_time(camera)
    camera.open()
    frame = next_frame(camera)
    close_in_time(camera)
    camera.open()
    frame = next_frame(camera)
    frame.picture()
    while camera.read(SILENT_S) is not None and subject.paced:
        pass
    close_in_time(camera)
    camera.open(lambda packet: None)
    next_frame(camera)
    close_in_time(camera)


def test_an_opened_again_camera_starts_anew_and_later(subject: Subject) -> None:
    clock = subject.clock()
    camera = subject.make(clock)
    camera.open()
    first = [next_frame(camera) for _ in range(3)]
    camera.close()
    wait(clock, 0.2 if subject.live else 60)
    camera.open()
    second = [next_frame(camera) for _ in range(3)]
    camera.close()
    assert [frame.index for frame in second] == [0, 1, 2]
    assert second[0].taken_s > first[2].taken_s


@pytest.mark.parametrize("subject", PACED, indirect=True)
def test_read_returns_none_when_nothing_came_in_time(subject: Subject) -> None:
    clock = subject.clock()
    camera = subject.make(clock)
    camera.open()
    next_frame(camera)
    began_s = clock.monotonic()
    assert camera.read(0.01) is None
    assert camera.read(0.01) is None
    passed_s = clock.monotonic() - began_s
    assert 0.019 < passed_s < FRAME_S if subject.live else passed_s == pytest.approx(0.02)
    frame = next_frame(camera)
    camera.close()
    assert frame.index == 1, "waiting in vain loses no frame"


@pytest.mark.parametrize("subject", PACED, indirect=True)
def test_a_hundred_reads_in_vain_cost_no_frame(subject: Subject) -> None:
    """A request that a time-out leaves behind starves a real camera."""
    camera = subject.make(subject.clock())
    camera.open()
    frame = next_frame(camera)
    silent = 0
    while silent < 100:
        came = camera.read(SILENT_S)
        silent += came is None
        if came is not None:
            assert came.index == frame.index + 1
            frame = came
    after = [next_frame(camera) for _ in range(8)]
    camera.close()
    assert [each.index for each in after] == list(range(frame.index + 1, frame.index + 9))


@pytest.mark.parametrize("subject", PACED, indirect=True)
def test_a_paced_camera_delivers_when_frames_are_due(subject: Subject) -> None:
    clock = subject.clock()
    camera = subject.make(clock)
    camera.open()
    late_s = []
    for _ in range(8):
        frame = next_frame(camera)
        late_s.append(clock.monotonic() - frame.taken_s)
        wait(clock, 0.07)
    camera.close()
    assert late_s == pytest.approx([0] * 8, abs=QUEUE_SLACK_S if subject.live else 1e-5)


@pytest.mark.parametrize("subject", PACED, indirect=True)
def test_a_reader_that_slept_gets_the_frame_of_now_and_sees_the_gap(subject: Subject) -> None:
    clock = subject.clock()
    camera = subject.make(clock)
    camera.open()
    before = next_frame(camera)
    wait(clock, 1.5)
    frame = next_frame(camera)
    assert clock.monotonic() - frame.taken_s < SLEEP_SLACK_S
    camera.close()
    assert frame.taken_s - before.taken_s > 1.3
    if subject.live:
        assert frame.index - before.index == pytest.approx((frame.taken_s - before.taken_s) / FRAME_S, abs=2)


def test_twenty_times_open_and_close_leave_no_thread_and_no_descriptor(subject: Subject) -> None:
    def held() -> tuple[int, int]:
        gc.collect()
        return threading.active_count(), len(list(Path("/proc/self/fd").iterdir()))

    camera = subject.make(subject.clock())
    for _ in range(2):
        camera.open()
        next_frame(camera)
        camera.close()
    before = held()
    for _ in range(20):
        camera.open()
        next_frame(camera)
        camera.close()
    assert held() == before


@pytest.mark.parametrize("subject", LIVE, indirect=True)
def test_a_frame_that_is_over_gives_no_picture_any_more(subject: Subject) -> None:
    """Its buffer is with the camera again, which fills it while the picture would be copied."""
    camera = subject.make(subject.clock())
    camera.open()
    frame = next_frame(camera)
    frame.picture()
    next_frame(camera).picture()
    with pytest.raises(CameraError, match="front: .*has passed"):
        frame.picture()
    camera.close()


@pytest.mark.parametrize("subject", WITH_PACKETS, indirect=True)
def test_packets_begin_with_a_keyframe_and_have_the_time_of_their_frames(subject: Subject) -> None:
    packets: list[Packet] = []
    camera = subject.make(subject.clock())
    info = camera.open(packets.append)
    frames = [next_frame(camera) for _ in range(10)]
    camera.close()
    assert info.packets
    assert packets[0].keyframe
    assert packets[0].data.startswith(b"\x00\x00\x00\x01")
    times = [packet.taken_s for packet in packets]
    assert times == sorted(set(times))
    taken_s = {round(frame.taken_s, 3) for frame in frames}
    assert len(taken_s & {round(time_s, 3) for time_s in times}) >= 8


@pytest.mark.parametrize("subject", [kind for kind in KINDS if kind not in WITH_PACKETS], indirect=True)
def test_a_camera_without_packets_says_so_and_calls_no_sink(subject: Subject) -> None:
    packets: list[Packet] = []
    camera = subject.make(subject.clock())
    info = camera.open(packets.append)
    for _ in range(10):
        next_frame(camera)
    camera.close()
    assert not info.packets
    assert packets == []


@pytest.mark.parametrize("subject", PLAYED, indirect=True)
def test_frame_times_do_not_depend_on_when_a_recording_was_opened(subject: Subject) -> None:
    def steps(since_boot_s: float) -> list[float]:
        camera = subject.make(FakeClock(since_boot_s=since_boot_s))
        camera.open()
        taken_s = [next_frame(camera).taken_s for _ in range(8)]
        return [time_s - taken_s[0] for time_s in taken_s]

    assert steps(12.3) == steps(987_654.321)


@pytest.mark.parametrize("subject", PLAYED, indirect=True)
def test_two_readings_of_a_recording_give_the_same_frames(subject: Subject) -> None:
    def lumas() -> list[bytes]:
        camera = subject.make(FakeClock())
        camera.open()
        return [next_frame(camera).luma.tobytes() for _ in range(10)]

    assert lumas() == lumas()


@pytest.mark.parametrize("subject", sorted(set(PLAYED) - set(PACED)), indirect=True)
def test_an_unpaced_camera_never_waits(subject: Subject) -> None:
    clock = FakeClock()
    camera = subject.make(clock)
    camera.open()
    for _ in range(10):
        next_frame(camera)
    assert clock.waits == []
