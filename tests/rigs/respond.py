"""Respond with real parts around it, for its tests."""

from __future__ import annotations

import threading
from datetime import UTC
from pathlib import Path

from pisecurity.adapters.state.pictures import FilePictures
from pisecurity.adapters.store import SqliteStore
from pisecurity.core.types import Alert, AlertKind, Delivery, Event, Mode, Outcome, Receipt
from pisecurity.core.vision.contrast import SEEING_FACT
from pisecurity.runtime.alarm.panel import Panel
from pisecurity.runtime.alerts.inbox import Inbox, Sighting
from pisecurity.runtime.alerts.respond import Respond
from pisecurity.runtime.health import Health
from pisecurity.runtime.house import House
from pisecurity.settings import AlarmSettings, CameraSettings, MailSettings, ModeSettings, Settings
from pisecurity.web.assets import load_catalogue, load_phrases
from tests.fakes import FakeClock, ShadeEncoder

EVENT = "a" * 32
LATER_EVENT = "b" * 32


def make_settings(alarm: AlarmSettings) -> Settings:
    return Settings(
        camera=(CameraSettings(id="front", name="Front door", kind="stage"),),
        alarm=alarm,
        mail=MailSettings(host="mail.example", sender="pi@example.org", to=("anna@example.org", "ben@example.org")),
    )


class Fixture:
    """Respond with a real store and real pictures, a panel, and a clock moved by hand."""

    language = "en"

    def __init__(
        self,
        folder: Path,
        alarm: AlarmSettings | None = None,
        store: type[SqliteStore] = SqliteStore,
        pictures: type[FilePictures] = FilePictures,
    ) -> None:
        self.make_store, self.make_pictures = store, pictures
        self.folder, self.clock, self.inbox = folder, FakeClock(), Inbox(16)
        self.alarm = alarm or AlarmSettings(away=ModeSettings(entry_delay_s=30), alert_pause_s=300)
        self.woken = 0
        self.ids = (f"{number:032x}" for number in range(1, 1000))
        self.boot()

    def boot(self) -> None:
        """Build everything anew on the same folder, as after a power cut."""
        self.inbox = Inbox(16)
        self.store = self.make_store(self.folder, self.clock)
        self.pictures = self.make_pictures(self.folder)
        self.health = Health(self.clock, self.inbox.put)
        self.health.note(f"{SEEING_FACT}front", "differences from 4 of 255 steps on are seen")
        self.panel = Panel(self.store, self.clock, self.alarm, self.inbox.put)
        self.panel.start()
        self.encoder = ShadeEncoder()
        words = load_catalogue(self.language), load_phrases(self.language)
        self.respond = Respond(
            make_settings(self.alarm), self.inbox, self.panel, self.store, self.pictures, self.encoder,
            House("Home", UTC, {"front": "Front door", "back": "Garden"}, *words), self.health, self.clock,
            lambda: next(self.ids), self._wake,
        )  # fmt: skip

    def _wake(self) -> None:
        self.woken += 1

    def arm(self, mode: Mode = Mode.AWAY) -> None:
        self.panel.switch(mode, by="Anna", how="page")

    def put(self, *events: Event) -> None:
        """Let respond answer *events* and whatever they cause."""
        for event in events:
            self.see(event)
        self.answer()

    def see(self, event: Event) -> None:
        """Put *event* as watch does, without an answer yet."""
        self.inbox.put(Sighting(event, self.panel.status()))

    def run(self, beats: int) -> None:
        """Let respond work on until it has beaten so often."""
        stop, left = threading.Event(), iter(range(beats - 1))

        def beat() -> None:
            if next(left, None) is None:
                stop.set()

        self.respond.work(stop, beat)

    def cut_power(self) -> None:
        """Start anew after a reboot, nothing in memory left."""
        self.store.close()
        self.clock.reboot()
        self.boot()

    def answer(self) -> None:
        stop = threading.Event()
        stop.set()
        self.respond.work(stop, lambda: None)

    def taken(self, row: Delivery) -> None:
        """Note that the mail server has taken what *row* stands for."""
        now = self.clock.instant()
        self.store.record(row, Receipt(Outcome.ACCEPTED, "250 queued"), now, self.clock.now(), now)

    def kinds(self) -> list[AlertKind]:
        return [alert.kind for alert in self.alerts()]

    def alerts(self) -> list[Alert]:
        """Return the alerts, oldest first."""
        found: dict[str, Alert] = {}
        for delivery in reversed(self.deliveries()):
            found.setdefault(delivery.alert.id, delivery.alert)
        return list(found.values())

    def deliveries(self) -> tuple[Delivery, ...]:
        return self.store.deliveries(100)
