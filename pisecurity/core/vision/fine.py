"""The learned scene on the fine plane, on which nothing but boxes is measured."""

from __future__ import annotations

import cv2
import numpy as np

from pisecurity.core.vision.planes import TIME_SLACK_S, Mat, Planes
from pisecurity.core.vision.scene import normalised, weight

_EVERY_S = 0.8
"""The fine plane has four times the pixels, and only boxes are measured on it."""
_TAU_S = 3.5


class FineScene:
    """Learned brightness of the fine plane, in the light of the background."""

    def __init__(self, plane: Mat) -> None:
        """*plane*: (H, W) uint8, the first one."""
        self._plane: Mat = plane.astype(np.float32)
        self._waits_s = 0.0

    def level(self, rows: slice, columns: slice, gain: float) -> Mat:
        """Return the brightness of a part in the light of the frame, uint8."""
        return cv2.convertScaleAbs(self._plane[rows, columns], alpha=gain)

    def relearn(self, plane: Mat, share: float) -> None:
        """Take *share*, 0 to 1, of *plane* over."""
        cv2.accumulateWeighted(plane, self._plane, share)

    def brighten(self, factor: float) -> None:
        """Follow a background whose light became *factor* times what it was."""
        self._plane *= factor

    def learn(self, planes: Planes, gain: float, quiet: Mat | None, elapsed_s: float) -> None:
        """Follow slow changes, now and then.

        Args:
            planes: the frame.
            gain: brightness of the frame over that of the background.
            quiet: (H, W) uint8 on the coarse plane, not 0 where it may be learned; None: everywhere.
            elapsed_s: since the last call.
        """
        self._waits_s += elapsed_s
        if self._waits_s < _EVERY_S - TIME_SLACK_S:
            return
        if quiet is not None and planes.scale > 1:
            height, width = planes.fine.shape
            quiet = cv2.resize(quiet, (width, height), interpolation=cv2.INTER_NEAREST)
        share = weight(self._waits_s, _TAU_S)
        self._waits_s = 0.0
        cv2.accumulateWeighted(normalised(planes.fine, gain), self._plane, share, quiet)
