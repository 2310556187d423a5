"""What the database needs of whoever repairs it, and of whoever brings to it what was in memory."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Protocol

Bring = Callable[[sqlite3.Connection, sqlite3.Connection], None]
"""Adds what must not be lost of the first, which is in memory, to the second, in a transaction of that."""


class Repair(Protocol):
    """Puts another database in the place of one that is damaged."""

    def finish(self) -> None:
        """Finish what a kill has cut off. Raises OSError."""
        ...

    def replace(self, memory: sqlite3.Connection | None = None, bring: Bring | None = None) -> None:
        """Put the damaged database aside, and one with what can be read of it in its place.

        Args:
            memory: what the alarm went on with; *bring* adds it to what was read, or else it is all there is.

        Raises:
            StoreError, OSError, sqlite3.Error: everything is as it was.
        """
        ...

    def begin(self, memory: sqlite3.Connection) -> None:
        """Put the alarm into an empty database, in a transaction of that; armed where its mode is not known."""
        ...
