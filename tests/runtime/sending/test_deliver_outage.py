"""R-10: what a long outage leaves in the outbox, more than one look at it returns."""

from __future__ import annotations

from pathlib import Path

import pytest

from pisecurity.adapters.store.outbox import DUE_AT_ONCE
from pisecurity.adapters.store.sqlite import SqliteStore
from pisecurity.core.types import Alert, AlertKind, Outcome, Receipt
from pisecurity.errors import MailError
from tests.fakes import FakeClock
from tests.rigs.outbox import Build, House, ScriptedMailer
from tests.rigs.smtp import ANNA, BEN

AWAY = MailError("mail server refuses the connection")
ALERTS = 300
OLD = [f"old {number:03}" for number in range(ALERTS)]


@pytest.fixture
def mailer(clock: FakeClock) -> ScriptedMailer:
    return ScriptedMailer(clock, lambda alert: AWAY)


@pytest.fixture
def house(store: SqliteStore, tmp_path: Path, clock: FakeClock, mailer: ScriptedMailer) -> House:
    """Return a house with 300 alerts for two recipients in its outbox, and a server that is away."""
    house = House(store, tmp_path, clock, mailer)
    for subject in OLD:
        house.alert(subject, ANNA, BEN, kind=AlertKind.FAULT)
    assert store.waiting() > 2 * DUE_AT_ONCE
    return house


def returns(mailer: ScriptedMailer) -> int:
    """Let the server return; return how many tries there were before."""
    mailer.answer = lambda alert: None
    return len(mailer.sent)


def test_r10_server_that_is_away_is_left_alone_however_many_alerts_wait(house: House, mailer: ScriptedMailer) -> None:
    house.run(300)
    assert [at_s for at_s, _, _ in mailer.sent] == [0, 0, 5, 5, 20, 20, 80, 80]


@pytest.mark.parametrize("kind", [AlertKind.ALARM, AlertKind.TEST])
def test_r10_new_alert_is_tried_at_once_behind_more_than_one_look_returns(
    house: House, mailer: ScriptedMailer, kind: AlertKind
) -> None:
    house.run(100)
    tries = len(mailer.sent)
    house.alert("new", ANNA, BEN, kind=kind)
    house.run(60)
    assert mailer.sent[tries:] == [(100, "new", (ANNA, BEN))]


@pytest.mark.parametrize("kind", [AlertKind.ALARM, AlertKind.ENTRY])
def test_r10_newest_alarm_goes_first_and_the_rest_in_order_when_the_server_returns(
    house: House, mailer: ScriptedMailer, kind: AlertKind
) -> None:
    house.run(30)
    house.alert("earlier alarm", ANNA, BEN, kind=AlertKind.ALARM)
    house.run(1)
    house.alert("alarm", ANNA, BEN, kind=kind)
    house.run(1)
    house.alert("all-clear", ANNA, BEN, kind=AlertKind.ALL_CLEAR)
    house.run(30)
    before = returns(mailer)
    house.run(60)
    assert mailer.subjects[before:] == ["alarm", *OLD, "earlier alarm", "all-clear"]
    assert {recipients for _, _, recipients in mailer.sent} == {(ANNA, BEN)}
    assert {row.outcome for row in house.rows()} == {Outcome.ACCEPTED}
    assert house.faults == {}


def test_r10_new_alert_that_finds_the_server_back_is_followed_by_the_newest_alarm(
    house: House, mailer: ScriptedMailer
) -> None:
    house.alert("alarm", ANNA, BEN, kind=AlertKind.ALARM)
    house.run(100)
    before = returns(mailer)
    house.alert("all-clear", ANNA, BEN, kind=AlertKind.ALL_CLEAR)
    house.run(4)
    assert mailer.subjects[before:] == ["all-clear", "alarm", *OLD]


def test_r10_newest_alarm_overtakes_though_an_earlier_one_found_the_server_back(
    house: House, mailer: ScriptedMailer, clock: FakeClock
) -> None:
    for subject in ("earlier alarm", "alarm"):
        house.run(5)
        house.alert(subject, ANNA, BEN, kind=AlertKind.ALARM)
    house.run(6)
    now = clock.instant()
    for row in house.rows()[-2:]:
        house.store.record(row, Receipt(Outcome.LATER, "away"), now, clock.now(), now.later(5000))
    before = returns(mailer)
    house.run(70)
    assert mailer.subjects[before:] == ["earlier alarm", "alarm", *OLD]


def test_r10_after_a_restart_the_newest_alarm_goes_first(house: House, mailer: ScriptedMailer) -> None:
    house.alert("alarm", ANNA, BEN, kind=AlertKind.ALARM)
    house.alert("all-clear", ANNA, BEN, kind=AlertKind.ALL_CLEAR)
    before = returns(mailer)
    house.restart()
    house.run(10)
    assert mailer.subjects[before:] == ["alarm", *OLD, "all-clear"]


def test_r10_alarm_while_a_full_outbox_leaves_overtakes_it(house: House, mailer: ScriptedMailer) -> None:
    """A full outbox takes minutes to leave; once in the middle of a look at it, once between two."""

    def taken(alert: Alert) -> None:
        if alert.subject == OLD[50]:
            house.alert("alarm", ANNA, BEN, kind=AlertKind.ALARM)
            house.alert("all-clear", ANNA, BEN, kind=AlertKind.ALL_CLEAR)

    mailer.answer = taken
    house.round()
    at = len(mailer.sent)
    house.alert("second alarm", ANNA, BEN, kind=AlertKind.ALARM)
    house.run(4)
    assert 51 < at < ALERTS
    expected = [*OLD[: at - 1], "second alarm", *OLD[at - 1 :], "all-clear"]
    expected.insert(51, "alarm")
    assert mailer.subjects == expected


def test_r10_alarm_of_a_quiet_day_does_not_overtake_what_came_before_it(build: Build, clock: FakeClock) -> None:
    mailer = ScriptedMailer(clock)
    house = build(mailer)
    house.alert("hello")
    house.round()
    for subject in ("entry", "alarm"):
        house.alert(subject, kind=AlertKind.ALARM)
    house.round()
    assert mailer.subjects == ["hello", "entry", "alarm"]


def test_r10_alerts_that_nobody_takes_do_not_hide_the_others(house: House, mailer: ScriptedMailer) -> None:
    def stubborn(alert: Alert) -> MailError | None:
        return AWAY if alert.subject in OLD[:3] else None

    mailer.answer = stubborn
    house.run(600)
    assert [row.alert.subject for row in house.rows() if row.outcome is not Outcome.ACCEPTED] == [
        subject for subject in OLD[:3] for _ in range(2)
    ]
