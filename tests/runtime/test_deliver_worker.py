from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import pytest

from pisecurity.core.types import Notification, Outcome, Receipt
from pisecurity.runtime import deliver
from pisecurity.runtime.deliver import Deliver
from pisecurity.runtime.worker import Worker
from tests.fakes import FakeClock
from tests.rigs.outbox import GOING_ON, HOUSE, Build, ScriptedMailer


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
    monkeypatch.setattr(deliver, "BEAT_S", 0.01)
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
    monkeypatch.setattr(deliver, "BEAT_S", 0.01)
    monkeypatch.setattr(deliver, "DEADLINE_S", 0.1)
    monkeypatch.setattr(deliver, "OVERRUN_S", 0.1)
    mailer = SlowMailer(clock)
    house = build(mailer)
    house.alert("one")
    house.round()
    assert "was given up" in house.faults["mail"]
    mailer.released.set()


def test_stop_does_not_wait_for_a_silent_server_and_loses_nothing(
    build: Build, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deliver, "STOP_GRACE_S", 0.01)
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


def test_wake_makes_a_new_alert_leave_without_waiting_for_the_next_look(build: Build, clock: FakeClock) -> None:
    """The worker waits on a clock that only a wake ends, so that without one this test would end in its limit."""

    class Asleep(FakeClock):
        def __init__(self) -> None:
            super().__init__()
            self.sleeping = threading.Event()

        def wait(self, stop: threading.Event, seconds: float) -> bool:
            self.sleeping.set()
            return stop.wait(60)

    asleep = Asleep()
    mailer = ScriptedMailer(clock)
    sent = threading.Event()
    mailer.answer = lambda alert: sent.set()
    house = build(mailer)
    worker_side = Deliver(house.store, house.pictures, house.channels, HOUSE, asleep, house.health)
    worker = Worker("deliver", worker_side.work, asleep, lambda name, error: None)
    worker.start()
    assert asleep.sleeping.wait(30)
    house.alert("one")
    worker_side.wake()
    assert sent.wait(30)
    worker.ask_to_stop()
    worker_side.wake()
    worker.stop(60)
    assert mailer.subjects == ["one"]
