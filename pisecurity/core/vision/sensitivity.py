"""How sensitive the camera is: one number of the owner's on top of the named settings, by day and by night."""

from __future__ import annotations

from typing import Final, NamedTuple

from pisecurity.core.vision.scene import weight
from pisecurity.settings import MotionSettings

AS_SET: Final = 3
"""The sensitivity with which the named settings count as they are."""
_LEAST_CONTRAST: Final = 2
"""Steps of 255: below, the rounding of the camera itself is a change."""
_DARK_BELOW, _BRIGHT_ABOVE = 70.0, 85.0
"""Mean brightness, in steps of 255. The recordings have 52 to 64 in infrared and 91 to 146 by day: automatic exposure
aims at 100 to 130 while there is light to collect, and infrared lamps light the near part of the picture alone. In
between it stays what it was, or dusk would switch to and fro."""
_TAU_S: Final = 10.0
"""Headlights and somebody in front of the lens change the mean for a second or two; that is no nightfall."""
_LOOK_EVERY_S: Final = 1.0


class Times(NamedTuple):
    """By what the named settings are multiplied."""

    min_contrast: float
    min_area: float
    confirm_s: float
    min_travel: float


TIMES: Final[dict[int, Times]] = {
    1: Times(min_contrast=2.0, min_area=4.0, confirm_s=2.5, min_travel=2.0),
    2: Times(min_contrast=1.4, min_area=2.0, confirm_s=1.6, min_travel=1.4),
    AS_SET: Times(min_contrast=1.0, min_area=1.0, confirm_s=1.0, min_travel=1.0),
    4: Times(min_contrast=0.85, min_area=0.7, confirm_s=0.85, min_travel=0.85),
    5: Times(min_contrast=0.65, min_area=0.5, confirm_s=0.65, min_travel=0.7),
}
"""By sensitivity. An area goes with the square of a size: 4 is somebody twice as far away. Rain, leaves and insects are
told from people by time and distance, so those grow towards 1; towards 5 they shrink little, because in less time than
0.2 s, or on less way than 0.014 of the diagonal, a branch and a walker are the same. The other settings stay: how long
somebody is held and an event lasts is no sensitivity, and what is light is not told by its size."""


def scaled(motion: MotionSettings, sensitivity: int) -> MotionSettings:
    """Return *motion* with its thresholds moved; with 3 it is *motion* itself.

    Args:
        motion: the settings as the owner wrote them.
        sensitivity: 1 to 5; a higher one never raises a threshold.
    """
    if sensitivity == AS_SET:
        return motion
    times = TIMES[sensitivity]
    return motion.model_copy(
        update={
            "min_contrast": max(round(motion.min_contrast * times.min_contrast), _LEAST_CONTRAST),
            "min_area": motion.min_area * times.min_area,
            "confirm_s": motion.confirm_s * times.confirm_s,
            "min_travel": motion.min_travel * times.min_travel,
        }
    )


class Sensitivity:
    """The settings that count now: by day those of ``sensitivity``, in a dark picture those of ``sensitivity_night``.

    Told by how bright the picture is, not by the clock: an indoor camera has its night when the lamp goes off.
    """

    def __init__(self, motion: MotionSettings) -> None:
        self._mean: float | None = None
        self._dark = False
        self._last_s = 0.0
        self.apply(motion)

    def apply(self, motion: MotionSettings) -> None:
        """Use other settings; whether it is dark is kept."""
        self._words = _words(motion, dark=False), _words(motion, dark=True)
        self._day = scaled(motion, motion.sensitivity)
        self._night = scaled(motion, motion.sensitivity_night) if motion.sensitivity_night else self._day

    @property
    def motion(self) -> MotionSettings:
        """The settings that count now."""
        return self._night if self._dark else self._day

    @property
    def in_words(self) -> str:
        """How bright it is and which sensitivity counts, such as ``dark: sensitivity_night = 2 counts``."""
        return self._words[self._dark]

    def look(self, brightness: float, now_s: float) -> None:
        """Take note of the mean *brightness* of the visible picture, 0 to 255, in its own light."""
        if self._mean is None:
            self._mean = brightness
        elif now_s - self._last_s < _LOOK_EVERY_S:
            return
        self._mean += weight(now_s - self._last_s, _TAU_S) * (brightness - self._mean)
        self._last_s = now_s
        self._dark = self._mean < (_BRIGHT_ABOVE if self._dark else _DARK_BELOW)


def _words(motion: MotionSettings, *, dark: bool) -> str:
    if dark and motion.sensitivity_night:
        return f"dark: sensitivity_night = {motion.sensitivity_night} counts"
    return f"{'dark' if dark else 'bright'}: sensitivity = {motion.sensitivity} counts"
