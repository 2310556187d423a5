"""What concerns the whole picture: its light, and the moments when all of it changes at once."""

from __future__ import annotations

import cv2
import numpy as np

from pisecurity.core.vision.planes import SAMPLE, Mat

_MEAN_STEP = 0.4
"""Change of mean brightness that calls for a new gain, in steps of 255."""
_GAIN_EVERY_S = 0.8
_GAIN_IGNORED = 0.01
_RELEARN_S = 0.6
"""After a jolt. Longer blindness would miss the person who switched the lamp on."""
_START_S = 1.0
_AT_ONCE_S = 0.12
_SWITCH_WITHIN_S, _SWITCH_GAIN = 0.5, 1.15
"""A lamp changes the light of the picture by so much within so short a time; clouds and dusk take longer."""


class Exposure:
    """How bright the picture is compared with the background: a camera's automatic exposure, seen from outside."""

    def __init__(self, visible: Mat | None = None) -> None:
        """*visible*: (H, W) uint8, 0 where nothing is to be measured, because it is black; None: all is measured."""
        self._gain, self._visible = 1.0, visible
        self._mean: float | None = None
        self._measured_s = 0.0
        self.brightness = 0.0
        """Mean of the last measured plane in its own light, 0 to 255."""

    def measure(self, coarse: Mat, background: Mat, now_s: float) -> float:
        """Return the gain: *coarse* over *background* (both (H, W) uint8), as the median of 1/16 of the pixels.

        A median, because a person or a lamp in one corner must not move it. Measured anew only when the mean
        brightness moved or the last measure is 0.8 s old.
        """
        self.brightness = mean = cv2.mean(coarse, self._visible)[0]
        known = self._mean is not None and abs(mean - self._mean) <= _MEAN_STEP
        if not known or now_s - self._measured_s >= _GAIN_EVERY_S:
            ratios = coarse[SAMPLE] / np.maximum(background[SAMPLE], 8).astype(np.float32)
            median = _median(ratios, self._visible)
            self._gain = 1.0 if median is None else max(median, 1 / 16)
            self._mean, self._measured_s = mean, now_s
        return self._gain

    def forget(self) -> None:
        """Measure anew at the next frame, because the background changed."""
        self._mean = None


class LightChange:
    """When the light of the whole picture changed last, as a lamp changes it."""

    def __init__(self) -> None:
        self.at_s = float("-inf")
        self._gains: list[tuple[float, float]] = []
        """``(seconds, gain)`` of the last half second."""

    def note(self, gain: float, *, jolted: bool, now_s: float) -> None:
        """Take note of a frame: its *gain*, and whether much of it changed at once."""
        self._gains = [(s, earlier) for s, earlier in self._gains if now_s - s < _SWITCH_WITHIN_S]
        self._gains.append((now_s, gain))
        gains = [earlier for _, earlier in self._gains]
        if jolted or max(gains) > _SWITCH_GAIN * min(gains):
            self.at_s = now_s


def normalised(plane: Mat, gain: float) -> Mat:
    """Return *plane* (uint8) in the light of the background."""
    return plane if abs(gain - 1) <= _GAIN_IGNORED else cv2.convertScaleAbs(plane, alpha=1 / gain)


class Settling:
    """The moments in which the scene is learned anew and nothing new may be confirmed.

    A lamp or a knock changes much of the picture at once. A thing that comes close changes as much of it, but
    bit by bit, and must not blind the camera.
    """

    def __init__(self) -> None:
        self._shares: list[tuple[float, float]] = []
        """``(seconds, moving share)`` of the last 0.12 s."""
        self._learn_until_s = 0.0
        self._distrust_until_s = 0.0

    def start(self, now_s: float) -> None:
        """Begin with an unknown scene. What moves may be confirmed: a second is too long to be blind."""
        self._learn_until_s, self._distrust_until_s = now_s + _START_S, now_s

    def notice(self, share: float, light_share: float, now_s: float, *, hides: bool = False) -> bool:
        """Take note of the moving *share* of the picture; return whether it was light or the camera itself.

        That is: above *light_share*, at least half of that more than a tenth of a second ago, and nothing that *hides*
        the scene, see ``cover``.
        """
        before = min((earlier for _, earlier in self._shares), default=0.0)
        self._shares = [(s, earlier) for s, earlier in self._shares if now_s - s < _AT_ONCE_S]
        self._shares.append((now_s, share))
        jolted = share > light_share and share - before > light_share / 2 and not hides
        if jolted:
            self._learn_until_s = self._distrust_until_s = now_s + _RELEARN_S
        return jolted

    def learning(self, now_s: float) -> bool:
        """Return whether the scene is being learned anew."""
        return now_s < self._learn_until_s

    def distrusting(self, now_s: float) -> bool:
        """Return whether nothing new may be confirmed."""
        return now_s < self._distrust_until_s


def weight(elapsed_s: float, tau_s: float) -> float:
    """Return the weight of a new value in an average with time constant *tau_s*, whatever the frame rate."""
    return 1.0 - float(np.exp(-elapsed_s / tau_s))


def _median(sample: Mat, visible: Mat | None) -> float | None:
    """Return the median of a *sample* of a plane where it is *visible*, because black is not bright; None: nowhere."""
    values = sample.ravel() if visible is None else sample[visible[SAMPLE] > 0]
    # np.median costs five times as much, and sorts out a mean of two that does not matter here.
    middle = values.size // 2
    return float(np.partition(values, middle)[middle]) if values.size else None
