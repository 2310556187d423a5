"""What the page does in real Chromium."""

from __future__ import annotations

import gzip
import re
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, Request, expect

from pisecurity.adapters.clock import SystemClock
from pisecurity.core.types import Mode
from tests.web.house import NAME, House, filming, served
from tests.web.site import REBOUND, Site, bring_about, shows_live_picture

pytestmark = pytest.mark.browser

THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


def test_ui03_tap_is_acknowledged_at_once_and_armed_only_when_the_daemon_said_so(site: Site) -> None:
    page = site.open()
    expect(page.locator("#word")).to_have_text("Disarmed")
    asked = page.evaluate(
        """() => new Promise((resolve) => {
             const button = document.querySelector('button[value=armed_home]');
             const send = window.fetch;
             window.fetch = (url, how) => how?.method === 'POST'
               ? new Promise((go) => { window.letGo = () => go(send(url, how)); })
               : send(url, how);
             const ready = setInterval(() => {
               button.click();
               if (!button.hasAttribute('data-asked')) return;
               clearInterval(ready);
               const say = (id) => document.getElementById(id).textContent;
               resolve([button.getAttribute('aria-pressed'), say('line'), say('word')]);
             }, 20);
           })"""
    )
    assert asked == ["true", "asking the alarm: Home …", "Disarmed"]
    page.wait_for_timeout(1500)  # polls go on, and still nothing claims to be armed
    assert page.locator("#word").text_content() == "Disarmed"
    assert site.house.panel.status().mode is Mode.DISARMED
    page.evaluate("window.letGo()")
    expect(page.locator("#word")).to_have_text("Armed home")
    assert site.house.panel.status().by == "this computer"


