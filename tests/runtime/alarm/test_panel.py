"""The panel."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest

from pisecurity.core.types import Alarm, AlarmState, Mode, Phase
from pisecurity.errors import StoreError
from pisecurity.ports import SilentCall
from pisecurity.runtime.alarm.panel import Panel, Transition
from pisecurity.settings import AlarmSettings, ModeSettings
from tests.fakes import START, FakeClock, MemoryAlarmStore, make_event
from tests.rigs.panel import SETTINGS, House, armed_house


def test_first_start_is_disarmed_and_stored() -> None:
    house = House()
    status = house.panel.status()
    assert (status.state, status.mode, status.how, status.sequence) == (AlarmState.DISARMED, Mode.DISARMED, "start", 0)
    assert house.store.alarm == house.panel.alarm()
    assert house.store.notes == ["first start: disarmed"]
    assert house.told == []


def test_start_takes_up_what_was_stored() -> None:
    house = armed_house()
    status = house.started().status()
    assert (status.state, status.by, status.how, status.since_at) == (AlarmState.ARMED_AWAY, "Anna", "page", START)
    assert house.told == []


def test_start_without_a_readable_store_fails_instead_of_beginning_disarmed() -> None:
    store = MemoryAlarmStore()
    store.broken = True
    with pytest.raises(StoreError):
        Panel(store, FakeClock(), SETTINGS, lambda change: None).start()


def test_nothing_works_before_start() -> None:
    panel = Panel(MemoryAlarmStore(), FakeClock(), SETTINGS, lambda change: None)
    with pytest.raises(RuntimeError, match="start"):
        panel.status()


def test_switch_stores_shows_and_tells() -> None:
    house = House()
    status = house.panel.switch(Mode.AWAY, by="Anna", how="page")
    assert (status.state, status.countdown_s, status.by, status.sequence) == (AlarmState.ARMING, 60.0, "Anna", 1)
    assert house.panel.status() == status
    assert house.store.alarm == house.panel.alarm()
    assert house.store.notes[-1] == "disarmed to arming: ordered armed_away by Anna (page)"


def test_ui10_what_was_bypassed_stands_on_the_audit_log() -> None:
    house = House()
    house.panel.switch(
        Mode.AWAY, by="Anna", how="page", against="bypassed: camera front is dark since 21:40, remarks: mail not proven"
    )
    assert house.store.notes[-1] == (
        "disarmed to arming: ordered armed_away by Anna (page), "
        "bypassed: camera front is dark since 21:40, remarks: mail not proven"
    )
    (change,) = house.told
    assert (change.before, change.after, change.alarm, change.at) == (
        AlarmState.DISARMED, AlarmState.ARMING, house.store.alarm, START,
    )  # fmt: skip


def test_ui07_repeated_taps_are_one_transition() -> None:
    house = House()
    house.switch(Mode.AWAY)
    house.clock.advance(10)
    house.switch(Mode.AWAY)
    assert house.panel.status().countdown_s == 50.0
    assert len(house.told) == 1
    assert len(house.store.notes) == 2


def test_switch_that_cannot_be_stored_changes_nothing_and_says_so() -> None:
    house = armed_house()
    before = house.panel.status()
    house.store.broken = True
    with pytest.raises(StoreError):
        house.switch(Mode.DISARMED)
    assert house.panel.status() == before
    assert house.told == []


def test_event_that_cannot_be_stored_changes_nothing_and_says_so() -> None:
    house = armed_house()
    house.store.broken = True
    with pytest.raises(StoreError):
        house.panel.notice(make_event())
    assert house.panel.status().state is AlarmState.ARMED_AWAY


def test_order_made_for_another_sequence_is_not_carried_out() -> None:
    house = armed_house()
    seen = house.panel.status().sequence
    house.switch(Mode.HOME)
    status = house.panel.switch(Mode.DISARMED, by="schedule", how="schedule", if_sequence=seen)
    assert status.state is AlarmState.ARMED_HOME
    status = house.panel.switch(Mode.DISARMED, by="schedule", how="schedule", if_sequence=status.sequence)
    assert status.state is AlarmState.DISARMED


def test_countdowns_of_arming_and_pending_are_told() -> None:
    house = House()
    house.switch(Mode.AWAY)
    house.clock.advance(59.5)
    assert house.panel.status().countdown_s == pytest.approx(0.5)
    house.clock.advance(0.5)
    assert house.panel.status().countdown_s is None
    assert house.panel.notice(make_event(entry=True)).countdown_s == 45.0
    house.clock.advance(45)
    assert (house.panel.status().state, house.panel.status().countdown_s) == (AlarmState.TRIGGERED, None)


def test_late_settle_shows_nothing_wrong_and_stores_every_change_when_it_happened() -> None:
    house = armed_house()
    house.panel.notice(make_event(entry=True))
    came_in_at = house.clock.now()
    house.clock.advance(1000)
    assert house.panel.status().state is AlarmState.ARMED_AWAY
    shown = house.panel.alarm()
    house.panel.settle()
    assert house.store.alarm == shown
    assert house.changes() == [
        (AlarmState.ARMED_AWAY, AlarmState.PENDING),
        (AlarmState.PENDING, AlarmState.TRIGGERED),
        (AlarmState.TRIGGERED, AlarmState.ARMED_AWAY),
    ]
    assert [change.at - came_in_at for change in house.told] == [timedelta(seconds=s) for s in (0, 45, 225)]


def test_disarm_just_after_the_entry_delay_tells_the_alarm_first() -> None:
    house = armed_house()
    house.panel.notice(make_event(entry=True))
    house.clock.advance(45.1)
    house.switch(Mode.DISARMED)
    assert house.changes()[1:] == [
        (AlarmState.PENDING, AlarmState.TRIGGERED),
        (AlarmState.TRIGGERED, AlarmState.DISARMED),
    ]


@pytest.mark.parametrize("phase", [Phase.IMPROVED, Phase.ENDED])
def test_only_an_opened_event_counts(phase: Phase) -> None:
    house = armed_house()
    assert house.panel.notice(make_event(phase)).state is AlarmState.ARMED_AWAY


def test_alarm_names_its_event_and_forgets_it_when_it_is_over() -> None:
    house = armed_house()
    assert house.panel.notice(make_event(event_id="e7")).event_id == "e7"
    house.clock.advance(180)
    assert (house.panel.status().state, house.panel.status().event_id) == (AlarmState.ARMED_AWAY, None)


def test_disarming_an_alarm_tells_which_event_it_was_about() -> None:
    house = armed_house()
    house.panel.notice(make_event(event_id="e7"))
    house.switch(Mode.DISARMED)
    assert [(change.after, change.event_id) for change in house.told] == [
        (AlarmState.TRIGGERED, "e7"),
        (AlarmState.DISARMED, "e7"),
    ]


def test_settle_writes_nothing_when_nothing_is_due() -> None:
    house = armed_house()
    written = len(house.store.notes)
    for _ in range(10):
        house.panel.settle()
    assert len(house.store.notes) == written


def test_settle_that_cannot_be_stored_warns_once_and_goes_on_when_it_can(caplog: pytest.LogCaptureFixture) -> None:
    house = House()
    house.switch(Mode.AWAY)
    house.told.clear()
    house.clock.advance(60)
    house.store.broken = True
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            house.panel.settle()
    assert [record.message.split(" reason=")[0] for record in caplog.records] == [
        "alarm change not stored, trying again"
    ]
    assert house.panel.status().state is AlarmState.ARMED_AWAY
    assert house.told == []
    house.store.broken = False
    house.panel.settle()
    assert house.changes() == [(AlarmState.ARMING, AlarmState.ARMED_AWAY)]


def test_applied_delays_count_from_the_next_countdown_on() -> None:
    house = House()
    house.switch(Mode.AWAY)
    house.panel.apply(AlarmSettings(away=ModeSettings(exit_delay_s=180, entry_delay_s=10)))
    assert house.panel.status().countdown_s == 60.0
    house.clock.advance(60)
    house.panel.apply(AlarmSettings(away=ModeSettings(exit_delay_s=120, entry_delay_s=5)))
    assert house.panel.status().state is AlarmState.ARMED_AWAY
    assert house.panel.notice(make_event(entry=True)).countdown_s == 5.0


def test_r47_countdowns_go_on_over_a_restart_of_the_daemon() -> None:
    house = armed_house()
    house.panel.notice(make_event(entry=True))
    house.clock.advance(20)
    panel = house.started()
    assert panel.status().countdown_s == 25.0
    house.clock.advance(25)
    assert house.started().status().state is AlarmState.TRIGGERED


@pytest.mark.parametrize(
    ("prepare", "after"),
    [
        (lambda house: house.switch(Mode.DISARMED), AlarmState.DISARMED),
        (lambda house: None, AlarmState.ARMED_AWAY),
        (lambda house: house.panel.notice(make_event(entry=True)), AlarmState.TRIGGERED),
        (lambda house: house.panel.notice(make_event()), AlarmState.TRIGGERED),
    ],
)
def test_r23_after_a_power_cut_the_house_is_as_safe_as_before(
    prepare: Callable[[House], object], after: AlarmState
) -> None:
    house = armed_house()
    prepare(house)
    house.clock.reboot()
    assert house.started().status().state is after


def test_power_cut_while_arming_starts_the_exit_delay_anew() -> None:
    house = House()
    house.switch(Mode.AWAY)
    house.clock.advance(50)
    house.clock.reboot()
    assert house.started().status().countdown_s == 60.0
    house.clock.advance(60)
    assert house.started().status().state is AlarmState.ARMED_AWAY


class ReadOnlyStore(MemoryAlarmStore):
    """A card that has turned read-only."""

    def save_alarm(self, alarm: Alarm, note: str, by: str = "", how: str = "", call: SilentCall | None = None) -> None:
        raise StoreError("pisecurity.db: read-only file system")


@pytest.mark.parametrize(
    ("prepare", "at_once", "after_60_s", "after_180_s"),
    [
        (lambda house: house.switch(Mode.AWAY), AlarmState.ARMING, AlarmState.ARMED_AWAY, AlarmState.ARMED_AWAY),
        (
            lambda house: [house.switch(Mode.NIGHT), house.panel.notice(make_event(entry=True))],
            AlarmState.TRIGGERED,
            AlarmState.TRIGGERED,
            AlarmState.ARMED_NIGHT,
        ),
    ],
)
def test_r23_a_countdown_goes_on_after_a_power_cut_though_the_disk_turned_read_only(
    prepare: Callable[[House], object], at_once: AlarmState, after_60_s: AlarmState, after_180_s: AlarmState
) -> None:
    house = House()
    prepare(house)
    house.clock.reboot()
    kept = house.store.alarm
    house.store = ReadOnlyStore()
    house.store.alarm = kept
    house.told.clear()
    panel = house.started()
    seen = [panel.status().state]
    for second in range(1, 181):
        house.clock.advance(1)
        panel.settle()
        if second in (60, 180):
            seen.append(panel.status().state)
    assert seen == [at_once, after_60_s, after_180_s]
    assert house.told == [] and house.store.alarm == kept
    with pytest.raises(StoreError):
        panel.switch(Mode.HOME, by="Anna", how="page")
    assert panel.status().state is after_180_s


def test_the_entry_delay_counts_from_the_opening_however_late_it_is_answered() -> None:
    house = armed_house()
    opened = house.clock.instant()
    house.clock.advance(30)
    assert house.panel.notice(make_event(entry=True), opened).countdown_s == 15.0


def test_an_entry_answered_after_its_delay_raises_the_alarm_at_once() -> None:
    house = armed_house()
    opened, opened_at = house.clock.instant(), house.clock.now()
    house.clock.advance(50)
    assert house.panel.notice(make_event(entry=True), opened).state is AlarmState.TRIGGERED
    house.panel.settle()
    assert [(change.after, change.at - opened_at) for change in house.told] == [
        (AlarmState.PENDING, timedelta(seconds=0)),
        (AlarmState.TRIGGERED, timedelta(seconds=45)),
    ]


def test_what_opened_before_a_disarming_does_not_raise_the_next_alarm() -> None:
    house = House()
    house.switch(Mode.HOME)
    opened = house.clock.instant()
    house.clock.advance(1)
    house.switch(Mode.DISARMED)
    assert house.panel.notice(make_event(), opened).state is AlarmState.DISARMED
    house.switch(Mode.HOME)
    assert house.panel.notice(make_event(), opened).state is AlarmState.ARMED_HOME
    assert house.panel.notice(make_event(), house.clock.instant()).state is AlarmState.TRIGGERED


def test_status_says_of_which_moment_it_is_and_since_when_the_mode_counts() -> None:
    house = armed_house()
    status = house.panel.status()
    assert status.at == house.clock.instant()
    assert status.at.seconds_since(status.since) == 60.0


def test_r26_r27_setting_the_wall_clock_moves_no_countdown() -> None:
    house = House()
    house.switch(Mode.AWAY)
    house.clock.advance(10)
    for days in (180, -20_000):
        house.clock.set_wall(START + timedelta(days=days))
        house.panel.settle()
        assert house.panel.status().countdown_s == 50.0


def test_listener_is_called_outside_the_lock_and_may_switch_itself() -> None:
    store, clock, told = MemoryAlarmStore(), FakeClock(), list[tuple[AlarmState, AlarmState]]()

    def listen(change: Transition) -> None:
        told.append((change.before, change.after))
        if change.after is AlarmState.ARMED_HOME:
            panel.switch(Mode.NIGHT, by="Anna", how="page")

    panel = Panel(store, clock, SETTINGS, listen)
    panel.start()
    panel.switch(Mode.HOME, by="Anna", how="page")
    assert told == [
        (AlarmState.DISARMED, AlarmState.ARMED_HOME),
        (AlarmState.ARMED_HOME, AlarmState.ARMED_NIGHT),
    ]


def test_slow_listener_delays_neither_orders_nor_reading_and_is_told_in_order() -> None:
    told: list[int] = []
    entered, go_on = threading.Event(), threading.Event()

    def listen(change: Transition) -> None:
        entered.set()
        assert go_on.wait(60)
        told.append(change.alarm.sequence)

    panel = Panel(MemoryAlarmStore(), FakeClock(), SETTINGS, listen)
    panel.start()
    first = threading.Thread(target=lambda: panel.switch(Mode.HOME, by="Anna", how="page"))
    first.start()
    assert entered.wait(60)
    assert panel.switch(Mode.NIGHT, by="Ben", how="page").state is AlarmState.ARMED_NIGHT
    assert panel.switch(Mode.DISARMED, by="Ben", how="page").state is AlarmState.DISARMED
    assert told == []
    go_on.set()
    first.join(60)
    assert told == [1, 2, 3]


class HeldStore(MemoryAlarmStore):
    """Its disk takes the first order only when it is let go."""

    def __init__(self) -> None:
        super().__init__()
        self.writing, self.let_go = threading.Event(), threading.Event()

    def save_alarm(self, alarm: Alarm, note: str, by: str = "", how: str = "", call: SilentCall | None = None) -> None:
        if alarm.mode is Mode.AWAY:
            self.writing.set()
            assert self.let_go.wait(60)
        super().save_alarm(alarm, note, by, how, call)


@contextmanager
def held_order() -> Iterator[Panel]:
    """Yield a disarmed panel while the order of AWAY is being written; afterwards it has been carried out."""
    store = HeldStore()
    panel = Panel(store, FakeClock(), SETTINGS, lambda change: None)
    panel.start()
    order = threading.Thread(target=lambda: panel.switch(Mode.AWAY, by="Anna", how="page"))
    order.start()
    assert store.writing.wait(60)
    yield panel
    store.let_go.set()
    order.join(60)
    assert panel.status().state is AlarmState.ARMING


def test_reading_does_not_wait_for_a_slow_disk() -> None:
    with held_order() as panel:
        assert panel.status().state is AlarmState.DISARMED, "not shown before it is stored"


def test_orders_from_many_threads_are_stored_and_told_one_after_the_other() -> None:
    house = House()
    modes = [Mode.HOME, Mode.NIGHT, Mode.DISARMED]

    def tap() -> None:
        for number in range(60):
            house.switch(modes[number % 3])

    threads = [threading.Thread(target=tap) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    sequences = [change.alarm.sequence for change in house.told]
    assert sequences == list(range(1, len(sequences) + 1))
    assert len(house.store.notes) == 1 + len(sequences)
    assert all(earlier.after is later.before for earlier, later in zip(house.told, house.told[1:], strict=False))


def test_work_settles_twice_a_second_until_stopped() -> None:
    house = House()
    house.switch(Mode.AWAY)
    stop, beats = threading.Event(), list[float]()

    def beat() -> None:
        beats.append(house.clock.monotonic())
        if house.store.alarm is not None and house.store.alarm.until is None:
            stop.set()

    house.panel.work(stop, beat)
    assert set(house.clock.waits) == {0.5}
    assert len(beats) == 120
    assert house.changes()[-1] == (AlarmState.ARMING, AlarmState.ARMED_AWAY)


def test_nobody_waits_for_the_alarm_for_longer_than_a_worker_may_be_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    with held_order() as panel:
        monkeypatch.setattr("pisecurity.runtime.alarm.panel.LOCK_TIMEOUT_S", 0.01)
        with pytest.raises(StoreError, match="the order before takes the disk longer than"):
            panel.notice(make_event())
        assert panel.status().state is AlarmState.DISARMED


def test_a_raised_alarm_lasts_while_something_that_counts_is_in_view_with_one_row_a_trigger_time() -> None:
    house = armed_house(Mode.NIGHT)
    house.panel.notice(make_event())
    rows = len(house.store.notes)
    for _ in range(400):
        house.clock.advance(1)
        house.panel.moves("front", frozenset({Mode.NIGHT}))
        house.panel.settle()
        assert house.panel.status().state is AlarmState.TRIGGERED
    assert house.store.notes[rows:] == ["triggered to triggered: movement at camera front goes on"] * 2
    assert [change.goes_on for change in house.told] == [False, True, True]
    house.clock.advance(180)
    house.panel.settle()
    assert house.panel.status().state is AlarmState.ARMED_NIGHT
    assert house.changes()[-1] == (AlarmState.TRIGGERED, AlarmState.ARMED_NIGHT)


def test_an_alarm_that_cannot_be_stored_lasts_all_the_same_while_something_is_in_view() -> None:
    house = armed_house()
    house.panel.notice(make_event())
    house.store.broken = True
    for _ in range(400):
        house.clock.advance(1)
        house.panel.moves("front", frozenset({Mode.AWAY}))
        house.panel.settle()
        assert house.panel.status().state is AlarmState.TRIGGERED


def test_what_is_in_view_where_it_does_not_count_in_the_mode_makes_no_alarm_last() -> None:
    house = armed_house(Mode.NIGHT)
    house.panel.notice(make_event())
    house.clock.advance(179)
    house.panel.moves("front", frozenset({Mode.AWAY}))
    house.clock.advance(1)
    assert house.panel.status().state is AlarmState.ARMED_NIGHT
    house.panel.moves("front", frozenset({Mode.NIGHT}))
    assert house.panel.status().state is AlarmState.ARMED_NIGHT, "an alarm that is over is not raised again by it"
