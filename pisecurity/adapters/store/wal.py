"""The write-ahead log of SQLite, as far as it must be told from garbage."""

from __future__ import annotations

import struct
from pathlib import Path

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
