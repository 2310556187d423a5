"""Somebody is made to disarm: help is called, and nothing that is shown in the house differs from other evenings."""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, time
from pathlib import Path

import pytest

from pisecurity.adapters.state.pictures import FilePictures
from pisecurity.adapters.store import SqliteStore
from pisecurity.core.alarm.people import Person, Window
from pisecurity.core.daily import Marks
from pisecurity.core.types import (
    Alarm,
    Alert,
    AlertKind,
    Delivery,
    Mode,
    Notification,
    Outcome,
    Phase,
    Priority,
    Receipt,
)
from pisecurity.errors import MailError, StoreError
from pisecurity.ports import Address, PictureKind
from pisecurity.runtime.alarm.access import Access
from pisecurity.runtime.alarm.panel import Panel
from pisecurity.runtime.alarm.people import Admission
from pisecurity.runtime.alerts.inbox import Inbox, Sighting
from pisecurity.runtime.alerts.respond import Respond
from pisecurity.runtime.health import Health
from pisecurity.runtime.house import House as Names
from pisecurity.settings import AccessSettings, AlarmSettings, CameraSettings, MailSettings, Settings
from pisecurity.web.assets import load_catalogue
from tests.fakes import FakeClock, ShadeEncoder, make_event

SISTER = "sister@example.com"
EVENT = "e" * 32


class Server:
    """A Channel that refuses, takes or fails on order."""

    def __init__(self) -> None:
        self.sent: list[tuple[AlertKind, str, tuple[str, ...], int]] = []
        self.answer: Receipt | MailError = Receipt(Outcome.ACCEPTED, "250 ok")

    def send(self, notification: Notification, recipients: Sequence[str], deadline_s: float) -> Mapping[str, Receipt]:
        alert, to = notification.alert, tuple(recipients)
        if isinstance(self.answer, MailError):
            raise self.answer
        self.sent.append((alert.kind, alert.subject, to, len(notification.pictures)))
        return dict.fromkeys(to, self.answer)

    def warm_up(self) -> None:
        """Nothing to load."""

    def prove(self, deadline_s: float) -> str:
        raise AssertionError("nobody asks")


class House:
    """A house with real store and pictures; every step is taken by hand."""

    def __init__(
        self, folder: Path, *, record_when_disarmed: bool = False, language: str = "en", refuge: Path | None = None
    ) -> None:
        """*refuge*: where the store goes on when its disk fails; None: nowhere."""
        folder.mkdir(exist_ok=True)
        self.language, self.refuge = language, refuge
        self.folder, self.clock, self.server = folder, FakeClock(), Server()
        self.settings = Settings(
            camera=(CameraSettings(id="front", name="Front door", kind="stage"),),
            alarm=AlarmSettings(record_when_disarmed=record_when_disarmed),
            mail=MailSettings(host="mail.example", sender="pi@example.org", to=("anna@example.org",)),
            access=AccessSettings(disarm="code", duress_to=(SISTER,), tell_disarmed=("ben@example.org",)),
        )
        self.boot()

    def boot(self) -> None:
        self.inbox, self.store = Inbox(32), SqliteStore(self.folder, self.clock, refuge=self.refuge)
        pictures, encoder = FilePictures(self.folder), ShadeEncoder()
        self.pictures, self.health = pictures, Health(self.clock, self.inbox.put)
        names = Names("Home", UTC, {"front": "Front door"}, load_catalogue(self.language))
        self.panel = Panel(self.store, self.clock, self.settings.alarm, self.inbox.put)
        ids = (f"{number:032x}" for number in range(1, 1000))
        self.access = Access(
            self.settings, store=self.store, pepper=lambda make: b"p" * 32, panel=self.panel, house=names,
            pictures=pictures, encoder=encoder, clock=self.clock, health=self.health, new_id=lambda: next(ids),
            on_alert=lambda: None,
        )  # fmt: skip
        self.access.set_channels({"mail": self.server})
        self.respond = Respond(
            self.settings, self.inbox, self.panel, self.store, pictures, encoder, names, self.health, self.clock,
            lambda: next(ids), lambda: None, self.access.note,
        )  # fmt: skip
        self.panel.start()
        self.access.start()

    def answer(self) -> None:
        """Let respond answer what waits, and the silent worker send."""
        while (item := self.inbox.get(0)) is not None:
            self.respond._handle(item)
            self.access.note(item)
        self.access.note(None)
        self.deliver()

    def deliver(self) -> None:
        for each in self.access._dispatch._delivers.values():
            each.deliver_due(threading.Event(), lambda: None)

    def disarm(self, *, duress: bool) -> None:
        self.panel.switch(Mode.DISARMED, by="Anna", how="code", coded=True, duress=duress)
        self.answer()

    def see(self, event_id: str = EVENT, phase: Phase = Phase.OPENED) -> None:
        self.inbox.put(Sighting(make_event(phase, event_id=event_id), self.panel.status()))
        self.answer()

    def evening(self, *, duress: bool) -> None:
        """Armed, somebody moves, somebody disarms, somebody moves twice more and goes."""
        self.panel.switch(Mode.HOME, by="Anna", how="code", coded=True)
        self.clock.advance(10)
        self.see("a" * 32)
        self.clock.advance(30)
        self.disarm(duress=duress)
        self.clock.advance(5)
        self.see()
        self.see(phase=Phase.IMPROVED)
        self.see(phase=Phase.ENDED)
        self.clock.advance(60)
        self.see("f" * 32)

    def shown(self) -> dict[str, object]:
        """Return all that pages, commands, mails and the database of the house tell."""
        return {
            "status": replace(self.panel.status(), duress=False),
            "events": self.store.events(100),
            "deliveries": unnumbered(self.store.deliveries(100)),
            "waiting": self.store.waiting(),
            "due": unnumbered(self.store.due(self.clock.instant().later(3600))),
            "newest": unnumbered(self.store.newest_due("mail", self.clock.instant().later(3600))),
            "happened": replace(self.store.happened(Marks()), marks=Marks()),
            "head": self.store.audit_head(),
            "faults": self.health.faults(),
            "facts": self.health.facts(),
            "hidden": [self.store.event(one) is not None for one in (EVENT, "f" * 32)],
        }


