"""Files that are whole or not there, whatever happens to the power."""

from __future__ import annotations

import contextlib
import fcntl
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from pisecurity.errors import StoreError

TEMPORARY = ".tmp"
"""Ending of what is not whole yet; leftovers of a power cut may be deleted."""


def is_there(path: Path) -> bool:
    """Tell whether this user can see *path*; what lies behind a folder closed to him is not there for him.

    ``Path.exists`` raises PermissionError in that case, up to Python 3.13.
    """
    try:
        return path.exists()
    except OSError:
        return False


def write_whole(path: Path, content: bytes) -> None:
    """Put *content* at *path*, readable by this user alone: every reader sees the old file or the new one.

    On return it survives a power cut. Raises OSError and leaves the old file as it was.
    """
    descriptor, name = tempfile.mkstemp(suffix=TEMPORARY, dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(descriptor)
        temporary.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise
    sync_folder(path.parent)


def make_folder(path: Path) -> None:
    """Create *path* for this user only, and make its name survive a power cut. Raises OSError."""
    with contextlib.suppress(FileExistsError):
        path.mkdir(mode=0o700)
        sync_folder(path.parent)


def explained(path: Path, error: OSError) -> StoreError:
    """Return in the owner's words why *path* was not read or written."""
    return StoreError(
        f"{path}: {error.strerror}; see that the disk has space and belongs to the user pisecurity runs as"
    )


def sync_folder(path: Path) -> None:
    """Make the names in the folder *path* survive a power cut. Raises OSError."""
    with _opened(path) as descriptor:
        os.fsync(descriptor)


@contextlib.contextmanager
def alone_in(folder: Path) -> Iterator[None]:
    """Wait for others that are alone in *folder*, threads of this process too, and keep them out of it until the end.

    Raises OSError.
    """
    with _opened(folder) as descriptor:
        # Locks of flock belong to what was opened, not to the process; closing it lets go.
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def _opened(folder: Path) -> Iterator[int]:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield descriptor
    finally:
        os.close(descriptor)
