"""What a start makes of a disk that failed, was cut off or lost something (R-11 to R-15, R-23, R-30, R-33)."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pisecurity.adapters.store import SqliteStore
from pisecurity.adapters.store.alarm import Standing, Stored, columns_of, compare
from pisecurity.adapters.store.alarm_file import AlarmFile, Kept
from pisecurity.core.types import Alarm, Mode
from tests.fakes import START, FakeClock
from tests.rigs.disk import CutOff, Disk, Fault
from tests.rigs.record import rows_of

AWAY = Alarm(Mode.AWAY, "Anna", "page", FakeClock().instant(), START, sequence=5)
DISARMED = replace(AWAY, mode=Mode.DISARMED, by="Ben", sequence=4)
TAKES_NOTHING = [Fault.READ_ONLY, Fault.FULL, Fault.SYNC]


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    with Disk(tmp_path / "disk") as disk:
        yield disk


def started(disk: Disk) -> SqliteStore:
    return SqliteStore(disk.state, FakeClock(), refuge=disk.memory)


def house(disk: Disk, *alarms: Alarm) -> None:
    """Store *alarms* one after the other."""
    store = started(disk)
    for alarm in alarms:
        store.save_alarm(alarm, f"ordered by {alarm.by}")
    store.close()


def notes(store: SqliteStore) -> list[str]:
    return [str(row["note"]).partition(";")[0] for row in rows_of(store)]


@pytest.mark.parametrize("left", ["gone", "empty"])
def test_r33_a_database_that_is_lost_beside_a_damaged_copy_is_no_first_start_but_armed(disk: Disk, left: str) -> None:
    house(disk, DISARMED, AWAY)
    (disk.state / "pisecurity.db").unlink()
    if left == "empty":
        (disk.state / "pisecurity.db").touch()
    (disk.state / "mode.json").write_bytes(bytes(4096))
    store = started(disk)
    loaded = store.load_alarm()
    assert loaded is not None and (loaded.mode, loaded.by, loaded.how) == (Mode.AWAY, "pisecurity", "repair")
    assert "armed away, because the mode it had cannot be read" in store.repaired()
    store.close()


@pytest.mark.parametrize("fault", TAKES_NOTHING)
def test_r12_an_order_that_the_copy_alone_has_holds_on_a_disk_that_takes_nothing(disk: Disk, fault: Fault) -> None:
    house(disk, DISARMED)
    before = (disk.state / "pisecurity.db").read_bytes()
    house(disk, replace(DISARMED, mode=Mode.HOME, sequence=5), replace(AWAY, sequence=6))
    (disk.state / "pisecurity.db").write_bytes(before)
    disk.fault = fault
    store = started(disk)
    loaded = store.load_alarm()
    assert loaded is not None and loaded.mode is Mode.AWAY and store.in_memory
    disk.fault = Fault.NONE
    assert store.settle() == ""
    store.close()
    again = started(disk)
    assert again.load_alarm() == replace(AWAY, sequence=6) and again.verify_audit() is None
    again.close()


def test_r14_a_power_cut_on_a_full_disk_leaves_the_only_copy_that_says_armed(disk: Disk) -> None:
    house(disk, DISARMED)
    before = (disk.state / "pisecurity.db").read_bytes()
    house(disk, replace(DISARMED, mode=Mode.HOME, sequence=5), replace(AWAY, sequence=6))
    (disk.state / "pisecurity.db").write_bytes(before)
    disk.fault = Fault.FULL
    started(disk)._database.close()
    shutil.rmtree(disk.memory)  # the power fails
    disk.fault = Fault.NONE
    store = started(disk)
    loaded = store.load_alarm()
    assert loaded is not None and loaded.mode is Mode.AWAY
    store.close()


def test_r14_armed_in_memory_of_a_lost_database_a_power_cut_leaves_no_first_start(disk: Disk) -> None:
    house(disk, AWAY, replace(DISARMED, sequence=6))
    (disk.state / "pisecurity.db").unlink()
    disk.fault = Fault.SYNC
    store = started(disk)
    store.save_alarm(replace(AWAY, sequence=7), "armed")
    store._database.close()
    shutil.rmtree(disk.memory)  # the power fails
    disk.fault = Fault.NONE
    again = started(disk)
    loaded = again.load_alarm()
    assert loaded is not None and (loaded.mode, loaded.how) == (Mode.AWAY, "repair")
    again.close()


def test_r14_it_starts_armed_on_a_disk_that_gives_nothing_at_all(disk: Disk) -> None:
    house(disk, DISARMED)
    (disk.state / "pisecurity.db-wal").write_bytes(b"log")
    disk.fault = Fault.BROKEN
    store = started(disk)
    loaded = store.load_alarm()
    assert loaded is not None and (loaded.mode, loaded.how) == (Mode.AWAY, "repair") and store.in_memory
    disk.fault = Fault.NONE
    store.close()


def test_r30_what_was_ordered_in_memory_begun_anew_is_not_undone_by_an_older_copy(disk: Disk) -> None:
    house(disk, AWAY, replace(DISARMED, sequence=6))
    disk.fault = Fault.BROKEN
    store = started(disk)
    store.save_alarm(replace(AWAY, sequence=2), "armed by Anna")
    store._database.close()  # killed
    disk.fault = Fault.NONE
    again = started(disk)
    loaded = again.load_alarm()
    assert loaded is not None and (loaded.mode, loaded.by) == (Mode.AWAY, "Anna")
    assert again.settle() == ""
    loaded = again.load_alarm()
    assert loaded is not None and (loaded.mode, loaded.by) == (Mode.AWAY, "Anna")
    again.close()


@pytest.mark.parametrize("fault", [Fault.READ_ONLY, Fault.BROKEN])
def test_r23_killed_at_any_step_into_memory_the_disk_counts_once_it_can_be_read(tmp_path: Path, fault: Fault) -> None:
    for steps in range(100):
        with Disk(tmp_path / f"{steps}") as disk:
            if not killed_into_memory(disk, fault, steps):
                assert steps > 5
                return
    raise AssertionError("never finished")


def killed_into_memory(disk: Disk, fault: Fault, steps: int) -> bool:
    """See that a kill after *steps* steps costs nothing, and return whether it came before all was done."""
    disarmed, at_home = replace(DISARMED, sequence=6), replace(AWAY, mode=Mode.HOME, sequence=7)
    store, killed = started(disk), False
    store.save_alarm(AWAY, "armed")
    owed = (disk.state / "mode.json").read_bytes()
    store.save_alarm(disarmed, "disarmed")
    (disk.state / "mode.json").write_bytes(owed)
    disk.fault = fault
    disk.cut_in(steps)
    try:
        store.save_alarm(at_home, "armed at home")
        disk.cut()
    except CutOff:
        killed = True
    store._database.close()
    disk.calm()
    disk.take_up(memory=True)
    again = started(disk)
    loaded = again.load_alarm()
    assert loaded == at_home or (killed and loaded == disarmed), steps
    assert again.settle() == "" and again.load_alarm() == loaded
    assert notes(again)[:2] == ["armed", "disarmed"] and again.lost_audit_rows() == 0, steps
    again.close()
    return killed


def test_r11_a_copy_for_which_there_was_no_room_is_written_when_there_is(disk: Disk) -> None:
    house(disk, DISARMED)
    store = started(disk)
    disk.fault = Fault.CROWDED
    store.save_alarm(AWAY, "armed")
    assert store.settle() == "" and AlarmFile(disk.state / "mode.json").load() is None, "it said that it is disarmed"
    disk.fault = Fault.NONE
    assert store.settle() == ""
    kept = AlarmFile(disk.state / "mode.json").load()
    assert kept is not None and kept.value == AWAY
    store.close()


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_r15_without_an_inode_or_quota_for_a_file_orders_hold_over_a_restart(
    disk: Disk, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    house(disk, DISARMED)

    def refused(**named: object) -> None:
        raise OSError(number, os.strerror(number))

    for order in (AWAY, replace(DISARMED, sequence=6), replace(AWAY, mode=Mode.HOME, sequence=7)):
        with monkeypatch.context() as patched:
            patched.setattr(tempfile, "mkstemp", refused)
            house(disk, order)
            again = started(disk)
            assert again.load_alarm() == order and not again.in_memory
            again.close()
    store = started(disk)
    kept = AlarmFile(disk.state / "mode.json").load()
    assert kept is not None and kept.value == store.load_alarm()
    store.close()


def test_r14_who_switched_in_memory_that_knew_nothing_of_the_disk_is_on_record(disk: Disk) -> None:
    house(disk, DISARMED, AWAY)
    disk.fault = Fault.BROKEN
    store = started(disk)
    store.save_alarm(replace(DISARMED, sequence=2), "disarmed by Ben", "Ben", "page")
    disk.fault = Fault.NONE
    assert store.settle() == ""
    assert notes(store) == [
        "ordered by Ben", "ordered by Anna", "goes on in memory", "disarmed by Ben", "taken over from memory",
    ]  # fmt: skip
    row = rows_of(store)[3]
    assert (row["by"], row["how"], row["mode"]) == ("Ben", "page", Mode.DISARMED)
    assert store.verify_audit() is None and store.lost_audit_rows() == 0
    store.close()


def test_r23_killed_when_the_rows_of_memory_were_on_the_disk_they_are_there_once(disk: Disk) -> None:
    house(disk, DISARMED, AWAY)
    disk.fault = Fault.BROKEN
    store = started(disk)
    store.save_alarm(replace(DISARMED, sequence=2), "disarmed by Ben", "Ben", "page")
    disk.fault = Fault.NONE
    kept = disk.memory.with_name("kept")
    shutil.copytree(disk.memory, kept)
    assert store.settle() == ""
    store._database.close()
    kept.rename(disk.memory)
    again = started(disk)
    assert again.settle() == ""
    assert notes(again).count("disarmed by Ben") == 1 and again.verify_audit() is None
    again.close()


def test_r14_an_order_whose_copy_was_made_when_the_disk_failed_has_its_row_once(disk: Disk) -> None:
    house(disk, DISARMED)
    store = started(disk)
    disk.fail_in(3, Fault.BROKEN)  # the copy is in its place, and its folder is not synced
    store.save_alarm(AWAY, "armed by Anna")
    assert store.in_memory
    disk.fault = Fault.NONE
    assert store.settle() == ""
    assert notes(store).count("armed by Anna") == 1 and store.verify_audit() is None
    assert store.lost_audit_rows() == 0
    store.close()


def test_r33_of_two_copies_the_one_with_the_later_row_counts() -> None:
    """The sequence begins anew where nobody could tell how far it was, the rows never do."""
    stored = Stored(replace(AWAY, sequence=2), 44, "ab" * 32)
    older = Kept(columns_of(replace(DISARMED, sequence=57)), {"number": 40, "hash": "cd" * 32}, "ef" * 32)
    newer = replace(older, row={"number": 46, "hash": "cd" * 32})
    assert compare(stored, older) is Standing.AHEAD
    assert compare(stored, newer) is Standing.BEHIND
