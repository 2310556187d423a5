"""Who walks where, when: a plan of passes without end, drawn from the seed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Final

import numpy as np

from pisecurity.adapters.cameras.stage.figure import STRIDE_M, Outfit, Pose
from pisecurity.adapters.cameras.stage.garden import path_middle_m
from pisecurity.adapters.cameras.stage.view import FOCAL, VANISHING_X, Ground, View

FIRST_S: Final = 9.0
EVERY_S: Final = 20.0
JITTER_S: Final = 0.3
VISIT_S: Final = 9.3
"""A visit to the door takes no longer, so that the garden is empty for more than 10 s between two passes."""
OUTSIDE_M: Final = 0.7
"""How far outside of the picture a pass begins and ends."""
EASE_S: Final = 0.4
"""Time to stop or to start walking."""


@dataclass(frozen=True, slots=True)
class Step:
    """Where a walker is and how it stands."""

    ground: Ground
    pose: Pose


@dataclass(frozen=True, slots=True)
class Walk:
    """A walk along straight pieces at a steady pace, with a stop at one of their ends."""

    outfit: Outfit
    tall: float
    """Height as a share of the usual."""
    starts_s: float
    speed: float
    """Metres a second."""
    corners: tuple[Ground, ...]
    stop_at: int
    """Index of the corner where it stops."""
    stop_s: float

    @property
    def ends_s(self) -> float:
        return self.starts_s + length_m(self.corners) / self.speed + self.stop_s

    def at(self, t_s: float) -> Step | None:
        """Return the step at *t_s*, or None while nobody is on the way."""
        if not self.starts_s <= t_s < self.ends_s:
            return None
        before = length_m(self.corners[: self.stop_at + 1])
        way, stop = (t_s - self.starts_s) * self.speed, self.stop_s * self.speed
        swing = 1.0
        if before < way < before + stop:
            rest_s = min(way - before, before + stop - way) / self.speed
            way, swing = before, 1 - min(1.0, rest_s / EASE_S)
        elif way >= before + stop:
            way -= stop
        ground = self._place(way)
        phase = 2 * math.pi * way / (STRIDE_M * self.tall)
        return Step(ground, Pose(phase, swing, self._heading(way, ground)))

    def _heading(self, way: float, ground: Ground) -> float:
        # From a little behind to a little ahead, so that corners are walked round and a stop looks forward.
        behind, ahead = self._place(way - 0.3), self._place(way + 0.2)
        heading = math.atan2(ahead.away_m - behind.away_m, ahead.right_m - behind.right_m)
        # Somebody who passes on the left of the camera is seen a little from another side than in the middle.
        return heading - 0.5 * math.atan2(ground.right_m, ground.away_m)

    def _place(self, way: float) -> Ground:
        left_m = max(0.0, way)
        for (a, b), piece_m in zip(pairwise(self.corners), pieces_m(self.corners), strict=True):
            if left_m <= piece_m:
                share = left_m / piece_m
                return Ground(a.right_m + share * (b.right_m - a.right_m), a.away_m + share * (b.away_m - a.away_m))
            left_m -= piece_m
        return self.corners[-1]


def pieces_m(corners: Sequence[Ground]) -> list[float]:
    """Return the length of each straight piece between *corners*."""
    return [math.dist((a.right_m, a.away_m), (b.right_m, b.away_m)) for a, b in pairwise(corners)]


def length_m(corners: Sequence[Ground]) -> float:
    """Return the length of the way along *corners*."""
    return sum(pieces_m(corners))


class Passes:
    """Passes of the garden seen in *view*, one every ``EVERY_S``."""

    def __init__(self, seed: int, view: View) -> None:
        self._seed, self._view = seed, view
        self._walk = lru_cache(maxsize=8)(self._drawn)

    def around(self, t_s: float) -> tuple[Walk, ...]:
        """Return the walks that may be on at *t_s*."""
        newest = math.floor((t_s - FIRST_S + JITTER_S) / EVERY_S)
        return tuple(self._walk(number) for number in (newest - 1, newest) if number >= 0)

    def _drawn(self, number: int) -> Walk:
        rng = np.random.default_rng((self._seed, 17, number))
        jitter = float(rng.uniform(-JITTER_S, JITTER_S)) if number else 0.0
        rightwards = bool(rng.random() < 0.5)
        visit = number > 0 and bool(rng.random() < 0.3)
        away_m = float(rng.uniform(4.1, 4.9))
        corners: tuple[Ground, ...] = (self._edge(away_m, left=rightwards), self._edge(away_m, left=not rightwards))
        speed, stop_s = float(rng.uniform(1.15, 1.5)), 0.0
        if visit:
            middle = path_middle_m() + float(rng.uniform(-0.15, 0.15))
            turn, door = Ground(middle, away_m), Ground(middle, 8.0)
            corners = (corners[0], turn, door, turn, corners[1])
            stop_s = 1.1
            speed = max(speed, length_m(corners) / (VISIT_S - stop_s))
        return Walk(
            outfit=Outfit.drawn(rng),
            tall=float(rng.uniform(0.93, 1.06)),
            starts_s=FIRST_S + EVERY_S * number + jitter,
            speed=speed,
            corners=corners,
            stop_at=2,
            stop_s=stop_s,
        )

    def _edge(self, away_m: float, *, left: bool) -> Ground:
        x = self._view.left if left else self._view.right
        right_m = (x - VANISHING_X) * away_m / FOCAL
        return Ground(right_m - OUTSIDE_M if left else right_m + OUTSIDE_M, away_m)
