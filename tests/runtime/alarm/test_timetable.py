from __future__ import annotations

import logging
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from pisecurity.core.alarm.outlook import Standing
from pisecurity.core.alarm.readiness import Problem
from pisecurity.core.alarm.schedule import CLOCK_SETTLING_S
from pisecurity.core.types import Alarm, AlarmState, Instant, Mode
from pisecurity.ports import SilentCall
from pisecurity.runtime.alarm.panel import Panel, Transition
from pisecurity.runtime.alarm.timetable import HEARTBEAT_S, Timetable
from pisecurity.settings import AlarmSettings, CameraSettings, ModeSettings, ScheduleSettings, Settings, Weekday
from tests.fakes import FakeClock, MemoryAlarmStore, MemoryScheduleStore, make_event

BERLIN = ZoneInfo("Europe/Berlin")
DAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
NO_DELAYS = AlarmSettings(trigger_time_s=180, away=ModeSettings(), night=ModeSettings())


def entry(at: str, mode: str) -> ScheduleSettings:
    return ScheduleSettings.model_validate({"days": DAYS, "at": time.fromisoformat(at), "mode": mode})


def settings(entries: tuple[ScheduleSettings, ...]) -> Settings:
    return Settings(camera=(CameraSettings(id="front", kind="stage"),), schedule=entries)


EVERY_DAY = (entry("06:30", "disarmed"), entry("22:00", "night"))


def berlin(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN).astimezone(UTC)


class House:
    """A panel and its timetable, at noon of 1 June 2026 in Berlin."""

    def __init__(self, entries: tuple[ScheduleSettings, ...] = EVERY_DAY, now: str = "2026-06-01T12:00") -> None:
        self.store: MemoryAlarmStore = MemoryAlarmStore()
        self.schedules = MemoryScheduleStore()
        self.clock, self.entries = FakeClock(berlin(now)), entries
        self.told: list[Transition] = []
        self.start()

    def start(self) -> None:
        """Begin a new process."""
        self.panel = Panel(self.store, self.clock, NO_DELAYS, self.told.append)
        self.panel.start()
        self.timetable = Timetable(self.panel, self.schedules, self.clock, settings(self.entries), BERLIN)
        self.timetable.start()

    def at(self, moment: str) -> Mode:
        """Let time pass until *moment* in Berlin, then evaluate and return the mode."""
        self.clock.advance((berlin(moment) - self.clock.now()).total_seconds())
        return self.evaluated()

    def evaluated(self) -> Mode:
        self.timetable.evaluate()
        self.timetable.settle()
        return self.panel.status().mode

    def outlook(self) -> tuple[Standing, str]:
        """Return whose word counts, and the next change by the clock of Berlin."""
        ahead = self.timetable.outlook()
        assert ahead
        edge = ahead.next
        return ahead.standing, f"{edge.at.astimezone(BERLIN):%m-%d %H:%M} {edge.mode}" if edge else ""

    def by_hand(self, mode: Mode) -> None:
        self.panel.switch(mode, by="Anna", how="page")


def test_edge_is_executed_once_and_signed_by_the_schedule() -> None:
    house = House()
    assert house.at("2026-06-01T21:59:59") is Mode.DISARMED
    assert house.at("2026-06-01T22:00") is Mode.NIGHT
    assert (house.panel.status().by, house.panel.status().how) == ("schedule", "schedule")
    house.evaluated()
    assert len(house.told) == 1
    assert house.at("2026-06-02T06:30") is Mode.DISARMED


