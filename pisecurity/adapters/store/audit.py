"""The hash-chained log of who changed the alarm: how its rows hang together, and what was done to it."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import chain as joined
from itertools import islice
from typing import Any

from pisecurity.adapters.store.codec import Column, moment
from pisecurity.adapters.store.table import Table
from pisecurity.core.audit import AuditHead

NO_HASH = ""
"""What the first audit row is chained to."""
LAST = "SELECT number, hash FROM audit ORDER BY number DESC LIMIT 1"
_MISSING = "rows {first} to {last} are missing, goes on from {hash}"
MISSING = re.compile(r"rows (\d+) to (\d+) are missing, goes on from ([0-9a-f]{64})$")
"""Ends the note of an audit row before which rows were lost, and names the hash that it is chained to."""
NEAR = 100
"""Rows after the first wrong one in which is looked for what was done; only how it is told depends on it."""

_HASHED = ("number", "at_us", "boot_id", "boot_s", "mode", "by", "how", "sequence", "event_id", "note")
"""Columns of a row that its hash is over. One that a later version adds is not, or no older row would hang any more."""

Row = Mapping[str, Any]


class Harm(StrEnum):
    """What was done to the log from outside, or makes it look so."""

    CHANGED = "changed"
    """A row says something else than it did when it was written."""
    MISSING = "missing"
    """Rows were taken out between others, or at the beginning."""
    INSERTED = "inserted"
    MOVED = "moved"
    """Rows stand in another order than that in which they were written."""
    REWRITTEN = "rewritten"
    """The chain is whole, and its row is not the one that was told: it and what hangs on it was made anew."""
    CUT = "cut"
    """The chain is whole, and ends before the row that was told."""
    LOST = "lost"
    """The row that was told is among those of which a newer row says that damage took them; nobody vouches for that."""
    UNKNOWN = "unknown"
    """No row is the one that was told, and its number is not known."""


@dataclass(frozen=True, slots=True)
class Harmed:
    """Which rows something was done to, by their numbers now; MISSING and CUT: by those they had."""

    how: Harm
    first: int
    last: int
    at: datetime | None = None
    """When the first of them was written, as it says; of rows that are gone, the one next to them. None: nobody can
    tell."""


@dataclass(frozen=True, slots=True)
class Examined:
    """What the log says of itself, and whether that can be believed."""

    rows: int
    """Number of the newest row up to which the chain is whole; 0 for none."""
    head: str
    """Hash of that row."""
    at: datetime | None
    """When it was written, as it says."""
    lost: int
    """Rows that damage has cost, as the rows after them say."""
    told: int | None
    """Number of the row that was told, where it is there as it was told."""
    harmed: Harmed | None
    """The first harm; None: no row up to *told* was changed, taken out or put in."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of the log as it is shown; nothing says that it is as it was written."""

    number: int
    at: datetime | None
    """None: it names no time, so that it was changed."""
    mode: str
    by: str
    how: str
    note: str
    hash: str
    """Hexadecimal, 64 letters."""


class AuditTable(Table):
    """Reads the log; AlarmTable writes it."""

    def audit_entries(self, limit: int) -> list[Entry]:
        """Return the newest rows, at most *limit*, newest first. Raises StoreError."""
        with self._database.read() as connection:
            rows = connection.execute("SELECT * FROM audit ORDER BY number DESC LIMIT :limit", {"limit": limit})
            return [
                Entry(
                    row["number"], moment_of(row), *(str(row[name]) for name in ("mode", "by", "how", "note", "hash"))
                )
                for row in map(dict, rows)
            ]

    def audit_head(self) -> tuple[int, str]:
        """Return number and hash of the newest audit row, 0 and nothing before the first. Raises StoreError."""
        with self._database.read() as connection:
            last = connection.execute(LAST).fetchone()
        return (last["number"], last["hash"]) if last else (0, NO_HASH)

    def verify_audit(self) -> int | None:
        """Return the number of the first audit row that was changed or follows a removed one, or None.

        The chain shows a change in the middle. Rows cut off at its end leave a whole, shorter chain, and who makes the
        whole of it anew leaves a whole one too: ``examine_audit`` compares. Rows that were lost to damage are no
        change: the next one says so.
        """
        with self._database.read() as connection:
            chain = Chain()
            rest = chain.follow(map(dict, connection.execute("SELECT * FROM audit ORDER BY number")))
            return next((int(row["number"]) for row in rest), None)

    def examine_audit(self, told: AuditHead | None) -> Examined:
        """Return whether the log is whole and still has the row *told*. Raises StoreError.

        Args:
            told: what was kept where nobody who reaches this machine can change it, such as a mail; None: nothing,
                and then rows that were cut off at the end, or a chain that was made anew, are not found.
        """
        with self._database.read() as connection:
            chain = Chain(told)
            rest = chain.follow(map(dict, connection.execute("SELECT * FROM audit ORDER BY number")))
            near = list(islice(rest, NEAR))
        harmed = harm(chain.number, chain.head, near) if near else chain.harmed()
        return Examined(chain.number, chain.head, chain.at, chain.lost, chain.told, harmed)

    def lost_audit_rows(self) -> int:
        """Return how many rows were lost to damage, as the rows after them say."""
        return self.examine_audit(None).lost


