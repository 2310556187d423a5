"""Hands mails to the owner's mail server by SMTP."""

from __future__ import annotations

import base64
import logging
import re
import smtplib
import socket
import ssl
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import tzinfo
from typing import TYPE_CHECKING, TypeVar

from pisecurity.adapters.clock import SystemClock
from pisecurity.adapters.mail_message import TOO_LARGE, compose
from pisecurity.core.types import Notification, Outcome, Receipt
from pisecurity.errors import MailError, SecretError
from pisecurity.ports import Clock
from pisecurity.runtime.background import BackgroundCall
from pisecurity.settings import MailSettings

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

log = logging.getLogger(__name__)

STEP_S = 10.0
"""Longest silence of the server; only its verdict on the whole mail may take as long as the deadline leaves."""
CUT_S = 1.0
"""How long a conversation that was cut may take to notice it."""
LEAST_S = 5.0
"""Left to the second try of a mail that was too large."""
MAX_WORDS = 200
"""Characters of a server's answer that are kept."""
TOO_BIG = 552
LOGIN_WANTED = (530, 534, 535)
LATER_THOUGH_FIVE = (TOO_BIG, *LOGIN_WANTED)
"""Sent to a recipient, 552 is a full mailbox or too many recipients: both pass (RFC 5321, 4.5.3.1.10). A login that is
wanted is the account's fault and not the recipient's."""
_PASSING = re.compile(r"\s*5\.(2\.2|3\.[12]|4\.5)\b")
"""Mailbox full, server full or closed, too many mails today (RFC 3463, section 3), though the code says never."""
MECHANISMS = ("PLAIN", "LOGIN")
"""Best first; only one is tried, because each refusal counts towards the account being locked."""

Said = TypeVar("Said")


