"""Mail servers to test against: a real one (aiosmtpd, with TLS and login), and a small one that misbehaves on order."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from types import TracebackType
from typing import Literal, Self, TypeVar

import trustme
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from pisecurity.adapters.mail.mailbox import LoopbackServer
from pisecurity.settings import MailSettings

USER, PASSWORD = "alarm@example.org", "correct horse battery staple"
SENDER, ANNA, BEN = "alarm@example.org", "anna@example.org", "ben@example.org"

Found = TypeVar("Found")
Security = Literal["starttls", "tls", "plain"]
Certificate = Literal["good", "self-signed", "unknown-authority", "other-name", "expired", "not-yet-valid"]


SILENCE, HANG_UP = "silence", "hang up"
"""Answers that are none: never reply; close the connection."""


class Authority:
    """A certificate authority for one test session."""

    def __init__(self, folder: Path) -> None:
        self._ca = trustme.CA()
        self.file = folder / "ca.pem"
        self._ca.cert_pem.write_to_path(str(self.file))

    def context(self, certificate: Certificate, *, old: bool = False) -> ssl.SSLContext:
        """Return a server's context with a certificate of this kind for ``localhost``; *old* speaks TLS 1.1 alone."""
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        if old:
            context.set_ciphers("ALL:@SECLEVEL=0")
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DeprecationWarning)
                context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
        authority = self._ca if certificate not in {"self-signed", "unknown-authority"} else trustme.CA()
        if certificate == "self-signed":
            with authority.private_key_pem.tempfile() as key, authority.cert_pem.tempfile() as cert:
                context.load_cert_chain(cert, key)
            return context
        name = "mail.example.org" if certificate == "other-name" else "localhost"
        issued = authority.issue_cert(
            name,
            not_before=datetime(2099, 1, 1, tzinfo=UTC) if certificate == "not-yet-valid" else None,
            not_after={
                "expired": datetime(2020, 1, 1, tzinfo=UTC),
                "not-yet-valid": datetime(2100, 1, 1, tzinfo=UTC),
            }.get(certificate),
        )
        issued.configure_cert(context)
        return context


