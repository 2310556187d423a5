"""The stand-in camera behaves as the facts about picamera2 and libcamera say: the real Picamera2 class runs on it."""

from __future__ import annotations

import io
import threading
import time
from collections.abc import Iterator
from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.rigs.standin import Rig, clip_source, install

MAIN, LORES = (640, 360), (320, 180)


@pytest.fixture
def rig() -> Iterator[Rig]:
    rig = install()
    rig.reset()
    yield rig
    rig.shutdown()


def opened(rig: Rig, number: int = 0, **more: Any) -> Any:
    """Return a started Picamera2; the rig's shutdown closes it."""
    from picamera2 import Picamera2

    camera = Picamera2(number)
    settings = {"main": {"size": MAIN, "format": "YUV420"}, "lores": {"size": LORES}} | more
    camera.configure(camera.create_video_configuration(**settings))
    camera.start()
    return camera


def frames_in(camera: Any, seconds: float) -> int:
    before = camera.frames
    time.sleep(seconds)
    return int(camera.frames - before)


def picture(camera: Any, name: str = "lores") -> NDArray[np.uint8]:
    return np.asarray(camera.capture_array(name, wait=2), np.uint8)


def metadata(camera: Any, frames: int = 3) -> dict[str, Any]:
    """Return what a frame says that was taken after the last change, in time even where the machine is busy."""
    for _ in range(frames):
        camera.capture_metadata(wait=2)
    later = [dict(camera.capture_metadata(wait=2)) for _ in range(3)]
    return min(later, key=lambda each: int(each.get("FrameDuration", 0)))


def test_frames_arrive_at_the_asked_rate_and_differ(rig: Rig) -> None:
    camera = opened(rig, controls={"FrameRate": 20})
    first, second = picture(camera), picture(camera)
    assert np.any(first != second)
    assert frames_in(camera, 1.5) == pytest.approx(30, abs=6)
    assert rig.cameras[0].starved == 0


