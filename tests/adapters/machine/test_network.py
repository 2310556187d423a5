"""Addresses and neighbours, from what the kernel says."""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from pathlib import Path

import pytest

from pisecurity.adapters.machine import network
from pisecurity.adapters.machine.network import Binding, Prefix, find_binding, host_names
from pisecurity.errors import NetworkError

ROUTE_HEADER = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n"


def word(address: str) -> str:
    """Write an IPv4 address as /proc/net/route does: the number as this machine's memory holds it."""
    return f"{int.from_bytes(IPv4Address(address).packed, sys.byteorder):08X}"


def route(interface: str, to: str, gateway: str = "0.0.0.0", flags: int = 1, metric: int = 100) -> str:
    prefix = ip_network(to)
    to_word, mask = word(str(prefix.network_address)), word(str(prefix.netmask))
    return f"{interface}\t{to_word}\t{word(gateway)}\t{flags:04X}\t0\t0\t{metric}\t{mask}\t0\t0\t0\n"


def route6(interface: str, to: str, gateway: str = "::", flags: int = 1, metric: int = 256) -> str:
    prefix = ip_network(to)
    target, hop = prefix.network_address.packed.hex(), IPv6Address(gateway).packed.hex()
    counts = "00000001 00000000"
    return f"{target} {prefix.prefixlen:02x} {'0' * 32} 00 {hop} {metric:08x} {counts} {flags:08x} {interface}\n"


def address6(interface: str, address: str, scope: int = 0, flags: int = 0x80) -> str:
    return f"{IPv6Address(address).packed.hex()} 02 40 {scope:02x} {flags:02x} {interface}\n"


@pytest.fixture
def proc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with cable, Wi-Fi and a VPN: the cable's default route is the better one."""
    (tmp_path / "net").mkdir()
    (tmp_path / "net/route").write_text(
        ROUTE_HEADER
        + route("wlan0", "0.0.0.0/0", "192.168.7.1", 3, metric=600)
        + route("eth0", "0.0.0.0/0", "192.168.1.1", 3, metric=100)
        + route("wg0", "0.0.0.0/0", flags=0x201, metric=1)
        + route("eth0", "192.168.1.0/24")
        + route("eth0", "10.20.0.0/16", "192.168.1.9", 3)
        + route("eth0", "172.30.0.0/16", flags=0x201)
        + route("wlan0", "192.168.7.0/24", metric=600)
        + route("wg0", "10.8.0.0/24")
    )
    (tmp_path / "net/ipv6_route").write_text(
        route6("eth0", "fd00:1::/64")
        + route6("eth0", "2003:e1:7::/64")
        + route6("eth0", "fe80::/64")
        + route6("eth0", "ff00::/8")
        + route6("eth0", "fd99::/48", "fe80::1", 3)
        + route6("eth0", "::/0", "fe80::1", 3)
        + route6("wlan0", "fd00:7::/64")
        + route6("lo", "::/0", flags=0x200200, metric=0xFFFFFFFF)
    )
    (tmp_path / "net/if_inet6").write_text(
        address6("eth0", "fd00:1::20")
        + address6("eth0", "fd00:1::beef", flags=0x01)
        + address6("eth0", "fd00:1::dead", flags=0x20)
        + address6("eth0", "fd00:1::7e", flags=0x40)
        + address6("eth0", "2003:e1:7::20")
        + address6("eth0", "fe80::20", scope=0x20)
        + address6("lo", "::1", scope=0x10)
    )
    own = {"192.168.1.20": "eth0", "192.168.7.20": "wlan0", "10.8.0.1": "wg0", "127.0.0.1": "lo"}
    monkeypatch.setattr(
        network, "_ipv4_addresses", lambda: {IPv4Address(address): name for address, name in own.items()}
    )
    return tmp_path


def test_auto_is_the_interface_of_the_best_default_route(proc: Path) -> None:
    found = find_binding("auto", proc)
    assert found.interface == "eth0"
    assert [str(address) for address in found.addresses] == ["192.168.1.20", "fd00:1::20"]


