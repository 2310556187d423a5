"""The database file: opening, faults of the disk, crashes and many threads."""

from __future__ import annotations

import random
import resource
import sqlite3
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from pisecurity.adapters.store import SqliteStore, database
from pisecurity.adapters.store.database import IDLE_CONNECTIONS, Database
from pisecurity.adapters.store.format import migrate, migrations, statements
from pisecurity.app import STALE_S
from pisecurity.core.types import Alarm, AlarmState, AlertKind, Decision, Mode, Outcome, Receipt
from pisecurity.errors import StoreError
from tests.adapters.values import TO, kill_after, make_alert, make_event, opened
from tests.fakes import START, FakeClock

ALARM = Decision(AlertKind.ALARM, "armed away")
ARMED = AlarmState.ARMED_AWAY


@contextmanager
def raw(folder: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(folder / "pisecurity.db", isolation_level=None)) as connection:
        yield connection


def add(store: SqliteStore, number: int) -> None:
    event_id = f"{number:032x}"
    store.add_event(make_event(event_id), ARMED, ALARM, make_alert(f"a{number}", event_id=event_id), TO)


def test_what_was_stored_is_there_after_opening_again(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        add(store, 1)
    with opened(tmp_path) as store:
        assert len(store.events(10)[0].deliveries) == len(TO)


def test_commits_are_synced_and_references_hold(tmp_path: Path) -> None:
    with opened(tmp_path) as store, store._database.read() as connection:
        pragmas = ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        assert [connection.execute(f"PRAGMA {name}").fetchone()[0] for name in pragmas] == ["wal", 2, 1, 3000]


def test_a_new_file_has_the_newest_format(tmp_path: Path) -> None:
    with opened(tmp_path), raw(tmp_path) as connection:
        assert connection.execute("PRAGMA user_version").fetchone()[0] == len(migrations())


def test_a_migration_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    opened_file = Database(tmp_path / "pisecurity.db")
    number = len(migrations()) + 1
    script = "CREATE TABLE half (x);\nINSERT INTO no_such_table VALUES (1);\n"
    with closing(opened_file._connect(opened_file.path)) as connection, pytest.raises(sqlite3.Error, match="no_such"):
        migrate(connection, opened_file.path, number, script)
    with opened_file.read() as connection:
        assert connection.execute("PRAGMA user_version").fetchone()[0] == number - 1
        assert connection.execute("SELECT * FROM sqlite_schema WHERE name = 'half'").fetchone() is None
    opened_file.close()


def test_a_migration_that_another_program_applied_is_not_applied_again(tmp_path: Path) -> None:
    opened_file = Database(tmp_path / "pisecurity.db")
    with closing(opened_file._connect(opened_file.path)) as connection:
        migrate(connection, opened_file.path, len(migrations()), "CREATE TABLE again (x);\n")
    with opened_file.read() as connection:
        assert connection.execute("SELECT * FROM sqlite_schema WHERE name = 'again'").fetchone() is None
    opened_file.close()


def test_no_statement_of_a_migration_is_lost() -> None:
    for script in migrations():
        assert "".join(statements(script)).rstrip() == script.rstrip()


def test_two_stores_may_open_a_new_file_at_once(tmp_path: Path) -> None:
    together = threading.Barrier(4)

    def open_and_close() -> None:
        together.wait()
        with opened(tmp_path) as store:
            assert store.events(1) == ()

    with ThreadPoolExecutor(4) as threads:
        for task in [threads.submit(open_and_close) for _ in range(4)]:
            task.result()


def test_a_database_of_another_program_is_refused_and_left_alone(tmp_path: Path) -> None:
    with raw(tmp_path) as connection:
        connection.execute("CREATE TABLE theirs (x)")
    before = (tmp_path / "pisecurity.db").read_bytes()
    with pytest.raises(StoreError, match="another program"):
        SqliteStore(tmp_path, FakeClock())
    assert (tmp_path / "pisecurity.db").read_bytes() == before


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"gone/pisecurity\.db: it cannot be opened; see that the folder is there"):
        SqliteStore(tmp_path / "gone", FakeClock())


