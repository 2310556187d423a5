"""A folder in memory that is this user's alone: where the alarm goes on when the disk takes nothing."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Mapping
from pathlib import Path

from pisecurity.errors import StoreError

SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 -- what is made below it is for this user alone, and checked


def refuge_of(state: Path, environment: Mapping[str, str] = os.environ) -> Path:
    """Return the folder in memory for the state folder *state*; nobody has to have made it.

    It is the same after a restart of the daemon, and gone after one of the machine. systemd empties the shared memory
    of a service that ends, and keeps what is in its runtime directory.
    """
    memory = Path(environment.get("RUNTIME_DIRECTORY") or SHARED_MEMORY)
    name = hashlib.sha256(os.fsencode(state.absolute())).hexdigest()[:16]
    return memory / f"pisecurity-{os.getuid()}-{name}"


def claim(refuge: Path) -> None:
    """Make the folder *refuge*, or see that it is this user's. Raises StoreError."""
    try:
        refuge.mkdir(mode=0o700, exist_ok=True)
        there = refuge.lstat()
    except OSError as error:
        raise StoreError(
            f"{refuge}: no folder in memory can be made ({error.strerror}); restart the machine"
        ) from error
    if not stat.S_ISDIR(there.st_mode) or there.st_uid != os.getuid() or stat.S_IMODE(there.st_mode) & 0o077:
        raise StoreError(f"{refuge}: somebody else has made this folder in memory; remove it")
