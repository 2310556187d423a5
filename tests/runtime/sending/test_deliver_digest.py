"""R-10: what a long outage leaves goes together, the newest alarm first; nothing is lost and nothing is told twice."""

from __future__ import annotations

from contextlib import suppress

import pytest

from pisecurity.adapters.store.outbox import MOST_IN_DIGEST
from pisecurity.core.alarm.digest import LEAST, LONG_S
from pisecurity.core.types import AlarmState, Alert, AlertKind, Decision, Outcome, Receipt
from pisecurity.errors import MailError
from pisecurity.ports import Address, PictureKind
from tests.fakes import FakeClock, make_event
from tests.rigs.outbox import Build, House, ScriptedMailer
from tests.rigs.smtp import ANNA, BEN

AWAY = MailError("mail server refuses the connection")


@pytest.fixture
def mailer(clock: FakeClock) -> ScriptedMailer:
    return ScriptedMailer(clock, lambda alert: AWAY)


@pytest.fixture
def house(build: Build, mailer: ScriptedMailer) -> House:
    return build(mailer)


def outage(house: House, count: int, *to: str, kind: AlertKind = AlertKind.ALARM, name: str = "alert") -> list[str]:
    """Let *count* alerts happen 300 s apart while the server is away, and the last of them wait for long."""
    subjects = [f"[Home] {name} {number:03}" for number in range(count)]
    for subject in subjects:
        house.alert(subject, *to or (ANNA,), kind=kind)
        house.run(3)
        house.clock.advance(297)
    house.clock.advance(LONG_S)
    return subjects


def returned(house: House, mailer: ScriptedMailer, seconds: float = 10) -> list[Alert]:
    """Let the server return; return what it took."""
    mailer.answer = lambda alert: None
    before = len(mailer.sent)
    house.clock.advance(1980)
    house.run(seconds)
    return [each.alert for each in mailer.notifications[before:]]


def test_r10_after_a_day_without_network_the_newest_alarm_comes_at_once_and_the_rest_in_one_mail(
    house: House, mailer: ScriptedMailer
) -> None:
    subjects = outage(house, 300, ANNA, BEN)
    first, digest = returned(house, mailer)
    assert first.subject == subjects[-1]
    assert (digest.kind, digest.subject) == (
        AlertKind.DIGEST,
        "[Home] 299 alerts that could not be mailed since Monday, 1 June 2026, 12:00:00",
    )
    listed = [line[10:] for line in digest.text.splitlines() if line[2:3] == ":" and line[5:6] == ":"]
    assert listed == [subject.removeprefix("[Home] ") for subject in subjects[:-1]]
    assert {row.outcome for row in house.rows()} == {Outcome.ACCEPTED}
    assert house.store.waiting() == 0
    assert house.faults == {}


def test_r10_the_newest_alarm_comes_alone_also_where_something_else_found_the_server_back(
    house: House, mailer: ScriptedMailer
) -> None:
    outage(house, 12)
    mailer.answer = lambda alert: None
    house.alert("[Home] fault", kind=AlertKind.FAULT)
    before = len(mailer.sent)
    house.run(10)
    fault, newest, digest = (each.alert for each in mailer.notifications[before:])
    assert (fault.subject, newest.subject) == ("[Home] fault", "[Home] alert 011")
    assert digest.kind is AlertKind.DIGEST and "alert 010" in digest.text and "alert 011" not in digest.text


def test_r10_what_is_too_much_for_one_digest_goes_into_the_next(house: House, mailer: ScriptedMailer) -> None:
    for number in range(MOST_IN_DIGEST + 20):
        house.alert(f"[Home] alert {number:03}", kind=AlertKind.ALARM)
    house.run(3)
    house.clock.advance(LONG_S)
    assert [alert.kind for alert in returned(house, mailer)] == [AlertKind.ALARM, AlertKind.DIGEST, AlertKind.DIGEST]
    assert {row.outcome for row in house.rows()} == {Outcome.ACCEPTED}


def test_r10_the_digest_names_the_days(house: House, mailer: ScriptedMailer) -> None:
    outage(house, 300)
    _, digest = returned(house, mailer)
    days = [line for line in digest.text.splitlines() if line.endswith(" 2026")]
    assert days == ["Monday, 1 June 2026", "Tuesday, 2 June 2026"]


def test_what_waited_shortly_comes_one_by_one(house: House, mailer: ScriptedMailer) -> None:
    outage(house, LEAST + 2)
    house.alert("[Home] just now", kind=AlertKind.FAULT)
    assert [alert.kind for alert in returned(house, mailer)][-1] is AlertKind.DIGEST
    house.alert("[Home] quick", kind=AlertKind.FAULT)
    house.run(2)
    assert mailer.subjects[-1] == "[Home] quick"


