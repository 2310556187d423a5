"""The rules by which a thing counts, stands, or does not count any more.

Leaves, insects, rain and flicker move without getting anywhere. All rules are in seconds and in shares of the
picture, never in frames, so that 5 and 30 frames a second see the same things.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2

from pisecurity.core.types import TrackState
from pisecurity.core.vision import light
from pisecurity.core.vision.model import BackgroundModel
from pisecurity.core.vision.motion import Stirring, has_outline
from pisecurity.core.vision.planes import TIME_SLACK_S, Mat, Rect
from pisecurity.core.vision.scale import PersonScale
from pisecurity.core.vision.things import (
    TRAIL_S,
    TRAIL_STEP_S,
    Thing,
    Waypoint,
    distance,
    gone,
    gone_slowly,
    start_anew,
)
from pisecurity.settings import MotionSettings

LEAST_SIGHTINGS = 3
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
_SLOWLY_TIMES, _SLOWLY_STRAIGHT, _SLOWLY_STOPS, _SLOWLY_S = 2.0, 0.8, 3, 9.0
"""Who creeps or goes in steps gets so many times as far as he must, straight on, seen at so many stops over so many
seconds, however long he stands in between. What hangs or grows somewhere stays there."""
_STILL_S = 0.8
"""So long without a change inside its box a thing that counts stands; so long ago a step is still seen as one."""
_IDLE_S = 2.0
"""A candidate that stood so long begins anew; who creeps stands between two moves."""
TOO_FAST, _TOO_FAST_BRIGHT = 6.0, 3.0
"""Own sizes a second that no person goes, of whom only the half that stands out may be seen. Insects, flakes and drops
before a lamp are brighter than what is behind."""
_DASH, _DASH_STRAIGHT, _DASH_TIMES = 2.0, 0.85, 0.6
"""Who went so many times as far as he must, straight on, runs, and may be out of view in a moment. Not what is
brighter than the scene: insects do that."""
UPRIGHT = 1.3
"""Height in widths from which on it may be a runner all the same."""
_SPEED_OVER_S, _SPEED_LEAST_S = 0.3, 0.15
"""Speed is measured over so long; over less than the second it is not known."""
_LEAST_SIZE = 6
"""Pixels: the size of what is smaller is known badly."""
_CLUTTER_PER_S, _MOST_CLUTTER = 5.0, 3.0
"""So many new things a second double the time a thing must be followed; at most it is four times as long."""
_CLUTTER_SIZE = 0.002
"""Share of the picture; what is larger is mistaken for another thing less easily, by the root of its area."""
_LIGHT_AGO_S, _LIGHT_FOR_S = (0.35, 0.2, 0.1), 0.8
"""Light is looked for over the longest of these times within which the thing still overlaps with itself. What looked
like light a moment ago is still light when it comes to another wall."""
_LIGHT_SHIFT = 0.85
"""Own sizes: what went farther has hardly anything in common with where it was."""
FAR = 2.0
"""A branch in a gust goes once as far as it must, seldom twice: only what went farther is kept when it stands,
and kept out of the background."""
_PETS = {"cat": (0.28, 0.55), "dog": (0.36, 0.75)}
"""Height and length of the largest, in heights of a person: a cat is 0.3 m tall and 0.5 m long without its tail, a
shepherd dog 0.65 m and 1.1 m; somebody who crawls is half as tall as he is."""
_MEASURED_EVERY_S = 0.25
_MEASURED_UPRIGHT = 1.7
"""Height in widths from which on somebody is measured: a stride is half as long as a person is tall."""
_SWITCHED_S = 3.0
"""Who is seen so soon after a lamp went on may have switched it on."""
_SWAY_STRAIGHT, _SWAY_SIZE = 0.2, 0.5
"""What goes less straight than that, and less far than that share of its size, within the trail sways."""
_STIRS_PX, _STIRS_SHARE = 2, 0.02
"""Changed pixels from which on, with that share of its box, a thing stirs."""


@dataclass(frozen=True, slots=True)
class Sight:
    """What the tracker may look at, beside the blobs."""

    coarse: Mat
    """(H, W) uint8 in the light of the background."""
    background: BackgroundModel
    moving: Mat | None
    plain: Mat
    """(H, W) uint8, the same in its own light."""
    stirring: Stirring
    """The ones before, in their own light."""
    stirred: Mat | None
    """(H, W) uint8, not 0 where the picture changed over the last 0.1 s; None when that was not compared."""
    scale: PersonScale
    """How tall people are here; grows by those who walk by."""
    switched_s: float
    """When the light of the whole picture changed last, as a lamp changes it."""


@dataclass(frozen=True, slots=True)
class Judge:
    """The rules by which a thing counts, stands, or does not count any more."""

    sight: Sight
    now_s: float
    settings: MotionSettings
    distrust: bool
    clutter: float

    def judge(self, thing: Thing) -> None:
        self._notice_stirring(thing)
        if not thing.place.modes:
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
        thing.came = distance(thing.origin, thing.centre) / self._needs_travel(thing)
        if self.now_s - thing.stirred_s > _IDLE_S:
            start_anew(thing, self.now_s)
            return
        followed_s = thing.seen_s - thing.since_s
        away, path = gone(thing)
        needs = self._needs_travel(thing)
        needs_s = self._needs_s(thing)
        if away >= max(_DASH * needs, _DASH_STRAIGHT * path) and not self._is_bright(thing):
            needs_s *= _DASH_TIMES
        slowly = self._goes_slowly(thing, needs)
        thing.reason = self._how_far(thing, (away, needs), (followed_s, needs_s), slowly=slowly)
        in_time = slowly or followed_s >= needs_s - TIME_SLACK_S
        thing.score = max(thing.score, 0.5 * min(1.0, away / needs) * (1.0 if in_time else followed_s / needs_s))
        if not in_time or (away < needs and not slowly):
            return
        if unmet := self._unmet(thing, *(gone_slowly(thing) if slowly else (away, path)), slowly=slowly):
            thing.reason = unmet
        elif thing.seen_s == self.now_s and not self._is_nuisance(thing):
            if self.now_s - self.sight.switched_s < _SWITCHED_S:
                thing.reason += f"; the light changed {self.now_s - self.sight.switched_s:.1f} s before"
            self._confirm(thing)

    def _how_far(self, thing: Thing, way: tuple[float, float], time_s: tuple[float, float], *, slowly: bool) -> str:
        """Return how far *thing* went and for how long it was followed, each with what it needs; *way* in pixels.

        What is not enough is said at the end, and with as many digits as show it.
        """
        diagonal, (followed_s, needs_s) = self._diagonal, time_s
        away, needs = way[0] / diagonal, way[1] / diagonal
        size = f"size {thing.area / self.sight.coarse.size:.4f}"
        if slowly:
            away, needs = gone_slowly(thing)[0] / diagonal, needs * _SLOWLY_TIMES
            return f"went {away:.3f} slowly (needs {needs:.3f}) in {thing.seen_s - thing.stops[0].at_s:.1f} s, {size}"
        far, long = away >= needs, followed_s >= needs_s - TIME_SLACK_S
        went, must = _beside(away, needs, 3, fails=not far)
        lacks = [name for name, enough in (("far", far), ("long", long)) if not enough]
        end = f"{size}: not {' nor '.join(lacks)} enough" if lacks else size
        if followed_s > TRAIL_S and long:
            return f"went {went} in the last {TRAIL_S:.0f} s (needs {must}), seen for {followed_s:.1f} s, {end}"
        lasted, least = _beside(followed_s, needs_s, 1, fails=not long)
        return f"went {went} (needs {must}) in {lasted} s (needs {least} s), {end}"

    def _goes_slowly(self, thing: Thing, needs: float) -> bool:
        """Return whether *thing* gets far, though not within the trail."""
        away, path = gone_slowly(thing)
        for_long = len(thing.stops) >= _SLOWLY_STOPS and thing.seen_s - thing.stops[0].at_s >= _SLOWLY_S - TIME_SLACK_S
        return for_long and away >= max(_SLOWLY_TIMES * needs, _SLOWLY_STRAIGHT * path)

    def _unmet(self, thing: Thing, away: float, path: float, *, slowly: bool) -> str:
        """Return which rule *thing* does not fulfil, of those beside time and distance; empty when it fulfils all.

        Who goes *slowly* may have stopped a moment ago: of a step of two frames hardly any is left when it is judged.
        """
        if self.distrust:
            return "the whole picture changed a moment ago"
        if not (thing.stirs or (slowly and self.now_s - thing.stirred_s <= _STILL_S)):
            return f"does not move now, for {self.now_s - thing.stirred_s:.1f} s"
        if thing.sightings < LEAST_SIGHTINGS:
            return f"seen {thing.sightings} times (needs {LEAST_SIGHTINGS})"
        if thing.sightings < _LEAST_SEEN_SHARE * thing.looks:
            share, least = _beside(thing.sightings / thing.looks, _LEAST_SEEN_SHARE, 2)
            return f"comes and goes: seen in {share} of the pictures (needs {least})"
        if away < _LEAST_STRAIGHT * path:
            got, least = _beside(away / path, _LEAST_STRAIGHT, 2)
            return f"to and fro: got {got} of its way from where it was (needs {least})"
        return ""

    def _is_nuisance(self, thing: Thing) -> bool:
        """Return whether *thing* goes as no person does, or is light; its reason then says which.

        What is not known for long enough to tell counts as one.
        """
        speed, most = self._speed(thing), self._most_speed(thing)
        if speed is None:
            thing.reason = f"seen too shortly for its speed to be known (needs {_SPEED_LEAST_S:.2f} s)"
            return True
        if speed > most:
            went, allowed = _beside(speed, most, 1)
            thing.reason = f"{went} of its sizes a second (at most {allowed}): too fast for a person"
            return True
        if self._is_pet(thing):
            return True
        if self._is_light(thing):
            thing.light_s = self.now_s
        if self.now_s - thing.light_s < _LIGHT_FOR_S:
            thing.reason = "brightens what is behind it and leaves it as it is: light"
            return True
        return False

    def _speed(self, thing: Thing) -> float | None:
        """Return how many of its own sizes *thing* went a second, lately; None when that is not known yet."""
        from_ = next((w for w in reversed(thing.trail) if thing.seen_s - w.at_s >= _SPEED_OVER_S - TIME_SLACK_S), None)
        from_ = from_ or thing.trail[0]
        elapsed_s = thing.seen_s - from_.at_s
        if elapsed_s < _SPEED_LEAST_S:
            return None
        return distance((from_.x, from_.y), thing.centre) / elapsed_s / max(thing.rect.h, thing.rect.w, _LEAST_SIZE)

    def _most_speed(self, thing: Thing) -> float:
        upright = thing.rect.h >= UPRIGHT * thing.rect.w
        return TOO_FAST if upright or not self._is_bright(thing) else _TOO_FAST_BRIGHT

    def _is_bright(self, thing: Thing) -> bool:
        place = thing.rect.slices
        return cv2.mean(self.sight.coarse[place])[0] > cv2.mean(self.sight.background.upper[place])[0]

    def _is_pet(self, thing: Thing) -> bool:
        """Return whether *thing* is low and small for where it stands; its reason then says so."""
        if self.settings.pets == "none":
            return False
        tall, long = _PETS[self.settings.pets]
        rows = self.sight.coarse.shape[0]
        person = self.sight.scale.height(_feet(thing.rect) / rows)
        if person is None:
            return False
        height, width = thing.size[1] / rows / person, thing.size[0] / rows / person
        if height >= tall or width >= long:
            return False
        thing.reason = (
            f"{height:.2f} as tall and {width:.2f} as long as a person there is tall "
            f"(pets = {self.settings.pets}: a person has at least {tall:g} or {long:g})"
        )
        return True

    def _measure(self, thing: Thing) -> None:
        """Learn from somebody who walks upright, and is seen as a whole, how tall people are."""
        rows, columns = self.sight.coarse.shape
        rect = thing.rect
        whole = rect.x > 0 and rect.y > 0 and rect.x + rect.w < columns and _feet(rect) < rows
        if thing.reach < FAR or not whole or rect.h < _MEASURED_UPRIGHT * rect.w or not thing.stirs:
            return
        if self.now_s - thing.measured_s >= _MEASURED_EVERY_S and self.clutter < _CLUTTER_PER_S:
            thing.measured_s = self.now_s
            self.sight.scale.note(thing.id, _feet(rect) / rows, rect.h / rows)

    def _is_light(self, thing: Thing) -> bool:
        for ago_s in _LIGHT_AGO_S:
            kept = self.sight.stirring.plane_at(self.now_s - ago_s)
            if kept is None:
                return False
            at_s, earlier = kept
            was = min(thing.trail, key=lambda waypoint: abs(waypoint.at_s - at_s))
            shift = round(thing.centre[0] - was.x), round(thing.centre[1] - was.y)
            if max(abs(shift[0]) / thing.rect.w, abs(shift[1]) / thing.rect.h) <= _LIGHT_SHIFT:
                return light.passes_over(self.sight.plain, earlier, self.sight.background.level, thing.rect, shift)
        return False

    def _confirm(self, thing: Thing) -> None:
        thing.state, thing.counted_s = TrackState.CONFIRMED, self.now_s
        self._rate(thing)

    def _rate(self, thing: Thing) -> None:
        thing.reach = max(thing.reach, distance(thing.origin, thing.centre) / self._needs_travel(thing))
        thing.score = max(thing.score, 0.5 + 0.5 * min(max(thing.reach - 1, 0.0) / 4, 1.0))

    def _watch(self, thing: Thing) -> None:
        thing.counted_s = self.now_s
        self._rate(thing)
        self._measure(thing)
        if self.now_s - thing.stirred_s > _STILL_S:
            self._stand(thing, f"stands still since {_STILL_S:.1f} s, its outline is there")
        elif self._sways(thing):
            self._stand(thing, f"moves without going anywhere since {TRAIL_S:.0f} s, its outline is there")

    def _stand(self, thing: Thing, reason: str) -> None:
        if thing.reach < FAR:
            self._dismiss(thing, f"went {thing.reach:.1f} times what it must (needs {FAR:g} to be held)")
        elif self._outlined(thing):
            thing.state, thing.reason = TrackState.HOLDING, reason
            start_anew(thing, self.now_s)
        else:
            self._dismiss(thing, "left without an outline: uncovered background")

    def _hold(self, thing: Thing) -> None:
        away, path = gone(thing)
        if self.now_s - thing.counted_s > self.settings.hold_s:
            self._dismiss(thing, f"went nowhere for {self.settings.hold_s:.0f} s: belongs to the scene")
        elif thing.stirs and away >= self._needs_travel(thing) and away >= _LEAST_STRAIGHT * path:
            self._confirm(thing)
            thing.reason = f"goes on: went {away / self._diagonal:.3f} since it stood"
        elif self.sight.stirred is not None and thing.seen_s == self.now_s and not self._outlined(thing):
            self._dismiss(thing, "its outline is gone: uncovered background")

    def _dismiss(self, thing: Thing, reason: str) -> None:
        if thing.counts:
            start_anew(thing, self.now_s)
            # The way it came is not to count a second time.
            thing.stops = [Waypoint(self.now_s, *thing.centre, 0.0)]
        thing.state, thing.reason, thing.score = TrackState.CANDIDATE, reason, 0.0

    def _outlined(self, thing: Thing) -> bool:
        moving = self.sight.moving
        return moving is not None and has_outline(self.sight.coarse, self.sight.background, moving, thing.rect)

    def _sways(self, thing: Thing) -> bool:
        if thing.seen_s - thing.trail[0].at_s < TRAIL_S - 2 * TRAIL_STEP_S:
            return False
        away, path = gone(thing)
        return away < _SWAY_STRAIGHT * path and away < _SWAY_SIZE * math.sqrt(thing.rect.w * thing.rect.h)

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


def _feet(rect: Rect) -> int:
    return rect.y + rect.h


def _beside(value: float, limit: float, digits: int, *, fails: bool = True) -> tuple[str, str]:
    """Return both with so many *digits* behind the point; with up to 3 more where *value* *fails* and looks equal."""
    shown = digits
    while fails and shown < digits + 3 and f"{value:.{shown}f}" == f"{limit:.{shown}f}":
        shown += 1
    return f"{value:.{shown}f}", f"{limit:.{shown}f}"
