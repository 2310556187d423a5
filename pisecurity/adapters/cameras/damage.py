"""Damaged frames of a live camera: left out, counted, and told of now and then."""

from __future__ import annotations

import logging
import math

from pisecurity.ports import Clock

log = logging.getLogger(__name__)

TELL_EVERY_S = 60.0
"""A loose cable damages many; the log says so at most this often."""


class Damage:
    """Counts the damaged frames of one camera."""

    def __init__(self, camera: str, clock: Clock) -> None:
        self._camera, self._clock = camera, clock
        self._count = self._told = 0
        self._told_s = -math.inf

    def note(self, reason: str) -> None:
        """Count one that was left out because of *reason*."""
        self._count += 1
        now_s = self._clock.monotonic()
        if now_s - self._told_s >= TELL_EVERY_S:
            new, self._told, self._told_s = self._count - self._told, self._count, now_s
            log.warning("damaged pictures left out camera=%s count=%d last=%s", self._camera, new, reason)
