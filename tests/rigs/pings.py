"""Stands in for a ping service: a server on loopback that hears pings, and tells when they stay away too long."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Self

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK"


class PingServer:
    """Answers each connection with *answer*, or hands it to *behave*; keeps what was asked."""

    def __init__(
        self,
        answer: bytes = OK,
        context: ssl.SSLContext | None = None,
        behave: Callable[[socket.socket], None] | None = None,
        heard: Callable[[], None] = lambda: None,
        address: str = "127.0.0.1",
    ) -> None:
        self._answer, self._context, self._behave, self._heard = answer, context, behave, heard
        self.requests: list[str] = []
        self._listener = socket.create_server((address, 0))
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, name="ping-server", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.unplug()
        self._thread.join(5)

    def unplug(self) -> None:
        """Pull the cable: from now on nobody is reached here."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(5)
                try:
                    self._answer_one(connection)
                except OSError:
                    continue

    def _answer_one(self, connection: socket.socket) -> None:
        if self._behave is not None and self._context is None:
            self._behave(connection)
            return
        secured = self._context.wrap_socket(connection, server_side=True) if self._context else connection
        with secured:
            self.requests.append(secured.recv(4096).decode("ascii"))
            self._heard()
            secured.sendall(self._answer)


class DeadMan:
    """Sends its owner a message when no ping came for *grace_s*, by a clock moved by hand."""

    def __init__(self, now_s: Callable[[], float], grace_s: float = 600.0) -> None:
        self._now_s, self._grace_s = now_s, grace_s
        self._heard_s: float | None = None
        self.messages: list[float] = []
        """When its owner was told (seconds of that clock)."""
        self.told = False

    def heard(self) -> None:
        self._heard_s, self.told = self._now_s(), False

    def look(self) -> None:
        if self._heard_s is not None and not self.told and self._now_s() - self._heard_s >= self._grace_s:
            self.told = True
            self.messages.append(self._now_s())
