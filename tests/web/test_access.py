"""Strangers, foreign names and foreign changes are refused in front of every route."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_network

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule

from pisecurity.core.types import AlarmState, Mode
from pisecurity.web.access import MOST_PEERS, SECURITY_HEADERS, AccessPolicy, Refusals, canonical_host, peer_name
from tests.fakes import FakeClock
from tests.web.house import NAME, House

NEIGHBOUR = {"REMOTE_ADDR": "192.168.1.30"}
OWN = {"Host": NAME, "Origin": f"http://{NAME}"}


def house() -> House:
    made = House(FakeClock())
    made.happened(1)
    made.post("Alarm", "<p>Alarm</p>")
    made.arm_now(Mode.AWAY)
    return made


def paths(app: Flask) -> Iterator[tuple[str, str]]:
    """Yield every method and address the page answers, from the application's own table."""
    values = {
        "event_id": f"{1:032x}",
        "kind": "clean",
        "camera": "front",
        "number": "1",
        "place": "1",
        "filename": "page.css",
    }
    for rule in app.url_map.iter_rules():
        assert isinstance(rule, Rule)
        path = rule.rule
        for name in rule.arguments:
            path = path.replace(f"<{name}>", values[name]).replace(f"<int:{name}>", values[name])
            path = path.replace(f"<path:{name}>", values[name])
        for method in sorted(rule.methods or ()):
            yield method, path


def table() -> list[tuple[str, str]]:
    return [pair for pair in paths(House(FakeClock()).app()) if pair[0] != "OPTIONS"]


def test_the_table_of_routes_is_the_one_that_was_thought_about() -> None:
    assert sorted(pair for pair in table() if pair[0] != "HEAD") == sorted(
        [
            ("GET", "/"),
            ("POST", "/mode"),
            ("GET", "/code"),
            ("GET", "/phone"),
            ("POST", "/phone/approve"),
            ("GET", "/events"),
            ("GET", f"/events/{1:032x}"),
            ("GET", f"/events/{1:032x}/clean.jpg"),
            ("GET", "/ledger"),
            ("GET", "/cameras/front"),
            ("GET", "/cameras/front/learned.jpg"),
            ("POST", "/cameras/front/forget"),
            ("GET", "/api/cameras/front"),
            ("GET", "/api/state"),
            ("POST", "/api/mode"),
            ("GET", "/frame/front.jpg"),
            ("GET", "/mail"),
            ("GET", "/api/mail"),
            ("POST", "/mail/check"),
            ("GET", "/mailbox"),
            ("GET", "/mailbox/1"),
            ("GET", "/mailbox/1/html"),
            ("GET", "/mailbox/1/picture/1"),
            ("GET", "/static/page.css"),
        ]
    )


@pytest.mark.parametrize(
    "peer", ["8.8.8.8", "::ffff:8.8.8.8", "100.64.1.1", "2001:db8::1", "192.168.2.1", "10.0.0.1", "", "nonsense"]
)
def test_s09_outside_peer_gets_one_constant_answer_on_every_route(peer: str) -> None:
    ours = house()
    stranger = ours.app().test_client()
    headers = {**OWN, "X-Forwarded-For": "192.168.1.30", "Forwarded": "for=192.168.1.30"}
    for method, path in table():
        answer = stranger.open(path, method=method, headers=headers, environ_base={"REMOTE_ADDR": peer})
        assert answer.status_code == 403
        assert answer.data == (b"" if method == "HEAD" else b"This page is for the home network only.\n")
    assert ours.panel.status().mode is Mode.AWAY


@pytest.mark.parametrize(
    "host",
    ["evil.example", "", "192.168.1.9", f"{NAME}.evil.example", f"evil.example, {NAME}", f"{NAME}:8:8", "[::1", "a b"],
)
def test_s13_foreign_name_is_refused_on_every_route(host: str) -> None:
    ours = house()
    lured = ours.app().test_client()
    for method, path in table():
        headers = {"Host": host, "Origin": f"http://{host}"}
        answer = lured.open(path, method=method, headers=headers, environ_base=NEIGHBOUR)
        assert answer.status_code == 400
        assert "Set-Cookie" not in answer.headers
    assert ours.panel.status().mode is Mode.AWAY


