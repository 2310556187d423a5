"""Whom respond owes an all-clear, and how often."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from pisecurity.core.types import AlarmState, AlertKind, Mode
from pisecurity.settings import AlarmSettings, ModeSettings
from tests.fakes import make_event
from tests.rigs.respond import LATER_EVENT, Fixture


def test_one_disarming_is_one_all_clear_though_an_event_was_answered_after_it(house: Fixture) -> None:
    house.arm()
    house.put(make_event(entry=True))
    house.see(make_event(event_id=LATER_EVENT, number=2))
    house.panel.switch(Mode.DISARMED, by="Anna", how="page")
    house.answer()
    assert house.kinds() == [AlertKind.ENTRY, AlertKind.ALL_CLEAR]


def test_what_never_counted_is_owed_no_all_clear(tmp_path: Path) -> None:
    house = Fixture(tmp_path, AlarmSettings(away=ModeSettings(), alert_pause_s=300, trigger_time_s=60))
    house.arm()
    house.put(make_event())
    house.panel.switch(Mode.DISARMED, by="Anna", how="page")
    house.answer()
    house.clock.advance(40)
    house.arm()
    house.see(replace(make_event(event_id=LATER_EVENT, number=2), modes=frozenset({Mode.NIGHT})))
    house.panel.switch(Mode.DISARMED, by="Anna", how="page")
    house.answer()
    assert house.kinds() == [AlertKind.ALARM, AlertKind.ALL_CLEAR]
    house.store.close()


@pytest.mark.parametrize("restarted", [False, True])
def test_r26_the_all_clear_of_an_alarm_that_went_on_survives_a_jump_of_the_clock(
    tmp_path: Path, restarted: bool
) -> None:
    house = Fixture(tmp_path, AlarmSettings(away=ModeSettings(), alert_pause_s=300, trigger_time_s=60))
    house.arm()
    house.put(make_event())
    house.clock.advance(100)
    house.panel.settle()
    house.answer()
    if restarted:
        house.store.close()
        house.boot()
    house.clock.set_wall(house.clock.now() + timedelta(days=100))
    house.put(replace(make_event(event_id=LATER_EVENT, number=2), opened_at=house.clock.now()))
    house.panel.switch(Mode.DISARMED, by="Anna", how="page")
    house.answer()
    assert house.kinds() == [AlertKind.ALARM, AlertKind.ALL_CLEAR]
    house.store.close()


def test_an_alarm_that_had_its_time_before_somebody_disarmed_is_cleared_too(house: Fixture) -> None:
    house.arm()
    house.put(make_event())
    house.clock.advance(house.alarm.trigger_time_s + 1)
    house.panel.settle()
    house.answer()
    assert house.panel.status().state is AlarmState.ARMED_AWAY
    house.arm(Mode.DISARMED)
    house.answer()
    alarm, clear = house.alerts()
    assert (clear.kind, clear.thread) == (AlertKind.ALL_CLEAR, alarm.id)


def test_an_arming_in_which_nothing_was_told_ends_without_a_mail(house: Fixture) -> None:
    house.arm()
    house.put(make_event())
    house.arm(Mode.DISARMED)
    house.answer()
    house.arm()
    house.answer()
    house.arm(Mode.DISARMED)
    house.answer()
    assert house.kinds() == [AlertKind.ALARM, AlertKind.ALL_CLEAR]


@pytest.mark.parametrize("later_s", [0.0, 0.3, 0.69])
def test_the_all_clear_of_an_alarm_that_still_waits_for_its_picture_leaves_after_it(
    house: Fixture, later_s: float
) -> None:
    house.arm()
    house.put(make_event())
    house.clock.advance(later_s)
    house.arm(Mode.DISARMED)
    house.answer()
    left: list[AlertKind] = []
    for _ in range(40):
        for row in house.store.due(house.clock.instant(), channel="mail"):
            left.append(row.alert.kind)
            house.taken(row)
        house.clock.advance(0.05)
    assert list(dict.fromkeys(left)) == [AlertKind.ALARM, AlertKind.ALL_CLEAR]
    assert len(left) == 4, "both of two recipients"


def test_deliver_is_woken_for_each_alert_when_its_wait_is_over(house: Fixture) -> None:
    house.arm()
    house.put(make_event())
    house.clock.advance(0.3)
    house.arm(Mode.DISARMED)
    house.answer()
    woken = [house.woken]
    for wait_s in (0.41, 0.3):
        house.clock.advance(wait_s)
        house.run(1)
        woken.append(house.woken)
    assert woken == [woken[0], woken[0] + 1, woken[0] + 2]
