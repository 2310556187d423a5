"""Which alerts that could not leave for long go together in one mail."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from pisecurity.core.types import Alert, AlertKind, Delivery, Instant

KINDS = frozenset(
    {
        AlertKind.ALARM,
        AlertKind.ENTRY,
        AlertKind.ALL_CLEAR,
        AlertKind.FAULT,
        AlertKind.RECOVERED,
        AlertKind.SUMMARY,
        AlertKind.DISARMED,
    }
)
"""Kinds whose subject says it all, so that one line can stand for the mail. Duress and tampering always go alone."""
LONG_S = 300.0
"""Where one has waited for so long, there was an outage, and all that wait go in a digest."""
LEAST = 4
"""Fewer are quicker read one by one, each with its picture."""


@dataclass(frozen=True, slots=True)
class Digest:
    """Alerts that go together to the same recipients."""

    recipients: tuple[str, ...]
    alerts: tuple[Alert, ...]
    """Oldest first."""
    rows: tuple[int, ...]
    """Of the outbox."""


def gather(rows: Iterable[Delivery], now: Instant) -> tuple[Digest, ...]:
    """Return the digests to make of *rows*, one for each set of alerts that recipients wait for.

    Args:
        rows: of one channel, oldest alert first, one for each alert and recipient.
    """
    of: defaultdict[str, list[Delivery]] = defaultdict(list)
    for row in rows:
        if row.alert.kind in KINDS and not row.digested:
            of[row.recipient].append(row)
    alike: defaultdict[tuple[str, ...], list[Delivery]] = defaultdict(list)
    for waiting in of.values():
        if len(waiting) >= LEAST and any(_waited_long(row, now) for row in waiting):
            alike[tuple(row.alert.id for row in waiting)] += waiting
    return tuple(_digest(group) for group in alike.values())


def _waited_long(row: Delivery, now: Instant) -> bool:
    """Return whether *row* was stored long ago, or before the boot, which took long."""
    waited_s = None if row.stored is None else now.seconds_since(row.stored)
    return waited_s is None or waited_s >= LONG_S


def _digest(group: list[Delivery]) -> Digest:
    recipients = tuple(dict.fromkeys(row.recipient for row in group))
    alerts = tuple({row.alert.id: row.alert for row in group}.values())
    return Digest(recipients, alerts, tuple(row.id for row in group))
