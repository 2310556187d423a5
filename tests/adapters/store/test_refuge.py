"""The database when its disk fails: it goes on in memory, and comes back (R-12, R-14, R-15)."""

from __future__ import annotations

import errno
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from pisecurity.adapters.state.disk import StateDisk
from pisecurity.adapters.state.refuge import SHARED_MEMORY, claim, refuge_of
from pisecurity.adapters.store import SqliteStore
from pisecurity.adapters.store.alarm_file import AlarmFile, Kept
from pisecurity.adapters.store.database import Database
from pisecurity.adapters.store.trouble import explained
from pisecurity.core.audit import shown
from pisecurity.core.types import Alarm, AlarmState, AlertKind, Decision, Mode, Outcome, Receipt
from pisecurity.errors import StoreError
from tests.adapters.values import TO, make_alert, make_event
from tests.fakes import START, FakeClock

ALARM = Decision(AlertKind.ALARM, "armed away")
ARMED = AlarmState.ARMED_AWAY
FIRST, SECOND = "1" * 32, "2" * 32
Refuse = Callable[[bool], None]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "state").mkdir()
    return tmp_path / "state"


@pytest.fixture
def refuge(tmp_path: Path) -> Path:
    return tmp_path / "memory"


@pytest.fixture
def refuse(monkeypatch: pytest.MonkeyPatch, folder: Path) -> Refuse:
    """Make the disk read-only for the database, or writable again."""
    refusing = False
    connect = Database._connect

    def connected(database: Database, file: Path, *, create: bool = False) -> sqlite3.Connection:
        connection = connect(database, file, create=create)
        if refusing and file.parent == folder:
            connection.execute("PRAGMA query_only = ON")
        return connection

    def switch(on: bool) -> None:
        nonlocal refusing
        refusing = on

    monkeypatch.setattr(Database, "_connect", connected)
    monkeypatch.setattr(Database, "_give_back", lambda database, connection, place: connection.close())
    return switch


def opened(folder: Path, refuge: Path | None) -> SqliteStore:
    return SqliteStore(folder, FakeClock(), refuge=refuge)


def add(store: SqliteStore, event_id: str) -> None:
    store.add_event(make_event(event_id), ARMED, ALARM, make_alert(f"a{event_id}", event_id=event_id), TO)


def alarm(mode: Mode, sequence: int) -> Alarm:
    return Alarm(mode, "Anna", "page", FakeClock().instant(), START, sequence=sequence)


def ids(store: SqliteStore) -> list[str]:
    return [event.id for event in store.events(10)]


def test_r12_read_only_everything_goes_on_and_nothing_from_before_is_missing(
    folder: Path, refuge: Path, refuse: Refuse
) -> None:
    store, clock = opened(folder, refuge), FakeClock()
    add(store, FIRST)
    store.save_alarm(alarm(Mode.AWAY, 1), "armed")
    refuse(True)
    assert store.in_memory == ""
    store.save_alarm(alarm(Mode.DISARMED, 2), "disarmed")
    add(store, SECOND)
    due = store.due(clock.instant())
    assert [row.alert.event_id for row in due] == [FIRST] * len(TO) + [SECOND] * len(TO)
    store.record(due[0], Receipt(Outcome.ACCEPTED, "250"), clock.instant(), START, clock.instant())
    assert store.waiting() == len(due) - 1
    assert ids(store) == [SECOND, FIRST] and store.verify_audit() is None
    assert "cannot be written" in store.in_memory
    store.close()


def test_r12_when_the_disk_takes_again_all_is_on_it(folder: Path, refuge: Path, refuse: Refuse) -> None:
    store = opened(folder, refuge)
    add(store, FIRST)
    refuse(True)
    add(store, SECOND)
    assert store.settle() != "", "not before it does"
    refuse(False)
    assert store.settle() == ""
    store.close()
    assert not refuge.exists()
    again = opened(folder, None)
    assert ids(again) == [SECOND, FIRST]
    again.close()


