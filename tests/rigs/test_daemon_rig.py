"""The port that a test gives its daemon."""

from __future__ import annotations

import socket
import struct

import pytest

from tests.rigs.daemon import free_port

IP_LOCAL_PORT_RANGE = 51
"""Restricts the ports that the kernel chooses for a socket. Source: linux/in.h, kernel 6.3 and newer."""


def choosing_among(port: int) -> socket.socket:
    """Return a socket that gets *port* if it is for the kernel to choose, or skip where that cannot be said."""
    made = socket.socket()
    try:
        made.setsockopt(socket.IPPROTO_IP, IP_LOCAL_PORT_RANGE, struct.pack("=HH", port, port))
    except OSError:
        made.close()
        pytest.skip("this kernel cannot be told among which ports it chooses")
    return made


@pytest.mark.parametrize("shared", [0, 1])
def test_the_port_of_a_daemon_is_given_to_nobody_else_meanwhile(shared: int) -> None:
    with choosing_among(free_port()) as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, shared)
        with pytest.raises(OSError, match="Address already in use"):
            other.bind(("127.0.0.1", 0))


def test_nobody_listens_there_until_a_server_does_and_again_after_it_ended() -> None:
    port = free_port()
    for _ in range(2):
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", port), 5)
        with socket.create_server(("127.0.0.1", port)), socket.create_connection(("127.0.0.1", port), 5):
            pass
