"""Measures the running daemon against its figures: start, movement to mail, memory, processor, replay speed.

The daemon runs as its owner runs it: a 640x480 recording at 10 frames a second with a person in view for most
of the time, a mail server on loopback with STARTTLS and a login, the page open. Memory and processor time are
the kernel's own figures for the daemon's process alone. Mails come from a run of their own without a pause
between alerts. Each figure is the median of several runs or the percentile of many mails.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import av

from benchmarks.figures import Figure, footprint, told_and_kept
from tests.rigs.daemon import CHECKOUT, Household, wait_for
from tests.rigs.smtp import Authority, SmtpServer

CLIP = CHECKOUT / "tests" / "clips" / "garden_visit.mp4"


def percentile(values: list[float], share: float) -> float:
    """Return the value at or below which *share* of *values* lie (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * round(share * 100) // 100) - 1)]


@contextmanager
def household(folder: Path) -> Iterator[Household]:
    """Give a house with its own mail server."""
    folder.mkdir()
    with SmtpServer(Authority(folder)) as server:
        yield Household(folder, server, CLIP)


def first_frame_s(house: Household) -> float:
    """Return the seconds from starting the process to its first analysed frame."""
    started_s = time.monotonic()
    with house.daemon() as daemon:
        wait_for("first frame", lambda: daemon.state()["cameras"][0]["age_s"] is not None)
        taken_s = time.monotonic() - started_s
        daemon.stop()
    return taken_s


def mail_latencies_s(house: Household, mails: int) -> list[float]:
    """Return for each alarm the seconds from the frame that opened it to the mail server's yes."""
    house.tables["alarm"] = (
        "[alarm]\nalert_pause_s = 0\nalerts_per_hour = 1000\ntrigger_time_s = 10\n[alarm.away]\nexit_delay_s = 0\n"
    )
    house.tables["motion"] = "[motion]\nevent_gap_s = 1\nhold_s = 1\n"
    house.write_config()
    query = "SELECT accepted_us - at_us FROM deliveries WHERE outcome = 'accepted' AND kind = 'alarm' AND attempts = 1"
    with house.daemon() as daemon:
        daemon.switch("armed_away")
        wait_for(f"{mails} mails", lambda: len(house.rows(query)) >= mails, 60.0 * mails)
        daemon.stop()
    return [row[0] / 1e6 for row in house.rows(query)]


def resident_and_share(house: Household, seconds: float) -> tuple[float, float]:
    """Return resident MB and the share of one core."""
    with house.daemon() as daemon:
        figures = footprint(daemon, seconds)
        daemon.stop()
    return figures


def replay_speed(runs: int) -> float:
    """Return how many times faster than real time ``replay`` goes through the clip, start of Python included."""
    with av.open(str(CLIP)) as clip:
        length_s = (clip.duration or 0) / 1e6
    times = []
    for _ in range(runs):
        started_s = time.monotonic()
        subprocess.run([sys.executable, "-m", "pisecurity", "replay", str(CLIP)], check=True, capture_output=True)
        times.append(time.monotonic() - started_s)
    return length_s / statistics.median(times)


def measure(seconds: float, mails: int, runs: int) -> list[Figure]:
    """Return all figures."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        with household(folder / "start") as house:
            starts = [first_frame_s(house) for _ in range(runs)]
        with household(folder / "quiet") as house:
            resident, share = resident_and_share(house, seconds)
        with household(folder / "mails") as house:
            latencies = mail_latencies_s(house, mails)
    return [
        Figure(f"start to first analysed frame, median of {runs}", statistics.median(starts), "s", 2),
        Figure(f"movement to mail accepted, p95 of {len(latencies)}", percentile(latencies, 0.95), "s", 2),
        Figure("resident memory, person in view", resident, "MB", 110),
        Figure("processor, share of one core", share * 100, "%", 15),
        Figure(f"replay, decoding included, median of {runs}", replay_speed(runs), "x real time", 20, at_least=True),
    ]


def main() -> None:
    """Measure, print the table, keep the result."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60, help="how long memory and processor are watched")
    parser.add_argument("--mails", type=int, default=20, help="how many alarm mails are timed")
    parser.add_argument("--runs", type=int, default=5, help="how often start and replay are timed")
    args = parser.parse_args()
    figures = measure(args.seconds, args.mails, args.runs)
    sys.exit(told_and_kept("daemon", figures, CLIP.name))


if __name__ == "__main__":
    main()
