"""No fault of the database disarms: not when the repair of it fails as well (R-33, R-11)."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import datetime
from pathlib import Path

import pytest

from pisecurity.adapters.store import SqliteStore
from pisecurity.adapters.store.quarantine import Quarantine
from pisecurity.core.types import Alarm, AlarmState, Mode
from pisecurity.runtime.alarm.panel import Panel
from pisecurity.settings import AlarmSettings
from tests.fakes import START, FakeClock

AWAY = Alarm(Mode.AWAY, "Anna", "page", FakeClock().instant(), START, sequence=5)
PAGE = 4096


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """The state folder of an armed house, without the second copy of the mode."""
    folder = tmp_path / "state"
    folder.mkdir()
    store = SqliteStore(folder, FakeClock())
    store.save_alarm(AWAY, "ordered")
    store.close()
    (folder / "mode.json").unlink()
    return folder


def damage(state: Path, table: str) -> None:
    """Overwrite the root page of *table*."""
    with closing(sqlite3.connect(state / "pisecurity.db")) as connection:
        root = connection.execute("SELECT rootpage FROM sqlite_schema WHERE name = ?", (table,)).fetchone()[0]
    with (state / "pisecurity.db").open("r+b") as file:
        file.seek((root - 1) * PAGE)
        file.write(b"\x5a" * PAGE)


def full(quarantine: Quarantine, build: Callable[[Path, Path], str], at: datetime) -> None:
    raise OSError(28, "No space left on device")


def started(state: Path) -> tuple[SqliteStore, Panel]:
    clock = FakeClock()
    store = SqliteStore(state, clock, refuge=state.parent / "memory")
    panel = Panel(store, clock, AlarmSettings(), lambda transition: None)
    panel.start()
    return store, panel


@pytest.mark.parametrize(("table", "by"), [("events", "Anna"), ("alarm", "pisecurity")])
def test_r33_armed_and_the_repair_fails_at_the_start_it_is_armed_then_and_after_it(
    state: Path, monkeypatch: pytest.MonkeyPatch, table: str, by: str
) -> None:
    damage(state, table)
    with monkeypatch.context() as patched:
        patched.setattr(Quarantine, "replace", full)
        store, panel = started(state)
        assert store.in_memory
        assert (panel.status().state, panel.status().by) == (AlarmState.ARMED_AWAY, by)
    assert store.settle() == ""
    loaded = store.load_alarm()
    assert loaded is not None and (loaded.mode, loaded.by) == (Mode.AWAY, by)
    store.close()
    again, panel = started(state)
    assert panel.status().state is AlarmState.ARMED_AWAY
    again.close()


def test_r33_a_disarming_meanwhile_is_no_fault_and_holds(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    damage(state, "alarm")
    with monkeypatch.context() as patched:
        patched.setattr(Quarantine, "replace", full)
        store, panel = started(state)
        panel.switch(Mode.DISARMED, by="Anna", how="page")
    assert store.settle() == ""
    loaded = store.load_alarm()
    assert loaded is not None and loaded.mode is Mode.DISARMED
    store.close()


def test_r23_killed_before_the_alarm_is_in_memory_the_next_start_is_armed(
    state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    damage(state, "alarm")
    with monkeypatch.context() as patched:
        patched.setattr(Quarantine, "replace", full)
        store, _ = started(state)
        store._database.close()
        memory = state.parent / "memory" / "pisecurity.db"
        with closing(sqlite3.connect(memory, isolation_level=None)) as connection:
            connection.execute("DELETE FROM alarm")
        (state / "mode.json").unlink()
        again, panel = started(state)
        assert panel.status().state is AlarmState.ARMED_AWAY
        again._database.close()
