"""Event pictures as files, whole or not at all."""

from __future__ import annotations

import logging
import re
from pathlib import Path

from pisecurity.adapters.state.files import TEMPORARY, explained, make_folder, sync_folder, write_whole
from pisecurity.adapters.state.folder import FAILED_DISK
from pisecurity.ports import PictureKind

log = logging.getLogger(__name__)

MOST_IN_MEMORY = 24
"""About 10 MB: the clean and the annotated picture of the last twelve events."""
_EVENT_ID = re.compile(r"[0-9a-f]{32}")


class FilePictures:
    """Fulfils Pictures: ``pictures/<first 2 hex digits>/<event id>-<kind>.jpg`` in the state folder.

    256 folders keep each of them short. All are made at the start: one that is made for its first picture would tell
    whoever sees the number of links of ``pictures`` that somebody is pictured. What the disk does not take is kept in
    memory for the mail, the newest ``MOST_IN_MEMORY`` of it.
    """

    def __init__(self, folder: Path) -> None:
        """Prepare the state folder *folder* and remove what a crash left half written; a disk that fails may keep it.

        Only for the holder of the StateLock: the half of another process may still be growing.

        Raises:
            StoreError: the folder cannot be created or read.
        """
        self._root = folder / "pictures"
        self._in_memory: dict[Path, bytes] = {}
        try:
            make_folder(self._root)
            if self._root.is_dir():
                self._make_folders()
            leftovers = list(self._root.glob(f"*/*{TEMPORARY}"))
            for leftover in leftovers:
                leftover.unlink()
        except OSError as error:
            if error.errno not in FAILED_DISK:
                raise explained(self._root, error) from error
            log.warning("folder of pictures not prepared folder=%s reason=%s", self._root, error.strerror)
            return
        if leftovers:
            log.info("unfinished pictures removed count=%d", len(leftovers))

    def _make_folders(self) -> None:
        missing = {f"{number:02x}" for number in range(256)}.difference(path.name for path in self._root.iterdir())
        for name in sorted(missing):
            (self._root / name).mkdir(mode=0o700)
        if missing:
            sync_folder(self._root)

    def save(self, event_id: str, kind: PictureKind, jpeg: bytes) -> None:
        """Write or replace the picture; on return it survives a power cut.

        Raises:
            StoreError: it was not written; a picture that was there before still is. It is in memory until the process
                ends, where ``load`` finds it if there was none.
            ValueError: *event_id* is not 32 small hex digits.
        """
        path = self._path(event_id, kind)
        if path is None:
            raise ValueError(f"an event id is 32 small hex digits, got {event_id!r}")
        try:
            make_folder(path.parent)
            write_whole(path, jpeg)
        except OSError as error:
            self._keep_in_memory(path, jpeg)
            raise explained(path, error) from error
        self._in_memory.pop(path, None)

    def load(self, event_id: str, kind: PictureKind) -> bytes | None:
        """Return the JPEG, or None when there is none, as for anything that is no event id. Raises StoreError."""
        path = self._path(event_id, kind)
        if path is None:
            return None
        try:
            return path.read_bytes()
        except FileNotFoundError:
            return self._in_memory.get(path)
        except OSError as error:
            if (kept := self._in_memory.get(path)) is not None:
                return kept
            raise explained(path, error) from error

    def _keep_in_memory(self, path: Path, jpeg: bytes) -> None:
        self._in_memory.pop(path, None)
        self._in_memory[path] = jpeg
        while len(self._in_memory) > MOST_IN_MEMORY:
            self._in_memory.pop(next(iter(self._in_memory)), None)

    def _path(self, event_id: str, kind: PictureKind) -> Path | None:
        """Return where the picture belongs; None for ids that could be a path: they come from addresses of pages."""
        if not _EVENT_ID.fullmatch(event_id):
            return None
        return self._root / event_id[:2] / f"{event_id}-{kind.value}.jpg"