def unnumbered(rows: tuple[Delivery, ...]) -> list[Delivery]:
    """Return *rows* without their ids, which nothing shows."""
    return [replace(row, id=0) for row in rows]


@pytest.fixture
def two(tmp_path: Path) -> Iterator[tuple[House, House]]:
    houses = House(tmp_path / "ordinary"), House(tmp_path / "forced")
    yield houses
    for house in houses:
        house.store.close()


def duress_rows(house: House) -> list[tuple[AlertKind, str, tuple[str, ...], int]]:
    return house.server.sent


@pytest.mark.parametrize("answer", [
    Receipt(Outcome.ACCEPTED, "250 ok"), Receipt(Outcome.REFUSED, "550 no"), Receipt(Outcome.LATER, "451 later"),
    MailError("mail.example is away"), MailError("535 no", rejected_login=True), MailError("no", permanent=True),
], ids=str)  # fmt: skip
@pytest.mark.parametrize("record", [False, True])
def test_whatever_is_shown_in_the_house_is_as_after_an_ordinary_disarming(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, answer: Receipt | MailError, record: bool
) -> None:
    caplog.set_level(logging.DEBUG)
    shown, logs = [], []
    for name, duress in (("ordinary", False), ("forced", True)):
        caplog.clear()
        house = House(tmp_path / name, record_when_disarmed=record)
        house.server.answer = answer
        house.evening(duress=duress)
        ours = [record.getMessage() for record in caplog.records if record.name.startswith("pisecurity")]
        logs.append([re.sub(r"(ordinary|forced)", "house", message) for message in ours])
        shown.append(house.shown())
        assert bool(house.server.sent) is (duress and isinstance(answer, Receipt))
        house.store.close()
    for key, value in shown[0].items():
        assert value == shown[1][key], key
    assert logs[0] == logs[1]


def test_help_is_called_elsewhere_alone_before_anything_else_and_with_the_pictures_of_what_moves(
    two: tuple[House, House],
) -> None:
    ordinary, forced = two
    for house, duress in ((ordinary, False), (forced, True)):
        house.evening(duress=duress)
    assert ordinary.server.sent == []
    assert forced.server.sent == [
        (AlertKind.DURESS, "[Home] SILENT ALARM: Anna was made to disarm, 12:00:40", (SISTER,), 0),
        (AlertKind.DURESS, "[Home] SILENT ALARM goes on: movement at Front door, 12:00:00", (SISTER,), 1),
    ]
    assert AlertKind.DURESS.priority is Priority.DURESS
    assert forced.pictures.load(EVENT, PictureKind.CLEAN) and not ordinary.pictures.load(EVENT, PictureKind.CLEAN)
    assert [entry.picture for entry in forced.store.duress_log(10)].count("") == 2
    assert {entry.picture for entry in forced.store.duress_log(10)} == {"", EVENT, "f" * 32}
    assert ordinary.store.duress_log(10) == []


