"""What the machine says about its cameras: who uses them, and how much memory there is for pictures."""

from __future__ import annotations

import os
import pwd
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

CAMERA_NODES = ("/dev/media", "/dev/video")


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
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # a user of a container has a number and no name
        return str(os.getuid())


def circumstances() -> Circumstances:
    """Return how things are now."""
    memory = picture_memory()
    return Circumstances(
        user=user_name(),
        holder=", ".join(holders()),
        memory=f"{memory[1] // 1024} MB of {memory[0] // 1024} MB are free" if memory else "",
    )
