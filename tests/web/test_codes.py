"""Who may switch the alarm on the page: codes, approved phones, and what neither of them tells."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from pisecurity.core.types import AlarmState, Mode
from pisecurity.web.admission import COOKIE
from pisecurity.web.codes import kind_of
from tests.fakes import FakeClock
from tests.web.house import NAME, House
from tests.web.people import ANNA, ANNAS_DURESS, CLEANER, WRONG, Disarm, token_of
from tests.web.test_pages import ORIGIN, client, said, state, words

NOT_VALID = "That is no code that is valid now."


def armed(disarm: Disarm = "code") -> House:
    house = House(FakeClock(), disarm=disarm)
    house.happened(1)
    house.arm_now(Mode.AWAY)
    return house


def by_json(page: FlaskClient, mode: Mode = Mode.DISARMED, **more: object) -> TestResponse:
    return page.post("/api/mode", json={"mode": mode, **more}, headers=ORIGIN)


def by_form(page: FlaskClient, mode: Mode = Mode.DISARMED, **more: str) -> TestResponse:
    return page.post("/mode", data={"mode": mode.value, **more}, headers=ORIGIN)


def approved(house: House, person: str = "Anna") -> FlaskClient:
    """Return a phone with the cookie of *person*."""
    page = client(house)
    page.set_cookie(COOKIE, token_of(house.people, person), domain=NAME)
    return page


def approve(house: House, page: FlaskClient, agent: str = "") -> TestResponse:
    """Let *page* become a phone of Anna's."""
    once = house.people.register.new_approval("Anna", "root")
    return page.post("/phone/approve", data={"code": once}, headers={**ORIGIN, "User-Agent": agent})


def test_the_page_of_a_phone_says_where_an_approval_changes_nothing_and_what_to_type_in_a_demo() -> None:
    nothing, typed = "an approval changes nothing", "<code>sudo pisecurity people phone NAME</code>"
    asks, anyone = (
        client(House(FakeClock(), disarm=disarm, mailbox=None)).get("/phone").text
        for disarm in ("phones", "anyone")
    )  # fmt: skip
    assert (nothing in asks, typed in asks) == (False, True)
    assert (nothing in anyone, typed in anyone) == (True, True)
    demo = client(House(FakeClock())).get("/phone").text
    assert "<code>pisecurity people phone NAME --state .demo</code>" in demo and "sudo" not in demo


def test_the_right_code_switches_in_the_name_of_its_person() -> None:
    house = armed()
    page = client(house)
    answer = by_json(page, code=ANNA)
    assert (answer.status_code, said(answer)["word"], said(answer)["line"]) == (200, "Disarmed", "since 14:00, by Anna")
    assert house.panel.status().how == "page, code"
    form = by_form(page, Mode.HOME, code=f" {CLEANER} ")
    assert (form.status_code, form.headers["Location"]) == (303, "/")
    assert house.panel.status().by == "Cleaner"


@pytest.mark.parametrize(
    "code", [None, "", "  ", WRONG, ANNA[:-1], f"{ANNA}0", "x" * 400, "\U0001f512" * 6, "\u202e483915\u202c"]
)
def test_s28_any_other_code_changes_nothing_and_is_answered_with_one_text(code: str | None) -> None:
    house = armed()
    page = client(house)
    answer = by_json(page, code=code)
    assert (answer.status_code, said(answer)) == (401, {"problem": NOT_VALID, "wait_s": 0})
    form = by_form(page, code=code or "")
    assert form.status_code == 401
    assert NOT_VALID in words(form.text)
    assert "Set-Cookie" not in form.headers
    assert house.panel.status().state is AlarmState.ARMED_AWAY


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b'{"mode": "disarmed", "code": 483915}', 400),
        (b'{"mode": "disarmed", "code": ["483915"]}', 400),
        (b'{"mode": "disarmed", "code": {"$ne": ""}}', 400),
        (b'{"mode": "disarmed", "code": true}', 400),
        (b'{"mode": "disarmed", "code": 1e400}', 400),
        (b'{"mode": "disarmed", "code": "\\ud800"}', 401),
        (b'{"mode": "disarmed", "code": "\\u0000"}', 401),
        (b'{"mode": "disarmed", "code": "000000", "code": "000001"}', 401),
        (b'{"mode": "disarmed", "code": "' + b"1" * 10_000 + b'"}', 413),
    ],
)
def test_s28_rubbish_as_a_code_is_refused_and_changes_nothing(body: bytes, status: int) -> None:
    house = armed()
    answer = client(house).post("/api/mode", data=body, content_type="application/json", headers=ORIGIN)
    assert (answer.status_code, house.panel.status().mode) == (status, Mode.AWAY)
    assert set(said(answer)) <= {"problem", "wait_s"}


