"""A slow way to the mail server: two networks of the kernel, and this program carries each packet between them.

Delay, pace and loss are made here and not by the kernel's netem, which many kernels lack; TCP on both sides is the
kernel's own and meets real packets that are late or missing. Needs root, or a kernel that gives users namespaces.
"""

from __future__ import annotations

import fcntl
import heapq
import os
import random
import select
import struct
import subprocess
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Final, Self

NEAR, FAR = "10.77.0.1", "10.77.0.2"
"""Addresses of the house and of the mail server."""
NEAR_DEVICE, FAR_DEVICE = "near", "far"
_APART = ("unshare", "--net", "--pid", "--fork", "--kill-child", "--mount-proc")
OWN_NETWORK: Final = _APART if os.geteuid() == 0 else (*_APART, "--map-root-user")
"""Command that runs what follows it in a network of its own, without any way out; all of it ends with it."""
TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454CA, 0x0001, 0x1000
"""Source: linux/if_tun.h."""
LARGEST = 65_536
QUEUE_LIMIT: Final = 1000
"""Packets that wait at most in one direction; as many as netem holds unless told otherwise."""
FRAME_BYTES = 14
"""What Ethernet adds to a packet, as netem counts it."""


@dataclass(frozen=True, slots=True)
class Quality:
    """How bad the link is."""

    delay_s: float = 0.050
    """In each direction."""
    up_bps: float = 1e6
    """Bits a second from the house to the server; the way back is not paced."""
    loss: float = 0.02
    """Share of the packets that vanish, in each direction."""

    def __str__(self) -> str:
        return (
            f"{2000 * self.delay_s:g} ms round trip, {self.up_bps / 1e6:g} Mbit/s up, "
            f"{self.loss:.0%} of the packets lost in each direction"
        )


@dataclass(slots=True)
class Way:
    """One direction: says of each packet when it arrives."""

    quality: Quality
    bps: float | None
    dice: random.Random
    free_s: float = 0.0
    """When the sender has sent all that it was given."""
    leaving_s: list[float] = field(default_factory=list)
    """Of the packets that still wait to be sent."""
    lost: int = 0
    carried: int = 0

    def arrives_s(self, size: int, now_s: float) -> float | None:
        """Return when a packet of *size* bytes is at the other end; None: never."""
        self.leaving_s = [leaves_s for leaves_s in self.leaving_s if leaves_s > now_s]
        if self.dice.random() < self.quality.loss or len(self.leaving_s) >= QUEUE_LIMIT:
            self.lost += 1
            return None
        self.carried += 1
        taken_s = 0.0 if self.bps is None else 8 * (size + FRAME_BYTES) / self.bps
        self.free_s = max(self.free_s, now_s) + taken_s
        self.leaving_s.append(self.free_s)
        return self.free_s + self.quality.delay_s


class Link:
    """Joins the network of this process with that of another. Call it inside of a network of its own."""

    def __init__(self, far_pid: int, quality: Quality, seed: int) -> None:
        """Make both ends.

        Args:
            far_pid: a process in the other network.
            quality: how bad the link is.
            seed: which packets are lost depends on it, and on when they come.
        """
        self._near, self._far = _device(NEAR_DEVICE), _device(FAR_DEVICE)
        there = ("nsenter", "--target", str(far_pid), "--net")
        _ip((), "link", "set", "lo", "up")
        _ip((), "link", "set", FAR_DEVICE, "netns", str(far_pid))
        _set_up((), NEAR_DEVICE, NEAR, FAR)
        _set_up(there, FAR_DEVICE, FAR, NEAR)
        self.up = Way(quality, quality.up_bps, random.Random(seed))
        self.down = Way(quality, None, random.Random(seed + 1))
        self.late_s: list[float] = []
        """Of each packet carried: by how much this program was late, which the link is not to blame for."""
        self._ending, self._thread = threading.Event(), threading.Thread(target=self._carry, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ending.set()
        self._thread.join(5)
        os.close(self._near)
        os.close(self._far)

    def _carry(self) -> None:
        ways = {self._near: (self.up, self._far), self._far: (self.down, self._near)}
        under_way: list[tuple[float, int, int, bytes]] = []
        count = 0
        while not self._ending.is_set():
            wait_s = under_way[0][0] - time.monotonic() if under_way else 0.1
            for end in select.select(list(ways), [], [], min(max(wait_s, 0.0), 0.1))[0]:
                packet = os.read(end, LARGEST)
                way, other = ways[end]
                at_s = way.arrives_s(len(packet), time.monotonic())
                if at_s is not None:
                    count += 1
                    heapq.heappush(under_way, (at_s, count, other, packet))
            while under_way and under_way[0][0] <= time.monotonic():
                at_s, _, other, packet = heapq.heappop(under_way)
                os.write(other, packet)
                self.late_s.append(time.monotonic() - at_s)


def _device(name: str) -> int:
    """Return a handle that reads and writes the packets of a new device."""
    handle = os.open("/dev/net/tun", os.O_RDWR)
    fcntl.ioctl(handle, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TUN | IFF_NO_PI))
    return handle


def _set_up(there: Sequence[str], device: str, own: str, other: str) -> None:
    _ip(there, "address", "add", own, "peer", other, "dev", device)
    _ip(there, "link", "set", device, "up")


def _ip(there: Sequence[str], *arguments: str) -> None:
    subprocess.run([*there, "ip", *arguments], check=True)
