"""Every route for everybody who may come: what is open to the house, and what asks who it is (S-01)."""

from __future__ import annotations

from typing import Literal

import pytest
from flask.testing import FlaskClient

from pisecurity.core.alarm.people import Person, Role
from pisecurity.core.types import Alarm, Mode
from pisecurity.ports import SilentCall
from pisecurity.web.admission import COOKIE
from tests.fakes import FakeClock
from tests.web.house import NAME, House
from tests.web.people import ANNA, ANNAS_DURESS, CLEANER, WRONG, token_of
from tests.web.test_access import table
from tests.web.test_pages import ORIGIN, client, words

ADA = "250917"
CODES = {"anon": "", "guest": CLEANER, "user": ANNA, "admin": ADA}
NAMES = {"guest": "Cleaner", "user": "Anna", "admin": "Ada"}
Visitor = Literal["anon", "guest", "user", "admin"]

OPEN = (200, 200, 200, 200)
"""Whoever is in the house network sees it."""
RIGHTS = {
    ("GET", "/"): OPEN,
    ("GET", "/code"): (400, 400, 400, 400),
    ("GET", "/phone"): OPEN,
    ("GET", "/events"): OPEN,
    ("GET", f"/events/{1:032x}"): OPEN,
    ("GET", f"/events/{1:032x}/clean.jpg"): OPEN,
    ("GET", "/ledger"): OPEN,
    ("GET", "/cameras/front"): OPEN,
    ("GET", "/cameras/front/learned.jpg"): OPEN,
    ("GET", "/api/cameras/front"): OPEN,
    ("GET", "/api/state"): OPEN,
    ("GET", "/frame/front.jpg"): (404, 404, 404, 404),  # nobody looked before
    ("GET", "/mail"): OPEN,
    ("GET", "/api/mail"): OPEN,
    ("GET", "/mailbox"): OPEN,
    ("GET", "/mailbox/1"): OPEN,
    ("GET", "/mailbox/1/html"): OPEN,
    ("GET", "/mailbox/1/picture/1"): OPEN,
    ("GET", "/static/page.css"): OPEN,
    ("POST", "/mode"): (401, 403, 303, 303),
    ("POST", "/api/mode"): (401, 403, 200, 200),
    ("POST", "/phone/approve"): (401, 401, 401, 401),
    ("POST", "/cameras/front/forget"): (401, 403, 303, 303),
    ("POST", "/mail/check"): (401, 403, 303, 303),
}
"""By method and address: the status for anon, guest, user and admin, where codes or approved phones count."""


def furnished(disarm: Literal["anyone", "code", "phones"]) -> House:
    house = House(FakeClock(), disarm=disarm)
    house.happened(1)
    house.offer()
    house.post("Alarm", "<p>Alarm</p>")
    house.people.register.add(Person("Ada", Role.ADMIN), ADA, "root")
    return house


def visit(house: House, disarm: str, visitor: Visitor, method: str, path: str) -> int:
    """Return what *visitor* is answered, who gives all that is asked: the phone's cookie, or a code."""
    page, code = client(house), CODES[visitor] if disarm == "code" else ""
    if disarm == "phones" and visitor != "anon":
        page.set_cookie(COOKIE, token_of(house.people, NAMES[visitor]), domain=NAME)
    if method != "POST":
        return page.open(path, method=method, buffered=True).status_code
    if path.startswith("/api/"):
        return page.post(path, json={"mode": "disarmed", "code": code}, headers=ORIGIN).status_code
    return page.post(path, data={"mode": "disarmed", "code": code}, headers=ORIGIN).status_code


@pytest.mark.parametrize("disarm", ["code", "phones"])
@pytest.mark.parametrize("visitor", list(CODES))
def test_s01_every_route_answers_everybody_as_the_table_says_and_none_is_missing_in_it(
    disarm: Literal["code", "phones"], visitor: Visitor
) -> None:
    routes = [pair for pair in table() if pair[0] != "HEAD"]
    assert sorted(routes) == sorted(RIGHTS), "think about who may use a new route, and say so in the table"
    place = list(CODES).index(visitor)
    found = {
        (method, path): visit(furnished(disarm), disarm, visitor, method, path)
        for method, path in routes
    }  # fmt: skip
    assert found == {pair: statuses[place] for pair, statuses in RIGHTS.items()}


@pytest.mark.parametrize("path", ["/mail/check", "/cameras/front/forget"])
def test_where_anyone_may_disarm_anyone_may_do_that_as_well(path: str) -> None:
    assert visit(furnished("anyone"), "anyone", "anon", "POST", path) == 303


def field(page: FlaskClient, address: str) -> bool:
    return 'name="code"' in page.get(address).text


@pytest.mark.parametrize(("address", "path"), [("/mail", "/mail/check"), ("/cameras/front", "/cameras/front/forget")])
def test_the_page_has_a_field_for_the_code_where_one_is_asked_and_says_what_is_wrong_with_it(
    address: str, path: str
) -> None:
    house = furnished("phones")
    stranger, phone = client(house), client(house)
    phone.set_cookie(COOKIE, token_of(house.people, "Anna"), domain=NAME)
    assert (field(stranger, address), field(phone, address)) == (True, False)
    answer = stranger.post(path, data={"code": WRONG}, headers=ORIGIN)
    assert (answer.status_code, "That is no code that is valid now." in words(answer.text)) == (401, True)
    assert 'name="code"' in answer.text
    answer = stranger.post(path, data={"code": CLEANER}, headers=ORIGIN)
    assert (answer.status_code, "Only who may disarm may do this." in words(answer.text)) == (403, True)
    assert (house.doctor.runs, house.keeper.forgotten) == (0, 0)
    for _ in range(3):
        answer = stranger.post(path, data={"code": WRONG}, headers=ORIGIN)
    assert (answer.status_code, int(answer.headers["Retry-After"]) > 0) == (429, True), "guessed here nor there"


def test_who_had_a_camera_forget_is_on_the_record_by_name() -> None:
    house = furnished("code")
    done: list[tuple[str, str]] = []

    def save(alarm: Alarm, note: str, by: str = "", how: str = "", call: SilentCall | None = None) -> None:
        done.append((by, how))

    house.store.save_alarm = save  # type: ignore[method-assign]
    client(house).post("/cameras/front/forget", data={"code": ANNA}, headers=ORIGIN)
    assert done == [("Anna", "page, code")]


@pytest.mark.parametrize("path", ["/mail/check", "/cameras/front/forget"])
def test_a_duress_code_is_as_good_there_as_any_other_and_calls_for_help(path: str) -> None:
    answers: list[tuple[int, bytes, list[tuple[str, str]]]] = []
    called: list[tuple[str, bool]] = []
    for code in (ANNA, ANNAS_DURESS):
        house = furnished("code")
        house.arm_now(Mode.AWAY)
        house.people._on_refused = lambda name, duress: called.append((name, duress))
        answer = client(house).post(path, data={"code": code}, headers=ORIGIN)
        answers.append((answer.status_code, answer.data, list(answer.headers)))
        assert house.panel.status().mode is Mode.AWAY, "that disarms nothing"
    assert answers[0] == answers[1]
    assert called == [("Anna", False), ("Anna", True)]
