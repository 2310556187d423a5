"""Runs the real daemon as its user would: a process of its own, its page and its log."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, Protocol, TypeVar

from pisecurity.adapters.state.secrets import Secrets
from pisecurity.settings import MailSettings
from tests.rigs.smtp import PASSWORD

Found = TypeVar("Found")

CHECKOUT = Path(__file__).parents[2]
CLIP = CHECKOUT / "tests" / "clips" / "garden_walk.mp4"


def free_port() -> int:
    """Return a port of loopback that nobody else gets while this process lives, and that a server may be told to take.

    A socket that is bound and never listens keeps it: the kernel gives such a port to none that asks for any, refuses
    whoever connects, and lets a server listen there that asks for this very one and, as servers do, allows the sharing.
    """
    keeper = socket.socket()
    keeper.bind(("127.0.0.1", 0))
    keeper.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    port: int = keeper.getsockname()[1]
    keeper.detach()  # open for as long as this process is
    return port


def wait_for(what: str, found: Callable[[], Found | None], timeout_s: float = 30.0) -> Found:
    """Return the first result of *found* that is not None or False; fail with *what* after *timeout_s*."""
    end = time.monotonic() + timeout_s
    while time.monotonic() < end:
        result = found()
        if result:
            return result
        time.sleep(0.05)
    raise AssertionError(f"{what}: not within {timeout_s:g} s")


class DaemonProcess:
    """A running ``pisecurity run`` or ``pisecurity demo``."""

    def __init__(
        self,
        arguments: list[str],
        port: int,
        log: Path,
        environment: Mapping[str, str] | None = None,
        module: str = "pisecurity",
    ) -> None:
        self.port, self.log_file = port, log
        command = [sys.executable, "-m", module, *arguments]
        clean = {key: value for key, value in os.environ.items() if key not in ("NOTIFY_SOCKET", "STATE_DIRECTORY")}
        with log.open("ab") as sink:
            self.process = subprocess.Popen(
                command, cwd=CHECKOUT, env={**clean, **(environment or {})}, stdout=sink, stderr=sink
            )

    @property
    def log(self) -> str:
        return self.log_file.read_text(errors="replace")

    def request(
        self, method: str, path: str, body: str | None = None, headers: Mapping[str, str] | None = None
    ) -> tuple[int, bytes]:
        """Ask the page; the connection is refused with OSError while it is not up."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request(method, path, body, dict(headers or {}))
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def state(self) -> dict[str, Any]:
        """Return what the page's script is told."""
        status, body = self.request("GET", "/api/state")
        assert status == 200, (status, body[:200])
        result: dict[str, Any] = json.loads(body)
        return result

    def switch(self, mode: str, *, anyway: str = "") -> int:
        """Press a button of the page, or "Arm anyway" for the fault of that key, with no script; return its status."""
        origin = f"http://127.0.0.1:{self.port}"
        form = {"Origin": origin, "Content-Type": "application/x-www-form-urlencoded"}
        return self.request("POST", "/mode", f"mode={mode}" + f"&anyway={anyway}" * bool(anyway), form)[0]

    def wait_until_up(self, timeout_s: float = 30.0) -> None:
        def up() -> bool:
            if self.process.poll() is not None:
                raise AssertionError(f"ended with {self.process.returncode}:\n{self.log}")
            try:
                return self.request("GET", "/api/state")[0] == 200
            except OSError:
                return False

        wait_for("page up", up, timeout_s)

    def stop(self, with_signal: int = signal.SIGTERM, timeout_s: float = 15.0) -> int:
        """Send *with_signal* and return the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(with_signal)
        try:
            return self.process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"did not stop within {timeout_s:g} s:\n{self.log}") from None


@contextmanager
def running(
    arguments: list[str],
    port: int,
    log: Path,
    environment: Mapping[str, str] | None = None,
    module: str = "pisecurity",
) -> Iterator[DaemonProcess]:
    """Run the daemon and wait for its page; it is stopped at the end whatever happens."""
    daemon = DaemonProcess(arguments, port, log, environment, module)
    try:
        daemon.wait_until_up()
        yield daemon
    finally:
        if daemon.process.poll() is None:
            daemon.process.kill()
            daemon.process.wait()


class MailServer(Protocol):
    """Takes the mails of a household."""

    def settings(self, **changes: object) -> MailSettings:
        """Return what a client with the right account would use."""
        ...


class Household:
    """A state folder with a configuration, and the commands of its owner."""

    def __init__(self, folder: Path, server: MailServer, recording: Path = CLIP, **tables: str) -> None:
        self.folder, self.port = folder / "state", free_port()
        self.folder.mkdir(mode=0o700)
        self.log = folder / "daemon.log"
        settings = server.settings(to=("anna@example.org",))
        self.tables = {
            "camera": f'[[camera]]\nid = "front"\nkind = "file"\npath = "{recording}"\nloop = true\n',
            "alarm": "[alarm]\nalert_pause_s = 0\n[alarm.away]\nexit_delay_s = 0\n",
            "web": f'[web]\naddress = "127.0.0.1"\nport = {self.port}\n',
            "mail": (
                f'[mail]\nhost = "{settings.host}"\nport = {settings.port}\nsecurity = "{settings.security}"\n'
                f'user = "{settings.user}"\n'
                f'sender = "{settings.sender}"\nto = ["anna@example.org"]\nca_file = "{settings.ca_file}"\n'
            ),
            **tables,
        }
        self.write_config()
        Secrets(self.folder).set_mail_password(PASSWORD)

    @property
    def config(self) -> Path:
        return self.folder / "config.toml"

    def write_config(self) -> None:
        self.config.write_text("\n".join(self.tables.values()))

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run one command to its end."""
        command = [sys.executable, "-m", "pisecurity", *arguments, "--state", str(self.folder)]
        return subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, timeout=60, check=False)

    def daemon(self, **environment: str) -> AbstractContextManager[DaemonProcess]:
        """Run the daemon of this house."""
        return running(["run", "--state", str(self.folder)], self.port, self.log, environment)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Read the database beside the daemon."""
        connection = sqlite3.connect(self.folder / "pisecurity.db")
        try:
            return connection.execute(query).fetchall()
        finally:
            connection.close()
