"""What is known of the logins at each server, whoever tried last: an alert or a proof of the way."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import datetime
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
    """UTC, for the label."""
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
        self._proofs: WeakKeyDictionary[Channel, Proof] = WeakKeyDictionary()
        self._rejections: WeakKeyDictionary[Channel, Rejection] = WeakKeyDictionary()

    def proven(self, server: Channel, what: str) -> None:
        """Note that a login went well just now."""
        proof = Proof(self._clock.monotonic(), self._clock.now(), what)
        with self._lock:
            self._proofs[server] = proof
            self._rejections.pop(server, None)

    def rejected(self, server: Channel, reason: str) -> None:
        """Note that the server refused the login just now."""
        rejection = Rejection(self._clock.monotonic() + REJECTED_LOGIN_S, reason)
        with self._lock:
            self._rejections[server] = rejection

    def proof(self, server: Channel) -> Proof | None:
        """Return the last login that went well; None where the last one was refused, or none went well."""
        with self._lock:
            return None if server in self._rejections else self._proofs.get(server)

    def rejection(self, server: Channel) -> Rejection | None:
        """Return the refusal because of which nobody may try now."""
        with self._lock:
            found = self._rejections.get(server)
        return found if found is not None and self._clock.monotonic() < found.until_s else None
