"""The panel under inputs by chance, over the real audit log and a disk that fails now and then."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import pairwise
from types import MappingProxyType
from typing import Any

from pisecurity.adapters.store.alarm import columns_of, store_alarm
from pisecurity.adapters.store.audit import Chain
from pisecurity.adapters.store.codec import alarm_in
from pisecurity.adapters.store.format import migrations
from pisecurity.core.types import Alarm, AlarmState, Mode
from pisecurity.errors import StoreError
from pisecurity.ports import SilentCall
from pisecurity.runtime.alarm.panel import Panel, PanelStatus, Transition
from tests.diagram.changes import changes
from tests.fakes import FakeClock
from tests.rigs.walks import (
    ARMED,
    DISARMED,
    PENDING,
    PEOPLE,
    SETTINGS,
    TRIGGERED,
    WAITS_S,
    notice_by_chance,
    settings_by_chance,
)


@cache
def _empty() -> sqlite3.Connection:
    """Return a database with all tables, to be copied."""
    database = sqlite3.connect(":memory:", isolation_level=None)
    for script in migrations():
        database.executescript(script)
    return database


class ChainedStore:
    """An AlarmStore with the real audit log in memory, whose disk fails now and then, before anything is written."""

    def __init__(self, clock: FakeClock, fails: Callable[[], bool]) -> None:
        self._clock, self._fails = clock, fails
        self.database = sqlite3.connect(":memory:", isolation_level=None)
        self.database.row_factory = sqlite3.Row
        _empty().backup(self.database)

    def load_alarm(self) -> Alarm | None:
        self._try()
        row = self.database.execute("SELECT * FROM alarm").fetchone()
        return None if row is None else alarm_in(row)

    def save_alarm(self, alarm: Alarm, note: str, by: str = "", how: str = "", call: SilentCall | None = None) -> None:
        self._try()
        store_alarm(self.database, columns_of(alarm), note, self._clock, None, (by or alarm.by, how or alarm.how))

    def owe(self, call: SilentCall, alarm: Alarm | None = None) -> None:
        """Nothing: it is forgotten with this store."""

    def mark_alarm(self, alarm: Alarm, call: SilentCall | None = None) -> None:
        self._try()
        self.database.execute("UPDATE alarm SET duress = ?", (alarm.duress,))

    def rows(self, after: int = 0) -> list[dict[str, Any]]:
        """Return the audit rows after number *after*."""
        rows = self.database.execute("SELECT * FROM audit WHERE number > ? ORDER BY number", (after,))
        return [dict(row) for row in rows]

    def _try(self) -> None:
        if self._fails():
            raise StoreError("pisecurity.db: the disk reports an error")


def _reached() -> Mapping[AlarmState, frozenset[AlarmState]]:
    """Return which states the table lets follow each state."""
    found: dict[AlarmState, set[AlarmState]] = {}
    for change in changes():
        found.setdefault(change.before, set()).add(change.after)
    return MappingProxyType({before: frozenset(after) for before, after in found.items()})


FOLLOWS = _reached()


def check_status(status: PanelStatus, mode: Mode, by: tuple[str, str], at: datetime) -> None:
    """See that what is shown is the order of *mode*: who gave it and how (*by*), and when (*at*)."""
    assert status.mode is mode, "only an order changes the mode"
    assert (status.by, status.how, status.since_at) == (*by, at), "who, how and when are of that order"
    assert (status.state is DISARMED) == (mode is Mode.DISARMED), "never silently disarmed"
    assert status.state not in ARMED or status.state.value == mode.value
    assert (status.event_id is not None) == (status.state in (PENDING, TRIGGERED))


def check_change(row: Mapping[str, Any], change: Transition) -> None:
    """See that the audit *row* is that of *change*, says who, how and when, and that the table knows such a change."""
    alarm = change.alarm
    assert (row["sequence"], row["mode"]) == (alarm.sequence, alarm.mode), "the row is that of the change"
    ordered = ": ordered " in str(row["note"])
    by_itself = row["how"] in {"time", "event"}
    assert (row["by"], row["how"]) == (alarm.by, alarm.how) if ordered else by_itself, "the row says who and how"
    assert row["by"] and row["how"] and row["at_us"] is not None, "the row says who, how and when"
    assert str(row["note"]).startswith(f"{change.before} to {change.after}: "), "the row says what"
    assert change.after in FOLLOWS[change.before], "the table knows the change"


class PanelWalk:
    """The panel over the real audit log, through restarts, power cuts, clock jumps and a disk that fails."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)
        self._failing = False
        self._clock = FakeClock()
        self._boots = 1
        self._settings = SETTINGS
        self._store = ChainedStore(self._clock, self._fails)
        self._told: list[Transition] = []
        self._panel = self._started()
        self._mode, self._by, self._at = Mode.DISARMED, ("pisecurity", "start"), self._clock.now()
        self._rows, self._checked = 1, 0
        self._acts: list[Callable[[], object]] = [
            self._order, self._order, self._order, self._notice, self._notice, self._wait, self._wait, self._settle,
            self._restart, self._power_cut, self._jump, self._apply, self._record, self._break,
        ]  # fmt: skip

    def step(self) -> None:
        """Do one thing, and see that the alarm is what it must be."""
        with suppress(StoreError):
            self._chance.choice(self._acts)()
        check_status(self._panel.status(), self._mode, self._by, self._at)
        self._check_changes()

    def end(self) -> None:
        """See that the whole log hangs together and that a new process takes up what was shown."""
        self._failing = False
        self._panel.settle()
        shown = self._panel.status()
        self._panel = self._started()
        assert self._panel.status() == shown
        assert self._panel.alarm() == self._store.load_alarm()
        self._check_changes()
        chain = Chain()
        assert [row["number"] for row in self._store.rows() if not chain.takes(row)] == []
        assert chain.number == self._rows

    def close(self) -> None:
        """Give the database up."""
        self._store.database.close()

    def _check_changes(self) -> None:
        """See that each change has exactly one row that says who, how and when, and is one that the table knows."""
        new, stored = self._told[self._checked :], self._store.rows(self._rows)
        rows = [row for row in stored if row["note"] != "looked by Anna (page)"]
        self._rows += len(stored)
        assert len(rows) == len(new), "every change is one row"
        for row, change in zip(rows, new, strict=True):
            check_change(row, change)
        told = self._told[max(self._checked - 1, 0) :]
        for earlier, later in pairwise(told):
            assert later.before is earlier.after and later.alarm.sequence == earlier.alarm.sequence + 1
        self._checked = len(self._told)

    def _fails(self) -> bool:
        return self._failing and self._chance.random() < 0.5

    def _started(self) -> Panel:
        panel = Panel(self._store, self._clock, self._settings, self._told.append)
        panel.start()
        return panel

    def _order(self) -> None:
        mode, (by, how) = self._chance.choice(list(Mode)), self._chance.choice(PEOPLE)
        changes = mode is not self._mode
        self._panel.switch(mode, by=by, how=how)
        if changes:
            self._mode, self._by, self._at = mode, (by, how), self._clock.now()

    def _notice(self) -> None:
        notice_by_chance(self._panel, self._chance, self._clock)

    def _wait(self) -> None:
        self._clock.advance(self._chance.choice(WAITS_S))

    def _settle(self) -> None:
        self._panel.settle()
        if not self._failing:
            assert self._panel.alarm() == self._store.load_alarm()

    def _restart(self) -> None:
        shown, stored = self._panel.status(), self._store.database.execute("SELECT until_boot_id FROM alarm").fetchone()
        self._panel = self._started()
        # On a disk that has taken nothing since a power cut, a countdown of before it begins anew with each process.
        if stored["until_boot_id"] in (None, self._clock.boot_id):
            assert self._panel.status().state is shown.state, "a restart changes nothing"

    def _power_cut(self) -> None:
        self._boots += 1
        stored = self._store.database.execute("SELECT mode FROM alarm").fetchone()["mode"]
        self._clock.reboot(f"boot-{self._boots}")
        if self._chance.random() < 0.5:
            self._clock.set_wall(datetime(1970, 1, 1, 0, 0, 5, tzinfo=UTC))
        while True:  # systemd starts it again
            with suppress(StoreError):
                self._panel = self._started()
                break
        assert self._panel.status().mode == stored == self._mode

    def _jump(self) -> None:
        self._clock.set_wall(self._clock.now() + timedelta(days=self._chance.randint(-20, 180)))

    def _apply(self) -> None:
        self._settings = settings_by_chance(self._chance)
        self._panel.apply(self._settings)

    def _record(self) -> None:
        self._panel.record("looked", by="Anna", how="page")

    def _break(self) -> None:
        self._failing = not self._failing
