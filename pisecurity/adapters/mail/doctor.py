"""Tries the way to the owner's mail server step by step, up to the mail itself, which is not sent."""

from __future__ import annotations

import smtplib
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

from pisecurity.adapters.mail.server import (
    Line,
    Server,
    addresses,
    begin_starttls,
    log_in,
    login_password,
    trust,
    want_starttls,
)
from pisecurity.adapters.mail.trouble import (
    STEP_S,
    TOO_BIG,
    begins_with_tls,
    explained,
    refused_recipient,
    timed_out,
    too_small,
    where,
    without,
    words,
)
from pisecurity.core.steps import MailStep, StepResult
from pisecurity.errors import MailError
from pisecurity.ports import Clock
from pisecurity.runtime.background import BackgroundCall
from pisecurity.settings import MailSettings

DEADLINE_S = 60.0
SLOW_S = 3.0
"""A step that takes longer is done and worth a remark."""
PICTURE_MAIL_BYTES = 700_000
"""A mail with a picture of 500 kB, which in a mail is a third longer: the largest that a camera's picture mostly is."""
TAKEN = (250, 251)
LEAVING = 421
"""The server closes the connection (RFC 5321, 3.8)."""


@dataclass(frozen=True, slots=True)
class _Step:
    name: str
    work: Callable[[], str]
    """Returns what was found, or raises MailError or OSError."""
    alone: bool = False
    """Whether the next steps can be tried although this one failed."""


class SmtpDoctor:
    """Fulfils MailDoctor. Each examination is a conversation of its own; safe to use from several threads."""

    def __init__(
        self,
        settings: MailSettings,
        password: Callable[[], str | None],
        clock: Clock,
        *,
        deadline_s: float = DEADLINE_S,
        step_s: float = STEP_S,
    ) -> None:
        """Prepare; nothing is reached yet.

        Args:
            settings: the server, the sender and the recipients.
            password: asked once in an examination, may raise SecretError.
            clock: times the steps.
            deadline_s: for an examination as a whole, whatever the server does.
            step_s: longest silence of the server.
        """
        self._settings, self._password, self._clock = settings, password, clock
        self._deadline_s, self._step_s = deadline_s, step_s

    def examine(self, no_login: str = "") -> Iterator[MailStep]:
        """Yield each step as soon as it is done; after a fault the rest, untried. Logs in at most once.

        Args:
            no_login: why the login is not tried, which is its fault then; empty where it is.
        """
        line = Line(self._step_s)
        cutter = threading.Timer(self._deadline_s, line.cut)
        cutter.daemon = True
        cutter.start()
        talk = _Conversation(self._settings, self._password, self._clock, line, self._deadline_s, no_login)
        fault = ""
        try:
            for step in talk.steps():
                if fault:
                    yield MailStep(step.name, StepResult.UNTRIED, f"not tried, because of {fault}")
                    continue
                done = talk.take(step)
                if done.result is StepResult.FAULT and not (step.alone and talk.goes_on):
                    fault = step.name
                yield done
        finally:
            cutter.cancel()
            talk.end()


