"""Pictures to JPEG files, with boxes and a caption drawn in."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from pisecurity.adapters.cameras.planes import NEUTRAL
from pisecurity.adapters.colours import to_bgr
from pisecurity.adapters.lettering import Lettering
from pisecurity.core.types import Box, Picture, Plane

try:
    import simplejpeg
except ImportError:  # a machine without it encodes with OpenCV, at about 1.6 times the cost
    simplejpeg = None

BOX_YCC = (211, 67, 160)
"""#ffd166 as full-range Y, Cb, Cr. Source: JFIF 1.02, conversion from RGB."""
OUTLINE = 16
INK = 240
SMALLEST_LETTERS = 7
"""Height of a capital in pixels that can still be read."""


class SimpleJpegEncoder:
    """JPEG straight from the planes, which saves the way over RGB. Safe to use from several threads."""

    def __init__(self, quality: int = 85) -> None:
        self._quality = quality
        self._lettering = Lettering()

    def clean(self, picture: Picture) -> bytes:
        """Return *picture* as JPEG."""
        if simplejpeg is None:
            return self._with_opencv(picture)
        y, u, v = (np.ascontiguousarray(plane) for plane in (picture.y, picture.u, picture.v))
        return bytes(simplejpeg.encode_jpeg_yuv_planes(y, u, v, self._quality))

    def annotated(self, picture: Picture, boxes: Sequence[Box], caption: str) -> bytes:
        """Return *picture* as JPEG with *boxes* drawn in and, if there is one, *caption* in a strip at the bottom."""
        marked = Picture(picture.y.copy(), picture.u.copy(), picture.v.copy())
        for box in boxes:
            _draw_box(marked, box)
        if caption:
            _draw_caption(marked, self._lettering, caption)
        return self.clean(marked)

    def _with_opencv(self, picture: Picture) -> bytes:
        done, data = cv2.imencode(".jpg", to_bgr(picture), [cv2.IMWRITE_JPEG_QUALITY, self._quality])
        if not done:
            raise ValueError(f"OpenCV cannot encode a {picture.size} picture as JPEG")
        return data.tobytes()


def _line_width(picture: Picture) -> int:
    """Return a width in pixels that looks thin at every size and is even, so that colour keeps up with brightness."""
    return 2 * max(1, round(picture.size[1] / 480 * 0.8))


def _draw_box(picture: Picture, box: Box) -> None:
    """Draw a coloured frame with a dark line on both sides, so that it shows on any ground."""
    width, height = picture.size
    line = _line_width(picture)
    x, y, w, h = box.pixels(width, height)
    left, top = x // 2 * 2, y // 2 * 2
    right, bottom = (x + w + 1) // 2 * 2, (y + h + 1) // 2 * 2
    edge = max(1, line // 2)
    _frame(picture.y, (left - edge, top - edge, right + edge, bottom + edge), line + 2 * edge, OUTLINE)
    _frame(picture.y, (left, top, right, bottom), line, BOX_YCC[0])
    # Colour is half as fine and smeared by JPEG: under the dark lines too, or the line between them looks pale.
    halves = (left // 2 - 1, top // 2 - 1, right // 2 + 1, bottom // 2 + 1)
    _frame(picture.u, halves, line // 2 + 2, BOX_YCC[1])
    _frame(picture.v, halves, line // 2 + 2, BOX_YCC[2])


def _frame(plane: Plane, corners: tuple[int, int, int, int], thickness: int, value: int) -> None:
    """Fill the band of *thickness* inside *corners* (left, top, right, bottom), clipped to the plane."""
    height, width = plane.shape
    left, top, right, bottom = (max(0, corner) for corner in corners)
    right, bottom = min(right, width), min(bottom, height)
    plane[top : top + thickness, left:right] = value
    plane[max(top, bottom - thickness) : bottom, left:right] = value
    plane[top:bottom, left : left + thickness] = value
    plane[top:bottom, max(left, right - thickness) : right] = value


def _draw_caption(picture: Picture, lettering: Lettering, caption: str) -> None:
    """Write one line in a dark strip at the bottom, made smaller or cut where it does not fit."""
    width, height = picture.size
    strip = max(16, round(height * 0.052)) // 2 * 2
    top = max(0, height - strip)
    picture.y[top:] = (picture.y[top:].astype(np.uint16) * 5 // 16 + 8).astype(np.uint8)
    for plane in (picture.u, picture.v):
        half = plane[top // 2 :]
        half[:] = (half.astype(np.int16) - NEUTRAL) // 3 + NEUTRAL
    room, size = width - strip, strip // 2
    full = lettering.width(caption, size)
    if full > room:
        size = max(SMALLEST_LETTERS, size * 3 // 4, size * room // full)
    baseline = height - (strip - size) // 2
    lettering.draw(picture.y, lettering.cut(caption, size, room), (strip // 2, baseline), size, INK)
