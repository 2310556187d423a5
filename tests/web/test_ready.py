"""Arming with something that does not work: the list, and the second tap."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from pisecurity.core.types import Mode
from tests.fakes import FakeClock
from tests.web.house import NAME, House

OWN = {"Host": NAME, "Origin": f"http://{NAME}"}
UNPLUGGED = "camera Front door <b>is</b> unplugged; plug it in"


@pytest.fixture
def house() -> House:
    return House(FakeClock())


def client(house: House) -> FlaskClient:
    return house.app().test_client()


def tap(house: House, **fields: object) -> tuple[int, dict[str, object]]:
    answer = client(house).post("/api/mode", json=fields, headers=OWN)
    return answer.status_code, answer.get_json()


def test_ui10_a_graver_problem_answers_409_with_the_list_and_nothing_has_changed(house: House) -> None:
    house.health.report("camera:front", UNPLUGGED)
    house.health.report("rate:front", "slow")
    code, said = tap(house, mode="armed_away")
    assert (code, said["mode"], said["problem"]) == (409, "armed_away", "Not armed: 2 problem(s).")
    assert said["problems"] == [
        {"key": "camera:front", "text": "Camera Front door <b>is</b> unplugged; plug it in", "graver": True},
        {"key": "rate:front", "text": "Slow", "graver": False},
    ]
    assert house.panel.status().mode is Mode.DISARMED


def test_ui10_armed_anyway_it_is_on_record_what_was_bypassed(house: House) -> None:
    house.health.report("camera:front", UNPLUGGED)
    code, said = tap(house, mode="armed_away", anyway=True)
    assert (code, said["state"]) == (200, "arming")
    assert house.store.notes[-1].endswith("(page), bypassed: camera Front door <b>is</b> unplugged")


@pytest.mark.parametrize("anyway", ["true", 1, [True], None])
def test_only_a_plain_yes_is_one(house: House, anyway: object) -> None:
    house.health.report("camera:front", UNPLUGGED)
    assert tap(house, mode="armed_away", anyway=anyway)[0] == 409


def test_the_second_tap_goes_on_in_spite_of_what_was_shown_and_not_of_what_came_since(house: House) -> None:
    house.health.report("camera:front", UNPLUGGED)
    shown = [problem["key"] for problem in tap(house, mode="armed_away")[1]["problems"]]  # type: ignore[attr-defined]
    house.health.report("mail-login", "alerts would not leave: refused; store the right password")
    code, said = tap(house, mode="armed_away", anyway=shown)
    assert (code, said["problem"]) == (409, "Not armed: 2 problem(s).")
    house.health.clear("camera:front")
    assert tap(house, mode="armed_away", anyway=["camera:front", "mail-login"])[0] == 200


def test_a_page_without_javascript_that_was_left_open_does_not_arm_in_spite_of_what_it_never_showed(
    house: House,
) -> None:
    house.health.report("mail-login", "alerts would not leave: refused; store the right password")
    answer = client(house).post("/mode", data={"mode": "armed_away", "anyway": ["camera:front"]}, headers=OWN)
    assert answer.status_code == 409
    assert house.panel.status().mode is Mode.DISARMED


def test_a_house_that_is_armed_is_not_said_to_be_not_armed(house: House) -> None:
    house.arm_now(Mode.AWAY)
    house.health.report("camera:front", UNPLUGGED)
    code, said = tap(house, mode="armed_home")
    assert (code, said["title"], said["problem"]) == (409, "Still armed away", "Still armed away: 1 problem(s).")
    page = client(house).post("/mode", data={"mode": "armed_home"}, headers=OWN).get_data(as_text=True)
    assert "<h1>Still armed away: Home asks once more</h1>" in page
    assert "Not armed" not in page


def test_a_lighter_problem_asks_for_nothing_and_is_on_record(house: House) -> None:
    house.health.report("rate:front", "camera Front door is slow; is it too hot?")
    assert tap(house, mode="armed_away")[0] == 200
    assert house.store.notes[-1].endswith("(page), remarks: camera Front door is slow")


def test_nothing_ever_stands_against_disarming_nor_against_the_mode_it_has(house: House) -> None:
    house.arm_now(Mode.AWAY)
    house.health.report("camera:front", UNPLUGGED)
    assert tap(house, mode="armed_away")[0] == 200
    assert tap(house, mode="disarmed")[0] == 200
    assert house.panel.status().mode is Mode.DISARMED


def test_ui39_without_javascript_the_form_answers_with_the_list_and_one_button(house: House) -> None:
    house.health.report("camera:front", UNPLUGGED)
    ours = client(house)
    answer = ours.post("/mode", data={"mode": "armed_home"}, headers=OWN)
    text = answer.get_data(as_text=True)
    assert answer.status_code == 409
    assert "Camera Front door &lt;b&gt;is&lt;/b&gt; unplugged; plug it in" in text
    assert text.count('<button name="mode" value="armed_home" data-anyway>') == text.count("<button") == 1
    assert '<input type="hidden" name="anyway" value="camera:front">' in text
    assert ours.post("/mode", data={"mode": "armed_home", "anyway": "camera:front"}, headers=OWN).status_code == 303
    assert house.panel.status().mode is Mode.HOME


def test_whoever_looks_at_the_page_has_the_mail_proven(house: House) -> None:
    ours = client(house)
    ours.get("/", headers=OWN)
    ours.get("/api/state", headers=OWN)
    assert house.readiness.looks == 2
    ours.get("/events", headers=OWN)
    assert house.readiness.looks == 2


def test_what_waits_for_the_clock_is_said_quietly_below_the_readiness() -> None:
    clock = FakeClock()
    house = House(clock)
    clock.reboot()
    house.readiness.clock.synced = False
    said = client(house).get("/api/state", headers=OWN).get_json()
    assert (said["readiness"], said["notes"]) == (
        "Ready, with a remark", ["No time server has set the clock yet; the schedule waits for it"]
    )  # fmt: skip


def test_what_only_works_less_well_is_shown_before_somebody_arms_in_spite_of_it(house: House) -> None:
    house.readiness.has_an_unproven_mail_and_alerts_that_wait(3)
    house.health.note("seeing:yard", "since 21:40 a dark coat would be missed; differences from 12 of 255 steps on")
    said = client(house).get("/api/state", headers=OWN).get_json()
    assert said["readiness"] == "Ready, with 3 remarks"
    assert sorted(said["notes"]) == [
        "3 alert(s) wait to be sent for 10 min; see the mail account",
        "Mail not proven yet; a login is tried in the background",
        "Yard: since 21:40 a dark coat would be missed; more light helps",
    ]
    assert tap(house, mode="armed_away")[0] == 200
