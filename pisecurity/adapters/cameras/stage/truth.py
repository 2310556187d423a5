"""What is really there in a moment of the scene."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from pisecurity.adapters.cameras.stage.canvas import Image, overlap
from pisecurity.core.types import Box, Plane

BACKGROUND: Final = 0
SHADOW: Final = 50
"""Cast by a thing, and no part of it."""
THINGS: Final = {"object": 200, "vehicle": 220, "animal": 240, "person": 255}
"""Value of each label in a mask."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """Something that is really there."""

    id: int
    """The same as long as it is there."""
    label: str
    """One of ``THINGS``; an ``object`` moves and is none of the others, such as a balloon."""
    box: Box
    """Of what is seen of it; its cast shadow is not part of it."""
    visible: float
    """Share of it that is seen: inside the picture and not behind something, above 0 to 1."""
    moving: bool


@dataclass(slots=True)
class Cover:
    """The pixels of one thing in the picture."""

    id: int
    label: str
    moving: bool
    left: int
    """Of ``whole``, may be negative, and may lie outside of the picture with it."""
    top: int
    whole: NDArray[np.bool_]
    """(h, w), where it is, seen or not."""
    seen: NDArray[np.bool_]
    """(h, w), where nothing is before it."""
    shadow: tuple[Image, int, int] | None
    """How dark its cast shadow is, (h, w) 0 to 1, with left and top."""


SHADE_SEEN: Final = 0.06
"""A shadow fainter than this is no shadow for the mask."""


def hide(covers: Sequence[Cover]) -> None:
    """Take away from each of *covers*, farthest first, what is behind a nearer one."""
    for number, far in enumerate(covers):
        for near in covers[number + 1 :]:
            height, width = far.seen.shape
            place = overlap((width, height), near.whole.shape, near.left - far.left, near.top - far.top)
            if place is not None:
                far.seen[place[0]] &= ~near.seen[place[1]]


def labelled(cover: Cover, size: tuple[int, int]) -> Labelled | None:
    """Return the truth of one thing in a picture of *size*; None when nothing is seen of it."""
    place = overlap(size, cover.seen.shape, cover.left, cover.top)
    if place is None:
        return None
    (rows, columns), inside = place
    seen = cover.seen[inside]
    left, top, wide, tall = cv2.boundingRect(seen.view(np.uint8))
    if not wide:
        return None
    width, height = size
    box = Box((columns.start + left) / width, (rows.start + top) / height, wide / width, tall / height)
    share = float(np.count_nonzero(seen) / np.count_nonzero(cover.whole))
    return Labelled(cover.id, cover.label, box, share, cover.moving)


def mask_of(covers: Sequence[Cover], size: tuple[int, int]) -> Plane:
    """Return (H, W): what each pixel shows, by ``THINGS``, ``SHADOW`` and ``BACKGROUND``."""
    mask = np.full((size[1], size[0]), BACKGROUND, np.uint8)
    for cover in covers:
        if cover.shadow is not None:
            dark, left, top = cover.shadow
            place = overlap(size, dark.shape, left, top)
            if place is not None:
                mask[place[0]][dark[place[1]] > SHADE_SEEN] = SHADOW
    for cover in covers:
        place = overlap(size, cover.seen.shape, cover.left, cover.top)
        if place is not None:
            mask[place[0]][cover.seen[place[1]]] = THINGS[cover.label]
    return mask
