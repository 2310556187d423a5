"""A changed file while the alarm runs: the real desk, parser, panel and timetable."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from pisecurity import config
from pisecurity.core.types import AlarmState, Mode
from pisecurity.runtime.alarm.panel import Panel
from pisecurity.runtime.alarm.timetable import Timetable
from pisecurity.runtime.desk import FAULT, RESTART_FACT, Desk
from pisecurity.runtime.health import Health
from tests.fakes import FakeClock, MemoryAlarmStore, MemoryScheduleStore

BERLIN = ZoneInfo("Europe/Berlin")
HOUSE = '[house]\ntimezone = "Europe/Berlin"\n'
PLACED = HOUSE + "latitude = 52.52\nlongitude = 13.405\n"
REST = '[[camera]]\nid = "front"\nkind = "stage"\n[alarm.away]\nexit_delay_s = 40\n'
EVERY_DAY = '[[schedule]]\ndays = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]\n'
NIGHT, MORNING = f'{EVERY_DAY}at = 22:00:00\nmode = "night"\n', f'{EVERY_DAY}at = 06:30:00\nmode = "disarmed"\n'
DUSK = f'{EVERY_DAY}at = "sunset"\nmode = "night"\n'


class House:
    """It is noon of 1 June 2026 in Berlin, where the sun sets at 21:19."""

    def __init__(self, text: str = HOUSE + REST + NIGHT + MORNING) -> None:
        self.text, self.clock = text, FakeClock(datetime(2026, 6, 1, 10, tzinfo=UTC))
        self.store, self.schedules = MemoryAlarmStore(), MemoryScheduleStore()
        self.restart()

    def restart(self) -> None:
        """Begin a new process with the file as it is."""
        settings = self.parse(self.text)
        self.health = Health(self.clock)
        self.panel = Panel(self.store, self.clock, settings.alarm, lambda change: None)
        self.panel.start()
        self.timetable = Timetable(self.panel, self.schedules, self.clock, settings, BERLIN)
        self.timetable.start()
        self.desk = Desk(settings, read=lambda: self.text, parse=self.parse, health=self.health, clock=self.clock)
        self.desk.register(("alarm",), lambda settings: self.panel.apply(settings.alarm))
        self.desk.register(("schedule", "holiday"), self.timetable.apply)

    parse = staticmethod(lambda text: config.parse(text, "config.toml"))

    def reload(self, text: str) -> None:
        self.text = text
        self.desk.reload()

    def at(self, moment: str) -> Mode:
        """Let time pass until *moment* in Berlin, then evaluate and return the mode."""
        until = datetime.fromisoformat(moment).replace(tzinfo=BERLIN).astimezone(UTC)
        self.clock.advance((until - self.clock.now()).total_seconds())
        self.timetable.evaluate()
        self.timetable.settle()
        self.panel.settle()
        return self.panel.status().mode

    @property
    def fault(self) -> str:
        return next((fault.text for fault in self.health.faults() if fault.key == FAULT), "")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (HOUSE + REST + NIGHT + NIGHT, "schedule[2].at = 22:00:00: schedule[1] switches at this time on mon already"),
        (
            HOUSE.replace("Berlin", "Berln") + REST + NIGHT,
            'house.timezone = "Europe/Berln": no such time zone; did you',
        ),
        (HOUSE + "latitude = 91\nlongitude = 0\n" + REST + NIGHT, "house.latitude = 91: give a number from -90 to 90"),
        (HOUSE + REST + DUSK, 'schedule[1].at = "sunset": add where the house is to [house]'),
        (HOUSE + REST + NIGHT.replace("night", "asleep"), 'schedule[1].mode = "asleep": give "disarmed", "home"'),
        (HOUSE + REST.replace("40", "181") + NIGHT, "alarm.away.exit_delay_s = 181: give seconds from 0 to 180"),
        (
            HOUSE + REST + EVERY_DAY + 'at = 25:00:00\nmode = "night"\n',
            "line 10, column 8: a time of day is from 00:00:00 to 23:59:59",
        ),
        (HOUSE + REST + EVERY_DAY + 'mode = "night"\n', "schedule[1].at: missing; add a line such as at = 22:30:00"),
        (HOUSE + REST + DUSK.replace("sunset", "noon"), 'schedule[1].at = "noon": give a time of day with seconds'),
        (
            HOUSE + REST + NIGHT + "[[holiday]]\nfirst = 2026-06-02\nlast = 2026-06-01\n",
            "holiday[1].last = 2026-06-01: this is before its first day, 2026-06-02; give that day or a later one",
        ),
        (
            HOUSE + REST + NIGHT + 2 * "[[holiday]]\nfirst = 2026-06-01\n",
            "holiday[2].first = 2026-06-01: holiday[1] has days of this one already; let one end before the other",
        ),
    ],
)
def test_a_mistake_in_the_file_is_told_and_neither_alarm_nor_schedule_notice(text: str, told: str) -> None:
    house = House()
    house.panel.switch(Mode.AWAY, by="Anna", how="page")
    house.clock.advance(15)
    house.reload(text)
    assert told in house.fault
    assert house.fault.endswith("; the settings before stay in force")
    status = house.panel.status()
    assert (status.state, status.by, status.countdown_s) == (AlarmState.ARMING, "Anna", 25)
    assert house.at("2026-06-01T21:59:59") is Mode.AWAY
    assert house.at("2026-06-01T22:00:00") is Mode.NIGHT
    assert house.at("2026-06-02T06:30:00") is Mode.DISARMED


def test_holidays_count_at_once_and_disarm_nothing() -> None:
    house = House()
    house.panel.switch(Mode.AWAY, by="Anna", how="page")
    house.reload(HOUSE + REST + NIGHT + MORNING + "[[holiday]]\nfirst = 2026-06-01\nlast = 2026-06-03\n")
    assert house.fault == ""
    assert house.at("2026-06-03T23:59:59") is Mode.AWAY
    assert house.at("2026-06-04T06:30:00") is Mode.DISARMED


def test_sunset_counts_at_once_where_the_place_of_the_house_is_known() -> None:
    house = House(PLACED + REST + NIGHT)
    house.reload(PLACED + REST + DUSK)
    assert house.at("2026-06-01T21:18:59") is Mode.DISARMED
    assert house.at("2026-06-01T21:19:00") is Mode.NIGHT


def test_a_schedule_by_the_sun_waits_for_the_restart_that_its_place_waits_for() -> None:
    house = House()
    house.reload(PLACED + REST + DUSK + "[[holiday]]\nfirst = 2026-06-01\n")
    assert house.fault == ""
    assert house.health.facts()[RESTART_FACT] == "house.latitude, house.longitude, schedule, holiday"
    assert house.at("2026-06-01T21:59:59") is Mode.DISARMED
    assert house.at("2026-06-01T22:00:00") is Mode.NIGHT


def test_a_place_that_nothing_asks_for_holds_up_no_schedule() -> None:
    house = House()
    house.reload(PLACED + REST + NIGHT.replace("22:00", "20:00"))
    assert house.health.facts()[RESTART_FACT] == "house.latitude, house.longitude"
    assert house.at("2026-06-01T20:00:00") is Mode.NIGHT


def test_a_schedule_that_is_new_after_a_restart_neither_disarms_nor_arms_by_what_passed_before() -> None:
    """An edge of the morning was none when it passed: the house was armed by hand at noon of the day before."""
    house = House(HOUSE + REST)
    house.panel.switch(Mode.AWAY, by="Anna", how="page")
    house.at("2026-06-02T11:00")
    house.reload(PLACED + REST + DUSK.replace("sunset", "sunrise").replace("night", "disarmed"))
    assert "schedule" in house.health.facts()[RESTART_FACT]
    house.restart()
    assert house.at("2026-06-02T11:02") is Mode.AWAY
    house.restart()
    assert house.at("2026-06-02T23:00") is Mode.AWAY
    assert house.at("2026-06-03T04:50") is Mode.DISARMED, "the next sunrise counts"


@pytest.mark.parametrize("reboots", [False, True])
def test_a_holiday_cut_short_disarms_by_no_later_restart_or_power_cut(*, reboots: bool) -> None:
    begun = HOUSE + REST + MORNING + "[[holiday]]\nfirst = 2026-06-01\n"
    house = House(begun + "last = 2026-06-20\n")
    house.panel.switch(Mode.AWAY, by="Anna", how="page")
    house.at("2026-06-05T11:00")
    house.reload(begun + "last = 2026-06-04\n")
    assert house.at("2026-06-05T11:01") is Mode.AWAY
    if reboots:
        house.clock.reboot()
        house.clock.synced = True
    house.restart()
    assert house.at("2026-06-05T11:02") is Mode.AWAY
    house.reload(begun + 'last = 2026-06-04\nname = "Away"\n')
    house.restart()
    assert house.at("2026-06-06T06:30") is Mode.DISARMED


def test_a_schedule_that_cannot_be_stored_is_refused_and_the_one_before_goes_on() -> None:
    house = House()
    house.schedules.broken = True
    house.reload(HOUSE + REST + NIGHT.replace("22:00", "20:00"))
    assert house.fault.endswith("disk full; delete something; the settings before stay in force")
    assert house.at("2026-06-01T20:00:00") is Mode.DISARMED
    assert house.at("2026-06-01T22:00:00") is Mode.NIGHT
