"""What became of each try: stored, and told of where a recipient got nothing."""

from __future__ import annotations

import logging
from collections.abc import Collection
from datetime import timedelta

from pisecurity.core.types import Delivery, Outcome, Receipt
from pisecurity.errors import MailError
from pisecurity.ports import Clock, Outbox
from pisecurity.runtime.health import Health
from pisecurity.runtime.house import House
from pisecurity.runtime.life.logins import REJECTED_LOGIN_S
from pisecurity.runtime.sending.answers import Answers, last_answer
from pisecurity.runtime.sending.batches import Batch
from pisecurity.runtime.sending.courier import Handed
from pisecurity.runtime.sending.waits import Waits
from pisecurity.runtime.worker import Beat


class Outcomes:
    """Of the tries on one channel: the rows of the outbox, and a fault for each recipient that gets nothing."""

    def __init__(
        self,
        channel: str,
        outbox: Outbox,
        house: House,
        clock: Clock,
        health: Health,
        waits: Waits,
        logger: logging.Logger,
    ) -> None:
        """*health* gets a fault by channel and recipient, ``mail:anna@example.org``."""
        self._channel, self._house, self._clock, self._health = channel, house, clock, health
        self._waits, self._log = waits, logger
        self._answers = Answers(outbox, clock)
        self._recipients: frozenset[str] | None = None

    def set_recipients(self, recipients: Collection[str]) -> None:
        """Say whom the settings name now; until this is called, everybody. Any thread."""
        self._recipients = frozenset(recipients)

    def store(self, beat: Beat) -> None:
        """Store the answers that could not be stored before. Raises StoreError."""
        self._answers.store(beat)

    def end_faults_of_former_recipients(self) -> None:
        """End the fault of each recipient whom the settings name no more."""
        for fault in self._health.faults():
            channel, _, recipient = fault.key.partition(":")
            if channel == self._channel and recipient and not self._names(recipient):
                self._health.clear(fault.key)

    def settle(self, handed: Handed, beat: Beat) -> None:
        """Store what the server said of *handed*, and tell of recipients that got nothing. Raises StoreError."""
        missing = Receipt(Outcome.LATER, "no answer for this recipient")
        for row in handed.batch:
            self._settle(row, handed.receipts.get(row.recipient, missing), handed.picture)
        self._answers.store(beat)

    def put_off(self, batch: Batch, error: MailError, beat: Beat) -> None:
        """Store when to try *batch* again, of which nobody got anything. Raises StoreError."""
        self._log.warning("alert waits alert=%s to=%d reason=%s", batch[0].alert.id, len(batch), error)
        least_s = REJECTED_LOGIN_S if error.rejected_login else 0.0
        receipt = Receipt(Outcome.LATER, str(error))
        for row in batch:
            self._answers.keep(row, receipt, self._waits.after(row.attempts, least_s), in_doubt=error.in_doubt)
        self._answers.store(beat)

    def time_in(self, seconds: float) -> str:
        """Return what the clock of the house will show then."""
        return f"{(self._clock.now() + timedelta(seconds=seconds)).astimezone(self._house.zone):%H:%M:%S %Z}"

    def _settle(self, row: Delivery, receipt: Receipt, picture: str) -> None:
        key, wait_s = f"{self._channel}:{row.recipient}", self._waits.when_asked(row.attempts)
        if not self._names(row.recipient):
            self._answers.keep(row, last_answer(receipt, self._channel), wait_s, picture)
            return
        match receipt.outcome:
            case Outcome.ACCEPTED:
                self._health.clear(key)
            case Outcome.REFUSED:
                self._health.report(key, f"{row.recipient} was refused an alert ({receipt.detail}): "
                                         f"check the address in {self._channel}.to")  # fmt: skip
            case _:
                self._health.report(key, f"{row.recipient} has to wait for an alert ({receipt.detail}): "
                                         f"next try {self.time_in(wait_s)}")  # fmt: skip
        self._answers.keep(row, receipt, wait_s, picture)

    def _names(self, recipient: str) -> bool:
        return self._recipients is None or recipient in self._recipients