def test_few_alerts_come_one_by_one_each_with_its_picture(house: House, mailer: ScriptedMailer) -> None:
    subjects = outage(house, LEAST)
    assert [alert.subject for alert in returned(house, mailer)] == [subjects[-1], *subjects[:-1]]


@pytest.mark.parametrize("kind", [AlertKind.TAMPER, AlertKind.TEST])
def test_what_must_be_seen_alone_is_in_no_digest(house: House, mailer: ScriptedMailer, kind: AlertKind) -> None:
    outage(house, 10, kind=kind)
    assert {alert.kind for alert in returned(house, mailer)} == {kind}


def test_what_does_not_wait_for_a_further_try_is_in_no_digest(house: House, mailer: ScriptedMailer) -> None:
    """An alarm of this very moment waits for a better view, and a second contact for somebody to disarm."""
    outage(house, 10)
    mailer.answer = lambda alert: None
    house.clock.advance(1980)
    alert = Alert("d" * 32, AlertKind.ALARM, house.clock.now(), "[Home] just now", "Look.")
    house.store.add_alert(alert, [Address("mail", ANNA, after_s=60)])
    house.run(30)
    assert mailer.notifications[-1].alert.kind is AlertKind.DIGEST
    assert "just now" not in "".join(each.alert.text + each.alert.subject for each in mailer.notifications)
    house.run(60)
    assert mailer.subjects[-1] == "[Home] just now"


def test_the_most_urgent_goes_first_though_it_is_older(house: House, mailer: ScriptedMailer) -> None:
    for kind in (AlertKind.FAULT, AlertKind.TAMPER, AlertKind.ALARM, AlertKind.ALL_CLEAR):
        house.alert(f"[Home] {kind}", kind=kind)
        house.run(1)
    told = [alert.kind for alert in returned(house, mailer)]
    assert told[:2] == [AlertKind.TAMPER, AlertKind.ALARM]


def test_each_recipient_gets_a_digest_of_what_waited_for_them(house: House, mailer: ScriptedMailer) -> None:
    outage(house, 8, ANNA)
    outage(house, 8, BEN, name="later")
    returned(house, mailer)
    told = {
        to: alert.text.count("alert 00") + alert.text.count("later 00")
        for alert, to in taken(mailer)
        if alert.kind == "digest"
    }
    assert told == {(ANNA,): 8, (BEN,): 7}
    assert {row.outcome for row in house.rows()} == {Outcome.ACCEPTED}


def test_a_digest_shows_the_newest_pictures(house: House, mailer: ScriptedMailer) -> None:
    for number in range(7):
        event = make_event(event_id=f"{number:032}", number=number)
        house.pictures.save(event.id, PictureKind.ANNOTATED, f"picture {number}".encode())
        alert = Alert(f"a{number}", AlertKind.ALARM, house.clock.now(), f"alarm {number}", "Look.", event.id)
        to = [Address("mail", ANNA)]
        house.store.add_event(event, AlarmState.ARMED_AWAY, Decision(AlertKind.ALARM, "armed"), alert, to)
        house.store.improve_event(event, house.clock.instant())
    house.run(10)
    house.clock.advance(LONG_S)
    returned(house, mailer)
    assert mailer.notifications[-1].pictures == (b"picture 5", b"picture 4", b"picture 3", b"picture 2")
    assert [row.step for row in house.rows()] == [1] * 8, "no better picture follows what a digest told of"


def test_a_digest_that_waits_is_tried_again_and_told_once(house: House, mailer: ScriptedMailer) -> None:
    subjects = outage(house, 20)
    mailer.answer = lambda alert: AWAY if alert.kind is AlertKind.DIGEST else None
    house.clock.advance(1980)
    house.run(100)
    assert [row.outcome for row in house.rows()[:-2]] == [Outcome.DIGESTED] * 19
    house.restart()
    mailer.answer = lambda alert: AWAY
    outage(house, 6, name="later")
    returned(house, mailer, 3700)
    digests = unique([alert for alert, _ in taken(mailer) if alert.kind is AlertKind.DIGEST])
    assert [alert.text.count("alert 0") for alert in digests] == [len(subjects) - 1, 0]
    assert [alert.text.count("later 0") for alert in digests] == [0, 5]
    assert {row.outcome for row in house.rows()} == {Outcome.ACCEPTED}


