"""Wind and weather: with nobody there, and with somebody in the middle of it."""

from __future__ import annotations

from typing import Final

from pisecurity.adapters.cameras.stage.curve import Always
from pisecurity.adapters.cameras.stage.effects.chance import ByLot
from pisecurity.adapters.cameras.stage.effects.fog import Fog
from pisecurity.adapters.cameras.stage.effects.insects import Insects
from pisecurity.adapters.cameras.stage.effects.laundry import Laundry
from pisecurity.adapters.cameras.stage.effects.shake import Knock, Shake
from pisecurity.adapters.cameras.stage.effects.water import Water
from pisecurity.adapters.cameras.stage.effects.web import Web
from pisecurity.adapters.cameras.stage.effects.wind import Wind
from pisecurity.adapters.cameras.stage.place import Area
from pisecurity.adapters.cameras.stage.situations.light import NUISANCE_S
from pisecurity.adapters.cameras.stage.situations.mix import Draw, Mix
from pisecurity.adapters.cameras.stage.situations.people import burglar, somebody, strolling
from pisecurity.adapters.cameras.stage.situations.situation import Situation

STRONG_WIND: Final = 3.2
LINE: Final = Area(120.0, 236.0, 300.0, 320.0)
"""Where a washing line hangs in the front garden, on the sheet."""


def _windy(draw: Draw) -> Mix:
    return Mix.of(draw, "front_garden").by_day().with_(Wind(Always(STRONG_WIND)))


def _with_people(draw: Draw, mix: Mix) -> Mix:
    """Let three people cross at different distances."""
    for at_s, away_m in ((8.0, 4.4), (21.0, 6.4), (33.0, 3.7)):
        mix = mix.walking(somebody(draw), "across", at_s, strolling(draw), away_m=away_m)
    return mix


def _foliage_person(draw: Draw) -> Mix:
    return _with_people(draw, _windy(draw))


def _rain_only(draw: Draw) -> Mix:
    return Mix.of(draw, "front_garden").by_day(0.7).with_(Wind(Always(1.6))).raining(1.4)


def _rain_night_only(draw: Draw) -> Mix:
    mix = Mix.of(draw, "front_garden").by_night(infrared=True).with_(Wind(), Insects(ByLot(14.0, 0.3, 1.5)))
    return mix.raining(1.2)


def _rain_person(draw: Draw) -> Mix:
    return _with_people(draw, _rain_only(draw))


def _snow_only(draw: Draw) -> Mix:
    return Mix.of(draw, "front_garden").by_day(0.8).with_(Wind()).snowing(1.2)


def _snow_night_only(draw: Draw) -> Mix:
    return Mix.of(draw, "front_garden").by_night(infrared=True).with_(Wind()).snowing(1.0)


def _snow_person(draw: Draw) -> Mix:
    return _with_people(draw, _snow_only(draw))


def _fog_person(draw: Draw) -> Mix:
    return _with_people(draw, Mix.of(draw, "front_garden").by_day(0.85).with_(Wind(Always(0.3)), Fog(Always(0.7))))


def _shake_only(draw: Draw) -> Mix:
    knocks = (Knock(20.0, 7.0, -3.0), Knock(45.0, -5.0, 4.0), Knock(70.0, 9.0, 2.0))
    return _windy(draw).shaken(Shake(1.6, knocks, draw.between(0, 6)))


def _shake_person(draw: Draw) -> Mix:
    return _with_people(draw, _windy(draw)).shaken(
        Shake(1.4, (Knock(11.0, 6.0, -3.0), Knock(24.5, 5.0, 2.0)), draw.between(0, 6))
    )


def _insects_only(draw: Draw) -> Mix:
    return Mix.of(draw, "front_garden").by_night(infrared=True).with_(Wind(), Insects(ByLot(24.0, 0.3, 2.0)))


def _insects_person(draw: Draw) -> Mix:
    mix = _insects_only(draw).walking(burglar(draw), "to the door", 8.0, strolling(draw), stop_s=4.0)
    return mix.walking(somebody(draw), "across", 31.0, strolling(draw))


def _web_only(draw: Draw) -> Mix:
    mix = Mix.of(draw, "front_garden").by_night(infrared=True)
    return mix.with_(Wind(), Web(wind=Always(1.5), spider=ByLot(1.5, 4.0, 14.0), right=draw.heads()))


def _water_only(draw: Draw) -> Mix:
    return Mix.of(draw, "back_garden").by_day().with_(Wind(Always(1.5)), Water(Always(1.8), glitter=Always(2.2)))


def _laundry_only(draw: Draw) -> Mix:
    return Mix.of(draw, "front_garden").by_day().with_(Wind(Always(1.5)), Laundry(LINE, strength=Always(1.4)))


WEATHER: Final = (
    Situation("foliage_only", "tree, hedge and beds in a strong wind", _windy, NUISANCE_S),
    Situation("foliage_person", "people in a garden in a strong wind", _foliage_person),
    Situation("rain_only", "heavy rain by day", _rain_only, NUISANCE_S),
    Situation("rain_night_only", "rain and insects in infrared light", _rain_night_only, NUISANCE_S),
    Situation("rain_person", "people in heavy rain", _rain_person),
    Situation("snow_only", "snow by day", _snow_only, NUISANCE_S),
    Situation("snow_night_only", "snow in infrared light", _snow_night_only, NUISANCE_S),
    Situation("snow_person", "people in snow", _snow_person),
    Situation("fog_person", "people in drifting fog", _fog_person),
    Situation("shake_only", "a loose camera in the wind, knocked three times", _shake_only, NUISANCE_S),
    Situation("shake_person", "people before a loose camera", _shake_person),
    Situation("insects_only", "moths before the infrared lamp", _insects_only, NUISANCE_S),
    Situation("insects_person", "somebody comes to the door at night among moths", _insects_person),
    Situation("spider_web_only", "a web before the lens, and its spider", _web_only, NUISANCE_S),
    Situation("water_only", "a pond that ripples and glitters", _water_only, NUISANCE_S),
    Situation("laundry_only", "laundry in the wind", _laundry_only, NUISANCE_S),
)
