"""Events and what was decided about them."""

from __future__ import annotations

import json
import sqlite3
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from pisecurity.adapters.store.codec import Column, bind, decoded, maybe_moment, moment
from pisecurity.adapters.store.outbox import OF_EVENTS, add_better, delivery, hasten_better, insert_alert
from pisecurity.adapters.store.table import Table, steady
from pisecurity.core.types import (
    AlarmState,
    Alert,
    AlertKind,
    Box,
    Decision,
    Delivery,
    Event,
    EventRecord,
    Held,
    Instant,
)
from pisecurity.ports import Address

_NEWER_THAN_ANY = 2**63 - 1

_ADD = """
INSERT INTO events (id, camera, opened_us, box_x, box_y, box_w, box_h, zones, score, reason, state, kind, why, held)
VALUES (:id, :camera, :opened_us, :box_x, :box_y, :box_w, :box_h, :zones, :score, :reason, :state, :kind, :why, :held)
ON CONFLICT (id) DO NOTHING
"""
_IMPROVE = """
UPDATE events SET box_x = :box_x, box_y = :box_y, box_w = :box_w, box_h = :box_h, zones = :zones, score = :score
WHERE id = :id
"""
_END = "UPDATE events SET ended_us = :ended_us WHERE id = :id"
_END_OPEN = "UPDATE events SET ended_us = opened_us WHERE ended_us IS NULL"
# What was seen after somebody was made to disarm is for nobody in the house to see.
ONE = "SELECT * FROM events WHERE id = :id AND kind IS NOT 'duress'"
# By the order in which they were stored, not by opened_us: on a Pi whose clock was set
# in between, the newest event may carry the oldest date.
PAGE = "SELECT * FROM events WHERE number < :before AND kind IS NOT 'duress' ORDER BY number DESC LIMIT :limit"
TOLD_ZONES = "SELECT * FROM told_zones WHERE camera = :camera"
# Among the newest alerts alone: where few are about movement, all others would have to be looked through.
TOLD_AT = """
SELECT stored_boot_id, stored_boot_s FROM alerts
WHERE kind IN ('alarm', 'summary') AND number > (SELECT max(number) FROM alerts) - 4000
ORDER BY number DESC LIMIT :limit
"""
HELD = """
SELECT count(*) AS count, min(opened_us) AS first_us,
    (SELECT id FROM events WHERE held = 1 AND camera = :camera ORDER BY number DESC LIMIT 1) AS newest
FROM events WHERE held = 1 AND camera = :camera
"""
HELD_ZONES = """
SELECT DISTINCT coalesce(zone.value, '') AS zone FROM events LEFT JOIN json_each(events.zones) AS zone
WHERE held = 1 AND camera = :camera
"""
_FORGET_HELD = "UPDATE events SET held = 0 WHERE held = 1"


