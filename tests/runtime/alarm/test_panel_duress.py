"""Disarming under duress: the panel does what it does for any disarming, and notes who was made to."""

from __future__ import annotations

from dataclasses import fields

import pytest

from pisecurity.core.types import Alarm, AlarmState, Alert, AlertKind, Mode
from pisecurity.ports import SilentCall
from pisecurity.runtime.alarm.panel import Panel, PanelStatus, Transition
from pisecurity.settings import AlarmSettings
from tests.fakes import START, FakeClock, MemoryAlarmStore, make_event


class House:
    def __init__(self) -> None:
        self.store, self.clock = MemoryAlarmStore(), FakeClock()
        self.transitions: list[Transition] = []
        self.panel = Panel(self.store, self.clock, AlarmSettings(), self.transitions.append)
        self.panel.start()

    def bring_to(self, state: AlarmState) -> None:
        """Order and let happen what leads to *state*."""
        if state is AlarmState.DISARMED:
            return
        mode = Mode(state.value) if state.value in set(Mode) else Mode.AWAY
        self.panel.switch(mode, by="Ben", how="code", coded=True)
        if state is AlarmState.ARMING:
            return
        self.clock.advance(61)
        self.panel.settle()
        if state in (AlarmState.PENDING, AlarmState.TRIGGERED):
            self.panel.notice(make_event(entry=state is AlarmState.PENDING))
        assert self.panel.status().state is state


def shown(status: PanelStatus) -> dict[str, object]:
    return {each.name: getattr(status, each.name) for each in fields(status) if each.name != "duress"}


@pytest.mark.parametrize("state", list(AlarmState))
def test_in_every_state_a_duress_code_does_what_the_ordinary_one_does(state: AlarmState) -> None:
    ordinary, forced = House(), House()
    for house, duress in ((ordinary, False), (forced, True)):
        house.bring_to(state)
        house.clock.advance(3)
        status = house.panel.switch(Mode.DISARMED, by="Anna", how="code", coded=True, duress=duress)
        assert (status.state, status.duress) == (AlarmState.DISARMED, duress)
    assert shown(ordinary.panel.status()) == shown(forced.panel.status())
    assert ordinary.store.notes == forced.store.notes
    changes = [change for change in forced.transitions if change.before is not change.after]
    assert [(one.before, one.after, one.at) for one in ordinary.transitions] == [
        (one.before, one.after, one.at) for one in changes
    ]
    assert forced.store.alarm is not None
    assert forced.store.alarm.duress == "Anna"
    assert forced.transitions[-1].alarm.duress == "Anna"


@pytest.mark.parametrize("state", list(AlarmState))
@pytest.mark.parametrize("wanted", [Mode.HOME, Mode.AWAY, Mode.NIGHT])
def test_arming_is_never_under_duress_and_ends_it(state: AlarmState, wanted: Mode) -> None:
    house = House()
    house.bring_to(state)
    assert not house.panel.switch(wanted, by="Anna", how="code", coded=True, duress=True).duress
    house.panel.switch(Mode.DISARMED, by="Anna", how="code", coded=True, duress=True)
    assert house.panel.status().duress
    assert not house.panel.switch(wanted, by="Ben", how="page").duress
    assert not house.panel.switch(Mode.DISARMED, by="Ben", how="page").duress


def test_an_ordinary_disarming_of_what_is_disarmed_does_not_end_duress() -> None:
    house = House()
    house.panel.switch(Mode.AWAY, by="Ben", how="code", coded=True)
    house.panel.switch(Mode.DISARMED, by="Anna", how="code", coded=True, duress=True)
    told = len(house.transitions)
    house.panel.switch(Mode.DISARMED, by="Anna", how="code", coded=True)
    assert house.panel.status().duress
    assert len(house.transitions) == told, "nothing new"


def test_duress_is_taken_up_after_a_restart() -> None:
    house = House()
    house.panel.switch(Mode.DISARMED, by="Anna", how="code", coded=True, duress=True)
    again = Panel(house.store, house.clock, AlarmSettings(), lambda change: None)
    again.start()
    assert again.status().duress


class Marked(MemoryAlarmStore):
    """Notes what is stored where a code changes nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.marks: list[SilentCall | None] = []

    def mark_alarm(self, alarm: Alarm, call: SilentCall | None = None) -> None:
        super().mark_alarm(alarm, call)
        self.marks.append(call)


@pytest.mark.parametrize("broken", [False, True])
def test_where_it_is_disarmed_already_every_code_writes_and_answers_the_same_and_help_is_called_later(
    broken: bool,
) -> None:
    help_wanted = SilentCall(Alert("a", AlertKind.DURESS, START, "help", "help"), ())
    answers = []
    for duress in (False, True):
        store = Marked()
        panel = Panel(store, FakeClock(), AlarmSettings(), lambda change: None)
        panel.call = lambda alarm, now, at, by, forced: help_wanted if forced else None
        panel.start()
        store.broken = broken
        answers.append(shown(panel.switch(Mode.DISARMED, by="Anna", how="page, code", coded=True, duress=duress)))
        assert len(store.marks) == (0 if broken else 1)
        assert panel.status().duress is duress
        store.broken = False
        for _ in range(2):
            panel.settle()
        assert store.marks == ([help_wanted] if duress else [None][: not broken]), "once"
    assert answers[0] == answers[1]