class Chain:
    """Goes along the audit log from its first row."""

    def __init__(self, told: AuditHead | None = None, number: int = 0, head: str = NO_HASH) -> None:
        """*told*: the row that is looked for on the way. *number*, *head*: of the row to begin after."""
        self.number, self.head = number, head
        self.at: datetime | None = None
        """When the newest row was written."""
        self.lost = 0
        """Rows that are missing, as the rows after them say."""
        self.told: int | None = None
        """Number of the row that was told, once it has come."""
        self._wanted = told
        self._instead: Harmed | None = None
        """What stands, or is missing, where the row that was told should be."""

    def follow(self, rows: Iterator[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        """Go along *rows* as far as they are unbroken; return those from the first one that is not, none if all are."""
        for row in rows:
            if not self.takes(row):
                return joined((row,), rows)
        return iter(())

    def takes(self, row: Mapping[str, Column]) -> bool:
        """Return whether *row* is the next one and unchanged."""
        number, previous = self.number, self.head
        if gap := MISSING.search(str(row["note"])):
            first, last, head = gap.groups()
            if int(first) == number + 1:
                number, previous = int(last), head
        if row["number"] != number + 1 or not hangs(row, number + 1, previous):
            return False
        if number != self.number:
            self._skip(number, previous, moment_of(row))
        self.number, self.head, self.at = number + 1, str(row["hash"]), moment_of(row)
        self._compare(self.number, self.head)
        return True

    def harmed(self) -> Harmed | None:
        """Return what is wrong with a whole chain that was followed to its end, or None."""
        wanted = self._wanted
        if wanted is None or self.told is not None:
            return None
        if wanted.number is not None and wanted.number > self.number:
            return Harmed(Harm.CUT, self.number + 1, wanted.number, self.at)
        return self._instead or Harmed(Harm.UNKNOWN, 0, 0)

    def _skip(self, to: int, head: str, at: datetime | None) -> None:
        """Go on from row *to*, whose hash *head* is quoted by the row of *at*.

        Whoever takes rows out can quote the hash that a mail gives, so that it proves nothing.
        """
        wanted, gone = self._wanted, Harmed(Harm.LOST, self.number + 1, to, at)
        self.lost += to - self.number
        self.at = at
        if wanted is None:
            return
        if self._is_told(to, head) or (wanted.number is not None and self.number < wanted.number < to):
            self._instead = gone
        elif wanted.number == to:
            self._instead = Harmed(Harm.REWRITTEN, to, to, at)

    def _compare(self, number: int, head: str) -> None:
        """Look whether the row *number* with the hash *head* is the one that was told."""
        if self._is_told(number, head):
            self.told = number
        elif self._wanted is not None and self._wanted.number == number:
            self._instead = Harmed(Harm.REWRITTEN, number, number, self.at)

    def _is_told(self, number: int, head: str) -> bool:
        wanted = self._wanted
        return wanted is not None and wanted.number in (None, number) and head.startswith(wanted.letters)


def harm(number: int, head: str, rows: Sequence[Row]) -> Harmed:
    """Return what was most likely done to the log where its chain breaks.

    That it is broken is certain; what was done is the simplest that explains the rows behind the break.

    Args:
        number: of the last good row.
        head: its hash.
        rows: those after it, the first of which does not hang on it; at least one.
    """
    expected, (broken, *rest) = number + 1, rows
    here = int(broken["number"])
    if here > expected:
        return Harmed(Harm.MISSING, expected, here - 1, moment_of(broken))
    order = _order(expected, head, rows)
    if broken in order:
        return Harmed(Harm.MOVED, expected, max(int(row["number"]) for row in order), moment_of(broken))
    if order:
        return Harmed(Harm.INSERTED, expected, int(order[0]["number"]) - 1, moment_of(broken))
    for shift in range(1, NEAR) if rest else ():
        if hangs(rest[0], rest[0]["number"] + shift, broken["hash"]):
            return Harmed(Harm.MISSING, expected, expected + shift - 1, moment_of(broken))
        if hangs(rest[0], rest[0]["number"] - shift, broken["hash"]):
            return Harmed(Harm.INSERTED, expected - shift, expected - 1, moment_of(broken))
    return Harmed(Harm.CHANGED, expected, expected, moment_of(broken))


def _order(number: int, head: str, rows: Sequence[Row]) -> list[Row]:
    """Return *rows*, renumbered from *number* on, in the order in which they hang together, up to the first of them."""
    found: list[Row] = []
    left = list(rows)
    while rows[0] in left:
        row = next((row for row in left if hangs(row, number, head)), None)
        if row is None:
            break
        left.remove(row)
        found.append(row)
        number, head = number + 1, row["hash"]
    return found


def hangs(row: Row, number: int, previous: str) -> bool:
    """Return whether *row* was written as row *number* after the hash *previous*."""
    columns = {name: row[name] for name in _HASHED} | {"number": number}
    return bool(row["hash"] == audit_hash(previous, columns))


def moment_of(row: Row) -> datetime | None:
    """Return when *row* was written, as it says; None where that is no time."""
    try:
        return moment(row["at_us"])
    except OverflowError:
        return None


def missing_note(first: int, last: int, head: str) -> str:
    """Return what ends the note of the row after those that were lost, and which hash it is chained to."""
    return _MISSING.format(first=first, last=last, hash=head)


def audit_hash(previous: str, columns: Mapping[str, Column]) -> str:
    """Return the SHA-256 as hex of the hash before and *columns* as JSON: keys sorted, ASCII, no spaces."""
    text = json.dumps(dict(columns), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(f"{previous}{text}".encode("ascii")).hexdigest()
