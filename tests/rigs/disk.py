"""A disk that refuses on order, or is cut off between two steps: SQLite and all that touches files go through it."""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import Enum, StrEnum, auto
from pathlib import Path
from typing import Any, Self
from urllib.parse import unquote, urlsplit

import pytest


class CutOff(BaseException):
    """The process is killed. What the disk holds at this moment is in ``Disk.left``."""


class Fault(StrEnum):
    """What the disk refuses."""

    NONE = "none"
    READ_ONLY = "read-only"
    FULL = "full"
    CROWDED = "without room for another file"
    SYNC = "takes and does not keep"
    BROKEN = "gives nothing and takes nothing"
    NOWHERE = "broken, and memory is full"


class Step(Enum):
    """What is asked of the disk."""

    READ = auto()
    BEGIN = auto()
    """A transaction that writes."""
    COMMIT = auto()
    NAME = auto()
    """A file is made, renamed, emptied or removed, or its date is set."""
    SYNC = auto()
    """The content of a file, or the names of a folder, are to survive a power cut."""


_REFUSED = {
    Fault.NONE: frozenset[Step](),
    Fault.READ_ONLY: frozenset({Step.BEGIN, Step.NAME}),
    Fault.FULL: frozenset({Step.COMMIT, Step.SYNC}),
    Fault.CROWDED: frozenset({Step.SYNC}),
    Fault.SYNC: frozenset({Step.COMMIT, Step.SYNC}),
    Fault.BROKEN: frozenset(Step),
    Fault.NOWHERE: frozenset(Step),
}
_ERRNO = {
    Fault.READ_ONLY: errno.EROFS,
    Fault.FULL: errno.ENOSPC,
    Fault.CROWDED: errno.ENOSPC,
    Fault.SYNC: errno.EIO,
    Fault.BROKEN: errno.EIO,
    Fault.NOWHERE: errno.EIO,
}
_SQLITE = {
    Fault.READ_ONLY: sqlite3.SQLITE_READONLY,
    Fault.FULL: sqlite3.SQLITE_FULL,
    Fault.SYNC: sqlite3.SQLITE_IOERR_FSYNC,
    Fault.BROKEN: sqlite3.SQLITE_IOERR_READ,
    Fault.NOWHERE: sqlite3.SQLITE_IOERR_READ,
}
_CUT_AT = frozenset({Step.COMMIT, Step.NAME, Step.SYNC})
"""A kill between others finds the same on the disk as one at these."""


