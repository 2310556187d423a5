"""The page of what a camera has learned, over plain HTTP."""

from __future__ import annotations

import json
import re

import pytest
from flask.testing import FlaskClient

from pisecurity.core.types import Alarm, Mode
from pisecurity.core.vision.learned import LearnedScene
from pisecurity.ports import SilentCall
from pisecurity.runtime.scenes import Unshown
from tests.fakes import FakeClock
from tests.web.house import House
from tests.web.test_pages import ORIGIN, PhoneClient, words


class Place:
    def __init__(self) -> None:
        self.house = House(FakeClock())
        self.keeper = self.house.keeper
        app = self.house.app()
        app.test_client_class = PhoneClient
        self.page: FlaskClient = app.test_client()


def test_the_home_page_leads_to_what_the_camera_has_learned() -> None:
    place = Place()
    place.house.offer()
    page = place.page
    (address,) = re.findall(r'class="tag" href="([^"]+)"', page.get("/").text)
    html = page.get(address).text
    assert "What this camera sees and has learned" in words(html)
    (source,) = re.findall(r'<img id="learned"[^>]* src="([^"]+)"', html)
    picture = page.get(source)
    assert (picture.status_code, picture.mimetype) == (200, "image/jpeg")
    assert picture.data[:2] == b"\xff\xd8"


def test_forgetting_asks_first_then_forgets_and_is_on_the_audit_log() -> None:
    place = Place()
    html = place.page.get("/cameras/front").text
    assert html.index("<details>") < html.index('action="/cameras/front/forget"') < html.index("</details>")
    notes: list[str] = []

    def save(alarm: Alarm, note: str, by: str = "", how: str = "", call: SilentCall | None = None) -> None:
        assert (by, how) == ("192.168.1.30", "page")
        notes.append(note)

    place.house.store.save_alarm = save  # type: ignore[method-assign]
    answer = place.page.post("/cameras/front/forget", headers=ORIGIN)
    assert answer.status_code == 303
    assert place.keeper.forgotten == 1
    assert notes == ["what camera front had learned was forgotten by 192.168.1.30 (page)"]
    assert "Forgotten." in words(place.page.get(answer.headers["Location"]).text)


def test_what_is_not_on_the_audit_log_is_not_forgotten() -> None:
    place = Place()
    place.house.store.broken = "the disk is full; free some space on it"
    assert place.page.post("/cameras/front/forget", headers=ORIGIN).status_code >= 500
    assert place.keeper.forgotten == 0


def test_another_site_cannot_have_it_forgotten() -> None:
    place = Place()
    answer = place.page.post("/cameras/front/forget", headers={"Origin": "http://evil.example"})
    assert (answer.status_code, place.keeper.forgotten) == (403, 0)


@pytest.mark.parametrize(
    ("known", "said"),
    [
        (Unshown.BUSY, "Others look at it just now"),
        (Unshown.BEGINNING, "has just begun to learn its scene; the picture comes by itself"),
        (Unshown.FOREIGN, 'only with motion.background = "ours"'),
        (Unshown.SILENT, "the camera sends none just now"),
    ],
)
def test_where_there_is_no_picture_the_page_says_why_and_has_none(known: Unshown, said: str) -> None:
    place = Place()
    place.house.offer()
    place.keeper.scene = known
    html = place.page.get("/cameras/front").text
    assert said in words(html)
    assert 'src="/cameras/front/learned.jpg"' not in html
    assert said in json.loads(place.page.get("/api/cameras/front").text)["why"]
    answer = place.page.get("/cameras/front/learned.jpg")
    assert (answer.status_code, said in words(answer.text)) == (404, True)


def test_the_page_says_what_the_camera_sees_now_and_whether_pets_are_told_from_people() -> None:
    place = Place()
    place.house.health.note("camera:front", "file garden.mp4; 10.0 frames/s")
    place.house.health.note("seeing:front", "differences from 13 on are seen; dark: sensitivity_night = 2 counts")
    place.house.health.note("pets:front", "cats are still told: 2 of 4 walks that are needed were seen")
    place.house.health.note("seeing:yard", "of another camera")
    html = words(place.page.get("/cameras/front").text)
    for said in (
        "File garden.mp4; 10.0",
        "dark: sensitivity_night = 2 counts",
        "Cats are still told: 2 of 4 walks that",
    ):
        assert said in html
    assert "of another camera" not in html


def test_a_lost_camera_is_not_waited_for_and_the_page_says_what_is_wrong_with_it() -> None:
    place = Place()

    def show() -> LearnedScene:
        raise AssertionError("a lost camera was waited for")

    place.keeper.show = show  # type: ignore[method-assign]
    place.house.health.report("camera:front", "camera Front door has sent no picture for 10 s; check its cable")
    html = place.page.get("/cameras/front").text
    assert "There is no picture: camera Front door has sent no picture for 10 s; check its cable" in words(html)


@pytest.mark.parametrize("address", ["/cameras/attic", "/cameras/attic/learned.jpg", "/api/cameras/attic"])
def test_there_is_nothing_about_a_camera_that_does_not_exist(address: str) -> None:
    assert Place().page.get(address).status_code == 404


def test_while_the_alarm_is_to_watch_nothing_is_forgotten() -> None:
    place = Place()
    place.house.arm_now(Mode.AWAY)
    answer = place.page.post("/cameras/front/forget", headers=ORIGIN)
    assert answer.status_code == 409
    text = words(answer.text)
    assert "Not now" in text and "disarm first" in text and "Conflict" not in text
    assert place.keeper.forgotten == 0


def test_a_picture_for_which_too_many_wait_is_refused_at_once() -> None:
    place = Place()
    waiting: list[int] = []

    def show() -> LearnedScene | Unshown:
        waiting.append(len(waiting))
        if len(waiting) < 3:
            waiting.append(place.page.get("/cameras/front/learned.jpg").status_code)
        return place.keeper.scene

    place.keeper.show = show  # type: ignore[method-assign]
    assert place.page.get("/cameras/front/learned.jpg").status_code == 200
    assert 503 in waiting