class SmtpMailer:
    """Fulfils Channel. Each mail is a conversation of its own; safe to use from several threads."""

    def __init__(
        self,
        settings: MailSettings,
        password: Callable[[], str | None],
        house: str,
        clock: Clock | None = None,
        zone: tzinfo | None = None,
    ) -> None:
        """Prepare; nothing is reached yet.

        Args:
            settings: the server and the sender; the recipients come with each mail.
            password: asked before each login, may raise SecretError.
            house: name shown as the sender.
            clock: None is the system's.
            zone: of the times people read; None is the machine's.
        """
        self._settings, self._password, self._house, self._zone = settings, password, house, zone
        self._clock = clock or SystemClock()

    def send(self, notification: Notification, recipients: Sequence[str], deadline_s: float) -> Mapping[str, Receipt]:
        """Return the server's word on each recipient; within *deadline_s* whatever the server does.

        A mail the server finds too large goes again without its picture.

        Raises:
            MailError: the server could not be asked, or takes this mail from nobody (then it is permanent).
        """
        began_s = self._clock.monotonic()
        try:
            return self._converse(self._handing_over(notification, recipients), deadline_s)
        except _TooLargeError:
            log.warning("mail too large, sent again without picture alert=%s", notification.alert.id)
        left_s = max(deadline_s - (self._clock.monotonic() - began_s), LEAST_S)
        return self._converse(self._handing_over(replace(notification, pictures=()), recipients, TOO_LARGE), left_s)

    def prove(self, deadline_s: float) -> str:
        """Log in without sending; return what was reached and how long it took, in words.

        Raises:
            MailError: what a mail would have met too.
        """
        began_s = self._clock.monotonic()
        secured = self._converse(_Server.secured, deadline_s)
        took_s = self._clock.monotonic() - began_s
        who = f"logged in as {self._settings.user}" if self._settings.user else "without login"
        return f"{self._where} answers, {who}, {secured}, in {took_s:.1f} s"

    @property
    def _where(self) -> str:
        return f"mail server {self._settings.host}:{self._settings.port}"

    def _handing_over(
        self, notification: Notification, recipients: Sequence[str], remark: str = ""
    ) -> Callable[[_Server], Mapping[str, Receipt]]:
        sender = self._settings.sender
        raw = compose(
            notification,
            house=self._house,
            sender=sender,
            to=recipients,
            sent_at=self._clock.now(),
            zone=self._zone,
            remark=remark,
        )

        def hand_over(server: _Server) -> Mapping[str, Receipt]:
            try:
                refused = server.sendmail(sender, list(recipients), raw)
            except smtplib.SMTPRecipientsRefused as error:
                return {to: _refusal(error.recipients.get(to)) for to in recipients}
            except (smtplib.SMTPSenderRefused, smtplib.SMTPDataError) as error:
                if error.smtp_code == TOO_BIG and notification.pictures:
                    raise _TooLargeError(f"{self._where}: too large") from error
                if 400 <= error.smtp_code < 500:
                    return {to: _refusal((error.smtp_code, error.smtp_error)) for to in recipients}
                raise
            taken = Receipt(Outcome.ACCEPTED, _words(*server.verdict))
            return {to: _refusal(refused[to]) if to in refused else taken for to in recipients}

        return hand_over

    def _converse(self, work: Callable[[_Server], Said], deadline_s: float) -> Said:
        """Return what *work* gets out of a server that is logged in to, at most a little after *deadline_s*.

        smtplib's own limit is per read, and a server that drips outlives it; so the conversation runs in a
        thread of its own, and its connection is cut from here. Only a name lookup cannot be cut; it is left
        behind and ends by itself without reaching the server.
        """
        password = self._login_password()
        line = _Line()
        call = BackgroundCall("mail-conversation", lambda: self._talk(line, work, password))
        if not call.wait(deadline_s):
            line.cut()
            if not call.wait(CUT_S):
                raise self._timed_out(f"come to an end within {deadline_s:g} s")
        return call.result()

    def _talk(self, line: _Line, work: Callable[[_Server], Said], password: str) -> Said:
        settings = self._settings
        context = None if settings.security == "plain" else self._trust()
        try:
            server = _Server(settings.host, settings.port, line, context if settings.security == "tls" else None)
            try:
                if context is not None and settings.security == "starttls":
                    self._encrypt(server, context)
                self._log_in(server, password)
                return work(server)
            finally:
                server.leave()
        except (OSError, smtplib.SMTPException) as error:
            if line.is_cut:
                raise self._timed_out("come to an end in time") from error
            raise self._explained(error) from error
        finally:
            line.close()

    def _login_password(self) -> str:
        user = self._settings.user
        if not user:
            return ""
        try:
            password = self._password()
        except SecretError as error:
            raise MailError(str(error)) from error
        if password is None:
            raise MailError(
                f"no password is stored for {user} at {self._where}: put it into secrets/mail-password "
                "of the state folder, or clear mail.user for a server that wants no login"
            )
        if not password.isascii() or not user.isascii():
            raise MailError(
                f"name or password for {self._where} has letters beyond ASCII, which a login cannot carry: "
                "set an app password there"
            )
        return password

    def _trust(self) -> ssl.SSLContext:
        ca_file = self._settings.ca_file
        try:
            return ssl.create_default_context(cafile=ca_file or None)
        except OSError as error:
            raise MailError(f"mail.ca_file {ca_file}: no certificate in PEM form there ({error.strerror})") from error

    def _encrypt(self, server: _Server, context: ssl.SSLContext) -> None:
        server.ehlo_or_helo_if_needed()
        if not server.has_extn("starttls"):
            raise MailError(
                f"{self._where} offers no encryption (STARTTLS), so nothing was sent to it: check mail.port, "
                'or set mail.security = "tls" with port 465'
            )
        server.starttls(context=context)

    def _log_in(self, server: _Server, password: str) -> None:
        server.ehlo_or_helo_if_needed()
        user = self._settings.user
        if not user:
            return
        offered = server.esmtp_features.get("auth", "").upper().split()
        mechanism = next((name for name in MECHANISMS if name in offered), None)
        if mechanism is None:
            raise MailError(
                f"{self._where} offers no login with a password ({' '.join(offered) or 'none at all'}): "
                "check mail.port, or clear mail.user"
            )
        try:
            server.log_in(mechanism, user, password)
        except smtplib.SMTPAuthenticationError as error:
            # "from None": a server may repeat what it was sent, and a traceback must not show it.
            words = _without(user, password, _words(error.smtp_code, error.smtp_error))
            raise MailError(
                f"{self._where} refuses the login of {user} ({words}): check mail.user and the stored password; "
                "many providers want an app password made for this, not the one of the account",
                rejected_login=error.smtp_code >= 500,
            ) from None

    def _timed_out(self, what: str) -> MailError:
        return MailError(
            f"{self._where} did not {what}: check mail.host, mail.port (465 for tls, 587 for starttls) and the internet"
        )

    def _explained(self, error: OSError) -> MailError:
        """Return *error* of smtplib, ssl or socket as what, where and the fix."""
        # smtplib makes "closed" of any trouble with the connection and keeps the trouble as the context.
        cause = error.__context__ if isinstance(error, smtplib.SMTPServerDisconnected) else error
        match cause:
            case smtplib.SMTPResponseException():
                return self._answered(cause)
            case TimeoutError():
                return self._timed_out(f"answer within {STEP_S:g} s")
            case ssl.SSLCertVerificationError():
                text = (
                    f"shows a certificate that cannot be trusted ({cause.verify_message}), so nothing was sent to it: "
                    "check mail.host, or set mail.ca_file"
                )
            case ssl.SSLError():
                text = (
                    f"does not speak TLS as expected ({cause.reason}): "
                    'port 465 goes with mail.security = "tls", port 587 with "starttls"'
                )
            case socket.gaierror():
                text = f"has a name that is not found ({cause.strerror}): check mail.host and the internet"
            case ConnectionRefusedError():
                text = "refuses the connection: check mail.host and mail.port"
            case OSError(strerror=str(reason)):
                text = f"cannot be reached ({reason}): check the network"
            case _:
                text = "closed the connection in mid-conversation: that mostly passes"
        return MailError(f"{self._where} {text}")

    def _answered(self, answer: smtplib.SMTPResponseException) -> MailError:
        code, words = answer.smtp_code, _words(answer.smtp_code, answer.smtp_error)
        # 552 after DATA is about the mail, unless it says that it is about a mailbox.
        too_large = code == TOO_BIG and not _passes(answer.smtp_error)
        if isinstance(answer, smtplib.SMTPDataError) and (too_large or _is_final(code, answer.smtp_error)):
            return MailError(f"{self._where} takes this mail from nobody ({words})", permanent=True)
        if isinstance(answer, smtplib.SMTPSenderRefused):
            return MailError(
                f"{self._where} takes no mail from {self._settings.sender} ({words}): check mail.sender and mail.user",
                rejected_login=code in LOGIN_WANTED,
            )
        return MailError(f"{self._where} answers {words}: that may pass, else check mail.host and mail.port")


