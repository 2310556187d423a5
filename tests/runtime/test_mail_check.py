"""The mail account tried from the page: once at a time, not too often, and what came out."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from pisecurity.core.steps import MailStep, StepResult
from pisecurity.errors import CameraError, MailError
from pisecurity.runtime.mail_check import LEAST_APART_S, MailCheck
from tests.fakes import START, FakeClock

STEPS = (MailStep("settings", StepResult.WELL, "good"), MailStep("login", StepResult.FAULT, "refused"))


@dataclass
class GatedDoctor:
    """Yields its steps; waits before the last one until the gate is open."""

    gate: threading.Event = field(default_factory=threading.Event)
    crash: bool = False
    runs: int = 0

    def examine(self) -> Iterator[MailStep]:
        self.runs += 1
        yield STEPS[0]
        assert self.gate.wait(60)
        if self.crash:
            raise CameraError("stands for a bug")
        yield STEPS[1]


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
    doctor, check = GatedDoctor(), MailCheck(FakeClock())
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
    check = MailCheck(clock)
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
    check = MailCheck(clock)
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
    doctor, check = GatedDoctor(), MailCheck(FakeClock())
    doctor.gate.set()
    check.set_doctor(doctor)
    check.start("a")
    ended()
    check.set_doctor(GatedDoctor())
    assert (check.state().steps, check.state().began_at) == ((), None)
    assert check.state().again_in_s == LEAST_APART_S


def test_without_an_account_there_is_nothing_to_try() -> None:
    check = MailCheck(FakeClock())
    assert not check.state().has_account
    with pytest.raises(MailError, match="there is no mail account to try"):
        check.start("a")


def test_one_that_breaks_off_is_over_and_says_so() -> None:
    clock, doctor = FakeClock(), GatedDoctor(crash=True)
    doctor.gate.set()
    check = MailCheck(clock)
    check.set_doctor(doctor)
    check.start("a")
    ended()
    assert (check.state().running, check.state().broke_off) == (False, True)
    clock.advance(LEAST_APART_S)
    check.start("a")
    ended()
