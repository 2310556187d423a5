"""A house with a real outbox and the rounds of its deliver worker, the clock moved by hand."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC
from hashlib import sha256
from pathlib import Path

from pisecurity.adapters.state.pictures import FilePictures
from pisecurity.adapters.store.sqlite import SqliteStore
from pisecurity.core.types import Alert, AlertKind, Delivery, Notification, Outcome, Receipt
from pisecurity.errors import MailError
from pisecurity.ports import Address, Channel
from pisecurity.runtime import house
from pisecurity.runtime.health import Health
from pisecurity.runtime.life.logins import Logins
from pisecurity.runtime.sending.deliver import Deliver
from pisecurity.web.assets import load_catalogue
from tests.fakes import FakeClock
from tests.rigs.smtp import ANNA

Answer = Mapping[str, Receipt] | MailError | None
HOUSE = house.House("Home", UTC, {"front": "Front door"}, load_catalogue())
TAKEN = Receipt(Outcome.ACCEPTED, "250 queued")
GOING_ON = threading.Event()
"""A stop that never comes."""


class ScriptedMailer:
    """Answers each alert as ordered; None, and what was not ordered, is accepted by all."""

    def __init__(self, clock: FakeClock, answer: Callable[[Alert], Answer] = lambda alert: None) -> None:
        self._clock, self.answer = clock, answer
        self.sent: list[tuple[float, str, tuple[str, ...]]] = []
        """Seconds since the start, alert and recipients of each call."""
        self.notifications: list[Notification] = []
        self.warmed = 0
        """How often it was told to get ready."""

    def send(self, notification: Notification, recipients: Sequence[str], deadline_s: float) -> Mapping[str, Receipt]:
        alert = notification.alert
        self.notifications.append(notification)
        self.sent.append((self._clock.monotonic() - 1000, alert.subject, tuple(recipients)))
        answer = self.answer(alert)
        if isinstance(answer, MailError):
            raise answer
        return dict.fromkeys(recipients, TAKEN) if answer is None else answer

    def warm_up(self) -> None:
        self.warmed += 1

    def prove(self, deadline_s: float) -> str:
        raise NotImplementedError

    @property
    def subjects(self) -> list[str]:
        return [subject for _, subject, _ in self.sent]


Build = Callable[[Channel], "House"]
"""Makes a house around a mailer."""


class House:
    """Outbox, health and the worker's rounds, with the clock moved by hand."""

    def __init__(self, store: SqliteStore, folder: Path, clock: FakeClock, mailer: Channel) -> None:
        self.store, self.clock, self.health = store, clock, Health(clock)
        self.pictures = FilePictures(folder)
        self.channels: dict[str, Channel] = {"mail": mailer}
        self.beats = 0
        self.deliver = self.restart()

    def restart(self) -> Deliver:
        self.logins = Logins(self.clock)
        self.deliver = Deliver(
            "mail",
            self.store,
            self.pictures,
            self.channels,
            HOUSE,
            self.clock,
            self.health,
            jitter=lambda: 0.0,
            logins=self.logins,
        )
        return self.deliver

    def alert(self, subject: str, *to: str, kind: AlertKind = AlertKind.TEST) -> None:
        alert = Alert(sha256(subject.encode()).hexdigest()[:32], kind, self.clock.now(), subject, "Look.")
        self.store.add_alert(alert, [Address("mail", recipient) for recipient in to or (ANNA,)])

    def round(self) -> None:
        self.deliver.deliver_due(GOING_ON, self._beat)

    def run(self, seconds: float) -> None:
        """Go on for *seconds*, a round each second."""
        for _ in range(int(seconds)):
            self.round()
            self.clock.advance(1)

    def rows(self) -> list[Delivery]:
        """Return all deliveries, oldest first."""
        return list(reversed(self.store.deliveries(1000)))

    @property
    def faults(self) -> dict[str, str]:
        return {fault.key: fault.text for fault in self.health.faults()}

    def _beat(self) -> None:
        self.beats += 1
