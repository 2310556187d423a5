"""When a box finds a thing, and when it is false. Boxes are in shares of the picture."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from pisecurity.core.types import Box

LEAST_IOU: Final = 0.25
LEAST_INSIDE: Final = 0.5
"""Share of a box that lies in the thing, where the box is only a part of it ..."""
LEAST_COVERED: Final = 0.1
"""... and the share of the thing it then has to cover."""
MARGIN_SHARE: Final = 0.15
MARGIN_PX: Final = 8
"""A thing is grown on each side by this share of itself and these pixels: boxes of detectors are not exact."""
MOST_AREA: Final = 6
"""A box of more than so many times the area does not show where the thing is."""
NEAR_ENOUGH: Final = 0.3
"""A box with this share of itself inside a grown thing belongs to it, wherever its middle is."""


def shared(one: Box, other: Box) -> float:
    """Return the area that lies in both, as a share of the picture."""
    w = min(one.x + one.w, other.x + other.w) - max(one.x, other.x)
    h = min(one.y + one.h, other.y + other.h) - max(one.y, other.y)
    return w * h if w > 0 and h > 0 else 0.0


def iou(one: Box, other: Box) -> float:
    """Return intersection over union, 0 to 1."""
    both = shared(one, other)
    return both / (one.area + other.area - both) if both else 0.0


def best_iou(boxes: Sequence[Box], truth: Box) -> float:
    """Return the IoU of the box that fits *truth* best; 0 without boxes."""
    return max((iou(box, truth) for box in boxes), default=0.0)


def hits(box: Box, truth: Box) -> bool:
    """Return whether *box* finds *truth*: it fits, or is a part of it large enough to see what it is."""
    both = shared(box, truth)
    if not both:
        return False
    return iou(box, truth) >= LEAST_IOU or (both >= LEAST_INSIDE * box.area and both >= LEAST_COVERED * truth.area)


def any_hits(boxes: Sequence[Box], truth: Box) -> bool:
    return any(hits(box, truth) for box in boxes)


def is_false(box: Box, truths: Sequence[Box], size: tuple[int, int]) -> bool:
    """Return whether *box* belongs to none of *truths*.

    Args:
        truths: all that is there.
        size: ``(width, height)`` of the picture in pixels, for the margin of 8 pixels.
    """
    return not any(_belongs(box, truth, size) for truth in truths)


def _belongs(box: Box, truth: Box, size: tuple[int, int]) -> bool:
    around = _grown(truth, MARGIN_PX / size[0], MARGIN_PX / size[1])
    x, y = box.centre
    inside = around.x <= x <= around.x + around.w and around.y <= y <= around.y + around.h
    if inside and box.area <= MOST_AREA * truth.area:
        return True
    both = shared(box, around)
    return both > 0 and both >= NEAR_ENOUGH * box.area


def _grown(truth: Box, margin_x: float, margin_y: float) -> Box:
    by_x, by_y = margin_x + MARGIN_SHARE * truth.w, margin_y + MARGIN_SHARE * truth.h
    return Box(truth.x - by_x, truth.y - by_y, truth.w + 2 * by_x, truth.h + 2 * by_y)
