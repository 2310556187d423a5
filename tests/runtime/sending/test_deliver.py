from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from datetime import time
from itertools import repeat
from pathlib import Path

import pytest

from pisecurity.adapters.jpeg import shrink
from pisecurity.adapters.mail.mailer import SmtpMailer
from pisecurity.adapters.store.sqlite import SqliteStore
from pisecurity.core.types import (
    AlarmState,
    Alert,
    AlertKind,
    Decision,
    Delivery,
    Notification,
    Outcome,
    Priority,
    Receipt,
)
from pisecurity.errors import MailError, StoreError
from pisecurity.ports import Address, PictureKind
from pisecurity.runtime.sending.deliver import MOST_PUT_OFF, Deliver
from pisecurity.web.assets import load_catalogue
from tests.fakes import START, FakeClock, make_event
from tests.rigs.outbox import HOUSE, Answer, Build, House, ScriptedMailer
from tests.rigs.smtp import ANNA, BEN, HANG_UP, PASSWORD, Authority, FaultySmtp, SmtpServer

AWAY = MailError("mail server refuses the connection")


def smtp(server: SmtpServer | FaultySmtp, clock: FakeClock, password: str = PASSWORD) -> SmtpMailer:
    return SmtpMailer(server.settings(), lambda: password, "Home", clock, catalogue=load_catalogue(), shrink=shrink)


def test_alert_leaves_with_the_picture_of_its_event(build: Build, clock: FakeClock) -> None:
    with FaultySmtp() as server:
        house = build(smtp(server, clock))
        event = make_event()
        house.pictures.save(event.id, PictureKind.ANNOTATED, b"\xff\xd8boxed\xff\xd9")
        house.store.add_event(
            event, AlarmState.ARMED_AWAY, Decision(AlertKind.ALARM, "armed"),
            Alert("1" * 32, AlertKind.ALARM, START, "Alarm", "Look.", event.id), [Address("mail", ANNA)],
        )  # fmt: skip
        house.round()
    (mail,) = server.mails
    (picture,) = [part for part in mail.walk() if part.get_content_type() == "image/jpeg"]
    assert picture.get_content() == b"\xff\xd8boxed\xff\xd9"
    (row,) = house.rows()
    assert row.outcome is Outcome.ACCEPTED
    assert row.accepted_at == START
    assert house.faults == {}


def test_one_mail_goes_to_all_recipients_of_an_alert(build: Build, clock: FakeClock) -> None:
    mailer = ScriptedMailer(clock)
    house = build(mailer)
    house.alert("one", ANNA, BEN)
    house.alert("two", ANNA)
    house.run(10)
    assert mailer.sent == [(0, "one", (ANNA, BEN)), (0, "two", (ANNA,))]


def test_r01_waits_between_tries_grow_to_half_an_hour_and_stay_there(build: Build, clock: FakeClock) -> None:
    mailer = ScriptedMailer(clock, lambda alert: AWAY)
    house = build(mailer)
    house.alert("one", ANNA, BEN)
    house.run(6000)
    assert [at_s for at_s, _, _ in mailer.sent] == [0, 5, 20, 80, 380, 2180, 3980, 5780]
    assert {row.outcome for row in house.rows()} == {Outcome.LATER}


def test_r01_fault_says_why_how_many_wait_and_when_the_next_try_is(build: Build, clock: FakeClock) -> None:
    answers: list[Answer] = [AWAY, AWAY, None]
    house = build(ScriptedMailer(clock, lambda alert: answers.pop(0)))
    house.alert("one", ANNA, BEN)
    house.round()
    assert house.faults == {"mail": "mail server refuses the connection; waiting: 2, next try 12:00:05 UTC"}
    house.run(6)
    assert house.faults == {"mail": "mail server refuses the connection; waiting: 2, next try 12:00:20 UTC"}
    house.run(20)
    assert house.faults == {}


def test_jitter_only_lengthens_waits(store: SqliteStore, tmp_path: Path, clock: FakeClock) -> None:
    mailer = ScriptedMailer(clock, lambda alert: AWAY)
    house = House(store, tmp_path, clock, mailer)
    house.deliver = Deliver(
        "mail", store, house.pictures, house.channels, HOUSE, clock, house.health, jitter=lambda: 1.0
    )
    house.alert("one")
    house.run(60)
    assert [at_s for at_s, _, _ in mailer.sent] == [0, 6, 23]


