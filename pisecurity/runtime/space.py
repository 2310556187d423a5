"""Watches how much room the disk has, and keeps the alarm able to act when it has none."""

from __future__ import annotations

import logging
import threading

from pisecurity.errors import StoreError
from pisecurity.ports import Clock, Disk
from pisecurity.runtime.health import Health
from pisecurity.runtime.worker import Beat

log = logging.getLogger(__name__)

EVERY_S = 5.0
MB = 10**6
LOW_BYTES = 200 * MB
"""Below this the owner is told, long before anything fails."""
FULL_BYTES = 8 * MB
"""Below this the reserve is given up: an alarm, its mail and a disarm need a few kB each."""
ROOMY_BYTES = 100 * MB
"""Above this the reserve is taken again."""
FAULT = "disk"


class Space:
    """Turns free bytes into a fault, and the reserve into room when it is needed most.

    A full disk must not take the alarm away: without room in the database neither an alarm nor a disarm counts.
    """

    def __init__(self, disk: Disk, health: Health, clock: Clock) -> None:
        self._disk, self._health, self._clock = disk, health, clock

    def work(self, stop: threading.Event, beat: Beat) -> None:
        """Look every EVERY_S until *stop* is set."""
        self.look()
        while not self._clock.wait(stop, EVERY_S):
            self.look()
            beat()

    def look(self) -> None:
        """Compare what is free with what is needed."""
        try:
            free = self._disk.free_bytes()
        except StoreError as error:
            self._health.report(FAULT, str(error))
            return
        if free < FULL_BYTES and self._disk.release():
            log.warning("disk full, the reserve is given up free_mb=%d", free // MB)
        if free > ROOMY_BYTES:
            self._disk.reserve()
        if free < LOW_BYTES:
            self._health.report(
                FAULT, f"{free // MB} MB are free on the disk of the state folder; free some space on it"
            )
        else:
            self._health.clear(FAULT)
