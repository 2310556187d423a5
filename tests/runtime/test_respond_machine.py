"""What respond mails while armed of the machine and of the light."""

from __future__ import annotations

from pathlib import Path

import pytest

from pisecurity.core.types import AlertKind, Mode
from pisecurity.runtime.losses import MACHINE_KNOWN_S
from tests.rigs.respond import Fixture

pytestmark = pytest.mark.usefixtures("short_waits")
FAULT, RECOVERED = AlertKind.FAULT, AlertKind.RECOVERED
DARK = "camera Front door is dark since 21:40: nobody would be seen; light the place"


@pytest.fixture
def house(tmp_path: Path) -> Fixture:
    return Fixture(tmp_path)


def begins(house: Fixture, key: str, text: str = "something; mend it") -> None:
    house.health.report(key, text)
    house.answer()


def ends(house: Fixture, key: str) -> None:
    house.health.clear(key)
    house.answer()


@pytest.mark.parametrize(
    ("key", "subject", "over"),
    [
        ("heat", "the processor is too hot", "no longer too hot"),
        ("supply", "the power supply is too weak", "strong enough again"),
        ("clock", "the clock is wrong", "The clock is right again"),
        ("disk", "the disk is nearly full", "The disk has room again"),
        ("dark:front", "Front door is in the dark", "Front door sees somebody again"),
    ],
)
def test_r46_r29_r11_what_begins_while_armed_is_mailed_once_and_so_is_its_end(
    house: Fixture, key: str, subject: str, over: str
) -> None:
    house.arm()
    house.answer()
    begins(house, key)
    begins(house, key, "the same, in other words")
    ends(house, key)
    fault, recovered = house.alerts()
    assert (fault.kind, recovered.kind, recovered.thread) == (FAULT, RECOVERED, fault.id)
    assert subject in fault.subject
    assert "Why: something; mend it" in fault.text
    assert over in recovered.subject


@pytest.mark.parametrize("key", ["heat", "supply", "clock", "disk", "dark:front"])
def test_what_whoever_armed_knew_of_is_not_mailed_unless_it_comes_back(house: Fixture, key: str) -> None:
    begins(house, key)
    house.arm()
    house.answer()
    ends(house, key)
    assert house.kinds() == []
    begins(house, key)
    assert house.kinds() == [FAULT]


@pytest.mark.parametrize("mode", [Mode.HOME, Mode.NIGHT])
def test_who_sleeps_is_not_told_that_it_is_dark(house: Fixture, mode: Mode) -> None:
    house.arm(mode)
    house.answer()
    begins(house, "dark:front", DARK)
    assert house.kinds() == []


def test_a_week_away_has_one_mail_about_the_dark_and_one_about_the_morning(house: Fixture) -> None:
    house.arm()
    house.answer()
    for _ in range(7):
        begins(house, "dark:front", DARK)
        house.clock.advance(9 * 3600)
        ends(house, "dark:front")
        house.clock.advance(15 * 3600)
    assert house.kinds() == [FAULT, RECOVERED]
    house.panel.switch(Mode.DISARMED, by="Anna", how="page")
    house.arm()
    house.answer()
    begins(house, "dark:front", DARK)
    assert house.kinds() == [FAULT, RECOVERED, FAULT]


def test_a_supply_that_fails_every_minute_fills_no_mailbox(house: Fixture) -> None:
    house.arm()
    house.answer()
    for _ in range(10):
        begins(house, "supply")
        house.clock.advance(30)
        ends(house, "supply")
        house.clock.advance(30)
    assert house.kinds() == [FAULT, RECOVERED]


def test_after_a_restart_in_the_dark_nothing_is_said_to_be_over_before_the_light_was_looked_at(house: Fixture) -> None:
    house.arm()
    house.answer()
    begins(house, "dark:front", DARK)
    house.cut_power()
    house.run(20)
    house.clock.advance(MACHINE_KNOWN_S / 2)
    begins(house, "dark:front", DARK)
    house.clock.advance(MACHINE_KNOWN_S)
    house.run(20)
    assert [kind for kind in house.kinds() if kind in (FAULT, RECOVERED)] == [FAULT]
    ends(house, "dark:front")
    assert house.kinds()[-1] is RECOVERED


def test_disarmed_nothing_is_mailed(house: Fixture) -> None:
    for key in ("heat", "supply", "clock", "disk", "dark:front"):
        begins(house, key)
        ends(house, key)
    assert house.kinds() == []
