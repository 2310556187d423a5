"""The bounded queue in front of respond, with a written answer to "full"."""

from __future__ import annotations

import logging
import threading
from collections import deque
from dataclasses import dataclass, replace
from typing import TypeGuard

from pisecurity.core.types import Dismissed, Event, Phase
from pisecurity.runtime.alarm.panel import PanelStatus, Transition
from pisecurity.runtime.health import FaultChange

log = logging.getLogger(__name__)

PICTURE_BYTES = 32 * 2**20
"""Memory for the pictures of all waiting items: ten of 1920x1080. A single larger one is kept all the same."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """An event as it opened, improved or ended, and what the alarm did at that moment.

    What is done about it depends on then, not on when somebody finds the time to answer.
    """

    event: Event
    status: PanelStatus


@dataclass(frozen=True, slots=True)
class Dismissals:
    """What was no event in the last minute of a camera, and what the alarm did at its end."""

    rows: tuple[Dismissed, ...]
    status: PanelStatus


Item = Sighting | Dismissals | Transition | FaultChange


@dataclass(frozen=True, slots=True)
class Dropped:
    """How much did not fit since the start, by what was lost with it."""

    better_views: int
    openings: int
    pictures: int
    """Openings kept without their picture."""


class Inbox:
    """Items in order for one consumer; putting never waits.

    A better view of an event replaces a waiting older one of the same event. When there are too many items or too
    much picture, the oldest better view gives way: it only costs a nicer picture. Only when there is none, a new
    event is lost, or kept without its picture. What was no event gives way before anything else, and is not taken
    when there are too many items. The end of an event, and changes of the alarm and of faults, weigh little, follow
    what was kept, and are never refused.
    """

    def __init__(self, size: int, picture_bytes: int = PICTURE_BYTES) -> None:
        self._size, self._picture_bytes = size, picture_bytes
        self._items: deque[Item] = deque()
        self._ready = threading.Condition()
        self._lost: set[str] = set()
        """Ids of lost events that are still open: their better views and their end belong to nothing."""
        self._better_views = self._openings = self._pictures = 0

    def put(self, item: Item) -> bool:
        """Append *item* without waiting; return whether it was kept."""
        with self._ready:
            fitting = self._fit(item) if isinstance(item, Sighting) else item
            if fitting is None or (isinstance(item, Dismissals) and len(self._items) >= self._size):
                return False
            self._items.append(fitting)
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
            return Dropped(self._better_views, self._openings, self._pictures)

    def _fit(self, seen: Sighting) -> Sighting | None:
        """Return *seen* as it can be appended, after making room for it, or None when it cannot be kept."""
        event = seen.event
        if event.id in self._lost:
            if event.phase is Phase.ENDED:
                self._lost.discard(event.id)
            return None
        match event.phase:
            case Phase.OPENED:
                return self._fit_opening(seen)
            case Phase.IMPROVED:
                return self._fit_better_view(seen)
            case Phase.ENDED:
                return seen

    def _fit_opening(self, seen: Sighting) -> Sighting | None:
        while len(self._items) >= self._size:
            if not self._drop_dismissals() and not self._drop_better_view():
                self._openings += 1
                self._lost.add(seen.event.id)
                log.error("event lost, respond is too slow event=%s waiting=%d", seen.event.id, len(self._items))
                return None
        while not self._has_room_for(seen):
            if not self._drop_better_view():
                self._pictures += 1
                log.warning("picture of an event lost, respond is too slow event=%s", seen.event.id)
                return replace(seen, event=replace(seen.event, picture=None))
        return seen

    def _fit_better_view(self, seen: Sighting) -> Sighting | None:
        """As an opening, but it gives way itself. One that waits for the same event is superseded first."""
        for position, waiting in enumerate(self._items):
            if _is_better_view(waiting) and waiting.event.id == seen.event.id:
                del self._items[position]
                break
        while len(self._items) >= self._size and self._drop_dismissals():
            pass
        while len(self._items) >= self._size or not self._has_room_for(seen):
            if not self._drop_better_view():
                self._better_views += 1
                return None
        return seen

    def _has_room_for(self, seen: Sighting) -> bool:
        held = sum(_weight(item) for item in self._items)
        return held == 0 or held + _weight(seen) <= self._picture_bytes

    def _drop_dismissals(self) -> bool:
        position = next((at for at, waiting in enumerate(self._items) if isinstance(waiting, Dismissals)), None)
        if position is None:
            return False
        del self._items[position]
        return True

    def _drop_better_view(self) -> bool:
        for position, waiting in enumerate(self._items):
            if _is_better_view(waiting):
                del self._items[position]
                self._better_views += 1
                return True
        return False


def _is_better_view(item: Item) -> TypeGuard[Sighting]:
    return isinstance(item, Sighting) and item.event.phase is Phase.IMPROVED


def _weight(item: Item) -> int:
    """Return the bytes of the picture that *item* carries."""
    if not isinstance(item, Sighting) or item.event.picture is None:
        return 0
    picture = item.event.picture
    return picture.y.nbytes + picture.u.nbytes + picture.v.nbytes
