"""What differs from the background in a way that light cannot explain."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from pisecurity.core.types import Box
from pisecurity.core.vision.model import BackgroundModel
from pisecurity.core.vision.planes import SQUARE3, SQUARE5, TIME_SLACK_S, Mat, Planes, Rect

LEAST_PIXELS = 4
"""Fewer pixels are never a thing, however small the plane."""
LIGHT_WINDOW = 9
"""Side of the window within which light is taken to be even, in coarse pixels."""
_MERGE_GAP = 2
"""Pixels between pieces of one thing."""
_APART_PER_SIZE = 0.15
"""In the dark the pieces of a person lie so much farther apart, as a share of the larger one's size."""
_LEAST_DENSITY = 0.2
"""Moving share of the box that pieces must fill to be one thing: flakes all over the picture are not."""
_MOST_BLOBS = 24
_REFINED_LEAST_SHARE = 0.3
_UPRIGHT = np.ones((5, 3), np.uint8)
"""People are torn apart at the belt more often than side by side."""


@dataclass(frozen=True, slots=True)
class Blob:
    """A connected moving region on the coarse plane."""

    rect: Rect
    area: float
    """Moving pixels."""


@dataclass(frozen=True, slots=True)
class Change:
    """What moved in one frame."""

    moving: Mat | None
    """(H, W) uint8, not 0 where something moves; None when nothing does."""
    blobs: tuple[Blob, ...]
    """Largest box first; at most 24, pieces close to each other joined."""
    share: float
    """Moving share of the picture, 0 to 1."""


NOTHING = Change(None, (), 0.0)


def find_change(coarse: Mat, background: BackgroundModel, min_area: float, *, dark: bool = False) -> Change:
    """Return what differs between *coarse* and *background*.

    Args:
        coarse: (H, W) uint8 in the light of the background (see ``scene.normalised``).
        background: the learned scene.
        min_area: smallest moving region, as a share of the picture.
        dark: contrast is so low that a person close by is seen in pieces.
    """
    least = max(min_area * coarse.size, LEAST_PIXELS)
    outside = background.outside(coarse)
    if cv2.countNonZero(outside) < least:
        return NOTHING
    around = Rect(*cv2.boundingRect(outside)).grown(LIGHT_WINDOW + 1, coarse.shape)
    part = _unexplained(outside[around.slices], coarse[around.slices], background, around)
    pixels = cv2.countNonZero(part)
    moving = np.zeros(coarse.shape, np.uint8)
    moving[around.slices] = part
    if pixels < least:
        return Change(moving, (), pixels / coarse.size)
    blobs = tuple(
        blob for blob in _merged(_pieces(part, around), _APART_PER_SIZE if dark else 0.0) if blob.area >= least
    )
    return Change(moving, blobs, pixels / coarse.size)


def _unexplained(outside: Mat, coarse: Mat, background: BackgroundModel, around: Rect) -> Mat:
    """Return the part of *outside* near which a smooth change of light does not explain the change.

    Light adds to or multiplies the brightness of a neighbourhood alike: what is left after taking the local mean
    away (added light) or dividing by it (multiplied light), whichever explains more, is a change of texture.
    """
    level, slack = background.level[around.slices], background.slack[around.slices]
    window = (LIGHT_WINDOW, LIGHT_WINDOW)
    light, light_before = cv2.blur(coarse, window), cv2.blur(level, window)
    # |(coarse - light) - (level - light_before)|, split by sign so that all of it saturates in bytes.
    added = cv2.add(
        cv2.absdiff(cv2.subtract(coarse, light), cv2.subtract(level, light_before)),
        cv2.absdiff(cv2.subtract(light, coarse), cv2.subtract(light_before, level)),
    )
    ratio = cv2.divide(light, cv2.max(light_before, np.full_like(light_before, 4)), dtype=cv2.CV_32F)
    multiplied = cv2.absdiff(coarse, cv2.multiply(level, ratio, dtype=cv2.CV_8U))
    texture = cv2.compare(cv2.min(added, multiplied), slack, cv2.CMP_GT)
    near = cv2.bitwise_and(_above(outside, 0), cv2.dilate(texture, SQUARE5))
    return cv2.morphologyEx(near, cv2.MORPH_CLOSE, _UPRIGHT)


def _pieces(mask: Mat, around: Rect) -> list[Blob]:
    # Outlines, not labelled components: those cost fifteen times as much at this size.
    outlines = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE, offset=(around.x, around.y))[-2]
    pieces = []
    for outline in outlines:
        if len(outline) >= LEAST_PIXELS:
            # An outline runs through the centres of the border pixels; half of them lie outside it.
            area = cv2.contourArea(outline) + 0.5 * len(outline)
            if area >= LEAST_PIXELS:
                pieces.append(Blob(Rect(*cv2.boundingRect(outline)), area))
    return pieces


def _merged(pieces: Sequence[Blob], apart_per_size: float) -> tuple[Blob, ...]:
    """Return the blobs that close *pieces* are together, largest box first."""
    pending = sorted(pieces, key=_order)[:_MOST_BLOBS]
    apart: list[Blob] = []
    while pending:
        blob = pending.pop(0)
        close = next((i for i, other in enumerate(apart) if _belong(blob, other, apart_per_size)), None)
        if close is None:
            apart.append(blob)
        else:
            pending.insert(0, _joined(apart.pop(close), blob))
    return tuple(sorted(apart, key=_order))


