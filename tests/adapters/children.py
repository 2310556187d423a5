"""What tests run in a process of its own, to kill it: ``python -m tests.adapters.children JOB FOLDER``.

Each job prints a line after each step that has returned, so the test knows what was promised before the kill.
"""

from __future__ import annotations

import hashlib
import itertools
import os
import sys
import threading
import uuid
from collections.abc import Callable
from pathlib import Path

from pisecurity.adapters.clock import SystemClock
from pisecurity.adapters.state.lock import StateLock
from pisecurity.adapters.state.pictures import FilePictures
from pisecurity.adapters.store import SqliteStore
from pisecurity.core.types import AlarmState, AlertKind, Decision
from pisecurity.ports import PictureKind
from tests.adapters.values import TO, make_alert, make_event

PICTURE_IDS = tuple(f"{number:032x}" for number in range(8))


def promise(words: str) -> None:
    os.write(sys.stdout.fileno(), f"{words}\n".encode())


def commit_events(folder: Path) -> None:
    """Store events with their alerts until killed, printing each event id once it is stored."""
    store = SqliteStore(folder, SystemClock())
    while True:
        event = make_event(uuid.uuid4().hex)
        alert = make_alert(uuid.uuid4().hex, event_id=event.id)
        store.add_event(event, AlarmState.ARMED_AWAY, Decision(AlertKind.ALARM, "armed away"), alert, TO)
        promise(event.id)


def save_pictures(folder: Path) -> None:
    """Write and replace pictures until killed, printing ``<event id> <turn>`` once one is saved."""
    pictures = FilePictures(folder)
    for turn in itertools.count():
        for event_id in PICTURE_IDS:
            pictures.save(event_id, PictureKind.ANNOTATED, sealed_picture(turn))
            promise(f"{event_id} {turn}")


def hold_lock(folder: Path) -> None:
    """Hold the lock until killed, printing the process id once it is held."""
    with StateLock(folder):
        promise(str(os.getpid()))
        threading.Event().wait()


def sealed_picture(turn: int) -> bytes:
    """Return 200 kB that end with their own SHA-256, so a half is recognised."""
    body = turn.to_bytes(8, "big") * 25_000
    return body + hashlib.sha256(body).digest()


def turn_of(picture: bytes) -> int:
    """Return the turn of a whole sealed picture."""
    body, seal = picture[:-32], picture[-32:]
    assert hashlib.sha256(body).digest() == seal
    return int.from_bytes(body[:8], "big")


JOBS: dict[str, Callable[[Path], None]] = {
    "commit_events": commit_events,
    "save_pictures": save_pictures,
    "hold_lock": hold_lock,
}

if __name__ == "__main__":
    JOBS[sys.argv[1]](Path(sys.argv[2]))
