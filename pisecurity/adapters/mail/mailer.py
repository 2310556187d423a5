"""Hands mails to the owner's mail server by SMTP."""

from __future__ import annotations

import logging
import smtplib
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import tzinfo
from queue import Empty, SimpleQueue
from typing import Any, TypeVar, cast

from pisecurity.adapters.clock import SystemClock
from pisecurity.adapters.mail.message import compose, message_id
from pisecurity.adapters.mail.server import Line, Server, begin_starttls, log_in, login_password, trust, want_starttls
from pisecurity.adapters.mail.sizes import Letter, Shrink, forms, is_too_large, size_limit
from pisecurity.adapters.mail.trouble import explained, is_final, timed_out, where, words
from pisecurity.core.types import Notification, Outcome, Receipt
from pisecurity.errors import MailError
from pisecurity.ports import Clock
from pisecurity.runtime.background import BackgroundCall
from pisecurity.settings import MailSettings

log = logging.getLogger(__name__)

CUT_S = 1.0
"""How long a conversation that was cut may take to notice it."""
LEAST_S = 5.0
"""Without that much time a mail that was made smaller is left for the next try."""
MOST_LEFT_OUT = 3
"""Recipients at whom the server falls silent or hangs up, and without whom the mail is tried again at once."""
REMEMBERED = 16
"""Mails that were not through in time; more of them mean a server that is away."""

PARKED_S = 5.0
"""So long a conversation waits for its mail after it has logged in."""

UNDECIDED = Receipt(Outcome.LATER, "the server ended the conversation before this recipient")

Said = TypeVar("Said")


class _Parked:
    """A conversation that has come as far as the login, or is about to, and waits for what is to be said in it."""

    def __init__(self) -> None:
        self.line = Line()
        self._asked: SimpleQueue[Callable[[Server], Any]] = SimpleQueue()
        self.ready = False
        """Whether it is logged in: what fails from then on may be due to the waiting alone."""
        self.rejected_s = float("-inf")
        """When its login was refused (monotonic)."""

    def ask(self, work: Callable[[Server], Any]) -> None:
        """Say what to do; it is done once, or never where nobody waits any more."""
        self._asked.put(work)

    def wait(self, server: Server) -> Any:
        """Do what is asked within PARKED_S and return what comes of it; _UNASKED: nothing was asked."""
        self.ready = server.waited = True
        try:
            work = self._asked.get(timeout=PARKED_S)
        except Empty:
            return _UNASKED
        return work(server)


_UNASKED = object()


