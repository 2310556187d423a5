"""Decoded video frames as numpy planes."""

from __future__ import annotations

import cv2
import numpy as np
from av import VideoFrame
from av.video.reformatter import ColorRange
from numpy.typing import NDArray

from pisecurity.core.types import Picture, Plane

WITH_LUMA_PLANE = frozenset(
    {"gray", "nv12", "nv21", "yuv410p", "yuv411p", "yuv420p", "yuv422p", "yuv440p", "yuv444p"}
    | {"yuvj411p", "yuvj420p", "yuvj422p", "yuvj440p", "yuvj444p"}
)
"""Pixel formats whose first plane is 8-bit brightness."""
NEUTRAL = 128


def _stretch(low: int, high: int, centre: int) -> NDArray[np.uint8]:
    levels = np.arange(256, dtype=np.float32)
    stretched = (levels - centre) * (255.0 / (high - low)) + (0 if centre == low else NEUTRAL)
    table: NDArray[np.uint8] = np.clip(np.rint(stretched), 0, 255).astype(np.uint8)
    return table


FULL_LUMA = _stretch(16, 235, 16)
"""Video brightness 16..235 to 0..255. Source: ITU-R BT.601, quantisation levels; JFIF uses the full range."""
FULL_CHROMA = _stretch(16, 240, NEUTRAL)


def plane_view(frame: VideoFrame, index: int) -> Plane:
    """Return plane *index* of *frame* without copying; it keeps the frame alive."""
    plane = frame.planes[index]
    data = np.frombuffer(memoryview(plane), np.uint8, plane.height * plane.line_size)
    view: Plane = data.reshape(plane.height, plane.line_size)[:, : plane.width]
    return view


def luma(frame: VideoFrame) -> Plane:
    """Return the brightness of *frame*, (H, W); without a copy where the format has a brightness plane."""
    if frame.format.name not in WITH_LUMA_PLANE:
        frame = frame.reformat(format="yuv420p")
    return plane_view(frame, 0)


def picture(frame: VideoFrame) -> Picture:
    """Copy *frame* into YUV 4:2:0 planes of full range (0..255, as JPEG has it), chroma rounded up for odd sizes."""
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


def copied(y: Plane, u: Plane, v: Plane, *, limited: bool) -> Picture:
    """Copy the planes; *limited*: they have video range and are stretched to the full one."""
    if limited:
        return Picture(_mapped(y, FULL_LUMA), _mapped(u, FULL_CHROMA), _mapped(v, FULL_CHROMA))
    return Picture(y.copy(), u.copy(), v.copy())


def grey_picture(y: Plane, *, limited: bool) -> Picture:
    """Copy a brightness plane into a picture without colour."""
    height, width = y.shape
    u = np.full(((height + 1) // 2, (width + 1) // 2), NEUTRAL, np.uint8)
    return Picture(_mapped(y, FULL_LUMA) if limited else y.copy(), u, u.copy())


def _mapped(plane: Plane, table: NDArray[np.uint8]) -> Plane:
    return np.asarray(cv2.LUT(plane, table), np.uint8)
