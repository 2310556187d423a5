"""Three homes, and what goes on before their cameras in a week in which nobody is there."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal

import numpy as np

from benchmarks.ruler.strata import Minute, Occasion, Stratum, sample, strata
from pisecurity.adapters.cameras.stage import Script, View
from pisecurity.adapters.cameras.stage.curve import FULL, OFF, Always, Curve, Flicker, Steps, Wave
from pisecurity.adapters.cameras.stage.effects.chance import At, ByLot
from pisecurity.adapters.cameras.stage.effects.clouds import Clouds
from pisecurity.adapters.cameras.stage.effects.curtain import Curtain
from pisecurity.adapters.cameras.stage.effects.effect import Effect
from pisecurity.adapters.cameras.stage.effects.fairy_lights import FairyLights, Pattern
from pisecurity.adapters.cameras.stage.effects.fan import Fan
from pisecurity.adapters.cameras.stage.effects.fog import Fog
from pisecurity.adapters.cameras.stage.effects.headlights import Headlights
from pisecurity.adapters.cameras.stage.effects.insects import Insects
from pisecurity.adapters.cameras.stage.effects.laundry import Laundry
from pisecurity.adapters.cameras.stage.effects.shadows import GlassShadow, LeafShadows
from pisecurity.adapters.cameras.stage.effects.shake import Shake
from pisecurity.adapters.cameras.stage.effects.sun import SunPatch
from pisecurity.adapters.cameras.stage.effects.television import Television
from pisecurity.adapters.cameras.stage.effects.web import Web
from pisecurity.adapters.cameras.stage.effects.wind import Wind
from pisecurity.adapters.cameras.stage.flights import Flutter
from pisecurity.adapters.cameras.stage.infrared_switch import InfraredMode, with_infrared
from pisecurity.adapters.cameras.stage.place import DAY, LAMP
from pisecurity.adapters.cameras.stage.sensor import NIGHT_SENSOR
from pisecurity.adapters.cameras.stage.situations.mix import Draw, Mix
from pisecurity.adapters.cameras.stage.situations.people import somebody, strolling
from pisecurity.adapters.cameras.stage.situations.things import cat, dog, driving, floating, trotting, vacuuming
from pisecurity.adapters.cameras.stage.situations.weather import LINE
from pisecurity.adapters.cameras.stage.things.animals import Bird, Hedgehog, fox
from pisecurity.adapters.cameras.stage.view import Ground

WEATHER: Final = {"clear": 0.38, "changeable": 0.24, "overcast": 0.15, "windy": 0.09, "rain": 0.08, "snow": 0.04,
                  "fog": 0.02}  # fmt: skip
"""Shares of a week in spring or autumn; a choice, and the same for all three homes."""
DARK: Final = (20.5, 6.0)
EVENING: Final = (18.0, 23.0)
SUNRISE_H: Final = 6.0
SUNSET_H: Final = 20.5
TWILIGHT_H: Final = 1.3
"""From the first light to full day."""
INFRARED_BELOW: Final = 0.12
"""Share of the day's light under which a camera goes into its infrared mode."""
SWITCHES_AT: Final = 0.16
"""Share of the day's light in which it is drawn as it switches."""
CLOUDED: Final = {"overcast": 0.72, "rain": 0.6, "snow": 0.75, "fog": 0.8}
"""What clouds leave of the light."""
CLEAR: Final = frozenset({"clear", "changeable"})
MILD: Final = frozenset({"clear", "changeable", "overcast"})

WALKS: Final = 12
"""People who walk by while a household moves in."""

Add = Callable[[Mix, float], Mix]
"""Adds an occasion to a minute; the number is the second from which on the alarm is armed."""


