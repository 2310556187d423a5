"""Hand-written stand-ins for the ports, shared by the tests."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from pisecurity.core.alarm.people import Person
from pisecurity.core.alarm.schedule import InForce
from pisecurity.core.types import ARMED_MODES, Alarm, Box, Dismissed, Event, Frame, Instant, Mode, Phase, Picture
from pisecurity.errors import StoreError
from pisecurity.ports import Approval, Code, Failures, Known, Phone, SilentCall

START = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)


class FakeClock:
    """A clock moved by hand; waiting moves it."""

    def __init__(self, now: datetime = START, since_boot_s: float = 1000.0, boot_id: str = "boot-1") -> None:
        self._now, self._since_boot_s, self.boot_id = now, since_boot_s, boot_id
        self.waits: list[float] = []
        self.synced = False

    def synchronised(self) -> bool:
        return self.synced

    def monotonic(self) -> float:
        return self._since_boot_s

    def now(self) -> datetime:
        return self._now

    def instant(self) -> Instant:
        return Instant(self.boot_id, self._since_boot_s)

    def wait(self, stop: threading.Event, seconds: float) -> bool:
        self.waits.append(seconds)
        if not stop.is_set():
            self.advance(seconds)
        return stop.is_set()

    def advance(self, seconds: float) -> None:
        self._since_boot_s += seconds
        self._now += timedelta(seconds=seconds)

    def set_wall(self, now: datetime) -> None:
        """Move the wall clock alone, as a time server does."""
        self._now = now

    def reboot(self, boot_id: str = "boot-2") -> None:
        self.boot_id, self._since_boot_s, self.synced = boot_id, 10.0, False


def make_picture(width: int = 64, height: int = 48, shade: int = 90) -> Picture:
    """Return an even grey picture."""
    half = ((height + 1) // 2, (width + 1) // 2)
    return Picture(
        np.full((height, width), shade, np.uint8), np.full(half, 128, np.uint8), np.full(half, 128, np.uint8)
    )


def make_frame(index: int, taken_s: float | None = None, camera: str = "front") -> Frame:
    """Return a small grey frame, ten a second unless *taken_s* says otherwise."""
    picture = make_picture()
    at_s = index / 10 if taken_s is None else taken_s
    return Frame(camera, index, at_s, START + timedelta(seconds=at_s), picture.y, lambda: picture)


def make_event(
    phase: Phase = Phase.OPENED, *, event_id: str = "a" * 32, number: int = 1, entry: bool = False, last_s: float = 5.0
) -> Event:
    """Return an event of camera ``front`` that opened at 5 s, by *entry* one in an entry zone."""
    box, came_in = Box(0.25, 0.25, 0.25, 0.5), ARMED_MODES if entry else frozenset[Mode]()
    return Event(
        camera="front", number=number, phase=phase, opened_s=5.0, opened_at=START, last_s=last_s, box=box,
        boxes=(box,), zones=frozenset(), entry=came_in, score=0.8, reason="travelled 0.21 in 0.9 s", id=event_id,
        picture=None if phase is Phase.ENDED else make_picture(),
    )  # fmt: skip


def make_dismissed(reason: str = "went 0.010 (needs 0.020)", **changes: Any) -> Dismissed:
    """Return a row of the ledger of camera ``front``: something that was seen for 2 s up to the start of the tests."""
    row = Dismissed("front", 0.0, 2.0, START, Box(0.25, 0.25, 0.25, 0.5), 0.3, frozenset(), reason)
    return replace(row, **changes)


class ShadeEncoder:
    """Encodes a picture as its size, its first pixel and how many boxes were drawn."""

    def __init__(self) -> None:
        self.calls = 0

    def clean(self, picture: Picture) -> bytes:
        return b"clean"

    def annotated(self, picture: Picture, boxes: Sequence[Box], caption: str) -> bytes:
        self.calls += 1
        return f"{picture.size} {picture.y[0, 0]} boxes={len(boxes)} {caption}".encode()


class MemoryAlarmStore:
    """An AlarmStore whose disk can be broken on purpose."""

    def __init__(self) -> None:
        self.alarm: Alarm | None = None
        self.notes: list[str] = []
        self.broken = False

    def load_alarm(self) -> Alarm | None:
        self._fail_when_broken()
        return self.alarm

    def save_alarm(self, alarm: Alarm, note: str, by: str = "", how: str = "", call: SilentCall | None = None) -> None:
        self._fail_when_broken()
        self.alarm = alarm
        self.notes.append(note)

    def owe(self, call: SilentCall, alarm: Alarm | None = None) -> None:
        """Nothing: it is forgotten with this store."""

    def mark_alarm(self, alarm: Alarm, call: SilentCall | None = None) -> None:
        self._fail_when_broken()
        self.alarm = alarm

    def _fail_when_broken(self) -> None:
        if self.broken:
            raise StoreError("pisecurity.db: disk full; delete something")


class MemoryScheduleStore:
    """A ScheduleStore whose disk can be broken on purpose."""

    def __init__(self) -> None:
        self.in_force: InForce | None = None
        self.saved = 0
        self.broken = False

    def load_in_force(self) -> InForce | None:
        return self.in_force

    def save_in_force(self, in_force: InForce) -> None:
        if self.broken:
            raise StoreError("pisecurity.db: disk full; delete something")
        self.in_force = in_force
        self.saved += 1


class MemoryPeopleStore:
    """A PeopleStore whose disk can be broken on purpose."""

    def __init__(self) -> None:
        self.known = Known()
        self.failures: dict[str, Failures] = {}
        self.broken = False
        self.phones = 0

    def load_people(self) -> Known:
        self._fail_when_broken()
        return self.known

    def keep_key_digest(self, digest: str) -> None:
        self._keep(key_digest=digest)

    def add_person(self, person: Person, code: Code) -> None:
        self._keep(people=(*self.known.people, person), codes=(*self.known.codes, code))

    def remove_person(self, key: str) -> None:
        known = self.known
        self._keep(
            people=tuple(each for each in known.people if each.key != key),
            codes=tuple(each for each in known.codes if each.person != key),
            approvals=tuple(each for each in known.approvals if each.person != key),
            phones=tuple(each for each in known.phones if each.person != key),
        )

    def set_code(self, code: Code) -> None:
        others = (each for each in self.known.codes if (each.person, each.duress) != (code.person, code.duress))
        self._keep(codes=(*others, code))

    def set_approval(self, approval: Approval) -> None:
        others = (each for each in self.known.approvals if each.person != approval.person)
        self._keep(approvals=(*others, approval))

    def add_phone(self, phone: Phone) -> Phone:
        self.phones += 1
        numbered = replace(phone, number=self.phones)
        others = tuple(each for each in self.known.approvals if each.person != phone.person)
        self._keep(phones=(*self.known.phones, numbered), approvals=others)
        return numbered

    def remove_phone(self, number: int) -> None:
        self._keep(phones=tuple(each for each in self.known.phones if each.number != number))

    def load_failures(self) -> tuple[Failures, ...]:
        self._fail_when_broken()
        return tuple(self.failures.values())

    def save_failures(self, *failures: Failures) -> None:
        self._fail_when_broken()
        for each in failures:
            self.failures.pop(each.source, None)
            self.failures[each.source] = each

    def forget_failures(self, source: str) -> None:
        self._fail_when_broken()
        self.failures.pop(source, None)

    def _keep(self, **changes: Any) -> None:
        self._fail_when_broken()
        self.known = replace(self.known, **changes)

    def _fail_when_broken(self) -> None:
        if self.broken:
            raise StoreError("pisecurity.db: disk full; delete something")
