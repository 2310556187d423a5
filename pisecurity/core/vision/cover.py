"""Somebody right before the lens, who changes as much of the picture at once as a lamp does."""

from __future__ import annotations

import cv2
import numpy as np

from pisecurity.core.vision.motion import LIGHT_WINDOW, Change
from pisecurity.core.vision.planes import Mat, Rect

_LARGE = 0.1
"""Share of the picture from which on it is looked at."""
_BESIDE = 0.04
"""Most of the picture that may change beside him, as a share of it: a lamp reaches everywhere."""
_DENSITY = 0.4
"""Least share of his box that changes."""
_WHOLE = 0.85
"""Share of the picture from which on nothing is left beside him to tell him from a knock at the camera, ..."""
_GREW_WITHIN_S = 0.25
"""... unless he was there so shortly before."""
_ALIKE = 0.5
"""Correlation with the scene from which on its edges are still there: light leaves them where they are."""


class Cover:
    """Tells somebody who comes in right before the lens from light: he hides the scene, and the rest stays as it is."""

    def __init__(self) -> None:
        self._hid_s = float("-inf")

    def hides(self, change: Change, coarse: Mat, level: Mat, now_s: float) -> bool:
        """Return whether what changed in this frame is a large thing that stands before the scene.

        Args:
            change: what differs from the background.
            coarse: (H, W) uint8 in the light of the background.
            level: (H, W) uint8, the background.
            now_s: when the frame was taken.
        """
        if change.moving is None or not change.blobs or change.share < _LARGE:
            return False
        grew = now_s - self._hid_s <= _GREW_WITHIN_S
        hides = (grew or _stands_alone(change.moving, change.blobs[0].rect)) and (
            _alike(coarse, level, change.moving) < _ALIKE
        )
        if hides:
            self._hid_s = now_s
        return hides


def _stands_alone(moving: Mat, rect: Rect) -> bool:
    """Return whether all that changes is one thing in *rect*, beside which the picture is as it was."""
    inside, box = cv2.countNonZero(moving[rect.slices]), rect.w * rect.h
    beside = cv2.countNonZero(moving) - inside
    return beside <= _BESIDE * moving.size and box <= _WHOLE * moving.size and inside >= _DENSITY * box


def _alike(coarse: Mat, level: Mat, moving: Mat) -> float:
    """Return the correlation of the edges of both planes where something moves, -1 to 1."""
    now, before = (_edges(plane)[moving > 0] for plane in (coarse, level))
    return float(now @ before) / (float(np.linalg.norm(now) * np.linalg.norm(before)) or 1.0)


def _edges(plane: Mat) -> Mat:
    wide = plane.astype(np.float32)
    return wide - cv2.blur(wide, (LIGHT_WINDOW, LIGHT_WINDOW))
