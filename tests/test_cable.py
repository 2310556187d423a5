"""The cable is pulled out of the real daemon's machine: somebody outside notices, and nothing is lost by it.

``make test-servers`` runs it, in a network of its own.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from benchmarks.post.sink import Sink
from benchmarks.post.tally import QUERY, row, tally
from tests.rigs.daemon import Household, wait_for
from tests.rigs.outside import FAR, MESSAGE, PING, Cable, PingService

pytestmark = pytest.mark.servers

EVERY_S = 60
"""The least that ``life.ping_every_s`` may be."""
GRACE_S = 15
NOTICED_S = 600.0
WAITING = "SELECT count(DISTINCT alert) FROM outbox WHERE outcome IN ('waiting', 'later') AND step = 1"
EVENTS = "SELECT count(*) FROM events"


@pytest.fixture
def outside(tmp_path: Path) -> Iterator[Sink]:
    """A mail server in another network."""
    if "PISECURITY_SERVERS" not in os.environ:
        pytest.fail("needs a network of its own: sudo make test-servers")
    (tmp_path / "outside").mkdir()
    with Sink(tmp_path / "outside", FAR, ("unshare", "--net")) as sink:
        yield sink


def count(house: Household, query: str) -> int:
    return int(house.rows(query)[0][0])


@pytest.mark.timeout(300)
def test_r49_a_pulled_cable_is_noticed_outside_within_ten_minutes_and_costs_no_alert(
    tmp_path: Path, outside: Sink
) -> None:
    cable = Cable(outside.pid)
    with PingService(outside.pid, EVERY_S + GRACE_S) as service:
        url = f"http://{FAR}:{service.port}/4f3a9c1e"
        life = f'[life]\nping_at_home = true\nping_url = "{url}"\nping_every_s = {EVERY_S}\n'
        house = Household(tmp_path, outside, life=life)
        with house.daemon() as daemon:
            assert house.run("arm").returncode == 0
            wait_for("mail before the cable is pulled", outside.mails)
            wait_for("ping", lambda: service.said_s(PING))
            assert cable.has_carrier() and service.said_s(MESSAGE) == []

            cable.pull()
            cut_s, before = time.monotonic(), count(house, EVENTS)
            assert not cable.has_carrier()
            (told_s,) = wait_for("message of the ping service", lambda: service.said_s(MESSAGE), NOTICED_S)
            assert 0 < told_s - cut_s <= EVERY_S + GRACE_S + 5 < NOTICED_S
            assert count(house, EVENTS) > before, "it went on watching"
            assert count(house, WAITING) > 0, "and kept what it saw"
            assert "next try" in house.run("status").stdout
            taken = len(outside.mails())

            cable.plug()
            wait_for("mails after the cable is back", lambda: len(outside.mails()) > taken, 60)
            assert house.run("disarm").returncode == 0  # or there would always be a new alert
            wait_for("empty outbox", lambda: count(house, WAITING) == 0, 60)
            assert daemon.stop() == 0
    with closing(sqlite3.connect(house.folder / "pisecurity.db")) as database:
        rows = [row(*values) for values in database.execute(QUERY)]
    counted = tally(rows, outside.mails())
    assert counted.alerts > 2
    assert (counted.lost, counted.doubled, counted.early) == ((), (), ())