@pytest.mark.parametrize("path", ["/mode", "/phone/approve"])
def test_s12_s28_a_code_in_another_form_or_too_long_is_refused(path: str) -> None:
    house = armed()
    page = client(house)
    assert page.post(path, json={"mode": "disarmed", "code": ANNA}, headers=ORIGIN).status_code == 415
    long = page.post(path, data={"mode": "disarmed", "code": "\u0661" * 10_000}, headers=ORIGIN)
    assert long.status_code == 413
    assert house.panel.status().mode is Mode.AWAY


def test_after_too_many_wrong_codes_the_page_says_how_long_to_wait() -> None:
    house = armed()
    page = client(house)
    answers = [by_json(page, code=WRONG) for _ in range(3)]
    assert [said(answer)["wait_s"] for answer in answers] == [0, 0, 10]
    assert {(answer.status_code, said(answer)["problem"]) for answer in answers} == {(401, NOT_VALID)}
    answer = by_json(page, code=ANNA)
    assert (answer.status_code, answer.headers["Retry-After"], said(answer)["wait_s"]) == (429, "10", 10)
    assert by_json(page, code=WRONG).data == answer.data, "nobody learns whether the code was right"
    form = by_form(page, code=ANNA)
    assert (form.status_code, form.headers["Retry-After"]) == (429, "10")
    assert "Too many wrong codes: wait a while. Again in 10 s." in words(form.text)
    assert 'content="10; url=/code?mode=disarmed"' in form.text
    assert house.panel.status().mode is Mode.AWAY


def test_ui08_a_wrong_code_is_said_without_the_number_of_tries_that_are_left() -> None:
    page = client(armed())
    answers = [by_json(page, code=f"{WRONG}{number}") for number in range(2)]
    assert len({(answer.status_code, answer.data, str(answer.headers)) for answer in answers}) == 1


def test_where_anybody_may_switch_the_page_knows_of_no_codes() -> None:
    house = armed("anyone")
    page = client(house)
    assert not re.search("code|keypad|approve", page.get("/").text)
    assert page.get("/code?mode=disarmed").headers["Location"] == "/"
    assert by_json(page).status_code == 200
    assert (house.panel.status().by, house.panel.status().how) == ("192.168.1.30", "page")


def test_the_page_says_which_buttons_take_a_code() -> None:
    page = client(armed("phones"))
    assert sorted(state(page)["code_for"]) == ["armed_away", "armed_home", "armed_night", "disarmed"]
    assert state(page)["never"] == []
    html = page.get("/").text
    assert html.count('formmethod="get" formaction="/code"') == 3
    assert '<dialog id="keypad"' in html


def test_without_javascript_a_button_leads_to_a_page_with_a_plain_form() -> None:
    house = armed()
    page = client(house)
    html = page.get("/code?mode=disarmed").text
    assert "<h1>Disarm</h1>" in html
    assert '<input type="hidden" name="mode" value="disarmed">' in html
    assert page.get("/code?mode=armed_vacation").status_code == 400
    assert page.get("/code").status_code == 400
    assert house.panel.status().mode is Mode.AWAY


def test_an_approved_phone_switches_with_one_tap() -> None:
    house = armed("phones")
    page = approved(house)
    assert state(page)["code_for"] == []
    assert '<dialog id="keypad"' not in page.get("/").text
    assert by_form(page).status_code == 303
    assert (house.panel.status().by, house.panel.status().how) == ("Anna", "page, phone")


