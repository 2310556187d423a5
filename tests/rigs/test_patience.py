"""What counts as too slow on a busy machine."""

from __future__ import annotations

import threading
import time

import pytest

from tests.rigs.patience import within


def test_what_takes_too_long_is_found() -> None:
    within(0.5, lambda: None)
    with pytest.raises(AssertionError):
        within(0.05, lambda: time.sleep(0.5))


def test_a_thread_that_waited_long_before_and_ends_meanwhile_makes_nothing_slow(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    waits = iter([{"main": 1.0, "encoder": 5.0}, {"main": 1.0}])
    monkeypatch.setattr("tests.rigs.patience.waited_for_processor_s", lambda: next(waits))
    within(0.5, threading.Event().is_set)
