"""Keeps the page where the household finds it: at the addresses this machine has now."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Hashable
from typing import Generic, Protocol, TypeVar

from pisecurity.errors import NetworkError
from pisecurity.ports import Clock
from pisecurity.runtime.health import Health
from pisecurity.runtime.worker import Beat, rest

log = logging.getLogger(__name__)

RETRY_S = (5.0, 5.0, 10.0, 30.0, 60.0)
"""Waits before the page is tried again, the last one repeated."""
LOOK_EVERY_S = 10.0
"""Between two looks whether the addresses have changed: a router gives others after a restart."""
FAULT = "page"
"""Also the key of the fact that says where the page is."""

Place = TypeVar("Place", bound=Hashable)
"""Where a page can be; equal ones need no new page."""


class Page(Protocol):
    """A page that listens."""

    def start(self) -> object: ...

    def work(self, stop: threading.Event, beat: Beat) -> None:
        """Serve until *stop* is set, then close; beats at least once a second."""
        ...

    def stop(self) -> None:
        """Close; may be called twice, and before ``start``."""
        ...


class Reach(Generic[Place]):
    """Opens the page as soon as there is a network for it, and again where the addresses of this machine change.

    While there is no network at all the page stays where it was: mostly the same address comes back.
    """

    def __init__(self, find: Callable[[], Place], build: Callable[[Place], Page], health: Health, clock: Clock) -> None:
        """
        Args:
            find: returns where the page belongs now; raises NetworkError.
            build: returns a page that listens there; raises NetworkError.
        """
        self._find, self._build, self._health, self._clock = find, build, health, clock
        self._place: Place | None = None
        self._looked_s = 0.0
        self.page: Page | None = None
        """The one that is open."""

    def open(self) -> None:
        """Open the page; where that fails it is a fault, and ``work`` tries again: no alarm waits for its page."""
        try:
            place = self._find()
            self.page, self._place = self._build(place), place
        except NetworkError as error:
            self._health.note(FAULT, "")  # nor is it where it was
            self._health.report(FAULT, str(error))
        else:
            self._looked_s = self._clock.monotonic()
            self._health.clear(FAULT)

    def close(self) -> None:
        """Close the page, if there is one."""
        if self.page is not None:
            self.page.stop()
        self.page = None

    def work(self, stop: threading.Event, beat: Beat) -> None:
        """Serve the page until *stop* is set."""
        tries = 0
        while not stop.is_set():
            if self.page is not None:
                tries = 0
                self._serve(self.page, stop, beat)
                self.page = None
                if stop.is_set():
                    return
            elif rest(self._clock, stop, beat, RETRY_S[min(tries, len(RETRY_S) - 1)]):
                return
            tries += 1
            self.open()

    def _serve(self, page: Page, stop: threading.Event, beat: Beat) -> None:
        """Serve *page* until *stop* is set, or it belongs elsewhere."""
        end = threading.Event()

        def turn() -> None:
            beat()
            if stop.is_set() or self._moved():
                end.set()

        page.start()
        page.work(end, turn)

    def _moved(self) -> bool:
        now_s = self._clock.monotonic()
        if now_s - self._looked_s < LOOK_EVERY_S:
            return False
        self._looked_s = now_s
        try:
            place = self._find()
        except NetworkError:
            return False
        if place != self._place:
            log.info("page moves from=%s to=%s", self._place, place)
        return place != self._place
