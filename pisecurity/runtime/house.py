"""What alerts need to know of the house, and those that are about other alerts."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo

from pisecurity.core.types import Alert, AlertKind
from pisecurity.core.words import Facts, alert_id, compose_digest

SHOWN = 4
"""Pictures of a digest: the newest."""


@dataclass(frozen=True, slots=True)
class House:
    """What alerts need to know of the house."""

    name: str
    zone: tzinfo
    cameras: Mapping[str, str]
    """Camera id to what people call it."""
    catalogue: Mapping[str, str]
    """Words of mails."""
    translate: Callable[[str], str] = str
    """Returns what a fault says in the language of the mails; by default it stays English."""

    def digest(self, alerts: Sequence[Alert], at: datetime) -> Alert:
        """Return the alert that tells of *alerts*, oldest first; the same for the same ones."""
        facts = Facts(self.name, at, self.zone, count=len(alerts), since=alerts[0].at)
        words = compose_digest(alerts, facts, self.catalogue)
        events = dict.fromkeys(alert.event_id for alert in reversed(alerts) if alert.event_id is not None)
        return Alert(
            alert_id(" ".join(alert.id for alert in alerts), AlertKind.DIGEST),
            AlertKind.DIGEST,
            at,
            words.subject,
            words.text,
            shows=tuple(events)[:SHOWN],
        )
