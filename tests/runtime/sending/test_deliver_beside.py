"""An alarm leaves beside another mail that is on its way; a server that stands no two conversations gets it next."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from pisecurity.core.types import BETTER, AlarmState, Alert, AlertKind, Decision, Outcome, Receipt
from pisecurity.errors import MailError, StoreError
from pisecurity.ports import Address, PictureKind
from pisecurity.runtime.life.logins import REJECTED_LOGIN_S
from pisecurity.runtime.sending import courier
from tests.fakes import START, FakeClock, make_event
from tests.rigs.outbox import Answer, Build, House, ScriptedMailer
from tests.rigs.smtp import ANNA

EVENT = make_event()
ALERT = Alert("1" * 32, AlertKind.ALARM, START, "Alarm", "Look.", EVENT.id)
REFUSED = MailError("535 bad credentials", rejected_login=True)
ALONE: list[Answer] = [
    MailError("421 too many connections"),
    MailError("closed in mid-conversation", in_doubt=True),
    {ANNA: Receipt(Outcome.LATER, "421 too many connections")},
]
OTHERS = [AlertKind.DIGEST, AlertKind.DAILY, AlertKind.TEST, AlertKind.FAULT]


class Beside:
    """A house with a mail that stays on its way until an alarm has tried to overtake it."""

    def __init__(self, build: Build, clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(courier, "BEAT_S", 0.01)
        self.slow, self.going_on = "slow", False
        self.alarms, self.raised = 1, 0
        """How many alarms are raised, one after the other, while the slow mail is on its way, and how many were."""
        self.beside: Callable[[], Answer] = lambda: None
        """Answers an alarm that overtakes."""
        self.after: Callable[[], Answer] = lambda: None
        """Answers all others."""
        self.tried, self.patience_s = threading.Event(), 30.0
        self.mailer = ScriptedMailer(clock, self._answer)
        self.house = build(self.mailer)
        self.house.alert("hello")
        self.house.round()
        self.mailer.sent.clear()

    def _answer(self, alert: Alert) -> Answer:
        if self.going_on:
            answer = self.beside()
            self.tried.set()
            return answer
        if alert.subject == self.slow:
            self._take_long()
        return self.after()

    def _take_long(self) -> None:
        self.slow, self.going_on = "", True
        for _ in range(self.alarms):
            self.tried.clear()
            self.house.alert(f"alarm {self.raised}", ANNA, kind=AlertKind.ALARM)
            self.house.deliver.wake()
            self.tried.wait(self.patience_s)
            self.raised, self.patience_s = self.raised + 1, 0.2
        self.going_on = False


@pytest.fixture
def beside(build: Build, clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> Beside:
    return Beside(build, clock, monkeypatch)


def better_picture(house: House) -> None:
    """Have the better picture of an alarm due."""
    house.pictures.save(EVENT.id, PictureKind.ANNOTATED, b"first")
    to, decision = [Address("mail", ANNA)], Decision(AlertKind.ALARM, "armed")
    house.store.add_event(EVENT, AlarmState.ARMED_AWAY, decision, ALERT, to)
    house.round()
    house.pictures.save(EVENT.id, PictureKind.ANNOTATED, b"better")
    house.store.improve_event(EVENT, house.clock.instant().later(15))
    house.clock.advance(15)


def test_an_alarm_does_not_wait_for_the_better_picture_of_another(beside: Beside) -> None:
    better_picture(beside.house)
    beside.slow = "Alarm"
    beside.house.round()
    assert beside.mailer.subjects == ["Alarm", "Alarm", "alarm 0"]
    assert beside.mailer.notifications[-2].step == BETTER
    beside.house.run(100)
    assert len(beside.mailer.sent) == 3
    assert {row.outcome for row in beside.house.rows()} == {Outcome.ACCEPTED}


@pytest.mark.parametrize("kind", OTHERS)
def test_an_alarm_waits_for_no_mail_that_is_less_urgent(beside: Beside, kind: AlertKind) -> None:
    beside.house.alert("slow", ANNA, kind=kind)
    beside.house.round()
    assert beside.mailer.subjects == ["slow", "alarm 0"]
    assert beside.tried.is_set()
    beside.house.run(100)
    assert {row.outcome for row in beside.house.rows()} == {Outcome.ACCEPTED}
    assert len(beside.mailer.sent) == 2


@pytest.mark.parametrize("answer", ALONE)
@pytest.mark.parametrize("slow_fails", [False, True])
def test_an_alarm_that_could_not_overtake_leaves_as_soon_as_the_other_has_ended(
    beside: Beside, answer: Answer, *, slow_fails: bool
) -> None:
    beside.beside = lambda: answer
    outcomes: list[Answer] = [MailError("too slow")] if slow_fails else []
    beside.after = lambda: outcomes.pop() if outcomes else None
    beside.house.alert("slow", ANNA, kind=AlertKind.DAILY)
    beside.house.round()
    beside.house.round()
    assert beside.mailer.subjects[:3] == ["slow", "alarm 0", "alarm 0"], "at once, not after a wait"
    beside.house.run(100)
    assert {row.outcome for row in beside.house.rows()} == {Outcome.ACCEPTED}


def test_while_one_mail_is_on_its_way_only_one_alarm_fails_to_overtake_it(beside: Beside) -> None:
    beside.alarms, beside.beside = 3, lambda: ALONE[0]
    beside.house.alert("slow", ANNA, kind=AlertKind.DAILY)
    beside.house.round()
    assert beside.mailer.subjects[:2] == ["slow", "alarm 0"]
    assert beside.mailer.subjects[2] == "alarm 2", "the newest"
    beside.house.run(3)
    assert sorted(beside.mailer.subjects[2:]) == ["alarm 0", "alarm 1", "alarm 2"]


def test_r06_alarms_that_overtake_add_no_more_than_one_refused_login(beside: Beside) -> None:
    beside.alarms, beside.beside = 4, lambda: REFUSED
    beside.after = lambda: MailError("too slow")
    beside.house.alert("slow", ANNA, kind=AlertKind.DAILY)
    beside.house.run(REJECTED_LOGIN_S)
    assert beside.mailer.subjects == ["slow", "alarm 0"], "nobody logs in for 15 minutes"
    assert "535" in beside.house.faults["mail"]
    beside.after = lambda: None
    beside.house.run(100)
    assert {row.outcome for row in beside.house.rows()} == {Outcome.ACCEPTED}


def test_r06_who_was_refused_beside_a_mail_that_the_server_takes_is_next_and_never_overtakes_again(
    beside: Beside,
) -> None:
    """Some servers refuse the login of a second conversation; the mail that is taken shows that nothing is locked."""
    beside.beside = lambda: REFUSED
    beside.house.alert("slow", ANNA, kind=AlertKind.DAILY)
    beside.house.round()
    assert beside.mailer.subjects == ["slow", "alarm 0", "alarm 0"]
    beside.slow = "another"
    beside.house.alert("another", ANNA, kind=AlertKind.DAILY)
    beside.house.round()
    assert beside.mailer.subjects[3:] == ["another", "alarm 1"]
    assert not beside.tried.is_set()
    assert {row.outcome for row in beside.house.rows()} == {Outcome.ACCEPTED}


def test_an_outbox_out_of_order_is_told_once_while_a_mail_is_on_its_way(
    beside: Beside, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    beside.house.alert("slow", ANNA, kind=AlertKind.DAILY)
    newest_due, asked = beside.house.store.newest_due, list[str]()

    def out_of_order(*args: object) -> object:
        if beside.going_on:
            asked.append("newest")
            beside.tried.set()
            raise StoreError("disk image is malformed")
        return newest_due(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(beside.house.store, "newest_due", out_of_order)
    beside.alarms = 2
    beside.house.round()
    assert asked == ["newest"]
    assert caplog.text.count("alarm waits for another mail") == 1
    beside.house.run(100)
    assert {row.outcome for row in beside.house.rows()} == {Outcome.ACCEPTED}
