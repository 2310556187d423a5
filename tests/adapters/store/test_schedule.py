from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from pisecurity.adapters.store import SqliteStore
from pisecurity.adapters.store.schedule import bring_schedule
from pisecurity.adapters.store.sqlite import FILE_NAME
from pisecurity.core.alarm.schedule import Edge, InForce
from pisecurity.core.types import Alarm, Instant, Mode
from tests.fakes import START, FakeClock

NEW = InForce("f" * 64, Instant("boot-1", 12.5), None)
KNOWN = InForce("e" * 64, Instant("boot-1", 12.5), START, Edge(START - timedelta(hours=3), Mode.NIGHT))
PAGE = 4096


def opened(folder: Path, refuge: Path | None = None) -> SqliteStore:
    return SqliteStore(folder, FakeClock(), refuge=refuge)


def change(file: Path, statement: str) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.execute(statement)
        connection.commit()


def test_which_schedule_is_in_force_is_there_after_a_restart(tmp_path: Path) -> None:
    store = opened(tmp_path)
    assert store.load_in_force() is None
    for in_force in (NEW, KNOWN):
        store.save_in_force(in_force)
        store.close()
        store = opened(tmp_path)
        assert store.load_in_force() == in_force
    store.close()


def test_what_cannot_be_read_is_as_if_there_were_nothing(tmp_path: Path) -> None:
    store = opened(tmp_path)
    store.save_in_force(KNOWN)
    store.close()
    change(tmp_path / FILE_NAME, "UPDATE schedule SET edge_mode = 'asleep'")
    store = opened(tmp_path)
    assert store.load_in_force() is None
    store.close()


def test_a_repair_of_the_database_brings_it(tmp_path: Path) -> None:
    store = opened(tmp_path)
    store.save_alarm(Alarm(Mode.AWAY, "Anna", "page", FakeClock().instant(), START, sequence=5), "armed")
    store.save_in_force(KNOWN)
    store.close()
    with (tmp_path / FILE_NAME).open("r+b") as file, closing(sqlite3.connect(file.name)) as connection:
        root = connection.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'ledger'").fetchone()[0]
        file.seek((root - 1) * PAGE)
        file.write(b"\x5a" * PAGE)
    after = opened(tmp_path)
    assert "the database was damaged" in after.repaired()
    assert after.load_in_force() == KNOWN
    after.close()


def nothing(store: SqliteStore) -> None:
    """Leave the memory without a schedule of its own."""


@pytest.mark.parametrize(("meanwhile", "expected"), [(nothing, NEW), (lambda store: store.save_in_force(KNOWN), KNOWN)])
def test_what_was_in_force_in_memory_comes_home(
    tmp_path: Path, meanwhile: Callable[[SqliteStore], object], expected: InForce
) -> None:
    for name, first in (("home", lambda store: store.save_in_force(NEW)), ("memory", meanwhile)):
        (tmp_path / name).mkdir()
        store = opened(tmp_path / name)
        first(store)
        store.close()
    with closing(connected(tmp_path / "memory")) as memory, closing(connected(tmp_path / "home")) as home:
        bring_schedule(memory, home)
        home.commit()
    store = opened(tmp_path / "home")
    assert store.load_in_force() == expected
    store.close()


def connected(folder: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(folder / FILE_NAME)
    connection.row_factory = sqlite3.Row
    return connection
