"""The real daemon on a stand-in Pi, as a process that a test steers."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.rigs.daemon import DaemonProcess, Household, running
from tests.rigs.standin.__main__ import CLIP, STEER

CAMERA = '[[camera]]\nid = "front"\nkind = "picamera2"\nwidth = 640\nheight = 480\n'


class Wheel:
    """The test's end of the steering."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._state: dict[str, object] = {}

    def turn(self, **fields: object) -> None:
        """Set *fields* of the camera."""
        self._state |= fields
        written = self._file.with_suffix(".new")
        written.write_text(json.dumps(self._state))
        written.replace(self._file)


@contextmanager
def pi_daemon(
    house: Household, clip: Path | None = None, *, service: bool = False, **fields: object
) -> Iterator[tuple[DaemonProcess, Wheel]]:
    """Run the daemon of *house* on a stand-in Pi.

    Args:
        clip: what its camera sees.
        service: whether it is told that systemd looks after it.
        fields: how the camera is at first.
    """
    house.tables["camera"] = CAMERA
    house.write_config()
    steer = house.folder.parent / "steer.json"
    wheel = Wheel(steer)
    wheel.turn(**fields)
    environment = {STEER: str(steer), CLIP: str(clip or "")}
    arguments = ["run", "--state", str(house.folder)]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        if service:
            environment["NOTIFY_SOCKET"] = f"@pisecurity-test-{house.port}"
            systemd.bind(f"\0pisecurity-test-{house.port}")
        with running(arguments, house.port, house.log, environment, "tests.rigs.standin") as daemon:
            yield daemon, wheel