def test_ui10_the_schedule_arms_in_spite_of_problems_and_says_which() -> None:
    house, told = House(), []
    broken = (Problem("camera:front", "camera front is unplugged; plug it in", graver=True),)

    class Broken:
        def problems(self, mode: Mode) -> tuple[Problem, ...]:
            return broken

        def bypassed(self, found: Sequence[Problem], mode: Mode, by: str) -> None:
            told.append((found, mode, by))

    house.timetable = Timetable(house.panel, house.schedules, house.clock, settings(EVERY_DAY), BERLIN, Broken())
    house.timetable.start()
    assert house.at("2026-06-01T22:00") is Mode.NIGHT
    assert house.store.notes[-1].endswith("by schedule (schedule), bypassed: camera front is unplugged")
    assert house.at("2026-06-02T06:30") is Mode.DISARMED
    assert told == [(broken, Mode.NIGHT, "schedule"), ((), Mode.DISARMED, "schedule")]


def test_first_start_does_not_make_up_for_edges_before_it() -> None:
    assert House(now="2026-06-01T23:00").evaluated() is Mode.DISARMED


@pytest.mark.parametrize("mode", [Mode.DISARMED, Mode.AWAY])
def test_ui24_order_by_hand_wins_until_the_next_edge(mode: Mode) -> None:
    house = House()
    house.at("2026-06-01T22:00")
    house.clock.advance(60)
    house.by_hand(mode)
    assert house.at("2026-06-02T06:29:59") is mode
    house.at("2026-06-02T06:30")
    assert house.at("2026-06-02T22:00") is Mode.NIGHT


def test_order_by_hand_wins_over_a_restart_of_the_daemon() -> None:
    house = House()
    house.at("2026-06-01T22:00")
    house.clock.advance(60)
    house.by_hand(Mode.DISARMED)
    house.clock.advance(60)
    house.start()
    assert house.evaluated() is Mode.DISARMED


def test_edge_missed_while_the_daemon_was_down_is_made_up_for() -> None:
    house = House()
    house.clock.advance(11 * 3600)
    house.start()
    assert house.evaluated() is Mode.NIGHT


def test_edge_missed_during_a_power_cut_is_made_up_for_once_the_clock_may_be_trusted() -> None:
    house = House()
    house.clock.reboot()
    house.clock.set_wall(berlin("2026-06-01T23:00"))
    house.start()
    assert house.evaluated() is Mode.DISARMED
    house.clock.advance(CLOCK_SETTLING_S)
    assert house.evaluated() is Mode.NIGHT


def test_r26_a_clock_that_a_time_server_has_set_is_trusted_at_once() -> None:
    house = House()
    house.clock.reboot()
    house.clock.set_wall(berlin("2026-06-01T23:00"))
    house.start()
    assert house.evaluated() is Mode.DISARMED
    house.clock.synced = True
    assert house.evaluated() is Mode.NIGHT


def test_r26_an_old_clock_executes_no_edge_while_a_router_comes_back_after_a_power_cut() -> None:
    house = House(now="2026-06-01T21:58")
    house.by_hand(Mode.AWAY)
    house.clock.reboot()  # the clock goes on where it stopped; in truth it is the next day, 07:00
    house.start()
    for _ in range(48):
        house.clock.advance(HEARTBEAT_S)
        assert house.evaluated() is Mode.AWAY, "22:00 by a clock that nobody has set"
    house.clock.set_wall(berlin("2026-06-02T07:00"))
    house.clock.synced = True
    assert house.evaluated() is Mode.DISARMED
    assert [change.after for change in house.told] == [AlarmState.ARMED_AWAY, AlarmState.DISARMED]


def test_an_order_that_overtakes_the_schedule_while_it_arms_is_not_told_as_armed_by_it() -> None:
    """Anna disarms between the look at the alarm and the order: the edge is overruled, and nothing was bypassed."""
    house, told = House(), list[Mode]()
    house.by_hand(Mode.AWAY)

    class Overtaken:
        def problems(self, mode: Mode) -> tuple[Problem, ...]:
            house.by_hand(Mode.DISARMED)
            return ()

        def bypassed(self, found: Sequence[Problem], mode: Mode, by: str) -> None:
            told.append(mode)

    house.timetable = Timetable(house.panel, house.schedules, house.clock, settings(EVERY_DAY), BERLIN, Overtaken())
    house.timetable.start()
    assert house.at("2026-06-01T22:00") is Mode.DISARMED
    assert told == []
    assert house.schedules.in_force is not None and house.schedules.in_force.dealt_with is None
    house.clock.advance(HEARTBEAT_S)
    assert house.evaluated() is Mode.DISARMED
    assert house.schedules.in_force.dealt_with is not None, "Anna's word stands until the next edge"


