from __future__ import annotations

import threading

import pytest

from pisecurity.errors import MailError
from pisecurity.runtime.background import BackgroundCall, CallCrashedError


def test_result_comes_from_a_daemon_thread_of_that_name() -> None:
    call = BackgroundCall("lookup", threading.current_thread)
    assert call.wait(30)
    thread = call.result()
    assert (thread.name, thread.daemon) == ("lookup", True)


def test_waiting_ends_though_the_work_does_not() -> None:
    released = threading.Event()
    call = BackgroundCall("lookup", released.wait)
    assert not call.wait(0.01)
    released.set()
    assert call.wait(30)
    assert call.result() is True


def test_error_of_ours_is_raised_to_the_caller() -> None:
    error = MailError("refused")

    def work() -> None:
        raise error

    call = BackgroundCall("lookup", work)
    assert call.wait(30)
    with pytest.raises(MailError) as caught:
        call.result()
    assert caught.value is error


def test_other_error_is_printed_and_said_to_be_a_bug(monkeypatch: pytest.MonkeyPatch) -> None:
    printed = threading.Event()
    monkeypatch.setattr(threading, "excepthook", lambda uncaught: printed.set())

    def work() -> None:
        raise ZeroDivisionError

    call = BackgroundCall("lookup", work)
    assert call.wait(30)
    with pytest.raises(CallCrashedError, match="lookup failed by a bug"):
        call.result()
    assert printed.wait(30)
