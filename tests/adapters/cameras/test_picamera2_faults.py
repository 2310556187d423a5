"""What a Pi camera does when it fails: the unmodified picamera2 on a stand-in for libcamera."""

from __future__ import annotations

import errno
import gc
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pisecurity.adapters.cameras.picamera2 import PiCamera
from pisecurity.adapters.cameras.picamera2.camera import IN_VAIN, SILENT_S
from pisecurity.adapters.cameras.picamera2.trouble import KNOWN, explain
from pisecurity.adapters.clock import SystemClock
from pisecurity.adapters.machine.raspberry import Circumstances
from pisecurity.core.types import Frame, Packet
from pisecurity.errors import CameraError
from tests.adapters.cameras.subjects import camera_settings
from tests.rigs.patience import within
from tests.rigs.standin import Rig


@pytest.fixture
def camera() -> Iterator[PiCamera]:
    camera = PiCamera(camera_settings(kind="picamera2", width=640, height=480, fps=30), SystemClock())
    yield camera
    camera.close()


def frames(camera: PiCamera, count: int) -> list[Frame]:
    found = []
    for _ in range(count):
        frame = camera.read(5.0)
        assert frame is not None
        found.append(frame)
    return found


def silence(camera: PiCamera, seconds: float) -> None:
    """Read what is still under way, then nothing for so long."""
    while camera.read(0.3) is not None:
        pass
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        assert camera.read(0.2) is None


def descriptors() -> int:
    gc.collect()
    return len(list(Path("/proc/self/fd").iterdir()))


def test_facts_8_16_an_unplugged_camera_is_silence_and_no_error(pi: Rig, camera: PiCamera) -> None:
    camera.open()
    frames(camera, 3)
    pi.cameras[0].unplugged = True
    silence(camera, 1.0)


def test_fact_9_after_time_outs_and_return_every_frame_comes(pi: Rig, camera: PiCamera) -> None:
    """A naive client that asks anew after each time-out gets no frame for ever."""
    camera.open()
    frames(camera, 3)
    pi.cameras[0].unplugged = True
    silence(camera, 1.0)  # at least four time-outs
    pi.cameras[0].unplugged = False
    frames(camera, 3)
    after = frames(camera, 30)
    assert after[-1].taken_s - after[0].taken_s == pytest.approx(29 / 30, abs=0.1)


def test_a_hundred_time_outs_leak_no_request(pi: Rig, camera: PiCamera) -> None:
    camera.open()
    frames(camera, 3)
    pi.cameras[0].unplugged = True
    silence(camera, 0.1)
    for _ in range(100):
        assert camera.read(0.005) is None
    held = pi.cameras[0].outside
    pi.cameras[0].unplugged = False
    frames(camera, 20)
    camera.read(0.0)
    assert pi.cameras[0].outside <= held + 1
    assert pi.cameras[0].queued >= 2


@pytest.mark.parametrize("timeout_s", [None, 0.5])
def test_r16_facts_16_17_a_camera_that_comes_back_works_within_five_seconds(
    pi: Rig, camera: PiCamera, timeout_s: float | None
) -> None:
    """With a frontend time-out libcamera gives up: then only a new start of the stream helps."""
    pi.cameras[0].frontend_timeout_s = timeout_s
    camera.open()
    before = frames(camera, 3)[-1]
    pi.cameras[0].unplugged = True
    silence(camera, SILENT_S + 1.5)
    pi.cameras[0].unplugged = False
    began_s = time.monotonic()
    while (frame := camera.read(1.0)) is None:
        assert time.monotonic() - began_s < 5
    assert time.monotonic() - began_s < 5
    assert frame.index > before.index + 1, "that frames were missed is seen"
    assert frame.taken_s > before.taken_s
    assert [each.index - frame.index for each in frames(camera, 5)] == [1, 2, 3, 4, 5]


def test_a_new_start_of_the_stream_keeps_what_was_set(pi: Rig, camera: PiCamera) -> None:
    pi.cameras[0].frontend_timeout_s = 0.3
    camera.open()
    frames(camera, 3)
    pi.cameras[0].unplugged = True
    silence(camera, SILENT_S + 0.5)
    pi.cameras[0].applied.clear()
    pi.cameras[0].unplugged = False
    while camera.read(1.0) is None:
        pass
    assert ("FrameDurationLimits", (33333, 50000)) in [(name, value) for _, name, value in pi.cameras[0].applied]


@pytest.mark.parametrize("timeout_s", [None, 0.3])
def test_fact_10_a_camera_that_is_gone_closes_within_a_second(
    pi: Rig, camera: PiCamera, timeout_s: float | None
) -> None:
    pi.cameras[0].frontend_timeout_s = timeout_s
    camera.open(lambda packet: None)
    frames(camera, 3)
    pi.cameras[0].unplugged = True
    silence(camera, 0.5)
    within(1.0, camera.close)


