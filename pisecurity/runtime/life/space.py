"""Watches how much room the disk has, and keeps the alarm able to act when it has none."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from pisecurity.errors import StoreError
from pisecurity.ports import Clock, Disk, Shelter
from pisecurity.runtime.background import BackgroundCall
from pisecurity.runtime.health import Health
from pisecurity.runtime.worker import BEAT_EVERY_S, Beat

log = logging.getLogger(__name__)

EVERY_S = 5.0
MB = 10**6
LOW_BYTES = 200 * MB
"""Below this the owner is told, long before anything fails."""
FULL_BYTES = 8 * MB
"""Below this the reserve is given up: an alarm, its mail and a disarm need a few kB each."""
ROOMY_BYTES = 100 * MB
"""Above this the reserve is taken again."""
FAULT, FULL, UNREADABLE = "disk", "disk-full", "disk-silent"
"""Faults: little room, none, and a disk that does not even say how much."""
IN_MEMORY = "memory"
"""Fault while what happens is not on the disk."""
DATABASE = "database"
"""Fault after a damaged database was put aside, until the next daily mail, or for a week."""
_FIX = "free some space on it"
TRY_EVERY_S = 12.0
"""Between two tries whether the disk takes anything: in a quiet house nothing else is written for hours."""
RETURN_EVERY_S = 30.0
"""A disk that fails now and then must not have the database carried to and fro."""
BEATS_FOR_S = 60.0
"""So long a repair may take on a small Pi with a slow card; a disk that keeps one longer hangs, and so does this."""


class Space:
    """Turns free bytes into a fault, and the reserve into room when it is needed most.

    A full disk must not take the alarm away: without room in the database neither an alarm nor a disarm counts.
    """

    def __init__(
        self, disk: Disk, store: Shelter, health: Health, clock: Clock, on_return: Callable[[], None] = lambda: None
    ) -> None:
        """*on_return* is called when what is stored is on the disk again, and what the disk had can be read."""
        self._disk, self._store, self._health, self._clock = disk, store, health, clock
        self._on_return = on_return
        self._away = bool(store.in_memory)
        self._tried_s = float("-inf")
        """When the disk under the store was last tried (monotonic)."""
        self._repaired = ""
        """What was told of a damaged database last."""

    def work(self, stop: threading.Event, beat: Beat) -> None:
        """Look every EVERY_S until *stop* is set."""
        self.look(beat)
        while not self._clock.wait(stop, EVERY_S):
            self.look(beat)
            beat()

    def look(self, beat: Beat) -> None:
        """Compare what is free with what is needed, and see whether what happens is on the disk."""
        self._look_at_store(beat)
        self._look_at_repair()
        try:
            free = self._disk.free_bytes()
        except StoreError as error:
            self._health.report(UNREADABLE, str(error))
            return
        self._health.clear(UNREADABLE)
        if free < FULL_BYTES and self._disk.release():
            log.warning("disk full, the reserve is given up free_mb=%d", free // MB)
        if free > ROOMY_BYTES:
            self._disk.reserve()
        self._show(FAULT, f"{free // MB} MB are free on the disk of the state folder; {_FIX}", so=free < LOW_BYTES)
        self._show(FULL, f"the disk is full, so that soon nothing is kept any more; {_FIX}", so=free < FULL_BYTES)

    def _show(self, key: str, text: str, *, so: bool) -> None:
        if so:
            self._health.report(key, text)
        else:
            self._health.clear(key)

    def _look_at_store(self, beat: Beat) -> None:
        now_s = self._clock.monotonic()
        reason = self._store.in_memory
        if self._store.damaged or now_s - self._tried_s >= (RETURN_EVERY_S if reason else TRY_EVERY_S):
            self._tried_s = now_s
            reason = self._settled(beat)
        self._away, was_away = bool(reason), self._away
        if was_away and not reason:
            self._on_return()
        if reason and self._store.removed:
            self._health.report(
                IN_MEMORY,
                f"{reason}; the alarm goes on from memory meanwhile, and a power cut would lose what happened since",
            )
        elif reason:
            self._health.report(
                IN_MEMORY,
                f"the disk takes nothing ({reason}), so the alarm goes on from memory, and a power cut would lose what "
                "happened since: see 'dmesg', and replace the SD card unless it is only full",
            )
        else:
            self._health.clear(IN_MEMORY)

    def _look_at_repair(self) -> None:
        """Report each damage anew, because each is mailed."""
        repaired = self._store.repaired()
        if repaired != self._repaired:
            self._health.clear(DATABASE)
            self._repaired = repaired
        if repaired:
            self._health.report(DATABASE, repaired)

    def _settled(self, beat: Beat) -> str:
        call = BackgroundCall("store-settle", self._store.settle)
        until_s = self._clock.monotonic() + BEATS_FOR_S
        while not call.wait(BEAT_EVERY_S):
            if self._clock.monotonic() < until_s:
                beat()
        try:
            return call.result()
        except StoreError as error:
            return str(error)
