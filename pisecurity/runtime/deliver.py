"""Takes due alerts from the outbox and hands them on, until each recipient has an answer."""

from __future__ import annotations

import logging
import random
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import time, timedelta
from hashlib import sha256

from pisecurity.core.alarm import digest
from pisecurity.core.alarm.rules import is_quiet
from pisecurity.core.types import FIRST, Alert, AlertKind, Delivery, Instant, Notification, Outcome, Priority, Receipt
from pisecurity.errors import MailError, StoreError
from pisecurity.ports import Address, Channel, Clock, Outbox, PictureKind, Pictures
from pisecurity.runtime.answers import Answers, are_all_later, last_answer
from pisecurity.runtime.background import BackgroundCall, CallCrashedError
from pisecurity.runtime.batches import Batch, batches, goes_before_rest, is_urgent, least_tried
from pisecurity.runtime.health import Health
from pisecurity.runtime.house import House
from pisecurity.runtime.line import Line
from pisecurity.runtime.logins import REJECTED_LOGIN_S, Logins
from pisecurity.runtime.worker import Beat

log = logging.getLogger(__name__)

WAITS_S = (5.0, 15.0, 60.0, 300.0, 1800.0)
"""Waits after the first, second ... failure; the last one is repeated for ever."""
ASKED_TO_WAIT_S = 300.0
"""Least wait after a server said "later": servers that greylist want to see a few minutes pass."""
SPREAD = 0.1
"""Share by which a wait is lengthened at most, so that houses do not all come back at once after an outage."""
POLL_S = 1.0
DEADLINE_S = 60.0
"""For one conversation with the server."""
OVERRUN_S = 10.0
"""Allowed beyond the deadline before a conversation is given up as stuck."""
SOON_S = 1.0
"""What is due within that time has the way to the server made ready."""
BEAT_S = 0.2
STOP_GRACE_S = 3.0
"""Left to a conversation under way when the daemon stops; what it leaves open is sent again after the start."""
MOST_PUT_OFF = 5
"""Alerts in a row that a server puts off for everybody before it is left alone for a while: providers lock who goes on
asking."""
PROBES = 2
"""Alerts in a row that must fail before the server counts as away, so that one bad alert does not hold up the rest."""
OUTBOX = "outbox"
_GOOD_TO_KNOW = frozenset(kind for kind in AlertKind if kind.priority is Priority.INFO)


