"""Alerts and what became of them for each recipient."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Sequence
from datetime import datetime

from pisecurity.adapters.store.codec import Column, bind, bind_instant, decoded, instant, maybe_moment, moment
from pisecurity.adapters.store.table import Table, steady
from pisecurity.core.types import Alert, AlertKind, Delivery, Instant, Outcome, Priority, Receipt
from pisecurity.ports import Address

DUE_AT_ONCE = 200
"""Rows of one answer, if its last alert has no more: a day without network may leave thousands, and they need not be
in memory together."""
MOST_IN_DIGEST = 500
"""A longer mail is cut off by what people read it with; what is over goes into the next one."""
_URGENT = [
    json.dumps([kind for kind in AlertKind if kind.priority is priority])
    for priority in sorted(Priority, reverse=True)
    if priority >= Priority.ALARM
]

_ADD_ALERT = """
INSERT INTO alerts (id, kind, at_us, subject, text, event_id, thread, shows, camera, stored_boot_id, stored_boot_s)
VALUES (:id, :kind, :at_us, :subject, :text, :event_id, :thread, :shows,
        (SELECT camera FROM events WHERE id = :event_id), :stored_boot_id, :stored_boot_s)
ON CONFLICT (id) DO NOTHING
"""
_ADD_ADDRESS = """
INSERT INTO outbox (alert, channel, recipient, second, next_boot_id, next_boot_s)
SELECT number, :channel, :recipient, :second, :next_boot_id, :next_boot_s FROM alerts WHERE id = :alert_id
ON CONFLICT (alert, step, channel, recipient) DO NOTHING
"""
# Whom the first step was refused gets no second one, and what a digest lists is not told again.
_ADD_BETTER = """
INSERT INTO outbox (alert, step, channel, recipient, second, next_boot_id, next_boot_s)
SELECT alert, 2, channel, recipient, second, :next_boot_id, :next_boot_s FROM outbox
WHERE alert = (SELECT min(number) FROM alerts WHERE event_id = :event_id)
  AND step = 1 AND digest IS NULL AND outcome IN ('waiting', 'later', 'accepted')
ON CONFLICT (alert, step, channel, recipient) DO NOTHING
"""
_HASTEN_BETTER = """
UPDATE outbox SET next_boot_id = NULL, next_boot_s = NULL
WHERE alert = (SELECT min(number) FROM alerts WHERE event_id = :event_id) AND step = 2 AND attempts = 0
"""
# What a duress alert is about, and that there is one, is for nobody in the house to see: no list, count or mail has it.
NEWEST = "SELECT * FROM deliveries WHERE kind <> 'duress' ORDER BY id DESC LIMIT :limit"
OF_EVENTS = """
SELECT * FROM deliveries WHERE event_id IN (SELECT value FROM json_each(:event_ids)) AND kind <> 'duress' ORDER BY id
"""
DUE = """
WITH ready AS NOT MATERIALIZED (
  SELECT * FROM deliveries
  WHERE outcome IN ('waiting', 'later')
    AND (next_boot_id IS NULL OR next_boot_id <> :now_boot_id OR next_boot_s <= :now_boot_s)
    AND (step = 1 OR first_picture IS NOT NULL)
    AND (kind = 'duress') = :hidden AND kind NOT IN (SELECT value FROM json_each(:held))
    AND (:channel IS NULL OR channel = :channel))
SELECT * FROM ready
WHERE (step, alert) <= (
  SELECT step, alert FROM (SELECT step, alert FROM ready ORDER BY step, alert, id LIMIT :limit)
  ORDER BY step DESC, alert DESC LIMIT 1)
ORDER BY step, alert, id
"""
NEWEST_DUE = """
WITH ready AS NOT MATERIALIZED (
  SELECT * FROM deliveries
  WHERE outcome IN ('waiting', 'later') AND step = 1 AND channel = :channel AND (kind = 'duress') = :hidden
    AND (next_boot_id IS NULL OR next_boot_id <> :now_boot_id OR next_boot_s <= :now_boot_s))
SELECT * FROM ready
WHERE alert = (
  SELECT alert FROM ready WHERE :kinds IS NULL OR kind IN (SELECT value FROM json_each(:kinds))
  ORDER BY alert DESC LIMIT 1)
