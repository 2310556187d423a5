"""From the frame that opened an event to the mail server's yes: the real daemon, on loopback or over a slow link.

As a program, ``python -m benchmarks.post.latency FOLDER COUNT SEED``, it measures over the link; it must run in a
network of its own.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from benchmarks.daemon import percentile
from benchmarks.post.household import busy_house
from benchmarks.post.link import FAR, OWN_NETWORK, Link, Quality
from benchmarks.post.sink import Sink
from pisecurity.adapters.mail.message import message_id
from tests.rigs.daemon import CHECKOUT, Household, wait_for

CAMERAS_ON_LOOPBACK, CAMERAS_OVER_LINK = 2, 1
"""Each has two alarms in 18 s. Over the link a mail takes seconds, and one must not wait for the other."""
LONGEST_S = 20.0
"""Between two alarms, in the mean; who waits longer than this for each has found something wrong."""
ALARMS = "SELECT id, event_id FROM alerts WHERE kind = 'alarm'"
OPENED = "SELECT id, opened_us FROM events"


def latencies_s(house: Household, sink: Sink, count: int) -> list[float]:
    """Return the seconds of *count* alarms, from the stored time of opening to the server's own clock, in order."""

    def enough() -> bool:
        return len(sink.mails()) >= count and len(_measured(house, sink)) >= count

    with house.daemon() as daemon:
        armed = house.run("arm")
        if armed.returncode != 0:
            raise RuntimeError(f"the house of the benchmark cannot be armed: {armed.stderr}")
        wait_for(f"{count} alarms", enough, 30 + LONGEST_S * count)
        daemon.stop()
    return _measured(house, sink)[:count]


def _measured(house: Household, sink: Sink) -> list[float]:
    """Return the latency of each alarm that was taken, in order of the opening."""
    opened = {event: at_us / 1e6 for event, at_us in house.rows(OPENED)}
    taken = {mail.message_id: mail.at_s for mail in reversed(sink.mails())}
    rows = [(opened[event], message_id(alert)) for alert, event in house.rows(ALARMS) if event in opened]
    return [taken[sent] - opened_s for opened_s, sent in sorted(rows) if sent in taken]


def on_loopback(folder: Path, count: int) -> list[float]:
    """Measure on loopback."""
    with Sink(folder) as sink:
        return latencies_s(busy_house(folder, sink, CAMERAS_ON_LOOPBACK), sink, count)


def over_link(folder: Path, count: int, seed: int) -> tuple[list[float], str]:
    """Measure over the link; also return how many packets it carried and lost, in words."""
    command = [*OWN_NETWORK, sys.executable, "-m", __name__, str(folder), str(count), str(seed)]
    done = subprocess.run(command, cwd=CHECKOUT, stdout=subprocess.PIPE, text=True, check=True)
    told = json.loads(done.stdout.splitlines()[-1])
    return told["latencies_s"], told["packets"]


def _inside(folder: Path, count: int, seed: int) -> None:
    sink = Sink(folder, FAR, ("unshare", "--net"))
    with sink, Link(sink.pid, Quality(), seed) as link:
        found = latencies_s(busy_house(folder, sink, CAMERAS_OVER_LINK), sink, count)
        late_ms = 1000 * percentile(link.late_s, 0.99)
    packets = (
        f"{link.up.carried} packets up, {link.up.lost} lost, {link.down.carried} down, {link.down.lost} lost, "
        f"99 of 100 carried at most {late_ms:.1f} ms late"
    )
    print(json.dumps({"latencies_s": found, "packets": packets}))


if __name__ == "__main__":
    _inside(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
