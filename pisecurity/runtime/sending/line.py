"""What is known about the way to one server."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from pisecurity.core.types import FIRST, Delivery
from pisecurity.ports import Channel

CALM_S = 8.0
"""So long after a first step no second one leaves: another alarm would have to wait behind its picture."""


@dataclass(slots=True)
class Line:
    """The way to one server: whether it is left alone, since when and why."""

    server: Channel
    failures: int = 0
    """Times in a row it was found shut."""
    shut_until_s: float = float("-inf")
    """Monotonic."""
    reason: str = ""
    """Why it is shut, for the owner."""
    locked: bool = False
    """Whether it is shut by a rejected login: then not even a new alert is tried."""
    newest: Delivery | None = None
    """Row of the newest alert seen; a later one is a new alert, worth a try at once."""
    behind: bool = True
    """Whether alerts may have piled up: nothing was taken since it was found shut, or since the start."""
    first_s: float = float("-inf")
    """When a first step was handed over last (monotonic)."""
    takes_two: bool = True
    """Whether an alarm may leave in a second conversation beside another mail."""
    missed: set[int] = field(default_factory=set)
    """Rows of alarms that were to overtake another mail and did not get through; they are still new."""
    stalled: set[int] = field(default_factory=set)
    """Rows that failed because of the way, not because of themselves."""

    def is_new(self, row: Delivery) -> bool:
        return row.id in self.missed or (row.attempts == 0 and row.step == FIRST and self.is_later(row))

    def is_later(self, row: Delivery) -> bool:
        """Return whether the alert of *row* was stored after the newest one seen.

        By its time, where that can be compared: a database that is begun anew counts its rows from 1 again.
        """
        if self.newest is None:
            return True
        if row.stored is None or self.newest.stored is None:
            return row.id > self.newest.id
        later_s = row.stored.seconds_since(self.newest.stored)
        return later_s > 0 if later_s else row.id > self.newest.id

    def admits(self, row: Delivery, now_s: float) -> bool:
        if row.step != FIRST and now_s - self.first_s < CALM_S:
            return False
        return now_s >= self.shut_until_s or (self.is_new(row) and not self.locked)

    def saw(self, rows: Iterable[Delivery]) -> None:
        for row in rows:
            self.missed.discard(row.id)
            if self.is_later(row):
                self.newest = row

    def open(self) -> None:
        """Note that the server took something."""
        self.failures, self.shut_until_s, self.locked, self.behind = 0, float("-inf"), False, False
