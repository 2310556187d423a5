"""What the machine says about its cameras: who uses them, memory for pictures, and what is set up wrongly."""

from __future__ import annotations

import os
import platform
import pwd
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

CAMERA_NODES = ("/dev/media", "/dev/video")
BOOT_CONFIGS = ("boot/firmware/config.txt", "boot/config.txt")

# What to do, in the words of every camera and of doctor.
JOIN_VIDEO = "run 'sudo usermod -aG video {user}' and log in again"
MORE_MEMORY = "write dtoverlay=vc4-kms-v3d,cma-256 into {config} and start the Pi again"
NO_HEAP = "the kernel offers no memory for pictures (/dev/dma_heap); start the kernel of Raspberry Pi OS"


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What helps to explain why a camera fails."""

    user: str = "pisecurity"
    """Who we are."""
    holder: str = ""
    """Which program has the camera."""
    memory: str = ""
    """What is left of the memory for pictures."""


def holders(nodes: Iterable[str] = CAMERA_NODES, root: Path = Path("/")) -> tuple[str, ...]:
    """Return the other programs that have a file open whose path begins with one of *nodes*: ``motion (231)``.

    Only root sees those of other users.
    """
    wanted = tuple(nodes)
    found = []
    for process in sorted((root / "proc").glob("[0-9]*")):
        if process.name == str(os.getpid()):
            continue
        try:
            opened = [str(link.readlink()) for link in (process / "fd").iterdir()]
            name = (process / "comm").read_text("utf-8", "replace").strip()
        except OSError:  # it ended meanwhile, or is not ours to look into
            continue
        if any(path.startswith(wanted) for path in opened):
            found.append(f"{name} ({process.name})")
    return tuple(found)


def picture_memory(root: Path = Path("/")) -> tuple[int, int] | None:
    """Return total and free kB of the memory that camera and encoder take pictures from, None without such."""
    try:
        text = (root / "proc/meminfo").read_text("ascii")
    except OSError:
        return None
    sizes = {name: int(size) for name, size in re.findall(r"^(Cma\w+):\s+(\d+) kB$", text, re.MULTILINE)}
    return (sizes["CmaTotal"], sizes["CmaFree"]) if {"CmaTotal", "CmaFree"} <= sizes.keys() else None


def user_name() -> str:
    """Return who we are."""
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:  # a user of a container has a number and no name
        return str(os.geteuid())


def circumstances() -> Circumstances:
    """Return how things are now."""
    memory = picture_memory()
    return Circumstances(
        user=user_name(),
        holder=", ".join(holders()),
        memory=f"{memory[1] // 1024} MB of {memory[0] // 1024} MB are free" if memory else "",
    )


HEAPS = ("dev/dma_heap/vidbuf_cached", "dev/dma_heap/linux,cma")
"""Where picamera2 takes memory for pictures from. Source: picamera2, dma_heap.py."""
LITTLE_MEMORY_KB = 64 * 1024
"""1280x720 with a sensor mode of 2304x1296 takes about 40 MB, and what is left is in pieces."""


@dataclass(frozen=True, slots=True)
class Machine:
    """How a machine is set up, as far as its cameras are concerned."""

    model: str
    """``Raspberry Pi 4 Model B Rev 1.4``, or the kind of processor."""
    kernel: str
    boot_config: str
    """Text of config.txt without comments; empty on a machine that has none."""
    boot_config_path: str
    heap: str
    """Where memory for pictures comes from; empty where the kernel offers none."""
    may_use_heap: bool
    memory_kb: tuple[int, int] | None
    """Total and free memory for pictures."""
    user: str

    @property
    def is_pi(self) -> bool:
        return self.model.startswith("Raspberry Pi")


def read_machine(root: Path = Path("/")) -> Machine:
    """Return how the machine is set up; *root*: a test has its own."""
    config = next((root / path for path in BOOT_CONFIGS if (root / path).is_file()), None)
    text = _text(config) if config else ""
    heap = next((root / path for path in HEAPS if (root / path).exists()), None)
    return Machine(
        model=_text(root / "proc/device-tree/model").strip("\0\n ") or platform.machine(),
        kernel=platform.release(),
        boot_config="\n".join(line.partition("#")[0].strip() for line in text.splitlines()),
        boot_config_path=str(config or root / BOOT_CONFIGS[0]),
        heap=str(heap or ""),
        may_use_heap=heap is not None and os.access(heap, os.R_OK | os.W_OK),
        memory_kb=picture_memory(root),
        user=user_name(),
    )


def miseries(machine: Machine) -> tuple[str, ...]:
    """Return what is set up so that a Pi camera cannot work, each with its fix; the most fundamental first."""
    if not machine.is_pi:
        return (f"this is no Raspberry Pi but {machine.model}; kind v4l2 is for USB cameras",)
    found = []
    config, where = machine.boot_config, machine.boot_config_path
    if re.search(r"^start_x=1$", config, re.MULTILINE):
        found.append(f"the legacy camera stack is on; remove start_x=1 from {where} and start the Pi again")
    elif re.search(r"^camera_auto_detect=0$", config, re.MULTILINE) and not _overlay(config):
        found.append(
            f"{where} says camera_auto_detect=0 and names no camera; set it to 1, or add the overlay of your camera "
            "such as dtoverlay=imx708, and start the Pi again"
        )
    if not machine.heap:
        found.append(NO_HEAP)
    elif not machine.may_use_heap:
        found.append(f"user {machine.user} may not use {machine.heap}; {JOIN_VIDEO.format(user=machine.user)}")
    if machine.memory_kb and machine.memory_kb[0] < LITTLE_MEMORY_KB:
        little_mb = machine.memory_kb[0] // 1024
        found.append(f"only {little_mb} MB are set aside for pictures; {MORE_MEMORY.format(config=where)}")
    return tuple(found)


def _overlay(config: str) -> bool:
    """Return whether a sensor is named: ``dtoverlay=imx219``."""
    return re.search(r"^dtoverlay=(imx|ov|arducam)", config, re.MULTILINE) is not None


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8", "replace")
    except OSError:
        return ""
