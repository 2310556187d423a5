"""How something ended is not told before that it happened."""

from __future__ import annotations

import pytest

from pisecurity.core.types import Alert, AlertKind, Outcome, Receipt
from pisecurity.errors import MailError
from pisecurity.ports import Address
from pisecurity.runtime.sending.turns import REPLY_WAITS_S
from tests.fakes import START, FakeClock
from tests.rigs.outbox import TAKEN, Answer, Build, House, ScriptedMailer
from tests.rigs.smtp import ANNA, BEN

HUNG_UP = MailError("mail server hung up")
GREYLISTED = Receipt(Outcome.LATER, "451 greylisted")
REFUSED = Receipt(Outcome.REFUSED, "550 too large")


def told(house: House, subject: str, kind: AlertKind, about: str | None = None, *to: str) -> None:
    """Store the alert *subject*, which follows *about*."""
    alert = Alert(_id(subject), kind, START, subject, "x", thread=_id(about) if about else None)
    house.store.add_alert(alert, [Address("mail", recipient) for recipient in to or (ANNA,)])


def mailer_that(clock: FakeClock, *first: Answer, always: Answer = None) -> ScriptedMailer:
    """Return one that answers the alarm with *first*, one after the other, and with *always* from then on."""
    answers = list(first)
    return ScriptedMailer(
        clock, lambda alert: (answers.pop(0) if answers else always) if alert.subject == "A" else None
    )


def ended(house: House, kind: AlertKind = AlertKind.ALL_CLEAR, *to: str) -> None:
    """Raise the alarm A, and tell 2 s later how it ended."""
    told(house, "A", AlertKind.ALARM, None, *to)
    house.run(2)
    told(house, "end", kind, "A", *to)


@pytest.mark.parametrize("answer", [HUNG_UP, {ANNA: GREYLISTED}])
def test_all_clear_waits_for_an_alarm_that_is_tried_again(build: Build, clock: FakeClock, answer: Answer) -> None:
    mailer = mailer_that(clock, answer)
    house = build(mailer)
    ended(house)
    house.run(400)
    assert mailer.subjects == ["A", "A", "end"]


def test_each_recipient_has_the_all_clear_as_soon_as_the_alarm(build: Build, clock: FakeClock) -> None:
    mailer = mailer_that(clock, {ANNA: GREYLISTED, BEN: TAKEN})
    house = build(mailer)
    ended(house, AlertKind.ALL_CLEAR, ANNA, BEN)
    house.run(400)
    assert [(subject, to) for _, subject, to in mailer.sent] == [
        ("A", (ANNA, BEN)),
        ("end", (BEN,)),
        ("A", (ANNA,)),
        ("end", (ANNA,)),
    ]


def test_all_clear_is_not_held_by_an_alarm_that_nobody_takes(build: Build, clock: FakeClock) -> None:
    mailer = mailer_that(clock, always={ANNA: GREYLISTED})
    house = build(mailer)
    ended(house)
    house.run(REPLY_WAITS_S + 10)
    (at_s,) = [at_s for at_s, subject, _ in mailer.sent if subject == "end"]
    assert at_s == REPLY_WAITS_S + 2, "that long after it was stored"


def test_all_clear_of_a_refused_alarm_leaves_at_once(build: Build, clock: FakeClock) -> None:
    mailer = mailer_that(clock, {ANNA: REFUSED})
    house = build(mailer)
    ended(house)
    house.run(2)
    assert mailer.subjects == ["A", "end"]


def test_an_alarm_never_waits_for_the_mail_that_it_follows(build: Build, clock: FakeClock) -> None:
    mailer = mailer_that(clock, {ANNA: GREYLISTED})
    house = build(mailer)
    ended(house, AlertKind.ALARM)
    house.run(2)
    assert mailer.subjects == ["A", "end"]


def test_another_alert_leaves_while_an_all_clear_waits(build: Build, clock: FakeClock) -> None:
    mailer = mailer_that(clock, {ANNA: GREYLISTED})
    house = build(mailer)
    ended(house)
    house.run(1)
    told(house, "B", AlertKind.ALARM)
    told(house, "clear of B", AlertKind.ALL_CLEAR, "B")
    house.run(2)
    assert mailer.subjects == ["A", "B", "clear of B"]


def _id(subject: str) -> str:
    return subject.encode().hex().ljust(32, "0")
