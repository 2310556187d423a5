"""Which USB cameras are found, and what is said about what is none."""

from __future__ import annotations

import errno
import os
import stat
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from pisecurity.adapters.cameras.v4l2 import V4l2Camera
from pisecurity.adapters.cameras.v4l2.device import Capability, Device, NoCameraError
from pisecurity.adapters.cameras.v4l2.find import UsbCamera, clean, is_something_else, only, survey
from pisecurity.errors import CameraError
from tests.adapters.cameras.subjects import camera_settings
from tests.adapters.cameras.v4l2_webcam import NAME, Webcam, make_dev
from tests.fakes import FakeClock

USUAL = Capability("uvcvideo", "Webcam", "usb-1.2", captures=True)


class Machine:
    """Video devices by the name of their node."""

    def __init__(self, **nodes: Capability | OSError | NoCameraError) -> None:
        self._nodes = nodes

    def __call__(self, path: Path) -> Webcam:
        there = self._nodes.get(path.resolve().name, OSError(errno.ENOENT, os.strerror(errno.ENOENT)))
        if isinstance(there, Exception):
            raise there
        return Webcam(FakeClock(), capability=there)


def denied() -> OSError:
    return OSError(errno.EACCES, os.strerror(errno.EACCES))


def found(dev: Path, machine: Machine) -> tuple[UsbCamera, ...]:
    return survey(dev, machine).cameras


def test_an_empty_machine_has_no_camera(tmp_path: Path) -> None:
    assert survey(tmp_path).cameras == ()
    assert survey(tmp_path / "missing").cameras == ()
    with pytest.raises(CameraError) as raised:
        V4l2Camera(camera_settings(kind="v4l2"), FakeClock(), dev=tmp_path).open()
    assert str(raised.value) == (
        'camera front: there is no USB camera; plug one in, or for the Pi\'s own camera set kind = "picamera2"'
    )


def test_a_camera_is_found_under_the_name_that_stays(tmp_path: Path) -> None:
    dev = make_dev(tmp_path)
    (camera,) = found(dev, Machine(video0=USUAL))
    assert camera.name == dev / "v4l" / "by-id" / NAME
    assert (camera.node, camera.card, camera.bus) == (dev / "video0", "Webcam", "usb-1.2")
    assert camera.offers[0].size == (640, 360)
    assert str(camera) == f"{dev}/v4l/by-id/{NAME} (Webcam)"


def test_without_names_that_stay_the_node_is_the_name(tmp_path: Path) -> None:
    (tmp_path / "video3").touch()
    assert [camera.name for camera in found(tmp_path, Machine(video3=USUAL))] == [tmp_path / "video3"]


def test_nodes_that_are_no_usb_camera_are_left_out(tmp_path: Path) -> None:
    dev = make_dev(tmp_path, nodes=12)
    (dev / "video-notes").touch()
    machine = Machine(
        video0=replace(USUAL, captures=False),
        video1=replace(USUAL, driver="bcm2835-codec"),
        video2=replace(USUAL, driver="unicam"),
        video3=replace(USUAL, driver="rp1-cfe"),
        video4=replace(USUAL, driver="pispbe"),
        video5=replace(USUAL, driver="bm2835 mmal"),
        video6=NoCameraError("is no video device"),
        video7=OSError(errno.ENODEV, "gone meanwhile"),
        video8=replace(USUAL, driver="rpi-hevc-dec"),
        video10=USUAL,
    )
    assert [camera.node.name for camera in found(dev, machine)] == ["video10"]


def test_a_camera_that_offers_nothing_readable_is_left_out(tmp_path: Path) -> None:
    dev = make_dev(tmp_path)
    assert survey(dev, lambda path: Webcam(FakeClock(), listed=())).cameras == ()


def test_each_camera_is_closed_again(tmp_path: Path) -> None:
    webcam = Webcam(FakeClock())
    survey(make_dev(tmp_path), lambda path: webcam)
    assert webcam.closed == 1
    assert "start" not in webcam.log and "configure" not in webcam.log


def test_twins_without_a_number_are_told_apart_by_their_ports(tmp_path: Path) -> None:
    """They share one name by id, which goes to whichever was plugged in last."""
    dev = make_dev(tmp_path, nodes=2)
    ports = dev / "v4l" / "by-path"
    ports.mkdir()
    for number in range(2):
        (ports / f"platform-usb-0:1.{number}:1.0-video-index0").symlink_to(dev / f"video{number}")
    twins = Machine(video0=USUAL, video1=replace(USUAL, bus="usb-1.3"))
    assert [camera.name.parent.name for camera in found(dev, twins)] == ["by-path", "by-path"]
    others = Machine(video0=USUAL, video1=replace(USUAL, bus="usb-1.3", card="Other"))
    assert [camera.name.parent.name for camera in found(dev, others)] == ["by-id", "by-path"]


def test_of_several_cameras_one_must_be_named(tmp_path: Path) -> None:
    dev = make_dev(tmp_path, nodes=2)
    cameras = survey(dev, Machine(video0=USUAL, video1=replace(USUAL, card="Other", bus="usb-2")))
    with pytest.raises(CameraError) as raised:
        only(cameras)
    assert str(raised.value) == (
        f"there are 2 USB cameras; set device to one that is there: "
        f"{dev}/v4l/by-id/{NAME} (Webcam), {dev}/video1 (Other)"
    )