def test_a_file_in_place_of_the_folder_is_named(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("")
    with pytest.raises(StoreError, match=r"state/pisecurity\.db"):
        SqliteStore(tmp_path / "state", FakeClock())


@contextmanager
def full_disk(free_bytes: int) -> Iterator[None]:
    """Let the kernel refuse to write any file of this process beyond *free_bytes*."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (free_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_r11_an_event_the_disk_did_not_take_is_an_error_and_the_store_goes_on_afterwards(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        add(store, 1)
        with full_disk(100), pytest.raises(StoreError, match=r"pisecurity\.db: the disk"):
            add(store, 2)
        assert len(store.events(10)) == 1
        add(store, 3)
        assert [record.id for record in store.events(10)] == [f"{3:032x}", f"{1:032x}"]


def test_a_closed_store_says_so(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path, FakeClock())
    store.close()
    store.close()
    with pytest.raises(StoreError, match="stopping"):
        store.events(1)


def test_closing_does_not_cut_off_what_another_thread_does(tmp_path: Path) -> None:
    opened_file = Database(tmp_path / "pisecurity.db")
    with opened_file.write() as connection:
        opened_file.close()
        connection.execute("CREATE TABLE finished (x)")
    with raw(tmp_path) as other:
        assert other.execute("SELECT name FROM sqlite_schema WHERE name = 'finished'").fetchone() is not None
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        connection.execute("SELECT 1")


def test_idle_connections_are_few(tmp_path: Path) -> None:
    readers = IDLE_CONNECTIONS + 4
    with opened(tmp_path) as store:
        together = threading.Barrier(readers)

        def read() -> None:
            with store._database.read():
                together.wait(30)

        with ThreadPoolExecutor(readers) as threads:
            for task in [threads.submit(read) for _ in range(readers)]:
                task.result()
        assert len(store._database._idle) == IDLE_CONNECTIONS


def test_a_reader_does_not_wait_for_a_writer(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        add(store, 1)
        with store._database.write() as connection:
            connection.execute("DELETE FROM events")
            with ThreadPoolExecutor(1) as threads:
                assert len(threads.submit(store.events, 10).result(30)) == 1
        assert store.events(10) == ()


def test_a_writer_waits_for_another_program(tmp_path: Path) -> None:
    with opened(tmp_path) as store, raw(tmp_path) as other, ThreadPoolExecutor(1) as threads:
        other.execute("BEGIN IMMEDIATE")
        task = threads.submit(add, store, 1)
        with pytest.raises(TimeoutError):
            task.result(0.2)
        other.execute("COMMIT")
        task.result(30)
        assert len(store.events(10)) == 1


def test_r13_writers_queue_behind_a_slow_one_longer_than_sqlite_would_wait(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "BUSY_TIMEOUT_S", 0.01)
    with opened(tmp_path) as store, ThreadPoolExecutor(1) as threads:
        with store._database.write():
            task = threads.submit(add, store, 1)
            with pytest.raises(TimeoutError):
                task.result(0.2)
        task.result(30)
        assert len(store.events(10)) == 1


def test_r13_writers_of_a_locked_file_all_answer_before_they_count_as_stuck(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "BUSY_TIMEOUT_S", 0.6)
    monkeypatch.setattr(database, "QUEUE_TIMEOUT_S", 0.3)
    together = threading.Barrier(4)

    def refused(store: SqliteStore, number: int) -> str:
        together.wait(30)
        with pytest.raises(StoreError) as raised:
            add(store, number)
        return str(raised.value)

    with opened(tmp_path) as store, raw(tmp_path) as other, ThreadPoolExecutor(4) as threads:
        other.execute("BEGIN IMMEDIATE")
        answers = [task.result(30) for task in [threads.submit(refused, store, number) for number in range(4)]]
        assert sum("another program holds it" in answer for answer in answers) == 1
        assert sum("other writes of pisecurity take longer than 0.3 s" in answer for answer in answers) == 3
        assert all(answer.startswith(f"{tmp_path}/pisecurity.db: ") for answer in answers)
        other.execute("ROLLBACK")
        add(store, 9)


def test_r13_two_writes_in_a_row_on_a_locked_file_take_less_than_a_worker_may() -> None:
    """Two, because a change of the alarm waits for the one before it."""
    assert 2 * (database.BUSY_TIMEOUT_S + database.QUEUE_TIMEOUT_S) < STALE_S


def test_eight_readers_and_three_writers_never_see_half_an_event_or_a_locked_file(tmp_path: Path) -> None:
    done = threading.Event()
    events_each = 25

    def write(store: SqliteStore, first: int) -> None:
        for number in range(first, first + events_each):
            add(store, number)

    def deliver(store: SqliteStore, clock: FakeClock) -> int:
        """Accept every row and change the alarm, as deliver and panel do, until nothing more can come."""
        accepted = 0
        while not (done.is_set() and store.waiting() == 0):
            now = clock.instant()
            for row in store.due(now):
                store.record(row, Receipt(Outcome.ACCEPTED, "250"), now, START, now)
                accepted += 1
            store.save_alarm(Alarm(Mode.AWAY, "Anna", "page", now, START, sequence=accepted), "armed")
        return accepted

    def read(store: SqliteStore) -> int:
        seen = 0
        while not done.is_set():
            records = store.events(1000)
            assert all(len(record.deliveries) == len(TO) for record in records)
            assert len(records) >= seen
            seen = len(records)
        return seen

    with opened(tmp_path) as store, ThreadPoolExecutor(11) as threads:
        readers = [threads.submit(read, store) for _ in range(8)]
        delivering = threads.submit(deliver, store, FakeClock())
        writers = [threads.submit(write, store, turn * events_each) for turn in range(2)]
        try:
            for writer in writers:
                writer.result(120)
        finally:
            done.set()
        for reader in readers:
            reader.result(60)
        assert delivering.result(60) == 2 * events_each * len(TO)
        assert len(store.events(1000)) == 2 * events_each
        assert store.verify_audit() is None


def test_r23_after_kill_9_every_event_reported_as_stored_is_there_with_its_mails(tmp_path: Path) -> None:
    chance = random.Random(20260601)
    promised: list[str] = []
    for _ in range(10):
        promised += kill_after("commit_events", tmp_path, chance.uniform(0, 0.15))
        with opened(tmp_path) as store:
            found = {record.id: record for record in store.events(100_000)}
            assert found.keys() >= set(promised)
            for record in found.values():
                assert [one.recipient for one in record.deliveries] == [address.recipient for address in TO]
        with raw(tmp_path) as connection:
            assert connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
            assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    assert len(promised) > 20


def test_r23_a_mode_reported_as_stored_is_there_after_the_process_is_gone(tmp_path: Path) -> None:
    """The store is dropped without closing it, and the file is opened as a second process would."""
    alarm = Alarm(Mode.NIGHT, "Anna", "cli", FakeClock().instant(), START, sequence=7)
    with opened(tmp_path) as store:
        store.save_alarm(replace(alarm, mode=Mode.HOME), "armed at home")
        store.save_alarm(alarm, "armed for the night")
        for suffix in ("", "-wal"):
            copy = tmp_path / "copy" / f"pisecurity.db{suffix}"
            copy.parent.mkdir(exist_ok=True)
            copy.write_bytes((tmp_path / f"pisecurity.db{suffix}").read_bytes())
    with opened(tmp_path / "copy") as after:
        assert after.load_alarm() == alarm
