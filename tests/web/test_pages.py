"""What the pages answer over plain HTTP, without a browser."""

from __future__ import annotations

import re
import threading
from datetime import timedelta
from html import unescape
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from pisecurity.core.types import AlarmState, Mode, Outcome
from pisecurity.web.api import FIRST_PICTURE_S
from pisecurity.web.parts import EXTENSION
from tests.fakes import FakeClock
from tests.web.house import NAME, House

ORIGIN = {"Origin": f"http://{NAME}"}


class PhoneClient(FlaskClient):
    """A phone in the home network that calls the page by its name."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        kwargs.setdefault("base_url", f"http://{NAME}")
        kwargs.setdefault("environ_base", {"REMOTE_ADDR": "192.168.1.30"})
        return super().open(*args, **kwargs)


def client(house: House) -> FlaskClient:
    app = house.app()
    app.test_client_class = PhoneClient
    return app.test_client()


def new_house(**how: object) -> House:
    return House(FakeClock(), **how)  # type: ignore[arg-type]


def said(answer: TestResponse) -> dict[str, Any]:
    found = answer.get_json()
    assert isinstance(found, dict)
    return found


def state(page: FlaskClient) -> dict[str, Any]:
    return said(page.get("/api/state"))


def words(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def test_ui39_plain_form_switches_and_leads_back_to_the_new_state() -> None:
    house = new_house()
    page = client(house)
    answer = page.post("/mode", data={"mode": "armed_home"}, headers=ORIGIN)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    assert "Armed home since 14:00, by 192.168.1.30" in words(page.get("/").text)


def test_pressed_button_is_the_mode_that_was_ordered() -> None:
    house = new_house()
    house.panel.switch(Mode.AWAY, by="Anna", how="page")
    html = client(house).get("/").text
    pressed = dict(re.findall(r'value="(\w+)"[^>]*aria-pressed="(\w+)"', html))
    assert pressed == {"armed_away": "true", "armed_home": "false", "disarmed": "false"}
    assert "Arming away leave now. Armed by Anna" in words(html)


@pytest.mark.parametrize(
    ("order", "entry", "state", "said"),
    [
        (None, None, "disarmed", "Disarmed since 14:00. Not armed yet"),
        (Mode.AWAY, None, "armed_away", "Armed away since 14:00, by Anna"),
        (Mode.HOME, None, "armed_home", "Armed home since 14:00, by Anna"),
        (Mode.NIGHT, None, "armed_night", "Armed night since 14:00, by Anna"),
        (Mode.AWAY, True, "pending", "Disarm now Front door, 14:00:00"),
        (Mode.AWAY, False, "triggered", "Alarm Front door, 14:00:00. Mailed to 2"),
    ],
)
def test_ui30_every_state_has_its_own_word_and_icon(
    order: Mode | None, entry: bool | None, state: str, said: str
) -> None:
    house = new_house()
    if order:
        house.arm_now(order)
    if entry is not None:
        house.intrude(entry=entry)
    html = client(house).get("/").text
    assert f'data-state="{state}"' in html
    assert f"#shield-{state}" in html
    assert said in words(html)


def test_a_long_alarm_says_when_it_began_and_when_somebody_was_seen_last() -> None:
    house = new_house()
    house.arm_now(Mode.AWAY)
    house.intrude()
    house.clock.advance(90)  # type: ignore[attr-defined]
    house.happened(2, kind=None, ago=timedelta(seconds=5), state=AlarmState.TRIGGERED)
    found = state(client(house))
    assert found["line"] == "Front door, 14:00:00. Mailed to 2. Last 14:01:25"
    assert found["events"][0]["mailed_words"] == "not mailed"


def test_countdown_is_the_servers_and_survives_a_reload() -> None:
    house = new_house()
    house.panel.switch(Mode.AWAY, by="Anna", how="page")
    page = client(house)
    assert state(page)["countdown_s"] == pytest.approx(30)
    house.clock.advance(12.4)  # type: ignore[attr-defined]
    assert state(page)["countdown_s"] == pytest.approx(17.6)
    assert "<b>18</b>" in page.get("/").text


def test_state_names_faults_cameras_and_events() -> None:
    house = new_house(cameras=("front", "yard"))
    house.happened(1, Outcome.ACCEPTED, zones=("drive",))
    house.happened(2, kind=None, ago=timedelta(days=1))
    house.health.report("mail", "mail.example.org refused the password")
    house.health.report("camera:yard", "Yard: the camera does not answer")
    house.offer("front")
    found = state(client(house))
    assert [fault["text"] for fault in found["faults"]] == [
        "mail.example.org refused the password",
        "Yard: the camera does not answer",
    ]
    assert found["readiness"] == "2 problems: mail.example.org refused the password"
    assert [(camera["id"], camera["age_s"], camera["fault"]) for camera in found["cameras"]] == [
        ("front", 0.0, None),
        ("yard", None, "Yard: the camera does not answer"),
    ]
    assert [(event["time"], event["place"], event["mailed_words"]) for event in found["events"]] == [
        ("13:55", "drive", "mailed"),
        ("Sun 14:00", "Front door", "not mailed"),
    ]


def test_ui13_old_picture_is_veiled_without_javascript_too() -> None:
    house = new_house()
    house.offer()
    house.clock.advance(12)  # type: ignore[attr-defined]
    html = client(house).get("/").text
    assert "Picture is 12 s old" in words(html)
    assert "/frame/front.jpg" not in html


def test_switch_by_json_answers_the_new_state() -> None:
    house = new_house()
    answer = client(house).post("/api/mode", json={"mode": "armed_home"}, headers=ORIGIN)
    assert (answer.status_code, said(answer)["state"]) == (200, "armed_home")
    assert house.panel.status().by == "192.168.1.30"


def test_ui07_second_tap_is_no_second_transition() -> None:
    house = new_house()
    page = client(house)
    first = page.post("/api/mode", json={"mode": "armed_away"}, headers=ORIGIN)
    house.clock.advance(3)  # type: ignore[attr-defined]
    second = page.post("/api/mode", json={"mode": "armed_away"}, headers=ORIGIN)
    assert (said(second)["sequence"], said(second)["state"]) == (said(first)["sequence"], "arming")
    assert said(second)["countdown_s"] == pytest.approx(27)


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])
def test_s12_json_in_another_form_is_refused(kind: str) -> None:
    house = new_house()
    answer = client(house).post("/api/mode", data='{"mode": "armed_home"}', content_type=kind, headers=ORIGIN)
    assert (answer.status_code, house.panel.status().mode) == (415, Mode.DISARMED)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b'{"mode": "armed_vacation"}', 400),
        (b'{"mode": null}', 400),
        (b'{"mode": ["armed_home"]}', 400),
        (b'"armed_home"', 400),
        (b"{", 400),
        (b"", 400),
        (b"[" * 500, 400),
        (b"\xff\xfe", 400),
        (b'{"mode": 1e400}', 400),
        (b'{"mode": "armed_home", "x": "' + b"y" * 600 + b'"}', 413),
    ],
)
def test_s28_rubbish_is_refused_and_changes_nothing(body: bytes, status: int) -> None:
    house = new_house()
    answer = client(house).post("/api/mode", data=body, content_type="application/json", headers=ORIGIN)
    assert (answer.status_code, house.panel.status().mode) == (status, Mode.DISARMED)
    assert set(said(answer)) == {"problem"}


def test_state_that_cannot_be_stored_is_said_and_not_shown() -> None:
    house = new_house()
    page = client(house)
    house.store.broken = "the disk is full"
    form = page.post("/mode", data={"mode": "armed_away"}, headers=ORIGIN)
    assert form.status_code == 503
    assert "The state could not be stored: the disk is full. Nothing has changed." in words(form.text)
    api = page.post("/api/mode", json={"mode": "armed_away"}, headers=ORIGIN)
    assert (api.status_code, said(api)) == (
        503,
        {"problem": "The state could not be stored: the disk is full. Nothing has changed."},
    )
    assert house.panel.status().state is AlarmState.DISARMED


def test_unreadable_events_do_not_take_the_switch_away() -> None:
    house = new_house()
    house.store.broken = "the database is damaged"
    answer = client(house).get("/")
    assert answer.status_code == 200
    assert "the list of events could not be read: the database is damaged" in words(answer.text)
    assert 'value="armed_away"' in answer.text
    assert client(house).get("/events").status_code == 503


def test_frame_is_sent_once_and_then_answered_with_304() -> None:
    house = new_house()
    page = client(house)
    house.offer()
    assert page.get("/frame/front.jpg?after=0").status_code == 304  # the first look wakes the camera up
    house.offer()
    first = page.get("/frame/front.jpg?after=0")
    assert (first.status_code, first.mimetype, first.data[:2]) == (200, "image/jpeg", b"\xff\xd8")
    assert (first.headers["X-Frame-Number"], first.headers["X-Frame-Age"]) == ("2", "0.00")
    again = page.get("/frame/front.jpg?after=2")
    assert (again.status_code, again.data) == (304, b"")
    house.clock.advance(1.5)  # type: ignore[attr-defined]
    assert page.get("/frame/front.jpg?after=1").headers["X-Frame-Age"] == "1.50"


class FilmingClock(FakeClock):
    """A clock during whose waits the camera takes a picture."""

    house: House

    def wait(self, stop: threading.Event, seconds: float) -> bool:
        waited = super().wait(stop, seconds)
        self.house.offer()
        return waited


def test_plain_image_waits_for_its_first_picture() -> None:
    clock = FilmingClock()
    clock.house = house = House(clock)
    house.offer()
    answer = client(house).get("/frame/front.jpg")
    assert (answer.status_code, answer.headers["X-Frame-Number"]) == (200, "2")
    assert sum(clock.waits) < FIRST_PICTURE_S


def test_plain_image_of_a_camera_that_stands_still_is_not_waited_for_for_ever() -> None:
    house = new_house()
    page = client(house)
    assert page.get("/frame/front.jpg").status_code == 404
    assert house.clock.monotonic() == 1000  # a camera that never filmed is not waited for at all
    house.clock.advance(10)  # type: ignore[attr-defined]
    house.offer()
    assert page.get("/frame/front.jpg").status_code == 404
    assert house.clock.monotonic() == pytest.approx(1010 + FIRST_PICTURE_S, abs=0.11)


def test_plain_image_is_never_an_old_picture() -> None:
    clock = FilmingClock()
    clock.house = house = House(clock)
    page = client(house)
    page.get("/frame/front.jpg?after=0")
    house.offer()
    clock.advance(3600)
    assert page.get("/frame/front.jpg").status_code == 404  # the camera stands still
    house.offer()
    answer = page.get("/frame/front.jpg")
    assert answer.status_code == 200
    assert float(answer.headers["X-Frame-Age"]) < 1


def test_only_two_plain_images_wait_and_the_others_are_answered_at_once() -> None:
    house = new_house()
    app = house.app()
    app.test_client_class = PhoneClient
    house.offer()
    waiting = app.extensions[EXTENSION].first_looks
    assert waiting.acquire(blocking=False) and waiting.acquire(blocking=False)
    assert app.test_client().get("/frame/front.jpg").status_code == 404
    assert house.clock.monotonic() == 1000
    waiting.release()
    assert app.test_client().get("/frame/front.jpg").status_code == 404
    assert house.clock.monotonic() > 1000
    assert waiting.acquire(blocking=False)  # who waited has given its place back


def test_what_waits_for_a_restart_is_on_the_page() -> None:
    house = new_house()
    house.health.note("waits for a restart", "web.port")
    house.health.note("camera:front", "file garden.mp4, h264 640x480")
    page = client(house)
    assert state(page)["notes"] == ["Waits for a restart: web.port"]
    assert "Waits for a restart: web.port" in words(page.get("/").text)
    house.health.note("waits for a restart", "")
    assert state(page)["notes"] == []


def test_the_page_says_quietly_in_which_mode_a_camera_watches_nothing() -> None:
    house = new_house()
    page = client(house)
    house.health.note("zones", "armed home, nothing is watched by camera Study")
    assert state(page)["notes"] == ["Zones: armed home, nothing is watched by camera Study"]
    house.health.note("zones", "")
    assert state(page)["notes"] == []
    assert "restart" not in words(page.get("/").text)


def test_unknown_camera_and_event_are_plain_404() -> None:
    page = client(new_house())
    paths = ("/frame/roof.jpg", "/frame/..%2ffront.jpg", f"/events/{7:032x}", "/events/x/clean.jpg", "/events?before=x")
    for path in paths:
        assert page.get(path).status_code == 404, path


def test_event_page_says_why_and_what_became_of_each_mail() -> None:
    house = new_house()
    house.happened(1, Outcome.ACCEPTED, Outcome.REFUSED, Outcome.LATER)
    text = words(client(house).get(f"/events/{1:032x}").text)
    assert "Mon 1 Jun 2026, 13:55:00 CEST" in text
    assert "Armed away and 0.87 sure" in text
    assert "Went 0.21 of the picture in 0.9 s" in text
    assert "min_area" in text and " Size " not in text, "one size alone: the one that the setting compares"
    assert "ben@example.org Alarm: taken by the mail server at 13:55 Its answer: 250 2.0.0 Ok" in text
    assert "carla@example.org Alarm: refused, tried 1 time Its answer: 550 5.1.1 no such user here" in text
    assert "anna@example.org Alarm: will be tried again, tried 1 time Its answer: 421 4.3.2" in text


def test_silent_event_says_why_it_was_silent() -> None:
    house = new_house()
    house.happened(1, kind=None)
    text = words(client(house).get(f"/events/{1:032x}").text)
    assert "Not mailed Paused: the last alarm mail was 42 s ago, the pause is 300 s" in text


def test_event_without_pictures_has_a_page() -> None:
    house = new_house()
    record = house.happened(1)
    house.pictures.kept.clear()
    page = client(house)
    answer = page.get(f"/events/{record.id}")
    assert "No picture is kept of this event." in words(answer.text)
    assert ".jpg" not in answer.text
    assert page.get(f"/events/{record.id}/annotated.jpg").status_code == 404


def test_events_are_listed_a_page_at_a_time() -> None:
    house = new_house()
    for number in range(1, 31):
        house.happened(number, ago=timedelta(hours=number))
    page = client(house)
    first = page.get("/events").text
    older = re.search(r'href="(/events\?before=[0-9a-f]{32})"', first)
    assert older is not None
    second = page.get(older[1]).text
    seen = [re.findall(r'class="event" href="/events/([0-9a-f]{32})"', html) for html in (first, second)]
    assert [len(ids) for ids in seen] == [24, 6]
    assert seen[0] + seen[1] == [f"{number:032x}" for number in range(1, 31)]
    assert "before=" not in second


def test_s15_names_from_outside_are_text() -> None:
    house = new_house()
    attack = "<script>alert(1)</script>"
    house.happened(1, zones=(attack,))
    house.health.report("x", attack)
    house.post(attack, "<p>mail</p>")
    page = client(house)
    for path in ("/", "/events", f"/events/{1:032x}", "/mailbox", "/mailbox/1"):
        html = page.get(path).text
        assert attack not in html
        assert "&lt;script&gt;" in html


def test_mailbox_exists_in_the_demo_only() -> None:
    plain = client(new_house(mailbox=None))
    assert [plain.get(path).status_code for path in ("/mailbox", "/mailbox/1", "/mailbox/1/picture/1")] == [404] * 3
    assert "/mailbox" not in plain.get("/").text
    assert state(plain)["newest_mail"] is None


def test_mail_is_shown_with_html_text_and_picture() -> None:
    house = new_house()
    sent = house.post("Movement at the front door", '<p>Look <img src="picture/1"></p>')
    page = client(house)
    assert "Movement at the front door" in words(page.get("/mailbox").text)
    html = page.get("/mailbox/1").text
    assert 'src="/mailbox/1/html" sandbox="allow-same-origin"' in html
    assert "Movement at the front door, 14:03:22." in html
    part = page.get("/mailbox/1/html")
    assert (part.text, part.mimetype) == (sent.html, "text/html")
    assert "script-src" not in part.headers["Content-Security-Policy"]
    assert part.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert page.get("/mailbox/1/picture/1").data == sent.pictures[0]
    assert page.get("/mailbox/2").status_code == 404
    assert page.get("/mailbox/99999999999999999999").status_code == 404


def test_each_picture_of_a_mail_can_be_opened() -> None:
    house = new_house()
    house.post("Three at once", pictures=3)
    page = client(house)
    html = page.get("/mailbox/1").text
    assert [f'src="/mailbox/1/picture/{place}"' in html for place in (1, 2, 3, 4)] == [True, True, True, False]
    assert "Attached picture 3, " in words(html)
    assert [page.get(f"/mailbox/1/picture/{place}").status_code for place in (0, 1, 3, 4)] == [404, 200, 200, 404]
    assert "3 pictures" in words(page.get("/mailbox").text)


def test_the_mails_of_a_conversation_stand_together() -> None:
    house = new_house()
    house.post("Movement")
    house.post("Something else")
    house.post("Re: Movement", answers=1)
    page = client(house)
    listed = page.get("/mailbox").text
    assert listed.count("<li>") == 2
    assert listed.index("Re: Movement") < listed.index("/mailbox/1") < listed.index("Something else")
    assert 'class="earlier" href="/mailbox/1"' in listed
    assert 'href="/mailbox/3"' in page.get("/mailbox/1").text
    assert "In this conversation" in page.get("/mailbox/3").text
    assert "In this conversation" not in page.get("/mailbox/2").text


def test_mail_without_html_and_picture_is_shown_as_text() -> None:
    house = new_house()
    house.post("Plain", pictures=0)
    page = client(house)
    html = page.get("/mailbox/1").text
    assert "<iframe" not in html
    assert '<details class="card plain" open>' in html
    assert [page.get(path).status_code for path in ("/mailbox/1/html", "/mailbox/1/picture/1")] == [404, 404]


@pytest.mark.parametrize("debug", ["0", "1"])
def test_s51_s52_a_bug_shows_neither_stack_nor_path(monkeypatch: pytest.MonkeyPatch, debug: str) -> None:
    monkeypatch.setenv("FLASK_DEBUG", debug)
    house = new_house()
    page = client(house)

    def broken(limit: int, before: str | None = None) -> None:
        raise RuntimeError("secret /var/lib/pisecurity/place")

    monkeypatch.setattr(house.store, "events", broken)
    for path in ("/", "/api/state"):
        answer = page.get(path)
        assert answer.status_code == 500
        for leak in ("secret", "RuntimeError", "Traceback", "/var/lib", "werkzeug", "Flask"):
            assert leak not in answer.text
        assert "That is a mistake in pisecurity. The alarm goes on; the log says what happened." in answer.text
        assert "Server" not in answer.headers


def test_ui40_following_every_link_changes_nothing() -> None:
    house = new_house()
    for number in range(1, 31):
        house.happened(number, Outcome.ACCEPTED, ago=timedelta(hours=number))
    house.post("Movement", '<img src="picture/1">')
    house.arm_now(Mode.AWAY)
    before = house.panel.status()
    page = client(house)
    todo, seen = ["/"], set[str]()
    while todo:
        path = todo.pop()
        seen.add(path)
        answer = page.get(path, buffered=True)
        assert answer.status_code == 200, path
        if answer.mimetype == "text/html":
            found = re.findall(r'(?:href|src)="([^"#]+)"', answer.text)
            links = {urljoin(f"http://{NAME}{path}", unescape(link)) for link in found}
            assert {urlsplit(link).netloc for link in links} <= {NAME}
            todo += [link.removeprefix(f"http://{NAME}") for link in links]
            todo = [path for path in set(todo) if path not in seen]
    assert len(seen) > 90
    assert house.panel.status() == before


def test_a_camera_that_would_miss_a_dark_coat_is_named_under_the_readiness_without_being_a_fault() -> None:
    house = new_house()
    house.health.note("seeing:front", "since 21:40 a dark coat would be missed; differences from 12 of 255 steps on")
    answer = said(client(house).get("/api/state"))
    assert answer["notes"] == ["Front door: since 21:40 a dark coat would be missed; more light helps"]
    assert answer["readiness"] == "Ready, with a remark"
    assert "Front door: since 21:40 a dark coat would be missed; more light helps" in client(house).get("/").text
