"""Alerts and what became of them for each recipient."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Sequence
from datetime import datetime

from pisecurity.adapters.store.codec import bind, bind_instant, decoded, instant, maybe_moment, moment
from pisecurity.adapters.store.table import Table, steady
from pisecurity.core.types import Alert, AlertKind, Delivery, Instant, Outcome, Receipt
from pisecurity.ports import Address

DUE_AT_ONCE = 200
"""Rows of one answer, if its last alert has no more: a day without network may leave thousands, and they need not be
in memory together."""

_ADD_ALERT = """
INSERT INTO alerts (id, kind, at_us, subject, text, event_id, thread, camera, stored_boot_id, stored_boot_s)
VALUES (:id, :kind, :at_us, :subject, :text, :event_id, :thread,
        (SELECT camera FROM events WHERE id = :event_id), :stored_boot_id, :stored_boot_s)
ON CONFLICT (id) DO NOTHING
"""
_ADD_ADDRESS = """
INSERT INTO outbox (alert, channel, recipient, next_boot_id, next_boot_s)
SELECT number, :channel, :recipient, :next_boot_id, :next_boot_s FROM alerts WHERE id = :alert_id
ON CONFLICT (alert, channel, recipient) DO NOTHING
"""
NEWEST = "SELECT * FROM deliveries ORDER BY id DESC LIMIT :limit"
OF_EVENTS = "SELECT * FROM deliveries WHERE event_id IN (SELECT value FROM json_each(:event_ids)) ORDER BY id"
DUE = """
SELECT * FROM deliveries
WHERE outcome IN ('waiting', 'later')
  AND (next_boot_id IS NULL OR next_boot_id <> :now_boot_id OR next_boot_s <= :now_boot_s)
  AND alert <= (
    SELECT max(alert) FROM (
      SELECT alert FROM outbox
      WHERE outcome IN ('waiting', 'later')
        AND (next_boot_id IS NULL OR next_boot_id <> :now_boot_id OR next_boot_s <= :now_boot_s)
      ORDER BY alert, id LIMIT :limit))
ORDER BY alert, id
"""
NEWEST_DUE = """
SELECT * FROM deliveries
WHERE outcome IN ('waiting', 'later') AND channel = :channel
  AND (next_boot_id IS NULL OR next_boot_id <> :now_boot_id OR next_boot_s <= :now_boot_s)
  AND alert = (
    SELECT alert FROM deliveries
    WHERE outcome IN ('waiting', 'later') AND channel = :channel AND (NOT :alarms OR kind IN ('alarm', 'entry'))
      AND (next_boot_id IS NULL OR next_boot_id <> :now_boot_id OR next_boot_s <= :now_boot_s)
    ORDER BY alert DESC LIMIT 1)
ORDER BY alert, id
"""
WAITING = "SELECT count(*) FROM outbox WHERE outcome IN ('waiting', 'later')"
_RECORD = """
UPDATE outbox SET attempts = attempts + 1, outcome = :outcome, detail = :detail, accepted_us = :accepted_us,
    tried_boot_id = :tried_boot_id, tried_boot_s = :tried_boot_s,
    next_boot_id = :next_boot_id, next_boot_s = :next_boot_s