class SmtpServer:
    """A real SMTP server on loopback that checks the login and keeps what it accepted."""

    def __init__(
        self,
        authority: Authority,
        security: Security = "starttls",
        *,
        certificate: Certificate = "good",
        strip_starttls: bool = False,
        refuse: Mapping[str, str] | None = None,
        max_bytes: int = 33_554_432,
    ) -> None:
        """Prepare.

        Args:
            authority: issues the certificate and is what a client has to trust.
            security: as in MailSettings.
            certificate: shown to the client.
            strip_starttls: say nothing of STARTTLS, as somebody in the middle would.
            refuse: the answer to RCPT by recipient; SILENCE never answers.
            max_bytes: larger mails get 552.
        """
        self._authority, self._security, self.refuse = authority, security, dict(refuse or {})
        self.logins: list[str] = []
        """Every password that was offered."""
        self.accepted: list[tuple[tuple[str, ...], EmailMessage]] = []
        """Recipients and mail."""
        context = None if security == "plain" else authority.context(certificate)
        starttls = context if security == "starttls" and not strip_starttls else None

        def session() -> SMTP:
            return SMTP(
                self,
                hostname="localhost",
                data_size_limit=max_bytes,
                tls_context=starttls,
                require_starttls=starttls is not None,
                auth_require_tls=security == "starttls" and not strip_starttls,
                authenticator=self._check_login,
            )

        self._server = LoopbackServer("test-smtp", session, context if security == "tls" else None)
        self.port = 0

    def __enter__(self) -> Self:
        self.port = self._server.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.stop()

    def settings(self, **changes: object) -> MailSettings:
        """Return what a client with the right account would use."""
        values: dict[str, object] = {
            "host": "localhost",
            "port": self.port,
            "security": self._security,
            "user": USER,
            "sender": SENDER,
            "to": (ANNA, BEN),
            "ca_file": str(self._authority.file),
        }
        return MailSettings.model_validate(values | changes)

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.refuse.get(address) == SILENCE:
            await asyncio.Event().wait()
        if address in self.refuse:
            return self.refuse[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        assert isinstance(envelope.content, bytes)
        message = message_from_bytes(envelope.content, policy=default)
        assert isinstance(message, EmailMessage)
        self.accepted.append((tuple(str(to) for to in envelope.rcpt_tos), message))
        return "250 2.0.0 queued"

    def _check_login(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: object
    ) -> AuthResult:
        assert isinstance(data, LoginPassword)
        self.logins.append(data.password.decode())
        # handled=False makes aiosmtpd say 535; its default is to say nothing at all.
        return AuthResult(success=(data.login.decode(), data.password.decode()) == (USER, PASSWORD), handled=False)


class FaultySmtp:
    """An SMTP server that misbehaves as it is told, and knows no STARTTLS.

    Answers are looked up by the beginning of the client's line, ``MAIL``, ``RCPT TO:<anna@example.org>``, and by
    ``CONNECT`` and ``.`` for the greeting and the end of a mail; each is a sequence that is used up from one
    conversation to the next, after which the server behaves.
    """

    def __init__(
        self,
        answers: Mapping[str, Iterable[str]] | None = None,
        *,
        drip_s: Mapping[str, float] | None = None,
        features: Sequence[str] = (),
        context: ssl.SSLContext | None = None,
    ) -> None:
        """Prepare.

        Args:
            answers: see above.
            drip_s: seconds between two bytes of the answer to lines that begin like this.
            features: what EHLO lists.
            context: for TLS from the first byte.
        """
        self._context = context
        self._answers: dict[str, Iterator[str]] = {key: iter(value) for key, value in (answers or {}).items()}
        self._drip_s, self._features = dict(drip_s or {}), ("localhost", *features)
        self._ending = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self.port: int = self._listener.getsockname()[1]
        self.conversations = 0
        self.lines: list[str] = []
        """Every command of every client."""
        self.mails: list[EmailMessage] = []
        """Every mail that arrived whole, whatever was answered."""

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ending.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        for connection in self._open:
            connection.close()
        for thread in self._threads:
            thread.join(5)
        self._listener.close()

    def settings(self, **changes: object) -> MailSettings:
        values: dict[str, object] = {
            "host": "127.0.0.1",
            "port": self.port,
            "security": "plain",
            "sender": SENDER,
            "to": (ANNA, BEN),
        }
        return MailSettings.model_validate(values | changes)

    def _accept(self) -> None:
        while not self._ending.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.conversations += 1
            self._open.append(connection)
            self._threads.append(threading.Thread(target=self._talk, args=(connection,), daemon=True))
            self._threads[-1].start()

    def _talk(self, connection: socket.socket) -> None:
        try:
            if self._context is not None:
                connection = self._context.wrap_socket(connection, server_side=True)
            with connection, connection.makefile("rb") as incoming:
                going = self._answer(connection, "CONNECT", "220 localhost")
                while going and (line := incoming.readline().decode().strip()):
                    self.lines.append(line)
                    going = self._obey(connection, line, incoming)
        except (OSError, ValueError):
            return  # the client is gone, or the test is over

    def _obey(self, connection: socket.socket, line: str, incoming: Iterable[bytes]) -> bool:
        match line.split(maxsplit=1)[0].upper():
            case "QUIT":
                return False
            case "AUTH":
                return self._answer(connection, line, "235 2.7.0 welcome")
            case "EHLO":
                middle = [f"250-{feature}" for feature in self._features[:-1]]
                return self._answer(connection, line, "\r\n".join([*middle, f"250 {self._features[-1]}"]))
            case "DATA":
                if not self._answer(connection, line, "354 go on"):
                    return False
                raw = bytearray()
                for piece in incoming:
                    if piece == b".\r\n":
                        break
                    raw += piece.removeprefix(b".") if piece.startswith(b"..") else piece
                message = message_from_bytes(bytes(raw), policy=default)
                assert isinstance(message, EmailMessage)
                self.mails.append(message)
                return self._answer(connection, ".", "250 2.0.0 queued")
            case _:
                return self._answer(connection, line, "250 OK")

    def _answer(self, connection: socket.socket, line: str, usual: str) -> bool:
        """Give the ordered answer to *line*, or the usual one; return whether the conversation goes on."""
        ordered = _matching(self._answers, line)
        answer = usual if ordered is None else next(ordered, usual)
        if answer == SILENCE:
            self._ending.wait()
        if answer in (SILENCE, HANG_UP):
            return False
        drip_s = _matching(self._drip_s, line)
        raw = f"{answer}\r\n".encode()
        for piece in [raw] if drip_s is None else [bytes([byte]) for byte in raw]:
            connection.sendall(piece)
            if drip_s is not None and self._ending.wait(drip_s):
                return False
        return True


def _matching(by_beginning: Mapping[str, Found], line: str) -> Found | None:
    return next((value for key, value in by_beginning.items() if line.upper().startswith(key.upper())), None)


@contextmanager
def deaf_port() -> Iterator[int]:
    """Yield a port of 127.0.0.1 at which a connection is neither taken nor refused."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener, ExitStack() as waiting:
        port = listener.getsockname()[1]
        for _ in range(3):  # those that fit into the queue and are never fetched from it
            caller = waiting.enter_context(socket.socket())
            caller.setblocking(False)
            caller.connect_ex(("127.0.0.1", port))
        yield port
