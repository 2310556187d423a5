"""Who walks where, when: a plan of passes without end, drawn from the seed."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np

from pisecurity.adapters.cameras.stage.figure import STRIDE_M, Outfit, Pose
from pisecurity.adapters.cameras.stage.garden import path_middle_m
from pisecurity.adapters.cameras.stage.view import FOCAL, VANISHING_X, Ground, View

FIRST_S: Final = 9.0
EVERY_S: Final = 18.0
JITTER_S: Final = 1.0
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
        return self.starts_s + sum(self._lengths()) / self.speed + self.stop_s

    def at(self, t_s: float) -> Step | None:
        """Return the step at *t_s*, or None while nobody is on the way."""
        if not self.starts_s <= t_s < self.ends_s:
            return None
        lengths = self._lengths()
        before = sum(lengths[: self.stop_at])
        way, stop = (t_s - self.starts_s) * self.speed, self.stop_s * self.speed
        swing = 1.0
        if way > before and self.stop_s:
            rest = min(way - before, before + stop - way) / self.speed
            swing = 1 - min(1.0, max(0.0, rest / EASE_S))
            way = before if way < before + stop else way - stop
            swing = 1.0 if way > before else swing
        ground, heading = self._along(way, lengths)
        return Step(ground, Pose(2 * math.pi * way / (STRIDE_M * self.tall), swing, heading))

    def _lengths(self) -> list[float]:
        return [math.dist((a.right_m, a.away_m), (b.right_m, b.away_m))
                for a, b in zip(self.corners, self.corners[1:], strict=False)]  # fmt: skip

    def _along(self, way: float, lengths: list[float]) -> tuple[Ground, float]:
        last = len(lengths) - 1
        for number, length in enumerate(lengths):
            if way <= length or number == last:
                a, b = self.corners[number], self.corners[number + 1]
                share = min(1.0, way / length)
                right, away = b.right_m - a.right_m, b.away_m - a.away_m
                ground = Ground(a.right_m + share * right, a.away_m + share * away)
                # A person passing on the left of the camera is seen a little from the front or the back.
                return ground, math.atan2(away, right) - math.atan2(ground.right_m, ground.away_m) * 0.5
            way -= length
        raise AssertionError("a walk has at least one piece")


class Passes:
    """Passes of the garden seen in *view*, one about every 18 s, never further apart than 20 s."""

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
        visit = bool(rng.random() < 0.35) and number > 0
        away_m = float(rng.uniform(4.1, 4.9))
        corners = [self._edge(away_m, left=rightwards), self._edge(away_m, left=not rightwards)]
        stop_s = 0.0
        if visit:
            middle = path_middle_m() + float(rng.uniform(-0.15, 0.15))
            turn, door = Ground(middle, away_m), Ground(middle, 8.0)
            corners = [corners[0], turn, door, turn, corners[1]]
            stop_s = float(rng.uniform(1.2, 2.0))
        return Walk(
            outfit=Outfit.drawn(rng),
            tall=float(rng.uniform(0.93, 1.06)),
            starts_s=FIRST_S + EVERY_S * number + jitter,
            speed=float(rng.uniform(1.15, 1.45)) * (1.15 if visit else 1.0),
            corners=tuple(corners),
            stop_at=2 if visit else 0,
            stop_s=stop_s,
        )

    def _edge(self, away_m: float, *, left: bool) -> Ground:
        x = self._view.left if left else self._view.right
        right_m = (x - VANISHING_X) * away_m / FOCAL
        return Ground(right_m - OUTSIDE_M if left else right_m + OUTSIDE_M, away_m)
