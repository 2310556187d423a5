"""The SQLite file: connections, transactions, and where it goes on when the disk fails."""

from __future__ import annotations

import logging
import os
import shutil
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from pisecurity.adapters.state.files import is_there
from pisecurity.adapters.state.refuge import claim
from pisecurity.adapters.store.bring import Bring, Repair
from pisecurity.adapters.store.codec import lenient
from pisecurity.adapters.store.format import known_version, migrate, migrations, version_of
from pisecurity.adapters.store.trouble import (
    SIZE,
    damage,
    explained,
    gives_nothing,
    looked_at,
    removal,
    see_that_it_is_whole,
)
from pisecurity.adapters.store.wal import SHM, WAL, allot, reading
from pisecurity.errors import StoreError

log = logging.getLogger(__name__)

BUSY_TIMEOUT_S = 3.0
"""How long to wait for another program that writes."""
QUEUE_TIMEOUT_S = 4.0
"""How long to wait for other threads that write. Together with BUSY_TIMEOUT_S, and twice over, below the 15 s after
which a worker counts as stuck: a change of the alarm may have to wait for the one before it."""
IDLE_CONNECTIONS = 4
CACHE_KIB = 512
"""Page cache of one connection: lists read a few dozen pages, and the default of 2 MB each adds up."""

MOST_TAKEN_BYTES = 16 * 2**20
"""A larger database is not taken into memory, of which a small Pi has 512 MB, and takes too long to
carry back: the alarm goes on with an empty one."""
PARTIAL = "-partial"
"""Ending of the mark beside a database in memory that was begun empty."""


@dataclass(frozen=True, slots=True, eq=False)
class _Place:
    """Where the database is."""

    file: Path
    away: str = ""
    """Why that is not the disk."""
    whole: bool = True
    """Whether all that was on the disk is in it."""
    damaged: bool = False
    """Whether it is away because the database on the disk is damaged, which the disk need not be."""
    removed: bool = False
    """Whether it is away because somebody took the database away, or its folder."""


