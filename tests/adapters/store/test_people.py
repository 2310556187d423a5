"""People, codes, phones and wrong codes in the database, and who was made to disarm."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import time
from pathlib import Path

import pytest

from pisecurity.adapters.store import SqliteStore
from pisecurity.adapters.store.alarm_file import FILE_NAME as ALARM_FILE
from pisecurity.adapters.store.sqlite import FILE_NAME
from pisecurity.core.alarm.people import Person, Role, Window
from pisecurity.core.alarm.states import first
from pisecurity.core.types import Instant, Mode
from pisecurity.errors import StoreError
from pisecurity.ports import Approval, Code, Failures, Known, Phone
from tests.fakes import START, FakeClock

ANNA = Person("Anna", Role.ADMIN)
CARLA = Person(
    "Cárla B.",
    windows=(Window(frozenset({"tue", "fri"}), time(9), time(12)), Window(frozenset({"sat"}), time(22), time(0))),
)
AT = Instant("boot-1", 50.5)


def opened(folder: Path) -> SqliteStore:
    return SqliteStore(folder, FakeClock())


def filled(folder: Path) -> Known:
    store = opened(folder)
    store.add_person(ANNA, Code("anna", duress=False, digest="aa"))
    store.add_person(CARLA, Code(CARLA.key, duress=False, digest="cc"))
    store.set_code(Code("anna", duress=True, digest="dd"))
    store.keep_key_digest("kk")
    store.set_approval(Approval("anna", "ee", AT))
    phone = store.add_phone(Phone(CARLA.key, "Carla's phone", "ff", START))
    store.close()
    assert phone.number == 1
    return Known(
        (ANNA, CARLA),
        (Code("anna", duress=False, digest="aa"), Code(CARLA.key, duress=False, digest="cc"),
         Code("anna", duress=True, digest="dd")),
        (Approval("anna", "ee", AT),),
        (phone,),
        "kk",
    )  # fmt: skip


def test_people_codes_and_phones_are_there_after_a_restart(tmp_path: Path) -> None:
    known = filled(tmp_path)
    store = opened(tmp_path)
    assert store.load_people() == known
    store.close()


def test_another_code_replaces_that_one_alone(tmp_path: Path) -> None:
    filled(tmp_path)
    store = opened(tmp_path)
    store.set_code(Code("anna", duress=True, digest="d2"))
    assert sorted(code.digest for code in store.load_people().codes) == ["aa", "cc", "d2"]
    store.close()


def test_whoever_is_removed_takes_codes_phones_and_approvals_along(tmp_path: Path) -> None:
    filled(tmp_path)
    store = opened(tmp_path)
    store.remove_person("anna")
    store.remove_person(CARLA.key)
    assert store.load_people() == Known(key_digest="kk")
    store.close()


def test_a_second_person_of_the_same_key_is_refused_and_changes_nothing_s03(tmp_path: Path) -> None:
    known = filled(tmp_path)
    store = opened(tmp_path)
    with pytest.raises(StoreError):
        store.add_person(replace(ANNA, name="ANNA", role=Role.GUEST), Code("anna", duress=False, digest="xx"))
    assert store.load_people() == known
    store.close()


def test_an_approved_phone_ends_the_approval_and_its_number_is_never_given_again(tmp_path: Path) -> None:
    filled(tmp_path)
    store = opened(tmp_path)
    second = store.add_phone(Phone("anna", "Anna's", "gg", START))
    assert store.load_people().approvals == ()
    store.remove_phone(second.number)
    assert store.add_phone(Phone("anna", "Anna's", "hh", START)).number == second.number + 1
    store.close()


def test_wrong_codes_are_kept_in_the_order_in_which_their_sources_failed(tmp_path: Path) -> None:
    store = opened(tmp_path)
    one, two = Failures("10.0.0.1", 1, AT), Failures("", 7, AT.later(1), told=AT)
    store.save_failures(one, two)
    store.save_failures(again := replace(one, count=2))
    store.close()
    store = opened(tmp_path)
    assert store.load_failures() == (two, again)
    store.forget_failures("10.0.0.1")
    assert store.load_failures() == (two,)
    store.close()


def test_a_damaged_database_keeps_its_people(tmp_path: Path) -> None:
    known = filled(tmp_path)
    with closing(sqlite3.connect(tmp_path / FILE_NAME)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with (tmp_path / FILE_NAME).open("r+b") as file:
        file.write(b"\0" * 100)
    store = opened(tmp_path)
    found = store.load_people()
    assert {person.key for person in found.people} == {person.key for person in known.people}
    assert (set(found.codes), found.phones, found.approvals) == (set(known.codes), known.phones, known.approvals)
    assert found.key_digest == "kk"
    assert "people 2, approved phones 1, " in store.repaired()
    store.close()


@pytest.mark.parametrize("damage", ["role = 'king'", "windows = 'x'", "windows = '[[1]]'", "windows = '[[[1],2,3]]'"])
def test_a_person_whom_nobody_can_read_keeps_nobody_else_out_r34(tmp_path: Path, damage: str) -> None:
    known = filled(tmp_path)
    with closing(sqlite3.connect(tmp_path / FILE_NAME)) as connection:
        connection.execute(f"UPDATE people SET {damage} WHERE key = 'anna'")
        connection.commit()
    store = opened(tmp_path)
    found = store.load_people()
    assert (found.people, found.phones, found.approvals) == ((CARLA,), known.phones, ())
    assert [code.digest for code in found.codes] == ["cc"]
    store.close()


def test_people_are_not_changed_while_those_who_were_kept_cannot_be_read(tmp_path: Path) -> None:
    filled(tmp_path)
    store = opened(tmp_path)
    store._database._place = replace(store._database._place, whole=False)
    with pytest.raises(StoreError, match="people cannot be changed while the disk fails"):
        store.remove_person("anna")
    store.close()


def test_that_somebody_was_made_to_disarm_is_stored_twice_and_no_audit_row_tells(tmp_path: Path) -> None:
    store = opened(tmp_path)
    alarm = replace(first(AT, START), mode=Mode.DISARMED, by="Anna", how="code", sequence=4)
    store.save_alarm(alarm, "ordered disarmed by Anna (code)")
    head = store.audit_head()
    store.mark_alarm(replace(alarm, duress="Anna"))
    assert store.audit_head() == head
    assert store.verify_audit() is None
    store.close()
    store = opened(tmp_path)
    assert store.load_alarm() == replace(alarm, duress="Anna")
    store.close()
    (tmp_path / FILE_NAME).unlink()
    store = opened(tmp_path)
    assert store.load_alarm() == replace(alarm, duress="Anna"), "from mode.json"
    store.close()


def test_the_record_of_a_duress_disarming_is_that_of_an_ordinary_one(tmp_path: Path) -> None:
    heads, lengths = [], set()
    for name, duress in (("ordinary", ""), ("forced", "Anna")):
        (tmp_path / name).mkdir()
        store = opened(tmp_path / name)
        store.save_alarm(
            replace(first(AT, START), by="Anna", how="code", duress=duress), "ordered disarmed by Anna (code)"
        )
        heads.append(store.audit_head())
        store.close()
        lengths.add((tmp_path / name / ALARM_FILE).stat().st_size)
    assert heads[0] == heads[1], "the hash covers all columns"
    assert lengths == {4096}, "who may look into the folder sees nothing by the length of mode.json"


def test_a_second_copy_of_an_older_version_is_understood(tmp_path: Path) -> None:
    store = opened(tmp_path)
    store.save_alarm(replace(first(AT, START), mode=Mode.AWAY), "armed")
    store.close()
    content = json.loads((tmp_path / ALARM_FILE).read_bytes())
    del content["alarm"]["duress"], content["sha256"]
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    content["sha256"] = hashlib.sha256(text.encode()).hexdigest()
    (tmp_path / ALARM_FILE).write_text(json.dumps(content))
    (tmp_path / FILE_NAME).unlink()
    store = opened(tmp_path)
    loaded = store.load_alarm()
    assert loaded is not None
    assert (loaded.mode, loaded.duress) == (Mode.AWAY, "")
    store.close()
