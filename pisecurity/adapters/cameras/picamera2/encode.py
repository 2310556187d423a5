"""H.264 packets of a Pi camera: from the hardware of a Pi 4 and older, else from x264 in a thread of its own."""

from __future__ import annotations

import contextlib
import logging
import queue
import threading
from typing import Any

from pisecurity.adapters.cameras.picamera2.configure import Setup
from pisecurity.adapters.cameras.picamera2.held import Held
from pisecurity.adapters.cameras.picamera2.library import Library
from pisecurity.adapters.cameras.picamera2.session import Session
from pisecurity.adapters.cameras.timing import Stamps
from pisecurity.adapters.cameras.x264 import X264, bit_rate
from pisecurity.core.types import Packet
from pisecurity.ports import Clock, PacketSink

log = logging.getLogger(__name__)

WAITING = 2
"""Frames that wait for x264; a further one is left out, because each holds a buffer that the sensor needs."""
STOP_S = 0.8
MICROSECONDS = 1e6


class Encoding:
    """Every frame of the main stream, encoded and handed to the sink. Raises what picamera2 raises."""

    def __init__(self, library: Library, session: Session, setup: Setup, sink: PacketSink, clock: Clock) -> None:
        self._session = session
        if library.encodes_in_hardware:
            self._software: _Software | None = None
            self._encoder = _hardware_encoder(library, setup, sink, clock)
        else:
            self._software = _Software(library, setup, sink, clock)
            self._encoder = _tap(library, self._software.offer)
        session.picam2.start_encoder(self._encoder, name="main")

    def stop(self) -> None:
        """Stop encoding; what still waits is left out."""
        try:
            self._session.picam2.stop_encoder(self._encoder)
        except (RuntimeError, OSError) as error:
            log.warning("encoder stopped with a complaint reason=%s", error)
        if self._software is not None:
            self._software.stop()


def _hardware_encoder(library: Library, setup: Setup, sink: PacketSink, clock: Clock) -> Any:
    encoder = library.encoders.H264Encoder(
        bitrate=bit_rate(setup.main.width, setup.main.height, setup.fps),
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


class _Software:
    """A thread that copies each offered frame, gives its buffer back, and encodes the copy."""

    def __init__(self, library: Library, setup: Setup, sink: PacketSink, clock: Clock) -> None:
        self._library, self._setup, self._sink, self._clock = library, setup, sink, clock
        self._waiting: queue.Queue[Any] = queue.Queue(WAITING)
        self._left_out = 0
        self._thread = threading.Thread(target=self._run, name="x264", daemon=True)
        self._thread.start()

    def offer(self, request: Any) -> None:
        """Take *request* on, or leave it out when two wait already."""
        request.acquire()
        try:
            self._waiting.put_nowait(request)
        except queue.Full:
            request.release()
            self._left_out += 1
            log.debug("frame not encoded, x264 is behind total=%d", self._left_out)

    def stop(self) -> None:
        """End the thread; give back what waits."""
        with contextlib.suppress(queue.Empty):
            while True:
                self._waiting.get_nowait().release()
        self._waiting.put(None)
        self._thread.join(STOP_S)
        if self._thread.is_alive():
            log.warning("x264 did not stop within %.1f s", STOP_S)

    def _run(self) -> None:
        main = self._setup.main
        codec = X264(main.width, main.height, self._setup.fps, limited=main.limited)
        stamps = Stamps()
        while (request := self._waiting.get()) is not None:
            held = Held(self._library, request)
            stamp_ns = held.metadata.get("SensorTimestamp")
            taken_s = stamps.at(None if stamp_ns is None else stamp_ns / 1e9, self._clock.monotonic())
            planes = held.copied("main", main.planes)
            held.release()
            for packet in codec.encode(*planes, taken_s):
                self._sink(packet)
