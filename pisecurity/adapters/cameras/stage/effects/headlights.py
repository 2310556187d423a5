"""Headlights of passing cars that sweep over a garden or, through a window, over a room."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Final

import cv2
import numpy as np

from pisecurity.adapters.cameras.stage.canvas import Canvas, Image
from pisecurity.adapters.cameras.stage.curve import FULL, Curve, eased
from pisecurity.adapters.cameras.stage.effects.albedo import Albedo
from pisecurity.adapters.cameras.stage.effects.chance import ByLot, Visit, Visits
from pisecurity.adapters.cameras.stage.effects.effect import COARSE, Playing, Setting
from pisecurity.core.types import Plane

BEAM_WIDTH: Final = 420
BEAM_HEIGHT: Final = 300
"""Size of a beam's pattern in pixels; drawn twice as wide as the sheet unit."""
HALF: Final = 2
"""Beams are worked out for one in so many pixels each way; they have no sharp edges."""
LIFT: Final = 3.0
"""How much brighter a beam makes somebody who walks through it, as a share of the night's light."""
_SALT: Final = 83


@dataclass(frozen=True, slots=True)
class Headlights:
    """Light from outside that passes over the place at night.

    Outdoors it is a cone with the shadows of a tree in it, in a room a bright window with the shadow of its cross,
    which bends as it wanders.
    """

    passes: Visits = field(default_factory=lambda: ByLot(3.0, 2.0, 5.0))
    strength: Curve = FULL
    """1 is near and full beam."""

    def begin(self, setting: Setting) -> Playing:
        return _Sweeping(self, setting)


@dataclass(frozen=True, slots=True)
class _Beam:
    """Where the pattern of one pass is at a moment."""

    pattern: Plane
    move: Image
    """(2, 3), from the pattern to pixels of the picture."""
    bright: float


