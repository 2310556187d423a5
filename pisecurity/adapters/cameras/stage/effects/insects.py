"""Moths and flies close to an infrared lamp: big, soft, bright, and on no straight path."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

import cv2
import numpy as np

from pisecurity.adapters.cameras.stage.canvas import Canvas, Image
from pisecurity.adapters.cameras.stage.curve import FULL, Curve
from pisecurity.adapters.cameras.stage.effects.chance import ByLot, Visit, Visits
from pisecurity.adapters.cameras.stage.effects.effect import Playing, Setting
from pisecurity.adapters.cameras.stage.view import SHEET_HEIGHT

EXPOSURE_S: Final = 1 / 25
SAMPLES: Final = 9
"""Places of an insect while the shutter is open."""
COARSE: Final = 4
SHIFT: Final = 4
_SALT: Final = 61


@dataclass(frozen=True, slots=True)
class Insects:
    """Flies by so close that the lamp makes a bright blur of each."""

    visits: Visits = field(default_factory=lambda: ByLot(20.0, 0.3, 2.0))
    strength: Curve = FULL
    """Brightness, 1 in the light of an infrared lamp; by day there is nothing to see of them: 0."""

    def begin(self, setting: Setting) -> Playing:
        return _Flying(self, setting)


@dataclass(frozen=True, slots=True)
class _Flight:
    """The way of one insect through the picture, in sheet units."""

    visit: Visit
    start: tuple[float, float]
    end: tuple[float, float]
    loops: tuple[float, float, float, float]
    """Reach, turns a second, phase and flatness."""
    size: float
    """Radius."""
    bright: float
    beats_hz: float
    """Of the wings, which show as beads on its streak."""

    def at(self, t_s: float) -> tuple[float, float]:
        share, (reach, hz, phase, flat) = self.visit.share(t_s), self.loops
        turn = 2 * math.pi * hz * (t_s - self.visit.starts_s) + phase
        bend = math.sin(math.pi * share) * reach
        x = (
            self.start[0]
            + share * (self.end[0] - self.start[0])
            + bend * math.sin(turn)
            + 0.4 * bend * math.sin(2.3 * turn)
        )
        y = self.start[1] + share * (self.end[1] - self.start[1]) + flat * bend * math.cos(1.3 * turn)
        return x, y


class _Flying(Playing):
    def __init__(self, insects: Insects, setting: Setting) -> None:
        self._insects, self._setting = insects, setting
        self._flight = lru_cache(maxsize=16)(self._drawn)

    def fall(self, t_s: float, canvas: Canvas) -> None:
        strength = self._insects.strength(t_s)
        if strength <= 0:
            return
        for visit in self._insects.visits.around(self._setting.seed, _SALT, t_s):
            self._draw(canvas, self._flight(visit), t_s, strength)

    def _drawn(self, visit: Visit) -> _Flight:
        return _flight(visit, self._setting)

    def _draw(self, canvas: Canvas, flight: _Flight, t_s: float, strength: float) -> None:
        view = self._setting.view
        when = [t_s - EXPOSURE_S * (index / (SAMPLES - 1)) for index in range(SAMPLES)]
        path = np.array([view.pixel(*flight.at(each)) for each in when]) / COARSE
        radius = max(0.5, flight.size * view.scale / COARSE)
        margin = math.ceil(2 * radius) + 2
        left, top = (math.floor(value) - margin for value in path.min(axis=0))
        width, height = (
            math.ceil(value) - at + margin for value, at in zip(path.max(axis=0), (left, top), strict=True)
        )
        glow: Image = np.zeros((height, width), np.float32)
        for (x, y), each in zip(path, when, strict=True):
            beat = 0.55 + 0.45 * math.sin(2 * math.pi * flight.beats_hz * each)
            centre = (round((x - left) * (1 << SHIFT)), round((y - top) * (1 << SHIFT)))
            spot = np.zeros_like(glow)
            cv2.circle(spot, centre, round(radius * (1 << SHIFT)), beat, -1, cv2.LINE_AA, SHIFT)
            glow += spot
        # A blur that is longer than the insect shares its light out.
        length = float(np.hypot(*(path[0] - path[-1]))) + 2 * radius
        glow *= np.float32(255 * strength * flight.bright / SAMPLES * max(1.0, min(2.5, length / (2 * radius))))
        soft = cv2.GaussianBlur(glow, (0, 0), max(0.6, 0.45 * radius))
        fine = cv2.resize(soft, (width * COARSE, height * COARSE), interpolation=cv2.INTER_LINEAR)
        canvas.brighten(np.asarray(fine, np.float32), left * COARSE, top * COARSE)


def _flight(visit: Visit, setting: Setting) -> _Flight:
    """Draw the looks and the way of an insect by lot."""
    rng, view = setting.rng(_SALT, 7, visit.number), setting.view
    middle = np.array(((view.left + view.right) / 2, (view.top + SHEET_HEIGHT) / 2))
    reach = np.array(((view.right - view.left) / 2, (SHEET_HEIGHT - view.top) / 2))
    turn, bent = rng.uniform(0, 2 * math.pi), rng.uniform(-1.2, 1.2)
    start = middle + 1.25 * reach * np.array((math.cos(turn), math.sin(turn)))
    end = middle + 1.25 * reach * np.array((math.cos(turn + math.pi + bent), math.sin(turn + math.pi + bent)))
    moth = bool(rng.random() < 0.4)
    size = float(rng.uniform(9, 20) if moth else rng.uniform(3, 8))
    return _Flight(
        visit,
        (float(start[0]), float(start[1])),
        (float(end[0]), float(end[1])),
        (float(rng.uniform(30, 110)), float(rng.uniform(0.5, 1.6)), turn, float(rng.uniform(0.4, 1.0))),
        size,
        float(rng.uniform(0.5, 0.95)),
        float(rng.uniform(18, 45) if moth else rng.uniform(90, 200)),
    )
