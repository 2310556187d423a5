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
    ("network", "said"),
    [("0.0.0.0/0", "whole internet"), ("::/0", "whole internet"), ("10.8.0.1/24", "give a network"), ("vpn", "give a")],
)
def test_added_network_is_a_network_and_not_the_world(network: str, said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        WebSettings(also_allow=(network,))
    assert WebSettings(also_allow=("10.8.0.0/24", "fd08::/64")).also_allow == ("10.8.0.0/24", "fd08::/64")


@pytest.mark.parametrize("host", ["Pi.local", "pi.local:8080", "pi local", "-pi", "http://pi", "*"])
def test_host_is_a_plain_name_in_small_letters(host: str) -> None:
    with pytest.raises(ValidationError):
        WebSettings(hosts=(host,))
    assert WebSettings(hosts=("pi.fritz.box", "alarm")).hosts == ("pi.fritz.box", "alarm")
