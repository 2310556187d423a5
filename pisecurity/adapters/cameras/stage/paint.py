"""Painting with texture: shapes on a sheet that is twice as fine as a 640x480 picture."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from pisecurity.adapters.cameras.stage.view import SHEET_HEIGHT, SHEET_WIDTH

FINE: Final = 2
SHIFT: Final = 4
BAND: Final = 64
TEXTURE_STEP: Final = 1 / 32
Image = NDArray[np.float32]
Values = NDArray[np.floating[Any]]
Mask = NDArray[np.float32]
Colour = tuple[float, float, float]
"""Blue, green, red, 0 to 255."""
Point = tuple[float, float]
Where = tuple[slice, slice]


def mix(first: Colour, second: Colour, share: float) -> Colour:
    """Return the colour *share* of the way from *first* to *second*."""
    (b0, g0, r0), (b1, g1, r1) = first, second
    return b0 + (b1 - b0) * share, g0 + (g1 - g0) * share, r0 + (r1 - r0) * share


def lit(colour: Colour, factor: float) -> Colour:
    """Return *colour* brighter or darker."""
    blue, green, red = colour
    return min(255.0, blue * factor), min(255.0, green * factor), min(255.0, red * factor)


def clouds(rng: np.random.Generator, height: int, width: int, cells: Sequence[int], weights: Sequence[float]) -> Image:
    """Return smooth random texture (height, width) of about unit deviation, one octave for each of *cells* across."""
    total = np.zeros((height, width), np.float32)
    for cell, weight in zip(cells, weights, strict=True):
        rows = max(2, round(cell * height / width))
        grid = rng.standard_normal((rows + 2, cell + 2), dtype=np.float32)
        total += weight * cv2.resize(grid, (width, height), interpolation=cv2.INTER_CUBIC)
    return np.asarray(total / math.sqrt(sum(weight * weight for weight in weights)), np.float32)


def tones(colours: Sequence[Colour], index: NDArray[np.integer[Any]], light: Values) -> Image:
    """Return (n, 3) colours: the one at each *index*, made brighter or darker by *light*."""
    picked: Image = np.array(colours, np.float32)[index] * np.asarray(light, np.float32)[:, None]
    return picked


class Sheet:
    """The painted garden, (H, W, 3) uint8 BGR, addressed in sheet units."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng
        height, width = SHEET_HEIGHT * FINE, SHEET_WIDTH * FINE
        self.image: NDArray[np.uint8] = np.zeros((height, width, 3), np.uint8)
        self._grain = _small(rng.standard_normal((height, width), dtype=np.float32))
        self._mottle = _small(clouds(rng, height, width, (24, 60, 150), (1.0, 0.8, 0.6)))

    def texture(self, here: Where, grain: float, mottle: float) -> Image:
        """Return factors around 1, (h, w, 1), that deviate by *grain* from pixel to pixel and by *mottle* in spots."""
        fine = self._grain[here].astype(np.float32) * np.float32(grain * TEXTURE_STEP)
        spots = self._mottle[here].astype(np.float32) * np.float32(mottle * TEXTURE_STEP)
        return np.asarray(1 + fine + spots, np.float32)[..., None]

    def repaint(self, mask: Mask, top: int, left: int, paint: Callable[[Where, Mask, Image], Image]) -> None:
        """Replace what *mask* covers, in bands: ``paint(place, cover (h, w, 1), pixels)`` returns the new pixels.

        In bands, because float copies of all the sheet would be most of the memory of the demo.
        """
        height, width = mask.shape
        for first in range(0, height, BAND):
            last = min(height, first + BAND)
            here = (slice(top + first, top + last), slice(left, left + width))
            new = paint(here, mask[first:last, :, None], self.image[here].astype(np.float32))
            self.image[here] = np.clip(new, 0, 255) + 0.5

    def shape(self, points: Sequence[Point], *, soft: float = 0.0) -> tuple[Mask, int, int]:
        """Return the coverage (0 to 1) of a polygon with the row and column of its upper left corner."""
        fine = np.array(points, np.float64) * FINE
        margin = 2 + math.ceil(3 * soft * FINE)
        height, width = self.image.shape[:2]
        left, top = (max(0, int(value) - margin) for value in fine.min(axis=0))
        right = min(width, int(fine[:, 0].max()) + margin + 1)
        bottom = min(height, int(fine[:, 1].max()) + margin + 1)
        if right <= left or bottom <= top:
            return np.zeros((0, 0), np.float32), top, left
        cover = np.zeros((bottom - top, right - left), np.uint8)
        corners = np.rint((fine - (left, top)) * (1 << SHIFT)).astype(np.int32)
        cv2.fillPoly(cover, [corners], 255, cv2.LINE_AA, SHIFT)
        mask: Mask = cover.astype(np.float32) * np.float32(1 / 255)
        return (_softened(mask, soft * FINE) if soft else mask), top, left

    def area(self, points: Sequence[Point], colour: Colour, *, grain: float = 0.0, mottle: float = 0.0,
             soft: float = 0.0, strength: float = 1.0) -> None:  # fmt: skip
        """Fill a polygon; *grain* and *mottle* are relative deviations of its texture."""
        mask, top, left = self.shape(points, soft=soft)
        paint = np.array(colour, np.float32)

        def fill(here: Where, cover: Mask, pixels: Image) -> Image:
            pixels += cover * np.float32(strength) * (self.texture(here, grain, mottle) * paint - pixels)
            return pixels

        self.repaint(mask, top, left, fill)

    def shade(self, points: Sequence[Point], factor: float, *, soft: float = 0.0) -> None:
        """Darken (or with *factor* above 1 lighten) a polygon with a soft edge."""
        mask, top, left = self.shape(points, soft=soft)
        self.repaint(mask, top, left, lambda _, cover, pixels: pixels * (1 + np.float32(factor - 1) * cover))

    def box(self, left: float, top: float, right: float, bottom: float, colour: Colour, *, grain: float = 0.0,
            mottle: float = 0.0) -> None:  # fmt: skip
        """Fill a rectangle."""
        self.area(rectangle(left, top, right, bottom), colour, grain=grain, mottle=mottle)

    def line(self, start: Point, end: Point, colour: Colour, width: float) -> None:
        """Draw a line *width* sheet units wide, at least one fine pixel."""
        first, last = (tuple(round(value * FINE * (1 << SHIFT)) for value in point) for point in (start, end))
        thickness = max(1, round(width * FINE))
        cv2.line(self.image, first, last, colour, thickness, cv2.LINE_AA, SHIFT)

    def dabs(
        self, x: Values, y: Values, size: tuple[Values | float, Values | float], angle: Values, colours: Values
    ) -> None:
        """Draw many leaves, each a pointed lozenge.

        *x*, *y*, *angle*: (n,) middle and direction; *size*: length and width; *colours*: (n, 3).
        """
        length, width = (np.broadcast_to(np.asarray(value, np.float32), x.shape) / 2 for value in size)
        cos, sin = np.cos(angle), np.sin(angle)
        ahead, aside = (cos * length, sin * length), (-sin * width, cos * width)
        corners = np.stack(
            [np.stack([x + turn * dx, y + turn * dy], axis=1) for turn, (dx, dy) in
             ((-1, ahead), (1, aside), (1, ahead), (-1, aside))], axis=1
        )  # fmt: skip
        fixed = np.rint(corners * (FINE * (1 << SHIFT))).astype(np.int32)
        for leaf, colour in zip(fixed, np.clip(colours, 0, 255).tolist(), strict=True):
            cv2.fillConvexPoly(self.image, leaf, colour, cv2.LINE_AA, SHIFT)

    def disc(self, x: float, y: float, radius: float, colour: Colour) -> None:
        """Fill a circle."""
        centre = (round(x * FINE * (1 << SHIFT)), round(y * FINE * (1 << SHIFT)))
        cv2.circle(self.image, centre, round(radius * FINE * (1 << SHIFT)), colour, -1, cv2.LINE_AA, SHIFT)


def _small(texture: Image) -> NDArray[np.int8]:
    return np.asarray(np.clip(np.rint(texture * (1 / TEXTURE_STEP)), -127, 127), np.int8)


def _softened(mask: Mask, sigma: float) -> Mask:
    """Blur *mask*; a wide blur is made on a small copy, which costs a hundredth and looks the same."""
    coarse = max(1, int(sigma / 3))
    if coarse == 1:
        return np.asarray(cv2.GaussianBlur(mask, (0, 0), sigma), np.float32)
    height, width = mask.shape
    small = cv2.resize(mask, (math.ceil(width / coarse), math.ceil(height / coarse)), interpolation=cv2.INTER_AREA)
    small = cv2.GaussianBlur(small, (0, 0), sigma / coarse)
    return np.asarray(cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)


def rectangle(left: float, top: float, right: float, bottom: float) -> tuple[Point, ...]:
    """Return the corners of a rectangle."""
    return (left, top), (right, top), (right, bottom), (left, bottom)
