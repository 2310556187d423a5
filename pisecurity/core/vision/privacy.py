"""What of the picture nobody may see: privacy zones, black before anything else looks at the picture."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from pisecurity.core.types import Frame, Picture, Plane
from pisecurity.core.vision.planes import VISIBLE
from pisecurity.core.vision.zones import draw, edges, fill
from pisecurity.settings import ZoneSettings

_BLACK, _COLOURLESS = 0, 128


class PrivacyMask:
    """The privacy zones of one camera, drawn once for each size of its planes.

    Used by the one thread that reads the camera, and there they are drawn too: for the brightness with the first frame
    after a zone has changed, for the full picture with the first that is asked for, mostly as an event opens. That is
    1 ms at 320x240 and 8 ms at 1920x1080 on a PC, for a zone of 32 corners.

    Planes are never changed where they are: a small frame's brightness is often the camera's own buffer, which the
    driver, the encoder or the next frame still needs as it is.
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
            self._luma = visible(self.outlines, *frame.luma.shape)
        luma = _shown(frame.luma, self._luma, _BLACK)
        return replace(frame, luma=luma, visible=self._luma, picture=lambda: self.hide_picture(frame.picture()))

    def hide_picture(self, shown: Picture) -> Picture:
        """Return *shown*, a full picture, with the zones black."""
        if not self.outlines:
            return shown
        if self._full.shape != shown.y.shape:
            self._full = visible(self.outlines, *shown.y.shape)
            self._colour = _halved(self._full)
        return Picture(
            _shown(shown.y, self._full, _BLACK),
            _shown(shown.u, self._colour, _COLOURLESS),
            _shown(shown.v, self._colour, _COLOURLESS),
        )


def visible(outlines: Iterable[Sequence[tuple[float, float]]], height: int, width: int) -> Plane:
    """Return what privacy zones leave of a plane: (*height*, *width*) uint8, 0 where black and else ``VISIBLE``."""
    hidden = np.zeros((height, width), np.bool_)
    for outline in outlines:
        hidden |= cover(outline, height, width)
    return np.where(hidden, np.uint8(0), np.uint8(VISIBLE))


def cover(points: Sequence[tuple[float, float]], height: int, width: int) -> NDArray[np.bool_]:
    """Return the (*height*, *width*) pixels that the polygon of *points* (shares of the picture) covers, in part too.

    Those are the pixels whose centre lies in it and those through which one of its edges goes.
    """
    covered = draw(points, height, width)
    x0, top, x1, bottom = (ends * size for ends, size in zip(edges(points), (width, height) * 2, strict=True))
    rows = np.arange(height)
    edge, row = np.nonzero((rows + 1 > top) & (rows < bottom))
    x0, top, x1, bottom = (ends[edge, 0] for ends in (x0, top, x1, bottom))
    flat = bottom == top
    tall, wide = np.where(flat, 1.0, bottom - top), x1 - x0
    # Shares of the edge, not its slope, which of a nearly level edge is more than a number can hold.
    enters = x0 + (np.maximum(row, top) - top) / tall * wide
    leaves = np.where(flat, x1, x0 + (np.minimum(row + 1, bottom) - top) / tall * wide)
    left, right = np.floor(np.minimum(enters, leaves)), np.ceil(np.maximum(enters, leaves))
    fill(covered, row, np.maximum(left, 0).astype(np.intp), right.astype(np.intp))
    return covered


def _shown(plane: Plane, visible: Plane, rest: int) -> Plane:
    """Return *plane* where it is *visible*, and *rest* elsewhere."""
    return np.asarray(cv2.copyTo(plane, visible, np.full(plane.shape, rest, np.uint8)), np.uint8)


def _halved(visible: Plane) -> Plane:
    """Return the mask for planes of half the size: visible is what has no hidden pixel in it."""
    height, width = visible.shape
    even = np.pad(visible, ((0, height % 2), (0, width % 2)), mode="edge")
    # Twenty times as quick as the least of each 2x2 along two axes at once.
    rows = np.minimum(even[::2], even[1::2])
    return np.minimum(rows[:, ::2], rows[:, 1::2])