@dataclass(frozen=True, slots=True)
class Home:
    """One camera of one home."""

    name: str
    place: str
    seed: int
    """What the home is painted from."""
    infrared: bool
    """The camera has an infrared lamp; without one it sees little at night."""
    pets: Literal["none", "cat", "dog"]
    """What its owner sets."""
    occasions: Mapping[Occasion, Add]

    def week(self) -> tuple[Stratum, ...]:
        """Return its week cut into strata."""
        return strata(WEATHER, tuple(self.occasions))

    def minutes(self, scenes: int, seed: int) -> list[Minute]:
        """Draw about so many minutes of its week."""
        return sample(self.week(), scenes, {each.name: each.hours for each in self.occasions}, seed)

    def script(self, minute: Minute, view: View, armed_s: float) -> Script:
        """Return one minute: the hour's light, the weather, and what happens."""
        draw = Draw(np.random.default_rng((minute.seed, 3)), view, self.seed)
        mix = _weathered(self._lit(Mix.of(draw, self.place), minute), minute.stratum.weather)
        for occasion, add in self.occasions.items():
            if occasion.name == minute.stratum.occasion:
                mix = add(mix, armed_s)
        return mix.script

    def moving_in(self, view: View) -> Iterator[Script]:
        """Yield what the camera sees before anything is armed: people of the house who walk about by day, one a script.

        None of it is in the week.
        """
        for number in range(WALKS):
            draw = Draw(np.random.default_rng((number, 4)), view, self.seed)
            yield _passer_by(Mix.of(draw, self.place), 0.0).script

    def _lit(self, mix: Mix, minute: Minute) -> Mix:
        day = daylight(minute.hour) * CLOUDED.get(minute.stratum.weather, 1.0)
        if day > INFRARED_BELOW:
            return mix.by_day(day).amplified(1.0 + max(0.0, 0.5 - day))
        return mix.by_night(infrared=self.infrared)


def daylight(hour: float) -> float:
    """Return the light of an hour of the day, 0 at night to 1."""
    rising = np.clip((hour - SUNRISE_H) / TWILIGHT_H, 0, 1)
    falling = np.clip((SUNSET_H - hour) / TWILIGHT_H, 0, 1)
    return float(min(rising, falling))


def _weathered(mix: Mix, weather: str) -> Mix:
    draw, outdoors = mix.draw, mix.place.outdoors
    by_day = mix.script.lights.get(DAY, OFF)(0.0) > 0
    if weather == "changeable" and by_day:
        drift = Wave(1.0, draw.between(0.04, 0.16), draw.between(12, 30), draw.between(0, 6))
        mix = mix.with_(Clouds(depth=draw.between(0.2, 0.45), turn_s=draw.between(15, 60))).drifting(drift)
    if not outdoors:
        return mix
    wind = {"windy": draw.between(2.0, 3.5), "rain": draw.between(0.6, 2.0), "fog": 0.2}
    mix = mix.with_(Wind(Always(wind.get(weather, draw.between(0.2, 1.2)))))
    if weather == "windy":
        mix = mix.shaken(Shake(draw.between(0.2, 1.2), (), draw.between(0, 6)))
    if weather == "rain":
        mix = mix.raining(draw.between(0.4, 1.5), draw.between(0.2, 1.5))
    if weather == "snow":
        mix = mix.snowing(draw.between(0.4, 1.3), draw.between(0.1, 1.0))
    if weather == "fog":
        mix = mix.with_(Fog(Always(draw.between(0.4, 0.9)), infrared=mix.script.grey))
    return mix


def _with(make: Callable[[Draw], Effect]) -> Add:
    """Return an addition of one effect that goes on all the time."""
    return lambda mix, _: mix.with_(make(mix.draw))


def _passer_by(mix: Mix, armed_s: float) -> Mix:
    ways = sorted(name for name in mix.place.ways if name not in NOT_FOR_PEOPLE)
    way = ways[int(mix.draw.rng.integers(len(ways)))]
    return mix.walking(somebody(mix.draw), way, armed_s + mix.draw.between(2, 30), strolling(mix.draw))


def _cat(mix: Mix, armed_s: float) -> Mix:
    return trotting(mix, cat(mix.draw), _low_way(mix), armed_s + mix.draw.between(2, 30), mix.draw.between(0.6, 2.0))


