"""The endless scene of the demo: a front garden with a passer-by about every 20 s, by day and by night."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Final

import numpy as np

from pisecurity.adapters.cameras.stage.curve import eased
from pisecurity.adapters.cameras.stage.effects.clouds import Clouds
from pisecurity.adapters.cameras.stage.effects.wind import Wind
from pisecurity.adapters.cameras.stage.paths import NOBODY, Role, Walk, length_m
from pisecurity.adapters.cameras.stage.place import DAY, LAMP, NIGHT
from pisecurity.adapters.cameras.stage.places.garden import LENS, path_middle_m
from pisecurity.adapters.cameras.stage.script import Script
from pisecurity.adapters.cameras.stage.things.figure import Outfit
from pisecurity.adapters.cameras.stage.things.person import Person
from pisecurity.adapters.cameras.stage.view import Ground, View

CYCLE_S: Final = 960.0
"""A day and a night of the demo."""
DUSK_S: Final = 560.0
NIGHT_S: Final = 640.0
DAWN_S: Final = 880.0
LAMP_EVERY_S: Final = 46.0
LAMP_ON_S: Final = 21.0
LAMP_FADE_S: Final = 0.25
LAMP_BY_DAY: Final = 0.28
"""What the lamp adds by day, as a share of what it adds at night."""
NOISE_AT_NIGHT: Final = 2.0
"""How much more noise there is at night, as a share of that of the day."""
CLOUD_EVERY_S: Final = 70.0
FIRST_S: Final = 9.0
EVERY_S: Final = 20.0
JITTER_S: Final = 0.3
VISIT_S: Final = 9.3
"""A visit to the door takes no longer, so that the garden is empty for more than 10 s between two passes."""


def garden(seed: int, view: View, *, people: bool = True) -> Script:
    """Return the scene as *view* shows it; without *people* nobody ever passes."""
    return Script(
        place="front_garden",
        lights={DAY: daylight, NIGHT: lambda t_s: 1 - daylight(t_s), LAMP: lamplight},
        cast=Passes(seed, view) if people else NOBODY,
        effects=(Wind(), Clouds(cloudiness)),
        noise=lambda t_s: 1 + NOISE_AT_NIGHT * (1 - daylight(t_s)),
    )


def daylight(t_s: float) -> float:
    """Return 1 by day, 0 at night, in between at dusk and dawn."""
    at = t_s % CYCLE_S
    if at < DAWN_S:
        return 1 - eased((at - DUSK_S) / (NIGHT_S - DUSK_S))
    return eased((at - DAWN_S) / (CYCLE_S - DAWN_S))


def lamp(t_s: float) -> float:
    """Return 1 while the lamp beside the door burns, 0 while it does not; it switches within a quarter second."""
    at = (t_s + 14.0) % LAMP_EVERY_S
    on = LAMP_EVERY_S - LAMP_ON_S
    return min(eased((at - on) / LAMP_FADE_S), eased((LAMP_EVERY_S - at) / LAMP_FADE_S))


def lamplight(t_s: float) -> float:
    """Return what the lamp adds to the light of the hour."""
    return lamp(t_s) * (1 - (1 - LAMP_BY_DAY) * daylight(t_s))


def cloudiness(t_s: float) -> float:
    """Return how much of the sky's clouds are over the garden, 0 to 1: for a third of the time, by day."""
    at = t_s % CLOUD_EVERY_S
    return eased((at - 26) / 8) * (1 - eased((at - 44) / 8)) * daylight(t_s)


class Passes:
    """Passes of the garden seen in *view*, one every ``EVERY_S``, without end."""

    def __init__(self, seed: int, view: View) -> None:
        self._seed, self._view = seed, view
        self._role = lru_cache(maxsize=8)(self._drawn)

    def around(self, t_s: float) -> tuple[Role, ...]:
        """Return those who may be on the way at *t_s*."""
        newest = math.floor((t_s - FIRST_S + JITTER_S) / EVERY_S)
        return tuple(self._role(number) for number in (newest - 1, newest) if number >= 0)

    def _drawn(self, number: int) -> Role:
        rng = np.random.default_rng((self._seed, 17, number))
        jitter = float(rng.uniform(-JITTER_S, JITTER_S)) if number else 0.0
        rightwards = bool(rng.random() < 0.5)
        visit = number > 0 and bool(rng.random() < 0.3)
        away_m = float(rng.uniform(4.1, 4.9))
        left, right = LENS.edges_m(self._view, away_m)
        ends = (left, right) if rightwards else (right, left)
        corners: tuple[Ground, ...] = tuple(Ground(end, away_m) for end in ends)
        speed, stop_s = float(rng.uniform(1.15, 1.5)), 0.0
        if visit:
            middle = path_middle_m() + float(rng.uniform(-0.15, 0.15))
            turn, door = Ground(middle, away_m), Ground(middle, 8.0)
            corners = (corners[0], turn, door, turn, corners[1])
            stop_s = 1.1
            speed = max(speed, length_m(corners) / (VISIT_S - stop_s))
        outfit = Outfit.drawn(rng)
        person = Person(outfit, float(rng.uniform(0.93, 1.06)))
        starts_s = FIRST_S + EVERY_S * number + jitter
        return Role(number, person, Walk(starts_s, speed, corners, person.stride_m, stop_at=2, stop_s=stop_s))
