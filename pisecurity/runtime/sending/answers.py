"""Keeps what servers answered until it is stored."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from pisecurity.core.types import Delivery, Instant, Outcome, Receipt
from pisecurity.ports import Clock, Outbox
from pisecurity.runtime.worker import Beat


@dataclass(frozen=True, slots=True)
class _Answer:
    row: Delivery
    receipt: Receipt
    tried: Instant
    at: datetime
    next_try: Instant
    picture: str
    in_doubt: bool


class Answers:
    """Answers in the order in which they came; one that cannot be stored is kept, and so are those after it."""

    def __init__(self, outbox: Outbox, clock: Clock) -> None:
        self._outbox, self._clock = outbox, clock
        self._kept: deque[_Answer] = deque()

    def keep(
        self, row: Delivery, receipt: Receipt, wait_s: float, picture: str = "", *, in_doubt: bool = False
    ) -> None:
        """Take note of the *receipt* for *row*, which just came; if it is to be tried again, then after *wait_s*."""
        tried = self._clock.instant()
        # What may have arrived once stays in doubt until somebody says what became of it.
        doubt = in_doubt or row.in_doubt
        self._kept.append(_Answer(row, receipt, tried, self._clock.now(), tried.later(wait_s), picture, doubt))

    def store(self, beat: Beat) -> None:
        """Store what is not stored yet, oldest first. Raises StoreError, and keeps the rest."""
        while self._kept:
            beat()
            first = self._kept[0]
            self._outbox.record(
                first.row,
                first.receipt,
                first.tried,
                first.at,
                first.next_try,
                first.picture,
                in_doubt=first.in_doubt,
            )
            self._kept.popleft()


def are_all_later(answers: Sequence[Receipt]) -> bool:
    """Return whether there are answers, and each of them puts its recipient off."""
    return bool(answers) and all(answer.outcome is Outcome.LATER for answer in answers)


def last_answer(receipt: Receipt, channel: str) -> Receipt:
    """Return the answer for a recipient who is tried no more."""
    if receipt.outcome is Outcome.ACCEPTED:
        return receipt
    detail = f"{receipt.detail}; given up, because [{channel}] no longer names this recipient"
    return Receipt(Outcome.REFUSED, detail)
