"""Controls of vivid, the kernel's own camera, in the virtual machine of ``make test-v4l2``."""

from __future__ import annotations

import fcntl
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pisecurity.adapters.cameras.v4l2 import api

DEVICE = Path(os.environ.get("PISECURITY_V4L2", "/dev/video0"))
NEXT = 0x80000000
"""V4L2_CTRL_FLAG_NEXT_CTRL: the control after this one."""


def control(name: str, value: int = 0) -> None:
    """Set the control of vivid that is called so; a button is pressed."""
    with DEVICE.open("r+b", buffering=0) as device:
        asked = api.ControlDescription()
        while asked.name.decode() != name:
            asked.id |= NEXT
            fcntl.ioctl(device, api.QUERYCTRL, asked)
        fcntl.ioctl(device, api.S_CTRL, api.Control(id=asked.id, value=value))


@contextmanager
def stamped_at_the_start() -> Iterator[None]:
    """Let vivid stamp frames with the start of their exposure, as webcams do; the end of it is in the future."""
    control("Timestamp Source", 1)
    yield


def take_away() -> None:
    """Unload the module: its devices are gone."""
    if Path("/sys/module/vivid").exists():
        subprocess.run(["rmmod", "vivid"], check=True)


def put_back() -> None:
    """Load the module: its devices are there, as new."""
    subprocess.run(os.environ["PISECURITY_VIVID"].split(), check=True)
