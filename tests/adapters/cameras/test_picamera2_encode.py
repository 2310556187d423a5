"""H.264 of the Pi camera, from the stand-in for the hardware and from x264."""

from __future__ import annotations

import io
import threading

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from pisecurity.adapters.clock import SystemClock
from pisecurity.core.types import Packet
from tests.adapters.cameras.subjects import raspberry_pi
from tests.adapters.cameras.test_picamera2_camera import CLIP, PROGRAM, pi_camera, read
from tests.rigs.standin import clip_source


@pytest.mark.parametrize(("platform", "hardware"), [("vc4", True), ("pisp", False)])
def test_facts_21_22_26_the_encoder_is_the_hardware_of_a_pi_4_and_software_on_a_pi_5(
    platform: str, hardware: bool
) -> None:
    packets: list[Packet] = []
    with raspberry_pi(platform) as rig:  # type: ignore[arg-type]
        rig.cameras[0].source = clip_source(CLIP, frames=40)
        camera = pi_camera(fps=20)
        assert camera.open(packets.append).packets
        read(camera, 45)
        encoded = rig.encoder.encoded
        camera.close()
        starved = rig.cameras[0].starved
    assert (encoded > 30) == hardware
    assert starved == 0
    pictures = decoded(packets)
    assert len(pictures) >= 40
    assert pictures[0].shape == (480, 640)
    assert [packet.keyframe for packet in packets[:41]].count(True) >= 2


def decoded(packets: list[Packet]) -> list[NDArray[np.uint8]]:
    stream = io.BytesIO(b"".join(packet.data for packet in packets))
    with av.open(stream, mode="r", format="h264") as container:
        return [np.asarray(frame.to_ndarray(format="gray"), np.uint8) for frame in container.decode(video=0)]


def test_a_slow_encoder_costs_the_clip_frames_and_the_detector_none() -> None:
    def slow(packet: Packet) -> None:
        clock.wait(stop, 0.3)

    clock, stop = SystemClock(), threading.Event()
    with raspberry_pi("pisp") as rig:
        camera = pi_camera(fps=20)
        camera.open(slow)
        first = read(camera)
        last = read(camera, 30)
        camera.close()
        starved = rig.cameras[0].starved
    assert last.index - first.index <= 32
    assert starved == 0


def test_facts_23_24_25_no_output_of_the_library_is_used_that_delays_or_dies_in_silence() -> None:
    source = "".join(path.read_text() for path in PROGRAM.rglob("*.py"))
    assert "outputs.Output" in source
    for name in ("CircularOutput", "PyavOutput", "FfmpegOutput"):
        assert name not in source
