"""Runs a command in this process, as the shell would see it."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from pisecurity.cli import main

ROOT = Path(__file__).parents[2]
CLIPS = ROOT / "tests" / "clips"


@dataclass(frozen=True, slots=True)
class Ran:
    """How a command ended."""

    code: int
    out: str
    err: str


class Shell:
    """Runs commands and keeps apart what each printed."""

    def __init__(self, capfd: pytest.CaptureFixture[str]) -> None:
        self._capfd = capfd

    def __call__(self, *argv: str | Path) -> Ran:
        self._capfd.readouterr()
        root = logging.getLogger()
        handlers, level = root.handlers[:], root.level
        try:
            code = main([str(word) for word in argv])
        finally:  # run and demo log to this stderr, which is closed at the end of the test
            root.handlers[:] = handlers
            root.setLevel(level)
        out, err = self._capfd.readouterr()
        return Ran(int(code), out, err)


def start(*argv: str | Path, stdin: int = subprocess.DEVNULL) -> subprocess.Popen[bytes]:
    """Start the program in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "pisecurity", *map(str, argv)],
        cwd=ROOT,
        env={key: value for key, value in os.environ.items() if key != "STATE_DIRECTORY"},
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
