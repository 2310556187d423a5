"""What moved and was no event."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from datetime import timedelta

from pisecurity.adapters.store.codec import Column, bind, decoded, moment
from pisecurity.adapters.store.table import Table, steady
from pisecurity.core.types import Box, Dismissed

MOST_ROWS = 10_000
"""About 2 MB; at six rows a minute, the most a camera gives, more than a day."""
KEPT_DAYS = 30

_NEWER_THAN_ANY = 2**63 - 1
_ADD = """
INSERT INTO ledger (camera, last_us, lasted_s, box_x, box_y, box_w, box_h, score, zones, reason, left_out)
VALUES (:camera, :last_us, :lasted_s, :box_x, :box_y, :box_w, :box_h, :score, :zones, :reason, :left_out)
"""
# By the age of the newest row, not by the clock: that of a Pi may be months behind until the network sets it.
_PRUNE = """
DELETE FROM ledger WHERE id <= (SELECT max(id) FROM ledger) - :most OR last_us < :oldest_us
"""
LEDGER_PAGE = "SELECT * FROM ledger WHERE id < :before ORDER BY id DESC LIMIT :limit"


class LedgerTable(Table):
    """Fulfils what EventStore and EventQuery say about what was no event."""

    @steady
    def add_dismissed(self, rows: Sequence[Dismissed]) -> None:
        """Store *rows* in one transaction, and forget all but the newest 10 000 and what is over 30 days older."""
        if not rows:
            return
        newest = max(row.last_at for row in rows)
        with self._database.write() as connection:
            # One minute with a clock that is far ahead must not outdate all others.
            before = connection.execute("SELECT last_us FROM ledger ORDER BY id DESC LIMIT 1").fetchone()
            counted_from = newest if before is None else min(newest, moment(before["last_us"]))
            oldest = counted_from - timedelta(days=KEPT_DAYS)
            connection.executemany(_ADD, [_columns(row) for row in rows])
            connection.execute(_PRUNE, bind(most=MOST_ROWS, oldest_us=oldest))

    @steady
    def dismissed(self, limit: int, before: int | None = None) -> tuple[Dismissed, ...]:
        """Return up to *limit* rows, last stored first, older than the row of number *before*."""
        values = bind(before=_NEWER_THAN_ANY if before is None else min(before, _NEWER_THAN_ANY), limit=max(limit, 0))
        with self._database.read() as connection:
            return decoded(connection.execute(LEDGER_PAGE, values), _dismissed)


def _columns(row: Dismissed) -> dict[str, Column]:
    return bind(
        camera=row.camera,
        last_us=row.last_at,
        lasted_s=row.lasted_s,
        box_x=row.box.x,
        box_y=row.box.y,
        box_w=row.box.w,
        box_h=row.box.h,
        score=row.score,
        zones=json.dumps(sorted(row.zones)),
        reason=row.reason,
        left_out=row.left_out,
    )


def _dismissed(row: sqlite3.Row) -> Dismissed:
    return Dismissed(
        camera=row["camera"],
        first_s=0.0,
        last_s=row["lasted_s"],
        last_at=moment(row["last_us"]),
        box=Box(row["box_x"], row["box_y"], row["box_w"], row["box_h"]),
        score=row["score"],
        zones=frozenset(json.loads(row["zones"])),
        reason=row["reason"],
        left_out=row["left_out"],
        number=row["id"],
    )
