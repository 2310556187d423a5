"""Every input in every state, at the panel over the real audit log: who, how and when, and never off by itself."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest

from pisecurity.adapters.store.audit import Chain
from pisecurity.core.types import AlarmState, Mode
from pisecurity.errors import StoreError
from pisecurity.runtime.alarm.panel import Panel, Transition
from pisecurity.settings import AlarmSettings, ModeSettings
from tests.fakes import START, FakeClock, make_event
from tests.rigs.panel_walks import FOLLOWS, ChainedStore
from tests.rigs.walks import SETTINGS


class House:
    """A panel over the real audit log, in one of the states."""

    def __init__(self, state: AlarmState) -> None:
        self.clock, self.settings, self.broken = FakeClock(), SETTINGS, False
        self.store = ChainedStore(self.clock, lambda: self.broken)
        self.told: list[Transition] = []
        self.start()
        mode = Mode(state.value) if state.value in set(Mode) else Mode.AWAY
        if state is not AlarmState.DISARMED:
            self.panel.switch(mode, by="Anna", how="page")
        if state not in (AlarmState.DISARMED, AlarmState.ARMING):
            self.clock.advance(60)
            self.panel.settle()
        if state in (AlarmState.PENDING, AlarmState.TRIGGERED):
            self.panel.notice(make_event(entry=state is AlarmState.PENDING))
        self.clock.advance(1)
        assert self.panel.status().state is state
        self.told.clear()

    def start(self) -> None:
        self.panel = Panel(self.store, self.clock, self.settings, self.told.append)
        self.panel.start()

    def order(self, mode: Mode) -> None:
        self.panel.switch(mode, by="Ben", how="cli")

    def wait(self) -> None:
        self.clock.advance(200)
        self.panel.settle()

    def cut_power(self) -> None:
        self.clock.reboot()
        self.start()

    def jump(self, days: int) -> None:
        self.clock.set_wall(START + timedelta(days=days))
        self.panel.settle()

    def set(self, delay_s: float) -> None:
        mode = ModeSettings(exit_delay_s=delay_s, entry_delay_s=delay_s)
        self.settings = AlarmSettings(trigger_time_s=10, away=mode, home=mode, night=mode)
        self.panel.apply(self.settings)

    def fail(self, act: Callable[[], object]) -> None:
        self.broken = True
        with suppress(StoreError):
            act()
        self.broken = False


ORDERS: dict[str, Mode] = {f"order {mode}": mode for mode in Mode}
BY_ITSELF: dict[str, Callable[[House], object]] = {
    "entry": lambda house: house.panel.notice(make_event(entry=True)),
    "movement": lambda house: house.panel.notice(make_event()),
    "time": House.wait,
    "restart": House.start,
    "power cut": House.cut_power,
    "clock forward": lambda house: house.jump(180),
    "clock back": lambda house: house.jump(-20_000),
    "no delays": lambda house: house.set(0),
    "long delays": lambda house: house.set(180),
    "order that the disk does not take": lambda house: house.fail(lambda: house.order(Mode.DISARMED)),
    "event that the disk does not take": lambda house: house.fail(lambda: house.panel.notice(make_event())),
}


def see_that_each_change_is_one_row(house: House, before: int) -> list[dict[str, Any]]:
    """Return the rows after number *before*: one for each change that was told, each saying who, how and when."""
    rows = house.store.rows(before)
    assert [(row["sequence"], row["mode"]) for row in rows] == [
        (change.alarm.sequence, change.alarm.mode) for change in house.told
    ]
    for row, change in zip(rows, house.told, strict=True):
        how, ordered = row["how"], (change.alarm.by, change.alarm.how)
        assert (row["by"], how) == {"time": ("pisecurity", how), "event": ("front", how)}.get(how, ordered)
        assert (how in {"time", "event"}) == (": ordered " not in row["note"])
        assert str(row["note"]).startswith(f"{change.before} to {change.after}: ")
        assert change.after in FOLLOWS[change.before]
    chain = Chain()
    assert all(chain.takes(row) for row in house.store.rows())
    return rows


@pytest.mark.parametrize("state", AlarmState)
@pytest.mark.parametrize("name", BY_ITSELF)
def test_what_nobody_orders_changes_neither_the_mode_nor_who_how_and_when(state: AlarmState, name: str) -> None:
    house = House(state)
    before, rows = house.panel.status(), len(house.store.rows())
    BY_ITSELF[name](house)
    after = house.panel.status()
    assert (after.mode, after.by, after.how, after.since_at) == (before.mode, before.by, before.how, before.since_at)
    assert (after.state is AlarmState.DISARMED) == (before.mode is Mode.DISARMED)
    see_that_each_change_is_one_row(house, rows)


@pytest.mark.parametrize("state", AlarmState)
@pytest.mark.parametrize("name", ORDERS)
def test_an_order_is_one_row_with_who_how_and_when_and_a_second_tap_is_none(state: AlarmState, name: str) -> None:
    house, mode = House(state), ORDERS[name]
    before, rows, at = house.panel.status(), len(house.store.rows()), house.clock.now()
    house.order(mode)
    after, stored = house.panel.status(), see_that_each_change_is_one_row(house, rows)
    if mode is before.mode:
        assert (after, stored) == (before, [])
        return
    (row,) = stored
    assert (after.mode, after.by, after.how, after.since_at) == (mode, "Ben", "cli", at)
    assert (row["mode"], row["by"], row["how"]) == (mode, "Ben", "cli")
    assert row["at_us"] == round(at.timestamp() * 1_000_000)
    house.order(mode)
    assert house.panel.status() == after and len(house.store.rows()) == rows + 1


@pytest.mark.parametrize("state", AlarmState)
def test_every_state_can_be_disarmed_and_then_nothing_of_it_is_left(state: AlarmState) -> None:
    house = House(state)
    house.order(Mode.DISARMED)
    house.wait()
    status = house.panel.status()
    assert (status.state, status.event_id, status.countdown_s) == (AlarmState.DISARMED, None, None)
