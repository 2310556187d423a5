"""The mail account tried from the page: once at a time, not too often, and what came out."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

import pytest

from pisecurity.core.steps import MailStep, StepResult
from pisecurity.errors import CameraError, MailError
from pisecurity.runtime.life.logins import REJECTED_LOGIN_S, Logins
from pisecurity.runtime.life.mail_check import LEAST_APART_S, MailCheck
from tests.fakes import START, FakeClock
from tests.rigs.outbox import ScriptedMailer

STEPS = (MailStep("settings", StepResult.WELL, "good"), MailStep("login", StepResult.FAULT, "refused"))


@dataclass
class GatedDoctor:
    """Yields its steps; waits before the last one until the gate is open."""

    gate: threading.Event = field(default_factory=threading.Event)
    crash: bool = False
    runs: int = 0

    def examine(self, no_login: str = "") -> Iterator[MailStep]:
        self.runs += 1
        yield STEPS[0]
        assert self.gate.wait(60)
        if self.crash:
            raise CameraError("stands for a bug")
        yield STEPS[1]


@dataclass
class KnowingDoctor:
    """Is refused at the login, where it may try it, and remembers why it may not."""

    no_logins: list[str] = field(default_factory=list)

    def examine(self, no_login: str = "") -> Iterator[MailStep]:
        self.no_logins.append(no_login)
        yield STEPS[0]
        yield MailStep("login", StepResult.FAULT, no_login or "wrong password", rejected_login=not no_login)


def new_check(clock: FakeClock, logins: Logins | None = None) -> MailCheck:
    return MailCheck(clock, logins or Logins(clock), ZoneInfo("Europe/Berlin"))


def ended() -> None:
    for thread in threading.enumerate():
        if thread.name == "mail-check":
            thread.join(60)


def until_first_step(check: MailCheck) -> None:
    for _ in range(6000):
        if check.state().steps:
            return
        threading.Event().wait(0.01)
    raise AssertionError("no step came")


def test_steps_are_known_as_they_come_and_stay_known(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    doctor, check = GatedDoctor(), new_check(FakeClock())
    check.set_doctor(doctor)
    assert check.state().began_at is None
    check.start("192.168.1.30")
    until_first_step(check)
    state = check.state()
    assert (state.steps, state.running, state.began_at) == (STEPS[:1], True, START)
    doctor.gate.set()
    ended()
    state = check.state()
    assert (state.steps, state.running, state.broke_off) == (STEPS, False, False)
    assert "mail account is tried by=192.168.1.30" in caplog.text
    assert "mail account was tried faults=login" in caplog.text


def test_one_is_under_way_at_a_time_however_long_it_takes() -> None:
    clock, doctor = FakeClock(), GatedDoctor()
    check = new_check(clock)
    check.set_doctor(doctor)
    check.start("a")
    clock.advance(LEAST_APART_S * 2)
    with pytest.raises(MailError, match="is being tried already"):
        check.start("b")
    check.set_doctor(doctor)  # a changed account does not let a second one in either
    with pytest.raises(MailError, match="is being tried already"):
        check.start("b")
    doctor.gate.set()
    ended()
    check.start("b")
    ended()
    assert doctor.runs == 2


def test_the_next_one_begins_a_minute_after_the_last_at_the_earliest() -> None:
    clock, doctor = FakeClock(), GatedDoctor()
    doctor.gate.set()
    check = new_check(clock)
    check.set_doctor(doctor)
    check.start("a")
    ended()
    clock.advance(LEAST_APART_S - 20)
    with pytest.raises(MailError, match="try again in 20 s, because providers lock accounts"):
        check.start("a")
    assert check.state().again_in_s == 20
    clock.advance(20)
    check.start("a")
    ended()
    assert doctor.runs == 2


def test_what_was_found_of_another_account_is_forgotten() -> None:
    doctor, check = GatedDoctor(), new_check(FakeClock())
    doctor.gate.set()
    check.set_doctor(doctor)
    check.start("a")
    ended()
    check.set_doctor(GatedDoctor())
    assert (check.state().steps, check.state().began_at) == ((), None)
    assert check.state().again_in_s == LEAST_APART_S


def test_without_an_account_there_is_nothing_to_try() -> None:
    check = new_check(FakeClock())
    assert not check.state().has_account
    with pytest.raises(MailError, match="there is no mail account to try"):
        check.start("a")


def test_one_that_breaks_off_is_over_and_says_so() -> None:
    clock, doctor = FakeClock(), GatedDoctor(crash=True)
    doctor.gate.set()
    check = new_check(clock)
    check.set_doctor(doctor)
    check.start("a")
    ended()
    assert (check.state().running, check.state().broke_off) == (False, True)
    clock.advance(LEAST_APART_S)
    check.start("a")
    ended()


def test_r06_after_a_refused_login_it_goes_all_steps_but_the_login_and_says_until_when() -> None:
    clock = FakeClock()
    logins, doctor, server = Logins(clock), KnowingDoctor(), ScriptedMailer(clock)
    check = new_check(clock, logins)
    check.set_doctor(doctor, server)
    for _ in range(3):
        check.start("a")
        ended()
        clock.advance(LEAST_APART_S)
    told = (
        "no login is tried before 14:15:00, because the last one was refused and more of them could lock the account: "
        "wrong password"
    )
    assert doctor.no_logins == ["", told, told]
    assert check.state().steps[1].text == told
    rejection = logins.rejection(server)
    assert rejection is not None and rejection.reason == "wrong password", "an alert and a proof wait as well"
    clock.advance(REJECTED_LOGIN_S)
    check.start("a")
    ended()
    assert doctor.no_logins[-1] == ""


def test_r06_a_login_that_an_alert_was_refused_counts_and_that_of_another_account_does_not() -> None:
    clock = FakeClock()
    logins, doctor, server = Logins(clock), KnowingDoctor(), ScriptedMailer(clock)
    logins.rejected(server, "wrong password")
    check = new_check(clock, logins)
    check.set_doctor(doctor, server)
    check.start("a")
    ended()
    check.set_doctor(doctor, ScriptedMailer(clock))
    clock.advance(LEAST_APART_S)
    check.start("a")
    ended()
    assert [bool(no_login) for no_login in doctor.no_logins] == [True, False]
