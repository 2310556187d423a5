"""Takes the rows of one mail to a server and waits for what it says, without standing still meanwhile."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from pisecurity.core.alarm import digest
from pisecurity.core.types import FIRST, Alert, Notification, Outcome, Receipt
from pisecurity.errors import MailError, StoreError
from pisecurity.ports import Channel, Clock, Outbox, PictureKind, Pictures
from pisecurity.runtime.background import BackgroundCall, CallCrashedError
from pisecurity.runtime.sending.batches import Batch
from pisecurity.runtime.sending.jumps import Jumps
from pisecurity.runtime.worker import Beat

DEADLINE_S = 60.0
"""For one conversation with the server."""
OVERRUN_S = 10.0
"""Allowed beyond the deadline before a conversation is given up as stuck."""
BEAT_S = 0.2
STOP_GRACE_S = 3.0
"""Left to a conversation under way when the daemon stops; what it leaves open is sent again after the start."""

_Call = BackgroundCall[Mapping[str, Receipt]]


@dataclass(frozen=True, slots=True)
class Handed:
    """What a server said."""

    batch: Batch
    """What was handed over."""
    receipts: Mapping[str, Receipt]
    """By recipient."""
    picture: str
    """Name of the pictures that went along; empty where none did."""


class Courier:
    """Hands over one mail after the other; for one thread, which it keeps beating and able to stop."""

    def __init__(self, outbox: Outbox, pictures: Pictures, clock: Clock, jumps: Jumps, logger: logging.Logger) -> None:
        self._outbox, self._pictures, self._clock, self._log = outbox, pictures, clock, logger
        self._jumps = jumps
        self._grace_s = STOP_GRACE_S
        """What is left of the time for conversations under way once the daemon stops."""

    def take(
        self, server: Channel, batch: Batch, stop: threading.Event, beat: Beat, meanwhile: Callable[[], bool]
    ) -> Handed | None:
        """Hand *batch* over to *server* with the pictures as they are now.

        Args:
            meanwhile: called at each beat while it waits, until it returns False.

        Returns:
            None where nobody needs it any more, or the daemon stopped before the server answered.

        Raises:
            MailError: nobody got it, and it may be tried again.
            StoreError: what must be stored before it leaves was not; it was not sent.
        """
        pictures = self._load(batch[0].alert)
        batch = self._needed(batch, pictures)
        if listable := {row.id for row in batch if row.step == FIRST and row.alert.kind in digest.KINDS}:
            self._outbox.doubt(listable)  # or, after a kill in these seconds, a digest would tell of it again
        receipts = self._send(server, batch, pictures, stop, beat, meanwhile) if batch else None
        return None if receipts is None else Handed(batch, receipts, _name(pictures))

    def _load(self, alert: Alert) -> tuple[bytes, ...]:
        """Return the pictures that go along, as they are now."""
        found = []
        for event_id in (*((alert.event_id,) if alert.event_id else ()), *alert.shows):
            try:
                found.append(self._pictures.load(event_id, PictureKind.ANNOTATED))
            except StoreError as error:
                # The alert matters more than its picture.
                self._log.warning("alert leaves without picture alert=%s reason=%s", alert.id, error)
        return tuple(jpeg for jpeg in found if jpeg is not None)

    def _needed(self, batch: Batch, pictures: tuple[bytes, ...]) -> Batch:
        """Return *batch* without the second steps whose first one had these *pictures* already."""
        had = [row for row in batch if row.step != FIRST and (not pictures or row.first_picture == _name(pictures))]
        if had:
            self._outbox.drop({row.id for row in had})
        return tuple(row for row in batch if row not in had)

    def _send(
        self,
        server: Channel,
        batch: Batch,
        pictures: tuple[bytes, ...],
        stop: threading.Event,
        beat: Beat,
        meanwhile: Callable[[], bool],
    ) -> Mapping[str, Receipt] | None:
        """Return the answer for each recipient, or None when the daemon stops before there is one.

        The conversation runs in a thread of its own, so that this one can beat and stop meanwhile.

        Raises:
            MailError: nobody got it, and it may be tried again.
        """
        first = batch[0]
        notification = Notification(first.alert, first.step, pictures, self._jumps.happened_at(first))
        recipients = tuple(row.recipient for row in batch)
        began_s = self._clock.monotonic()
        call = BackgroundCall(f"{first.channel}-send", lambda: server.send(notification, recipients, DEADLINE_S))
        if not self._has_ended(call, stop, beat, meanwhile):
            self._log.warning("alert left in the outbox by the stop alert=%s", first.alert.id)
            return None
        try:
            receipts = call.result()
        except CallCrashedError as error:
            raise MailError(str(error), in_doubt=True) from error
        except MailError as error:
            if not error.permanent:
                raise
            return dict.fromkeys(recipients, Receipt(Outcome.REFUSED, str(error)))
        self._log.info(
            "alert handed over alert=%s kind=%s step=%d to=%d took_s=%.1f",
            first.alert.id,
            first.alert.kind,
            first.step,
            len(batch),
            self._clock.monotonic() - began_s,
        )
        return receipts

    def _has_ended(self, call: _Call, stop: threading.Event, beat: Beat, meanwhile: Callable[[], bool]) -> bool:
        """Wait for *call*; return False when the daemon stops before.

        Raises:
            MailError: it lasts too long.
        """
        goes_on = True
        for _ in range(int((DEADLINE_S + OVERRUN_S) / BEAT_S)):
            if call.wait(BEAT_S):
                return True
            beat()
            if stop.is_set():
                return self._ends_in_grace(call)
            goes_on = goes_on and meanwhile()
        text = f"handing over an alert took longer than {DEADLINE_S + OVERRUN_S:g} s and was given up"
        raise MailError(text, in_doubt=True)

    def _ends_in_grace(self, call: _Call) -> bool:
        """Return whether *call* ends in the time that a stop may take, which all conversations share."""
        while self._grace_s > 0 and not call.wait(min(BEAT_S, self._grace_s)):
            self._grace_s -= BEAT_S
        return call.wait(0)


def _name(pictures: Sequence[bytes]) -> str:
    """Return a name that tells other pictures from these; empty where there is none."""
    return sha256(b"".join(pictures)).hexdigest() if pictures else ""
