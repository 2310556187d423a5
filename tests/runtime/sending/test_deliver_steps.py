"""The two mails of an alert: at once with the picture there is, then the better picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from pisecurity.core.types import BETTER, FIRST, AlarmState, Alert, AlertKind, Decision, Outcome, Receipt
from pisecurity.errors import MailError
from pisecurity.ports import Address, PictureKind
from pisecurity.runtime.life.logins import REJECTED_LOGIN_S
from pisecurity.runtime.sending.line import CALM_S
from tests.fakes import START, FakeClock, make_event
from tests.rigs.outbox import Build, House, ScriptedMailer
from tests.rigs.smtp import ANNA, BEN

EVENT = make_event()
ALERT = Alert("1" * 32, AlertKind.ALARM, START, "Alarm", "Look.", EVENT.id)
AWAY = MailError("mail server refuses the connection")
WAIT_S = 15.0


@pytest.fixture
def mailer(clock: FakeClock) -> ScriptedMailer:
    return ScriptedMailer(clock)


@pytest.fixture
def house(build: Build, mailer: ScriptedMailer) -> House:
    """Return a house in which an event has just opened."""
    house = build(mailer)
    house.pictures.save(EVENT.id, PictureKind.ANNOTATED, b"first")
    to = [Address("mail", ANNA), Address("mail", BEN)]
    house.store.add_event(EVENT, AlarmState.ARMED_AWAY, Decision(AlertKind.ALARM, "armed"), ALERT, to)
    return house


def improve(house: House, jpeg: bytes = b"better") -> None:
    house.pictures.save(EVENT.id, PictureKind.ANNOTATED, jpeg)
    house.store.improve_event(EVENT, house.clock.instant().later(WAIT_S))


def sent(mailer: ScriptedMailer) -> list[tuple[int, Sequence[bytes], tuple[str, ...]]]:
    """Return step, pictures and recipients of each try."""
    tries = zip(mailer.notifications, mailer.sent, strict=True)
    return [(each.step, each.pictures, recipients) for each, (_, _, recipients) in tries]


def test_the_better_picture_follows_once_in_a_second_mail(house: House, mailer: ScriptedMailer) -> None:
    house.round()
    improve(house)
    house.run(WAIT_S)
    assert sent(mailer) == [(FIRST, (b"first",), (ANNA, BEN))]
    house.run(100)
    improve(house, b"better still")
    house.run(100)
    assert sent(mailer)[1:] == [(BETTER, (b"better",), (ANNA, BEN))]


def test_the_best_of_several_views_follows(house: House, mailer: ScriptedMailer) -> None:
    house.round()
    improve(house)
    improve(house, b"best")
    house.run(100)
    assert sent(mailer)[1:] == [(BETTER, (b"best",), (ANNA, BEN))]


def test_the_end_of_the_event_lets_the_better_picture_leave(house: House, mailer: ScriptedMailer) -> None:
    house.round()
    improve(house)
    house.store.end_event(EVENT.id, START)
    house.run(CALM_S)
    assert [step for step, _, _ in sent(mailer)] == [FIRST], "another alarm may follow"
    house.round()
    assert [step for step, _, _ in sent(mailer)] == [FIRST, BETTER]


def test_no_better_picture_leaves_while_one_alarm_follows_another(house: House, mailer: ScriptedMailer) -> None:
    """On a slow line the next alarm would wait behind its upload."""
    house.round()
    improve(house)
    house.store.end_event(EVENT.id, START)
    for number in range(10):
        house.run(5)
        house.alert(f"alarm {number}", ANNA, kind=AlertKind.ALARM)
    assert {step for step, _, _ in sent(mailer)} == {FIRST}
    house.run(20)
    assert sent(mailer)[-1][0] == BETTER


def test_no_second_mail_where_the_first_had_the_picture(house: House, mailer: ScriptedMailer) -> None:
    improve(house)
    house.run(100)
    assert sent(mailer) == [(FIRST, (b"better",), (ANNA, BEN))]
    assert [row.step for row in house.rows()] == [FIRST, FIRST]


def test_no_second_mail_without_a_better_picture(house: House, mailer: ScriptedMailer) -> None:
    house.round()
    house.store.end_event(EVENT.id, START)
    house.run(100)
    assert [step for step, _, _ in sent(mailer)] == [FIRST]


def test_step_two_never_leaves_before_step_one(house: House, mailer: ScriptedMailer) -> None:
    mailer.answer = lambda alert: AWAY
    house.round()
    improve(house)
    house.run(3000)
    assert {step for step, _, _ in sent(mailer)} == {FIRST}
    mailer.answer = lambda alert: None
    house.run(2000)
    assert [step for step, _, _ in sent(mailer)][-1] == FIRST, "by then it had the better picture"
    assert {row.outcome for row in house.rows()} == {Outcome.ACCEPTED}
    assert len(house.rows()) == 2


def test_whom_step_one_was_refused_gets_no_step_two(house: House, mailer: ScriptedMailer) -> None:
    answer = {ANNA: Receipt(Outcome.ACCEPTED, "250 queued"), BEN: Receipt(Outcome.REFUSED, "550 no such user")}
    mailer.answer = lambda alert: answer
    house.round()
    improve(house)
    house.run(100)
    assert sent(mailer)[1:] == [(BETTER, (b"better",), (ANNA,))]


def test_a_refusal_takes_the_step_two_that_waits_with_it(house: House, mailer: ScriptedMailer) -> None:
    mailer.answer = lambda alert: dict.fromkeys((ANNA, BEN), Receipt(Outcome.LATER, "450 busy"))
    house.round()
    improve(house)
    assert [row.step for row in house.rows()] == [FIRST, FIRST, BETTER, BETTER]
    mailer.answer = lambda alert: dict.fromkeys((ANNA, BEN), Receipt(Outcome.REFUSED, "550 no such user"))
    house.run(400)
    assert [(row.step, row.outcome) for row in house.rows()] == [(FIRST, Outcome.REFUSED)] * 2


def test_step_two_is_tried_again_like_any_other(house: House, mailer: ScriptedMailer) -> None:
    house.round()
    improve(house)
    mailer.answer = lambda alert: AWAY
    house.run(60)
    mailer.answer = lambda alert: None
    house.run(2000)
    steps = [step for step, _, _ in sent(mailer)]
    assert (steps[0], set(steps[1:])) == (FIRST, {BETTER})
    assert [(row.step, row.outcome) for row in house.rows()] == [
        (FIRST, Outcome.ACCEPTED),
        (FIRST, Outcome.ACCEPTED),
        (BETTER, Outcome.ACCEPTED),
        (BETTER, Outcome.ACCEPTED),
    ]


def test_another_alarm_goes_before_the_better_picture_of_an_earlier_one(house: House, mailer: ScriptedMailer) -> None:
    house.round()
    improve(house)
    house.clock.advance(WAIT_S)
    house.alert("another alarm", ANNA, BEN, kind=AlertKind.ALARM)
    house.round()
    assert mailer.subjects[1:] == ["another alarm", "Alarm"]


def test_a_better_picture_that_waits_is_no_alert_that_waits(house: House) -> None:
    house.round()
    improve(house)
    assert house.store.waiting() == 0


def test_after_a_power_cut_the_better_picture_still_follows(house: House, mailer: ScriptedMailer) -> None:
    house.round()
    improve(house)
    house.clock.reboot()
    house.store.end_open_events()
    house.restart()
    house.run(3)
    assert [step for step, _, _ in sent(mailer)] == [FIRST, BETTER]


def soon(house: House, event_id: str = "b", alert_id: str = "2") -> None:
    later = house.clock.instant().later(0.7)
    decision = Decision(AlertKind.ALARM, "armed")
    event, alert = replace(EVENT, id=event_id * 32), replace(ALERT, id=alert_id * 32, event_id=event_id * 32)
    house.store.add_event(event, AlarmState.ARMED_AWAY, decision, alert, [Address("mail", ANNA)], later)


def test_the_way_to_the_server_is_made_ready_for_what_is_due_in_a_moment(house: House, mailer: ScriptedMailer) -> None:
    house.round()
    house.deliver.warm_up()
    assert mailer.warmed == 0
    soon(house)
    house.deliver.warm_up()
    assert mailer.warmed == 1
    assert len(mailer.sent) == 1


def test_a_server_that_is_left_alone_is_left_alone(house: House, mailer: ScriptedMailer) -> None:
    mailer.answer = lambda alert: AWAY
    house.round()
    house.alert("another", ANNA)
    house.round()
    soon(house)
    house.deliver.warm_up()
    assert mailer.warmed == 0


def test_nothing_is_made_ready_for_a_better_picture_that_waits_for_a_calm_line(
    house: House, mailer: ScriptedMailer
) -> None:
    house.round()
    improve(house)
    house.store.end_event(EVENT.id, START)
    house.clock.advance(CALM_S - 0.5)
    house.round()
    house.deliver.warm_up()
    assert mailer.warmed == 0, "it would be a login for nothing"


def test_r06_nobody_logs_in_to_make_ready_where_a_proof_found_the_login_refused(
    house: House, mailer: ScriptedMailer
) -> None:
    house.round()
    house.logins.rejected(mailer, "535 bad credentials")
    soon(house)
    house.deliver.warm_up()
    assert mailer.warmed == 0
    house.clock.advance(REJECTED_LOGIN_S)
    soon(house, "c", "3")
    house.deliver.warm_up()
    assert mailer.warmed == 1