def test_movement_is_mailed_again_after_the_pause(tmp_path: Path) -> None:
    house = House(tmp_path)
    house.evening(duress=True)
    sent = len(house.server.sent)
    house.clock.advance(300)
    house.see("9" * 32)
    assert len(house.server.sent) == sent + 1
    house.store.close()


def test_arming_ends_it(tmp_path: Path) -> None:
    house = House(tmp_path)
    house.disarm(duress=True)
    house.panel.switch(Mode.HOME, by="Anna", how="code", coded=True)
    house.disarm(duress=False)
    sent = len(house.server.sent)
    house.see()
    assert len(house.server.sent) == sent
    assert house.store.duress_log(10)[0].picture == ""
    house.store.close()


def test_where_it_is_disarmed_already_a_duress_code_calls_for_help_too_and_nothing_is_stored_that_is_shown(
    two: tuple[House, House],
) -> None:
    for house, duress in zip(two, (False, True), strict=True):
        house.disarm(duress=duress)
    assert two[0].shown() == two[1].shown()
    assert [kind for kind, *_ in two[1].server.sent] == [AlertKind.DURESS]


def calls(house: House) -> list[str]:
    """Return the subjects of the silent mails that say who was made to disarm."""
    return [subject for kind, subject, _, _ in house.server.sent if kind is AlertKind.DURESS and "made to" in subject]


def test_each_duress_code_calls_for_help_also_days_later_while_it_is_still_disarmed(tmp_path: Path) -> None:
    house = House(tmp_path)
    house.panel.switch(Mode.HOME, by="Anna", how="code", coded=True)
    house.clock.advance(10)
    house.disarm(duress=True)
    house.clock.advance(3 * 24 * 3600)
    house.panel.switch(Mode.DISARMED, by="Ben", how="code", coded=True, duress=True)
    house.answer()
    assert [subject.partition(": ")[2].partition(" was")[0] for subject in calls(house)] == ["Anna", "Ben"]
    house.store.close()


def test_help_is_called_although_it_was_armed_again_and_the_power_failed_before_anybody_looked(tmp_path: Path) -> None:
    house = House(tmp_path)
    house.panel.switch(Mode.DISARMED, by="Anna", how="code", coded=True, duress=True)
    house.panel.switch(Mode.HOME, by="Anna", how="code", coded=True)
    house.store.close()
    house.boot()
    house.answer()
    assert len(calls(house)) == 1
    house.store.close()


def test_a_duress_code_at_the_wrong_hour_is_refused_like_a_wrong_one_and_calls_for_help(tmp_path: Path) -> None:
    house = House(tmp_path)
    people = house.access.people
    carla = Person("Carla", windows=(Window(frozenset({"tue"}), time(9), time(12)),))
    code = people.register.add(carla, None, "root")
    duress = people.register.new_code("Carla", None, "root", duress=True)

    def admit(given: str, wanted: Mode = Mode.DISARMED) -> Admission:
        return people.admit(wanted, code=given, device=None, source=f"{given} {wanted}")

    wrong = admit("702846")
    assert [admit(code), admit(duress), admit(duress, Mode.HOME)] == [wrong] * 3
    house.answer()
    assert house.server.sent == [
        (AlertKind.DURESS, "[Home] SILENT ALARM: Carla typed the duress code, 12:00:00", (SISTER,), 0)
    ]
    assert house.store.deliveries(10) == ()
    assert {fault.key for fault in house.health.faults()} <= {"people-nobody"}, "nobody else was added"
    house.store.close()


def test_a_contact_named_after_it_was_told_is_told_of_the_next_one_alone(tmp_path: Path) -> None:
    house = House(tmp_path)
    house.disarm(duress=True)
    access = house.settings.access.model_copy(update={"duress_to": ("new@example.com",)})
    house.settings = house.settings.model_copy(update={"access": access})
    house.store.close()
    house.clock.advance(20 * 24 * 3600)
    house.boot()
    house.answer()
    assert len(calls(house)) == 1
    house.store.close()


class Broken(SqliteStore):
    """A store that takes no event until it is told to."""

    broken = True
    better = 0

    def add_event(self, *args: object, **kwargs: object) -> None:
        if self.broken:
            raise StoreError("disk full")
        super().add_event(*args, **kwargs)  # type: ignore[arg-type]

    def improve_event(self, *args: object, **kwargs: object) -> None:
        self.better += 1
        super().improve_event(*args, **kwargs)  # type: ignore[arg-type]


def test_what_could_not_be_stored_is_told_later_and_after_a_restart_once(tmp_path: Path) -> None:
    house = House(tmp_path)
    house.panel.switch(
        Mode.DISARMED, by="Anna", how="code", coded=True, duress=True
    )  # and the power fails before respond sees it
    house.store.close()
    for _ in range(3):
        house.boot()
        house.deliver()
        house.store.close()
    assert [kind for kind, *_ in house.server.sent] == [AlertKind.DURESS]


