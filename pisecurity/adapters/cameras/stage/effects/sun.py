"""Low sun: the bright patch behind a window that wanders with the hours."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from pisecurity.adapters.cameras.stage.canvas import Canvas, Image
from pisecurity.adapters.cameras.stage.curve import FULL, Curve
from pisecurity.adapters.cameras.stage.effects.effect import Playing, Setting
from pisecurity.adapters.cameras.stage.place import sheet_grid

STEP_S: Final = 2.0
"""The sun is moved on so often."""
STEPS: Final = 64
"""Its strength is rounded to so many steps, between which what it lights is kept."""
PER_M: Final = 24
"""Pixels a metre of what stands in the light."""
HALF: Final = 2
"""What is lit is worked out for one in so many pixels each way; edges of sunlight are soft."""
_SALT: Final = 127


@dataclass(frozen=True, slots=True)
class Sun:
    """Where it stands, from first to last."""

    heights: tuple[float, float] = (0.62, 0.30)
    """Tangent of its height, over the ground that goes straight to the side."""
    turns: tuple[float, float] = (0.15, -1.25)
    """Metres towards (below 0) or away from the camera that its light goes with each metre to the side."""
    starts_s: float = 0.0
    lasts_s: float = 7200.0

    def at(self, t_s: float) -> tuple[float, float]:
        """Return height and turn at a time."""
        share = min(1.0, max(0.0, (t_s - self.starts_s) / self.lasts_s))
        height, turn = (first + share * (last - first) for first, last in (self.heights, self.turns))
        return height, turn


@dataclass(frozen=True, slots=True)
class SunPatch:
    """Sun through a window in a side wall, outside of the picture, that lies on the floor and on the back wall."""

    back_m: float = 6.4
    """Distance of the back wall."""
    side_m: float = -3.6
    """How far right of the camera the wall with the window is: below 0 it is on the left."""
    window_m: tuple[float, float, float, float] = (2.2, 3.7, 0.85, 2.1)
    """Near, far, sill and lintel."""
    sun: Sun = Sun()
    strength: Curve = FULL
    """Clouds make it less; 0: no sun."""
    boost: float = 1.1
    """How much brighter the patch is, as a share of the light of the day."""

    def begin(self, setting: Setting) -> Playing:
        near, far, sill, lintel = self.window_m
        wall = _Standing(_window(far - near, lintel - sill), near, sill)
        ground = _Ground(setting, self.back_m)
        return _Shining(setting, ground, wall, self.side_m, self.sun, self.strength, self.boost)


@dataclass(frozen=True, slots=True)
class _Standing:
    """What stands in the light: an upright picture that runs away from the camera."""

    through: NDArray[np.uint8]
    """(h, w), 255 where light goes through; its first row is the highest."""
    near_m: float
    foot_m: float


class _Ground:
    """Where in space each pixel lies, on level ground or on the wall behind it; for one in ``HALF`` pixels."""

    def __init__(self, setting: Setting, back_m: float) -> None:
        lens, view = setting.place.lens, setting.view
        size = (max(1, view.width // HALF), max(1, view.height // HALF))
        x, y = (cv2.resize(np.ascontiguousarray(np.broadcast_to(each, (view.height, view.width))), size,
                           interpolation=cv2.INTER_AREA) for each in sheet_grid(view))  # fmt: skip
        reach = lens.focal * lens.camera_height_m
        self.away_m = np.asarray(reach / np.maximum(y - lens.horizon, reach / back_m), np.float32)
        self.right_m = np.asarray((x - lens.vanishing_x) * self.away_m / lens.focal, np.float32)
        up = lens.camera_height_m - (y - lens.horizon) * self.away_m / lens.focal
        self.up_m = np.asarray(np.maximum(0, up), np.float32)


class _Shining(Playing):
    def __init__(
        self, setting: Setting, ground: _Ground, standing: _Standing, side_m: float, sun: Sun, strength: Curve,
        boost: float,
    ) -> None:  # fmt: skip
        self._setting, self._ground, self._standing = setting, ground, standing
        self._side_m, self._sun, self._strength = side_m, sun, strength
        self._boost = boost
        self._light = lru_cache(maxsize=4)(self._worked_out)

    def stir(self, t_s: float, canvas: Canvas) -> None:
        fine, coarse = self._now(t_s)
        if fine is not None and coarse is not None:
            cv2.multiply(canvas.y, fine, dst=canvas.y, dtype=cv2.CV_8U)

    def light(self, t_s: float) -> Image | None:
        return self._now(t_s)[1]

    def _now(self, t_s: float) -> tuple[Image | None, Image | None]:
        step = round(self._strength(t_s) * STEPS)
        return self._light(math.floor(t_s / STEP_S), step) if step > 0 else (None, None)

    def _worked_out(self, number: int, step: int) -> tuple[Image, Image]:
        """Return the factors for the still picture, (H, W), and those for everything, coarse, to come after them."""
        view = self._setting.view
        half = 1 + self._boost * step / STEPS * self._through(number * STEP_S)
        rows, columns = self._setting.field_shape
        coarse = cv2.resize(np.asarray(half, np.float32), (columns, rows), interpolation=cv2.INTER_AREA)
        size = (view.width, view.height)
        fine, even = (cv2.resize(each, size, interpolation=cv2.INTER_LINEAR) for each in (half, coarse))
        # The scene multiplies everything by the coarse factors, so that they light those who walk through as well.
        return np.asarray(fine / even, np.float32), np.asarray(coarse, np.float32)

    def _through(self, t_s: float) -> Image:
        """Return how much sun reaches each place, 0 to 1."""
        height, turn = self._sun.at(t_s)
        ground, standing = self._ground, self._standing
        aside = np.abs(ground.right_m - np.float32(self._side_m))
        columns = (ground.away_m + np.float32(turn) * aside - np.float32(standing.near_m)) * PER_M
        top = standing.foot_m * PER_M + standing.through.shape[0]
        rows = np.float32(top) - (ground.up_m + np.float32(height) * aside) * PER_M
        seen = cv2.remap(standing.through, columns, rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
        return np.asarray(seen.astype(np.float32) * np.float32(1 / 255), np.float32)


def _window(width_m: float, height_m: float) -> NDArray[np.uint8]:
    """Return a window of two panes with a transom."""
    width, height = round(width_m * PER_M), round(height_m * PER_M)
    glass = np.full((height, width), 255, np.uint8)
    bar = max(1, round(0.07 * PER_M))
    glass[:, width // 2 - bar // 2 : width // 2 - bar // 2 + bar] = 0
    glass[round(0.3 * height) : round(0.3 * height) + bar] = 0
    glass[:1], glass[-1:], glass[:, :1], glass[:, -1:] = 0, 0, 0, 0
    return np.asarray(cv2.GaussianBlur(glass, (0, 0), 0.8), np.uint8)
