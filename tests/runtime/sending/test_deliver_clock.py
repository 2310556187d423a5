"""The wall clock is set while alerts wait: it moves no try, and the mail still says when it happened."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from pisecurity.core.types import Alert, AlertKind, Outcome
from pisecurity.errors import MailError
from pisecurity.ports import Address
from tests.fakes import START, FakeClock
from tests.rigs.outbox import Build, House, ScriptedMailer
from tests.rigs.smtp import ANNA

AWAY = MailError("mail server mail.example:587 refuses the connection")
YEAR = timedelta(days=365)


@pytest.fixture
def mailer(clock: FakeClock) -> ScriptedMailer:
    return ScriptedMailer(clock, lambda alert: AWAY)


def back(mailer: ScriptedMailer, house: House) -> datetime | None:
    """Let the server come back; return when the newest mail says that it happened, where that is not its alert's."""
    mailer.answer = lambda alert: None
    house.run(1900)
    assert {row.outcome for row in house.rows()} == {Outcome.ACCEPTED}
    return mailer.notifications[-1].happened_at


@pytest.mark.parametrize("jump", [-YEAR, YEAR, timedelta(seconds=-3600)])
def test_r26_no_try_is_moved_by_a_clock_that_is_set(
    build: Build, clock: FakeClock, mailer: ScriptedMailer, jump: timedelta
) -> None:
    house = build(mailer)
    house.alert("one")
    house.run(30)
    clock.set_wall(clock.now() + jump)
    house.run(400)
    assert [at_s for at_s, _, _ in mailer.sent] == [0, 5, 20, 80, 380]
    assert back(mailer, house) == START + jump


def test_who_came_in_before_a_time_server_set_the_clock_came_when_he_did(
    build: Build, clock: FakeClock, mailer: ScriptedMailer
) -> None:
    """A Pi without a battery begins at the time at which it was switched off last."""
    house = build(mailer)
    house.run(10)
    house.alert("one")
    house.run(20)
    clock.set_wall(datetime(2026, 11, 27, 20, 0, 20, tzinfo=START.tzinfo))
    house.run(1)
    assert back(mailer, house) == datetime(2026, 11, 27, 20, 0, tzinfo=START.tzinfo)


def test_a_digest_lists_each_alert_at_the_time_at_which_it_really_happened(
    build: Build, clock: FakeClock, mailer: ScriptedMailer
) -> None:
    """A power cut during an outage: nobody sets the clock before the network is back."""
    house = build(mailer)
    for number in range(6):
        house.alert(f"[Home] alarm {number}", kind=AlertKind.ALARM)
        house.run(300)
    clock.set_wall(datetime(2026, 11, 27, 20, 30, tzinfo=START.tzinfo))
    mailer.answer = lambda alert: None
    house.run(3700)
    (digest,) = [each.alert for each in mailer.notifications if each.alert.kind is AlertKind.DIGEST]
    lines = [f"20:{5 * number:02}:00  alarm {number}" for number in range(5)]
    assert [line for line in digest.text.splitlines() if "alarm" in line] == lines
    assert "27 November 2026" in digest.text and "the first since 20:00:00" in digest.text


@pytest.mark.parametrize("jump", [timedelta(hours=5), timedelta(hours=-5)])
def test_several_jumps_add_up_and_those_before_the_alert_do_not_count(
    build: Build, clock: FakeClock, mailer: ScriptedMailer, jump: timedelta
) -> None:
    house = build(mailer)
    house.run(1)
    clock.set_wall(clock.now() + YEAR)
    house.run(2)
    house.alert("one")
    at = clock.now()
    for _ in range(2):
        house.run(5)
        clock.set_wall(clock.now() + jump)
    assert back(mailer, house) == at + 2 * jump


@pytest.mark.parametrize("jump", [YEAR, -YEAR])
def test_what_is_stored_before_the_jump_was_noticed_has_the_right_time(
    build: Build, clock: FakeClock, mailer: ScriptedMailer, jump: timedelta
) -> None:
    house = build(mailer)
    house.run(1)
    clock.set_wall(clock.now() + jump)
    clock.advance(0.3)
    house.alert("one")
    clock.advance(0.3)
    house.run(1)
    assert back(mailer, house) is None


def test_after_a_restart_nothing_is_said_to_happen_in_the_future(
    build: Build, clock: FakeClock, mailer: ScriptedMailer
) -> None:
    house = build(mailer)
    house.alert("one")
    house.run(30)
    clock.set_wall(clock.now() - YEAR)
    house.restart()
    assert back(mailer, house) == START - YEAR


@pytest.mark.parametrize("early", [timedelta(0), timedelta(hours=3)])
@pytest.mark.parametrize(
    "then", [FakeClock.reboot, lambda clock: clock.set_wall(clock.now() + timedelta(seconds=2))], ids=["reboot", "kept"]
)
def test_an_alert_keeps_its_time_where_nobody_set_the_clock(
    build: Build, clock: FakeClock, mailer: ScriptedMailer, early: timedelta, then: Callable[[FakeClock], None]
) -> None:
    house = build(mailer)
    made_up_for = Alert("1" * 32, AlertKind.ALARM, START - early, "Alarm", "Look.")
    house.store.add_alert(made_up_for, [Address("mail", ANNA)])
    house.run(30)
    then(clock)
    house.run(30)
    assert back(mailer, house) is None