ORDER BY alert, id
"""
BACKLOG = """
WITH open AS NOT MATERIALIZED (
  SELECT * FROM deliveries
  WHERE outcome IN ('waiting', 'later') AND step = 1 AND channel = :channel AND digest IS NULL AND in_doubt = 0
    AND (kind = 'duress') = :hidden
    AND (attempts > 0 OR next_boot_id IS NULL OR next_boot_id <> :now_boot_id OR next_boot_s <= :now_boot_s)
    AND kind IN (SELECT value FROM json_each(:kinds)))
SELECT * FROM open
WHERE alert <= (SELECT max(alert) FROM (SELECT DISTINCT alert FROM open ORDER BY alert LIMIT :limit))
ORDER BY alert, id
"""
_HAS_ALERT = "SELECT 1 FROM alerts WHERE id = :id"
_DOUBT = "UPDATE outbox SET in_doubt = 1 WHERE id IN (SELECT value FROM json_each(:ids))"
_DIGEST = """
UPDATE outbox SET outcome = 'digested', digest = (SELECT number FROM alerts WHERE id = :digest_id), detail = '',
    next_boot_id = NULL, next_boot_s = NULL
WHERE id IN (SELECT value FROM json_each(:ids)) AND outcome IN ('waiting', 'later')
"""
# What a digest listed has arrived with it; where nobody takes the digest, each is tried alone again.
_END_DIGEST = """
UPDATE outbox SET outcome = CASE WHEN :outcome = 'accepted' THEN 'accepted' ELSE 'waiting' END,
    detail = :detail, accepted_us = :accepted_us
WHERE outcome = 'digested' AND (digest, channel, recipient) =
    (SELECT alert, channel, recipient FROM outbox JOIN alerts ON alerts.number = outbox.alert
     WHERE alerts.id = :alert_id AND step = :step AND channel = :channel AND recipient = :recipient)
"""
SHOWN = "(SELECT kind FROM alerts WHERE number = outbox.alert) <> 'duress'"
"""Rows of the outbox that somebody in the house may know of."""
WAITING = f"""
SELECT count(*) FROM outbox
WHERE outcome IN ('waiting', 'later') AND step = 1 AND second <= attempts AND {SHOWN}
"""  # noqa: S608 -- our own text
_RECORD = """
UPDATE outbox SET attempts = attempts + 1, outcome = :outcome, detail = :detail, accepted_us = :accepted_us,
    picture = :picture, in_doubt = :in_doubt, tried_boot_id = :tried_boot_id, tried_boot_s = :tried_boot_s,
    next_boot_id = :next_boot_id, next_boot_s = :next_boot_s
WHERE id = (SELECT outbox.id FROM outbox JOIN alerts ON alerts.number = outbox.alert
            WHERE alerts.id = :alert_id AND step = :step AND channel = :channel AND recipient = :recipient)
  AND outcome IN ('waiting', 'later')
"""
HASTEN = """
UPDATE outbox SET next_boot_id = NULL, next_boot_s = NULL
WHERE id IN (SELECT value FROM json_each(:ids)) AND outcome IN ('waiting', 'later')
"""
_DROP = "DELETE FROM outbox WHERE id IN (SELECT value FROM json_each(:ids)) AND outcome IN ('waiting', 'later')"
_DROP_BETTER = """
DELETE FROM outbox WHERE step = 2 AND outcome IN ('waiting', 'later') AND (alert, channel, recipient) IN (
    SELECT alert, channel, recipient FROM outbox WHERE id IN (SELECT value FROM json_each(:ids)) AND step = 1)
"""
_OF_MOVEMENT = (AlertKind.ALARM, AlertKind.SUMMARY)
_DROP_REFUSED = """
DELETE FROM outbox WHERE step = 2 AND outcome IN ('waiting', 'later') AND :step = 1
  AND alert = (SELECT number FROM alerts WHERE id = :alert_id) AND channel = :channel AND recipient = :recipient
"""
_TELL_ZONES = """
INSERT OR REPLACE INTO told_zones (camera, zone, stored_boot_id, stored_boot_s)
SELECT DISTINCT events.camera, coalesce(zone.value, ''), :stored_boot_id, :stored_boot_s
FROM events LEFT JOIN json_each(events.zones) AS zone
WHERE events.id = :event_id
  OR (events.held = 1 AND events.camera = (SELECT camera FROM events WHERE id = :event_id))
