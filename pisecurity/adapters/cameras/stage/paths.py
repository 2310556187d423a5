"""How somebody moves over the ground."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, Protocol

import numpy as np

from pisecurity.adapters.cameras.stage.curve import eased
from pisecurity.adapters.cameras.stage.things.thing import Pose, Thing
from pisecurity.adapters.cameras.stage.view import Ground

EASE_S: Final = 0.4
"""Time to stop or to start walking."""
ASIDE: Final = 0.5
"""How far somebody beside the axis of the camera is seen turned, as a share of the angle from it."""


@dataclass(frozen=True, slots=True)
class Step:
    """Where a thing is and how it stands."""

    ground: Ground
    pose: Pose
    moving: bool = True
    up_m: float = 0.0
    """Height of its foot above the ground."""


class Path(Protocol):
    """A movement."""

    @property
    def starts_s(self) -> float: ...

    @property
    def ends_s(self) -> float: ...

    def at(self, t_s: float) -> Step | None:
        """Return the step at *t_s*, or None while nobody is on the way."""
        ...


@dataclass(frozen=True, slots=True)
class Role:
    """Who moves how."""

    id: int
    thing: Thing
    path: Path


class Cast(Protocol):
    """Everybody who comes."""

    def around(self, t_s: float) -> Sequence[Role]:
        """Return those who may be on the way at *t_s*."""
        ...


@dataclass(frozen=True, slots=True)
class Players:
    """A cast that is known from the start."""

    roles: tuple[Role, ...] = ()

    def around(self, t_s: float) -> Sequence[Role]:
        return tuple(role for role in self.roles if role.path.starts_s <= t_s < role.path.ends_s)


NOBODY: Final = Players()


@dataclass(frozen=True, slots=True)
class Walk:
    """A walk along straight pieces at a steady pace, with a stop at one of their ends."""

    starts_s: float
    speed: float
    """Metres a second."""
    corners: tuple[Ground, ...]
    """Two or more."""
    stride_m: float
    stop_at: int = 0
    """Index of the corner where it stops."""
    stop_s: float = 0.0

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
        ground = place_on(self.corners, way)
        pose = Pose(2 * math.pi * way / self.stride_m, swing, heading_on(self.corners, way))
        return Step(ground, pose, moving=swing > 0)


@dataclass(frozen=True, slots=True)
class Stop:
    """A rest on the way."""

    way_m: float
    """From the beginning of the way."""
    stay_s: float
    look: float | None = None
    """Heading to turn to meanwhile; None: straight on."""


@dataclass(frozen=True, slots=True)
class Loiter:
    """A way with any number of stops, in the order of the way."""

    starts_s: float
    speed: float
    corners: tuple[Ground, ...]
    stride_m: float
    stops: tuple[Stop, ...] = ()
    ease_s: float = EASE_S
    """Time to stand still or to turn; a stop is longer than two of it."""
    aside: float = ASIDE
    """0 for vehicles: what is long and goes across looks the same all along its way."""

    @property
    def ends_s(self) -> float:
        return self.starts_s + length_m(self.corners) / self.speed + sum(stop.stay_s for stop in self.stops)

    def at(self, t_s: float) -> Step | None:
        """Return the step at *t_s*, or None while nobody is on the way."""
        if not self.starts_s <= t_s < self.ends_s:
            return None
        since_s = t_s - self.starts_s
        for stop in self.stops:
            rest_s = since_s - stop.way_m / self.speed
            if rest_s <= 0:
                break
            if rest_s < stop.stay_s:
                return self._resting(stop, rest_s)
            since_s -= stop.stay_s
        return self._step(since_s * self.speed, 1.0, None)

    def _resting(self, stop: Stop, rest_s: float) -> Step:
        held = eased(min(rest_s, stop.stay_s - rest_s) / self.ease_s)
        look = None if stop.look is None else (stop.look, held)
        return self._step(stop.way_m, 1 - held, look)

    def _step(self, way: float, swing: float, look: tuple[float, float] | None) -> Step:
        heading = heading_on(self.corners, way, self.aside)
        if look is not None:
            heading = turned(heading, *look)
        pose = Pose(2 * math.pi * way / self.stride_m, swing, heading)
        return Step(place_on(self.corners, way), pose, moving=swing > 0)


def sniffing(corners: Sequence[Ground], seed: int, count: int, stay_s: float = 2.5) -> tuple[Stop, ...]:
    """Return so many stops drawn by lot, as an animal makes them; of half to one and a half times *stay_s*."""
    rng = np.random.default_rng((seed, 61))
    ways = np.sort(rng.uniform(0.1, 0.9, count)) * length_m(corners)
    return tuple(Stop(float(way), stay_s * float(rng.uniform(0.5, 1.5))) for way in ways)


def place_on(corners: Sequence[Ground], way: float) -> Ground:
    """Return the point *way* metres along *corners*; before the first and after the last it is these."""
    left_m = max(0.0, way)
    for (a, b), piece_m in zip(pairwise(corners), pieces_m(corners), strict=True):
        if left_m <= piece_m:
            share = left_m / piece_m
            return Ground(a.right_m + share * (b.right_m - a.right_m), a.away_m + share * (b.away_m - a.away_m))
        left_m -= piece_m
    return corners[-1]


def heading_on(corners: Sequence[Ground], way: float, aside: float = ASIDE) -> float:
    """Return the heading, as the camera sees it, of somebody *way* metres along *corners*; *aside*: see ``ASIDE``."""
    # From a little behind to a little ahead, so that corners are walked round and a stop looks forward.
    behind, ahead = place_on(corners, way - 0.3), place_on(corners, way + 0.2)
    heading = math.atan2(ahead.away_m - behind.away_m, ahead.right_m - behind.right_m)
    # Somebody who passes on the left of the camera is seen a little from another side than in the middle.
    ground = place_on(corners, way)
    return heading - aside * math.atan2(ground.right_m, ground.away_m)


def turned(heading: float, to: float, share: float) -> float:
    """Return the heading *share* of the way from one to another, the shorter way round."""
    return heading + share * math.remainder(to - heading, 2 * math.pi)


def pieces_m(corners: Sequence[Ground]) -> list[float]:
    """Return the length of each straight piece between *corners*."""
    return [math.dist((a.right_m, a.away_m), (b.right_m, b.away_m)) for a, b in pairwise(corners)]


def length_m(corners: Sequence[Ground]) -> float:
    """Return the length of the way along *corners*."""
    return sum(pieces_m(corners))
