"""Who was removed, revoked or used up does not come back with a damaged database (R-33)."""

from __future__ import annotations

import random
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path

import pytest

from pisecurity.adapters.store import SqliteStore
from pisecurity.adapters.store.alarm_file import FILE_NAME as ALARM_FILE
from pisecurity.adapters.store.database import Database
from pisecurity.adapters.store.sqlite import FILE_NAME
from pisecurity.core.alarm.people import Person
from pisecurity.core.types import Alarm, Instant, Mode
from pisecurity.errors import StoreError
from pisecurity.ports import Approval, Code, Known, Phone
from tests.fakes import START, FakeClock

PAGE = 4096
LOG = f"{FILE_NAME}-wal"
AT = Instant("boot-1", 50.5)
ALARM = Alarm(Mode.HOME, "Anna", "page", FakeClock().instant(), START, sequence=5)


def house(folder: Path) -> SqliteStore:
    folder.mkdir(exist_ok=True)
    store = SqliteStore(folder, FakeClock())
    for name in ("Anna", "Ben"):
        person = Person(name)
        store.add_person(person, Code(person.key, duress=False, digest=f"{name} 1"))
    for number in range(3):
        store.save_alarm(ALARM, f"phone {number} approved")
        store.add_phone(Phone("anna", f"phone {number}", f"p{number}", START))
    store.set_approval(Approval("anna", "once", AT))
    return store


def removed(store: SqliteStore) -> None:
    store.remove_person("ben")


def revoked(store: SqliteStore) -> None:
    store.remove_phone(3)


def used(store: SqliteStore) -> None:
    store.add_phone(Phone("anna", "phone 4", "p4", START))


def changed(store: SqliteStore) -> None:
    store.set_code(Code("anna", duress=False, digest="Anna 2"))


def gone(known: Known) -> dict[str, bool]:
    """Return of each change whether nothing of what it ended is there."""
    return {
        "removed": all(person.key != "ben" for person in known.people) and all(c.person != "ben" for c in known.codes),
        "revoked": all(phone.number != 3 for phone in known.phones),
        "used": known.approvals == (),
        "changed": all(code.digest != "Anna 1" for code in known.codes),
    }


def left_by_a_kill(store: SqliteStore, to: Path) -> Path:
    """Copy the folder of *store* as it lies on the disk while that is open."""
    to.mkdir()
    for name in (FILE_NAME, LOG, ALARM_FILE):
        shutil.copyfile(store._database.path.with_name(name), to / name)
    return to


@pytest.mark.parametrize("change", [removed, revoked, used, changed])
@pytest.mark.parametrize("harm", ["lost", "cut", "garbage", "one byte"])
def test_r33_a_damaged_log_of_the_database_brings_nothing_back(
    tmp_path: Path, change: Callable[[SqliteStore], None], harm: str
) -> None:
    store = house(tmp_path / "state")
    change(store)
    dice = random.Random(7)
    for number in range(6):
        copy = left_by_a_kill(store, tmp_path / f"copy{number}")
        log = copy / LOG
        content = bytearray(log.read_bytes())
        written = max(len(content.rstrip(b"\0")), 64)
        at = dice.randrange(32, written)
        if harm == "lost":
            log.unlink()
        elif harm == "cut":
            log.write_bytes(content[:at])
        elif harm == "garbage":
            log.write_bytes(content[:at] + dice.randbytes(len(content) - at))
        else:
            content[at] ^= 0xFF
            log.write_bytes(content)
        again = SqliteStore(copy, FakeClock())
        assert gone(again.load_people())[change.__name__], (harm, at)
        again.close()
    store.close()


