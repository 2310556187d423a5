"""All tables of the database as one object, which the runtime sees through its ports."""

from __future__ import annotations

import logging
import sqlite3
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path

from pisecurity.adapters.store.alarm import AlarmTable, bring_alarm
from pisecurity.adapters.store.alarm_file import FILE_NAME as ALARM_FILE
from pisecurity.adapters.store.alarm_file import AlarmFile
from pisecurity.adapters.store.audit import AuditTable
from pisecurity.adapters.store.daily import DailyTable, bring_daily, bring_past_faults
from pisecurity.adapters.store.database import Database
from pisecurity.adapters.store.duress import DuressTable
from pisecurity.adapters.store.events import EventTable
from pisecurity.adapters.store.ledger import LedgerTable
from pisecurity.adapters.store.outbox import OutboxTable, bring_waiting
from pisecurity.adapters.store.people import LastKnown, PeopleTable
from pisecurity.adapters.store.repair import StoreRepair
from pisecurity.adapters.store.schedule import ScheduleTable, bring_schedule
from pisecurity.errors import StoreError
from pisecurity.ports import Clock

log = logging.getLogger(__name__)

FILE_NAME = "pisecurity.db"


class SqliteStore(
    AlarmTable,
    AuditTable,
    DailyTable,
    DuressTable,
    EventTable,
    LedgerTable,
    OutboxTable,
    PeopleTable,
    ScheduleTable,
):
    """``pisecurity.db`` in the state folder: an AlarmStore, EventStore, EventQuery, Outbox,
    PeopleStore and ScheduleStore; thread-safe.

    On return of a writing method its rows survive kill -9 and a power cut, as long as the disk takes them: after
    that they are in memory, and ``settle`` says so.
    """

    def __init__(self, folder: Path, clock: Clock, *, read_only: bool = False, refuge: Path | None = None) -> None:
        """Open or create the database in *folder* and bring it to the newest version; *read_only* changes nothing.

        Args:
            refuge: folder in memory where it goes on when the disk fails; None: it fails then.

        Raises:
            StoreError: the file cannot be opened, is damaged, of another program or of a newer version.
        """
        path = folder / FILE_NAME
        second = None if read_only else AlarmFile(folder / ALARM_FILE)
        self._last_known = LastKnown()
        self._repair = None if second is None else StoreRepair(path, second, self._last_known, clock)
        database = Database(path, read_only=read_only, refuge=refuge, repair=self._repair)
        with ExitStack() as failed:
            failed.callback(database.close)
            super().__init__(database, clock, second)
            if self._repair is not None and (lost := self.take_up()):
                log.warning("the database was behind lost=%r in_memory=%r", lost, self.in_memory)
                if not self.in_memory:
                    self._repair.tell(lost)
            failed.pop_all()

    @property
    def damaged(self) -> bool:
        """Whether it is in memory because the database on the disk is damaged."""
        return self._database.damaged

    @property
    def removed(self) -> bool:
        """Whether it is in memory because the database, or its folder, was removed."""
        return self._database.removed

    def repaired(self) -> str:
        """Return what became of a damaged database, and where it is.

        Empty when none was damaged for a week, or since the last daily mail, which has it.
        """
        return "" if self._repair is None else self._repair.report(self._told_at)

    def _told_at(self) -> datetime | None:
        try:
            return self.last_mailed()
        except StoreError:  # whoever stores something says so
            return None

    @property
    def in_memory(self) -> str:
        """Why what is stored is in memory; empty while it is on the disk."""
        return self._database.away

    def settle(self) -> str:
        """Go back to the disk where it takes everything again; return why not, empty when all is there.

        Any thread. Raises StoreError: it is neither here nor there.
        """
        for step in (self._find_place, self.pay):
            try:
                step()
            except StoreError as error:
                self._database.flee(error)
        return self._database.away

    def close(self) -> None:
        """Close the file; may be called twice. What another thread is doing just now is still finished."""
        if self._database.away:
            try:
                self._go_home()
            except StoreError as error:
                log.warning("what is in memory stays there reason=%s", error)
        self._database.close()

    def _find_place(self) -> None:
        self._database.see_that_it_takes()
        self._go_home()

    def _go_home(self) -> None:
        if self._database.away:
            self._database.return_home(self._bring, self.let_copy_agree)
            self.copy_alarm()

    def _bring(self, memory: sqlite3.Connection, home: sqlite3.Connection) -> None:
        bring_alarm(memory, home, self._clock)
        bring_waiting(memory, home)
        bring_daily(memory, home)
        bring_past_faults(memory, home)
        bring_schedule(memory, home)
        self._last_known.put_into(home)
