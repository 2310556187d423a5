"""Asks one address by HTTP, so that whoever waits there knows that all is well here."""

from __future__ import annotations

import re
import socket
import ssl
from ipaddress import IPv4Address, IPv6Address, ip_address
from urllib.parse import urlsplit

from pisecurity.adapters.clock import SystemClock
from pisecurity.errors import PingError
from pisecurity.ports import Clock
from pisecurity.settings import LifeSettings

ANSWER_BYTES = 4096
"""More of an answer is not read."""
LEAST_S = 0.05
_STATUS = re.compile(rb"HTTP/1\.[01] (\d{3})\b")
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_IGNORED = re.compile(rb"OK \((not found|rate limited)\)")
"""What Healthchecks answers with the code of success all the same. Source: its documentation of the ping address."""

Address = IPv4Address | IPv6Address


class HttpPing:
    """Fulfils Pinger. No text of it has more of the address than its host, which alone is no secret.

    Redirects are not followed: they would lead to where the owner never sent it. An address of the home network is
    asked only where the owner says so: it mostly is a mistake, because who is there loses power and internet together
    with this machine; and a name that suddenly leads into the house is somebody's trick. It is looked up each time, and
    what was looked at is what is connected to.
    """

    def __init__(
        self, settings: LifeSettings, clock: Clock | None = None, context: ssl.SSLContext | None = None
    ) -> None:
        """*settings* with a ``ping_url``; *context*: what certificates are checked against, None: the system's."""
        parts = urlsplit(settings.ping_url)
        self._tls, self._at_home, self._context = parts.scheme == "https", settings.ping_at_home, context
        self._host = parts.hostname or ""
        self._port = parts.port or (443 if self._tls else 80)
        self._target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        self._clock = clock or SystemClock()
        host = f"[{self._host}]" if ":" in self._host else self._host
        self.where = host if parts.port is None else f"{host}:{parts.port}"

    def ping(self, deadline_s: float) -> None:
        """Ask once, within *deadline_s*; only the lookup of the name may take longer. Raises PingError."""
        until_s = self._clock.monotonic() + deadline_s
        try:
            answer = self._asked(self._addresses(), until_s)
        except TimeoutError as error:
            raise self._error(f"did not answer within {deadline_s:g} s; check the internet") from error
        except ssl.SSLCertVerificationError as error:
            raise self._error(
                f"shows a certificate that cannot be trusted ({error.verify_message}); check life.ping_url"
            ) from error
        except OSError as error:
            raise self._error(f"cannot be reached ({error.strerror or 'it hung up'}); check the internet") from error
        self._judge(answer)

    def _addresses(self) -> list[Address]:
        """Look the name up and return the addresses that may be asked. Raises PingError."""
        try:
            found = socket.getaddrinfo(self._host, self._port, type=socket.SOCK_STREAM)
        except (socket.gaierror, UnicodeError) as error:
            reason = getattr(error, "strerror", None) or "no name"
            raise self._error(
                f"has a name that is not found ({reason}); check life.ping_url and the internet"
            ) from error
        addresses = [_plain(str(entry[4][0])) for entry in found]
        if not self._at_home and (home := next((one for one in addresses if not one.is_global), None)):
            raise self._error(
                f"is at home ({home}), where a power cut hits both; give one outside, or set life.ping_at_home = true"
            )
        if not self._tls and any(address.is_global for address in addresses):
            raise self._error("is outside and asked without TLS; begin life.ping_url with https://")
        asked = [one for one in addresses if not (one.is_link_local or one.is_multicast or one.is_unspecified)]
        if not asked:
            raise self._error("has no address that can be asked; check life.ping_url")
        return asked

    def _asked(self, addresses: list[Address], until_s: float) -> bytes:
        """Return the answer of the first of *addresses* that takes a connection. Raises OSError."""
        connection = self._connected(addresses, until_s)
        with connection:
            if self._tls:
                connection.settimeout(self._left_s(until_s))
                context = self._context or ssl.create_default_context()
                connection = context.wrap_socket(connection, server_hostname=self._host)
            with connection:
                connection.settimeout(self._left_s(until_s))
                request = (
                    f"GET {self._target} HTTP/1.1\r\nHost: {self.where}\r\nUser-Agent: pisecurity\r\nConnection: close"
                )
                connection.sendall(f"{request}\r\n\r\n".encode("ascii"))
                return self._read(connection, until_s)

    def _connected(self, addresses: list[Address], until_s: float) -> socket.socket:
        *others, last = addresses
        for address in others:
            try:
                return socket.create_connection((str(address), self._port), self._left_s(until_s) / 2)
            except OSError:
                continue
        return socket.create_connection((str(last), self._port), self._left_s(until_s))

    def _read(self, connection: socket.socket, until_s: float) -> bytes:
        """Return the answer up to its end or ANSWER_BYTES; a server that drips does not outlive *until_s*."""
        data = b""
        while len(data) < ANSWER_BYTES and not _is_whole(data):
            connection.settimeout(self._left_s(until_s))
            more = connection.recv(ANSWER_BYTES - len(data))
            if not more:
                break
            data += more
        return data

    def _judge(self, answer: bytes) -> None:
        """Raise PingError unless *answer* says that the ping counts."""
        status = _STATUS.match(answer)
        if status is None:
            raise self._error("answers something that is no HTTP; check life.ping_url")
        code = int(status[1])
        if 300 <= code < 400:
            raise self._error(
                f"leads elsewhere ({code}), which is not followed; set life.ping_url to the final address"
            )
        if not 200 <= code < 300:
            raise self._error(f"answers {code}; check life.ping_url")
        if ignored := _IGNORED.search(answer):
            raise self._error(f"does not count it ({ignored[1].decode('ascii')}); check life.ping_url")

    def _left_s(self, until_s: float) -> float:
        left_s = until_s - self._clock.monotonic()
        if left_s <= 0:
            raise TimeoutError
        return max(left_s, LEAST_S)

    def _error(self, text: str) -> PingError:
        return PingError(f"ping: {self.where} {text}")


def _plain(text: str) -> Address:
    """Return the address without its zone, and an IPv4 address where it is one in IPv6 clothes."""
    address = ip_address(text.partition("%")[0])
    return (address.ipv4_mapped if isinstance(address, IPv6Address) else None) or address


def _is_whole(data: bytes) -> bool:
    head, end, body = data.partition(b"\r\n\r\n")
    length = _LENGTH.search(head)
    return bool(end) and length is not None and len(body) >= int(length[1])
