"""Each channel is served by itself: what holds one up holds up no other."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from datetime import time
from pathlib import Path

import pytest

from pisecurity.adapters.clock import SystemClock
from pisecurity.adapters.state.pictures import FilePictures
from pisecurity.adapters.store import SqliteStore
from pisecurity.core.types import Alert, AlertKind, Notification, Outcome, Receipt
from pisecurity.errors import MailError
from pisecurity.ports import Address, Channel
from pisecurity.runtime.health import Health
from pisecurity.runtime.sending.dispatch import Dispatch
from pisecurity.runtime.worker import Worker
from tests.fakes import START, FakeClock
from tests.rigs.outbox import HOUSE, TAKEN, ScriptedMailer
from tests.rigs.smtp import ANNA, BEN
from tests.runtime.sending.test_deliver_worker import Asleep, SlowMailer

AWAY = MailError("mail server mail.example:587 refuses the connection")
PUSH = "push"
PHONE = "anna's phone"
BOTH = (Address("mail", ANNA), Address(PUSH, PHONE))


def alert(number: int, kind: AlertKind = AlertKind.ALARM) -> Alert:
    return Alert(f"{number:032x}", kind, START, f"alert {number}", "Look.")


class Push:
    """A second channel, with real time: tells when it has got something."""

    def __init__(self, wanted: int = 1) -> None:
        self.subjects: list[str] = []
        self._wanted, self.got = wanted, threading.Event()

    def send(self, notification: Notification, recipients: Sequence[str], deadline_s: float) -> Mapping[str, Receipt]:
        self.subjects.append(notification.alert.subject)
        if len(self.subjects) == self._wanted:
            self.got.set()
        return dict.fromkeys(recipients, TAKEN)

    def warm_up(self) -> None:
        """Be ready anyway."""

    def prove(self, deadline_s: float) -> str:
        raise NotImplementedError


@pytest.fixture
def working(store: SqliteStore, tmp_path: Path) -> Iterator[ExitStack]:
    """Ends the workers that were started in it."""
    with ExitStack() as ends:
        yield ends


def start(dispatch: Dispatch, ends: ExitStack) -> None:
    for name, work in dispatch.work():
        worker = Worker(name, work, SystemClock(), lambda name, error: None)
        worker.start()
        ends.callback(worker.stop, 60)
        ends.callback(dispatch.wake)
        ends.callback(worker.ask_to_stop)


def two_ways(store: SqliteStore, folder: Path, clock: FakeClock, mail: Channel, push: Channel) -> Dispatch:
    channels = {"mail": mail, PUSH: push}
    return Dispatch(store, FilePictures(folder), channels, HOUSE, clock, Health(clock), names=("mail", PUSH))


def test_r02_a_silent_mail_server_holds_up_no_other_channel(
    store: SqliteStore, tmp_path: Path, clock: FakeClock, working: ExitStack
) -> None:
    mail, push = SlowMailer(clock), Push(wanted=3)
    working.callback(mail.released.set)
    dispatch = two_ways(store, tmp_path, clock, mail, push)
    store.add_alert(alert(1), BOTH)
    start(dispatch, working)
    assert mail.asked.wait(30)
    for number in (2, 3):
        store.add_alert(alert(number), BOTH)
        dispatch.wake()
    assert push.got.wait(30)
    assert sorted(push.subjects) == ["alert 1", "alert 2", "alert 3"]
    assert mail.sent == [], "and the mail server has still said nothing"


def test_r10_what_waits_for_a_server_that_is_away_hides_nothing_from_another_channel(
    store: SqliteStore, tmp_path: Path, clock: FakeClock, working: ExitStack
) -> None:
    mail, push = ScriptedMailer(clock, lambda alert: AWAY), Push()
    for number in range(400):
        store.add_alert(alert(number, AlertKind.FAULT), BOTH[:1])
    store.add_alert(alert(400, AlertKind.FAULT), BOTH)
    start(two_ways(store, tmp_path, clock, mail, push), working)
    assert push.got.wait(30)
    assert push.subjects == ["alert 400"]


def test_a_recipient_whom_one_channel_refuses_gets_it_over_the_other(
    store: SqliteStore, tmp_path: Path, clock: FakeClock, working: ExitStack
) -> None:
    mail = ScriptedMailer(clock, lambda alert: {ANNA: Receipt(Outcome.REFUSED, "550 no such user"), BEN: TAKEN})
    push = Push()
    store.add_alert(alert(1), (*BOTH, Address("mail", BEN)))
    dispatch = two_ways(store, tmp_path, clock, mail, push)
    start(dispatch, working)
    assert push.got.wait(30)
    working.close()
    outcomes = {row.recipient: row.outcome for row in store.deliveries(10)}
    assert outcomes == {ANNA: Outcome.REFUSED, BEN: Outcome.ACCEPTED, PHONE: Outcome.ACCEPTED}


def test_an_alert_wakes_the_worker_of_every_channel(
    store: SqliteStore, tmp_path: Path, clock: FakeClock, working: ExitStack
) -> None:
    asleep = Asleep()
    mail, push = Push(), Push()
    ways: dict[str, Channel] = {"mail": mail, PUSH: push}
    names = ("mail", PUSH)
    dispatch = Dispatch(store, FilePictures(tmp_path), ways, HOUSE, asleep, Health(clock), names=names)
    start(dispatch, working)
    assert asleep.sleeping.wait(30)
    store.add_alert(alert(1), BOTH)
    dispatch.wake()
    assert mail.got.wait(30) and push.got.wait(30)


def rounds(dispatch: Dispatch) -> None:
    """Let each worker look a few times."""
    for _, work in dispatch.work():
        stop, left = threading.Event(), iter(range(20))

        def beat(stop: threading.Event = stop, left: Iterator[int] = left) -> None:
            if next(left, None) is None:
                stop.set()

        work(stop, beat)


def test_quiet_hours_are_those_of_all_channels(store: SqliteStore, tmp_path: Path, clock: FakeClock) -> None:
    mail, push = ScriptedMailer(clock), Push()
    dispatch = two_ways(store, tmp_path, clock, mail, push)
    dispatch.set_quiet(time(11), time(13))
    store.add_alert(alert(1, AlertKind.DAILY), BOTH)
    rounds(dispatch)
    assert (mail.subjects, push.subjects) == ([], [])
    dispatch.set_quiet(time(0), time(0))
    rounds(dispatch)
    assert (mail.subjects, push.subjects) == (["alert 1"], ["alert 1"])


def test_recipients_are_those_of_one_channel(store: SqliteStore, tmp_path: Path, clock: FakeClock) -> None:
    health = Health(clock)
    keys = {f"mail:{ANNA}", f"{PUSH}:{ANNA}"}
    for key in keys:
        health.report(key, "was refused an alert")
    ways: dict[str, Channel] = {"mail": ScriptedMailer(clock), PUSH: Push()}
    dispatch = Dispatch(store, FilePictures(tmp_path), ways, HOUSE, clock, health, names=("mail", PUSH))
    dispatch.set_recipients(PUSH, [PHONE])
    rounds(dispatch)
    assert {fault.key for fault in health.faults()} == {f"mail:{ANNA}"}


def test_each_channel_has_a_worker_by_its_name_also_before_it_is_set_up(
    store: SqliteStore, tmp_path: Path, clock: FakeClock
) -> None:
    dispatch = Dispatch(store, FilePictures(tmp_path), {}, HOUSE, clock, Health(clock))
    assert [name for name, _ in dispatch.work()] == ["deliver:mail"]
    assert [name for name, _ in dispatch.work("deliver-apart")] == ["deliver-apart:mail"]
