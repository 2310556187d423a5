"""The way to the owner's mail server, tried step by step."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pisecurity import config
from pisecurity.adapters.mail.doctor import SmtpDoctor
from pisecurity.adapters.state.secrets import Secrets
from pisecurity.app import NO_MAIL
from pisecurity.cli.findings import Finding, attempt
from pisecurity.core.steps import StepResult
from pisecurity.ports import Clock
from pisecurity.settings import MailSettings
from pisecurity.web.view import duration


class MailExamination:
    """Tries the configured mail account as an alarm would use it, and sends nothing."""

    def __init__(self, state: Path, config_file: Path, clock: Clock) -> None:
        self._state, self._config_file, self._clock = state, config_file, clock
        self._account: MailSettings | None = None

    def findings(self) -> Iterator[Finding]:
        """Yield what is found, step by step; without an account only that."""
        found = attempt("config", self._config)
        yield found
        if not found.well:
            return
        if self._account is None:
            yield Finding("settings", well=False, text=NO_MAIL)
            return
        doctor = SmtpDoctor(self._account, Secrets(self._state).mail_password, self._clock)
        untried: list[str] = []
        for step in doctor.examine():
            if step.result is StepResult.UNTRIED:
                untried.append(step.name)
            else:
                text = f"{step.text} ({duration(step.took_s)})"
                yield Finding(step.name, step.result is StepResult.WELL, text)
        if untried:
            yield Finding("not tried", well=False, text=", ".join(untried), tried=False)

    def _config(self) -> str:
        self._account = config.load(self._config_file).mail
        return f"{self._config_file} is good"
