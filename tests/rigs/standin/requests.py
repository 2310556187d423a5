"""Requests and the buffers they carry between the application and the camera."""

from __future__ import annotations

import enum
import mmap
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.rigs.standin.configuration import Stream
from tests.rigs.standin.layout import rubbish
from tests.rigs.standin.values import ControlId


class FrameStatus(enum.Enum):
    Success = 0
    Error = 1
    Cancelled = 2
    Startup = 3


class PlaneMetadata:
    def __init__(self, bytes_used: int) -> None:
        self.bytes_used = bytes_used


class FrameMetadata:
    Status = FrameStatus
    Plane = PlaneMetadata

    def __init__(self, planes: Sequence[PlaneMetadata]) -> None:
        self.status = FrameStatus.Success
        self.sequence = self.timestamp = 0
        self.planes = planes


class BufferPlane:
    def __init__(self) -> None:
        self.fd = -1
        self.offset = self.length = 0


class FrameBuffer:
    """Memory that an allocator of picamera2 made; the camera writes through its own mapping of it."""

    Plane = BufferPlane

    def __init__(self, planes: Sequence[BufferPlane], cookie: int = 0) -> None:
        self.planes, self.cookie = planes, cookie
        self.metadata = FrameMetadata([PlaneMetadata(plane.length) for plane in planes])
        self._memory: mmap.mmap | None = None

    def memory(self) -> NDArray[np.uint8]:
        """Return the whole buffer as bytes."""
        (plane,) = self.planes
        if self._memory is None:
            self._memory = mmap.mmap(plane.fd, plane.length)
            self._memory[:] = rubbish(plane.length).tobytes()
        return np.frombuffer(self._memory, np.uint8)

    def complete(self, status: FrameStatus, sequence: int, timestamp: int, bytes_used: int) -> None:
        """Note how the frame turned out."""
        self.metadata.status, self.metadata.sequence, self.metadata.timestamp = status, sequence, timestamp
        self.metadata.planes[0].bytes_used = bytes_used


class RequestStatus(enum.Enum):
    Pending = 0
    Complete = 1
    Cancelled = 2


class RequestReuse(enum.Enum):
    Default = 0
    ReuseBuffers = 1


class Request:
    """One turn of a frame: buffers to fill and controls to apply on the way in, metadata on the way out."""

    Status = RequestStatus
    Reuse = RequestReuse

    def __init__(self, cookie: int) -> None:
        self.cookie = cookie
        self.sequence = 0
        self.status = RequestStatus.Pending
        self.buffers: dict[Stream, FrameBuffer] = {}
        self.metadata: dict[ControlId, Any] = {}
        self.controls: dict[ControlId, Any] = {}

    def add_buffer(self, stream: Stream, buffer: FrameBuffer) -> None:
        self.buffers[stream] = buffer

    def set_control(self, control: ControlId, value: object) -> None:
        self.controls[control] = value

    def reuse(self, flags: RequestReuse = RequestReuse.ReuseBuffers) -> None:
        """Make it ready to be queued again; picamera2 keeps the buffers."""
        self.status = RequestStatus.Pending
        self.metadata, self.controls = {}, {}
