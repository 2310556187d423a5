"""What the sensor is told about light: how long it may expose, and when the night begins."""

from __future__ import annotations

from dataclasses import dataclass

AUTOMATIC = 0
"""Exposure time that leaves the choice to the camera."""
OVER = 1.02
"""So far above the bound an exposure must be: a sensor rounds to whole lines."""
LEAST_GAIN_SLACK = 1.1
"""With so little more than the least gain a bounded exposure is no longer needed."""

NIGHT_LUX = 4.0
DAY_LUX = 25.0
"""Between the two it stays what it was: a full moon gives about 0.2 lx, the end of dusk 3, a lit room 50 and more."""
SETTLE_S = 8.0
"""The light must be beyond a threshold for so long: headlights are no dawn."""
FLAP_S = 120.0
"""Night again so soon after day came: the day was the lamp's own infrared light."""
LONGEST_SETTLE_S = 1800.0


class ExposureBound:
    """Keeps the automatic exposure below a bound by fixing it there; the gain goes on by itself.

    The controls of libcamera have no upper limit for the exposure but the length of a frame, and 100 ms of a
    walking person are a smear.
    """

    def __init__(self, longest_us: float, least_gain: float = 1.0) -> None:
        self._longest_us, self._least_gain = round(longest_us), least_gain
        self.bound = False
        """Whether the exposure is fixed at the bound now."""

    def order(self, exposure_us: float, gain: float) -> int | None:
        """Return the exposure time to set in microseconds, ``AUTOMATIC`` to let go, or None to leave it as it is.

        Args:
            exposure_us: of the newest frame.
            gain: analogue gain of the newest frame.
        """
        if not self.bound and exposure_us > self._longest_us * OVER:
            self.bound = True
            return self._longest_us
        if self.bound and gain <= self._least_gain * LEAST_GAIN_SLACK:
            self.bound = False
            return AUTOMATIC
        return None


@dataclass(slots=True)
class Daylight:
    """Tells day from night by the light the camera measures, slowly, and ever more slowly when it changes its mind.

    Without the infrared-cut filter a camera also measures the lamp that only it can see. When the day proves to
    have been that lamp, the next day must last twice as long to be believed.
    """

    night: bool = False
    _other_since_s: float | None = None
    _day_since_s: float | None = None
    _settle_s: float = SETTLE_S

    def note(self, lux: float, now_s: float) -> bool:
        """Return whether it has just become the other one.

        Args:
            lux: light as the camera estimates it.
            now_s: monotonic seconds.
        """
        other = lux > DAY_LUX if self.night else lux < NIGHT_LUX
        if not other:
            self._other_since_s = None
            return False
        if self._other_since_s is None:
            self._other_since_s = now_s
        if now_s - self._other_since_s < (self._settle_s if self.night else SETTLE_S):
            return False
        self._turn(now_s)
        return True

    def _turn(self, now_s: float) -> None:
        self.night = not self.night
        self._other_since_s = None
        if not self.night:
            self._day_since_s = now_s
        elif self._day_since_s is not None:
            short = now_s - self._day_since_s < FLAP_S
            self._settle_s = min(self._settle_s * 2, LONGEST_SETTLE_S) if short else SETTLE_S
