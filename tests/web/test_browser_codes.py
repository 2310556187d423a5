"""The keypad and the approval of a phone in real Chromium, on a phone's screen."""

from __future__ import annotations

import re
from typing import Any, Literal

import pytest
from playwright.sync_api import Page, expect

from pisecurity.core.types import Mode
from pisecurity.web.admission import COOKIE
from tests.web.people import ANNA, ANNAS_DURESS, WRONG, token_of
from tests.web.site import Site, box
from tests.web.test_browser import violations

pytestmark = pytest.mark.browser

FINGER: dict[str, Any] = {"has_touch": True, "is_mobile": True}
THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


@pytest.fixture
def guarded(site: Site) -> Site:
    """Return a house that is armed away and in which a code is asked."""
    site.house.ask("phones")
    site.house.arm_now(Mode.AWAY)
    return site


def asked(site: Site, **how: Any) -> Page:
    """Return the alarm page with the keypad for disarming."""
    page = site.open(**{**FINGER, **how})
    expect(page.locator("#word")).to_have_text("Armed away")
    page.wait_for_function("() => document.querySelector('.keys').hasAttribute('data-digits')")
    tap_disarm(page)
    return page


def tap_disarm(page: Page) -> None:
    """Tap until the keypad is there: a tap before the first answer of the alarm does nothing."""
    while not page.locator("#keypad").is_visible():
        page.click("button[value=disarmed]")
        page.wait_for_timeout(100)
    page.wait_for_timeout(350)  # what comes at once would be the second of a double tap, and is swallowed


def hears(page: Page, site: Site) -> None:
    """Wait until *page* shows what only its script can know."""
    site.house.arm_now(Mode.HOME)
    expect(page.locator("#word")).to_have_text("Armed home")


def press(page: Page, digits: str) -> None:
    page.wait_for_timeout(300)  # a tap right after the one that opened the keypad is the second of a double tap
    for digit in digits:
        page.click(f"[data-digit='{digit}']")


def test_a_tap_asks_for_the_code_and_one_thumb_types_it(guarded: Site) -> None:
    page = asked(guarded)
    assert page.evaluate("document.activeElement.id") == "keypad", "no keyboard of the phone comes up"
    press(page, f"{ANNA}7")
    page.click("[data-erase]")
    page.click(".ok")
    expect(page.locator("#keypad")).to_be_hidden()
    expect(page.locator("#word")).to_have_text("Disarmed")
    expect(page.locator("#line")).to_have_text(re.compile("by Anna$"))
    assert page.locator("#code").input_value() == ""


def test_ui03_the_page_does_not_say_disarmed_before_the_alarm_did(guarded: Site) -> None:
    page = asked(guarded)
    page.evaluate(
        """() => {
             const send = window.fetch;
             window.fetch = (url, how) => how?.method === 'POST'
               ? new Promise((go) => { window.letGo = () => go(send(url, how)); })
               : send(url, how);
           }"""
    )
    press(page, ANNA)
    page.click(".ok")
    page.wait_for_timeout(1200)
    expect(page.locator(".ok")).to_be_disabled()
    assert page.locator("#word").text_content() == "Armed away"
    page.evaluate("window.letGo()")
    expect(page.locator("#word")).to_have_text("Disarmed")


def test_ui08_a_wrong_code_is_said_and_changes_nothing_and_a_wait_is_counted_down(guarded: Site) -> None:
    page = asked(guarded)
    for _ in range(3):
        press(page, WRONG)
        page.click(".ok")
        expect(page.locator("#code")).to_have_value("")
        expect(page.locator("#says")).to_have_text("That is no code that is valid now.")
    expect(page.locator(".ok")).to_be_disabled()
    expect(page.locator(".ok")).to_have_text(re.compile(r"^\d s$"))
    page.click(".close")
    tap_disarm(page)
    expect(page.locator(".ok")).to_be_disabled()
    assert guarded.house.panel.status().mode is Mode.AWAY
    expect(page.locator(".ok")).to_have_text("OK")
    press(page, ANNA)
    page.click(".ok")
    expect(page.locator("#word")).to_have_text("Disarmed")


