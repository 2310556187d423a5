"""What respond does when the disk refuses or a camera is lost."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from pisecurity.adapters.state.pictures import FilePictures
from pisecurity.adapters.store import SqliteStore
from pisecurity.core.types import AlarmState, AlertKind, Mode
from pisecurity.errors import StoreError
from pisecurity.ports import PictureKind
from pisecurity.runtime.alerts.losses import KNOWN_S, LASTS_S, PAUSE_S
from pisecurity.runtime.life.space import DATABASE, IN_MEMORY
from pisecurity.settings import AlarmSettings, ModeSettings
from tests.fakes import make_event
from tests.rigs.respond import Fixture

pytestmark = pytest.mark.usefixtures("short_waits")


def loses_and_finds(house: Fixture) -> None:
    """Let the camera be unplugged and plugged in again, each answered."""
    house.health.report("camera:front", "front: unplugged")
    house.answer()
    house.health.clear("camera:front")
    house.answer()


class BrokenPictures(FilePictures):
    """A full disk for pictures alone."""

    def save(self, event_id: str, kind: PictureKind, jpeg: bytes) -> None:
        raise StoreError("pictures: disk full; delete old events")


def test_r11_a_disk_too_full_for_pictures_does_not_keep_the_alert_from_leaving(tmp_path: Path) -> None:
    house = Fixture(tmp_path, pictures=BrokenPictures)
    house.arm()
    house.put(make_event())
    assert [alert.kind for alert in house.alerts()] == [AlertKind.ALARM, AlertKind.FAULT]
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
    house.see(make_event())
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
    assert house.panel.status().sequence == 2, "armed and triggered, not extended with every try"
    assert house.encoder.calls == 1, "nor is its picture made anew"


def test_r16_a_camera_lost_while_armed_is_mailed_and_so_is_its_return(house: Fixture) -> None:
    house.arm()
    house.health.report("camera:front", "camera front: unplugged; check its cable")
    house.health.report("mail", "server does not answer")
    house.answer()
    house.health.clear("camera:front")
    house.health.clear("mail")
    house.answer()
    fault, recovered = house.alerts()
    assert (fault.kind, fault.subject) == (AlertKind.TAMPER, "[Home] ALARM: Front door sees nothing any more, 12:00:00")
    assert "Why: camera front: unplugged; check its cable\n" in fault.text
    assert (recovered.kind, recovered.thread) == (AlertKind.RECOVERED, fault.id)
    assert recovered.subject == "[Home] Camera Front door sends pictures again"
    assert "unplugged" not in recovered.text


def test_a_camera_lost_while_disarmed_is_only_shown(house: Fixture) -> None:
    loses_and_finds(house)
    assert house.alerts() == []


@pytest.mark.parametrize("mode", [Mode.NIGHT, Mode.AWAY])
def test_r16_a_camera_that_is_lost_when_the_schedule_arms_is_mailed_once(tmp_path: Path, mode: Mode) -> None:
    house = Fixture(tmp_path, AlarmSettings(away=ModeSettings(exit_delay_s=60)))
    house.health.report("camera:front", "front: unplugged")
    house.health.report("mail", "server does not answer")
    house.answer()
    house.panel.switch(mode, by="schedule", how="schedule")
    house.answer()
    assert house.kinds() == [AlertKind.TAMPER]
    house.clock.advance(60)
    house.panel.settle()
    house.run(3)
    assert house.kinds() == [AlertKind.TAMPER]
    house.health.clear("camera:front")
    house.answer()
    assert house.kinds() == [AlertKind.TAMPER, AlertKind.RECOVERED]
    house.store.close()


def test_r16_a_flapping_camera_is_mailed_once_in_a_quarter_of_an_hour(house: Fixture) -> None:
    house.arm()
    for _ in range(100):
        house.health.report("camera:front", "front: unplugged")
        house.answer()
        house.clock.advance(10)
        house.health.clear("camera:front")
        house.answer()
        house.clock.advance(10)
    assert house.clock.monotonic() - 1000 == 2000
    assert house.kinds() == [AlertKind.TAMPER, AlertKind.RECOVERED] * 3


def test_r16_a_fault_held_back_by_the_pause_is_mailed_when_the_pause_is_over(house: Fixture) -> None:
    house.arm()
    for _ in range(2):
        loses_and_finds(house)
    house.health.report("camera:front", "front: unplugged")
    house.run(3)
    assert house.kinds() == [AlertKind.TAMPER, AlertKind.RECOVERED]
    house.clock.advance(PAUSE_S)
    house.run(3)
    assert house.kinds() == [AlertKind.TAMPER, AlertKind.RECOVERED, AlertKind.TAMPER]


def test_a_camera_that_stays_away_is_mailed_in_spite_of_the_pause(house: Fixture) -> None:
    """Pulling the cable twice must not be a way to pull it unnoticed."""
    house.arm()
    loses_and_finds(house)
    house.health.report("camera:front", "front: unplugged")
    house.run(3)
    assert house.kinds() == [AlertKind.TAMPER, AlertKind.RECOVERED]
    house.clock.advance(LASTS_S)
    house.run(3)
    assert house.kinds() == [AlertKind.TAMPER, AlertKind.RECOVERED, AlertKind.TAMPER]


def test_a_jump_of_the_wall_clock_does_not_make_a_loss_last(house: Fixture) -> None:
    house.arm()
    loses_and_finds(house)
    house.health.report("camera:front", "front: unplugged")
    house.run(3)
    house.clock.set_wall(house.clock.now() + timedelta(days=180))
    house.run(3)
    assert house.kinds() == [AlertKind.TAMPER, AlertKind.RECOVERED]


def test_arming_anew_forgets_the_pause_of_a_lost_camera(house: Fixture) -> None:
    house.arm()
    loses_and_finds(house)
    house.panel.switch(Mode.DISARMED, by="Anna", how="page")
    house.arm()
    lose(house)
    assert house.kinds() == [AlertKind.TAMPER, AlertKind.RECOVERED, AlertKind.TAMPER]


def test_a_camera_that_whoever_armed_knew_to_be_lost_is_no_alarm_until_it_is_lost_again(house: Fixture) -> None:
    lose(house)
    house.arm()
    house.answer()
    house.clock.advance(LASTS_S)
    house.run(3)
    assert house.kinds() == []
    house.health.clear("camera:front")
    house.answer()
    lose(house)
    assert house.kinds() == [AlertKind.TAMPER]


def lose(house: Fixture) -> None:
    house.health.report("camera:front", "front: unplugged")
    house.answer()


def restart(house: Fixture) -> None:
    house.store.close()
    house.boot()


def test_r16_a_camera_that_stays_away_over_restarts_is_mailed_once(tmp_path: Path) -> None:
    house = Fixture(tmp_path)
    house.arm()
    for _ in range(3):
        lose(house)
        house.clock.advance(KNOWN_S + 1)
        house.run(3)
        restart(house)
    assert house.kinds() == [AlertKind.TAMPER]
    house.store.close()


@pytest.mark.usefixtures("short_waits")
def test_r16_the_return_of_a_camera_that_a_restart_brought_is_mailed_once(tmp_path: Path) -> None:
    house = Fixture(tmp_path)
    house.arm()
    lose(house)
    restart(house)
    house.run(3)
    assert house.kinds() == [AlertKind.TAMPER], "it may only not have been missed yet"
    house.clock.advance(KNOWN_S)
    house.run(3)
    house.run(3)
    fault, recovered = house.alerts()
    assert (recovered.kind, recovered.thread) == (AlertKind.RECOVERED, fault.id)
    assert "Front door" in recovered.subject
    restart(house)
    house.clock.advance(KNOWN_S)
    house.run(3)
    assert len(house.alerts()) == 2
    house.store.close()


def test_a_lost_camera_that_is_no_longer_configured_is_not_said_to_be_back(tmp_path: Path) -> None:
    house = Fixture(tmp_path)
    house.arm()
    lose(house)
    restart(house)
    house.store.add_fault_alert("camera:gone", replace(house.alerts()[0], id="f" * 32), ())
    restart(house)
    house.health.report("camera:front", "front: unplugged")
    house.clock.advance(KNOWN_S)
    house.run(3)
    assert house.kinds() == [AlertKind.TAMPER]
    house.store.close()


def test_r12_a_disk_that_fails_while_armed_is_mailed_and_so_is_the_end_of_it(house: Fixture) -> None:
    house.health.report("disk", "150 MB are free")
    house.health.report(IN_MEMORY, "the disk takes nothing: replace the SD card")
    house.answer()
    assert house.kinds() == []
    house.arm()
    house.answer()
    house.health.clear(IN_MEMORY)
    house.answer()
    assert house.kinds() == [AlertKind.FAULT, AlertKind.RECOVERED]
    fault, over = (row.alert for row in house.store.due(house.clock.instant()) if row.recipient.startswith("anna"))
    assert "disk" in fault.subject and "camera" not in fault.text and "replace the SD card" in fault.text
    assert over.thread == fault.id and "disk" in over.subject


@pytest.mark.parametrize("armed", [True, False])
def test_r33_a_damaged_database_is_mailed_once_over_restarts_armed_or_not(tmp_path: Path, armed: bool) -> None:
    house = Fixture(tmp_path)
    if armed:
        house.arm()
    text = "the database was damaged, and is in /state/damaged/1-20260601T120000Z now; saved of it: events 3"
    for _ in range(2):
        house.health.report(DATABASE, text)
        house.answer()
        house.boot()
    (mail,) = house.alerts()
    assert mail.kind is AlertKind.FAULT and mail.subject == "[Home] Fault: the database of the alarm was damaged"
    assert text in mail.text and f"the alarm is {'armed (away)' if armed else 'disarmed'}." in mail.text
