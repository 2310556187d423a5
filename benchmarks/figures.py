"""Measured promises: how they are told and kept, and what the kernel says of a process."""

from __future__ import annotations

import argparse
import json
import os
import platform
import tempfile
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

import av
import cv2
import numpy as np

from tests.rigs.daemon import DaemonProcess

RESULTS = Path(__file__).parent / "results"
TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Figure:
    """One measured promise."""

    name: str
    value: float
    unit: str
    bar: float | None
    """None: only for comparison."""
    at_least: bool = False

    @property
    def held(self) -> bool:
        """Whether the bar is reached."""
        if self.bar is None:
            return True
        return self.value >= self.bar if self.at_least else self.value <= self.bar

    @property
    def verdict(self) -> str:
        """The bar in words, and whether it is reached."""
        if self.bar is None:
            return "for comparison"
        return f"{'at least' if self.at_least else 'at most'} {self.bar:g}: {'held' if self.held else 'NOT HELD'}"


def cpu_s(daemon: DaemonProcess) -> float:
    """Return user and system seconds of the process so far."""
    fields = Path(f"/proc/{daemon.process.pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_A_SECOND


def resident_mb(daemon: DaemonProcess) -> float:
    """Return the resident memory in MB of 2^20 bytes."""
    lines = Path(f"/proc/{daemon.process.pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS:")) / 1024


def footprint(daemon: DaemonProcess, seconds: float) -> tuple[float, float]:
    """Return resident MB and the share of one core of an armed daemon whose page is polled, after a warm-up."""
    daemon.switch("armed_away")
    time.sleep(10)
    before_s, started_s = cpu_s(daemon), time.monotonic()
    while time.monotonic() - started_s < seconds:
        daemon.state()
        time.sleep(1)
    share = (cpu_s(daemon) - before_s) / (time.monotonic() - started_s)
    return resident_mb(daemon), share


def whole_number(text: str) -> int:
    """Return what was typed for a count or a seed. Raises ArgumentTypeError: it is none, or below 0."""
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(f"{text}: give a whole number, 0 or more")
    return int(text)


def check_writable(path: Path) -> None:
    """See, before anything is measured, that a result can be written. Raises ValueError: it cannot, and why."""
    if path.is_dir():
        raise ValueError(f"{path}: is a folder; name a file")
    try:
        tempfile.TemporaryFile(dir=path.parent).close()
    except OSError as error:
        raise ValueError(f"{path}: cannot be written ({error.strerror})") from error


def machine() -> str:
    """Return on what was measured, in words."""
    return (
        f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, "
        f"OpenCV {cv2.__version__}, numpy {np.__version__}, PyAV {av.__version__}"
    )


def told_and_kept(name: str, figures: list[Figure], what: str) -> int:
    """Print the table, write ``results/NAME.json``, and return the exit code.

    Args:
        what: on what it was measured, such as the name of a clip.
    """
    for figure in figures:
        print(f"{figure.name:62} {figure.value:8.2f} {figure.unit:12} {figure.verdict}")
    result = {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": machine(),
        "clip": what,
        "figures": [asdict(figure) | {"held": figure.held} for figure in figures],
    }
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / f"{name}.json").write_text(json.dumps(result, indent=2) + "\n")
    return 0 if all(figure.held for figure in figures) else 1
