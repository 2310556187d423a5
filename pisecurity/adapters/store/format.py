"""Versions of the database, and the way from one to the next."""

from __future__ import annotations

import logging
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from functools import cache
from importlib.resources import files
from pathlib import Path

from pisecurity.adapters.store.trouble import damage, see_that_it_is_whole
from pisecurity.errors import StoreError

log = logging.getLogger(__name__)

MOST_AHEAD = 50
"""A version that is further ahead of this one is no newer one but damage."""
_SCHEMA = "SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite!_%' ESCAPE '!'"
_COMMENT = re.compile("--.*")

Schema = dict[str, str]
"""Tables, indices and views by name, each with its SQL, without what SQLite does not read."""


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


@cache
def schemas() -> tuple[Schema, ...]:
    """Return the schema of each version, of the empty one first. Each differs from all others."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        found = [schema_of(connection)]
        for script in migrations():
            connection.executescript(script)
            found.append(schema_of(connection))
    return tuple(found)


def schema_of(connection: sqlite3.Connection) -> Schema:
    """Return the schema of the database as it says. Raises sqlite3.Error."""
    return {name: " ".join(_COMMENT.sub("", sql).split()) for name, sql in connection.execute(_SCHEMA)}


def is_damaged(connection: sqlite3.Connection) -> bool:
    """Return whether no pisecurity wrote this schema with this version. Raises sqlite3.Error.

    A newer one has other tables than all versions that are known: with the tables of one of them, or with those of a
    later version than it says, it is the number that is damaged.
    """
    version, schema, known = version_of(connection), schema_of(connection), schemas()
    if version == 0:
        return {"alarm", "audit", "outbox"} <= schema.keys()
    if 0 < version < len(known):
        later = any(other.items() <= schema.items() for other in known[version + 1 :])
        return later or not known[version].items() <= schema.items()
    return not 0 < version < len(known) + MOST_AHEAD or schema in known


def version_of(connection: sqlite3.Connection) -> int:
    version: int = connection.execute("PRAGMA user_version").fetchone()[0]
    return version


def known_version(path: Path, connection: sqlite3.Connection) -> int:
    """Return the version of the database at *path*, at most the newest.

    Raises:
        StoreError: it is damaged, newer, or of another program.
    """
    version, newest = version_of(connection), len(migrations())
    if is_damaged(connection):
        raise damage(path, f"format {version}")
    if version == 0 and connection.execute("SELECT 1 FROM sqlite_schema").fetchone():
        raise StoreError(f"{path}: a database of another program; move it away")
    # Damage is better found here than by the first alarm.
    see_that_it_is_whole(path, connection)
    if version > newest:
        raise StoreError(
            f"{path}: written by a newer pisecurity (format {version}, this one knows up to "
            f"{newest}); install the newer one again or move the file away"
        )
    return version
