"""The worker of the daily mail: neither doubled nor lost by a restart, and never by a clock that is not set."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pisecurity.adapters.store import SqliteStore
from pisecurity.adapters.store.daily import DailyTable
from pisecurity.core.alarm.outlook import Outlook, Standing
from pisecurity.core.audit import shown
from pisecurity.core.types import Alert, AlertKind, Mode
from pisecurity.errors import MailError, StoreError
from pisecurity.runtime.alarm.panel import Panel
from pisecurity.runtime.alerts.notices import Notices
from pisecurity.runtime.health import FaultChange, Health
from pisecurity.runtime.house import House
from pisecurity.runtime.life.daily import Daily
from pisecurity.settings import AlarmSettings, Settings
from pisecurity.web.assets import load_catalogue, load_phrases
from tests.fakes import START, FakeClock, make_dismissed
from tests.rigs.respond import make_settings
from tests.runtime.life.test_space import FakeDisk

SETTINGS = make_settings(AlarmSettings())


class Rig:
    """The daily mail of a house with a real store, the clock moved by hand; it begins at noon."""

    language = "en"

    def __init__(self, folder: Path, settings: Settings = SETTINGS) -> None:
        self.clock, self.settings = FakeClock(), settings
        self.clock.synced = True
        self.outlook: Outlook | None = None
        self.store = SqliteStore(folder, self.clock)
        self.start()

    def start(self) -> None:
        self.health = Health(self.clock, self.note)
        self.panel = Panel(self.store, self.clock, self.settings.alarm, lambda change: None)
        self.panel.start()
        house = House("Home", UTC, {"front": "Front door"}, load_catalogue(self.language), load_phrases(self.language))
        ids = (f"{number:032x}" for number in range(int(self.clock.monotonic()), 10**9))
        self.notices = Notices(self.settings, self.store, house, lambda: next(ids), lambda: None)
        self.daily = Daily(
            self.settings, self.store, self.notices, self.panel, FakeDisk(23_400_000_000), lambda: 98_000_000,
            lambda: self.outlook, self.clock, self.health,
        )  # fmt: skip

    def note(self, change: FaultChange) -> None:
        self.daily.note(change)

    def run(self, hours: float) -> None:
        for _ in range(int(hours * 60)):
            self.daily.look()
            self.clock.advance(60)

    @property
    def mails(self) -> list[Alert]:
        rows = reversed(self.store.deliveries(1000))
        return list({row.alert.id: row.alert for row in rows if row.alert.kind is AlertKind.DAILY}.values())

    @property
    def times(self) -> list[str]:
        return [f"{alert.at:%d %H:%M}" for alert in self.mails]


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    return Rig(tmp_path)


def test_one_leaves_each_morning_to_everybody_and_the_first_on_the_day_after_the_installation(rig: Rig) -> None:
    rig.run(24 * 3)
    assert rig.times == ["02 08:00", "03 08:00", "04 08:00"]
    assert {row.recipient for row in rig.store.deliveries(100)} == {"anna@example.org", "ben@example.org"}
    assert rig.mails[0].subject == "[Home] Daily: all is well"


def test_to_begin_no_row_of_what_was_stored_before_is_read(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    rig.store.add_dismissed([make_dismissed()])
    monkeypatch.delattr(DailyTable, "happened")
    rig.daily.look()
    told = rig.store.daily()
    assert told is not None and told.marks == rig.store.marks() and told.marks.ledger == 1


def test_restarts_neither_double_nor_lose_it(rig: Rig) -> None:
    for _ in range(24 * 4):
        rig.run(0.5)
        rig.start()
    assert rig.times == ["02 08:00", "03 08:00"]
    rig.clock.advance(3600 * 30)
    rig.clock.reboot()
    rig.clock.synced = True
    rig.start()
    rig.run(1)
    assert rig.times == ["02 08:00", "03 08:00", "04 18:00"]


def test_r26_not_before_the_clock_is_known(rig: Rig) -> None:
    rig.run(1)
    rig.clock.advance(3600 * 48)
    rig.clock.reboot()
    rig.start()
    rig.clock.set_wall(datetime(1970, 1, 1, tzinfo=UTC))
    rig.run(1)
    assert rig.mails == []
    rig.clock.set_wall(START + timedelta(days=2))
    rig.clock.synced = True
    rig.run(1)
    assert rig.times == ["03 12:00"]


def test_it_tells_what_happened_since_the_last_one_and_the_faults_that_came_and_went(rig: Rig) -> None:
    rig.run(1)
    rig.panel.switch(Mode.NIGHT, by="Anna", how="page")
    rig.store.add_dismissed([make_dismissed("to and fro: got 0.1", left_out=4)])
    rig.health.report("mail", "mail server x refuses the connection")
    rig.run(1)
    rig.health.clear("mail")
    rig.health.report("disk", "150 MB are free")
    rig.run(46)
    first, second = rig.mails
    assert first.subject == "[Home] Daily: 1 fault"
    for line in (
        "Now: armed (night) since 13:00 (Anna).",
        "Switched: 13:00 armed (night): Anna.",
        "Moved and was nothing (5): 5 to and fro, as leaves do.",
        "Fault since 14:00: 150 MB are free",
        "Was a fault at 13:00, for 1 h: mail server x refuses the connection",
        "Health: 23.4 GB free on the card, 98 MB of memory used.",
        'What to do: Put right what the lines "Fault" say.',
    ):
        assert line in first.text
    assert "Switched" not in second.text and "Was a fault" not in second.text
    assert "Fault since 14:00 on Monday" in second.text
    assert f"events verify {shown(*rig.store.audit_head())}" in second.text


def test_a_restart_forgets_no_fault_and_a_past_one_is_told_as_it_began(rig: Rig) -> None:
    rig.run(1)
    rig.health.report("camera:front", "camera Front door has sent no picture for 10 s; check its cable")
    rig.health.report("disk", "150 MB are free")
    rig.run(1)
    rig.health.report("camera:front", "camera Front door sends pictures again; this is over in 30 s")
    rig.health.clear("camera:front")
    rig.run(1)
    rig.start()
    rig.run(1)
    rig.clock.reboot()
    rig.clock.synced = True
    rig.start()
    rig.run(44)
    first, second = rig.mails
    assert (
        "Was a fault at 13:00, for 1 h: camera Front door has sent no picture for 10 s; check its cable" in first.text
    )
    assert "Was a fault at 13:00, for 2 h: 150 MB are free" in first.text, "it ended with the program at the latest"
    assert "Was a fault" not in second.text


def test_faults_that_the_disk_did_not_take_are_kept_when_it_does(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    rig.run(1)
    rig.health.report("mail", "no route")
    with monkeypatch.context() as broken:

        def refuse(*_: object) -> None:
            raise StoreError("pisecurity.db: disk full")

        broken.setattr(SqliteStore, "save_past_faults", refuse)
        with pytest.raises(StoreError):
            rig.daily.look()
    rig.daily.look()
    assert [past.fault.text for past in rig.store.past_faults()] == ["no route"]
    rig.daily.look()
    monkeypatch.delattr(DailyTable, "save_past_faults")
    rig.daily.look()  # nothing has changed, and nothing is written


def test_faults_of_the_last_seconds_are_kept_by_the_stop(rig: Rig) -> None:
    stop = threading.Event()

    def beat() -> None:
        rig.health.report("mail", "no route")
        stop.set()

    rig.daily.work(stop, beat)
    assert [past.fault.key for past in rig.store.past_faults()] == ["mail"]


def test_it_asks_what_the_page_asks_for_what_the_schedule_does_next(rig: Rig) -> None:
    rig.outlook = Outlook(Standing.GOES_ON, None, "Christmas")
    rig.run(24)
    assert "Next: schedule off (Christmas); this mail again at 08:00 on Wednesday." in rig.mails[0].text


def test_off_or_without_a_mail_account_none_leaves(tmp_path: Path) -> None:
    assert SETTINGS.mail is not None
    off = SETTINGS.model_copy(update={"mail": SETTINGS.mail.model_copy(update={"daily_at": "off"})})
    rig = Rig(tmp_path, off)
    rig.run(48)
    assert rig.mails == []
    rig.daily.apply(SETTINGS)
    rig.run(24)
    assert len(rig.mails) == 1
    without = SETTINGS.model_copy(update={"mail": None})
    rig.daily.apply(without)
    rig.notices.apply(without)
    rig.run(24)
    assert len(rig.mails) == 1
    with pytest.raises(MailError, match="no mail account"):
        rig.daily.send_now("Anna")


def test_one_that_is_asked_for_leaves_at_once_and_takes_nothing_from_the_next(rig: Rig) -> None:
    rig.run(1)
    rig.store.add_dismissed([make_dismissed()])
    assert "on its way" in rig.daily.send_now("Anna")
    rig.run(24)
    asked, due = rig.mails
    assert all("Moved and was nothing (1)" in alert.text for alert in (asked, due))


def test_a_store_that_refuses_delays_it(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    rig.run(19)
    with monkeypatch.context() as broken:

        def refuse(*_: object) -> None:
            raise StoreError("pisecurity.db: disk full")

        broken.setattr(SqliteStore, "save_daily", refuse)
        rig.clock.advance(3600 * 2)
        stop, beats = threading.Event(), list[int]()

        def beat() -> None:
            beats.append(1)
            if len(beats) == 10:
                stop.set()

        rig.daily.work(stop, beat)
    assert rig.mails == []
    rig.run(1)
    assert len(rig.mails) == 1
