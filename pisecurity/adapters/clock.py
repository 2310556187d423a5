"""The kernel's clocks: the only module that asks for the time or waits."""

from __future__ import annotations

import ctypes
import logging
import threading
import time
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pisecurity.core.types import Instant

log = logging.getLogger(__name__)

BOOT_ID_FILE = Path("/proc/sys/kernel/random/boot_id")
SYNCHRONISED_FILE = Path("/run/systemd/timesync/synchronized")
"""Touched by systemd-timesyncd each time a time server has set the clock, and gone after a boot. Source: its manual
page."""
LASTS = timedelta(days=7)
"""So long a clock counts as set: a Pi's is off by some seconds a day. The kernel, asked of others, says so in hours."""
TIME_ERROR = 5
"""What adjtimex answers while nobody keeps the clock right. Source: adjtimex(2), and the size of its structure."""
TIMEX_BYTES = 208


class SystemClock:
    """Fulfils Clock."""

    def __init__(self, boot_id_file: Path = BOOT_ID_FILE, synchronised_file: Path = SYNCHRONISED_FILE) -> None:
        self._boot_id, self._synchronised_file = _boot_id(boot_id_file), synchronised_file

    def monotonic(self) -> float:
        """Return seconds that never go back; their zero is arbitrary."""
        return time.monotonic()

    def now(self) -> datetime:
        """Return the UTC wall time."""
        return datetime.now(UTC)

    def synchronised(self) -> bool:
        """Return whether a time server is known to have set the wall clock since the boot, and within LASTS."""
        # The sandbox of the service (ProtectClock) refuses even to be asked, so the file comes first; the kernel
        # knows of other programs than timesyncd, where it may be asked.
        try:
            set_at = datetime.fromtimestamp(self._synchronised_file.stat().st_mtime, UTC)
        except OSError:
            return _kernel_is_synchronised()
        return self.now() - set_at < LASTS

    def instant(self) -> Instant:
        """Return the boot id and CLOCK_BOOTTIME, which also counts while the machine is suspended."""
        return Instant(self._boot_id, time.clock_gettime(time.CLOCK_BOOTTIME))

    def wait(self, stop: threading.Event, seconds: float) -> bool:
        """Wait until *stop* is set or *seconds* passed; return whether it is set."""
        return stop.wait(min(max(seconds, 0.0), threading.TIMEOUT_MAX))


def installed_at() -> datetime:
    """Return when this program was installed, UTC: a wall clock that says less is wrong."""
    return datetime.fromtimestamp(Path(__file__).stat().st_mtime, UTC)


def _kernel_is_synchronised() -> bool:
    ask = getattr(ctypes.CDLL(None), "adjtimex", None)
    # Zeros set nothing. -1 is a refusal.
    return ask is not None and ask(ctypes.create_string_buffer(TIMEX_BYTES)) not in (-1, TIME_ERROR)


def _boot_id(file: Path) -> str:
    try:
        return file.read_text("ascii").strip()
    except OSError as error:
        # A sandbox may hide /proc/sys. With an id of this process alone a restart counts
        # as a reboot: an exit delay starts anew and a pending alarm triggers, nothing is lost.
        log.warning("boot id unknown, restarts count as reboots file=%s reason=%s", file, error)
        return str(uuid.uuid4())
