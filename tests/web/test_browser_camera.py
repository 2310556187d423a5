"""The page of a camera in real Chromium."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from pisecurity.runtime.scenes import Unshown
from tests.web.site import Site, box

pytestmark = pytest.mark.browser


def shows_learned_picture(page: Page) -> None:
    page.wait_for_function("() => document.querySelector('#learned').naturalWidth > 0")


def test_what_was_learned_is_shown_anew_by_itself(site: Site) -> None:
    page = site.open("/cameras/front")
    shows_learned_picture(page)
    expect(page.locator("#why")).to_be_hidden()
    first = page.locator("#learned").get_attribute("src") or ""
    expect(page.locator("#learned")).not_to_have_attribute("src", first)
    expect(page.locator("#learned")).to_have_attribute("src", re.compile("^blob:"))
    assert site.complaints == []


def test_where_nothing_can_be_shown_words_say_why_until_it_can(site: Site) -> None:
    known, site.house.keeper.scene = site.house.keeper.scene, Unshown.BEGINNING
    page = site.open("/cameras/front")
    expect(page.locator("#why")).to_contain_text("The camera has just begun to learn its scene")
    expect(page.locator("#learned")).to_be_hidden()
    site.house.keeper.scene = known
    expect(page.locator("#learned")).to_be_visible()
    shows_learned_picture(page)
    expect(page.locator("#why")).to_be_hidden()
    site.house.keeper.scene = Unshown.FOREIGN
    expect(page.locator("#why")).to_contain_text('motion.background = "ours"')
    expect(page.locator("#learned")).to_be_hidden()
    assert site.complaints == []


def test_the_page_of_a_camera_admits_a_lost_connection(site: Site) -> None:
    page = site.open("/cameras/front")
    shows_learned_picture(page)
    page.context.set_offline(True)
    expect(page.locator("#strip")).to_have_text("Not connected. What stands here is as old as this page.")
    page.context.set_offline(False)
    expect(page.locator("#strip")).to_be_hidden()


def test_what_the_camera_sees_follows_by_itself(site: Site) -> None:
    site.house.health.note("seeing:front", "bright: sensitivity = 3 counts")
    steps = site.open("/cameras/front").locator("#steps")
    expect(steps).to_be_hidden()
    site.house.health.note("seeing:front", "differences from 13 of 255 steps on are seen")
    expect(steps).to_be_visible()
    site.house.health.note("seeing:front", "bright: sensitivity = 3 counts")
    page = site.open("/cameras/front")
    expect(page.locator("#sight dd")).to_have_text("Bright: sensitivity = 3 counts")
    site.house.health.note("seeing:front", "dark: sensitivity_night = 2 counts")
    expect(page.locator("#sight dd")).to_have_text("Dark: sensitivity_night = 2 counts")
    site.house.health.note("seeing:front", "")
    expect(page.locator("#sight dd")).to_have_count(0)


def test_how_much_is_red_follows_by_itself_beside_a_scale(site: Site) -> None:
    page = site.open("/cameras/front")
    expect(page.locator("#restless")).to_have_text("Just now a small part of the picture is plainly red.")
    expect(page.locator(".grades")).to_be_visible()
    site.house.keeper.scene = Unshown.BEGINNING
    expect(page.locator("#restless")).to_be_hidden()
    expect(page.locator(".grades")).to_be_hidden()


@pytest.mark.parametrize(("width", "height"), [(390, 844), (844, 390), (1280, 800)])
def test_the_picture_of_what_was_learned_is_on_the_first_screen_as_a_whole(site: Site, width: int, height: int) -> None:
    page = site.open("/cameras/front", width=width, height=height)
    shows_learned_picture(page)
    picture, dock = box(page, "#learned"), box(page, "nav")
    below = dock["y"] if dock["y"] > 0 else height
    assert picture["y"] + picture["height"] <= below
