"""Which USB cameras are there, under names that stay."""

from __future__ import annotations

import errno
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from pisecurity.adapters.cameras.v4l2 import trouble
from pisecurity.adapters.cameras.v4l2.choice import Offer
from pisecurity.adapters.cameras.v4l2.device import Capture, Device, NoCameraError, is_video_device
from pisecurity.errors import CameraError

DEV = Path("/dev")
NOT_USB = ("bcm2835", "bm2835", "pispbe", "rp1", "rpi", "unicam")
"""How the drivers of the Pi's own camera, encoders and decoders begin; kind picamera2 is for that camera.

Source: the modules bcm2835-codec, bcm2835-isp, bcm2835-unicam, bcm2835-v4l2, pisp_be, rp1-cfe, rpi-hevc-dec.
"""
STABLE = ("by-id", "by-path")
Opener = Callable[[Path], Capture]


@dataclass(frozen=True, slots=True)
class UsbCamera:
    """A camera that can be used as kind v4l2."""

    name: Path
    """What to write as device: the name that stays, or /dev/videoN where udev has made none."""
    node: Path
    """``/dev/video0``: may be another one after the next start."""
    card: str
    """How it calls itself: ``HD Webcam``."""
    bus: str
    """``usb-0000:01:00.0-1.2``: the port it is plugged into."""
    driver: str
    """``uvcvideo``"""
    offers: tuple[Offer, ...]
    """Its formats that can be read, with sizes and rates."""

    def __str__(self) -> str:
        return f"{self.name} ({self.card})"


@dataclass(frozen=True, slots=True)
class Survey:
    """What was found."""

    cameras: tuple[UsbCamera, ...]
    broken: tuple[str, ...]
    """Why other video devices could not be looked at, and what to do: a camera may be among them."""

    @property
    def fix(self) -> str:
        """What to do when the camera of the settings is not among them."""
        if not self.cameras and self.broken:
            return f"see to what is there: {'; '.join(self.broken)}"
        if not self.cameras:
            return "no USB camera is there, 'lsusb' shows whether the Pi sees one"
        return "set device to one that is there: " + ", ".join(map(str, self.cameras))


def survey(dev: Path = DEV, opener: Opener = Device) -> Survey:
    """Return the USB cameras, in the order of their numbers. None is started, so one in use is found too.

    *dev*: where the devices are; a test has its own.
    """
    cameras: list[UsbCamera] = []
    broken: dict[Path | None, str] = {}
    names = stable_names(dev)
    for node in _nodes(dev):
        try:
            camera = _camera(node, names.get(node.name, ()), opener)
        except OSError as error:
            if error.errno != errno.ENOENT:  # unplugged since the list was made
                # One refusal is enough: a user outside the group video may open none of a dozen.
                key = None if error.errno in (errno.EACCES, errno.EPERM) else node
                broken.setdefault(key, trouble.explain(error, node))
            continue
        except NoCameraError:
            continue
        if camera is not None:
            cameras.append(camera)
    return Survey(_told_apart(cameras, names), tuple(broken.values()))


def only(found: Survey) -> UsbCamera:
    """Return the only camera. Raises CameraError: there is none, or more than one."""
    if len(found.cameras) == 1:
        return found.cameras[0]
    if found.cameras:
        raise CameraError(f"there are {len(found.cameras)} USB cameras; {found.fix}")
    if found.broken:
        raise CameraError("; ".join(found.broken))
    raise CameraError('there is no USB camera; plug one in, or for the Pi\'s own camera set kind = "picamera2"')


def stable_names(dev: Path = DEV) -> Mapping[str, tuple[Path, ...]]:
    """Return for each node, such as ``video0``, the names udev gave it, the best one first."""
    names: dict[str, tuple[Path, ...]] = {}
    for kind in STABLE:
        folder = dev / "v4l" / kind
        for link in sorted(folder.iterdir()) if folder.is_dir() else ():
            node = link.resolve().name
            names[node] = (*names.get(node, ()), link)
    return names


def is_something_else(device: str) -> bool:
    """Return whether *device* is there and no video device; of one that is not plugged in nobody knows."""
    try:
        return not is_video_device(Path(device))
    except (OSError, ValueError):  # not there, or not even a file name
        return False


def clean(text: str) -> str:
    """Return what a device says about itself, on one line and said once: uvcvideo tells ``Webcam: Webcam``."""
    line = " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
    first, _, second = line.partition(": ")
    return first if second and first.startswith(second) else line


def _nodes(dev: Path) -> Iterable[Path]:
    nodes = [node for node in dev.iterdir() if re.fullmatch(r"video\d+", node.name)] if dev.is_dir() else []
    return sorted(nodes, key=lambda node: int(node.name.removeprefix("video")))


def _camera(node: Path, names: Iterable[Path], opener: Opener) -> UsbCamera | None:
    """Return the camera behind *node*, None when it is none. Raises OSError, NoCameraError."""
    with closing(opener(node)) as device:
        told = device.capability
        if not told.captures or told.driver.startswith(NOT_USB):
            return None
        offers = device.offers(None)
    name = next(iter(names), node)
    return UsbCamera(name, node, clean(told.card), clean(told.bus), told.driver, offers) if offers else None


def _told_apart(cameras: list[UsbCamera], names: Mapping[str, tuple[Path, ...]]) -> tuple[UsbCamera, ...]:
    """Return *cameras*, those of the same make under the names of their ports.

    Two of them without a serial number share one name by id, which goes to whichever came last.
    """

    def named() -> Iterator[UsbCamera]:
        for camera in cameras:
            twins = [other for other in cameras if other.card == camera.card and other.bus != camera.bus]
            shared = any(_by_id(twin.name) is None for twin in (*twins, camera)) if twins else False
            ports = [name for name in names.get(camera.node.name, ()) if name.parent.name == "by-path"]
            yield replace(camera, name=ports[0]) if shared and ports else camera

    return tuple(named())


def _by_id(name: Path) -> str | None:
    return name.name if name.parent.name == "by-id" else None
