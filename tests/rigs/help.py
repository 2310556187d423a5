"""Calls for help on a walk by chance: which of them must arrive, and how often."""

from __future__ import annotations

from datetime import datetime

from pisecurity.core.types import Alarm, Alert, AlertKind, Delivery, Instant
from pisecurity.ports import NOWHERE, Address, SilentCall

CHANNEL, CODE = "mail", "page, code"
MOST_KEPT = 4
"""Of more that wait at the same time the second copy has no room for the oldest."""


class Help:
    """Makes the calls, and counts how often each arrives."""

    def __init__(self) -> None:
        self.typed = 0
        """Codes so far."""
        self.last = ""
        """Id of the call of the newest code."""
        self._kept: list[str] = []
        """Ids of those that no kill and no power cut may lose, oldest first."""
        self._sent: set[str] = set()
        self._again: set[str] = set()
        """Sent ones whose answer is not stored, or may be lost by a kill."""

    def call(self, alarm: Alarm, now: Instant, at: datetime, by: str, forced: bool) -> SilentCall:
        """Return the call of a code, as ``Panel.call`` is asked for it."""
        self.typed += 1
        self.last = f"{now.boot_id} {now.since_boot_s} {self.typed}"
        alert = Alert(self.last, AlertKind.DURESS, at, f"{by} was made to disarm", "")
        return SilentCall(alert, (Address(CHANNEL if forced else NOWHERE, "sister@example.com"),))

    def kept(self, name: str) -> None:
        """Take note that the call of this id is on the disk."""
        self._kept = [*(one for one in self._kept if one not in self._sent), name][-MOST_KEPT:]

    def sent(self, row: Delivery) -> None:
        """Take note that the call of *row* arrives, if it is one that reaches somebody."""
        name = row.alert.id
        if row.channel == NOWHERE:
            return
        assert name not in self._sent or name in self._again, "each call for help is sent once"
        self._sent.add(name)
        self._again.add(name)

    def answered(self, row: Delivery) -> None:
        """Take note that it is stored that the call of *row* has arrived."""
        self._again.discard(row.alert.id)

    def forget_answers(self) -> None:
        """Take note of a kill: what was sent may be sent again, and once more after the next one."""
        self._again = set(self._sent)

    def see_that_all_were_sent(self) -> None:
        """See that none was lost that must not be."""
        assert self._sent.issuperset(self._kept), "each call for help is sent"
