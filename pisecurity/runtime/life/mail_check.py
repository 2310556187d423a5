"""The owner tries the mail account from the page: one examination at a time, and not too often."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo

from pisecurity.core.steps import MailStep, StepResult
from pisecurity.errors import MailError
from pisecurity.ports import Channel, Clock, MailDoctor
from pisecurity.runtime.background import BackgroundCall
from pisecurity.runtime.life.logins import Logins

log = logging.getLogger(__name__)

LEAST_APART_S = 60.0
"""Between the beginnings of two examinations: each logs in, and providers lock accounts that log in too often."""


@dataclass(frozen=True, slots=True)
class MailCheckState:
    """What is known of the examination under way, or of the last one."""

    steps: tuple[MailStep, ...] = ()
    began_at: datetime | None = None
    """UTC; None while there was none since the start or since the account was changed."""
    running: bool = False
    broke_off: bool = False
    """Whether it ended by a bug, without having gone all steps."""
    again_in_s: float = 0.0
    """Until the next one may begin."""
    has_account: bool = True


@dataclass(slots=True)
class _Run:
    began_at: datetime
    steps: list[MailStep] = field(default_factory=list)
    over: bool = False
    whole: bool = False


class MailCheck:
    """Runs the doctor in a thread of its own and keeps what it found. Any thread may call.

    After a refused login, whoever tried it, the doctor goes all steps before the login and leaves that out.
    """

    def __init__(self, clock: Clock, logins: Logins, zone: tzinfo) -> None:
        self._clock, self._logins, self._zone, self._lock = clock, logins, zone, threading.Lock()
        self._doctor: MailDoctor | None = None
        self._server: Channel | None = None
        self._shown: _Run | None = None
        self._latest: _Run | None = None
        self._began_s = float("-inf")

    def set_doctor(self, doctor: MailDoctor | None, server: Channel | None = None) -> None:
        """Say which account there is now, None for none; what was found of another is forgotten.

        Args:
            server: the same account as the alerts have it, by which ``Logins`` knows it.
        """
        with self._lock:
            self._doctor, self._server, self._shown = doctor, server, None

    def start(self, by: str) -> None:
        """Begin an examination in the name of *by*; return at once.

        Raises:
            MailError: there is no account, one is under way, or the last began too short a time ago.
        """
        with self._lock:
            doctor, server, left_s = self._doctor, self._server, self._left_s()
            if doctor is None:
                raise MailError("there is no mail account to try; add a [mail] table to config.toml")
            if self._latest is not None and not self._latest.over:
                raise MailError("the mail account is being tried already; wait for the end")
            if left_s > 0:
                raise MailError(
                    f"the mail account was tried just now; try again in {left_s:.0f} s, "
                    "because providers lock accounts that log in too often"
                )
            self._began_s = self._clock.monotonic()
            run = self._shown = self._latest = _Run(self._clock.now())
        log.info("mail account is tried by=%s", by)
        BackgroundCall("mail-check", lambda: self._examine(doctor, server, run))

    def state(self) -> MailCheckState:
        """Return what is known now."""
        with self._lock:
            run, has_account, left_s = self._shown, self._doctor is not None, self._left_s()
            if run is None:
                return MailCheckState(again_in_s=left_s, has_account=has_account)
            broke_off = run.over and not run.whole
            return MailCheckState(tuple(run.steps), run.began_at, not run.over, broke_off, left_s, has_account)

    def _left_s(self) -> float:
        return max(0.0, self._began_s + LEAST_APART_S - self._clock.monotonic())

    def _no_login(self, server: Channel | None) -> str:
        """Return why nobody may log in at *server* now; empty when one may."""
        rejection = self._logins.rejection(server) if server is not None else None
        if rejection is None:
            return ""
        until = self._clock.now() + timedelta(seconds=rejection.until_s - self._clock.monotonic())
        return (
            f"no login is tried before {until.astimezone(self._zone):%H:%M:%S}, because the last one was refused and "
            f"more of them could lock the account: {rejection.reason}"
        )

    def _examine(self, doctor: MailDoctor, server: Channel | None, run: _Run) -> None:
        try:
            for step in doctor.examine(self._no_login(server)):
                if step.rejected_login and server is not None:
                    self._logins.rejected(server, step.text)
                with self._lock:
                    run.steps.append(step)
            run.whole = True
        finally:
            with self._lock:
                run.over = True
        faults = [step.name for step in run.steps if step.result is StepResult.FAULT]
        log.info("mail account was tried faults=%s", ", ".join(faults) or "none")