def test_neighbours_are_the_networks_without_a_router_in_between(proc: Path) -> None:
    # The phones of a house come with global IPv6 addresses of the same network: they are neighbours too.
    assert [str(prefix) for prefix in find_binding("auto", proc).prefixes] == [
        "192.168.1.0/24",
        "fd00:1::/64",
        "2003:e1:7::/64",
        "fe80::/64",
    ]


def test_given_address_brings_the_neighbours_of_its_interface(proc: Path) -> None:
    found = find_binding("192.168.7.20", proc)
    assert (found.interface, found.addresses) == ("wlan0", (IPv4Address("192.168.7.20"),))
    assert [str(prefix) for prefix in found.prefixes] == ["192.168.7.0/24", "fd00:7::/64"]


def test_line_to_a_provider_makes_nobody_a_neighbour(proc: Path) -> None:
    with (proc / "net/route").open("a") as table:
        table.write(route("ppp0", "0.0.0.0/0", flags=1, metric=1))
    assert find_binding("10.8.0.1", proc).prefixes == (ip_network("10.8.0.0/24"),)
    with pytest.raises(NetworkError, match="ppp0 has no address of a home network"):
        find_binding("auto", proc)


@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_loopback_is_for_this_machine_alone(proc: Path, address: str) -> None:
    found = find_binding(address, proc)
    assert (found.interface, found.addresses) == ("lo", (ip_address(address),))
    assert [str(prefix) for prefix in found.prefixes] == ["127.0.0.0/8", "::1/128"]


def test_address_of_another_machine_is_refused_with_the_own_ones(proc: Path) -> None:
    with pytest.raises(NetworkError, match=r"no such address; it has 192\.168\.1\.20, 192\.168\.7\.20, 10\.8\.0\.1"):
        find_binding("192.168.1.99", proc)


@pytest.mark.parametrize("address", ["2003:e1:7::20", "8.8.8.8"])
def test_address_that_the_internet_reaches_is_refused(proc: Path, address: str) -> None:
    with pytest.raises(NetworkError, match="the internet can reach it"):
        find_binding(address, proc)


def test_no_default_route_says_what_to_do(proc: Path) -> None:
    (proc / "net/route").write_text(ROUTE_HEADER + route("eth0", "192.168.1.0/24"))
    (proc / "net/ipv6_route").unlink()
    with pytest.raises(NetworkError, match="no network yet: connect the cable or the Wi-Fi"):
        find_binding("auto", proc)


def test_machine_without_ipv6_is_served_by_ipv4(proc: Path) -> None:
    for name in ("ipv6_route", "if_inet6"):
        (proc / "net" / name).unlink()
    found = find_binding("auto", proc)
    assert [str(address) for address in found.addresses] == ["192.168.1.20"]


def test_this_machine_knows_its_own_loopback() -> None:
    found = find_binding("127.0.0.1")
    with socket.socket() as own:
        own.bind((str(found.addresses[0]), 0))
    assert network._ipv4_addresses()[IPv4Address("127.0.0.1")] == "lo"


def test_names_are_those_a_router_and_mdns_give(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "gethostname", lambda: "Pi.fritz.box")
    resolv = tmp_path / "resolv.conf"
    resolv.write_text("# made by the router\nnameserver 192.168.1.1\nsearch Fritz.Box lan.\n")
    assert host_names(resolv) == ("pi", "pi.local", "pi.fritz.box", "pi.lan")
    assert host_names(tmp_path / "none") == ("pi", "pi.local")


@pytest.mark.parametrize("name", ["(none)", "pi_\u00fc", "Wohnzimmer Pi", "", "-pi"])
def test_machine_whose_name_is_none_a_browser_can_ask_for_has_no_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(socket, "gethostname", lambda: name)
    resolv = tmp_path / "resolv.conf"
    resolv.write_text("search lan\n")
    assert host_names(resolv) == ()


