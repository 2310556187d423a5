"""H.264 of a Pi without the hardware for it: x264 in a thread of its own."""

from __future__ import annotations

import contextlib
import logging
import queue
import threading
from typing import Any

from pisecurity.adapters.cameras.picamera2.configure import Setup
from pisecurity.adapters.cameras.picamera2.held import Held
from pisecurity.adapters.cameras.picamera2.library import Library
from pisecurity.adapters.cameras.timing import Stamps
from pisecurity.adapters.cameras.x264 import X264
from pisecurity.ports import Clock, PacketSink

log = logging.getLogger(__name__)

WAITING = 2
"""Frames that wait for x264; a further one is left out, because each holds a buffer that the sensor needs."""
STOP_S = 0.8


class SoftwareEncoder:
    """A thread that copies each offered frame, gives its buffer back, and encodes the copy."""

    def __init__(self, library: Library, setup: Setup, bit_rate: int, sink: PacketSink, clock: Clock) -> None:
        self._library, self._setup, self._bit_rate, self._sink, self._clock = library, setup, bit_rate, sink, clock
        self._waiting: queue.Queue[Any] = queue.Queue(WAITING)
        self._left_out = 0
        self._thread = threading.Thread(target=self._run, name="x264", daemon=True)
        self._thread.start()

    def offer(self, request: Any) -> None:
        """Take *request* on, or leave it out when two wait already or nobody encodes any more."""
        if not self.alive:
            return
        request.acquire()
        try:
            self._waiting.put_nowait(request)
        except queue.Full:
            request.release()
            self._left_out += 1
            log.debug("frame not encoded, x264 is behind total=%d", self._left_out)

    @property
    def alive(self) -> bool:
        """Whether the thread still encodes."""
        return self._thread.is_alive()

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
        codec = X264(main.width, main.height, self._setup.fps, self._bit_rate, limited=main.limited)
        stamps = Stamps()
        while (request := self._waiting.get()) is not None:
            held = Held(self._library, request)
            taken_s = stamps.at(held.stamp_s, self._clock.monotonic())
            planes = held.copied("main", main.planes)
            held.release()
            for packet in codec.encode(*planes, taken_s):
                self._sink(packet)
