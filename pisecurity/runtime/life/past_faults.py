"""The faults since the last daily mail, kept over restarts."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from pisecurity.core.daily import PastFault
from pisecurity.core.types import Fault
from pisecurity.ports import Clock
from pisecurity.runtime.health import FaultChange

REMEMBERED = 50
"""Faults that are over, kept until the next mail; a cable that is loose makes more of them than anybody reads."""


class PastFaultStore(Protocol):
    """Where they are kept."""

    def past_faults(self) -> Sequence[PastFault]:
        """Return the faults that ``save_past_faults`` was given last. Raises StoreError."""
        ...

    def save_past_faults(self, faults: Sequence[PastFault]) -> None:
        """Store *faults* in the place of those stored before. Raises StoreError."""
        ...


class PastFaults:
    """Notes at once, in memory, and stores when ``settle`` is called: a camera's thread must not wait for the disk."""

    def __init__(self, store: PastFaultStore, clock: Clock) -> None:
        self._store, self._clock = store, clock
        self._lock = threading.Lock()
        self._present: dict[str, Fault] = {}
        """By key, as each began."""
        self._over: list[PastFault] = []
        self._is_taken_up = False
        self._noted = self._stored = 0
        """How many changes there were, and after how many of them all was stored."""

    def note(self, change: FaultChange) -> None:
        """Take note that a fault began or is over. Any thread."""
        with self._lock:
            if change.over:
                began = self._present.pop(change.fault.key, change.fault)
                self._over = [*self._over, PastFault(began, self._clock.now())][-REMEMBERED:]
            else:
                self._present[change.fault.key] = change.fault
            self._noted += 1

    def over(self) -> tuple[PastFault, ...]:
        """Return those that are over, oldest first. Any thread."""
        with self._lock:
            return tuple(self._over)

    def told(self, faults: Sequence[PastFault]) -> None:
        """Forget *faults*, which the daily mail has told."""
        with self._lock:
            self._over = [past for past in self._over if past not in faults]
            self._noted += 1

    def settle(self) -> None:
        """Take up what was kept before the start, once, and store what is noted since. Raises StoreError."""
        if not self._is_taken_up:
            self._take_up(self._store.past_faults())
        with self._lock:
            noted, present = self._noted, (PastFault(fault, None) for fault in self._present.values())
            kept = (*self._over, *present)
        if noted != self._stored:
            self._store.save_past_faults(kept)
            self._stored = noted

    def _take_up(self, kept: Sequence[PastFault]) -> None:
        """Go on with those that were *kept*; what was there before the start ended with it, or has begun anew."""
        with self._lock:
            now = self._clock.now()
            ended = [past if past.ended_at else replace(past, ended_at=now) for past in kept]
            self._over = [*ended, *self._over][-REMEMBERED:]
            self._is_taken_up = True
            self._noted += bool(ended)