"""
_UNHOLD = "UPDATE events SET held = 2 WHERE held = 1 AND camera = (SELECT camera FROM events WHERE id = :event_id)"
_ACKNOWLEDGE = """
DELETE FROM outbox WHERE outcome IN ('waiting', 'later') AND second = 1 AND attempts = 0
"""
SECOND_TOLD = """
SELECT DISTINCT channel, recipient FROM outbox
WHERE alert IN (SELECT number FROM alerts WHERE event_id = :event_id) AND second = 1 AND step = 1 ORDER BY id
"""
_TELL = "INSERT OR REPLACE INTO told_faults (key, alert_id) VALUES (:key, :alert_id)"
_TOLD = "SELECT * FROM told_faults WHERE alert_id != ''"
_FORGET = "DELETE FROM told_faults WHERE key = :key"
# One that is known and was not mailed has the empty id.
_FORGET_KNOWN = "DELETE FROM told_faults WHERE alert_id = ''"
_KNOW = "INSERT OR IGNORE INTO told_faults (key, alert_id) VALUES (:key, '')"
# Also a call for help that was sent: what is owed to the disk is stored there anew, and would be sent again.
_BROUGHT = """
SELECT number FROM alerts WHERE kind = 'duress'
    OR number IN (SELECT alert FROM outbox WHERE outcome IN ('waiting', 'later', 'digested'))
"""
_BROUGHT_ALERTS = f"SELECT * FROM alerts WHERE number IN ({_BROUGHT}) ORDER BY number"  # noqa: S608 -- our own text
_WAITS = """
SELECT 1 FROM outbox WHERE alert = (SELECT number FROM alerts WHERE id = :id) AND outcome IN ('waiting', 'later')
"""
_BRING_ALERT = """
INSERT INTO alerts (id, kind, at_us, subject, text, event_id, thread, shows, camera, stored_boot_id, stored_boot_s)
VALUES (:id, :kind, :at_us, :subject, :text, :event_id, :thread, :shows, :camera, :stored_boot_id, :stored_boot_s)
ON CONFLICT (id) DO NOTHING
"""
# Also the rows of a first step that was accepted: without it a second one that waits would wait for ever.
_BROUGHT_ROWS = f"""
SELECT alerts.id AS alert_id, step, channel, recipient, second, attempts, outcome, detail, picture, in_doubt,
    accepted_us, (SELECT id FROM alerts WHERE number = outbox.digest) AS digest_id
FROM outbox JOIN alerts ON alerts.number = outbox.alert
WHERE alert IN ({_BROUGHT}) ORDER BY outbox.id
"""  # noqa: S608 -- our own text
_BRING_ROW = """
INSERT INTO outbox (alert, step, channel, recipient, second, attempts, outcome, detail, picture, in_doubt, accepted_us,
    digest)
SELECT number, :step, :channel, :recipient, :second, :attempts, :outcome, :detail, :picture, :in_doubt, :accepted_us,
    (SELECT number FROM alerts WHERE id = :digest_id)
FROM alerts WHERE id = :alert_id
ON CONFLICT (alert, step, channel, recipient) DO UPDATE SET attempts = excluded.attempts, outcome = excluded.outcome,
    detail = excluded.detail, accepted_us = excluded.accepted_us
