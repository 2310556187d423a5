"""Passes of a person, drawn over places, light, weather, clothes, speeds and distances: how many are missed."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeVar

import numpy as np

from benchmarks.ruler.detectors import Maker
from benchmarks.ruler.homes import NOT_FOR_PEOPLE
from benchmarks.ruler.watching import LEAST_SEEN, Outcome, found, looks
from pisecurity.adapters.cameras.stage import Scene, Script, View
from pisecurity.adapters.cameras.stage.curve import Always, Steps, Wave
from pisecurity.adapters.cameras.stage.effects.chance import ByLot
from pisecurity.adapters.cameras.stage.effects.clouds import Clouds
from pisecurity.adapters.cameras.stage.effects.headlights import Headlights
from pisecurity.adapters.cameras.stage.effects.insects import Insects
from pisecurity.adapters.cameras.stage.effects.shake import Shake
from pisecurity.adapters.cameras.stage.effects.wind import Wind
from pisecurity.adapters.cameras.stage.place import DAY, LAMP
from pisecurity.adapters.cameras.stage.places import PLACES
from pisecurity.adapters.cameras.stage.situations.mix import Draw, Mix, takes_s
from pisecurity.adapters.cameras.stage.situations.people import burglar, somebody
from pisecurity.adapters.cameras.stage.things.person import CHILD, Person
from pisecurity.adapters.cameras.stage.things.stances import RUN, SNEAK, Crawl

Choice = TypeVar("Choice")

COMES_S: Final = 9.0
"""By then the background is known."""
LONGEST_S: Final = 40.0
"""Who is in view for longer has been missed for good."""
SIZE: Final = (320, 240)
FPS: Final = 10.0
LEAST_S: Final = 0.6
"""Who is in view for less is no pass but a corner of a way."""
LOOKS_S: Final = 0.1
SMALL: Final = (64, 48)
SPARE: Final = 1.1
"""So many more are drawn than are wanted, because some are hardly in view."""
PAINTINGS: Final = 5
"""So many variants of each place."""


@dataclass(frozen=True, slots=True)
class Pass:
    """One person who comes once."""

    number: int
    place: str
    light: str
    weather: str
    manner: str
    speed: float
    """Metres a second."""
    way: str
    script: Script
    ends_s: float


@dataclass(frozen=True, slots=True)
class Seen:
    """A pass and what became of it."""

    walk: Pass
    found: Outcome

    @property
    def missed(self) -> bool:
        return self.found.after_s is None


def passes(count: int, seed: int) -> list[Pass]:
    """Draw ``SPARE`` times so many passes. The same seed draws the same ones, and a larger count has them as well."""
    view = View(*SIZE)
    lots = [_Lot.drawn(number, seed) for number in range(math.ceil(SPARE * count))]
    # In this order a place is painted once for all passes in it.
    lots.sort(key=lambda lot: (lot.place, lot.place_seed, lot.number))
    return [_drawn(lot, view) for lot in lots]


def is_seen(walk: Pass) -> bool:
    """Return whether somebody looking at the scene could see the person for ``LEAST_S``; no detector is asked."""
    scene = Scene(walk.script, 0, *SMALL, colour=False)
    times = np.arange(COMES_S, walk.ends_s, LOOKS_S).tolist()
    needed = round(LEAST_S / LOOKS_S)
    for t_s in times:
        needed -= any(thing.visible >= LEAST_SEEN for thing in scene.render(t_s).truth)
        if needed <= 0:
            return True
    return False


def walked(walk: Pass, make: Maker, seed: int) -> Seen:
    """Draw one pass and look at it with a detector."""
    width, height = SIZE
    scene = Scene(walk.script, seed * 100_003 + walk.number, width, height, colour=False)
    played = looks(scene, make(width, height, FPS), walk.ends_s, FPS)
    return Seen(walk, found(played, COMES_S, FPS))


@dataclass(frozen=True, slots=True)
class _Lot:
    """What is drawn before anything is painted."""

    number: int
    place: str
    place_seed: int
    rng: np.random.Generator

    @staticmethod
    def drawn(number: int, seed: int) -> _Lot:
        rng = np.random.default_rng((seed, 59, number))
        place = sorted(PLACES)[int(rng.integers(len(PLACES)))]
        return _Lot(number, place, 100 * seed + int(rng.integers(PAINTINGS)), rng)


def _drawn(lot: _Lot, view: View) -> Pass:
    draw, number, place = Draw(lot.rng, view, lot.place_seed), lot.number, lot.place
    light, mix = _one_of(LIGHTS, draw)(Mix.of(draw, place))
    weather, mix = _one_of(WEATHERS, draw)(mix) if mix.place.outdoors else ("indoors", mix)
    manner, person, speed = _one_of(MANNERS, draw)(draw)
    ways = sorted(name for name in mix.place.ways if name not in NOT_FOR_PEOPLE)
    way = ways[int(lot.rng.integers(len(ways)))]
    mix = mix.walking(person, way, COMES_S, speed, stop_s=draw.between(1, 6) if draw.heads(0.3) else 0.0)
    ends_s = min(takes_s(mix), COMES_S + LONGEST_S)
    return Pass(number, place, light, weather, manner, speed, way, mix.script, ends_s)


def _one_of(choices: Sequence[Choice], draw: Draw) -> Choice:
    return choices[int(draw.rng.integers(len(choices)))]


def _day(mix: Mix) -> tuple[str, Mix]:
    return "day", mix.by_day(mix.draw.between(0.7, 1.0))


def _clouds(mix: Mix) -> tuple[str, Mix]:
    draw = mix.draw
    drift = Wave(1.0, draw.between(0.05, 0.16), draw.between(12, 30), draw.between(0, 6))
    mix = mix.by_day().drifting(drift)
    return "clouds", mix.with_(Clouds(depth=draw.between(0.2, 0.42), turn_s=draw.between(15, 60)))


def _dusk(mix: Mix) -> tuple[str, Mix]:
    return "dusk", mix.by_day(mix.draw.between(0.15, 0.35)).amplified(1.6)


def _infrared(mix: Mix) -> tuple[str, Mix]:
    return "infrared", mix.by_night(infrared=True)


def _lamplight(mix: Mix) -> tuple[str, Mix]:
    return "lamp", mix.by_lamp()


def _dark(mix: Mix) -> tuple[str, Mix]:
    """Return a night in which a person at the screen can still make out who walks there."""
    return "dark", mix.by_night(infrared=False).lit({DAY: Always(mix.draw.between(0.05, 0.10))})


def _switched(mix: Mix) -> tuple[str, Mix]:
    """Return a night in which the lamp goes on with the one who comes."""
    at_s = COMES_S + mix.draw.between(0.5, 4.0)
    return "switched on", mix.by_night(infrared=False).lit({LAMP: Steps(0.0, ((at_s, 1.0),), 0.12)}).exposed()


def _swept(mix: Mix) -> tuple[str, Mix]:
    return "headlights", mix.by_night(infrared=True).with_(Headlights(ByLot(8.0, 2.0, 4.0)))


def _calm(mix: Mix) -> tuple[str, Mix]:
    return "calm", mix.with_(Wind(Always(mix.draw.between(0.2, 1.0))))


def _wind(mix: Mix) -> tuple[str, Mix]:
    draw = mix.draw
    mix = mix.with_(Wind(Always(draw.between(1.8, 3.2))))
    return "wind", mix.shaken(Shake(draw.between(0.2, 1.2), (), draw.between(0, 6)))


def _rain(mix: Mix) -> tuple[str, Mix]:
    return "rain", mix.with_(Wind()).raining(mix.draw.between(0.5, 1.4))


def _snow(mix: Mix) -> tuple[str, Mix]:
    return "snow", mix.with_(Wind()).snowing(mix.draw.between(0.5, 1.2))


def _moths(mix: Mix) -> tuple[str, Mix]:
    """Return moths before the infrared lamp; in any other light there are none to be seen."""
    if mix.script.grey(0.0) < 1:
        return _calm(mix)
    return "insects", mix.with_(Wind(), Insects(ByLot(15.0, 0.3, 2.0)))


def _walks(draw: Draw) -> tuple[str, Person, float]:
    return "walks", somebody(draw), draw.between(0.8, 1.7)


def _strolls(draw: Draw) -> tuple[str, Person, float]:
    return "strolls", somebody(draw), draw.between(0.3, 0.7)


def _in_the_dark(draw: Draw) -> tuple[str, Person, float]:
    return "dark clothes", burglar(draw), draw.between(0.7, 1.6)


def _sneaks(draw: Draw) -> tuple[str, Person, float]:
    return "sneaks", replace(burglar(draw), stance=SNEAK), draw.between(0.4, 1.0)


def _crawls(draw: Draw) -> tuple[str, Person, float]:
    return "crawls", replace(burglar(draw), stance=Crawl()), draw.between(0.35, 0.7)


def _runs(draw: Draw) -> tuple[str, Person, float]:
    return "runs", replace(somebody(draw), stance=RUN), draw.between(2.5, 5.0)


def _child(draw: Draw) -> tuple[str, Person, float]:
    return "child", replace(somebody(draw), tall=CHILD), draw.between(0.6, 1.6)


LIGHTS: Final[Sequence[Callable[[Mix], tuple[str, Mix]]]] = (
    _day, _clouds, _dusk, _infrared, _lamplight, _dark, _switched, _swept,
)  # fmt: skip
WEATHERS: Final[Sequence[Callable[[Mix], tuple[str, Mix]]]] = (_calm, _calm, _wind, _rain, _snow, _moths)
MANNERS: Final[Sequence[Callable[[Draw], tuple[str, Person, float]]]] = (
    _walks, _walks, _in_the_dark, _in_the_dark, _strolls, _sneaks, _crawls, _runs, _child,
)  # fmt: skip