def test_r04_greylisted_mail_is_delivered_once_after_five_minutes(build: Build, clock: FakeClock) -> None:
    with FaultySmtp({"RCPT": ["451 4.7.1 greylisted"]}) as server:
        house = build(smtp(server, clock))
        house.alert("one")
        house.run(299)
        assert server.conversations == 1
        assert "451 4.7.1 greylisted" in house.faults[f"mail:{ANNA}"]
        house.run(1000)
    assert server.conversations == 2
    assert len(server.mails) == 1
    assert house.rows()[0].outcome is Outcome.ACCEPTED
    assert house.faults == {}


def test_r05_good_recipient_gets_one_mail_and_the_bad_one_is_shown(
    build: Build, clock: FakeClock, authority: Authority
) -> None:
    with SmtpServer(authority, refuse={BEN: "550 5.1.1 no such user"}) as server:
        house = build(smtp(server, clock))
        house.alert("one", ANNA, BEN)
        house.run(4000)
    assert [recipients for recipients, _ in server.accepted] == [(ANNA,)]
    assert [(row.recipient, row.outcome, row.attempts) for row in house.rows()] == [
        (ANNA, Outcome.ACCEPTED, 1),
        (BEN, Outcome.REFUSED, 1),
    ]
    assert set(house.faults) == {f"mail:{BEN}"}
    assert "550 5.1.1 no such user" in house.faults[f"mail:{BEN}"]


def test_only_the_recipient_who_waits_is_tried_again(build: Build, clock: FakeClock) -> None:
    with FaultySmtp({f"RCPT TO:<{BEN}>": ["450 4.2.1 busy"]}) as server:
        house = build(smtp(server, clock))
        house.alert("one", ANNA, BEN)
        house.run(310)
    assert [mail["To"] for mail in server.mails] == [f"{ANNA}, {BEN}", BEN]


def test_r06_rejected_login_is_tried_every_15_minutes_and_is_a_fault(
    build: Build, clock: FakeClock, authority: Authority
) -> None:
    with SmtpServer(authority) as server:
        house = build(smtp(server, clock, "wrong"))
        house.alert("one")
        for subject in ("two", "three", "four"):
            house.run(100)
            house.alert(subject)
        house.run(599)
        assert server.logins == ["wrong"]
        assert "app password" in house.faults["mail"]
        assert house.faults["mail"].endswith("waiting: 4, next try 12:15:00 UTC")
        house.run(2700 - 899)
    assert server.logins == ["wrong"] * 3


def test_r06_restart_does_not_try_a_rejected_login_again_at_once(build: Build, clock: FakeClock) -> None:
    mailer = ScriptedMailer(clock, lambda alert: MailError("535", rejected_login=True))
    house = build(mailer)
    house.alert("one")
    house.round()
    house.restart()
    house.run(890)
    assert len(mailer.sent) == 1


def test_corrected_mail_settings_are_tried_at_once(build: Build, clock: FakeClock) -> None:
    house = build(ScriptedMailer(clock, lambda alert: MailError("535", rejected_login=True)))
    house.alert("one")
    house.round()
    right = ScriptedMailer(clock)
    house.channels["mail"] = right
    house.alert("two")
    house.round()
    assert right.subjects == ["two", "one"]
    assert house.faults == {}


def test_r07_connection_lost_after_the_mail_means_the_same_message_id_again(build: Build, clock: FakeClock) -> None:
    with FaultySmtp({".": [HANG_UP]}) as server:
        house = build(smtp(server, clock))
        house.alert("one")
        house.run(10)
    first, second = server.mails
    assert first["Message-ID"] == second["Message-ID"]
    assert house.rows()[0].outcome is Outcome.ACCEPTED


