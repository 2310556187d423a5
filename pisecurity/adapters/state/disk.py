"""The disk under the state folder, and the reserve kept on it."""

from __future__ import annotations

import logging
import os
from pathlib import Path

from pisecurity.errors import StoreError

log = logging.getLogger(__name__)

FILE_NAME = "reserve"
RESERVE_BYTES = 16 * 2**20


class StateDisk:
    """Fulfils Disk with a file of real blocks in the state folder."""

    def __init__(self, folder: Path, reserve_bytes: int = RESERVE_BYTES) -> None:
        self._folder, self._file, self._bytes = folder, folder / FILE_NAME, reserve_bytes

    def free_bytes(self) -> int:
        """Return what is free for this user, the reserve not counted. Raises StoreError."""
        try:
            disk = os.statvfs(self._folder)
        except FileNotFoundError as error:
            raise StoreError(
                f"{self._folder}: the state folder was removed while pisecurity ran; stop pisecurity and start it again"
            ) from error
        except OSError as error:
            raise StoreError(f"{self._folder}: the disk does not answer ({error.strerror}); check the card") from error
        return disk.f_bavail * disk.f_frsize

    def reserve(self) -> bool:
        """Take the reserve, unless it is held; return whether it is."""
        try:
            if self._file.exists() and self._file.stat().st_size == self._bytes:
                return True
            descriptor = os.open(self._file, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
            try:
                os.posix_fallocate(descriptor, 0, self._bytes)
            finally:
                os.close(descriptor)
        except OSError as error:
            log.info("no reserve taken on the disk reason=%s", error.strerror)
            self.release()
            return False
        return True

    def release(self) -> bool:
        """Give the reserve up, so that small writes succeed again; return whether there was one."""
        try:
            self._file.unlink()
        except FileNotFoundError:
            return False
        except OSError as error:
            log.warning("the reserve on the disk cannot be given up reason=%s", error.strerror)
            return False
        return True
