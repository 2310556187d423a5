"""Event pictures as files, whole or not at all."""

from __future__ import annotations

import logging
import re
from pathlib import Path

from pisecurity.adapters.files import TEMPORARY, explained, make_folder, write_whole
from pisecurity.ports import PictureKind

log = logging.getLogger(__name__)

_EVENT_ID = re.compile(r"[0-9a-f]{32}")


class FilePictures:
    """Fulfils Pictures: ``pictures/<first 2 hex digits>/<event id>-<kind>.jpg`` in the state folder.

    256 folders keep each of them short.
    """

    def __init__(self, folder: Path) -> None:
        """Prepare the state folder *folder* and remove what a crash left half written.

        Only for the holder of the StateLock: the half of another process may still be growing.

        Raises:
            StoreError: the folder cannot be created or read.
        """
        self._root = folder / "pictures"
        try:
            make_folder(self._root)
            leftovers = list(self._root.glob(f"*/*{TEMPORARY}"))
            for leftover in leftovers:
                leftover.unlink()
        except OSError as error:
            raise explained(self._root, error) from error
        if leftovers:
            log.info("unfinished pictures removed count=%d", len(leftovers))

    def save(self, event_id: str, kind: PictureKind, jpeg: bytes) -> None:
        """Write or replace the picture; on return it survives a power cut.

        Raises:
            StoreError: it was not written; a picture that was there before still is.
            ValueError: *event_id* is not 32 small hex digits.
        """
        path = self._path(event_id, kind)
        if path is None:
            raise ValueError(f"an event id is 32 small hex digits, got {event_id!r}")
        try:
            make_folder(path.parent)
            write_whole(path, jpeg)
        except OSError as error:
            raise explained(path, error) from error

    def load(self, event_id: str, kind: PictureKind) -> bytes | None:
        """Return the JPEG, or None when there is none, as for anything that is no event id. Raises StoreError."""
        path = self._path(event_id, kind)
        if path is None:
            return None
        try:
            return path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise explained(path, error) from error

    def _path(self, event_id: str, kind: PictureKind) -> Path | None:
        """Return where the picture belongs; None for ids that could be a path: they come from addresses of pages."""
        if not _EVENT_ID.fullmatch(event_id):
            return None
        return self._root / event_id[:2] / f"{event_id}-{kind.value}.jpg"