class EventTable(Table):
    """Fulfils, together with OutboxTable, EventStore and EventQuery."""

    @steady
    def add_event(
        self,
        event: Event,
        state: AlarmState,
        decision: Decision,
        alert: Alert | None,
        to: Sequence[Address],
        due: Instant | None = None,
    ) -> None:
        """Store event, decision, alert and one outbox row per address, to be tried from *due* on, in one transaction.

        What is stored already stays as it is, so a caller that does not know whether it succeeded may try again.

        Raises:
            StoreError: nothing of it was stored.
        """
        values = bind(
            camera=event.camera,
            opened_us=event.opened_at,
            reason=event.reason,
            state=state,
            kind=decision.kind,
            why=decision.reason,
            held=int(decision.held),
        )
        stored = self._clock.instant()
        with self._database.write() as connection:
            connection.execute(_ADD, values | _view(event))
            if alert is not None:
                insert_alert(connection, alert, to, stored, due)

    @steady
    def improve_event(self, event: Event, due: Instant) -> None:
        """Replace box, zones and score of the stored event; nothing when it is not stored.

        If it has an alert, the better picture follows that as a second step, from *due* on.
        """
        with self._database.write() as connection:
            connection.execute(_IMPROVE, _view(event))
            add_better(connection, event.id, due)

    @steady
    def end_event(self, event_id: str, ended_at: datetime) -> None:
        """Note when it ended, and let the better picture leave; nothing when it is not stored."""
        values = bind(id=event_id, ended_us=ended_at)
        with self._database.write() as connection:
            connection.execute(_END, values)
            hasten_better(connection, event_id)

    @steady
    def end_open_events(self) -> int:
        """End the events that a kill or a power cut left open; return how many. At the start, before new ones open.

        They end when they opened: that is when they were last known to go on. The time of the start could be
        hours later, or earlier on a machine whose clock is not set yet.
        """
        with self._database.write() as connection:
            return connection.execute(_END_OPEN).rowcount

    @steady
    def told_zones(self, camera: str) -> dict[str, Instant]:
        """Return when an alert about movement in each zone of *camera* was stored last; empty is the zone of none."""
        with self._database.read() as connection:
            rows = connection.execute(TOLD_ZONES, bind(camera=camera)).fetchall()
        return {row["zone"]: Instant(row["stored_boot_id"], row["stored_boot_s"]) for row in rows}

    @steady
    def told_at(self, limit: int) -> tuple[Instant, ...]:
        """Return when the newest *limit* alerts about movement were stored, newest first."""
        with self._database.read() as connection:
            rows = connection.execute(TOLD_AT, bind(limit=limit)).fetchall()
        return tuple(Instant(row["stored_boot_id"], row["stored_boot_s"]) for row in rows)

    @steady
    def held(self, camera: str) -> Held | None:
        """Return what the pause has kept silent since the last alert about *camera*; None when that is nothing."""
        with self._database.read() as connection:
            row = connection.execute(HELD, bind(camera=camera)).fetchone()
            if row["count"] == 0:
                return None
            zones = frozenset(each["zone"] for each in connection.execute(HELD_ZONES, bind(camera=camera)))
        return Held(row["count"], moment(row["first_us"]), row["newest"], zones)

    @steady
    def forget_held(self) -> None:
        """Let no mail tell any more of what the pause has kept silent: somebody disarmed."""
        with self._database.write() as connection:
            connection.execute(_FORGET_HELD)

    @steady
    def events(self, limit: int, before: str | None = None) -> tuple[EventRecord, ...]:
        """Return up to *limit* events, last stored first, older than the event *before*; none if that is unknown."""
        with self._database.read() as connection:
            number = _NEWER_THAN_ANY
            if before is not None:
                row = connection.execute(ONE, bind(id=before)).fetchone()
                if row is None:
                    return ()
                number = row["number"]
            rows = connection.execute(PAGE, bind(before=number, limit=max(limit, 0)))
            return _with_deliveries(connection, decoded(rows, _record))

    @steady
    def event(self, event_id: str) -> EventRecord | None:
        """Return the event, or None when it is not stored."""
        with self._database.read() as connection:
            rows = connection.execute(ONE, bind(id=event_id))
            records = _with_deliveries(connection, decoded(rows, _record))
        return records[0] if records else None


def _view(event: Event) -> dict[str, Column]:
    """Return what a better view of the same event replaces, and its id."""
    return bind(
        id=event.id,
        box_x=event.box.x,
        box_y=event.box.y,
        box_w=event.box.w,
        box_h=event.box.h,
        zones=json.dumps(sorted(event.zones)),
        score=event.score,
    )


def _record(row: sqlite3.Row) -> EventRecord:
    return EventRecord(
        id=row["id"],
        camera=row["camera"],
        opened_at=moment(row["opened_us"]),
        ended_at=maybe_moment(row["ended_us"]),
        box=Box(row["box_x"], row["box_y"], row["box_w"], row["box_h"]),
        zones=frozenset(json.loads(row["zones"])),
        score=row["score"],
        reason=row["reason"],
        state=AlarmState(row["state"]),
        kind=None if row["kind"] is None else AlertKind(row["kind"]),
        why=row["why"],
        summed={0: None, 1: False}.get(row["held"], True),
    )


def _with_deliveries(connection: sqlite3.Connection, records: tuple[EventRecord, ...]) -> tuple[EventRecord, ...]:
    """Return *records* with their outbox rows, fetched for all of them in one query."""
    ids = json.dumps([record.id for record in records])
    found: defaultdict[str | None, list[Delivery]] = defaultdict(list)
    for one in decoded(connection.execute(OF_EVENTS, bind(event_ids=ids)), delivery):
        found[one.alert.event_id].append(one)
    return tuple(replace(record, deliveries=tuple(found[record.id])) for record in records)
