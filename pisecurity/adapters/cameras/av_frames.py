"""Frames of PyAV as numpy planes."""

from __future__ import annotations

import numpy as np
from av import VideoFrame
from av.video.reformatter import ColorRange

from pisecurity.adapters.cameras.planes import copied, grey_picture
from pisecurity.core.types import Picture, Plane

WITH_LUMA_PLANE = frozenset(
    {"gray", "nv12", "nv21", "yuv410p", "yuv411p", "yuv420p", "yuv422p", "yuv440p", "yuv444p"}
    | {"yuvj411p", "yuvj420p", "yuvj422p", "yuvj440p", "yuvj444p"}
)
"""Pixel formats whose first plane is 8-bit brightness."""


def plane_view(frame: VideoFrame, index: int) -> Plane:
    """Return plane *index* of *frame* without copying; it keeps the frame alive."""
    plane = frame.planes[index]
    data = np.frombuffer(memoryview(plane), np.uint8, plane.height * plane.line_size)
    view: Plane = data.reshape(plane.height, plane.line_size)[:, : plane.width]
    return view


def quarter_turns(frame: VideoFrame) -> int:
    """Return by how many quarter turns, counter-clockwise, *frame* is shown: a phone held upright films on its side."""
    return round(frame.rotation / 90) % 4


def size(frame: VideoFrame) -> tuple[int, int]:
    """Return ``(width, height)`` of *frame* as it is shown."""
    return (frame.height, frame.width) if quarter_turns(frame) % 2 else (frame.width, frame.height)


def luma(frame: VideoFrame) -> Plane:
    """Return the brightness of *frame* as it is shown, (H, W).

    Without a copy where the format has a brightness plane and is not turned.
    """
    turns = quarter_turns(frame)
    if frame.format.name not in WITH_LUMA_PLANE:
        frame = frame.reformat(format="yuv420p")
    return turned(plane_view(frame, 0), turns)


def turned(plane: Plane, turns: int) -> Plane:
    """Return *plane* after quarter *turns* counter-clockwise, the same one for none."""
    return np.ascontiguousarray(np.rot90(plane, turns)) if turns else plane


def picture(frame: VideoFrame) -> Picture:
    """Copy *frame*, as it is shown, into YUV 4:2:0 planes of full range (0..255), chroma rounded up for odd sizes."""
    turns = quarter_turns(frame)
    flat = _picture(frame)
    return Picture(*(turned(plane, turns) for plane in (flat.y, flat.u, flat.v))) if turns else flat


def _picture(frame: VideoFrame) -> Picture:
    name = frame.format.name
    if name == "gray":
        y = plane_view(frame, 0)
        return grey_picture(y, limited=frame.color_range == ColorRange.MPEG)
    if name not in ("yuv420p", "yuvj420p"):
        frame = frame.reformat(format="yuv420p", dst_color_range=ColorRange.JPEG)
        limited = False
    else:
        limited = name == "yuv420p" and frame.color_range != ColorRange.JPEG
    return copied(plane_view(frame, 0), plane_view(frame, 1), plane_view(frame, 2), limited=limited)
