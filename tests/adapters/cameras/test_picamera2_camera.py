"""The Pi camera: the unmodified picamera2 on a stand-in for libcamera. Facts are numbered as in docs/camera.md."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import pisecurity
from pisecurity.adapters.cameras.picamera2 import PiCamera, library
from pisecurity.adapters.cameras.planes import FULL_CHROMA, FULL_LUMA
from pisecurity.adapters.clock import SystemClock
from pisecurity.core.types import Frame
from pisecurity.errors import CameraError
from tests.adapters.cameras.subjects import camera_settings, raspberry_pi
from tests.rigs.standin import Rig, clip_source

PROGRAM = Path(pisecurity.__file__).parent
CLIP = Path(__file__).parents[2] / "clips" / "garden_walk.mp4"


def pi_camera(**given: object) -> PiCamera:
    return PiCamera(camera_settings(**{"kind": "picamera2", "width": 640, "height": 480, **given}), SystemClock())


def read(camera: PiCamera, frames: int = 1) -> Frame:
    """Return the last of so many frames."""
    for _ in range(frames - 1):
        assert camera.read(5.0) is not None
    frame = camera.read(5.0)
    assert frame is not None
    return frame


def quadrants(seq: int, size: tuple[int, int]) -> tuple[NDArray[np.uint8], int, int]:
    """Four even fields, 40, 80, 120 and 160 bright from the left and from the top."""
    width, height = size
    luma = np.full((height, width), 40 + seq % 2, np.uint8)
    luma[: height // 2, width // 2 :] += 40
    luma[height // 2 :, : width // 2] += 80
    luma[height // 2 :, width // 2 :] += 120
    return luma, 110, 150


def fields(plane: NDArray[np.uint8]) -> list[int]:
    """Return the brightness in the middle of each quadrant, rounded to the next field."""
    height, width = plane.shape
    return [
        round(float(plane[y, x]) / 40) * 40
        for y in (height // 4, 3 * height // 4)
        for x in (width // 4, 3 * width // 4)
    ]


@pytest.mark.parametrize("platform", ["vc4", "pisp"])
@pytest.mark.parametrize("width", [640, 1280, 500])
def test_facts_1_4_rows_are_cut_out_of_their_padding(platform: str, width: int) -> None:
    with raspberry_pi(platform) as rig:  # type: ignore[arg-type]
        rig.cameras[0].source = quadrants
        camera = pi_camera(width=width, height=480)
        info = camera.open()
        frame = read(camera)
        picture = frame.picture()
        camera.close()
    assert frame.luma.shape == (info.luma_height, info.luma_width)
    assert set(np.unique(frame.luma)) <= {40, 41, 80, 81, 120, 121, 160, 161}, "nothing of the padding"
    assert picture.y.shape == (480, width)
    assert set(np.unique(picture.u)) == {FULL_CHROMA[110]} and set(np.unique(picture.v)) == {FULL_CHROMA[150]}


def test_fact_5_no_array_of_the_library_is_used_that_differs_between_versions() -> None:
    source = "".join(path.read_text() for path in (PROGRAM / "adapters" / "cameras" / "picamera2").glob("*.py"))
    assert "MappedArray(" in source
    for call in ("make_array", "capture_array", "capture_image", "make_image"):
        assert f"{call}(" not in source


def test_pictures_have_the_full_range_and_what_is_watched_that_of_video(pi: Rig) -> None:
    pi.cameras[0].source = quadrants
    camera = pi_camera()
    camera.open()
    frame = read(camera)
    picture = frame.picture()
    camera.close()
    assert fields(frame.luma) == [40, 80, 120, 160]
    assert picture.y[10, 10] == FULL_LUMA[frame.luma[10, 10]]


def test_a_recorded_clip_goes_through_the_real_class(pi: Rig) -> None:
    pi.cameras[0].source = clip_source(CLIP, frames=30)
    camera = pi_camera()
    camera.open()
    frame = read(camera, 3)
    picture = frame.picture()
    camera.close()
    assert frame.luma.std() > 15
    small = picture.y[::5, ::5][: frame.luma.shape[0] // 3, :]
    assert small.std() > 5


@pytest.mark.parametrize(("rotation", "expected"), [(0, [40, 80, 120, 160]), (180, [160, 120, 80, 40])])
def test_fact_30_a_camera_that_hangs_upside_down_shows_the_world_upright(
    pi: Rig, rotation: int, expected: list[int]
) -> None:
    pi.cameras[0].source = quadrants
    camera = pi_camera(rotation=rotation)
    camera.open()
    frame = read(camera)
    picture = frame.picture()
    camera.close()
    assert fields(frame.luma) == expected
    assert fields(picture.y) == [round(float(FULL_LUMA[level]) / 40) * 40 for level in expected]


@pytest.mark.parametrize("platform", ["vc4", "pisp"])
def test_a_region_fills_the_picture(platform: str) -> None:
    with raspberry_pi(platform) as rig:  # type: ignore[arg-type]
        rig.cameras[0].source = quadrants
        camera = pi_camera(region=(0.5, 0.5, 0.5, 0.5))
        camera.open()
        frame = read(camera, 5)
        camera.close()
    assert fields(frame.luma) == [160] * 4


@pytest.mark.parametrize(
    ("model", "mode"),
    [("imx219", "1640x1232"), ("ov5647", "640x480"), ("imx708", "2304x1296"), ("imx477", "2028x1520")],
)
def test_facts_2_3_the_sensor_runs_in_a_mode_that_shows_the_whole_view(pi: Rig, model: str, mode: str) -> None:
    pi.cameras = [pi.camera_model(model)]
    camera = pi_camera()
    info = camera.open()
    read(camera)
    camera.close()
    assert info.description == f"Pi camera {model}, 640x480 of sensor mode {mode}, watched at 384x288"
    assert info.remarks == ()


def test_fact_13_no_more_buffers_are_held_than_the_sensor_can_spare(pi: Rig) -> None:
    camera = pi_camera(fps=30)
    camera.open()
    first = read(camera)
    last = read(camera, 60)
    camera.close()
    assert pi.cameras[0].starved == 0
    assert last.index - first.index >= 60


def test_a_frame_lost_before_its_buffer_is_filled_is_a_gap_as_well(pi: Rig) -> None:
    """The driver's numbers are counted behind the sensor; only the times show what was lost before."""
    camera = pi_camera()
    camera.open()
    first = read(camera)
    assert camera._session is not None
    held = [camera._session.picam2.capture_request(wait=2) for _ in range(3)]
    threading.Event().wait(0.6)
    for request in held:
        request.release()
    lost = pi.cameras[0].starved
    last = read(camera, 3)
    camera.close()
    assert lost >= 2
    assert last.index - first.index >= lost + 3


