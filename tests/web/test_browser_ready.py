"""The second tap in real Chromium: with the same thumb, in the same place, and never by a double tap."""

from __future__ import annotations

from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from pisecurity.core.types import Mode
from tests.web.site import Site, box, shows_live_picture

pytestmark = pytest.mark.browser

AWAY = "button[value=armed_away]"
PROBLEMS = {
    "camera:front": "camera Front door is dark since 21:40: nobody would be seen, not even in light clothes; light the "
    "place, or use a camera with an infrared lamp",
    "mail-login": "alerts would not leave: smtp.example.org refused the password; store the right one",
    "rate:front": "camera Front door sends 4.0 of 10 pictures a second, so quick things may be missed",
}


def broken(site: Site, theme: Literal["light", "dark"] = "light") -> Page:
    for key, text in PROBLEMS.items():
        site.house.health.report(key, text)
    page = site.open(color_scheme=theme)
    shows_live_picture(page)
    return page


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_ui10_the_list_moves_nothing_and_the_second_tap_arms(site: Site, theme: Literal["light", "dark"]) -> None:
    page = broken(site, theme)
    places = [box(page, f"button[value={mode}]") for mode in ("armed_away", "armed_home", "disarmed")]
    page.click(AWAY)
    expect(page.locator("#against")).to_be_visible()
    expect(page.locator("#against-title")).to_have_text("Not armed: 2 problems")
    expect(page.locator(AWAY)).to_have_text("Arm anyway")
    assert page.locator("#against li").all_text_contents()[1].startswith("Alerts would not leave")
    assert [box(page, f"button[value={mode}]") for mode in ("armed_away", "armed_home", "disarmed")] == places
    sheet = box(page, "#against")
    assert sheet["y"] >= 0
    assert sheet["y"] + sheet["height"] <= places[0]["y"]
    assert Axe().run(page).violations_count == 0
    assert site.house.panel.status().mode is Mode.DISARMED
    page.wait_for_timeout(800)
    page.click(AWAY)
    expect(page.locator("#word")).to_have_text("Arming away")
    expect(page.locator("#against")).to_be_hidden()
    expect(page.locator(AWAY)).to_have_text("Away")
    assert ", bypassed: camera Front door is dark since 21:40" in site.house.store.notes[-1]


def test_ui07_a_double_tap_has_read_nothing_and_arms_nothing(site: Site) -> None:
    page = broken(site)
    page.dblclick(AWAY)
    expect(page.locator("#against")).to_be_visible()
    page.click(AWAY)
    page.wait_for_timeout(300)
    assert site.house.panel.status().mode is Mode.DISARMED


def test_the_second_tap_asks_again_where_something_new_has_come_since(site: Site) -> None:
    page = broken(site)
    page.click(AWAY)
    expect(page.locator("#against-title")).to_have_text("Not armed: 2 problems")
    site.house.health.report("memory", "the disk takes nothing; replace the SD card")
    page.wait_for_timeout(800)
    page.click(AWAY)
    expect(page.locator("#against-title")).to_have_text("Not armed: 3 problems")
    assert site.house.panel.status().mode is Mode.DISARMED
    page.wait_for_timeout(800)
    page.click(AWAY)
    expect(page.locator("#word")).to_have_text("Arming away")


def test_a_house_that_is_armed_is_said_to_be_still_armed_where_another_mode_asks(site: Site) -> None:
    site.house.arm_now(Mode.AWAY)
    page = broken(site)
    page.click("button[value=armed_home]")
    expect(page.locator("#against-title")).to_have_text("Still armed away: 2 problems")
    assert site.house.panel.status().mode is Mode.AWAY


@pytest.mark.parametrize("way", ["Not now", "Escape", "Home"])
def test_whoever_thinks_better_of_it_leaves_everything_as_it_was(site: Site, way: str) -> None:
    page = broken(site)
    page.click(AWAY)
    expect(page.locator("#against")).to_be_visible()
    page.wait_for_timeout(800)
    if way == "Escape":
        page.keyboard.press("Escape")
    else:
        page.get_by_role("button", name=way, exact=True).click()
    if way == "Home":
        expect(page.locator("button[value=armed_home]")).to_have_text("Arm anyway")
    else:
        expect(page.locator("#against")).to_be_hidden()
    expect(page.locator(AWAY)).to_have_text("Away")
    assert site.house.panel.status().mode is Mode.DISARMED


def test_ui32_the_keyboard_alone_arms_anyway(site: Site) -> None:
    page = broken(site)
    page.focus(AWAY)
    page.keyboard.press("Enter")
    expect(page.locator("#against")).to_be_visible()
    page.wait_for_timeout(800)
    page.keyboard.press("Enter")
    expect(page.locator("#word")).to_have_text("Arming away")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_ui39_without_javascript_one_more_tap_arms(site: Site, theme: Literal["light", "dark"]) -> None:
    for key, text in PROBLEMS.items():
        site.house.health.report(key, text)
    page = site.open(java_script_enabled=False, color_scheme=theme)
    before = box(page, AWAY)
    page.click(AWAY)
    expect(page.locator("h1")).to_have_text("Not armed: Away asks once more")
    assert box(page, AWAY) == before
    page.click(AWAY)
    expect(page.locator("#word")).to_have_text("Arming away")
