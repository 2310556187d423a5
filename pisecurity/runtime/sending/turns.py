"""What is due on one channel, and whose turn it is."""

from __future__ import annotations

import logging
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import time

from pisecurity.core.alarm import digest
from pisecurity.core.alarm.rules import is_quiet
from pisecurity.core.types import FIRST, AlertKind, Delivery, Instant, Priority
from pisecurity.ports import Address, Clock, Outbox
from pisecurity.runtime.house import House
from pisecurity.runtime.sending.batches import Batch, batches, goes_before_rest, is_urgent
from pisecurity.runtime.sending.jumps import Jumps
from pisecurity.runtime.sending.line import Line
from pisecurity.runtime.worker import Beat

SOON_S = 1.0
"""What is due within that time has the way to the server made ready."""
REPLY_WAITS_S = 600.0
"""So long an alert waits at most for the one that it follows: a server that greylists takes that one after minutes."""
_GOOD_TO_KNOW = frozenset(kind for kind in AlertKind if kind.priority is Priority.INFO)


class Turns:
    """Reads from the outbox what one channel may try, and puts it in order; every method raises StoreError."""

    def __init__(
        self, channel: str, outbox: Outbox, house: House, clock: Clock, jumps: Jumps, logger: logging.Logger
    ) -> None:
        self._channel, self._outbox, self._house, self._clock, self._log = channel, outbox, house, clock, logger
        self._jumps = jumps
        self._quiet = (time(0), time(0))

    def set_quiet(self, begins: time, ends: time) -> None:
        """Say when what is only good to know waits, by the clock of the house; the same twice: never. Any thread."""
        self._quiet = begins, ends

    def due(self) -> tuple[Delivery, ...]:
        """Return the rows to try now, oldest alert first; of many only the first ones."""
        return self._outbox.due(self._clock.instant(), self._held(), self._channel)

    def any_soon(self, line: Line) -> bool:
        """Return whether something that *line* admits is due in a moment; what is due now has had its turn."""
        soon = self._outbox.due(self._clock.instant().later(SOON_S), self._held(), self._channel)
        now_s = self._clock.monotonic()
        return any(line.admits(row, now_s) for row in soon)

    def first(self, line: Line, rows: Sequence[Delivery]) -> list[Batch]:
        """Return what is tried first of the due *rows*."""
        latest = self._newest()
        backlog = any(not line.is_later(row) for row in rows)
        urgent = [row for row in latest if line.behind or (backlog and line.is_new(row))]
        waiting = self._queue(line, rows, urgent)
        line.saw((*rows, *latest))
        return waiting

    def after_return(self, line: Line, tried: Collection[int], taken: Batch, beat: Beat) -> list[Batch]:
        """Return what is tried next once the server took *taken* after it had been away.

        What has waited for long goes as a digest, but for the newest alarm.

        Args:
            tried: numbers of the rows that had their turn already.
        """
        # The newest alarm still goes first, unless it was the one taken.
        latest = [row for row in self._newest() if row.id not in tried and goes_before_rest(row, taken[0])]
        beat()
        self._gather({row.alert.id for row in latest if is_urgent(row)}, beat)
        rows = [row for row in self.due() if row.id not in tried]
        line.saw((*rows, *latest))
        return self._queue(line, rows, latest)

    def new_alarm(self, line: Line) -> list[Batch]:
        """Return the alarm that was raised meanwhile: a full outbox takes minutes to leave."""
        alarm = [row for row in self._newest() if is_urgent(row) and line.is_new(row)]
        line.saw(alarm)
        return batches(alarm)

    def without_early_replies(self, batch: Batch) -> Batch:
        """Return *batch* without recipients who would read how it ended before what it is about.

        Such as an all-clear whose alarm waits for a further try. That holds back nothing urgent, nothing that waits for
        long already, and nothing whose alert is tried again only in a long while, has arrived or was refused.
        """
        about, now = batch[0].alert.thread, self._clock.instant()
        if about is None or is_urgent(batch[0]) or not _is_fresh(batch[0], now):
            return batch
        soon = now.later(REPLY_WAITS_S)
        waiting = (*self._outbox.due(soon, (), self._channel), *self._outbox.newest_due(self._channel, soon))
        waits = {row.recipient for row in waiting if row.alert.id == about and row.step == FIRST}
        return tuple(row for row in batch if row.recipient not in waits)

    def _newest(self) -> tuple[Delivery, ...]:
        held = self._held()
        newest = self._outbox.newest_due(self._channel, self._clock.instant())
        return tuple(row for row in newest if row.alert.kind not in held)

    def _held(self) -> frozenset[AlertKind]:
        """Return the kinds that wait for the end of the quiet hours."""
        local = self._clock.now().astimezone(self._house.zone).time()
        return _GOOD_TO_KNOW if is_quiet(local, *self._quiet) else frozenset()

    def _queue(self, line: Line, rows: Sequence[Delivery], latest: Sequence[Delivery]) -> list[Batch]:
        """Return what may be tried now: what is urgent among *latest*, the most urgent first, then *rows* in order.

        A server that is left alone is only asked to take new alerts, which *rows* may not hold if many wait.
        """
        now_s = self._clock.monotonic()
        if now_s < line.shut_until_s:
            rows = list({row.id: row for row in (*rows, *latest)}.values())
        rows, latest = ([row for row in some if line.admits(row, now_s)] for some in (rows, latest))
        alarm = [row for row in latest if is_urgent(row)]
        urgent = sorted(batches(alarm), key=lambda batch: -batch[0].alert.kind.priority)
        return [*urgent, *batches(row for row in rows if row not in alarm)]

    def _gather(self, apart: Collection[str], beat: Beat) -> None:
        """Put what has waited for long into digests, except the alerts *apart*."""
        now = self._clock.instant()
        while groups := digest.gather(self._backlog(apart, now), now):
            for group in groups:
                beat()
                alert = self._house.digest(group.alerts, self._clock.now())
                to = [Address(self._channel, recipient) for recipient in group.recipients]
                self._outbox.digest(alert, to, group.rows)
                self._log.info("digest stored alert=%s of=%d to=%d", alert.id, len(group.alerts), len(to))

    def _backlog(self, apart: Collection[str], now: Instant) -> list[Delivery]:
        """Return what a digest may list, each at the time at which it happened by the clock as it is now."""
        backlog = self._outbox.backlog(self._channel, digest.KINDS, now)
        return [self._in_time(row) for row in backlog if row.alert.id not in apart]

    def _in_time(self, row: Delivery) -> Delivery:
        at = self._jumps.happened_at(row)
        return row if at is None else replace(row, alert=replace(row.alert, at=at))


def _is_fresh(row: Delivery, now: Instant) -> bool:
    """Return whether *row* was stored a few minutes ago at most, since the boot."""
    waited_s = None if row.stored is None else now.seconds_since(row.stored)
    return waited_s is not None and waited_s < REPLY_WAITS_S
