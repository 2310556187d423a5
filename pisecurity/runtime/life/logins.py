"""What is known of the logins at each server, whoever tried last: an alert or a proof of the way."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from weakref import WeakKeyDictionary

from pisecurity.ports import Channel, Clock

REJECTED_LOGIN_S = 900.0
"""Wait after a rejected login: further ones could lock the account."""


@dataclass(frozen=True, slots=True)
class Proof:
    """A login that went well."""

    when_s: float
    """Monotonic."""
    at: datetime
    """UTC, for the label, by the clock as it is now: it may have been set since."""
    what: str
    """What was reached, in words."""


@dataclass(frozen=True, slots=True)
class Rejection:
    """A login that was refused."""

    until_s: float
    """Before that nobody tries again (monotonic)."""
    reason: str
    """For the owner."""


class Logins:
    """Shared by all who log in, so that together they try no more often than one of them may. Any thread.

    Kept by the server as an object: changed settings make another one, which deserves a fresh try.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock, self._lock = clock, threading.Lock()
        self._proofs: WeakKeyDictionary[Channel, tuple[float, str]] = WeakKeyDictionary()
        """When each was reached last (monotonic), and what."""
        self._rejections: WeakKeyDictionary[Channel, Rejection] = WeakKeyDictionary()

    def proven(self, server: Channel, what: str) -> None:
        """Note that a login went well just now."""
        with self._lock:
            self._proofs[server] = self._clock.monotonic(), what
            self._rejections.pop(server, None)

    def rejected(self, server: Channel, reason: str) -> None:
        """Note that the server refused the login just now."""
        rejection = Rejection(self._clock.monotonic() + REJECTED_LOGIN_S, reason)
        with self._lock:
            self._rejections[server] = rejection

    def proof(self, server: Channel) -> Proof | None:
        """Return the last login that went well; None where the last one was refused, or none went well."""
        with self._lock:
            found = None if server in self._rejections else self._proofs.get(server)
        if found is None:
            return None
        when_s, what = found
        return Proof(when_s, self._clock.now() - timedelta(seconds=self._clock.monotonic() - when_s), what)

    def rejection(self, server: Channel) -> Rejection | None:
        """Return the refusal because of which nobody may try now."""
        with self._lock:
            found = self._rejections.get(server)
        return found if found is not None and self._clock.monotonic() < found.until_s else None
