"""Another database in the place of a damaged one, with the mode the alarm had."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from datetime import datetime
from functools import partial
from pathlib import Path

from pisecurity.adapters.state.files import is_there
from pisecurity.adapters.store.alarm import ARMED_IN_DOUBT, append_kept, columns_of, spoken, store_alarm, unknown_alarm
from pisecurity.adapters.store.alarm_file import AlarmFile, Kept
from pisecurity.adapters.store.bring import Bring
from pisecurity.adapters.store.codec import Column, alarm_in
from pisecurity.adapters.store.people import LastKnown
from pisecurity.adapters.store.quarantine import Quarantine
from pisecurity.adapters.store.rescue import Rescued, alarm_of, give_none_again, rescue
from pisecurity.adapters.store.wal import WAL, is_garbage
from pisecurity.core.types import Alarm, Mode
from pisecurity.ports import Clock

log = logging.getLogger(__name__)

_PEOPLE_AND_PHONES = "SELECT (SELECT count(*) FROM people), (SELECT count(*) FROM phones)"


class StoreRepair:
    """Fulfils Repair with the second copy of the alarm, who was known last and what can be read of the database."""

    def __init__(self, path: Path, second: AlarmFile, last_known: LastKnown, clock: Clock) -> None:
        self._path, self._second, self._last_known, self._clock = path, second, last_known, clock
        self._quarantine = Quarantine(path)
        self._told_in: Path | None = None
        """Where this start has told of a loss already."""

    def finish(self) -> None:
        """Finish what a kill has cut off, and put a log aside of which SQLite reads nothing. Raises OSError."""
        self._quarantine.finish()
        wal = Path(f"{self._path}{WAL}")
        if is_there(self._path) and self._path.stat().st_size and is_garbage(wal):
            text = "the log of the database was damaged: the newest events and mails may be missing"
            folder = self._told_in = self._quarantine.tell(text, self._clock.now())
            wal.replace(folder / wal.name)

    def replace(self, memory: sqlite3.Connection | None = None, bring: Bring | None = None) -> None:
        """Put the damaged database aside, and one with what can be read of it in its place; see Repair.

        Raises:
            StoreError, OSError, sqlite3.Error: everything is as it was.
        """
        build = (
            partial(self._build_from_memory, memory) if memory and not bring else partial(self._build, memory, bring)
        )
        self._quarantine.replace(build, self._clock.now())

    def begin(self, memory: sqlite3.Connection) -> None:
        """Put the alarm, and who is known, into an empty database, in a transaction of that.

        It is armed away where nobody can tell its mode.
        """
        kept = self._second.last or self._second.load()
        alarm, note = kept.alarm if kept else alarm_of(self._path), "goes on in memory"
        if alarm is None:
            alarm, note = columns_of(unknown_alarm(self._clock, 0)), f"{note}; its mode could not be read"
        store_alarm(memory, alarm, note, self._clock, kept)
        self._last_known.put_into(memory)

    def tell(self, lost: str) -> None:
        """Keep for a week that something was *lost*; the database stays where it is."""
        try:
            if self._told_in is not None:
                self._quarantine.add(self._told_in, lost)
            else:
                self._quarantine.tell(lost, self._clock.now())
        except OSError as error:
            log.warning("no report of the loss is kept lost=%r reason=%s", lost, error)

    def report(self, told_at: Callable[[], datetime | None]) -> str:
        """Return what the last repair or loss was; empty when there was none for a week, or *told_at* is later."""
        return self._quarantine.newest(self._clock.now(), told_at)

    def _build_from_memory(self, memory: sqlite3.Connection, file: Path, folder: Path) -> str:
        with closing(_created(file)) as new:
            memory.backup(new)
        return f"the database was damaged, and is in {folder} now; nothing was lost, all of it was in memory"

    def _build(self, memory: sqlite3.Connection | None, bring: Bring | None, file: Path, folder: Path) -> str:
        with closing(_created(file)) as new:
            found = rescue(self._path, new, folder, self._clock)
            new.execute("BEGIN IMMEDIATE")
            kept = self._second.load()
            alarm = self._newest(found, kept)
            if kept is not None:
                append_kept(new, kept)
            what = "its mode could not be read" if alarm is None else "as before"
            columns = columns_of(unknown_alarm(self._clock, found.sequence)) if alarm is None else alarm
            note = f"the database was damaged, and is in {folder.parent.name}/{folder.name}; {what}"
            store_alarm(new, columns, note, self._clock, kept)
            if not found.numbers:  # each approval of a phone was on the record, before it was made
                give_none_again(new, "phones", max(found.number, kept.number if kept else 0))
            if memory is not None and bring is not None:
                bring(memory, new)
            found.people, found.phones = new.execute(_PEOPLE_AND_PHONES).fetchone()
            new.execute("COMMIT")
        return _told(found, None if alarm is None else alarm_in(alarm), folder)

    def _newest(self, found: Rescued, kept: Kept | None) -> Mapping[str, Column] | None:
        """Return the alarm stored last, of what was read and the second copy; in doubt the armed one."""
        known = [columns for columns in (found.alarm, kept.alarm if kept else None) if columns is not None]
        return max(known, key=_age, default=None)


def _age(alarm: Mapping[str, Column]) -> tuple[int, bool]:
    value = alarm_in(alarm)
    return value.sequence, value.mode is not Mode.DISARMED


def _created(file: Path) -> sqlite3.Connection:
    with suppress(FileNotFoundError):
        file.unlink()
    connection = sqlite3.connect(file, isolation_level=None)
    connection.row_factory = sqlite3.Row
    connection.execute("PRAGMA foreign_keys = ON")
    return connection


def _told(found: Rescued, alarm: Alarm | None, folder: Path) -> str:
    """Return in the owner's words what became of it."""
    mode = ARMED_IN_DOUBT if alarm is None else f"{spoken(alarm.mode)} as before"
    return (
        f"the database was damaged, and is in {folder} now; the alarm went on with a new one, then {mode}; "
        f"saved of it: events {found.events}, waiting mails {found.waiting}, people {found.people}, "
        f"approved phones {found.phones}, rows of who armed and disarmed {found.number}; "
        "all else is lost; replace the SD card if it happens again"
    )
