"""What happened becomes stored events and alerts, once, whatever the disk does."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, timedelta
from pathlib import Path

import pytest

from pisecurity.adapters.pictures import FilePictures
from pisecurity.adapters.store import SqliteStore
from pisecurity.app import load_catalogue
from pisecurity.core.types import AlarmState, Alert, AlertKind, Delivery, Event, Mode, Phase
from pisecurity.core.words import alert_id
from pisecurity.errors import StoreError
from pisecurity.ports import PictureKind
from pisecurity.runtime.health import Health
from pisecurity.runtime.inbox import Inbox
from pisecurity.runtime.panel import Panel
from pisecurity.runtime.respond import BETTER_VIEW_S, House, Respond
from pisecurity.settings import AlarmSettings, CameraSettings, MailSettings, ModeSettings, Settings
from tests.fakes import FakeClock, ShadeEncoder, make_event

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
        self.boot()

    def boot(self) -> None:
        """Build everything anew on the same folder, as after a power cut."""
        self.inbox = Inbox(16)
        self.store = self.make_store(self.folder, self.clock)
        self.pictures = self.make_pictures(self.folder)
        self.health = Health(self.clock, self.inbox.put)
        self.panel = Panel(self.store, self.clock, self.alarm, self.inbox.put)
        self.panel.start()
        ids = (f"{number:032x}" for number in range(1, 1000))
        self.respond = Respond(
            make_settings(self.alarm), self.inbox, self.panel, self.store, self.pictures, ShadeEncoder(),
            House("Home", UTC, {"front": "Front door"}, load_catalogue()), self.health, self.clock,
            lambda: next(ids), self._wake,
        )  # fmt: skip

    def _wake(self) -> None:
        self.woken += 1

    def arm(self, mode: Mode = Mode.AWAY) -> None:
        self.panel.switch(mode, by="Anna", how="page")

    def put(self, *events: Event) -> None:
        """Let respond answer *events* and whatever they cause."""
        for event in events:
            self.inbox.put(event)
        self.answer()

    def answer(self) -> None:
        stop = threading.Event()
        stop.set()
        self.respond.work(stop, lambda: None)

    def alerts(self) -> list[Alert]:
        """Return the alerts, oldest first."""
        found: dict[str, Alert] = {}
        for delivery in reversed(self.deliveries()):
            found.setdefault(delivery.alert.id, delivery.alert)
        return list(found.values())

    def deliveries(self) -> tuple[Delivery, ...]:
        return self.store.deliveries(100)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Fixture]:
    fixture = Fixture(tmp_path)
    yield fixture
    fixture.store.close()


def test_armed_an_event_becomes_one_alarm_for_each_recipient_with_its_picture(house: Fixture) -> None:
    house.arm()
    house.put(make_event())
    assert {(each.channel, each.recipient) for each in house.deliveries()} == {
        ("mail", "anna@example.org"),
        ("mail", "ben@example.org"),
    }
    (alert,) = house.alerts()
    assert (alert.kind, alert.event_id, alert.id) == (AlertKind.ALARM, EVENT, alert_id(EVENT, AlertKind.ALARM))
    assert "Front door" in alert.subject
    picture = house.pictures.load(EVENT, PictureKind.ANNOTATED)
    assert picture is not None and b"boxes=1" in picture and b"Front door" in picture
    assert house.pictures.load(EVENT, PictureKind.CLEAN) == b"clean"
    assert house.panel.status().state is AlarmState.TRIGGERED


def test_a_stored_alarm_waits_a_moment_for_a_better_view_before_it_leaves(house: Fixture) -> None:
    house.arm()
    house.answer()
    house.inbox.put(make_event())
    stop = threading.Event()
    woken: list[int] = []

    def beat() -> None:
        woken.append(house.woken)
        if len(woken) == 2:
            assert house.store.due(house.clock.instant()) == ()
            house.clock.advance(BETTER_VIEW_S)
        if len(woken) == 3:
            stop.set()

    house.respond.work(stop, beat)
    assert woken == [0, 0, 1]
    assert len(house.store.due(house.clock.instant())) == 2


def test_disarmed_nothing_is_stored_or_mailed(house: Fixture) -> None:
    house.put(make_event(), make_event(Phase.IMPROVED), make_event(Phase.ENDED))
    assert house.store.events(10) == () and house.deliveries() == ()
    assert house.pictures.load(EVENT, PictureKind.CLEAN) is None


def test_disarmed_events_are_kept_on_request_but_never_mailed(tmp_path: Path) -> None:
    house = Fixture(tmp_path, AlarmSettings(record_when_disarmed=True))
    house.put(make_event())
    (record,) = house.store.events(10)
    assert (record.kind, record.why) == (None, "disarmed")
    assert house.deliveries() == () and house.panel.status().state is AlarmState.DISARMED


def test_an_event_during_the_exit_delay_is_kept_and_raises_nothing(tmp_path: Path) -> None:
    house = Fixture(tmp_path, AlarmSettings(away=ModeSettings(exit_delay_s=60)))
    house.arm()
    house.put(make_event())
    (record,) = house.store.events(10)
    assert (record.kind, record.state) == (None, AlarmState.ARMING)
    assert house.alerts() == [] and house.panel.status().state is AlarmState.ARMING
    house.store.close()


def test_a_silenced_event_keeps_the_reason(house: Fixture) -> None:
    house.arm()
    house.put(make_event())
    house.clock.advance(200)  # the alarm is over, the pause is not
    house.put(make_event(event_id=LATER_EVENT, number=2))
    newest = house.store.event(LATER_EVENT)
    assert newest is not None and newest.kind is None and "pause 300 s" in newest.why
    assert len(house.alerts()) == 1


def test_arming_anew_forgets_the_pause(house: Fixture) -> None:
    house.arm()
    house.put(make_event())
    house.clock.advance(10)
    house.panel.switch(Mode.DISARMED, by="Anna", how="page")
    house.arm()
    house.put(make_event(event_id=LATER_EVENT, number=2))
    assert [alert.kind for alert in house.alerts()].count(AlertKind.ALARM) == 2


def test_a_better_view_replaces_the_picture_and_the_end_is_noted(house: Fixture) -> None:
    house.arm()
    house.put(make_event(), make_event(Phase.IMPROVED, last_s=6.0), make_event(Phase.ENDED, last_s=9.0))
    (record,) = house.store.events(10)
    assert record.ended_at is not None and record.ended_at - record.opened_at == timedelta(seconds=4)
    assert len(house.alerts()) == 1


def test_an_entry_is_mailed_at_once_and_becomes_an_alarm_when_nobody_disarms(house: Fixture) -> None:
    house.arm()
    house.put(make_event(entry=True))
    assert [alert.kind for alert in house.alerts()] == [AlertKind.ENTRY]
    assert house.panel.status().state is AlarmState.PENDING
    house.clock.advance(30)
    house.panel.settle()
    house.answer()
    entry, alarm = house.alerts()
    assert (alarm.kind, alarm.thread, alarm.event_id) == (AlertKind.ALARM, entry.id, EVENT)


def test_disarming_an_entry_sends_the_all_clear_in_the_same_thread(house: Fixture) -> None:
    house.arm()
    house.put(make_event(entry=True))
    house.panel.switch(Mode.DISARMED, by="Ben", how="page")
    house.answer()
    entry, clear = house.alerts()
    assert (clear.kind, clear.thread) == (AlertKind.ALL_CLEAR, entry.id)
    assert "Ben" in clear.text


def test_a_power_cut_after_the_entry_delay_does_not_swallow_the_alarm(house: Fixture) -> None:
    house.arm()
    house.put(make_event(entry=True))
    house.clock.advance(30)
    house.panel.settle()  # stored as triggered, and here the power fails
    house.store.close()
    house.boot()
    house.answer()
    assert [alert.kind for alert in house.alerts()] == [AlertKind.ENTRY, AlertKind.ALARM]
    house.answer()
    assert len(house.alerts()) == 2, "made up for once, not at every start"


class BrokenPictures(FilePictures):
    """A full disk for pictures alone."""

    def save(self, event_id: str, kind: PictureKind, jpeg: bytes) -> None:
        raise StoreError("pictures: disk full; delete old events")


def test_r11_a_disk_too_full_for_pictures_does_not_keep_the_alert_from_leaving(tmp_path: Path) -> None:
    house = Fixture(tmp_path, pictures=BrokenPictures)
    house.arm()
    house.put(make_event())
    assert [alert.kind for alert in house.alerts()] == [AlertKind.ALARM]
    assert [fault.key for fault in house.health.faults()] == ["pictures"]


class StumblingStore(SqliteStore):
    """Refuses to store events the first times."""

    refusals = 3

    def add_event(self, *args: object, **more: object) -> None:
        if self.refusals > 0:
            self.refusals -= 1
            raise StoreError("pisecurity.db: disk full; delete old events")
        super().add_event(*args, **more)  # type: ignore[arg-type]


def test_r11_an_event_the_disk_refuses_is_tried_again_until_it_is_stored(tmp_path: Path) -> None:
    house = Fixture(tmp_path, store=StumblingStore)
    house.arm()
    house.inbox.put(make_event())
    stop = threading.Event()
    beats = 0

    def beat() -> None:
        nonlocal beats
        beats += 1
        if beats == 6:
            stop.set()

    house.respond.work(stop, beat)
    assert [alert.kind for alert in house.alerts()] == [AlertKind.ALARM]
    assert house.health.faults() == ()
    assert house.panel.status().state is AlarmState.TRIGGERED


def test_r16_a_camera_lost_while_armed_is_mailed_and_so_is_its_return(house: Fixture) -> None:
    house.arm()
    house.health.report("camera:front", "front: unplugged")
    house.health.report("mail", "server does not answer")
    house.answer()
    house.health.clear("camera:front")
    house.health.clear("mail")
    house.answer()
    assert [(alert.kind, "front: unplugged" in alert.text) for alert in house.alerts()] == [
        (AlertKind.FAULT, True),
        (AlertKind.RECOVERED, True),
    ]


def test_a_camera_lost_while_disarmed_is_only_shown(house: Fixture) -> None:
    house.health.report("camera:front", "front: unplugged")
    house.answer()
    house.health.clear("camera:front")
    house.answer()
    assert house.alerts() == []


def test_a_test_alert_goes_to_everybody(house: Fixture) -> None:
    house.respond.test_alert()
    (alert,) = house.alerts()
    assert alert.kind is AlertKind.TEST and len(house.deliveries()) == 2 and house.woken == 1
