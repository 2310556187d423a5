"""Not too many mails: a pause for each zone, one sum of what it held back, and a new place breaks through."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta

import pytest

from pisecurity.core.types import AlertKind, Event, Mode, Phase
from tests.fakes import START, make_event
from tests.rigs.respond import Fixture

PAUSE_S = 300
pytestmark = pytest.mark.usefixtures("short_waits")


def seen(house: Fixture, number: int, *zones: str) -> Event:
    event = make_event(event_id=f"{number:032x}", number=number)
    return replace(event, zones=frozenset(zones), opened_at=house.clock.now())


def storm(house: Fixture, seconds: float, *zones: str, every_s: float = 10, start: int = 1) -> int:
    """Let something move again and again; return how often."""
    count = int(seconds / every_s)
    for number in range(start, start + count):
        house.put(seen(house, number, *zones))
        house.clock.advance(every_s)
    return count


def test_r35_a_tree_in_the_wind_is_one_mail_a_pause(house: Fixture) -> None:
    house.arm()
    storm(house, 3600, "garden")
    assert 12 <= len(house.alerts()) <= 13
    texts = [alert.text for alert in house.alerts() if alert.kind is AlertKind.ALARM]
    assert "Before: more movement since 12:00:10, not mailed one by one (29).\n" in texts[1]
    assert "Before" not in texts[0]


def test_what_the_pause_held_back_is_summed_up_when_it_is_over(house: Fixture) -> None:
    house.arm()
    storm(house, 100, "garden")
    assert house.kinds() == [AlertKind.ALARM]
    house.clock.advance(PAUSE_S - 101)
    house.run(3)
    assert house.kinds() == [AlertKind.ALARM]
    house.clock.advance(1)
    house.run(3)
    alarm, summary = house.alerts()
    assert (summary.kind, summary.thread) == (AlertKind.SUMMARY, alarm.id)
    assert summary.subject == "[Home] ALARM goes on at Front door: more movement since 12:00:10 (9)"
    assert summary.event_id == f"{10:032x}", "the newest picture goes along"
    assert "Where: Front door (garden)\n" in summary.text


def test_a_sum_starts_the_pause_anew_and_is_told_once(house: Fixture) -> None:
    house.arm()
    storm(house, 20, "garden")
    house.clock.advance(PAUSE_S)
    house.run(5)
    assert house.kinds() == [AlertKind.ALARM, AlertKind.SUMMARY]
    house.put(seen(house, 50, "garden"))
    assert len(house.kinds()) == 2
    house.clock.advance(PAUSE_S)
    house.run(5)
    assert house.kinds() == [AlertKind.ALARM, AlertKind.SUMMARY, AlertKind.SUMMARY]


def test_a_single_alarm_is_followed_by_no_sum(house: Fixture) -> None:
    house.arm()
    house.put(seen(house, 1, "garden"))
    house.clock.advance(3 * PAUSE_S)
    house.run(5)
    assert house.kinds() == [AlertKind.ALARM]


def test_r35_a_new_zone_breaks_through_a_storm_at_once(house: Fixture) -> None:
    house.arm()
    storm(house, 60, "garden")
    house.put(seen(house, 90, "hall"))
    assert house.kinds() == [AlertKind.ALARM, AlertKind.ALARM]
    assert "Where: Front door (hall)\n" in house.alerts()[-1].text


def test_what_is_not_told_before_somebody_disarms_is_told_no_more(house: Fixture) -> None:
    house.arm()
    storm(house, 60, "garden")
    house.arm(Mode.DISARMED)
    house.answer()
    house.arm()
    house.clock.advance(PAUSE_S + 1)
    house.run(5)
    assert house.kinds() == [AlertKind.ALARM, AlertKind.ALL_CLEAR]


def test_the_sum_comes_also_after_a_power_cut(house: Fixture) -> None:
    house.arm()
    storm(house, 60, "garden")
    house.cut_power()
    house.clock.set_wall(START + timedelta(hours=2))
    house.run(5)
    assert house.kinds()[:2] == [AlertKind.ALARM, AlertKind.SUMMARY]
    assert house.alerts()[1].subject == "[Home] ALARM goes on at Front door: more movement since 12:00:10 (5)"


def test_a_better_view_of_an_event_with_a_mail_makes_a_second_step(house: Fixture) -> None:
    house.arm()
    event = seen(house, 1)
    house.put(event)
    house.put(replace(event, phase=Phase.IMPROVED, last_s=6.0))
    assert [row.step for row in house.deliveries()] == [2, 2, 1, 1]
    woken = house.woken
    house.put(replace(event, phase=Phase.ENDED, picture=None))
    assert house.woken > woken, "the end of the event lets it leave"


def test_the_sum_comes_also_while_something_comes_in_all_the_time(house: Fixture) -> None:
    """Movement in a zone that does not count in the mode must not hold back what is due."""
    house.arm()
    storm(house, 20, "garden")
    house.clock.advance(PAUSE_S)
    for number in range(60, 76):
        house.see(replace(seen(house, number, "path"), modes=frozenset({Mode.HOME}), objection="in zone path"))
    stop, left = threading.Event(), iter(range(8))

    def beat() -> None:
        house.clock.advance(1)
        if next(left, None) is None:
            stop.set()

    house.respond.work(stop, beat)
    assert house.kinds() == [AlertKind.ALARM, AlertKind.SUMMARY]