def test_an_approved_phone_may_give_a_code_all_the_same() -> None:
    house = armed("phones")
    page = approved(house)
    assert 'href="/code?mode=disarmed"' in page.get("/phone").text
    assert "<h1>Disarm</h1>" in page.get("/code?mode=disarmed").text
    assert by_form(page, code=ANNAS_DURESS).status_code == 303
    assert house.panel.status().how == "page, code"


def test_ui45_the_phone_of_a_guest_arms_and_does_not_disarm() -> None:
    house = armed("phones")
    page = approved(house, "Cleaner")
    assert (state(page)["never"], state(page)["code_for"]) == (["disarmed", "armed_home", "armed_night"], [])
    html = page.get("/").text
    assert re.search(r'value="disarmed"[^>]* hidden>', html)
    assert "This phone arms and does not disarm" in words(html)
    for answer in (by_json(page), by_form(page), page.get("/code?mode=disarmed")):
        assert answer.status_code == 403
        assert "Whoever may only arm can do so only while it is disarmed." in words(answer.text)
    assert by_json(page, Mode.HOME).status_code == 403, "its exit delay would leave the house unwatched once more"
    assert house.panel.status().mode is Mode.AWAY
    house.panel.switch(Mode.DISARMED, by="Anna", how="page")
    assert by_json(page, Mode.HOME).status_code == 200


def test_ui45_the_code_of_a_guest_arms_and_does_not_disarm() -> None:
    house = armed()
    page = client(house)
    assert by_json(page, code=CLEANER).status_code == 403
    assert house.panel.status().mode is Mode.AWAY


def test_a_phone_is_approved_by_a_one_time_code() -> None:
    house = armed("phones")
    page = client(house)
    assert "This phone is not approved" in words(page.get("/phone").text)
    answer = approve(house, page)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/phone")
    cookie = answer.headers["Set-Cookie"]
    assert re.match(rf"{COOKIE}=[0-9a-f]{{64}}; ", cookie)
    assert cookie.split("; ")[2:] == ["Max-Age=34560000", "HttpOnly", "Path=/", "SameSite=Strict"]
    shown = words(page.get("/phone").text)
    assert "This phone is Anna’s now" in shown
    assert "It arms and disarms with one tap" in shown


def test_s19_a_token_of_ones_own_is_never_taken_over() -> None:
    house = armed("phones")
    page = client(house)
    page.set_cookie(COOKIE, "chosen-by-a-stranger", domain=NAME)
    assert "Set-Cookie" not in page.get("/").headers
    tokens = [approve(house, page).headers["Set-Cookie"].split(";")[0] for _ in range(2)]
    assert len({*tokens, f"{COOKIE}=chosen-by-a-stranger"}) == 3
    assert house.people.phone("chosen-by-a-stranger") is None


def test_s18_the_recorded_request_of_a_revoked_phone_is_refused() -> None:
    house = armed("phones")
    page = approved(house)
    assert by_json(page).status_code == 200
    house.arm_now(Mode.AWAY)
    house.people.register.revoke(1, "root")
    for answer in (by_json(page), by_form(page)):
        assert answer.status_code == 401
        assert "Set-Cookie" not in answer.headers
    assert "Set-Cookie" not in page.get("/").headers
    assert house.panel.status().mode is Mode.AWAY


@pytest.mark.parametrize("code", ["", "zzz", "\U0001f512", "\u202eabc", "x" * 400])
def test_a_one_time_code_that_is_not_valid_approves_nothing(code: str) -> None:
    house = armed("phones")
    answer = client(house).post("/phone/approve", data={"code": code}, headers=ORIGIN)
    assert answer.status_code == 401
    assert "This one-time code is not valid now." in words(answer.text)
    assert "Set-Cookie" not in answer.headers


