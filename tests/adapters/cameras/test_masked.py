"""Privacy zones on real cameras: what comes out of them is black before anybody gets it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from pisecurity.adapters.cameras.file import FileCamera
from pisecurity.adapters.cameras.masked import MaskedCamera
from pisecurity.core.types import Frame, Packet
from pisecurity.ports import CameraInfo, PacketSink
from pisecurity.settings import ZoneSettings
from tests.adapters.cameras.subjects import camera_settings
from tests.adapters.cameras.videos import turn, write_video
from tests.fakes import FakeClock, make_frame

UPPER_LEFT = ((0.0, 0.0), (0.5, 0.0), (0.5, 0.5), (0.0, 0.5))
LOWER = ((0.0, 0.5), (1.0, 0.5), (1.0, 1.0), (0.0, 1.0))


def privacy(*points: tuple[float, float]) -> ZoneSettings:
    return ZoneSettings(name="neighbour", camera="front", kind="privacy", points=points)


class Encoding:
    """A camera whose packets the test hands out."""

    def __init__(self) -> None:
        self.sink: PacketSink | None = None
        self.shown = make_frame(0)

    def open(self, packets: PacketSink | None = None) -> CameraInfo:
        self.sink = packets
        return CameraInfo(64, 48, 64, 48, 10, "encoding", packets=packets is not None)

    def read(self, timeout_s: float) -> Frame | None:
        return self.shown

    def close(self) -> None:
        self.sink = None

    def send(self, number: int, *, keyframe: bool = False) -> None:
        assert self.sink is not None
        self.sink(Packet(b"h264", float(number), keyframe))


def quarters(plane: NDArray[np.uint8]) -> list[bool]:
    """Return of upper left, upper right, lower left and lower right whether it is black."""
    height, width = plane.shape[0] // 2, plane.shape[1] // 2
    parts = (plane[:height, :width], plane[:height, width:], plane[height:, :width], plane[height:, width:])
    return [not part.any() for part in parts]


@pytest.mark.parametrize("degrees", [0, 90, 180, 270])
def test_a_zone_lies_in_the_upright_picture_however_the_recording_is_turned(tmp_path: Path, degrees: int) -> None:
    path = write_video(tmp_path / "walk.mp4")
    if degrees:
        turn(path, degrees)
    settings = camera_settings(kind="file", path=str(path), pace="fast")
    camera = MaskedCamera(FileCamera(settings, FakeClock()), [privacy(*UPPER_LEFT)])
    info = camera.open()
    frame = camera.read(1.0)
    assert frame is not None
    assert frame.luma.shape == ((64, 48) if degrees in (90, 270) else (48, 64)) == (info.height, info.width)
    assert quarters(frame.luma) == quarters(frame.picture().y) == [True, False, False, False]
    camera.close()


def test_zones_count_from_the_next_frame_on() -> None:
    camera = MaskedCamera(Encoding(), [])
    camera.open()
    seen = []
    for zones in ([], [privacy(*UPPER_LEFT)], [privacy(*LOWER)], []):
        camera.set_zones(zones)
        frame = camera.read(1.0)
        assert frame is not None
        seen.append(quarters(frame.luma))
        assert quarters(frame.picture().y) == seen[-1]
    none, upper_left, lower = [False] * 4, [True, False, False, False], [False, False, True, True]
    assert seen == [none, upper_left, lower, none]


def test_a_frame_keeps_the_zones_it_came_with() -> None:
    """What is asked of it later, while a setting changes, shows the same parts as the frame itself."""
    camera = MaskedCamera(Encoding(), [privacy(*UPPER_LEFT)])
    camera.open()
    frame = camera.read(1.0)
    camera.set_zones([])
    assert frame is not None
    assert quarters(frame.picture().y) == [True, False, False, False]


def test_the_same_zones_again_are_no_other_scene() -> None:
    camera = MaskedCamera(Encoding(), [privacy(*UPPER_LEFT)])
    camera.open()
    first = camera.read(1.0)
    camera.set_zones([privacy(*UPPER_LEFT).model_copy(update={"name": "renamed"})])
    second = camera.read(1.0)
    assert first is not None and second is not None
    assert first.visible is not None and first.visible is second.visible


def test_no_packet_is_asked_for_while_there_is_a_privacy_zone() -> None:
    inner, packets = Encoding(), list[Packet]()
    camera = MaskedCamera(inner, [privacy(*LOWER)])
    assert not camera.open(packets.append).packets
    assert inner.sink is None
    camera.close()
    camera.set_zones([])
    assert camera.open(packets.append).packets


def test_packets_stop_with_a_privacy_zone_and_go_on_after_it_with_a_keyframe() -> None:
    inner, packets = Encoding(), list[Packet]()
    camera = MaskedCamera(inner, [])
    camera.open(packets.append)
    inner.send(1, keyframe=True)
    inner.send(2)
    camera.set_zones([privacy(*LOWER)])
    inner.send(3, keyframe=True)
    inner.send(4)
    camera.set_zones([])
    inner.send(5)
    inner.send(6, keyframe=True)
    inner.send(7)
    assert [packet.taken_s for packet in packets] == [1, 2, 6, 7]


def test_a_zone_that_is_drawn_while_a_frame_is_looked_at_is_black_in_its_picture() -> None:
    """The page and the event take the picture of a frame some time after it has come."""
    camera = MaskedCamera(Encoding(), ())
    frame = camera.read(1)
    assert frame is not None
    camera.set_zones([privacy(*UPPER_LEFT)])
    assert quarters(frame.picture().y) == [True, False, False, False]
