"""A conversation with a mail server, step by step, over a connection that can be cut."""

from __future__ import annotations

import smtplib
import socket
import ssl
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from pisecurity.adapters.mail.providers import takes_no_password
from pisecurity.adapters.mail.trouble import MAX_WORDS, STEP_S, NoConnectionError, refused_login, where, words
from pisecurity.errors import MailError, SecretError
from pisecurity.settings import MailSettings

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

MECHANISMS = ("PLAIN", "LOGIN")
"""Best first; only one is tried, because each refusal counts towards the account being locked."""


CLOSING = 421
"""Said by a server that hangs up, to whatever comes next."""
_END = b"\r\n.\r\n"
"""Of a mail, as it goes over the wire."""


def _impossible() -> OSError:
    """Return what stands for a name that cannot be, such as one with two dots in a row."""
    return socket.gaierror(socket.EAI_NONAME, "there can be no such name")


def addresses(host: str, port: int) -> tuple[str, ...]:
    """Return the addresses of *host* in the order in which they are to be tried. Raises OSError: there are none."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except UnicodeError as error:
        raise _impossible() from error
    return tuple(dict.fromkeys(str(address[0]) for *_, address in found))


class Line:
    """The connection as a second thread sees it: can be cut, whatever TLS object has been put around it."""

    def __init__(self, step_s: float = STEP_S) -> None:
        """*step_s* is the longest silence that is waited for."""
        self.step_s = step_s
        self.in_doubt = False
        """Whether a mail was sent over it that the server has not answered: it may have arrived."""
        self.asked = ""
        """The recipient of whom the server was asked and has said nothing."""
        self._lock = threading.Lock()
        self._handle: socket.socket | None = None
        self._cut = False

    @property
    def is_cut(self) -> bool:
        return self._cut

    def open(self, host: str, port: int) -> socket.socket:
        """Connect, and keep a second handle of the connection. Raises OSError."""
        try:
            connection = socket.create_connection((host, port), self.step_s)
        except TimeoutError as error:
            raise NoConnectionError(str(error)) from error
        except UnicodeError as error:
            raise _impossible() from error
        with self._lock:
            if self._cut:
                connection.close()
                raise TimeoutError
            if self._handle is not None:
                self._handle.close()
            self._handle = connection.dup()
        return connection

    def cut(self) -> None:
        """Shut the connection down for everybody who uses it; a later ``open`` fails."""
        with self._lock:
            self._cut = True
            if self._handle is not None:
                with suppress(OSError):
                    self._handle.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        with self._lock:
            if self._handle is not None:
                self._handle.close()
                self._handle = None


class Server(smtplib.SMTP):
    """smtplib over a line that can be cut."""

    def __init__(self, line: Line) -> None:
        """Prepare; nothing is reached yet."""
        self._line = line
        self.verdict = (0, b"")
        """The server's answer to the mail as a whole."""
        self.waited = False
        """Whether it was kept waiting after the login: what it says then to a mail may be a goodbye said before."""
        # A name is given only to keep smtplib from looking up its own, which may take long.
        super().__init__(local_hostname="localhost", timeout=line.step_s)

    def reach(self, name: str, port: int, address: str | None = None) -> None:
        """Connect to *address*, else to what *name* stands for; a certificate has to be that of *name*.

        Raises:
            OSError: it cannot be reached.
        """
        self._host, self.file = name, None
        self.sock = self._line.open(address or name, port)
        self.local_hostname = _literal(self.sock)

    def begin_tls(self, context: ssl.SSLContext) -> None:
        """Put TLS around the connection before anything is said. Raises OSError."""
        if self.sock is None:
            raise smtplib.SMTPServerDisconnected("nothing was reached yet")
        self.sock = context.wrap_socket(self.sock, server_hostname=self._host)

    def greet(self) -> str:
        """Wait for the greeting and return it. Raises SMTPConnectError, OSError."""
        code, text = self.getreply()
        if code != 220:
            raise smtplib.SMTPConnectError(code, text)
        return text.decode("utf-8", "replace")

    def log_in(self, mechanism: str, user: str, password: str) -> None:
        """Try one mechanism once. Raises SMTPAuthenticationError."""
        self.user, self.password = user, password
        self.auth(mechanism, self.auth_plain if mechanism == "PLAIN" else self.auth_login)

    def mail(self, sender: str, options: Sequence[str] = ()) -> tuple[int, bytes]:
        return self._unless_gone(super().mail(sender, options))

    def rcpt(self, recip: str, options: Sequence[str] = ()) -> tuple[int, bytes]:
        self._line.asked = recip
        answer = self._unless_gone(super().rcpt(recip, options))
        self._line.asked = ""
        return answer

    def _unless_gone(self, answer: tuple[int, bytes]) -> tuple[int, bytes]:
        """Return *answer*. Raises SMTPServerDisconnected: it closes a connection that waited (RFC 5321, 3.8)."""
        if self.waited and answer[0] == CLOSING:
            raise smtplib.SMTPServerDisconnected(words(*answer))
        return answer

    def data(self, msg: ReadableBuffer | str) -> tuple[int, bytes]:
        self.verdict = super().data(msg)
        self._line.in_doubt = False
        return self.verdict

    def send(self, s: ReadableBuffer | str) -> None:
        # No command ends like this: it is the mail itself, which may arrive whatever comes after it.
        if isinstance(s, bytes) and s.endswith(_END):
            self._line.in_doubt = True
            # It may take long on a slow line, and a server may scan it for long before it answers; giving up earlier
            # than the deadline of the conversation would only send the mail twice.
            if self.sock is not None:
                self.sock.settimeout(None)
        super().send(s)

    def secured(self) -> str:
        """Return how the connection is protected, in words."""
        return f"over {self.sock.version()}" if isinstance(self.sock, ssl.SSLSocket) else "unencrypted on this machine"

    def certificate(self) -> str:
        """Return whose certificate the server has shown, who vouches for it and until when, in words."""
        shown: Mapping[str, Any] | None = self.sock.getpeercert() if isinstance(self.sock, ssl.SSLSocket) else None
        if not shown:
            return "none is needed on this machine"
        names = ", ".join(str(name) for _, name in shown.get("subjectAltName", ()))
        issuer = {key: value for ((key, value), *_) in shown.get("issuer", ())}
        by = issuer.get("organizationName") or issuer.get("commonName") or "an authority without a name"
        until = datetime.fromtimestamp(ssl.cert_time_to_seconds(shown["notAfter"]), UTC)
        return f"of {names[:MAX_WORDS]}, by {by}, until {until:%Y-%m-%d}"

    def leave(self) -> None:
        """Say goodbye without waiting for the answer: it can no longer change what became of the mail."""
        with suppress(OSError):
            self.putcmd("QUIT")
        self.close()


