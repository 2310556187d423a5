"""Whether what a camera delivers is alive: new pictures, and as many as it should."""

from __future__ import annotations

import hashlib
from collections import deque

import numpy as np

from pisecurity.core.types import Plane

FROZEN_S = 8.0
"""Only pictures that were seen before, for so long: a real sensor has noise, no two of its pictures are equal."""
LOOK_EVERY_S = 0.5
EVEN = 1.5
"""Standard deviation, in steps of 255, below which a picture shows nothing; a few hot pixels stay below."""
REMEMBERED = 16
"""Pictures known again. A hung driver hands the same few buffers out in turn; cameras have fewer of them."""


class Freeze:
    """Notices a camera that goes on sending the same pictures."""

    def __init__(self) -> None:
        self._known: deque[bytes] = deque(maxlen=REMEMBERED)
        self._looked_s = self._new_s = float("-inf")
        self.news = 0
        """New pictures in a row, as often as it looks."""

    def frozen_s(self, luma: Plane, now_s: float, visible: Plane | None = None) -> float:
        """Return for how many seconds there has been nothing new, 0 while there is.

        An almost even picture is no proof: in the dark, or with a hand on the lens, it is black for hours.

        Args:
            luma: (H, W) uint8 of the newest frame.
            now_s: monotonic seconds.
            visible: ``Frame.visible``; what is hidden is always the same.
        """
        if now_s - self._looked_s >= LOOK_EVERY_S:
            self._looked_s = now_s
            if self._is_new(luma if visible is None else luma[visible > 0]):
                self._new_s = now_s
                self.news += 1
            else:
                self.news = 0
        return max(0.0, now_s - self._new_s)

    def _is_new(self, luma: Plane) -> bool:
        if luma.size == 0 or luma.std() < EVEN:
            return True
        digest = hashlib.blake2b(np.ascontiguousarray(luma).data, digest_size=16).digest()
        if digest in self._known:
            return False
        self._known.append(digest)
        return True


RATE_S = 10.0
"""The rate is that of the last so many seconds."""
SLOW_SHARE = 0.5
"""Fewer frames than this share of what the camera promised are a fault, ..."""
FAST_SHARE = 0.7
"""... until there are more than this share again."""


class Rate:
    """Counts the frames that come, against those that should."""

    def __init__(self, least_fps: float) -> None:
        """
        Args:
            least_fps: what the camera promised at least, in the dark too.
        """
        self._least_fps = least_fps
        self._taken_s: deque[float] = deque()
        self._began_s: float | None = None
        self.slow = False
        """Whether far too few come."""
        self.known = False
        """Whether it has counted for long enough to tell."""

    def note(self, now_s: float) -> float | None:
        """Count a frame that came at *now_s*; return the rate in frames a second, None while it is not known yet."""
        if self._began_s is None:
            self._began_s = now_s
        self._taken_s.append(now_s)
        while now_s - self._taken_s[0] > RATE_S:
            self._taken_s.popleft()
        self.known = now_s - self._began_s >= RATE_S
        if not self.known:
            return None
        fps = len(self._taken_s) / RATE_S
        self.slow = fps < (FAST_SHARE if self.slow else SLOW_SHARE) * self._least_fps
        return fps