def damage(folder: Path, *tables: str) -> None:
    """Overwrite the root page of each of *tables*."""
    with closing(sqlite3.connect(folder / FILE_NAME)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        query = "SELECT rootpage FROM sqlite_schema WHERE name = ?"
        roots = [connection.execute(query, (table,)).fetchone()[0] for table in tables]
    with (folder / FILE_NAME).open("r+b") as file:
        for root in roots:
            file.seek((root - 1) * PAGE)
            file.write(b"\x5a" * PAGE)


@pytest.mark.parametrize(
    "tables",
    [("ledger",), ("ledger", "sqlite_sequence"), ("sqlite_sequence", "audit"), ("phones", "sqlite_sequence", "audit")],
    ids=str,
)
def test_r33_the_number_of_a_revoked_phone_is_given_to_no_other_after_a_rescue(
    tmp_path: Path, tables: tuple[str, ...]
) -> None:
    store = house(tmp_path)
    revoked(store)
    store.save_alarm(ALARM, "phone 2 revoked")
    store.close()
    damage(tmp_path, *tables)
    again = SqliteStore(tmp_path, FakeClock())
    assert "the database was damaged" in again.repaired()
    assert gone(again.load_people())["revoked"]
    assert again.add_phone(Phone("anna", "another", "p9", START)).number > 3
    again.close()


@pytest.mark.parametrize("change", [removed, revoked, used, changed])
@pytest.mark.parametrize("table", ["ledger", "events", "audit", "alerts"])
def test_r33_a_rescue_brings_nothing_back(tmp_path: Path, change: Callable[[SqliteStore], None], table: str) -> None:
    store = house(tmp_path)
    change(store)
    store.close()
    damage(tmp_path, table)
    again = SqliteStore(tmp_path, FakeClock())
    known = again.load_people()
    assert "the database was damaged" in again.repaired()
    assert gone(known)[change.__name__]
    assert known.people[0].key == "anna"
    again.close()


def overwrite(folder: Path, store: SqliteStore) -> None:
    """Fill database and log with random bytes under the running *store*."""
    for name in (FILE_NAME, LOG):
        with (folder / name).open("r+b") as file:
            file.write(random.Random(7).randbytes((folder / name).stat().st_size))
    for connection in store._database._idle:
        connection.execute("PRAGMA shrink_memory")


@pytest.mark.parametrize("change", [removed, revoked, used, changed])
def test_r33_people_outlive_a_database_that_is_damaged_while_it_runs(
    tmp_path: Path, change: Callable[[SqliteStore], None]
) -> None:
    state, memory = tmp_path / "state", tmp_path / "memory"
    house(state).close()
    store = SqliteStore(state, FakeClock(), refuge=memory)
    store.load_people()
    change(store)
    known = store.load_people()
    overwrite(state, store)
    store.save_alarm(ALARM, "home")
    assert store.damaged and store.load_people() == known
    killed = SqliteStore(state, FakeClock(), refuge=memory)
    assert killed.load_people() == known, "in memory too"
    killed._database.close()
    assert store.settle() == ""
    assert f"people {len(known.people)}, approved phones {len(known.phones)}" in store.repaired()
    assert store.load_people() == known
    store.close()
    again = SqliteStore(state, FakeClock(), refuge=memory)
    assert again.load_people() == known
    assert again.add_phone(Phone("anna", "another", "p9", START)).number > max(phone.number for phone in known.phones)
    again.close()


def test_r33_who_was_removed_last_does_not_come_back_with_what_can_be_read(tmp_path: Path) -> None:
    state, memory = tmp_path / "state", tmp_path / "memory"
    store = house(state)
    old = (state / FILE_NAME).read_bytes()
    store.close()
    store = SqliteStore(state, FakeClock(), refuge=memory)
    store.remove_person("anna")
    store.remove_person("ben")
    with (state / FILE_NAME).open("r+b") as file:
        file.write(old)
        file.seek(0)
        file.write(b"\x5a" * 100)
    (state / LOG).write_bytes(b"")
    for connection in store._database._idle:
        connection.execute("PRAGMA shrink_memory")
    store._database.flee(StoreError("pisecurity.db: damaged", disk=True, damaged=True))
    assert store.settle() == ""
    assert store.repaired() and store.load_people() == Known()
    store.close()


@pytest.mark.parametrize("stored", [True, False])
def test_r33_memory_that_is_begun_at_the_end_of_a_change_has_it_if_it_was_stored(tmp_path: Path, stored: bool) -> None:
    state = tmp_path / "state"
    house(state).close()
    store = SqliteStore(state, FakeClock(), refuge=tmp_path / "memory")
    known = store.load_people()
    write = Database.write

    @contextmanager
    def written(database: Database) -> Iterator[sqlite3.Connection]:
        with write(database) as connection:
            yield connection
            if not stored:
                raise StoreError("it is held by another program")
        flee(database)

    def flee(database: Database) -> None:
        assert database.flee(StoreError("the disk fails", disk=True))

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("pisecurity.adapters.store.database.MOST_TAKEN_BYTES", 0)
        with patched.context() as at_the_end:
            at_the_end.setattr(Database, "write", written)
            with nullcontext() if stored else pytest.raises(StoreError, match="held"):
                store.remove_phone(3)
        flee(store._database)
    assert not store._database.whole
    phones = known.phones[:-1] if stored else known.phones
    assert store.load_people() == replace(known, phones=phones)
    store.close()