def test_a_refused_one_time_code_says_how_long_the_next_one_is_not_looked_at() -> None:
    house = armed("phones")
    page = client(house)
    answers = [page.post("/phone/approve", data={"code": "AAAA-AAAA"}, headers=ORIGIN) for _ in range(4)]
    said_s = [re.search(r"After wrong ones the next is taken in (\d+) s\.", words(each.text)) for each in answers]
    waits = [int(found[1]) if found else 0 for found in said_s]
    assert waits[0] == 0 and waits[-1] > 0
    assert answers[-1].headers["Retry-After"] == str(waits[-1])
    once = house.people.register.new_approval("Anna", "root")
    assert page.post("/phone/approve", data={"code": once}, headers=ORIGIN).status_code == 401
    house.clock.advance(waits[-1])  # type: ignore[attr-defined]
    assert page.post("/phone/approve", data={"code": once}, headers=ORIGIN).status_code == 303


def test_a_phone_that_cannot_be_stored_is_not_approved_and_the_page_says_why() -> None:
    house = armed("phones")
    page, once = client(house), house.people.register.new_approval("Anna", "root")
    house.people_store.broken = True
    answer = page.post("/phone/approve", data={"code": once}, headers=ORIGIN)
    assert answer.status_code == 503
    assert "This phone could not be approved: pisecurity.db: disk full; delete something." in words(answer.text)
    assert "Set-Cookie" not in answer.headers


def test_the_cookie_of_an_approved_phone_lives_on_with_each_visit() -> None:
    page = approved(armed("phones"))
    assert "Max-Age=34560000" in page.get("/").headers["Set-Cookie"]


@pytest.mark.parametrize(
    ("agent", "kind"),
    [
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15", "iPhone"),
        ("Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36", "Android"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)", "Mac"),
        ("Mozilla/5.0 (X11; Linux x86_64)", "Linux"),
        ("Mozilla/5.0 (Windows NT 10.0; Win64)", "Windows"),
        ("\n2026-11-27 alarm disarmed by=Anna \x1b[2J", "phone"),
        ("", "phone"),
    ],
)
def test_s26_of_a_user_agent_nothing_but_the_kind_of_machine_is_kept(agent: str, kind: str) -> None:
    house = armed("phones")
    assert kind_of(agent) == kind
    page = client(house)
    assert approve(house, page, agent.replace("\n", " ")).status_code == 303
    assert [phone.label for phone in house.people.register.known.phones] == [kind]


ROUTES = (
    *("/", "/events", f"/events/{1:032x}", f"/events/{1:032x}/clean.jpg", "/ledger", "/code?mode=disarmed", "/phone"),
    *("/cameras/front", "/api/cameras/front", "/api/state", "/mail", "/api/mail", "/mailbox", "/nothing"),
)


@pytest.mark.parametrize("disarm", ["code", "phones"])
@pytest.mark.parametrize("way", [by_json, by_form])
def test_after_a_duress_code_every_page_is_byte_for_byte_that_after_the_ordinary_one(
    way: Callable[..., TestResponse], disarm: Disarm
) -> None:
    seen = []
    for code in (ANNA, ANNAS_DURESS):
        house = armed(disarm)
        page = approved(house)
        answers = [way(page, code=code), *(page.get(path, buffered=True) for path in ROUTES)]
        answers += [way(page, Mode.HOME, code=code), *(page.get(path, buffered=True) for path in ROUTES)]
        seen.append([(answer.status_code, _without_expiry(answer), answer.data) for answer in answers])
    assert seen[0] == seen[1]


def _without_expiry(answer: TestResponse) -> str:
    return re.sub(r"Expires=[^;]+", "", json.dumps(answer.headers.to_wsgi_list()))


def test_what_stands_against_arming_is_told_to_whoever_may_arm_alone() -> None:
    house = House(FakeClock(), disarm="code")
    house.health.report("camera:front", "camera Front door is unplugged; plug it in")
    page = client(house)
    assert by_json(page, Mode.HOME, code=WRONG).status_code == 401
    assert by_json(page, Mode.HOME, code=ANNA).status_code == 409
    asked = by_form(page, Mode.HOME, anyway="1")
    assert asked.status_code == 401
    assert '<input type="hidden" name="anyway" value="1">' in asked.text, "asked for the code, nobody is asked again"
    assert house.panel.status().mode is Mode.DISARMED
    assert by_json(page, Mode.HOME, code=ANNA, anyway=True).status_code == 200
    assert house.panel.status().by == "Anna"
