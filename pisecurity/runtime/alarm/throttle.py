"""Makes whoever tries codes wait longer and longer, over restarts, and tells the owner."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace

from pisecurity.core.alarm.people import HOUSE_WAITS_S, SOURCE_WAITS_S, failures_after, wait_s
from pisecurity.core.types import Instant
from pisecurity.errors import StoreError
from pisecurity.ports import Clock, Failures, PeopleStore

log = logging.getLogger(__name__)

HOUSE = ""
"""Source under which the wrong codes of all sources are counted together."""
PHONES = "phones"
"""The same for all approved phones together: nobody waits for that, and the owner hears of it."""
MOST_SOURCES = 256
"""More are not remembered each alone, the one that failed longest ago gives way; together they still count."""
MOST_HELD = len(HOUSE_WAITS_S) - 1
"""Wrong codes of all together that make them wait for the longest time: from then on one more changes little."""
KEEP_EVERY_S = 60.0
"""So often they are kept on disk then: whoever changes his address with each try must not wear the card."""
TELL_AFTER = 5
TELL_EVERY_S = 3600.0


class Throttle:
    """Counts wrong codes by source and for all sources together. For one thread at a time.

    What it knows is in memory and on disk, so that a restart forgets nothing and a disk that fails lets nobody try
    more often. In a flood from ever new addresses the disk has all but the last minute.
    """

    def __init__(self, store: PeopleStore, clock: Clock, tell: Callable[[str, int], object]) -> None:
        """*tell* is called with source and number of wrong codes when the owner is to hear of them."""
        self._store, self._clock, self._tell = store, clock, tell
        self._failures: dict[str, Failures] = {}
        self._on_disk: dict[str, Failures] = {}
        """What was kept there last; of a source that it has not there is nothing to forget."""

    def start(self) -> None:
        """Take up what was kept. Raises StoreError."""
        self._on_disk = {each.source: each for each in self._store.load_failures()}
        self._failures = dict(self._on_disk)

    def wait_s(self, source: str, *, alone: bool = False) -> float:
        """Return how long *source* has to wait; *alone*: whatever others have tried."""
        now = self._clock.instant()
        own_s = self._left_s(source, SOURCE_WAITS_S, now)
        return own_s if alone else max(own_s, self._left_s(HOUSE, HOUSE_WAITS_S, now))

    def failed(self, source: str, *, alone: bool = False) -> None:
        """Count a wrong code of *source*; *alone*: it is an approved phone and makes nobody else wait."""
        now = self._clock.instant()
        own = self._one_more(source, SOURCE_WAITS_S, now)
        together = self._one_more(PHONES if alone else HOUSE, HOUSE_WAITS_S, now)
        self._failures |= {own.source: own, together.source: together}
        if alone or not self._is_flood(together):
            self._keep(own, together)
            log.warning("wrong code source=%s count=%d", source, own.count)
        self._make_room()
        self._tell_owner(own, together, now)

    def passed(self, source: str) -> None:
        """Forget the wrong codes of *source*, which has given a right one; those of all together stay.

        Not for an approved phone, which makes nobody else wait: who knows one code could try all others between.
        """
        if self._failures.pop(source, None) is not None:
            self._forget(source)

    def _left_s(self, source: str, waits_s: tuple[float, ...], now: Instant) -> float:
        known = self._failures.get(source)
        return wait_s(known.count, known.last, now, waits_s) if known else 0.0

    def _one_more(self, source: str, waits_s: tuple[float, ...], now: Instant) -> Failures:
        known = self._failures.pop(source, None)
        count = failures_after(known.count if known else 0, known.last if known else None, now, waits_s)
        return Failures(source, count, now, known.told if known else None)

    def _is_flood(self, together: Failures) -> bool:
        """Return whether what the disk has of all *together* makes them wait as long, but for a minute."""
        kept = self._on_disk.get(together.source)
        since_s = None if kept is None or kept.count < MOST_HELD else together.last.seconds_since(kept.last)
        return together.count >= MOST_HELD and since_s is not None and since_s < KEEP_EVERY_S

    def _keep(self, *failures: Failures) -> None:
        try:
            self._store.save_failures(*failures)
            self._on_disk |= {each.source: each for each in failures}
        except StoreError as error:
            log.warning("wrong codes are counted in memory alone reason=%s", error)

    def _forget(self, source: str) -> None:
        if source not in self._on_disk:
            return
        try:
            self._store.forget_failures(source)
            del self._on_disk[source]
        except StoreError as error:
            log.warning("wrong codes stay on disk source=%s reason=%s", source, error)

    def _make_room(self) -> None:
        sources = [source for source in self._failures if source not in (HOUSE, PHONES)]
        for source in sources[: max(len(sources) - MOST_SOURCES, 0)]:
            del self._failures[source]
            self._forget(source)

    def _tell_owner(self, own: Failures, together: Failures, now: Instant) -> None:
        house = self._failures.get(HOUSE, Failures(HOUSE, 0, now))
        count = max(own.count, together.count)
        since_s = None if house.told is None else now.seconds_since(house.told)
        if count >= TELL_AFTER and (since_s is None or since_s >= TELL_EVERY_S):
            self._failures[HOUSE] = replace(house, told=now)
            self._keep(self._failures[HOUSE])
            self._tell(own.source, count)
