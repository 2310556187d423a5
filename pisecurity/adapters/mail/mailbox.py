"""The demo's mailbox: a real SMTP server on loopback whose mails the page shows."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from datetime import datetime
from email import message_from_bytes
from email.message import MIMEPart
from email.policy import default
from pathlib import Path
from weakref import WeakSet

from aiosmtpd.smtp import SMTP, Envelope, Session

from pisecurity.adapters.clock import SystemClock
from pisecurity.adapters.state.files import write_whole
from pisecurity.errors import NetworkError
from pisecurity.ports import Clock, ReceivedMail

LOOPBACK = "127.0.0.1"
KEPT = 50
"""Mails kept; when one more comes, the oldest goes."""
MAX_BYTES = 4 * 1024 * 1024
"""Largest mail taken: a full mailbox stays within memory."""
SILENCE_S = 30.0
"""A client that says nothing for this long is sent away."""
START_S = 10.0
STOP_S = 5.0
SETTLE_S = 0.05
DIGITS = 9
AT, FROM, TO = "X-Demo-Received-At", "X-Demo-From", "X-Demo-To"
"""Headers of a kept mail that say what the conversation said."""


class LoopbackServer:
    """SMTP on 127.0.0.1, at a port the kernel picks, in a thread of its own."""

    def __init__(self, name: str, session: Callable[[], SMTP], context: ssl.SSLContext | None = None) -> None:
        """Prepare.

        Args:
            name: of the thread.
            session: makes the server's side of one connection; called inside the event loop.
            context: for TLS from the first byte.
        """
        self._session, self._context = session, context
        self._port: Future[int] = Future()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping = asyncio.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), name=name, daemon=True)

    def start(self) -> int:
        """Return the port it listens on. Raises NetworkError."""
        self._thread.start()
        return self._port.result(START_S)

    def stop(self) -> None:
        """Close the server and its connections; may be called twice, and before start()."""
        if self._loop is not None and self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stopping.set)
            self._thread.join(STOP_S)

    async def _serve(self) -> None:
        sessions: WeakSet[SMTP] = WeakSet()

        def make() -> SMTP:
            made = self._session()
            sessions.add(made)
            return made

        self._loop = asyncio.get_running_loop()
        try:
            listener = socket.create_server((LOOPBACK, 0))
        except OSError as error:
            self._port.set_exception(NetworkError(f"{LOOPBACK}: no free port for a mail server ({error.strerror})"))
            return
        server = await self._loop.create_server(make, sock=listener, ssl=self._context)
        self._port.set_result(listener.getsockname()[1])
        await self._stopping.wait()
        # asyncio cannot close a server while it is making the transport of a connection just accepted.
        self._loop.remove_reader(listener)
        await asyncio.sleep(SETTLE_S)
        server.close()
        while transports := [made.transport for made in sessions if isinstance(made.transport, asyncio.Transport)]:
            for transport in transports:
                transport.abort()
            await asyncio.sleep(0)
        await server.wait_closed()


class DemoMailbox:
    """Fulfils Mailbox; takes every mail that a program on this machine hands to its port, and keeps the newest 50."""

    def __init__(self, folder: Path | None = None, clock: Clock | None = None) -> None:
        """Prepare.

        Args:
            folder: where mails lie over restarts; None forgets them.
        """
        self._clock = clock or SystemClock()
        self._folder = folder
        self._lock = threading.Lock()
        self._mails: deque[ReceivedMail] = deque(maxlen=KEPT)
        for file in self._files()[-KEPT:]:
            with suppress(OSError, ValueError):  # a file of somebody else is no mail
                self._mails.append(_received(int(file.stem), file.read_bytes()))
        self._count = self._mails[-1].number if self._mails else 0
        self._server = LoopbackServer(
            "demo-mailbox",
            lambda: SMTP(
                self, data_size_limit=MAX_BYTES, enable_SMTPUTF8=True, hostname="pisecurity.demo", timeout=SILENCE_S
            ),
        )

    def start(self) -> int:
        """Return the port of 127.0.0.1 that takes mails, without TLS and without login. Raises NetworkError."""
        return self._server.start()

    def stop(self) -> None:
        """Take no more mails; those received stay readable. May be called twice, and before start()."""
        self._server.stop()

    def mails(self) -> tuple[ReceivedMail, ...]:
        """Return the newest mails, newest first."""
        with self._lock:
            return tuple(reversed(self._mails))

    def mail(self, number: int) -> ReceivedMail | None:
        """Return the mail with that number, or None when it never came or had to go."""
        with self._lock:
            return next((mail for mail in self._mails if mail.number == number), None)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        """Keep a mail; aiosmtpd calls this by its name."""
        content = envelope.content
        raw = content if isinstance(content, bytes) else str(content).encode()
        head = f"{AT}: {self._clock.now().isoformat()}\r\n{FROM}: {envelope.mail_from or ''}\r\n"
        head += "".join(f"{TO}: {recipient}\r\n" for recipient in envelope.rcpt_tos)
        with self._lock:
            kept = head.encode(errors="replace") + raw
            try:
                self._write(self._count + 1, kept)
            except OSError as error:
                return f"452 4.3.1 cannot be kept ({error.strerror})"
            self._count += 1
            self._mails.append(_received(self._count, kept))
            return f"250 2.0.0 kept as number {self._count}"

    def _files(self) -> list[Path]:
        return sorted(self._folder.glob(f"{'[0-9]' * DIGITS}.eml")) if self._folder else []

    def _write(self, number: int, kept: bytes) -> None:
        if self._folder is None:
            return
        self._folder.mkdir(mode=0o700, exist_ok=True)
        write_whole(self._folder / f"{number:0{DIGITS}}.eml", kept)
        for old in self._files()[:-KEPT]:
            old.unlink()


def _received(number: int, kept: bytes) -> ReceivedMail:
    """Return the mail *kept*, which begins with what the conversation said of it."""
    message = message_from_bytes(kept, policy=default)
    parts = [part for part in message.walk() if part.get_content_type() == "image/jpeg"]
    html = _text(message.get_body(("html",)))
    for place, part in enumerate(parts, start=1):
        html = html.replace(f'cid:{str(part["Content-ID"] or "").strip("<> ")}"', f'picture/{place}"')
    payloads = [part.get_payload(decode=True) for part in parts]
    before = str(message["References"] or message["Message-ID"] or "").split()
    return ReceivedMail(
        number=number,
        received_at=datetime.fromisoformat(str(message[AT])),
        sender=str(message[FROM]),
        to=tuple(str(recipient) for recipient in message.get_all(TO, [])),
        subject=str(message["Subject"] or ""),
        text=_text(message.get_body(("plain",))),
        html=html,
        pictures=tuple(payload if isinstance(payload, bytes) else b"" for payload in payloads),
        conversation=before[0] if before else f"<{number}@demo>",
    )


def _text(part: MIMEPart | None) -> str:
    """Return the text of *part* with LF line ends, whatever it claims about its letters."""
    payload = None if part is None else part.get_payload(decode=True)
    if part is None or not isinstance(payload, bytes):
        return ""
    try:
        text = payload.decode(part.get_content_charset("utf-8"), "replace")
    except LookupError:
        text = payload.decode("utf-8", "replace")
    return text.replace("\r\n", "\n")