def test_devices_that_may_not_be_opened_are_told_of(tmp_path: Path) -> None:
    dev = make_dev(tmp_path)
    cameras = survey(dev, Machine(video0=denied()))
    assert cameras.cameras == ()
    with pytest.raises(CameraError, match=r"video0 may not be opened by this user; run 'sudo usermod -aG video \w+'"):
        only(cameras)


def test_of_many_devices_that_may_not_be_opened_one_is_named(tmp_path: Path) -> None:
    """Outside the group video that is every node of a Pi, a dozen of them."""
    cameras = survey(make_dev(tmp_path, nodes=3), Machine(video0=denied(), video1=denied(), video2=denied()))
    assert len(cameras.broken) == 1 and "video0" in cameras.broken[0]


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.EBUSY, "is in use by another program; stop that one"),
        (errno.EIO, "broke off in the middle"),
        (errno.ENODEV, "was unplugged; plug it in again"),
        (errno.EPROTO, "does not do as it is told (Protocol error)"),
    ],
)
def test_a_camera_that_cannot_be_looked_at_is_not_called_missing(tmp_path: Path, number: int, words: str) -> None:
    dev = make_dev(tmp_path, nodes=2)
    machine = Machine(video0=OSError(number, os.strerror(number)), video1=OSError(number, os.strerror(number)))
    cameras = survey(dev, machine)
    with pytest.raises(CameraError) as raised:
        only(cameras)
    for node in ("video0", "video1"):
        assert f"the USB camera {dev}/{node} {words}" in str(raised.value)
    assert "there is no USB camera" not in str(raised.value)
    assert cameras.fix == f"see to what is there: {'; '.join(cameras.broken)}"


def test_a_camera_that_works_is_taken_beside_one_that_does_not(tmp_path: Path) -> None:
    dev = make_dev(tmp_path, nodes=2)
    cameras = survey(dev, Machine(video0=OSError(errno.EIO, os.strerror(errno.EIO)), video1=USUAL))
    assert only(cameras).node == dev / "video1"
    assert len(cameras.broken) == 1


def test_a_device_that_went_since_the_list_was_made_is_no_trouble(tmp_path: Path) -> None:
    assert survey(make_dev(tmp_path), Machine()).broken == ()


def refusal(path: Path, dev: Path, machine: Machine | None = None) -> str:
    """Return what is said when *path* is set as device."""
    settings = camera_settings(kind="v4l2", device="/dev/null").model_copy(update={"device": str(path)})
    with pytest.raises(CameraError) as raised:
        V4l2Camera(settings, FakeClock(), dev=dev, opener=machine or Device).open()
    text = str(raised.value)
    assert text.startswith("camera front: ") and "\n" not in text
    return text.removeprefix("camera front: ")


LOOK = "no USB camera is there, 'lsusb' shows whether the Pi sees one"


def test_what_is_no_camera_is_not_opened_and_said(tmp_path: Path) -> None:
    plain = tmp_path / "plain"
    plain.write_text("no camera")
    for path in (Path("/dev/null"), Path("/dev/zero"), plain, tmp_path):
        assert refusal(path, tmp_path) == f"{path} is no video device; {LOOK}"


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert "is no video device" in refusal(tmp_path / "pipe", tmp_path)


@pytest.mark.parametrize("path", ["missing", "missing/by-id/usb-cam", "plain/cam"])
def test_r16_a_camera_that_is_not_there_is_said_with_those_that_are(tmp_path: Path, path: str) -> None:
    (tmp_path / "plain").touch()
    assert refusal(tmp_path / path, tmp_path) == f"{tmp_path / path} is not there; plug it in; {LOOK}"
    dev = make_dev(tmp_path / "dev")
    text = refusal(dev / "video9", dev, Machine(video0=USUAL))
    assert text.endswith(f"set device to one that is there: {dev}/v4l/by-id/{NAME} (Webcam)")


def test_a_device_that_may_not_be_opened_is_said_with_the_group(tmp_path: Path) -> None:
    text = refusal(tmp_path / "video0", tmp_path, Machine(video0=denied()))
    assert text.startswith(f"{tmp_path}/video0 may not be opened by this user; run 'sudo usermod -aG video ")
    assert text.endswith("and log in again")


def test_a_folder_that_may_not_be_looked_into_is_no_crash(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stat(path: Path) -> os.stat_result:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    monkeypatch.setattr(Path, "stat", lambda path, **_: stat(path))
    with pytest.raises(PermissionError):
        Device(tmp_path / "video0")


def test_a_character_device_of_another_driver_is_never_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    """Opening /dev/watchdog would start a countdown to a reboot."""

    def opened(*_: object) -> int:
        raise AssertionError("it was opened")

    monkeypatch.setattr(os, "open", opened)
    with pytest.raises(NoCameraError, match="is no video device"):
        Device(Path("/dev/null"))


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("HD Webcam: HD Webcam", "HD Webcam"),
        ("Integrated Camera: Integrated C", "Integrated Camera"),
        ("UVC Camera (046d:0825)", "UVC Camera (046d:0825)"),
        ("Cam: front", "Cam: front"),
        ("", ""),
    ],
)
def test_the_name_of_a_camera_is_said_once(said: str, words: str) -> None:
    assert clean(said) == words


def test_only_what_is_there_and_no_video_device_is_something_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = tmp_path / "video0"
    plain.touch()
    assert is_something_else(str(plain)) and is_something_else("/dev/null")
    assert not is_something_else(str(tmp_path / "gone"))
    video = SimpleNamespace(st_mode=stat.S_IFCHR, st_rdev=os.makedev(81, 0))
    monkeypatch.setattr(Path, "stat", lambda path: video)
    assert not is_something_else("/dev/video0")
