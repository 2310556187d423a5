"""Light that changes: with nobody there, and with somebody in the middle of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from pisecurity.adapters.cameras.stage.curve import FULL, Always, Flicker, Steps, Wave
from pisecurity.adapters.cameras.stage.effects.chance import ByLot
from pisecurity.adapters.cameras.stage.effects.clouds import Clouds
from pisecurity.adapters.cameras.stage.effects.fairy_lights import FairyLights, Pattern
from pisecurity.adapters.cameras.stage.effects.headlights import Headlights
from pisecurity.adapters.cameras.stage.effects.mains import Mains
from pisecurity.adapters.cameras.stage.effects.shadows import GlassShadow, LeafShadows
from pisecurity.adapters.cameras.stage.effects.television import Television
from pisecurity.adapters.cameras.stage.effects.wind import Wind
from pisecurity.adapters.cameras.stage.infrared_switch import InfraredMode, with_infrared
from pisecurity.adapters.cameras.stage.place import DAY, LAMP, NIGHT
from pisecurity.adapters.cameras.stage.sensor import NIGHT_SENSOR
from pisecurity.adapters.cameras.stage.situations.mix import Draw, Mix
from pisecurity.adapters.cameras.stage.situations.people import burglar, garden, somebody, strolling
from pisecurity.adapters.cameras.stage.situations.situation import Situation

NUISANCE_S: Final = 90.0
"""A scene in which nothing is there is longer, because a false alarm may take its time."""


def room_at_dusk(draw: Draw) -> Mix:
    """Return a room in the last light of the day, whose camera follows the light."""
    return Mix.of(draw, "living_room").by_day().lit({DAY: Always(0.22), NIGHT: FULL})


def _light_switch_only(draw: Draw) -> Mix:
    """The lamp goes on and off, a shutter rises and falls; the exposure follows."""
    lamp = Steps(0.0, ((12.0, 1.0), (24.0, 0.0), (48.0, 1.0), (70.0, 0.0)), fade_s=0.12)
    day = Steps(0.22, ((36.0, 0.7), (60.0, 0.22), (80.0, 0.6)), fade_s=1.5)
    return room_at_dusk(draw).lit({LAMP: lamp, DAY: day})


def _light_switch_person(draw: Draw) -> Mix:
    lamp = Steps(0.0, ((11.5, 1.0), (26.5, 0.0), (37.0, 1.0)), fade_s=0.12)
    mix = room_at_dusk(draw).lit({LAMP: lamp})
    for at_s, way in ((10.0, "across"), (24.0, "across far"), (35.5, "across")):
        mix = mix.walking(somebody(draw), way, at_s, strolling(draw))
    return mix


def _lamp_person(draw: Draw) -> Mix:
    """Somebody comes into the dark hall and switches the lamp on after two steps."""
    mix = Mix.of(draw, "hall").by_night(infrared=False).lit({LAMP: Steps(0.0, ((9.2, 1.0), (30.0, 0.0)), 0.12)})
    return mix.exposed().walking(somebody(draw), "from the door", 8.0, strolling(draw), back=False)


def _clouds_only(draw: Draw) -> Mix:
    drift = Wave(1.0, 0.16, 17.0, draw.between(0, 6))
    return garden(draw).with_(Clouds(depth=0.42, turn_s=18.0)).drifting(drift)


def _clouds_person(draw: Draw) -> Mix:
    mix = garden(draw).with_(Clouds(depth=0.42, turn_s=18.0)).drifting(Wave(1.0, 0.14, 17.0, draw.between(0, 6)))
    for at_s, away_m in ((9.0, 4.4), (22.0, 6.5), (34.0, 3.8)):
        mix = mix.walking(somebody(draw), "across", at_s, strolling(draw), away_m=away_m)
    return mix


def _headlights_only(draw: Draw) -> Mix:
    return Mix.of(draw, "front_garden").by_night(infrared=False).with_(Wind(), Headlights(ByLot(4.0, 2.0, 4.5)))


def _headlights_room_only(draw: Draw) -> Mix:
    return Mix.of(draw, "living_room").by_night(infrared=False).with_(Headlights(ByLot(4.0, 2.5, 5.0)))


def _television(draw: Draw) -> Mix:
    spill = Flicker(draw.number(), 0.8, 0.35, 1.0)
    return Mix.of(draw, "living_room").by_night(infrared=False).lit({"television": spill}).with_(Television())


def _television_person(draw: Draw) -> Mix:
    mix = _television(draw).walking(burglar(draw), "from the door", 9.0, 0.8, back=False)
    return mix.walking(somebody(draw), "across far", 28.0, strolling(draw))


def _mains_only(draw: Draw) -> Mix:
    return Mix.of(draw, "living_room").by_lamp().with_(Mains(depth=0.16))


def _fairy_lights_only(draw: Draw) -> Mix:
    mix = Mix.of(draw, "living_room").by_night(infrared=False).lit({LAMP: Always(0.15)})
    return mix.with_(FairyLights(Pattern.TWINKLE if draw.heads() else Pattern.CHASE, draw.between(0.8, 2.0)))


def _fairy_lights_garden_only(draw: Draw) -> Mix:
    mix = Mix.of(draw, "front_garden").by_night(infrared=False)
    return mix.with_(Wind(), FairyLights(Pattern.CHASE, draw.between(1.0, 2.4)))


def _leaf_shadows_only(draw: Draw) -> Mix:
    return garden(draw).with_(LeafShadows(wind=Always(2.0)))


def _door_shadow_only(draw: Draw) -> Mix:
    """Somebody passes outside, behind the frosted glass: nobody is in the house."""
    return Mix.of(draw, "hall").by_day().with_(GlassShadow(ByLot(3.0, 3.0, 7.0)))


def _night_noise_only(draw: Draw) -> Mix:
    return Mix.of(draw, "hall").by_night(infrared=False).amplified(3.0)


def _infrared_switch(draw: Draw) -> Mix:
    """Dusk: the camera goes into its infrared mode and, when a lamp nearby burns, out of it again."""
    mode = InfraredMode((14.0, 40.0))
    mix = Mix.of(draw, "front_garden").by_day(0.16).with_(Wind())
    return replace(mix, script=with_infrared(replace(mix.script, sensor=NIGHT_SENSOR), mode))


def _infrared_switch_person(draw: Draw) -> Mix:
    """Somebody walks while the camera switches, and somebody after it."""
    mix = _infrared_switch(draw).walking(burglar(draw), "across", 11.5, 1.0)
    return mix.walking(somebody(draw), "to the door", 26.0, strolling(draw))


LIGHT: Final = (
    Situation("light_switch_only", "lamp and shutter in a room, nobody there", _light_switch_only, NUISANCE_S),
    Situation("light_switch_person", "people while the lamp goes on and off", _light_switch_person, 50.0),
    Situation("lamp_person", "somebody comes in and switches the lamp on", _lamp_person),
    Situation("clouds_only", "edges of clouds and drifting exposure", _clouds_only, NUISANCE_S),
    Situation("clouds_person", "people while clouds pass", _clouds_person),
    Situation("headlights_only", "headlights sweep over the garden at night", _headlights_only, NUISANCE_S),
    Situation(
        "headlights_room_only", "headlights through the window of a dark room", _headlights_room_only, NUISANCE_S
    ),
    Situation("television_only", "a television flickers in a dark room", _television, NUISANCE_S),
    Situation("television_person", "people in the light of a television", _television_person),
    Situation("mains_only", "bands of a lamp on the mains roll through the picture", _mains_only, NUISANCE_S),
    Situation("fairy_lights_only", "Christmas lights blink in a room", _fairy_lights_only, NUISANCE_S),
    Situation("fairy_lights_garden_only", "Christmas lights on the house", _fairy_lights_garden_only, NUISANCE_S),
    Situation("leaf_shadows_only", "shadows of leaves dance on a wall", _leaf_shadows_only, NUISANCE_S),
    Situation("door_shadow_only", "shadows behind the frosted glass of the door", _door_shadow_only, NUISANCE_S),
    Situation("infrared_switch_only", "into the infrared mode and out again", _infrared_switch, NUISANCE_S),
    Situation("infrared_switch_person", "people while the camera switches to infrared", _infrared_switch_person, 50.0),
    Situation("night_noise_only", "a dark hall and a sensor at its limit", _night_noise_only, NUISANCE_S),
)
