"""Washing on a line that flaps in the wind."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from pisecurity.adapters.cameras.stage.canvas import Canvas, Image
from pisecurity.adapters.cameras.stage.curve import FULL, Curve
from pisecurity.adapters.cameras.stage.effects.effect import Playing, Setting
from pisecurity.adapters.cameras.stage.effects.layer import Lit, Region, area_of
from pisecurity.adapters.cameras.stage.paint import Colour, Point, clouds, lit
from pisecurity.adapters.cameras.stage.place import Area

CLOTHS: Final[tuple[Colour, ...]] = (
    (228, 232, 232), (206, 172, 132), (120, 116, 190), (150, 186, 206), (112, 128, 96), (88, 84, 80), (190, 200, 224),
)  # fmt: skip
FINE: Final = 48
"""Pixels of a painted piece each way."""
COARSE: Final = 4
SHIRT: Final[tuple[Point, ...]] = (
    (0.28, 0.0), (0.42, 0.05), (0.58, 0.05), (0.72, 0.0), (1.0, 0.20), (0.90, 0.36), (0.76, 0.26),
    (0.78, 1.0), (0.22, 1.0), (0.24, 0.26), (0.10, 0.36), (0.0, 0.20),
)  # fmt: skip
TOWEL: Final[tuple[Point, ...]] = (
    (0.0, 0.0),
    (0.25, 0.02),
    (0.5, 0.0),
    (0.75, 0.02),
    (1.0, 0.0),
    (1.0, 1.0),
    (0.0, 1.0),
)
_SALT: Final = 103


@dataclass(frozen=True, slots=True)
class Laundry:
    """Pieces of cloth that hang side by side in an area of the sheet; each swings for itself."""

    area: Area | str = "laundry"
    """A part of the sheet, or one that the place names; its upper edge is the line."""
    pieces: int = 3
    strength: Curve = FULL
    """Of the wind: 1 is a light breeze, 3 strong; at 0 they hang still."""

    def begin(self, setting: Setting) -> Playing:
        """Return it in its place.

        Raises:
            ValueError: the place has no such area.
        """
        area = area_of(setting, self.area) if isinstance(self.area, str) else self.area
        return _Hanging(self.strength, _pieces(setting, area, self.pieces), setting, area)


@dataclass(frozen=True, slots=True)
class _Piece:
    """One piece of cloth on the sheet."""

    left: float
    top: float
    right: float
    bottom: float
    painted: Image
    """(FINE, FINE, 4) BGRA premultiplied, coverage 0 to 1."""
    phase: float


@dataclass(frozen=True, slots=True)
class _Patch:
    """The part of the picture in which a piece swings."""

    piece: _Piece
    left: int
    top: int
    size: tuple[int, int]
    """Width and height."""
    x: Image
    """Where each of its pixels is on the piece while it hangs still, 0 to 1 across; coarse, (h, w)."""
    y: Image
    """The same, downwards."""


class _Hanging(Playing):
    def __init__(self, strength: Curve, pieces: list[_Piece], setting: Setting, area: Area) -> None:
        self._strength = strength
        region = Region(area, setting)
        self._lit = None if region.empty else Lit(region, setting)
        self._patches = [_patch(piece, setting) for piece in pieces]

    def stir(self, t_s: float, canvas: Canvas) -> None:
        if self._lit is None:
            return
        bright, strength = min(1.4, self._lit.share(canvas)), self._strength(t_s)
        for patch in self._patches:
            phase = patch.piece.phase
            gust = strength * (0.5 + 0.3 * math.sin(0.61 * t_s + phase) + 0.2 * math.sin(1.7 * t_s + 2 * phase))
            moved = _moved(patch, gust, 2 * math.pi * t_s + phase)
            columns, rows, light = (cv2.resize(each, patch.size, interpolation=cv2.INTER_LINEAR) for each in moved)
            pixels: Image = np.asarray(cv2.remap(patch.piece.painted, columns, rows, cv2.INTER_LINEAR), np.float32)
            pixels[..., :3] *= np.asarray(light * np.float32(bright), np.float32)[..., None]
            canvas.blend(pixels, patch.left, patch.top)


def _patch(piece: _Piece, setting: Setting) -> _Patch:
    view = setting.view
    (x0, y0), (x1, y1) = view.pixel(piece.left, piece.top), view.pixel(piece.right, piece.bottom)
    wide, tall = max(2, round(x1 - x0)), max(2, round(y1 - y0))
    margin = math.ceil(0.22 * max(wide, tall)) + 2
    left, top = math.floor((x0 - margin) / 2) * 2, math.floor(y0 / 2) * 2 - 2
    size = (wide + 2 * margin, tall + margin)
    across, down = ((np.arange(-(-length // COARSE)) + 0.5) * length / -(-length // COARSE) for length in size)
    x, y = np.meshgrid((across + left - x0) / wide, (down + top - y0) / tall)
    return _Patch(piece, left, top, size, np.asarray(x, np.float32), np.asarray(y, np.float32))


def _moved(patch: _Patch, gust: float, turn: float) -> tuple[Image, Image, Image]:
    """Return which column and row of the painted piece a patch shows, and how bright it is; coarse, (h, w) each.

    *gust*: of the wind, 1 is a light breeze; *turn*: phase in radians.
    """
    x, y = patch.x, patch.y
    light = 1 + min(0.25, 0.2 * gust) * np.sin(5.0 * y + (4.8 * x - 1.2 * turn))
    free = np.clip(y, 0, 1.3)
    columns = x - 0.13 * gust * free * (np.sin(2.2 * y - turn) + 0.8)
    rows = y * (1 + 0.05 * gust) + 0.03 * gust * free * np.sin(7 * x - 1.3 * turn)
    return (
        np.asarray(columns * FINE - 0.5, np.float32),
        np.asarray(rows * FINE - 0.5, np.float32),
        np.asarray(light, np.float32),
    )


def _pieces(setting: Setting, area: Area, count: int) -> list[_Piece]:
    """Draw towels, sheets and shirts by lot, from the left to the right of the line."""
    rng = setting.rng(_SALT)
    step = (area.right - area.left) / max(1, count)
    pieces = []
    for number in range(count):
        width, height = step * float(rng.uniform(0.62, 0.92)), (area.bottom - area.top) * float(rng.uniform(0.6, 0.98))
        left = area.left + (number + 0.5) * step - width / 2
        painted = _painted(rng, shirt=bool(rng.random() < 0.5))
        turn = float(rng.uniform(0, 2 * math.pi))
        pieces.append(_Piece(left, area.top, left + width, area.top + height, painted, turn))
    return pieces


def _painted(rng: np.random.Generator, *, shirt: bool) -> Image:
    """Paint one piece."""
    colour = CLOTHS[int(rng.integers(len(CLOTHS)))]
    cover: NDArray[np.uint8] = np.zeros((FINE, FINE), np.uint8)
    cv2.fillPoly(
        cover, [np.rint(np.array(SHIRT if shirt else TOWEL) * FINE * 16).astype(np.int32)], 255, cv2.LINE_AA, 4
    )
    light = 1 + 0.05 * clouds(rng, FINE, FINE, (5, 14), (1.0, 0.6)) - 0.12 * np.linspace(0, 1, FINE)[:, None]
    painted = np.empty((FINE, FINE, 4), np.float32)
    painted[..., :3] = np.array(lit(colour, 0.9), np.float32) * light[..., None]
    if not shirt and rng.random() < 0.6:
        painted[int(0.72 * FINE) : int(0.80 * FINE), :, :3] = CLOTHS[int(rng.integers(len(CLOTHS)))]
    painted[..., 3] = 1.0
    return np.asarray(np.clip(painted, 0, 255) * (cover.astype(np.float32) / 255)[..., None], np.float32)
