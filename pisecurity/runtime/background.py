"""One call in a thread of its own, so that its caller can wait in slices or give up."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from pisecurity.errors import PiSecurityError

Result = TypeVar("Result")


class CallCrashedError(PiSecurityError):
    """The call ended by an error that is none of ours; the traceback is in the log."""


class BackgroundCall(Generic[Result]):
    """Runs *work* at once in a named daemon thread.

    An error of ours is kept for ``result``; any other goes the way of every uncaught error of a
    thread, to stderr with its traceback, and ``result`` says that there is none.
    """

    def __init__(self, name: str, work: Callable[[], Result]) -> None:
        self._name, self._work = name, work
        self._results: list[Result] = []
        self._error: PiSecurityError | None = None
        self._done = threading.Event()
        # Daemon, because a name lookup stuck in the C library must not keep the process alive.
        threading.Thread(target=self._run, name=name, daemon=True).start()

    def wait(self, timeout_s: float) -> bool:
        """Return whether it has ended, waiting up to *timeout_s* real seconds for it."""
        return self._done.wait(timeout_s)

    def result(self) -> Result:
        """Return what *work* returned, or raise what it raised; call it only after it has ended.

        Raises:
            CallCrashedError: it ended by an unforeseen error.
        """
        if self._error is not None:
            raise self._error
        if not self._results:
            raise CallCrashedError(f"{self._name} failed by a bug; the log holds the traceback")
        return self._results[0]

    def _run(self) -> None:
        try:
            self._results.append(self._work())
        except PiSecurityError as error:
            self._error = error
        finally:
            self._done.set()
