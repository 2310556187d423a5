"""The HTTP server inside the daemon."""

from __future__ import annotations

import errno
import logging
import socket
import threading
from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv6Address
from typing import TYPE_CHECKING, Any

import waitress
from waitress import wasyncore
from waitress.channel import HTTPChannel

from pisecurity.errors import NetworkError
from pisecurity.runtime.worker import Beat

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

log = logging.getLogger(__name__)
# It warns whenever a request waits for a thread at all, which a few polling phones make happen all day.
logging.getLogger("waitress.queue").setLevel(logging.ERROR)

TURN_S = 0.5
"""Longest time between two beats, and between the wish to stop and the end of accepting."""
LAST_ANSWERS_S = 5.0
BACKLOG = 128


def bind(addresses: Iterable[IPv4Address | IPv6Address], port: int) -> tuple[socket.socket, ...]:
    """Return one listening socket for each of *addresses*; port 0 lets the kernel choose.

    Raises:
        NetworkError: an address or the port cannot be had; the message says why and what to do.
    """
    bound: list[socket.socket] = []
    for address in addresses:
        try:
            bound.append(_bound(address, port))
        except OSError as error:
            for other in bound:
                other.close()
            raise NetworkError(_why_not(address, port, error)) from error
    return tuple(bound)


def web_address(address: IPv4Address | IPv6Address, port: int) -> str:
    """Return what is typed in the browser."""
    return f"http://[{address}]:{port}" if address.version == 6 else f"http://{address}:{port}"


class PageServer:
    """waitress with limits under which silent and slow clients cannot keep the owner from the switch.

    ``start``, then ``work`` in a ``runtime.worker.Worker`` until its stop event is set; ``stop`` where it never ran.
    """

    def __init__(self, app: WSGIApplication, sockets: Sequence[socket.socket]) -> None:
        if not sockets:
            raise ValueError("a page needs at least one socket")
        self._app, self._sockets = app, tuple(sockets)
        self._connections: dict[int, Any] = {}
        self._server: Any = None

    def start(self) -> tuple[str, int]:
        """Begin to take connections; return address and port of the first socket."""
        # Taken before waitress wraps the sockets.
        address = self._sockets[0].getsockname()
        self._server = waitress.create_server(
            self._app,
            map=self._connections,
            sockets=list(self._sockets),
            # Measured: with the defaults 120 silent connections, or 10 slow readers, take the page away.
            threads=8,
            connection_limit=300,
            channel_timeout=10,
            cleanup_interval=5,
            outbuf_high_watermark=262144,
            max_request_header_size=16384,
            max_request_body_size=16384,
            clear_untrusted_proxy_headers=True,
            ident=None,
        )
        log.info("page open address=%s port=%d", address[0], address[1])
        return address[0], address[1]

    def work(self, stop: threading.Event, beat: Beat) -> None:
        """Serve until *stop* is set, then finish the answers under way. Each turn of the loop is a beat."""
        try:
            while not stop.is_set():
                wasyncore.loop(timeout=TURN_S, use_poll=True, map=self._connections, count=1)
                beat()
        finally:
            self.stop()

    def stop(self) -> None:
        """Close everything; may be called twice, and before ``start``."""
        if self._server is not None:
            self._server.task_dispatcher.shutdown(timeout=LAST_ANSWERS_S)
            # close_all alone leaves the file of a half-sent answer open.
            for channel in [each for each in self._connections.values() if isinstance(each, HTTPChannel)]:
                channel.handle_close()
            wasyncore.close_all(map=self._connections, ignore_all=True)
            self._server = None
            log.info("page closed")
        for each in self._sockets:
            each.close()


def _bound(address: IPv4Address | IPv6Address, port: int) -> socket.socket:
    made = socket.socket(socket.AF_INET if address.version == 4 else socket.AF_INET6, socket.SOCK_STREAM)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if address.version == 6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        made.bind((str(address), port))
        # Two sockets may share a port until one of them listens; so listen here, where the error is explained.
        made.listen(BACKLOG)
    except OSError:
        made.close()
        raise
    return made


def _why_not(address: IPv4Address | IPv6Address, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return (
            f"port {port} of {address} is in use, perhaps by another pisecurity or a web server: "
            f"see who with `sudo ss -ltnp 'sport = :{port}'` and stop it, or set another [web] port"
        )
    if error.errno == errno.EACCES:
        return f"port {port} needs more rights than the alarm should have: set a [web] port of 1024 or more"
    if error.errno == errno.EADDRNOTAVAIL:
        return f"{address} is no address of this machine now: check the network, or set [web] address to auto"
    return f"the page cannot be bound to {address} port {port}: {error.strerror}"
