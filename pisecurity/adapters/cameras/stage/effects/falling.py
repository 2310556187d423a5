"""Drops and flakes: many small things between the camera and the scene, all of them functions of the time."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from pisecurity.adapters.cameras.stage.effects.chance import Numbers, scattered
from pisecurity.adapters.cameras.stage.effects.effect import Setting
from pisecurity.core.types import Plane

SHIFT: Final = 4
AROUND: Final = 60.0
"""Sheet units outside of the picture where they begin and end."""
SOFT: Final = 2
"""Layers coarser than this are blurred."""
THINNEST: Final = 0.4
"""A line thinner than this share of a pixel is drawn as if it were so thick."""


@dataclass(frozen=True, slots=True)
class Band:
    """Those at about the same distance."""

    count: int
    near_m: float
    far_m: float
    size_m: float
    """Width of one as the lens shows it, its blur included."""
    blur: int
    """They are drawn on a layer so many times coarser: 1 is sharp."""
    by_day: float
    """How dense they look, 0 to 1."""
    in_infrared: float
    """The same in the light of the lamp beside the lens."""


@dataclass(frozen=True, slots=True)
class Fall:
    """How they move."""

    speed: float
    """Metres a second, on average."""
    wind: float
    """Metres a second to the right."""
    sway_m: float = 0.0
    sway_s: float = 2.0
    """How far and in what time they swing to and fro."""


class Falling:
    """All of them in a place. Each falls again and again, in another column every time."""

    def __init__(self, bands: Sequence[Band], fall: Fall, setting: Setting, salt: int) -> None:
        self._bands, self._fall, self._view, lens = bands, fall, setting.view, setting.place.lens
        self._salt = setting.seed * 1009 + salt
        rng, counts = setting.rng(salt), [band.count for band in bands]
        total = sum(counts)
        near, far = (np.repeat([getattr(band, end) for band in bands], counts) for end in ("near_m", "far_m"))
        self._unit = lens.focal / rng.uniform(near, far)
        self._speed = fall.speed * rng.uniform(0.75, 1.25, total) * self._unit
        foot = self._view.top + self._view.height / self._view.scale + AROUND
        ground = lens.horizon + lens.camera_height_m * self._unit
        self._first = self._view.top - AROUND
        self._height = np.maximum(20.0, np.minimum(ground, foot) - self._first)
        self._carry = fall.wind * self._unit * self._height / self._speed
        # Falls a second, and metres a second to the right in sheet units.
        self._often, self._drift = self._speed / self._height, np.full(total, fall.wind) * self._unit
        self._phase, self._turn = rng.random(total), rng.uniform(0, 2 * math.pi, total)
        self._number = np.arange(total)
        # When there are fewer of them, those with a larger share are not there.
        self._share = rng.random(total)
        ends = np.cumsum(counts)
        self._parts = [slice(int(end - count), int(end)) for end, count in zip(ends, counts, strict=True)]
        units = [float(self._unit[part].mean()) * self._view.scale for part in self._parts]
        self._width = [band.size_m * unit for band, unit in zip(bands, units, strict=True)]
        self._pace = [fall.speed * unit for unit in units]

    def cover(self, t_s: float, exposure_s: float, strength: float, infrared: float) -> Plane:
        """Return how much of each pixel they hide, (H, W), 255 all of it.

        Args:
            t_s: time of the scene.
            exposure_s: how long the shutter is open, which makes streaks of them.
            strength: share of them that is there, 0 to 1.
            infrared: 0 by day, 1 in the light of the infrared lamp.
        """
        lines = self._lines(t_s, exposure_s)
        there = self._share < strength
        width, height = self._view.width, self._view.height
        layers = {1: np.zeros((height, width), np.uint8)}
        for band, part, thick, speed in zip(self._bands, self._parts, self._width, self._pace, strict=True):
            dense, blur = band.by_day + infrared * (band.in_infrared - band.by_day), band.blur
            # What is thinner than a pixel hides only a part of it.
            value = round(255 * dense * min(1.0, max(THINNEST, thick / blur)))
            if value == 0:
                continue
            if blur not in layers:
                layers[blur] = np.zeros((-(-height // blur), -(-width // blur)), np.uint8)
            shown = lines[part][there[part]] * (1 / blur)
            if thick < blur and speed * exposure_s < blur:
                # No longer than a pixel: dots look the same and cost much less.
                _dots(layers[blur], 0.5 * (shown[:, 0] + shown[:, 1]), value)
            else:
                _streaks(layers[blur], shown, value, thick / blur, soft=blur > SOFT)
        return _stacked(layers)

    def _lines(self, t_s: float, exposure_s: float) -> Numbers:
        """Return (n, 2, 2): where each is when the shutter opens and when it closes, in pixels."""
        way = t_s * self._often + self._phase
        turn = np.floor(way)
        fallen = way - turn
        span = self._view.right - self._view.left + 2 * AROUND
        across = scattered(self._salt, self._number, turn.astype(np.int64)) * span + self._carry * fallen
        aside = self._drift
        lines = np.empty((len(fallen), 2, 2))
        if self._fall.sway_m:
            swing = 2 * math.pi / self._fall.sway_s
            reach = self._fall.sway_m * self._unit
            across += reach * np.sin(swing * t_s + self._turn)
            aside = aside + swing * reach * np.cos(swing * t_s + self._turn)
        lines[:, 1, 0] = across % span - AROUND
        lines[:, 1, 1] = fallen * self._height - AROUND
        lines[:, 0, 0] = lines[:, 1, 0] - exposure_s * aside
        lines[:, 0, 1] = lines[:, 1, 1] - exposure_s * self._speed
        lines *= self._view.scale
        return lines


def _stacked(layers: dict[int, Plane]) -> Plane:
    """Return the layers, from the coarsest to the finest, as one of the finest's size."""
    coarsest, *finer = sorted(layers, reverse=True)
    total = layers[coarsest]
    if coarsest > SOFT:
        total = np.asarray(cv2.blur(total, (3, 3)), np.uint8)
    for blur in finer:
        layer = layers[blur]
        cv2.max(layer, cv2.resize(total, layer.shape[::-1], interpolation=cv2.INTER_LINEAR), dst=layer)
        total = layer
    return total


def _streaks(layer: Plane, lines: Numbers, value: int, thick: float, *, soft: bool) -> None:
    """Draw *lines*, (n, 2, 2) in pixels of the layer; *soft*: it will be blurred, so that rough edges do no harm."""
    fixed = (lines * (1 << SHIFT)).astype(np.int32)
    way = cv2.LINE_8 if soft else cv2.LINE_AA
    cv2.polylines(layer, list(fixed), False, value, max(2 if soft else 1, round(thick)), way, SHIFT)


def _dots(layer: Plane, at: Numbers, value: int) -> None:
    """Draw dots, shared out over the four pixels around each of (n, 2)."""
    height, width = layer.shape
    at = at[(at >= 0).all(axis=1) & (at[:, 0] < width - 1) & (at[:, 1] < height - 1)]
    whole = at.astype(np.intp)
    part = at - whole
    for right in (0, 1):
        for down in (0, 1):
            share = np.abs(1 - right - part[:, 0]) * np.abs(1 - down - part[:, 1])
            layer[whole[:, 1] + down, whole[:, 0] + right] = value * share