def test_r26_clock_of_1970_executes_nothing_and_the_jump_only_what_is_newer_than_the_last_order() -> None:
    house = House()
    house.by_hand(Mode.AWAY)
    house.clock.reboot()
    house.clock.set_wall(datetime(1970, 1, 1, 6, 29, tzinfo=UTC))
    house.start()
    for _ in range(100):
        house.clock.advance(HEARTBEAT_S)
        assert house.evaluated() is Mode.AWAY
    house.by_hand(Mode.HOME)
    house.clock.advance(HEARTBEAT_S)
    house.clock.set_wall(berlin("2026-11-28T07:00"))
    assert house.evaluated() is Mode.HOME
    assert house.at("2026-11-28T22:00") is Mode.NIGHT


def test_r26_jump_of_180_days_executes_the_latest_edge_once() -> None:
    house = House()
    house.by_hand(Mode.AWAY)
    house.told.clear()
    house.clock.advance(10 * 3600 - 60)
    house.clock.set_wall(berlin("2026-11-28T22:04"))
    assert [house.evaluated() for _ in range(3)] == [Mode.NIGHT] * 3
    assert len(house.told) == 1


@pytest.mark.parametrize("back", [timedelta(hours=1), timedelta(days=1)])
def test_r27_clock_set_back_undoes_nothing_and_the_schedule_goes_on_by_the_new_clock(back: timedelta) -> None:
    house = House()
    house.at("2026-06-01T22:00")
    house.clock.advance(600)
    house.by_hand(Mode.DISARMED)
    house.clock.advance(60)
    house.clock.set_wall(house.clock.now() - back)
    assert house.evaluated() is Mode.DISARMED
    now = house.clock.now().astimezone(BERLIN)
    tonight = now.replace(hour=22, minute=0, second=0) + timedelta(days=now.hour >= 22)
    house.at(f"{tonight:%Y-%m-%dT%H:%M:%S}")
    assert house.panel.status().mode is Mode.NIGHT


def test_clock_corrected_by_seconds_right_after_an_edge_does_not_repeat_it() -> None:
    house = House()
    house.at("2026-06-01T22:00:01")
    house.by_hand(Mode.DISARMED)
    house.clock.set_wall(house.clock.now() - timedelta(seconds=3))
    assert house.at("2026-06-01T22:00:05") is Mode.DISARMED


def test_r28_edge_at_half_past_two_happens_once_on_both_days_of_summer_time() -> None:
    for day, before, after in (("2026-03-29", "01:59:59", "03:00:00"), ("2026-10-25", "02:29:59", "02:30:00")):
        house = House((entry("02:30", "night"),), now=f"{day}T00:00")
        assert house.at(f"{day}T{before}") is Mode.DISARMED
        assert house.at(f"{day}T{after}") is Mode.NIGHT
        house.by_hand(Mode.DISARMED)
        for _ in range(36):
            house.clock.advance(300)
            assert house.evaluated() is Mode.DISARMED
        assert len(house.told) == 2


@pytest.mark.parametrize("entry_zone", [True, False])
def test_scheduled_disarm_waits_until_an_alarm_is_over(caplog: pytest.LogCaptureFixture, *, entry_zone: bool) -> None:
    house = House()
    house.at("2026-06-01T22:00")
    house.clock.advance(8.5 * 3600 - 5)
    assert house.panel.notice(make_event(entry=entry_zone)).state is AlarmState.TRIGGERED
    with caplog.at_level(logging.WARNING):
        assert house.at("2026-06-02T06:30") is Mode.NIGHT
        assert house.at("2026-06-02T06:31") is Mode.NIGHT
    assert len(caplog.records) == 1
    assert house.at("2026-06-02T06:33") is Mode.DISARMED