def test_ui08_the_field_takes_paste_hides_the_digits_and_is_none_that_a_browser_saves(guarded: Site) -> None:
    page = asked(guarded)
    attributes = page.locator("#code").evaluate("field => [field.type, field.autocomplete, field.inputMode]")
    assert attributes == ["text", "off", "numeric"], "a saved code would be asked about when one for duress is typed"
    assert page.locator("#code").evaluate("field => getComputedStyle(field).webkitTextSecurity") == "disc"
    page.locator("#code").fill("1" * 10_000)
    page.locator("#code").fill(ANNA)  # the browser's own input event, as paste sends it
    page.click(".ok")
    expect(page.locator("#word")).to_have_text("Disarmed")


@pytest.mark.parametrize("typed", ["9" * 10_000, "\U0001f512\U0001f6aa", "\u202e\u0634\u0641\u0631\u0629"])
def test_s28_whatever_is_typed_instead_of_a_code_is_a_wrong_one(guarded: Site, typed: str) -> None:
    page = asked(guarded)
    page.locator("#code").evaluate("(field, typed) => { field.value = typed; }", typed)
    page.click(".ok")
    expect(page.locator("#says")).to_have_text(re.compile("valid now|larger than anything this page sends"))
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert guarded.house.panel.status().mode is Mode.AWAY


def test_ui07_a_double_tap_types_nothing_and_a_tap_beside_the_keypad_closes_it(guarded: Site) -> None:
    page = guarded.open(**FINGER)
    hears(page, guarded)
    place = box(page, "button[value=disarmed]")
    page.mouse.dblclick(place["x"] + 40, place["y"] + 40)
    expect(page.locator("#keypad")).to_be_visible()
    expect(page.locator("#code")).to_have_value("")
    page.wait_for_timeout(400)
    page.click(".ok")  # without a code nothing is asked
    expect(page.locator("#says")).to_have_text("")
    sheet = box(page, "#keypad")
    page.mouse.click(5, sheet["y"] + sheet["height"] / 2)  # its own edge
    expect(page.locator("#keypad")).to_be_visible()
    page.mouse.click(100, 20)
    expect(page.locator("#keypad")).to_be_hidden()
    assert guarded.house.panel.status().mode is Mode.HOME


