"""A small canvas around one thing: drawn larger than it is, then scaled down."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from pisecurity.adapters.cameras.stage.canvas import Image, Where
from pisecurity.adapters.cameras.stage.paint import SHIFT, Colour, Point
from pisecurity.adapters.cameras.stage.things.thing import Patch

Joint: TypeAlias = tuple[float, float, float]
"""Ahead, to the thing's right, up; in lengths of its own: body heights or metres."""
MARGIN: Final = 2
"""Free pixels on every side."""
BLUR_REACH: Final = 3
"""A blur of bytes reaches so many of its deviations."""
_ONE: Final = 1 << SHIFT
_ARC: Final = 9
"""Points of the round end of a capsule."""


def _capsule() -> NDArray[np.float64]:
    """Return (8, 4 * _ARC): from both ends and the two radii along the way to the corners of a capsule.

    One product of matrices costs a fraction of reckoning point by point, and there are dozens in a figure.
    """
    rows = np.zeros((8, 2, _ARC, 2))
    for number, turn in enumerate(np.linspace(-math.pi / 2, math.pi / 2, _ARC).tolist()):
        cos, sin = math.cos(turn), math.sin(turn)
        for end, sign in ((0, -1), (1, 1)):
            rows[2 * end, end, number, 0] = rows[2 * end + 1, end, number, 1] = 1
            rows[4 + 2 * end, end, number] = sign * cos, sign * sin
            rows[5 + 2 * end, end, number] = -sign * sin, sign * cos
    return rows.reshape(8, -1) * _ONE


_CAPSULE: Final = _capsule()


@dataclass(frozen=True, slots=True)
class Extent:
    """How much room a thing needs, in its own lengths."""

    width: float
    """Around its foot."""
    above: float
    below: float = 0.0
    """Under its foot, where something is nearer to the camera."""