class _TooLargeError(MailError):
    """The mail with its picture was too large."""


class _Line:
    """The connection as a second thread sees it: can be cut, whatever TLS object has been put around it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._handle: socket.socket | None = None
        self._cut = False

    @property
    def is_cut(self) -> bool:
        return self._cut

    def open(self, host: str, port: int) -> socket.socket:
        """Connect, and keep a second handle of the connection. Raises OSError."""
        connection = socket.create_connection((host, port), STEP_S)
        with self._lock:
            if self._cut:
                connection.close()
                raise TimeoutError
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


class _Server(smtplib.SMTP):
    """smtplib over a line that can be cut."""

    def __init__(self, host: str, port: int, line: _Line, context: ssl.SSLContext | None) -> None:
        """Connect; *context* where TLS comes first. Raises OSError, SMTPException."""
        self._line, self._context = line, context
        self.verdict = (0, b"")
        """The server's answer to the mail as a whole."""
        # A name is given only to keep smtplib from looking up its own, which may take long.
        super().__init__(host, port, local_hostname="localhost", timeout=STEP_S)
        if self.sock is not None:
            self.local_hostname = _literal(self.sock)

    def connect(self, host: str = "localhost", port: int = 0, source_address: object = None) -> tuple[int, bytes]:
        connection = self._line.open(host, port)
        self.sock = self._context.wrap_socket(connection, server_hostname=host) if self._context else connection
        self.file = None
        return self.getreply()

    def log_in(self, mechanism: str, user: str, password: str) -> None:
        """Try one mechanism once. Raises SMTPAuthenticationError."""
        self.user, self.password = user, password
        self.auth(mechanism, self.auth_plain if mechanism == "PLAIN" else self.auth_login)

    def data(self, msg: ReadableBuffer | str) -> tuple[int, bytes]:
        # A server may scan a mail for long before it answers; giving up earlier than the deadline
        # of the conversation would only send the mail twice.
        if self.sock is not None:
            self.sock.settimeout(None)
        self.verdict = super().data(msg)
        return self.verdict

    def secured(self) -> str:
        """Return how the connection is protected, in words."""
        return f"over {self.sock.version()}" if isinstance(self.sock, ssl.SSLSocket) else "unencrypted on this machine"

    def leave(self) -> None:
        """Say goodbye without waiting for the answer: it can no longer change what became of the mail."""
        with suppress(OSError):
            self.putcmd("QUIT")
        self.close()


def _literal(connection: socket.socket) -> str:
    """Return the own address the way EHLO wants it from who has no public name (RFC 5321, 4.1.3)."""
    address = connection.getsockname()[0].partition("%")[0]
    return f"[IPv6:{address}]" if ":" in address else f"[{address}]"


def _refusal(answer: tuple[int, bytes | str] | None) -> Receipt:
    if answer is None:
        return Receipt(Outcome.LATER, "the server ended the conversation before this recipient")
    return Receipt(Outcome.REFUSED if _is_final(*answer) else Outcome.LATER, _words(*answer))


def _is_final(code: int, answer: bytes | str) -> bool:
    """Return whether the same mail would be refused tomorrow as well."""
    return code >= 500 and code not in LATER_THOUGH_FIVE and not _passes(answer)


def _passes(answer: bytes | str) -> bool:
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    return bool(_PASSING.match(text))


def _words(code: int, answer: bytes | str) -> str:
    """Return a server's answer as one printable line."""
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    line = " ".join(f"{code} {text}".split())
    return "".join(letter for letter in line if letter.isprintable())[:MAX_WORDS]


def _without(user: str, password: str, text: str) -> str:
    """Return *text* with the password taken out in each form in which it was sent."""
    plain = f"\0{user}\0{password}"
    for secret in (base64.b64encode(plain.encode()).decode(), base64.b64encode(password.encode()).decode(), password):
        text = text.replace(secret, "...")
    return text
