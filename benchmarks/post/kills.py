"""The real daemon, killed again and again while it is armed, with a mail server that is away half of the time."""

from __future__ import annotations

import random
import shutil
import sqlite3
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benchmarks.post.household import HASTY, busy_house, hasty
from benchmarks.post.sink import Sink
from benchmarks.post.tally import QUERY, Tally, row, tally
from tests.rigs.daemon import DaemonProcess, Household, wait_for

CAMERAS = 3
"""So that somebody comes every few seconds."""
LIVES_S = (0.3, 15.0)
"""Least and most from the start of the process to its end; every other time from the next event that it tells of."""
TELLING_S = (0.0, 2.5)
QUIET_S = 20.0
"""Longest wait for an event to be killed after."""
OPENED = "event opened"
"""How the log begins a line about an event and its alert, both stored."""
HERE_S, AWAY_S = (1.0, 6.0), (1.0, 6.0)
DRAIN_S = 120.0
MODE = "SELECT mode FROM alarm"
ALERTS = "SELECT id FROM alerts"
OPEN = "SELECT 1 FROM outbox WHERE outcome IN ('waiting', 'later') LIMIT 1"
UNTOLD = (
    "SELECT id FROM events WHERE kind IS NOT NULL AND id NOT IN (SELECT event_id FROM alerts WHERE event_id NOT NULL)"
)
"""Events that were decided to be told of, and have no alert."""


@dataclass(frozen=True, slots=True)
class Killed:
    """What came out of the kill run."""

    kills: int
    while_away: int
    """Kills while the mail server was away."""
    tally: Tally
    forgotten: tuple[str, ...]
    """Alerts that were on disk at a kill and are not at the end, and events without the alert they were to have."""
    disarmed: int
    """Kills after which the house was not armed."""


class Comings:
    """Takes the mail server away and brings it back, at random, in a thread of its own."""

    def __init__(self, sink: Sink, dice: random.Random) -> None:
        self._sink, self._dice = sink, dice
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.away = False
        self.cuts_s: list[float] = []
        """When it went away, in seconds since 1970."""

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """End with the server there."""
        self._ending.set()
        self._thread.join(60)

    def _run(self) -> None:
        while not self._ending.wait(self._dice.uniform(*HERE_S)):
            self.away = True
            self._sink.leave()
            self.cuts_s.append(time.time())
            self._ending.wait(self._dice.uniform(*AWAY_S))
            self._sink.come()
            self.away = False


def kill_run(folder: Path, kills: int, seed: int, tell: Callable[[str], None]) -> Killed:
    """Kill the daemon *kills* times, then let it send what waits, and count."""
    dice = random.Random(seed)
    with Sink(folder) as sink:
        house, comings = busy_house(folder, sink, CAMERAS), Comings(sink, random.Random(seed + 1))
        with hasty(house) as daemon:
            house.run("arm")
            daemon.stop()
        comings.start()
        stored: set[str] = set()
        cuts_s, while_away, disarmed = [], 0, 0
        for number in range(kills):
            daemon = DaemonProcess(["run", "--state", str(house.folder)], house.port, house.log, module=HASTY)
            try:
                _live(house.log, number, dice)
            finally:
                daemon.process.kill()
                daemon.process.wait()
            cuts_s.append(time.time())
            while_away += comings.away
            with tempfile.TemporaryDirectory(dir=folder) as copy:
                left = _copied(house, Path(copy))
                stored |= {alert for (alert,) in left.execute(ALERTS)}
                disarmed += left.execute(MODE).fetchone() != ("armed_away",)
                left.close()
            tell(f"killed {number + 1} of {kills}, {len(stored)} alerts so far")
        comings.stop()
        with hasty(house) as daemon:
            house.run("disarm")  # or there would always be a new alert
            wait_for("empty outbox", lambda: not house.rows(OPEN), DRAIN_S)
            daemon.stop()
        rows, kept = [row(*values) for values in house.rows(QUERY)], {alert for (alert,) in house.rows(ALERTS)}
        forgotten = sorted(stored - kept) + [event for (event,) in house.rows(UNTOLD)]
        counted = tally(rows, sink.mails(), [*cuts_s, *comings.cuts_s])
        return Killed(kills, while_away, counted, tuple(forgotten), disarmed)


def _live(log: Path, number: int, dice: random.Random) -> None:
    """Let the daemon run until its end is due."""
    if number % 2:
        time.sleep(dice.uniform(*LIVES_S))
        return
    after_s = dice.uniform(*TELLING_S)
    told, until_s = log.read_text().count(OPENED), time.monotonic() + QUIET_S
    while log.read_text().count(OPENED) == told and time.monotonic() < until_s:
        time.sleep(0.02)
    time.sleep(after_s)


def _copied(house: Household, folder: Path) -> sqlite3.Connection:
    """Open a copy of the database as the kill left it: to open it where it lies would tidy it up."""
    for file in house.folder.glob("pisecurity.db*"):
        if not file.name.endswith("-shm"):
            shutil.copy(file, folder / file.name)
    return sqlite3.connect(folder / "pisecurity.db")