def test_facts_7_12_a_frame_that_is_over_gives_no_picture_any_more(pi: Rig) -> None:
    camera = pi_camera()
    camera.open()
    frame = read(camera)
    frame.picture()
    read(camera)
    with pytest.raises(CameraError, match="camera front: the picture of this frame has passed"):
        frame.picture()
    camera.close()


def test_other_sizes_than_asked_are_read_and_remarked(pi: Rig) -> None:
    pi.cameras[0].adjust = {(640, 480): (656, 496), (384, 288): (400, 296)}
    camera = pi_camera()
    info = camera.open()
    frame = read(camera)
    camera.close()
    assert (info.width, info.height, info.luma_width, info.luma_height) == (656, 496, 400, 296)
    assert frame.luma.shape == (296, 400)
    assert info.remarks == ("it gives 656x496 instead of 640x480",)


def test_a_rate_the_sensor_cannot_do_is_remarked(pi: Rig) -> None:
    pi.cameras = [pi.camera_model("imx219")]
    camera = pi_camera(width=3280, height=2464, fps=30)
    info = camera.open()
    camera.close()
    assert 15 < info.fps < 25
    assert info.remarks == (f"it gives {info.fps:.3g} frames/s instead of 30",)


def test_fact_15_startup_and_error_frames_are_gaps(pi: Rig) -> None:
    pi.cameras[0].startup_frames = 4
    pi.cameras[0].error_every = 5
    camera = pi_camera(fps=15)
    camera.open()
    indices = [read(camera).index for _ in range(20)]
    camera.close()
    assert indices[0] == 0
    steps = np.diff(indices)
    assert set(steps) == {1, 2} and (steps == 2).sum() >= 4


