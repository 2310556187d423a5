"""Pictures as a USB camera sends them: to a small plane for watching, and to the whole picture on demand."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from pisecurity.adapters.cameras import planes
from pisecurity.adapters.cameras.v4l2.device import Layout
from pisecurity.adapters.jpeg.decode import JpegDecoder
from pisecurity.core.types import Picture, Plane
from pisecurity.core.vision.planes import halve

LEAST_LUMA_WIDTH = 320
"""Detection halves what it watches to under 320: of more it only takes the average."""
Data = NDArray[np.uint8]
"""(bytes,) uint8: one frame as the camera sent it."""


class Reader:
    """Reads frames of one layout. ``luma`` owns its data; ``picture`` copies."""

    def __init__(self, layout: Layout, *, turned: bool) -> None:
        """*turned*: the camera hangs upside down."""
        self._layout, self._turned = layout, turned
        self._halvings = halvings(layout.width)
        self._packed = PACKED.get(layout.format)
        self._jpeg = JpegDecoder() if layout.format == "MJPG" else None

    @property
    def luma_size(self) -> tuple[int, int]:
        """``(width, height)`` of the plane for watching."""
        width, height = self._layout.width, self._layout.height
        if self._jpeg is not None:  # the decoder rounds up
            return -(-width >> self._halvings), -(-height >> self._halvings)
        return width >> self._halvings, height >> self._halvings

    def luma(self, data: Data) -> Plane:
        """Return the brightness for watching, (H, W) of ``luma_size``. Raises ValueError: the frame is damaged."""
        if self._jpeg is not None:
            plane = self._jpeg.grey(data, (self._layout.width, self._layout.height), self._halvings)
        else:
            plane = self._brightness(data)
            for _ in range(self._halvings):
                plane = np.asarray(halve(plane), np.uint8)
        if self._turned:
            return turned(plane)
        return plane.copy() if np.may_share_memory(plane, data) else plane

    def picture(self, data: Data) -> Picture:
        """Copy the whole picture in full range. Raises ValueError: the frame is damaged."""
        if self._jpeg is not None:
            copied = self._jpeg.picture(data)
        elif self._layout.format == "GREY":
            copied = planes.grey_picture(self._brightness(data), limited=self._layout.limited)
        else:
            u, v = self._colours(data)
            copied = planes.copied(self._brightness(data), u, v, limited=self._layout.limited)
        return Picture(turned(copied.y), turned(copied.u), turned(copied.v)) if self._turned else copied

    def _rows(self, data: Data, *, rows: int, stride: int, start: int = 0) -> Plane:
        """Return *rows* of *stride* bytes from byte *start* on, without copying."""
        whole = data[start : start + rows * stride]
        if whole.size < rows * stride:
            raise ValueError(f"{data.size} bytes of {start + rows * stride} came")
        return whole.reshape(rows, stride)

    def _brightness(self, data: Data) -> Plane:
        """Return all of the brightness, (H, W)."""
        layout = self._layout
        rows = self._rows(data, rows=layout.height, stride=layout.stride)
        if self._packed is None:
            return rows[:, : layout.width]
        pairs = rows[:, : 2 * layout.width].reshape(layout.height, layout.width, 2)
        return np.asarray(cv2.extractChannel(pairs, self._packed), np.uint8)

    def _colours(self, data: Data) -> tuple[Plane, Plane]:
        """Return both planes of colour at half width and half height, rounded up."""
        layout = self._layout
        half_width, half_height = (layout.width + 1) // 2, (layout.height + 1) // 2
        below = layout.stride * layout.height
        if self._packed is not None:
            rows = self._rows(data, rows=layout.height, stride=layout.stride)
            fours = rows[:, : 4 * (layout.width // 2)].reshape(layout.height, layout.width // 2, 4)
            u, v = (cv2.extractChannel(fours, 1 - self._packed + 2 * number) for number in range(2))
            return _resized(u, half_width, half_height), _resized(v, half_width, half_height)
        if layout.format == "NV12":
            pairs = self._rows(data, rows=half_height, stride=layout.stride, start=below)[:, : 2 * half_width]
            return pairs[:, 0::2], pairs[:, 1::2]
        stride = layout.stride // 2
        both = self._rows(data, rows=2 * half_height, stride=stride, start=below)[:, :half_width]
        return both[:half_height], both[half_height:]


PACKED = {"YUYV": 0, "UYVY": 1}
"""Formats of two bytes a pixel, and which of them is brightness."""


def halvings(width: int) -> int:
    """Return how often a picture of *width* can be halved for watching."""
    times = 0
    while times < 3 and width >> (times + 1) >= LEAST_LUMA_WIDTH:
        times += 1
    return times


def turned(plane: Plane) -> Plane:
    """Return a copy of *plane*, upside down and left to right."""
    return np.asarray(cv2.flip(plane, -1), np.uint8)


def _resized(plane: NDArray[Any], width: int, height: int) -> Plane:
    return np.asarray(cv2.resize(plane, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
