"""How things move that do not walk: what floats, drives by itself or flies."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

import numpy as np

from pisecurity.adapters.cameras.stage.curve import eased
from pisecurity.adapters.cameras.stage.paths import Path, Step, place_on, turned
from pisecurity.adapters.cameras.stage.things.thing import Pose
from pisecurity.adapters.cameras.stage.view import Ground

SPIN_S: Final = 1.2
"""Time a robot takes to turn on the spot."""
HOP_S: Final = 0.25
HOP_EVERY_S: Final = 1.1
HOP_M: Final = 0.16
TAKE_OFF_S: Final = 0.5
_SALT: Final = 67


@dataclass(frozen=True, slots=True)
class Float:
    """Drifts through the air, up and down a little; a balloon, or with a *climb* below 0 leaves that fall."""

    starts_s: float
    stay_s: float
    ground: Ground
    """Under it at the beginning."""
    drift: tuple[float, float] = (0.1, 0.0)
    """Metres a second to the right and away."""
    up_m: float = 1.0
    climb: float = 0.0
    """Metres a second; it never goes below the ground."""
    bob_m: float = 0.08
    period_s: float = 4.0

    @property
    def ends_s(self) -> float:
        return self.starts_s + self.stay_s

    def at(self, t_s: float) -> Step | None:
        """Return the step at *t_s*, or None while it is not there."""
        if not self.starts_s <= t_s < self.ends_s:
            return None
        since_s = t_s - self.starts_s
        phase = 2 * math.pi * since_s / self.period_s
        right, away = self.drift
        ground = Ground(
            self.ground.right_m + right * since_s + self.bob_m * math.sin(0.63 * phase),
            max(1.0, self.ground.away_m + away * since_s),
        )
        up_m = max(0.0, self.up_m + self.climb * since_s + self.bob_m * math.sin(phase))
        return Step(ground, Pose(phase, 1.0, 0.0), moving=True, up_m=up_m)


@dataclass(frozen=True, slots=True)
class Patrol:
    """Straight pieces over a rectangle of the floor with turns on the spot, drawn from a seed: a robot vacuum."""

    starts_s: float
    stay_s: float
    near_left: Ground
    far_right: Ground
    seed: int
    speed: float = 0.3
    stride_m: float = 0.22

    @property
    def ends_s(self) -> float:
        return self.starts_s + self.stay_s

    def at(self, t_s: float) -> Step | None:
        """Return the step at *t_s*, or None while it is not there."""
        if not self.starts_s <= t_s < self.ends_s:
            return None
        since_s, way, corners = t_s - self.starts_s, 0.0, _corners(self)
        for number in range(1, len(corners)):
            start, end = corners[number - 1], corners[number]
            heading = math.atan2(end.away_m - start.away_m, end.right_m - start.right_m)
            piece_m = math.dist((start.right_m, start.away_m), (end.right_m, end.away_m))
            if since_s < piece_m / self.speed:
                gone = since_s * self.speed
                pose = Pose(2 * math.pi * (way + gone) / self.stride_m, 1.0, heading)
                return Step(place_on((start, end), gone), pose)
            since_s, way = since_s - piece_m / self.speed, way + piece_m
            if since_s < SPIN_S and number + 1 < len(corners):
                after = corners[number + 1]
                to = math.atan2(after.away_m - end.away_m, after.right_m - end.right_m)
                pose = Pose(2 * math.pi * way / self.stride_m, 1.0, turned(heading, to, eased(since_s / SPIN_S)))
                return Step(end, pose)
            since_s -= SPIN_S
        return None


@lru_cache(maxsize=16)
def _corners(patrol: Patrol) -> tuple[Ground, ...]:
    """Return points to drive to, one after the other, for all the time of the patrol."""
    rng = np.random.default_rng((patrol.seed, _SALT))
    low, high = patrol.near_left, patrol.far_right
    corners: list[Ground] = []
    way, most = 0.0, patrol.speed * patrol.stay_s
    while way <= most or len(corners) < 2:
        point = Ground(float(rng.uniform(low.right_m, high.right_m)), float(rng.uniform(low.away_m, high.away_m)))
        if corners:
            way += math.dist((point.right_m, point.away_m), (corners[-1].right_m, corners[-1].away_m))
        corners.append(point)
    return tuple(corners)


@dataclass(frozen=True, slots=True)
class Vault:
    """A way that goes over a fence."""

    path: Path
    away_m: float
    """Where the fence is."""
    up_m: float
    """How high the feet are above it."""
    half_m: float = 0.9
    """They leave the ground so far before it and are down so far behind."""

    @property
    def starts_s(self) -> float:
        return self.path.starts_s

    @property
    def ends_s(self) -> float:
        return self.path.ends_s

    def at(self, t_s: float) -> Step | None:
        """Return the step at *t_s*, or None while nobody is on the way."""
        step = self.path.at(t_s)
        if step is None:
            return None
        up_m = self.up_m * eased(1 - abs(step.ground.away_m - self.away_m) / self.half_m)
        return replace(step, up_m=step.up_m + up_m)


@dataclass(frozen=True, slots=True)
class Flutter:
    """A bird: hops about for a while, then flies up and away."""

    starts_s: float
    sit_s: float
    ground: Ground
    heading: float
    """Of its hops and its flight; 0 is to the right."""
    fly_s: float = 3.0
    speed: float = 4.0
    climb: float = 1.6
    """Metres a second in flight."""
    beats: float = 6.0
    """Beats of the wings a second."""

    @property
    def ends_s(self) -> float:
        return self.starts_s + self.sit_s + self.fly_s

    def at(self, t_s: float) -> Step | None:
        """Return the step at *t_s*, or None while it is not there."""
        if not self.starts_s <= t_s < self.ends_s:
            return None
        since_s = t_s - self.starts_s
        hops, into_s = divmod(min(since_s, self.sit_s), HOP_EVERY_S)
        share = min(1.0, into_s / HOP_S)
        way, up_m = HOP_M * (hops + eased(share)), 0.25 * HOP_M * 4 * share * (1 - share)
        air_s = max(0.0, since_s - self.sit_s)
        fly = eased(air_s / TAKE_OFF_S)
        # The speed grows evenly while it takes off.
        gone_s = 0.5 * min(air_s, TAKE_OFF_S) ** 2 / TAKE_OFF_S + max(0.0, air_s - TAKE_OFF_S)
        way, up_m = way + self.speed * gone_s, up_m + self.climb * gone_s
        ground = Ground(
            self.ground.right_m + way * math.cos(self.heading),
            max(1.0, self.ground.away_m + way * math.sin(self.heading)),
        )
        pose = Pose(2 * math.pi * self.beats * air_s, fly, self.heading)
        return Step(ground, pose, moving=share < 1 or air_s > 0, up_m=up_m)
