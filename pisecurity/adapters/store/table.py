"""What the tables share."""

from __future__ import annotations

from pisecurity.adapters.store.database import Database
from pisecurity.ports import Clock


class Table:
    """Methods of one part of the database."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock
