"""How the steps of an examination went, as values."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class StepResult(StrEnum):
    """How a step of an examination went."""

    WELL = "well"
    FAULT = "fault"
    UNTRIED = "untried"


@dataclass(frozen=True, slots=True)
class MailStep:
    """One step on the way to the mail server."""

    name: str
    """What the owner calls it, such as ``certificate`` or ``recipient anna@example.org``."""
    result: StepResult
    text: str
    """What was found; of a fault, what, where and the fix. It never holds the password."""
    took_s: float = 0.0
    rejected_login: bool = False
    """Whether the server refused who logs in, so that further tries could lock the account."""