def test_r19_half_a_frame_is_left_out_and_is_a_gap(pi: Rig) -> None:
    pi.cameras[0].half_every = 4
    camera = pi_camera(fps=15)
    camera.open()
    indices = [read(camera).index for _ in range(12)]
    camera.close()
    assert set(np.diff(indices)) == {1, 2}


@pytest.mark.parametrize("jump_s", [-3600, -0.5, 5, 3600])
def test_r22_a_time_stamp_that_jumps_is_not_believed(pi: Rig, jump_s: float) -> None:
    camera = pi_camera(fps=30)
    clock = SystemClock()
    camera.open()
    times = [read(camera).taken_s for _ in range(4)]
    pi.cameras[0].timestamp_jump_s = jump_s
    times += [read(camera).taken_s for _ in range(10)]
    now_s = clock.monotonic()
    camera.close()
    assert times == sorted(set(times))
    assert now_s - times[-1] < 0.5
    assert max(np.diff(times)) < 0.5


def test_frames_that_take_long_in_the_camera_are_not_taken_for_old_ones(pi: Rig) -> None:
    """A sensor's time stamp is the start of its exposure, which at night alone is longer than a frame by day."""
    pi.cameras[0].metadata = {"SensorTimestamp": lambda seq: time.monotonic_ns() - 180_000_000}
    camera = pi_camera()
    camera.open()
    indices = [read(camera).index for _ in range(6)]
    camera.close()
    assert indices == list(range(6))


def test_fact_28_a_camera_that_says_little_of_its_frames_is_read_all_the_same(pi: Rig) -> None:
    pi.cameras[0].metadata = dict.fromkeys(("SensorTimestamp", "ExposureTime", "AnalogueGain", "Lux", "AfState"))
    camera = pi_camera()
    camera.open()
    first, second = read(camera), read(camera)
    camera.close()
    assert second.taken_s > first.taken_s


def settled(camera: PiCamera, pi: Rig, frames: int = 12) -> dict[str, object]:
    """Return the controls that are in force after some frames."""
    read(camera, frames)
    return {name: value for _, name, value in pi.cameras[0].applied}


def test_the_exposure_in_the_dark_is_bounded_and_free_again_in_the_light(pi: Rig) -> None:
    pi.cameras[0].lux = 8.0
    camera = pi_camera(fps=20, longest_exposure_ms=20)
    camera.open()
    controls = settled(camera, pi)
    assert (controls["ExposureTime"], controls["ExposureTimeMode"]) == (20_000, 1)
    pi.cameras[0].lux = 4000.0
    controls = settled(camera, pi, 20)
    camera.close()
    assert controls["ExposureTimeMode"] == 0


def test_a_long_exposure_makes_the_frames_slower_in_the_dark_only(pi: Rig) -> None:
    camera = pi_camera(fps=20, longest_exposure_ms=250)
    info = camera.open()
    assert (info.fps, info.least_fps) == (20, 4)
    day = [read(camera).taken_s for _ in range(5)]
    pi.cameras[0].lux = 0.2
    read(camera, 4)
    night = [read(camera).taken_s for _ in range(3)]
    camera.close()
    assert max(np.diff(day)) < 0.1
    assert min(np.diff(night)) > 0.2


