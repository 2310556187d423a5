"""The alarm over restarts, and the hash-chained log of who changed it."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Mapping

from pisecurity.adapters.store.codec import Column, bind, bind_instant, instant, moment
from pisecurity.adapters.store.table import Table, steady
from pisecurity.core.types import Alarm, Instant, Mode
from pisecurity.errors import StoreError
from pisecurity.ports import Clock

NO_HASH = ""
"""What the first audit row is chained to."""

_SAVE = """
INSERT OR REPLACE INTO alarm (
    one, mode, by, how, since_boot_id, since_boot_s, since_us, pending_boot_id, pending_boot_s,
    triggered_boot_id, triggered_boot_s, until_boot_id, until_boot_s, event_id, sequence)
VALUES (
    1, :mode, :by, :how, :since_boot_id, :since_boot_s, :since_us, :pending_boot_id, :pending_boot_s,
    :triggered_boot_id, :triggered_boot_s, :until_boot_id, :until_boot_s, :event_id, :sequence)
"""
_LAST = "SELECT number, hash FROM audit ORDER BY number DESC LIMIT 1"
_APPEND = """
INSERT INTO audit (number, at_us, boot_id, boot_s, mode, by, how, sequence, event_id, note, hash)
VALUES (:number, :at_us, :boot_id, :boot_s, :mode, :by, :how, :sequence, :event_id, :note, :hash)
"""


class AlarmTable(Table):
    """Fulfils AlarmStore."""

    @steady
    def load_alarm(self) -> Alarm | None:
        """Return what was stored last, or None on first start. Raises StoreError."""
        with self._database.read() as connection:
            row = connection.execute("SELECT * FROM alarm").fetchone()
        if row is None:
            return None
        try:
            return _alarm(row)
        except (ValueError, OverflowError) as error:
            raise StoreError(
                f"{self._database.path}: the stored alarm cannot be read ({error}); move the file away and arm anew"
            ) from error

    @steady
    def save_alarm(self, alarm: Alarm, note: str) -> None:
        """Store *alarm* and, in the same transaction, an audit row saying *note*. Raises StoreError."""
        order = bind(mode=alarm.mode, by=alarm.by, how=alarm.how, sequence=alarm.sequence, event_id=alarm.event_id)
        instants = (
            bind_instant("since", alarm.since)
            | bind_instant("pending", alarm.pending_since)
            | bind_instant("triggered", alarm.triggered_since)
            | bind_instant("until", alarm.until)
        )
        with self._database.write() as connection:
            connection.execute(_SAVE, order | instants | bind(since_us=alarm.since_at))
            _append(connection, order | _noted(note, self._clock))

    def audit_head(self) -> tuple[int, str]:
        """Return number and hash of the newest audit row, 0 and nothing before the first. Raises StoreError."""
        with self._database.read() as connection:
            last = connection.execute(_LAST).fetchone()
        return (last["number"], last["hash"]) if last else (0, NO_HASH)

    def verify_audit(self) -> int | None:
        """Return the number of the first audit row that was changed or follows a removed one, or None.

        The chain shows a change in the middle. Rows cut off at its end leave a whole, shorter chain.
        """
        previous, expected = NO_HASH, 1
        with self._database.read() as connection:
            for row in connection.execute("SELECT * FROM audit ORDER BY number"):
                columns = dict(row)
                stored = columns.pop("hash")
                if row["number"] != expected or stored != audit_hash(previous, columns):
                    return int(row["number"])
                previous, expected = stored, expected + 1
        return None


def audit_hash(previous: str, columns: Mapping[str, Column]) -> str:
    """Return the SHA-256 as hex of the hash before and *columns* as JSON: keys sorted, ASCII, no spaces."""
    text = json.dumps(dict(columns), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(f"{previous}{text}".encode("ascii")).hexdigest()


def bring_alarm(memory: sqlite3.Connection, home: sqlite3.Connection, clock: Clock) -> None:
    """Store the alarm of *memory* in *home*, with an audit row; nothing where there is none."""
    row = memory.execute("SELECT * FROM alarm").fetchone()
    if row is None:
        return
    columns = dict(row)
    home.execute(_SAVE, columns)
    order = {name: columns[name] for name in ("mode", "by", "how", "sequence", "event_id")}
    _append(home, order | _noted("taken over from memory", clock))


def _noted(note: str, clock: Clock) -> dict[str, Column]:
    now = clock.instant()
    return bind(at_us=clock.now(), boot_id=now.boot_id, boot_s=float(now.since_boot_s), note=note)


def _append(connection: sqlite3.Connection, columns: Mapping[str, Column]) -> None:
    last = connection.execute(_LAST).fetchone()
    number, previous = (last["number"], last["hash"]) if last else (0, NO_HASH)
    row = {**columns, "number": number + 1}
    connection.execute(_APPEND, {**row, "hash": audit_hash(previous, row)})


def _alarm(row: sqlite3.Row) -> Alarm:
    return Alarm(
        mode=Mode(row["mode"]),
        by=row["by"],
        how=row["how"],
        since=Instant(row["since_boot_id"], row["since_boot_s"]),
        since_at=moment(row["since_us"]),
        pending_since=instant(row, "pending"),
        triggered_since=instant(row, "triggered"),
        until=instant(row, "until"),
        event_id=row["event_id"],
        sequence=row["sequence"],
    )
