"""What setting the clock has done to the times of alerts that wait: most Pis have none that runs without power."""

from __future__ import annotations

from datetime import datetime, timedelta

from pisecurity.core.types import Delivery, Instant
from pisecurity.ports import Clock

LEAST_S = 5.0
"""A clock that is moved by less is kept right, not set."""
REMEMBERED = 64


class Jumps:
    """How often and how far the wall clock was set since this was made; for one thread."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._since_boot = self._began_at()
        self._jumps: list[tuple[Instant, timedelta]] = []
        """When each was noticed, and by how much."""

    def look(self) -> None:
        """Notice whether the clock was set; call it every second or so."""
        began_at = self._began_at()
        jump = began_at - self._since_boot
        if abs(jump.total_seconds()) >= LEAST_S:
            self._since_boot = began_at
            self._jumps = [*self._jumps, (self._clock.instant(), jump)][-REMEMBERED:]

    def happened_at(self, row: Delivery) -> datetime | None:
        """Return when what *row* tells of happened by the clock as it is now; None: as the alert says."""
        said, now = row.alert.at, self._clock.now()
        waited_s = None if row.stored is None else self._clock.instant().seconds_since(row.stored)
        if row.stored is None or waited_s is None:
            return None
        stored_at = now - timedelta(seconds=waited_s)
        moved = said + sum((jump for at, jump in self._jumps if _is_after(at, row.stored)), timedelta())
        # One that was stored between a jump and its notice has the right time already.
        best = min(said, moved, key=lambda at: abs(stored_at - at))
        if best > now:
            best = stored_at
        return None if best == said else best

    def _began_at(self) -> datetime:
        """Return when the machine was booted by the wall clock, which moves as that is set."""
        return self._clock.now() - timedelta(seconds=self._clock.instant().since_boot_s)


def _is_after(noticed: Instant, stored: Instant) -> bool:
    after_s = noticed.seconds_since(stored)
    return after_s is not None and after_s > 0
