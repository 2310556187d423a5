"""What a restart, a power cut and a changed schedule together may switch, and what not."""

from __future__ import annotations

import logging

import pytest

from pisecurity.core.alarm.outlook import Standing
from pisecurity.core.types import Mode
from tests.runtime.alarm.test_timetable import EVERY_DAY, House, berlin, entry


def test_edge_that_disarms_is_made_up_for_as_well_while_the_same_schedule_holds() -> None:
    house = House()
    house.at("2026-06-01T22:00")
    house.clock.advance(3600)
    house.clock.reboot()
    house.clock.set_wall(berlin("2026-06-02T07:00"))
    house.clock.synced = True
    house.start()
    assert house.evaluated() is Mode.DISARMED


def test_after_a_power_cut_a_changed_schedule_counts_from_the_start_though_the_clock_was_stale_then() -> None:
    house = House()
    house.by_hand(Mode.AWAY)
    house.clock.advance(3600)
    house.clock.reboot()  # the clock goes on where it stopped; in truth it is the next day, 10:00
    house.entries = (entry("07:00", "disarmed"), entry("22:00", "night"))
    house.start()
    assert house.outlook()[0] is Standing.CLOCK
    house.clock.advance(60)
    house.clock.set_wall(berlin("2026-06-02T10:00"))
    house.clock.synced = True
    assert house.evaluated() is Mode.AWAY
    for _ in range(2):
        house.clock.reboot(f"boot of {house.clock.now()}")
        house.clock.advance(60)
        house.clock.synced = True
        house.start()
        assert house.evaluated() is Mode.AWAY, "since 09:59, not since the day before"
    house.clock.reboot("boot in the evening")
    house.clock.set_wall(berlin("2026-06-02T23:00"))
    house.clock.synced = True
    house.start()
    assert house.evaluated() is Mode.NIGHT, "and what passed since then is made up for"


def test_a_power_cut_before_a_new_schedule_knew_the_time_makes_up_for_nothing_older_than_the_boot() -> None:
    house = House()
    house.by_hand(Mode.AWAY)
    house.clock.reboot()
    house.entries = (entry("07:00", "disarmed"),)
    house.start()
    house.clock.reboot("boot-3")
    house.clock.set_wall(berlin("2026-06-02T10:00"))
    house.clock.synced = True
    house.start()
    assert house.evaluated() is Mode.AWAY


def test_what_was_dealt_with_is_not_undone_by_a_restart_after_an_order_at_a_stale_clock() -> None:
    house = House()
    house.clock.reboot()  # it is 12:00 by the clock, and in truth the next day, 10:00
    house.start()
    house.by_hand(Mode.AWAY)
    house.clock.advance(60)
    house.clock.set_wall(berlin("2026-06-02T10:00"))
    house.clock.synced = True
    assert house.evaluated() is Mode.AWAY
    house.clock.reboot("boot-3")
    house.clock.synced = True
    house.start()
    assert house.evaluated() is Mode.AWAY
    assert house.at("2026-06-02T22:00") is Mode.NIGHT


def test_a_schedule_taken_out_and_put_back_counts_from_then_on() -> None:
    house = House()
    house.by_hand(Mode.AWAY)
    house.entries = ()
    house.start()
    house.at("2026-06-02T11:00")
    house.entries = EVERY_DAY
    house.start()
    assert house.evaluated() is Mode.AWAY
    assert house.at("2026-06-02T22:00") is Mode.NIGHT


def test_what_is_in_force_is_stored_once_for_each_edge_and_again_when_the_disk_failed(
    caplog: pytest.LogCaptureFixture,
) -> None:
    house = House()
    house.at("2026-06-01T22:00")
    house.evaluated()
    assert house.schedules.saved == 2, "at the start and for the edge"
    house.schedules.broken = True
    with caplog.at_level(logging.WARNING):
        assert house.at("2026-06-02T06:30") is Mode.DISARMED
        house.evaluated()
    assert len(caplog.records) == 1
    house.schedules.broken = False
    house.evaluated()
    stored = house.schedules.in_force
    assert stored is not None and stored.dealt_with is not None
    assert (stored.dealt_with.at, house.schedules.saved) == (berlin("2026-06-02T06:30"), 3)
