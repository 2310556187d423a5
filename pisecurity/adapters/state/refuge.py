"""A folder in memory that is this user's alone: where the alarm goes on when the disk takes nothing."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from pisecurity.errors import StoreError

RUNTIME_FOLDER = Path("/run/pisecurity")
"""That of the service, whose commands do not have its environment."""
SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 -- what is made below it is for this user alone, and checked


def refuge_of(state: Path, environment: Mapping[str, str] = os.environ) -> Path:
    """Return the folder in memory for the state folder *state*; nobody has to have made it.

    It is the same after a restart of the daemon, and gone after one of the machine. systemd empties the shared memory
    of a service that ends, and keeps what is in its runtime directory.
    """
    return Path(environment.get("RUNTIME_DIRECTORY") or SHARED_MEMORY) / _name(state, os.getuid())


def refuges_of(state: Path) -> Iterator[Path]:
    """Yield the folders in memory that a daemon on *state* has made, run by whoever has that folder, by us or by root.

    One that somebody else has made, or can write to, is none of them: no stranger must answer whoever asks there.
    """
    try:
        users = dict.fromkeys((state.stat().st_uid, os.getuid(), 0))
    except OSError:
        return
    for memory in (RUNTIME_FOLDER, SHARED_MEMORY):
        for user in users:
            folder = memory / _name(state, user)
            with suppress(OSError):
                if _is_private(folder, user):
                    yield folder


def claim(refuge: Path) -> None:
    """Make the folder *refuge*, or see that it is this user's. Raises StoreError."""
    try:
        refuge.mkdir(mode=0o700, exist_ok=True)
        private = _is_private(refuge, os.getuid())
    except OSError as error:
        raise StoreError(
            f"{refuge}: no folder in memory can be made ({error.strerror}); restart the machine"
        ) from error
    if not private:
        raise StoreError(f"{refuge}: somebody else has made this folder in memory; remove it")


def _name(state: Path, user: int) -> str:
    name = hashlib.sha256(os.fsencode(state.absolute())).hexdigest()[:16]
    return f"pisecurity-{user}-{name}"


def _is_private(folder: Path, user: int) -> bool:
    """Return whether *folder* is one of *user*, and nobody else's but root's. Raises OSError."""
    there = folder.lstat()
    return stat.S_ISDIR(there.st_mode) and there.st_uid == user and not stat.S_IMODE(there.st_mode) & 0o077
