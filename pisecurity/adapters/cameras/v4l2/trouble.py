"""Why a USB camera does not work, in words that end the search."""

from __future__ import annotations

import errno
import os
from collections.abc import Mapping
from pathlib import Path

from pisecurity.adapters.cameras.v4l2.device import GONE
from pisecurity.adapters.machine import raspberry

WORDS: Mapping[int, str] = {
    **dict.fromkeys(GONE - {errno.EIO}, "{who} was unplugged; plug it in again"),
    errno.EIO: "{who} broke off in the middle; it is opened again, and if this comes back try another cable or port",
    errno.EBUSY: "{who} is in use by another program{holder}; stop that one, 'sudo fuser -v {path}' names it",
    **dict.fromkeys(
        (errno.EACCES, errno.EPERM),
        "{path} may not be opened by this user; " + raspberry.JOIN_VIDEO,
    ),
    **dict.fromkeys((errno.ENOENT, errno.ENOTDIR), "{path} is not there; plug it in; {instead}"),
    errno.ENOSPC: "{who} does not get enough of its USB port; give a smaller width and height, or plug it into another "
    "port than the other camera",
    errno.ENOMEM: "{who} gets no memory for its pictures; give a smaller width and height",
}
OTHER = "{who} does not do as it is told ({words}); unplug it and plug it in again"


def explain(error: OSError, path: Path, card: str = "", instead: str = "", holder: str = "") -> str:
    """Return what *error* means and what to do, in one line.

    Args:
        path: the device.
        card: how the camera calls itself, as far as it was asked.
        instead: what else can be done when it is not there.
        holder: which program has it, as far as it is known.
    """
    number = error.errno or 0
    return WORDS.get(number, OTHER).format(
        who=f"USB camera {card}" if card else f"the USB camera {path}",
        path=path,
        user=raspberry.user_name(),
        holder=f" ({holder})" if holder else "",
        instead=instead,
        words=os.strerror(number) if number else str(error),
    )
