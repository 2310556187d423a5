"""Events that opened before the one ahead of them was answered: the mails say what the alarm does."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pisecurity.core.types import AlarmState, AlertKind, Event, Mode
from tests.fakes import make_event
from tests.rigs.respond import Fixture

pytestmark = pytest.mark.usefixtures("short_waits")


def event(letter: str, zone: str, *, entry: bool = False) -> Event:
    made = make_event(event_id=letter * 32, number=int(letter, 16), entry=entry)
    return replace(made, zones=frozenset({zone}))


def test_who_comes_home_and_is_in_the_hall_a_second_later_is_no_alarm_on_a_slow_card(house: Fixture) -> None:
    house.arm()
    house.see(event("a", "door", entry=True))
    house.clock.advance(1)
    house.see(event("b", "hall"))
    house.answer()
    assert (house.kinds(), house.panel.status().state) == ([AlertKind.ENTRY], AlarmState.PENDING)
    second = house.store.event("b" * 32)
    assert second is not None and second.why == "pending: the entry delay runs and its picture has been sent"


def test_of_an_alarm_that_is_raised_no_mail_says_that_it_is_to_come(house: Fixture) -> None:
    house.arm()
    house.see(event("b", "hall"))
    house.see(event("a", "door", entry=True))
    house.answer()
    assert (house.kinds(), house.panel.status().state) == ([AlertKind.ALARM] * 2, AlarmState.TRIGGERED)
    house.clock.advance(31)
    house.panel.settle()
    house.answer()
    assert len(house.kinds()) == 2


def test_an_entry_that_is_answered_after_its_delay_is_one_alarm(house: Fixture) -> None:
    house.arm()
    house.see(event("a", "door", entry=True))
    house.clock.advance(31)
    house.answer()
    house.panel.settle()
    house.answer()
    assert (house.kinds(), house.panel.status().state) == ([AlertKind.ALARM], AlarmState.TRIGGERED)


def test_an_entry_that_is_answered_after_an_alarm_is_over_is_an_entry(house: Fixture) -> None:
    house.arm()
    house.put(event("b", "hall"))
    house.clock.advance(179)
    house.see(event("a", "door", entry=True))
    house.clock.advance(2)
    house.answer()
    assert (house.kinds(), house.panel.status().state) == ([AlertKind.ALARM, AlertKind.ENTRY], AlarmState.PENDING)


def test_another_mode_ordered_during_an_alarm_does_not_mail_it_twice(house: Fixture) -> None:
    house.arm()
    house.put(event("a", "hall"))
    house.clock.advance(20)
    house.panel.switch(Mode.NIGHT, by="Ben", how="page")
    house.put(event("b", "hall"))
    assert (house.kinds(), house.panel.status().state) == ([AlertKind.ALARM], AlarmState.TRIGGERED)
