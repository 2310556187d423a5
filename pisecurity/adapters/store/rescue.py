"""What can still be read of a damaged database, row by row."""

from __future__ import annotations

import logging
import shutil
import sqlite3
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path

from pisecurity.adapters.state.files import is_there
from pisecurity.adapters.store.audit import NO_HASH, Chain
from pisecurity.adapters.store.codec import Column, alarm_in, lenient, moment
from pisecurity.adapters.store.format import migrate, migrations, schema_of, schemas, version_of
from pisecurity.adapters.store.outbox import WAITING
from pisecurity.adapters.store.people import person_in
from pisecurity.adapters.store.quarantine import BELONGING
from pisecurity.adapters.store.schedule import in_force_in
from pisecurity.adapters.store.trouble import UNREADABLE
from pisecurity.adapters.store.wal import WAL
from pisecurity.core.types import AlarmState, AlertKind, Outcome
from pisecurity.ports import Clock

log = logging.getLogger(__name__)

WAITING_S, TOLD_S, AUDIT_S, NEWEST_S = 1.2, 0.3, 0.7, 0.8
"""For each part that is read, in this order, besides what those before it have left over. Other writers of a running
alarm wait for 4 s at most."""
MOST_WAITING = 20_000
"""Rows of the outbox that wait."""
NEWEST = 2_000
"""Rows of each table that are kept besides: more would keep the house unguarded for too long."""
MOST_PROBES = 1000
"""Tries to read on between two places that cannot be read."""
MOST_COPIED = 64 * 2**20
"""A larger file is not copied to mend its header: a small card has no room for it."""
HEADER_BYTES = 100
"""Source: sqlite.org/fileformat.html, section 1.3"""
_PAGES, _PAGES_END = 28, 32
"""Where in it stands how many pages the file has."""
PAGE_BYTES = 4096
_ANY_ROWID = 2**63 - 1
_FURTHEST = 2**20
"""Rows skipped at most, because their page cannot be read."""
_STEPS = 5_000
"""Instructions of SQLite between two looks at the clock: damage may lead it in a circle."""

_READ = """
SELECT rowid AS read_at, * FROM {table} NOT INDEXED WHERE rowid BETWEEN ? AND ? AND {condition}
ORDER BY rowid {order} LIMIT ?
"""
_FURTHEST_NUMBER = 10**9
"""No house comes so far; beyond the largest that SQLite knows a table takes no rows."""
_BEGIN_NUMBERS = """
INSERT INTO sqlite_sequence (name, seq) SELECT :table, 0
WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = :table)
"""
_GO_ON_NUMBERS = "UPDATE sqlite_sequence SET seq = max(seq, :number) WHERE name = :table"
_OPEN = "outcome IN ('waiting', 'later')"
_OF = "SELECT * FROM alerts NOT INDEXED WHERE number IN (?, ?)"

Row = dict[str, Column]
Check = Callable[[Mapping[str, Column]], object]


def _moment(value: Column) -> datetime:
    return moment(int(value or 0))


_EARLY: Mapping[str, Check] = {
    "told_faults": lambda row: None,
    "past_faults": lambda row: _moment(row["since_us"]),
    "schedule": in_force_in,
    "people": person_in,
    "code_key": lambda row: None,
    "codes": lambda row: None,
    "phones": lambda row: _moment(row["approved_us"]),
    "approvals": lambda row: None,
    "wrong_codes": lambda row: None,
}
"""Small tables that are read before the long ones: without its people a house could not be disarmed on the page, and
without its schedule nothing would be made up for."""
_CHECKS: Mapping[str, Check] = {
    **_EARLY,
    "alerts": lambda row: (AlertKind(str(row["kind"])), _moment(row["at_us"])),
    "outbox": lambda row: Outcome(str(row["outcome"])),
    "told_zones": lambda row: None,
    "events": lambda row: (AlarmState(str(row["state"])), _moment(row["opened_us"])),
}
"""Tables that are read, what the others depend on first, and what raises ValueError, TypeError or OverflowError for
a row that nobody could use."""


