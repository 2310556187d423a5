"""Things followed from frame to frame."""

from __future__ import annotations

import math
from collections.abc import Sequence

from pisecurity.core.types import TrackState
from pisecurity.core.vision.judge import FAR, LEAST_SIGHTINGS, TOO_FAST, UPRIGHT, Judge, Sight
from pisecurity.core.vision.motion import Blob
from pisecurity.core.vision.planes import Rect
from pisecurity.core.vision.scene import weight
from pisecurity.core.vision.things import Thing, Waypoint, move
from pisecurity.core.vision.zones import Place
from pisecurity.settings import MotionSettings

MOST_THINGS = 24
_LOST_CANDIDATE_S, _LOST_CONFIRMED_S, _LOST_HOLDING_S = 0.25, 0.35, 1.0
"""So long unseen a thing is lost; longer the surer it was there."""
_REACH_PX, _REACH_PER_SIZE = 3, 0.6
_LEAST_GROWN, _MOST_GROWN = 0.2, 5.0
_GROWN_COSTS = 0.3
"""How far from where it is expected, in pixels and in sizes, and how much smaller or larger, a thing may be seen next;
and what a change of size by the factor e costs against a distance of one reach."""
_RUNNING = 3.0
"""Own heights a second of a runner: 5 m/s at 1.7 m."""
_CLOSE = 0.25
"""Height in that of the picture from which on something upright is looked for as far as anybody gets: there is hardly
another one as large for which it could be taken."""
_CLUTTER_TAU_S = 3.0
_FIRST_S = 0.1
"""Taken as the time before the first frame."""
_ABSORB_S = 6.0
_STOPS_S, _CAME = 1.5, 0.5
"""What stands for so long, so much of what it must go away from where it was first seen, has stopped on its way."""


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

    def protected(self, now_s: float) -> tuple[Rect, ...]:
        """Return the boxes that the background must not learn: what counts and went far, and what stops on its way.

        Somebody who stands there for some seconds would teach that the place is restless, and vanish before he goes on.
        """
        return tuple(thing.rect for thing in self._things if _is_protected(thing, now_s))

    def settled(self, now_s: float) -> tuple[Rect, ...]:
        """Return the boxes of what does not count and stood still for 6 s: the background should learn them."""
        return tuple(t.rect for t in self._things if not t.counts and now_s - t.stirred_s > _ABSORB_S)

    def raise_alarm(self) -> None:
        """Take whatever is in view for somebody who intrudes: none of it comes home by an entry zone any more."""
        for thing in self._things:
            thing.intrudes = True

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
        for _, thing, index in self._matches(placed, now_s, sight.coarse.shape[0]):
            if thing.seen_s < now_s and index in fresh:
                fresh.remove(index)
                move(thing, *placed[index], now_s)
        self._drop_lost(now_s)
        for index in sorted(fresh)[: MOST_THINGS - len(self._things)]:
            self._things.append(self._begin(*placed[index], now_s))
        self._count(len(fresh), now_s)
        judge = Judge(sight, now_s, settings, distrust, self.clutter)
        for thing in self._things:
            judge.judge(thing)
        self._looked_s = now_s
        return tuple(thing for thing in self._things if thing.seen_s == now_s)

    def _matches(self, placed: Sequence[tuple[Blob, Place]], now_s: float, rows: int) -> list[tuple[float, Thing, int]]:
        pairs = [
            (cost, thing, index)
            for thing in self._things
            for index, (blob, _) in enumerate(placed)
            if (cost := _mismatch(thing, blob, now_s, rows)) is not None
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
            entry=place.entry, size=(blob.rect.w, blob.rect.h), trail=[Waypoint(now_s, *blob.rect.centre, 0.0)],
            stops=[Waypoint(now_s, *blob.rect.centre, 0.0)],
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


def _is_protected(thing: Thing, now_s: float) -> bool:
    if thing.counts:
        return thing.reach >= FAR
    return thing.came >= _CAME and _STOPS_S < now_s - thing.stirred_s <= _ABSORB_S


def _most_run(a: Rect, b: Rect, rows: int) -> float:
    """Return how far somebody who is *a* and *b* in two pictures may get, in pixels a second."""
    low = min(a.h, b.h)
    tall = low >= _CLOSE * rows and a.h >= UPRIGHT * a.w and b.h >= UPRIGHT * b.w
    return (TOO_FAST if tall else _RUNNING) * low


def _mismatch(thing: Thing, blob: Blob, now_s: float, rows: int) -> float | None:
    """Return how badly *blob* fits *thing* (0 is perfect), or None when it is not the same; *rows* of the plane."""
    elapsed_s = now_s - thing.seen_s
    rect, known = blob.rect, thing.rect
    x, y = rect.centre
    # The speed of a runner is not known at once.
    run = _most_run(rect, known, rows) * elapsed_s if thing.sightings < LEAST_SIGHTINGS else 0.0
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
