"""A bar on the terminal."""

from __future__ import annotations

from types import TracebackType
from typing import Self, TextIO

from pisecurity.adapters.clock import SystemClock
from pisecurity.ports import Clock

WIDTH = 30
EVERY_S = 0.1


class Progress:
    """How far a recording has been replayed and how fast; silent where nobody watches.

    It is drawn on stderr, so that the output can go into a file or a pipe, and wiped when it is over.
    """

    def __init__(self, name: str, length_s: float | None, terminal: TextIO, clock: Clock | None = None) -> None:
        self._name, self._length_s, self._terminal = name, length_s, terminal
        self._clock = clock or SystemClock()
        self._shown = terminal.isatty()
        self._began_s = self._drawn_s = self._clock.monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._shown:
            self._terminal.write("\r\x1b[K")
            self._terminal.flush()

    def show(self, done_s: float) -> None:
        """Draw *done_s* seconds of the recording as done, at most ten times a second."""
        if not self._shown:
            return
        now_s = self._clock.monotonic()
        if now_s - self._drawn_s < EVERY_S:
            return
        self._drawn_s = now_s
        speed = done_s / (now_s - self._began_s)
        self._terminal.write(f"\r\x1b[K{self._name[-40:]} {self._bar(done_s)} {speed:.0f} times real time")
        self._terminal.flush()

    def _bar(self, done_s: float) -> str:
        if not self._length_s:
            return f"{done_s:.0f} s"
        share = min(done_s / self._length_s, 1.0)
        filled = round(share * WIDTH)
        return f"[{'#' * filled}{'.' * (WIDTH - filled)}] {share:4.0%}"
