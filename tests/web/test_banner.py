"""What the top of the page says where the state alone would mislead, without a browser."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pisecurity.core.types import Mode
from pisecurity.web.view import STALE_S
from tests.fakes import FakeClock
from tests.web.house import House
from tests.web.test_pages import client, new_house, state

LOST = "camera {} has sent no picture for 10 s; check its cable"


def blinded(*lost: str, cameras: tuple[str, ...] = ("front",), mode: Mode = Mode.AWAY) -> House:
    house = new_house(cameras=cameras)
    if mode is not Mode.DISARMED:
        house.arm_now(mode)
    for camera in lost:
        house.health.report(f"camera:{camera}", LOST.format(camera))
    return house


@pytest.mark.parametrize(("mode", "said"), [(Mode.AWAY, "armed away"), (Mode.HOME, "armed home")])
def test_armed_without_any_picture_is_called_blind(mode: Mode, said: str) -> None:
    page = client(blinded("front", mode=mode))
    answer = state(page)
    assert (answer["word"], answer["blind"], answer["state"]) == ("Blind", True, mode.value)
    assert answer["line"] == f"{said}, without a picture"
    html = page.get("/").text
    assert (" data-blind" in html, "#shield-blind" in html, "<title>Blind" in html) == (True, True, True)


@pytest.mark.parametrize(
    ("house", "word"),
    [
        (blinded(), "Armed away"),
        (blinded("front", cameras=("front", "yard")), "Armed away"),
        (blinded("front", mode=Mode.DISARMED), "Disarmed"),
    ],
)
def test_one_camera_that_sees_or_a_house_that_is_not_armed_is_not_blind(house: House, word: str) -> None:
    page = client(house)
    assert (state(page)["word"], state(page)["blind"]) == (word, False)
    assert " data-blind" not in page.get("/").text


def test_a_camera_that_sends_pictures_again_is_not_blind_though_its_fault_is_not_over() -> None:
    house = blinded("front")
    page = client(house)
    house.offer()
    assert (state(page)["word"], state(page)["blind"]) == ("Armed away", False)
    assert isinstance(house.clock, FakeClock)
    house.clock.advance(STALE_S + 1)
    assert (state(page)["word"], state(page)["blind"]) == ("Blind", True), "it hangs again"


def test_an_alarm_stays_an_alarm_when_the_camera_dies() -> None:
    house = blinded("front")
    house.intrude()
    assert state(client(house))["word"] == "Alarm"


@pytest.mark.parametrize(
    ("summed", "said"),
    [(None, "Mailed to 2"), (False, "Follows in the next mail"), (True, "Mailed later, with others")],
)
def test_a_red_page_says_whether_a_mail_left_and_calls_nothing_ready(summed: bool | None, said: str) -> None:
    house = blinded()
    house.intrude()
    if summed is not None:
        house.store.records[-1] = replace(house.store.records[-1], kind=None, summed=summed, deliveries=())
    answer = state(client(house))
    assert answer["line"].endswith(f". {said}")
    assert answer["readiness"] == "No faults"


@pytest.mark.parametrize(
    ("summed", "said"), [(None, "Not mailed"), (False, "Follows in the next mail"), (True, "Mailed later, with others")]
)
def test_the_page_of_an_event_does_not_contradict_the_list(summed: bool | None, said: str) -> None:
    house = new_house()
    record = house.happened(1, kind=None)
    house.store.records[-1] = replace(record, summed=summed)
    assert f"<span>{said}</span>" in client(house).get(f"/events/{record.id}").text