def test_underscore_in_the_name_of_the_machine_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "gethostname", lambda: "pi_4")
    assert host_names(tmp_path / "none") == ("pi_4", "pi_4.local")


@pytest.mark.parametrize(
    "line", ["search lan  # by dhcp", "search lan ; by dhcp", "search lan #by dhcp", "search lan (x)"]
)
def test_only_host_names_in_resolv_conf_become_names_of_this_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str
) -> None:
    monkeypatch.setattr(socket, "gethostname", lambda: "pi")
    resolv = tmp_path / "resolv.conf"
    resolv.write_text(f"{line}\n")
    assert host_names(resolv) == ("pi", "pi.local", "pi.lan")


def home(*prefixes: str) -> Binding:
    return Binding("eth0", (IPv4Address("10.0.0.5"),), tuple(ip_network(prefix) for prefix in prefixes))


def texts(prefixes: Iterable[Prefix]) -> list[str]:
    return [str(prefix) for prefix in prefixes]


def test_household_network_and_the_added_ones_are_admitted() -> None:
    found = home("192.168.0.0/22", "fd00:1::/64", "fe80::/64", "169.254.0.0/16").admitted([ip_network("10.8.0.0/24")])
    assert texts(found.prefixes) == ["192.168.0.0/22", "fd00:1::/64", "fe80::/64", "169.254.0.0/16", "10.8.0.0/24"]
    assert found.warning == ""


def test_network_too_large_for_a_household_is_not_trusted_as_one() -> None:
    found = home("10.0.0.0/21", "fd00:1::/64").admitted([ip_network("192.168.9.0/24")])
    assert texts(found.prefixes) == ["127.0.0.0/8", "::1/128", "10.0.0.5/32", "192.168.9.0/24"]
    assert found.warning == (
        "10.0.0.0/21 has room for 2046 machines, too many for one household: only this computer may use the page; "
        "set web.also_allow to the part of it with your phones"
    )


def test_part_of_a_large_network_that_the_owner_named_is_admitted_without_a_warning() -> None:
    found = home("10.0.0.0/16", "fd00:1::/64").admitted([ip_network("10.0.3.0/24")])
    assert texts(found.prefixes) == ["127.0.0.0/8", "::1/128", "10.0.0.5/32", "10.0.3.0/24"]
    assert found.warning == ""


def test_large_network_that_the_owner_named_whole_is_a_home_network() -> None:
    found = home("10.0.0.0/16", "fd00:1::/64").admitted([ip_network("10.0.0.0/16")])
    assert texts(found.prefixes) == ["10.0.0.0/16", "fd00:1::/64", "10.0.0.0/16"]
    assert found.warning == ""


def test_page_on_loopback_needs_no_household(proc: Path) -> None:
    found = find_binding("127.0.0.1", proc).admitted(())
    assert (texts(found.prefixes), found.warning) == (["127.0.0.0/8", "::1/128"], "")


def test_bindings_are_equal_until_an_address_or_a_neighbourhood_changes(
    proc: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = find_binding("auto", proc)
    assert find_binding("auto", proc) == before
    monkeypatch.setattr(network, "_ipv4_addresses", lambda: {IPv4Address("192.168.1.21"): "eth0"})
    assert find_binding("auto", proc) != before


@pytest.mark.parametrize("reached", [{socket.AF_INET}, {socket.AF_INET6}, set()])
def test_a_way_out_is_one_of_either_kind_and_nothing_is_sent_for_it(
    monkeypatch: pytest.MonkeyPatch, reached: set[int]
) -> None:
    def connect(probe: socket.socket, address: object) -> None:
        assert probe.type is socket.SOCK_DGRAM
        if probe.family not in reached:
            raise OSError("Network is unreachable")

    monkeypatch.setattr(socket, "socket", type("Probe", (socket.socket,), {"connect": connect}))
    assert network.has_way_out() is bool(reached)
