"""The Pi camera adapter on what Debian's real libcamera was seen to do and the Pi's own cameras do not.

``make test-libcamera`` tries the same on the real one.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

import pytest

from pisecurity.adapters.cameras.picamera2 import PiCamera
from pisecurity.adapters.clock import SystemClock
from pisecurity.errors import CameraError
from tests.adapters.cameras.subjects import PI, raspberry_pi
from tests.rigs.standin.camera import CameraManager, Device
from tests.rigs.standin.configuration import StreamRole


@pytest.fixture
def camera() -> Iterator[PiCamera]:
    with raspberry_pi("vc4"):
        camera = PiCamera(PI, SystemClock())
        yield camera
        camera.close()


def test_a_camera_without_a_raw_stream_can_be_used(camera: PiCamera) -> None:
    real = Device.generate

    def generate(device: Device, roles: Any) -> Any:
        return None if list(roles) == [StreamRole.Raw] else real(device, roles)

    modes = [{"format": "SRGGB10_CSI2P", "size": (4608, 2592)}]
    with patch.object(Device, "generate", generate), patch("picamera2.Picamera2._get_raw_modes", lambda _: modes):
        camera.open()
    assert camera.read(5.0) is not None


def test_pictures_of_a_camera_that_does_not_know_its_colours_are_left_as_they_are(camera: PiCamera) -> None:
    with patch("picamera2.picamera2.utils.colour_space_from_libcamera", lambda space: None):
        camera.open()
    frame = camera.read(5.0)
    assert frame is not None
    luma, y = frame.luma, frame.picture().y
    assert abs(float(y.mean()) - float(luma.mean())) < 1


def test_before_the_first_camera_driver_there_is_no_camera_and_later_there_is(camera: PiCamera) -> None:
    missing = RuntimeError("Failed to start CameraManager: No such device")
    with (
        patch.object(CameraManager, "singleton", side_effect=missing),
        pytest.raises(CameraError, match="front: the Pi sees no camera"),
    ):
        camera.open()
    camera.open()
    assert camera.read(5.0) is not None
