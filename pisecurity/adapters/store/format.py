"""Versions of the database, and the way from one to the next."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

log = logging.getLogger(__name__)

LIKELY = range(1000)
"""Numbers outside are no newer version but damage."""


def migrations() -> tuple[str, ...]:
    """Return the SQL scripts of the package; the first brings an empty file to format 1."""
    folder = files(__package__) / "migrations"
    scripts = sorted((entry for entry in folder.iterdir() if entry.name.endswith(".sql")), key=lambda entry: entry.name)
    return tuple(script.read_text("utf-8") for script in scripts)


def statements(script: str) -> Iterator[str]:
    """Split *script* into its statements: sqlite3 runs whole scripts only outside of a transaction."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


def migrate(connection: sqlite3.Connection, file: Path, number: int, script: str) -> None:
    """Bring *file* to format *number*, all of *script* or nothing, if it is older. Raises sqlite3.Error."""
    connection.execute("BEGIN IMMEDIATE")
    if version_of(connection) < number:  # else another program was quicker
        for statement in statements(script):
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {number}")
        log.info("database migrated file=%s format=%d", file, number)
    connection.execute("COMMIT")


def is_damaged(connection: sqlite3.Connection) -> bool:
    """Return whether the version is one that no pisecurity wrote. Raises sqlite3.Error."""
    version = version_of(connection)
    ours = "SELECT count(*) FROM sqlite_schema WHERE name IN ('alarm', 'audit', 'outbox')"
    return version not in LIKELY or (version == 0 and connection.execute(ours).fetchone()[0] == 3)


def version_of(connection: sqlite3.Connection) -> int:
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return version