class Deliver:
    """The worker of the outbox.

    Alerts go oldest first, and one mail goes to all recipients of an alert that are due. An alert that fails
    makes way: the least tried of the others, the newest of those, is tried next, and only when that fails too
    is the server left alone for a while. So an old alert never blocks a newer alarm, and order is given up only
    where keeping it would cost an alert its chance. While a server is left alone a new alert is still tried
    once, at once. When a server comes back the newest alarm goes first, for it may still be going on, and so does
    one raised while the others leave. They follow in order, also what had failed because of the server; where some have
    waited for long, in one digest. The better picture of an alert, its second step, leaves after all first steps.
    While anything else than an alarm is on its way, an alarm that is raised leaves beside it, in a conversation of its
    own; where the server does not stand two of them, it leaves as soon as the other has ended.
    """

    def __init__(
        self,
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
            outbox, pictures: what to send.
            channels: who sends it, by the channel's name; may change while this runs.
            house: words a digest.
            clock: time and waiting.
            health: gets a fault by the channel's name, ``mail``, while nothing leaves, and one by channel and
                recipient, ``mail:anna@example.org``, while the server takes nothing for that recipient.
            jitter: returns 0 to 1; see SPREAD.
            logins: shared with who else logs in; None: nobody does.
            logger: gets what happens.
        """
        self._outbox, self._pictures, self._channels = outbox, pictures, channels
        self._house, self._clock, self._health, self._jitter = house, clock, health, jitter
        self._logins, self._log = logins or Logins(clock), logger
        self._wake = threading.Event()
        self._quiet = (time(0), time(0))
        self._recipients: dict[str, frozenset[str]] = {}
        self._lines: dict[str, Line] = {}
        self._answers = Answers(outbox, clock)
        self._grace_s = STOP_GRACE_S
        """What is left of the time for conversations under way once the daemon stops."""

    def wake(self) -> None:
        """Say that there is a new alert, so that it leaves at once."""
        self._wake.set()

    def set_recipients(self, channel: str, recipients: Collection[str]) -> None:
        """Say whom the settings name now: nobody when the channel is gone; until this is called, everybody. Any thread.

        Faults of all others end. They still get what waits for them, unless the server does not take it.
        """
        self._recipients[channel] = frozenset(recipients)
        self._wake.set()

    def set_quiet(self, begins: time, ends: time) -> None:
        """Say when what is only good to know waits, by the clock of the house; the same twice: never. Any thread."""
        self._quiet = begins, ends

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
        self._end_faults_of_former_recipients()
        try:
            self._answers.store(beat)
            due = self._due()
            self._health.clear(OUTBOX)
            for channel in sorted({row.channel for row in due}):
                self._serve(channel, [row for row in due if row.channel == channel], stop, beat)
        except StoreError as error:
            self._health.report(OUTBOX, f"alerts cannot leave, because the outbox is out of order: {error}")

    def warm_up(self) -> None:
        """Have those get ready who are to send something in a moment: on a slow line the way there takes a second."""
        try:
            due = {row.id for row in self._due()}
            soon = self._outbox.due(self._clock.instant().later(SOON_S), self._held())
        except StoreError:
            return  # it is reported by whoever sends
        now_s = self._clock.monotonic()
        for channel in {row.channel for row in soon}:
            if (server := self._channels.get(channel)) is None:
                continue
            line = self._line(channel, server)
            leaves = any(line.admits(row, now_s) for row in soon if row.channel == channel and row.id not in due)
            if leaves and now_s >= line.shut_until_s:
                server.warm_up()

    def _due(self) -> tuple[Delivery, ...]:
        return self._outbox.due(self._clock.instant(), self._held())

    def _newest(self, channel: str) -> tuple[Delivery, ...]:
        held = self._held()
        newest = self._outbox.newest_due(channel, self._clock.instant())
        return tuple(row for row in newest if row.alert.kind not in held)

    def _held(self) -> frozenset[AlertKind]:
        """Return the kinds that wait for the end of the quiet hours."""
        local = self._clock.now().astimezone(self._house.zone).time()
        return _GOOD_TO_KNOW if is_quiet(local, *self._quiet) else frozenset()

    def _serve(self, channel: str, rows: Sequence[Delivery], stop: threading.Event, beat: Beat) -> None:
        server = self._channels.get(channel)
        if server is None:
            self._health.report(channel, f"{len(rows)} alerts wait, but [{channel}] is missing in config.toml: add it")
            return
        line = self._line(channel, server)
        waiting = self._first(channel, line, rows)
        tried: set[int] = set()
        failures: list[MailError] = []
        put_off: list[Receipt] = []
        while waiting and not stop.is_set() and not _is_shut(failures):
            beat()
            batch = waiting.pop(least_tried(waiting) if failures else 0)
            tried |= {row.id for row in batch}
            try:
                answers = self._hand_over(line, batch, stop, beat)
            except MailError as error:
                self._wait_after(error, batch, beat)
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
                waiting = self._reopened(channel, line, tried, batch, beat)
            else:
                waiting = [*self._new_alarm(channel, line), *waiting]
        if failures:
            self._shut(line, failures[-1])
        if line.failures:
            wait_s = max(line.shut_until_s - self._clock.monotonic(), 0.0)
            self._health.report(
                channel, f"{line.reason}; waiting: {self._outbox.waiting()}, next try {self._time_in(wait_s)}"
            )

    def _first(self, channel: str, line: Line, rows: Sequence[Delivery]) -> list[Batch]:
        """Return what is tried first of the due *rows*."""
        latest = self._newest(channel)
        backlog = any(not line.is_later(row) for row in rows)
        urgent = [row for row in latest if line.behind or (backlog and line.is_new(row))]
        waiting = self._queue(line, rows, urgent)
        line.saw((*rows, *latest))
        return waiting

    def _hand_over(self, line: Line, batch: Batch, stop: threading.Event, beat: Beat) -> Sequence[Receipt]:
        """Send *batch* and keep the answers; return them, empty where there are none.

        Raises:
            MailError: nobody got it, and it may be tried again.
        """
        pictures = self._load(batch[0].alert)
        batch = self._needed(batch, pictures)
        if listable := {row.id for row in batch if row.step == FIRST and row.alert.kind in digest.KINDS}:
            self._outbox.doubt(listable)  # or, after a kill in these seconds, a digest would tell of it again
        receipts = self._send(line.server, batch, pictures, stop, beat) if batch else None
        if receipts is None:
            return ()
        self._settle(batch, receipts, _name(pictures), beat)
        line.stalled -= {row.id for row in batch}
        if batch[0].step == FIRST:
            line.first_s = self._clock.monotonic()
        return tuple(receipts.values())

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

    def _line(self, channel: str, server: Channel) -> Line:
        """Return what is known about the way to *server*; a changed setting deserves a fresh try."""
        line = self._lines.get(channel)
        if line is None:
            line = Line(server)
        elif line.server is not server:
            line = replace(line, server=server, shut_until_s=float("-inf"), locked=False, takes_two=True)
        rejection = self._logins.rejection(server)
        if rejection is not None and rejection.until_s > line.shut_until_s:
            line.locked, line.reason, line.shut_until_s = True, rejection.reason, rejection.until_s
            line.failures, line.behind = max(line.failures, 1), True
        self._lines[channel] = line
        return line

    def _send(
        self, server: Channel, batch: Batch, pictures: tuple[bytes, ...], stop: threading.Event, beat: Beat
    ) -> Mapping[str, Receipt] | None:
        """Return the answer for each recipient, or None when the daemon stops before there is one.

        The conversation runs in a thread of its own, so that this one can beat and stop meanwhile.

        Raises:
            MailError: nobody got it, and it may be tried again.
        """
        alert = batch[0].alert
        notification = Notification(alert, batch[0].step, pictures)
        recipients = tuple(row.recipient for row in batch)
        began_s = self._clock.monotonic()
        call = BackgroundCall(f"{batch[0].channel}-send", lambda: server.send(notification, recipients, DEADLINE_S))
        if not self._has_ended(call, batch, stop, beat):
            self._log.warning("alert left in the outbox by the stop alert=%s", alert.id)
            return None
        try:
            receipts = call.result()
        except CallCrashedError as error:
            raise MailError(str(error), in_doubt=True) from error
        except MailError as error:
            if not error.permanent:
                raise
            return dict.fromkeys(recipients, Receipt(Outcome.REFUSED, str(error)))
        took_s = self._clock.monotonic() - began_s
        self._log.info(
            "alert handed over alert=%s kind=%s step=%d to=%d took_s=%.1f",
            alert.id,
            alert.kind,
            batch[0].step,
            len(batch),
            took_s,
        )
        return receipts

    def _has_ended(
        self, call: BackgroundCall[Mapping[str, Receipt]], batch: Batch, stop: threading.Event, beat: Beat
    ) -> bool:
        """Wait for *call*, which sends *batch*, and have alarms overtake it; return False when the daemon stops before.

        Raises:
            MailError: it lasts too long.
        """
        overtaken = batch[0].step != FIRST or not is_urgent(batch[0])
        for _ in range(int((DEADLINE_S + OVERRUN_S) / BEAT_S)):
            if call.wait(BEAT_S):
                return True
            beat()
            if stop.is_set():
                return self._ends_in_grace(call)
            overtaken = overtaken and (not self._wake.is_set() or self._overtake(batch[0].channel, stop, beat))
        text = f"handing over an alert took longer than {DEADLINE_S + OVERRUN_S:g} s and was given up"
        raise MailError(text, in_doubt=True)

    def _ends_in_grace(self, call: BackgroundCall[Mapping[str, Receipt]]) -> bool:
        """Return whether *call* ends in the time that a stop may take, which all conversations share."""
        while self._grace_s > 0 and not call.wait(min(BEAT_S, self._grace_s)):
            self._grace_s -= BEAT_S
        return call.wait(0)

    def _overtake(self, channel: str, stop: threading.Event, beat: Beat) -> bool:
        """Send an alarm that was raised while something else is on its way: over a slow line that takes seconds.

        Return whether a further one may do the same. Some servers refuse a second conversation; who was refused
        leaves as soon as the first one has ended.
        """
        line = self._lines[channel]
        try:
            alarm = self._new_alarm(channel, line) if line.takes_two else []
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
            self._wait_after(error, batch, beat)
            line.stalled |= rows
            if error.rejected_login:
                # Some servers word it like this that they allow one login at a time.
                line.takes_two = False
                self._shut(line, error)
                return False
        self._outbox.hasten(rows)
        return False

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

    def _settle(self, batch: Batch, receipts: Mapping[str, Receipt], picture: str, beat: Beat) -> None:
        """Store the answers and tell of recipients that got nothing."""
        channel = batch[0].channel
        self._health.clear(channel)
        self._logins.proven(self._lines[channel].server, "it answered a mail")
        missing = Receipt(Outcome.LATER, "no answer for this recipient")
        answered = [(row, receipts.get(row.recipient, missing)) for row in batch]
        for row, receipt in answered:
            key, wait_s = f"{channel}:{row.recipient}", self._wait_s(row, ASKED_TO_WAIT_S)
            if not self._names(channel, row.recipient):
                self._answers.keep(row, last_answer(receipt, channel), wait_s, picture)
                continue
            match receipt.outcome:
                case Outcome.ACCEPTED:
                    self._health.clear(key)
                case Outcome.REFUSED:
                    self._health.report(key, f"{row.recipient} was refused an alert ({receipt.detail}): "
                                             f"check the address in {channel}.to")  # fmt: skip
                case _:
                    self._health.report(key, f"{row.recipient} has to wait for an alert ({receipt.detail}): "
                                             f"next try {self._time_in(wait_s)}")  # fmt: skip
            self._answers.keep(row, receipt, wait_s, picture)
        self._answers.store(beat)

    def _names(self, channel: str, recipient: str) -> bool:
        named = self._recipients.get(channel)
        return named is None or recipient in named

    def _end_faults_of_former_recipients(self) -> None:
        for fault in self._health.faults():
            channel, _, recipient = fault.key.partition(":")
            if recipient and not self._names(channel, recipient):
                self._health.clear(fault.key)

    def _wait_after(self, error: MailError, batch: Batch, beat: Beat) -> None:
        """Store when to try *batch* again."""
        self._log.warning("alert waits alert=%s to=%d reason=%s", batch[0].alert.id, len(batch), error)
        least_s = REJECTED_LOGIN_S if error.rejected_login else 0.0
        for row in batch:
            self._answers.keep(
                row, Receipt(Outcome.LATER, str(error)), self._wait_s(row, least_s), in_doubt=error.in_doubt
            )
        self._answers.store(beat)

    def _shut(self, line: Line, error: MailError) -> None:
        """Leave the server alone for a while; the failure of a new alert in between does not lengthen it."""
        now_s = self._clock.monotonic()
        line.behind = True
        if now_s >= line.shut_until_s or error.rejected_login:
            wait_s = WAITS_S[min(line.failures, len(WAITS_S) - 1)]
            if error.rejected_login:
                wait_s = max(wait_s, REJECTED_LOGIN_S)
            line.shut_until_s = now_s + self._spread(wait_s)
            line.failures += 1
            line.locked = error.rejected_login
        if error.rejected_login or not line.locked:
            line.reason = str(error)
        if error.rejected_login:
            self._logins.rejected(line.server, str(error))

    def _reopened(self, channel: str, line: Line, tried: set[int], taken: Batch, beat: Beat) -> list[Batch]:
        """Open *line*, which took *taken*; return all that is due, and what had failed because it was shut.

        What has waited for long goes as a digest, but for the newest alarm.
        """
        self._outbox.hasten(line.stalled - tried)
        line.stalled &= tried
        line.open()
        # The newest alarm still goes first, unless it was the one taken.
        latest = [row for row in self._newest(channel) if row.id not in tried and goes_before_rest(row, taken[0])]
        beat()
        self._gather(channel, {row.alert.id for row in latest if is_urgent(row)}, beat)
        rows = [row for row in self._due() if row.channel == channel and row.id not in tried]
        line.saw((*rows, *latest))
        return self._queue(line, rows, latest)

    def _gather(self, channel: str, apart: Collection[str], beat: Beat) -> None:
        """Put what has waited for long into digests, except the alerts *apart*."""
        now = self._clock.instant()
        while groups := digest.gather(self._backlog(channel, apart, now), now):
            for group in groups:
                beat()
                alert = self._house.digest(group.alerts, self._clock.now())
                self._outbox.digest(alert, [Address(channel, to) for to in group.recipients], group.rows)
                self._log.info("digest stored alert=%s of=%d to=%d", alert.id, len(group.alerts), len(group.recipients))

    def _backlog(self, channel: str, apart: Collection[str], now: Instant) -> list[Delivery]:
        return [row for row in self._outbox.backlog(channel, digest.KINDS, now) if row.alert.id not in apart]

    def _new_alarm(self, channel: str, line: Line) -> list[Batch]:
        """Return the alarm that was raised meanwhile: a full outbox takes minutes to leave."""
        latest = self._newest(channel)
        alarm = [row for row in latest if is_urgent(row) and line.is_new(row)]
        line.saw(alarm)
        return batches(alarm)

    def _wait_s(self, row: Delivery, least_s: float) -> float:
        return self._spread(max(WAITS_S[min(row.attempts, len(WAITS_S) - 1)], least_s))

    def _spread(self, wait_s: float) -> float:
        return wait_s * (1 + SPREAD * self._jitter())

    def _time_in(self, seconds: float) -> str:
        return f"{(self._clock.now() + timedelta(seconds=seconds)).astimezone(self._house.zone):%H:%M:%S %Z}"


def _is_shut(failures: Sequence[MailError]) -> bool:
    """Return whether what failed in a row is due to the server, and no further alert is to be tried."""
    return len(failures) >= PROBES or any(error.rejected_login for error in failures)


def _name(pictures: Sequence[bytes]) -> str:
    """Return a name that tells other pictures from these; empty where there is none."""
    return sha256(b"".join(pictures)).hexdigest() if pictures else ""
