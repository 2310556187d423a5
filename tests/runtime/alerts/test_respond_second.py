"""R-48: an alarm nobody answers goes to a second contact, and only then."""

from __future__ import annotations

from pathlib import Path

import pytest

from pisecurity.core.types import AlertKind, Mode
from pisecurity.settings import AlarmSettings, MailSettings, ModeSettings, Settings
from tests.fakes import make_event
from tests.rigs.respond import Fixture, make_settings

NEIGHBOUR, AFTER_S = "neighbour@example.org", 120
pytestmark = pytest.mark.usefixtures("short_waits")


def with_neighbour(alarm: AlarmSettings) -> Settings:
    settings = make_settings(alarm)
    assert settings.mail is not None
    mail = settings.mail.model_dump() | {"second_to": (NEIGHBOUR,)}
    return settings.model_copy(update={"mail": MailSettings.model_validate(mail)})


@pytest.fixture
def house(tmp_path: Path) -> Fixture:
    fixture = Fixture(tmp_path, AlarmSettings(away=ModeSettings(entry_delay_s=30)))
    fixture.respond.apply(with_neighbour(fixture.alarm))
    fixture.arm()
    return fixture


def due(house: Fixture) -> list[tuple[AlertKind, str]]:
    """Return what could leave now to the neighbour."""
    rows = house.store.due(house.clock.instant())
    return [(row.alert.kind, row.recipient) for row in rows if row.recipient == NEIGHBOUR]


def test_r48_a_second_contact_is_told_when_nobody_disarms(house: Fixture) -> None:
    house.put(make_event())
    house.clock.advance(AFTER_S - 1)
    assert due(house) == []
    assert house.store.waiting() == 2, "whoever may never be told is no alert that waits"
    house.clock.advance(1)
    assert due(house) == [(AlertKind.ALARM, NEIGHBOUR)]


def test_r48_who_disarms_in_time_is_disturbed_no_further(house: Fixture) -> None:
    house.put(make_event())
    house.clock.advance(AFTER_S - 1)
    house.arm(Mode.DISARMED)
    house.answer()
    house.clock.advance(10 * AFTER_S)
    assert due(house) == []
    assert NEIGHBOUR not in {row.recipient for row in house.deliveries()}


def test_r48_an_alarm_after_the_entry_delay_counts_from_the_alarm(house: Fixture) -> None:
    house.put(make_event(entry=True))
    house.clock.advance(30)
    house.panel.settle()
    house.answer()
    house.clock.advance(AFTER_S - 1)
    assert due(house) == []
    house.clock.advance(1)
    assert due(house) == [(AlertKind.ALARM, NEIGHBOUR)]


def test_r48_who_was_told_gets_the_all_clear(house: Fixture) -> None:
    house.put(make_event())
    house.clock.advance(AFTER_S)
    (row,) = [row for row in house.store.due(house.clock.instant()) if row.recipient == NEIGHBOUR]
    house.taken(row)
    house.arm(Mode.DISARMED)
    house.answer()
    assert due(house) == [(AlertKind.ALL_CLEAR, NEIGHBOUR)]


def test_r48_a_power_cut_keeps_nobody_from_being_told(house: Fixture) -> None:
    house.put(make_event())
    house.cut_power()
    assert due(house) == [(AlertKind.ALARM, NEIGHBOUR)]


def test_no_test_and_no_fault_of_the_house_reaches_a_second_contact(house: Fixture) -> None:
    house.respond.test_alert()
    house.clock.advance(AFTER_S)
    assert due(house) == []


def test_a_camera_lost_while_armed_does(house: Fixture) -> None:
    house.health.report("camera:front", "unplugged")
    house.answer()
    house.clock.advance(AFTER_S)
    assert due(house) == [(AlertKind.TAMPER, NEIGHBOUR)]
