"""What no browser sends, odd paths, ids, ranges and bytes, is answered as what it stands for, or refused."""

from __future__ import annotations

import random
import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from pisecurity.adapters.clock import SystemClock
from pisecurity.adapters.state.pictures import FilePictures
from pisecurity.adapters.store import SqliteStore
from pisecurity.core.types import AlarmState, AlertKind, Decision, Mode
from pisecurity.ports import PictureKind
from tests.adapters.values import make_event
from tests.fakes import FakeClock
from tests.web.house import NAME, House, served
from tests.web.people import ANNA, WRONG
from tests.web.test_access import table
from tests.web.test_pages import ORIGIN, client

SHOWN, HIDDEN = "a" * 32, "b" * 32
SECRET = b"what no page may send"


@pytest.fixture
def stored(tmp_path: Path) -> Iterator[tuple[House, FlaskClient]]:
    """A house with a real store and real pictures: one event of the list, one after a duress code, and a secret."""
    house = House(FakeClock())
    store, pictures = SqliteStore(tmp_path, house.clock), FilePictures(tmp_path)
    (tmp_path / "secret.jpg").write_bytes(SECRET)
    (tmp_path / "pictures" / "aa" / "secret-clean.jpg").write_bytes(SECRET)
    for event_id, kind in ((SHOWN, AlertKind.ALARM), (HIDDEN, AlertKind.DURESS)):
        store.add_event(make_event(event_id), AlarmState.DISARMED, Decision(kind, "why"), None, ())
        for picture in PictureKind:
            pictures.save(event_id, picture, b"\xff\xd8 jpeg")
    house.store, house.pictures = store, pictures  # type: ignore[assignment]
    yield house, client(house)
    store.close()


@pytest.mark.parametrize(
    "path", ["/events/{}", "/events/{}/clean.jpg", "/events/{}/annotated.jpg", "/events?before={}"]
)
def test_s02_an_event_that_nobody_may_know_of_is_answered_like_one_that_never_was(
    stored: tuple[House, FlaskClient], path: str
) -> None:
    _, page = stored
    hidden, never = (page.get(path.format(event_id)) for event_id in (HIDDEN, "c" * 32))
    assert (hidden.status_code, hidden.data) == (never.status_code, never.data) == (404, never.data)
    assert list(hidden.headers) == list(never.headers)
    assert page.get(path.format(SHOWN)).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/events/../secret.jpg", "/events/..%2f..%2fsecret/clean.jpg", "/events/%2e%2e/secret.jpg",
        "/events/aa%2fsecret/clean.jpg", "/events/secret/clean.jpg", f"/events/{SHOWN}/../secret.jpg",
        f"/events/{SHOWN}/..%5c..%5csecret.jpg", f"/events/{SHOWN}%00/clean.jpg", f"/events/{SHOWN}/clean%00.jpg",
        f"/events/{SHOWN.upper()}/clean.jpg", "/events/%252e%252e%252fsecret/clean.jpg", "/static/../../config.toml",
        "/static/%2e%2e/%2e%2e/secret.jpg", "/static/..%5c..%5csecret.jpg", "/static/page.css%00.jpg",
        "/static//etc/passwd", "/static/%2fetc/passwd",
    ],
)  # fmt: skip
def test_s30_no_path_leads_to_a_file_that_is_no_picture_of_a_stored_event(
    stored: tuple[House, FlaskClient], path: str
) -> None:
    _, page = stored
    answer = page.get(path, buffered=True, follow_redirects=True)
    assert (answer.status_code, SECRET in answer.data, b"root:" in answer.data) == (404, False, False)


def test_s30_s33_a_picture_is_sent_as_one_and_as_nothing_else(stored: tuple[House, FlaskClient]) -> None:
    answer = stored[1].get(f"/events/{SHOWN}/clean.jpg?x=.html")
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "image/jpeg")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    "asked", ["bytes=" + ",".join(f"{at}-{at}" for at in range(1000)), "bytes=-5", "bytes=99-", "x"]
)
def test_s32_parts_of_a_picture_are_not_sent(stored: tuple[House, FlaskClient], asked: str) -> None:
    answer = stored[1].get(f"/events/{SHOWN}/clean.jpg", headers={"Range": asked})
    assert (answer.status_code, answer.data) == (200, b"\xff\xd8 jpeg")


