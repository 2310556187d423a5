"""The page of the mail account in real Chromium."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.web.site import Site, box
from tests.web.test_browser import THEMES, violations

pytestmark = pytest.mark.browser


def test_each_step_appears_by_itself_as_it_is_done(site: Site) -> None:
    site.house.doctor.hold()
    page = site.open("/")
    page.get_by_role("link", name="Mail account").click()
    expect(page.locator("#verdict")).to_be_hidden()
    page.locator("#try").click()
    expect(page.locator("#try")).to_have_text("Trying it …")
    expect(page.locator("#try")).to_be_disabled()
    site.house.doctor.gate.release()
    expect(page.locator("#steps li")).to_have_count(1)
    site.house.doctor.gate.release(3)
    expect(page.locator("#steps li")).to_have_count(3)
    expect(page.locator("#verdict")).to_have_text(re.compile(r"^\d\d:\d\d: 1 fault$"))
    expect(page.locator("#found li")).to_have_text("Login: mail server smtp.example.org:587 refuses the login")
    expect(page.locator("#try")).to_have_text(re.compile(r"Again in \d+ s"))
    expect(page.locator("#steps li[data-result=fault] use")).to_have_attribute("href", re.compile("#problem$"))
    assert site.complaints == []


def test_while_mail_is_at_fault_the_home_page_leads_to_the_cause(site: Site) -> None:
    page = site.open("/")
    expect(page.locator("#mail-fault")).to_be_hidden()
    site.house.health.report("mail", "mail.example.org refused the password")
    page.locator("#ready summary").click()
    page.get_by_role("link", name="Find out what is wrong with the mail").click()
    expect(page.get_by_role("heading", name="Mail account")).to_be_visible()
    assert site.complaints == []


def test_without_a_script_the_page_is_asked_again_by_itself(site: Site) -> None:
    site.house.doctor.hold()
    page = site.open("/mail", java_script_enabled=False)
    page.locator("#try").click()
    expect(page.locator("#verdict")).to_have_text("Trying it")
    site.house.doctor.gate.release(4)
    expect(page.locator("#steps li")).to_have_count(3)


@pytest.mark.parametrize(("width", "height"), [(320, 568), (390, 844), (844, 390), (1280, 800)])
def test_the_fault_is_on_the_first_screen_and_nothing_runs_over_the_edge(site: Site, width: int, height: int) -> None:
    page = site.open("/mail", width=width, height=height)
    page.locator("#try").click()
    expect(page.locator("#steps li")).to_have_count(3)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert box(page, "#try")["height"] >= 44
    if height >= 568:
        assert box(page, "#found")["y"] < height - 60


@pytest.mark.parametrize("scheme", THEMES)
def test_ui29_no_accessibility_violation_with_a_fault_shown(site: Site, scheme: str) -> None:
    page = site.open("/mail", color_scheme=scheme)
    page.locator("#try").click()
    expect(page.locator("#steps li")).to_have_count(3)
    assert violations(page) == []
