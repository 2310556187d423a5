"""Whole programs that look at a file: how they are run, and what the kernel says they used."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol, Self

CHECKOUT: Final = Path(__file__).parents[2]
UPTIME: Final = Path("/proc/uptime")
"""Seconds since boot, to the hundredth; a shell can read it without starting a further program."""
LOOK_EVERY_S: Final = 0.1
"""How often the memory of a program is read."""


class NotInstallableError(Exception):
    """A program cannot be had on this machine."""


class ProgramError(Exception):
    """A program did not do what it was started for."""


@dataclass(frozen=True, slots=True)
class Reel:
    """A recording as a whole program gets it."""

    file: Path
    size: tuple[int, int]
    """``(width, height)`` in pixels."""
    seconds: float


@dataclass(frozen=True, slots=True)
class Usage:
    """What a process and those of its children that it waited for took."""

    cpu_s: float
    """User and system time."""
    peak_mb: float
    """Largest resident memory in MB of 2^20 bytes, looked at ten times a second."""


@dataclass(frozen=True, slots=True)
class Watched:
    """What a program made of a recording."""

    alarms: tuple[tuple[float, float], ...]
    """From and to, in seconds from the first frame."""
    usage: Usage


class Program(Protocol):
    """A peer as it is installed and used."""

    @property
    def name(self) -> str: ...

    def install(self) -> None:
        """See to it that it is there. Raises NotInstallableError."""
        ...

    def watch(self, reel: Reel, folder: Path) -> Watched:
        """Let it look at *reel* once; what it has to write goes into *folder*. Raises ProgramError."""
        ...


@dataclass(frozen=True, slots=True)
class Ended:
    """A process that is over."""

    lines: tuple[tuple[float, str], ...]
    """What it printed to stdout, each line with the seconds since boot at which it came."""
    errors: str
    """What it printed to stderr."""
    code: int
    """Below 0: the signal that ended it."""
    usage: Usage


def run(command: Sequence[str | Path], limit_s: float, *, until: str | None = None) -> Ended:
    """Run *command* in the checkout and in a process group of its own until it ends.

    Args:
        until: end it, and with it its group, as soon as it prints a line that holds this.

    Raises:
        ProgramError: it cannot be started, or was not over after *limit_s*.
    """
    with tempfile.TemporaryFile("w+", errors="replace") as errors:
        try:
            process = subprocess.Popen(
                command,
                cwd=CHECKOUT,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                errors="replace",
                start_new_session=True,
            )
        except OSError as error:
            raise ProgramError(f"{command[0]}: cannot be started ({error.strerror})") from error
        with process, _Attendant(process.pid, limit_s) as attendant:
            lines = _read(process.stdout or (), until)
            if until is None:
                # Not reaped yet: until then no other group can have its number.
                os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
            kill_group(process.pid)
            _, status, used = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        if attendant.overdue:
            raise ProgramError(f"{command[0]}: was not over after {limit_s:g} s")
        errors.seek(0)
        usage = Usage(used.ru_utime + used.ru_stime, attendant.peak_mb)
        return Ended(lines, errors.read(), process.returncode, usage)


def kill_group(group: int) -> None:
    """End all processes of *group* at once, as far as they are ours to end."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)


def uptime_s() -> float:
    """Return the seconds since boot, to the hundredth."""
    return float(UPTIME.read_text().split()[0])


def last_line(text: str) -> str:
    """Return the last line of *text* that is not blank: mostly where a program says what went wrong."""
    return next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "it said nothing")


def _read(stream: Iterable[str], until: str | None) -> tuple[tuple[float, str], ...]:
    lines = []
    for line in stream:
        lines.append((uptime_s(), line.rstrip("\n")))
        if until is not None and until in line:
            break
    return tuple(lines)


class _Attendant:
    """A thread that notes the memory of a process, and ends its group when it takes too long or nobody waits for it."""

    def __init__(self, pid: int, limit_s: float) -> None:
        self.peak_mb, self.overdue = 0.0, False
        self._pid, self._until_s = pid, time.monotonic() + limit_s
        self._left = threading.Event()
        self._thread = threading.Thread(target=self._attend)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:
            kill_group(self._pid)
        self._left.set()
        self._thread.join()

    def _attend(self) -> None:
        self._look()
        while not self._left.wait(LOOK_EVERY_S):
            self._look()
            if time.monotonic() > self._until_s and not self.overdue:
                self.overdue = True
                kill_group(self._pid)

    def _look(self) -> None:
        # Not ru_maxrss of wait4: that starts with the memory of the process which started this one.
        with suppress(OSError):
            status = Path(f"/proc/{self._pid}/status").read_text()
            kb = next((int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM:")), 0)
            self.peak_mb = max(self.peak_mb, kb / 1024)