@pytest.mark.parametrize(
    "text",
    ["'", "' OR 1=1 --", '"; DROP TABLE events; --', "a' UNION SELECT * FROM codes --", "%", "_" * 32, "\0", "1e9"],
)
def test_s23_what_means_something_to_a_database_means_nothing_here(
    stored: tuple[House, FlaskClient], text: str
) -> None:
    _, page = stored
    for path, names in (("/events", ["before"]), ("/ledger", ["before"]), ("/frame/front.jpg", ["after"])):
        for name in names:
            assert page.get(path, query_string={name: text}).status_code in (200, 400, 404)
    assert SHOWN in (listed := page.get("/events").text) and HIDDEN not in listed


def test_s31_an_event_is_found_by_128_bits_and_by_nothing_shorter(stored: tuple[House, FlaskClient]) -> None:
    _, page = stored
    tried = (*map(str, range(200)), *(SHOWN[:length] for length in range(1, 32)), f"{SHOWN}0")
    assert {page.get(f"/events/{event_id}").status_code for event_id in tried} == {404}


def on_the_wire(port: int, target: str, body: bytes, kind: str) -> int:
    """Send *body* to *target* as it stands, and return the status; 0: the connection was closed."""
    head = (
        f"POST {target} HTTP/1.1\r\nHost: {NAME}:{port}\r\nOrigin: http://{NAME}:{port}\r\nX-Pisecurity: 1\r\n"
        f"Content-Type: {kind}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", port), timeout=20) as line:
        line.sendall(head.encode("latin-1") + body)
        answer = line.recv(65536)
    return int(answer.split(b" ", 2)[1]) if answer else 0


ODD_PATHS = (
    "/api/x/../mode", "//api/mode", "///api//mode", "/api%2fmode", "/api/mode;x=1", "/api/mode%3fx", "/api/mode/",
    "/API/mode", "/api/./mode", "/static/../api/mode", "/%61pi/mode", "/api/mode%00", "/api/mode%20",
    "http://{host}/api/mode", "http://evil.example/api/mode", "/api/mode#x", "/api\\mode", "*",
)  # fmt: skip


def test_s04_no_spelling_of_an_address_gets_round_the_code_that_it_asks_for() -> None:
    house = House(SystemClock(), disarm="code")
    house.arm_now(Mode.AWAY)
    with served(house) as port:
        for path in ODD_PATHS:
            for target, body, kind in (
                (path, b'{"mode": "disarmed"}', "application/json"),
                (path.replace("/api/mode", "/mode"), b"mode=disarmed", "application/x-www-form-urlencoded"),
            ):
                status = on_the_wire(port, target.format(host=f"{NAME}:{port}"), body, kind)
                assert status in (0, *range(308, 309), *range(400, 418), 431), (target, status)
                assert house.panel.status().mode is Mode.AWAY, target
        body = f'{{"mode": "disarmed", "code": "{ANNA}"}}'.encode()
        assert on_the_wire(port, "/api/mode", body, "application/json") == 200


def test_s50_whatever_bytes_come_no_answer_is_a_mistake_of_ours_and_nothing_is_switched() -> None:
    house = House(FakeClock(), disarm="code")
    house.arm_now(Mode.AWAY)
    page, dice = client(house), random.Random(7)
    routes = table()
    pieces = [
        b"mode",
        b"=",
        b"&",
        b"disarmed",
        b"code",
        b'{"',
        b'":',
        b"[",
        b"]",
        b"null",
        b"\xff",
        b"%00",
        WRONG.encode(),
    ]
    kinds = [
        "application/json",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "",
        "text/plain",
    ]
    for _ in range(600):
        method, path = dice.choice(routes)
        odd = "".join(dice.choice("/.%\\;?&=#0aé\u202e'\"<") for _ in range(dice.randrange(6)))
        body = b"".join(dice.choice(pieces) for _ in range(dice.randrange(12)))
        headers = {**ORIGIN, dice.choice(["Cookie", "Range", "Accept", "If-None-Match", "X-Odd"]): repr(body)[:99]}
        answer = page.open(
            path + odd, method=method, data=body, headers=headers, content_type=dice.choice(kinds), buffered=True
        )
        assert answer.status_code < 500 or answer.status_code == 503, (method, path + odd, body, answer.status_code)
        house.clock.advance(100)  # type: ignore[attr-defined]
    assert house.panel.status().mode is Mode.AWAY
    assert replace(house.panel.alarm(), by="").mode is Mode.AWAY
