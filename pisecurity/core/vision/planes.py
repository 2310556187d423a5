"""The two small planes every step works on, and rectangles on them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from pisecurity.core.types import Box, Plane

Mat = NDArray[Any]
"""An OpenCV image, for which its stubs name no element type; docstrings name it."""

SMALLEST = 16
"""Least width and height of a frame, and of the coarse plane."""
SAMPLE = (slice(2, None, 4), slice(2, None, 4))
"""Index of one pixel in sixteen: enough to measure what the whole picture has in common."""
VISIBLE = 255
"""In ``Frame.visible``, where the picture shows what the camera sees."""
SQUARE3, SQUARE5 = np.ones((3, 3), np.uint8), np.ones((5, 5), np.uint8)
"""Neighbourhoods of a pixel."""
TIME_SLACK_S = 0.02
"""A camera is no clock: so much a frame may come early."""
_COARSE_WIDTH, _COARSE_HEIGHT = 320, 480


class Rect(NamedTuple):
    """A rectangle in whole pixels of the coarse plane."""

    x: int
    y: int
    w: int
    h: int

    @property
    def centre(self) -> tuple[float, float]:
        return self.x + self.w / 2, self.y + self.h / 2

    @property
    def slices(self) -> tuple[slice, slice]:
        """Index of its pixels in a plane."""
        return slice(self.y, self.y + self.h), slice(self.x, self.x + self.w)

    def grown(self, by: int, shape: tuple[int, ...]) -> Rect:
        """Return it larger by *by* pixels on each side, inside a plane of *shape* (H, W)."""
        left, top = max(self.x - by, 0), max(self.y - by, 0)
        right, bottom = min(self.x + self.w + by, shape[1]), min(self.y + self.h + by, shape[0])
        return Rect(left, top, right - left, bottom - top)

    def share(self, shape: tuple[int, ...]) -> Box:
        """Return it in shares of a plane of *shape* (H, W)."""
        height, width = shape[0], shape[1]
        return Box(self.x / width, self.y / height, self.w / width, self.h / height)


@dataclass(frozen=True, slots=True)
class Planes:
    """One frame at two sizes; both are valid only as long as the frame when no halving was needed."""

    coarse: Mat
    """(H, W) uint8, under 320 wide and 480 high: noise, rain and shake are averaged away."""
    fine: Mat
    """(H, W) uint8, twice as wide and high as ``coarse``, or the same plane for a small frame."""
    scale: int
    """Width of ``fine`` in widths of ``coarse``: 1 or 2 (an odd last column may be cut)."""


def split(luma: Plane) -> Planes:
    """Return the coarse and the fine plane of *luma*.

    Only exact halvings: averaging 2x2 pixels repeatedly costs a seventh of one resize by 4.

    Raises:
        ValueError: *luma* is not two-dimensional uint8 of at least 16x16.
    """
    if luma.ndim != 2 or luma.dtype != np.uint8 or min(luma.shape) < SMALLEST:
        raise ValueError(f"luma must be (H, W) uint8 of at least 16x16, got {luma.shape} {luma.dtype}")
    fine: Mat = luma
    coarse: Mat = luma
    while _too_large(*coarse.shape):
        fine, coarse = coarse, halve(coarse)
    return Planes(coarse, fine, 1 if fine is coarse else 2)


def halve(plane: Mat) -> Mat:
    """Return *plane* at half size, each pixel the mean of 2x2; an odd last row or column is cut."""
    height, width = plane.shape[0] // 2, plane.shape[1] // 2
    return cv2.resize(plane[: 2 * height, : 2 * width], (width, height), interpolation=cv2.INTER_AREA)


def _too_large(height: int, width: int) -> bool:
    return (width >= _COARSE_WIDTH or height >= _COARSE_HEIGHT) and min(height, width) >= 2 * SMALLEST
