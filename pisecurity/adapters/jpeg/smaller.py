"""JPEG files made smaller, for mail servers that take no large ones."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

try:
    import simplejpeg
except ImportError:  # a machine without it decodes and encodes with OpenCV
    simplejpeg = None

QUALITY = 70
MAX_PIXELS = 25_000_000
"""Largest picture that is decoded."""
REDUCED = {2: cv2.IMREAD_REDUCED_COLOR_2, 4: cv2.IMREAD_REDUCED_COLOR_4, 8: cv2.IMREAD_REDUCED_COLOR_8}


def shrink(jpeg: bytes, longest: int) -> bytes:
    """Return the picture of *jpeg* as a JPEG file with at most *longest* pixels on its longer side, and coarser.

    It is decoded at the fraction that is next above, so that a large one takes little memory.

    Raises:
        ValueError: it cannot be decoded.
    """
    bgr = _decoded(jpeg, longest)
    height, width = bgr.shape[:2]
    scale = min(1.0, longest / max(height, width))
    if scale < 1:
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        bgr = np.asarray(cv2.resize(bgr, size, interpolation=cv2.INTER_AREA), np.uint8)
    if simplejpeg is not None:
        return bytes(simplejpeg.encode_jpeg(np.ascontiguousarray(bgr), QUALITY, "BGR", "420"))
    done, data = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    if not done:
        raise ValueError(f"OpenCV cannot encode a {bgr.shape} picture as JPEG")
    return data.tobytes()


def _decoded(jpeg: bytes, longest: int) -> NDArray[np.uint8]:
    """Return *jpeg* as ``(height, width, 3)`` BGR, its longer side at least *longest* where it has as much."""
    if simplejpeg is None:
        return _decoded_with_opencv(jpeg, longest)
    height, width = simplejpeg.decode_jpeg_header(jpeg)[:2]
    if height * width > MAX_PIXELS:
        raise ValueError(f"a JPEG picture of {width}x{height} is larger than any camera's")
    share = min(1.0, longest / max(height, width))
    least = {"min_width": max(1, int(width * share)), "min_height": max(1, int(height * share))}
    return np.asarray(simplejpeg.decode_jpeg(jpeg, "BGR", **least), np.uint8)


def _decoded_with_opencv(jpeg: bytes, longest: int) -> NDArray[np.uint8]:
    raw = np.frombuffer(jpeg, np.uint8)
    # Decoded at an eighth to learn the size: OpenCV has no other way to ask for it.
    eighth = cv2.imdecode(raw, cv2.IMREAD_REDUCED_GRAYSCALE_8) if jpeg else None
    if eighth is None:
        raise ValueError("no JPEG picture")
    full = 8 * max(eighth.shape)
    flag = next((REDUCED[part] for part in (8, 4, 2) if full // part > longest), cv2.IMREAD_COLOR)
    decoded = cv2.imdecode(raw, flag)
    if decoded is None:
        raise ValueError("no JPEG picture")
    return np.asarray(decoded, np.uint8)
