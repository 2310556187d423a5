"""The planes that a moment is drawn into."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from pisecurity.core.types import Plane

Image: TypeAlias = NDArray[np.float32]
Where: TypeAlias = tuple[slice, slice]
ALL: Final[Where] = (slice(0, None), slice(0, None))
TO_YCC: Final = np.array(((0.114, 0.587, 0.299), (0.5, -0.331264, -0.168736), (-0.081312, -0.418688, 0.5)), np.float32)
"""BGR to Y, Cb - 128, Cr - 128. Source: JFIF 1.02."""
_PATCH_TO_YCC: Final = np.block([[TO_YCC, np.zeros((3, 1))], [np.zeros((1, 3)), np.ones((1, 1))]]).astype(np.float32)


@dataclass(frozen=True, slots=True)
class Canvas:
    """Full-range YUV 4:2:0, or its brightness alone."""

    y: Plane
    """(H, W)"""
    u: Plane | None
    """(ceil(H/2), ceil(W/2)); None: only brightness is drawn."""
    v: Plane | None

    @property
    def size(self) -> tuple[int, int]:
        """``(width, height)`` in pixels."""
        return self.y.shape[1], self.y.shape[0]

    def planes(self) -> Iterator[tuple[Plane, int]]:
        """Yield each plane with how many pixels of the picture one of its own is wide."""
        yield self.y, 1
        if self.u is not None and self.v is not None:
            yield self.u, 2
            yield self.v, 2

    def blend(self, patch: Image, left: int, top: int, drawn: Where = ALL) -> None:
        """Lay a patch over the picture.

        Args:
            patch: (h, w, 4) BGRA premultiplied, colours 0 to 255, coverage 0 to 1; may reach outside.
            left: even column of the picture under the patch's first, may be negative.
            top: the same for rows.
            drawn: rows and columns of the patch beyond which it is clear.
        """
        if self.u is None or self.v is None:
            self._blend_brightness(patch[drawn], left + drawn[1].start, top + drawn[0].start)
            return
        # All of it, because the halves of an odd number of pixels depend on where it ends.
        place = overlap(self.size, patch.shape[:2], left, top)
        if place is None:
            return
        where, inside = place
        part = patch[inside]
        y = self.y[where]
        ycc = np.asarray(cv2.transform(part, _PATCH_TO_YCC), np.float32)
        y[:] = np.clip(np.rint(y * (1 - ycc[..., 3]) + ycc[..., 0]), 0, 255).astype(np.uint8)
        rows, columns = where
        half = (slice(rows.start // 2, (rows.stop + 1) // 2), slice(columns.start // 2, (columns.stop + 1) // 2))
        height, width = (part.stop - part.start for part in half)
        small = cv2.resize(ycc, (width, height), interpolation=cv2.INTER_AREA)
        for plane, channel in ((self.u, 1), (self.v, 2)):
            colour = plane[half]
            mixed = (colour.astype(np.float32) - 128) * (1 - small[..., 3]) + small[..., channel] + 128
            colour[:] = np.clip(np.rint(mixed), 0, 255).astype(np.uint8)

    def _blend_brightness(self, patch: Image, left: int, top: int) -> None:
        place = overlap(self.size, patch.shape[:2], left, top)
        if place is not None:
            part, y = patch[place[1]], self.y[place[0]]
            luma = cv2.transform(cv2.cvtColor(part, cv2.COLOR_BGRA2BGR), TO_YCC[:1])
            behind = cv2.multiply(y, 1 - part[..., 3], dtype=cv2.CV_32F)
            cv2.add(behind, luma, dst=y, dtype=cv2.CV_8U)

    def darken(self, dark: Image, left: int, top: int) -> None:
        """Take light away; *dark*: (h, w), 0 leaves a pixel as it is and 1 makes it black."""
        place = overlap(self.size, dark.shape[:2], left, top)
        if place is not None:
            part = self.y[place[0]]
            part[:] = np.rint(part * (1 - dark[place[1]])).astype(np.uint8)

    def brighten(self, light: Image, left: int, top: int) -> None:
        """Add *light*, (h, w) in grey levels, to the brightness."""
        place = overlap(self.size, light.shape[:2], left, top)
        if place is not None:
            part = self.y[place[0]]
            part[:] = np.clip(np.rint(part + light[place[1]]), 0, 255).astype(np.uint8)


def overlap(size: tuple[int, int], shape: tuple[int, ...], left: int, top: int) -> tuple[Where, Where] | None:
    """Return the part of a picture that a patch covers, and the part of the patch that is inside; None: outside.

    Args:
        size: ``(width, height)`` of the picture.
        shape: ``(h, w)`` of the patch, whose upper left pixel is at (*left*, *top*).
    """
    x0, y0 = max(0, left), max(0, top)
    x1, y1 = min(size[0], left + shape[1]), min(size[1], top + shape[0])
    if x1 <= x0 or y1 <= y0:
        return None
    return (slice(y0, y1), slice(x0, x1)), (slice(y0 - top, y1 - top), slice(x0 - left, x1 - left))
