"""The clocks of the kernel."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pisecurity.adapters.clock import SystemClock


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
