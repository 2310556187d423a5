"""A damaged database is put aside, what can be read of it is kept, and the mode comes back (R-33, R-24)."""

from __future__ import annotations

import random
import shutil
import sqlite3
import tempfile
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from pisecurity.adapters.store import SqliteStore, quarantine
from pisecurity.adapters.store.wal import is_garbage
from pisecurity.core.daily import DailyTold
from pisecurity.core.types import Alarm, AlarmState, Alert, AlertKind, Decision, Mode
from pisecurity.errors import StoreError
from tests.adapters.values import TO, make_alert, make_event
from tests.fakes import START, FakeClock

ALARM = Decision(AlertKind.ALARM, "armed away")
AWAY = Alarm(Mode.AWAY, "Anna", "page", FakeClock().instant(), START, sequence=6)
EVENTS = 400
PAGE = 4096
Damage = Callable[[Path], object]


def event_id(number: int) -> str:
    return f"{number:032x}"


def add(store: SqliteStore, number: int) -> None:
    alert = make_alert(f"a{number}", event_id=event_id(number))
    store.add_event(make_event(event_id(number)), AlarmState.ARMED_AWAY, ALARM, alert, TO)


def opened(folder: Path, refuge: Path | None = None, clock: FakeClock | None = None) -> SqliteStore:
    return SqliteStore(folder, clock or FakeClock(), refuge=refuge)