def test_r07_kill_between_acceptance_and_record_means_the_same_message_id_again(
    build: Build, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*args: object, **kwargs: object) -> None:
        raise KeyboardInterrupt

    with FaultySmtp() as server:
        house = build(smtp(server, clock))
        house.alert("one")
        with monkeypatch.context() as patch:
            patch.setattr(house.store, "record", killed)
            with pytest.raises(KeyboardInterrupt):
                house.round()
        house.restart()
        house.run(10)
    first, second = server.mails
    assert first["Message-ID"] == second["Message-ID"]


def test_new_alert_is_tried_at_once_though_the_server_is_away(build: Build, clock: FakeClock) -> None:
    mailer = ScriptedMailer(clock, lambda alert: AWAY)
    house = build(mailer)
    house.alert("one")
    house.run(400)
    house.alert("two")
    house.run(60)
    assert mailer.sent[-1][:2] == (400, "two")
    assert mailer.subjects.count("two") == 1


def test_order_is_kept_when_the_server_comes_back(build: Build, clock: FakeClock) -> None:
    mailer = ScriptedMailer(clock, lambda alert: AWAY)
    house = build(mailer)
    subjects = [f"alert {number:02}" for number in range(30)]
    for subject in subjects:
        house.alert(subject)
        house.run(60)
    mailer.answer = lambda alert: None
    before = len(mailer.sent)
    house.run(1801)
    delivered = mailer.subjects[before:]
    assert sorted(delivered) == subjects, "each once"
    assert delivered[1:] == sorted(delivered[1:])
    assert mailer.sent[-1][0] == mailer.sent[before][0], "all in the same round"


def test_alert_the_server_cannot_stand_does_not_hold_up_the_others(build: Build, clock: FakeClock) -> None:
    mailer = ScriptedMailer(clock, lambda alert: AWAY if alert.subject.startswith("bad") else None)
    house = build(mailer)
    for subject in ("bad one", "bad two", "good one", "good two"):
        house.alert(subject)
    house.run(7)
    assert [row.outcome for row in house.rows()] == [Outcome.LATER] * 2 + [Outcome.ACCEPTED] * 2
    house.alert("good three")
    house.run(2)
    assert house.rows()[-1].outcome is Outcome.ACCEPTED


def test_mail_that_can_never_succeed_is_refused_and_shown(build: Build, clock: FakeClock) -> None:
    mailer = ScriptedMailer(clock, lambda alert: MailError("554 looks like spam", permanent=True))
    house = build(mailer)
    house.alert("one")
    house.run(4000)
    assert len(mailer.sent) == 1
    (row,) = house.rows()
    assert row.outcome is Outcome.REFUSED
    assert row.detail == "554 looks like spam"
    assert "554 looks like spam" in house.faults[f"mail:{ANNA}"]


def test_fault_of_a_recipient_ends_when_the_settings_no_longer_name_them(build: Build, clock: FakeClock) -> None:
    answer = {ANNA: Receipt(Outcome.REFUSED, "550 no such user"), BEN: Receipt(Outcome.REFUSED, "552 mailbox full")}
    house = build(ScriptedMailer(clock, lambda alert: answer))
    house.health.report(f"camera:{ANNA}", "a fault of somebody else")
    house.alert("one", ANNA, BEN)
    house.run(2)
    assert set(house.faults) == {f"camera:{ANNA}", f"mail:{ANNA}", f"mail:{BEN}"}
    house.deliver.set_recipients([BEN])
    house.round()
    assert set(house.faults) == {f"camera:{ANNA}", f"mail:{BEN}"}
    house.deliver.set_recipients([])
    house.round()
    assert set(house.faults) == {f"camera:{ANNA}"}


def test_recipient_no_longer_in_the_settings_gets_what_waits_or_is_given_up(build: Build, clock: FakeClock) -> None:
    answers = {ANNA: Receipt(Outcome.LATER, "450 domain not found"), BEN: Receipt(Outcome.LATER, "450 busy")}
    mailer = ScriptedMailer(clock, lambda alert: answers)
    house = build(mailer)
    house.alert("one", ANNA, BEN)
    house.round()
    house.deliver.set_recipients([])
    answers[BEN] = Receipt(Outcome.ACCEPTED, "250 queued")
    house.run(4000)
    assert [(row.outcome, row.detail, row.attempts) for row in house.rows()] == [
        (Outcome.REFUSED, "450 domain not found; given up, because [mail] no longer names this recipient", 2),
        (Outcome.ACCEPTED, "250 queued", 2),
    ]
    assert house.faults == {}


