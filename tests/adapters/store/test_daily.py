"""The last daily mail and what was stored since, counted by rows and not by the clock."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from pisecurity.adapters.store import SqliteStore
from pisecurity.adapters.store.daily import _MARKS, bring_daily, bring_past_faults
from pisecurity.adapters.store.sqlite import FILE_NAME
from pisecurity.core.alarm import states
from pisecurity.core.daily import DailyTold, Marks, PastFault
from pisecurity.core.types import AlarmState, Alert, AlertKind, Decision, Fault, Outcome, Receipt
from pisecurity.errors import StoreError
from pisecurity.ports import Address
from tests.fakes import START, FakeClock, make_dismissed, make_event

TO = (Address("mail", "anna@example.org"), Address("mail", "ben@example.org"))


def alert(name: str, kind: AlertKind = AlertKind.ALARM, event_id: str | None = None) -> Alert:
    return Alert(name * 32, kind, START, "subject", "text", event_id=event_id)


def fill(store: SqliteStore, clock: FakeClock) -> None:
    """Store an alarm with its event, a silent event, two movements that were none, and a change of the alarm."""
    event = make_event(event_id="a" * 32)
    decision = Decision(AlertKind.ALARM, "armed away: movement at Front door")
    store.add_event(event, AlarmState.ARMED_AWAY, decision, alert("a", event_id="a" * 32), TO)
    silent = make_event(event_id="b" * 32, number=2)
    store.add_event(silent, AlarmState.ARMING, Decision(None, "arming: the exit delay still runs"), None, ())
    store.add_dismissed(
        [make_dismissed("to and fro"), make_dismissed("to and fro", left_out=7), make_dismissed("seen")]
    )
    store.save_alarm(states.first(clock.instant(), clock.now()), "first start: disarmed")


def test_before_the_first_there_is_none(store: SqliteStore) -> None:
    assert store.daily() is None
    happened = store.happened(Marks())
    assert (happened.marks, happened.head, happened.waiting) == (Marks(), "", 0)


def test_faults_are_kept_until_they_are_told_and_those_that_last_longer(store: SqliteStore, clock: FakeClock) -> None:
    fault = Fault("mail", "no route", START)
    over, lasts = PastFault(fault, START + timedelta(hours=1)), PastFault(replace(fault, key="disk"), None)
    store.save_past_faults([over, lasts])
    store.save_past_faults([over, lasts])
    assert store.past_faults() == (over, lasts)
    store.save_daily(DailyTold(date(2026, 6, 2), START, clock.instant(), Marks()), None, ())
    assert store.past_faults() == (lasts,)


@pytest.mark.parametrize("told", [False, True], ids=["no mail left from memory", "the mail left from memory"])
def test_faults_of_memory_join_those_of_the_disk_once_and_what_was_told_goes(
    tmp_path: Path, clock: FakeClock, told: bool
) -> None:
    over = PastFault(Fault("camera:front", "no picture", START), START)
    lasts = PastFault(Fault("mail", "no route", START), None)
    ended, new = replace(lasts, ended_at=START + timedelta(hours=2)), PastFault(Fault("heat", "too hot", START), None)
    for name, faults in (("home", [over, lasts]), ("memory", [ended, new])):
        (tmp_path / name).mkdir()
        with closing(SqliteStore(tmp_path / name, clock)) as store:
            if told and name == "memory":
                at = START + timedelta(hours=1)
                store.save_daily(DailyTold(date(2026, 6, 2), at, clock.instant(), Marks()), None, ())
            store.save_past_faults(faults)
    with closing(opened(tmp_path / "memory")) as memory, closing(opened(tmp_path / "home")) as home:
        for _ in range(2):
            bring_past_faults(memory, home)
        home.commit()
    with closing(SqliteStore(tmp_path / "home", clock)) as store:
        assert store.past_faults() == ((ended, new) if told else (over, ended, new))


def test_memory_that_knows_of_no_faults_leaves_those_of_the_disk(tmp_path: Path, clock: FakeClock) -> None:
    over = PastFault(Fault("camera:front", "no picture", START), START)
    (tmp_path / "state").mkdir()
    with closing(SqliteStore(tmp_path / "state", clock, refuge=tmp_path / "memory")) as store:
        store.save_past_faults([over])
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr("pisecurity.adapters.store.database.MOST_TAKEN_BYTES", 0)
            assert store._database.flee(StoreError("the disk fails", disk=True))
        assert store.past_faults() == ()
        assert store.settle() == ""
        assert store.past_faults() == (over,)


def test_what_was_stored_since_is_counted_by_rows(store: SqliteStore, clock: FakeClock) -> None:
    fill(store, clock)
    first, _ = store.due(clock.instant())
    store.record(first, Receipt(Outcome.ACCEPTED, "250"), clock.instant(), clock.now(), clock.instant())
    happened = store.happened(Marks())
    assert happened.alarms == ((START, "front"),)
    assert happened.silences == {"arming: the exit delay still runs": 1}
    assert happened.dismissals == {"to and fro": 9, "seen": 1}
    assert [note.text for note in happened.notes] == ["first start: disarmed"]
    assert happened.outcomes == {Outcome.ACCEPTED: 1, Outcome.WAITING: 1}
    assert happened.waiting == 1
    assert (happened.marks.audit, happened.head) == store.audit_head()
    assert store.marks() == happened.marks
    clock.set_wall(START - timedelta(days=400))
    after = store.happened(happened.marks)
    assert (after.alarms, after.silences, after.dismissals, after.notes) == ((), {}, {}, ())
    assert after.waiting == 1, "what waits still does"


def test_the_first_marks_read_no_table_however_long(store: SqliteStore) -> None:
    with store._database.read() as connection:
        plan = [step["detail"] for step in connection.execute(f"EXPLAIN QUERY PLAN {_MARKS}")]
    assert {step for step in plan if step.startswith("SEARCH")} == {
        f"SEARCH {table}" for table in ("events", "ledger", "audit", "alerts")
    }
    assert not any(step.startswith("SCAN") and step != "SCAN CONSTANT ROW" for step in plan), plan


def test_the_mail_and_what_it_told_are_stored_together(store: SqliteStore, clock: FakeClock) -> None:
    fill(store, clock)
    told = DailyTold(date(2026, 6, 1), START, clock.instant(), store.happened(Marks()).marks)
    store.save_daily(told, alert("d", AlertKind.DAILY), TO[:1])
    assert store.daily() == told
    assert [row.alert.kind for row in store.deliveries(1)] == [AlertKind.DAILY]
    later = replace(told, day=date(2026, 6, 2), stored=clock.instant().later(5))
    store.save_daily(later, None, ())
    assert store.daily() == later


def test_what_left_from_memory_is_not_sent_again_from_the_disk(tmp_path: Path, clock: FakeClock) -> None:
    for name, day in (("home", 1), ("memory", 2)):
        (tmp_path / name).mkdir()
        store = SqliteStore(tmp_path / name, clock)
        store.save_daily(DailyTold(date(2026, 6, day), START, clock.instant(), Marks(audit=10 * day)), None, ())
        store.close()
    with closing(opened(tmp_path / "memory")) as memory, closing(opened(tmp_path / "home")) as home:
        bring_daily(memory, home)
        bring_daily(home, memory)
        home.commit()
    store = SqliteStore(tmp_path / "home", clock)
    assert store.daily() == DailyTold(date(2026, 6, 2), START, clock.instant(), Marks(audit=10))
    store.close()


def opened(folder: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(folder / FILE_NAME)
    connection.row_factory = sqlite3.Row
    return connection
