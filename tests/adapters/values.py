"""Values that the tests of the disk store, and how they start and kill another process."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pisecurity.adapters.store import SqliteStore
from pisecurity.core.types import Alert, AlertKind, Box, Event, Phase
from pisecurity.ports import Address
from tests.fakes import START, FakeClock

ROOT = Path(__file__).parents[2]
TO = (Address("mail", "anna@example.org"), Address("mail", "ben@example.org"))


def make_event(event_id: str, camera: str = "front") -> Event:
    return Event(
        camera=camera,
        number=1,
        phase=Phase.OPENED,
        opened_s=5.0,
        opened_at=START,
        last_s=5.0,
        box=Box(0.1, 0.2, 0.3, 0.4),
        boxes=(),
        zones=frozenset({"garden", "path"}),
        entry=frozenset(),
        score=0.8,
        reason="travelled 12 %, needs 5 %",
        id=event_id,
    )


def make_alert(alert_id: str, kind: AlertKind = AlertKind.ALARM, event_id: str | None = None) -> Alert:
    return Alert(alert_id, kind, START, "Movement in the garden", "Somebody walks in the garden.", event_id)


@contextmanager
def opened(folder: Path) -> Iterator[SqliteStore]:
    """Open the store in *folder* while the block runs."""
    store = SqliteStore(folder, FakeClock())
    try:
        yield store
    finally:
        store.close()


class Child:
    """A running job of ``tests.adapters.children``."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process = process

    def first_promise(self) -> str:
        """Wait for the first line and return it."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline().decode().strip()
        assert line, "the child ended before its first promise"
        return line

    def kill(self) -> tuple[str, ...]:
        """Kill -9 it and return all lines it got out after the first, whole ones only."""
        assert self.process.stdout is not None
        self.process.kill()
        rest = self.process.stdout.read().decode()
        self.process.wait()
        return tuple(rest[: rest.rfind("\n") + 1].splitlines())


@contextmanager
def child(job: str, folder: Path) -> Iterator[Child]:
    """Run *job* in a process of its own; it is killed at the end at the latest."""
    command = (sys.executable, "-m", "tests.adapters.children", job, str(folder))
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as process:
        try:
            yield Child(process)
        finally:
            process.kill()


def kill_after(job: str, folder: Path, seconds: float) -> tuple[str, ...]:
    """Run *job*, kill it *seconds* after its first promise and return all it promised."""
    with child(job, folder) as running:
        first = running.first_promise()
        threading.Event().wait(seconds)
        return (first, *running.kill())
