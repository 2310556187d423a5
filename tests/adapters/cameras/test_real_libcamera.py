"""What only Debian's real libcamera can tell, on its virtual pipeline and in the sandbox of the unit.

``make test-libcamera`` makes the root folder and the sandbox that these tests need.
"""

from __future__ import annotations

import dis
import enum
import gc
import importlib
import os
import re
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from pisecurity.adapters.cameras.picamera2 import PiCamera, light
from pisecurity.adapters.cameras.picamera2.library import Library
from pisecurity.adapters.cameras.picamera2.session import Session
from pisecurity.adapters.clock import SystemClock
from pisecurity.core.types import Frame
from pisecurity.errors import CameraError
from tests.adapters.cameras.subjects import camera_settings
from tests.rigs.real_libcamera import CLIP, PATTERN, Pace, virtual_cameras
from tests.rigs.real_libcamera.setup import CAMERAS, FIRST, RECORDED, write_configuration
from tests.rigs.standin import controls, patches, properties
from tests.rigs.standin.values import ControlType

pytestmark = pytest.mark.libcamera

CLASSES = {name: getattr(module, name) for module, names in patches.LIBCAMERA.items() for name in names.split()}
ONLY_STANDIN = {
    "CameraConfiguration": {"mode"},
    "CameraManager": {"forget"},
    "FrameBuffer": {"complete", "memory"},
    "Request": {"controls"},
    "StreamConfiguration": {"is_raw", "key", "wide_high"},
}
"""With these the stand-in helps itself; picamera2 does not see them."""
PI_CONTROLS = {"CnnEnableInputTensor", "ScalerCrops", "StatsOutputEnable", "SyncFrames", "SyncMode"}
"""Controls of the Pi's own pipeline, which Debian builds for ARM only."""
NAMELESS = {("FrameMetadata.Status", "Startup")}
"""libcamera has it, and its binding for Python has no name for it."""
MEDIA_DEVICES = Path("/sys/bus/media/devices")
"""The kernel's list of camera hardware; in the root folder it is empty."""


@pytest.fixture
def pace() -> Iterator[Pace]:
    with virtual_cameras() as pace:
        yield pace


@pytest.fixture(scope="module")
def binding() -> Any:
    return importlib.import_module("libcamera")


def pi_camera(**given: object) -> PiCamera:
    settings = {"kind": "picamera2", "device": PATTERN, "width": 640, "height": 480, **given}
    return PiCamera(camera_settings(**settings), SystemClock())


def read(camera: PiCamera) -> Frame:
    frame = camera.read(5.0)
    assert frame is not None
    return frame


def public(class_: type) -> set[str]:
    """Return the attributes of *class_* and those its constructor gives to an object."""
    constructor = getattr(vars(class_).get("__init__"), "__code__", None)
    stored = (
        (each.argval for each in dis.get_instructions(constructor) if each.opname == "STORE_ATTR")
        if constructor
        else ()
    )
    return {name for name in (*dir(class_), *stored) if not name.startswith("_")}


def enums(holder: object, path: str = "") -> Iterator[tuple[str, type[enum.Enum]]]:
    """Yield the enumerations in *holder* and in its classes, with the way to them."""
    for name, value in vars(holder).items():
        if name.startswith("_") or not isinstance(value, type) or value is ControlType:
            continue
        if issubclass(value, enum.Enum):
            yield f"{path}{name}", value
        else:
            yield from enums(value, f"{path}{name}.")


def standin_enums() -> dict[str, type[enum.Enum]]:
    found: dict[str, type[enum.Enum]] = {}
    for name, value in CLASSES.items():
        if isinstance(value, type):
            found |= {name: value} if issubclass(value, enum.Enum) else dict(enums(value, f"{name}."))
    for module, name in ((controls, "controls"), (properties, "properties")):
        found |= dict(enums(module, f"{name}.")) | dict(enums(module.draft, f"{name}.draft."))
    return found


def at(binding: Any, path: str) -> Any:
    for name in path.split("."):
        binding = getattr(binding, name)
    return binding


@pytest.mark.parametrize("name", sorted(CLASSES))
def test_what_the_stand_in_has_the_real_binding_has(binding: Any, name: str) -> None:
    ours, real = CLASSES[name], getattr(binding, name)
    assert isinstance(ours, type) == isinstance(real, type)
    if isinstance(ours, type) and not issubclass(ours, enum.Enum):
        assert public(ours) - set(dir(real)) == ONLY_STANDIN.get(name, set())


@pytest.mark.parametrize("path", sorted(standin_enums()))
def test_numbers_of_the_stand_in_are_the_real_ones(binding: Any, path: str) -> None:
    ours, real = standin_enums()[path], at(binding, path)
    named = {member for member in ours.__members__ if (path, member) not in NAMELESS}
    assert {member: ours[member].value for member in named} == {member: int(getattr(real, member)) for member in named}


def test_controls_of_the_stand_in_exist_and_take_the_same_kind_of_value(binding: Any) -> None:
    real = {name: getattr(binding.controls, name, None) for name in controls.IDS}
    real |= {
        name: getattr(binding.controls.draft, name) for name in controls.IDS if hasattr(binding.controls.draft, name)
    }
    assert {name for name, found in real.items() if found is None} <= PI_CONTROLS
    kinds = {name: found.type.name for name, found in real.items() if found is not None}
    assert kinds == {name: controls.IDS[name].type.name for name in kinds}


def test_properties_of_the_stand_in_exist(binding: Any) -> None:
    real = {*dir(binding.properties), *dir(binding.properties.draft)}
    assert set(properties.IDS) <= real


