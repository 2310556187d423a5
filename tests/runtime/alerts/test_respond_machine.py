"""What respond mails while armed of the machine and of the light."""

from __future__ import annotations

from pathlib import Path

import pytest

from pisecurity.core.types import AlertKind, Mode
from pisecurity.core.vision.contrast import SEEING_FACT
from pisecurity.runtime.alarm.dusk import ABOUT_S, DAY_S
from pisecurity.runtime.alarm.readiness import LOW_ENDS_S
from pisecurity.runtime.alerts.losses import LASTS_S, LONGEST_NIGHT_S, MACHINE_KNOWN_S, PAUSE_S, SUPPLY_KNOWN_S
from tests.rigs.respond import Fixture

pytestmark = pytest.mark.usefixtures("short_waits")
FAULT, RECOVERED = AlertKind.FAULT, AlertKind.RECOVERED
HOUR_S = 3600.0
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


def test_r18_a_camera_covered_on_a_day_after_the_first_dark_night_is_mailed(house: Fixture) -> None:
    house.arm()
    house.answer()
    begins(house, "dark:front", DARK)
    house.clock.advance(9 * HOUR_S)
    ends(house, "dark:front")
    house.clock.advance(2 * DAY_S + 5 * HOUR_S)
    begins(house, "dark:front", "camera Front door is dark since 12:00")
    assert house.kinds() == [FAULT, RECOVERED, FAULT]


def test_r18_a_camera_covered_by_night_is_mailed_when_the_morning_does_not_come(house: Fixture) -> None:
    house.arm()
    house.answer()
    begins(house, "dark:front", DARK)
    house.clock.advance(9 * HOUR_S)
    ends(house, "dark:front")
    house.clock.advance(15 * HOUR_S)
    begins(house, "dark:front", DARK)
    house.clock.advance(9 * HOUR_S + ABOUT_S - 60)
    house.run(20)
    assert house.kinds() == [FAULT, RECOVERED]
    house.clock.advance(120)
    house.run(20)
    assert house.kinds() == [FAULT, RECOVERED, FAULT]


def test_r18_a_camera_known_to_be_dark_is_mailed_once_when_no_morning_comes_and_when_it_sees_again(
    house: Fixture,
) -> None:
    begins(house, "dark:front", DARK)
    house.clock.advance(30 * HOUR_S)
    house.arm()
    house.answer()
    house.clock.advance(LONGEST_NIGHT_S - 60)
    house.run(20)
    assert house.kinds() == [], "the longest night is no news to whoever armed in it"
    house.clock.advance(120)
    house.run(20)
    house.clock.advance(DAY_S)
    house.run(20)
    (fault,) = house.alerts()
    assert (fault.kind, fault.subject) == (FAULT, "[Home] Fault: Front door is in the dark")
    ends(house, "dark:front")
    assert house.kinds() == [FAULT, RECOVERED]


def test_r18_that_one_camera_is_known_to_be_dark_keeps_no_other_silent(house: Fixture) -> None:
    begins(house, "dark:front", DARK)
    house.arm()
    house.answer()
    begins(house, "dark:back", "camera Garden is dark since 23:10: nobody would be seen")
    assert [alert.subject for alert in house.alerts()] == ["[Home] Fault: Garden is in the dark"]


@pytest.mark.parametrize(("key", "kind"), [("camera:front", AlertKind.TAMPER), ("sparse:front", FAULT)])
def test_r18_a_camera_known_to_be_dark_that_fails_in_another_way_is_mailed(
    house: Fixture, key: str, kind: AlertKind
) -> None:
    begins(house, "dark:front", DARK)
    house.arm()
    house.answer()
    begins(house, key)
    assert house.kinds() == [kind]


def test_r18_whoever_armed_while_a_dark_coat_alone_was_missed_is_mailed_that_nobody_is_seen(house: Fixture) -> None:
    house.health.note(f"{SEEING_FACT}front", "since 21:40 a dark coat would be missed; differences from 13 steps on")
    house.arm()
    house.answer()
    begins(house, "dark:front", DARK)
    assert house.kinds() == [FAULT]


def test_r16_nobody_is_said_to_be_seen_again_by_a_camera_that_is_lost(house: Fixture) -> None:
    house.arm()
    house.answer()
    begins(house, "dark:front", DARK)
    house.cut_power()
    house.health.note(f"{SEEING_FACT}front", "")
    house.run(20)
    begins(house, "camera:front", "camera Front door is not there; plug it in")
    house.clock.advance(2 * MACHINE_KNOWN_S)
    house.run(20)
    assert house.kinds() == [FAULT, AlertKind.TAMPER]
    house.health.note(f"{SEEING_FACT}front", "differences from 4 of 255 steps on are seen")
    ends(house, "camera:front")
    house.clock.advance(MACHINE_KNOWN_S - 1)
    house.run(20)
    assert house.kinds() == [FAULT, AlertKind.TAMPER, RECOVERED], "of the camera alone"
    house.clock.advance(2)
    house.run(20)
    assert house.alerts()[-1].subject == "[Home] Front door sees somebody again"


