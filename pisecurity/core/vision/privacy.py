"""What of the picture nobody may see: privacy zones, black before anything else looks at the picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import ceil, floor

import cv2
import numpy as np
from numpy.typing import NDArray

from pisecurity.core.types import Frame, Picture, Plane
from pisecurity.core.vision.planes import VISIBLE
from pisecurity.core.vision.zones import draw
from pisecurity.settings import ZoneSettings

_BLACK, _COLOURLESS = 0, 128


class PrivacyMask:
    """The privacy zones of one camera, drawn once for each size of its planes.

    Used by the one thread that reads the camera. Planes are never changed where they are: a small frame's brightness
    is often the camera's own buffer, which the driver, the encoder or the next frame still needs as it is.
    """

    def __init__(self, zones: Sequence[ZoneSettings]) -> None:
        """*zones* are those of the camera; those of another kind are left out of account."""
        self.outlines = tuple(zone.points for zone in zones if zone.kind == "privacy")
        """Corners in shares of the upright picture."""
        self._luma: Plane = np.empty((0, 0), np.uint8)
        self._full: Plane = self._luma
        self._colour: Plane = self._luma

    def hide(self, frame: Frame) -> Frame:
        """Return *frame* with the zones black in its brightness and in every picture that is asked of it.

        As long as the zones and the size stay the same, so does the object ``Frame.visible``.
        """
        if not self.outlines:
            return frame
        if self._luma.shape != frame.luma.shape:
            self._luma = self._drawn(*frame.luma.shape)
        luma = _shown(frame.luma, self._luma, _BLACK)
        return replace(frame, luma=luma, visible=self._luma, picture=lambda: self.hide_picture(frame.picture()))

    def hide_picture(self, shown: Picture) -> Picture:
        """Return *shown*, a full picture, with the zones black."""
        if not self.outlines:
            return shown
        if self._full.shape != shown.y.shape:
            self._full = self._drawn(*shown.y.shape)
            self._colour = _halved(self._full)
        return Picture(
            _shown(shown.y, self._full, _BLACK),
            _shown(shown.u, self._colour, _COLOURLESS),
            _shown(shown.v, self._colour, _COLOURLESS),
        )

    def _drawn(self, height: int, width: int) -> Plane:
        hidden = np.zeros((height, width), np.bool_)
        for outline in self.outlines:
            hidden |= cover(outline, height, width)
        return np.where(hidden, np.uint8(0), np.uint8(VISIBLE))


def cover(points: Sequence[tuple[float, float]], height: int, width: int) -> NDArray[np.bool_]:
    """Return the (*height*, *width*) pixels that the polygon of *points* (shares of the picture) covers, in part too.

    Those are the pixels whose centre lies in it and those through which one of its edges goes.
    """
    covered = draw(points, height, width)
    for corner, following in zip(points, (*points[1:], points[0]), strict=True):
        _trace(covered, corner, following)
    return covered


def _trace(covered: NDArray[np.bool_], corner: tuple[float, float], following: tuple[float, float]) -> None:
    """Cover the pixels through whose inside the edge from *corner* to *following* goes."""
    height, width = covered.shape
    (top, x0), (bottom, x1) = sorted(((y * height, x * width) for x, y in (corner, following)))
    slope = (x1 - x0) / (bottom - top or 1.0)
    for row in range(floor(top), ceil(bottom)):
        upper, lower = max(top, row), min(bottom, row + 1)
        ends = (x0 + (upper - top) * slope, x0 + (lower - top) * slope) if bottom > top else (x0, x1)
        covered[row, max(floor(min(ends)), 0) : ceil(max(ends))] = True


def _shown(plane: Plane, visible: Plane, rest: int) -> Plane:
    """Return *plane* where it is *visible*, and *rest* elsewhere."""
    return np.asarray(cv2.copyTo(plane, visible, np.full(plane.shape, rest, np.uint8)), np.uint8)


def _halved(visible: Plane) -> Plane:
    """Return the mask for planes of half the size: visible is what has no hidden pixel in it."""
    height, width = visible.shape
    even = np.pad(visible, ((0, height % 2), (0, width % 2)), mode="edge")
    return np.asarray(even.reshape((height + 1) // 2, 2, (width + 1) // 2, 2).min(axis=(1, 3)), np.uint8)
