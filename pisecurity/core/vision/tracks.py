"""Things followed from frame to frame; one counts once it has persisted and gone somewhere.

Leaves, insects, rain and flicker move without getting anywhere. All rules are in seconds and in shares of the
picture, never in frames, so that 5 and 30 frames a second see the same things.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import cv2

from pisecurity.core.types import Box, Mode, Track, TrackState
from pisecurity.core.vision import light
from pisecurity.core.vision.background import Background
from pisecurity.core.vision.motion import Blob, Stirring, has_outline
from pisecurity.core.vision.planes import Mat, Rect
from pisecurity.core.vision.scene import weight
from pisecurity.core.vision.zones import Place
from pisecurity.settings import MotionSettings

MOST_THINGS = 24
_TIME_SLACK_S = 0.02
"""A camera is no clock: so much a frame may come early."""
_LEAST_SIGHTINGS = 3
"""Of two a line can always be drawn."""
_LEAST_SEEN_SHARE = 0.85
"""Of the frames since it was first seen; flicker comes and goes."""
_SMALL_SHARE, _TINY_SHARE = 0.0023, 0.0008
_SMALL_TIMES, _TINY_TIMES = 1.5, 2.5
"""What is smaller than so much of the picture must be followed so many times as long: it is nothing more often."""
_TRAVEL_PER_SIZE = 0.35
"""Own sizes a thing must go at least: a large one moves its middle by shaking an arm."""
_LEAST_STRAIGHT = 0.45
"""Net distance as a share of the path; an insect or a branch goes a long way to nowhere."""
_VELOCITY_TAU_S = 0.2
_TRAIL_S, _TRAIL_STEP_S = 3.0, 0.1
_LOST_CANDIDATE_S, _LOST_CONFIRMED_S, _LOST_HOLDING_S = 0.25, 0.35, 1.0
"""So long unseen a thing is lost; longer the surer it was there."""
_STILL_S = 0.8
"""So long without a change inside its box a thing that counts stands."""
_REACH_PX, _REACH_PER_SIZE = 3, 0.6
_LEAST_GROWN, _MOST_GROWN = 0.2, 5.0
_GROWN_COSTS = 0.3
"""How far from where it is expected, in pixels and in sizes, and how much smaller or larger, a thing may be seen next;
and what a change of size by the factor e costs against a distance of one reach."""
_IDLE_S = 2.0
"""A candidate that stood so long begins anew; who creeps stands between two moves."""
_RUNNING = 3.0
"""Own heights a second of a runner: 5 m/s at 1.7 m."""
_TOO_FAST, _TOO_FAST_BRIGHT = 6.0, 3.0
"""Own sizes a second that no person goes, of whom only the half that stands out may be seen. Insects, flakes and drops
before a lamp are brighter than what is behind."""
_DASH, _DASH_STRAIGHT, _DASH_TIMES = 2.0, 0.85, 0.6
"""Who went so many times as far as he must, straight on, runs, and may be out of view in a moment. Not what is
brighter than the scene: insects do that."""
_UPRIGHT = 1.3
"""Height in widths from which on it may be a runner all the same."""
_SPEED_OVER_S, _SPEED_LEAST_S = 0.3, 0.15
"""Speed is measured over so long; over less than the second it is not known."""
_LEAST_SIZE = 6
"""Pixels: the size of what is smaller is known badly."""
_CLUTTER_TAU_S = 3.0
_FIRST_S = 0.1
"""Taken as the time before the first frame."""
_CLUTTER_PER_S, _MOST_CLUTTER = 5.0, 3.0
"""So many new things a second double the time a thing must be followed; at most it is four times as long."""
_CLUTTER_SIZE = 0.002
"""Share of the picture; what is larger is mistaken for another thing less easily, by the root of its area."""
_LIGHT_AGO_S, _LIGHT_FOR_S = 0.35, 0.8
"""What looked like light a moment ago is still light when it comes to another wall."""
_ABSORB_S = 6.0
_FAR = 2.0
"""A branch in a gust goes once as far as it must, seldom twice: only what went farther is kept when it stands,
and kept out of the background."""
_SWAY_STRAIGHT, _SWAY_SIZE = 0.2, 0.5
"""What goes less straight than that, and less far than that share of its size, within the trail sways."""
_STIRS_PX, _STIRS_SHARE = 2, 0.02
"""Changed pixels from which on, with that share of its box, a thing stirs."""


@dataclass(frozen=True, slots=True)
class Sight:
    """What the tracker may look at, beside the blobs."""

    coarse: Mat
    """(H, W) uint8 in the light of the background."""
    background: Background
    moving: Mat | None
    plain: Mat
    """(H, W) uint8, the same in its own light."""
    stirring: Stirring
    """The ones before, in their own light."""
    stirred: Mat | None
    """(H, W) uint8, not 0 where the picture changed over the last 0.1 s; None when that was not compared."""


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
    velocity: tuple[float, float] = (0.0, 0.0)
    """Pixels a second."""
    sightings: int = 1
    looks: int = 1
    """Frames since it was first seen, or last stood still."""
    since_s: float = 0.0
    """Since when its persistence is counted: first seen, or last stood still."""
    reach: float = 0.0
    """Farthest it has been from where it was first seen, in what it had to travel at least."""
    light_s: float = float("-inf")
    """When it was last taken for light that passes."""
    counted_s: float = 0.0
    """When it was last confirmed."""
    trail: list[Waypoint] = field(default_factory=list)
    """The last 3 s, ten a second at most."""
    zones: frozenset[str] = frozenset()
    entry: frozenset[Mode] = frozenset()
    score: float = 0.0
    reason: str = "first seen"

    @property
    def counts(self) -> bool:
        return self.state is not TrackState.CANDIDATE


class Tracker:
    """Follows blobs from frame to frame."""

    def __init__(self) -> None:
        self._things: list[Thing] = []
        self._next_id = 1
        self._looked_s: float | None = None
        self.clutter = 0.0
        """New things a second, over the last seconds: leaves, rain or insects where it is high."""

    @property
    def busy(self) -> bool:
        """Whether anything is followed."""
        return bool(self._things)

    @property
    def protected(self) -> tuple[Rect, ...]:
        """Boxes of the things that count and went far: the background must not learn them."""
        return tuple(thing.rect for thing in self._things if thing.counts and thing.reach >= _FAR)

    def settled(self, now_s: float) -> tuple[Rect, ...]:
        """Return the boxes of what does not count and stood still for 6 s: the background should learn them."""
        return tuple(t.rect for t in self._things if not t.counts and now_s - t.stirred_s > _ABSORB_S)

    def forget(self) -> None:
        """Drop everything, because the scene begins anew."""
        self._things.clear()
        self._looked_s, self.clutter = None, 0.0

    def follow(
        self,
        placed: Sequence[tuple[Blob, Place]],
        sight: Sight,
        now_s: float,
        settings: MotionSettings,
        *,
        distrust: bool = False,
    ) -> tuple[Thing, ...]:
        """Match *placed* blobs with the known things; return those seen in this frame.

        Args:
            placed: the blobs of this frame and where they are.
            sight: the frame and what is known about it.
            now_s: when the frame was taken.
            settings: what a thing must do to count.
            distrust: the whole scene just changed: nothing new is confirmed.
        """
        for thing in self._things:
            thing.looks += 1
        fresh = set(range(len(placed)))
        for _, thing, index in self._matches(placed, now_s):
            if thing.seen_s < now_s and index in fresh:
                fresh.remove(index)
                _move(thing, *placed[index], now_s)
        self._drop_lost(now_s)
        for index in sorted(fresh)[: MOST_THINGS - len(self._things)]:
            self._things.append(self._begin(*placed[index], now_s))
        self._count(len(fresh), now_s)
        judge = _Judge(sight, now_s, settings, distrust, self.clutter)
        for thing in self._things:
            judge.judge(thing)
        self._looked_s = now_s
        return tuple(thing for thing in self._things if thing.seen_s == now_s)

    def _matches(self, placed: Sequence[tuple[Blob, Place]], now_s: float) -> list[tuple[float, Thing, int]]:
        pairs = [
            (cost, thing, index)
            for thing in self._things
            for index, (blob, _) in enumerate(placed)
            if (cost := _mismatch(thing, blob, now_s)) is not None
        ]
        return sorted(pairs, key=lambda pair: (pair[0], pair[1].id, pair[2]))

    def rest(self, now_s: float) -> None:
        """Take note of a frame in which nothing moves, called instead of ``follow`` while nothing is followed."""
        self._count(0, now_s)
        self._looked_s = now_s

    def _count(self, fresh: int, now_s: float) -> None:
        elapsed_s = _FIRST_S if self._looked_s is None else now_s - self._looked_s
        self.clutter += weight(elapsed_s, _CLUTTER_TAU_S) * (fresh / elapsed_s - self.clutter)

    def _begin(self, blob: Blob, place: Place, now_s: float) -> Thing:
        thing = Thing(
            id=self._next_id, rect=blob.rect, area=blob.area, first_s=now_s, seen_s=now_s, since_s=now_s,
            stirred_s=now_s, centre=blob.rect.centre, origin=blob.rect.centre, place=place, zones=place.zones,
            entry=place.entry, trail=[Waypoint(now_s, *blob.rect.centre, 0.0)],
        )  # fmt: skip
        self._next_id += 1
        return thing

    def _drop_lost(self, now_s: float) -> None:
        # At a low frame rate one missing frame must not lose a thing.
        patience_s = 0.0 if self._looked_s is None else min(1.5 * (now_s - self._looked_s), 1.0)
        self._things = [t for t in self._things if now_s - t.seen_s <= max(_LOST_AFTER_S[t.state], patience_s)]


_LOST_AFTER_S = {
    TrackState.CANDIDATE: _LOST_CANDIDATE_S,
    TrackState.CONFIRMED: _LOST_CONFIRMED_S,
    TrackState.HOLDING: _LOST_HOLDING_S,
}


def _mismatch(thing: Thing, blob: Blob, now_s: float) -> float | None:
    """Return how badly *blob* fits *thing* (0 is perfect), or None when it is not the same."""
    elapsed_s = now_s - thing.seen_s
    rect, known = blob.rect, thing.rect
    x, y = rect.centre
    # The speed of a runner is not known at once.
    run = _RUNNING * min(rect.h, known.h) * elapsed_s if thing.sightings < _LEAST_SIGHTINGS else 0.0
    across = abs(x - thing.centre[0] - thing.velocity[0] * elapsed_s) / (
        _REACH_PX + _REACH_PER_SIZE * max(rect.w, known.w) + run
    )
    if across >= 1:
        return None
    down = abs(y - thing.centre[1] - thing.velocity[1] * elapsed_s) / (
        _REACH_PX + _REACH_PER_SIZE * max(rect.h, known.h)
    )
    grown = (rect.w * rect.h + 1) / (known.w * known.h + 1)
    if down >= 1 or not _LEAST_GROWN < grown < _MOST_GROWN:
        return None
    return across + down + _GROWN_COSTS * abs(math.log(grown))


def _move(thing: Thing, blob: Blob, place: Place, now_s: float) -> None:
    elapsed_s = now_s - thing.seen_s
    x, y = blob.rect.centre
    share = 1.0 if thing.sightings == 1 else weight(elapsed_s, _VELOCITY_TAU_S)
    vx, vy = thing.velocity
    vx += share * ((x - thing.centre[0]) / elapsed_s - vx)
    vy += share * ((y - thing.centre[1]) / elapsed_s - vy)
    thing.velocity, thing.centre, thing.rect, thing.area = (vx, vy), (x, y), blob.rect, blob.area
    thing.seen_s, thing.place = now_s, place
    thing.sightings += 1
    thing.zones |= place.zones
    thing.entry |= place.entry
    last = thing.trail[-1]
    if now_s - last.at_s >= _TRAIL_STEP_S - _TIME_SLACK_S:
        thing.trail.append(Waypoint(now_s, x, y, last.path + math.hypot(x - last.x, y - last.y)))
        while now_s - thing.trail[0].at_s > _TRAIL_S + _TIME_SLACK_S:
            del thing.trail[0]


def _start_anew(thing: Thing, now_s: float) -> None:
    """Let *thing* prove itself again from where it is."""
    thing.trail = [Waypoint(now_s, *thing.centre, 0.0)]
    thing.sightings = thing.looks = 1
    thing.since_s = now_s


@dataclass(frozen=True, slots=True)
class _Judge:
    """The rules by which a thing counts, stands, or does not count any more."""

    sight: Sight
    now_s: float
    settings: MotionSettings
    distrust: bool
    clutter: float

    def judge(self, thing: Thing) -> None:
        self._notice_stirring(thing)
        if thing.place.objection:
            self._dismiss(thing, thing.place.objection)
        elif thing.state is TrackState.CANDIDATE:
            self._consider(thing)
        elif thing.state is TrackState.CONFIRMED:
            self._watch(thing)
        else:
            self._hold(thing)

    def _notice_stirring(self, thing: Thing) -> None:
        if self.sight.stirred is not None:
            stirred = cv2.countNonZero(self.sight.stirred[thing.rect.slices])
            thing.stirs = stirred >= _STIRS_PX + _STIRS_SHARE * thing.rect.w * thing.rect.h
        if thing.stirs:
            thing.stirred_s = self.now_s

    def _consider(self, thing: Thing) -> None:
        if self.now_s - thing.stirred_s > _IDLE_S:
            _start_anew(thing, self.now_s)
            return
        followed_s = thing.seen_s - thing.since_s
        gone, path = _gone(thing)
        needs = self._needs_travel(thing)
        needs_s = self._needs_s(thing)
        if gone >= max(_DASH * needs, _DASH_STRAIGHT * path) and not self._is_bright(thing):
            needs_s *= _DASH_TIMES
        diagonal = self._diagonal
        thing.reason = (
            f"went {gone / diagonal:.3f} (needs {needs / diagonal:.3f}) "
            f"in {followed_s:.1f} s (needs {needs_s:.1f} s), size {thing.area / self.sight.coarse.size:.4f}"
        )
        in_time = followed_s >= needs_s - _TIME_SLACK_S
        thing.score = max(thing.score, 0.5 * min(1.0, gone / needs) * (1.0 if in_time else followed_s / needs_s))
        if self.distrust or not thing.stirs or thing.seen_s != self.now_s:
            return
        persisted = (
            in_time and thing.sightings >= _LEAST_SIGHTINGS and thing.sightings >= _LEAST_SEEN_SHARE * thing.looks
        )
        if persisted and gone >= needs and gone >= _LEAST_STRAIGHT * path and not self._is_nuisance(thing):
            self._confirm(thing)

    def _is_nuisance(self, thing: Thing) -> bool:
        """Return whether *thing* goes as no person does, or is light; its reason then says which.

        What is not known for long enough to tell counts as one.
        """
        speed, most = self._speed(thing), self._most_speed(thing)
        if speed is None:
            return True
        if speed > most:
            thing.reason = f"{speed:.1f} of its sizes a second (at most {most:.1f}): too fast for a person"
            return True
        if self._is_light(thing):
            thing.light_s = self.now_s
        if self.now_s - thing.light_s < _LIGHT_FOR_S:
            thing.reason = "brightens what is behind it and leaves it as it is: light"
            return True
        return False

    def _speed(self, thing: Thing) -> float | None:
        """Return how many of its own sizes *thing* went a second, lately; None when that is not known yet."""
        from_ = next((w for w in reversed(thing.trail) if thing.seen_s - w.at_s >= _SPEED_OVER_S - _TIME_SLACK_S), None)
        from_ = from_ or thing.trail[0]
        elapsed_s = thing.seen_s - from_.at_s
        if elapsed_s < _SPEED_LEAST_S:
            return None
        return _distance((from_.x, from_.y), thing.centre) / elapsed_s / max(thing.rect.h, thing.rect.w, _LEAST_SIZE)

    def _most_speed(self, thing: Thing) -> float:
        upright = thing.rect.h >= _UPRIGHT * thing.rect.w
        return _TOO_FAST if upright or not self._is_bright(thing) else _TOO_FAST_BRIGHT

    def _is_bright(self, thing: Thing) -> bool:
        place = thing.rect.slices
        return cv2.mean(self.sight.coarse[place])[0] > cv2.mean(self.sight.background.upper[place])[0]

    def _is_light(self, thing: Thing) -> bool:
        kept = self.sight.stirring.plane_at(self.now_s - _LIGHT_AGO_S)
        if kept is None:
            return False
        at_s, earlier = kept
        was = min(thing.trail, key=lambda waypoint: abs(waypoint.at_s - at_s))
        shift = round(thing.centre[0] - was.x), round(thing.centre[1] - was.y)
        return light.passes_over(self.sight.plain, earlier, self.sight.background.level, thing.rect, shift)

    def _confirm(self, thing: Thing) -> None:
        thing.state, thing.counted_s = TrackState.CONFIRMED, self.now_s
        self._rate(thing)

    def _rate(self, thing: Thing) -> None:
        thing.reach = max(thing.reach, _distance(thing.origin, thing.centre) / self._needs_travel(thing))
        thing.score = max(thing.score, 0.5 + 0.5 * min(max(thing.reach - 1, 0.0) / 4, 1.0))

    def _watch(self, thing: Thing) -> None:
        thing.counted_s = self.now_s
        self._rate(thing)
        if self.now_s - thing.stirred_s > _STILL_S:
            self._stand(thing, f"stands still since {_STILL_S:.1f} s, its outline is there")
        elif self._sways(thing):
            self._stand(thing, f"moves without going anywhere since {_TRAIL_S:.0f} s, its outline is there")

    def _stand(self, thing: Thing, reason: str) -> None:
        if thing.reach < _FAR:
            self._dismiss(thing, f"went {thing.reach:.1f} times what it must (needs {_FAR:g} to be held)")
        elif self._outlined(thing):
            thing.state, thing.reason = TrackState.HOLDING, reason
            _start_anew(thing, self.now_s)
        else:
            self._dismiss(thing, "left without an outline: uncovered background")

    def _hold(self, thing: Thing) -> None:
        gone, path = _gone(thing)
        if self.now_s - thing.counted_s > self.settings.hold_s:
            self._dismiss(thing, f"went nowhere for {self.settings.hold_s:.0f} s: belongs to the scene")
        elif thing.stirs and gone >= self._needs_travel(thing) and gone >= _LEAST_STRAIGHT * path:
            self._confirm(thing)
            thing.reason = f"goes on: went {gone / self._diagonal:.3f} since it stood"
        elif self.sight.stirred is not None and thing.seen_s == self.now_s and not self._outlined(thing):
            self._dismiss(thing, "its outline is gone: uncovered background")

    def _dismiss(self, thing: Thing, reason: str) -> None:
        if thing.counts:
            _start_anew(thing, self.now_s)
        thing.state, thing.reason, thing.score = TrackState.CANDIDATE, reason, 0.0

    def _outlined(self, thing: Thing) -> bool:
        moving = self.sight.moving
        return moving is not None and has_outline(self.sight.coarse, self.sight.background, moving, thing.rect)

    def _sways(self, thing: Thing) -> bool:
        if thing.seen_s - thing.trail[0].at_s < _TRAIL_S - 2 * _TRAIL_STEP_S:
            return False
        gone, path = _gone(thing)
        return gone < _SWAY_STRAIGHT * path and gone < _SWAY_SIZE * math.sqrt(thing.rect.w * thing.rect.h)

    def _needs_s(self, thing: Thing) -> float:
        share = thing.area / self.sight.coarse.size
        times = 1.0 if share >= _SMALL_SHARE else _SMALL_TIMES if share >= _TINY_SHARE else _TINY_TIMES
        clutter = min(self.clutter / _CLUTTER_PER_S, _MOST_CLUTTER) * min(1.0, math.sqrt(_CLUTTER_SIZE / share))
        return self.settings.confirm_s * times * (1 + clutter)

    def _needs_travel(self, thing: Thing) -> float:
        size = math.sqrt(thing.rect.w * thing.rect.h)
        return max(self.settings.min_travel * self._diagonal, _TRAVEL_PER_SIZE * size)

    @property
    def _diagonal(self) -> float:
        return math.hypot(*self.sight.coarse.shape)


def _gone(thing: Thing) -> tuple[float, float]:
    """Return the net distance and the length of the path over the trail, in pixels."""
    first, last = thing.trail[0], thing.trail[-1]
    path = last.path - first.path + _distance((last.x, last.y), thing.centre)
    return _distance((first.x, first.y), thing.centre), path


def _distance(a: tuple[float, float], b: tuple[float, float]) -> float:
    return math.hypot(b[0] - a[0], b[1] - a[1])


def as_track(thing: Thing, box: Box, shape: tuple[int, ...]) -> Track:
    """Return *thing* as the value the rest of the house sees; *shape* is that of the coarse plane."""
    return Track(
        id=thing.id, box=box, state=thing.state, first_s=thing.first_s, last_s=thing.seen_s,
        travel=_distance(thing.origin, thing.centre) / math.hypot(*shape), score=thing.score,
        zones=thing.zones, reason=thing.reason, modes=thing.place.modes,
    )  # fmt: skip
