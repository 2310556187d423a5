"""A completed request that is kept for a while, and what is in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from pisecurity.adapters.cameras.picamera2.library import Library
from pisecurity.adapters.cameras.picamera2.planes import Buffer, Layout
from pisecurity.errors import CameraError

Copied = TypeVar("Copied")


class Held:
    """Buffers and metadata of one frame, until it is released and the sensor writes into them again."""

    def __init__(self, library: Library, request: Any) -> None:
        self._library, self._request = library, request
        self.metadata: Mapping[str, Any] = request.get_metadata()
        """What the camera says about the frame; a USB camera says little more than its time."""

    @property
    def stamp_s(self) -> float | None:
        """When the sensor began with the frame, in seconds of CLOCK_MONOTONIC; None where it does not say."""
        stamp_ns = self.metadata.get("SensorTimestamp")
        return None if stamp_ns is None else stamp_ns / 1e9

    @property
    def sequence(self) -> int:
        """The driver's number of the frame, counted where the buffer was filled: on a Pi 4 behind the sensor."""
        buffer = next(iter(self._request.request.buffers.values()))
        return int(buffer.metadata.sequence)

    def lack(self, layouts: Mapping[str, Layout]) -> str:
        """Return what the driver left unfilled of the buffers of these streams, empty when they are whole."""
        for name, layout in layouts.items():
            buffer = self._request.request.buffers[self._request.stream_map[name]]
            filled = sum(plane.bytes_used for plane in buffer.metadata.planes)
            if filled < layout.least_bytes:
                return f"{filled} of {layout.least_bytes} bytes of {name}"
        return ""

    def copied(self, stream: str, copy: Callable[[Buffer], Copied]) -> Copied:
        """Return what *copy* takes out of the buffer of *stream*; it must keep no view of it.

        Raises:
            CameraError: the request was released; a frame is valid until the next one is read.
            RuntimeError, OSError: the library cannot reach the buffer.
        """
        if self._request is None:
            raise CameraError("the picture of this frame has passed; copy it before the next one is read")
        with self._library.picamera2.MappedArray(self._request, stream, reshape=False, write=False) as mapped:
            return copy(mapped.array)

    def release(self) -> None:
        """Give the buffers back to the camera."""
        request, self._request = self._request, None
        request.release()
