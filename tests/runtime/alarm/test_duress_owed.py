"""A call for help that no disk takes outlives a restart, in the second copy of the alarm, which shows nothing of it."""

from __future__ import annotations

import logging
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import time
from pathlib import Path

import pytest

from pisecurity.adapters.store import SqliteStore
from pisecurity.adapters.store.database import Database
from pisecurity.core.alarm.people import Person, Window
from pisecurity.core.types import Mode, Outcome
from pisecurity.errors import StoreError
from tests.runtime.alarm.test_duress import SISTER, House, calls


@contextmanager
def failing_database() -> Iterator[None]:
    """Let the database take nothing while the block runs, whereas other files can be written."""

    def write(database: Database) -> object:
        raise StoreError(f"{database.path}: disk I/O error; replace the SD card", disk=True)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Database, "write", write)
        yield


def cut_power(house: House) -> None:
    """Begin anew with what is on the disk."""
    house.store._database.close()
    house.boot()
    house.answer()


@contextmanager
def failing_disk() -> Iterator[None]:
    """Let the database of the disk be opened by nobody while the block runs, so that it goes on in memory."""
    prepare = Database._prepare

    def fail(database: Database, *args: object) -> None:
        raise StoreError(f"{database.path}: disk I/O error; replace the SD card", disk=True)

    def prepared(database: Database, file: Path) -> None:
        if file == database.path:
            fail(database)
        prepare(database, file)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Database, "_prepare", prepared)
        patched.setattr(Database, "return_home", fail)
        yield


def in_memory(folder: Path, *, whole: bool = True) -> House:
    """Return a house that is armed and goes on in memory, with what the disk has or, not *whole*, the alarm alone."""
    folder.mkdir(exist_ok=True)
    house = House(folder / "state", refuge=folder / "memory")
    house.panel.switch(Mode.HOME, by="Anna", how="code", coded=True)
    with pytest.MonkeyPatch.context() as patched:
        if not whole:
            patched.setattr("pisecurity.adapters.store.database.MOST_TAKEN_BYTES", 0)
        assert house.store._database.flee(StoreError("the disk fails", disk=True))
    assert house.store._database.whole is whole
    return house


def lose_memory(house: House) -> None:
    """Leave of the house what is on the disk."""
    house.store._database.close()
    if house.refuge is not None:
        shutil.rmtree(house.refuge, ignore_errors=True)


def disarmed_on_a_bad_disk(house: House, *, duress: bool) -> None:
    """Type a code where it is disarmed already, which is answered as ever."""
    house.disarm(duress=False)
    house.clock.advance(60)
    with failing_database():
        house.panel.switch(Mode.DISARMED, by="Anna", how="page, code", coded=True, duress=duress)


def test_where_it_is_disarmed_already_help_is_called_after_the_restart_once_and_it_is_under_duress_still(
    tmp_path: Path,
) -> None:
    house = House(tmp_path)
    disarmed_on_a_bad_disk(house, duress=True)
    cut_power(house)
    assert [subject.partition(", ")[0] for subject in calls(house)] == ["[Home] SILENT ALARM: Anna was made to disarm"]
    assert house.panel.status().duress
    assert [entry.recipient for entry in house.store.duress_log(9)] == [SISTER]
    for _ in range(2):
        cut_power(house)
    assert len(calls(house)) == 1
    house.store.close()