@dataclass(slots=True)
class Rescued:
    """What was read, and is in the new database now."""

    alarm: Row | None = None
    """Columns of the alarm; None: it cannot be read."""
    number: int = 0
    """Last audit row of the part that is whole from its beginning."""
    head: str = NO_HASH
    """Hash of that row."""
    sequence: int = 0
    """Of the alarm as of that row."""
    events: int = 0
    waiting: int = 0
    """Rows of the outbox that wait."""
    people: int = 0
    numbers: bool = False
    """Whether it is known which numbers were given already."""
    phones: int = 0
    """Approved ones. Codes are not counted: their number would tell that there is one for duress."""


def rescue(damaged: Path, new: sqlite3.Connection, scratch: Path, clock: Clock) -> Rescued:
    """Bring the empty database *new* to the newest version, and what can be read of *damaged* into it.

    Args:
        scratch: folder for what is written meanwhile and gone afterwards.

    Raises:
        sqlite3.Error: *new* cannot be written.
    """
    found = Rescued()
    with ExitStack() as open_files:
        old = _opened(damaged, scratch, open_files)
        scripts = migrations()
        version = len(scripts) if old is None else _version(old)
        for number, script in enumerate(scripts[:version], start=1):
            migrate(new, damaged, number, script)
        if old is not None:
            share = _Share(clock)
            old.set_progress_handler(share.is_over, _STEPS)
            new.execute("BEGIN IMMEDIATE")
            _read(old, new, found, share)
            new.execute("COMMIT")
        for number, script in enumerate(scripts[version:], start=version + 1):
            migrate(new, damaged, number, script)
        found.waiting = new.execute(WAITING).fetchone()[0]
    return found


def alarm_of(damaged: Path) -> Row | None:
    """Return the columns of the alarm, as far as *damaged* can be read where it is; None: they cannot be read."""
    try:
        with closing(_connected(damaged)) as old:
            return _alarm(old)
    except UNREADABLE as error:
        log.warning("damaged database cannot be read as it is file=%s reason=%s", damaged, error)
        return None


def _opened(damaged: Path, scratch: Path, open_files: ExitStack) -> sqlite3.Connection | None:
    """Return a connection to *damaged*, or to a copy of it in *scratch* with another beginning; None: no way."""
    size = damaged.stat().st_size if is_there(damaged) else 0
    if size:  # beside an empty file SQLite would remove the log, in which there may be something
        try:
            return open_files.enter_context(closing(_connected(damaged)))
        except (*UNREADABLE, OSError) as error:
            log.warning("damaged database cannot be read as it is file=%s reason=%s", damaged, error)
    for length in (HEADER_BYTES, PAGE_BYTES) if size <= MOST_COPIED else ():
        try:
            copy = open_files.enter_context(_mended(damaged, scratch, length))
            return open_files.enter_context(closing(_connected(copy)))
        except (*UNREADABLE, OSError) as error:
            log.warning("nor with another beginning bytes=%d reason=%s", length, error)
    return None


def _connected(file: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None)
    try:
        connection.row_factory = sqlite3.Row
        connection.text_factory = lenient
        connection.execute("PRAGMA cell_size_check = ON")
        # One table of which nothing is left must not hide all others.
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute("PRAGMA trusted_schema = OFF")
        connection.execute("SELECT * FROM alarm LIMIT 0")
    except UNREADABLE:
        connection.close()
        raise
    return connection


def _version(old: sqlite3.Connection) -> int:
    """Return which migrations *old* has: by its tables, or else as it says; all where it says what cannot be."""
    with suppress(*UNREADABLE, ValueError):
        return schemas().index(schema_of(old))
    version = version_of(old)
    return version if 0 < version <= len(migrations()) else len(migrations())


