"""A named, stoppable thread that is loud when it dies and says when it last made progress."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from pisecurity.errors import PiSecurityError, WorkerStuckError
from pisecurity.ports import Clock

log = logging.getLogger(__name__)

Beat = Callable[[], None]
Work = Callable[[threading.Event, Beat], None]
"""``work(stop, beat)``: returns soon after *stop* is set; calls *beat* at least every ``limit_s``."""
OnCrash = Callable[[str, Exception | None], None]
"""``on_crash(name, error)``: the worker *name* ended by *error*, or by nothing at all."""

BEAT_EVERY_S = 5.0


def rest(clock: Clock, stop: threading.Event, beat: Beat, seconds: float) -> bool:
    """Wait *seconds*, beating meanwhile; return whether *stop* was set."""
    left_s = seconds
    while left_s > 0 and not stop.is_set():
        beat()
        clock.wait(stop, min(left_s, BEAT_EVERY_S))
        left_s -= BEAT_EVERY_S
    return stop.is_set()


class Worker:
    """A named thread around ``work(stop, beat)``; a crash is reported, never swallowed."""

    def __init__(self, name: str, work: Work, clock: Clock, on_crash: OnCrash, *, limit_s: float = 15.0) -> None:
        self.name, self.limit_s = name, limit_s
        self._work, self._clock, self._on_crash = work, clock, on_crash
        self._stop = threading.Event()
        self._beat_s = clock.monotonic()
        # Daemon, because a camera driver stuck in the kernel must not keep the
        # process alive once stop() has reported it.
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        self._beat_s = self._clock.monotonic()
        self._thread.start()

    def ask_to_stop(self) -> None:
        """Set the stop event without waiting, so that several workers can end at the same time."""
        self._stop.set()

    def stop(self, timeout_s: float = 5.0) -> None:
        """Ask the thread to finish and wait for it; may be called twice, and before start().

        Raises:
            WorkerStuckError: it did not finish within *timeout_s*.
        """
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(timeout_s)
        if self._thread.is_alive():
            raise WorkerStuckError(f"{self.name} did not stop within {timeout_s:g} s")

    @property
    def stale_s(self) -> float:
        """Seconds since the last sign of progress."""
        return self._clock.monotonic() - self._beat_s

    @property
    def fresh(self) -> bool:
        """Whether it made progress within its limit; False once its thread has ended."""
        return self._thread.is_alive() and self.stale_s < self.limit_s

    def _beat(self) -> None:
        self._beat_s = self._clock.monotonic()

    def _run(self) -> None:
        try:
            self._work(self._stop, self._beat)
        except PiSecurityError as error:
            log.error("worker gave up name=%s reason=%s", self.name, error)
            self._on_crash(self.name, error)
        except Exception as error:
            log.exception("worker crashed name=%s", self.name)
            self._on_crash(self.name, error)
        else:
            if not self._stop.is_set():
                log.error("worker ended unasked name=%s", self.name)
                self._on_crash(self.name, None)