class _Conversation:
    """One conversation: what each step leaves for the next."""

    def __init__(
        self,
        settings: MailSettings,
        password: Callable[[], str | None],
        clock: Clock,
        line: Line,
        deadline_s: float,
        no_login: str,
    ) -> None:
        self._settings, self._stored, self._clock, self._line = settings, password, clock, line
        self._no_login = no_login
        self._deadline_s, self._began_s = deadline_s, clock.monotonic()
        self._server = Server(line)
        self._context: ssl.SSLContext | None = None
        self._password = ""
        self._addresses: tuple[str, ...] = ()
        self._distrust: ssl.SSLCertVerificationError | None = None

    def steps(self) -> list[_Step]:
        """Return the steps in the order of the conversation."""
        settings = self._settings
        greeting = [_Step("greeting", self._greet), _Step("hello", self._say_hello)]
        encryption = [_Step("TLS", self._begin_tls), _Step("certificate", self._see_certificate)]
        opening = {"tls": encryption + greeting, "starttls": greeting + encryption, "plain": greeting}
        return [
            _Step("settings", self._see_settings),
            _Step("password", self._find_password),
            _Step("name", self._look_up),
            _Step("connection", self._connect),
            *opening[settings.security],
            _Step("login", self._log_in),
            _Step("sender", self._name_sender),
            *(
                _Step(f"recipient {to}", partial(self._name_recipient, to), alone=True)
                for to in (*settings.to, *settings.second_to)
            ),
            _Step("size", self._name_size),
        ]

    @property
    def goes_on(self) -> bool:
        """Whether the server still listens."""
        return self._server.sock is not None and not self._line.is_cut

    def take(self, step: _Step) -> MailStep:
        """Return how *step* went."""
        began_s, rejected = self._clock.monotonic(), False
        try:
            text, result = step.work(), StepResult.WELL
        except MailError as error:
            text, result, rejected = str(error), StepResult.FAULT, error.rejected_login
        except OSError as error:
            text, result = str(self._explained(error)), StepResult.FAULT
        took_s = self._clock.monotonic() - began_s
        if self._line.is_cut:  # the half of an answer looks like a whole one
            text, result = str(self._explained(TimeoutError())), StepResult.FAULT
        if result is StepResult.WELL and took_s > SLOW_S:
            text += "; slow, and an alarm waits as long"
        # A server may repeat what it was sent.
        return MailStep(step.name, result, without(self._settings.user, self._password, text), took_s, rejected)

    def end(self) -> None:
        """Take everything back and say goodbye; nothing was sent."""
        if self.goes_on:
            self._server.leave()
        self._server.close()
        self._line.close()

    def _explained(self, error: OSError) -> MailError:
        if self._line.is_cut:
            return timed_out(self._settings, f"come to an end within {self._deadline_s:g} s")
        return explained(error, self._settings, self._clock.now())

    def _see_settings(self) -> str:
        settings = self._settings
        if settings.security != "plain":
            self._context = trust(settings)
        return f"{where(settings)} with {settings.security}, from {settings.sender} to {', '.join(settings.to)}"

    def _find_password(self) -> str:
        self._password = login_password(self._settings, self._stored)
        return "stored" if self._password else "none is needed: mail.user is empty"

    def _look_up(self) -> str:
        """A lookup cannot be cut; it is left behind where it takes too long, and ends by itself."""
        host, port = self._settings.host, self._settings.port
        call = BackgroundCall("mail-name", lambda: _found(host, port))
        left_s = self._deadline_s - (self._clock.monotonic() - self._began_s)
        if not call.wait(min(left_s, 2 * self._line.step_s)):
            raise MailError(
                f"{where(self._settings)} has a name whose lookup takes too long: the name server, mostly the router, "
                "is slow or away; start the router anew"
            )
        found = call.result()
        if isinstance(found, OSError):
            raise found
        self._addresses = found
        return f"found at {', '.join(found)}"

    def _connect(self) -> str:
        """Try the addresses in their order, as a mail would."""
        failed: list[str] = []
        for address in self._addresses:
            try:
                self._server.reach(self._settings.host, self._settings.port, address)
            except OSError as error:
                if address == self._addresses[-1] or self._line.is_cut:
                    raise
                failed.append(f"{address} ({error.strerror or 'no answer'})")
            else:
                others = f"; not reached: {', '.join(failed)}" if failed else ""
                return f"to {address}, port {self._settings.port}{others}"
        raise smtplib.SMTPServerDisconnected("no address")

    def _greet(self) -> str:
        try:
            return f"it says: {words(220, self._server.greet())}"
        except smtplib.SMTPServerDisconnected as error:
            silent = isinstance(error.__context__, TimeoutError) and not self._line.is_cut
            if silent and self._settings.security == "starttls" and self._speaks_tls():
                raise begins_with_tls(self._settings) from error
            raise

    def _speaks_tls(self) -> bool:
        """Return whether the server, silent so far, answers to TLS: then the port is that of the other kind."""
        probe = Server(self._line)
        try:
            probe.reach(self._settings.host, self._settings.port, self._addresses[0])
            if self._context is not None:
                probe.begin_tls(self._context)
        except ssl.SSLCertVerificationError:
            return True
        except OSError:
            return False
        finally:
            probe.close()
        return True

    def _say_hello(self) -> str:
        if self._settings.security == "starttls":
            want_starttls(self._server, self._settings)
        self._server.ehlo_or_helo_if_needed()
        offered = ", ".join(sorted(name.upper() for name in self._server.esmtp_features))
        return f"offers {offered}" if offered else "offers nothing beyond plain mail"

    def _begin_tls(self) -> str:
        if self._context is None:
            raise smtplib.SMTPServerDisconnected("no TLS")
        try:
            if self._settings.security == "tls":
                self._server.begin_tls(self._context)
            else:
                begin_starttls(self._server, self._settings, self._context)
        except ssl.SSLCertVerificationError as error:
            self._distrust = error
            return "spoken"
        return self._server.secured()

    def _see_certificate(self) -> str:
        if self._distrust is not None:
            raise self._distrust
        return self._server.certificate()

    def _log_in(self) -> str:
        if self._no_login:
            raise MailError(self._no_login)
        log_in(self._server, self._settings, self._password)
        return f"as {self._settings.user}" if self._settings.user else "none is wanted: mail.user is empty"

    def _name_sender(self) -> str:
        code, answer = self._server.mail(self._settings.sender)
        if code not in TAKEN:
            raise smtplib.SMTPSenderRefused(code, answer, self._settings.sender)
        return f"taken ({words(code, answer)})"

    def _name_recipient(self, to: str) -> str:
        code, answer = self._server.rcpt(to)
        if code == LEAVING:
            self._server.close()
            raise smtplib.SMTPResponseException(code, answer)
        if code not in TAKEN:
            raise refused_recipient((code, answer), self._settings, to)
        return f"taken ({words(code, answer)})"

    def _name_size(self) -> str:
        """Ask for room for a mail with a picture, which only a server with SIZE can promise (RFC 1870)."""
        if not self._server.has_extn("size"):
            return "the server names no limit"
        limit = self._server.esmtp_features["size"].strip()
        most = int(limit) if limit.isdecimal() else 0
        if 0 < most < PICTURE_MAIL_BYTES:
            raise too_small(self._settings, f"it takes {most / 1e6:.1f} MB at most", PICTURE_MAIL_BYTES)
        self._server.rset()
        code, answer = self._server.mail(self._settings.sender, [f"size={PICTURE_MAIL_BYTES}"])
        if code == TOO_BIG:
            raise too_small(self._settings, words(code, answer), PICTURE_MAIL_BYTES)
        if code not in TAKEN:
            raise smtplib.SMTPSenderRefused(code, answer, self._settings.sender)
        self._server.rset()
        up_to = f"mails up to {most / 1e6:.0f} MB are taken" if most else "no limit is named"
        return f"{up_to}; one with a picture has {PICTURE_MAIL_BYTES / 1e6:.1f} MB"


def _found(host: str, port: int) -> tuple[str, ...] | OSError:
    """Return the addresses of *host*, or why there are none."""
    try:
        return addresses(host, port)
    except OSError as error:
        return error
