"""A worker is named, stoppable and loud when it dies (R-39)."""

from __future__ import annotations

import threading

import pytest

from pisecurity.errors import WorkerStuckError
from pisecurity.runtime.worker import Beat, Worker
from tests.fakes import FakeClock


def until_stopped(stop: threading.Event, beat: Beat) -> None:
    stop.wait()


def test_r39_a_crash_is_reported_by_name() -> None:
    crashed = threading.Event()
    seen: list[tuple[str, Exception | None]] = []
    broken = RuntimeError("broken")

    def on_crash(name: str, error: Exception | None) -> None:
        seen.append((name, error))
        crashed.set()

    def work(stop: threading.Event, beat: Beat) -> None:
        raise broken

    worker = Worker("watch:front", work, FakeClock(), on_crash)
    worker.start()
    assert crashed.wait(5)
    worker.stop()
    assert seen == [("watch:front", broken)] and not worker.fresh


def test_r39_a_worker_that_ends_unasked_is_reported() -> None:
    ended = threading.Event()
    worker = Worker("deliver", lambda stop, beat: None, FakeClock(), lambda name, error: ended.set())
    worker.start()
    assert ended.wait(5)
    worker.stop()


def test_stop_ends_the_work_and_is_no_crash() -> None:
    names: list[str] = []
    worker = Worker("respond", until_stopped, FakeClock(), lambda name, error: names.append(name))
    worker.start()
    worker.stop()
    worker.stop()
    assert names == []


def test_a_worker_that_does_not_stop_is_named() -> None:
    release = threading.Event()

    def hang(stop: threading.Event, beat: Beat) -> None:
        release.wait()

    worker = Worker("watch:front", hang, FakeClock(), lambda name, error: None)
    worker.start()
    with pytest.raises(WorkerStuckError, match="watch:front did not stop within 0.05 s"):
        worker.stop(timeout_s=0.05)
    release.set()


def test_r20_a_worker_without_progress_is_not_fresh() -> None:
    clock = FakeClock()
    beaten = threading.Event()

    def work(stop: threading.Event, beat: Beat) -> None:
        beat()
        beaten.set()
        stop.wait()

    worker = Worker("watch:front", work, clock, lambda name, error: None, limit_s=15)
    worker.start()
    assert beaten.wait(5)
    clock.advance(14)
    fresh_after_14_s = worker.fresh
    clock.advance(2)
    fresh_after_16_s = worker.fresh
    worker.stop()
    assert (fresh_after_14_s, fresh_after_16_s) == (True, False)
