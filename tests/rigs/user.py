"""Tests of refused access that also hold where the tests run as root."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path

NOBODY = 65534
LOADED_LATE = (
    "encodings.ascii",
    "encodings.utf_8_sig",
    "pisecurity.cli.doctor",
    "pisecurity.cli.inspect",
    "pisecurity.cli.label",
    "pisecurity.cli.replay",
)
"""Modules that a command loads when it needs them: Python itself may lie where only root can read."""


@contextmanager
def ordinary_user() -> Iterator[None]:
    """Be somebody whom file permissions bind: root becomes ``nobody`` for a while, others stay who they are."""
    if os.geteuid() != 0:
        yield
        return
    for module in LOADED_LATE:
        import_module(module)
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


@contextmanager
def open_folder() -> Iterator[Path]:
    """Give a folder that every user may enter; those of pytest belong to one user alone."""
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder
