"""Where the page may be bound and who is in the same network, asked of the kernel.

Addresses come from one ioctl and prefixes from /proc/net, which need no netlink socket: the unit's sandbox
then stays at plain IPv4, IPv6 and Unix sockets.
"""

from __future__ import annotations

import fcntl
import re
import socket
import struct
import sys
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from pathlib import Path

from pisecurity.errors import NetworkError
from pisecurity.settings import HOST_NAME

Address = IPv4Address | IPv6Address
Prefix = IPv4Network | IPv6Network

_SIOCGIFCONF = 0x8912
_IFREQ_BYTES = struct.calcsize("@16sLLHBBB0L")
"""``struct ifreq``: 16 bytes of name and its largest member, ``struct ifmap``."""
_MOST_ADDRESSES = 128

_RTF_UP, _RTF_GATEWAY, _RTF_REJECT = 0x0001, 0x0002, 0x0200
_IFA_F_UNUSABLE = 0x01 | 0x08 | 0x20 | 0x40
"""Temporary, failed duplicate detection, deprecated, tentative: not an address to be found at tomorrow."""
_SCOPE_LINK = 0x20
_ANY = "00000000"
_FAR_4, _FAR_6 = "192.0.2.1", "2001:db8::1"
"""Nobody has these addresses (RFC 5737, RFC 3849); to connect a datagram socket only asks the kernel for the way."""

_HOST_NAME = re.compile(HOST_NAME)
_REMARK = re.compile("[#;]")

HOUSEHOLD_BITS = 22
"""An IPv4 network with a shorter prefix is that of a campus, hotel or company: its machines are no neighbours."""
LOOPBACK_PREFIXES: tuple[Prefix, ...] = (IPv4Network("127.0.0.0/8"), IPv6Network("::1/128"))


@dataclass(frozen=True, slots=True)
class Admitted:
    """Whose machines may use the page."""

    prefixes: tuple[Prefix, ...]
    warning: str = ""
    """Why hardly anybody may, and what to do about it; empty when all is well."""


@dataclass(frozen=True, slots=True)
class Binding:
    """Where the page listens and who is in the same network; two that are equal need no new page."""

    interface: str
    addresses: tuple[Address, ...]
    """Addresses to bind, IPv4 first."""
    prefixes: tuple[Prefix, ...]
    """Networks reached from *interface* without a router; loopback alone when it is bound to loopback."""

    def admitted(self, added: Sequence[Prefix]) -> Admitted:
        """Return whose machines may use the page: those of the home network and of the *added* ones.

        Whoever is in the home network may switch the alarm. Where it is too large to be that of one household,
        only this computer and the added networks remain; an added network that holds all of it makes it a home.
        """
        strange = [prefix for prefix in self.prefixes if _too_large(prefix) and not _within(prefix, added)]
        if not strange:
            return Admitted((*self.prefixes, *added))
        own = (ip_network(address) for address in self.addresses)
        prefixes = (*LOOPBACK_PREFIXES, *own, *added)
        if all(any(prefix.overlaps(other) for other in added) for prefix in strange):
            return Admitted(prefixes)
        return Admitted(
            prefixes,
            f"{strange[0]} has room for {strange[0].num_addresses - 2} machines, too many for one household: "
            "only this computer may use the page; set web.also_allow to the part of it with your phones",
        )


def has_way_out() -> bool:
    """Return whether this machine has a route to the internet; nothing is sent for it, and none may be behind it."""
    for family, far in ((socket.AF_INET, _FAR_4), (socket.AF_INET6, _FAR_6)):
        try:
            with socket.socket(family, socket.SOCK_DGRAM) as probe:
                probe.connect((far, 9))
                return True
        except OSError:
            continue
    return False


def find_binding(address: str, proc: Path = Path("/proc")) -> Binding:
    """Return where to bind for the setting ``web.address``: ``auto``, or one address of this machine.

    Raises:
        NetworkError: there is no home network, or the address is not here, which may both come later; or the
            internet could reach it.
    """
    owners = _addresses(proc)
    if address == "auto":
        interface = _default_interface(proc)
        chosen = tuple(own for own, name in owners.items() if name == interface and not own.is_global)
        if not chosen:
            raise NetworkError(f"{interface} has no address of a home network: check the router, or set web.address")
    else:
        chosen = (ip_address(address),)
        interface = _interface_of(chosen[0], owners)
    prefixes = LOOPBACK_PREFIXES if chosen[0].is_loopback else _on_link(interface, proc)
    return Binding(interface, tuple(sorted(chosen, key=lambda own: (own.version, own))), prefixes)


def host_names(resolv_conf: Path = Path("/etc/resolv.conf")) -> tuple[str, ...]:
    """Return the names this machine is called by at home: ``pi``, ``pi.local`` and ``pi.<domain of the router>``.

    None where its name is one that no browser can ask for.
    """
    name = socket.gethostname().lower().split(".")[0]
    if not _HOST_NAME.fullmatch(name):  # the kernel takes any text, such as "(none)" or "Living Room"
        return ()
    try:
        lines = resolv_conf.read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:  # without the file there is no such domain, and the other names still hold
        lines = []
    domains = [word.strip(".").lower() for line in lines for word in _search_domains(line)]
    return (name, f"{name}.local", *(f"{name}.{domain}" for domain in domains if _HOST_NAME.fullmatch(domain)))


def _search_domains(line: str) -> list[str]:
    # A word of a remark would become a name of this page, which somebody else may own in the world outside.
    words = _REMARK.split(line, maxsplit=1)[0].split()
    return words[1:] if words and words[0] in {"search", "domain"} else []


def _too_large(prefix: Prefix) -> bool:
    # The link-local network spans one cable or Wi-Fi, however long its prefix.
    here = prefix.is_loopback or prefix.is_link_local
    return prefix.version == 4 and prefix.prefixlen < HOUSEHOLD_BITS and not here


def _within(prefix: Prefix, others: Sequence[Prefix]) -> bool:
    return any(prefix.version == other.version and prefix.subnet_of(other) for other in others)  # type: ignore[arg-type]


def _interface_of(address: Address, owners: dict[Address, str]) -> str:
    if address.is_global:
        raise NetworkError(
            f"web.address = {address}: the internet can reach it; give auto or an address of the home network"
        )
    if address.is_loopback:
        return "lo"
    if address not in owners:
        here = ", ".join(str(own) for own in owners if not own.is_loopback) or "none"
        raise NetworkError(f"web.address = {address}: this machine has no such address; it has {here}")
    return owners[address]


def _addresses(proc: Path) -> dict[Address, str]:
    """Return the usable addresses of this machine and the interfaces they belong to."""
    return {**_ipv4_addresses(), **_ipv6_addresses(_table(proc, "if_inet6"))}


def _ipv4_addresses() -> dict[Address, str]:
    room = array("B", bytes(_MOST_ADDRESSES * _IFREQ_BYTES))
    where, size = room.buffer_info()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        answer = fcntl.ioctl(any_socket, _SIOCGIFCONF, struct.pack("@iP", size, where))
    used: int = struct.unpack("@iP", answer)[0]
    return dict(_ifreq(room[at : at + _IFREQ_BYTES].tobytes()) for at in range(0, used, _IFREQ_BYTES))


def _ifreq(entry: bytes) -> tuple[Address, str]:
    """Return address and interface of one ``struct ifreq`` that holds a ``struct sockaddr_in``."""
    name = entry[:16].split(b"\0", 1)[0].decode()
    return IPv4Address(entry[20:24]), name.split(":")[0]  # eth0:1 is a second address of eth0


def _ipv6_addresses(rows: list[list[str]]) -> dict[Address, str]:
    """Read /proc/net/if_inet6: address, interface number, prefix length, scope, flags, interface.

    Link-local addresses are left out: a browser cannot name the interface they need.
    """
    usable = (row for row in rows if int(row[3], 16) != _SCOPE_LINK and not int(row[4], 16) & _IFA_F_UNUSABLE)
    return {IPv6Address(bytes.fromhex(row[0])): row[5] for row in usable}


def _default_interface(proc: Path) -> str:
    """Return the interface of the best default route, IPv4 before IPv6."""
    ipv4 = [(int(row[6]), row[0]) for row in _table(proc, "route", header=True) if _passes(row[3]) and row[7] == _ANY]
    ipv6 = [(int(row[5], 16), row[9]) for row in _table(proc, "ipv6_route") if _passes(row[8]) and row[1] == "00"]
    if not ipv4 and not ipv6:
        raise NetworkError("no network yet: connect the cable or the Wi-Fi, or set web.address to 127.0.0.1")
    return min(ipv4 or ipv6)[1]


def _on_link(interface: str, proc: Path) -> tuple[Prefix, ...]:
    """Return the networks that the kernel reaches through *interface* without a router."""
    ipv4 = (_ipv4_prefix(row) for row in _table(proc, "route", header=True) if row[0] == interface and _direct(row[3]))
    ipv6 = (_ipv6_prefix(row) for row in _table(proc, "ipv6_route") if row[9] == interface and _direct(row[8]))
    found: tuple[Prefix, ...] = (*ipv4, *ipv6)
    # A point-to-point line to a provider has its default route without a router: that is the world, not the home.
    return tuple(prefix for prefix in found if prefix.prefixlen and not prefix.is_multicast)


def _ipv4_prefix(row: list[str]) -> IPv4Network:
    network, mask = (IPv4Address(int(word, 16).to_bytes(4, sys.byteorder)) for word in (row[1], row[7]))
    return IPv4Network(f"{network}/{mask}")


def _ipv6_prefix(row: list[str]) -> IPv6Network:
    return IPv6Network((bytes.fromhex(row[0]), int(row[1], 16)))


def _passes(flags: str) -> bool:
    return bool(int(flags, 16) & _RTF_UP) and not int(flags, 16) & _RTF_REJECT


def _direct(flags: str) -> bool:
    return _passes(flags) and not int(flags, 16) & _RTF_GATEWAY


def _table(proc: Path, name: str, *, header: bool = False) -> list[list[str]]:
    """Return the rows of /proc/net/*name*; none where the kernel has no such table, as without IPv6."""
    try:
        lines = (proc / "net" / name).read_text(encoding="ascii").splitlines()
    except FileNotFoundError:
        return []
    return [line.split() for line in lines[1 if header else 0 :]]
