"""Proves while armed that each channel would take an alert: by a login, without sending anything."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from pisecurity.core.alarm.readiness import PROVEN_S
from pisecurity.core.types import AlertKind
from pisecurity.core.words import Facts
from pisecurity.errors import MailError, StoreError
from pisecurity.ports import Channel, Clock
from pisecurity.runtime.alerts.notices import Notices
from pisecurity.runtime.background import BackgroundCall, CallCrashedError
from pisecurity.runtime.health import Health
from pisecurity.runtime.life.logins import Logins
from pisecurity.runtime.worker import Beat

log = logging.getLogger(__name__)

EVERY_S = PROVEN_S
"""A login, or a mail that was answered, counts so long."""
AGAIN_S = 300.0
"""Wait after a proof that failed for another reason than a rejected login, so that the fault ends soon by itself."""
POLL_S = 1.0
DEADLINE_S = 30.0
"""For one login. With what it may overrun, a failure is on the page within 60 s."""
OVERRUN_S = 10.0
SETTLE_S = 20.0
"""After the start nothing is proven for so long: what waits in the outbox goes first, and proves the way itself."""


def fault_key(channel: str) -> str:
    """Return the key of the fault that says that the last login over *channel* failed."""
    return f"{channel}-login"


@dataclass(frozen=True, slots=True)
class _Trial:
    """A proof under way."""

    server: Channel
    call: BackgroundCall[str]
    until_s: float


@dataclass(slots=True)
class _Way:
    """What is known of one channel."""

    server: Channel
    wanted: bool = False
    """Whether it is to be proven once though nothing is armed: its settings changed, or somebody is about to arm."""
    not_before_s: float = float("-inf")
    """Monotonic: after a failure."""
    failed_s: float = float("-inf")
    """When a proof failed last (monotonic); what went well before that proves nothing any more."""
    trial: _Trial | None = None


class Prove:
    """The worker of the proofs.

    Each login runs in a thread of its own, and deliver never waits for one: an alert leaves meanwhile as ever. A
    server that deliver finds shut is left to deliver, whose tries prove as much. Both keep to ``Logins``, so that a
    proof never adds to what could lock the account; one exception is left, an alert that is raised in the very
    seconds of a proof, and then the alert is worth it.
    """

    def __init__(
        self,
        channels: Mapping[str, Channel],
        logins: Logins,
        armed: Callable[[], bool],
        notices: Notices,
        clock: Clock,
        health: Health,
    ) -> None:
        """Prepare.

        Args:
            channels: by name; may change while this runs.
            health: gets the fault ``mail-login`` of the channel ``mail``, and the fact when it was proven.
        """
        self._channels, self._logins, self._armed = channels, logins, armed
        self._notices, self._clock, self._health = notices, clock, health
        self._ways: dict[str, _Way] = {}
        self._was_armed = self._asked = False
        self._told: set[str] | None = None
        """Keys of the faults that were told and are not over; None before they were read."""
        self._untold = ""
        """Why what failed could not be told at the last look; empty when it could."""
        self._begins_s = clock.monotonic() + SETTLE_S

    def ask(self) -> None:
        """Have each channel proven soon whose last proof is too old: somebody may be about to arm. Any thread."""
        self._asked = True

    def work(self, stop: threading.Event, beat: Beat) -> None:
        """Prove what is due until *stop* is set."""
        while not self._clock.wait(stop, POLL_S):
            self.look()
            beat()

    def look(self) -> None:
        """Begin the proofs that are due, take the answers of those that have ended, and tell of what failed."""
        armed, channels = self._armed(), dict(self._channels)
        asked, self._asked = self._asked, False
        for gone in set(self._ways) - set(channels):
            del self._ways[gone]
            self._health.clear(fault_key(gone))
            self._health.note(f"{gone} login", "")
        for channel, server in channels.items():
            way = self._way(channel, server)
            way.wanted = (way.wanted or asked) and self._is_old(server)
            if armed and not self._was_armed:
                way.not_before_s = float("-inf")
            if way.trial is None and self._is_due(channel, way, armed=armed):
                way.trial = self._begun(channel, server)
            if way.trial is not None:
                self._take(channel, way, way.trial)
            self._show(channel, way)
        self._was_armed = armed
        self._tell(armed=armed)

    def _way(self, channel: str, server: Channel) -> _Way:
        way = self._ways.get(channel)
        if way is None or way.server is not server:
            changed = way is not None or self._clock.monotonic() >= self._begins_s
            way = self._ways[channel] = _Way(server, wanted=changed)
        return way

    def _is_due(self, channel: str, way: _Way, *, armed: bool) -> bool:
        now_s = self._clock.monotonic()
        if now_s < max(self._begins_s, way.not_before_s) or self._logins.rejection(way.server) is not None:
            return False
        faults = self._faults()
        if channel in faults or not (armed or way.wanted or fault_key(channel) in faults):
            return False
        return self._is_old(way.server)

    def _is_old(self, server: Channel) -> bool:
        """Return whether the last proof of *server* proves nothing any more."""
        proof = self._logins.proof(server)
        return proof is None or self._clock.monotonic() - proof.when_s >= EVERY_S

    def _begun(self, channel: str, server: Channel) -> _Trial:
        call = BackgroundCall(f"{channel}-proof", partial(server.prove, DEADLINE_S))
        return _Trial(server, call, self._clock.monotonic() + DEADLINE_S + OVERRUN_S)

    def _take(self, channel: str, way: _Way, trial: _Trial) -> None:
        """Take the answer of *trial* if it has ended or lasts too long, in which case it is left behind."""
        if not trial.call.wait(POLL_S / 2):
            if self._clock.monotonic() >= trial.until_s:
                self._failed(channel, way, MailError(f"a login over {channel} took too long and was given up"))
            return
        try:
            self._logins.proven(trial.server, trial.call.result())
        except CallCrashedError as error:
            self._failed(channel, way, MailError(str(error)))
        except MailError as error:
            self._failed(channel, way, error)
        else:
            way.trial, way.wanted = None, False

    def _failed(self, channel: str, way: _Way, error: MailError) -> None:
        way.trial, way.wanted = None, False
        way.failed_s = self._clock.monotonic()
        way.not_before_s = way.failed_s + AGAIN_S
        if error.rejected_login:
            self._logins.rejected(way.server, str(error))
        self._health.report(fault_key(channel), f"alerts would not leave: {error}")

    def _show(self, channel: str, way: _Way) -> None:
        """End the fault once the channel is proven, by whatever came later, and keep on record when that was."""
        proof = self._logins.proof(way.server)
        if proof is None:
            return
        if proof.when_s > way.failed_s:
            self._health.clear(fault_key(channel))
        at = proof.at.astimezone(self._notices.house.zone)
        self._health.note(f"{channel} login", f"proven at {at:%H:%M}: {proof.what}")

    def _tell(self, *, armed: bool) -> None:
        """Tell over the channels that work of those that do not, while armed, and of their return."""
        faults = self._faults()
        broken = {name for name in self._ways if name in faults or fault_key(name) in faults}
        working = set(self._ways) - broken
        try:
            if self._told is None:
                self._told = set(self._notices.told_faults())
            for name in sorted(self._ways):
                key, others = fault_key(name), working - {name}
                if not self._notices.to(others):
                    continue
                if name in broken and armed and key not in self._told:
                    self._store(AlertKind.FAULT, name, faults.get(key) or faults[name], others)
                    self._told.add(key)
                elif name in working and key in self._told and self._logins.proof(self._ways[name].server):
                    self._store(AlertKind.RECOVERED, name, "", others)
                    self._told.discard(key)
        except StoreError as error:
            if str(error) != self._untold:
                log.warning("what failed is not told yet reason=%s", error)
            self._untold = str(error)
        else:
            self._untold = ""

    def _store(self, kind: AlertKind, channel: str, detail: str, over: set[str]) -> None:
        house = self._notices.house
        facts = Facts(
            house.name,
            self._clock.now(),
            house.zone,
            detail=house.translate(detail),
            part="channel",
            more={"channel": house.catalogue.get(f"channel.{channel}", channel)},
        )
        self._notices.tell_fault(fault_key(channel), kind, facts, over)

    def _faults(self) -> dict[str, str]:
        return {fault.key: fault.text for fault in self._health.faults()}