def test_the_second_copy_and_the_log_are_as_after_any_other_code(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    seen = []
    for name, duress in (("ordinary", False), ("forced", True)):
        caplog.clear()
        house = House(tmp_path / name)
        disarmed_on_a_bad_disk(house, duress=duress)
        sizes = {path.name: path.stat().st_size for path in house.folder.iterdir() if path.is_file()}
        cut_power(house)
        seen.append((sizes, house.shown(), [re.sub("ordinary|forced", "house", one) for one in caplog.messages]))
        house.store.close()
    assert seen[0] == seen[1]
    assert seen[1][0]["mode.json"] == 4096


def test_an_order_to_disarm_that_could_not_be_stored_disarms_nothing_and_calls_for_help_after_the_restart(
    tmp_path: Path,
) -> None:
    house = House(tmp_path)
    house.panel.switch(Mode.HOME, by="Anna", how="code", coded=True)
    for duress in (False, True):
        with failing_database(), pytest.raises(StoreError):
            house.panel.switch(Mode.DISARMED, by="Anna", how="page, code", coded=True, duress=duress)
        house.clock.advance(1)
    cut_power(house)
    assert house.panel.status().mode is Mode.HOME
    assert len(calls(house)) == 1
    house.store.close()


def test_without_a_restart_it_is_stored_as_soon_as_that_can_be_and_the_second_copy_forgets_it(tmp_path: Path) -> None:
    house = House(tmp_path)
    disarmed_on_a_bad_disk(house, duress=True)
    assert b"SILENT ALARM" in (tmp_path / "mode.json").read_bytes()
    house.panel.settle()
    house.store.settle()
    house.answer()
    assert len(calls(house)) == 1
    assert b"SILENT ALARM" not in (tmp_path / "mode.json").read_bytes()
    cut_power(house)
    assert len(calls(house)) == 1
    house.store.close()


def code_of_carla(house: House) -> str:
    """Return the code for duress of somebody who may disarm at another hour."""
    register = house.access.people.register
    register.add(Person("Carla", windows=(Window(frozenset({"tue"}), time(9), time(12)),)), None, "root")
    return register.new_code("Carla", None, "root", duress=True)


def type_at_wrong_hour(house: House, code: str) -> None:
    house.access.people.admit(Mode.DISARMED, code=code, device=None, source="192.168.1.30")
    house.access.note(None)


def test_a_code_at_the_wrong_hour_leaves_it_under_duress_after_the_restart(tmp_path: Path) -> None:
    house = House(tmp_path)
    duress = code_of_carla(house)
    disarmed_on_a_bad_disk(house, duress=True)
    with failing_database():
        type_at_wrong_hour(house, duress)
    cut_power(house)
    assert len(house.server.sent) == 2
    assert house.panel.status().duress
    house.store.close()


def test_a_code_at_the_wrong_hour_calls_for_help_after_the_restart_as_well(tmp_path: Path) -> None:
    house = House(tmp_path)
    duress = code_of_carla(house)
    with failing_database():
        type_at_wrong_hour(house, duress)
    cut_power(house)
    assert [to for _, subject, to, _ in house.server.sent if "Carla typed the duress code" in subject] == [(SISTER,)]
    house.store.close()


def test_what_was_stored_in_memory_alone_is_there_after_the_machine_has_restarted(tmp_path: Path) -> None:
    house = in_memory(tmp_path)
    house.panel.switch(Mode.DISARMED, by="Anna", how="page, code", coded=True, duress=True)
    lose_memory(house)
    cut_power(house)
    assert len(calls(house)) == 1
    house.store.close()


@pytest.mark.parametrize("stored", [False, True], ids=["stored nowhere", "stored in memory"])
def test_a_start_on_a_disk_that_still_fails_calls_for_help_once_and_keeps_the_call_for_the_disk(
    tmp_path: Path, stored: bool
) -> None:
    if stored:
        house = in_memory(tmp_path)
        house.panel.switch(Mode.DISARMED, by="Anna", how="page, code", coded=True, duress=True)
    else:
        house = House(tmp_path / "state", refuge=tmp_path / "memory")
        disarmed_on_a_bad_disk(house, duress=True)
    lose_memory(house)
    with failing_disk():
        cut_power(house)
        assert house.store.in_memory
        for _ in range(3):
            house.clock.advance(60)
            house.panel.settle()
            house.store.settle()
            house.answer()
        assert house.panel.status().duress
        assert len(calls(house)) == 1
    assert house.store.settle() == ""
    house.answer()
    assert len(calls(house)) == 1
    house.store.close()


def test_of_many_calls_the_newest_fit_into_a_copy_that_is_no_longer_than_any_other(tmp_path: Path) -> None:
    house = House(tmp_path)
    house.disarm(duress=False)
    with failing_database():
        for number in range(40):
            house.clock.advance(60)
            house.panel.switch(Mode.DISARMED, by=f"Person {number}", how="page, code", coded=True, duress=True)
    assert (tmp_path / "mode.json").stat().st_size == 4096
    cut_power(house)
    told = [subject for subject in calls(house) if "Person 39" in subject]
    assert len(told) == 1
    assert len(calls(house)) >= 2
    house.store.close()


@pytest.mark.parametrize("whole", [True, False])
def test_a_call_sent_from_memory_is_sent_again_neither_from_the_disk_nor_after_a_power_cut(
    tmp_path: Path, whole: bool
) -> None:
    for number, comes_home in enumerate((True, False)):
        house = in_memory(tmp_path / str(number), whole=whole)
        house.panel.switch(Mode.DISARMED, by="Anna", how="page, code", coded=True, duress=True)
        house.answer()
        assert len(calls(house)) == 1
        if comes_home:
            assert house.store.settle() == ""
            assert [entry.outcome for entry in house.store.duress_log(9)] == [Outcome.ACCEPTED]
        else:
            with failing_disk():
                assert house.store.settle() != ""
            lose_memory(house)
            house.boot()
        assert b"SILENT ALARM" not in (house.folder / "mode.json").read_bytes()
        house.clock.advance(60)
        house.answer()
        assert len(calls(house)) == 1
        assert house.panel.status().duress
        house.store.close()


def test_a_kill_right_after_the_disk_is_back_loses_no_call(tmp_path: Path) -> None:
    house = in_memory(tmp_path)
    house.disarm(duress=False)
    disarmed_on_a_bad_disk(house, duress=True)

    class Killed(BaseException):
        pass

    def kill(store: SqliteStore) -> None:
        raise Killed

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(SqliteStore, "copy_alarm", kill)
        with pytest.raises(Killed):
            house.store.settle()
    assert house.store.in_memory == ""
    cut_power(house)
    assert len(calls(house)) == 1
    house.store.close()


def test_codes_typed_afterwards_do_not_push_out_the_call_for_help(tmp_path: Path) -> None:
    """Of ordinary ones a few fill the second copy, and more than a few what is remembered without a restart."""
    for restarts, name in ((True, "restarts"), (False, "runs on")):
        house = House(tmp_path / name)
        disarmed_on_a_bad_disk(house, duress=True)
        with failing_database():
            for _ in range(40):
                house.clock.advance(60)
                house.panel.switch(Mode.DISARMED, by="Anna", how="page, code")
        assert (house.folder / "mode.json").stat().st_size == 4096
        if restarts:
            cut_power(house)
        house.panel.settle()
        house.answer()
        assert len(calls(house)) == 1
        house.store.close()