class Brush:
    """Draws into BGRA that is premultiplied by coverage once it is scaled down."""

    def __init__(self, length: float, heading: float, extent: Extent, *, tilt: float = 0.0) -> None:
        """Clear the canvas.

        Args:
            length: pixels that one length of the thing has in the picture.
            heading: see ``Pose``.
            extent: room for all that will be drawn.
            tilt: rows that a length of depth raises a point by, as a share of the length: how steeply the camera
                looks down.
        """
        below = math.ceil(extent.below * length)
        self.width = math.ceil(extent.width * length) + 2 * MARGIN
        self.height = math.ceil(extent.above * length) + below + 2 * MARGIN
        self.fine = fineness(max(self.width, self.height))
        self.unit = length * self.fine
        self.pixels = np.zeros((self.height * self.fine, self.width * self.fine, 4), np.uint8)
        self.foot = (self.width / 2, self.height - float(MARGIN + below))
        self.base = self.foot[1] * self.fine
        self.middle = self.foot[0] * self.fine
        self.cos, self.sin, self.tilt = math.cos(heading), math.sin(heading), tilt
        self.lift = 0.0
        """Taken from the height of everything, so that the lowest sole stands on the ground."""
        self._smooth = cv2.LINE_AA if self.fine == 1 else cv2.LINE_8

    def at(self, joint: Joint) -> Point:
        """Return column and row on the canvas."""
        ahead, right, up = joint
        x = self.middle + (ahead * self.cos + right * self.sin) * self.unit
        depth = ahead * self.sin - right * self.cos
        return x, self.base - (up - self.lift + depth * self.tilt) * self.unit

    def limb(self, start: Joint, end: Joint, first: float, last: float, colour: Colour) -> None:
        """Draw a tapered capsule, *first* and *last* wide at its ends."""
        self.stroke(self.at(start), self.at(end), first * self.unit / 2, last * self.unit / 2, colour)

    def stroke(self, start: Point, end: Point, r0: float, r1: float, colour: Colour) -> None:
        """Draw a tapered capsule between two points of the canvas, with the radii of its ends."""
        (x0, y0), (x1, y1) = start, end
        length = math.hypot(x1 - x0, y1 - y0)
        x, y = ((x1 - x0) / length, (y1 - y0) / length) if length > 0 else (1.0, 0.0)
        outline = np.array((x0, y0, x1, y1, r0 * x, r0 * y, r1 * x, r1 * y)) @ _CAPSULE
        fixed = np.rint(outline).astype(np.int32).reshape(-1, 2)
        cv2.fillConvexPoly(self.pixels, fixed, (*colour, 255), self._smooth, SHIFT)

    def face(self, joints: Sequence[Joint], colour: Colour) -> None:
        """Fill a flat shape."""
        self.polygon([self.at(joint) for joint in joints], colour)

    def polygon(self, points: Sequence[Point], colour: Colour) -> None:
        """Fill a shape of the canvas."""
        fixed = np.rint(np.array(points) * _ONE).astype(np.int32)
        cv2.fillPoly(self.pixels, [fixed], (*colour, 255), self._smooth, SHIFT)

    def hull(self, points: NDArray[np.float32], colour: Colour) -> None:
        """Fill the smallest convex shape around *points*, (n, 2) on the canvas."""
        fixed = np.rint(cv2.convexHull(points) * _ONE).astype(np.int32)
        cv2.fillConvexPoly(self.pixels, fixed, (*colour, 255), self._smooth, SHIFT)

    def line(self, joints: Sequence[Joint], width: float, colour: Colour) -> None:
        """Draw a thin line through *joints*, *width* wide and at least one pixel of the canvas."""
        fixed = np.rint(np.array([self.at(joint) for joint in joints]) * _ONE).astype(np.int32)
        thickness = max(1, round(width * self.unit))
        cv2.polylines(self.pixels, [fixed], False, (*colour, 255), thickness, self._smooth, SHIFT)

    def ball(self, centre: Point, across: float, up: float, colour: Colour, turn: float = 0.0) -> None:
        """Fill an ellipse of the canvas with these half axes, turned by degrees."""
        fixed = (round(centre[0] * _ONE), round(centre[1] * _ONE))
        axes = (max(1, round(across * _ONE)), max(1, round(up * _ONE)))
        cv2.ellipse(self.pixels, fixed, axes, turn, 0, 360, (*colour, 255), -1, self._smooth, SHIFT)

    def patch(self, round_by: float) -> Patch:
        """Return what was drawn, lit from the upper left as if it were round; *round_by*: reach in own lengths."""
        small = self.pixels
        for _ in range(self.fine.bit_length() - 1):
            # Halving is many times faster than scaling down by another factor, and twice is exact.
            size = (small.shape[1] // 2, small.shape[0] // 2)
            small = np.asarray(cv2.resize(small, size, interpolation=cv2.INTER_AREA), np.uint8)
        drawn = _drawn(small)
        return Patch(_rounded(small, drawn, round_by * self.unit / self.fine), *self.foot, drawn)


def fineness(pixels: int) -> int:
    """Return how many times larger than *pixels*, its longer side, a thing is drawn: a power of two."""
    return 4 if pixels < 100 else 2 if pixels < 240 else 1


def ring(centre: Joint, radius: float, count: int) -> list[Joint]:
    """Return points of an upright circle along the way a thing goes."""
    ahead, right, up = centre
    return [(ahead + radius * cos, right, up + radius * sin) for cos, sin in _circle(count)]


@lru_cache(maxsize=16)
def _circle(count: int) -> tuple[Point, ...]:
    turns = [2 * math.pi * number / count for number in range(count)]
    return tuple((math.cos(turn), math.sin(turn)) for turn in turns)


def _drawn(pixels: NDArray[np.uint8]) -> Where:
    """Return the part of (h, w, 4) outside which nothing is covered, from even rows and columns on."""
    left, top, width, height = cv2.boundingRect(cv2.extractChannel(pixels, 3))
    return slice(top // 2 * 2, top + height), slice(left // 2 * 2, left + width)


def _rounded(pixels: NDArray[np.uint8], drawn: Where, reach: float) -> Image:
    """Light a flat figure from the upper left as if it were round; coverage is scaled to 0..1."""
    lit = np.zeros(pixels.shape, np.float32)
    part = pixels[drawn]
    if part.size:
        light = _roundness(np.asarray(cv2.extractChannel(pixels, 3), np.uint8), drawn, reach)
        share = np.full_like(light, 1 / 255)
        lit[drawn] = cv2.multiply(part, cv2.merge((light, light, light, share)), dtype=cv2.CV_32F)
    return lit


def _roundness(cover: NDArray[np.uint8], drawn: Where, reach: float) -> Image:
    """Return how bright each pixel of the *drawn* part of a round figure is, around 1."""
    height, width = cover.shape
    # Light with a wide reach is smooth, and a small copy of it looks the same.
    coarse = max(1, int(reach / 1.4))
    if coarse > 1 and min(height, width) >= 4 * coarse:
        small = cv2.resize(cover, (width // coarse, height // coarse), interpolation=cv2.INTER_AREA)
        light = _light(np.asarray(small, np.uint8), reach / coarse)
        return np.asarray(
            cv2.resize(light, (width, height), interpolation=cv2.INTER_LINEAR)[drawn], np.float32, order="C"
        )
    # Beyond the rim all is clear, and so is what the blur mirrors at its end.
    reach = max(1.0, reach)
    rim = math.ceil(BLUR_REACH * reach)
    (y0, y1), (x0, x1) = ((max(0, part.start - rim), part.stop + rim) for part in drawn)
    light = _light(cover[y0:y1, x0:x1], reach)
    part = light[drawn[0].start - y0 : drawn[0].stop - y0, drawn[1].start - x0 : drawn[1].stop - x0]
    return np.ascontiguousarray(part)


def _light(cover: NDArray[np.uint8], reach: float) -> Image:
    """Return how bright each pixel of a round figure is, around 1; *reach* in pixels."""
    smooth = cv2.GaussianBlur(cover, (0, 0), reach) * np.float32(1 / 255)
    light = np.float32(0.88) + np.float32(0.12) * smooth
    step = max(1, round(reach * 1.2))
    if step < min(smooth.shape):
        edge = np.float32(0.42) * smooth
        light[:-step, :-step] += edge[step:, step:]
        light[step:, step:] -= edge[:-step, :-step]
    return np.asarray(np.maximum(light, np.float32(0.3)), np.float32)
