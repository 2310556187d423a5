"""Keeps a sign of life on disk while the alarm runs, and tells after a start that it was off."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol

from pisecurity.core.alarm.schedule import clock_is_set
from pisecurity.core.outage import Cause, Outage, Seen, is_mailed, outage, span
from pisecurity.core.types import AlertKind, Mode
from pisecurity.core.words import Facts, alert_id
from pisecurity.errors import StoreError
from pisecurity.ports import Clock
from pisecurity.runtime.alerts.notices import Notices
from pisecurity.runtime.background import BackgroundCall
from pisecurity.runtime.health import Health
from pisecurity.runtime.worker import Beat

log = logging.getLogger(__name__)

EVERY_S = 60.0
"""Between two signs of life on disk."""
POLL_S = 5.0
PATIENCE_S = 2.0
"""So long a write is waited for; a card that takes longer finishes it by itself."""
FACT = "last outage"
SHOWN_FOR = timedelta(days=1)

Record = Callable[[str], None]
"""Keeps on the audit log what happened. Raises StoreError."""


class LastSeen(Protocol):
    """The last sign of life, over restarts and power cuts."""

    def load(self) -> Seen | None:
        """Return the newest that can be read; None where there is none."""
        ...

    def save(self, seen: Seen) -> None:
        """Write; on return it survives a power cut. Raises StoreError."""
        ...


class Outages:
    """The worker of the sign of life.

    What is found at the start is told once the clock is known, or may be taken for right: the times of a Pi that has
    just got its power back are those of before. Until it is stored that it was told, the old sign of life stays: a
    power cut in between makes one longer outage of two.
    """

    def __init__(self, last_seen: LastSeen, notices: Notices, record: Record, clock: Clock, health: Health) -> None:
        self._last_seen, self._notices, self._record = last_seen, notices, record
        self._clock, self._health = clock, health
        self._started = clock.instant()
        self._owed: Seen | None = None
        """The sign of life after which it was off, until that is told."""
        self._mode = Mode.DISARMED
        self._mailed_at: datetime | None = None
        self._stamped_s = float("-inf")
        self._writing: BackgroundCall[None] | None = None
        self._saving = threading.Lock()
        self._shown_until_s = float("-inf")
        self._ended = False

    def begin(self, mode: Mode) -> None:
        """Find out at the start whether it was off; *mode* is the one it had."""
        before = self._last_seen.load()
        self._mode, self._mailed_at = mode, before.mailed_at if before else None
        if before is not None and not before.ended:
            self._owed = before
        log.info("last seen %s", before)

    def work(self, stop: threading.Event, beat: Beat) -> None:
        """Look every POLL_S until *stop* is set."""
        self.look()
        while not self._clock.wait(stop, POLL_S):
            beat()
            self.look()

    def look(self) -> None:
        """Tell what is owed, and keep a sign of life when it is time."""
        if self._owed is not None:
            self._settle(self._owed)
        if self._owed is None and self._clock.monotonic() - self._stamped_s >= EVERY_S:
            self._stamp()
        if self._clock.monotonic() >= self._shown_until_s:
            self._health.note(FACT, "")

    def end(self) -> None:
        """Keep on disk that it stops on purpose; nothing is kept after that. Any thread."""
        self._ended = True
        if self._owed is None:
            self._write(replace(self._present(), ended=True))

    def _settle(self, before: Seen) -> None:
        now, wall, sure = self._clock.instant(), self._clock.now(), self._clock.synchronised()
        if not clock_is_set(now, wall, synchronised=sure):
            return
        found = outage(before, self._started, now, wall, sure=sure)
        try:
            if found is not None:
                self._tell(found, before, wall)
        except StoreError as error:
            log.warning("outage not told yet reason=%s", error)
            return
        self._owed = None

    def _tell(self, found: Outage, before: Seen, wall: datetime) -> None:
        """Store the mail, if it is worth one, under an id that makes it one whatever happens; then what is shown."""
        house = self._notices.house
        words = span(found, house.zone, house.catalogue)
        mailed = is_mailed(found, before, wall, armed=self._mode is not Mode.DISARMED)
        log.warning("was off cause=%s %s mode=%s mailed=%s", found.cause, words, self._mode, mailed)
        if mailed:
            part = "" if found.cause is Cause.POWER else found.cause
            facts = Facts(house.name, found.until, house.zone, mode=self._mode, part=part, more={"span": words})
            what = f"{before.instant.boot_id}:{before.instant.since_boot_s}"
            self._notices.tell(alert_id(what, AlertKind.OUTAGE), AlertKind.OUTAGE, facts)
            self._mailed_at = wall
        text = f"{words}, {house.catalogue[f'cause.{found.cause}']}"
        self._record(f"off {text}")
        self._health.note(FACT, text)
        self._shown_until_s = self._clock.monotonic() + SHOWN_FOR.total_seconds()

    def _present(self) -> Seen:
        clock = self._clock
        return Seen(clock.instant(), clock.now(), clock.synchronised(), mailed_at=self._mailed_at)

    def _stamp(self) -> None:
        if self._writing is None or self._writing.wait(0):
            self._write(self._present())

    def _write(self, seen: Seen) -> None:
        """Write beside this thread: a card may take longer than a worker may be silent."""
        self._stamped_s = self._clock.monotonic()
        self._writing = writing = BackgroundCall("last-seen", partial(self._save, seen))
        if writing.wait(PATIENCE_S):
            try:
                writing.result()
            except StoreError as error:
                log.warning("no sign of life on disk reason=%s", error)

    def _save(self, seen: Seen) -> None:
        """Save one after the other, and nothing behind the stop on purpose: it would look like a crash."""
        with self._saving:
            if seen.ended or not self._ended:
                self._last_seen.save(seen)
