"""The write-ahead log of SQLite: what must be told from garbage, and how one reads where none can be made."""

from __future__ import annotations

import os
import struct
from pathlib import Path

from pisecurity.adapters.files import is_there

WAL, SHM = "-wal", "-shm"
"""Endings of what belongs to an open database. Source: sqlite.org/wal.html"""
HEADER_BYTES = 32
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


def reading(database: Path) -> str:
    """Return the ``mode`` with which *database* is opened to be read.

    SQLite makes both files of its log to read as well. In a folder that takes none, such as a copy on a read-only
    disk, one without a log can only be read as what nobody changes. Source: sqlite.org/wal.html, section 5
    """
    log = database.with_name(database.name + WAL)
    return "ro" if os.access(database.parent, os.W_OK, effective_ids=True) or is_there(log) else "ro&immutable=1"
