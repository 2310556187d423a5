"""Puts a scene together: a place in some light, who comes, and what goes on besides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from pisecurity.adapters.cameras.stage.curve import FULL, OFF, Always, Curve
from pisecurity.adapters.cameras.stage.effects.effect import Effect
from pisecurity.adapters.cameras.stage.effects.rain import Rain
from pisecurity.adapters.cameras.stage.effects.shake import Shake
from pisecurity.adapters.cameras.stage.effects.snow import Snow
from pisecurity.adapters.cameras.stage.flights import Vault
from pisecurity.adapters.cameras.stage.paths import Path, Players, Role, Walk
from pisecurity.adapters.cameras.stage.place import DAY, INFRARED, LAMP, NIGHT, Place
from pisecurity.adapters.cameras.stage.places import painted, yard
from pisecurity.adapters.cameras.stage.script import Script
from pisecurity.adapters.cameras.stage.sensor import DAYLIGHT_SENSOR, NIGHT_SENSOR, AutoExposure
from pisecurity.adapters.cameras.stage.things.thing import Thing
from pisecurity.adapters.cameras.stage.view import Ground, View

ASIDE_M: Final = 0.35
"""How far beside a way people keep, at most."""
TURNS_S: Final = 1.2
NEAREST_M: Final = 1.0
OVER_THE_FENCE: Final = "over the fence"
THERE_AND_BACK: Final = ("to ", "from the camera", OVER_THE_FENCE)
"""Ways with such names end in the picture: who walks them turns there and comes back."""


@dataclass(frozen=True, slots=True)
class Draw:
    """What a scene is drawn from."""

    rng: np.random.Generator
    view: View
    place_seed: int

    def between(self, low: float, high: float) -> float:
        """Return a number drawn by lot."""
        return float(self.rng.uniform(low, high))

    def heads(self, share: float = 0.5) -> bool:
        """Return True in so many cases."""
        return bool(self.rng.random() < share)

    def number(self) -> int:
        """Return a seed for something that draws on its own."""
        return int(self.rng.integers(1 << 31))

    def place(self, name: str) -> Place:
        """Return a place as this scene shows it."""
        return painted(name, self.place_seed, self.view)


@dataclass(frozen=True, slots=True)
class Mix:
    """A script in the making; each method returns another one."""

    draw: Draw
    script: Script

    @staticmethod
    def of(draw: Draw, place: str) -> Mix:
        """Begin with an empty place by day."""
        return Mix(draw, Script(place, draw.place_seed))

    @property
    def place(self) -> Place:
        return self.draw.place(self.script.place)

    def with_(self, *effects: Effect) -> Mix:
        """Add effects."""
        return replace(self, script=replace(self.script, effects=(*self.script.effects, *effects)))

    def lit(self, lights: Mapping[str, Curve]) -> Mix:
        """Set the strength of some lights of the place."""
        return replace(self, script=replace(self.script, lights={**self.script.lights, **lights}))

    def by_day(self, strength: float = 1.0) -> Mix:
        """Have the light of the day, with a camera that follows it."""
        exposure = AutoExposure(target=self._mean(DAY))
        shadow = 0.40 if self.place.outdoors else 0.12
        lights: dict[str, Curve] = {DAY: Always(strength)}
        script = replace(self.script, lights=lights, exposure=exposure, sensor=DAYLIGHT_SENSOR, shadow=shadow)
        return replace(self, script=script)

    def by_night(self, *, infrared: bool) -> Mix:
        """Have what is left at night: in the light of the camera's infrared lamp, or nearly in the dark."""
        lights: dict[str, Curve] = {NIGHT: Always(0.25 if infrared else 1.0)}
        if infrared:
            lights[INFRARED] = FULL
        grey = FULL if infrared else OFF
        return replace(self, script=replace(self.script, lights=lights, grey=grey, sensor=NIGHT_SENSOR, shadow=0.0))

    def by_lamp(self) -> Mix:
        """Have the lamp of the place at night."""
        lights: dict[str, Curve] = {NIGHT: FULL, LAMP: FULL}
        return replace(self, script=replace(self.script, lights=lights, sensor=NIGHT_SENSOR, shadow=0.0))

    def raining(self, strength: float = 1.0, wind: float = 0.8) -> Mix:
        return self.with_(Rain(Always(strength), wind, infrared=self.script.grey))

    def snowing(self, strength: float = 1.0, wind: float = 0.5) -> Mix:
        return self.with_(Snow(Always(strength), wind, infrared=self.script.grey))

    def shaken(self, shake: Shake) -> Mix:
        return replace(self, script=replace(self.script, shake=shake))

    def exposed(self) -> Mix:
        """Let the camera follow the light, from what it is at the beginning."""
        return replace(self, script=replace(self.script, exposure=AutoExposure(target=45.0, strength=0.6, least=0.25)))

    def amplified(self, noise: float) -> Mix:
        """Let the sensor amplify what little light there is, and its noise with it."""
        return replace(self, script=replace(self.script, noise=Always(noise)))

    def drifting(self, gain: Curve) -> Mix:
        """Let the exposure wander."""
        return replace(self, script=replace(self.script, gain=gain))

    def cast(self, thing: Thing, path: Path) -> Mix:
        """Let one more come."""
        roles = self.script.cast.roles if isinstance(self.script.cast, Players) else ()
        return replace(self, script=replace(self.script, cast=Players((*roles, Role(len(roles), thing, path)))))

    def walking(
        self,
        thing: Thing,
        way: str,
        at_s: float,
        speed: float,
        *,
        back: bool | None = None,
        stop_s: float = 0.0,
        away_m: float | None = None,
    ) -> Mix:
        """Let somebody walk a way of the place.

        Args:
            speed: metres a second.
            back: from its end to its start; None: drawn by lot.
            stop_s: how long it stops on the way, at a corner or in the middle.
            away_m: takes the whole way to another distance; None: where it is, or a little beside it.
        """
        corners = self.way(way, away_m)
        if way.startswith(THERE_AND_BACK):
            corners, stop_at = (*corners, *corners[-2::-1]), len(corners) - 1
            stop_s = stop_s or TURNS_S
        else:
            if self.draw.heads() if back is None else back:
                corners = corners[::-1]
            corners, stop_at = _with_stop(corners) if stop_s else (corners, 0)
        walk = Walk(at_s, speed, corners, thing.stride_m, stop_at=stop_at, stop_s=stop_s)
        return self.cast(thing, Vault(walk, yard.FENCE_M, yard.FENCE_UP_M) if way == OVER_THE_FENCE else walk)

    def way(self, name: str, away_m: float | None = None) -> tuple[Ground, ...]:
        """Return a way of the place, somewhat beside its middle."""
        corners = self.place.ways[name]
        shift = self.draw.between(-ASIDE_M, ASIDE_M)
        if away_m is None:
            return tuple(Ground(each.right_m, max(NEAREST_M, each.away_m + shift)) for each in corners)
        # Farther away the picture shows more metres from left to right.
        return tuple(Ground(each.right_m * away_m / each.away_m, away_m) for each in corners)

    def _mean(self, light: str) -> float:
        return float(self.place.lights[light].mean())


def _with_stop(corners: Sequence[Ground]) -> tuple[tuple[Ground, ...], int]:
    """Return the way with a corner to stop at, and which that is."""
    if len(corners) > 2:
        return tuple(corners), 1
    first, last = corners
    middle = Ground(0.55 * first.right_m + 0.45 * last.right_m, 0.55 * first.away_m + 0.45 * last.away_m)
    return (first, middle, last), 1


def takes_s(mix: Mix) -> float:
    """Return when the last of those who come is gone."""
    cast = mix.script.cast
    return max((role.path.ends_s for role in cast.roles), default=0.0) if isinstance(cast, Players) else 0.0