def login_password(settings: MailSettings, stored: Callable[[], str | None]) -> str:
    """Return the password to log in with, as *stored* has it; empty where no login is wanted.

    Raises:
        MailError: there is none, or none that can be used.
    """
    if not settings.user:
        return ""
    try:
        password = stored()
    except SecretError as error:
        raise MailError(str(error)) from error
    if password is None:
        raise MailError(
            f"no password is stored for {settings.user} at {where(settings)}: put it into secrets/mail-password "
            "of the state folder, or clear mail.user for a server that wants no login"
        )
    if not password.isascii() or not settings.user.isascii():
        raise MailError(
            f"name or password for {where(settings)} has letters beyond ASCII, which a login cannot carry: "
            "set an app password there"
        )
    return password


def trust(settings: MailSettings) -> ssl.SSLContext:
    """Return how TLS is spoken, and whose certificates are trusted. Raises MailError: not those of ``mail.ca_file``."""
    ca_file = settings.ca_file
    try:
        return ssl.create_default_context(cafile=ca_file or None)
    except OSError as error:
        raise MailError(f"mail.ca_file {ca_file}: no certificate in PEM form there ({error.strerror})") from error


def want_starttls(server: Server, settings: MailSettings) -> None:
    """Say hello. Raises MailError: the *server* offers no STARTTLS; OSError."""
    server.ehlo_or_helo_if_needed()
    if not server.has_extn("starttls"):
        raise MailError(
            f"{where(settings)} offers no encryption (STARTTLS), so nothing was sent to it: check mail.port, "
            'or set mail.security = "tls" with port 465'
        )


def begin_starttls(server: Server, settings: MailSettings, context: ssl.SSLContext) -> None:
    """Go over to TLS. Raises MailError: the *server* refuses what it has offered; OSError."""
    try:
        server.starttls(context=context)
    except smtplib.SMTPResponseException as error:
        raise MailError(
            f"{where(settings)} offers encryption and does not begin it ({words(error.smtp_code, error.smtp_error)}), "
            "so nothing was sent to it: that may pass"
        ) from error


def log_in(server: Server, settings: MailSettings, password: str) -> None:
    """Log in with one try, where a user is set. Raises MailError: it is refused, or not offered; OSError."""
    server.ehlo_or_helo_if_needed()
    if not settings.user:
        return
    offered = server.esmtp_features.get("auth", "").upper().split()
    mechanism = next((name for name in MECHANISMS if name in offered), None)
    if mechanism is None:
        fix = "check mail.port, or clear mail.user"
        if offered or takes_no_password(settings.host, ""):
            fix = "send from an account of another provider"
        raise MailError(
            f"{where(settings)} offers no login with a password ({' '.join(offered) or 'none at all'}): {fix}"
        )
    try:
        server.log_in(mechanism, settings.user, password)
    except smtplib.SMTPAuthenticationError as error:
        # "from None": a server may repeat what it was sent, and a traceback must not show it.
        raise refused_login(error, settings, password) from None
    except ValueError:  # binascii.Error: a challenge that is no base64
        raise MailError(f"{where(settings)} asks for the login in a way nobody understands: check mail.port") from None


def _literal(connection: socket.socket) -> str:
    """Return the own address the way EHLO wants it from who has no public name (RFC 5321, 4.1.3)."""
    address = connection.getsockname()[0].partition("%")[0]
    return f"[IPv6:{address}]" if ":" in address else f"[{address}]"