@pytest.mark.parametrize("path", [path for method, path in table() if method == "POST"])
@pytest.mark.parametrize(
    "source",
    [
        {},
        {"Origin": "null"},
        {"Origin": f"http://{NAME}.evil.example"},
        {"Origin": f"http://{NAME}:8081"},
        {"Origin": "http://evil.example"},
        {"Origin": ""},
        {"Origin": f"file://{NAME}"},
        {"Origin": "null", "Referer": f"http://{NAME}/"},
        {"Referer": f"http://evil.example/?{NAME}"},
        {"Referer": f"http://{NAME}@evil.example/"},
        {"Referer": "http://[::1"},
    ],
)
def test_s11_change_from_elsewhere_is_refused(path: str, source: dict[str, str]) -> None:
    ours = house()
    answer = (
        ours.app()
        .test_client()
        .post(path, headers={"Host": NAME, **source}, json={"mode": "disarmed"}, environ_base=NEIGHBOUR)
    )
    assert (answer.status_code, answer.data) == (403, b"A change is taken from this page itself only.\n")
    assert ours.panel.status().mode is Mode.AWAY


@pytest.mark.parametrize(
    ("host", "source"),
    [
        (NAME, {"Origin": f"http://{NAME}"}),
        (f"{NAME}:8080", {"Origin": f"http://{NAME}:8080"}),
        (NAME.upper(), {"Origin": f"http://{NAME}"}),
        (f"{NAME}.", {"Origin": f"http://{NAME}"}),
        ("127.0.0.1:8080", {"Referer": "http://127.0.0.1:8080/events"}),
    ],
)
def test_change_from_the_page_itself_is_taken(host: str, source: dict[str, str]) -> None:
    ours = house()
    answer = (
        ours.app()
        .test_client()
        .post("/mode", headers={"Host": host, **source}, data={"mode": "disarmed"}, environ_base=NEIGHBOUR)
    )
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    assert ours.panel.status().state is AlarmState.DISARMED


@pytest.mark.parametrize(
    ("site", "status"), [("same-origin", 303), ("none", 303), ("same-site", 403), ("cross-site", 403), ("", 403)]
)
def test_s11_browser_that_says_where_a_change_comes_from_is_believed(site: str, status: int) -> None:
    ours = house()
    page = ours.app().test_client()
    headers = {**OWN, "Sec-Fetch-Site": site}
    assert page.post("/mode", headers=headers, data={"mode": "disarmed"}, environ_base=NEIGHBOUR).status_code == status
    assert ours.panel.status().mode is (Mode.DISARMED if status == 303 else Mode.AWAY)
    assert page.get("/", headers={"Host": NAME, "Sec-Fetch-Site": site}, environ_base=NEIGHBOUR).status_code == 200


def refused(ours: House, page: FlaskClient, peer: str, times: int = 1) -> None:
    for _ in range(times):
        assert page.get("/", headers={"Host": NAME}, environ_base={"REMOTE_ADDR": peer}).status_code == 403


def test_refusals_of_one_peer_are_told_at_once_and_then_once_a_minute(caplog: pytest.LogCaptureFixture) -> None:
    ours = house()
    page, clock = ours.app().test_client(), ours.clock
    assert isinstance(clock, FakeClock)
    refused(ours, page, "8.8.8.8", 1000)
    refused(ours, page, "9.9.9.9")
    clock.advance(61)
    refused(ours, page, "8.8.8.8", 1000)
    lines = [record.getMessage() for record in caplog.records if "request refused" in record.getMessage()]
    assert [(line.split("peer=")[1].split()[0], line.split("times=")[1].split()[0]) for line in lines] == [
        ("8.8.8.8", "1"),
        ("9.9.9.9", "1"),
        ("8.8.8.8", "1000"),
    ]


def test_many_refused_peers_neither_fill_memory_nor_the_log(caplog: pytest.LogCaptureFixture) -> None:
    clock = FakeClock()
    refusals = Refusals(clock)
    told = [refusals.count(f"2001:db8::{number:x}") for number in range(5000)]
    assert sum(count is not None for count in told) == MOST_PEERS + 1  # the strangers beyond share one line
    clock.advance(61)
    assert refusals.count("2001:db8::ffff") == 1
    assert refusals.count("2001:db8::0") == 1


@pytest.mark.parametrize("path", [path for method, path in table() if method == "POST"])
@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_s17_only_post_changes_the_mode(path: str, method: str) -> None:
    ours = house()
    answer = ours.app().test_client().open(f"{path}?mode=disarmed", method=method, headers=OWN, environ_base=NEIGHBOUR)
    assert answer.status_code == 405
    assert ours.panel.status().mode is Mode.AWAY


