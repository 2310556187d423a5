"""What SQLite and the disk refuse, in the owner's words."""

from __future__ import annotations

import errno
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pisecurity.errors import StoreError

FIXES = {
    sqlite3.SQLITE_FULL: "the disk is full; free some space on it",
    sqlite3.SQLITE_READONLY: "it cannot be written; give it to the user pisecurity runs as, and see that the disk "
    "is not mounted read-only",
    sqlite3.SQLITE_CANTOPEN: "it cannot be opened; see that the folder is there and belongs to the user pisecurity "
    "runs as",
    sqlite3.SQLITE_PERM: "it may not be opened; give it to the user pisecurity runs as",
    sqlite3.SQLITE_CORRUPT: "it is damaged; restart pisecurity, which puts it aside and saves what it can",
    sqlite3.SQLITE_NOTADB: "it is damaged or no database; restart pisecurity, which puts it aside and saves what "
    "it can",
    sqlite3.SQLITE_IOERR: "the disk reports an error; look at 'dmesg' and replace the SD card if it is worn out",
    sqlite3.SQLITE_BUSY: "another program holds it; end that program",
}
_DISK = frozenset(
    {
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_NOTADB,
        sqlite3.SQLITE_IOERR,
    }
)
"""What another try on the same disk does not mend. The reserve may not be enough for a full one."""
_DAMAGE = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
UNREADABLE = (sqlite3.Error, UnicodeDecodeError, MemoryError)
"""What reading a damaged database raises. The second comes of an error message that quotes what is damaged, the third
where a damaged length asks for too much."""
_ENOUGH_BYTES = 2**22
"""More than any statement of ours takes at once."""
MOST_LOOKED_THROUGH_BYTES = 16 * 2**20
"""A larger database is checked quickly: 60 MB, 100 000 events, take 1.1 s to look through on a desktop, else 0.4."""
SIZE = "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"
_OTHER_FIX = "it did not take or give a value; see that the disk is whole and has space"


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Raise StoreError about the database at *path* for what SQLite or the kernel raises."""
    try:
        yield
    except sqlite3.Error as error:
        primary = primary_code(error)
        disk, damaged = primary in _DISK and not _ran_out(error), primary in _DAMAGE
        fix = FIXES.get(primary, _OTHER_FIX)
        raise StoreError(f"{path}: {fix} ({error})", disk=disk, damaged=damaged) from error
    except UnicodeDecodeError as error:
        raise damage(path, "no text") from error
    except MemoryError as error:
        if not _has_memory():
            raise
        raise damage(path, "a length that cannot be") from error
    except PermissionError as error:
        raise StoreError(f"{path}: this user may not read it; use sudo") from error
    except OSError as error:
        raise StoreError(f"{path}: {_OTHER_FIX} ({error})", disk=True) from error


def damage(path: Path, found: str) -> StoreError:
    """Return the error that says that the database at *path* is damaged, as *found*."""
    return StoreError(f"{path}: {FIXES[sqlite3.SQLITE_CORRUPT]} ({found})", disk=True, damaged=True)


def removal(path: Path) -> StoreError:
    """Return the error that says that the database at *path*, or its folder, is there no more: no card is to blame."""
    if path.parent.is_dir():
        return StoreError(f"{path}: it was removed while pisecurity ran", disk=True, removed=True)
    return StoreError(
        f"{path.parent}: this folder was removed while pisecurity ran; stop pisecurity and start it again, which makes "
        "it anew",
        disk=True,
        removed=True,
    )


def see_that_it_is_whole(path: Path, connection: sqlite3.Connection) -> None:
    """Raise StoreError where the database at *path* is damaged. Raises sqlite3.Error."""
    # The quick one does not see an index that says something else than its table: it would fail in the first alarm.
    small = connection.execute(SIZE).fetchone()[0] <= MOST_LOOKED_THROUGH_BYTES
    found = connection.execute("PRAGMA integrity_check(1)" if small else "PRAGMA quick_check(1)").fetchone()[0]
    if found != "ok":
        raise damage(path, found)


@contextmanager
def looked_at(path: Path) -> Iterator[None]:
    """Raise StoreError where SQLite finds fault with a statement that any whole database takes: it is damaged."""
    try:
        yield
    except sqlite3.OperationalError as error:
        if primary_code(error) != sqlite3.SQLITE_ERROR:
            raise
        raise damage(path, str(error)) from error


def primary_code(error: BaseException | None) -> int:
    """Return the primary code, 0 for none: extended ones such as SQLITE_IOERR_FSYNC carry it in the low byte."""
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF


def gives_nothing(error: BaseException | None) -> bool:
    """Return whether *error* is what SQLite or the kernel says of a disk that cannot be read or written (EIO)."""
    return primary_code(error) == sqlite3.SQLITE_IOERR or (isinstance(error, OSError) and error.errno == errno.EIO)


def _has_memory() -> bool:
    try:
        return bool(bytearray(_ENOUGH_BYTES))
    except MemoryError:
        return False


def _ran_out(error: sqlite3.Error) -> bool:
    """Return whether *error* looks like one of the disk and comes from memory or open files that ran out."""
    code = getattr(error, "sqlite_errorcode", 0)
    if code & 0xFF != sqlite3.SQLITE_CANTOPEN:
        return bool(code == sqlite3.SQLITE_IOERR_NOMEM)
    try:
        os.close(os.open(os.devnull, os.O_RDONLY))
    except OSError:
        return True
    return False
