"""The last sign of life, where the next start finds it: a power cut says nothing by itself."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any
from zlib import crc32

from pisecurity.adapters.state.files import explained, sync_folder
from pisecurity.core.outage import Seen
from pisecurity.core.types import Instant

FILE_NAME = "last-seen"
SLOT_BYTES = 4096
"""A block of the usual file system: while one is written, the other is whole."""
SLOTS = 2


class LastSeenFile:
    """Fulfils LastSeen with two blocks that are overwritten in turn.

    Overwriting a block in place and syncing its data alone is the least that can be written: one block a minute, 6 MB a
    day, which even a card that multiplies it by a hundred takes for decades. A new file for each, renamed over the old
    one, would write the journal and the folder as well.
    """

    def __init__(self, folder: Path) -> None:
        self._file = folder / FILE_NAME
        self._number = 0
        """Counts what was written; the higher of two slots is the newer."""

    def load(self) -> Seen | None:
        """Return the newest that can be read; None where there is none."""
        try:
            data = self._file.read_bytes()
        except OSError:
            return None
        slots = [_decoded(data[at : at + SLOT_BYTES]) for at in range(0, SLOTS * SLOT_BYTES, SLOT_BYTES)]
        found = max((slot for slot in slots if slot), key=lambda slot: slot[0], default=None)
        if found is None:
            return None
        self._number, seen = found
        return seen

    def save(self, seen: Seen) -> None:
        """Write; on return it survives a power cut. Raises StoreError."""
        number = self._number + 1
        try:
            new = not self._file.exists()
            descriptor = os.open(self._file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                if new:
                    os.pwrite(descriptor, bytes(SLOTS * SLOT_BYTES), 0)
                os.pwrite(descriptor, _encoded(number, seen), number % SLOTS * SLOT_BYTES)
                os.fdatasync(descriptor)
            finally:
                os.close(descriptor)
            if new:
                sync_folder(self._file.parent)
        except OSError as error:
            raise explained(self._file, error) from error
        self._number = number


def _encoded(number: int, seen: Seen) -> bytes:
    values = {
        "number": number,
        "boot_id": seen.instant.boot_id,
        "boot_s": seen.instant.since_boot_s,
        "at": seen.at.isoformat(),
        "sure": seen.sure,
        "ended": seen.ended,
        "mailed_at": seen.mailed_at and seen.mailed_at.isoformat(),
    }
    text = json.dumps(values).encode("ascii")
    return b"%08x %s\n" % (crc32(text), text)


def _decoded(slot: bytes) -> tuple[int, Seen] | None:
    """Return number and value of *slot*; None where it was never written, or not whole."""
    checksum, _, text = slot.partition(b"\n")[0].partition(b" ")
    if checksum != b"%08x" % crc32(text):
        return None
    with suppress(ValueError, KeyError, TypeError):
        values: dict[str, Any] = json.loads(text)
        mailed_at = values["mailed_at"]
        return int(values["number"]), Seen(
            Instant(str(values["boot_id"]), float(values["boot_s"])),
            datetime.fromisoformat(values["at"]),
            bool(values["sure"]),
            bool(values["ended"]),
            datetime.fromisoformat(mailed_at) if mailed_at else None,
        )
    return None
