"""After a start the owner hears that the alarm was off, once, and with times that are right."""

from __future__ import annotations

import threading
from datetime import UTC, timedelta
from pathlib import Path

import pytest

from pisecurity.adapters.state.last_seen import LastSeenFile
from pisecurity.adapters.store import SqliteStore
from pisecurity.core.outage import Seen
from pisecurity.core.types import Alert, AlertKind, Mode
from pisecurity.errors import StoreError
from pisecurity.runtime.alerts.notices import Notices
from pisecurity.runtime.health import Health
from pisecurity.runtime.house import House
from pisecurity.runtime.life.outages import EVERY_S, FACT, Outages
from pisecurity.settings import AlarmSettings
from pisecurity.web.assets import load_catalogue
from tests.fakes import START, FakeClock
from tests.rigs.daemon import wait_for
from tests.rigs.respond import make_settings


class Rig:
    """Outages over a real store and a real file, through starts and power cuts."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.clock = folder, FakeClock()
        self.clock.synced = True
        self.store = SqliteStore(folder, self.clock)
        self.audit: list[str] = []
        self.broken = False
        self.start()

    def start(self, mode: Mode = Mode.AWAY) -> None:
        self.health = Health(self.clock)
        house = House("Home", UTC, {}, load_catalogue())
        notices = Notices(make_settings(AlarmSettings()), self.store, house, lambda: "f" * 32, lambda: None)
        self.outages = Outages(LastSeenFile(self.folder), notices, self.record, self.clock, self.health)
        self.outages.begin(mode)
        self.outages.look()

    def record(self, what: str) -> None:
        if self.broken:
            raise StoreError("pisecurity.db: disk full")
        self.audit.append(what)

    def run(self, seconds: float) -> None:
        for _ in range(int(seconds // 5)):
            self.clock.advance(5)
            self.outages.look()

    def cut_power(self, seconds: float, *, synced: bool = True) -> None:
        self.clock.advance(seconds)
        self.clock.reboot(f"boot after {self.clock.now()}")
        self.clock.synced = synced

    @property
    def alerts(self) -> list[Alert]:
        return list({row.alert.id: row.alert for row in reversed(self.store.deliveries(100))}.values())

    @property
    def seen(self) -> Seen | None:
        return LastSeenFile(self.folder).load()


@pytest.fixture
def rig(tmp_path: Path) -> Rig:
    return Rig(tmp_path)


def test_a_sign_of_life_is_kept_every_minute_and_no_more_often(rig: Rig) -> None:
    kept = set()
    for _ in range(120):
        rig.run(5)
        assert rig.seen is not None
        kept.add(rig.seen.at)
    assert len(kept) == 11
    assert rig.seen is not None and (rig.clock.now() - rig.seen.at).total_seconds() < EVERY_S


def test_after_a_power_cut_while_armed_it_is_mailed_shown_and_on_the_audit_log(rig: Rig) -> None:
    rig.run(600)
    rig.cut_power(3300)
    rig.start()
    (alert,) = rig.alerts
    assert (alert.kind, alert.subject) == (
        AlertKind.OUTAGE,
        "[Home] Was dark from 12:10 to 13:05 (55 min): power cut",
    )
    assert "now it is armed (away)" in alert.text
    assert rig.health.facts()[FACT] == rig.audit[0].removeprefix("off ") == "from 12:10 to 13:05 (55 min), power cut"
    rig.run(24 * 3600)
    assert FACT not in rig.health.facts()
    rig.cut_power(1)
    rig.clock.boot_id = "boot-1"
    assert len(rig.alerts) == 1, "once"


def test_a_crash_is_told_as_one(rig: Rig) -> None:
    rig.run(100)
    rig.clock.advance(20)
    rig.start()
    (alert,) = rig.alerts
    assert alert.subject == "[Home] Was off from 12:01 to 12:02 (1 min): the program ended by a fault"


def test_a_stop_on_purpose_is_silent_also_over_a_reboot(rig: Rig) -> None:
    rig.run(100)
    rig.outages.end()
    rig.run(100)  # nothing is kept after that
    rig.cut_power(7200)
    rig.start()
    assert (rig.alerts, rig.audit) == ([], [])
    assert rig.seen is not None and not rig.seen.ended, "and from now on it counts as running"


def test_disarmed_a_short_one_is_shown_and_not_mailed_and_a_long_one_is(rig: Rig) -> None:
    rig.run(100)
    rig.cut_power(300)
    rig.start(Mode.DISARMED)
    assert rig.alerts == [] and len(rig.audit) == 1 and FACT in rig.health.facts()
    rig.run(100)
    rig.cut_power(700)
    rig.start(Mode.DISARMED)
    assert [alert.kind for alert in rig.alerts] == [AlertKind.OUTAGE]


def test_r26_the_times_wait_until_a_time_server_has_set_the_clock(rig: Rig) -> None:
    rig.run(600)
    before = rig.clock.now()
    rig.cut_power(3300, synced=False)
    right = rig.clock.now()
    rig.clock.set_wall(before)  # no clock battery: it starts with the time of the last shutdown
    rig.start()
    rig.run(100)
    assert rig.alerts == []
    rig.clock.set_wall(right + timedelta(seconds=100))
    rig.clock.synced = True
    rig.run(5)
    assert [alert.subject for alert in rig.alerts] == ["[Home] Was dark from 12:10 to 13:05 (55 min): power cut"]


def test_where_nobody_sets_the_clock_it_is_told_after_five_minutes_without_false_times(rig: Rig) -> None:
    rig.run(600)
    rig.cut_power(3300, synced=False)
    rig.start()
    rig.run(280)
    assert rig.alerts == []
    rig.run(20)
    (alert,) = rig.alerts
    assert alert.subject == "[Home] Was dark for about 55 min (clock not set): power cut"


def test_a_power_cut_before_it_was_told_makes_one_longer_outage(rig: Rig) -> None:
    rig.run(600)
    rig.cut_power(600, synced=False)
    rig.start()
    rig.run(60)
    rig.outages.end()
    rig.cut_power(600)
    rig.start()
    (alert,) = rig.alerts
    assert "from 12:10 to 12:31" in alert.subject


def test_what_cannot_be_stored_is_told_later_and_once(rig: Rig) -> None:
    rig.run(600)
    rig.cut_power(600)
    rig.broken = True
    rig.start()
    rig.run(30)
    assert FACT not in rig.health.facts()
    rig.broken = False
    rig.run(30)
    assert (len(rig.alerts), len(rig.audit)) == (1, 1)


def test_while_armed_each_power_cut_of_a_series_is_mailed(rig: Rig) -> None:
    for _ in range(20):
        rig.run(120)
        rig.cut_power(120)
        rig.start()
    assert (len(rig.audit), len(rig.alerts)) == (20, 20)


def test_disarmed_a_series_of_power_cuts_is_one_mail_an_hour_and_all_are_on_the_audit_log(rig: Rig) -> None:
    for _ in range(20):
        rig.run(120)
        rig.cut_power(780)
        rig.start(Mode.DISARMED)
    assert (len(rig.audit), len(rig.alerts)) == (20, 5)


def test_a_disk_that_takes_nothing_ends_nothing(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(file: LastSeenFile, seen: Seen) -> None:
        raise StoreError("last-seen: Read-only file system")

    monkeypatch.setattr(LastSeenFile, "save", refuse)
    rig.run(120)
    rig.outages.end()


def test_work_looks_at_once_beats_and_ends(rig: Rig) -> None:
    stop, beats = threading.Event(), list[int]()

    def beat() -> None:
        beats.append(1)
        if len(beats) == 13:
            stop.set()

    rig.outages.work(stop, beat)
    assert rig.clock.now() > START and rig.seen is not None


def test_a_stop_while_a_sign_of_life_is_written_crashes_nothing_and_is_what_stays(rig: Rig) -> None:
    saved: list[bool] = []
    first, second, begun = threading.Event(), threading.Event(), threading.Event()

    class SlowCard(LastSeenFile):
        def save(self, seen: Seen) -> None:
            begun.set()
            assert (second if saved else first).wait(30)
            saved.append(seen.ended)
            super().save(seen)

    rig.run(60)
    rig.outages._last_seen = SlowCard(rig.folder)
    unharmed: list[bool] = []

    def look() -> None:
        rig.run(60)
        unharmed.append(True)

    worker, stopping = threading.Thread(target=look), threading.Thread(target=rig.outages.end)
    worker.start()
    assert begun.wait(30)
    stopping.start()
    wait_for("the second write", lambda: sum(thread.name == "last-seen" for thread in threading.enumerate()) == 2)
    first.set()
    worker.join(30)
    second.set()
    stopping.join(30)
    assert unharmed
    assert saved == [False, True]
    assert rig.seen is not None and rig.seen.ended
