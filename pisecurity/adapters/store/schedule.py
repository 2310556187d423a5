"""Which schedule is in force, and since when."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Mapping

from pisecurity.adapters.store.codec import Column, bind, bind_instant, maybe_moment, moment
from pisecurity.adapters.store.table import Table, steady
from pisecurity.core.alarm.schedule import Edge, InForce
from pisecurity.core.types import Instant, Mode

log = logging.getLogger(__name__)

_SAVE = """
INSERT OR REPLACE INTO schedule (one, fingerprint, since_boot_id, since_boot_s, since_us, edge_us, edge_mode)
VALUES (1, :fingerprint, :since_boot_id, :since_boot_s, :since_us, :edge_us, :edge_mode)
"""


class ScheduleTable(Table):
    """Fulfils ScheduleStore."""

    @steady
    def load_in_force(self) -> InForce | None:
        """Return what was stored last; None where there is nothing, or nothing that can be read. Raises StoreError."""
        with self._database.read() as connection:
            row = connection.execute("SELECT * FROM schedule").fetchone()
        if row is None:
            return None
        try:
            return in_force_in(dict(row))
        except (ValueError, OverflowError) as error:
            log.warning("since when the schedule is in force cannot be read reason=%s", error)
            return None

    @steady
    def save_in_force(self, in_force: InForce) -> None:
        """Store *in_force* in the place of what was stored before. Raises StoreError."""
        edge = in_force.dealt_with
        values = bind(
            fingerprint=in_force.fingerprint,
            since_us=in_force.since_at,
            edge_us=None if edge is None else edge.at,
            edge_mode=None if edge is None else edge.mode,
        )
        with self._database.write() as connection:
            connection.execute(_SAVE, values | bind_instant("since", in_force.since))


def in_force_in(row: Mapping[str, Column]) -> InForce:
    """Return what is in the columns of the table. Raises ValueError, OverflowError."""
    at, mode = _microseconds(row["edge_us"]), row["edge_mode"]
    return InForce(
        str(row["fingerprint"]),
        Instant(str(row["since_boot_id"]), float(row["since_boot_s"] or 0.0)),
        maybe_moment(_microseconds(row["since_us"])),
        None if at is None or mode is None else Edge(moment(at), Mode(str(mode))),
    )


def bring_schedule(memory: sqlite3.Connection, home: sqlite3.Connection) -> None:
    """Store in *home* which schedule is in force by *memory*, if that says so: it is the newer one."""
    row = memory.execute("SELECT * FROM schedule").fetchone()
    if row is not None:
        home.execute(_SAVE, dict(row))


def _microseconds(value: Column) -> int | None:
    return None if value is None else int(value)
