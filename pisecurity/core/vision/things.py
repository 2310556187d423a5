"""A moving thing and where it has been."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import NamedTuple

from pisecurity.core.types import Box, Mode, Track, TrackState
from pisecurity.core.vision.motion import Blob
from pisecurity.core.vision.planes import TIME_SLACK_S, Rect
from pisecurity.core.vision.scene import weight
from pisecurity.core.vision.zones import Place

_VELOCITY_TAU_S = 0.2
_SIZE_TAU_S = 0.3
TRAIL_S, TRAIL_STEP_S = 3.0, 0.1
MOST_STOPS = 40


class Waypoint(NamedTuple):
    """Where a thing was."""

    at_s: float
    x: float
    y: float
    path: float
    """Length of the whole path up to here, in pixels."""


@dataclass(slots=True)
class Thing:
    """A moving thing, in pixels of the coarse plane."""

    id: int
    rect: Rect
    area: float
    first_s: float
    seen_s: float
    centre: tuple[float, float]
    place: Place
    origin: tuple[float, float]
    """Where it was first seen."""
    stirred_s: float
    """When the picture last changed inside its box."""
    stirs: bool = True
    """Whether it did when that was last looked at."""
    state: TrackState = TrackState.CANDIDATE
    size: tuple[float, float] = (0.0, 0.0)
    """Width and height in pixels, as a mean over some tenths of a second."""
    measured_s: float = float("-inf")
    """When it was last taken as a measure for people."""
    velocity: tuple[float, float] = (0.0, 0.0)
    """Pixels a second."""
    sightings: int = 1
    looks: int = 1
    """Frames since it was first seen, or last stood still."""
    since_s: float = 0.0
    """Since when its persistence is counted: first seen, or last stood still."""
    reach: float = 0.0
    """Farthest it has been from where it was first seen, in what it had to travel at least."""
    came: float = 0.0
    """The same of where it was last as long as it did not count."""
    light_s: float = float("-inf")
    """When it was last taken for light that passes."""
    counted_s: float = 0.0
    """When it was last confirmed."""
    trail: list[Waypoint] = field(default_factory=list)
    """The last 3 s, ten a second at most."""
    stops: list[Waypoint] = field(default_factory=list)
    """Where it was every 3 s since it was first seen, or last did not count any more, while it moved: of what stands
    less and less is seen, until its middle lies elsewhere. The last 40, which is two minutes and more."""
    zones: frozenset[str] = frozenset()
    entry: frozenset[Mode] = frozenset()
    intrudes: bool = False
    """It was in view while the alarm was raised."""
    score: float = 0.0
    reason: str = "first seen"

    @property
    def counts(self) -> bool:
        return self.state is not TrackState.CANDIDATE

    @property
    def came_in(self) -> frozenset[Mode]:
        """Modes in which it may be coming home: who was there during an alarm never is, whatever zone it is in."""
        return frozenset() if self.intrudes else self.entry


def move(thing: Thing, blob: Blob, place: Place, now_s: float) -> None:
    elapsed_s = now_s - thing.seen_s
    x, y = blob.rect.centre
    share = 1.0 if thing.sightings == 1 else weight(elapsed_s, _VELOCITY_TAU_S)
    vx, vy = thing.velocity
    vx += share * ((x - thing.centre[0]) / elapsed_s - vx)
    vy += share * ((y - thing.centre[1]) / elapsed_s - vy)
    thing.velocity, thing.centre, thing.rect, thing.area = (vx, vy), (x, y), blob.rect, blob.area
    kept = 1.0 - weight(elapsed_s, _SIZE_TAU_S)
    thing.size = (
        blob.rect.w + kept * (thing.size[0] - blob.rect.w),
        blob.rect.h + kept * (thing.size[1] - blob.rect.h),
    )
    thing.seen_s, thing.place = now_s, place
    thing.sightings += 1
    thing.zones |= place.zones
    thing.entry |= place.entry
    last = thing.trail[-1]
    if now_s - last.at_s >= TRAIL_STEP_S - TIME_SLACK_S:
        thing.trail.append(Waypoint(now_s, x, y, last.path + math.hypot(x - last.x, y - last.y)))
        while now_s - thing.trail[0].at_s > TRAIL_S + TIME_SLACK_S:
            del thing.trail[0]

    before = thing.stops[-1]
    if thing.stirs and now_s - before.at_s >= TRAIL_S - TIME_SLACK_S:
        stop = Waypoint(now_s, x, y, before.path + math.hypot(x - before.x, y - before.y))
        thing.stops = [*thing.stops[1 - MOST_STOPS :], stop]


def start_anew(thing: Thing, now_s: float) -> None:
    """Let *thing* prove itself again from where it is."""
    thing.trail = [Waypoint(now_s, *thing.centre, 0.0)]
    thing.sightings = thing.looks = 1
    thing.since_s = now_s


def gone(thing: Thing) -> tuple[float, float]:
    """Return the net distance and the length of the path over the trail, in pixels."""
    first, last = thing.trail[0], thing.trail[-1]
    path = last.path - first.path + distance((last.x, last.y), thing.centre)
    return distance((first.x, first.y), thing.centre), path


def gone_slowly(thing: Thing) -> tuple[float, float]:
    """Return the net distance and the length of the path over its stops, in pixels."""
    first, last = thing.stops[0], thing.stops[-1]
    path = last.path - first.path + distance((last.x, last.y), thing.centre)
    return distance((first.x, first.y), thing.centre), path


def distance(a: tuple[float, float], b: tuple[float, float]) -> float:
    return math.hypot(b[0] - a[0], b[1] - a[1])


def as_track(thing: Thing, box: Box, shape: tuple[int, ...]) -> Track:
    """Return *thing* as the value the rest of the house sees; *shape* is that of the coarse plane."""
    return Track(
        id=thing.id, box=box, state=thing.state, first_s=thing.first_s, last_s=thing.seen_s,
        travel=distance(thing.origin, thing.centre) / math.hypot(*shape), score=thing.score,
        zones=thing.zones, reason=thing.reason, modes=thing.place.modes,
        objection=thing.place.objection,
    )  # fmt: skip
