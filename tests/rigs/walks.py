"""An alarm under inputs by chance, and what must hold after each of them."""

from __future__ import annotations

import random
from collections.abc import Callable
from math import isclose
from typing import Protocol

from pisecurity.core.alarm import states
from pisecurity.core.types import Alarm, AlarmState, Instant, Mode, Phase
from pisecurity.runtime.alarm.panel import Panel
from pisecurity.settings import AlarmSettings, ModeSettings
from tests.fakes import START, FakeClock, make_event
from tests.rigs.expected import Expected

DISARMED, PENDING, TRIGGERED = AlarmState.DISARMED, AlarmState.PENDING, AlarmState.TRIGGERED
ARMED = frozenset({AlarmState.ARMED_HOME, AlarmState.ARMED_AWAY, AlarmState.ARMED_NIGHT})
SETTINGS = AlarmSettings(
    trigger_time_s=180,
    away=ModeSettings(exit_delay_s=60, entry_delay_s=45),
    home=ModeSettings(exit_delay_s=0, entry_delay_s=20),
    night=ModeSettings(exit_delay_s=0, entry_delay_s=30),
)
PEOPLE = (("Anna", "page"), ("Ben", "cli"), ("schedule", "schedule"), ("home", "mqtt"))
WAITS_S = (0.0, 0.5, 20.0, 45.0, 60.0, 500.0)


def settings_by_chance(chance: random.Random) -> AlarmSettings:
    exit_delay_s, entry_delay_s = chance.choice([0, 30, 180]), chance.choice([0, 30, 180])
    mode = ModeSettings(exit_delay_s=exit_delay_s, entry_delay_s=entry_delay_s)
    return AlarmSettings(trigger_time_s=chance.choice([10, 180]), away=mode, home=mode, night=mode)


def notice_by_chance(panel: Panel, chance: random.Random, clock: FakeClock) -> None:
    """Tell *panel* of an event that opens, mostly, now or a while ago."""
    phase = chance.choice([Phase.OPENED, Phase.OPENED, Phase.IMPROVED, Phase.ENDED])
    event = make_event(phase, event_id=f"e{chance.random()}", entry=chance.random() < 0.5)
    opened = clock.instant().later(-chance.choice([0.0, 0.5, 5.0]))
    panel.notice(event, chance.choice([None, opened]))


class Walk(Protocol):
    """One walk, and what must hold on it."""

    def step(self) -> None:
        """Do one thing, and see that the alarm is what it must be."""
        ...

    def end(self) -> None:
        """See what must hold at the end."""
        ...

    def close(self) -> None:
        """Leave nothing behind."""
        ...


class CoreWalk:
    """The values of ``core.alarm.states`` alone."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)
        self._now, self._boots = Instant("boot-0", 10.0), 0
        self._settings = SETTINGS
        self._alarm = states.first(self._now, START)
        self._mode, self._by = Mode.DISARMED, ("pisecurity", "start")
        self._expected = Expected(self._settings)

    def step(self) -> None:
        """Do one thing, and see that the alarm is what it must be."""
        before = self._present()
        self._alarm = before
        act = self._chance.choice([self._order, self._order, self._notice, self._notice, self._wait, self._wait,
                                   self._reboot, self._set])  # fmt: skip
        act()
        after, state = self._alarm, states.state_of(self._alarm)
        assert after.mode is self._mode, "only an order changes the mode"
        assert (after.by, after.how) == self._by, "only an order changes who"
        assert state is self._expected.state, "it does what a person expects"
        ends_s = -1.0 if after.until is None else after.until.since_boot_s
        expected_s = -1.0 if self._expected.ends_s is None else self._expected.ends_s
        assert isclose(ends_s, expected_s), "what counts down ends when a person expects"
        assert (state is DISARMED) == (self._mode is Mode.DISARMED)
        if state in ARMED:
            assert state.value == self._mode.value
        assert after.sequence > before.sequence if after != before else after.sequence == before.sequence
        assert (after.event_id is not None) == (state in (PENDING, TRIGGERED))
        if states.state_of(before) in (PENDING, TRIGGERED) and act in (self._notice, self._set):
            assert state is states.state_of(before)

    def end(self) -> None:
        """See that the alarm can be disarmed, whatever it does."""
        self._alarm = self._present()
        after = states.order(
            self._alarm, Mode.DISARMED, by="Anna", how="page", now=self._now, now_at=START, settings=self._settings
        )
        assert states.state_of(after) is DISARMED

    def close(self) -> None:
        """There is nothing."""

    def _present(self) -> Alarm:
        return states.present(self._alarm, self._now, self._settings)

    def _order(self) -> None:
        mode, (by, how) = self._chance.choice(list(Mode)), self._chance.choice(PEOPLE)
        if mode is not self._mode:
            self._mode, self._by = mode, (by, how)
        self._expected.order(mode, self._now.since_boot_s)
        self._alarm = states.order(
            self._alarm, mode, by=by, how=how, now=self._now, now_at=START, settings=self._settings
        )

    def _notice(self) -> None:
        entry, event_id = self._chance.random() < 0.5, f"e{self._chance.random()}"
        self._expected.notice(self._now.since_boot_s, entry=entry)
        self._alarm = states.notice(self._alarm, entry=entry, event_id=event_id, now=self._now, settings=self._settings)

    def _wait(self) -> None:
        self._now = self._now.later(self._chance.choice(WAITS_S))
        self._expected.wait(self._now.since_boot_s)
        self._alarm = self._present()

    def _reboot(self) -> None:
        self._boots += 1
        self._now = Instant(f"boot-{self._boots}", 5.0)
        self._expected.reboot(self._now.since_boot_s)
        self._alarm = self._present()

    def _set(self) -> None:
        self._settings = self._expected.settings = settings_by_chance(self._chance)
        assert self._present() is self._alarm, "no setting moves the alarm"


def walk(kind: Callable[[int], Walk], seed: int, steps: int) -> None:
    """Take one walk of *steps*.

    Raises:
        AssertionError: something does not hold; its note names the seed and the step.
    """
    taken, number = kind(seed), 0
    try:
        for number in range(steps):  # noqa: B007 - said where it fails
            taken.step()
        taken.end()
    except AssertionError as error:
        error.add_note(f"{type(taken).__name__} {seed}, step {number}")
        raise
    finally:
        taken.close()