def test_r46_a_supply_that_made_the_pi_restart_is_said_to_hold_after_ten_minutes_only(house: Fixture) -> None:
    house.arm()
    house.answer()
    begins(house, "supply")
    house.cut_power()
    house.clock.advance(LOW_ENDS_S)
    house.run(20)
    assert house.kinds() == [FAULT]
    house.clock.advance(SUPPLY_KNOWN_S - LOW_ENDS_S)
    house.run(20)
    assert house.kinds() == [FAULT, RECOVERED]


@pytest.mark.parametrize("key", ["pictures", "inbox", "zones", "disk-full", "disk-silent", "sparse:front", "new"])
def test_whatever_is_graver_is_mailed_when_it_begins_while_armed_and_so_is_its_end(house: Fixture, key: str) -> None:
    house.arm()
    house.answer()
    begins(house, key)
    ends(house, key)
    fault, recovered = house.alerts()
    assert (fault.kind, recovered.kind, recovered.thread) == (FAULT, RECOVERED, fault.id)
    assert "Why: something; mend it" in fault.text


@pytest.mark.parametrize("key", ["mail", "mail:anna@example.org", "mail-login", "rate:front", "page", "sparse:yard"])
def test_what_is_lighter_told_elsewhere_or_of_no_camera_of_the_house_is_on_the_page_only(
    house: Fixture, key: str
) -> None:
    house.arm()
    house.answer()
    begins(house, key)
    ends(house, key)
    assert house.kinds() == []


def test_a_disk_that_refuses_for_a_moment_is_no_mail_and_for_a_minute_is_one(house: Fixture) -> None:
    house.arm()
    house.answer()
    begins(house, "store")
    assert house.kinds() == []
    house.health.clear("store")
    house.answer()
    house.health.report("outbox", "out of order; see the log")
    house.answer()
    house.clock.advance(LASTS_S)
    house.run(20)
    assert house.kinds() == [FAULT]


def test_what_begins_between_arming_and_its_handling_is_known_to_nobody(house: Fixture) -> None:
    house.arm()
    begins(house, "heat")
    assert house.kinds() == [FAULT]


def test_a_schedule_that_arms_a_hot_house_has_it_mailed_because_nobody_saw_the_list(house: Fixture) -> None:
    begins(house, "heat")
    begins(house, "supply")
    house.panel.switch(Mode.NIGHT, by="schedule", how="schedule", against="bypassed: supply")
    house.answer()
    (only,) = house.alerts()
    assert "too hot" in only.subject, "of what is graver it mailed already"


@pytest.mark.parametrize("key", ["heat", "disk", "dark:front", "zones"])
def test_what_was_known_is_known_after_a_restart_too_until_it_is_over(house: Fixture, key: str) -> None:
    begins(house, key)
    house.arm()
    house.answer()
    house.cut_power()
    begins(house, key)
    house.clock.advance(PAUSE_S)
    house.run(20)
    assert house.kinds() == []
    ends(house, key)
    begins(house, key)
    assert house.kinds() == [FAULT]


@pytest.mark.parametrize("key", ["heat", "dark:front"])
def test_what_was_over_when_the_house_had_power_again_is_known_to_nobody_any_more(house: Fixture, key: str) -> None:
    begins(house, key)
    house.arm()
    house.answer()
    house.cut_power()
    house.run(20)
    house.clock.advance(MACHINE_KNOWN_S)
    house.run(20)
    house.cut_power()
    begins(house, key)
    assert house.kinds() == [FAULT]


def test_whoever_arms_with_an_approved_phone_was_shown_the_list(house: Fixture) -> None:
    begins(house, "heat")
    house.panel.switch(Mode.AWAY, by="Anna", how="page, approved phone")
    house.answer()
    assert house.kinds() == []


def test_who_goes_on_from_home_to_away_in_the_dark_knows_that_it_is_dark(house: Fixture) -> None:
    house.arm(Mode.HOME)
    house.answer()
    begins(house, "dark:front", DARK)
    house.arm(Mode.AWAY)
    house.answer()
    assert house.kinds() == []


def test_of_what_was_known_only_what_ended_is_mailed_when_it_comes_back(house: Fixture) -> None:
    for key in ("heat", "disk"):
        begins(house, key)
    house.arm()
    house.answer()
    ends(house, "heat")
    begins(house, "heat")
    assert [alert.subject for alert in house.alerts()] == ["[Home] Fault: the processor is too hot"]


def test_a_camera_that_is_lost_while_it_sends_hardly_any_pictures_has_not_become_faster(house: Fixture) -> None:
    house.arm()
    house.answer()
    begins(house, "sparse:front", "camera Front door sends 0.1 of 10 pictures a second; is the cable loose?")
    house.health.note(f"{SEEING_FACT}front", "")
    begins(house, "camera:front", "camera Front door is not there; plug it in")
    ends(house, "sparse:front")
    assert house.kinds() == [FAULT, AlertKind.TAMPER]


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
