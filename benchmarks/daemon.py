"""Measures the running daemon against its figures: start, movement to mail, memory, processor, replay speed.

    python -m benchmarks.daemon [--seconds 60] [--mails 40]

The daemon runs as its owner runs it: a 640x480 recording at 10 frames a second with a person in view for most
of the time, a mail server on loopback with STARTTLS and a login, the page open. Memory and processor time are
the kernel's own figures for the daemon's process alone.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from tests.rigs.daemon import CHECKOUT, DaemonProcess, free_port, running, wait_for
from tests.rigs.smtp import mail_server

CLIP = CHECKOUT / "tests" / "clips" / "garden_walk.mp4"
RESULT = CHECKOUT / "benchmarks" / "results" / "daemon.json"
TICKS_S = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Figure:
    """One measured promise."""

    name: str
    value: float
    unit: str
    bar: float
    at_least: bool = False

    @property
    def held(self) -> bool:
        return self.value >= self.bar if self.at_least else self.value <= self.bar


def percentile(values: list[float], share: float) -> float:
    """Return the value below which *share* of *values* lie (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * int(share * 100) // 100) - 1)]
