"""What is kept over restarts."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from pisecurity.core.alarm.schedule import InForce
from pisecurity.core.types import (
    Alarm,
    AlarmState,
    Alert,
    Decision,
    Delivery,
    Dismissed,
    Event,
    EventRecord,
    Held,
    Instant,
)
from pisecurity.core.vision.learned import LearnedScene
from pisecurity.core.vision.scale import People
from pisecurity.ports.sending import NOWHERE, Address


class PictureKind(StrEnum):
    CLEAN = "clean"
    ANNOTATED = "annotated"


class Pictures(Protocol):
    """Event pictures on disk, whole or not at all."""

    def save(self, event_id: str, kind: PictureKind, jpeg: bytes) -> None:
        """Write or replace; on return it survives a power cut. Raises StoreError."""
        ...

    def load(self, event_id: str, kind: PictureKind) -> bytes | None:
        """Return the JPEG, or None when there is none."""
        ...


class SceneStore(Protocol):
    """What each camera has learned, over restarts."""

    def load(self, camera: str) -> tuple[LearnedScene, datetime] | None:
        """Return what was kept and when, UTC; None when there is none that can be used."""
        ...

    def save(self, camera: str, scene: LearnedScene, at: datetime) -> int:
        """Write or replace what was kept; return its bytes. Raises StoreError."""
        ...

    def delete(self, camera: str) -> None:
        """Remove the scene that was kept, if one is. Raises StoreError."""
        ...

    def load_people(self, camera: str) -> People | None:
        """Return who was measured; None when there is none that can be used."""
        ...

    def save_people(self, camera: str, people: People) -> None:
        """Write or replace who was measured. Raises StoreError."""
        ...

    def delete_people(self, camera: str) -> None:
        """Remove who was measured, if anybody is. Raises StoreError."""
        ...


@dataclass(frozen=True, slots=True)
class SilentCall:
    """What tells somebody elsewhere that somebody was made to disarm, or takes as much room and reaches nobody."""

    alert: Alert
    to: Sequence[Address]

    @property
    def reaches_nobody(self) -> bool:
        """Whether it is stored for its size alone."""
        return all(address.channel == NOWHERE for address in self.to)


def give_way(calls: Iterable[SilentCall]) -> list[SilentCall]:
    """Return *calls*, given the oldest first, in the order in which they are given up where there is no room for all.

    A code that is typed again and again must not push out the call for help that came before it.
    """
    return sorted(calls, key=lambda call: not call.reaches_nobody)


class AlarmStore(Protocol):
    """The mode over restarts."""

    def load_alarm(self) -> Alarm | None:
        """Return what was stored last, or None on first start. Raises StoreError."""
        ...

    def save_alarm(self, alarm: Alarm, note: str, by: str = "", how: str = "", call: SilentCall | None = None) -> None:
        """Store *alarm* and, in the same transaction, an audit row saying *note* and *call*. Raises StoreError.

        Args:
            by, how: who did that and how; empty: who ordered the mode did.
        """
        ...

    def mark_alarm(self, alarm: Alarm, call: SilentCall | None = None) -> None:
        """Store *alarm* and *call* in one transaction, without an audit row. Raises StoreError."""
        ...

    def owe(self, call: SilentCall, alarm: Alarm | None = None) -> None:
        """Keep *call*, which could not be stored, in a second place over restarts, until it can be. Raises nothing.

        Args:
            alarm: what is to be kept there with it; None: what is kept already.
        """
        ...


class ScheduleStore(Protocol):
    """Which schedule is in force over restarts."""

    def load_in_force(self) -> InForce | None:
        """Return what was stored last; None where there is nothing, or nothing that can be read. Raises StoreError."""
        ...

    def save_in_force(self, in_force: InForce) -> None:
        """Store *in_force* in the place of what was stored before. Raises StoreError."""
        ...


class EventStore(Protocol):
    """Events and what was decided about them."""

    def add_event(
        self,
        event: Event,
        state: AlarmState,
        decision: Decision,
        alert: Alert | None,
        to: Sequence[Address],
        due: Instant | None = None,
    ) -> None:
        """Store event, decision, alert and one outbox row per address in one transaction. Raises StoreError.

        Args:
            due: when the rows are to be tried first; None is at once.
        """
        ...

    def improve_event(self, event: Event, due: Instant) -> None:
        """Replace box, zones and score of the stored event; nothing when it is not stored.

        If it has an alert, the better picture follows that as a second step, from *due* on.
        """
        ...

    def end_event(self, event_id: str, ended_at: datetime) -> None:
        """Note when it ended, and let the better picture leave; nothing when it is not stored."""
        ...

    def add_dismissed(self, rows: Sequence[Dismissed]) -> None:
        """Store what was no event, in one transaction; the oldest rows give way. Raises StoreError."""
        ...

    def end_open_events(self) -> int:
        """End the events that a kill or a power cut left open, each when it opened; return how many."""
        ...

    def add_alert(self, alert: Alert, to: Sequence[Address], due: Instant | None = None) -> None:
        """Store an alert that was not stored with an event, with its outbox rows, to be tried from *due* on."""
        ...

    def add_fault_alert(self, key: str, alert: Alert, to: Sequence[Address]) -> None:
        """Store the alert that the fault *key* began or, if it is a RECOVERED one, is over; see ``told_faults``."""
        ...

    def acknowledge(self, event_id: str | None) -> tuple[Address, ...]:
        """Note that somebody disarmed, so that no second contact is told any more; return those told of the event."""
        ...

    def keep_known_faults(self, keys: Collection[str]) -> None:
        """Store, in place of those before, the *keys* of faults that need no alert: whoever armed knows of them."""
        ...

    def known_faults(self) -> frozenset[str]:
        """Return the keys that were stored last by ``keep_known_faults``, without those an alert was stored about."""
        ...

    def told_faults(self) -> Mapping[str, str]:
        """Return the key of each fault that an alert was stored about and that is not over, and the alert's id."""
        ...

    def told_zones(self, camera: str) -> Mapping[str, Instant]:
        """Return when an alert about movement in each zone of *camera* was stored last; empty is the zone of none."""
        ...

    def told_at(self, limit: int) -> Sequence[Instant]:
        """Return when the newest *limit* alerts about movement were stored, whatever the camera, newest first."""
        ...

    def held(self, camera: str) -> Held | None:
        """Return what the pause has kept silent since the last alert about *camera*; None when that is nothing."""
        ...

    def forget_held(self) -> None:
        """Let no mail tell any more of what the pause has kept silent: somebody disarmed."""
        ...


