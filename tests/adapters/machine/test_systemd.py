"""systemd is told what happens, by real datagrams."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from pisecurity.adapters.machine.systemd import Systemd


@pytest.fixture
def manager(tmp_path: Path) -> Iterator[tuple[socket.socket, str]]:
    address = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as receiver:
        receiver.bind(address)
        receiver.settimeout(5)
        yield receiver, address


def test_ready_alive_and_stopping_reach_systemd(manager: tuple[socket.socket, str]) -> None:
    receiver, address = manager
    systemd = Systemd(address)
    systemd.ready("1 camera")
    systemd.alive()
    systemd.stopping()
    messages = [receiver.recv(200).decode() for _ in range(3)]
    assert messages == ["READY=1\nSTATUS=1 camera", "WATCHDOG=1", "STOPPING=1\nSTATUS=stopping"]


def test_an_abstract_address_is_understood() -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as receiver:
        receiver.bind("\0pisecurity-test-notify")
        receiver.settimeout(5)
        Systemd("@pisecurity-test-notify").alive()
        assert receiver.recv(200) == b"WATCHDOG=1"


def test_without_systemd_nothing_happens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    Systemd().ready("nobody listens")


def test_a_vanished_systemd_does_not_stop_the_daemon(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    Systemd(str(tmp_path / "gone")).alive()
    assert "systemd not told" in caplog.text
