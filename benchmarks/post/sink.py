"""A mail server in a process of its own, with TLS and login, that writes down when it took each mail.

As a program it is ``python -m benchmarks.post.sink FOLDER ADDRESS PORT``: serves until its standard input ends.
"""

from __future__ import annotations

import asyncio
import json
import logging
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Sequence
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import trustme
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from benchmarks.post.tally import Mail
from pisecurity.settings import MailSettings
from tests.rigs.daemon import CHECKOUT, free_port
from tests.rigs.smtp import ANNA, PASSWORD, SENDER, USER

READY: Final = "ready\n"
TAKEN, CHAIN = "taken.jsonl", "chain.pem"


class Sink:
    """Starts and ends the server, always on the same port, and reads what it took."""

    def __init__(self, folder: Path, host: str = "localhost", prefix: Sequence[str] = ()) -> None:
        """Prepare; it serves after ``come``.

        Args:
            folder: empty; for its certificate and what it took.
            host: name or address that clients reach it by.
            prefix: command that runs it, such as one that enters a network.
        """
        self._folder, self._host, self._prefix = folder, host, tuple(prefix)
        self.port = free_port()
        self._ca_file = folder / "ca.pem"
        authority = trustme.CA()
        authority.cert_pem.write_to_path(str(self._ca_file))
        authority.issue_cert(host).private_key_and_cert_chain_pem.write_to_path(str(folder / CHAIN))
        (folder / TAKEN).touch()
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        self.come()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.leave()

    @property
    def pid(self) -> int:
        """Of the running server. Raises ValueError: there is none."""
        if self._process is None:
            raise ValueError("the mail server is away")
        return self._process.pid

    def come(self) -> None:
        """Serve from now on."""
        # In a network of its own it is there before its address is.
        address = "0.0.0.0" if self._prefix else "127.0.0.1"
        command = [*self._prefix, sys.executable, "-m", __name__, str(self._folder), address, str(self.port)]
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(command, cwd=CHECKOUT, stdin=pipe, stdout=pipe, text=True)
        assert self._process.stdout is not None
        if self._process.stdout.readline() != READY:
            raise RuntimeError("the mail server of the benchmark does not start")

    def leave(self) -> None:
        """End it in the middle of whatever it does; may be called twice."""
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def settings(self, **changes: object) -> MailSettings:
        """Return what a client with the right account would use."""
        values: dict[str, object] = {
            "host": self._host,
            "port": self.port,
            "user": USER,
            "sender": SENDER,
            "to": (ANNA,),
            "ca_file": str(self._ca_file),
        }
        return MailSettings.model_validate(values | changes)

    def mails(self) -> list[Mail]:
        """Return what it took so far, also before it was away."""
        lines = (self._folder / TAKEN).read_text().splitlines()
        return [Mail(**(values | {"to": tuple(values["to"])})) for values in map(json.loads, lines)]


class _Taker:
    """Takes every mail of whoever logged in."""

    def __init__(self, file: Path) -> None:
        self._file = file.open("a")

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        at_s = time.time()
        assert isinstance(envelope.content, bytes)
        message = message_from_bytes(envelope.content, policy=default)
        assert isinstance(message, EmailMessage)
        body = message.get_body(("plain",))
        values = {
            "at_s": at_s,
            "message_id": message["Message-ID"],
            "to": envelope.rcpt_tos,
            "subject": message["Subject"],
            "text": "" if body is None else body.get_content(),
            "size": len(envelope.content),
        }
        self._file.write(json.dumps(values) + "\n")
        self._file.flush()
        return "250 2.0.0 taken"

    def knows(self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: object) -> AuthResult:
        assert isinstance(data, LoginPassword)
        return AuthResult(success=(data.login.decode(), data.password.decode()) == (USER, PASSWORD), handled=False)


async def serve(folder: Path, address: str, port: int) -> None:
    """Serve until standard input ends."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(folder / CHAIN)
    taker = _Taker(folder / TAKEN)
    loop = asyncio.get_running_loop()
    listener = socket.create_server((address, port))
    await loop.create_server(
        lambda: SMTP(
            taker,
            hostname="localhost",
            tls_context=context,
            require_starttls=True,
            authenticator=taker.knows,
            timeout=60,
        ),
        sock=listener,
    )
    print(READY, end="", flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    logging.getLogger("mail.log").setLevel(logging.ERROR)  # aiosmtpd complains about what it does itself
    asyncio.run(serve(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])))
