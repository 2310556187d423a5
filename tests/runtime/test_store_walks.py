"""The alarm on the real database through inputs by chance: ``make walks`` takes 10 000 of these walks."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest

from pisecurity.adapters.store import alarm, repair
from pisecurity.adapters.store.alarm import AlarmTable, Standing, Stored
from pisecurity.adapters.store.alarm_file import Kept
from pisecurity.adapters.store.database import Database
from pisecurity.adapters.store.duress import HiddenOutbox
from pisecurity.core.types import Alarm, Mode
from pisecurity.ports import Clock
from pisecurity.runtime.alarm.panel import Panel
from tests.rigs.damage import DAMAGES
from tests.rigs.disk import Fault
from tests.rigs.store_walks import StoreWalk
from tests.rigs.walks import walk

WALKS = 16
SEARCHED = 60
"""Walks in which a mistake is looked for; the first few find each."""
Break = Callable[[pytest.MonkeyPatch], None]


@pytest.fixture(autouse=True)
def quiet(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.CRITICAL)


def test_no_kill_failing_disk_damage_or_jump_disarms_or_leaves_a_change_without_its_row() -> None:
    met: set[str] = set()

    def noted(seed: int) -> StoreWalk:
        taken = StoreWalk(seed)
        taken.met = met
        return taken

    for seed in range(WALKS):
        walk(noted, seed, 200)
    faults = {str(fault) for fault in Fault if fault is not Fault.NONE}
    others = {"refused", "killed within an act", "power cut while in memory", "did not start"}
    assert {*faults, *others} <= met and len(met & DAMAGES.keys()) >= 6, "they come upon what they are for"


def shows_what_is_not_stored(patch: pytest.MonkeyPatch) -> None:
    keep = Panel._keep

    def kept(panel: Panel, alarm: Alarm, *more: Any, **named: Any) -> None:
        try:
            keep(panel, alarm, *more, **named)
        finally:
            panel._alarm = alarm

    patch.setattr(Panel, "_keep", kept)


def never_copies_a_disarming(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(AlarmTable, "_pay", lambda table: None)


def forgets_calls_at_a_start(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(AlarmTable, "_take_up_calls", lambda table, marked: table._calls.clear())


def forgets_answers(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(HiddenOutbox, "record", lambda *row: None)


def never_looks_at_the_copy(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(AlarmTable, "take_up", lambda table: "")


def believes_the_older_of_two_copies(patch: pytest.MonkeyPatch) -> None:
    compare = alarm.compare
    other = {Standing.BEHIND: Standing.AHEAD, Standing.AHEAD: Standing.BEHIND}

    def compared(stored: Stored, kept: Kept | None) -> Standing:
        found = compare(stored, kept)
        return found if kept is None or stored.alarm is None else other.get(found, found)

    patch.setattr(alarm, "compare", compared)


def is_disarmed_in_doubt(patch: pytest.MonkeyPatch) -> None:
    unknown = alarm.unknown_alarm

    def doubted(clock: Clock, sequence: int) -> Alarm:
        return replace(unknown(clock, sequence), mode=Mode.DISARMED)

    patch.setattr(alarm, "unknown_alarm", doubted)
    patch.setattr(repair, "unknown_alarm", doubted)


def begins_in_memory_without_the_alarm(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Database, "_begin_with_alarm", lambda database, refuge: None)


def drops_the_rows_of_memory(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(alarm, "_bring_audit", lambda memory, home: None)


def removes_the_copy_before_it_looks(patch: pytest.MonkeyPatch) -> None:
    take_up = AlarmTable.take_up

    def taken_up(table: AlarmTable) -> str:
        with suppress(OSError):
            if table._second is not None:
                table._second.path.unlink()
        return take_up(table)

    patch.setattr(AlarmTable, "take_up", taken_up)


def never_writes_a_lost_copy_again(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(AlarmTable, "pay", lambda table: None)


def names_who_armed_whoever_it_was(patch: pytest.MonkeyPatch) -> None:
    save = AlarmTable.save_alarm

    def saved(table: AlarmTable, alarm: Alarm, note: str, by: str = "", how: str = "", call: None = None) -> None:
        save(table, alarm, note, call=call)

    patch.setattr(AlarmTable, "save_alarm", saved)


def writes_some_rows_twice(patch: pytest.MonkeyPatch) -> None:
    save = AlarmTable.save_alarm

    def saved(table: AlarmTable, alarm: Alarm, *more: Any) -> None:
        for _ in range(2 if alarm.mode is Mode.NIGHT else 1):
            save(table, alarm, *more)

    patch.setattr(AlarmTable, "save_alarm", saved)


def changes_rows_afterwards(patch: pytest.MonkeyPatch) -> None:
    store = alarm.store_alarm

    def stored(connection: Any, *more: Any, **named: Any) -> Kept:
        kept = store(connection, *more, **named)
        connection.execute("UPDATE audit SET at_us = at_us + 1 WHERE number = ?", (kept.number - 1,))
        return kept

    patch.setattr(alarm, "store_alarm", stored)


def copies_a_disarming_before_it_is_stored(patch: pytest.MonkeyPatch) -> None:
    store, storing = AlarmTable._store, alarm.store_alarm

    def stored(table: AlarmTable, *args: Any, **named: Any) -> None:
        def copied(*args: Any, **named: Any) -> Kept:
            kept = storing(*args, **named)
            table._copy(kept)
            return kept

        with pytest.MonkeyPatch.context() as meanwhile:
            meanwhile.setattr(alarm, "store_alarm", copied)
            store(table, *args, **named)

    patch.setattr(AlarmTable, "_store", stored)


@pytest.mark.parametrize(
    ("break_it", "said"),
    [
        (shows_what_is_not_stored, "order"),
        (never_copies_a_disarming, "both copies are the same"),
        (never_looks_at_the_copy, "both copies are the same"),
        (believes_the_older_of_two_copies, "a start finds the mode as it was"),
        (is_disarmed_in_doubt, "a start finds the mode as it was"),
        (begins_in_memory_without_the_alarm, "the alarm is stored wherever it goes on"),
        (drops_the_rows_of_memory, "no row is lost"),
        (removes_the_copy_before_it_looks, "a start finds the mode as it was"),
        (never_writes_a_lost_copy_again, "both copies are the same"),
        (names_who_armed_whoever_it_was, "the row says who and how"),
        (writes_some_rows_twice, "every change has one row alone"),
        (changes_rows_afterwards, "the record hangs together"),
        (copies_a_disarming_before_it_is_stored, "a start finds the mode as it was"),
        (forgets_calls_at_a_start, "each call for help is sent"),
        (forgets_answers, "each call for help is sent once"),
    ],
)
def test_a_walk_finds_a_store_that(break_it: Break, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    break_it(monkeypatch)
    with pytest.raises(AssertionError, match=said):
        take_walks()


def take_walks() -> None:
    for seed in range(SEARCHED):
        walk(StoreWalk, seed, 200)