class Database:
    """One SQLite file in WAL mode, used by any number of threads.

    A transaction borrows a connection that nobody else uses meanwhile; the file has as many as there are
    transactions at the same time. With one connection and a lock every reader would wait while a writer waits
    for the SD card (seconds, on a bad one); in WAL mode readers on their own connections do not. They are
    borrowed and not bound to threads, so that a thread which ends leaves nothing open.
    Writers queue at a lock in front of SQLite, because SQLite itself lets them poll until one of them gives up.

    When the disk fails, ``flee`` goes on with a copy in memory, and ``return_home`` comes back.
    """

    def __init__(
        self,
        path: Path,
        *,
        read_only: bool = False,
        refuge: Path | None = None,
        repair: Repair | None = None,
    ) -> None:
        """Open or create *path* and apply the migrations it lacks; *read_only* changes and creates nothing.

        Args:
            refuge: folder in memory for when the disk fails; made then. What a process left there is gone on with.
            repair: puts another one in the place of a damaged database; None: a damaged one is an error.

        Raises:
            StoreError: also when it is to be read only and is missing or of another version.
        """
        self.path, self._read_only = path, read_only
        self._repair = repair
        self._refuge = None if refuge is None else refuge / path.name
        self._place = _Place(path)
        """The one in use. It changes in one step under the pool's lock, when the new one is ready, and with the lock of
        the writers held: none is on its way then, and who reads keeps the place he began with."""
        self._known = 0
        """Inode of *path*, 0 before it was opened: a file that was removed still takes what nobody will find."""
        self._idle: list[sqlite3.Connection] = []
        self._pool = threading.Lock()
        self._writing = threading.Lock()
        self._closed = False
        with explained(self.path), ExitStack() as failed:
            failed.callback(self.close)
            if read_only:
                self._see_that_it_is_readable()
            else:
                self._begin()
                self._allot_log()
            failed.pop_all()

    @property
    def damaged(self) -> bool:
        """Whether it is in memory because the database on the disk is damaged."""
        return self._place.damaged

    @property
    def removed(self) -> bool:
        """Whether it is in memory because the database, or its folder, was removed."""
        return self._place.removed

    @property
    def away(self) -> str:
        """Why it is in memory; empty while it is on the disk."""
        return self._place.away

    @property
    def whole(self) -> bool:
        """Whether all that was on the disk is where it goes on."""
        return self._place.whole

    def flee(self, error: StoreError) -> bool:
        """Go on in memory because of *error*; return whether another try may succeed. Raises StoreError."""
        if self._refuge is None or not error.disk:
            return False
        with self._alone():
            if not self._place.away:
                self._move(self._sheltered(self._refuge, self._why_it_failed(error), empty=True))
        return True

    def _why_it_failed(self, error: StoreError) -> StoreError:
        """Return *error*, or that the database is gone where that is behind it: no card is to blame then."""
        if not self._known or is_there(self.path):
            return error
        return removal(self.path)

    def return_home(self, bring: Bring, agree: Callable[[sqlite3.Connection], object]) -> None:
        """Bring what is in memory to the disk, and go on there; nothing when it is there. Raises StoreError: it cannot.

        Args:
            bring: called where memory was begun empty, with connections to memory and, in a transaction, to the disk:
                what the disk holds is left there, and what must not be lost is added to it.
            agree: called with one to the disk before memory is given up.
        """
        with explained(self.path), self._alone():
            place = self._place
            if not place.away or not self.path.parent.is_dir():
                return
            if self._repair is not None:
                self._repair.finish()
            with closing(self._connect(place.file)) as memory:
                try:
                    with explained(self.path):
                        self._carry(memory, bring, whole=place.whole)
                except StoreError as error:
                    if self._repair is None or not error.damaged:
                        raise
                    self._repair.replace(memory, None if place.whole else bring)
                    self._prepare(self.path)
            with closing(self._connect(self.path)) as home:
                agree(home)
            # First of all, or a restart would go on with what is old by then.
            _remove(place.file)
            self._move(_Place(self.path))
            with suppress(OSError):
                place.file.parent.rmdir()
        self._allot_log()
        log.info("database on the disk again file=%s", self.path)

    def _carry(self, memory: sqlite3.Connection, bring: Bring, *, whole: bool) -> None:
        with closing(self._connect(self.path, create=True)) as home:
            home.execute("BEGIN IMMEDIATE")
            home.execute(f"PRAGMA user_version = {version_of(home)}")  # the least that is written
            home.execute("COMMIT")
            adds = not whole and home.execute("SELECT 1 FROM sqlite_schema").fetchone() is not None
            if not adds:
                memory.backup(home)
            see_that_it_is_whole(self.path, home)
            self._prepare(self.path)
            if adds:
                home.execute("BEGIN IMMEDIATE")
                bring(memory, home)
                home.execute("COMMIT")

    def see_that_it_takes(self) -> None:
        """Raise StoreError when the disk takes nothing, or another file is in the place of the one that was opened.

        It is the date of the file that is written, which wears a card least.
        """
        if self._place.away:
            return
        with explained(self.path):
            os.utime(self.path)
            there = self.path.stat().st_ino
        if there != self._known:
            raise StoreError(f"{self.path}: another file is in its place; restart pisecurity", disk=True)

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """Lend a connection that sees the database as it was at one moment. Raises StoreError."""
        with self._transaction("BEGIN") as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """Lend a connection whose changes are on disk, all or none, when the block has ended. Raises StoreError."""
        with self._alone(), self._transaction("BEGIN IMMEDIATE") as connection:
            yield connection

    def empty_log(self) -> None:
        """Bring the log into the database, so that no damage of it brings back what was deleted. Raises StoreError."""
        with explained(self.path), self._alone(), closing(self._connect(self._place.file)) as connection:
            if connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]:
                raise StoreError(f"{self.path}: its log could not be emptied, because it is being read")
        self._allot_log()

    def close(self) -> None:
        """Close the file; connections still lent are closed when they come back."""
        self._closed = True
        self._move(self._place)

    def _move(self, place: _Place) -> None:
        """Be at *place* from now on; connections to the one before are given up."""
        with self._pool:
            self._place = place
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep other writers of this process out."""
        if not self._writing.acquire(timeout=QUEUE_TIMEOUT_S):
            raise StoreError(
                f"{self.path}: other writes of pisecurity take longer than {QUEUE_TIMEOUT_S:g} s; end the program that "
                "holds it, or replace the SD card if it is worn out"
            )
        try:
            yield
        finally:
            self._writing.release()

    def _begin(self) -> None:
        """Open what there is: left in memory by a process that died there, on the disk, or a copy of that."""
        if self._refuge is not None and is_there(self._refuge):
            try:
                claim(self._refuge.parent)
                with explained(self.path):
                    self._prepare(self._refuge)
                    self._see_that_it_was_used(self._refuge)
            except StoreError as error:
                log.warning("what was left in memory is not used file=%s reason=%s", self._refuge, error)
            else:
                reason = f"{self.path}: the disk took nothing before the restart"
                self._place = _Place(self._refuge, reason, whole=not is_there(_mark(self._refuge)))
                return
        try:
            with explained(self.path):
                if self._repair is not None:
                    self._repair.finish()
                self._see_that_the_log_has_its_file()
                self._prepare(self.path)
        except StoreError as error:
            if not error.disk:
                raise
            self._place = self._saved(error)

    def _allot_log(self) -> None:
        """Have the log of the disk, which is there while a connection is open, not grow any more."""
        if self._place.away:
            return
        with suppress(StoreError), self.read() as connection:
            connection.execute("SELECT 1 FROM sqlite_schema")
            allot(Path(f"{self.path}{WAL}"))

    def _see_that_the_log_has_its_file(self) -> None:
        """Raise StoreError for a log whose database is gone or empty: SQLite would remove it, and what is in it."""
        wal = Path(f"{self.path}{WAL}")
        if is_there(wal) and wal.stat().st_size and not (is_there(self.path) and self.path.stat().st_size):
            raise damage(self.path, "it is gone, and its log is there")

    def _saved(self, error: StoreError) -> _Place:
        """Return where to go on after *error* at the start. Raises StoreError: nowhere."""
        if not error.damaged:
            if self._refuge is None:
                raise error
            try:
                return self._sheltered(self._refuge, error, empty=False)
            except StoreError:
                if not gives_nothing(error.__cause__):
                    raise
        if self._repair is None:
            raise error
        try:
            with explained(self.path):
                self._repair.replace()
                self._prepare(self.path)
        except StoreError as failed:
            if self._refuge is None:
                raise
            return self._sheltered(self._refuge, failed, empty=True)
        return _Place(self.path)

    def _sheltered(self, refuge: Path, reason: StoreError, *, empty: bool) -> _Place:
        """Return a copy at *refuge*, ready for use, or an *empty* database if that may be. Raises StoreError.

        Empty, it has the alarm at least: without one it would look like a first start, which is disarmed.
        """
        claim(refuge.parent)
        whole = True
        with explained(self.path):
            _remove(refuge)
            try:
                with explained(self.path):
                    self._copy_to(refuge)
                    self._prepare(refuge)
            except StoreError as error:
                _remove(refuge)
                if not empty:
                    raise
                log.warning("the database is begun anew in memory reason=%s", error)
                whole = False
                _mark(refuge).touch()
                self._prepare(refuge)
                self._begin_with_alarm(refuge)
        log.warning("database in memory file=%s whole=%s reason=%s", refuge, whole, reason)
        return _Place(refuge, str(reason), whole, damaged=reason.damaged, removed=reason.removed)

    def _begin_with_alarm(self, refuge: Path) -> None:
        if self._repair is None:
            return
        with closing(self._connect(refuge)) as memory:
            memory.execute("BEGIN IMMEDIATE")
            self._repair.begin(memory)
            memory.execute("COMMIT")

    def _see_that_it_was_used(self, refuge: Path) -> None:
        """Raise StoreError where a kill came before the alarm was in it: as a whole one it would replace the disk's."""
        with closing(self._connect(refuge)) as memory:
            if memory.execute("SELECT 1 FROM alarm").fetchone() is None:
                raise damage(refuge, "no alarm is in it")

    def _copy_to(self, refuge: Path) -> None:
        """Copy what an open connection sees, or else the file, if it is the one that was opened; no writer is at it."""
        with self._pool:
            connection = self._idle.pop() if self._idle else None
        if connection is not None:
            try:
                with closing(connection), closing(sqlite3.connect(refuge)) as copy:
                    self._see_that_it_fits(connection.execute(SIZE).fetchone()[0])
                    connection.backup(copy)
            except sqlite3.Error as error:
                log.warning("the open database cannot be copied reason=%s", error)
                _remove(refuge)
            else:
                return
        there = self.path.stat()
        if self._known not in (0, there.st_ino):
            raise StoreError(f"{self.path}: another file is in its place; restart pisecurity")
        self._see_that_it_fits(there.st_size)
        wal = Path(f"{self.path}{WAL}")
        if wal.exists():
            # First: what a reader who leaves moves from there into the file meanwhile is in both copies then.
            shutil.copyfile(wal, f"{refuge}{WAL}")
        shutil.copyfile(self.path, refuge)

    def _see_that_it_fits(self, size: int) -> None:
        if size > MOST_TAKEN_BYTES:
            raise StoreError(f"{self.path}: too large to be taken into memory")

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[sqlite3.Connection]:
        with explained(self.path):
            connection, place = self._borrow()
            done = False
            try:
                connection.execute(begin)
                yield connection
                connection.execute("COMMIT")
                done = True
            finally:
                if done:
                    self._give_back(connection, place)
                else:
                    # Closing rolls back, and a connection that met a failing disk may be left in any state.
                    connection.close()

    def _borrow(self) -> tuple[sqlite3.Connection, _Place]:
        with self._pool:
            if self._closed:
                raise StoreError(f"{self.path}: closed, pisecurity is stopping")
            place = self._place
            if self._idle:
                return self._idle.pop(), place
        return self._connect(place.file), place

    def _give_back(self, connection: sqlite3.Connection, place: _Place) -> None:
        with self._pool:
            if not self._closed and place is self._place and len(self._idle) < IDLE_CONNECTIONS:
                self._idle.append(connection)
                return
        connection.close()

    def _connect(self, file: Path, *, create: bool = False) -> sqlite3.Connection:
        """Open *file*. On the disk, what was opened before is not created again, except to *create* it."""
        known = file == self.path and self._known and not create
        mode = reading(file) if self._read_only else "rw" if known else "rwc"
        connection = sqlite3.connect(
            f"{file.absolute().as_uri()}?mode={mode}",
            uri=True,
            timeout=BUSY_TIMEOUT_S,
            isolation_level=None,
            check_same_thread=False,
        )
        connection.row_factory = sqlite3.Row
        connection.text_factory = lenient
        with ExitStack() as failed:
            failed.callback(connection.close)
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA foreign_keys = ON")
            connection.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
            failed.pop_all()
        return connection

    def _prepare(self, file: Path) -> None:
        """Bring *file* to the newest version. Raises StoreError, sqlite3.Error, OSError."""
        scripts = migrations()
        with ExitStack() as at_end:
            with looked_at(self.path):
                connection = at_end.enter_context(closing(self._connect(file)))
                connection.execute("BEGIN")  # another program may be creating it just now
                version = known_version(self.path, connection)
                connection.execute("COMMIT")
            if connection.execute("PRAGMA journal_mode = WAL").fetchone()[0] != "wal":
                raise StoreError(f"{self.path}: this file system cannot hold it safely; use a local disk or SD card")
            for number, script in enumerate(scripts[version:], start=version + 1):
                migrate(connection, file, number, script)
        if file == self.path:
            self._known = self.path.stat().st_ino

    def _see_that_it_is_readable(self) -> None:
        try:
            self.path.stat()
        except FileNotFoundError:
            if not self.path.parent.is_dir():
                raise StoreError(f"{self.path.parent}: no such folder; name the state folder with --state") from None
            raise StoreError(f"{self.path}: there is none yet; pisecurity makes it when it first runs") from None
        except NotADirectoryError:
            raise StoreError(f"{self.path.parent}: not a folder; name the state folder with --state") from None
        with closing(self._connect(self.path)) as connection:
            version, known = version_of(connection), len(migrations())
        if version != known:
            raise StoreError(
                f"{self.path}: has format {version} and this pisecurity knows {known}; restart the daemon, which "
                "brings an older one up to date, or install the newer pisecurity"
            )


def _remove(file: Path) -> None:
    """Remove a database and what belongs to it. Raises OSError."""
    for ending in ("", WAL, SHM, PARTIAL):
        Path(f"{file}{ending}").unlink(missing_ok=True)


def _mark(file: Path) -> Path:
    return Path(f"{file}{PARTIAL}")
