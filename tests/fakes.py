"""Hand-written stand-ins for the ports, shared by the tests."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

from pisecurity.core.types import Instant

START = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)


class FakeClock:
    """A clock moved by hand; waiting moves it."""

    def __init__(self, now: datetime = START, since_boot_s: float = 1000.0, boot_id: str = "boot-1") -> None:
        self._now, self._since_boot_s, self.boot_id = now, since_boot_s, boot_id
        self.waits: list[float] = []

    def monotonic(self) -> float:
        return self._since_boot_s

    def now(self) -> datetime:
        return self._now

    def instant(self) -> Instant:
        return Instant(self.boot_id, self._since_boot_s)

    def wait(self, stop: threading.Event, seconds: float) -> bool:
        self.waits.append(seconds)
        if not stop.is_set():
            self.advance(seconds)
        return stop.is_set()

    def advance(self, seconds: float) -> None:
        self._since_boot_s += seconds
        self._now += timedelta(seconds=seconds)

    def set_wall(self, now: datetime) -> None:
        """Move the wall clock alone, as a time server does."""
        self._now = now

    def reboot(self, boot_id: str = "boot-2") -> None:
        self.boot_id, self._since_boot_s = boot_id, 10.0
