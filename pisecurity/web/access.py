"""Who may talk to the page: decided from the connection and three headers, before anything else is read.

A home network is no proof of good will: any web site opened on a phone in it can make that phone send requests
here. So the peer must be a neighbour, the page must have been called by one of its own names (a foreign name that
was made to resolve to this machine is refused), and a change must come from the page itself.
"""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from http import HTTPStatus
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pisecurity.ports import Clock
from pisecurity.settings import HOST_NAME

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

log = logging.getLogger(__name__)

_HOST = re.compile(rf"(?P<name>\[[0-9a-f:.]+\]|{HOST_NAME}\.?)(?::(?P<port>[0-9]{{1,5}}))?")

_READING = frozenset({"GET", "HEAD"})
_ALLOWED_METHODS = _READING | {"POST"}
_OWN_SITES = frozenset({"same-origin", "none"})
"""``Sec-Fetch-Site`` of a change that the page or the owner's own hand made; older browsers do not send it."""

TELL_EVERY_S = 60.0
MOST_PEERS = 256
_OTHERS = "others"

SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' blob:; object-src 'none'; base-uri 'none'; form-action 'self'; "
        "frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    "Cache-Control": "no-store, private",
}
"""Set on every answer that does not bring its own value; pictures and states must not stay in any cache."""


@dataclass(frozen=True, slots=True)
class AccessPolicy:
    """From where, and under which names, the page may be used."""

    hosts: frozenset[str]
    """Names and addresses the page may be called by, as ``canonical_host`` writes them, without port."""
    prefixes: tuple[IPv4Network | IPv6Network, ...]
    """Networks whose machines may connect."""

    @classmethod
    def build(cls, names: Iterable[str], prefixes: Iterable[IPv4Network | IPv6Network]) -> AccessPolicy:
        """Return the policy for a page called by *names* (host names and addresses, in any spelling).

        A page with a loopback address is also called ``localhost``.

        Raises:
            ValueError: one of *names* is neither.
        """
        own = {_own_name(name) for name in names}
        return cls(frozenset(own | {"localhost"} if own & {"127.0.0.1", "::1"} else own), tuple(prefixes))

    def knows_peer(self, address: str | None) -> bool:
        """Tell whether the machine at *address* (``REMOTE_ADDR``, never a forwarded header) may connect."""
        peer = _peer(address)
        return peer is not None and any(peer in prefix for prefix in self.prefixes)

    def knows_host(self, header: str | None) -> bool:
        """Tell whether the ``Host`` *header* names this page; the port does not matter."""
        host = canonical_host(header or "")
        return host is not None and host[0] in self.hosts

    def same_origin(self, host: str | None, origin: str | None, referer: str | None) -> bool:
        """Tell whether a change comes from the page itself: ``Origin``, or else ``Referer``, equals ``Host``."""
        source = urlsplit_or_none(origin if origin is not None else referer)
        own = canonical_host(host or "")
        if source is None or own is None or source[0] not in {"http", "https"}:
            return False
        return canonical_host(source[1]) == own


def canonical_host(header: str) -> tuple[str, str] | None:
    """Return name and port ("" when it has none) of a ``Host`` header in one spelling, or None when it is none.

    Names are lower-cased and lose their final dot; IPv6 literals lose their brackets and are compressed.
    """
    match = _HOST.fullmatch(header.lower())
    if match is None:
        return None
    name, port = match["name"], match["port"] or ""
    if not name.startswith("["):
        return name.removesuffix("."), port
    try:
        return str(IPv6Address(name[1:-1])), port
    except ValueError:
        return None


def urlsplit_or_none(url: str | None) -> tuple[str, str] | None:
    """Return scheme and authority of *url*, or None when it has none."""
    try:
        parts = urlsplit(url or "")
    except ValueError:
        return None
    return (parts.scheme, parts.netloc) if parts.netloc else None


def peer_name(address: str | None) -> str:
    """Return what the owner calls the machine at *address* in "armed by ..."."""
    peer = _peer(address)
    if peer is None:
        return "the page"
    return "this computer" if peer.is_loopback else str(peer)


def _peer(address: str | None) -> IPv4Address | IPv6Address | None:
    """Return the machine at *address*, without the interface of a link-local one (fe80::1%eth0), IPv4 as IPv4."""
    try:
        peer = ip_address((address or "").split("%", 1)[0])
    except ValueError:
        return None
    return (peer.ipv4_mapped or peer) if isinstance(peer, IPv6Address) else peer


