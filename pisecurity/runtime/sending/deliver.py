"""Takes due alerts from the outbox and hands them on, until each recipient has an answer."""

from __future__ import annotations

import logging
import random
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import time

from pisecurity.core.types import FIRST, Delivery, Receipt
from pisecurity.errors import MailError, StoreError
from pisecurity.ports import Channel, Clock, Outbox, Pictures
from pisecurity.runtime.health import Health
from pisecurity.runtime.house import House
from pisecurity.runtime.life.logins import REJECTED_LOGIN_S, Logins
from pisecurity.runtime.sending.answers import are_all_later
from pisecurity.runtime.sending.batches import Batch, is_urgent, least_tried
from pisecurity.runtime.sending.courier import Courier
from pisecurity.runtime.sending.jumps import Jumps
from pisecurity.runtime.sending.line import Line
from pisecurity.runtime.sending.outcomes import Outcomes
from pisecurity.runtime.sending.turns import Turns
from pisecurity.runtime.sending.waits import Waits
from pisecurity.runtime.worker import Beat

log = logging.getLogger(__name__)

POLL_S = 1.0
MOST_PUT_OFF = 5
"""Alerts in a row that a server puts off for everybody before it is left alone for a while: providers lock who goes on
asking."""
PROBES = 2
"""Alerts in a row that must fail before the server counts as away, so that one bad alert does not hold up the rest."""
OUTBOX = "outbox"


