"""Somebody who comes in by an entry zone and stays in view: the alarm stays raised, and each pause has its mail."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

from pisecurity.core.types import ARMED_MODES, AlarmState, AlertKind, Event, Mode, Phase
from pisecurity.core.vision.events import EventKeeper
from pisecurity.runtime.alarm.panel import Transition
from pisecurity.runtime.alerts.inbox import Item
from pisecurity.settings import AlarmSettings, ModeSettings
from tests.core.vision.test_events import track
from tests.fakes import make_picture
from tests.rigs.respond import Fixture

pytestmark = pytest.mark.usefixtures("short_waits")


class Intruder:
    """Respond and the panel, and somebody who is seen once a second, as watch and the pipeline hand him on."""

    def __init__(self, folder: Path, mode: Mode = Mode.AWAY) -> None:
        delays = ModeSettings(exit_delay_s=0, entry_delay_s=30)
        self.house = Fixture(folder, AlarmSettings(away=delays, night=delays, alert_pause_s=300))
        self.house.arm(mode)
        self.house.answer()
        self.anew = self._told = False
        self.states = [self.house.panel.status().state]
        self._keeper, self._entering, self._names = EventKeeper("front"), {1: ARMED_MODES}, dict[int, str]()
        put = self.house.inbox.put

        def noted(item: Item) -> bool:
            if isinstance(item, Transition) and item.begins_anew:
                self.anew = True
                self._entering = {} if item.raised else self._entering
            self._told = True
            return put(item)

        self.house.inbox.put = noted  # type: ignore[method-assign]
        self.house.panel._on_transition = noted

    def stays(self, seconds: int, *zones: str, modes: frozenset[Mode] = ARMED_MODES) -> None:
        """Be in *zones*, all that he has been in, for so long."""
        house = self.house
        for second in range(seconds):
            if self.anew:
                self.anew = False
                self._hand_on(self._keeper.finish())
            seen = [track(zones=zones, modes=modes)] if zones else []
            self._hand_on(self._keeper.note(seen, self._entering, house.clock.monotonic(), house.clock.now(), gap_s=10))
            if self._keeper.counting:
                house.panel.moves("front", self._keeper.counting)
            if self._told:
                self._told = False
                house.answer()
            self._look()
            house.clock.advance(1)
            house.panel.settle()
            if second % 10 == 0:
                house.run(2)  # what a pause has held back
            self._look()

    def mails(self) -> list[tuple[AlertKind, float, frozenset[str]]]:
        """Return what was mailed, after how many seconds, and in which zones it was."""
        began = self.house.alerts()[0].at
        events = {event.id: event for event in self.house.store.events(50)}
        return [
            (alert.kind, (alert.at - began).total_seconds(), events[alert.event_id].zones)
            for alert in self.house.alerts()
            if alert.event_id
        ]

    def _hand_on(self, events: Sequence[Event]) -> None:
        for event in events:
            if event.phase is Phase.OPENED:
                self._names[event.number] = f"{event.number:032x}"
            picture = None if event.phase is Phase.ENDED else make_picture()
            self.house.see(replace(event, id=self._names[event.number], picture=picture))

    def _look(self) -> None:
        state = self.house.panel.status().state
        if state is not self.states[-1]:
            self.states.append(state)


DOOR, HALL = frozenset({"door"}), frozenset({"door", "hall"})


def test_who_walks_on_into_the_house_is_mailed_of_there_as_soon_as_the_entry_delay_is_over(tmp_path: Path) -> None:
    intruder = Intruder(tmp_path)
    intruder.stays(3, "door")
    intruder.stays(30, "door", "hall")
    assert intruder.mails() == [
        (AlertKind.ENTRY, 0, DOOR), (AlertKind.ALARM, 30, DOOR), (AlertKind.ALARM, 30, HALL),
    ]  # fmt: skip


@pytest.mark.parametrize("zones", [("door",), ("door", "hall")])
def test_who_stays_in_view_keeps_the_alarm_raised_and_has_no_second_entry_delay(
    tmp_path: Path, zones: tuple[str, ...]
) -> None:
    intruder = Intruder(tmp_path)
    intruder.stays(3, "door")
    intruder.stays(1200, *zones)
    assert intruder.states == [AlarmState.ARMED_AWAY, AlarmState.PENDING, AlarmState.TRIGGERED]
    assert [kind for kind, _, _ in intruder.mails()].count(AlertKind.ENTRY) == 1


def test_who_stays_in_view_is_mailed_of_once_a_pause(tmp_path: Path) -> None:
    intruder = Intruder(tmp_path)
    intruder.stays(1300, "door")
    kinds = [kind for kind, _, _ in intruder.mails()]
    assert kinds[:2] == [AlertKind.ENTRY, AlertKind.ALARM]
    assert set(kinds[2:]) <= {AlertKind.SUMMARY, AlertKind.ALARM} and 3 <= len(kinds[2:]) <= 4
    at_s = [at_s for _, at_s, _ in intruder.mails()][1:]
    assert all(later - earlier >= 300 for earlier, later in pairwise(at_s))


def test_the_alarm_is_over_its_time_after_the_last_picture_of_whoever_went(tmp_path: Path) -> None:
    intruder = Intruder(tmp_path)
    intruder.stays(500, "door")
    intruder.stays(178)
    assert intruder.states[2:] == [AlarmState.TRIGGERED]
    intruder.stays(2)
    assert intruder.states[2:] == [AlarmState.TRIGGERED, AlarmState.ARMED_AWAY]


def test_who_stood_still_through_the_rest_of_an_alarm_raises_the_next_at_once(tmp_path: Path) -> None:
    intruder = Intruder(tmp_path)
    intruder.stays(40, "door")
    intruder.stays(200)
    assert intruder.states[2:] == [AlarmState.TRIGGERED, AlarmState.ARMED_AWAY]
    intruder.stays(1, "door")
    assert intruder.states[4:] == [AlarmState.TRIGGERED]


def test_what_goes_on_where_it_does_not_count_makes_no_alarm_last(tmp_path: Path) -> None:
    intruder = Intruder(tmp_path, Mode.NIGHT)
    intruder.stays(40, "door")
    intruder.stays(200, "door", modes=frozenset({Mode.AWAY}))
    assert intruder.states[-1] is AlarmState.ARMED_NIGHT
