"""A completed request that is kept for a while, and what is in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from pisecurity.adapters.cameras.picamera2.library import Library
from pisecurity.adapters.cameras.picamera2.planes import Buffer, Layout

Copied = TypeVar("Copied")


class Held:
    """Buffers and metadata of one frame, until it is released and the sensor writes into them again."""

    def __init__(self, library: Library, request: Any) -> None:
        self._library, self._request = library, request

    @property
    def metadata(self) -> Mapping[str, Any]:
        """What the camera says about the frame; a USB camera says little more than its time."""
        metadata: Mapping[str, Any] = self._request.get_metadata()
        return metadata

    @property
    def sequence(self) -> int:
        """The driver's number of the frame: a gap is a frame that was lost."""
        buffer = next(iter(self._request.request.buffers.values()))
        return int(buffer.metadata.sequence)

    def whole(self, layouts: Mapping[str, Layout]) -> bool:
        """Return whether the driver filled the buffers of these streams; a cable with a bad contact gives halves."""
        for name, layout in layouts.items():
            buffer = self._request.request.buffers[self._request.stream_map[name]]
            if sum(plane.bytes_used for plane in buffer.metadata.planes) < layout.least_bytes:
                return False
        return True

    def copied(self, stream: str, copy: Callable[[Buffer], Copied]) -> Copied:
        """Return what *copy* takes out of the buffer of *stream*; it must keep no view of it.

        Raises:
            RuntimeError: the request was released; a frame is valid until the next one is read.
        """
        if self._request is None:
            raise RuntimeError("the frame is no longer valid: copy its picture before the next one is read")
        with self._library.picamera2.MappedArray(self._request, stream, reshape=False, write=False) as mapped:
            return copy(mapped.array)

    def release(self) -> None:
        """Give the buffers back to the camera."""
        request, self._request = self._request, None
        request.release()