def test_ui32_the_keyboard_alone_disarms_and_leaves_the_keypad(guarded: Site) -> None:
    page = asked(guarded, width=1000, height=800, has_touch=False, is_mobile=False)
    page.keyboard.press("Escape")
    expect(page.locator("button[value=disarmed]")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#code")).to_be_focused()
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.keyboard.type("123")
    page.keyboard.press("Escape")
    expect(page.locator("#keypad")).to_be_hidden()
    expect(page.locator("button[value=disarmed]")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#code")).to_have_value("")
    page.keyboard.type(ANNA)
    page.keyboard.press("Enter")
    expect(page.locator("#word")).to_have_text("Disarmed")
    assert guarded.complaints == []


def test_digits_of_a_keyboard_count_wherever_the_focus_is(guarded: Site) -> None:
    page = asked(guarded)
    page.keyboard.type(f"{ANNA}5")
    page.keyboard.press("Backspace")
    page.keyboard.press("Enter")
    expect(page.locator("#word")).to_have_text("Disarmed")


def test_ui39_without_javascript_a_page_asks_for_the_code(guarded: Site) -> None:
    page = guarded.open(java_script_enabled=False, **FINGER)
    page.click("button[value=disarmed]")
    expect(page).to_have_url(f"{guarded.base}/code?mode=disarmed")
    expect(page.locator(".key:visible")).to_have_count(1)
    page.fill("#code", WRONG)
    page.click(".ok")
    expect(page.locator("#says")).to_have_text("That is no code that is valid now.")
    page.fill("#code", ANNA)
    page.click(".ok")
    expect(page.locator("#word")).to_have_text("Disarmed")


def test_a_page_from_before_codes_were_asked_leads_to_the_one_that_asks(guarded: Site) -> None:
    guarded.house.ask("anyone")
    page = guarded.open(**FINGER)
    hears(page, guarded)
    guarded.house.ask("code")
    page.click("button[value=disarmed]")
    expect(page.get_by_role("heading", name="Disarm")).to_be_visible()
    press(page, ANNA)
    page.click(".ok")
    expect(page.locator("#word")).to_have_text("Disarmed")


def test_somebody_who_is_faster_closes_the_keypad(guarded: Site) -> None:
    page = asked(guarded)
    guarded.house.panel.switch(Mode.DISARMED, by="Ben", how="page")
    expect(page.locator("#keypad")).to_be_hidden()
    expect(page.locator("#line")).to_have_text(re.compile("by Ben$"))


def test_ui11_without_a_connection_the_keypad_takes_no_code(guarded: Site) -> None:
    page = asked(guarded)
    page.context.set_offline(True)
    expect(page.locator(".ok")).to_be_disabled()
    page.context.set_offline(False)
    expect(page.locator(".ok")).to_be_enabled()


def test_a_phone_is_approved_and_then_disarms_with_one_tap(guarded: Site) -> None:
    page = asked(guarded)
    page.get_by_role("link", name="Approve this phone").click()
    page.fill("#once", "no")
    page.get_by_role("button", name="Approve this phone").click()
    expect(page.locator("#says")).to_have_text(re.compile("not valid now"))
    page.fill("#once", guarded.house.people.register.new_approval("Anna", "root"))
    page.get_by_role("button", name="Approve this phone").click()
    expect(page.get_by_role("heading", name="This phone is Anna’s now")).to_be_visible()
    assert page.evaluate("document.cookie") == "", "no script reads the token"
    page.get_by_role("link", name="To the alarm").last.click()
    hears(page, guarded)
    page.click("button[value=disarmed]")
    expect(page.locator("#word")).to_have_text("Disarmed")
    expect(page.locator("#line")).to_have_text(re.compile("by Anna$"))


def test_ui45_the_phone_of_a_guest_shows_no_way_to_disarm(guarded: Site) -> None:
    token = token_of(guarded.house.people, "Cleaner")
    page = guarded.open(**FINGER)
    page.context.add_cookies([{"name": COOKIE, "value": token, "url": guarded.base}])
    page.reload()
    expect(page.locator("#modes button:visible")).to_have_count(1)
    guarded.house.panel.switch(Mode.DISARMED, by="Anna", how="page")
    expect(page.locator("#modes button:visible")).to_have_count(2)
    expect(page.locator("#never")).to_be_visible()
    guarded.house.people.register.revoke(1, "root")
    expect(page.locator("#modes button:visible")).to_have_count(3)


def test_what_a_visitor_sees_of_a_duress_code_is_what_he_sees_of_the_ordinary_one(guarded: Site) -> None:
    seen = []
    for code in (ANNA, ANNAS_DURESS):
        guarded.house.arm_now(Mode.AWAY)
        page = asked(guarded)
        press(page, code)
        page.click(".ok")
        expect(page.locator("#word")).to_have_text("Disarmed")
        expect(page.locator("#keypad")).to_be_hidden()
        seen.append((re.sub(r"[\d:.]+", "", page.locator("body").inner_text()), page.context.cookies()))
    assert seen[0] == seen[1]
    assert "by Anna" in seen[0][0]
    assert guarded.complaints == []


@pytest.mark.parametrize(("width", "height"), [(320, 568), (360, 640), (390, 844), (568, 320), (844, 390), (1200, 800)])
@pytest.mark.parametrize("alarm", [False, True])
def test_the_whole_keypad_is_on_the_screen_with_keys_for_a_thumb(
    guarded: Site, width: int, height: int, alarm: bool
) -> None:
    page = asked(guarded, width=width, height=height)
    if alarm:
        guarded.house.intrude()
        expect(page.locator("#word")).to_have_text("Alarm")
    press(page, "1")
    page.click(".ok")
    expect(page.locator("#says")).to_have_text(re.compile("valid"))
    places = [key.bounding_box() for key in page.locator("#keypad button").all()]
    assert len(places) == 13
    for place in (*places, box(page, "#code"), box(page, "#says"), box(page, "#keypad a")):
        assert place is not None
        assert place["y"] >= 0
        assert place["y"] + place["height"] <= height
        assert place["x"] + place["width"] <= width
    assert all(place and place["width"] >= 44 and place["height"] >= 44 for place in places)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("path", ["/code?mode=disarmed", "/phone"])
@pytest.mark.parametrize(("width", "height"), [(320, 568), (180, 320)])
def test_ui31_the_pages_of_codes_need_no_sideways_scrolling(guarded: Site, path: str, width: int, height: int) -> None:
    page = guarded.open(path, width=width, height=height)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("scheme", THEMES)
@pytest.mark.parametrize("path", ["/", "/alarm", "/code?mode=disarmed", "/phone"])
def test_ui29_no_accessibility_violation_where_codes_are_typed(guarded: Site, path: str, scheme: str) -> None:
    if path in ("/", "/alarm"):
        page = asked(guarded, color_scheme=scheme)
        if path == "/alarm":
            guarded.house.intrude()
            expect(page.locator("#word")).to_have_text("Alarm")
        press(page, "1")
        page.click(".ok")
        expect(page.locator("#says")).to_have_text(re.compile("valid"))
    else:
        page = guarded.open(path, color_scheme=scheme)
    assert violations(page) == []


@pytest.mark.parametrize("path", ["/", "/code?mode=disarmed", "/phone"])
def test_ui44_no_page_of_codes_complains_in_the_console(guarded: Site, path: str) -> None:
    page = guarded.open(path)
    page.wait_for_timeout(800)
    assert guarded.complaints == []


@pytest.mark.parametrize("path", ["/mode", "/api/mode", "/phone/approve"])
def test_s10_a_code_from_a_foreign_site_changes_nothing(guarded: Site, path: str) -> None:
    once = guarded.house.people.register.new_approval("Anna", "root")
    page = guarded.browser.new_context().new_page()
    page.route("http://evil.example/", lambda route: route.fulfill(content_type="text/html", body="<p>hello"))
    page.goto("http://evil.example/")
    with page.expect_response(f"{guarded.base}{path}") as answered:
        page.evaluate(
            """([base, code]) => {
                 const form = document.createElement('form');
                 Object.assign(form, { method: 'post', action: base });
                 form.innerHTML = `<input name=mode value=disarmed><input name=code value=${code}>`;
                 document.body.append(form);
                 form.submit();
               }""",
            [f"{guarded.base}{path}", once if path == "/phone/approve" else ANNA],
        )
    assert answered.value.status == 403
    assert guarded.house.panel.status().mode is Mode.AWAY
    assert guarded.house.people.register.known.phones == ()


def test_ui10_the_code_that_was_refused_for_a_problem_is_not_asked_for_again(site: Site) -> None:
    site.house.ask("code")
    page = site.open(**FINGER)
    hears(page, site)
    site.house.health.report("camera:front", "camera Front door is unplugged; plug it in")
    page.click("button[value=armed_away]")
    press(page, ANNA)
    page.click(".ok")
    expect(page.locator("#against")).to_be_visible()
    expect(page.locator("#keypad")).to_be_hidden()
    assert site.house.panel.status().mode is Mode.HOME
    page.wait_for_timeout(800)  # time to read the list
    page.click("button[value=armed_away]")
    expect(page.locator("#word")).to_have_text("Arming away")
    expect(page.locator("#line")).to_have_text(re.compile("by Anna$"))
