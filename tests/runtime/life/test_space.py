"""A disk that fills is told long before, and when it is full the reserve makes room (R-11)."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from pisecurity.errors import StoreError
from pisecurity.runtime.health import Health
from pisecurity.runtime.life import space as module
from pisecurity.runtime.life.space import (
    BEATS_FOR_S,
    EVERY_S,
    FAULT,
    FULL,
    IN_MEMORY,
    MB,
    TRY_EVERY_S,
    UNREADABLE,
    Space,
)
from tests.fakes import FakeClock


class FakeDisk:
    """So many bytes free, and a reserve of 16 MB."""

    def __init__(self, free: int) -> None:
        self.free, self.held, self.broken = free, False, False

    def free_bytes(self) -> int:
        if self.broken:
            raise StoreError("/state: the disk does not answer; check the card")
        return self.free

    def reserve(self) -> bool:
        if not self.held:
            self.held, self.free = True, self.free - 16 * MB
        return True

    def release(self) -> bool:
        was, self.held = self.held, False
        self.free += 16 * MB if was else 0
        return was


class FakeShelter:
    """A store that is in memory when told so."""

    def __init__(self) -> None:
        self.in_memory, self.tries, self.failure = "", 0, ""
        self.damaged, self.removed, self.report = False, False, ""

    def repaired(self) -> str:
        return self.report

    def settle(self) -> str:
        self.tries += 1
        if self.failure:
            raise StoreError(self.failure)
        return self.in_memory


def still() -> None:
    """A beat that nobody counts."""


def make(free: int) -> tuple[FakeDisk, Health, Space]:
    disk, clock = FakeDisk(free), FakeClock()
    health = Health(clock)
    return disk, health, Space(disk, FakeShelter(), health, clock)


def test_r11_with_room_the_reserve_is_held_and_nothing_is_told() -> None:
    disk, health, space = make(5000 * MB)
    space.look(still)
    assert disk.held and health.faults() == ()


def test_r11_a_disk_that_fills_is_told_before_anything_fails() -> None:
    disk, health, space = make(5000 * MB)
    space.look(still)
    disk.free = 150 * MB
    space.look(still)
    (fault,) = health.faults()
    assert (fault.key, fault.text) == ("disk", "150 MB are free on the disk of the state folder; free some space on it")
    assert disk.held


def test_r11_a_full_disk_gives_the_reserve_up_once_and_takes_it_again_when_there_is_room() -> None:
    disk, health, space = make(5000 * MB)
    space.look(still)
    disk.free = 0
    space.look(still)
    assert not disk.held and disk.free == 16 * MB
    space.look(still)
    assert not disk.held, "the room that was made stays"
    disk.free = 5000 * MB
    space.look(still)
    assert (disk.held, health.faults()) == (True, ())


def test_a_disk_that_does_not_answer_is_a_fault() -> None:
    disk, health, space = make(5000 * MB)
    disk.broken = True
    space.look(still)
    assert [fault.key for fault in health.faults()] == [UNREADABLE], "that it has no room nobody knows"
    disk.broken = False
    space.look(still)
    assert health.faults() == ()


def test_work_looks_at_once_and_then_every_few_seconds() -> None:
    disk, health, space = make(5000 * MB)
    stop, beats = threading.Event(), list[int]()

    def beat() -> None:
        beats.append(1)
        disk.free = 0
        if len(beats) == 2:
            stop.set()

    space.work(stop, beat)
    assert [fault.key for fault in health.faults()] == [FAULT, FULL]


def test_r12_a_disk_that_takes_nothing_is_told_within_20_s_and_when_it_is_over() -> None:
    clock, disk, shelter = FakeClock(), FakeDisk(5000 * MB), FakeShelter()
    health = Health(clock)
    space = Space(disk, shelter, health, clock)
    space.look(still)
    shelter.in_memory = "pisecurity.db: it cannot be written"
    space.look(still)
    (fault,) = health.faults()
    assert fault.key == IN_MEMORY and "goes on from memory" in fault.text and "cannot be written" in fault.text
    shelter.in_memory = ""
    space.look(still)
    assert health.faults() == ()


def test_a_database_that_somebody_removed_is_no_broken_card() -> None:
    clock, shelter = FakeClock(), FakeShelter()
    health = Health(clock)
    shelter.removed, shelter.in_memory = True, "pisecurity.db: it was removed while pisecurity ran"
    Space(FakeDisk(5000 * MB), shelter, health, clock).look(still)
    (fault,) = health.faults()
    assert fault.text.startswith("pisecurity.db: it was removed while pisecurity ran; the alarm goes on from memory")
    assert "card" not in fault.text


def test_r12_in_a_quiet_house_the_disk_is_tried_often_and_one_that_failed_more_rarely() -> None:
    clock, disk, shelter = FakeClock(), FakeDisk(5000 * MB), FakeShelter()
    space = Space(disk, shelter, Health(clock), clock)
    assert TRY_EVERY_S + EVERY_S < 20
    for _ in range(12):
        space.look(still)
        clock.advance(EVERY_S)
    assert shelter.tries == 4
    shelter.in_memory = "gone"
    for _ in range(12):
        space.look(still)
        clock.advance(EVERY_S)
    assert shelter.tries == 6


def test_r14_a_store_that_is_neither_here_nor_there_is_told() -> None:
    clock, disk, shelter = FakeClock(), FakeDisk(5000 * MB), FakeShelter()
    health = Health(clock)
    shelter.failure = "pisecurity.db: no memory left"
    Space(disk, shelter, health, clock).look(still)
    assert "no memory left" in health.faults()[0].text


def test_r33_what_became_of_a_damaged_database_is_a_fault_and_another_damage_another_one() -> None:
    clock, disk, shelter = FakeClock(), FakeDisk(5000 * MB), FakeShelter()
    told: list[tuple[str, bool]] = []
    health = Health(clock, lambda change: told.append((change.fault.text, change.over)))
    space = Space(disk, shelter, health, clock)
    for shelter.report in ("first", "first", "second", "second", ""):
        space.look(still)
    assert told == [("first", False), ("first", True), ("second", False), ("second", True)]
    assert health.faults() == ()


def test_r33_a_store_that_is_in_memory_because_of_damage_is_mended_at_once() -> None:
    clock, disk, shelter = FakeClock(), FakeDisk(5000 * MB), FakeShelter()
    space = Space(disk, shelter, Health(clock), clock)
    space.look(still)
    shelter.damaged, shelter.in_memory = True, "damaged"
    space.look(still)
    assert shelter.tries == 2


@pytest.mark.parametrize("takes_s", [40.0, 300.0])
def test_r33_a_long_repair_is_no_silence_until_it_hangs(monkeypatch: pytest.MonkeyPatch, takes_s: float) -> None:
    clock = FakeClock()
    silent_from = clock.monotonic()
    gaps = []

    class SlowCall:
        """Ends after *takes_s* by the clock of the test."""

        def __init__(self, name: str, work: Callable[[], str]) -> None:
            self._work, self._ends_s = work, clock.monotonic() + takes_s

        def wait(self, timeout_s: float) -> bool:
            clock.advance(min(timeout_s, self._ends_s - clock.monotonic()))
            return clock.monotonic() >= self._ends_s

        def result(self) -> str:
            return self._work()

    def beat() -> None:
        nonlocal silent_from
        gaps.append(clock.monotonic() - silent_from)
        silent_from = clock.monotonic()

    monkeypatch.setattr(module, "BackgroundCall", SlowCall)
    shelter = FakeShelter()
    begun_s = clock.monotonic()
    Space(FakeDisk(5000 * MB), shelter, Health(clock), clock).look(beat)
    assert shelter.tries == 1 and max(gaps) <= 5
    assert silent_from - begun_s == pytest.approx(min(takes_s, BEATS_FOR_S), abs=5)


def test_who_waits_for_what_the_disk_holds_is_called_once_it_is_back_also_where_it_was_away_at_the_start() -> None:
    clock, shelter, calls = FakeClock(), FakeShelter(), []
    shelter.in_memory = "damaged"
    space = Space(FakeDisk(5000 * MB), shelter, Health(clock), clock, lambda: calls.append(clock.monotonic()))
    for shelter.in_memory in ("damaged", "", "", "full", ""):
        space.look(still)
    assert len(calls) == 2
