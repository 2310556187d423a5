"""The alarm over restarts and its audit log."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pisecurity.adapters.store import SqliteStore
from pisecurity.core.types import Alarm, Instant, Mode
from pisecurity.errors import StoreError
from tests.fakes import START, FakeClock

AWAY = Alarm(Mode.AWAY, "Anna", "page", Instant("boot-1", 1000.0), START, sequence=1)

TEXTS = st.text(max_size=40)
INSTANTS = st.builds(Instant, TEXTS, st.floats(0, 1e12))
VALUES: dict[str, st.SearchStrategy[object]] = {
    "mode": st.sampled_from(Mode),
    "by": TEXTS,
    "how": TEXTS,
    "since": INSTANTS,
    "since_at": st.datetimes(timezones=st.just(UTC)),
    "pending_since": st.none() | INSTANTS,
    "triggered_since": st.none() | INSTANTS,
    "until": st.none() | INSTANTS,
    "event_id": st.none() | TEXTS,
    "sequence": st.integers(0, 2**62),
    "duress": TEXTS,
}


def change(store: SqliteStore, sql: str) -> None:
    with store._database.write() as connection:
        assert connection.execute(sql).rowcount > 0


def save(store: SqliteStore, number: int) -> None:
    for sequence in range(1, number + 1):
        store.save_alarm(replace(AWAY, sequence=sequence), "armed")


def test_there_is_no_alarm_on_first_start(store: SqliteStore) -> None:
    assert store.load_alarm() is None


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=50)
@given(alarm=st.builds(Alarm, **VALUES))
def test_every_value_of_an_alarm_survives(store: SqliteStore, alarm: Alarm) -> None:
    assert VALUES.keys() == {field.name for field in fields(Alarm)}
    store.save_alarm(alarm, "a note")
    assert store.load_alarm() == alarm
    assert store.verify_audit() is None


def test_the_alarm_stored_last_is_there_after_a_restart(tmp_path: Path) -> None:
    before = SqliteStore(tmp_path, FakeClock())
    before.save_alarm(AWAY, "armed")
    home = replace(AWAY, mode=Mode.HOME, sequence=2)
    before.save_alarm(home, "armed at home")
    before.close()
    after = SqliteStore(tmp_path, FakeClock())
    assert after.load_alarm() == home
    after.close()


def test_an_alarm_that_cannot_be_read_is_an_error_and_not_a_disarmed_house(store: SqliteStore) -> None:
    store.save_alarm(AWAY, "armed")
    change(store, "UPDATE alarm SET mode = 'armed_holiday'")
    with pytest.raises(StoreError, match=r"pisecurity\.db.*armed_holiday"):
        store.load_alarm()


def test_an_audit_row_says_who_did_what_when(store: SqliteStore) -> None:
    store.save_alarm(AWAY, "armed away from the page")
    with store._database.read() as connection:
        row = dict(connection.execute("SELECT * FROM audit").fetchone())
    assert len(row.pop("hash")) == 64
    assert row == {
        "number": 1,
        "at_us": int(START.timestamp()) * 1_000_000,
        "boot_id": "boot-1",
        "boot_s": 1000.0,
        "mode": "armed_away",
        "by": "Anna",
        "how": "page",
        "sequence": 1,
        "event_id": None,
        "note": "armed away from the page",
    }


def test_an_alarm_is_not_stored_without_its_audit_row(store: SqliteStore) -> None:
    save(store, 1)
    with pytest.raises(StoreError):
        store.save_alarm(replace(AWAY, mode=Mode.DISARMED), None)  # type: ignore[arg-type]
    assert store.load_alarm() == AWAY


def test_an_untouched_audit_log_is_whole(store: SqliteStore) -> None:
    assert store.verify_audit() is None
    save(store, 5)
    assert store.verify_audit() is None


@pytest.mark.parametrize(
    "edit",
    ["by = 'Ben'", "note = 'disarmed'", "at_us = at_us + 1", "boot_s = 0", "event_id = 'e1'", "hash = 'ab'"],
)
def test_a_changed_audit_row_is_found(store: SqliteStore, edit: str) -> None:
    save(store, 5)
    change(store, f"UPDATE audit SET {edit} WHERE number = 3")
    assert store.verify_audit() == 3


def test_the_row_after_a_removed_one_is_found(store: SqliteStore) -> None:
    save(store, 5)
    change(store, "DELETE FROM audit WHERE number = 3")
    assert store.verify_audit() == 4


def test_a_removed_beginning_is_found(store: SqliteStore) -> None:
    save(store, 5)
    change(store, "DELETE FROM audit WHERE number <= 2")
    assert store.verify_audit() == 3
