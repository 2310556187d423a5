"""A part of a home as the camera sees it while it is empty and still."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from pisecurity.adapters.cameras.stage.canvas import Image
from pisecurity.adapters.cameras.stage.paint import FINE, Point, Sheet
from pisecurity.adapters.cameras.stage.view import Ground, Lens, View

DAY: Final = "day"
NIGHT: Final = "night"
LAMP: Final = "lamp"
INFRARED: Final = "infrared"
"""The lights that every place has."""


@dataclass(frozen=True, slots=True)
class Area:
    """An upright rectangle of the sheet."""

    left: float
    top: float
    right: float
    bottom: float

    def pixels(self, view: View) -> tuple[int, int, int, int]:
        """Return left, top, right, bottom in even pixels inside the picture."""
        (x0, y0), (x1, y1) = view.pixel(self.left, self.top), view.pixel(self.right, self.bottom)
        left, top = (max(0, int(value) // 2 * 2) for value in (x0, y0))
        return left, top, min(view.width, int(x1)) // 2 * 2, min(view.height, int(y1)) // 2 * 2


@dataclass(frozen=True, slots=True)
class Leaves:
    """A part of the sheet where whatever is green moves in the wind."""

    area: Area
    reach: float
    """How far, in sheet units, in a fresh breeze."""


@dataclass(frozen=True, slots=True)
class Screen:
    """Something that hides whoever is behind it, such as the back of a sofa."""

    outline: tuple[Point, ...]
    """On the sheet."""
    away_m: float


@dataclass(frozen=True, slots=True)
class Place:
    """Lights, geometry, and the parts that may move."""

    lens: Lens
    lights: Mapping[str, NDArray[np.uint8]]
    """What each light adds at full strength, with the names above and others: (H, W, 3) BGR at the size of the view."""
    ways: Mapping[str, tuple[Ground, ...]]
    """Where people and animals may walk, from outside of the picture to outside of it or to an end in it."""
    areas: Mapping[str, Area] = field(default_factory=dict)
    """Parts that an effect may change: ``window``, ``television``, ``curtain``, ``fan``, ``water`` ..."""
    leaves: tuple[Leaves, ...] = ()
    screens: tuple[Screen, ...] = ()
    outdoors: bool = True
    """Rain and snow fall here, and the sun casts shadows."""


def seen_part(sheet: Sheet, view: View) -> Image:
    """Return what *view* shows of a painted sheet as (height, width, 3) float32 BGR."""
    left, right = round(view.left * FINE), round(view.right * FINE)
    part = sheet.image[round(view.top * FINE) :, left:right]
    way = cv2.INTER_AREA if view.width < right - left else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(part, (view.width, view.height), interpolation=way), np.float32)


def sheet_grid(view: View) -> tuple[Image, Image]:
    """Return the sheet coordinates of the pixels: x as (1, W) and y as (H, 1)."""
    x = (np.arange(view.width, dtype=np.float32)[None, :] + np.float32(0.5)) / np.float32(view.scale)
    y = (np.arange(view.height, dtype=np.float32)[:, None] + np.float32(0.5)) / np.float32(view.scale)
    return np.asarray(x + np.float32(view.left), np.float32), np.asarray(y + np.float32(view.top), np.float32)


def as_light(image: Image) -> NDArray[np.uint8]:
    """Return a painted light as a place keeps it."""
    return np.clip(np.rint(image), 0, 255).astype(np.uint8)


def spill(x: Image, y: Image, at: Point, reach: float) -> Image:
    """Return how bright a lamp at a point of the sheet makes its surroundings: 1 at the lamp, (H, W).

    *x*, *y*: see ``sheet_grid``; *reach*: distance in sheet units at which about a third is left.
    """
    distance = ((x - at[0]) ** 2 + (y - at[1]) ** 2) * (1 / reach**2)
    return np.asarray(1 / (1 + distance) ** 1.5, np.float32)


def infrared_of(day: Image, view: View, lens: Lens) -> Image:
    """Return what the infrared lamp beside the lens adds, derived from a picture of the day, as (H, W, 3) grey.

    Colours are nearly alike in infrared and leaves are bright in it; the lamp's light falls off with the distance
    and towards the corners.
    """
    blue, green, red = (day[..., channel] for channel in range(3))
    leaf = np.clip((green - np.maximum(blue, red)) / 40, 0, 1)
    grey = 0.25 * blue + 0.35 * green + 0.40 * red
    tone = 70 + 0.62 * grey + 45 * leaf
    x, y = sheet_grid(view)
    away_m = lens.focal * lens.camera_height_m / np.maximum(y - lens.horizon, lens.focal * lens.camera_height_m / 14)
    reach = np.clip(1.15 / (1 + (away_m / 6.5) ** 2), 0.10, 1.0)
    corner = 1 - 0.45 * np.clip(((x - lens.vanishing_x) / 430) ** 2 + ((y - 270) / 300) ** 2, 0, 1)
    lit = tone * reach * corner
    return np.asarray(np.repeat(lit[..., None], 3, axis=2), np.float32)
