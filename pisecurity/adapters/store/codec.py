"""Values to columns and back."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from pisecurity.core.types import Alarm, Instant, Mode

log = logging.getLogger(__name__)

Column = str | float | None
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_T = TypeVar("_T")


def bind(**values: str | float | datetime | None) -> dict[str, Column]:
    """Return named parameters as SQLite takes them: moments as UTC microseconds, text as valid UTF-8.

    Raises:
        ValueError: a moment without a zone.
    """
    return {name: _column(value) for name, value in values.items()}


def bind_instant(name: str, instant: Instant | None) -> dict[str, Column]:
    """Return *instant* as the parameters ``<name>_boot_id`` and ``<name>_boot_s``."""
    if instant is None:
        return {f"{name}_boot_id": None, f"{name}_boot_s": None}
    return {f"{name}_boot_id": instant.boot_id, f"{name}_boot_s": float(instant.since_boot_s)}


def moment(microseconds: int) -> datetime:
    """Return the UTC moment of a ``*_us`` column."""
    return _EPOCH + timedelta(microseconds=microseconds)


def maybe_moment(microseconds: int | None) -> datetime | None:
    return None if microseconds is None else moment(microseconds)


def instant(row: sqlite3.Row | Mapping[str, Any], name: str) -> Instant | None:
    """Return the instant in ``<name>_boot_id`` and ``<name>_boot_s``."""
    boot_id = row[f"{name}_boot_id"]
    return None if boot_id is None else Instant(boot_id, row[f"{name}_boot_s"])


def alarm_in(row: sqlite3.Row | Mapping[str, Any]) -> Alarm:
    """Return the alarm in the columns of its table, also of an older version. Raises ValueError, OverflowError."""
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
        duress=row["duress"] if "duress" in row.keys() else "",  # noqa: SIM118 -- a row is no mapping
    )


def decoded(rows: Iterable[sqlite3.Row], decode: Callable[[sqlite3.Row], _T]) -> tuple[_T, ...]:
    """Return the values of *rows*; a row that cannot be read is logged and left out.

    One row changed by hand or by a failing disk must not hide every other event, nor stop every other mail.
    """
    values = []
    for row in rows:
        try:
            values.append(decode(row))
        except (ValueError, TypeError, OverflowError) as error:
            log.warning("stored row skipped row=%s reason=%s", row["id"], error)
    return tuple(values)


def lenient(stored: bytes) -> str:
    """Return a text as it is stored; one damaged byte must not hide the rows beside it."""
    return stored.decode("utf-8", "replace")


def _column(value: str | float | datetime | None) -> Column:
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError(f"a stored moment needs a zone, got {value}")
        return (value - _EPOCH) // timedelta(microseconds=1)
    if isinstance(value, str):
        # Replies of servers may hold bytes that are no UTF-8, decoded to lone surrogates, which SQLite refuses.
        return value.encode("utf-8", "replace").decode("utf-8")
    return value
