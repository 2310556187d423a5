"""The scene without moving things: how bright each pixel is and how far it may stray."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from pisecurity.core.vision.fine import FineScene
from pisecurity.core.vision.learned import RESTLESS_STEPS, LearnedScene
from pisecurity.core.vision.model import Observation
from pisecurity.core.vision.planes import SQUARE3, SQUARE5, TIME_SLACK_S, Mat, Planes, Rect
from pisecurity.core.vision.scene import normalised, weight

_LEARN_EVERY_S = 0.4
LONGEST_S = 1.0
"""Longest time one frame may stand for: after a pause of the camera it must not become the whole background."""
_QUIET_TAU_S = 4.0
_MOVING_TAU_S = 40.0
_RESTLESS_TAU_S = 10.0
_RESTLESS_LEAST_TAU_S = 2.0
"""A new scene learns faster, or a tree would raise an alarm after every start."""
RELEARN_TAU_S = 0.15
_ABSORB_TAU_S = 1.0
GAIN_FOLLOWED = 0.03
_RESTLESS_MOST = 48
_RESTLESS_FACTOR = 2.0
NOISE_FACTOR = 3.0
"""Standard deviations of noise that are no change: less than one pixel in 300 strays as far."""


class Background:
    """Learned brightness with an envelope: a pixel between ``lower`` and ``upper`` is unchanged.

    The envelope is the lowest and highest brightness of the 3x3 neighbours, widened by the contrast setting, the
    noise of the picture and the pixel's own restlessness. The neighbours absorb a shaking camera (about four
    pixels of the full picture) and edges of leaves; restlessness lets a tree teach itself a high tolerance.
    """

    def __init__(self, planes: Planes, min_contrast: float, visible: Mat | None = None) -> None:
        """*visible*: (H, W) uint8, 0 where nothing is to be found; None: nowhere."""
        self._hidden = None if visible is None else visible == 0
        self.shape = planes.coarse.shape
        self.fine_shape = planes.fine.shape
        self.sigma = 1.0
        """Standard deviation of the noise of the coarse planes it learned from, in steps of 255."""
        self._coarse: Mat = planes.coarse.astype(np.float32)
        self._fine = FineScene(planes.fine)
        self._restless: Mat = np.zeros(self.shape, np.float32)
        self._learned_s: float | None = None
        self._known_s = 0.0
        self._draw(min_contrast)

    def _draw(self, min_contrast: float) -> None:
        self.level: Mat = cv2.convertScaleAbs(self._coarse)
        """(H, W) uint8 brightness."""
        tolerance = cv2.convertScaleAbs(
            self._restless, alpha=_RESTLESS_FACTOR, beta=min_contrast + NOISE_FACTOR * self.sigma
        )
        self.upper, self.lower = envelope(self.level, tolerance, self._hidden)
        self.slack: Mat = cv2.subtract(self.upper, self.level)
        """(H, W) uint8: how much brighter than ``level`` is still unchanged."""

    def outside(self, coarse: Mat) -> Mat:
        """See ``BackgroundModel``: by how much it is above or below the envelope."""
        return beyond(coarse, self.upper, self.lower)

    def fine_level(self, rows: slice, columns: slice, gain: float) -> Mat:
        """See ``BackgroundModel``."""
        return self._fine.level(rows, columns, gain)

    def learned(self, raw_sigma: float, hidden: bytes) -> LearnedScene:
        """Return a copy of what was learned; the arguments are those of ``LearnedScene`` that are not known here."""
        restless: Mat = cv2.convertScaleAbs(self._restless, alpha=RESTLESS_STEPS)
        fine = self._fine.level(slice(None), slice(None), 1.0)
        return LearnedScene(self.level.copy(), fine, restless, self._known_s, self.sigma, raw_sigma, hidden)

    def take_up(self, scene: LearnedScene, min_contrast: float) -> None:
        """Go on with what was learned earlier, of planes of the same size."""
        self._coarse, self._fine = scene.coarse.astype(np.float32), FineScene(scene.fine)
        self._restless = scene.restless.astype(np.float32) / RESTLESS_STEPS
        self.sigma, self._known_s = scene.sigma, scene.known_s
        self._draw(min_contrast)

    def alike(self, coarse: Mat) -> float:
        """Return the share of *coarse*, (H, W) uint8 in the light of the background, that is unchanged, 0 to 1.

        What is hidden does not count; 0 where all is.
        """
        unchanged = cv2.bitwise_and(
            cv2.compare(coarse, self.upper, cv2.CMP_LE), cv2.compare(coarse, self.lower, cv2.CMP_GE)
        )
        if self._hidden is None:
            return cv2.countNonZero(unchanged) / unchanged.size
        seen = unchanged[~self._hidden]
        return cv2.countNonZero(seen) / seen.size if seen.size else 0.0

    def relearn(self, planes: Planes, elapsed_s: float, min_contrast: float) -> None:
        """See ``BackgroundModel``."""
        share = weight(min(elapsed_s, LONGEST_S), RELEARN_TAU_S)
        cv2.accumulateWeighted(planes.coarse, self._coarse, share)
        self._fine.relearn(planes.fine, share)
        self._draw(min_contrast)

    def due(self, now_s: float) -> bool:
        """See ``BackgroundModel``."""
        if self._learned_s is None:
            self._learned_s = now_s
        return now_s - self._learned_s >= _LEARN_EVERY_S - TIME_SLACK_S

    def learn(self, seen: Observation) -> bool:
        """See ``BackgroundModel``: what moves is learned ten times as slowly."""
        coarse, gain = seen.coarse, seen.gain
        elapsed_s = min(seen.taken_s - (self._learned_s or 0.0), LONGEST_S)
        self._learned_s, self.sigma = seen.taken_s, seen.sigma
        followed = abs(gain - 1) > GAIN_FOLLOWED
        if followed:
            self._coarse *= 1 + 0.5 * (gain - 1)
            self._fine.brighten(1 + 0.5 * (gain - 1))
        quiet = quiet_around(seen.moving)
        if seen.moving is not None:
            unprotected = _without(seen.moving, seen.protected)
            cv2.accumulateWeighted(coarse, self._coarse, weight(elapsed_s, _MOVING_TAU_S), unprotected)
        cv2.accumulateWeighted(coarse, self._coarse, weight(elapsed_s, _QUIET_TAU_S), quiet)
        self._fine.learn(seen.planes, gain, quiet, elapsed_s)
        self._learn_spread(coarse, seen.protected, elapsed_s)
        self._draw(seen.min_contrast)
        return followed

    def _learn_spread(self, coarse: Mat, protected: Sequence[Rect], elapsed_s: float) -> None:
        difference = cv2.absdiff(coarse, self.level)
        ordinary = _at_most(difference, int(min(2 * self.sigma, 255)))
        strays = _at_most(cv2.subtract(difference, ordinary), _RESTLESS_MOST)
        open_to_it = _without(np.full(self.shape, 255, np.uint8), protected) if protected else None
        self._known_s += elapsed_s
        tau_s = min(max(self._known_s, _RESTLESS_LEAST_TAU_S), _RESTLESS_TAU_S)
        cv2.accumulateWeighted(strays, self._restless, weight(elapsed_s, tau_s), open_to_it)

    def absorb(self, planes: Planes, gain: float, rects: Sequence[Rect], elapsed_s: float) -> None:
        """See ``BackgroundModel``; it takes about 3 s."""
        if not rects:
            return
        share = weight(min(elapsed_s, LONGEST_S), _ABSORB_TAU_S)
        for rect in rects:
            part = normalised(planes.coarse[rect.slices], gain)
            cv2.accumulateWeighted(np.ascontiguousarray(part), self._coarse[rect.slices], share)


def envelope(level: Mat, tolerance: Mat, hidden: Mat | None) -> tuple[Mat, Mat]:
    """Return the brightest and the darkest that is unchanged, both (H, W) uint8.

    Args:
        level: (H, W) uint8 brightness of the scene.
        tolerance: (H, W) uint8, how far a pixel may stray from that of its 3x3 neighbours.
        hidden: (H, W) bool, where everything is unchanged; None: nowhere.
    """
    upper = cv2.add(cv2.dilate(level, SQUARE3), tolerance)
    lower = cv2.subtract(cv2.erode(level, SQUARE3), tolerance)
    if hidden is not None:
        upper[hidden], lower[hidden] = 255, 0
    return upper, lower


def beyond(plane: Mat, upper: Mat, lower: Mat) -> Mat:
    """Return by how much *plane* is above *upper* or below *lower*, 0 where it is between; all uint8."""
    return cv2.max(cv2.subtract(plane, upper), cv2.subtract(lower, plane))


def quiet_around(moving: Mat | None) -> Mat | None:
    """Return where nothing moves within two pixels, (H, W) uint8; None: nothing moves anywhere."""
    return None if moving is None else cv2.bitwise_not(cv2.dilate(moving, SQUARE5))


def _at_most(image: Mat, limit: int) -> Mat:
    # numpy's minimum of bytes takes ten times as long.
    return cv2.threshold(image, limit, 0, cv2.THRESH_TRUNC)[1]


def _without(mask: Mat, rects: Sequence[Rect]) -> Mat:
    if not rects:
        return mask
    kept = mask.copy()
    for rect in rects:
        kept[rect.slices] = 0
    return kept
