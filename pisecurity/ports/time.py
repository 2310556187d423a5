"""The only source of time."""

from __future__ import annotations

import threading
from datetime import datetime
from typing import Protocol

from pisecurity.core.types import (
    Instant,
)


class Clock(Protocol):
    """The only source of time and the only way to wait."""

    def monotonic(self) -> float:
        """Return monotonic seconds: for durations."""
        ...

    def now(self) -> datetime:
        """Return the UTC wall time: for labels and schedules. It may jump."""
        ...

    def synchronised(self) -> bool:
        """Return whether a time server is known to have set the wall clock since the boot, and within a week.

        Often nobody knows.
        """
        ...

    def instant(self) -> Instant:
        """Return the present moment as it can be stored and compared after a restart."""
        ...

    def wait(self, stop: threading.Event, seconds: float) -> bool:
        """Wait until *stop* is set or *seconds* passed; return whether it is set."""
        ...
