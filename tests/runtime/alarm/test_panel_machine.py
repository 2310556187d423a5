"""Any orders, events, restarts and broken disks, in any order: the alarm is never silently off."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from pisecurity.core.types import AlarmState, Mode
from pisecurity.errors import StoreError
from pisecurity.settings import AlarmSettings, ModeSettings
from tests.fakes import START, make_event
from tests.rigs.panel import House


class PanelMachine(RuleBasedStateMachine):
    """Whatever happens in whatever order: only an order of a person disarms, and the disk knows what is shown."""

    @initialize()
    def begin(self) -> None:
        self.house = House()
        self.boots = 0
        self.mode = Mode.DISARMED
        self.sequence = 0

    @rule(mode=st.sampled_from(Mode))
    def order(self, mode: Mode) -> None:
        try:
            self.house.switch(mode)
        except StoreError:
            assert self.house.store.broken
        else:
            self.mode = mode

    @rule(entry=st.booleans(), event_id=st.sampled_from(["e1", "e2", "e3"]))
    def move(self, entry: bool, event_id: str) -> None:
        try:
            self.house.panel.notice(make_event(entry=entry, event_id=event_id))
        except StoreError:
            assert self.house.store.broken

    @rule(seconds=st.sampled_from([0.0, 0.5, 30.0, 45.0, 60.0, 180.0, 1000.0]), settles=st.booleans())
    def pass_time(self, seconds: float, settles: bool) -> None:
        self.house.clock.advance(seconds)
        if settles:
            self.house.panel.settle()

    @rule(broken=st.booleans())
    def break_or_mend_the_disk(self, broken: bool) -> None:
        self.house.store.broken = broken

    @rule(days=st.integers(-20_000, 20_000))
    def set_the_wall_clock(self, days: int) -> None:
        self.house.clock.set_wall(START + timedelta(days=days))

    @rule(delay_s=st.sampled_from([0, 30, 180]), trigger_time_s=st.sampled_from([10, 180]))
    def change_settings(self, delay_s: float, trigger_time_s: float) -> None:
        mode = ModeSettings(exit_delay_s=delay_s, entry_delay_s=delay_s)
        self.house.settings = AlarmSettings(trigger_time_s=trigger_time_s, away=mode, home=mode, night=mode)
        self.house.panel.apply(self.house.settings)

    @rule(reboots=st.booleans())
    def restart(self, reboots: bool) -> None:
        self.house.store.broken = False
        if reboots:
            self.boots += 1
            self.house.clock.reboot(f"boot-{self.boots + 1}")
        self.house.panel = self.house.started()

    @invariant()
    def only_an_order_changes_the_mode(self) -> None:
        status = self.house.panel.status()
        assert status.mode is self.mode
        assert (status.state is AlarmState.DISARMED) == (self.mode is Mode.DISARMED)
        if status.state.value.startswith("armed"):
            assert status.state.value == self.mode.value

    @invariant()
    def the_sequence_only_grows_and_every_change_was_told(self) -> None:
        stored = self.house.store.alarm
        assert stored is not None
        assert stored.sequence >= self.sequence
        self.sequence = stored.sequence
        assert [change.alarm.sequence for change in self.house.told] == list(range(1, stored.sequence + 1))
        assert self.house.panel.status().sequence >= stored.sequence

    @invariant()
    def settling_shows_what_was_shown_before(self) -> None:
        shown = self.house.panel.alarm()
        self.house.panel.settle()
        assert self.house.panel.alarm() == shown
        if not self.house.store.broken:
            assert self.house.store.alarm == shown


TestPanelMachine = PanelMachine.TestCase
TestPanelMachine.settings = hypothesis_settings(max_examples=60, stateful_step_count=60, deadline=None)