def test_a_frame_that_is_still_held_does_not_delay_the_closing(pi: Rig, camera: PiCamera) -> None:
    camera.open()
    (frame,) = frames(camera, 1)
    within(1.0, camera.close)
    with pytest.raises(CameraError, match="has passed"):
        frame.picture()


def test_fact_11_a_dead_event_loop_is_an_error_and_opening_again_helps(
    pi: Rig, camera: PiCamera, recwarn: pytest.WarningsRecorder
) -> None:
    camera.open()
    frames(camera, 2)

    def die(request: object) -> None:
        raise SystemExit  # ends a thread without a report

    assert camera._session is not None
    camera._session.picam2.pre_callback = die
    while camera._session._loop.thread.is_alive():
        camera.read(0.1)
    with pytest.raises(CameraError, match="camera front: the camera library's event loop has died"):
        camera.read(0.1)
    within(1.0, camera.close)
    camera.open()
    frames(camera, 3)


def test_fact_19_a_camera_in_use_elsewhere_is_named_busy_with_the_fix(pi: Rig, camera: PiCamera) -> None:
    pi.cameras[0].busy = True
    with pytest.raises(CameraError, match="camera front: another program is using it.*only one can have the camera"):
        camera.open()
    pi.cameras[0].busy = False
    camera.open()
    frames(camera, 3)


def test_two_of_us_on_one_camera_the_second_is_refused_and_the_first_goes_on(pi: Rig, camera: PiCamera) -> None:
    camera.open()
    second = PiCamera(camera_settings(kind="picamera2", width=640, height=480), SystemClock())
    with pytest.raises(CameraError, match="another program is using it"):
        second.open()
    frames(camera, 10)
    assert pi.cameras[0].starved == 0


def test_fact_19_no_camera_is_told_with_what_to_do(pi: Rig, camera: PiCamera) -> None:
    pi.cameras = []
    with pytest.raises(CameraError, match="camera front: the Pi sees no camera: switch the Pi off, push the ribbon"):
        camera.open()


def test_an_error_calls_the_camera_as_the_owner_does(pi: Rig) -> None:
    pi.cameras = []
    camera = PiCamera(camera_settings(kind="picamera2", name="Front door"), SystemClock())
    with pytest.raises(CameraError, match=r"^camera Front door: the Pi sees no camera"):
        camera.open()
    with pytest.raises(CameraError, match=r"^camera Front door is closed"):
        camera.read(0)


def test_r40_a_camera_whose_driver_comes_up_later_is_found(pi: Rig, camera: PiCamera) -> None:
    pi.cameras[0].gone = True
    for _ in range(3):
        with pytest.raises(CameraError, match="sees no camera"):
            camera.open()
    pi.cameras[0].gone = False
    camera.open()
    frames(camera, 3)


def test_fact_20_a_user_outside_the_group_video_is_told_so(pi: Rig, camera: PiCamera) -> None:
    pi.heap_error = PermissionError(errno.EACCES, "Permission denied", "/dev/dma_heap/vidbuf_cached")
    with pytest.raises(CameraError, match="this user may not use it; run 'sudo usermod -aG video "):
        camera.open()


def test_too_little_memory_for_pictures_is_told_with_the_fix(pi: Rig, camera: PiCamera) -> None:
    pi.cameras[0].configure_error = OSError(errno.ENOMEM, "Cannot allocate memory")
    with pytest.raises(CameraError, match="too little memory for its pictures.*dtoverlay=vc4-kms-v3d,cma-256"):
        camera.open()


@pytest.mark.parametrize("fault", ["busy", "gone", "start_error", "configure_error"])
def test_openings_in_vain_leave_nothing_open(pi: Rig, camera: PiCamera, fault: str) -> None:
    """A night without a camera is thousands of them."""
    broken: object = True if fault in ("busy", "gone") else RuntimeError("Failed to start camera: Input/output error")
    setattr(pi.cameras[0], fault, broken)
    for _ in range(2):
        with pytest.raises(CameraError):
            camera.open()
    before = descriptors(), threading.active_count()
    for _ in range(10):
        with pytest.raises(CameraError):
            camera.open()
    assert (descriptors(), threading.active_count()) == before
    setattr(pi.cameras[0], fault, False if fault in ("busy", "gone") else None)
    camera.open()
    frames(camera, 3)


def test_fact_17_a_camera_that_worked_and_does_not_come_back_asks_for_a_new_process(pi: Rig, camera: PiCamera) -> None:
    camera.open()
    frames(camera, 2)
    camera.close()
    pi.cameras[0].start_error = RuntimeError("Failed to start camera: Input/output error")
    wants = []
    for _ in range(IN_VAIN + 1):
        with pytest.raises(CameraError) as raised:
            camera.open()
        wants.append(raised.value.needs_new_process)
    assert wants == [False] * IN_VAIN + [True]