def test_what_has_no_hash_in_the_stand_in_has_none(binding: Any) -> None:
    """Equality of transforms and colour spaces comes from picamera2 itself."""
    named = ("Size", "Point", "Rectangle", "PixelFormat", "Transform", "ColorSpace", "StreamRole")
    assert {name: CLASSES[name].__hash__ is None for name in named} == {
        name: getattr(binding, name).__hash__ is None for name in named
    }


def test_numbers_in_the_adapter_are_the_real_ones(binding: Any) -> None:
    real = binding.controls
    assert int(real.AfModeEnum.Manual) == light.MANUAL
    assert int(real.AfModeEnum.Auto) == light.AUTO
    assert int(real.AfTriggerEnum.Start) == light.START
    assert int(real.AfStateEnum.Focused) == light.FOCUSED
    assert int(real.AfStateEnum.Failed) == light.FAILED
    assert str(binding.ColorSpace.Smpte170m().range).endswith("Limited")
    assert not str(binding.ColorSpace.Sycc().range).endswith("Limited")


def test_the_sandbox_of_the_unit_is_around_these_tests() -> None:
    assert os.getuid() != 0
    with pytest.raises(OSError, match="Address family not supported"):
        socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)


def test_libcamera_finds_its_cameras_without_netlink() -> None:
    listed = subprocess.run(["cam", "--list"], check=True, capture_output=True, text=True)
    assert re.findall(r"^\d+: .* \((\w+)\)$", listed.stdout, re.MULTILINE) == [PATTERN, CLIP]


def decoded() -> NDArray[np.uint8]:
    """Return the first frame of the clip that the camera shows, (3, H, W): Y, U and V of full range."""
    with av.open(RECORDED) as clip:
        frame = next(frame for number, frame in enumerate(clip.decode(video=0)) if number == FIRST)
        return np.asarray(frame.reformat(640, 480, "yuvj444p").to_ndarray(), np.uint8)


def likeness(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    return float(np.corrcoef(one.ravel().astype(float), other.ravel().astype(float))[0, 1])


def test_pictures_come_through_with_their_colours(pace: Pace) -> None:
    camera = pi_camera(device=CLIP)
    camera.open()
    frame = read(camera)
    picture = frame.picture()
    camera.close()
    wanted = decoded()
    assert likeness(picture.y, wanted[0]) > 0.98
    assert likeness(picture.u, wanted[1][::2, ::2]) > 0.9
    assert likeness(picture.v, wanted[2][::2, ::2]) > 0.9
    assert likeness(frame.luma[::3, ::3], wanted[0][::5, ::5]) > 0.9


def test_what_the_camera_adjusts_is_read_back(pace: Pace) -> None:
    camera = pi_camera(width=800, height=600)
    info = camera.open()
    size = read(camera).picture().size
    camera.close()
    assert size == (info.width, info.height) == (640, 480)
    assert info.remarks == ("its exposure cannot be bounded", "it gives 640x480 instead of 800x600")


def test_a_camera_that_does_not_know_its_colours_can_be_used(pace: Pace) -> None:
    camera = pi_camera()
    with patch("picamera2.picamera2.utils.colour_space_from_libcamera", lambda space: None):
        camera.open()
    assert read(camera).picture().y.max() > 0
    camera.close()


def test_a_second_opening_is_refused_as_busy_and_costs_nothing(pace: Pace) -> None:
    def descriptors() -> int:
        gc.collect()
        return len(list(Path("/proc/self/fd").iterdir()))

    first, second = pi_camera(), pi_camera()
    first.open()
    before = descriptors()
    for _ in range(20):
        with pytest.raises(CameraError, match="front: another program is using it"):
            second.open()
    assert descriptors() == before
    assert first.read(5.0) is not None
    first.close()
    second.open()
    assert second.read(5.0) is not None
    second.close()


def test_after_close_a_frame_is_what_was_copied_and_no_more(pace: Pace) -> None:
    camera = pi_camera()
    camera.open()
    frame = read(camera)
    luma = frame.luma.copy()
    camera.close()
    assert np.array_equal(frame.luma, luma)
    with pytest.raises(CameraError, match="has passed"):
        frame.picture()


def test_a_request_may_be_given_back_after_its_camera_was_closed(pace: Pace) -> None:
    session = Session(Library(), 0, None)
    session.picam2.configure(session.picam2.create_video_configuration(raw=None))
    session.start()
    request = session.next_request(5.0)
    assert request is not None
    session.close()
    request.release()
    camera = pi_camera()
    camera.open()
    read(camera)
    camera.close()


def test_a_silent_camera_is_started_anew_and_goes_on(pace: Pace) -> None:
    camera = pi_camera()
    camera.open()
    before = read(camera)
    pace.unplugged = True
    while camera.read(0.5) is not None:
        pass
    assert camera.read(3.5) is None
    pace.unplugged = False
    after = read(camera)
    camera.close()
    assert after.index > before.index + 1
    assert after.taken_s - before.taken_s > 3.0


def test_a_camera_that_comes_later_is_found(pace: Pace) -> None:
    camera = pi_camera()
    write_configuration({"/base/usb@1": CAMERAS[PATTERN]})
    try:
        with pytest.raises(CameraError, match="a USB camera is there: kind v4l2 is for that"):
            camera.open()
    finally:
        write_configuration()
    camera.open()
    read(camera)
    camera.close()


def test_before_the_first_camera_driver_there_is_no_camera_and_later_there_is(pace: Pace) -> None:
    hidden = MEDIA_DEVICES.rename(MEDIA_DEVICES.with_name("hidden"))
    camera = pi_camera()
    try:
        with pytest.raises(CameraError, match="front: the Pi sees no camera"):
            camera.open()
    finally:
        hidden.rename(MEDIA_DEVICES)
    camera.open()
    read(camera)
    camera.close()
