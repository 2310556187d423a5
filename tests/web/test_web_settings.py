"""The ``[web]`` table: what cannot work is refused where it is written."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from pisecurity.settings import WebSettings


@pytest.mark.parametrize("address", ["auto", "127.0.0.1", "192.168.1.20", "fd00:1::20"])
def test_address_is_auto_or_one_of_this_machine(address: str) -> None:
    assert WebSettings(address=address).address == address


@pytest.mark.parametrize(
    ("address", "said"),
    [("0.0.0.0", "never bound to every network"), ("::", "never bound to every network"), ("pi.local", "give auto")],
)
def test_page_is_never_bound_to_every_network(address: str, said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        WebSettings(address=address)


@pytest.mark.parametrize(
    "network",
    [
        *("0.0.0.0/0", "0.0.0.0/1", "128.0.0.0/1", "8.8.8.0/24", "8.8.8.8/32", "172.0.0.0/8", "192.168.0.0/15"),
        *("10.0.0.0/7", "100.0.0.0/9", "224.0.0.0/8"),
        *("::/0", "::/1", "2000::/3", "2003:e1:7::/64", "f000::/4", "::ffff:0:0/96"),
    ],
)
def test_added_network_is_never_even_in_part_the_internet(network: str) -> None:
    with pytest.raises(ValidationError, match="the internet is in it; give a private network such as 10.8.0.0/24"):
        WebSettings(also_allow=(network,))


@pytest.mark.parametrize("network", ["10.8.0.1/24", "vpn", "", "10.8.0.0/33"])
def test_added_network_is_a_network(network: str) -> None:
    with pytest.raises(ValidationError, match="give a network such as 10.8.0.0/24"):
        WebSettings(also_allow=(network,))


@pytest.mark.parametrize(
    "network",
    [
        *("10.8.0.0/24", "10.0.0.0/8", "10.8.0.2/32", "172.16.0.0/12", "192.168.7.0/24", "100.64.0.0/10"),
        *("127.0.0.0/8", "169.254.0.0/16", "fd08::/64", "fe80::/64"),
    ],
)
def test_private_network_may_be_added(network: str) -> None:
    assert WebSettings(also_allow=(network,)).also_allow == (network,)


@pytest.mark.parametrize("host", ["Pi.local", "pi.local:8080", "pi local", "-pi", "http://pi", "*"])
def test_host_is_a_plain_name_in_small_letters(host: str) -> None:
    with pytest.raises(ValidationError):
        WebSettings(hosts=(host,))
    assert WebSettings(hosts=("pi.fritz.box", "alarm")).hosts == ("pi.fritz.box", "alarm")