def _dog(mix: Mix, armed_s: float) -> Mix:
    return trotting(mix, dog(mix.draw), _low_way(mix), armed_s + mix.draw.between(2, 30), mix.draw.between(0.7, 2.2))


def _wild_animal(mix: Mix, armed_s: float) -> Mix:
    animal = Hedgehog() if mix.draw.heads() else fox()
    speed = 0.4 if isinstance(animal, Hedgehog) else 1.4
    return trotting(mix, animal, "across", armed_s + mix.draw.between(2, 20), speed)


def _low_way(mix: Mix) -> str:
    return "along the floor" if "along the floor" in mix.place.ways else "across"


def _bird(mix: Mix, armed_s: float) -> Mix:
    draw = mix.draw
    ground = Ground(draw.between(-1.5, 1.5), draw.between(4.0, 7.0))
    flight = Flutter(armed_s + draw.between(2, 35), draw.between(2, 12), ground, draw.between(0, 6.28))
    return mix.cast(Bird(), flight)


def _car(mix: Mix, armed_s: float) -> Mix:
    by_day = mix.script.lights.get(DAY, OFF)(0.0) > 0
    return driving(mix, armed_s + mix.draw.between(2, 35), mix.draw.between(2.0, 6.0), lit=not by_day)


def _headlights(mix: Mix, armed_s: float) -> Mix:
    at_s = armed_s + mix.draw.between(1, 50)
    return mix.with_(Headlights(At(((at_s, mix.draw.between(2, 6)),)), Always(mix.draw.between(0.4, 1.0))))


def _lamp(mix: Mix, armed_s: float) -> Mix:
    """A timer switches the lamp on or off, once or twice."""
    first = 1.0 if mix.draw.heads() else 0.0
    at_s = armed_s + mix.draw.between(2, 30)
    steps = ((at_s, 1.0 - first), (at_s + mix.draw.between(8, 25), first))
    by_day = mix.script.lights.get(DAY, OFF)(0.0) > 0
    lamp = Steps(first, steps if mix.draw.heads() else steps[:1], fade_s=0.12)
    return mix.lit({LAMP: lamp}) if by_day else mix.lit({LAMP: lamp}).exposed()


def _lamp_burns(mix: Mix, _armed_s: float) -> Mix:
    return mix.lit({LAMP: FULL}).exposed()


def _television(mix: Mix, _armed_s: float) -> Mix:
    spill: Curve = Flicker(mix.draw.number(), mix.draw.between(0.5, 1.5), 0.35, 1.0)
    return mix.lit({"television": spill}).with_(Television())


def _vacuum(mix: Mix, _armed_s: float) -> Mix:
    return vacuuming(mix, 0.0, 80.0)


def _balloon(mix: Mix, _armed_s: float) -> Mix:
    return floating(mix, -20.0, 100.0)


def _fairy_lights(draw: Draw) -> Effect:
    return FairyLights(Pattern.TWINKLE if draw.heads() else Pattern.CHASE, draw.between(0.8, 2.4))


def _sun_patch(draw: Draw) -> Effect:
    from_s = draw.between(0, 7000)
    sun = SunPatch().sun
    clouds = Wave(0.7, 0.3, draw.between(15, 60), draw.between(0, 6))
    return SunPatch(sun=replace(sun, starts_s=-from_s), strength=clouds)


def _infrared_switch(mix: Mix, armed_s: float) -> Mix:
    """The camera goes into its infrared mode in the evening, out of it in the morning."""
    mode = InfraredMode((armed_s + mix.draw.between(2, 45),), first=mix.draw.heads())
    script = replace(mix.by_day(SWITCHES_AT).script, sensor=NIGHT_SENSOR, effects=mix.script.effects)
    return replace(mix, script=with_infrared(script, mode))


NOT_FOR_PEOPLE: Final = frozenset(
    {"along the floor", "on the drive", "up the drive", "along the track", "washing line"}
)