def _order(blob: Blob) -> tuple[int, Rect]:
    return -blob.rect.w * blob.rect.h, blob.rect


def _close(a: Rect, b: Rect, gap: float) -> bool:
    return a.x - gap < b.x + b.w and b.x - gap < a.x + a.w and a.y - gap < b.y + b.h and b.y - gap < a.y + a.h


def _belong(a: Blob, b: Blob, apart_per_size: float) -> bool:
    gap = _MERGE_GAP + apart_per_size * max(a.rect.w, a.rect.h, b.rect.w, b.rect.h)
    if not _close(a.rect, b.rect, gap):
        return False
    joined = _joined(a, b)
    return joined.area >= _LEAST_DENSITY * joined.rect.w * joined.rect.h


def _joined(a: Blob, b: Blob) -> Blob:
    left, top = min(a.rect.x, b.rect.x), min(a.rect.y, b.rect.y)
    right = max(a.rect.x + a.rect.w, b.rect.x + b.rect.w)
    bottom = max(a.rect.y + a.rect.h, b.rect.y + b.rect.h)
    return Blob(Rect(left, top, right - left, bottom - top), a.area + b.area)


def _above(image: Mat, limit: float) -> Mat:
    return cv2.threshold(image, int(limit), 255, cv2.THRESH_BINARY)[1]


class Stirring:
    """Where the picture changes from one moment to the next, whatever the background says.

    Compared over about a tenth of a second at any frame rate: at 30 frames a second a slow walker hardly differs
    from one frame to the next.
    """

    EVERY_S = 0.1
    KEPT = 5
    """Planes, which is about half a second."""

    def __init__(self) -> None:
        self._kept: list[tuple[float, Mat]] = []

    def compare(self, coarse: Mat, sigma: float, now_s: float, *, wanted: bool) -> Mat | None:
        """Return (H, W) uint8, not 0 where *coarse* differs from about 0.1 s ago.

        None between comparisons, and when it is not *wanted* because nothing is there to be judged.
        """
        if self._kept and now_s - self._kept[-1][0] < self.EVERY_S - TIME_SLACK_S:
            return None
        earlier = self._kept[-1][1] if self._kept else None
        # A copy, because a small frame's coarse plane is the camera's own buffer.
        self._kept = [*self._kept[1 - self.KEPT :], (now_s, coarse.copy())]
        if earlier is None or not wanted:
            return None
        return _above(cv2.absdiff(coarse, earlier), 4 + 4 * sigma)

    def plane_at(self, at_s: float) -> tuple[float, Mat] | None:
        """Return the newest kept plane that is not newer than *at_s*, or else the oldest one, and when it was taken."""
        older = [kept for kept in self._kept if kept[0] <= at_s + TIME_SLACK_S]
        return older[-1] if older else next(iter(self._kept), None)


def tighten(planes: Planes, background: BackgroundModel, gain: float, least_contrast: float, rect: Rect) -> Box:
    """Return the box of the thing in *rect*, measured on the fine plane, in shares of the picture.

    The box reaches over the rows and columns in which at least two fine pixels differ from the background by
    *least_contrast* (steps of 255). When
    that is less than a third of *rect*, the difference is too faint to be trusted and *rect* itself is returned.
    """
    scale, near = planes.scale, rect.grown(2, planes.coarse.shape)
    height, width = planes.fine.shape
    rows = slice(near.y * scale, min((near.y + near.h) * scale, height))
    columns = slice(near.x * scale, min((near.x + near.w) * scale, width))
    difference = cv2.absdiff(planes.fine[rows, columns], background.fine_level(rows, columns, gain))
    differs = _above(difference, least_contrast)
    down = np.flatnonzero(cv2.reduce(differs, 1, cv2.REDUCE_SUM, dtype=cv2.CV_32S) >= 2 * 255)
    across = np.flatnonzero(cv2.reduce(differs, 0, cv2.REDUCE_SUM, dtype=cv2.CV_32S) >= 2 * 255)
    if down.size < 2 or across.size < 2:
        return rect.share(planes.coarse.shape)
    tall, wide = int(down[-1] - down[0]), int(across[-1] - across[0])
    if tall * wide <= _REFINED_LEAST_SHARE * differs.size:
        return rect.share(planes.coarse.shape)
    left, top = columns.start + int(across[0]), rows.start + int(down[0])
    return Box(left / width, top / height, (wide + 1) / width, (tall + 1) / height)


def has_outline(coarse: Mat, background: BackgroundModel, moving: Mat, rect: Rect) -> bool:
    """Return whether what differs in *rect* stands out from the frame more than from the background.

    A thing that stands before the scene has its edges in the frame; the hole left by a thing that went away has
    them in the background. Compared are the mean gradients on the rim of the moving pixels.
    """
    near = rect.grown(2, coarse.shape)
    inside = moving[near.slices]
    rim = cv2.morphologyEx(inside, cv2.MORPH_GRADIENT, SQUARE3)
    if cv2.countNonZero(rim) == 0:
        return False
    edges = cv2.morphologyEx(coarse[near.slices], cv2.MORPH_GRADIENT, SQUARE3)
    edges_before = cv2.morphologyEx(background.level[near.slices], cv2.MORPH_GRADIENT, SQUARE3)
    return cv2.mean(edges, rim)[0] > cv2.mean(edges_before, rim)[0]