class Disk:
    """``state`` and ``memory`` below a folder, one of a card and one that a power cut empties."""

    def __init__(self, root: Path, on_refusal: Callable[[], object] = lambda: None) -> None:
        """*on_refusal* is called before each error: a disk that fails takes its time."""
        self._root, self._on_refusal = root, on_refusal
        self.state, self.memory, self.left = root / "now" / "state", root / "now" / "memory", root / "left"
        self.state.mkdir(parents=True)
        self.fault = Fault.NONE
        self._cut_in: int | None = None
        self._fails_in: tuple[int, Fault] | None = None
        self._aside = 0
        self._patched = pytest.MonkeyPatch()
        self._stand_between()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Let everything go to the real disk again, and remove the folder."""
        self._patched.undo()
        shutil.rmtree(self._root)

    def cut_in(self, steps: int | None) -> None:
        """Have the process killed before the step after the next *steps* ones; None: no longer."""
        self._cut_in = steps

    def fail_in(self, steps: int, fault: Fault) -> None:
        """Have *fault* begin after *steps* steps."""
        self._fails_in = steps, fault

    def calm(self) -> None:
        """Be whole, from now on."""
        self.fault, self._cut_in, self._fails_in = Fault.NONE, None, None

    def cut(self) -> None:
        """Keep what the disk and memory hold now for ``take_up``."""
        with self.aside():
            shutil.rmtree(self.left, ignore_errors=True)
            shutil.copytree(self.state.parent, self.left)

    def take_up(self, *, memory: bool) -> None:
        """Go on with what ``cut`` has kept; without *memory* it was a power cut. Nothing may be open any more."""
        with self.aside():
            shutil.rmtree(self.state.parent)
            self.left.rename(self.state.parent)
            if not memory:
                shutil.rmtree(self.memory, ignore_errors=True)

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Let what happens in the block be no step of the product."""
        self._aside += 1
        try:
            yield
        finally:
            self._aside -= 1

    def asked(self, step: Step, path: str, error: Callable[[Fault], Exception]) -> None:
        """Raise what the disk answers to *step* at *path*, if it refuses it. Raises CutOff."""
        if step in _CUT_AT:
            self.passed(path)
        if not self._aside and self._refuses(step, path):
            self._on_refusal()
            raise error(self.fault)

    def passed(self, path: str) -> None:
        """Count a step at *path*. Raises CutOff."""
        if self._aside or not path.startswith(str(self.state.parent)):
            return
        if self._fails_in is not None:
            left, fault = self._fails_in
            self._fails_in = (left - 1, fault) if left else None
            self.fault = self.fault if left else fault
        if self._cut_in is not None:
            if not self._cut_in:
                self._cut_in = None
                self.cut()
                raise CutOff
            self._cut_in -= 1

    def _refuses(self, step: Step, path: str) -> bool:
        if path.startswith(str(self.memory)):
            return self.fault is Fault.NOWHERE and step in {Step.BEGIN, Step.COMMIT}
        return path.startswith(str(self.state)) and step in _REFUSED[self.fault]

    def _stand_between(self) -> None:
        disk, put = self, self._patched.setattr
        connect = sqlite3.connect

        def connected(database: str | Path, **more: Any) -> sqlite3.Connection:
            disk.asked(Step.READ, _path_of(str(database)), _sqlite_error)
            connection = connect(database, factory=_Connection, **more)
            connection.stands(disk, _path_of(str(database)))
            return connection

        put(sqlite3, "connect", connected)
        put(os, "fsync", self._before(Step.SYNC, os.fsync, _opened))
        put(os, "truncate", self._before(Step.NAME, os.truncate))
        put(os, "utime", self._before(Step.NAME, os.utime))
        put(tempfile, "mkstemp", self._before(Step.NAME, tempfile.mkstemp, lambda suffix, dir: str(dir)))  # noqa: A006
        put(shutil, "copyfile", self._before(Step.READ, shutil.copyfile))
        put(Path, "open", self._before(Step.READ, Path.open))
        for name in ("replace", "unlink", "mkdir", "touch"):
            put(Path, name, self._before(Step.NAME, getattr(Path, name)))

    def _before(self, step: Step, call: Callable[..., Any], path_of: Callable[..., str] | None = None) -> Any:
        def called(*args: Any, **more: Any) -> Any:
            if not self._aside:
                path = path_of(*args, **more) if path_of else str(args[0])
                self.asked(step, path, lambda fault: OSError(_ERRNO[fault], os.strerror(_ERRNO[fault]), path))
            return call(*args, **more)

        return called


class _Connection(sqlite3.Connection):
    _disk: Disk
    _path = ""
    _writes = False

    def stands(self, disk: Disk, path: str) -> None:
        self._disk, self._path = disk, path

    def execute(self, sql: str, *values: Any) -> sqlite3.Cursor:
        step = _step_of(sql)
        if step is Step.COMMIT and not self._writes:
            step = Step.READ
        self._disk.asked(step, self._path, _sqlite_error)
        self._writes = step is Step.BEGIN or (self._writes and step is not Step.COMMIT)
        cursor = super().execute(sql, *values)
        if step is Step.COMMIT:
            self._disk.passed(self._path)
        return cursor

    def backup(self, target: sqlite3.Connection, **more: Any) -> None:
        self._disk.asked(Step.READ, self._path, _sqlite_error)
        if isinstance(target, _Connection):
            target._disk.asked(Step.BEGIN, target._path, _sqlite_error)
            target._disk.asked(Step.COMMIT, target._path, _sqlite_error)
        super().backup(target, **more)


def _step_of(sql: str) -> Step:
    return {"BEGIN IMMEDIATE": Step.BEGIN, "COMMIT": Step.COMMIT}.get(sql, Step.READ)


def _sqlite_error(fault: Fault) -> sqlite3.OperationalError:
    error = sqlite3.OperationalError(f"the disk is {fault}")
    error.sqlite_errorcode = _SQLITE[fault]
    return error


def _path_of(database: str) -> str:
    return unquote(urlsplit(database).path) if database.startswith("file:") else database


def _opened(descriptor: int) -> str:
    return str(Path(f"/proc/self/fd/{descriptor}").readlink())
