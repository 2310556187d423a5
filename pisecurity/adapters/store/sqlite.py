"""All tables of the database as one object, which the runtime sees through its ports."""

from __future__ import annotations

from pathlib import Path

from pisecurity.adapters.store.alarm import AlarmTable
from pisecurity.adapters.store.database import Database
from pisecurity.adapters.store.events import EventTable
from pisecurity.adapters.store.ledger import LedgerTable
from pisecurity.adapters.store.outbox import OutboxTable
from pisecurity.ports import Clock

FILE_NAME = "pisecurity.db"


class SqliteStore(AlarmTable, EventTable, LedgerTable, OutboxTable):
    """``pisecurity.db`` in the state folder: an AlarmStore, EventStore, EventQuery and Outbox; thread-safe.

    On return of a writing method its rows survive kill -9 and a power cut.
    """

    def __init__(self, folder: Path, clock: Clock, *, read_only: bool = False) -> None:
        """Open or create the database in *folder* and bring it to the newest version; *read_only* changes nothing.

        Raises:
            StoreError: the file cannot be opened, is damaged, of another program or of a newer version.
        """
        super().__init__(Database(folder / FILE_NAME, read_only=read_only), clock)

    def close(self) -> None:
        """Close the file; may be called twice. What another thread is doing just now is still finished."""
        self._database.close()
