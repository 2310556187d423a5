"""Planes of brightness and colour: to the range of JPEG, and out of the buffers of a camera."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from pisecurity.core.types import Picture, Plane

NEUTRAL = 128


def _stretch(low: int, high: int, centre: int) -> NDArray[np.uint8]:
    levels = np.arange(256, dtype=np.float32)
    stretched = (levels - centre) * (255.0 / (high - low)) + (0 if centre == low else NEUTRAL)
    table: NDArray[np.uint8] = np.clip(np.rint(stretched), 0, 255).astype(np.uint8)
    return table


FULL_LUMA = _stretch(16, 235, 16)
"""Video brightness 16..235 to 0..255. Source: ITU-R BT.601, quantisation levels; JFIF uses the full range."""
FULL_CHROMA = _stretch(16, 240, NEUTRAL)


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
