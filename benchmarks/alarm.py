"""Measures how fast the alarm switches: decided, stored and visible, and seen in another browser.

store     the panel over the real store on this disk: from the order to its return, when it is decided and stored
page      the real daemon over HTTP: from the tap to an answer of /api/state that says so, asked after that of the tap
browser   the same, until the word stands in the page that a Chromium shows; tapped at any moment between two of its
          questions
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import sys
import tempfile
import time
from contextlib import closing
from itertools import cycle, islice
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from benchmarks.daemon import percentile
from benchmarks.figures import Figure, told_and_kept, whole_number
from pisecurity.adapters.clock import SystemClock
from pisecurity.adapters.store import SqliteStore
from pisecurity.core.types import Mode
from pisecurity.runtime.alarm.panel import Panel
from pisecurity.settings import AlarmSettings
from tests.rigs.daemon import CHECKOUT, DaemonProcess, Household
from tests.rigs.smtp import Authority, SmtpServer

STORED_S, SEEN_S = 0.1, 1.5
"""Bars of the p95."""
MODES = (Mode.HOME, Mode.NIGHT, Mode.DISARMED)
"""Without an exit delay each is there at once."""
QUIET = CHECKOUT / "tests" / "clips" / "garden_quiet.mp4"
SEEN = """
window.seen = {};
const root = document.documentElement, all = {childList: true, characterData: true, subtree: true};
const note = () => { window.seen[root.dataset.state] ??= Date.now(); };
new MutationObserver(note).observe(document.getElementById("word"), all);
"""
"""Notes when the word changes, by the state that the page shows then."""


def stored_s(folder: Path, switches: int) -> list[float]:
    """Return how long each order took in the panel over a store in *folder*."""
    folder.mkdir()
    clock = SystemClock()
    took_s = []
    with closing(SqliteStore(folder, clock)) as store:
        panel = Panel(store, clock, AlarmSettings(), lambda change: None)
        panel.start()
        for mode in islice(cycle(MODES), switches):
            started_s = time.perf_counter()
            panel.switch(mode, by="Anna", how="page")
            took_s.append(time.perf_counter() - started_s)
    return took_s


def visible_s(daemon: DaemonProcess, switches: int) -> list[float]:
    """Return how long after each tap the page's own question has the new state as its answer."""
    took_s = []
    for mode in islice(cycle(MODES), switches):
        started_s = time.perf_counter()
        status = daemon.switch(mode)
        state = daemon.state()["state"]
        took_s.append(time.perf_counter() - started_s)
        if (status, state) != (303, mode.value):
            raise RuntimeError(f"the tap on {mode} was answered {status}, and then it was {state}")
    return took_s


def seen_s(daemon: DaemonProcess, page: Page, switches: int, seed: int) -> list[float]:
    """Return how long after each tap the word stood in *page*."""
    chance, took_s = random.Random(seed), []
    page.evaluate(SEEN)
    for mode in islice(cycle(MODES), switches):
        time.sleep(chance.uniform(0.3, 2.3))
        page.evaluate("window.seen = {}")
        tapped_ms = time.time() * 1000
        daemon.switch(mode)
        page.wait_for_function("state => window.seen[state]", arg=mode.value, timeout=10_000)
        took_s.append((page.evaluate("state => window.seen[state]", mode.value) - tapped_ms) / 1000)
    return took_s


def figures(name: str, found_s: list[float], bar_s: float) -> list[Figure]:
    """Return what is told of *found_s*, in milliseconds."""
    ms = [1000 * value_s for value_s in found_s]
    return [
        Figure(f"{name}, median of {len(ms)}", percentile(ms, 0.5), "ms", None),
        Figure(f"{name}, p95", percentile(ms, 0.95), "ms", 1000 * bar_s),
        Figure(f"{name}, longest", max(ms), "ms", None),
    ]


def measure(folder: Path, switches: int, looks: int, seed: int) -> list[Figure]:
    """Return all figures; the stores lie in *folder*."""
    found = figures("ordered to stored", stored_s(folder / "store", switches), STORED_S)
    with SmtpServer(Authority(folder)) as server, Household(folder, server, QUIET).daemon() as daemon:
        found += figures("tapped to visible over HTTP", visible_s(daemon, switches), STORED_S)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"))
            page = browser.new_page(viewport={"width": 360, "height": 640})
            page.goto(f"http://127.0.0.1:{daemon.port}")
            found += figures("tapped to the word in another browser", seen_s(daemon, page, looks, seed), SEEN_S)
            browser.close()
        daemon.stop()
    return found


def main() -> int:
    """Measure, print the table, keep the result."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--switches", type=whole_number, default=300, help="how many orders are timed, each way")
    parser.add_argument("--looks", type=whole_number, default=60, help="how many are timed in the browser")
    parser.add_argument("--seed", type=whole_number, default=1, help="of the moments at which is tapped")
    parser.add_argument("--folder", type=Path, help="on the disk that is measured; default: this checkout")
    args = parser.parse_args()
    before = os.getloadavg()[0]
    with tempfile.TemporaryDirectory(dir=args.folder or CHECKOUT) as temporary:
        found = measure(Path(temporary), args.switches, args.looks, args.seed)
    load = f"load {before:.1f} before and {os.getloadavg()[0]:.1f} after, on {os.cpu_count()} cores"
    return told_and_kept("alarm", found, f"{QUIET.name}; {load}")


if __name__ == "__main__":
    sys.exit(main())
