"""Leaves in the wind: parts of the picture that are drawn a little beside their place."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from pisecurity.adapters.cameras.stage.canvas import Canvas, Image, Where
from pisecurity.adapters.cameras.stage.curve import FULL, Curve
from pisecurity.adapters.cameras.stage.effects.effect import Playing, Setting
from pisecurity.adapters.cameras.stage.place import DAY, Leaves
from pisecurity.adapters.cameras.stage.view import View

COARSE: Final = 8
SWAY_HZ: Final = 0.42
FLUTTER_HZ: Final = 1.15
_SALT: Final = 43


@dataclass(frozen=True, slots=True)
class _Patch:
    """One region in even pixels."""

    left: int
    top: int
    right: int
    bottom: int
    reach: float
    amount: Image
    """0 where nothing moves, 1 in the middle of leaves; coarse."""
    phase: Image
    """Radians, coarse: neighbouring boughs move together."""

    def where(self, half: int) -> Where:
        """Return its place in a plane whose pixels are *half* pixels of the picture wide."""
        return slice(self.top // half, self.bottom // half), slice(self.left // half, self.right // half)


@dataclass(frozen=True, slots=True)
class Wind:
    """Moves whatever is green where the place has leaves."""

    strength: Curve = FULL
    """1 is a light breeze, 3 a strong wind."""

    def begin(self, setting: Setting) -> Playing:
        return _Blowing(self, setting)


class _Blowing(Playing):
    def __init__(self, wind: Wind, setting: Setting) -> None:
        self._wind = wind
        day, rng = setting.place.lights[DAY].astype(np.float32), setting.rng(_SALT)
        patches = [_patch(day, setting.view, leaves, rng) for leaves in setting.place.leaves]
        self._patches = [patch for patch in patches if patch is not None]

    def stir(self, t_s: float, canvas: Canvas) -> None:
        """Move the leaves in a still picture to where they are at *t_s*."""
        gust = self._wind.strength(t_s) * (0.45 + 0.25 * math.sin(0.37 * t_s) + 0.2 * math.sin(0.83 * t_s + 1.0))
        for patch in self._patches:
            sway = patch.phase + 2 * math.pi * SWAY_HZ * t_s
            flutter = 1.9 * patch.phase + 2 * math.pi * FLUTTER_HZ * t_s
            across = patch.reach * gust * patch.amount * (np.sin(sway) + 0.35 * np.sin(flutter))
            down = 0.45 * patch.reach * gust * patch.amount * np.cos(flutter + 0.7)
            sources: dict[int, tuple[Image, Image]] = {}
            for plane, half in canvas.planes():
                if half not in sources:
                    sources[half] = _sources(patch, half, across, down)
                here = patch.where(half)
                moved = cv2.remap(plane[here], *sources[half], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
                plane[here] = moved


def _sources(patch: _Patch, half: int, across: Image, down: Image) -> tuple[Image, Image]:
    """Return column and row of the still region that each pixel shows, in a plane whose pixels are *half* as fine."""
    rows, columns = patch.where(half)
    width, height = columns.stop - columns.start, rows.stop - rows.start
    x, y = (np.asarray(cv2.resize(each, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)
            for each in (across, down))  # fmt: skip
    if half > 1:
        x *= np.float32(1 / half)
        y *= np.float32(1 / half)
    x += np.arange(width, dtype=np.float32)[None, :]
    y += np.arange(height, dtype=np.float32)[:, None]
    return x, y


def _patch(day: Image, view: View, leaves: Leaves, rng: np.random.Generator) -> _Patch | None:
    x0, y0, x1, y1 = leaves.area.pixels(view)
    phases = rng.uniform(0, 4.0, (4, 6)).astype(np.float32)
    if x1 - x0 < COARSE or y1 - y0 < COARSE:
        return None
    size = ((x1 - x0 + COARSE - 1) // COARSE, (y1 - y0 + COARSE - 1) // COARSE)
    amount = cv2.resize(_green(day[y0:y1, x0:x1], view.scale), size, interpolation=cv2.INTER_AREA)
    phase = cv2.resize(phases, size, interpolation=cv2.INTER_CUBIC)
    taper = _taper(size, at_top=y0 == 0)
    return _Patch(
        x0, y0, x1, y1, leaves.reach * view.scale, np.asarray(amount, np.float32) * taper, np.asarray(phase, np.float32)
    )


def _green(part: Image, scale: float) -> Image:
    blue, green, red = (part[..., channel] for channel in range(3))
    leaves = (green > 1.12 * np.maximum(blue, red)).astype(np.float32)
    return np.asarray(np.clip(1.5 * cv2.GaussianBlur(leaves, (0, 0), 2.5 * scale), 0, 1), np.float32)


def _taper(size: tuple[int, int], *, at_top: bool) -> NDArray[np.float32]:
    """Fall to 0 at the rim, so that a region joins the still picture; not where the picture itself ends."""
    width, height = size
    x, y = np.arange(width), np.arange(height)
    sides = np.minimum(1, np.minimum(x, width - 1 - x) / 2)
    above = np.ones(height) if at_top else np.minimum(1, y / 2)
    ends = np.minimum(above, np.minimum(1, (height - 1 - y) / 2))
    return np.asarray(ends[:, None] * sides[None, :], np.float32)