def test_ui24_what_is_told_follows_edges_orders_and_the_clock() -> None:
    house = House()
    assert house.outlook() == (Standing.GOES_ON, "06-01 22:00 armed_night")
    house.at("2026-06-02T12:00")
    house.by_hand(Mode.AWAY)
    assert house.outlook() == (Standing.OVERRULED, "06-02 22:00 armed_night")
    house.at("2026-06-02T22:00")
    assert house.outlook() == (Standing.GOES_ON, "06-03 06:30 disarmed")
    house.panel.notice(make_event())
    house.clock.advance(8.5 * 3600 - 60)
    house.panel.notice(make_event(event_id="b" * 32))
    house.at("2026-06-03T06:30")
    assert house.outlook()[0] is Standing.ALARM
    house.at("2026-06-03T06:33")
    assert house.outlook() == (Standing.GOES_ON, "06-03 22:00 armed_night")
    house.clock.reboot()
    house.start()
    assert house.outlook() == (Standing.CLOCK, "")


def test_a_changed_schedule_that_passes_over_an_edge_says_nothing_of_it() -> None:
    house = House()
    house.by_hand(Mode.AWAY)
    house.clock.advance(6 * 3600)
    house.timetable.apply(settings((entry("13:00", "disarmed"), entry("19:00", "home"))))
    assert house.outlook() == (Standing.GOES_ON, "06-01 19:00 armed_home")
    house.timetable.apply(settings(()))
    assert house.timetable.outlook() is None


def test_edge_that_cannot_be_stored_is_tried_again_and_warned_of_once(caplog: pytest.LogCaptureFixture) -> None:
    house = House()
    house.store.broken = True
    with caplog.at_level(logging.WARNING):
        house.at("2026-06-01T22:00")
        assert house.at("2026-06-01T22:01") is Mode.DISARMED
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    house.store.broken = False
    assert house.at("2026-06-01T22:02") is Mode.NIGHT


def test_changed_schedule_counts_from_its_next_edge_on() -> None:
    house = House()
    house.by_hand(Mode.AWAY)
    house.clock.advance(6 * 3600)
    house.timetable.apply(settings((entry("13:00", "disarmed"), entry("19:00", "home"))))
    assert house.evaluated() is Mode.AWAY
    assert house.at("2026-06-01T19:00") is Mode.HOME
    house.timetable.apply(settings(()))
    assert house.at("2026-06-03T00:00") is Mode.HOME


def test_schedule_that_did_not_change_still_owes_its_edge() -> None:
    house = House()
    house.clock.advance(11 * 3600)
    house.timetable.apply(settings(EVERY_DAY))
    assert house.evaluated() is Mode.NIGHT


def test_a_year_of_edges_is_right_over_both_changes_of_summer_time_and_a_leap_day() -> None:
    house = House((entry("06:30", "disarmed"), entry("02:30", "away"), entry("22:00", "night")), now="2027-12-31T12:00")
    end = berlin("2029-01-01T00:00")
    while house.clock.now() < end:
        house.clock.advance(900)
        house.timetable.evaluate()
    expected = []
    day = datetime(2027, 12, 31, tzinfo=BERLIN)
    while day.year < 2029:
        edges = {"02:30": Mode.AWAY, "06:30": Mode.DISARMED, "22:00": Mode.NIGHT}
        if day.date().isoformat() == "2028-03-26":
            edges = {"03:00": Mode.AWAY, "06:30": Mode.DISARMED, "22:00": Mode.NIGHT}
        expected += [(berlin(f"{day.date()}T{at}"), mode) for at, mode in edges.items()]
        day += timedelta(days=1)
    assert [(change.at, change.alarm.mode) for change in house.told] == expected[2:]


