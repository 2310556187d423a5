"""The world outside the house: another network, the cable that leads to it, and whoever waits there for pings.

As a program it is ``python -m tests.rigs.outside ADDRESS GRACE_S``: a ping service that says what it hears and when it
would tell the owner, until its standard input ends. Needs root and a network of its own.
"""

from __future__ import annotations

import select
import subprocess
import sys
import threading
import time
from types import TracebackType
from typing import Final, Self

from tests.rigs.daemon import CHECKOUT
from tests.rigs.pings import DeadMan, PingServer

NEAR, FAR = "10.78.0.1", "10.78.0.2"
"""Addresses of the house and of whoever is outside."""
NEAR_DEVICE, FAR_DEVICE = "near", "far"
PING, MESSAGE = "ping", "message"
"""What the ping service says: that it heard one, and that it tells the owner."""
LOOK_EVERY_S: Final = 0.2


class Cable:
    """Joins the network of this process with that of another; may be pulled."""

    def __init__(self, far_pid: int) -> None:
        """*far_pid*: a process in the other network."""
        self._there = ("nsenter", "--target", str(far_pid), "--net")
        _ip("link", "add", NEAR_DEVICE, "type", "veth", "peer", "name", FAR_DEVICE)
        _ip("link", "set", FAR_DEVICE, "netns", str(far_pid))
        _ip("address", "add", f"{NEAR}/24", "dev", NEAR_DEVICE)
        _ip("address", "add", f"{FAR}/24", "dev", FAR_DEVICE, there=self._there)
        _ip("link", "set", NEAR_DEVICE, "up")
        self.plug()

    def pull(self) -> None:
        """Pull it at the far end, as out of a router: here the device loses its carrier and keeps its address."""
        _ip("link", "set", FAR_DEVICE, "down", there=self._there)

    def plug(self) -> None:
        _ip("link", "set", FAR_DEVICE, "up", there=self._there)

    def has_carrier(self) -> bool:
        link = subprocess.run(["ip", "link", "show", NEAR_DEVICE], capture_output=True, text=True, check=True)
        return "LOWER_UP" in link.stdout


class PingService:
    """A ping service in the network of another process, with a clock of its own; keeps what it says and when."""

    def __init__(self, far_pid: int, grace_s: float) -> None:
        """*grace_s*: so long after a ping it tells the owner that none came."""
        program = [sys.executable, "-m", __name__, FAR, str(grace_s)]
        command = ["nsenter", "--target", str(far_pid), "--net", *program]
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(command, cwd=CHECKOUT, stdin=pipe, stdout=pipe, text=True)
        self._said: list[tuple[float, str]] = []
        self.port = int(self._line())
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(10)
        self._thread.join(10)
        self._process.stdout.close()

    def said_s(self, what: str) -> list[float]:
        """Return when it said PING or MESSAGE (monotonic)."""
        return [at_s for at_s, line in self._said if line == what]

    def _line(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()

    def _listen(self) -> None:
        while line := self._line():
            self._said.append((time.monotonic(), line))


def _ip(*arguments: str, there: tuple[str, ...] = ()) -> None:
    subprocess.run([*there, "ip", *arguments], check=True)


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def _serve(address: str, grace_s: float) -> None:
    service, messages = DeadMan(time.monotonic, grace_s), 0

    def heard() -> None:
        service.heard()
        _say(PING)

    with PingServer(heard=heard, address=address) as server:
        _say(str(server.port))
        while not select.select([sys.stdin], [], [], LOOK_EVERY_S)[0]:
            service.look()
            for _ in service.messages[messages:]:
                _say(MESSAGE)
            messages = len(service.messages)


if __name__ == "__main__":
    _serve(sys.argv[1], float(sys.argv[2]))
