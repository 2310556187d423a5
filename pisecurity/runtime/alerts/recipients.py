"""Whom an alert goes to, by the settings."""

from __future__ import annotations

from pisecurity.core.types import AlertKind
from pisecurity.ports import Address
from pisecurity.settings import Settings

CHANNELS = ("mail",)
"""Names of all ways on which alerts may leave, set up or not; each has a worker of its own."""
_ESCALATED = frozenset({AlertKind.ALARM, AlertKind.TAMPER})
"""Kinds that make somebody go and look."""


def everybody(settings: Settings) -> tuple[Address, ...]:
    """Return who gets every alert."""
    return tuple(Address("mail", to) for to in settings.mail.to) if settings.mail else ()


def recipients(settings: Settings, kind: AlertKind) -> tuple[Address, ...]:
    """Return who gets an alert of *kind*; second contacts are told later, and only if nobody disarms until then."""
    mail = settings.mail
    if mail is None or kind not in _ESCALATED:
        return everybody(settings)
    return (*everybody(settings), *(Address("mail", to, mail.second_after_s) for to in mail.second_to))