def test_ui03_ui05_away_counts_down_and_disarm_cancels(site: Site) -> None:
    page = site.open()
    expect(page.locator("#word")).to_have_text("Disarmed")
    shows_live_picture(page)
    page.click("button[value=armed_away]")
    expect(page.locator("#word")).to_have_text("Arming away")
    expect(page.locator("button[value=armed_away]")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#ring")).to_be_visible()
    second = site.open()
    expect(second.locator("#ring b")).to_have_text(re.compile(r"^[12]?\d|30$"))
    left = [int(each.locator("#ring b").text_content() or "") for each in (page, second)]
    assert abs(left[0] - left[1]) <= 1
    expect(page.locator("#polite")).to_have_text("30 seconds left")
    page.click("button[value=disarmed]")
    expect(page.locator("#word")).to_have_text("Disarmed")
    expect(page.locator("#ring")).to_be_hidden()
    expect(page.locator("#polite")).to_be_empty()
    expect(second.locator("#word")).to_have_text("Disarmed")  # UI-04: the other phone follows
    assert site.complaints == []


def test_state_that_could_not_be_stored_is_said_and_the_button_goes_back(site: Site) -> None:
    page = site.open()
    shows_live_picture(page)
    site.house.store.broken = "the disk is full"
    page.click("button[value=armed_away]")
    expect(page.locator("#strip")).to_have_text("The state could not be stored: the disk is full. Nothing has changed.")
    expect(page.locator("button[value=disarmed]")).to_have_attribute("aria-pressed", "true")
    expect(page.locator("#word")).to_have_text("Disarmed")


def test_ui11_lost_connection_is_admitted_and_found_again(site: Site) -> None:
    site.house.arm_now(Mode.AWAY)
    page = site.open()
    shows_live_picture(page)
    expect(page.locator("#strip")).to_be_hidden()
    page.context.set_offline(True)
    expect(page.locator("#strip")).to_have_text(re.compile(r"Not connected\. Last known: Armed away, [2-9] s ago"))
    expect(page.locator("#line")).to_have_text("not certain: no connection")
    for button in page.locator("#modes > button").all():
        expect(button).to_be_disabled()
    expect(page.locator(".mark.unknown")).to_be_visible()
    expect(page.locator(".mark:not(.unknown)")).to_be_hidden()
    expect(page.locator("#readiness")).to_have_text("Not known: no connection")
    expect(page.locator(".veil")).to_have_text(re.compile(r"Picture is \d+ s old"))
    page.context.set_offline(False)
    expect(page.locator("#strip")).to_be_hidden()
    expect(page.locator("#line")).to_have_text(re.compile("^since "))
    expect(page.locator(".mark.unknown")).to_be_hidden()
    expect(page.locator("#readiness")).to_have_text("Everything ready")
    expect(page.locator(".veil")).to_be_hidden()
    expect(page.locator("button[value=disarmed]")).to_be_enabled()


def test_ui13_live_picture_moves_shows_its_age_and_is_veiled_when_old(browser: Browser) -> None:
    house = House(SystemClock())
    with served(house) as port:
        site = Site(house, f"http://{NAME}:{port}", browser)
        with filming(house):
            page = site.open()
            shows_live_picture(page)
            first = page.locator(".view img").get_attribute("src")
            expect(page.locator(".age")).to_have_text(re.compile(r"^[0-4]\.\d s$"))
            expect(page.locator(".view img")).not_to_have_attribute("src", first or "")
            expect(page.locator(".veil")).to_be_hidden()
        expect(page.locator(".veil")).to_be_visible()
        expect(page.locator(".veil span")).to_have_text(re.compile(r"^Picture is [5-9] s old$"))
        house.health.report("camera:front", "Front door: the camera does not answer")
        expect(page.locator(".veil span")).to_have_text(
            re.compile(r"^Picture is \d+ s old\. Front door: the camera does not answer$")
        )
        with filming(house):
            expect(page.locator(".veil")).to_be_hidden()
        page.context.close()


def test_camera_without_any_picture_says_so(browser: Browser) -> None:
    house = House(SystemClock())
    with served(house) as port:
        page = Site(house, f"http://{NAME}:{port}", browser).open()
        expect(page.locator(".veil span")).to_have_text("No picture yet")
        expect(page.locator(".view img")).to_be_hidden()
        page.context.close()


def test_ui14_hidden_page_asks_for_nothing(site: Site) -> None:
    page = site.open()
    shows_live_picture(page)
    page.evaluate(
        """() => {
             Object.defineProperty(document, 'hidden', { get: () => window.away });
             window.away = true;
             document.dispatchEvent(new Event('visibilitychange'));
           }"""
    )
    page.wait_for_timeout(1500)  # what was under way comes to its end
    site.requests.clear()
    page.wait_for_timeout(2500)
    assert site.requests == []
    site.house.arm_now(Mode.HOME)
    page.evaluate("window.away = false; document.dispatchEvent(new Event('visibilitychange'))")
    expect(page.locator("#word")).to_have_text("Armed home")


def test_new_event_appears_by_itself_and_leads_to_its_page(site: Site) -> None:
    site.house.arm_now(Mode.AWAY)
    page = site.open(height=844)
    shows_live_picture(page)
    expect(page.locator("#events > li")).to_have_count(3)
    site.house.intrude()
    expect(page.locator("#word")).to_have_text("Alarm")
    expect(page.locator("#events .mailed span").first).to_have_text("mailed to 2")
    expect(page.locator("#modes button:visible")).to_have_count(1)  # UI-34: only Disarm is left
    page.locator("#events a").first.click()
    expect(page.get_by_role("heading", name="Why it was seen")).to_be_visible()
    page.wait_for_function("() => document.querySelector('.big').naturalWidth === 640")
    assert site.complaints == []


@pytest.mark.parametrize("scheme", THEMES)
@pytest.mark.parametrize(
    "path",
    [
        *(
            "/",
            "/events",
            f"/events/{2:032x}",
            f"/events/{3:032x}",
            "/ledger",
            "/mail",
            "/cameras/front",
            "/cameras/front?forgotten",
        ),
        *("/mailbox", "/mailbox/1", "/nothing"),
    ],
)
def test_ui29_no_accessibility_violation_on_any_page(site: Site, path: str, scheme: str) -> None:
    page = site.open(path, color_scheme=scheme)
    assert violations(page) == []


@pytest.mark.parametrize("scheme", THEMES)
@pytest.mark.parametrize(
    "state", ["disarmed", "arming", "armed_home", "armed_night", "blind", "pending", "triggered", "problem", "offline"]
)
def test_ui29_no_accessibility_violation_in_any_state(site: Site, state: str, scheme: str) -> None:
    bring_about(site.house, state)
    page = site.open(color_scheme=scheme)
    shows_live_picture(page)
    if state == "offline":
        page.context.set_offline(True)
        expect(page.locator("#strip")).to_be_visible()
    assert violations(page) == []


def violations(page: Page) -> list[str]:
    found = Axe().run(page).response["violations"]
    return [f"{rule['id']}: {node['html'][:120]} {node['failureSummary']}" for rule in found for node in rule["nodes"]]


def test_ui30_states_differ_in_icon_and_word_not_only_in_colour(site: Site) -> None:
    page = site.open()
    seen = []
    for state in ("disarmed", "armed_home", "armed_night", "pending", "triggered"):
        bring_about(site.house, state)
        expect(page.locator("html")).to_have_attribute("data-state", state)
        seen.append(
            (page.locator("#word").text_content(), page.locator(".mark:not(.unknown) use").get_attribute("href"))
        )
        site.house.panel.switch(Mode.DISARMED, by="Anna", how="page")
    assert len({word for word, _ in seen}) == len({icon for _, icon in seen}) == 5


def test_ui32_alarm_is_switched_and_an_event_opened_by_keyboard(site: Site) -> None:
    page = site.open(height=844)
    shows_live_picture(page)
    page.keyboard.press("Tab")
    seen = []
    for _ in range(12):
        seen.append(page.evaluate("document.activeElement.value || document.activeElement.getAttribute('href') || ''"))
        if seen[-1] == "armed_home":
            break
        page.keyboard.press("Tab")
    assert f"/events/{1:032x}" in seen
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    expect(page.locator("#word")).to_have_text("Armed home")


def test_ui32_the_keyboard_stops_at_the_readiness_only_where_there_is_something_to_open(site: Site) -> None:
    page = site.open()
    expect(page.locator("#ready summary")).to_have_attribute("tabindex", "-1")
    site.house.health.report("mail", "mail.example.org refused the password")
    expect(page.locator("#ready summary")).to_have_attribute("tabindex", "0")


def test_ui33_nothing_moves_when_motion_is_to_be_reduced(site: Site) -> None:
    site.house.arm_now(Mode.AWAY)
    site.house.intrude()
    running = "document.getAnimations().filter((each) => each.playState === 'running').length"
    page = site.open(reduced_motion="no-preference")
    page.wait_for_function(f"() => {running} === 1")
    page = site.open(reduced_motion="reduce")
    shows_live_picture(page)
    assert page.evaluate(running) == 0


def test_ui37_first_load_is_light_and_asks_nobody_else(browser: Browser) -> None:
    house = House(SystemClock())
    sizes: dict[str, int] = {}

    def weigh(request: Request) -> None:
        response = request.response()
        if response is not None and "/frame/" not in request.url:
            sizes[request.url] = len(gzip.compress(response.body()))

    with served(house) as port, filming(house):
        context: BrowserContext = browser.new_context(viewport={"width": 360, "height": 640})
        page = context.new_page()
        urls: list[str] = []
        page.on("request", lambda request: urls.append(request.url))
        page.on("requestfinished", weigh)
        page.goto(f"http://{NAME}:{port}/")
        shows_live_picture(page)
        expect(page.locator("#word")).to_have_text("Disarmed")
        context.close()
    assert {url.split("/")[2] for url in urls if not url.startswith("blob:")} == {f"{NAME}:{port}"}
    scripts = sum(size for url, size in sizes.items() if url.endswith(".js"))
    assert len(sizes) >= 6
    assert sum(sizes.values()) <= 60_000
    assert scripts <= 20_000


def test_ui39_page_works_without_javascript(site: Site) -> None:
    page = site.open(java_script_enabled=False)
    expect(page.locator("#word")).to_have_text("Disarmed")
    page.wait_for_timeout(300)
    page.click("button[value=armed_home]")
    expect(page.locator("#word")).to_have_text("Armed home")
    expect(page.locator("#line")).to_have_text(re.compile("by this computer$"))
    page.click("button[value=disarmed]")
    expect(page.locator("#word")).to_have_text("Disarmed")


def test_ui44_no_page_complains_in_the_console(site: Site) -> None:
    for path in ("/", "/events", f"/events/{1:032x}", "/ledger", "/cameras/front", "/mail", "/mailbox", "/mailbox/1"):
        page = site.open(path)
        page.wait_for_timeout(800)
    assert site.complaints == []


def test_mail_is_shown_whole_with_its_picture(site: Site) -> None:
    page = site.open("/mailbox")
    page.get_by_text("Garden 7: movement at the front door").click()
    mail = page.frame_locator("#mail")
    expect(mail.get_by_text("Movement")).to_be_visible()
    page.wait_for_function("() => document.getElementById('mail').contentDocument.images[0].naturalWidth === 640")
    page.wait_for_function(
        """() => {
             const frame = document.getElementById('mail');
             return Math.abs(frame.clientHeight - frame.contentDocument.documentElement.scrollHeight) < 4;
           }"""
    )
    assert site.complaints == []


def test_new_mail_appears_in_the_open_mailbox(site: Site) -> None:
    page = site.open("/mailbox")
    expect(page.locator(".mails li")).to_have_count(1)
    site.house.post("Garden 7: all clear", pictures=0)
    expect(page.locator(".mails li")).to_have_count(2)


def test_s15_mail_cannot_run_scripts(site: Site) -> None:
    site.house.post("Bad", "<script>parent.document.title = 'taken'</script><p onclick='x()'>Bad</p>")
    page = site.open("/mailbox/2")
    expect(page.frame_locator("#mail").get_by_text("Bad")).to_be_visible()
    assert page.title() == "Bad · Garden 7"


def test_s10_post_from_a_foreign_site_changes_nothing(site: Site) -> None:
    site.house.arm_now(Mode.HOME)
    context = site.browser.new_context()
    page = context.new_page()
    page.route("http://evil.example/", lambda route: route.fulfill(content_type="text/html", body="<p>hello"))
    page.goto("http://evil.example/")
    with page.expect_response(f"{site.base}/mode") as answered:
        page.evaluate(
            """(base) => {
                 const form = document.createElement('form');
                 Object.assign(form, { method: 'post', action: base + '/mode' });
                 form.innerHTML = '<input name=mode value=disarmed>';
                 document.body.append(form);
                 form.submit();
               }""",
            site.base,
        )
    assert answered.value.status == 403
    assert site.house.panel.status().mode is Mode.HOME
    context.close()


def test_s14_a_foreign_name_that_leads_here_reads_nothing_changes_nothing_and_gets_no_cookie(site: Site) -> None:
    site.house.arm_now(Mode.HOME)
    context = site.browser.new_context()
    page = context.new_page()
    port = site.base.rpartition(":")[2]
    answer = page.goto(f"http://{REBOUND}:{port}/phone")
    assert answer is not None
    said = page.evaluate(
        """async () => Promise.all([
             fetch('/api/state').then((answer) => answer.status),
             fetch('/mode', { method: 'POST', body: new URLSearchParams({ mode: 'disarmed' }) })
               .then((answer) => answer.status),
           ])"""
    )
    assert (answer.status, said, context.cookies()) == (400, [400, 400], [])
    assert site.house.panel.status().mode is Mode.HOME
    context.close()


def test_s16_foreign_site_cannot_frame_the_page(site: Site) -> None:
    context = site.browser.new_context()
    page = context.new_page()
    frame = f'<iframe src="{site.base}/"></iframe>'
    page.route("http://evil.example/", lambda route: route.fulfill(content_type="text/html", body=frame))
    page.goto("http://evil.example/")
    assert page.frames[1].url == "chrome-error://chromewebdata/"
    page.goto(site.base)  # and not because it could not be reached
    expect(page.locator("#word")).to_have_text("Disarmed")
    context.close()
