from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import pairwise
from typing import Any

import pytest

from pisecurity.core.types import AlarmState, Alert, AlertKind, Decision, Notification, Outcome, Receipt
from pisecurity.ports import Address
from pisecurity.runtime.background import BackgroundCall
from pisecurity.runtime.sending import courier
from pisecurity.runtime.sending.deliver import Deliver
from pisecurity.runtime.worker import Worker
from tests.fakes import START, FakeClock, make_event
from tests.rigs.outbox import GOING_ON, HOUSE, Build, House, ScriptedMailer
from tests.rigs.smtp import ANNA


class SlowMailer(ScriptedMailer):
    """Says nothing until it is released."""

    def __init__(self, clock: FakeClock) -> None:
        super().__init__(clock)
        self.asked, self.released = threading.Event(), threading.Event()

    def send(self, notification: Notification, recipients: Sequence[str], deadline_s: float) -> Mapping[str, Receipt]:
        self.asked.set()
        self.released.wait(60)
        return super().send(notification, recipients, deadline_s)


def test_long_conversation_beats_all_the_while(build: Build, clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(courier, "BEAT_S", 0.01)
    mailer = SlowMailer(clock)
    house = build(mailer)
    house.alert("one")

    def beat() -> None:
        house.beats += 1
        if house.beats == 5:
            mailer.released.set()

    house.deliver.deliver_due(GOING_ON, beat)
    assert house.beats >= 5
    assert house.rows()[0].outcome is Outcome.ACCEPTED


def test_many_short_conversations_beat_all_the_while(build: Build, clock: FakeClock) -> None:
    """After an outage a full outbox leaves in one round, which may take minutes."""
    mailer = ScriptedMailer(clock, lambda alert: clock.advance(2))
    house = build(mailer)
    for number in range(60):
        house.alert(f"alert {number:02}")
    beats = [clock.monotonic()]
    house.deliver.deliver_due(GOING_ON, lambda: beats.append(clock.monotonic()))
    beats.append(clock.monotonic())
    assert len(mailer.sent) == 60
    assert max(later - earlier for earlier, later in pairwise(beats)) <= 2


def test_slow_card_leaves_no_time_without_a_beat(
    build: Build, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each of 20 answers of one mail is stored by itself, and a locked database takes up to 7 s to store one."""
    house = build(ScriptedMailer(clock))
    house.alert("one", *(f"{number}@example.org" for number in range(20)))
    record = house.store.record

    def record_slowly(*answer: Any, **kwargs: Any) -> None:
        clock.advance(7)
        record(*answer, **kwargs)

    monkeypatch.setattr(house.store, "record", record_slowly)
    beats = [clock.monotonic()]
    house.deliver.deliver_due(GOING_ON, lambda: beats.append(clock.monotonic()))
    beats.append(clock.monotonic())
    assert {row.outcome for row in house.rows()} == {Outcome.ACCEPTED}
    assert max(later - earlier for earlier, later in pairwise(beats)) == 7


def test_conversation_that_never_ends_is_given_up(
    build: Build, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(courier, "BEAT_S", 0.01)
    monkeypatch.setattr(courier, "DEADLINE_S", 0.1)
    monkeypatch.setattr(courier, "OVERRUN_S", 0.1)
    mailer = SlowMailer(clock)
    house = build(mailer)
    house.alert("one")
    house.round()
    assert "was given up" in house.faults["mail"]
    assert house.rows()[0].in_doubt, "it may still arrive"
    mailer.released.set()


def test_stop_does_not_wait_for_a_silent_server_and_loses_nothing(
    build: Build, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(courier, "STOP_GRACE_S", 0.01)
    mailer = SlowMailer(clock)
    house = build(mailer)
    house.alert("one")
    worker = Worker("deliver", house.deliver.work, clock, lambda name, error: None)
    worker.start()
    assert mailer.asked.wait(60)
    worker.stop(60)
    (row,) = house.rows()
    assert (row.outcome, row.attempts) == (Outcome.WAITING, 0)
    mailer.released.set()


def test_stop_lets_a_conversation_finish_that_is_about_to(build: Build, clock: FakeClock) -> None:
    mailer = SlowMailer(clock)
    house = build(mailer)
    house.alert("one")
    stop = threading.Event()
    stop.set()

    house.deliver.deliver_due(stop, lambda: None)
    assert mailer.asked.is_set() is False, "nothing is begun after the stop"

    worker = Worker("deliver", house.deliver.work, clock, lambda name, error: None)
    worker.start()
    assert mailer.asked.wait(60)
    worker.ask_to_stop()
    mailer.released.set()
    worker.stop(60)
    assert house.rows()[0].outcome is Outcome.ACCEPTED


def test_a_stop_while_an_alarm_overtakes_takes_no_longer_than_any_other(
    build: Build, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The grace is counted by the waits for a conversation: the hand-moved clock stands still."""
    monkeypatch.setattr(courier, "STOP_GRACE_S", 0.3)
    monkeypatch.setattr(courier, "BEAT_S", 0.1)
    stop, waits, released = threading.Event(), list[float](), threading.Event()
    wait = BackgroundCall.wait

    def counted(call: BackgroundCall[Any], timeout_s: float) -> bool:
        if stop.is_set():
            waits.append(timeout_s)
        return wait(call, timeout_s)

    monkeypatch.setattr(BackgroundCall, "wait", counted)

    def answer(alert: Alert) -> None:
        if alert.subject == "alarm":
            stop.set()
        else:
            house.alert("alarm", kind=AlertKind.ALARM)
            house.deliver.wake()
        released.wait(60)

    house = build(ScriptedMailer(clock, answer))
    house.alert("daily", kind=AlertKind.DAILY)
    house.deliver.deliver_due(stop, lambda: None)
    assert sum(waits) <= 0.3 + 2 * 0.1 + 1e-9
    assert [(row.outcome, row.attempts) for row in house.rows()] == [(Outcome.WAITING, 0)] * 2
    released.set()


def test_nothing_overtakes_once_the_daemon_stops(build: Build, clock: FakeClock) -> None:
    stop = threading.Event()

    def answer(alert: Alert) -> None:
        stop.set()
        house.alert("alarm", kind=AlertKind.ALARM)
        house.deliver.wake()
        beaten.wait(60)

    beaten = threading.Event()
    mailer = ScriptedMailer(clock, answer)
    house = build(mailer)
    house.alert("daily", kind=AlertKind.DAILY)
    house.deliver.deliver_due(stop, beaten.set)
    assert mailer.subjects == ["daily"]


class Asleep(FakeClock):
    """Only a wake ends its waiting, so that without one a test would end in its limit."""

    def __init__(self) -> None:
        super().__init__()
        self.sleeping = threading.Event()

    def wait(self, stop: threading.Event, seconds: float) -> bool:
        self.sleeping.set()
        return stop.wait(60)


@contextmanager
def asleep(house: House) -> Iterator[Deliver]:
    """Yield what a worker runs that waits for a wake."""
    clock = Asleep()
    deliver = Deliver("mail", house.store, house.pictures, house.channels, HOUSE, clock, house.health)
    worker = Worker("deliver", deliver.work, clock, lambda name, error: None)
    worker.start()
    assert clock.sleeping.wait(30)
    yield deliver
    worker.ask_to_stop()
    deliver.wake()
    worker.stop(60)


def test_wake_makes_a_new_alert_leave_without_waiting_for_the_next_look(build: Build, clock: FakeClock) -> None:
    sent = threading.Event()
    mailer = ScriptedMailer(clock, lambda alert: sent.set())
    house = build(mailer)
    with asleep(house) as deliver:
        house.alert("one")
        deliver.wake()
        assert sent.wait(30)
    assert mailer.subjects == ["one"]


def test_wake_makes_the_way_ready_for_a_new_alert_that_leaves_in_a_moment(build: Build, clock: FakeClock) -> None:
    warmed = threading.Event()

    class Warmed(ScriptedMailer):
        def warm_up(self) -> None:
            warmed.set()

    mailer = Warmed(clock)
    house = build(mailer)
    event = make_event()
    alert = Alert("1" * 32, AlertKind.ALARM, START, "Alarm", "Look.", event.id)
    decision, leaves = Decision(AlertKind.ALARM, "armed"), clock.instant().later(0.7)
    with asleep(house) as deliver:
        house.store.add_event(event, AlarmState.ARMED_AWAY, decision, alert, [Address("mail", ANNA)], leaves)
        deliver.wake()
        assert warmed.wait(30)
    assert mailer.subjects == []
