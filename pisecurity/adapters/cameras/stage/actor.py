"""Puts a person and its shadow into the planes of a picture."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from pisecurity.adapters.cameras.stage.figure import HEIGHT_M, Outfit, draw_person
from pisecurity.adapters.cameras.stage.light import LAMP_BY_DAY, WARM
from pisecurity.adapters.cameras.stage.paint import Image
from pisecurity.adapters.cameras.stage.passes import Step
from pisecurity.adapters.cameras.stage.view import View
from pisecurity.core.types import Box, Plane

SUN: Final = np.array((0.93, 1.0, 1.05), np.float32)
STREET_LAMP: Final = np.array((0.36, 0.40, 0.44), np.float32)
"""What the lamp of the street, behind the camera, gives somebody on the drive at night; blue, green, red."""
SHADOW_RIGHT: Final = 0.62
SHADOW_UP: Final = 0.13
"""Where the shadow of a head falls, in heights of the person, from its foot."""
SHADOW_DEPTH: Final = 0.40
CONTACT_DEPTH: Final = 0.45
YCC: Final = np.array(
    ((0.114, 0.587, 0.299, 0), (0.5, -0.331264, -0.168736, 0), (-0.081312, -0.418688, 0.5, 0), (0, 0, 0, 1)), np.float32
)
"""BGRA to Y, Cb - 128, Cr - 128, coverage. Source: JFIF 1.02."""


@dataclass(frozen=True, slots=True)
class Illumination:
    """The light on a person."""

    day: float
    """0 at night to 1."""
    sun: float
    """What the clouds let through, 0 to 1."""
    lamp: float
    """What reaches the person of the lamp beside the door, 0 to 1."""

    @property
    def colour(self) -> Image:
        """Factors for blue, green and red."""
        lamp = self.lamp * (1 - (1 - LAMP_BY_DAY) * self.day) * np.array(WARM, np.float32) / 255
        return np.asarray(self.day * self.sun * SUN + (1 - self.day) * STREET_LAMP + 0.6 * lamp, np.float32)


@dataclass(frozen=True, slots=True)
class _Place:
    """The part of the picture that a patch covers, and the part of the patch that is inside the picture."""

    picture: tuple[slice, slice]
    patch: tuple[slice, slice]


class Actor:
    """Draws persons into pictures of one view."""

    def __init__(self, view: View) -> None:
        self._view = view

    def draw(
        self, planes: tuple[Plane, Plane, Plane], step: Step, tall: float, outfit: Outfit, shine: Illumination
    ) -> tuple[Box, float] | None:
        """Draw a person into full-range planes; return its box and the visible share, None when outside."""
        x, y = self._view.pixel(*step.ground.on_sheet())
        size = tall * HEIGHT_M * step.ground.scale * self._view.scale
        patch, foot_x, foot_y = draw_person(size, step.pose, outfit)
        left, top = math.floor((x - foot_x) / 2) * 2, math.floor((y - foot_y) / 2) * 2
        self._shadow(planes[0], patch[..., 3], (left + foot_x, top + foot_y), size, shine)
        place = self._place(left, top, patch)
        if place is None:
            return None
        patch[..., :3] *= shine.colour
        ycc = np.asarray(cv2.transform(patch, YCC), np.float32)
        _blend(planes, ycc[place.patch], place.picture)
        return self._truth(patch[..., 3], place, left, top)

    def _place(self, left: int, top: int, patch: Image) -> _Place | None:
        height, width = patch.shape[:2]
        x0, x1 = max(0, left), min(self._view.width, left + width)
        y0, y1 = max(0, top), min(self._view.height, top + height)
        if x1 <= x0 or y1 <= y0:
            return None
        inside = (slice(y0 - top, y1 - top), slice(x0 - left, x1 - left))
        return _Place((slice(y0, y1), slice(x0, x1)), inside)

    def _truth(self, cover: Image, place: _Place, left: int, top: int) -> tuple[Box, float] | None:
        whole = cover > 0.5
        seen = whole[place.patch]
        if not seen.any():
            return None
        rows, columns = np.flatnonzero(seen.any(axis=1)), np.flatnonzero(seen.any(axis=0))
        y0, x0 = place.picture[0].start + int(rows[0]), place.picture[1].start + int(columns[0])
        height, width = int(rows[-1] - rows[0]) + 1, int(columns[-1] - columns[0]) + 1
        of_width, of_height = self._view.width, self._view.height
        box = Box(x0 / of_width, y0 / of_height, width / of_width, height / of_height)
        return box, float(np.count_nonzero(seen) / np.count_nonzero(whole))

    def _shadow(self, luma: Plane, cover: Image, foot: tuple[float, float], size: float, shine: Illumination) -> None:
        """Darken the ground: the shadow the sun casts to the right and away, and the dark under the soles."""
        reach, rise = math.ceil(SHADOW_RIGHT * size), math.ceil(SHADOW_UP * size) + 6
        left, top = math.floor(foot[0] - 0.4 * size), math.floor(foot[1]) - rise
        width, height = reach + math.ceil(0.8 * size), rise + 8
        foot_x, foot_y = foot[0] - left, foot[1] - top
        middle, base = cover.shape[1] / 2, cover.shape[0] - 2.0
        # A point of the figure *up* above its foot falls SHADOW_RIGHT * up to the right and SHADOW_UP * up away.
        fall = np.array(
            ((1, -SHADOW_RIGHT, foot_x - middle + SHADOW_RIGHT * base), (0, SHADOW_UP, foot_y - SHADOW_UP * base)),
            np.float32,
        )
        cast = cv2.warpAffine(cover, fall, (width, height), flags=cv2.INTER_LINEAR)
        cast = cv2.GaussianBlur(cast, (0, 0), max(0.8, 0.012 * size)) * (SHADOW_DEPTH * shine.day * shine.sun**2)
        x = (np.arange(width, dtype=np.float32) - np.float32(foot_x)) / np.float32(0.13 * size)
        y = (np.arange(height, dtype=np.float32) - np.float32(foot_y)) / np.float32(max(1.0, 0.022 * size))
        contact = CONTACT_DEPTH * np.exp(-(x[None, :] ** 2)) * np.exp(-(y[:, None] ** 2))
        place = self._place(left, top, cast)
        if place is None:
            return
        dark = np.maximum(cast, contact)[place.patch]
        part = luma[place.picture]
        part[:] = np.rint(part * (1 - dark)).astype(np.uint8)


def _blend(planes: tuple[Plane, Plane, Plane], ycc: Image, where: tuple[slice, slice]) -> None:
    """Lay a premultiplied patch (Y, Cb - 128, Cr - 128, coverage) over the planes at an even place."""
    rows, columns = where
    y = planes[0][where]
    y[:] = np.clip(np.rint(y * (1 - ycc[..., 3]) + ycc[..., 0]), 0, 255).astype(np.uint8)
    half = (slice(rows.start // 2, (rows.stop + 1) // 2), slice(columns.start // 2, (columns.stop + 1) // 2))
    height, width = (part.stop - part.start for part in half)
    small = cv2.resize(ycc, (width, height), interpolation=cv2.INTER_AREA)
    for plane, channel in ((planes[1], 1), (planes[2], 2)):
        part = plane[half]
        mixed = (part.astype(np.float32) - 128) * (1 - small[..., 3]) + small[..., channel] + 128
        part[:] = np.clip(np.rint(mixed), 0, 255).astype(np.uint8)
