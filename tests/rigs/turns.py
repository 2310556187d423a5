"""Tests that run beside those of other processes, and tests that need the machine for themselves."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class Turns:
    """Lets any number of turns run beside each other, or a single one alone.

    Args:
        folder: the same one for all whose turns these are, in whatever process.
    """

    def __init__(self, folder: Path) -> None:
        self._door, self._room = folder / "door", folder / "room"

    @contextmanager
    def turn(self, *, alone: bool) -> Iterator[None]:
        """Wait until this turn may run, and keep those away meanwhile that may not run beside it."""
        with self._room.open("w") as room:
            # Who waits for an empty room holds the door, or others who come and go would keep it waiting for ever.
            with self._door.open("w") as door:
                fcntl.flock(door, fcntl.LOCK_EX)
                fcntl.flock(room, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
            try:
                yield
            finally:
                # Closing would not do: a process that the turn forked may have the file open still.
                fcntl.flock(room, fcntl.LOCK_UN)
