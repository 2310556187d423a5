"""When a frame was taken and when it is due: shared by the cameras that play something."""

from __future__ import annotations

import math
import threading
from fractions import Fraction

from pisecurity.ports import Clock

GRID = 2**20
MAX_GAP_S = 5.0
"""A larger step between two frames of a recording is a jump of its clock, not a pause."""
EARLY_S = 1e-6
"""So little before its time a frame is on time: sums of float seconds end a hair short."""
STALE_S = 2.0
"""A live frame cannot be older: the longest exposure is a second, and a camera has few buffers."""


def on_grid(seconds: float) -> float:
    """Round *seconds* to a multiple of 2**-20 s (about 1 us).

    Sums and differences of such numbers are exact in a float up to 2**33 s, so what a replay computes from
    frame times does not depend on the moment it was started.
    """
    return round(seconds * GRID) / GRID


class Timeline:
    """Turns the time stamps of a recording into seconds from its first frame, strictly increasing.

    A missing stamp, one that does not advance and one more than ``MAX_GAP_S`` ahead count as one frame period.
    """

    def __init__(self, tick_s: Fraction, period_s: float) -> None:
        self._tick_s, self._period_s = tick_s, period_s
        self._offset_s = 0.0
        self._last_s: float | None = None
        self._joint = True

    def at(self, stamp: int | None) -> float:
        """Return the seconds of the frame stamped *stamp*, in ticks."""
        raw_s = None if stamp is None else float(stamp * self._tick_s)
        if raw_s is not None and not self._joint and self._last_s is not None:
            seconds = on_grid(self._offset_s + raw_s)
            if 0 < seconds - self._last_s <= MAX_GAP_S:
                self._last_s = seconds
                return seconds
        seconds = 0.0 if self._last_s is None else on_grid(self._last_s + self._period_s)
        if raw_s is not None:
            self._offset_s = seconds - raw_s
            self._joint = False
        self._last_s = seconds
        return seconds

    def join(self) -> None:
        """The recording starts again: whatever is stamped next follows one frame period after the last frame."""
        self._joint = True


class Thinner:
    """Chooses frames by their time, at most *fps* a second; the same frames in every run."""

    def __init__(self, fps: float, source_fps: float) -> None:
        # Half a source period of tolerance keeps a source of exactly *fps* whole although its stamps jitter.
        self._fps, self._slack = fps, 0.5 * min(1.0, fps / source_fps)
        self._slot = -1

    def takes(self, seconds: float) -> bool:
        """Return whether the frame at *seconds* is the first one of its slot; ask in order of time."""
        slot = math.floor(seconds * self._fps + self._slack)
        if slot <= self._slot:
            return False
        self._slot = slot
        return True


class Pace:
    """Waits on the injected clock until a frame is due."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._closed = threading.Event()

    def until(self, due_s: float, timeout_s: float) -> bool:
        """Wait for *due_s* (monotonic), at most *timeout_s*; return whether it has come."""
        left_s = due_s - self._clock.monotonic()
        if left_s > EARLY_S:
            self._clock.wait(self._closed, min(left_s, timeout_s))
        return self._clock.monotonic() >= due_s - EARLY_S

    def late_s(self, due_s: float) -> float:
        """Return by how much *due_s* has passed."""
        return self._clock.monotonic() - due_s


class Stamps:
    """Turns the time stamps of a live camera into the clock's monotonic time, strictly increasing.

    A stamp from the future, one that is older than ``STALE_S`` and one that does not advance are not believed;
    then the frame was taken now.
    """

    def __init__(self) -> None:
        self._stamp_s = self._last_s = -math.inf

    def at(self, stamp_s: float | None, now_s: float) -> float:
        """Return when the frame was taken, in monotonic seconds.

        Args:
            stamp_s: CLOCK_MONOTONIC as the driver gives it, None where it gives none.
            now_s: the same clock now.
        """
        taken_s = now_s
        # Compared with the stamp before, not with what was made of it: one that is missing costs the next ones nothing.
        if stamp_s is not None and self._stamp_s < stamp_s <= now_s and now_s - stamp_s < STALE_S:
            self._stamp_s = taken_s = stamp_s
        self._last_s = max(taken_s, self._last_s + EARLY_S)
        return self._last_s