def test_a_lens_focuses_once_and_is_held(pi: Rig) -> None:
    camera = pi_camera(fps=30)
    camera.open()
    controls = settled(camera, pi, 40)
    camera.close()
    assert controls["AfMode"] == 0
    assert controls["LensPosition"] == pytest.approx(pi.cameras[0].sharp_at, abs=0.1)


def test_a_camera_that_was_lost_comes_back_with_the_focus_it_had(pi: Rig) -> None:
    camera = pi_camera(fps=30)
    camera.open()
    settled(camera, pi, 40)
    camera.close()
    pi.cameras[0].applied.clear()
    pi.cameras[0].af_fails = True
    camera.open()
    controls = settled(camera, pi)
    camera.close()
    assert "AfTrigger" not in controls
    assert controls["LensPosition"] == pytest.approx(pi.cameras[0].sharp_at, abs=0.1)


def test_a_search_in_vain_ends_at_the_position_the_maker_set(pi: Rig) -> None:
    pi.cameras[0].af_fails = True
    camera = pi_camera(fps=30)
    info = camera.open()
    controls = settled(camera, pi, 40)
    camera.close()
    assert (controls["AfMode"], controls["LensPosition"]) == (0, 1.0)
    assert info.remarks == ()


@pytest.mark.parametrize(("focus_m", "position"), [(2, 0.5), (0.1, 10), (1000, 0)])
def test_a_lens_stays_at_the_distance_that_was_asked_for(pi: Rig, focus_m: float, position: float) -> None:
    camera = pi_camera(fps=30, focus_m=focus_m)
    camera.open()
    controls = settled(camera, pi)
    camera.close()
    assert (controls["AfMode"], controls["LensPosition"]) == (0, position)


def test_fact_29_a_camera_without_autofocus_that_is_asked_to_focus_works_and_says_so(pi: Rig) -> None:
    pi.cameras = [pi.camera_model("imx219")]
    camera = pi_camera(focus_m=2)
    info = camera.open()
    read(camera)
    camera.close()
    assert info.remarks == ("it has no autofocus, so focus_m is left out",)


def test_two_cameras_are_two(pi: Rig) -> None:
    pi.cameras = [pi.camera_model("imx219"), pi.camera_model("imx708")]
    left = pi_camera(device="/base/soc/i2c0mux/i2c@1/imx219@10")
    right = pi_camera(device="imx708@1a")
    infos = left.open(), right.open()
    for _ in range(5):
        read(left)
        read(right)
    left.close()
    read(right, 3)
    right.close()
    assert ["imx219" in infos[0].description, "imx708" in infos[1].description] == [True, True]
    assert [camera.starved for camera in pi.cameras] == [0, 0]


def test_of_two_cameras_one_must_be_named(pi: Rig) -> None:
    pi.cameras = [pi.camera_model("imx219"), pi.camera_model("imx708")]
    with pytest.raises(CameraError, match="there are 2 cameras, set device to one of .*imx219.*imx708"):
        pi_camera().open()
    with pytest.raises(CameraError, match="no camera is called imx477; set device to one of"):
        pi_camera(device="imx477").open()


def test_fact_31_a_usb_camera_is_not_taken_for_the_pis(pi: Rig) -> None:
    pi.cameras = [pi.camera_model("USB webcam")]
    with pytest.raises(CameraError, match="kind v4l2 is for that"):
        pi_camera().open()
    pi.cameras = [pi.camera_model("USB webcam"), pi.camera_model("imx219")]
    camera = pi_camera()
    assert "imx219" in camera.open().description
    camera.close()


def test_facts_6_27_both_streams_are_yuv_so_that_no_conversion_stands_between_them_and_a_jpeg(pi: Rig) -> None:
    camera = pi_camera()
    camera.open()
    formats = [str(stream.pixel_format) for stream in pi.cameras[0].streams]
    camera.close()
    assert formats == ["YUV420", "YUV420"]


