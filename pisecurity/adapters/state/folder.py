"""The state folder: private, writable, and only ours."""

from __future__ import annotations

import errno
import logging
import os
import stat
import tempfile
from pathlib import Path

from pisecurity.errors import StoreError

log = logging.getLogger(__name__)

FAILED_DISK = frozenset({errno.EROFS, errno.EIO, errno.ENOSPC, errno.EDQUOT})
"""Answers of a disk that fails or is full. An alarm that was armed starts with it all the same, from memory."""
_OURS = ("config.toml", "pisecurity.db")
"""A folder that holds one of these was given to pisecurity before."""
_LOOKING_IN = 0o067
"""What nobody else may do; the group of the service may pass through to the control socket."""


def open_folder(path: Path) -> Path:
    """Create *path* where it is missing, see that only this user can look in, and return it made absolute.

    What this process makes from now on is for this user alone: the group may pass through the folder of the service.
    One that takes nothing because its disk fails is returned as well.

    Raises:
        StoreError: it cannot be created or written, or others can look into it and it may be in use for
            something else (``/tmp``, a home folder), so that closing it is not ours to do.
    """
    folder = path.absolute()
    os.umask(0o077)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        mode = stat.S_IMODE(folder.stat().st_mode)
        if mode & _LOOKING_IN:
            _close_to_others(folder, mode)
        with tempfile.TemporaryFile(dir=folder):
            return folder
    except FileExistsError as error:
        raise StoreError(f"{folder}: a file is in the place of the state folder; move it away") from error
    except OSError as error:
        if error.errno in FAILED_DISK and folder.is_dir():
            log.warning("the state folder takes nothing folder=%s reason=%s", folder, error.strerror)
            return folder
        raise StoreError(
            f"{folder}: the state folder cannot be used ({error.strerror}); give it to the user pisecurity runs as, "
            "or choose another one"
        ) from error


def _close_to_others(folder: Path, mode: int) -> None:
    names = {entry.name for entry in folder.iterdir()}
    if names and names.isdisjoint(_OURS):
        raise StoreError(
            f"{folder}: others can look into it and it holds files that are not pisecurity's; choose an empty folder"
        )
    folder.chmod(0o700)
    log.info("state folder closed to others folder=%s mode_before=%o", folder, mode)