WHERE outcome IN ('waiting', 'later') AND excluded.outcome IN ('accepted', 'refused')
"""


class OutboxTable(Table):
    """Fulfils Outbox, and what EventQuery and EventStore say about alerts."""

    HIDDEN = 0
    """Whether what is due here are the alerts that nobody in the house may know of, or all others."""

    @steady
    def add_alert(self, alert: Alert, to: Sequence[Address], due: Instant | None = None) -> None:
        """Store an alert with its outbox rows in one transaction; what is stored already stays as it is."""
        stored = self._clock.instant()
        with self._database.write() as connection:
            insert_alert(connection, alert, to, stored, due)

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
    def acknowledge(self, event_id: str | None) -> tuple[Address, ...]:
        """Note that somebody disarmed, so that no second contact is told any more; return those told of the event."""
        with self._database.write() as connection:
            connection.execute(_ACKNOWLEDGE)
            rows = connection.execute(SECOND_TOLD, bind(event_id=event_id)).fetchall()
        return tuple(Address(row["channel"], row["recipient"]) for row in rows)

    @steady
    def keep_known_faults(self, keys: Collection[str]) -> None:
        """Store, in place of those before, the *keys* of faults that need no alert: whoever armed knows of them."""
        with self._database.write() as connection:
            connection.execute(_FORGET_KNOWN)
            connection.executemany(_KNOW, [bind(key=key) for key in sorted(keys)])

    @steady
    def known_faults(self) -> frozenset[str]:
        """Return the keys that were stored last by ``keep_known_faults``, without those an alert was stored about."""
        with self._database.read() as connection:
            return frozenset(row["key"] for row in connection.execute("SELECT * FROM told_faults WHERE alert_id = ''"))

    @steady
    def told_faults(self) -> dict[str, str]:
        """Return the key of each fault that an alert was stored about and that is not over, and the alert's id."""
        with self._database.read() as connection:
            return {row["key"]: row["alert_id"] for row in connection.execute(_TOLD)}

    @steady
    def due(self, now: Instant, held: Collection[AlertKind] = (), channel: str | None = None) -> tuple[Delivery, ...]:
        """Return the rows of *channel* to try now, the alert stored first first: 200, and the rest of the last alert.

        First steps come before second ones, which are due only when their first step was accepted. Rows without a
        time for the next try, or with one of another boot, are due at once; those of the kinds *held* are not.
        """
        values = bind(limit=DUE_AT_ONCE, held=json.dumps(sorted(held)), channel=channel, hidden=self.HIDDEN)
        with self._database.read() as connection:
            return decoded(connection.execute(DUE, values | bind_instant("now", now)), delivery)

    @steady
    def newest_due(self, channel: str, now: Instant) -> tuple[Delivery, ...]:
        """Return the rows to try now of the channel's newest alert and, before them, of its newest urgent ones.

        Those are one of each urgent priority, the highest first.
        """
        values = bind(channel=channel, hidden=self.HIDDEN) | bind_instant("now", now)
        with self._database.read() as connection:
            found = [
                decoded(connection.execute(NEWEST_DUE, values | bind(kinds=kinds)), delivery)
                for kinds in (*_URGENT, None)
            ]
        return tuple({row.id: row for rows in found for row in rows}.values())

    @steady
    def hasten(self, delivery_ids: Collection[int]) -> None:
        """Make those of these rows that still wait due at once."""
        values = bind(ids=json.dumps(sorted(delivery_ids)))
        with self._database.write() as connection:
            connection.execute(HASTEN, values)

    @steady
    def backlog(self, channel: str, kinds: Collection[AlertKind], now: Instant) -> tuple[Delivery, ...]:
        """Return the rows of the first 500 alerts of *kinds* that wait, not in doubt and in no digest.

        That is also what waits for its next try, and not what waits for its first: for a better view, or for somebody
        to disarm.
        """
        listed = bind(channel=channel, kinds=json.dumps(sorted(kinds)), limit=MOST_IN_DIGEST, hidden=self.HIDDEN)
        with self._database.read() as connection:
            return decoded(connection.execute(BACKLOG, listed | bind_instant("now", now)), delivery)

    @steady
    def digest(self, alert: Alert, to: Sequence[Address], listed: Collection[int]) -> None:
        """Store a digest, its rows, and that it tells of the *listed* rows, in one transaction.

        Better pictures of what it tells of do not follow.
        """
        stored, values = self._clock.instant(), bind(digest_id=alert.id, ids=json.dumps(sorted(listed)))
        with self._database.write() as connection:
            insert_alert(connection, alert, to, stored)
            connection.execute(_DIGEST, values)
            connection.execute(_DROP_BETTER, values)

    @steady
    def doubt(self, delivery_ids: Collection[int]) -> None:
        """Note that these rows are about to be handed over: from now on, until ``record``, they may have arrived."""
        with self._database.write() as connection:
            connection.execute(_DOUBT, bind(ids=json.dumps(sorted(delivery_ids))))

    @steady
    def drop(self, delivery_ids: Collection[int]) -> None:
        """Remove those of these rows that still wait, because nobody needs them any more."""
        with self._database.write() as connection:
            connection.execute(_DROP, bind(ids=json.dumps(sorted(delivery_ids))))

    @steady
    def record(
        self,
        row: Delivery,
        receipt: Receipt,
        tried: Instant,
        at: datetime,
        next_try: Instant,
        picture: str = "",
        *,
        in_doubt: bool = False,
    ) -> None:
        """Store what became of a try of *row*; one already accepted, refused or deleted stays as it is.

        It is found by what it stands for: in memory, and back on the disk, the same row may have another number.

        A refused first step takes its second one with it. What a digest lists is accepted with it; where it is
        refused, each of them waits again.

        Args:
            picture: names the picture that went along; empty when none did.
            in_doubt: whether it may have arrived, although nobody said so.
        """
        values = bind(
            alert_id=row.alert.id,
            step=row.step,
            channel=row.channel,
            recipient=row.recipient,
            outcome=receipt.outcome,
            detail=receipt.detail,
            accepted_us=at if receipt.outcome is Outcome.ACCEPTED else None,
            picture=picture,
            in_doubt=int(in_doubt),
        )
        with self._database.write() as connection:
            connection.execute(_RECORD, values | bind_instant("tried", tried) | bind_instant("next", next_try))
            if receipt.outcome is Outcome.REFUSED:
                connection.execute(_DROP_REFUSED, values)
            if receipt.outcome in (Outcome.ACCEPTED, Outcome.REFUSED):
                connection.execute(_END_DIGEST, values)

    @steady
    def deliveries(self, limit: int) -> tuple[Delivery, ...]:
        """Return the newest outbox rows, newest first."""
        with self._database.read() as connection:
            return decoded(connection.execute(NEWEST, bind(limit=max(limit, 0))), delivery)

    @steady
    def has_alert(self, alert_id: str) -> bool:
        """Return whether an alert of this id was stored. Raises StoreError."""
        with self._database.read() as connection:
            return connection.execute(_HAS_ALERT, bind(id=alert_id)).fetchone() is not None

    @steady
    def waiting(self) -> int:
        """Return how many alerts have not reached a recipient yet, counted for each; better pictures do not count."""
        with self._database.read() as connection:
            return int(connection.execute(WAITING).fetchone()[0])