@contextmanager
def _mended(damaged: Path, scratch: Path, length: int) -> Iterator[Path]:
    """Lend a copy of *damaged* in the folder *scratch* whose first *length* bytes are those of a new database.

    It is as long as it says that it is. Raises OSError.
    """
    copy = scratch / "copy.db"
    try:
        for ending in ("", WAL):
            if is_there(part := Path(f"{damaged}{ending}")):
                shutil.copyfile(part, f"{copy}{ending}")
        copy.touch()
        with copy.open("r+b") as file:
            said = int.from_bytes(file.read(HEADER_BYTES)[_PAGES:_PAGES_END], "big")
            there = max(-(-copy.stat().st_size // PAGE_BYTES), 1)
            pages = max(there, said) if said <= MOST_COPIED // PAGE_BYTES else there
            beginning = _beginning(copy.with_name("sample.db"))
            beginning[_PAGES:_PAGES_END] = pages.to_bytes(4, "big")
            file.seek(0)
            file.write(beginning[:length])
            file.truncate(pages * PAGE_BYTES)
        yield copy
    finally:
        _remove(copy)


def _beginning(sample: Path) -> bytearray:
    """Return the first page of a new database; its change counter says that the number of pages in it counts.

    In a database that was begun with this version the tables are where that page says.
    """
    try:
        with closing(sqlite3.connect(sample, isolation_level=None)) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            for number, script in enumerate(migrations(), start=1):
                migrate(connection, sample, number, script)
        return bytearray(sample.read_bytes()[:PAGE_BYTES])
    finally:
        _remove(sample)


def _remove(file: Path) -> None:
    for ending in BELONGING:
        Path(f"{file}{ending}").unlink(missing_ok=True)


class _Share:
    """The time that what is read just now may take: a long table must not take it from those after it."""

    def __init__(self, clock: Clock) -> None:
        self._clock, self._until_s = clock, clock.monotonic()

    def add(self, seconds: float) -> None:
        self._until_s = max(self._until_s, self._clock.monotonic()) + seconds

    def is_over(self) -> bool:
        return self._clock.monotonic() > self._until_s


def _read(old: sqlite3.Connection, new: sqlite3.Connection, found: Rescued, share: _Share) -> None:
    """Take first what must not be lost, then the newest of all else, each in its *share* of time."""
    into = {table: _Into(new, table, check) for table, check in _CHECKS.items()}
    share.add(WAITING_S)
    found.alarm = _alarm(old)
    for row in islice(_rows(_Reader(old, "outbox", share.is_over, _OPEN)), MOST_WAITING):
        with suppress(*UNREADABLE):
            for alert in old.execute(_OF, (row["alert"], row.get("digest"))):
                into["alerts"].take(dict(alert))
            into["outbox"].take(row)
    share.add(TOLD_S)
    for table in _EARLY:
        _take_newest(old, table, into.pop(table), share)
    share.add(AUDIT_S)
    _read_audit(old, _Into(new, "audit", lambda row: None), found, share.is_over)
    for table, taker in into.items():
        share.add(NEWEST_S / len(into))
        _take_newest(old, table, taker, share)
    _read_numbers(old, new, found)
    found.events = new.execute("SELECT count(*) FROM events WHERE kind IS NOT 'duress'").fetchone()[0]


def _read_numbers(old: sqlite3.Connection, new: sqlite3.Connection, found: Rescued) -> None:
    """Have *new* give no number again that *old* has given, also none whose row was removed."""
    try:
        given = {str(row["name"]): int(row["seq"]) for row in old.execute("SELECT name, seq FROM sqlite_sequence")}
    except (*UNREADABLE, ValueError, TypeError) as error:
        log.warning("the numbers that were given cannot be read reason=%s", error)
        return
    found.numbers = all(0 <= number < _FURTHEST_NUMBER for number in given.values())
    for table, number in given.items() if found.numbers else ():
        give_none_again(new, table, number)


def give_none_again(new: sqlite3.Connection, table: str, number: int) -> None:
    """Have *table* give no number up to *number* to a new row."""
    values = {"table": table, "number": number}
    new.execute(_BEGIN_NUMBERS, values)
    new.execute(_GO_ON_NUMBERS, values)


def _take_newest(old: sqlite3.Connection, table: str, into: _Into, share: _Share) -> None:
    for row in islice(_rows(_Reader(old, table, share.is_over)), NEWEST):
        into.take(row)


def _read_audit(old: sqlite3.Connection, audit: _Into, found: Rescued, late: Callable[[], bool]) -> None:
    """Take the rows from the first one on, as far as the chain is whole: what comes after would prove nothing."""
    chain = Chain()
    try:
        for row in old.execute("SELECT * FROM audit NOT INDEXED ORDER BY number"):
            columns = dict(row)
            if late() or not chain.takes(columns) or not audit.take(columns):
                break
            found.number, found.head, found.sequence = chain.number, chain.head, columns["sequence"]
    except (*UNREADABLE, ValueError, TypeError) as error:
        log.warning("audit log cannot be read to its end row=%d reason=%s", found.number, error)


def _alarm(old: sqlite3.Connection) -> Row | None:
    try:
        row = old.execute("SELECT * FROM alarm").fetchone()
        if row is None:
            return None
        alarm_in(row)
    except (*UNREADABLE, ValueError, TypeError, OverflowError) as error:
        log.warning("the alarm cannot be read reason=%s", error)
        return None
    return dict(row)


class _Into:
    """A table of the new database."""

    def __init__(self, new: sqlite3.Connection, table: str, check: Check) -> None:
        self._new, self._table, self._check = new, table, check
        self._columns = [name for _, name, *_ in new.execute(f"PRAGMA table_info({table})")]
        self._statements: dict[tuple[str, ...], str] = {}

    def take(self, row: Row) -> bool:
        """Add *row*, unless it is there or nobody could use it; return whether it was added."""
        names = tuple(name for name in self._columns if name in row)
        if not names:  # a table that came later
            return False
        if names not in self._statements:
            values = ", ".join(f":{name}" for name in names)
            self._statements[names] = f"INSERT INTO {self._table} ({', '.join(names)}) VALUES ({values})"  # noqa: S608 -- our own names
        try:
            self._check(row)
            self._new.execute(self._statements[names], row)
        except (sqlite3.IntegrityError, ValueError, TypeError, OverflowError) as error:
            log.debug("row left out table=%s reason=%s", self._table, error)
            return False
        return True


def _rows(reader: _Reader) -> Iterator[Row]:
    """Yield the rows that can be read, the newest first as far as it goes, then from the oldest on."""
    if (yield from reader.down(_ANY_ROWID)):
        return
    end = _ANY_ROWID if reader.last is None else reader.last - 1
    at = -_ANY_ROWID
    while not (yield from reader.up(at, end)):
        at = at if reader.last is None else reader.last + 1
        beyond = reader.skip(max(at, 0), end)
        if beyond is None:
            return
        yield from reader.down(beyond - 1, at)
        at = beyond


class _Reader:
    """Reads one table by rowid, without its indices, until something cannot be read; then it returns False."""

    def __init__(self, old: sqlite3.Connection, table: str, late: Callable[[], bool], condition: str = "1") -> None:
        """*late*: once it is true nothing more is read. *condition*: of the rows that count, in SQL."""
        self._old, self._table, self._late, self._condition = old, table, late, condition
        self._probes = MOST_PROBES
        self.last: int | None = None
        """Rowid that the last reading came to."""

    def down(self, start: int, end: int = -_ANY_ROWID) -> Generator[Row, None, bool]:
        return self._run("DESC", end, start)

    def up(self, start: int, end: int) -> Generator[Row, None, bool]:
        return self._run("ASC", start, end)

    def skip(self, start: int, end: int) -> int | None:
        """Return a rowid after *start* from which on it can be read again; None: there is none."""
        step = 1
        while self._probes > 0 and not self._late() and start + step <= end and step < _FURTHEST:
            self._probes -= 1
            try:
                self._query("ASC", start + step, end, 1).fetchall()
            except UNREADABLE:
                step += max(step // 4, 1)  # by more, it would step over whole pages that can be read
            else:
                return start + step
        return None

    def _run(self, order: str, low: int, high: int) -> Generator[Row, None, bool]:
        self.last = None
        try:
            for row in self._query(order, low, high, -1):
                if self._late():
                    return True
                columns = dict(row)
                self.last = columns.pop("read_at")
                yield columns
        except UNREADABLE as error:
            log.debug("table cannot be read further table=%s row=%s reason=%s", self._table, self.last, error)
            return False
        return True

    def _query(self, order: str, low: int, high: int, most: int) -> sqlite3.Cursor:
        query = _READ.format(table=self._table, condition=self._condition, order=order)
        return self._old.execute(query, (low, high, most))