def test_server_that_is_away_costs_a_former_recipient_no_alert(build: Build, clock: FakeClock) -> None:
    answers: list[Answer] = [AWAY, AWAY, None]
    house = build(ScriptedMailer(clock, lambda alert: answers.pop(0)))
    house.deliver.set_recipients([])
    house.alert("one")
    house.run(21)
    assert house.rows()[0].outcome is Outcome.ACCEPTED


def test_rows_of_an_earlier_boot_leave_at_once(build: Build, clock: FakeClock) -> None:
    answers: list[Answer] = [AWAY]
    mailer = ScriptedMailer(clock, lambda alert: answers.pop() if answers else None)
    house = build(mailer)
    house.alert("one")
    house.round()
    clock.reboot()
    house.restart()
    house.round()
    assert house.rows()[0].outcome is Outcome.ACCEPTED


def test_channel_that_is_not_set_up_keeps_its_alerts_and_is_told(build: Build, clock: FakeClock) -> None:
    mailer = ScriptedMailer(clock)
    house = build(mailer)
    house.channels.clear()
    house.alert("one")
    house.run(3)
    assert "[mail] is missing" in house.faults["mail"]
    house.channels["mail"] = mailer
    house.round()
    assert mailer.subjects == ["one"]
    assert house.faults == {}


def test_answer_that_cannot_be_stored_is_stored_later_and_nothing_is_sent_twice(
    build: Build, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*args: object, **kwargs: object) -> None:
        raise StoreError("disk full")

    mailer = ScriptedMailer(clock)
    house = build(mailer)
    house.alert("one", ANNA, BEN)
    house.alert("two")
    with monkeypatch.context() as patch:
        patch.setattr(house.store, "record", full)
        house.run(100)
        assert mailer.subjects == ["one"]
        assert "disk full" in house.faults["outbox"]
    house.round()
    assert mailer.subjects == ["one", "two"]
    assert {row.outcome for row in house.rows()} == {Outcome.ACCEPTED}
    assert house.rows()[0].accepted_at == START
    assert house.faults == {}


def test_outbox_that_cannot_be_read_is_a_fault_until_it_can(
    build: Build, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*args: object) -> tuple[Delivery, ...]:
        raise StoreError("database disk image is malformed")

    house = build(ScriptedMailer(clock))
    with monkeypatch.context() as patch:
        patch.setattr(house.store, "due", broken)
        house.run(2)
        assert "malformed" in house.faults["outbox"]
    house.round()
    assert house.faults == {}


