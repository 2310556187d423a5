"""What is where on the screens of phones and computers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, time, timedelta
from itertools import pairwise

import pytest
from playwright.sync_api import Browser, expect

from pisecurity.adapters.clock import SystemClock
from pisecurity.core.alarm.outlook import DaysOff, Outlook, Standing
from pisecurity.core.alarm.schedule import Edge
from pisecurity.core.types import AlarmState, Mode, Outcome
from pisecurity.settings import ScheduleSettings, Weekday
from tests.web.house import NAME, House, filming, served
from tests.web.site import Site, box, bring_about, shows_live_picture

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(("width", "height"), [(360, 640), (390, 844)])
@pytest.mark.parametrize("problem", [False, True])
def test_ui01_ui02_everything_that_counts_is_on_the_first_screen(
    site: Site, width: int, height: int, problem: bool
) -> None:
    if problem:
        site.house.health.report("mail", "mail.example.org refused the password: set it again with the command")
    page = site.open(width=width, height=height)
    shows_live_picture(page)
    for selector in ("#word", "#line", ".view img", "#ready"):
        place = box(page, selector)
        assert place["y"] >= 0
        assert place["y"] + place["height"] <= height
    places = [box(page, f"button[value={mode}]") for mode in ("armed_away", "armed_home", "disarmed")]
    for place in places:
        assert place["y"] >= height * 0.4
        assert place["y"] + place["height"] <= height
        assert (place["width"] >= 96, place["height"] >= 64) == (True, True)
    for left, right in pairwise(places):
        assert right["x"] - left["x"] - left["width"] >= 12
    assert page.evaluate("scrollY") == 0


@pytest.mark.parametrize(("width", "height"), [(568, 320), (667, 375), (844, 390)])
@pytest.mark.parametrize("state", ["disarmed", "problem", "triggered"])
def test_on_a_phone_on_its_side_the_switch_is_on_the_first_screen(
    site: Site, width: int, height: int, state: str
) -> None:
    bring_about(site.house, state)
    page = site.open(width=width, height=height)
    shows_live_picture(page)
    modes = ("disarmed",) if state == "triggered" else ("armed_away", "armed_home", "disarmed")
    nav = box(page, "nav")
    for selector in ("#word", "#line", ".view img", "#ready", *(f"button[value={mode}]" for mode in modes)):
        place = box(page, selector)
        assert place["y"] >= 0, selector
        assert place["y"] + place["height"] <= nav["y"], selector
    assert nav["y"] + nav["height"] == height, "the other pages stay within reach"
    picture = box(page, ".view img")
    assert picture["width"] == pytest.approx(picture["height"] * 4 / 3, abs=1), "no bars take the room"
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize(("width", "height"), [(320, 568), (360, 640), (390, 844)])
def test_during_an_alarm_the_last_events_are_read_without_scrolling(site: Site, width: int, height: int) -> None:
    site.house.arm_now(Mode.AWAY)
    site.house.intrude()
    site.house.happened(2000, kind=None, ago=timedelta(0), state=AlarmState.TRIGGERED)
    page = site.open(width=width, height=height)
    shows_live_picture(page)
    expect(page.locator("#line")).to_have_text(re.compile(r"\. Last \d\d:\d\d:\d\d$"))
    switch = box(page, "button[value=disarmed]")
    for selector in ("#events time", "#events .place", "#events .mailed"):
        place = page.locator(selector).first.bounding_box()
        assert place is not None
        assert place["y"] + place["height"] <= switch["y"], selector


@pytest.mark.parametrize("fault", ["camera Yard has sent no picture for 10 s; check its cable", 3 * "it is not there "])
@pytest.mark.parametrize(("width", "height"), [(320, 568), (360, 640), (390, 844), (844, 390)])
def test_ui13_of_two_cameras_a_lost_one_is_named_and_its_trouble_is_read_whole(
    browser: Browser, width: int, height: int, fault: str
) -> None:
    house = House(SystemClock(), cameras=("front", "yard"))
    house.health.report("camera:yard", fault)
    with served(house) as port, filming(house):
        page = Site(house, f"http://{NAME}:{port}", browser).open(width=width, height=height)
        shows_live_picture(page)
        expect(page.locator(".veil:visible")).to_have_count(1)
        words, shown = box(page, ".veil:visible span"), box(page, "[data-camera=yard] .shown")
        assert words["y"] >= shown["y"]
        assert words["y"] + words["height"] <= shown["y"] + shown["height"]
        for camera in ("front", "yard"):
            picture, way = box(page, f"[data-camera={camera}] .shown"), box(page, f"[data-camera={camera}] .tag")
            assert way["y"] >= picture["y"] + picture["height"], "the name is below whatever covers the picture"
            assert (way["height"] >= 44, way["width"]) == (True, picture["width"])
        widths = [box(page, f"[data-camera={camera}] .shown")["width"] for camera in ("front", "yard")]
        assert widths[0] == widths[1]
        page.locator("[data-camera=yard] .tag").click()
        expect(page.get_by_role("heading", name="Yard", exact=True)).to_be_visible()
        page.context.close()


@pytest.mark.parametrize(("width", "height"), [(1000, 700), (1600, 900)])
def test_on_a_computer_the_way_to_the_other_pages_stays_where_it_is(site: Site, width: int, height: int) -> None:
    places = []
    for path in ("/", "/events", f"/events/{1:032x}", "/mailbox", "/nothing"):
        page = site.open(path, width=width, height=height)
        places.append([each.bounding_box() for each in page.locator("nav a").all()])
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    first = places[0][0]
    assert first is not None and first["y"] == 0
    assert all(each == places[0] for each in places)


@pytest.mark.parametrize("width", [360, 1200])
def test_what_waits_for_a_restart_comes_and_goes_below_the_readiness(site: Site, width: int) -> None:
    page = site.open(width=width, height=800)
    shows_live_picture(page)
    expect(page.locator("#notes")).to_be_hidden()
    site.house.health.note("waits for a restart", "web.port, house.name")
    expect(page.locator("#notes")).to_have_text("Waits for a restart: web.port, house.name")
    above, below = box(page, "#ready"), box(page, "#notes")
    assert below["y"] >= above["y"] + above["height"]
    assert below["x"] == above["x"]
    site.house.health.note("waits for a restart", "")
    expect(page.locator("#notes")).to_be_hidden()


@pytest.mark.parametrize(
    "path",
    ["/", "/events", f"/events/{1:032x}", "/ledger", "/cameras/front", "/mail", "/mailbox", "/mailbox/1", "/nothing"],
)
def test_ui02_every_control_is_large_enough_for_a_thumb(site: Site, path: str) -> None:
    site.house.health.report("mail", "mail.example.org refused the password")
    page = site.open(path)
    small = page.evaluate(
        """() => [...document.querySelectorAll('a, button, summary')].filter((each) => each.checkVisibility())
             .map((control) => {
             const { width, height } = control.getBoundingClientRect();
             return [control.outerHTML.slice(0, 60), width, height];
           }).filter(([, width, height]) => width < 44 || height < 44)"""
    )
    assert small == []


@pytest.mark.parametrize(
    "path", ["/", "/events", f"/events/{2:032x}", "/ledger", "/cameras/front", "/mail", "/mailbox", "/mailbox/1"]
)
@pytest.mark.parametrize(("width", "height"), [(320, 568), (180, 320)])
def test_ui31_narrow_and_zoomed_screens_need_no_sideways_scrolling(
    site: Site, path: str, width: int, height: int
) -> None:
    """180x320 is what a phone of 360x640 shows at 200 % zoom."""
    site.house.health.report("mail", "mail.example.org:587 refused the password of alarm-garden-7@mail.example.org")
    site.house.panel.switch(Mode.AWAY, by="2003:e1:7:1234:5678:9abc:def0:1234", how="page")
    page = site.open(path, width=width, height=height)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.fixture
def scheduled(browser: Browser) -> Iterator[Site]:
    """A house whose schedule arms at 23:59 and disarms at 23:58, every day."""
    days: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    schedule = (
        ScheduleSettings(days=days, at=time(23, 59), mode="night"),
        ScheduleSettings(days=days, at=time(23, 58), mode="disarmed"),
    )
    house = House(SystemClock(), schedule=schedule)
    house.happened(1, Outcome.ACCEPTED)
    with served(house) as port, filming(house):
        yield Site(house, f"http://{NAME}:{port}", browser)
        for context in list(browser.contexts):
            context.close()


@pytest.mark.parametrize(("width", "height"), [(320, 568), (360, 640), (390, 844), (568, 320), (844, 390), (1000, 700)])
def test_ui24_what_the_schedule_does_next_is_on_the_first_screen(scheduled: Site, width: int, height: int) -> None:
    page = scheduled.open(width=width, height=height)
    shows_live_picture(page)
    expect(page.locator("#next")).to_have_text(re.compile(r"^Next: armed night (\w{3} )?23:59 \(schedule\)$"))
    line, place = box(page, "#line"), box(page, "#next")
    if width in {360, 390, 1000} and len(page.locator("#next").inner_text()) < 35:  # no day is named before midnight
        assert place["height"] == line["height"], "one line"
    assert place["y"] >= line["y"] + line["height"]
    for selector in ("#next", "#ready", "button[value=disarmed]"):
        each = box(page, selector)
        assert each["y"] + each["height"] <= height, selector
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize(("width", "height"), [(360, 640), (390, 844), (844, 390)])
def test_a_coming_holiday_is_on_the_first_screen_and_takes_nothing_from_it(
    scheduled: Site, monkeypatch: pytest.MonkeyPatch, width: int, height: int
) -> None:
    days = DaysOff("Assumption of Mary", date(2026, 8, 15), date(2026, 8, 16))
    edge = Edge(scheduled.house.clock.now() + timedelta(hours=1), Mode.NIGHT)
    monkeypatch.setattr(scheduled.house.timetable, "outlook", lambda: Outlook(Standing.GOES_ON, edge, "", days))
    page = scheduled.open(width=width, height=height)
    shows_live_picture(page)
    expect(page.locator("#next")).to_have_text(re.compile(r"; off from Sat 15 Aug \(Assumption of Mary\)$"))
    for selector in ("#next", ".view img", "#ready", "button[value=disarmed]"):
        each = box(page, selector)
        assert each["y"] + each["height"] <= height, selector
    if width < 560:
        assert box(page, "#ready")["y"] + box(page, "#ready")["height"] <= box(page, ".dock")["y"]
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_ui24_an_order_by_hand_is_said_to_stand_until_the_schedule_goes_on(scheduled: Site) -> None:
    page = scheduled.open()
    shows_live_picture(page)
    picture = box(page, ".view")
    page.locator("button[value=armed_home]").click()
    expect(page.locator("#word")).to_have_text("Armed home")
    expect(page.locator("#next")).to_have_text(re.compile(r"^Schedule goes on (\w{3} )?23:58: disarmed$"))
    page.locator("button[value=armed_away]").click()
    expect(page.locator("#word")).to_have_text("Arming away")
    expect(page.locator("#next")).to_be_hidden()
    assert box(page, ".view")["height"] == picture["height"], "nothing moves when the line comes and goes"
    assert scheduled.complaints == []


@pytest.mark.parametrize(("width", "height"), [(320, 568), (360, 640), (390, 844)])
def test_during_an_alarm_for_which_the_schedule_waits_the_last_events_are_read_without_scrolling(
    scheduled: Site, width: int, height: int
) -> None:
    scheduled.house.timetable.outlook = lambda: Outlook(Standing.ALARM)  # type: ignore[method-assign]
    scheduled.house.arm_now(Mode.NIGHT)
    scheduled.house.intrude()
    page = scheduled.open(width=width, height=height)
    shows_live_picture(page)
    expect(page.locator("#next")).to_have_text("Schedule disarms after the alarm")
    switch = box(page, "button[value=disarmed]")
    for selector in ("#events time", "#events .place", "#events .mailed"):
        place = page.locator(selector).first.bounding_box()
        assert place is not None
        assert place["y"] + place["height"] <= switch["y"], selector


@pytest.mark.parametrize(("width", "height"), [(360, 640), (390, 844), (1280, 800)])
@pytest.mark.parametrize("fault", [False, True])
def test_during_an_alarm_no_label_of_the_last_events_is_cut_off(
    site: Site, width: int, height: int, fault: bool
) -> None:
    site.house.arm_now(Mode.AWAY)
    if fault:
        site.house.health.report("mail", "mail.example.org refused the password: set it again with the command")
    site.house.intrude()
    for number, summed in ((2000, False), (2001, True)):
        record = site.house.happened(
            number, kind=None, ago=timedelta(0), state=AlarmState.TRIGGERED, zones=("Garden path to the door",)
        )
        site.house.store.records[-1] = replace(record, summed=summed)
    site.house.health.note("zones", "armed home, nothing is watched by camera Front door")
    page = site.open(width=width, height=height)
    shows_live_picture(page)
    expect(page.locator("#events .mailed").first).to_have_text("mailed later")
    expect(page.locator("#notes")).to_be_hidden()
    cut = page.evaluate(
        """() => [...document.querySelectorAll('#events :is(time, .place, .mailed span)')]
             .filter((each) => each.scrollWidth > each.clientWidth || each.scrollHeight > each.clientHeight + 1)
             .map((each) => each.textContent)"""
    )
    assert cut == []
    switch = box(page, "button[value=disarmed]")
    for each in page.locator("#events .mailed").all():
        place = each.bounding_box()
        assert place is not None
        assert place["y"] + place["height"] <= switch["y"] or (place["x"] >= switch["x"] and width > 560)


def test_armed_and_blind_is_seen_at_a_glance_and_over_when_the_camera_is_back(browser: Browser) -> None:
    house = House(SystemClock())
    house.arm_now(Mode.AWAY)
    with served(house) as port:
        page = Site(house, f"http://{NAME}:{port}", browser).open()
        expect(page.locator("#word")).to_have_text("Armed away")
        guarded = page.evaluate("getComputedStyle(document.querySelector('#word')).color")
        house.health.report("camera:front", "camera Front door has sent no picture for 10 s; check its cable")
        expect(page.locator("#word")).to_have_text("Blind")
        expect(page.locator("#assertive")).to_have_text("Blind. armed away, without a picture")
        expect(page.locator(".mark:not(.unknown) use")).to_have_attribute("href", re.compile("#shield-blind$"))
        assert page.evaluate("getComputedStyle(document.querySelector('#word')).color") != guarded
        expect(page.locator("#readiness")).to_have_text(re.compile("has sent no picture"))
        house.health.clear("camera:front")
        expect(page.locator("#word")).to_have_text("Armed away")
        expect(page.locator(".mark:not(.unknown) use")).to_have_attribute("href", re.compile("#shield-armed_away$"))
        page.context.close()


def test_ui31_at_200_percent_no_word_of_the_first_screen_is_cut(site: Site) -> None:
    site.house.health.report("mail", "mail.example.org refused the password: set it again with the command")
    page = site.open(width=180, height=320)
    shows_live_picture(page)
    for selector in ("#word", "#line", "#readiness", ".view .label", "#events .mailed span"):
        cut = page.locator(selector).evaluate_all(
            "all => all.filter((each) => each.scrollWidth > each.clientWidth + 1).map((each) => each.textContent)"
        )
        assert cut == [], selector