FLAT: Final = Home("flat", "living_room", 11, infrared=False, pets="cat", occasions={
    Occasion("somebody", 70.0, (8.0, 22.0)): _passer_by,
    Occasion("curtain", 420.0, (7.0, 22.0)): _with(lambda draw: Curtain(Always(draw.between(0.4, 3.0)))),
    Occasion("fan", 300.0, (10.0, 22.0)): _with(lambda draw: Fan(turns_hz=draw.between(1.5, 4.0), tone=60.0)),
    Occasion("television", 200.0, (20.5, 24.0)): _television,
    Occasion("lamp switched", 42.0, (17.0, 24.0)): _lamp,
    Occasion("lamp burns", 300.0, (20.5, 24.0)): _lamp_burns,
    Occasion("headlights", 210.0, DARK): _headlights,
    Occasion("sun patch", 500.0, (8.0, 11.0), CLEAR): _with(_sun_patch),
    Occasion("fairy lights", 300.0, (20.5, 24.0)): _with(_fairy_lights),
    Occasion("robot vacuum", 200.0, (9.0, 16.0)): _vacuum,
    Occasion("balloon", 40.0, (8.0, 20.0)): _balloon,
})  # fmt: skip
GARDEN: Final = Home("garden", "front_garden", 12, infrared=True, pets="cat", occasions={
    Occasion("somebody", 250.0, (7.0, 23.0)): _passer_by,
    Occasion("infrared switch", 7.0, (5.5, 7.0)): _infrared_switch,
    Occasion("infrared switch at dusk", 7.0, (19.5, 21.0)): _infrared_switch,
    Occasion("insects", 700.0, DARK, MILD): _with(lambda draw: Insects(ByLot(draw.between(4, 40), 0.3, 2.0))),
    Occasion("spider web", 500.0, DARK, MILD): _with(lambda draw: Web(wind=Always(draw.between(0.4, 1.6)))),
    Occasion("headlights", 250.0, DARK): _headlights,
    Occasion("cat", 105.0): _cat,
    Occasion("bird", 200.0, (7.0, 20.0), MILD): _bird,
    Occasion("wild animal", 45.0, DARK): _wild_animal,
    Occasion("car", 8.0, (7.0, 23.0)): _car,
    Occasion("lamp switched", 50.0, (17.0, 6.0)): _lamp,
    Occasion("laundry", 300.0, (9.0, 19.0), CLEAR): _with(
        lambda draw: Laundry(LINE, strength=Always(draw.between(0.4, 1.5)))),
    Occasion("shadows of leaves", 400.0, (8.0, 12.0), CLEAR): _with(
        lambda draw: LeafShadows(wind=Always(draw.between(0.5, 2.2)))),
    Occasion("fairy lights", 350.0, EVENING): _with(_fairy_lights),
})  # fmt: skip
HOUSE: Final = Home("house with pets", "hall", 13, infrared=True, pets="dog", occasions={
    Occasion("somebody", 70.0, (8.0, 22.0)): _passer_by,
    Occasion("infrared switch", 7.0, (5.5, 7.0)): _infrared_switch,
    Occasion("infrared switch at dusk", 7.0, (19.5, 21.0)): _infrared_switch,
    Occasion("cat", 420.0): _cat,
    Occasion("dog", 300.0): _dog,
    Occasion("headlights", 210.0, DARK): _headlights,
    Occasion("shadow at the door", 140.0, (8.0, 20.0)): _with(lambda draw: GlassShadow(ByLot(2.0, 3.0, 7.0))),
    Occasion("lamp switched", 60.0, (17.0, 6.0)): _lamp,
    Occasion("lamp burns", 300.0, (20.5, 24.0)): _lamp_burns,
    Occasion("robot vacuum", 200.0, (9.0, 16.0)): _vacuum,
    Occasion("sun patch", 350.0, (15.0, 18.0), CLEAR): _with(_sun_patch),
})  # fmt: skip
HOMES: Final[Mapping[str, Home]] = {home.name: home for home in (FLAT, GARDEN, HOUSE)}