class Deliver:
    """The worker of one channel of the outbox.

    Alerts go oldest first, and one mail goes to all recipients of an alert that are due. An alert that fails
    makes way: the least tried of the others, the newest of those, is tried next, and only when that fails too
    is the server left alone for a while. So an old alert never blocks a newer alarm, and order is given up only
    where keeping it would cost an alert its chance. While a server is left alone a new alert is still tried
    once, at once. When a server comes back the newest alarm goes first, for it may still be going on, and so does
    one raised while the others leave. They follow in order, also what had failed because of the server; where some have
    waited for long, in one digest. The better picture of an alert, its second step, leaves after all first steps.
    An all-clear, and the end of a fault, waits some minutes for the mail that it follows.
    While anything else than an alarm is on its way, an alarm that is raised leaves beside it, in a conversation of its
    own; where the server does not stand two of them, it leaves as soon as the other has ended.
    """

    def __init__(
        self,
        channel: str,
        outbox: Outbox,
        pictures: Pictures,
        channels: Mapping[str, Channel],
        house: House,
        clock: Clock,
        health: Health,
        *,
        jitter: Callable[[], float] = random.random,
        logins: Logins | None = None,
        logger: logging.Logger = log,
    ) -> None:
        """Prepare.

        Args:
            channel: the one that is served, such as ``mail``.
            outbox, pictures: what to send.
            channels: who sends it, by the channel's name; may change while this runs.
            house: words a digest.
            clock: time and waiting.
            health: gets a fault by the channel's name, ``mail``, while nothing leaves, and one by channel and
                recipient, ``mail:anna@example.org``, while the server takes nothing for that recipient.
            jitter: returns 0 to 1; see SPREAD in ``waits``.
            logins: shared with who else logs in; None: nobody does.
            logger: gets what happens.
        """
        self._channel, self._outbox, self._channels = channel, outbox, channels
        self._clock, self._health, self._log = clock, health, logger
        self._logins, self._waits = logins or Logins(clock), Waits(jitter)
        self._jumps = Jumps(clock)
        self._courier = Courier(outbox, pictures, clock, self._jumps, logger)
        self._turns = Turns(channel, outbox, house, clock, self._jumps, logger)
        self._outcomes = Outcomes(channel, outbox, house, clock, health, self._waits, logger)
        self._wake = threading.Event()
        self._line: Line | None = None

    def wake(self) -> None:
        """Say that there is a new alert, so that it leaves at once."""
        self._wake.set()

    def set_recipients(self, recipients: Collection[str]) -> None:
        """Say whom the settings name now: nobody when the channel is gone; until this is called, everybody. Any thread.

        Faults of all others end. They still get what waits for them, unless the server does not take it.
        """
        self._outcomes.set_recipients(recipients)
        self._wake.set()

    def set_quiet(self, begins: time, ends: time) -> None:
        """Say when what is only good to know waits, by the clock of the house; the same twice: never. Any thread."""
        self._turns.set_quiet(begins, ends)

    def work(self, stop: threading.Event, beat: Beat) -> None:
        """Deliver until *stop* is set; beats at least every second, also during a long conversation."""
        while not stop.is_set():
            beat()
            woken = self._wake.is_set()
            self._wake.clear()
            self.deliver_due(stop, beat)
            if woken:
                self.warm_up()
            self._clock.wait(self._wake, POLL_S)

    def deliver_due(self, stop: threading.Event, beat: Beat) -> None:
        """Try each due alert once; what cannot be tried now stays due.

        While an answer cannot be stored nothing is sent: it would be sent again and again.
        """
        self._jumps.look()
        self._outcomes.end_faults_of_former_recipients()
        try:
            self._outcomes.store(beat)
            due = self._turns.due()
            self._health.clear(OUTBOX)
            if due:
                self._serve(due, stop, beat)
        except StoreError as error:
            self._health.report(OUTBOX, f"alerts cannot leave, because the outbox is out of order: {error}")

    def warm_up(self) -> None:
        """Have the server get ready for what is due in a moment: on a slow line the way there takes a second."""
        server = self._channels.get(self._channel)
        if server is None:
            return
        line = self._line_to(server)
        try:
            leaves = self._clock.monotonic() >= line.shut_until_s and self._turns.any_soon(line)
        except StoreError:
            return  # it is reported by whoever sends
        if leaves:
            server.warm_up()

    def _serve(self, rows: Sequence[Delivery], stop: threading.Event, beat: Beat) -> None:
        server = self._channels.get(self._channel)
        if server is None:
            text = f"{len(rows)} alerts wait, but [{self._channel}] is missing in config.toml: add it"
            self._health.report(self._channel, text)
            return
        line = self._line_to(server)
        waiting = self._turns.first(line, rows)
        tried: set[int] = set()
        failures: list[MailError] = []
        put_off: list[Receipt] = []
        while waiting and not stop.is_set() and not _is_shut(failures):
            beat()
            batch = self._turns.without_early_replies(waiting.pop(least_tried(waiting) if failures else 0))
            if not batch:
                continue
            tried |= {row.id for row in batch}
            try:
                answers = self._hand_over(line, batch, stop, beat)
            except MailError as error:
                self._outcomes.put_off(batch, error, beat)
                line.stalled |= {row.id for row in batch}
                failures.append(error)
                continue
            put_off = [*put_off, answers[0]] if are_all_later(answers) else []
            if len(put_off) == MOST_PUT_OFF:
                failures += [MailError(f"the server takes nothing just now ({answers[0].detail})")] * PROBES
            if put_off or not answers:
                continue
            failures.clear()
            if line.failures or line.behind:
                waiting = self._reopened(line, tried, batch, beat)
            else:
                waiting = [*self._turns.new_alarm(line), *waiting]
        if failures:
            self._shut(line, failures[-1])
        if line.failures:
            self._report_shut(line)

    def _hand_over(self, line: Line, batch: Batch, stop: threading.Event, beat: Beat) -> Sequence[Receipt]:
        """Send *batch* and keep the answers; return them, empty where there are none.

        Raises:
            MailError: nobody got it, and it may be tried again.
        """
        gives_way = batch[0].step != FIRST or not is_urgent(batch[0])

        def meanwhile() -> bool:
            return gives_way and (not self._wake.is_set() or self._overtake(line, stop, beat))

        handed = self._courier.take(line.server, batch, stop, beat, meanwhile)
        if handed is None:
            return ()
        self._health.clear(self._channel)
        self._logins.proven(line.server, "it answered a mail")
        self._outcomes.settle(handed, beat)
        line.stalled -= {row.id for row in handed.batch}
        if batch[0].step == FIRST:
            line.first_s = self._clock.monotonic()
        return tuple(handed.receipts.values())

    def _line_to(self, server: Channel) -> Line:
        """Return what is known about the way to *server*; a changed setting deserves a fresh try."""
        line = self._line
        if line is None:
            line = Line(server)
        elif line.server is not server:
            line = replace(line, server=server, shut_until_s=float("-inf"), locked=False, takes_two=True)
        rejection = self._logins.rejection(server)
        if rejection is not None and rejection.until_s > line.shut_until_s:
            line.locked, line.reason, line.shut_until_s = True, rejection.reason, rejection.until_s
            line.failures, line.behind = max(line.failures, 1), True
        self._line = line
        return line

    def _overtake(self, line: Line, stop: threading.Event, beat: Beat) -> bool:
        """Send an alarm that was raised while something else is on its way: over a slow line that takes seconds.

        Return whether a further one may do the same. Some servers refuse a second conversation; who was refused
        leaves as soon as the first one has ended.
        """
        try:
            alarm = self._turns.new_alarm(line) if line.takes_two else []
            line.missed |= {row.id for batch in alarm for row in batch}
            return all(not stop.is_set() and self._overtook(line, batch, stop, beat) for batch in alarm)
        except StoreError as error:
            # An answer that is not stored may be missing: nothing more is sent before it is.
            self._log.warning("alarm waits for another mail reason=%s", error)
            return False

    def _overtook(self, line: Line, batch: Batch, stop: threading.Event, beat: Beat) -> bool:
        """Send *batch* beside another mail; return False where the server did not take it."""
        rows = {row.id for row in batch}
        try:
            if not are_all_later(self._hand_over(line, batch, stop, beat)):
                line.missed -= rows
                return True
        except MailError as error:
            self._outcomes.put_off(batch, error, beat)
            line.stalled |= rows
            if error.rejected_login:
                # Some servers word it like this that they allow one login at a time.
                line.takes_two = False
                self._shut(line, error)
                return False
        self._outbox.hasten(rows)
        return False

    def _shut(self, line: Line, error: MailError) -> None:
        """Leave the server alone for a while; the failure of a new alert in between does not lengthen it."""
        now_s = self._clock.monotonic()
        line.behind = True
        if now_s >= line.shut_until_s or error.rejected_login:
            least_s = REJECTED_LOGIN_S if error.rejected_login else 0.0
            line.shut_until_s = now_s + self._waits.after(line.failures, least_s)
            line.failures += 1
            line.locked = error.rejected_login
        if error.rejected_login or not line.locked:
            line.reason = str(error)
        if error.rejected_login:
            self._logins.rejected(line.server, str(error))

    def _report_shut(self, line: Line) -> None:
        wait_s = max(line.shut_until_s - self._clock.monotonic(), 0.0)
        waiting, next_try = self._outbox.waiting(), self._outcomes.time_in(wait_s)
        self._health.report(self._channel, f"{line.reason}; waiting: {waiting}, next try {next_try}")

    def _reopened(self, line: Line, tried: set[int], taken: Batch, beat: Beat) -> list[Batch]:
        """Open *line*, which took *taken*; return all that is due, and what had failed because it was shut."""
        self._outbox.hasten(line.stalled - tried)
        line.stalled &= tried
        line.open()
        return self._turns.after_return(line, tried, taken, beat)


def _is_shut(failures: Sequence[MailError]) -> bool:
    """Return whether what failed in a row is due to the server, and no further alert is to be tried."""
    return len(failures) >= PROBES or any(error.rejected_login for error in failures)