class _Sweeping(Playing):
    def __init__(self, headlights: Headlights, setting: Setting) -> None:
        self._headlights, self._setting = headlights, setting
        self._albedo = Albedo(setting)
        rng = setting.rng(_SALT)
        self._pattern = _cone(rng) if setting.place.outdoors else _window(rng)
        self._soft = cv2.blur(self._pattern, (15, 15))

    def stir(self, t_s: float, canvas: Canvas) -> None:
        size = canvas.size
        for beam in self._beams(t_s):
            half = ((size[0] + 1) // HALF, (size[1] + 1) // HALF)
            light = cv2.warpAffine(beam.pattern, beam.move / HALF, half, flags=cv2.INTER_LINEAR)
            dimmed = cv2.convertScaleAbs(light, alpha=beam.bright)
            self._albedo.shine(canvas, np.asarray(cv2.resize(dimmed, size, interpolation=cv2.INTER_LINEAR), np.uint8))
        field = self.light(t_s)
        if field is not None:
            # What is added here is right already; the field is for those who walk through the beam.
            cv2.divide(canvas.y, cv2.resize(field, size, interpolation=cv2.INTER_LINEAR), dst=canvas.y, dtype=cv2.CV_8U)

    def light(self, t_s: float) -> Image | None:
        rows, columns = self._setting.field_shape
        total: Image | None = None
        for beam in self._beams(t_s):
            coarse = cv2.warpAffine(self._soft, beam.move / COARSE, (columns, rows), flags=cv2.INTER_LINEAR)
            lift = np.asarray(coarse, np.float32) * np.float32(LIFT * beam.bright / 255)
            total = lift + 1 if total is None else np.asarray(total + lift, np.float32)
        return total

    def _beams(self, t_s: float) -> list[_Beam]:
        visits = self._headlights.passes.around(self._setting.seed, _SALT, t_s)
        strength = self._headlights.strength(t_s)
        return [self._beam(visit, t_s, strength) for visit in visits] if strength > 0 else []

    def _beam(self, visit: Visit, t_s: float, strength: float) -> _Beam:
        rng, view, outdoors = (
            self._setting.rng(_SALT, 5, visit.number),
            self._setting.view,
            self._setting.place.outdoors,
        )
        rightwards, bright = bool(rng.random() < 0.5), float(rng.uniform(0.6, 1.0))
        row = float(rng.uniform(-10, 25))
        share = visit.share(t_s)
        # A car that passes at right angles sweeps slowly while it is far and fast when it is abreast.
        swept = 0.5 + math.atan(3.0 * (share - 0.5)) / (2 * math.atan(1.5))
        if not rightwards:
            swept = 1 - swept
        span = view.right - view.left
        wide = (1.9 - 0.5 * math.sin(math.pi * share)) if outdoors else (0.55 + 0.5 * abs(swept - 0.5))
        # In a room the light comes in above the sill and lies on the walls.
        tall, above = (1.0, 0.36 * BEAM_HEIGHT) if outdoors else (0.62, 20.0)
        lean = 0.55 * (swept - 0.5)
        left = view.left + span * (-0.2 + 1.4 * swept) - wide * BEAM_WIDTH / 2 - lean * BEAM_HEIGHT / 2
        top = self._setting.place.lens.horizon + row - above
        move = view.scale * np.array(((wide, lean, left - view.left), (0.06 * lean, tall, top - view.top)))
        fades = eased(4 * share) * eased(4 * (1 - share))
        return _Beam(self._pattern, move.astype(np.float32), strength * bright * fades)


def _cone(rng: np.random.Generator) -> Plane:
    """Return the light of two headlights with a hard upper edge, and in it the shadow of a tree."""
    y, x = np.mgrid[0:BEAM_HEIGHT, 0:BEAM_WIDTH].astype(np.float32)
    total = np.zeros((BEAM_HEIGHT, BEAM_WIDTH), np.float32)
    edge = 0.30 * BEAM_HEIGHT
    for middle in (0.42, 0.58):
        aside = (x - middle * BEAM_WIDTH) / (0.17 * BEAM_WIDTH)
        below = (y - edge) / (0.5 * BEAM_HEIGHT)
        total += np.exp(-(aside**2) - np.maximum(below, 0) ** 2)
    # Dipped headlights are cut off above; some light goes over it.
    total *= 0.16 + 0.84 * np.clip((y - edge) / 7 + 0.5, 0, 1)
    total *= np.clip((BEAM_HEIGHT - y) / 90, 0, 1)
    tree = np.full((BEAM_HEIGHT, BEAM_WIDTH), 255, np.uint8)
    foot = float(rng.uniform(0.35, 0.6)) * BEAM_WIDTH
    trunk = np.array(((foot - 7, 300), (foot - 5, 60), (foot + 5, 60), (foot + 8, 300)), np.int32)
    cv2.fillPoly(tree, [trunk], 60, cv2.LINE_AA)
    for _ in range(60):
        at = (round(foot + 45 * float(rng.standard_normal())), round(72 + 26 * float(rng.standard_normal())))
        cv2.ellipse(
            tree, at, (int(rng.integers(3, 10)), int(rng.integers(2, 7))), float(rng.uniform(0, 180)), 0, 360, 90, -1
        )
    for _ in range(7):
        turn = float(rng.uniform(-2.6, -0.5))
        start = (round(foot), int(rng.integers(90, 170)))
        end = (round(start[0] + 75 * math.cos(turn)), round(start[1] + 60 * math.sin(turn)))
        cv2.line(tree, start, end, 80, 3, cv2.LINE_AA)
    shadow = cv2.GaussianBlur(tree, (0, 0), 2.2).astype(np.float32) / 255
    return np.asarray(np.clip(130 * total * shadow, 0, 255), np.uint8)


def _window(rng: np.random.Generator) -> Plane:
    """Return the light that falls through a window with two panes and a transom."""
    light = np.zeros((BEAM_HEIGHT, BEAM_WIDTH), np.uint8)
    left, top, right, bottom = 110, 40, 310, 250
    cv2.rectangle(light, (left, top), (right, bottom), 255, -1)
    bar = int(rng.integers(8, 12))
    middle = (left + right) // 2
    cv2.rectangle(light, (middle - bar // 2, top), (middle + bar // 2, bottom), 40, -1)
    cv2.rectangle(light, (left, top + 66 - bar // 2), (right, top + 66 + bar // 2), 40, -1)
    # Two headlights throw two windows, a little apart.
    twin = np.roll(light, int(rng.integers(10, 18)), axis=1)
    both = (0.55 * light + 0.45 * twin).astype(np.float32)
    folds = 1 + 0.10 * np.sin(np.arange(BEAM_WIDTH) * 0.19)[None, :]
    soft = cv2.GaussianBlur(np.asarray(both * folds, np.float32), (0, 0), 4.0)
    return np.asarray(np.clip(0.72 * soft, 0, 255), np.uint8)
