"""One daemon on one state folder."""

from __future__ import annotations

import contextlib
import fcntl
import os
from pathlib import Path
from types import TracebackType
from typing import Self

from pisecurity.adapters.state.folder import FAILED_DISK
from pisecurity.errors import AlreadyRunningError, StoreError

FILE_NAME = "lock"
KERNEL_LOCKS = Path("/proc/locks")
_LOCK, _PLACE, _PROCESS = 1, 5, 4
"""Columns of it. Source: proc_locks(5)."""


class StateLock:
    """Holds the state folder from ``with`` to its end; the kernel lets go of it when the process dies."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._fd: int | None = None

    def __enter__(self) -> Self:
        """Take the lock.

        Raises:
            AlreadyRunningError: another process, or another lock in this one, holds it.
            StoreError: the lock file cannot be written.
        """
        path = self._folder / FILE_NAME
        try:
            fd = _opened(path)
        except OSError as error:
            raise StoreError(f"{path}: cannot be opened ({error.strerror}); see who owns it") from error
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _sign(fd)
        except BlockingIOError as error:
            holder = _holder(fd)
            os.close(fd)
            raise AlreadyRunningError(
                f"{self._folder}: pisecurity already runs here{holder}; stop it first, or use another folder"
            ) from error
        except OSError as error:
            os.close(fd)
            raise StoreError(f"{path}: cannot be locked ({error.strerror}); see that the disk is whole") from error
        self._fd = fd
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Let go. The file stays: removing it would let two processes lock two files of the same name."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None


def holder_of(folder: Path) -> int | None:
    """Return the process that holds *folder*; None: none does, or it cannot be known.

    The kernel is asked and no lock tried: that would keep a daemon which starts just now from having it.
    """
    try:
        there, locks = (folder / FILE_NAME).stat(), KERNEL_LOCKS.read_text("ascii")
    except OSError:
        return None
    place = f"{os.major(there.st_dev):02x}:{os.minor(there.st_dev):02x}:{there.st_ino}"
    for columns in map(str.split, locks.splitlines()):
        if columns[_LOCK:2] == ["FLOCK"] and columns[_PLACE] == place:
            return int(columns[_PROCESS])
    return None


def _opened(path: Path) -> int:
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        if error.errno not in FAILED_DISK:
            raise
        return os.open(path, os.O_RDONLY | os.O_CLOEXEC)  # it can be locked all the same


def _sign(fd: int) -> None:
    """Write down who holds the lock, for the error of the next one; a disk that takes nothing only costs that."""
    with contextlib.suppress(OSError):
        os.ftruncate(fd, 0)
        os.pwrite(fd, f"{os.getpid()}\n".encode("ascii"), 0)


def _holder(fd: int) -> str:
    """Return ``" as process 123"``, or nothing while the holder has not written its id yet."""
    pid = os.pread(fd, 20, 0).strip()
    return f" as process {int(pid)}" if pid.isdigit() else ""
