"""The scene without moving things: how bright each pixel is and how far it may stray."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from pisecurity.core.vision.learned import RESTLESS_STEPS, LearnedScene
from pisecurity.core.vision.planes import Mat, Planes, Rect
from pisecurity.core.vision.scene import normalised, weight

_LEARN_EVERY_S = 0.4
_FINE_EVERY_S = 0.8
"""The fine plane has four times the pixels, and only boxes are measured on it."""
_TIME_SLACK_S = 0.02
_LONGEST_S = 1.0
"""Longest time one frame may stand for: after a pause of the camera it must not become the whole background."""
_QUIET_TAU_S = 4.0
_MOVING_TAU_S = 40.0
_FINE_TAU_S = 3.5
_RESTLESS_TAU_S = 10.0
_RESTLESS_LEAST_TAU_S = 2.0
"""A new scene learns faster, or a tree would raise an alarm after every start."""
_RELEARN_TAU_S = 0.15
_ABSORB_TAU_S = 1.0
_GAIN_FOLLOWED = 0.03
_RESTLESS_MOST = 48
_RESTLESS_FACTOR = 2.0
_NOISE_FACTOR = 3.0
_SQUARE3 = np.ones((3, 3), np.uint8)
_SQUARE5 = np.ones((5, 5), np.uint8)


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
        self._fine: Mat = planes.fine.astype(np.float32)
        self._restless: Mat = np.zeros(self.shape, np.float32)
        self._learned_s: float | None = None
        self._fine_waits_s = 0.0
        self._known_s = 0.0
        self._draw(min_contrast)

    def _draw(self, min_contrast: float) -> None:
        self.level: Mat = cv2.convertScaleAbs(self._coarse)
        """(H, W) uint8 brightness."""
        tolerance = cv2.convertScaleAbs(
            self._restless, alpha=_RESTLESS_FACTOR, beta=min_contrast + _NOISE_FACTOR * self.sigma
        )
        self.upper: Mat = cv2.add(cv2.dilate(self.level, _SQUARE3), tolerance)
        self.lower: Mat = cv2.subtract(cv2.erode(self.level, _SQUARE3), tolerance)
        if self._hidden is not None:
            self.upper[self._hidden], self.lower[self._hidden] = 255, 0
        self.slack: Mat = cv2.subtract(self.upper, self.level)
        """(H, W) uint8: how much brighter than ``level`` is still unchanged."""

    def fine_level(self, rows: slice, columns: slice, gain: float) -> Mat:
        """Return the brightness of a part of the fine plane in the light of the frame, uint8."""
        return cv2.convertScaleAbs(self._fine[rows, columns], alpha=gain)

    def learned(self, raw_sigma: float, hidden: bytes) -> LearnedScene:
        """Return a copy of what was learned; the arguments are those of ``LearnedScene`` that are not known here."""
        restless: Mat = cv2.convertScaleAbs(self._restless, alpha=RESTLESS_STEPS)
        fine: Mat = cv2.convertScaleAbs(self._fine)
        return LearnedScene(self.level.copy(), fine, restless, self._known_s, self.sigma, raw_sigma, hidden)

    def take_up(self, scene: LearnedScene, min_contrast: float) -> None:
        """Go on with what was learned earlier, of planes of the same size."""
        self._coarse, self._fine = scene.coarse.astype(np.float32), scene.fine.astype(np.float32)
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
        """Take the frame over within about 0.3 s."""
        share = weight(min(elapsed_s, _LONGEST_S), _RELEARN_TAU_S)
        cv2.accumulateWeighted(planes.coarse, self._coarse, share)
        cv2.accumulateWeighted(planes.fine, self._fine, share)
        self._draw(min_contrast)

    def due(self, now_s: float) -> bool:
        """Return whether ``learn`` should be called."""
        if self._learned_s is None:
            self._learned_s = now_s
        return now_s - self._learned_s >= _LEARN_EVERY_S - _TIME_SLACK_S

    def learn(
        self,
        planes: Planes,
        coarse: Mat,
        gain: float,
        moving: Mat | None,
        protected: Sequence[Rect],
        now_s: float,
        min_contrast: float,
        sigma: float,
    ) -> bool:
        """Follow slow changes; return whether the light of the background moved, so that the gain is stale.

        Args:
            planes: the frame.
            coarse: its coarse plane in the light of the background.
            gain: brightness of the frame over that of the background.
            moving: (H, W) uint8, not 0 where something moves: learned ten times as slowly; None: nowhere.
            protected: boxes of things that count: what moves in them is not learned at all.
            now_s: when it was taken.
            min_contrast: least change that counts, in steps of 255, on top of noise.
            sigma: standard deviation of the noise of *coarse*, in steps of 255.
        """
        elapsed_s = min(now_s - (self._learned_s or 0.0), _LONGEST_S)
        self._learned_s, self.sigma = now_s, sigma
        followed = abs(gain - 1) > _GAIN_FOLLOWED
        if followed:
            self._coarse *= 1 + 0.5 * (gain - 1)
            self._fine *= 1 + 0.5 * (gain - 1)
        quiet = None if moving is None else cv2.bitwise_not(cv2.dilate(moving, _SQUARE5))
        if moving is not None:
            unprotected = _without(moving, protected)
            cv2.accumulateWeighted(coarse, self._coarse, weight(elapsed_s, _MOVING_TAU_S), unprotected)
        cv2.accumulateWeighted(coarse, self._coarse, weight(elapsed_s, _QUIET_TAU_S), quiet)
        self._learn_fine(planes, gain, quiet, elapsed_s)
        self._learn_spread(coarse, protected, elapsed_s)
        self._draw(min_contrast)
        return followed

    def _learn_fine(self, planes: Planes, gain: float, quiet: Mat | None, elapsed_s: float) -> None:
        self._fine_waits_s += elapsed_s
        if self._fine_waits_s < _FINE_EVERY_S - _TIME_SLACK_S:
            return
        if quiet is not None and planes.scale > 1:
            height, width = planes.fine.shape
            quiet = cv2.resize(quiet, (width, height), interpolation=cv2.INTER_NEAREST)
        share = weight(self._fine_waits_s, _FINE_TAU_S)
        self._fine_waits_s = 0.0
        cv2.accumulateWeighted(normalised(planes.fine, gain), self._fine, share, quiet)

    def _learn_spread(self, coarse: Mat, protected: Sequence[Rect], elapsed_s: float) -> None:
        difference = cv2.absdiff(coarse, self.level)
        ordinary = _at_most(difference, int(min(2 * self.sigma, 255)))
        strays = _at_most(cv2.subtract(difference, ordinary), _RESTLESS_MOST)
        open_to_it = _without(np.full(self.shape, 255, np.uint8), protected) if protected else None
        self._known_s += elapsed_s
        tau_s = min(max(self._known_s, _RESTLESS_LEAST_TAU_S), _RESTLESS_TAU_S)
        cv2.accumulateWeighted(strays, self._restless, weight(elapsed_s, tau_s), open_to_it)

    def absorb(self, planes: Planes, gain: float, rects: Sequence[Rect], elapsed_s: float) -> None:
        """Let what stands still in *rects* become part of the scene within about 3 s."""
        if not rects:
            return
        share = weight(min(elapsed_s, _LONGEST_S), _ABSORB_TAU_S)
        for rect in rects:
            part = normalised(planes.coarse[rect.slices], gain)
            cv2.accumulateWeighted(np.ascontiguousarray(part), self._coarse[rect.slices], share)


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
