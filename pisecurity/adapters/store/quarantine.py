"""Where damaged databases are put aside, and how another one takes their place, whole or not at all."""

from __future__ import annotations

import logging
import re
import shutil
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pisecurity.adapters.state.files import make_folder, sync_folder, write_whole
from pisecurity.errors import StoreError

log = logging.getLogger(__name__)

FOLDER = "damaged"
MOST_KEPT = 3
MOST_BYTES = 64 * 2**20
"""The newest is kept whatever its size, older ones as long as all together have no more."""
TOLD_FOR = timedelta(days=7)
"""So long the page tells of it."""
REPORT = "report.txt"
BUILDING, REPAIRED = "building.db", "repaired.db"
"""The new database until it is whole, and from then until it is in its place."""
BELONGING = ("", "-wal", "-shm", "-journal")
"""Endings of a database and of what belongs to it. Source: sqlite.org/tempfiles.html"""
_TIME = "%Y%m%dT%H%M%SZ"
_NAME = re.compile(r"\d{1,9}-\d{8}T\d{6}Z")


class Quarantine:
    """``damaged/`` beside the database: a folder for each repair, numbered, the newest few.

    A repair builds the new database in its folder, then moves the old one there and the new one out. Once the new one
    is whole, a start after a kill finishes what is left to do; before that it leaves nothing behind.
    """

    def __init__(self, database: Path) -> None:
        self._database, self._root = database, database.parent / FOLDER

    def replace(self, build: Callable[[Path, Path], str], at: datetime) -> None:
        """Let *build* make the new database, and put it in the place of the old one.

        Args:
            build: gets the path of the new database and the folder in which the old one will be; returns the report.

        Raises:
            StoreError, OSError, sqlite3.Error: everything is as it was.
        """
        folder = self._begin(at)
        try:
            report = build(folder / BUILDING, folder)
            write_whole(folder / REPORT, f"{report}\n".encode())
            (folder / BUILDING).replace(folder / REPAIRED)
            sync_folder(folder)
        except (StoreError, OSError, sqlite3.Error):
            shutil.rmtree(folder, ignore_errors=True)
            raise
        self.finish()

    def tell(self, report: str, at: datetime) -> Path:
        """Keep *report* about a database that stays where it is; return the folder of it. Raises OSError."""
        folder = self._begin(at)
        self.add(folder, report)
        self._prune()
        return folder

    def add(self, folder: Path, report: str) -> None:
        """Add to what is told in *folder*. Raises OSError."""
        before = folder / REPORT
        told = before.read_text("utf-8").strip() if before.exists() else f"noted in {folder}"
        write_whole(before, f"{report}; {told}\n".encode())

    def finish(self) -> None:
        """Finish the repair that a kill has cut off, if there is one. Raises OSError."""
        for folder in self._folders():
            if (folder / REPAIRED).exists():
                for ending in BELONGING:
                    part = Path(f"{self._database}{ending}")
                    if part.exists():
                        part.replace(folder / part.name)
                sync_folder(folder)
                sync_folder(self._database.parent)
                (folder / REPAIRED).replace(self._database)
                sync_folder(self._database.parent)
                log.warning("damaged database put aside folder=%s", folder)
                self._prune()
            elif self._is_begun_only(folder):
                shutil.rmtree(folder, ignore_errors=True)

    def newest(self, now: datetime, told_at: Callable[[], datetime | None] = lambda: None) -> str:
        """Return what the last repair says, empty when there was none for a week. A clock that is behind keeps it.

        *told_at* says when the owner was told last of all that is wrong (UTC): what is older is no news any more.
        """
        folders = self._folders()
        if not folders:
            return ""
        try:
            made_at = _made_at(folders[-1])
            if now - made_at > TOLD_FOR or ((told := told_at()) is not None and told > made_at):
                return ""
            return (folders[-1] / REPORT).read_text("utf-8", "replace").strip()
        except (OSError, ValueError):  # removed by its owner, who knows then, or a name that is no time
            return ""

    def _is_begun_only(self, folder: Path) -> bool:
        names = {path.name for path in folder.iterdir()}
        return self._database.name not in names and (BUILDING in names or REPORT not in names)

    def _begin(self, at: datetime) -> Path:
        number = max((_number(folder) for folder in self._folders()), default=0) + 1
        folder = self._root / f"{number}-{at:{_TIME}}"
        make_folder(self._root)
        make_folder(folder)
        return folder

    def _folders(self) -> list[Path]:
        """Return the folders of all repairs, the oldest first."""
        try:
            found = [path for path in self._root.iterdir() if _NAME.fullmatch(path.name)]
        except OSError:
            return []
        return sorted(found, key=_number)

    def _prune(self) -> None:
        kept_bytes = 0
        for place, folder in enumerate(reversed(self._folders())):
            kept_bytes += sum(file.stat().st_size for file in folder.iterdir())
            if place and (place >= MOST_KEPT or kept_bytes > MOST_BYTES):
                shutil.rmtree(folder, ignore_errors=True)
                log.info("old damaged database removed folder=%s", folder)


def _number(folder: Path) -> int:
    return int(folder.name.partition("-")[0])


def _made_at(folder: Path) -> datetime:
    return datetime.strptime(folder.name.partition("-")[2], _TIME).replace(tzinfo=UTC)
