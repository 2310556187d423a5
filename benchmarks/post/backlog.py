"""A thousand alerts leave at once: what the daemon takes for it, and whether its camera loses a frame meanwhile."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

from benchmarks.figures import resident_mb
from benchmarks.post.household import CLIP, busy_house, hasty, lost_frames, recorded
from benchmarks.post.sink import Sink
from benchmarks.post.tally import QUERY, Tally, row, tally
from pisecurity.adapters.clock import SystemClock
from pisecurity.adapters.jpeg import SimpleJpegEncoder
from pisecurity.adapters.state.pictures import FilePictures
from pisecurity.adapters.store import SqliteStore
from pisecurity.core.types import Alert, AlertKind
from pisecurity.ports import Address, PictureKind
from tests.rigs.daemon import DaemonProcess, wait_for
from tests.rigs.hasty import FRAMES
from tests.rigs.smtp import ANNA

WARM_S, AFTER_S = 30.0, 5.0
LOOK_EVERY_S = 0.25
EACH_S = 3.0
"""Longest that an alert may take in the mean before the benchmark gives up."""
LEFT = "SELECT count(*) FROM deliveries WHERE outcome <> 'accepted' AND subject LIKE 'ALARM %'"
"""Those that were there at the start."""
WAITING = "SELECT count(*) FROM outbox WHERE outcome IN ('waiting', 'later')"


@dataclass(frozen=True, slots=True)
class Backlog:
    """What came out of it."""

    tally: Tally
    before_mb: float
    """Resident memory of the daemon while all of them wait: the median."""
    most_mb: float
    """The most while they leave."""
    took_s: float
    frames: int
    """Of its camera, while they leave."""
    lost: int
    """Of these."""
    lost_before: int
    """While they wait; a machine that is too busy loses some then as well."""


def backlog_run(folder: Path, alerts: int) -> Backlog:
    """Let *alerts* with a picture each wait for a mail server, which then comes; the house is armed and goes on."""
    sink, notes = Sink(folder), folder / "frames.txt"
    house = busy_house(folder, sink, 1)
    _fill(house.folder, alerts)
    with hasty(house, **{FRAMES: str(notes)}) as daemon:
        house.run("arm")
        time.sleep(WARM_S / 2)
        before_mb = statistics.median(_memory(daemon, time.monotonic() + WARM_S / 2, lambda: False))
        with sink:
            began_s = time.monotonic()
            give_up_s = began_s + 60 + EACH_S * alerts
            most_mb = max(_memory(daemon, give_up_s, lambda: house.rows(LEFT) == [(0,)]))
            took_s = time.monotonic() - began_s
            most_mb = max(most_mb, *_memory(daemon, time.monotonic() + AFTER_S, lambda: False))
            house.run("disarm")  # or there would always be a new alert
            wait_for("empty outbox", lambda: house.rows(WAITING) == [(0,)], 60)
        daemon.stop()
        rows = [row(*values) for values in house.rows(QUERY)]
    frames, lost = lost_frames(notes.read_text(), began_s, began_s + took_s)
    _, lost_before = lost_frames(notes.read_text(), 0, began_s)
    return Backlog(tally(rows, sink.mails()), before_mb, most_mb, took_s, frames, lost, lost_before)


def _memory(daemon: DaemonProcess, until_s: float, over: Callable[[], bool]) -> Iterator[float]:
    """Yield the resident memory again and again, until the time has come or it is *over*."""
    yield resident_mb(daemon)
    while time.monotonic() < until_s and not over():
        time.sleep(LOOK_EVERY_S)
        yield resident_mb(daemon)


def _fill(folder: Path, alerts: int) -> None:
    """Put *alerts* into the outbox of a house that is not running, one second apart."""
    clock, pictures = SystemClock(), FilePictures(folder)
    store = SqliteStore(folder, clock)
    jpeg = SimpleJpegEncoder().annotated(recorded(CLIP)[-1], (), "")
    first_at = clock.now() - timedelta(seconds=alerts)
    for number in range(alerts):
        event_id, at = f"{number:032x}", first_at + timedelta(seconds=number)
        name = sha256(event_id.encode()).hexdigest()[:32]
        pictures.save(event_id, PictureKind.ANNOTATED, jpeg)
        alert = Alert(name, AlertKind.ALARM, at, f"ALARM {number}", "Somebody was there.", event_id=event_id)
        store.add_alert(alert, [Address("mail", ANNA)])
    store.close()