@pytest.mark.parametrize(("platform", "stride"), [("vc4", 320), ("pisp", 384)])
def test_rows_are_padded_with_rubbish_as_the_platform_does(rig: Rig, platform: Any, stride: int) -> None:
    rig.platform = platform
    camera = opened(rig)
    assert camera.stream_configuration("lores")["stride"] == stride
    lores = picture(camera)
    assert lores.shape == (180 * 3 // 2, stride)
    assert len(np.unique(lores[:180, 320:])) > 100 or stride == 320


@pytest.mark.parametrize(("platform", "module"), [("vc4", "h264_encoder"), ("pisp", "libav_h264_encoder")])
def test_platform_decides_which_encoder_is_the_usual_one(rig: Rig, platform: Any, module: str) -> None:
    rig.platform = platform
    from picamera2 import encoders

    assert encoders.H264Encoder.__module__ == f"picamera2.encoders.{module}"


def test_timed_out_captures_leak_every_buffer_and_one_kept_job_leaks_none(rig: Rig) -> None:
    (cable,) = rig.cameras
    camera = opened(rig, buffer_count=4)
    unplug(cable, camera)
    for _ in range(4):
        with pytest.raises(TimeoutError):
            camera.capture_request(wait=0.05)
    cable.unplugged = False
    time.sleep(0.3)
    assert frames_in(camera, 0.4) == 0
    assert (cable.queued, cable.outside) == (0, 4)
    camera.close()

    camera = opened(rig, buffer_count=4)
    unplug(cable, camera)
    job = camera.capture_request(wait=False)
    for _ in range(4):
        with pytest.raises(TimeoutError):
            camera.wait(job, timeout=0.05)
    cable.unplugged = False
    camera.wait(job, timeout=2).release()
    assert frames_in(camera, 0.5) > 10


def unplug(cable: Any, camera: Any) -> None:
    """Pull the cable and take what has already arrived."""
    camera.capture_metadata(wait=2)
    cable.unplugged = True
    time.sleep(0.1)
    while camera.completed_requests:
        camera.capture_metadata(wait=1)


def test_after_the_frontend_timeout_frames_come_only_from_a_new_start(rig: Rig) -> None:
    (cable,) = rig.cameras
    cable.frontend_timeout_s = 0.1
    camera = opened(rig)
    unplug(cable, camera)
    time.sleep(0.2)
    cable.unplugged = False
    assert frames_in(camera, 0.3) == 0
    camera.stop()
    camera.start()
    assert frames_in(camera, 0.5) > 5


def test_hardware_encoder_gives_h264_that_decodes(rig: Rig) -> None:
    from picamera2.encoders import H264Encoder
    from picamera2.outputs import FileOutput

    camera = opened(rig)
    written = io.BytesIO()
    encoder = H264Encoder(bitrate=800_000, iperiod=10)
    camera.start_encoder(encoder, FileOutput(written), name="main")
    time.sleep(1.2)
    camera.stop_encoder()
    assert rig.encoder.settings["bitrate"] == 800_000
    assert rig.encoder.opened == 0
    with av.open(io.BytesIO(written.getvalue()), "r", "h264") as stream:
        decoded = list(stream.decode(video=0))
    assert len(decoded) == rig.encoder.encoded > 20
    assert [frame.key_frame for frame in decoded[:21]] == [number % 10 == 0 for number in range(21)]
    luma = decoded[-1].to_ndarray(format="gray")
    assert luma.shape == (360, 640)
    assert luma[120:240].max() > 200
    assert luma[:100].max() < 150


def test_hardware_encoder_that_hangs_gives_no_buffer_back(rig: Rig) -> None:
    from picamera2.encoders import H264Encoder
    from picamera2.outputs import FileOutput

    rig.encoder.hang = True
    camera = opened(rig)
    camera.start_encoder(H264Encoder(), FileOutput(io.BytesIO()), name="main")
    time.sleep(0.5)
    assert frames_in(camera, 0.3) == 0
    camera.stop_encoder()
    assert frames_in(camera, 0.3) > 5


def test_missing_hardware_encoder_is_a_missing_file(rig: Rig) -> None:
    from picamera2.encoders import H264Encoder
    from picamera2.outputs import FileOutput

    rig.encoder.present = False
    camera = opened(rig)
    with pytest.raises(FileNotFoundError, match="/dev/video11"):
        camera.start_encoder(H264Encoder(), FileOutput(io.BytesIO()), name="main")


def test_camera_plugged_in_later_is_found_by_the_next_manager(rig: Rig) -> None:
    from picamera2 import Picamera2

    (cable,) = rig.cameras
    cable.gone = True
    assert Picamera2.global_camera_info() == []
    cable.gone = False
    assert Picamera2.global_camera_info() == []
    Picamera2._cm.reset()
    assert [found["Model"] for found in Picamera2.global_camera_info()] == ["imx708"]


def test_two_cameras_run_side_by_side_and_are_steered_alone(rig: Rig) -> None:
    rig.cameras = [rig.camera_model("imx219"), rig.camera_model("USB webcam")]
    from picamera2 import Picamera2

    assert [found["Model"] for found in Picamera2.global_camera_info()] == ["imx219", "USB webcam"]
    ribbon = opened(rig)
    usb = opened(rig, 1, main={"size": (640, 480), "format": "YUYV"}, lores=None)
    rig.cameras[0].unplugged = True
    assert set(metadata(usb)) == {"SensorTimestamp"}
    assert "FrameDurationLimits" not in usb.camera_controls
    # The noise of a sensor is one grey level, here and there.
    assert (picture(usb, "main")[:, :, 0]).max() in (220, 221)
    assert frames_in(ribbon, 0.2) == 0


def test_exposure_grows_to_the_longest_frame_and_then_the_gain(rig: Rig) -> None:
    (scene,) = rig.cameras
    camera = opened(rig, controls={"FrameDurationLimits": (20_000, 100_000)})
    day = metadata(camera)
    assert day["ExposureTime"] * day["AnalogueGain"] == pytest.approx(10_000, rel=0.01)
    assert day["FrameDuration"] == 20_000
    scene.lux = 10
    dusk = metadata(camera)
    assert (dusk["ExposureTime"], dusk["FrameDuration"]) == (99_900, 100_000)
    assert dusk["AnalogueGain"] == pytest.approx(4.0, rel=0.01)
    camera.set_controls({"ExposureTime": 50_000})
    held = metadata(camera, frames=8)
    assert (held["ExposureTime"], held["FrameDuration"]) == (50_000, 50_100)
    assert held["AnalogueGain"] == pytest.approx(8.0, rel=0.01)
    camera.set_controls({"ExposureTime": 0})
    assert metadata(camera, frames=8)["ExposureTime"] == 99_900


def test_too_little_light_makes_a_dark_picture(rig: Rig) -> None:
    (scene,) = rig.cameras
    camera = opened(rig)
    bright = picture(camera)[:180].mean()
    scene.lux = 1.0
    metadata(camera)
    assert picture(camera)[:180].mean() < bright / 4


def test_autofocus_searches_and_finds_or_fails(rig: Rig) -> None:
    (scene,) = rig.cameras
    camera = opened(rig)
    assert camera.autofocus_cycle(wait=2)
    assert metadata(camera)["LensPosition"] == scene.sharp_at
    scene.af_fails = True
    assert not camera.autofocus_cycle(wait=2)
    camera.set_controls({"AfMode": 0, "LensPosition": 3.5})
    assert metadata(camera, frames=8)["LensPosition"] == 3.5


def test_picture_is_cropped_and_then_turned(rig: Rig) -> None:
    from libcamera import Transform

    def quarter(seq: int, size: tuple[int, int]) -> tuple[NDArray[np.uint8], int, int]:
        luma = np.full((size[1], size[0]), 50, np.uint8)
        luma[: size[1] // 4, : size[0] // 4] = 200
        return luma, 128, 128

    (scene,) = rig.cameras
    scene.source = quarter
    camera = opened(rig, transform=Transform(hflip=1, vflip=1))
    luma = picture(camera)[:180]
    assert (luma[-1, -1], luma[0, 0]) == (200, 50)
    assert (luma == 200).mean() == pytest.approx(1 / 16, abs=0.01)
    x, y, width, height = camera.camera_controls["ScalerCrop"][1]
    camera.set_controls({"ScalerCrop": (x, y, width // 2, height // 2)})
    metadata(camera, frames=8)
    assert (picture(camera)[:180] == 200).mean() == pytest.approx(1 / 4, abs=0.01)


def test_frozen_camera_goes_on_with_fresh_timestamps_and_old_pixels(rig: Rig) -> None:
    (scene,) = rig.cameras
    camera = opened(rig)
    scene.frozen = True
    before = metadata(camera)["SensorTimestamp"]
    first, second = picture(camera), picture(camera)
    assert np.all(first == second)
    scene.timestamp_jump_s = 3600.0
    assert metadata(camera)["SensorTimestamp"] - before > 3600 * 10**9


def test_frames_with_errors_and_startup_frames_reach_nobody(rig: Rig) -> None:
    (scene,) = rig.cameras
    scene.startup_frames, scene.error_every = 5, 2
    camera = opened(rig)
    time.sleep(0.8)
    assert (scene.frames - 5) / 2 == pytest.approx(camera.frames, abs=2)


def test_adjusted_size_is_read_back(rig: Rig) -> None:
    rig.cameras[0].adjust = {LORES: (256, 144)}
    camera = opened(rig)
    assert camera.stream_configuration("lores")["size"] == (256, 144)
    assert picture(camera).shape[0] == 216


def test_call_that_hangs_goes_on_when_it_is_released(rig: Rig) -> None:
    (scene,) = rig.cameras
    camera = opened(rig)
    scene.hang.add("stop")
    closing = threading.Thread(target=camera.close, daemon=True)
    closing.start()
    closing.join(0.5)
    assert closing.is_alive()
    rig.release_hangs()
    closing.join(2)
    assert not closing.is_alive()
    assert [call for call, _ in scene.calls][-2:] == ["stop", "release"]


@pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")
def test_busy_camera_says_so_in_the_cause(rig: Rig) -> None:
    rig.cameras[0].busy = True
    with pytest.raises(RuntimeError, match="did not complete") as caught:
        opened(rig)
    assert "Device or resource busy" in str(caught.value.__cause__)


def test_recorded_clip_is_played_in_a_loop_in_every_size(rig: Rig, tmp_path: Any) -> None:
    from tests.adapters.cameras.videos import grey_level, write_video

    path = write_video(tmp_path / "clip.mp4", frames=6, size=(64, 48))
    rig.cameras[0].source = clip_source(path)
    camera = opened(rig)
    seen = {int(picture(camera)[90, 100]) for _ in range(12)}
    wanted = [16 + round(grey_level(number) * 219 / 255) for number in range(6)]
    assert all(min(abs(level - want) for want in wanted) <= 2 for level in seen)
    assert len(seen) > 3


def test_shutdown_leaves_no_thread(rig: Rig) -> None:
    from picamera2.encoders import H264Encoder
    from picamera2.outputs import FileOutput

    before = set(threading.enumerate())
    camera = opened(rig)
    rig.encoder.hang = True
    camera.start_encoder(H264Encoder(), FileOutput(io.BytesIO()), name="main")
    rig.cameras[0].hang |= {"stop", "release"}
    rig.shutdown()
    assert set(threading.enumerate()) <= before


def test_controls_outlast_a_stop_and_end_with_a_new_configuration(rig: Rig) -> None:
    camera = opened(rig, controls={"FrameRate": 10})
    camera.stop()
    camera.start()
    assert metadata(camera)["FrameDuration"] == 100_000
    camera.stop()
    camera.configure(camera.create_video_configuration())
    camera.start()
    assert metadata(camera)["FrameDuration"] == 33_333
