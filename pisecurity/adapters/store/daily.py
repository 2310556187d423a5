"""The last daily mail, and what was stored since."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import date, datetime

from pisecurity.adapters.store.codec import bind, bind_instant, instant, maybe_moment, moment
from pisecurity.adapters.store.outbox import SHOWN, WAITING, insert_alert
from pisecurity.adapters.store.table import Table, steady
from pisecurity.core.daily import DailyTold, Happened, Marks, Note, PastFault
from pisecurity.core.types import Alert, Fault, Mode, Outcome
from pisecurity.ports import Address

_SAVE = """
INSERT OR REPLACE INTO daily (one, day, at_us, stored_boot_id, stored_boot_s, events, ledger, audit, alerts)
VALUES (1, :day, :at_us, :stored_boot_id, :stored_boot_s, :events, :ledger, :audit, :alerts)
"""
_MARKS = """
SELECT (SELECT coalesce(max(number), 0) FROM events) AS events, (SELECT coalesce(max(id), 0) FROM ledger) AS ledger,
    (SELECT coalesce(max(number), 0) FROM audit) AS audit, (SELECT coalesce(max(number), 0) FROM alerts) AS alerts
"""
_ALARMS = """
SELECT at_us, coalesce(camera, '') AS camera FROM alerts
WHERE number > :alerts AND kind IN ('alarm', 'entry') ORDER BY number
"""
_SILENCES = "SELECT why, count(*) FROM events WHERE number > :events AND kind IS NULL GROUP BY why"
_DISMISSALS = "SELECT reason, count(*) + sum(left_out) FROM ledger WHERE id > :ledger GROUP BY reason"
_NOTES = "SELECT at_us, mode, by, note FROM audit WHERE number > :audit ORDER BY number"
_OUTCOMES = f"SELECT outcome, count(*) FROM outbox WHERE alert > :alerts AND {SHOWN} GROUP BY outcome"  # noqa: S608 -- our own text
_HEAD = "SELECT hash FROM audit WHERE number = :audit"
_LAST_MAILED = "SELECT at_us FROM alerts WHERE kind = 'daily' ORDER BY number DESC LIMIT 1"
_PAST = "SELECT * FROM past_faults ORDER BY number"
_ADD_PAST = "INSERT INTO past_faults (key, text, since_us, ended_us) VALUES (:key, :text, :since_us, :ended_us)"


class DailyTable(Table):
    """Fulfils DailyStore."""

    @steady
    def daily(self) -> DailyTold | None:
        """Return the last daily mail; None before the first. Raises StoreError."""
        with self._database.read() as connection:
            row = connection.execute("SELECT * FROM daily").fetchone()
        stored = None if row is None else instant(row, "stored")
        if stored is None:
            return None
        marks = Marks(row["events"], row["ledger"], row["audit"], row["alerts"])
        return DailyTold(date.fromisoformat(row["day"]), moment(row["at_us"]), stored, marks)

    @steady
    def last_mailed(self) -> datetime | None:
        """Return when the newest daily mail was made (UTC); None where there is none. Raises StoreError.

        What ``daily`` says of a new database is where the first mail will begin: nobody was told anything then.
        """
        with self._database.read() as connection:
            row = connection.execute(_LAST_MAILED).fetchone()
        return None if row is None else moment(row["at_us"])

    @steady
    def marks(self) -> Marks:
        """Return the numbers of the newest rows, however many there are. Raises StoreError."""
        with self._database.read() as connection:
            return _marks(connection)

    @steady
    def happened(self, since: Marks) -> Happened:
        """Return what was stored after *since*. Raises StoreError."""
        after = bind(events=since.events, ledger=since.ledger, audit=since.audit, alerts=since.alerts)
        with self._database.read() as connection:
            marks = _marks(connection)
            head = connection.execute(_HEAD, bind(audit=marks.audit)).fetchone()
            return Happened(
                marks,
                tuple((moment(row["at_us"]), row["camera"]) for row in connection.execute(_ALARMS, after)),
                _counts(connection.execute(_SILENCES, after)),
                _counts(connection.execute(_DISMISSALS, after)),
                tuple(
                    Note(moment(row["at_us"]), Mode(row["mode"]), row["by"], row["note"])
                    for row in connection.execute(_NOTES, after)
                ),
                {Outcome(outcome): count for outcome, count in connection.execute(_OUTCOMES, after)},
                int(connection.execute(WAITING).fetchone()[0]),
                "" if head is None else head["hash"],
            )

    @steady
    def save_daily(self, told: DailyTold, alert: Alert | None, to: Sequence[Address]) -> None:
        """Store that *told* is the last daily mail and, in the same transaction, its alert. Raises StoreError.

        The faults that were over are told with it, and no longer kept.
        """
        marks = told.marks
        values = bind(
            day=told.day.isoformat(),
            at_us=told.at,
            events=marks.events,
            ledger=marks.ledger,
            audit=marks.audit,
            alerts=marks.alerts,
        )
        with self._database.write() as connection:
            connection.execute(_SAVE, values | bind_instant("stored", told.stored))
            connection.execute("DELETE FROM past_faults WHERE ended_us IS NOT NULL")
            if alert is not None:
                insert_alert(connection, alert, to, told.stored)

    @steady
    def past_faults(self) -> tuple[PastFault, ...]:
        """Return the faults that ``save_past_faults`` was given last. Raises StoreError."""
        with self._database.read() as connection:
            return tuple(
                PastFault(Fault(row["key"], row["text"], moment(row["since_us"])), maybe_moment(row["ended_us"]))
                for row in connection.execute(_PAST)
            )

    @steady
    def save_past_faults(self, faults: Sequence[PastFault]) -> None:
        """Store *faults* in the place of those stored before. Raises StoreError."""
        with self._database.write() as connection:
            connection.execute("DELETE FROM past_faults")
            for past in faults:
                fault = past.fault
                connection.execute(
                    _ADD_PAST, bind(key=fault.key, text=fault.text, since_us=fault.since_at, ended_us=past.ended_at)
                )


def bring_past_faults(memory: sqlite3.Connection, home: sqlite3.Connection) -> None:
    """Add the faults of *memory* to *home*, each as it is known last, but for what a daily mail of memory told."""
    told = memory.execute("SELECT at_us FROM daily").fetchone()
    if told is not None:
        home.execute("DELETE FROM past_faults WHERE ended_us <= :at_us", dict(told))
    for row in map(dict, memory.execute(_PAST)):
        home.execute("DELETE FROM past_faults WHERE key = :key AND since_us = :since_us", row)
        home.execute(_ADD_PAST, row)


def bring_daily(memory: sqlite3.Connection, home: sqlite3.Connection) -> None:
    """Store in *home* that the daily mail of *memory* left, if it is the newer one; rows are counted as before."""
    row = memory.execute("SELECT day, at_us, stored_boot_id, stored_boot_s FROM daily").fetchone()
    if row is not None:
        home.execute(
            "UPDATE daily SET day = :day, at_us = :at_us, stored_boot_id = :stored_boot_id, "
            "stored_boot_s = :stored_boot_s WHERE day < :day",
            dict(row),
        )


def _marks(connection: sqlite3.Connection) -> Marks:
    return Marks(**dict(connection.execute(_MARKS).fetchone()))


def _counts(rows: sqlite3.Cursor) -> dict[str, int]:
    return {str(reason): int(count) for reason, count in rows}
