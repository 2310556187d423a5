"""Mails once a day that all is well, or what is not: whoever misses that mail knows that something is wrong."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta
from typing import Protocol

from pisecurity.core.alarm.outlook import Outlook
from pisecurity.core.alarm.schedule import clock_is_set, first_shown
from pisecurity.core.daily import Condition, DailyTold, Happened, Marks, PastFault, due, lines, summary
from pisecurity.core.types import Alert, AlertKind
from pisecurity.core.words import Facts, alert_id
from pisecurity.errors import MailError, StoreError
from pisecurity.ports import Address, Clock, Disk
from pisecurity.runtime.alarm.panel import Panel
from pisecurity.runtime.alerts.notices import Notices
from pisecurity.runtime.health import FaultChange, Health
from pisecurity.runtime.life.past_faults import PastFaults, PastFaultStore
from pisecurity.runtime.worker import Beat, rest
from pisecurity.settings import Settings

log = logging.getLogger(__name__)

LOOK_EVERY_S = 20.0


class DailyStore(PastFaultStore, Protocol):
    """The last daily mail, and what was stored since."""

    def daily(self) -> DailyTold | None:
        """Return the last daily mail; None before the first. Raises StoreError."""
        ...

    def marks(self) -> Marks:
        """Return the numbers of the newest rows, however many there are. Raises StoreError."""
        ...

    def happened(self, since: Marks) -> Happened:
        """Return what was stored after *since*. Raises StoreError."""
        ...

    def save_daily(self, told: DailyTold, alert: Alert | None, to: Sequence[Address]) -> None:
        """Store that *told* is the last daily mail and, in the same transaction, its alert. Raises StoreError.

        The faults that were over are told with it, and no longer kept.
        """
        ...


class Daily:
    """The worker of the daily mail.

    What is due is decided from the stored day of the last one, so that a restart neither doubles nor loses it. It waits
    for a clock that is set. The first mail is that of the day after the installation.
    """

    def __init__(
        self,
        settings: Settings,
        store: DailyStore,
        notices: Notices,
        panel: Panel,
        disk: Disk,
        memory_bytes: Callable[[], int],
        outlook: Callable[[], Outlook | None],
        clock: Clock,
        health: Health,
    ) -> None:
        """*memory_bytes* returns what the daemon holds of the memory, *outlook* what the schedule does next."""
        self._store, self._notices, self._panel, self._disk = store, notices, panel, disk
        self._memory_bytes, self._outlook, self._clock, self._health = memory_bytes, outlook, clock, health
        self._faults = PastFaults(store, clock)
        self._at: time | None = None
        self.apply(settings)

    def apply(self, settings: Settings) -> None:
        """Use *settings* from now on. Any thread."""
        at = settings.mail.daily_at if settings.mail else "off"
        self._at = None if isinstance(at, str) else at

    def note(self, change: FaultChange) -> None:
        """Take note that a fault began or is over. Any thread."""
        self._faults.note(change)

    def work(self, stop: threading.Event, beat: Beat) -> None:
        """Look at once and then every LOOK_EVERY_S until *stop* is set."""
        while True:
            try:
                self.look()
            except StoreError as error:
                log.warning("daily mail waits reason=%s", error)
            if rest(self._clock, stop, beat, LOOK_EVERY_S):
                break
        try:
            self._faults.settle()
        except StoreError as error:
            log.warning("faults of the last seconds are not kept reason=%s", error)

    def look(self) -> None:
        """Keep what began and ended, and store the mail if it is due. Raises StoreError."""
        self._faults.settle()
        at, now, wall = self._at, self._clock.instant(), self._clock.now()
        if at is None or not clock_is_set(now, wall, synchronised=self._clock.synchronised()):
            return
        zone, told = self._notices.house.zone, self._store.daily()
        if told is None:
            none_yet = DailyTold(wall.astimezone(zone).date(), wall, now, self._store.marks())
            self._store.save_daily(none_yet, None, ())
            return
        day = due(told, now, wall, at, zone)
        if day is None:
            return
        happened, past = self._store.happened(told.marks), self._faults.over()
        alert = self._alert(alert_id(f"{day}:{now.boot_id}:{now.since_boot_s}", AlertKind.DAILY), happened, past, day)
        self._store.save_daily(DailyTold(day, wall, now, happened.marks), alert, self._notices.to())
        self._faults.told(past)
        self._notices.queued(alert)

    def send_now(self, by: str) -> str:
        """Store a mail of what happened since the last one, for trying; the next one tells it all again.

        Raises:
            MailError: there is nobody to mail to.
            StoreError: it cannot be stored.
        """
        if not self._notices.to():
            raise MailError("no daily mail: there is no mail account; add a [mail] table to config.toml")
        told, wall = self._store.daily(), self._clock.now()
        day = wall.astimezone(self._notices.house.zone).date()
        log.info("daily mail asked by=%s", by)
        happened = self._store.happened(told.marks if told else Marks())
        self._notices.store(self._alert(self._notices.new_id(), happened, self._faults.over(), day))
        return "daily mail on its way; `pisecurity status` shows a fault if the mail server does not take it"

    def _alert(self, name: str, happened: Happened, past: Sequence[PastFault], day: date) -> Alert:
        house, wall = self._notices.house, self._clock.now()
        condition = self._condition(day, wall, past)
        todo = "daily.mend" if condition.faults else "daily.nothing"
        more = {"summary": summary(happened, condition, house.catalogue), "todo": house.catalogue[todo]}
        told = lines(happened, condition, house.cameras, house.zone, house.catalogue, house.translate)
        return self._notices.alert(name, AlertKind.DAILY, Facts(house.name, wall, house.zone, more=more, lines=told))

    def _condition(self, day: date, wall: datetime, past: Sequence[PastFault]) -> Condition:
        zone, status = self._notices.house.zone, self._panel.status()
        try:
            free_bytes = self._disk.free_bytes()
        except StoreError:
            free_bytes = 0
        return Condition(
            wall,
            status.mode,
            status.by,
            status.since_at,
            self._health.faults(),
            past,
            self._health.facts(),
            free_bytes,
            self._memory_bytes(),
            self._outlook(),
            first_shown(datetime.combine(day + timedelta(days=1), self._at), zone) if self._at else None,
        )
