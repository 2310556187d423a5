"""Gathers whether the alarm is ready: looks at the machine now and then, and answers from what is known at once."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from pisecurity.core.alarm import readiness
from pisecurity.core.alarm.readiness import CLOCK, HEAT, PROVEN_S, SUPPLY, Chain, Lasting, Problem
from pisecurity.core.alarm.schedule import CLOCK_FLOOR, clock_is_set
from pisecurity.core.types import AlertKind, Mode
from pisecurity.core.vision.contrast import missed_coats
from pisecurity.core.words import Facts, alert_id
from pisecurity.errors import StoreError
from pisecurity.ports import Channel, Clock
from pisecurity.runtime.alerts.notices import Notices
from pisecurity.runtime.health import Health
from pisecurity.runtime.life.logins import Logins
from pisecurity.runtime.worker import Beat

log = logging.getLogger(__name__)

LOOK_EVERY_S = 1.5
"""The kernel forgets after 2 s that the voltage was too low. Source: Linux, drivers/hwmon/raspberrypi-hwmon.c."""
QUEUE_EVERY_S = 5.0
"""Between two looks at what waits, which read the disk."""
HOT_CELSIUS, COOL_CELSIUS = 80.0, 75.0
"""A Pi slows its processor down from 80 °C on. Source: Raspberry Pi documentation, frequency management."""
_HOT_BEGINS_S, _HOT_ENDS_S = 20.0, 120.0
LOW_ENDS_S = 600.0
"""A supply that was too weak once is so again with the next load."""
_WRONG_BEGINS_S = 60.0
"""A clock that is wrong right after the boot is mostly set within seconds."""


class PowerState(Protocol):
    """How a board is off; what is not known is None."""

    @property
    def celsius(self) -> float | None: ...
    @property
    def too_low(self) -> bool | None: ...


class PowerSource(Protocol):
    """Where the machine says how it is off."""

    def read(self) -> PowerState: ...


class Queue(Protocol):
    """Alerts on their way."""

    def waiting(self) -> int:
        """Return how many alerts have not reached a recipient yet, counted for each. Raises StoreError."""
        ...


class Readiness:
    """Says what stands against arming. Whoever asks waits for nothing: not for the alarm, the disk or a server."""

    def __init__(
        self,
        power: PowerSource,
        queue: Queue,
        channels: Mapping[str, Channel],
        logins: Logins,
        notices: Notices,
        prove: Callable[[], None],
        clock: Clock,
        health: Health,
        *,
        remark: bool = True,
    ) -> None:
        """
        Args:
            prove: has each channel proven soon whose last proof is too old.
            remark: whether to say of a clock that looks right that nothing is known to have set it.
        """
        self._power, self._queue, self._channels, self._logins = power, queue, channels, logins
        self._notices, self._prove, self._clock, self._health = notices, prove, clock, health
        self._remark = remark
        self._hot = Lasting(_HOT_BEGINS_S, _HOT_ENDS_S)
        self._low, self._wrong = Lasting(0.0, LOW_ENDS_S), Lasting(_WRONG_BEGINS_S, 0.0)
        self._is_hot = False
        self._waiting, self._waiting_since_s = 0, 0.0
        self._queue_due_s = float("-inf")
        """When the queue is looked at next (monotonic)."""
        self._untold = ""
        """Why the disk did not answer at the last look; empty when it did."""
        self._owed: deque[tuple[str, Facts]] = deque()

    def problems(self, mode: Mode) -> tuple[Problem, ...]:
        """Return what stands against arming in *mode* now, the graver first. Any thread."""
        house, facts, clock = self._notices.house, self._health.facts(), self._clock
        wall, synchronised = clock.now(), clock.synchronised()
        chain = Chain(
            self._health.faults(),
            {house.cameras.get(camera, camera): text for camera, text in missed_coats(facts).items()},
            clock_set=clock_is_set(clock.instant(), wall, synchronised=synchronised),
            guessed=wall if self._remark and not synchronised else None,
            unproven=self._unproven(),
            waiting=self._waiting,
            waiting_s=self._clock.monotonic() - self._waiting_since_s,
        )
        return readiness.problems(chain, mode, house.zone)

    def against(self, wanted: Mode, had: Mode) -> tuple[Problem, ...]:
        """Return what stands against the order of *wanted* where the mode is *had*, the graver first. Any thread.

        Nothing ever stands against disarming, nor against the mode that there is.
        """
        return () if wanted in (Mode.DISARMED, had) else self.problems(wanted)

    def looked_at(self) -> None:
        """Note that somebody stands before the switch: what they will want to know is found out now. Any thread."""
        self._prove()

    def bypassed(self, found: Sequence[Problem], mode: Mode, by: str) -> None:
        """Mail that *by* armed in *mode* though something graver was *found*, where nobody was asked. Any thread."""
        if not readiness.asks(found):
            return
        house, at = self._notices.house, self._clock.now()
        now = self._clock.instant()
        told = readiness.in_words([replace(each, text=house.translate(each.text)) for each in found])
        facts = Facts(house.name, at, house.zone, mode=mode, by=by, part="bypassed", detail=told)
        self._owed.append((alert_id(f"bypassed:{now.boot_id}:{now.since_boot_s}", AlertKind.FAULT), facts))

    def work(self, stop: threading.Event, beat: Beat) -> None:
        """Look at once and then every LOOK_EVERY_S until *stop* is set."""
        self.look()
        while not self._clock.wait(stop, LOOK_EVERY_S):
            beat()
            self.look()

    def look(self) -> None:
        """See how machine and queue are, and mail what is owed."""
        self._look_at_machine()
        if self._clock.monotonic() < self._queue_due_s:
            return
        self._queue_due_s = self._clock.monotonic() + QUEUE_EVERY_S
        try:
            waiting = self._queue.waiting()
            while self._owed:
                name, facts = self._owed[0]
                self._notices.tell(name, AlertKind.FAULT, facts)
                self._owed.popleft()
        except StoreError as error:
            if str(error) != self._untold:
                log.warning("readiness waits for the disk reason=%s", error)
            self._untold = str(error)
            return
        self._untold = ""
        if not self._waiting:
            self._waiting_since_s = self._clock.monotonic()
        self._waiting = waiting

    def _look_at_machine(self) -> None:
        now_s, wall, power = self._clock.monotonic(), self._clock.now(), self._power.read()
        limit = COOL_CELSIUS if self._is_hot else HOT_CELSIUS
        self._is_hot = self._hot.note(None if power.celsius is None else power.celsius >= limit, now_s)
        self._show(
            HEAT,
            f"the processor has {power.celsius or HOT_CELSIUS:.0f} °C, so it is slowed down and quick things may be "
            "missed; give it air, shade or a heat sink",
            so=self._is_hot,
        )
        self._show(
            SUPPLY,
            "the power supply is too weak, so the Pi may stop at any moment; use the one made for it",
            so=self._low.note(power.too_low, now_s),
        )
        self._show(
            CLOCK,
            f"the clock says {wall:%Y-%m-%d}, so the schedule waits and mails tell wrong times; let it reach a time "
            "server, 'timedatectl' says whether it does",
            so=self._wrong.note(wall < CLOCK_FLOOR, now_s),
        )

    def _show(self, key: str, text: str, *, so: bool) -> None:
        if so:
            self._health.report(key, text)
        else:
            self._health.clear(key)

    def _unproven(self) -> Mapping[str, datetime | None]:
        """Return the channels of which nobody knows whether they work: neither proven lately nor known to fail."""
        now_s, found = self._clock.monotonic(), {}
        faults = {fault.key.partition("-")[0] for fault in self._health.faults()}
        for channel, server in dict(self._channels).items():
            proof = self._logins.proof(server)
            if channel not in faults and (proof is None or now_s - proof.when_s > PROVEN_S):
                found[channel] = proof.at if proof else None
        return found