def test_fact_14_a_frame_that_a_time_out_left_behind_is_not_given_out_as_new(pi: Rig) -> None:
    camera, clock = pi_camera(), SystemClock()
    camera.open()
    read(camera)
    assert camera.read(0.01) is None  # from here on a job waits for the next frame
    clock.wait(threading.Event(), 0.45)
    frame = read(camera)
    assert clock.monotonic() - frame.taken_s < 0.25, "the one left behind is older than 0.35 s"
    camera.close()


def test_fact_32_libcamera_is_told_to_write_warnings_only(pi: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LIBCAMERA_LOG_LEVELS", raising=False)
    camera = pi_camera()
    camera.open()
    camera.close()
    assert os.environ["LIBCAMERA_LOG_LEVELS"] == "*:WARN"


@pytest.fixture
def tunings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the tuning of an imx219 without infrared filter."""
    file = tmp_path / "vc4" / "imx219_noir.json"
    file.parent.mkdir()
    file.write_text("{}")
    monkeypatch.setattr(library, "TUNING_FOLDERS", (tmp_path,))
    monkeypatch.setenv("LIBCAMERA_RPI_TUNING_FILE", "")  # set first, so that it is gone again after the test
    monkeypatch.delenv("LIBCAMERA_RPI_TUNING_FILE")
    return file


def test_a_noir_camera_is_listed_with_its_tuning_also_after_it_was_closed(pi: Rig, tunings: Path) -> None:
    """libcamera reads it when it lists the cameras, and shows none when the file is gone."""
    pi.cameras = [pi.camera_model("imx219")]
    camera = pi_camera(ir_cut="never")
    for _ in range(3):
        info = camera.open()
        read(camera)
        camera.close()
        assert pi.cameras[0].tuning == str(tunings)
        assert info.remarks == ()
    plain = pi_camera()
    plain.open()
    assert pi.cameras[0].tuning == ""
    plain.close()


def test_a_filter_that_cannot_be_moved_is_told_with_every_frame_and_its_pictures_come(pi: Rig, tunings: Path) -> None:
    pi.cameras = [pi.camera_model("imx219")]
    camera = pi_camera(ir_cut="switched", ir_cut_gpio=53)
    camera.open()
    for _ in range(2):
        assert "its infrared-cut filter does not move" in read(camera).trouble
    camera.close()


def test_without_the_tuning_or_beside_another_camera_a_noir_camera_works_and_says_so(pi: Rig, tunings: Path) -> None:
    pi.cameras = [pi.camera_model("ov5647")]
    camera = pi_camera(ir_cut="never")
    assert "no tuning for a ov5647 without infrared filter" in camera.open().remarks[0]
    camera.close()
    pi.cameras = [pi.camera_model("imx219"), pi.camera_model("imx708")]
    camera = pi_camera(ir_cut="never", device="imx219@10")
    assert "beside another camera the tuning" in camera.open().remarks[0]
    assert pi.cameras[0].tuning == ""
    camera.close()


@pytest.mark.parametrize(("mains_hz", "period_us"), [(50, 10_000), (60, 8_333)])
def test_lamps_on_the_mains_do_not_flicker(pi: Rig, mains_hz: int, period_us: int) -> None:
    camera = pi_camera(mains_hz=mains_hz)
    camera.open()
    controls = settled(camera, pi, 3)
    camera.close()
    assert (controls["AeFlickerMode"], controls["AeFlickerPeriod"]) == (1, period_us)


def test_an_order_given_while_a_request_goes_back_is_not_lost(pi: Rig) -> None:
    """Exposure, lens and colours are ordered once; a lost order would stand wrong all night."""
    camera = pi_camera(fps=30)
    camera.open()
    session = camera._session
    assert session is not None
    read(camera)
    for number in range(60):
        session.set({"Brightness": number / 100})
        read(camera)
    read(camera, 8)
    camera.close()
    set_ = {value for _, name, value in pi.cameras[0].applied if name == "Brightness"}
    assert {number / 100 for number in range(60)} <= set_