def test_picture_that_cannot_be_read_does_not_keep_the_alert(
    build: Build, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreadable(event_id: str, kind: PictureKind) -> bytes | None:
        raise StoreError("input/output error")

    mailer = ScriptedMailer(clock)
    house = build(mailer)
    monkeypatch.setattr(house.pictures, "load", unreadable)
    event = make_event()
    alert = Alert("1" * 32, AlertKind.ALARM, START, "Alarm", "Look.", event.id)
    decision = Decision(AlertKind.ALARM, "armed")
    house.store.add_event(event, AlarmState.ARMED_AWAY, decision, alert, [Address("mail", ANNA)])
    house.round()
    assert house.rows()[0].outcome is Outcome.ACCEPTED


def test_bug_in_a_mailer_is_a_fault_with_a_traceback_and_not_the_end_of_the_alarm(
    build: Build, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[type[BaseException]] = []
    printed = threading.Event()

    def print_traceback(uncaught: threading.ExceptHookArgs) -> None:
        told.append(uncaught.exc_type)
        printed.set()

    monkeypatch.setattr(threading, "excepthook", print_traceback)

    class Buggy(ScriptedMailer):
        def send(
            self, notification: Notification, recipients: Sequence[str], deadline_s: float
        ) -> Mapping[str, Receipt]:
            raise ZeroDivisionError

    house = build(Buggy(clock))
    house.alert("one")
    house.round()
    assert printed.wait(30)
    assert told == [ZeroDivisionError]
    assert "failed by a bug" in house.faults["mail"]
    (row,) = house.rows()
    assert row.outcome is Outcome.LATER and row.in_doubt, "nobody knows how far it came"


def test_busy_server_costs_one_conversation_a_try(build: Build, clock: FakeClock) -> None:
    with FaultySmtp({"CONNECT": repeat("421 4.3.2 busy")}) as server:
        house = build(smtp(server, clock))
        house.alert("one")
        house.run(100)
        assert server.conversations == 4
    assert house.rows()[0].attempts == 4


@pytest.mark.parametrize("step", [f"RCPT TO:<{ANNA}>", "."])
@pytest.mark.parametrize(
    "reply",
    ["530 5.7.0 Authentication required", "550 5.4.5 Daily user sending limit exceeded", "550 5.2.2 Mailbox full"],
)
def test_r05_no_alarm_is_given_up_for_a_refusal_that_passes(
    build: Build, clock: FakeClock, step: str, reply: str
) -> None:
    with FaultySmtp({step: [reply]}) as server:
        house = build(smtp(server, clock))
        house.alert("one", ANNA, kind=AlertKind.ALARM)
        house.run(3000)
    assert [row.outcome for row in house.rows()] == [Outcome.ACCEPTED]


def test_r06_a_login_refused_while_the_server_is_left_alone_is_not_tried_again_for_15_minutes(
    build: Build, clock: FakeClock
) -> None:
    mailer = ScriptedMailer(clock, lambda alert: MailError("away"))
    house = build(mailer)
    house.alert("one")
    house.round()
    house.clock.advance(1)
    mailer.answer = lambda alert: MailError("535", rejected_login=True)
    house.alert("two")
    house.run(800)
    assert [at_s for at_s, _, _ in mailer.sent] == [0, 1]


# What nobody in the house may know of has an outbox of its own.
@pytest.mark.parametrize("kind", [kind for kind in AlertKind if kind is not AlertKind.DURESS])
def test_quiet_hours_hold_back_only_what_is_good_to_know(build: Build, clock: FakeClock, kind: AlertKind) -> None:
    mailer = ScriptedMailer(clock)
    house = build(mailer)
    house.deliver.set_quiet(time(11), time(13))
    house.alert("alert", kind=kind)
    house.run(10)
    assert len(mailer.sent) == (kind.priority is not Priority.INFO)
    clock.advance(3600)
    house.run(10)
    assert len(mailer.sent) == 1
    assert house.rows()[0].outcome is Outcome.ACCEPTED


def test_what_quiet_hours_hold_back_holds_up_nothing_else(build: Build, clock: FakeClock) -> None:
    mailer = ScriptedMailer(clock)
    house = build(mailer)
    house.deliver.set_quiet(time(11), time(13))
    for number in range(300):
        house.alert(f"over {number}", kind=AlertKind.RECOVERED)
    house.alert("alarm", kind=AlertKind.ALARM)
    house.run(10)
    assert mailer.subjects == ["alarm"]


def test_quiet_hours_hold_also_while_the_server_is_left_alone(build: Build, clock: FakeClock) -> None:
    """It is then asked to take what is new."""
    mailer = ScriptedMailer(clock, lambda alert: AWAY)
    house = build(mailer)
    house.deliver.set_quiet(time(11), time(13))
    house.alert("fault", kind=AlertKind.FAULT)
    house.run(6)
    house.alert("another", kind=AlertKind.FAULT)
    house.run(2)
    house.alert("daily", kind=AlertKind.DAILY)
    house.run(10)
    assert mailer.subjects == ["fault", "fault", "another"]


def test_r04_a_server_that_puts_everything_off_is_left_alone(build: Build, clock: FakeClock) -> None:
    mailer = ScriptedMailer(clock, lambda alert: {ANNA: Receipt(Outcome.LATER, "421 too many connections")})
    house = build(mailer)
    for number in range(300):
        house.alert(f"alert {number}")
    house.run(60)
    assert len(mailer.sent) <= 3 * MOST_PUT_OFF
    assert "421 too many connections" in house.faults["mail"]
    mailer.answer = lambda alert: None
    house.run(4000)
    assert {row.outcome for row in house.rows()} == {Outcome.ACCEPTED}
    assert house.faults == {}