def test_a_disk_that_refuses_for_a_while_drops_no_call_and_no_event_and_of_better_views_keeps_the_newest(
    tmp_path: Path,
) -> None:
    house = House(tmp_path)
    broken = Broken(tmp_path, house.clock)
    house.access._duress._store = broken
    house.disarm(duress=True)
    house.see()
    for _ in range(300):
        house.see(phase=Phase.IMPROVED)
    assert (len(house.server.sent), broken.better) == (1, 0)
    assert [fault.key for fault in house.health.faults()] == ["people-nobody"], "nobody was added"
    broken.broken = False
    house.answer()
    assert [kind for kind, *_ in house.server.sent] == [AlertKind.DURESS] * 2
    assert broken.better == 1
    broken.close()
    house.store.close()


def test_who_is_to_hear_of_a_disarming_does_so_once_also_of_a_forced_one(two: tuple[House, House]) -> None:
    for house, duress in zip(two, (False, True), strict=True):
        house.panel.switch(Mode.HOME, by="Anna", how="code", coded=True)
        house.answer()
        house.disarm(duress=duress)
        house.disarm(duress=duress)
        told = [row for row in house.store.deliveries(10) if row.alert.kind is AlertKind.DISARMED]
        assert [(row.recipient, row.alert.subject) for row in told] == [
            ("ben@example.org", "[Home] Anna disarmed at 12:00:00")
        ]
        assert AlertKind.DISARMED.priority is Priority.INFO


def test_the_owner_is_mailed_who_guesses_codes(tmp_path: Path) -> None:
    house = House(tmp_path)
    house.access.people.register.add(Person("Anna"), None, "root")
    for number in range(6):
        house.access.people.admit(Mode.DISARMED, code="702846", device=None, source=f"10.0.0.{number}")
    (row,) = house.store.deliveries(10)
    assert (row.alert.kind, row.recipient) == (AlertKind.FAULT, "anna@example.org")
    assert row.alert.subject == "[Home] Wrong codes were typed: 5"
    assert "10.0.0.4" in row.alert.text
    house.store.close()


def test_of_guesses_on_an_approved_phone_the_owner_hears_which_phone_it_is_in_their_language(tmp_path: Path) -> None:
    house = House(tmp_path, language="de")
    register = house.access.people.register
    register.add(Person("Anna"), None, "root")
    token = register.approve(register.new_approval("Anna", "root").replace("-", ""), "Pixel")
    assert token
    for _ in range(9):
        house.access.people.admit(Mode.DISARMED, code="702846", device=token, source="10.0.0.4")
        house.clock.advance(400)
    alert = house.store.deliveries(10)[0].alert
    assert alert.subject == "[Home] Auf einem freigegebenen Handy wurden falsche Codes eingegeben: 5"
    assert "der letzte auf dem Handy von Anna (Pixel, Nummer 1)" in alert.text
    assert "sudo pisecurity people revoke 1" in alert.text
    assert "phone 1" not in alert.text and "Adresse" not in alert.text
    house.store.close()


def test_a_duress_mail_goes_out_although_the_others_wait_in_quiet_hours_and_lists_never_have_it(tmp_path: Path) -> None:
    house = House(tmp_path)
    house.disarm(duress=True)
    hidden = house.store.hidden
    assert hidden.due(house.clock.instant()) == () and house.server.sent
    house.store.close()


def test_an_outage_of_the_silent_mail_alone_lists_no_other_mail_and_sends_none(tmp_path: Path) -> None:
    house = House(tmp_path)
    for number in range(6):
        alert = Alert(f"{number:032x}", AlertKind.DISARMED, house.clock.now(), f"Anna disarmed {number}", "text")
        house.store.add_alert(alert, (Address("mail", "ben@example.org"),))
        house.clock.advance(200)
    waiting = unnumbered(house.store.backlog("mail", list(AlertKind), house.clock.instant()))
    assert len(waiting) == 6
    house.server.answer = MailError("no network")
    house.disarm(duress=True)
    house.clock.advance(700)
    house.server.answer = Receipt(Outcome.ACCEPTED, "250 ok")
    house.deliver()
    assert [(kind, to) for kind, _, to, _ in house.server.sent] == [(AlertKind.DURESS, (SISTER,))]
    assert unnumbered(house.store.backlog("mail", list(AlertKind), house.clock.instant())) == waiting
    house.store.close()


def test_the_alarm_of_an_older_version_is_under_no_duress() -> None:
    assert Alarm.__dataclass_fields__["duress"].default == ""