WHERE id = :id AND outcome IN ('waiting', 'later')
"""
HASTEN = """
UPDATE outbox SET next_boot_id = NULL, next_boot_s = NULL
WHERE id IN (SELECT value FROM json_each(:ids)) AND outcome IN ('waiting', 'later')
"""


_TELL = "INSERT OR REPLACE INTO told_faults (key, alert_id) VALUES (:key, :alert_id)"
_FORGET = "DELETE FROM told_faults WHERE key = :key"


_WAITING_ALERTS = """
SELECT * FROM alerts WHERE number IN (SELECT alert FROM outbox WHERE outcome IN ('waiting', 'later')) ORDER BY number
"""
_BRING_ALERT = """
INSERT INTO alerts (id, kind, at_us, subject, text, event_id, thread, camera, stored_boot_id, stored_boot_s)
VALUES (:id, :kind, :at_us, :subject, :text, :event_id, :thread, :camera, :stored_boot_id, :stored_boot_s)
ON CONFLICT (id) DO NOTHING
"""
_WAITING_ROWS = """
SELECT alerts.id AS alert_id, channel, recipient, attempts, outcome, detail
FROM outbox JOIN alerts ON alerts.number = outbox.alert WHERE outcome IN ('waiting', 'later') ORDER BY outbox.id
"""
_BRING_ROW = """
INSERT INTO outbox (alert, channel, recipient, attempts, outcome, detail)
SELECT number, :channel, :recipient, :attempts, :outcome, :detail FROM alerts WHERE id = :alert_id
ON CONFLICT (alert, channel, recipient) DO NOTHING
"""


class OutboxTable(Table):
    """Fulfils Outbox, and what EventQuery and EventStore say about alerts."""

    @steady
    def add_alert(self, alert: Alert, to: Sequence[Address]) -> None:
        """Store an alert with its outbox rows in one transaction; what is stored already stays as it is."""
        stored = self._clock.instant()
        with self._database.write() as connection:
            insert_alert(connection, alert, to, stored)

    @steady
    def add_fault_alert(self, key: str, alert: Alert, to: Sequence[Address]) -> None:
        """Store the alert that the fault *key* began or, if it is a RECOVERED one, is over; see ``told_faults``."""
        stored = self._clock.instant()
        with self._database.write() as connection:
            insert_alert(connection, alert, to, stored)
            connection.execute(
                _FORGET if alert.kind is AlertKind.RECOVERED else _TELL, bind(key=key, alert_id=alert.id)
            )

    @steady
    def told_faults(self) -> dict[str, str]:
        """Return the key of each fault that an alert was stored about and that is not over, and the alert's id."""
        with self._database.read() as connection:
            return {row["key"]: row["alert_id"] for row in connection.execute("SELECT * FROM told_faults")}

    @steady
    def due(self, now: Instant) -> tuple[Delivery, ...]:
        """Return the rows to try now, the alert stored first first: 200, and what else belongs to the last alert.

        Rows without a time for the next try, or with one of another boot, are due at once.
        """
        with self._database.read() as connection:
            rows = connection.execute(DUE, bind_instant("now", now) | bind(limit=DUE_AT_ONCE))
            return decoded(rows, delivery)

    @steady
    def newest_due(self, channel: str, now: Instant) -> tuple[Delivery, ...]:
        """Return the rows to try now of the channel's newest alert and, before them, of its newest ALARM or ENTRY."""
        values = bind(channel=channel) | bind_instant("now", now)
        with self._database.read() as connection:
            newest, alarm = (
                decoded(connection.execute(NEWEST_DUE, values | bind(alarms=alarms)), delivery) for alarms in (0, 1)
            )
        return newest if newest == alarm else alarm + newest

    @steady
    def hasten(self, delivery_ids: Collection[int]) -> None:
        """Make those of these rows that still wait due at once."""
        values = bind(ids=json.dumps(sorted(delivery_ids)))
        with self._database.write() as connection:
            connection.execute(HASTEN, values)

    @steady
    def record(self, delivery_id: int, receipt: Receipt, tried: Instant, at: datetime, next_try: Instant) -> None:
        """Store what became of a try; a row already accepted, refused or deleted stays as it is."""
        values = bind(
            id=delivery_id,
            outcome=receipt.outcome,
            detail=receipt.detail,
            accepted_us=at if receipt.outcome is Outcome.ACCEPTED else None,
        )
        with self._database.write() as connection:
            connection.execute(_RECORD, values | bind_instant("tried", tried) | bind_instant("next", next_try))

    @steady
    def deliveries(self, limit: int) -> tuple[Delivery, ...]:
        """Return the newest outbox rows, newest first."""
        with self._database.read() as connection:
            return decoded(connection.execute(NEWEST, bind(limit=max(limit, 0))), delivery)

    @steady
    def waiting(self) -> int:
        """Return how many outbox rows are neither accepted nor refused."""
        with self._database.read() as connection:
            return int(connection.execute(WAITING).fetchone()[0])


def insert_alert(
    connection: sqlite3.Connection, alert: Alert, to: Sequence[Address], stored: Instant, due: Instant | None = None
) -> None:
    """Add the rows of *alert* that are not there yet; its event, if it has one, must be stored before."""
    values = bind(
        id=alert.id,
        kind=alert.kind,
        at_us=alert.at,
        subject=alert.subject,
        text=alert.text,
        event_id=alert.event_id,
        thread=alert.thread,
    )
    connection.execute(_ADD_ALERT, values | bind_instant("stored", stored))
    first_try = bind_instant("next", due)
    rows = [bind(alert_id=alert.id, channel=address.channel, recipient=address.recipient) | first_try for address in to]
    connection.executemany(_ADD_ADDRESS, rows)


def bring_waiting(memory: sqlite3.Connection, home: sqlite3.Connection) -> None:
    """Add the alerts of *memory* that still wait to *home*; their events stay behind."""
    for row in memory.execute(_WAITING_ALERTS):
        home.execute(_BRING_ALERT, dict(row))
    for row in memory.execute(_WAITING_ROWS):
        home.execute(_BRING_ROW, dict(row))


def delivery(row: sqlite3.Row) -> Delivery:
    """Return the value of a row of the view ``deliveries``."""
    alert = Alert(
        id=row["alert_id"],
        kind=AlertKind(row["kind"]),
        at=moment(row["at_us"]),
        subject=row["subject"],
        text=row["text"],
        event_id=row["event_id"],
        thread=row["thread"],
    )
    return Delivery(
        id=row["id"],
        alert=alert,
        channel=row["channel"],
        recipient=row["recipient"],
        attempts=row["attempts"],
        last_try=instant(row, "tried"),
        outcome=Outcome(row["outcome"]),
        detail=row["detail"],
        accepted_at=maybe_moment(row["accepted_us"]),
    )
