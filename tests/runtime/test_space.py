"""A disk that fills is told long before, and when it is full the reserve makes room (R-11)."""

from __future__ import annotations

import threading

from pisecurity.errors import StoreError
from pisecurity.runtime.health import Health
from pisecurity.runtime.space import MB, Space
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


def make(free: int) -> tuple[FakeDisk, Health, Space]:
    disk, clock = FakeDisk(free), FakeClock()
    health = Health(clock)
    return disk, health, Space(disk, health, clock)


def test_r11_with_room_the_reserve_is_held_and_nothing_is_told() -> None:
    disk, health, space = make(5000 * MB)
    space.look()
    assert disk.held and health.faults() == ()


def test_r11_a_disk_that_fills_is_told_before_anything_fails() -> None:
    disk, health, space = make(5000 * MB)
    space.look()
    disk.free = 150 * MB
    space.look()
    (fault,) = health.faults()
    assert (fault.key, fault.text) == ("disk", "150 MB are free on the disk of the state folder; free some space on it")
    assert disk.held


def test_r11_a_full_disk_gives_the_reserve_up_once_and_takes_it_again_when_there_is_room() -> None:
    disk, health, space = make(5000 * MB)
    space.look()
    disk.free = 0
    space.look()
    assert not disk.held and disk.free == 16 * MB
    space.look()
    assert not disk.held, "the room that was made stays"
    disk.free = 5000 * MB
    space.look()
    assert (disk.held, health.faults()) == (True, ())


def test_a_disk_that_does_not_answer_is_a_fault() -> None:
    disk, health, space = make(5000 * MB)
    disk.broken = True
    space.look()
    assert [fault.key for fault in health.faults()] == ["disk"]


def test_work_looks_at_once_and_then_every_few_seconds() -> None:
    disk, health, space = make(5000 * MB)
    stop, beats = threading.Event(), list[int]()

    def beat() -> None:
        beats.append(1)
        disk.free = 0
        if len(beats) == 2:
            stop.set()

    space.work(stop, beat)
    assert [fault.key for fault in health.faults()] == ["disk"]
