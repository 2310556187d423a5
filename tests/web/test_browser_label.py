"""Labelling in real Chromium: keys, buttons, and what can be measured afterwards."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Route, expect

from benchmarks.ruler.detectors import DETECTORS, OURS
from benchmarks.ruler.play import play
from benchmarks.ruler.recorded import recordings
from benchmarks.ruler.tally import summed
from pisecurity.adapters.recordings import labels
from pisecurity.adapters.recordings.labels import Interval
from tests.clips.record import CLIPS
from tests.web.evening import Evening, at_frame, evening

pytestmark = pytest.mark.browser

WALK, QUIET = "garden_walk.mp4", "garden_quiet.mp4"
FIRST, LAST = 52, 97
"""Frames between which the manifest of the committed clips has a person in WALK."""


@pytest.fixture
def desk(browser: Browser, tmp_path: Path) -> Iterator[Evening]:
    with evening(tmp_path, WALK, QUIET) as made:
        yield made
        for context in list(browser.contexts):
            context.close()


def go(page: Page, frame: int) -> None:
    """Go to *frame* with the keys: home, whole seconds, single frames."""
    page.keyboard.press("Home")
    for _ in range(frame // 10):
        page.keyboard.press("Shift+ArrowRight")
    for _ in range(frame % 10):
        page.keyboard.press("ArrowRight")
    at_frame(page, frame)


def mark(page: Page, first: int, last: int) -> None:
    go(page, first)
    page.keyboard.press("b")
    go(page, last)
    page.keyboard.press("e")


def test_an_evening_labelled_with_the_keys_can_be_measured_on(browser: Browser, desk: Evening) -> None:
    page = desk.open(browser)
    mark(page, FIRST, LAST)
    expect(page.locator("#said")).to_have_text(f"Saved: person, frames {FIRST} to {LAST}.")
    page.keyboard.press("n")
    page.fill("#text", "lamp and leaves")
    page.keyboard.press("Enter")
    mark(page, 0, FIRST - 1)
    expect(page.locator("#marks li")).to_have_count(2)
    mark(page, LAST + 1, 159)
    expect(page.locator("#marks li")).to_have_count(3)
    page.keyboard.press("PageDown")
    page.wait_for_url("**/clips/2")
    page.wait_for_function("() => / frames, /.test(document.querySelector('#length').textContent)")
    at_frame(page, 0)
    page.keyboard.press("n")
    mark(page, 50, 239)
    expect(page.locator("#marks li")).to_have_count(1)
    assert desk.complaints == []

    found = recordings(desk.folder)
    assert found.problems == []
    walk = found.clips[0]
    assert walk.spans is not None
    assert [(span.first, span.last, span.label) for span in walk.spans.events] == [(FIRST, LAST, "person")]
    assert [span.label for span in walk.spans.nuisance] == ["lamp and leaves"] * 2
    truth = {each.recording.file: each.recording for each in labels.read(CLIPS).recordings}[WALK].events[0]
    assert (truth.start_frame, truth.end_frame) == (FIRST, LAST)
    row = summed([play(clip, {OURS: DETECTORS[OURS]})[OURS].score for clip in found.clips])
    assert (row.clips, row.events, row.detected) == (2, 1, 1)
    assert row.quiet_hours > 0, "what is marked as nuisance is scored"
    assert found.problems == [], "size and number of frames are those of the clips"


def test_buttons_do_the_same_as_keys(browser: Browser, desk: Evening) -> None:
    page = desk.open(browser, has_touch=True)
    page.tap("[data-choice=animal]")
    page.tap("#begin")
    for _ in range(3):
        page.tap("[data-do=on-second]")
    page.tap("[data-do=on]")
    page.tap("[data-do=back]")
    page.tap("[data-do=back-second]")
    at_frame(page, 20)
    page.tap("#end")
    expect(page.locator("#marks b")).to_have_text("animal")
    assert desk.kept().events == (Interval(start_frame=0, end_frame=20, label="animal"),)
    page.tap("[data-do=back-second]")
    at_frame(page, 10)
    page.tap("#clear")
    expect(page.locator("#marks .span")).to_have_text("0 to 20, plain from 10 · 0:00.0")
    page.tap("#undo")
    expect(page.locator("#marks .span")).to_have_text("0 to 20 · 0:00.0")
    page.tap(".drop")
    expect(page.locator("#no-marks")).to_be_visible()
    page.tap("#undo")
    page.tap("#undo")
    expect(page.locator("#undo")).to_be_disabled()
    assert desk.kept().events == ()


def test_a_recording_plays_pauses_and_is_marked_where_it_stands(browser: Browser, desk: Evening) -> None:
    page = desk.open(browser)
    page.keyboard.press("Space")
    expect(page.locator("#play")).to_have_text("Pause")
    page.wait_for_function("() => Number(document.querySelector('#place').value) > 5")
    page.keyboard.press("b")
    expect(page.locator("#play")).to_have_text("Play")
    where = page.locator("#where").text_content() or ""
    begun = int(where.split()[1])
    expect(page.locator("#said")).to_have_text(f"Begins at frame {begun}. Press E where it ends.")
    page.wait_for_timeout(400)
    assert page.locator("#where").text_content() == where, "it stands still"
    for _ in range(5):
        page.keyboard.press("+")
    expect(page.locator("#speed")).to_have_text("16×")
    page.keyboard.press("Space")
    at_frame(page, 159)
    expect(page.locator("#play")).to_have_text("Play")
    page.keyboard.press("e")
    expect(page.locator("#marks li")).to_have_count(1)
    assert desk.kept().events == (Interval(start_frame=begun, end_frame=159, label="person"),)


def test_what_cannot_stand_is_told_in_one_line_and_nothing_is_saved(browser: Browser, desk: Evening) -> None:
    page = desk.open(browser)
    page.keyboard.press("e")
    expect(page.locator("#strip")).to_have_text("Go to where it begins and press B first.")
    mark(page, 30, 20)
    expect(page.locator("#strip")).to_have_text(re.compile("^The end, frame 20, lies before the beginning, frame 30;"))
    assert not (desk.folder / labels.MANIFEST).exists()
    go(page, 40)
    page.keyboard.press("e")
    expect(page.locator("#strip")).to_be_hidden()
    expect(page.locator("#marks li")).to_have_count(1)
    page.keyboard.press("n")
    mark(page, 40, 50)
    expect(page.locator("#strip")).to_have_text(re.compile("^Frames 30 to 40 are marked as person already;"))
    page.keyboard.press("Escape")
    page.keyboard.press("e")
    expect(page.locator("#strip")).to_have_text("Go to where it begins and press B first.")
    assert desk.kept().nuisance == ()
    refused = [line for line in desk.complaints if "409" not in line]
    assert refused == []


def test_a_manifest_changed_meanwhile_is_told_and_a_reload_goes_on_from_it(browser: Browser, desk: Evening) -> None:
    page = desk.open(browser)
    other = labels.Recording(
        file=WALK, w=320, h=240, fps=10, frames=160, events=(Interval(start_frame=3, end_frame=9, label="animal"),)
    )
    labels.write(desk.folder, [other])
    mark(page, FIRST, LAST)
    expect(page.locator("#strip")).to_have_text(re.compile("was changed by another program; reload the page"))
    assert desk.kept() == other
    page.once("dialog", lambda dialog: dialog.accept())
    page.reload()
    expect(page.locator("#marks b")).to_have_text("animal")
    at_frame(page, 0)
    mark(page, FIRST, LAST)
    expect(page.locator("#marks li")).to_have_count(2)
    assert [event.label for event in desk.kept().events] == ["animal", "person"]


def test_a_mark_is_chosen_gone_to_and_deleted(browser: Browser, desk: Evening) -> None:
    page = desk.open(browser)
    mark(page, 10, 20)
    mark(page, 30, 40)
    expect(page.locator("#marks li")).to_have_count(2)
    page.locator("#marks .go").nth(1).click()
    at_frame(page, 30)
    expect(page.locator("#marks .go").nth(1)).to_have_attribute("aria-pressed", "true")
    page.locator("#marks .go").nth(1).click()
    at_frame(page, 40)
    page.keyboard.press("Delete")
    expect(page.locator("#said")).to_have_text("Deleted: person, frames 30 to 40.")
    page.keyboard.press("Delete")
    expect(page.locator("#strip")).to_have_text("Choose a mark in the list first.")
    page.keyboard.press("u")
    expect(page.locator("#marks li")).to_have_count(2)


def test_a_mark_that_begins_while_the_one_before_is_being_saved_keeps_its_beginning(
    browser: Browser, desk: Evening
) -> None:
    page = desk.open(browser)
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/add", hold, times=1)
    mark(page, 10, 20)
    go(page, 30)
    page.keyboard.press("b")
    held[0].continue_()
    expect(page.locator("#said")).to_have_text("Saved: person, frames 10 to 20.")
    go(page, 40)
    page.keyboard.press("e")
    expect(page.locator("#said")).to_have_text("Saved: person, frames 30 to 40.")


def test_the_time_line_shows_marks_where_they_are_and_can_be_pointed_at(browser: Browser, desk: Evening) -> None:
    page = desk.open(browser)
    mark(page, 40, 79)
    expect(page.locator("#marks li")).to_have_count(1)
    lanes, block = page.locator("#lanes").bounding_box(), page.locator("#lanes i").bounding_box()
    assert lanes is not None and block is not None
    assert (block["x"] - lanes["x"]) / lanes["width"] == pytest.approx(40 / 160, abs=0.01)
    assert block["width"] / lanes["width"] == pytest.approx(40 / 160, abs=0.01)
    page.mouse.click(lanes["x"] + 0.5 * lanes["width"], lanes["y"] + 4)
    page.wait_for_function("() => Math.abs(document.querySelector('#place').value - 80) <= 1")
    page.locator("#place").fill("120")
    at_frame(page, 120)
    assert page.locator("#place").get_attribute("aria-valuetext") == "frame 120, 0:12.0"


def test_letters_are_no_keys_in_a_text_and_where_they_are_switched_off(browser: Browser, desk: Evening) -> None:
    page = desk.open(browser)
    page.keyboard.press("n")
    page.locator("#text").focus()
    page.keyboard.type("be up")
    expect(page.locator("#text")).to_have_value("be up")
    expect(page.locator("#strip")).to_be_hidden()
    page.keyboard.press("Escape")
    page.locator("summary").click()
    page.uncheck("#keys")
    page.keyboard.press("e")
    expect(page.locator("#strip")).to_be_hidden()
    page.keyboard.press("ArrowRight")
    at_frame(page, 1)


def test_a_program_that_has_ended_and_a_recording_that_is_gone_are_told(browser: Browser, desk: Evening) -> None:
    page = desk.open(browser)
    (desk.folder / WALK).rename(desk.folder / "moved.mp4")
    desk.labelling.frames(0).rest()
    page.keyboard.press("End")
    expect(page.locator("#strip")).to_have_text(re.compile(f"{WALK}: no such file; give the path of a recording.$"))
    (desk.folder / "moved.mp4").rename(desk.folder / WALK)
    at_frame(page, 159)
    page.context.set_offline(True)
    page.keyboard.press("Home")
    expect(page.locator("#strip")).to_have_text(re.compile("^The program behind this page does not answer."))


def test_marks_of_others_have_lanes_of_their_own(browser: Browser, desk: Evening) -> None:
    event = Interval(start_frame=40, end_frame=79, label="cat")
    labels.write(desk.folder, [labels.Recording(file=WALK, w=320, h=240, fps=10, frames=160, events=(event,))])
    page = desk.open(browser)
    expect(page.locator("#lanes li", has_text="cat").locator("i")).to_have_count(1)
    expect(page.locator("#lanes li", has_text="Person").locator("i")).to_have_count(0)


def test_who_drags_along_the_time_line_sees_key_frames_and_then_the_very_frame(browser: Browser, desk: Evening) -> None:
    page = desk.open(browser)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url.rpartition("/")[2]))
    lanes = page.locator("#lanes").bounding_box()
    assert lanes is not None
    page.mouse.move(lanes["x"], lanes["y"] + 4)
    page.mouse.down()
    page.mouse.move(lanes["x"] + lanes["width"] * 99.5 / 160, lanes["y"] + 4)
    at_frame(page, 80)
    page.mouse.up()
    at_frame(page, 99)
    assert [each for each in asked if ".jpg" in each][-2:] == ["99.jpg?quick", "99.jpg"]


def test_done_ends_the_program_and_says_where_the_labels_are(browser: Browser, desk: Evening) -> None:
    page = desk.open(browser)
    page.click("#done")
    expect(page.locator("body")).to_contain_text("saved in manifest.json")
    assert desk.done.is_set()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_axe_finds_nothing(browser: Browser, desk: Evening, theme: Literal["light", "dark"], width: int) -> None:
    page = desk.open(browser, width=width, height=800, color_scheme=theme)
    mark(page, 10, 20)
    page.keyboard.press("n")
    page.keyboard.press("b")
    page.locator("summary").click()
    expect(page.locator("#marks li")).to_have_count(1)
    report = Axe().run(page)
    assert report.violations_count == 0, report.generate_report()


@pytest.mark.parametrize(("width", "height"), [(360, 640), (320, 568), (180, 320), (740, 360), (1280, 800)])
def test_nothing_is_cut_off_and_thumbs_find_every_control(
    browser: Browser, desk: Evening, width: int, height: int
) -> None:
    page = desk.open(browser, width=width, height=height)
    mark(page, 10, 20)
    page.keyboard.press("b")
    expect(page.locator("#marks li")).to_have_count(1)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    small = page.evaluate(
        """() => [...document.querySelectorAll('a, button, summary, input:not([type=checkbox])')]
             .map((control) => [control.outerHTML.slice(0, 60), control.getBoundingClientRect()])
             .filter(([, { width, height }]) => width && (width < 44 || height < 44))
             .map(([html]) => html)"""
    )
    assert small == []


@pytest.mark.parametrize(("width", "height"), [(360, 640), (1280, 720)])
def test_picture_and_keys_are_on_the_first_screen(browser: Browser, desk: Evening, width: int, height: int) -> None:
    page = desk.open(browser, width=width, height=height)
    dock = page.locator(".dock").bounding_box()
    assert dock is not None and dock["y"] + dock["height"] <= height
    for selector in ("#picture", "#lanes", "#place", "#play"):
        place = page.locator(selector).bounding_box()
        assert place is not None and place["y"] + place["height"] <= dock["y"], selector
