"""The audit log as it grows on a walk: each change is one row, and no row is lost."""

from __future__ import annotations

from collections import Counter
from typing import Any

from pisecurity.adapters.store import SqliteStore
from pisecurity.adapters.store.audit import MISSING
from pisecurity.runtime.alarm.panel import Transition
from tests.rigs.panel_walks import check_change

LOOKED = "looked by Anna (page)"
Row = dict[str, Any]
Key = tuple[int, str]
"""Of a change: its sequence, and from which state to which."""


def rows_of(store: SqliteStore, after: int = 0) -> list[Row]:
    """Return the audit rows after number *after*. Raises StoreError."""
    with store._database.read() as connection:
        return [
            dict(row) for row in connection.execute("SELECT * FROM audit WHERE number > ? ORDER BY number", (after,))
        ]


class Record:
    """What was seen of the audit log, and the changes that were told."""

    def __init__(self) -> None:
        self.told: list[Transition] = []
        self.number, self._head = 0, ""
        self._seen: set[tuple[object, ...]] = set()
        """All rows that were there at some time, by what no other row has."""
        self._checked = 0
        self._changes: Counter[Key] = Counter()
        """Changes that must have a row each."""
        self._rows: Counter[Key] = Counter()
        """Rows of changes."""
        self.untold = True
        """Whether a change may have been stored of which nobody could be told: a kill came first, or it is a start."""
        self.lossy = False
        """Whether something was done since the last look that costs rows."""

    def check(self, store: SqliteStore) -> None:
        """See that each change has exactly one row, and each row is there that was. Raises StoreError."""
        rows = self._look(store)
        if not store._database.whole:  # what the disk has is seen when it is back
            self._head = ""
            return
        told, self._checked = self.told[self._checked :], len(self.told)
        self._changes.update(map(_key_of_change, told))
        if not self.lossy:
            assert not self._changes - self._rows, "every change has a row"
            assert self.untold or not self._rows - self._changes, "every change has one row alone"
            by_key = {_key_of(row): row for row in rows}
            for change in told:
                check_change(by_key[_key_of_change(change)], change)
        self._changes = self._rows.copy()
        self.untold = self.lossy = False

    def _look(self, store: SqliteStore) -> list[Row]:
        """Return the rows since the last look, or all where others are in their place."""
        rows = rows_of(store, max(self.number - 1, 0))
        goes_on = bool(rows) and rows[0]["hash"] == self._head
        if not goes_on:
            rows = rows_of(store)
            self._rows.clear()
        new = rows[1:] if goes_on else rows
        for row in new:
            assert row["by"] and row["how"] and row["at_us"] is not None, "the row says who, how and when"
        keys = {(*(row[name] for name in ("boot_id", "boot_s", "sequence", "by")), _note_of(row)) for row in new}
        if not goes_on and store._database.whole:
            assert self.lossy or self._seen <= keys, "no row is lost"
            self._seen.clear()
        self._seen |= keys
        self._rows.update(_key_of(row) for row in new if row["how"] != "repair" and row["note"] != LOOKED)
        self.number, self._head = (rows[-1]["number"], rows[-1]["hash"]) if rows else (0, "")
        return new


def _key_of(row: Row) -> Key:
    return row["sequence"], str(row["note"]).partition(":")[0]


def _key_of_change(change: Transition) -> Key:
    return change.alarm.sequence, f"{change.before} to {change.after}"


def _note_of(row: Row) -> str:
    return MISSING.sub("", str(row["note"])).removesuffix("; ")