def test_where_nobody_takes_the_digest_each_alert_is_tried_alone(house: House, mailer: ScriptedMailer) -> None:
    subjects = outage(house, 10)
    refused = {ANNA: Receipt(Outcome.REFUSED, "554 looks like spam")}
    mailer.answer = lambda alert: refused if alert.kind is AlertKind.DIGEST else None
    house.clock.advance(1980)
    house.run(30)
    assert [alert.subject for alert, _ in taken(mailer) if alert.kind is AlertKind.ALARM][-9:] == subjects[:-1]
    assert [row.outcome for row in house.rows()] == [Outcome.ACCEPTED] * 10 + [Outcome.REFUSED]


class KilledError(BaseException):
    """No error of ours: the end of the process."""


@pytest.mark.parametrize("survived", range(4))
@pytest.mark.parametrize("step", ["record", "doubt", "digest"])
@pytest.mark.parametrize("after", [False, True])
def test_a_kill_at_any_moment_of_the_return_loses_nothing_and_tells_nothing_twice(
    house: House, mailer: ScriptedMailer, monkeypatch: pytest.MonkeyPatch, step: str, survived: int, *, after: bool
) -> None:
    """Killed before or after one of the writes; what was under way then may only come again as the same mail."""
    subjects = outage(house, 12)
    mailer.answer = lambda alert: None
    write, left = getattr(house.store, step), survived

    def killed(*args: object, **kwargs: object) -> None:
        nonlocal left
        if left == 0 and not after:
            raise KilledError
        write(*args, **kwargs)
        if left == 0:
            raise KilledError
        left -= 1

    with monkeypatch.context() as patched:
        patched.setattr(house.store, step, killed)
        house.clock.advance(1980)
        with suppress(KilledError):
            house.run(5)
    house.restart()
    returned(house, mailer, 3700)
    assert {row.outcome for row in house.rows()} == {Outcome.ACCEPTED}
    mails = unique([alert for alert, _ in taken(mailer)][len(tries_of_the_outage(mailer)) :])
    told = [alert.text if alert.kind is AlertKind.DIGEST else alert.subject for alert in mails]
    for subject in subjects:
        assert sum(text.count(subject.removeprefix("[Home] ")) for text in told) == 1


def test_what_may_have_arrived_stays_in_no_digest_though_later_tries_surely_failed(
    house: House, mailer: ScriptedMailer
) -> None:
    """The line breaks after the mail went out, and then nothing can be reached: an outage begins like this."""
    mailer.answer = lambda alert: MailError("closed the connection", in_doubt=True)
    house.alert("[Home] alarm in doubt", kind=AlertKind.ALARM)
    house.round()
    mailer.answer = lambda alert: AWAY
    house.run(100)
    outage(house, 12)
    alerts = returned(house, mailer, 3700)
    assert [alert.subject for alert in alerts if "doubt" in alert.subject] == ["[Home] alarm in doubt"]
    assert sum(alert.text.count("doubt") for alert in alerts) == 0


def test_what_a_power_cut_leaves_in_doubt_is_in_no_digest(
    house: House, mailer: ScriptedMailer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Accepted, and the power fails before that is stored."""

    def cut(*answer: object, **kwargs: object) -> None:
        raise KilledError

    mailer.answer = lambda alert: None
    for number in range(8):
        house.alert(f"[Home] alarm {number}", kind=AlertKind.ALARM)
    with monkeypatch.context() as patched:
        patched.setattr(house.store, "record", cut)
        with suppress(KilledError):
            house.round()
    (told,) = mailer.subjects
    house.clock.reboot()
    house.restart()
    house.alert("[Home] the newest, which comes alone anyway", kind=AlertKind.ALARM)
    house.run(30)
    mails = unique([alert for alert, _ in taken(mailer)])
    assert [alert.kind for alert in mails].count(AlertKind.DIGEST) == 1
    assert sum(alert.text.count(told.removeprefix("[Home] ")) for alert in mails) == 0
    assert {row.outcome for row in house.rows()} == {Outcome.ACCEPTED}


def taken(mailer: ScriptedMailer) -> list[tuple[Alert, tuple[str, ...]]]:
    return [(each.alert, to) for each, (_, _, to) in zip(mailer.notifications, mailer.sent, strict=True)]


def unique(alerts: list[Alert]) -> list[Alert]:
    return list({alert.id: alert for alert in alerts}.values())


def tries_of_the_outage(mailer: ScriptedMailer) -> list[float]:
    """Return when nobody took anything yet."""
    end_s = 12 * 300 + LONG_S
    return [at_s for at_s, _, _ in mailer.sent if at_s < end_s]
