"""Pictures to BGR, as OpenCV has it, and back."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from pisecurity.core.types import Picture


def to_bgr(picture: Picture) -> NDArray[np.uint8]:
    """Return *picture* as (H, W, 3) BGR."""
    chroma = [cv2.resize(plane, picture.size, interpolation=cv2.INTER_LINEAR) for plane in (picture.v, picture.u)]
    return np.asarray(cv2.cvtColor(cv2.merge([picture.y, *chroma]), cv2.COLOR_YCrCb2BGR), np.uint8)


def from_bgr(image: NDArray[np.uint8]) -> Picture:
    """Return a (H, W, 3) BGR image as full-range YUV 4:2:0 planes."""
    height, width = image.shape[:2]
    y, v, u = (np.asarray(plane, np.uint8) for plane in cv2.split(cv2.cvtColor(image, cv2.COLOR_BGR2YCrCb)))
    half = ((width + 1) // 2, (height + 1) // 2)
    u, v = (np.asarray(cv2.resize(plane, half, interpolation=cv2.INTER_AREA), np.uint8) for plane in (u, v))
    return Picture(y, u, v)
