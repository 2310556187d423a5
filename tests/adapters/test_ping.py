"""A ping reaches whom the owner named and nobody else, says why it failed, and keeps the address to itself."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from pisecurity.adapters.ping import HttpPing
from pisecurity.errors import PingError
from pisecurity.settings import LifeSettings
from tests.rigs.pings import OK, PingServer
from tests.rigs.smtp import Authority, Certificate

SECRET = "4f3a9c1e-secret"


def pinger(port: int, scheme: str = "http", *, at_home: bool = True, ca: Path | None = None) -> HttpPing:
    url = f"{scheme}://localhost:{port}/{SECRET}?state=1"
    settings = LifeSettings(ping_url=url, ping_at_home=at_home)
    context = ssl.create_default_context(cafile=str(ca)) if ca else None
    return HttpPing(settings, context=context)


def refusal(asked: HttpPing, deadline_s: float = 5.0) -> str:
    with pytest.raises(PingError) as caught:
        asked.ping(deadline_s)
    text = str(caught.value)
    assert SECRET not in text and text.startswith(f"ping: {asked.where} ")
    return text


def test_a_ping_is_one_get_of_the_whole_address() -> None:
    with PingServer() as server:
        pinger(server.port).ping(5)
        (request,) = server.requests
    head, _, rest = request.partition("\r\n")
    assert head == f"GET /{SECRET}?state=1 HTTP/1.1"
    assert f"Host: localhost:{server.port}\r\n" in rest and request.endswith("\r\n\r\n")


def test_over_tls_the_certificate_is_checked(authority: Authority) -> None:
    with PingServer(context=authority.context("good")) as server:
        pinger(server.port, "https", ca=authority.file).ping(5)
        assert len(server.requests) == 1


@pytest.mark.parametrize("certificate", ["self-signed", "other-name", "expired"])
def test_s45_to_a_certificate_that_cannot_be_trusted_nothing_is_told(
    authority: Authority, certificate: Certificate
) -> None:
    with PingServer(context=authority.context(certificate)) as server:
        assert "certificate" in refusal(pinger(server.port, "https", ca=authority.file))
        assert server.requests == []


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (b"HTTP/1.1 301 Moved\r\nLocation: http://evil.example/4f3a9c1e-secret\r\n\r\n", "leads elsewhere (301)"),
        (b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n", "answers 404"),
        (b"HTTP/1.1 503 Busy\r\n\r\n", "answers 503"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 14\r\n\r\nOK (not found)", "does not count it (not found)"),
        (b"HTTP/1.1 200 OK\r\n\r\nOK (rate limited)", "does not count it (rate limited)"),
        (b"SSH-2.0-OpenSSH\r\n", "no HTTP"),
        (b"", "no HTTP"),
    ],
)
def test_an_answer_that_does_not_count_is_told(answer: bytes, why: str) -> None:
    with PingServer(answer) as server:
        assert why in refusal(pinger(server.port))


def flood(connection: socket.socket) -> None:
    with suppress(OSError):  # the client is gone
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            connection.sendall(b"x" * 65536)


def test_an_endless_answer_is_not_read_to_its_end() -> None:
    with PingServer(behave=flood) as server:
        began_s = time.monotonic()
        pinger(server.port).ping(5)
        assert time.monotonic() - began_s < 2


def drip(connection: socket.socket) -> None:
    for byte in OK * 20:
        connection.sendall(bytes([byte]))
        time.sleep(0.05)


def say_nothing(connection: socket.socket) -> None:
    time.sleep(2)


@pytest.mark.parametrize("behave", [drip, say_nothing])
def test_a_server_that_drips_or_says_nothing_does_not_outlive_the_deadline(
    behave: Callable[[socket.socket], None],
) -> None:
    with PingServer(behave=behave) as server:
        began_s = time.monotonic()
        assert "did not answer within 0.3 s" in refusal(pinger(server.port), 0.3)
        assert time.monotonic() - began_s < 1.5


def test_a_server_that_says_nothing_to_a_tls_handshake_does_not_either(authority: Authority) -> None:
    with PingServer(behave=say_nothing) as server:
        assert "did not answer" in refusal(pinger(server.port, "https", ca=authority.file), 0.3)


def test_nobody_there_is_told_by_its_reason() -> None:
    with PingServer() as server:
        port = server.port
    assert "cannot be reached (Connection refused)" in refusal(pinger(port))


def resolved(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    real = socket.getaddrinfo

    def look_up(host: str, port: int, *args: int, **more: int) -> Any:
        found = [(0, 0, 0, "", (address, port)) for address in addresses]
        return found if host == "localhost" else real(host, port, *args, **more)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "192.168.1.5", "10.0.0.1", "169.254.169.254", "100.64.0.1", "::1", "fd00::1", "::ffff:192.168.1.5"],
)
def test_s21_a_name_that_leads_into_the_house_is_refused_unless_the_owner_says_so(
    monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    resolved(monkeypatch, "93.184.215.14", address)
    assert "is at home" in refusal(pinger(443, "https", at_home=False))


def test_without_tls_nothing_leaves_the_house(monkeypatch: pytest.MonkeyPatch) -> None:
    resolved(monkeypatch, "93.184.215.14")
    assert "without TLS" in refusal(pinger(80))


@pytest.mark.parametrize("address", ["169.254.169.254", "224.0.0.1", "0.0.0.0", "fe80::1%eth0"])
def test_addresses_that_are_no_machine_at_home_are_never_asked(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    resolved(monkeypatch, address)
    assert "no address that can be asked" in refusal(pinger(443, "https"))


def test_a_name_that_is_not_found_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    assert "name that is not found (Name or service not known)" in refusal(pinger(80))


def test_the_second_address_of_a_name_is_tried_when_the_first_is_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    with PingServer() as server:
        resolved(monkeypatch, "127.0.0.2", "127.0.0.1")
        pinger(server.port).ping(5)
        assert len(server.requests) == 1