def test_work_evaluates_at_least_every_half_minute_and_stops() -> None:
    house = House()
    house.clock.advance(10 * 3600 - 25)
    stop, beats = threading.Event(), list[float]()

    def beat() -> None:
        beats.append(house.clock.monotonic())
        if len(beats) == 12:
            stop.set()

    house.timetable.work(stop, beat)
    assert house.panel.status().mode is Mode.NIGHT
    assert house.told[0].at - berlin("2026-06-01T22:00") <= timedelta(seconds=30)
    assert [later - earlier for earlier, later in pairwise(beats)] == [0, *[HEARTBEAT_S, 0] * 5]
    assert [thread.name for thread in threading.enumerate() if "APScheduler" in thread.name] == []


class SlowStore(MemoryAlarmStore):
    """Calls *before_saving* first."""

    def __init__(self) -> None:
        super().__init__()
        self.before_saving: Callable[[], object] = lambda: None

    def save_alarm(self, alarm: Alarm, note: str, by: str = "", how: str = "", call: SilentCall | None = None) -> None:
        self.before_saving()
        super().save_alarm(alarm, note, by, how, call)


def slow_house() -> tuple[House, SlowStore]:
    """Return a house that was started before its store became slow, and that has an edge to make up for."""
    house, store = House(), SlowStore()
    house.store = store
    house.start()
    house.clock.advance(10 * 3600)
    return house, store


def test_locked_store_leaves_no_15_seconds_without_a_beat() -> None:
    """A locked database refuses a write after up to 7 s."""
    house, store = slow_house()
    store.broken, store.before_saving = True, lambda: house.clock.advance(7)
    stop, beats = threading.Event(), [house.clock.monotonic()]

    def beat() -> None:
        beats.append(house.clock.monotonic())
        if len(beats) == 10:
            stop.set()

    house.timetable.work(stop, beat)
    assert max(later - earlier for earlier, later in pairwise(beats)) == 7


def test_evaluation_does_not_wait_for_one_under_way() -> None:
    """Both together could take longer than a worker may be silent."""
    house, store = slow_house()
    storing, go_on = threading.Event(), threading.Event()

    def wait_for_the_card() -> None:
        storing.set()
        go_on.wait(60)

    store.before_saving = wait_for_the_card
    scheduler = threading.Thread(target=house.timetable.evaluate)
    scheduler.start()
    assert storing.wait(60)
    house.timetable.evaluate()
    assert scheduler.is_alive()
    go_on.set()
    scheduler.join(60)
    assert house.panel.status().mode is Mode.NIGHT


class NoHeartbeat(FakeClock):
    """The real time, but a wait ends only when it is asked to stop."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def instant(self) -> Instant:
        return Instant(self.boot_id, (self.now() - datetime(2026, 1, 1, tzinfo=UTC)).total_seconds())

    def wait(self, stop: threading.Event, seconds: float) -> bool:
        return stop.wait()


@pytest.mark.parametrize("applied_later", [True, False])
def test_scheduler_wakes_the_evaluation_at_the_second_of_an_edge(*, applied_later: bool) -> None:
    clock, switched, stop = NoHeartbeat(), threading.Event(), threading.Event()
    panel = Panel(MemoryAlarmStore(), clock, NO_DELAYS, lambda change: switched.set())
    panel.start()
    at = (clock.now() + timedelta(seconds=3)).replace(microsecond=0)
    soon = (entry(at.time().isoformat(), "away"),)
    timetable = Timetable(panel, MemoryScheduleStore(), clock, settings(() if applied_later else soon), UTC)
    timetable.start()
    worker = threading.Thread(target=timetable.work, args=(stop, lambda: None))
    worker.start()
    try:
        if applied_later:
            timetable.apply(settings(soon))
        assert switched.wait(60)
        assert panel.status().mode is Mode.AWAY
        assert panel.status().since_at >= at
    finally:
        stop.set()
        worker.join(60)
    assert not worker.is_alive()


def test_a_house_without_a_schedule_never_loads_apscheduler() -> None:
    code = "import sys, pisecurity.app; sys.exit('apscheduler' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
