"""What of picamera2 is replaced in the running process because the virtual pipeline cannot do it; its files stay."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from types import SimpleNamespace
from typing import Any

from tests.rigs.real_libcamera.pace import Pace
from tests.rigs.standin.patches import close_everything, register_stubs

PATTERN, CLIP = "Pattern", "Clip"
"""Ids of the cameras: a pattern that moves with every frame, and pictures of a clip, four frames each."""


@contextmanager
def virtual_cameras() -> Iterator[Pace]:
    """Give the cameras of the virtual pipeline; those that a test left open are closed."""
    with Pace(_patched().Camera) as pace:
        try:
            yield pace
        finally:
            close_everything()


@cache
def _patched() -> Any:
    """Return libcamera once picamera2 can open a camera of the virtual pipeline."""
    register_stubs()
    import libcamera
    import picamera2
    import picamera2.allocators.dmaallocator as allocator

    def frame_buffer(planes: Sequence[Any]) -> Any:
        """Return a buffer of NV12 in two planes, one after the other as picamera2 asks for them in one.

        With a single plane the virtual pipeline aborts the process.
        """
        # The descriptor of a plane is a copy that libcamera made, and picamera2 knows the buffer by that number.
        (luma,), colours = planes, libcamera.FrameBuffer.Plane()
        colours.fd, colours.offset, colours.length = luma.fd, luma.length * 2 // 3, luma.length // 3
        luma.length -= colours.length
        return libcamera.FrameBuffer([luma, colours])

    frame_buffer.Plane = libcamera.FrameBuffer.Plane  # type: ignore[attr-defined]
    allocator.libcamera = SimpleNamespace(FrameBuffer=frame_buffer)
    # It has no raw stream, and picamera2 asks every camera for one when it opens it.
    picamera2.Picamera2._get_raw_modes = lambda picam2: [{"format": "NV12", "size": (640, 480)}]
    return libcamera
