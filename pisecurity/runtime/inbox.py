"""The bounded queue in front of respond, with a written answer to "full"."""

from __future__ import annotations

import logging
import threading
from collections import deque
from dataclasses import dataclass
from typing import TypeGuard

from pisecurity.core.types import Event, Phase
from pisecurity.runtime.health import FaultChange
from pisecurity.runtime.panel import Transition

log = logging.getLogger(__name__)

Item = Event | Transition | FaultChange


@dataclass(frozen=True, slots=True)
class Dropped:
    """How many events did not fit, by what was lost with them."""

    better_views: int
    openings: int


class Inbox:
    """Items in order for one consumer; putting never waits.

    A better view of an event replaces a waiting older one of the same event. When full, the oldest
    better view gives way: it only costs a nicer picture. Only when there is none, a new event is lost.
    Changes of the alarm and of faults are few and owe the owner a mail: they are never refused.
    """

    def __init__(self, size: int) -> None:
        self._size = size
        self._items: deque[Item] = deque()
        self._ready = threading.Condition()
        self._better_views = self._openings = 0

    def put(self, item: Item) -> bool:
        """Append *item* without waiting; return whether it was kept."""
        with self._ready:
            if self._supersede(item):
                return True
            if isinstance(item, Event) and len(self._items) >= self._size and not self._make_room():
                self._openings += 1
                log.error("event lost, respond is too slow waiting=%d", len(self._items))
                return False
            self._items.append(item)
            self._ready.notify()
            return True

    def get(self, timeout_s: float) -> Item | None:
        """Return the oldest item, or None when none came within *timeout_s*."""
        with self._ready:
            if not self._items:
                self._ready.wait(timeout_s)
            return self._items.popleft() if self._items else None

    @property
    def dropped(self) -> Dropped:
        """What was lost since the start."""
        with self._ready:
            return Dropped(self._better_views, self._openings)

    def _supersede(self, item: Item) -> bool:
        if not _is_better_view(item):
            return False
        for position, waiting in enumerate(self._items):
            if _is_better_view(waiting) and waiting.id == item.id:
                self._items[position] = item
                return True
        return False

    def _make_room(self) -> bool:
        for position, waiting in enumerate(self._items):
            if _is_better_view(waiting):
                del self._items[position]
                self._better_views += 1
                return True
        return False


def _is_better_view(item: Item) -> TypeGuard[Event]:
    return isinstance(item, Event) and item.phase is Phase.IMPROVED