def insert_alert(
    connection: sqlite3.Connection, alert: Alert, to: Sequence[Address], stored: Instant, due: Instant | None = None
) -> None:
    """Add the rows of *alert* that are not there yet; its event, if it has one, must be stored before.

    Of movement in the zones of that event, and of what the pause held back of its camera, it tells the owner.
    """
    values = bind(
        id=alert.id,
        kind=alert.kind,
        at_us=alert.at,
        subject=alert.subject,
        text=alert.text,
        event_id=alert.event_id,
        thread=alert.thread,
        shows=json.dumps(alert.shows),
    )
    connection.execute(_ADD_ALERT, values | bind_instant("stored", stored))
    if alert.kind in _OF_MOVEMENT and alert.event_id is not None:
        told = bind(event_id=alert.event_id) | bind_instant("stored", stored)
        connection.execute(_TELL_ZONES, told)
        connection.execute(_UNHOLD, bind(event_id=alert.event_id))
    connection.executemany(_ADD_ADDRESS, [_address(alert, address, stored, due) for address in to])


def _address(alert: Alert, address: Address, stored: Instant, due: Instant | None) -> dict[str, Column]:
    """Return the row of the outbox in which *alert* waits for *address*."""
    values = bind(
        alert_id=alert.id, channel=address.channel, recipient=address.recipient, second=int(address.after_s > 0)
    )
    return values | bind_instant("next", stored.later(address.after_s) if address.after_s > 0 else due)


def add_better(connection: sqlite3.Connection, event_id: str, due: Instant) -> None:
    """Add the second step of the first alert of the event, unless it is there, to be tried from *due* on."""
    connection.execute(_ADD_BETTER, bind(event_id=event_id) | bind_instant("next", due))


def hasten_better(connection: sqlite3.Connection, event_id: str) -> None:
    """Make the second step about the event due at once: there will be no better picture."""
    connection.execute(_HASTEN_BETTER, bind(event_id=event_id))


def waits(connection: sqlite3.Connection, alert_id: str) -> bool:
    """Return whether somebody is still to be sent the alert of this id."""
    return connection.execute(_WAITS, bind(id=alert_id)).fetchone() is not None


def bring_waiting(memory: sqlite3.Connection, home: sqlite3.Connection) -> None:
    """Add the alerts of *memory* that still wait, and all calls for help, to *home*; their events stay behind.

    What *home* lets wait, and was answered meanwhile, waits no more.
    """
    for row in memory.execute(_BROUGHT_ALERTS):
        home.execute(_BRING_ALERT, dict(row))
    for row in memory.execute(_BROUGHT_ROWS):
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
        shows=tuple(json.loads(row["shows"])),
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
        step=row["step"],
        first_picture=row["first_picture"],
        stored=instant(row, "stored"),
        digested=row["digest"] is not None,
        second=bool(row["second"]),
        in_doubt=bool(row["in_doubt"]),
    )