class Refusals:
    """Keeps one peer from filling the log: its first refusal is told at once, then one a minute with their number.

    Beyond ``MOST_PEERS`` in a minute the further peers share one count. Any thread may call.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock, self._lock = clock, threading.Lock()
        self._told: dict[str, _Told] = {}

    def count(self, peer: str) -> int | None:
        """Take note of a refusal; return how many of *peer* are to be told now, None when it is too early."""
        now_s = self._clock.monotonic()
        with self._lock:
            if peer not in self._told and len(self._told) >= MOST_PEERS:
                self._told = {each: told for each, told in self._told.items() if now_s - told.at_s < TELL_EVERY_S}
                if len(self._told) >= MOST_PEERS:
                    peer = _OTHERS
            told = self._told.get(peer)
            if told is not None and now_s - told.at_s < TELL_EVERY_S:
                told.untold += 1
                return None
            self._told[peer] = _Told(now_s)
            return 1 if told is None else told.untold + 1


@dataclass(slots=True)
class _Told:
    """When the refusals of a peer were told last, and how many there were since."""

    at_s: float
    untold: int = 0


class Guard:
    """WSGI middleware in front of the whole page: refuses by *policy*, and sets the security headers on every answer.

    It stands before Flask so that a stranger reaches no routing, no parsing and no template.
    """

    def __init__(self, app: WSGIApplication, policy: AccessPolicy, clock: Clock) -> None:
        self._app, self._policy, self._refusals = app, policy, Refusals(clock)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        guarded = _with_security_headers(start_response)
        refusal = self._refusal(environ)
        if refusal is None:
            return self._app(environ, guarded)
        status, text = refusal
        self._tell(status, environ)
        body = text.encode()
        headers = [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(body)))]
        if status is HTTPStatus.METHOD_NOT_ALLOWED:
            headers.append(("Allow", ", ".join(sorted(_ALLOWED_METHODS))))
        guarded(f"{status.value} {status.phrase}", headers)
        return [] if environ.get("REQUEST_METHOD") == "HEAD" else [body]

    def _tell(self, status: HTTPStatus, environ: WSGIEnvironment) -> None:
        peer = str(environ.get("REMOTE_ADDR"))
        times = self._refusals.count(peer)
        if times is not None:
            log.warning(
                "request refused status=%d peer=%s times=%d method=%.8r path=%.80r host=%.80r",
                status,
                peer,
                times,
                environ.get("REQUEST_METHOD"),
                environ.get("PATH_INFO"),
                environ.get("HTTP_HOST"),
            )

    def _refusal(self, environ: WSGIEnvironment) -> tuple[HTTPStatus, str] | None:
        """Return status and text for a request that may not pass; the texts repeat nothing of the request."""
        method, host = environ.get("REQUEST_METHOD"), environ.get("HTTP_HOST")
        if not self._policy.knows_peer(environ.get("REMOTE_ADDR")):
            return HTTPStatus.FORBIDDEN, "This page is for the home network only.\n"
        if not self._policy.knows_host(host):
            return (
                HTTPStatus.BAD_REQUEST,
                "This page is not called by that name. [web] hosts in config.toml adds one.\n",
            )
        if method not in _ALLOWED_METHODS:
            return HTTPStatus.METHOD_NOT_ALLOWED, "This page is read with GET and changed with POST.\n"
        from_here = self._policy.same_origin(host, environ.get("HTTP_ORIGIN"), environ.get("HTTP_REFERER"))
        if method not in _READING and not (from_here and environ.get("HTTP_SEC_FETCH_SITE", "none") in _OWN_SITES):
            return HTTPStatus.FORBIDDEN, "A change is taken from this page itself only.\n"
        return None


def _own_name(name: str) -> str:
    try:
        return str(ip_address(name))
    except ValueError:
        host = canonical_host(name)
    if host is None or host[1]:
        raise ValueError(f"{name!r} is neither a host name nor an address")
    return host[0]


def _with_security_headers(start_response: StartResponse) -> Callable[..., Callable[[bytes], object]]:
    def start(status: str, headers: list[tuple[str, str]], *exc_info: object) -> Callable[[bytes], object]:
        present = {name.lower() for name, _ in headers}
        missing = [(name, value) for name, value in SECURITY_HEADERS.items() if name.lower() not in present]
        return start_response(status, headers + missing, *exc_info)  # type: ignore[arg-type]

    return start
