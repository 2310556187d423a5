"""The mail about the first armed night, with a real store, a drawn camera and a clock moved by hand."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from pisecurity.adapters.jpeg import SimpleJpegEncoder, grey
from pisecurity.adapters.state.pictures import FilePictures
from pisecurity.adapters.store import SqliteStore
from pisecurity.core.types import Alert, AlertKind, Frame
from pisecurity.errors import MailError, StoreError
from pisecurity.ports import PictureKind
from pisecurity.runtime.alerts.notices import Notices
from pisecurity.runtime.health import Health
from pisecurity.runtime.house import House
from pisecurity.runtime.life.night import Night
from pisecurity.runtime.live import LiveView
from pisecurity.settings import CameraSettings, MailSettings, Settings
from pisecurity.web.assets import load_catalogue
from tests.fakes import FakeClock, make_picture

BERLIN = ZoneInfo("Europe/Berlin")
SETTINGS = Settings(
    camera=(CameraSettings(id="front", name="Front door", kind="stage"),),
    mail=MailSettings(host="mail.example", sender="pi@example.org", to=("anna@example.org",)),
)


class FilmingClock(FakeClock):
    """While somebody waits, the camera takes a picture."""

    def __init__(self, now: datetime) -> None:
        super().__init__(now)
        self.live: LiveView | None = None
        self.films, self.shade = True, 90

    def wait(self, stop: threading.Event, seconds: float) -> bool:
        ended = super().wait(stop, seconds)
        if self.films and self.live is not None:
            picture = make_picture(shade=self.shade)
            self.live.offer(Frame("front", 1, self.monotonic(), self.now(), picture.y, lambda: picture), ())
        return ended


class Rig:
    def __init__(self, folder: Path) -> None:
        self.folder, self.armed, self.setup = folder, True, "as it was"
        self.clock = FilmingClock(datetime(2026, 11, 23, 22, 0, tzinfo=BERLIN).astimezone(UTC))
        self.ids = (f"{number:032x}" for number in range(1, 99))
        self.store = SqliteStore(folder, self.clock)
        self.pictures = FilePictures(folder)
        self.start()

    def start(self) -> None:
        """Begin a new process."""
        self.health = Health(self.clock)
        self.clock.live = LiveView(("front",), SimpleJpegEncoder(), self.clock)
        house = House("Home", BERLIN, {"front": "Front door"}, load_catalogue())
        self.notices = Notices(SETTINGS, self.store, house, lambda: next(self.ids), lambda: None)
        self.night = Night(
            {"front": self.setup}, self.clock.live, self.pictures, SimpleJpegEncoder(), grey, self.store, self.notices,
            lambda: self.armed, self.clock, self.health,
        )  # fmt: skip
        self.see("differences from 13 of 255 steps on are seen")

    def see(self, words: str) -> None:
        self.health.note("seeing:front", words)

    def until(self, local: str) -> None:
        """Let the worker look every ten minutes until *local*, such as ``2026-11-24T04:00``."""
        end = datetime.fromisoformat(local).replace(tzinfo=BERLIN)
        while self.clock.now() < end:
            self.night.look(threading.Event(), lambda: None)
            self.clock.advance(600)

    def mails(self) -> list[Alert]:
        return [row.alert for row in reversed(self.store.deliveries(9))]


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    return Rig(tmp_path)


def test_the_first_armed_night_ends_with_one_mail_of_two_pictures_and_a_verdict(rig: Rig) -> None:
    rig.until("2026-11-27T08:00")
    (mail,) = rig.mails()
    assert (mail.kind, mail.subject) == (AlertKind.NIGHT, "[Home] Front door by night: fine")
    assert "The pictures are from 23:00, 03:00." in mail.text
    assert len(mail.shows) == 2
    assert all(rig.pictures.load(each, PictureKind.ANNOTATED) for each in mail.shows)
    assert mail.at.astimezone(BERLIN).hour == 3
    assert mail.at.astimezone(BERLIN).date().isoformat() == "2026-11-24"


@pytest.mark.parametrize("at", ["2026-11-23T23:30", "2026-11-24T01:00", "2026-11-24T03:30", "2026-11-24T08:00"])
def test_a_restart_in_the_night_neither_loses_nor_doubles_it(rig: Rig, at: str) -> None:
    rig.until(at)
    rig.store.close()
    rig.store = SqliteStore(rig.folder, rig.clock)
    rig.start()
    rig.until("2026-11-27T08:00")
    assert [mail.at.astimezone(BERLIN).date().day for mail in rig.mails()] == [24]


def test_a_camera_that_was_set_up_anew_is_judged_anew(rig: Rig) -> None:
    rig.until("2026-11-24T08:00")
    rig.setup = "turned to the gate"
    rig.start()
    rig.until("2026-11-27T08:00")
    assert [mail.at.astimezone(BERLIN).date().day for mail in rig.mails()] == [24, 25]


def test_disarmed_no_picture_is_kept_and_half_a_night_is_none(rig: Rig) -> None:
    rig.armed = False
    rig.until("2026-11-24T01:00")
    assert list((rig.folder).rglob("*.jpg")) == []
    rig.armed = True
    rig.until("2026-11-24T08:00")
    assert rig.mails() == []
    rig.until("2026-11-25T08:00")
    assert len(rig.mails()) == 1


def test_who_arms_at_midnight_has_the_first_picture_then(rig: Rig) -> None:
    rig.armed = False
    rig.until("2026-11-24T00:00")
    rig.armed = True
    rig.until("2026-11-24T08:00")
    assert len(rig.mails()) == 1


@pytest.mark.parametrize(
    ("words", "fault", "verdict"),
    [
        ("since 21:40 a dark coat would be missed; more", False, "too dark for dark clothes"),
        ("since 21:40 nobody would be seen; more", True, "too dark"),
    ],
)
def test_the_verdict_is_what_the_camera_would_have_seen(rig: Rig, words: str, fault: bool, verdict: str) -> None:
    rig.until("2026-11-23T23:30")
    rig.see(words)
    if fault:
        rig.health.report("dark:front", "camera Front door is dark since 21:40")
    rig.until("2026-11-24T08:00")
    assert rig.mails()[0].subject == f"[Home] Front door by night: {verdict}"


def test_a_camera_that_sends_nothing_and_a_disk_that_takes_nothing_leave_it_to_the_next_night(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig.clock.films = False
    rig.until("2026-11-24T08:00")
    rig.clock.films = True

    def full(*_: object) -> None:
        raise StoreError("disk full")

    monkeypatch.setattr(rig.store, "add_alert", full)
    rig.until("2026-11-25T03:00")
    with pytest.raises(StoreError):
        rig.until("2026-11-25T03:10")
    monkeypatch.undo()
    rig.until("2026-11-25T08:00")
    assert len(rig.mails()) == 1


def test_asked_for_it_comes_at_once_with_one_picture_and_the_first_night_all_the_same(rig: Rig) -> None:
    assert "on its way" in rig.night.ask("anna")
    rig.until("2026-11-24T08:00")
    asked, night = rig.mails()
    assert ("The pictures are from 22:00." in asked.text, len(asked.shows), len(night.shows)) == (True, 1, 2)
    rig.armed = False
    with pytest.raises(MailError, match="pictures are kept while armed only; arm, and ask again"):
        rig.night.ask("anna")


def test_with_a_clock_that_is_not_set_there_is_no_night(rig: Rig) -> None:
    rig.clock.set_wall(datetime(1970, 1, 1, 21, 0, tzinfo=UTC))
    for _ in range(60):
        rig.night.look(threading.Event(), lambda: None)
        rig.clock.advance(600)
    assert rig.mails() == []
