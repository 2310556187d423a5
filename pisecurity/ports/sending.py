"""How alerts reach people."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from pisecurity.core.steps import MailStep
from pisecurity.core.types import (
    Alert,
    AlertKind,
    Delivery,
    Instant,
    Notification,
    Receipt,
)

NOWHERE = "void"
"""Channel of what is stored for the sake of its size alone."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where an alert goes."""

    channel: str
    """``mail``"""
    recipient: str
    after_s: float = 0.0
    """So many seconds after the alert was stored; more than 0 for a second contact, told only if nobody disarms."""


class Outbox(Protocol):
    """Alerts on disk, waiting for their recipients."""

    def due(self, now: Instant, held: Collection[AlertKind] = (), channel: str | None = None) -> tuple[Delivery, ...]:
        """Return the rows of *channel*, None: of all, to try now, oldest alert first.

        Rows of an earlier boot are due at once. Second steps come last, and only where the first was accepted; what is
        of the kinds *held* does not come. Of many only the first ones; an alert's rows are not divided.
        """
        ...

    def newest_due(self, channel: str, now: Instant) -> tuple[Delivery, ...]:
        """Return the rows to try now of the channel's newest alert and, before them, of its newest urgent ones.

        ``due`` may leave them out.
        """
        ...

    def hasten(self, delivery_ids: Collection[int]) -> None:
        """Make those of these rows that still wait due at once."""
        ...

    def backlog(self, channel: str, kinds: Collection[AlertKind], now: Instant) -> tuple[Delivery, ...]:
        """Return the first rows of *kinds* that wait, due or for a further try, not in doubt and never in a digest."""
        ...

    def doubt(self, delivery_ids: Collection[int]) -> None:
        """Note that these rows are about to be handed over: from now on, until ``record``, they may have arrived."""
        ...

    def digest(self, alert: Alert, to: Sequence[Address], listed: Collection[int]) -> None:
        """Store a digest, its rows, and that it tells of the *listed* rows, in one transaction.

        They are accepted together with it, and each waits again where it is refused.
        """
        ...

    def drop(self, delivery_ids: Collection[int]) -> None:
        """Remove those of these rows that still wait, because nobody needs them any more."""
        ...

    def record(
        self,
        row: Delivery,
        receipt: Receipt,
        tried: Instant,
        at: datetime,
        next_try: Instant,
        picture: str = "",
        *,
        in_doubt: bool = False,
    ) -> None:
        """Store what became of a try of *row*, which picture went along, and whether it may have arrived unsaid."""
        ...

    def waiting(self) -> int:
        """Return how many alerts have not reached a recipient yet, counted for each."""
        ...


class Channel(Protocol):
    """A way to reach people, such as the owner's mail server. Safe to use from several threads."""

    def send(self, notification: Notification, recipients: Sequence[str], deadline_s: float) -> Mapping[str, Receipt]:
        """Return the server's answer for each recipient; raise MailError when it gave none, or one for all of them.

        *deadline_s* bounds the whole conversation. What is sent twice must show as one: its id depends on alert and
        step alone.
        """
        ...

    def warm_up(self) -> None:
        """Get ready, because something is to be sent within a second; returns at once and raises nothing."""
        ...

    def prove(self, deadline_s: float) -> str:
        """Log in without sending; return what was reached in words, or raise MailError."""
        ...


class MailDoctor(Protocol):
    """Tries the way to the owner's mail server."""

    def examine(self, no_login: str = "") -> Iterator[MailStep]:
        """Yield each step as soon as it is done, within a minute in all. Logs in once at most and sends nothing.

        Args:
            no_login: why the login is not tried, which is its fault then; empty where it is.
        """
        ...


@dataclass(frozen=True, slots=True)
class ReceivedMail:
    """A mail in the embedded mailbox of the demo."""

    number: int
    """Counts up from 1."""
    received_at: datetime
    sender: str
    to: tuple[str, ...]
    subject: str
    text: str
    html: str
    """The HTML part, its inline pictures replaced by the addresses ``picture/1`` ...; empty when there is none."""
    pictures: tuple[bytes, ...]
    """JPEG files, in the order in which they came."""
    conversation: str
    """Message-ID of the mail that began the conversation; that of this one where it answers none."""


class Mailbox(Protocol):
    """The embedded mailbox of the demo."""

    def mails(self) -> tuple[ReceivedMail, ...]:
        """Return the newest mails, newest first."""
        ...

    def mail(self, number: int) -> ReceivedMail | None: ...
