"""The clocks of the kernel."""

from __future__ import annotations

import ctypes
import os
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from pisecurity.adapters.clock import TIME_ERROR, SystemClock


def test_now_is_utc() -> None:
    before = datetime.now(UTC)
    now = SystemClock().now()
    assert before <= now <= datetime.now(UTC)
    assert now.utcoffset() == timedelta(0)


def test_monotonic_is_the_clock_of_the_kernel() -> None:
    assert time.monotonic() <= SystemClock().monotonic() <= time.monotonic()


def test_instants_of_one_boot_can_be_compared_between_clocks() -> None:
    earlier, later = SystemClock().instant(), SystemClock().instant()
    passed = later.seconds_since(earlier)
    assert passed is not None
    assert passed >= 0


def test_an_instant_counts_from_the_boot() -> None:
    before = time.clock_gettime(time.CLOCK_BOOTTIME)
    instant = SystemClock().instant()
    assert before <= instant.since_boot_s <= time.clock_gettime(time.CLOCK_BOOTTIME)
    assert instant.boot_id == Path("/proc/sys/kernel/random/boot_id").read_text().strip()


def test_where_the_boot_id_is_hidden_a_restart_counts_as_a_reboot(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    before, after = SystemClock(tmp_path / "hidden"), SystemClock(tmp_path / "hidden")
    assert before.instant().seconds_since(before.instant()) is not None
    assert after.instant().seconds_since(before.instant()) is None
    assert "hidden" in caplog.text


def kernel_answers(monkeypatch: pytest.MonkeyPatch, state: int) -> None:
    monkeypatch.setattr(ctypes, "CDLL", lambda name: SimpleNamespace(adjtimex=lambda buffer: state))


@pytest.mark.parametrize(("state", "expected"), [(0, True), (1, True), (TIME_ERROR, False), (-1, False)])
def test_r26_without_timesyncd_the_kernel_knows_whether_the_clock_was_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, state: int, *, expected: bool
) -> None:
    kernel_answers(monkeypatch, state)
    assert SystemClock(synchronised_file=tmp_path / "synchronized").synchronised() is expected


def test_r26_where_the_sandbox_refuses_the_kernel_timesyncd_tells(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kernel_answers(monkeypatch, -1)
    clock = SystemClock(synchronised_file=tmp_path / "synchronized")
    assert not clock.synchronised()
    (tmp_path / "synchronized").touch()
    assert clock.synchronised()


def test_r29_a_clock_that_no_time_server_has_set_for_a_week_counts_as_set_by_nobody(tmp_path: Path) -> None:
    file = tmp_path / "synchronized"
    clock = SystemClock(synchronised_file=file)
    file.touch()
    for days, expected in [(6, True), (8, False)]:
        set_at = time.time() - timedelta(days=days).total_seconds()
        os.utime(file, (set_at, set_at))
        assert clock.synchronised() is expected
    file.touch()
    assert clock.synchronised(), "timesyncd has reached one again"


def test_r26_asking_changes_nothing_of_the_real_clock() -> None:
    before = time.time() - time.monotonic()
    SystemClock().synchronised()
    assert time.time() - time.monotonic() == pytest.approx(before, abs=0.5)


def test_waiting_takes_the_time_when_nobody_stops_it() -> None:
    clock = SystemClock()
    before = clock.monotonic()
    assert clock.wait(threading.Event(), 0.05) is False
    assert clock.monotonic() - before >= 0.05


def test_waiting_ends_when_stopped() -> None:
    clock, stop = SystemClock(), threading.Event()
    waiter = threading.Timer(0.05, stop.set)
    waiter.start()
    assert clock.wait(stop, 60) is True
    waiter.join()


@pytest.mark.parametrize("seconds", [-1.0, 0.0])
def test_waiting_no_time_returns_at_once(seconds: float) -> None:
    assert SystemClock().wait(threading.Event(), seconds) is False


def test_waiting_longer_than_the_system_can_is_no_error() -> None:
    stop = threading.Event()
    stop.set()
    assert SystemClock().wait(stop, 1e300) is True