def test_r12_a_quiet_house_finds_out_as_well(folder: Path, refuge: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = opened(folder, refuge)

    def refused(path: Path) -> None:
        raise OSError(errno.EROFS, "Read-only file system", str(path))

    monkeypatch.setattr("os.utime", refused)
    assert "Read-only" in store.settle()
    store.close()


def test_r30_killed_while_in_memory_it_goes_on_there(folder: Path, refuge: Path, refuse: Refuse) -> None:
    store = opened(folder, refuge)
    store.save_alarm(alarm(Mode.DISARMED, 1), "first")
    refuse(True)
    store.save_alarm(alarm(Mode.AWAY, 2), "armed")
    again = opened(folder, refuge)
    loaded = again.load_alarm()
    assert loaded is not None and loaded.mode is Mode.AWAY
    refuse(False)
    assert again.settle() == ""
    again.close()
    store.close()


def test_r12_the_start_on_a_read_only_disk_has_the_mode_from_before(folder: Path, refuge: Path, refuse: Refuse) -> None:
    store = opened(folder, None)
    store.save_alarm(alarm(Mode.AWAY, 1), "armed")
    store.close()
    refuse(True)
    again = opened(folder, refuge)
    add(again, FIRST)
    loaded = again.load_alarm()
    assert loaded is not None and loaded.mode is Mode.AWAY and again.in_memory
    again.close()


def test_r14_a_disk_that_cannot_even_be_read_leaves_an_empty_database_and_the_mode_comes_back(
    folder: Path, refuge: Path, refuse: Refuse, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = opened(folder, refuge)
    add(store, FIRST)
    store.save_alarm(alarm(Mode.DISARMED, 1), "first")

    def fail(source: Path, target: Path) -> None:
        raise OSError(errno.EIO, "Input/output error", str(source))

    refuse(True)
    with monkeypatch.context() as broken:
        broken.setattr(shutil, "copyfile", fail)
        store.save_alarm(alarm(Mode.AWAY, 2), "armed")
    add(store, SECOND)
    assert ids(store) == [SECOND]
    refuse(False)
    assert store.settle() == ""
    loaded = store.load_alarm()
    assert loaded is not None and loaded.mode is Mode.AWAY and ids(store) == [FIRST]
    store.close()


def test_a_database_removed_while_it_is_open_is_noticed_and_comes_back_whole(folder: Path, refuge: Path) -> None:
    store = opened(folder, refuge)
    add(store, FIRST)
    for file in folder.iterdir():
        file.unlink()
    assert store.settle() == f"{folder}/pisecurity.db: it was removed while pisecurity ran"
    assert store._database.removed
    add(store, SECOND)
    assert store.settle() == "" and ids(store) == [SECOND, FIRST]
    store.close()
    again = opened(folder, None)
    assert ids(again) == [SECOND, FIRST]
    again.close()


def test_a_state_folder_that_is_removed_is_told_and_taken_up_after_a_restart(folder: Path, refuge: Path) -> None:
    store = opened(folder, refuge)
    store.save_alarm(alarm(Mode.AWAY, 1), "armed")
    add(store, FIRST)
    shutil.rmtree(folder)
    for _ in range(2):
        assert store.settle().startswith(f"{folder}: this folder was removed while pisecurity ran; stop pisecurity and")
    with pytest.raises(StoreError, match="the state folder was removed while pisecurity ran; stop pisecurity and sta"):
        StateDisk(folder).free_bytes()
    store.close()
    folder.mkdir()
    again = opened(folder, refuge)
    assert again.settle() == "" and ids(again) == [FIRST]
    again.close()


def test_a_database_that_somebody_else_holds_is_no_failing_disk(
    folder: Path, refuge: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pisecurity.adapters.store.database.BUSY_TIMEOUT_S", 0.01)
    store = opened(folder, refuge)
    other = sqlite3.connect(folder / "pisecurity.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError, match="another program holds it"):
        add(store, FIRST)
    assert store.in_memory == ""
    other.close()
    store.close()


FAILED = StoreError("the disk reports an error", disk=True)


@pytest.fixture
def unreadable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the disk give nothing to take into memory."""

    def fail(database: Database, refuge: Path) -> None:
        raise FAILED

    monkeypatch.setattr(Database, "_copy_to", fail)


@pytest.mark.usefixtures("unreadable")
def test_r14_begun_anew_in_memory_it_works_though_connections_to_the_disk_are_open(folder: Path, refuge: Path) -> None:
    store = opened(folder, refuge)
    store.save_alarm(alarm(Mode.DISARMED, 1), "first")
    assert store._database.flee(FAILED)
    store.save_alarm(alarm(Mode.AWAY, 2), "armed")
    add(store, SECOND)
    loaded = store.load_alarm()
    assert loaded is not None and loaded.mode is Mode.AWAY and store.waiting() == len(TO)
    store.close()


@pytest.mark.usefixtures("unreadable")
def test_r14_who_switched_while_it_was_in_memory_is_on_record_when_the_disk_is_back(folder: Path, refuge: Path) -> None:
    store = opened(folder, refuge)
    store.save_alarm(alarm(Mode.DISARMED, 1), "first")
    before = shown(*store.audit_head())
    assert store._database.flee(FAILED)
    store.save_alarm(alarm(Mode.AWAY, 2), "armed by Anna")
    store.save_alarm(alarm(Mode.DISARMED, 3), "disarmed by Anna")
    told = shown(*store.audit_head())
    assert store.settle() == ""
    with store._database.read() as connection:
        notes = [row["note"] for row in connection.execute("SELECT note FROM audit ORDER BY number")]
    assert [note.partition(";")[0] for note in notes] == [
        "first", "goes on in memory", "armed by Anna", "disarmed by Anna", "taken over from memory",
    ]  # fmt: skip
    for head in (before, told):
        assert store.examine_audit(head).harmed is None
    assert store.lost_audit_rows() == 0
    store.close()


@pytest.mark.usefixtures("unreadable")
def test_r14_what_the_disk_holds_survives_a_restart_of_what_was_begun_anew_and_gets_alarm_and_mails(
    folder: Path, refuge: Path
) -> None:
    store = opened(folder, refuge)
    add(store, FIRST)
    store.save_alarm(alarm(Mode.DISARMED, 1), "first")
    assert store._database.flee(FAILED)
    store.save_alarm(alarm(Mode.AWAY, 2), "armed")
    add(store, SECOND)
    again = opened(folder, refuge)
    assert ids(again) == [SECOND]
    assert again.settle() == ""
    loaded = again.load_alarm()
    assert loaded is not None and loaded.mode is Mode.AWAY
    assert ids(again) == [FIRST] and again.verify_audit() is None
    waiting = [row.alert.id for row in again.due(FakeClock().instant())]
    assert waiting == [f"a{FIRST}"] * len(TO) + [f"a{SECOND}"] * len(TO)
    again.close()
    assert not refuge.exists()


@pytest.mark.usefixtures("unreadable")
def test_what_memory_knows_of_steps_and_digests_comes_back_with_the_mails_that_wait(folder: Path, refuge: Path) -> None:
    store, now = opened(folder, refuge), FakeClock().instant()
    add(store, FIRST)
    assert store._database.flee(FAILED)
    add(store, SECOND)
    for row in store.due(now):
        store.record(row, Receipt(Outcome.ACCEPTED, "250"), now, START, now)
    store.improve_event(make_event(SECOND), now)
    store.add_alert(make_alert("listed"), TO)
    listed = [row.id for row in store.due(now) if row.alert.id == "listed"]
    store.digest(make_alert("digest", AlertKind.DIGEST), TO, listed)
    assert store.settle() == ""
    waiting = [(row.alert.id, row.step) for row in store.due(now)]
    of_disk = [(f"a{FIRST}", 1)] * len(TO)
    assert waiting == [*of_disk, *[("digest", 1)] * len(TO), *[(f"a{SECOND}", 2)] * len(TO)]
    for row in store.due(now):
        store.record(row, Receipt(Outcome.REFUSED, "554 no"), now, START, now)
    assert [row.alert.id for row in store.due(now)] == ["listed"] * len(TO), (
        "nobody took the digest: each is tried alone"
    )
    store.close()


@pytest.mark.usefixtures("unreadable")
def test_an_answer_is_stored_for_what_it_is_about_though_rows_have_other_numbers_by_then(
    folder: Path, refuge: Path
) -> None:
    store, now = opened(folder, refuge), FakeClock().instant()
    add(store, FIRST)
    assert store._database.flee(FAILED)
    add(store, SECOND)
    under_way = store.due(now)
    assert store.settle() == ""
    for row in under_way:
        store.record(row, Receipt(Outcome.ACCEPTED, "250"), now, START, now)
    assert [row.alert.id for row in store.due(now)] == [f"a{FIRST}"] * len(TO)
    store.close()


@pytest.mark.usefixtures("unreadable")
def test_a_database_that_is_gone_and_could_not_be_copied_gets_all_of_what_memory_holds(
    folder: Path, refuge: Path
) -> None:
    store = opened(folder, refuge)
    assert store._database.flee(FAILED)
    add(store, SECOND)
    for file in folder.iterdir():
        file.unlink()
    assert store.settle() == ""
    assert ids(store) == [SECOND] and store.waiting() == len(TO)
    store.close()


def test_a_stop_brings_home_what_was_ordered_meanwhile(folder: Path, refuge: Path) -> None:
    store = opened(folder, refuge)
    assert store._database.flee(FAILED)
    store.save_alarm(alarm(Mode.AWAY, 1), "armed")
    store.close()
    store.close()
    again = opened(folder, None)
    loaded = again.load_alarm()
    assert loaded is not None and loaded.mode is Mode.AWAY
    again.close()


def test_memory_is_not_left_while_an_order_is_being_stored_and_neither_waits_for_the_other(
    folder: Path, refuge: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pisecurity.adapters.store.alarm.AGREE_TIMEOUT_S", 0.01)
    store = opened(folder, refuge)
    store.save_alarm(alarm(Mode.AWAY, 1), "armed")
    assert store._database.flee(StoreError("the disk fails", disk=True))
    with store._saving:
        with pytest.raises(StoreError, match="the alarm is being stored; memory is left at the next try"):
            store._go_home()
        assert store.in_memory
    assert store.settle() == ""
    store.close()


def test_tries_to_leave_memory_that_are_given_up_add_no_rows_to_the_record(
    folder: Path, refuge: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = opened(folder, refuge)
    store.save_alarm(alarm(Mode.AWAY, 1), "armed")
    monkeypatch.setattr("pisecurity.adapters.store.database.MOST_TAKEN_BYTES", 0)
    assert store._database.flee(StoreError("the disk fails", disk=True))
    store.save_alarm(alarm(Mode.HOME, 2), "ordered")

    def refuse(file: AlarmFile, kept: Kept) -> bool:
        raise StoreError(f"{file.path}: it cannot be written", disk=True)

    with monkeypatch.context() as patched:
        patched.setattr(AlarmFile, "save", refuse)
        for _ in range(3):
            store.settle()
    assert store.in_memory and store.settle() == ""
    notes = [row.note.partition(";")[0] for row in store.audit_entries(10)]
    assert notes == ["taken over from memory", "ordered", "goes on in memory", "armed"]
    assert store.verify_audit() is None
    store.close()


def test_another_file_in_the_place_of_the_database_does_not_disarm(folder: Path, refuge: Path, tmp_path: Path) -> None:
    (tmp_path / "backup").mkdir()
    backup = opened(tmp_path / "backup", None)
    backup.save_alarm(alarm(Mode.DISARMED, 1), "first")
    backup.close()
    store = opened(folder, refuge)
    store.save_alarm(alarm(Mode.AWAY, 2), "armed")
    (tmp_path / "backup" / "pisecurity.db").replace(folder / "pisecurity.db")
    assert "another file is in its place" in store.settle()
    assert store.settle() == ""
    loaded = store.load_alarm()
    assert loaded is not None and loaded.mode is Mode.AWAY
    store.close()


def test_r12_who_reads_while_the_copy_is_made_leads_no_order_to_the_old_place(
    folder: Path, refuge: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = opened(folder, refuge)
    store.save_alarm(alarm(Mode.AWAY, 1), "armed")
    copy = Database._copy_to

    def read_meanwhile(database: Database, to: Path) -> None:
        copy(database, to)
        assert store.load_alarm() is not None  # borrows a connection to the old place, and gives it back

    monkeypatch.setattr(Database, "_copy_to", read_meanwhile)
    assert store._database.flee(FAILED)
    store.save_alarm(alarm(Mode.HOME, 2), "armed")
    loaded = store.load_alarm()
    assert loaded is not None and loaded.mode is Mode.HOME
    on_disk = sqlite3.connect(folder / "pisecurity.db")
    assert on_disk.execute("SELECT mode FROM alarm").fetchone() == (Mode.AWAY.value,)
    on_disk.close()
    store.close()


def test_r11_a_full_disk_is_a_failing_one_and_memory_that_ran_out_is_none(folder: Path) -> None:
    database = Database(folder / "pisecurity.db")
    for code in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_NOMEM, sqlite3.SQLITE_IOERR_WRITE):
        error = sqlite3.OperationalError("no")
        error.sqlite_errorcode = code
        with pytest.raises(StoreError) as told, explained(database.path):
            raise error
        assert told.value.disk is (code != sqlite3.SQLITE_IOERR_NOMEM)
    database.close()


def test_the_refuge_is_this_users_alone_and_the_same_at_the_next_start(tmp_path: Path) -> None:
    environment = {"RUNTIME_DIRECTORY": str(tmp_path)}
    refuge = refuge_of(tmp_path / "state", environment)
    assert refuge.parent == tmp_path and not refuge.exists()
    assert refuge_of(tmp_path / "state", environment) == refuge
    assert refuge_of(tmp_path / "other", environment) != refuge
    assert refuge_of(tmp_path / "state", {}).parent == SHARED_MEMORY
    for _ in range(2):
        claim(refuge)
        assert refuge.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("taken", ["open", "file", "link"])
def test_a_refuge_that_somebody_else_could_have_made_is_none(
    tmp_path: Path, folder: Path, refuse: Refuse, taken: str
) -> None:
    refuge = refuge_of(folder, {"RUNTIME_DIRECTORY": str(tmp_path)})
    if taken == "open":
        refuge.mkdir(mode=0o755)
        (refuge / "pisecurity.db").write_text("")
    elif taken == "file":
        refuge.write_text("")
    else:
        (tmp_path / "elsewhere").mkdir()
        refuge.symlink_to(tmp_path / "elsewhere")
    store = opened(folder, refuge)
    assert store.in_memory == ""
    refuse(True)
    with pytest.raises(StoreError, match=r"somebody else|can be made"):
        add(store, FIRST)
    store.close()
    with pytest.raises(StoreError, match=r"can be made"):
        claim(tmp_path / "gone" / "refuge")


def test_r30_the_service_has_a_folder_in_memory_that_outlives_its_restarts() -> None:
    # Without it RemoveIPC would take the mode with it that a failing disk does not know.
    unit = (Path(__file__).parents[3] / "systemd" / "pisecurity.service").read_text()
    for line in ("RuntimeDirectory=pisecurity", "RuntimeDirectoryMode=0700", "RuntimeDirectoryPreserve=restart"):
        assert f"\n{line}\n" in unit
