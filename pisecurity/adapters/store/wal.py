"""The write-ahead log of SQLite: what must be told from garbage, and how one reads where none can be made."""

from __future__ import annotations

import logging
import os
import struct
from pathlib import Path

from pisecurity.adapters.state.files import is_there

log = logging.getLogger(__name__)

WAL, SHM = "-wal", "-shm"
"""Endings of what belongs to an open database. Source: sqlite.org/wal.html"""
HEADER_BYTES = 32
ALLOTTED_BYTES = HEADER_BYTES + 1064 * (24 + 4096)
"""Of a log that is written into the database every 1000 pages, the default of SQLite, and of a transaction more."""
_BIG, _LITTLE = 0x377F0683, 0x377F0682
_VERSION = 3_007_000


def is_garbage(wal: Path) -> bool:
    """Return whether *wal* holds something, and does not begin as SQLite begins its log: it would ignore all of it.

    Nothing but zeros is what a power cut leaves of a log in which nothing was committed. Raises OSError.

    Source: sqlite.org/fileformat.html, section 4.1
    """
    try:
        with wal.open("rb") as file:
            header = file.read(HEADER_BYTES)
    except FileNotFoundError:
        return False
    if len(header) < HEADER_BYTES or not any(header):
        return False
    magic, version = struct.unpack_from(">II", header)
    if magic not in (_BIG, _LITTLE) or version != _VERSION:
        return True
    words = struct.unpack_from(f"{'>' if magic == _BIG else '<'}6I", header)
    first = second = 0
    for even, odd in zip(words[::2], words[1::2], strict=True):
        first = (first + even + second) & 0xFFFFFFFF
        second = (second + odd + first) & 0xFFFFFFFF
    return (first, second) != struct.unpack_from(">II", header, 24)


def allot(wal: Path) -> None:
    """Give the log *wal* at once what it may take of the disk: its size must not tell how much is written.

    What is behind its last page is no part of it, as after each time SQLite begins it anew. Without room it stays as
    it is.

    Raises:
        OSError: it cannot be opened.

    Source: sqlite.org/fileformat.html, section 4.3
    """
    with wal.open("r+b") as file:
        length = os.fstat(file.fileno()).st_size
        try:
            os.posix_fallocate(file.fileno(), 0, ALLOTTED_BYTES)
        except OSError as error:
            log.warning("the log of the database grows as it is written reason=%s", error.strerror)
            file.truncate(length)


def reading(database: Path) -> str:
    """Return the ``mode`` with which *database* is opened to be read.

    SQLite makes both files of its log to read as well. In a folder that takes none, such as a copy on a read-only
    disk, one without a log can only be read as what nobody changes. Source: sqlite.org/wal.html, section 5
    """
    log = database.with_name(database.name + WAL)
    return "ro" if os.access(database.parent, os.W_OK, effective_ids=True) or is_there(log) else "ro&immutable=1"
