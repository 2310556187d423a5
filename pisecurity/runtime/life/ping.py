"""Tells somebody outside that the alarm lives: only while all its loops do, so that silence means something."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import tzinfo
from functools import partial
from typing import Protocol

from pisecurity.errors import PiSecurityError
from pisecurity.ports import Clock
from pisecurity.runtime.background import BackgroundCall
from pisecurity.runtime.health import Health
from pisecurity.runtime.worker import Beat
from pisecurity.settings import LifeSettings

log = logging.getLogger(__name__)

POLL_S = 1.0
DEADLINE_S = 20.0
AGAIN_S = 60.0
"""Wait after a ping that failed: who waits outside should not have to wait for the next one."""
MISSES = 3
"""Pings in a row that must fail before it is a fault: one that is lost now and then is nothing."""
FAULT = "ping"
POWER_CUT_FACT = "power cut"
SILENT = "would be silent; see life.ping_url"


class Pinger(Protocol):
    """Somebody outside who notices when the alarm is dead."""

    @property
    def where(self) -> str:
        """The host, for people; the rest of the address is a secret."""
        ...

    def ping(self, deadline_s: float) -> None:
        """Say that it lives. Raises PingError."""
        ...


class Ping:
    """The worker of the pings. It has no say in what else leaves; a lookup that hangs holds up only the next ping."""

    def __init__(
        self,
        make: Callable[[LifeSettings], Pinger],
        settings: LifeSettings,
        alive: Callable[[], bool],
        clock: Clock,
        health: Health,
        zone: tzinfo,
        *,
        remark: bool = True,
    ) -> None:
        """Prepare.

        Args:
            make: returns who asks the address of the settings.
            alive: whether every loop of the daemon makes progress.
            remark: whether to say that a power cut would be silent where no address is set.
        """
        self._make, self._alive, self._clock, self._health, self._zone = make, alive, clock, health, zone
        self._remark = remark
        self._settings, self._pinger = settings, make(settings) if settings.ping_url else None
        self._call: BackgroundCall[None] | None = None
        self._asked: Pinger | None = None
        """Who makes the call that is under way."""
        self._next_s, self._misses = float("-inf"), 0

    def apply(self, settings: LifeSettings) -> None:
        """Use *settings* from now on. Any thread."""
        if settings == self._settings:
            return
        self._pinger = self._make(settings) if settings.ping_url else None
        self._settings, self._next_s, self._misses = settings, float("-inf"), 0

    def work(self, stop: threading.Event, beat: Beat) -> None:
        """Ping when it is time until *stop* is set."""
        while not self._clock.wait(stop, POLL_S):
            self.look()
            beat()

    def look(self) -> None:
        """Begin a ping when it is time, and take the answer of one that has ended."""
        pinger = self._pinger
        if pinger is None:
            self._health.clear(FAULT)
            self._health.note(FAULT, "")
        self._health.note(POWER_CUT_FACT, SILENT if pinger is None and self._remark else "")
        if self._call is None and pinger is not None and self._clock.monotonic() >= self._next_s and self._alive():
            self._next_s = self._clock.monotonic() + self._settings.ping_every_s
            self._asked = pinger
            self._call = BackgroundCall("ping-ask", partial(pinger.ping, DEADLINE_S))
        if self._call is not None and self._call.wait(POLL_S / 2):
            call, self._call = self._call, None
            if self._asked is pinger and pinger is not None:  # what was asked before a change says nothing
                self._take(call, pinger)

    def _take(self, call: BackgroundCall[None], pinger: Pinger) -> None:
        try:
            call.result()
        except PiSecurityError as error:
            self._misses += 1
            self._next_s = min(self._next_s, self._clock.monotonic() + AGAIN_S)
            log.warning("ping missed misses=%d reason=%s", self._misses, error)
            self._health.note(FAULT, f"missed {self._misses} of the {MISSES} that make a fault: {error}")
            if self._misses >= MISSES:
                self._health.note(FAULT, "")
                self._health.report(FAULT, f"nobody outside knows that the alarm lives: {error}")
        else:
            self._misses = 0
            self._health.clear(FAULT)
            self._health.note(FAULT, f"answered at {self._clock.now().astimezone(self._zone):%H:%M} by {pinger.where}")