class SmtpMailer:
    """Fulfils Channel. Each mail is a conversation of its own; safe to use from several threads."""

    def __init__(
        self,
        settings: MailSettings,
        password: Callable[[], str | None],
        house: str,
        clock: Clock | None = None,
        zone: tzinfo | None = None,
        *,
        catalogue: Mapping[str, str],
        shrink: Shrink,
        logger: logging.Logger = log,
    ) -> None:
        """Prepare; nothing is reached yet.

        Args:
            settings: the server and the sender; the recipients come with each mail.
            password: asked before each login, may raise SecretError.
            house: name shown as the sender.
            clock: None is the system's.
            zone: of the times people read; None is the machine's.
            catalogue: sentences by key, in the language of the owner.
            shrink: makes pictures smaller for a server that takes no large mail.
            logger: gets what happens.
        """
        self._settings, self._password, self._house, self._zone = settings, password, house, zone
        self._catalogue, self._shrink, self._log = catalogue, shrink, logger
        self._slow: dict[str, int] = {}
        """How often a mail that was not through in time is to be made smaller, by its Message-ID."""
        self._clock = clock or SystemClock()
        self._lock = threading.Lock()
        self._parked: tuple[_Parked, BackgroundCall[Any]] | None = None

    def send(self, notification: Notification, recipients: Sequence[str], deadline_s: float) -> Mapping[str, Receipt]:
        """Return the server's word on each recipient; within *deadline_s* whatever the server does.

        A mail the server finds too large goes again with smaller pictures, then with one, then with none. One that
        was not through by the deadline is smaller by one step when it is sent the next time. A recipient at whom the
        server falls silent or hangs up is left for later, and the others get the mail in another conversation.

        Raises:
            MailError: the server could not be asked, or takes this mail from nobody (then it is permanent).
        """
        until_s = self._clock.monotonic() + deadline_s
        left_s, name = deadline_s, message_id(notification.alert.id, notification.step)
        letter = Letter(self._written(notification, recipients), self._slow.get(name, 0))
        said: dict[str, Receipt] = {}
        while True:
            shrunk, asked = letter.shrunk, [to for to in recipients if to not in said]
            try:
                said |= self._converse(self._handing_over(letter, asked), left_s)
                self._slow.pop(name, None)
            except MailError as error:
                # A server may hang up on what was too large for it: what is smaller is worth a new conversation.
                left_s = until_s - self._clock.monotonic()
                if left_s <= 0 and letter.offered:
                    self._remember_slow(name, letter.shrunk + 1)
                hopeless = error.permanent or error.rejected_login or left_s < LEAST_S
                if error.recipient and len(asked) > 1 and len(said) < MOST_LEFT_OUT and not hopeless:
                    said[error.recipient] = Receipt(Outcome.LATER, str(error))
                elif letter.shrunk == shrunk or hopeless:
                    raise
            else:
                left_s = until_s - self._clock.monotonic()
                if said.keys() >= set(recipients) or len(said) >= MOST_LEFT_OUT or left_s < LEAST_S:
                    return {to: said.get(to, UNDECIDED) for to in recipients}

    def _remember_slow(self, name: str, shrunk: int) -> None:
        self._log.warning("mail not through in time, goes smaller the next time message_id=%s steps=%d", name, shrunk)
        self._slow[name] = shrunk
        while len(self._slow) > REMEMBERED:
            self._slow.pop(next(iter(self._slow)))

    def warm_up(self) -> None:
        """Connect and log in, so that a mail that comes within PARKED_S leaves the sooner by that."""
        try:
            password = login_password(self._settings, self._password)
        except MailError:
            return  # the mail itself will tell
        with self._lock:
            if self._parked is None or self._parked[1].wait(0):
                parked = _Parked()
                self._parked = parked, BackgroundCall("mail-parked", lambda: self._wait_in(parked, password))

    def _wait_in(self, parked: _Parked, password: str) -> Any:
        try:
            return self._talk(parked.line, parked.wait, password)
        except MailError as error:
            if error.rejected_login:
                parked.rejected_s = self._clock.monotonic()
            raise

    def prove(self, deadline_s: float) -> str:
        """Log in without sending; return what was reached and how long it took, in words.

        Raises:
            MailError: what a mail would have met too.
        """
        began_s = self._clock.monotonic()
        secured = self._begin(Server.secured, deadline_s)
        took_s = self._clock.monotonic() - began_s
        who = f"logged in as {self._settings.user}" if self._settings.user else "without login"
        return f"{self._where} answers, {who}, {secured}, in {took_s:.1f} s"

    @property
    def _where(self) -> str:
        return where(self._settings)

    def _written(self, notification: Notification, recipients: Sequence[str]) -> Iterator[bytes]:
        """Yield *notification* as a mail in ever smaller forms."""
        for form, remark in forms(notification, self._shrink, self._catalogue):
            yield compose(
                form,
                house=self._house,
                sender=self._settings.sender,
                to=recipients,
                sent_at=self._clock.now(),
                catalogue=self._catalogue,
                zone=self._zone,
                remark=remark,
            )

    def _handing_over(self, letter: Letter, recipients: Sequence[str]) -> Callable[[Server], Mapping[str, Receipt]]:
        def hand_over(server: Server) -> Mapping[str, Receipt]:
            letter.offered = True
            limit = size_limit(server.esmtp_features)
            if limit is not None and len(letter.raw) > limit:
                self._make_smaller(letter, f"EHLO allows {limit}", limit)
            while True:
                try:
                    refused = server.sendmail(self._settings.sender, list(recipients), letter.raw)
                except smtplib.SMTPRecipientsRefused as error:
                    # After a 421, with which the server hangs up, of some nothing is said.
                    return {to: _refusal(answer) for to, answer in error.recipients.items()}
                except (smtplib.SMTPSenderRefused, smtplib.SMTPDataError) as error:
                    if is_too_large(error.smtp_code, error.smtp_error):
                        if self._make_smaller(letter, words(error.smtp_code, error.smtp_error)):
                            continue
                        # Said of the size before the mail is sent, it is as final as after it.
                        raise smtplib.SMTPDataError(error.smtp_code, error.smtp_error) from error
                    if 400 <= error.smtp_code < 500:
                        return {to: _refusal((error.smtp_code, error.smtp_error)) for to in recipients}
                    raise
                taken = Receipt(Outcome.ACCEPTED, words(*server.verdict))
                return {to: _refusal(refused[to]) if to in refused else taken for to in recipients}

        return hand_over

    def _make_smaller(self, letter: Letter, reason: str, limit: int | None = None) -> bool:
        """Make *letter* smaller; return whether that was possible."""
        before = len(letter.raw)
        possible = letter.shrink(limit)
        if possible:
            self._log.warning("mail too large, made smaller bytes=%d of=%d reason=%s", len(letter.raw), before, reason)
        return possible

    def _converse(self, work: Callable[[Server], Said], deadline_s: float) -> Said:
        """Return what *work* gets out of a server that is logged in to, at most a little after *deadline_s*.

        In the conversation that was parked, where there is one; one that has ended meanwhile costs a new one, for
        what it failed by may be over. Only a login that was refused just now is not tried again.
        """
        until_s = self._clock.monotonic() + deadline_s
        taken = self._unparked()
        if taken is not None:
            parked, call = taken
            parked.ask(work)
            try:
                said = self._outcome(parked.line, call, deadline_s)
            except MailError as error:
                left_s = until_s - self._clock.monotonic()
                if not parked.ready or left_s < LEAST_S or error.permanent or error.rejected_login or error.in_doubt:
                    raise
                self._log.info("parked conversation of no use reason=%s", error)
            else:
                if said is not _UNASKED:
                    return cast(Said, said)
        return self._begin(work, until_s - self._clock.monotonic())

    def _unparked(self) -> tuple[_Parked, BackgroundCall[Any]] | None:
        """Return the conversation that was parked, if it still goes on or its login was refused a moment ago."""
        with self._lock:
            taken, self._parked = self._parked, None
        if taken is not None and taken[1].wait(0) and self._clock.monotonic() - taken[0].rejected_s >= PARKED_S:
            return None
        return taken

    def _begin(self, work: Callable[[Server], Said], deadline_s: float) -> Said:
        """Return what *work* gets out of a server in a new conversation."""
        password = login_password(self._settings, self._password)
        line = Line()
        call = BackgroundCall("mail-conversation", lambda: self._talk(line, work, password))
        return self._outcome(line, call, deadline_s)

    def _outcome(self, line: Line, call: BackgroundCall[Said], deadline_s: float) -> Said:
        """Return what comes of *call*, which is cut at *deadline_s*.

        smtplib's own limit is per read, and a server that drips outlives it; so the conversation runs in a
        thread of its own, and its connection is cut from here. Only a name lookup cannot be cut; it is left
        behind and ends by itself without reaching the server.
        """
        if not call.wait(deadline_s):
            line.cut()
            if not call.wait(CUT_S):
                raise _marked(timed_out(self._settings, f"come to an end within {deadline_s:g} s"), line)
        return call.result()

    def _talk(self, line: Line, work: Callable[[Server], Said], password: str) -> Said:
        settings = self._settings
        context = None if settings.security == "plain" else trust(settings)
        try:
            server = Server(line)
            try:
                server.reach(settings.host, settings.port)
                if context is not None and settings.security == "tls":
                    server.begin_tls(context)
                server.greet()
                if context is not None and settings.security == "starttls":
                    want_starttls(server, settings)
                    begin_starttls(server, settings, context)
                log_in(server, settings, password)
                return work(server)
            finally:
                server.leave()
        except (OSError, smtplib.SMTPException) as error:
            if line.is_cut:
                raise _marked(timed_out(self._settings, "come to an end in time"), line) from error
            raise _marked(explained(error, settings, self._clock.now()), line) from error
        finally:
            line.close()


def _marked(error: MailError, line: Line) -> MailError:
    """Return *error*, saying whether the mail may have arrived over *line* all the same, and at whom it broke off."""
    error.in_doubt, error.recipient = line.in_doubt, line.asked
    return error


def _refusal(answer: tuple[int, bytes | str]) -> Receipt:
    return Receipt(Outcome.REFUSED if is_final(*answer) else Outcome.LATER, words(*answer))
