"""A panel with its store and clock in memory, for its tests."""

from __future__ import annotations

from pisecurity.core.types import AlarmState, Mode
from pisecurity.runtime.alarm.panel import Panel, Transition
from pisecurity.settings import AlarmSettings, ModeSettings
from tests.fakes import FakeClock, MemoryAlarmStore

SETTINGS = AlarmSettings(
    trigger_time_s=180,
    away=ModeSettings(exit_delay_s=60, entry_delay_s=45),
    night=ModeSettings(entry_delay_s=30),
)


class House:
    """A panel with its store and clock, and what it told."""

    def __init__(self, settings: AlarmSettings = SETTINGS) -> None:
        self.store, self.clock, self.settings = MemoryAlarmStore(), FakeClock(), settings
        self.told: list[Transition] = []
        self.panel = self.started()

    def started(self) -> Panel:
        """Return a panel as a new process has it."""
        panel = Panel(self.store, self.clock, self.settings, self.told.append)
        panel.start()
        return panel

    def switch(self, mode: Mode) -> AlarmState:
        return self.panel.switch(mode, by="Anna", how="page").state

    def changes(self) -> list[tuple[AlarmState, AlarmState]]:
        return [(change.before, change.after) for change in self.told]


def armed_house(mode: Mode = Mode.AWAY) -> House:
    house = House()
    house.switch(mode)
    house.clock.advance(60)
    house.panel.settle()
    house.told.clear()
    return house