@pytest.mark.parametrize(
    ("path", "headers", "peer", "status"),
    [
        ("/", {"Host": NAME}, "192.168.1.30", 200),
        ("/", {"Host": NAME}, "8.8.8.8", 403),
        ("/", {"Host": "evil.example"}, "192.168.1.30", 400),
        ("/nothing", {"Host": NAME}, "192.168.1.30", 404),
        ("/mode", {"Host": NAME}, "192.168.1.30", 405),
        ("/api/state", {"Host": NAME}, "192.168.1.30", 200),
        ("/static/page.css", {"Host": NAME}, "192.168.1.30", 200),
        (f"/events/{1:032x}/clean.jpg", {"Host": NAME}, "192.168.1.30", 200),
        ("/frame/front.jpg?after=5", {"Host": NAME}, "192.168.1.30", 304),
    ],
)
def test_s53_every_answer_carries_the_security_headers(
    path: str, headers: dict[str, str], peer: str, status: int
) -> None:
    answer = house().app().test_client().get(path, headers=headers, environ_base={"REMOTE_ADDR": peer}, buffered=True)
    assert answer.status_code == status
    for name, value in SECURITY_HEADERS.items():
        if name != "Cache-Control" or not path.startswith("/static/"):
            assert answer.headers.getlist(name) == [value]
    assert not [name for name in dict(answer.headers) if name.lower().startswith("access-control-")]


def test_s16_no_page_may_be_framed_but_the_mail_by_the_page_itself() -> None:
    app = house().app()
    ancestors = {}
    for method, path in table():
        answer = app.test_client().open(path, method=method, headers=OWN, environ_base=NEIGHBOUR, buffered=True)
        policy = answer.headers["Content-Security-Policy"]
        ancestors[path] = next(part.strip() for part in policy.split(";") if "frame-ancestors" in part)
    assert ancestors.pop("/mailbox/1/html") == "frame-ancestors 'self'"
    assert set(ancestors.values()) == {"frame-ancestors 'none'"}


@pytest.mark.parametrize(
    ("peer", "known"),
    [
        ("192.168.1.30", True),
        ("::ffff:192.168.1.30", True),
        ("fe80::1%eth0", True),
        ("2003:e1:7::99", True),
        ("10.8.0.2", True),
        ("192.168.2.30", False),
        ("2003:e1:8::99", False),
        ("127.0.0.1", False),
        (None, False),
    ],
)
def test_neighbours_are_those_on_the_link_and_in_the_added_networks(peer: str | None, known: bool) -> None:
    prefixes = [ip_network(text) for text in ("192.168.1.0/24", "fe80::/64", "2003:e1:7::/64", "10.8.0.0/24")]
    assert AccessPolicy.build((), prefixes).knows_peer(peer) is known


@pytest.mark.parametrize(
    ("header", "canonical"),
    [
        ("PI.Local", ("pi.local", "")),
        ("pi.local.:8080", ("pi.local", "8080")),
        ("192.168.1.20:8080", ("192.168.1.20", "8080")),
        ("[FD00:0:0::1]:8080", ("fd00::1", "8080")),
        ("[fd00::zz]", None),
        ("fd00::1", None),
        ("pi.local:http", None),
        ("pi.local/x", None),
        ("user@pi.local", None),
        (".", None),
        ("", None),
        ("(none)", None),
        ("pi..local", None),
        ("pi_4.local", ("pi_4.local", "")),
        ("pi.local\n", None),
        ("p\u0456.local", None),
    ],
)
def test_host_is_compared_in_one_spelling(header: str, canonical: tuple[str, str] | None) -> None:
    assert canonical_host(header) == canonical


def test_policy_takes_names_and_addresses_in_any_spelling_and_nothing_else() -> None:
    policy = AccessPolicy.build(("Pi", "FD00::0:1", "192.168.1.20"), ())
    assert policy.hosts == {"pi", "fd00::1", "192.168.1.20"}
    with pytest.raises(ValueError, match="neither a host name nor an address"):
        AccessPolicy.build(("pi.local:8080",), ())


def test_who_switched_is_named_by_address() -> None:
    assert [peer_name(peer) for peer in ("192.168.1.30", "::ffff:192.168.1.30", "::1", "fe80::1%eth0", None)] == [
        "192.168.1.30",
        "192.168.1.30",
        "this computer",
        "fe80::1",
        "the page",
    ]


def test_demo_is_usable_from_this_machine_alone_and_by_its_usual_names() -> None:
    demo = AccessPolicy.build(("127.0.0.1",), [ip_network("127.0.0.0/8")])
    assert [demo.knows_peer(peer) for peer in ("127.0.0.1", "192.168.1.30")] == [True, False]
    assert [demo.knows_host(host) for host in ("127.0.0.1:8080", "localhost:8080", "pi.local")] == [True, True, False]
    assert not AccessPolicy.build(("192.168.1.20",), ()).knows_host("localhost")
