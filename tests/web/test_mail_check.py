"""The page of the mail account, over plain HTTP."""

from __future__ import annotations

import json
import threading

import pytest
from flask.testing import FlaskClient

from pisecurity.runtime.life.mail_check import LEAST_APART_S
from tests.fakes import FakeClock
from tests.web.house import House
from tests.web.test_pages import ORIGIN, PhoneClient, words


class Place:
    def __init__(self) -> None:
        self.clock = FakeClock()
        self.house = House(self.clock)
        app = self.house.app()
        app.test_client_class = PhoneClient
        self.page: FlaskClient = app.test_client()

    def press(self) -> int:
        """Press the button and wait for the end; return the status of the answer."""
        status = self.page.post("/mail/check", headers=ORIGIN).status_code
        for thread in threading.enumerate():
            if thread.name == "mail-check":
                thread.join(60)
        return status


def test_the_home_page_leads_there_and_more_plainly_while_mail_is_at_fault() -> None:
    place = Place()
    html = place.page.get("/").text
    assert 'href="/mail">Mail account</a>' in html
    assert '<p id="mail-fault" class="pager" hidden>' in html
    for key in ("mail", "mail-account", "mail-login", "mail:ben@example.org"):
        place.house.health.report(key, "something is wrong")
        assert '<p id="mail-fault" class="pager">' in place.page.get("/").text
        assert json.loads(place.page.get("/api/state").text)["mail_fault"] is True
        place.house.health.clear(key)
    place.house.health.report("camera:front", "no picture")
    assert json.loads(place.page.get("/api/state").text)["mail_fault"] is False


def test_pressed_it_shows_each_step_and_the_fault_first() -> None:
    place = Place()
    assert "Try it now" in words(place.page.get("/mail").text)
    assert place.press() == 303
    html = place.page.get("/mail").text
    text = words(html)
    assert "14:00: 1 fault Login: mail server smtp.example.org:587 refuses the login" in text
    assert "Settings 1 ms Mail server smtp.example.org:587 with starttls" in text
    assert "Sender not tried" in text
    assert text.index("1 fault") < text.index("Settings 1 ms")
    told = json.loads(place.page.get("/api/mail").text)
    assert [step["result"] for step in told["steps"]] == ["well", "fault", "untried"]
    assert (told["bad"], told["running"], told["again_in_s"]) == (True, False, 60)


def test_all_is_well_says_that_nothing_was_sent() -> None:
    place = Place()
    del place.house.doctor.steps[1:]
    place.press()
    assert "14:00: all is well. Nothing was sent" in words(place.page.get("/mail").text)


def test_pressed_twice_within_a_minute_it_runs_once() -> None:
    place = Place()
    assert (place.press(), place.press()) == (303, 409)
    assert "Again in 60 s" in words(place.page.get("/mail").text)
    assert 'id="try" class="action fill" disabled' in place.page.get("/mail").text
    answer = place.page.post("/mail/check", headers=ORIGIN)
    assert "The mail account was tried just now; try again in 60 s" in words(answer.text)
    assert place.house.doctor.runs == 1
    place.clock.advance(LEAST_APART_S)
    place.house.doctor.gate.release(9)
    assert place.press() == 303
    assert place.house.doctor.runs == 2


def test_another_site_and_a_get_cannot_start_it() -> None:
    place = Place()
    assert place.page.post("/mail/check", headers={"Origin": "http://evil.example"}).status_code == 403
    assert place.page.get("/mail/check").status_code == 405
    assert place.house.doctor.runs == 0


def test_without_an_account_there_is_no_button_and_the_page_says_what_to_do() -> None:
    place = Place()
    place.house.mail_check.set_doctor(None)
    html = place.page.get("/mail").text
    assert "There is no mail account" in words(html) and "config.toml" in words(html)
    assert 'id="try"' not in html
    assert place.press() == 409


def test_one_that_breaks_off_is_called_a_mistake_of_ours() -> None:
    place = Place()
    place.house.doctor.crash = True
    place.press()
    assert "It broke off, which is a mistake in pisecurity" in words(place.page.get("/mail").text)


@pytest.mark.parametrize("address", ["/mail", "/api/mail"])
def test_what_a_server_says_is_shown_as_text(address: str) -> None:
    place = Place()
    place.house.doctor.steps[1:] = []
    step = place.house.doctor.steps[0]
    place.house.doctor.steps[0] = type(step)(step.name, step.result, "<script>alert(1)</script>")
    place.press()
    answer = place.page.get(address)
    assert "<script>alert" not in answer.text or answer.mimetype == "application/json"
