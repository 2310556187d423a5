"""The kernel's clocks: the only module that asks for the time or waits."""

from __future__ import annotations

import logging
import threading
import time
import uuid
from datetime import UTC, datetime
from pathlib import Path

from pisecurity.core.types import Instant

log = logging.getLogger(__name__)

BOOT_ID_FILE = Path("/proc/sys/kernel/random/boot_id")


class SystemClock:
    """Fulfils Clock."""

    def __init__(self, boot_id_file: Path = BOOT_ID_FILE) -> None:
        self._boot_id = _boot_id(boot_id_file)

    def monotonic(self) -> float:
        """Return seconds that never go back; their zero is arbitrary."""
        return time.monotonic()

    def now(self) -> datetime:
        """Return the UTC wall time."""
        return datetime.now(UTC)

    def instant(self) -> Instant:
        """Return the boot id and CLOCK_BOOTTIME, which also counts while the machine is suspended."""
        return Instant(self._boot_id, time.clock_gettime(time.CLOCK_BOOTTIME))

    def wait(self, stop: threading.Event, seconds: float) -> bool:
        """Wait until *stop* is set or *seconds* passed; return whether it is set."""
        return stop.wait(min(max(seconds, 0.0), threading.TIMEOUT_MAX))


def _boot_id(file: Path) -> str:
    try:
        return file.read_text("ascii").strip()
    except OSError as error:
        # A sandbox may hide /proc/sys. With an id of this process alone a restart counts
        # as a reboot: an exit delay starts anew and a pending alarm triggers, nothing is lost.
        log.warning("boot id unknown, restarts count as reboots file=%s reason=%s", file, error)
        return str(uuid.uuid4())
