"""The ``[web]`` table."""

from __future__ import annotations

import re
from ipaddress import ip_address, ip_network
from typing import Annotated

from pydantic import AfterValidator, Field

from pisecurity.settings.table import Table


def _page_address(value: str) -> str:
    if value == "auto":
        return value
    try:
        address = ip_address(value)
    except ValueError:
        raise ValueError("give auto, or an address of this machine such as 192.168.1.20") from None
    if address.is_unspecified:
        raise ValueError("the page is never bound to every network; give auto or one address of this machine")
    return str(address)


PRIVATE_NETWORKS = tuple(
    ip_network(text)
    for text in (
        *("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16", "127.0.0.0/8"),
        *("fc00::/7", "fe80::/10", "::1/128"),
    )
)
"""Addresses no router of the internet passes on. Source: IANA special-purpose address registries."""


def _network(value: str) -> str:
    try:
        network = ip_network(value)
    except ValueError:
        raise ValueError(f"give a network such as {_near_network(value)}") from None
    if not any(network.version == block.version and network.subnet_of(block) for block in PRIVATE_NETWORKS):  # type: ignore[arg-type]
        raise ValueError("the internet is in it; give a private network such as 10.8.0.0/24")
    return str(network)


def _near_network(value: str) -> str:
    """Return the network in which the address *value* lies, or an example where it is none."""
    try:
        return str(ip_network(value, strict=False))
    except ValueError:
        return "10.8.0.0/24"


PageAddress = Annotated[str, AfterValidator(_page_address)]
Network = Annotated[str, AfterValidator(_network)]
HOST_NAME = r"[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?)*"
"""A name a browser can ask for, in small letters. Many home machines have an underscore in theirs."""
MOST_HOST_NAME = 253
"""Letters of a name in the DNS. Source: RFC 1035."""


def _host_name(value: str) -> str:
    if len(value) > MOST_HOST_NAME or not re.fullmatch(HOST_NAME, value):
        near = re.sub(r"^[a-z]+://|[:/].*$", "", value.lower())
        such_as = near if re.fullmatch(HOST_NAME, near) else "pi.fritz.box"
        raise ValueError(f'give a name alone and in small letters, such as "{such_as[:MOST_HOST_NAME]}"')
    return value


HostName = Annotated[str, AfterValidator(_host_name)]


class WebSettings(Table):
    """The ``[web]`` table."""

    address: PageAddress = Field("auto", max_length=64)
    """Address the page is bound to; auto is the one of the home network."""
    port: int = Field(8080, ge=1, le=65535)
    """Port of the page."""
    hosts: tuple[HostName, ...] = Field((), max_length=16)
    """Further names the page may be called by, in small letters, such as pi.fritz.box."""
    also_allow: tuple[Network, ...] = Field((), max_length=16)
    """Networks besides the home network that may use the page, such as 10.8.0.0/24 of a VPN."""