def test_a_camera_that_never_worked_asks_for_no_new_process(pi: Rig, camera: PiCamera) -> None:
    pi.cameras[0].gone = True
    for _ in range(3 * IN_VAIN):
        with pytest.raises(CameraError) as raised:
            camera.open()
        assert not raised.value.needs_new_process


def test_r17_a_frozen_camera_goes_on_sending(pi: Rig, camera: PiCamera) -> None:
    """It is for the watch to notice, by the pictures (test_watch.py)."""
    camera.open()
    frames(camera, 3)
    pi.cameras[0].frozen = True
    frames(camera, 2)
    first, second = (frame.luma.copy() for frame in frames(camera, 2))
    assert (first == second).all()


@pytest.mark.parametrize("call", ["acquire", "configure", "start", "stop"])
def test_r20_a_call_that_hangs_in_the_driver_hangs_the_thread_that_made_it_and_no_other(
    pi: Rig, camera: PiCamera, call: str
) -> None:
    """The watch's thread then shows no progress, and the daemon ends itself (test_pi_daemon.py)."""
    pi.cameras[0].hang = {call}
    done = threading.Event()

    def use() -> None:
        camera.open()
        frames(camera, 1)
        camera.close()
        done.set()

    thread = threading.Thread(target=use, daemon=True)
    thread.start()
    assert not done.wait(1.5)
    pi.release_hangs()
    assert done.wait(10)


def test_a_hung_hardware_encoder_costs_clips_and_not_detection_and_closes_within_a_second(
    pi: Rig, camera: PiCamera
) -> None:
    pi.encoder.hang = True
    packets: list[Packet] = []
    camera.open(packets.append)
    after = frames(camera, 90)
    assert packets == []
    assert pi.cameras[0].starved == 0
    assert after[-1].index - after[0].index <= 92
    within(1.0, camera.close)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_x264_that_has_died_is_told_and_opening_again_helps(pi: Rig, camera: PiCamera) -> None:
    pi.platform = "pisp"

    def die(packet: Packet) -> None:
        raise ZeroDivisionError("sink")

    camera.open(die)
    with pytest.raises(CameraError, match="camera front: the H.264 encoder has died"):
        frames(camera, 90)
    within(1.0, camera.close)
    camera.open(lambda packet: None)
    frames(camera, 10)
    assert pi.cameras[0].starved == 0


def test_two_cameras_opened_and_closed_at_the_same_time_do_not_wait_for_each_other_for_ever(pi: Rig) -> None:
    """The library's manager ends with the last camera and begins with the first."""
    pi.cameras = [pi.camera_model("imx219"), pi.camera_model("imx708")]
    done = [threading.Event(), threading.Event()]

    def use(device: str, finished: threading.Event) -> None:
        own = PiCamera(camera_settings(kind="picamera2", width=640, height=480, device=device), SystemClock())
        for _ in range(8):
            own.open()
            own.close()
        finished.set()

    for device, finished in zip(("imx219@10", "imx708@1a"), done, strict=True):
        threading.Thread(target=use, args=(device, finished), daemon=True).start()
    assert all(finished.wait(30) for finished in done)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (ModuleNotFoundError("No module named 'libcamera'", name="libcamera"), "libcamera is not there for Python 3"),
        (ModuleNotFoundError("No module named 'picamera2'", name="picamera2"), "sudo apt install --no-install-recomm"),
        (ValueError("numpy.dtype size changed, may indicate binary incompatibility"), "a numpy from pip hides"),
        (ImportError("numpy.core.multiarray failed to import"), "a numpy from pip hides"),
        (RuntimeError("Failed to acquire camera: Device or resource busy"), "another program is using it (motion (7))"),
        (OSError(errno.EBUSY, "busy"), "another program is using it"),
        (PermissionError(errno.EACCES, "no"), "usermod -aG video anna'"),
        (OSError(errno.ENOMEM, "no"), "too little memory for its pictures (3 MB of 64 MB are free)"),
        (RuntimeError("Could not open any dmaHeap device"), "no memory for pictures (/dev/dma_heap)"),
        (RuntimeError("something\nelse"), "something else; 'pisecurity doctor camera' looks"),
    ],
)
def test_each_known_trouble_is_told_with_its_fix_in_one_line(error: BaseException, words: str) -> None:
    about = Circumstances(user="anna", holder="motion (7)", memory="3 MB of 64 MB are free")
    wrapped = RuntimeError("Camera __init__ sequence did not complete.")
    wrapped.__cause__ = error
    assert explain(RuntimeError("no such mode")).startswith("the camera library says: no such mode; ")
    for told in (explain(error, about), explain(wrapped, about)):
        assert words in told
        assert "\n" not in told


def test_no_trouble_hides_another() -> None:
    for number, known in enumerate(KNOWN):
        for phrase in known.phrases:
            assert [each for each in KNOWN[:number] if any(other in phrase for other in each.phrases)] == []