def waiting(store: SqliteStore) -> set[tuple[str, str, str]]:
    return {(row.alert.id, row.alert.text, row.recipient) for row in store.deliveries(100_000)}


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A state folder of an armed house: events whose mails wait, half of them in the log of the database."""
    live, folder = tmp_path_factory.mktemp("live"), tmp_path_factory.mktemp("sample") / "state"
    folder.mkdir()
    store = opened(live)
    for sequence in range(5):
        store.save_alarm(replace(AWAY, mode=Mode.DISARMED, sequence=sequence), "ordered")
    for number in range(EVENTS // 2):
        add(store, number)
    store.close()
    store = opened(live)
    for number in range(EVENTS // 2, EVENTS):
        add(store, number)
    store.save_alarm(replace(AWAY, mode=Mode.HOME, sequence=5), "armed at home")
    store.save_alarm(AWAY, "armed by Anna")
    for name in ("pisecurity.db", "pisecurity.db-wal", "mode.json"):
        shutil.copy(live / name, folder)
    store.close()
    return folder


@pytest.fixture
def folder(sample: Path, tmp_path: Path) -> Path:
    """A copy of the sample, as a power cut leaves it."""
    return Path(shutil.copytree(sample, tmp_path / "state"))


@pytest.fixture
def closed(folder: Path) -> Path:
    """The same after an orderly stop: all of it is in one file."""
    opened(folder).close()
    return folder


def over(path: Path, at: int, length: int) -> None:
    with path.open("r+b") as file:
        file.seek(at)
        file.write(random.Random(at).randbytes(length))


def cut(path: Path, length: int) -> None:
    path.write_bytes(path.read_bytes()[:length])


DAMAGES: dict[str, Damage] = {
    "header": lambda path: over(path, 0, 100),
    "first page": lambda path: over(path, 0, PAGE),
    "middle page": lambda path: over(path, 20 * PAGE, PAGE),
    "cut in half": lambda path: cut(path, path.stat().st_size // 2 + 100),
    "cut to less than a page": lambda path: cut(path, 1000),
    "all of it": lambda path: over(path, 0, path.stat().st_size),
    "empty": lambda path: cut(path, 0),
    "gone": lambda path: path.unlink(),
    "a diary": lambda path: path.write_text("my diary\n" * 1000),
    "format that no version has": lambda path: over(path, 60, 4),
}
UNREADABLE = ("all of it", "empty", "gone", "a diary", "cut to less than a page")


@pytest.mark.parametrize("damage", DAMAGES)
def test_r33_the_mode_comes_back_the_damaged_file_is_kept_and_the_alarm_works(closed: Path, damage: str) -> None:
    path = closed / "pisecurity.db"
    DAMAGES[damage](path)
    before = path.read_bytes() if path.exists() else b""
    store = opened(closed)
    assert store.load_alarm() == AWAY and store.verify_audit() is None
    assert "armed away as before" in store.repaired()
    if before:
        (aside,) = (closed / "damaged").glob("*/pisecurity.db")
        assert aside.read_bytes() == before
        assert str(aside.parent) in store.repaired()
    found = waiting(store)
    assert bool(found) == (damage not in UNREADABLE), len(found)
    add(store, 9999)
    store.save_alarm(replace(AWAY, mode=Mode.DISARMED, sequence=7), "disarmed")
    store.close()
    again = opened(closed)
    loaded = again.load_alarm()
    assert loaded is not None and loaded.mode is Mode.DISARMED
    assert waiting(again) == found | {("a9999", "Somebody walks in the garden.", to.recipient) for to in TO}
    assert len(list((closed / "damaged").iterdir())) == 1, "told once"
    again.close()


def test_r33_header_alone_damaged_nothing_is_lost(closed: Path) -> None:
    DAMAGES["header"](closed / "pisecurity.db")
    store = opened(closed)
    assert len(store.events(1000)) == EVENTS and store.waiting() == EVENTS * len(TO)
    assert f"events {EVENTS}, waiting mails {EVENTS * len(TO)}, people 0, approved phones 0, " in store.repaired()
    assert "rows of who armed and disarmed 7" in store.repaired()
    store.close()


def leaves(path: Path, table: str) -> list[int]:
    """Return the pages of the database that hold rows of *table*."""
    with closing(sqlite3.connect(path)) as connection:
        root = connection.execute("SELECT rootpage FROM sqlite_schema WHERE name = ?", (table,)).fetchone()[0]
    content = path.read_bytes()
    start = (root - 1) * PAGE
    count = int.from_bytes(content[start + 3 : start + 5], "big")
    assert content[start] == 5, "an interior page of a table"
    cells = [int.from_bytes(content[start + 12 + 2 * n : start + 14 + 2 * n], "big") for n in range(count)]
    return [int.from_bytes(content[start + cell : start + cell + 4], "big") for cell in cells]


@pytest.mark.parametrize("broken", [(1,), (1, 3), (0, 2)])
def test_r33_pages_lost_in_the_middle_cost_their_own_rows_only(closed: Path, broken: tuple[int, ...]) -> None:
    path = closed / "pisecurity.db"
    pages = leaves(path, "alerts")
    assert len(pages) > 4
    for place in broken:
        over(path, (pages[place] - 1) * PAGE, PAGE)
    store = opened(closed)
    kept = len({alert for alert, _, _ in waiting(store)})
    store.close()
    rows_of_a_page = EVENTS / len(pages)
    assert EVENTS - kept <= 1.3 * rows_of_a_page * len(broken) and kept < EVENTS


def test_r33_neither_can_be_read_it_is_armed_and_never_silently_disarmed(closed: Path) -> None:
    DAMAGES["all of it"](closed / "pisecurity.db")
    (closed / "mode.json").write_text("{")
    store = opened(closed)
    loaded = store.load_alarm()
    assert loaded is not None and (loaded.mode, loaded.by, loaded.until) == (Mode.AWAY, "pisecurity", None)
    assert "armed away, because the mode it had cannot be read: disarm it if somebody is at home" in store.repaired()
    store.close()


def test_r33_without_the_copy_the_mode_is_what_can_be_read(closed: Path) -> None:
    (closed / "mode.json").unlink()
    DAMAGES["header"](closed / "pisecurity.db")
    store = opened(closed)
    assert store.load_alarm() == AWAY and store.verify_audit() is None
    store.close()


def test_r33_of_two_modes_the_later_one_counts(closed: Path, tmp_path: Path) -> None:
    shutil.copy(closed / "mode.json", tmp_path / "old.json")
    store = opened(closed)
    home = replace(AWAY, mode=Mode.HOME, sequence=7)
    store.save_alarm(home, "armed at home")
    store.close()
    shutil.copy(tmp_path / "old.json", closed / "mode.json")
    DAMAGES["header"](closed / "pisecurity.db")
    store = opened(closed)
    assert store.load_alarm() == home
    store.close()


def test_r33_the_audit_log_goes_on_from_the_copy_with_a_row_that_says_so(closed: Path) -> None:
    DAMAGES["all of it"](closed / "pisecurity.db")
    store = opened(closed)
    with store._database.read() as connection:
        (row,) = connection.execute("SELECT number, note FROM audit").fetchall()
    assert row["number"] == 8
    assert row["note"].startswith("the database was damaged, and is in damaged/1-20260601T120000Z; as before; ")
    assert "rows 1 to 7 are missing, goes on from " in row["note"]
    assert store.verify_audit() is None and store.lost_audit_rows() == 7
    with store._database.write() as connection:
        connection.execute("UPDATE audit SET note = replace(note, 'rows 1', 'rows 2')")
    assert store.verify_audit() == 8
    store.close()


def test_r33_garbage_in_the_log_is_told_and_does_not_disarm(folder: Path) -> None:
    """The order to arm was in the log alone."""
    (folder / "pisecurity.db-wal").write_bytes(random.Random(1).randbytes(50_000))
    store = opened(folder)
    assert store.load_alarm() == AWAY and store.verify_audit() is None
    assert EVENTS // 2 <= len(store.events(1000)) < EVENTS
    assert "the log of the database was damaged" in store.repaired()
    assert "had lost its newest entries (it had 5 of 7 audit rows); the alarm is armed away" in store.repaired()
    assert len(list((folder / "damaged").glob("*/pisecurity.db-wal"))) == 1
    store.close()


def test_r33_a_log_whose_file_is_gone_is_read_for_what_is_in_it(folder: Path) -> None:
    (folder / "pisecurity.db").unlink()
    store = opened(folder)
    assert store.load_alarm() == AWAY
    assert len(list((folder / "damaged").glob("*/pisecurity.db-wal"))) == 1
    store.close()


@settings(
    deadline=None,
    max_examples=40,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_r33_whatever_is_overwritten_or_cut_off_it_opens_with_the_right_mode_and_no_invented_mail(
    sample: Path, data: st.DataObject
) -> None:
    with tempfile.TemporaryDirectory() as name:
        state = Path(shutil.copytree(sample, Path(name) / "state"))
        orderly = data.draw(st.booleans(), label="stopped in order")
        store = opened(state)
        known, events = waiting(store), {record.id for record in store.events(1000)}
        if orderly:
            store.close()
        else:
            shutil.rmtree(state)
            shutil.copytree(sample, state)
        for _ in range(data.draw(st.integers(1, 3), label="damages")):
            parts = ["pisecurity.db"] if orderly else ["pisecurity.db", "pisecurity.db-wal"]
            path = state / data.draw(st.sampled_from(parts))
            at = data.draw(st.integers(0, max(path.stat().st_size - 1, 0)))
            if data.draw(st.booleans(), label="cut"):
                cut(path, at)
            else:
                over(path, at, data.draw(st.integers(1, 3 * PAGE)))
        after = opened(state)
        assert after.load_alarm() == AWAY
        assert {alert for alert, _, _ in waiting(after)} <= {alert for alert, _, _ in known}
        assert {record.id for record in after.events(1000)} <= events
        add(after, 9999)
        after.close()
        with closing(sqlite3.connect(state / "pisecurity.db")) as raw:
            assert raw.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
            assert raw.execute("PRAGMA foreign_key_check").fetchall() == []


class CutOff(BaseException):
    """The power fails."""


@pytest.mark.parametrize("kept", [True, False], ids=["copy readable", "copy garbled"])
def test_r23_killed_at_any_step_of_the_repair_the_next_start_finishes_it(
    closed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kept: bool
) -> None:
    DAMAGES["header"](closed / "pisecurity.db")
    damaged = (closed / "pisecurity.db").read_bytes()
    if not kept:
        (closed / "mode.json").write_text("{")
    steps = ("make_folder", "write_whole", "sync_folder")
    for cut_at in range(1000):
        state = Path(shutil.copytree(closed, tmp_path / f"cut{cut_at}"))
        left = cut_at

        def counted(step: Callable[..., object]) -> Callable[..., object]:
            def stepped(*args: object, **more: object) -> object:
                nonlocal left
                if left == 0:
                    raise CutOff
                left -= 1
                return step(*args, **more)

            return stepped

        finished = False
        with monkeypatch.context() as patched:
            for step in steps:
                patched.setattr(quarantine, step, counted(getattr(quarantine, step)))
            patched.setattr(Path, "replace", counted(Path.replace))
            try:
                opened(state).close()
                finished = True
            except CutOff:
                pass
        store = opened(state)
        loaded = store.load_alarm()
        assert loaded is not None and loaded.mode is Mode.AWAY, cut_at
        assert store.waiting() == EVENTS * len(TO), cut_at
        assert len(store.events(1000)) == EVENTS and store.verify_audit() is None
        (aside,) = (state / "damaged").iterdir()
        assert (aside / "pisecurity.db").read_bytes() == damaged
        assert {path.name for path in aside.iterdir()} - {"pisecurity.db-shm"} == {"pisecurity.db", "report.txt"}
        assert store.repaired()
        store.close()
        if finished:
            assert cut_at > 8
            return
    raise AssertionError("never finished")


def test_r33_the_newest_three_are_kept_and_older_ones_as_long_as_they_are_small(
    closed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(5):
        DAMAGES["header"](closed / "pisecurity.db")
        opened(closed).close()
    assert sorted(path.name[0] for path in (closed / "damaged").iterdir()) == ["3", "4", "5"]
    monkeypatch.setattr(quarantine, "MOST_BYTES", 1)
    DAMAGES["header"](closed / "pisecurity.db")
    opened(closed).close()
    assert [path.name[0] for path in (closed / "damaged").iterdir()] == ["6"]


def test_r33_it_is_told_for_a_week(closed: Path) -> None:
    DAMAGES["header"](closed / "pisecurity.db")
    clock = FakeClock()
    store = opened(closed, clock=clock)
    assert store.repaired()
    clock.set_wall(START - timedelta(days=300))
    assert store.repaired(), "the clock is not set yet"
    clock.set_wall(START + timedelta(days=6.9))
    assert store.repaired()
    clock.set_wall(START + timedelta(days=7.1))
    assert store.repaired() == ""
    store.close()


def mailed(store: SqliteStore, clock: FakeClock, alert_id: str) -> None:
    alert = Alert(alert_id, AlertKind.DAILY, clock.now(), "All is well", "")
    store.save_daily(DailyTold(START.date(), clock.now(), clock.instant(), store.marks()), alert, TO)


def test_r33_it_is_told_until_the_daily_mail_that_has_it(closed: Path) -> None:
    clock = FakeClock()
    store = opened(closed, clock=clock)
    mailed(store, clock, "d" * 32)
    store.close()
    clock.advance(3600)
    DAMAGES["header"](closed / "pisecurity.db")
    store = opened(closed, clock=clock)
    assert "the alarm went on with a new one, then armed away as before; " in store.repaired()
    clock.advance(3600)
    assert store.repaired(), "the last daily mail was before it"
    store.save_daily(DailyTold(START.date(), clock.now(), clock.instant(), store.marks()), None, ())
    assert store.repaired(), "a new database notes where its first daily mail begins, and mails nothing"
    mailed(store, clock, "e" * 32)
    assert store.repaired() == ""
    store.close()


def test_r33_a_record_whose_report_its_owner_removed_is_left_alone(closed: Path) -> None:
    DAMAGES["header"](closed / "pisecurity.db")
    opened(closed).close()
    (aside,) = (closed / "damaged").iterdir()
    (aside / "report.txt").unlink()
    store = opened(closed)
    assert (aside / "pisecurity.db").exists() and store.repaired() == ""
    store.close()


def test_r33_a_database_that_another_program_holds_is_not_damaged(
    closed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pisecurity.adapters.store.database.BUSY_TIMEOUT_S", 0.01)
    with closing(sqlite3.connect(closed / "pisecurity.db", isolation_level=None)) as other:
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(StoreError, match="another program holds it"):
            opened(closed)
    assert not (closed / "damaged").exists()


def test_r33_who_only_reads_moves_and_repairs_nothing(closed: Path) -> None:
    DAMAGES["header"](closed / "pisecurity.db")
    before = (closed / "pisecurity.db").read_bytes()
    with pytest.raises(StoreError, match=r"pisecurity\.db: it is damaged or no database; restart pisecurity"):
        SqliteStore(closed, FakeClock(), read_only=True)
    assert (closed / "pisecurity.db").read_bytes() == before
    assert not (closed / "damaged").exists()


def damage_running(folder: Path) -> None:
    """Overwrite database and log under an open store, but for what tells SQLite that they are its own."""
    path = folder / "pisecurity.db"
    over(path, PAGE, path.stat().st_size - PAGE)
    wal = folder / "pisecurity.db-wal"
    if wal.stat().st_size > 32:
        over(wal, 32, wal.stat().st_size - 32)


def test_r33_damaged_while_it_runs_the_event_is_kept_in_memory_and_all_comes_back_to_a_new_file(
    folder: Path, tmp_path: Path
) -> None:
    store = opened(folder, tmp_path / "memory")
    damage_running(folder)
    for connection in store._database._idle:
        connection.execute("PRAGMA shrink_memory")
    add(store, 9999)
    assert store.damaged and "damaged" in store.in_memory
    assert store.load_alarm() == AWAY, "from the copy"
    killed = opened(folder, tmp_path / "memory")
    assert killed.load_alarm() == AWAY and killed.waiting() == len(TO)
    killed._database.close()
    assert store.settle() == ""
    assert "a9999" in {alert for alert, _, _ in waiting(store)}
    assert store.load_alarm() == AWAY and store.verify_audit() is None and store.repaired()
    store.close()
    again = opened(folder, tmp_path / "memory")
    assert again.load_alarm() == AWAY and again.waiting() >= len(TO) and again.in_memory == ""
    again.close()


def test_r12_damaged_on_a_disk_that_takes_nothing_it_starts_in_memory_with_the_mode(
    closed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    DAMAGES["header"](closed / "pisecurity.db")

    def refused(path: Path) -> None:
        raise OSError(30, "Read-only file system")

    with monkeypatch.context() as patched:
        patched.setattr(quarantine, "make_folder", refused)
        store = opened(closed, tmp_path / "memory")
        assert store.in_memory and store.load_alarm() == AWAY
        add(store, 9999)
    assert store.settle() == ""
    assert store.load_alarm() == AWAY and store.waiting() == (EVENTS + 1) * len(TO)
    store.close()


def test_real_logs_are_no_garbage_and_what_is_none_is(sample: Path, tmp_path: Path) -> None:
    log = tmp_path / "log"
    content = (sample / "pisecurity.db-wal").read_bytes()
    for good in (content, content[:40], content[:20], b"", bytes(5000)):
        log.write_bytes(good)
        assert not is_garbage(log)
    for bad in (b"x" * 5000, content[:3] + b"\0" + content[4:], content[:20] + b"\0\1\2" + content[23:]):
        log.write_bytes(bad)
        assert is_garbage(log)
    log.unlink()
    assert not is_garbage(log)
