"""Masks: the things in them, and how well another mask agrees."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from benchmarks.ruler.clip import BACKGROUND, MOVING, SHADOW
from pisecurity.core.types import Box, Plane

LEAST_THING: Final = 0.001
"""Smallest thing in a mask, as a share of the picture."""
_CLOSING = np.ones((5, 5), np.uint8)
"""Closes what noise or a thin post cuts apart, in pixels of the clip."""


@dataclass(frozen=True, slots=True)
class Pixels:
    """Pixels on which a mask and the truth agree or not, over any number of frames.

    Source: Goyette et al., changedetection.net, 2012: shadow is background, and what is unknown is not counted.
    """

    right: int = 0
    """True positives."""
    false: int = 0
    """False positives."""
    missed: int = 0
    """False negatives."""

    def __add__(self, other: Pixels) -> Pixels:
        return Pixels(self.right + other.right, self.false + other.false, self.missed + other.missed)

    @property
    def precision(self) -> float | None:
        """None: nothing was marked."""
        marked = self.right + self.false
        return self.right / marked if marked else None

    @property
    def recall(self) -> float | None:
        """None: nothing moved."""
        moving = self.right + self.missed
        return self.right / moving if moving else None

    @property
    def f1(self) -> float | None:
        """The harmonic mean of both; None: nothing was marked and nothing moved."""
        total = 2 * self.right + self.false + self.missed
        return 2 * self.right / total if total else None


def compared(mask: Plane, truth: Plane) -> Pixels:
    """Count how *mask*, (H, W) and not 0 where it says that something moves, agrees with *truth*.

    *mask* is brought to the size of *truth*, whose values are those of a ``Shot.mask``.
    """
    moving = _sized(mask, truth.shape[1], truth.shape[0]) > 0
    positive = truth == MOVING
    negative = (truth == BACKGROUND) | (truth == SHADOW)
    return Pixels(
        int(np.count_nonzero(moving & positive)),
        int(np.count_nonzero(moving & negative)),
        int(np.count_nonzero(~moving & positive)),
    )


def things(truth: Plane, size: tuple[int, int]) -> tuple[Box, ...]:
    """Return the boxes of the connected moving things in a ``Shot.mask`` of a clip of *size* ``(width, height)``."""
    width, height = size
    moving = (_sized(truth, width, height) == MOVING).astype(np.uint8)
    _, _, found, _ = cv2.connectedComponentsWithStats(cv2.morphologyEx(moving, cv2.MORPH_CLOSE, _CLOSING))
    return tuple(
        Box(int(x) / width, int(y) / height, int(w) / width, int(h) / height)
        for x, y, w, h, area in found[1:]
        if area >= LEAST_THING * width * height
    )


def _sized(mask: Plane, width: int, height: int) -> Plane:
    if mask.shape == (height, width):
        return mask
    resized: Plane = np.asarray(cv2.resize(mask, (width, height), interpolation=cv2.INTER_NEAREST), np.uint8)
    return resized
