"""H.264 packets of a Pi camera: from the hardware of a Pi 4 and older, else from x264 in a thread of its own."""

from __future__ import annotations

import logging
from importlib import import_module
from typing import TYPE_CHECKING, Any

from pisecurity.adapters.cameras.damage import Damage
from pisecurity.adapters.cameras.picamera2.configure import Setup
from pisecurity.adapters.cameras.picamera2.library import HARDWARE_LIMIT, Library
from pisecurity.adapters.cameras.picamera2.session import Session
from pisecurity.adapters.cameras.timing import Stamps
from pisecurity.core.types import Packet
from pisecurity.ports import Clock, PacketSink

if TYPE_CHECKING:
    from pisecurity.adapters.cameras.picamera2.software import SoftwareEncoder

log = logging.getLogger(__name__)

BITS_A_PIXEL = 0.12
"""Of every frame: 1.1 Mbit/s for 1280x720 at 10 frames a second, enough to tell a face at that size."""
SOFTWARE = "pisecurity.adapters.cameras.picamera2.software"
"""Loaded only where no hardware encodes: x264 comes with PyAV, which takes 15 MB."""
IN_HARDWARE = 2
"""Frames the hardware has at a time; each is a buffer that the sensor cannot fill meanwhile."""
MICROSECONDS = 1e6


class Encoding:
    """Every frame of the main stream, encoded and handed to the sink. Raises what picamera2 raises."""

    def __init__(self, library: Library, session: Session, setup: Setup, sink: PacketSink, clock: Clock) -> None:
        self._session = session
        fits = setup.main.width <= HARDWARE_LIMIT[0] and setup.main.height <= HARDWARE_LIMIT[1]
        if library.encodes_in_hardware and fits:
            self._software: SoftwareEncoder | None = None
            self._encoder = _hardware_encoder(library, setup, sink, clock)
        else:
            software: SoftwareEncoder = import_module(SOFTWARE).SoftwareEncoder(
                library, setup, bit_rate(setup), sink, clock
            )
            self._software, self._encoder = software, _tap(library, software.offer)
        session.picam2.start_encoder(self._encoder, name="main")

    @property
    def alive(self) -> bool:
        """Whether frames are still encoded; a thread that died has left its reason in the log."""
        return self._software is None or self._software.alive

    def stop(self) -> None:
        """Stop encoding; what still waits is left out."""
        try:
            self._session.picam2.stop_encoder(self._encoder)
        except (RuntimeError, OSError) as error:
            log.warning("encoder stopped with a complaint reason=%s", error)
        if self._software is not None:
            self._software.stop()


def bit_rate(setup: Setup) -> int:
    """Return the bits a second to aim at."""
    pixels: int = setup.main.width * setup.main.height
    return round(pixels * setup.fps * BITS_A_PIXEL)


def _hardware_encoder(library: Library, setup: Setup, sink: PacketSink, clock: Clock) -> Any:
    class Patient(library.encoders.H264Encoder):  # type: ignore[misc, name-defined]
        """Leaves frames out when the hardware is behind: it would make the event loop wait, and the sensor starve."""

        def _encode(self, stream: str, request: Any) -> None:
            if self.buf_frame.qsize() < IN_HARDWARE:
                super()._encode(stream, request)
            else:
                behind.note("the H.264 hardware is behind")

    behind = Damage(f"{setup.description}, frames for clips", clock)
    encoder = Patient(
        bitrate=bit_rate(setup),
        repeat=True,  # parameter sets with each keyframe, so that a clip can begin at any of them
        iperiod=max(1, round(setup.fps)),
        framerate=setup.fps,
    )
    stamps, begun = Stamps(), False

    class Output(library.outputs.Output):  # type: ignore[misc, name-defined]
        """Hands each encoded frame on; called by the encoder's thread."""

        def outputframe(
            self, frame: Any, keyframe: bool = True, timestamp: int = 0, packet: Any = None, audio: bool = False
        ) -> None:
            nonlocal begun
            begun = begun or keyframe
            if begun:
                # The encoder counts from the sensor time of its first frame.
                stamp_s = (encoder.firsttimestamp + timestamp) / MICROSECONDS
                sink(Packet(bytes(frame), stamps.at(stamp_s, clock.monotonic()), keyframe))

    encoder.output = Output()
    return encoder


def _tap(library: Library, offer: Any) -> Any:
    """Return an encoder of picamera2 that encodes nothing and offers each request to *offer*."""

    class Tap(library.encoders.Encoder):  # type: ignore[misc, name-defined]
        def _encode(self, stream: str, request: Any) -> None:
            # The event loop's thread: whatever takes long here makes the camera lose frames.
            offer(request)

    return Tap()
