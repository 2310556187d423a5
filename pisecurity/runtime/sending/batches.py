"""The rows of the outbox that make one mail, and which of several mails goes first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby

from pisecurity.core.types import Delivery, Priority

Batch = tuple[Delivery, ...]
"""Rows of one step of an alert and one channel, sent together."""


def batches(rows: Iterable[Delivery]) -> list[Batch]:
    """Return *rows* by step and alert, oldest alert first: row numbers only grow."""
    ordered = sorted(rows, key=lambda row: (row.step, row.id))
    return [tuple(batch) for _, batch in groupby(ordered, key=lambda row: (row.step, row.alert.id))]


def least_tried(waiting: Sequence[Batch]) -> int:
    """Return the index of the batch tried least often; of several the newest."""
    return min(range(len(waiting)), key=lambda index: (waiting[index][0].attempts, -index))


def goes_before_rest(row: Delivery, taken: Delivery) -> bool:
    """Return whether *row*, the newest of its kind, still goes before what has waited longer, after *taken* left."""
    priority = row.alert.kind.priority
    return not is_urgent(taken) or priority > taken.alert.kind.priority or row.id > taken.id


def is_urgent(row: Delivery) -> bool:
    """Return whether what *row* tells of may still be going on."""
    return row.alert.kind.priority >= Priority.ALARM