class EventQuery(Protocol):
    """What pages and commands read."""

    def events(self, limit: int, before: str | None = None) -> tuple[EventRecord, ...]:
        """Return up to *limit* events, newest first, older than the event *before*."""
        ...

    def event(self, event_id: str) -> EventRecord | None: ...

    def dismissed(self, limit: int, before: int | None = None) -> tuple[Dismissed, ...]:
        """Return up to *limit* rows of what was no event, newest first, older than the row of number *before*."""
        ...

    def deliveries(self, limit: int) -> tuple[Delivery, ...]:
        """Return the newest outbox rows, newest first."""
        ...

    def waiting(self) -> int:
        """Return how many alerts have not reached a recipient yet, counted for each."""
        ...


class Disk(Protocol):
    """The disk under the state folder, and a reserve on it for the moment when it is full."""

    def free_bytes(self) -> int:
        """Return what is free for this user, the reserve not counted. Raises StoreError."""
        ...

    def reserve(self) -> bool:
        """Take the reserve, unless it is held; return whether it is."""
        ...

    def release(self) -> bool:
        """Give the reserve up, so that small writes succeed again; return whether there was one."""
        ...


class Shelter(Protocol):
    """A store that goes on in memory while the disk fails."""

    @property
    def in_memory(self) -> str:
        """Why it is there; empty while everything is on the disk."""
        ...

    @property
    def damaged(self) -> bool:
        """Whether it is there because what was on the disk is damaged, which ``settle`` mends."""
        ...

    @property
    def removed(self) -> bool:
        """Whether it is there because somebody took away what was on the disk, which says nothing against that."""
        ...

    def repaired(self) -> str:
        """Return what became of what was damaged, and where it is; empty where that is no news any more."""
        ...

    def settle(self) -> str:
        """Go back to the disk where it takes everything again; return ``in_memory`` after that. Raises StoreError."""
        ...
