"""A calmer picture: sensor noise is averaged away at night, and what flits through it, such as rain, is left out."""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np

from pisecurity.core.vision.planes import SAMPLE, Mat

_MEASURE_EVERY_S = 0.5
_MEASURE_AFTER_S = 0.3
"""From here on a frame is kept, for the next one to be compared with."""
_MEASURE_SHARE = 0.3
_STILL_SHARE = 0.85
"""Of the pixels so many are taken to stand still: the wind in a tree is no noise."""
_SIGMA_PER_MEAN = 1.651
"""Standard deviation of Gaussian noise in means of the smallest 85 % of its absolute values."""
_SMOOTH_ABOVE, _SMOOTH_DOWN_TO = 1.5, 1.1
"""Noise, in steps of 255: a camera in daylight has about 0.7, one in the dark 3."""
_BY_PIXELS, _BY_PIXELS_AND_FRAMES = 3.0, 4.0
"""By what the mean of 3x3 pixels divides the noise, and that of two such frames (what one smooths is alike in both)."""
_ROUNDING = 0.3
"""Noise that whole steps add: the root of 1 / 12."""
_STEP_S = 0.08
_MEAN_WITHIN_S, _MEDIAN_WITHIN_S = 0.15, 0.3
"""Farther apart, frames show a walker at two places: under 7 frames a second nothing is averaged, and rain stays."""
_FLITTING_PER_S = 5.0
"""So many new things a second are weather or insects."""
_FLITTING_SHARE = 0.002
"""Share of the picture that the median leaves out while it still flits."""
_FLITTING_CONTRAST = 8
_FLITTING_FOR_S = 10.0


class _Kept(NamedTuple):
    at_s: float
    plane: Mat


class Denoiser:
    """Smooths the coarse plane where it is noisy, and takes the median of three frames while things flit through it.

    A dark coat in the night differs by less than the noise of one pixel, but over an area. A flake or a drop is in one
    frame where a person is in three. Both are switched by what the picture shows, not by the clock.
    """

    def __init__(self, visible: Mat | None = None, raw_sigma: float = 0.0) -> None:
        """
        Args:
            visible: (H, W) uint8, 0 where no noise is to be measured, because it is black; None: nowhere.
            raw_sigma: the noise as it was known earlier; believed until it is measured.
        """
        self._visible = None if visible is None else visible[SAMPLE] > 0
        self.raw_sigma = raw_sigma
        """Standard deviation of the noise of the coarse plane as it comes, in steps of 255."""
        self._measured_s: float | None = None
        self._sample: Mat | None = None
        self.smooths = raw_sigma > _SMOOTH_ABOVE
        """Whether the picture is so noisy that it is smoothed: a picture of the night."""
        self._divides = 1.0
        """By what the noise of the last returned plane was divided."""
        self._flits_until_s = float("-inf")
        self._kept: list[_Kept] = []
        """At most two earlier planes, about 0.1 s apart at any frame rate."""

    @property
    def sigma(self) -> float:
        """Standard deviation of what noise is left in the returned planes, in steps of 255."""
        return _ROUNDING + self.raw_sigma / self._divides

    def clean(self, coarse: Mat, clutter: float, now_s: float) -> Mat:
        """Return *coarse*, (H, W) uint8, with less noise; itself where there is little.

        Args:
            coarse: the newest plane, always of the same size.
            clutter: new things a second, as the tracker counts them.
            now_s: when it was taken.
        """
        self._measure(coarse, now_s)
        if clutter > _FLITTING_PER_S:
            self._flits_until_s = now_s + _FLITTING_FOR_S
        flits = now_s < self._flits_until_s
        self._divides = _BY_PIXELS if self.smooths else 1.0
        if not (self.smooths or flits):
            self._kept.clear()
            return coarse
        # A copy, because a small frame's coarse plane is the camera's own buffer.
        plane = cv2.blur(coarse, (3, 3)) if self.smooths else coarse.copy()
        clean = self._median(plane, now_s) if flits else self._mean(plane, now_s)
        if not self._kept or now_s - self._kept[-1].at_s >= _STEP_S:
            self._kept = [*self._kept[-1:], _Kept(now_s, plane)]
        return clean

    def _mean(self, plane: Mat, now_s: float) -> Mat:
        if not self._kept or now_s - self._kept[-1].at_s > _MEAN_WITHIN_S:
            return plane
        self._divides = _BY_PIXELS_AND_FRAMES
        return cv2.addWeighted(plane, 0.5, self._kept[-1].plane, 0.5, 0)

    def _median(self, plane: Mat, now_s: float) -> Mat:
        if len(self._kept) < 2 or now_s - self._kept[0].at_s > _MEDIAN_WITHIN_S:
            return plane
        first, second = (kept.plane for kept in self._kept)
        if self.smooths:
            self._divides = _BY_PIXELS_AND_FRAMES
        median = cv2.max(cv2.min(first, second), cv2.min(cv2.max(first, second), plane))
        limit = _FLITTING_CONTRAST + 4 * self.sigma
        left_out = cv2.threshold(cv2.absdiff(median, plane), limit, 255, cv2.THRESH_BINARY)[1]
        if cv2.countNonZero(left_out) > _FLITTING_SHARE * plane.size:
            self._flits_until_s = now_s + _FLITTING_FOR_S
        return median

    def _measure(self, coarse: Mat, now_s: float) -> None:
        """Measure the noise now and then, between two frames: what differs from the background may be light."""
        since_s = _MEASURE_EVERY_S if self._measured_s is None else now_s - self._measured_s
        if since_s >= _MEASURE_EVERY_S and self._sample is not None:
            sigma = _sigma(cv2.absdiff(coarse[SAMPLE].copy(), self._sample), self._visible)
            share = 1.0 if self._measured_s is None else _MEASURE_SHARE
            self.raw_sigma += share * (sigma - self.raw_sigma)
            self.smooths = self.raw_sigma > (_SMOOTH_DOWN_TO if self.smooths else _SMOOTH_ABOVE)
            self._measured_s, since_s = now_s, 0.0
        self._sample = coarse[SAMPLE].copy() if since_s >= _MEASURE_AFTER_S else None


def _sigma(difference: Mat, visible: Mat | None) -> float:
    """Return the standard deviation of the noise of two planes, of which *difference* is a sample of what they differ.

    Of the smallest differences only: what moves differs by more.
    """
    seen = difference.ravel() if visible is None else difference[visible]
    count = int(_STILL_SHARE * seen.size)
    if count == 0:
        return 0.0
    still = np.partition(seen, count - 1)[:count]
    return _SIGMA_PER_MEAN / 2**0.5 * float(still.mean())
