"""Backgrounds that OpenCV learns, with the same steps around them, to be compared with ours."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, Literal

import cv2
import numpy as np

from pisecurity.core.vision.background import (
    GAIN_FOLLOWED,
    LONGEST_S,
    NOISE_FACTOR,
    RELEARN_TAU_S,
    Background,
    beyond,
    envelope,
    quiet_around,
)
from pisecurity.core.vision.fine import FineScene
from pisecurity.core.vision.model import BackgroundModel, Observation
from pisecurity.core.vision.planes import Mat, Planes, Rect
from pisecurity.core.vision.scene import weight

_PRIMED = 8
"""Looks at the first frame: KNN takes a pixel for background from its fifth sample on."""
_PRIMED_RATE = 0.9
_TAU_S = 50.0
"""OpenCV's own 500 frames, at 10 a second."""
_FIRST_S = 0.1
"""Taken as the time before the second frame."""
_DRAW_EVERY_S = 0.4
"""Asking for the picture of the background costs a fifth of a look, and it changes slowly."""


class Subtracted:
    """One of OpenCV's background subtractors on the coarse plane.

    It tells what is not background, and learns at every look. Shadows are left to the step that takes out what light
    explains, as with ours. Where something counts it is shown its own background instead, or who stands would melt
    into it.
    """

    def __init__(
        self,
        make: Callable[[], cv2.BackgroundSubtractor],
        planes: Planes,
        min_contrast: float,
        visible: Mat | None = None,
    ) -> None:
        """Make it anew with *make*. *visible*: (H, W) uint8, 0 where nothing is to be found; None: nowhere."""
        self._hidden = None if visible is None else visible == 0
        self.shape = planes.coarse.shape
        self.fine_shape = planes.fine.shape
        self.sigma = 1.0
        self._subtractor = make()
        self._fine = FineScene(planes.fine)
        self._looks, self._rate = 0, _PRIMED_RATE
        self._light = 1.0
        """Brightness that it is shown, in that of the background."""
        self._protected: tuple[Rect, ...] = ()
        self._learned_s: float | None = None
        self._drawn_s = float("-inf")
        for _ in range(_PRIMED):
            self._look(planes.coarse)
        self._rate = weight(_FIRST_S, _TAU_S)
        self._draw(min_contrast)

    def _draw(self, min_contrast: float) -> None:
        self.level: Mat = self._subtractor.getBackgroundImage()
        tolerance = np.full(self.shape, min(round(min_contrast + NOISE_FACTOR * self.sigma), 255), np.uint8)
        self.upper, self.lower = envelope(self.level, tolerance, self._hidden)
        self.slack: Mat = cv2.subtract(self.upper, self.level)

    def _look(self, plane: Mat) -> Mat:
        # KNN draws its samples from the generator of the thread: the same frames are to give the same results.
        cv2.setRNGSeed(self._looks)
        self._looks += 1
        return self._subtractor.apply(plane, learningRate=self._rate)

    def outside(self, coarse: Mat) -> Mat:
        """See ``BackgroundModel``; it learns at the rate of the frame before."""
        shown = coarse if self._light == 1.0 else cv2.convertScaleAbs(coarse, alpha=self._light)
        if self._protected:
            shown = shown.copy()
        for rect in self._protected:
            shown[rect.slices] = self.level[rect.slices]
        outside = self._look(shown)
        for rect in self._protected:
            place = rect.slices
            outside[place] = beyond(coarse[place], self.upper[place], self.lower[place])
        if self._hidden is not None:
            outside[self._hidden] = 0
        return outside

    def fine_level(self, rows: slice, columns: slice, gain: float) -> Mat:
        """See ``BackgroundModel``."""
        return self._fine.level(rows, columns, gain)

    def relearn(self, planes: Planes, elapsed_s: float, min_contrast: float) -> None:
        """See ``BackgroundModel``."""
        self._rate, self._light, self._protected = weight(min(elapsed_s, LONGEST_S), RELEARN_TAU_S), 1.0, ()
        self._look(planes.coarse)
        self._fine.relearn(planes.fine, self._rate)
        self._draw(min_contrast)

    def due(self, now_s: float) -> bool:
        """Return True, because it learns from every frame."""
        if self._learned_s is None:
            self._learned_s = now_s
        return True

    def learn(self, seen: Observation) -> bool:
        """See ``BackgroundModel``."""
        now_s, gain = seen.taken_s, seen.gain
        elapsed_s = min(now_s - (self._learned_s or 0.0), LONGEST_S)
        self._learned_s, self.sigma = now_s, seen.sigma
        self._rate, self._protected = weight(elapsed_s, _TAU_S), tuple(seen.protected)
        followed = abs(gain - 1) > GAIN_FOLLOWED
        # It cannot be told that the light changed, so it is shown half of the change, and learns it by and by.
        self._light = 1 + 0.5 * (gain - 1) if followed else 1.0
        self._fine.learn(seen.planes, gain, quiet_around(seen.moving), elapsed_s)
        if now_s - self._drawn_s >= _DRAW_EVERY_S:
            self._drawn_s = now_s
            self._draw(seen.min_contrast)
        return followed

    def absorb(self, planes: Planes, gain: float, rects: Sequence[Rect], elapsed_s: float) -> None:
        """Do nothing: what is not protected it learns by itself."""


_SUBTRACTORS: Final[dict[str, Callable[[], cv2.BackgroundSubtractor]]] = {
    "mog2": lambda: cv2.createBackgroundSubtractorMOG2(detectShadows=False),
    "knn": lambda: cv2.createBackgroundSubtractorKNN(detectShadows=False),
}


def background_of(
    kind: Literal["ours", "mog2", "knn"], planes: Planes, min_contrast: float, visible: Mat | None
) -> BackgroundModel:
    """Return a background of that *kind* that begins with *planes*.

    Args:
        kind: as ``motion.background``.
        planes: the first frame.
        min_contrast: least change that counts, in steps of 255, on top of noise.
        visible: (H, W) uint8, 0 where nothing is to be found; None: nowhere.
    """
    if kind == "ours":
        return Background(planes, min_contrast, visible)
    return Subtracted(_SUBTRACTORS[kind], planes, min_contrast, visible)
