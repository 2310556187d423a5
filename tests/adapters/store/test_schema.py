"""Damage of what says how the database is built is told from a newer version, and repaired (R-33)."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from pisecurity.adapters.store import SqliteStore, trouble
from pisecurity.adapters.store.format import migrate, migrations, schemas
from pisecurity.adapters.store.trouble import explained
from pisecurity.core.types import Alarm, Mode
from pisecurity.errors import StoreError
from tests.adapters.values import TO, make_alert
from tests.fakes import START, FakeClock

AWAY = Alarm(Mode.AWAY, "Anna", "page", FakeClock().instant(), START, sequence=6)
NEWER = len(migrations()) + 1
VERSION_AT, FORMAT_AT = 63, 47
"""Low bytes of the user version and the schema format. Source: sqlite.org/fileformat.html, section 1.3"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """The database of an armed house in which a mail waits."""
    store = SqliteStore(tmp_path, FakeClock())
    store.save_alarm(AWAY, "armed by Anna")
    store.add_alert(make_alert("a1"), TO)
    store.close()
    path = tmp_path / "pisecurity.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("VACUUM")  # migrations leave copies of statements that nothing reads any more
    return path


def over(path: Path, at: int, content: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(at)
        file.write(content)


def works_after(path: Path, what: str) -> None:
    """See that a start brings the mode and takes an alert, and that what it told is damage."""
    store = SqliteStore(path.parent, FakeClock())
    assert store.load_alarm() == AWAY, what
    assert "the database was damaged" in store.repaired(), what
    store.add_alert(make_alert("a2"), TO)
    assert "a2" in {row.alert.id for row in store.deliveries(10)}, what
    store.close()


@pytest.mark.parametrize(
    ("at", "byte"), [(FORMAT_AT, 90), (FORMAT_AT, 255), *((VERSION_AT, byte) for byte in (0, 1, 4, NEWER, 90, 255))]
)
def test_r33_a_number_in_the_header_that_cannot_be_is_damage_and_nothing_is_lost(
    path: Path, at: int, byte: int
) -> None:
    over(path, at, bytes((byte,)))
    works_after(path, f"{at}={byte}")
    store = SqliteStore(path.parent, FakeClock())
    assert {row.alert.id for row in store.deliveries(10)} == {"a1", "a2"}
    store.close()


def places_of_the_schema(path: Path) -> Iterator[int]:
    """Yield a place in each statement that the database keeps of itself."""
    content = path.read_bytes()
    for start in (b"CREATE TABLE", b"CREATE INDEX", b"CREATE VIEW"):
        at = -1
        while (at := content.find(start, at + 1)) >= 0:
            yield at + len(start) + 3


@pytest.mark.parametrize("content", [b"\xff", b"Pa", b"\xff" * 512], ids=["no text", "another name", "no lengths"])
def test_r33_a_damaged_statement_of_the_schema_costs_its_table_and_no_start(path: Path, content: bytes) -> None:
    whole, copy = path.read_bytes(), (path.parent / "mode.json").read_bytes()
    places = list(places_of_the_schema(path))
    assert len(places) > 10
    for at in places:
        path.write_bytes(whole)
        (path.parent / "mode.json").write_bytes(copy)
        over(path, at, content)
        works_after(path, f"at {at}")


def test_r33_a_newer_version_has_other_tables_and_is_left_alone(path: Path) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        migrate(connection, path, NEWER, "ALTER TABLE events ADD COLUMN sound TEXT;\n")
    before = path.read_bytes()
    with pytest.raises(StoreError, match=f"written by a newer pisecurity \\(format {NEWER}"):
        SqliteStore(path.parent, FakeClock())
    assert path.read_bytes() == before and not (path.parent / "damaged").exists()


def test_each_version_has_a_schema_of_its_own() -> None:
    """By it a newer version is told from a damaged number."""
    assert all(schemas().count(schema) == 1 for schema in schemas())


def test_memory_that_ran_out_is_no_damage(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(StoreError, match="it is damaged"), explained(path):
        raise MemoryError
    monkeypatch.setattr(trouble, "_ENOUGH_BYTES", 2**62)
    with pytest.raises(MemoryError), explained(path):
        raise MemoryError
