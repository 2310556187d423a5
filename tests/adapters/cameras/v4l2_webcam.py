"""A webcam that is not there: what the kernel would say, written by hand."""

from __future__ import annotations

import errno
import os
from collections import deque
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pisecurity.adapters.cameras.v4l2.camera import V4l2Camera
from pisecurity.adapters.cameras.v4l2.choice import Choice, Offer, Wanted
from pisecurity.adapters.cameras.v4l2.device import BUFFERS, Capability, Filled, Layout
from tests.adapters.cameras.subjects import camera_settings
from tests.fakes import FakeClock

WIDTH, HEIGHT, FPS = 640, 360, 10
RATES = (Fraction(5), Fraction(10), Fraction(30))
NAME = "usb-Acme_Webcam_77-video-index0"
USUAL = Capability("uvcvideo", "Webcam: Webcam", "usb-1.2", captures=True)


@dataclass
class Webcam:
    """Fulfils ``Capture``. Its frames come by the clock moved by hand: the kernel fills a buffer if it has one."""

    clock: FakeClock
    capability: Capability = USUAL
    listed: tuple[Offer, ...] = (Offer("YUYV", WIDTH, HEIGHT, RATES),)
    steady: bool | None = True
    suits_mains: bool = True
    stamped: bool = True
    slower: float = 1.0
    """How many times slower it sends than it is told."""
    buffers: int = BUFFERS
    broken: dict[str, OSError] = field(default_factory=dict)
    """What each method raises."""
    damage: dict[int, Filled] = field(default_factory=dict)
    """Frames by number that come otherwise than they should."""
    closed: int = 0
    log: list[str] = field(default_factory=list)

    def offers(self, wanted: Wanted | None) -> tuple[Offer, ...]:
        self._may("offers")
        return self.listed

    def keep_rate_in_the_dark(self) -> bool | None:
        self._may("keep_rate_in_the_dark")
        return self.steady

    def suit_mains(self, hz: int) -> bool:
        self._may(f"suit_mains {hz}")
        return self.suits_mains

    def configure(self, choice: Choice) -> tuple[Layout, Fraction | None]:
        self._may("configure")
        self.choice = choice
        width, height = choice.offer.size
        stride = 0 if choice.offer.format == "MJPG" else 2 * width
        self.layout = Layout(choice.offer.format, width, height, stride, limited=True)
        return self.layout, choice.rate

    def start(self) -> int:
        self._may("start")
        self.free, self.ready = deque(range(self.buffers)), deque[Filled]()
        self.lent: set[int] = set()
        self.period_s = self.slower / float(self.choice.rate or FPS)
        self.began_s, self.sequence = self.clock.monotonic(), 0
        return self.buffers

    def wait(self, timeout_s: float) -> None:
        self._may("wait")
        if not self.ready:
            due_s = self._due_s()
            self.clock.advance(max(0.0, min(timeout_s, due_s - self.clock.monotonic())))
            self._fill()

    def take(self) -> Filled | None:
        self._may("take")
        self._fill()
        if not self.ready:
            return None
        filled = self.ready.popleft()
        self.lent.add(filled.number)
        return filled

    def give_back(self, filled: Filled) -> None:
        self._may("give_back")
        self.lent.remove(filled.number)
        self.free.append(filled.number)

    def close(self) -> None:
        self.closed += 1

    def picture(self, sequence: int) -> NDArray[np.uint8]:
        """Return the frame of this number: one grey."""
        return np.full(HEIGHT * WIDTH * 2, 40 + sequence % 200, np.uint8)

    def unplug(self) -> None:
        self.breaks(errno.ENODEV, "wait", "take", "give_back")

    def breaks(self, number: int, *methods: str) -> None:
        """Let *methods* raise this error of the system."""
        self.broken |= dict.fromkeys(methods, OSError(number, os.strerror(number)))

    def _may(self, method: str) -> None:
        self.log.append(method)
        if method in self.broken:
            raise self.broken[method]

    def _due_s(self) -> float:
        return self.began_s + (self.sequence + 1) * self.period_s

    def _fill(self) -> None:
        while self._due_s() <= self.clock.monotonic() + 1e-9:
            if self.free:
                stamp_s = self._due_s() if self.stamped else None
                filled = Filled(self.free.popleft(), self.picture(self.sequence), self.sequence, stamp_s)
                other = self.damage.get(self.sequence)
                self.ready.append(replace(other, number=filled.number) if other else filled)
            self.sequence += 1


def make_dev(folder: Path, nodes: int = 1, name: str = NAME) -> Path:
    """Return a folder like /dev with *nodes* video devices, the first of which has a name that stays."""
    by_id = folder / "v4l" / "by-id"
    by_id.mkdir(parents=True)
    for number in range(nodes):
        (folder / f"video{number}").touch()
    if nodes:
        (by_id / name).symlink_to(folder / "video0")
    return folder


def plug_in(webcam: Webcam, dev: Path, *, device: Path | None = None, **given: object) -> V4l2Camera:
    """Return a camera whose every device is *webcam*; *device* may lie outside of /dev, where settings want it."""
    settings = camera_settings(kind="v4l2", **{"width": WIDTH, "height": HEIGHT, "fps": FPS, **given})
    if device is not None:
        settings = settings.model_copy(update={"device": str(device)})
    return V4l2Camera(settings, webcam.clock, dev=dev, opener=lambda path: webcam)
