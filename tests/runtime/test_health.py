"""Faults have a beginning and an end, each told once."""

from __future__ import annotations

from pisecurity.runtime.health import FaultChange, Health
from tests.fakes import START, FakeClock


def test_a_repeated_fault_keeps_its_beginning_and_is_told_once() -> None:
    changes: list[FaultChange] = []
    clock = FakeClock()
    health = Health(clock, changes.append)
    health.report("mail", "1 waits")
    clock.advance(60)
    health.report("mail", "2 wait")
    (fault,) = health.faults()
    assert (fault.since_at, fault.text) == (START, "2 wait")
    assert [change.over for change in changes] == [False]


def test_the_end_of_a_fault_is_told_once() -> None:
    changes: list[FaultChange] = []
    health = Health(FakeClock(), changes.append)
    health.report("camera:front", "lost")
    health.clear("camera:front")
    health.clear("camera:front")
    assert health.faults() == ()
    assert [change.over for change in changes] == [False, True]


def test_faults_come_oldest_first() -> None:
    health = Health(FakeClock())
    for key in ("mail", "store", "camera:front"):
        health.report(key, key)
    assert [fault.key for fault in health.faults()] == ["mail", "store", "camera:front"]


def test_an_empty_fact_is_none() -> None:
    health = Health(FakeClock())
    health.note("zones", "armed home, nothing is watched by camera Study")
    health.note("zones", "")
    health.note("zones", "")
    assert health.facts() == {}


def test_facts_are_a_copy() -> None:
    health = Health(FakeClock())
    health.note("camera:front", "file garden.mp4")
    facts = health.facts()
    health.note("camera:front", "stage")
    assert facts == {"camera:front": "file garden.mp4"}
