"""What moves and is no person: animals, vehicles, and objects about the house."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Final

from pisecurity.adapters.cameras.stage.curve import Always, Wave
from pisecurity.adapters.cameras.stage.effects.curtain import Curtain
from pisecurity.adapters.cameras.stage.effects.fan import Fan
from pisecurity.adapters.cameras.stage.effects.sun import SunPatch
from pisecurity.adapters.cameras.stage.effects.wind import Wind
from pisecurity.adapters.cameras.stage.flights import Float, Flutter, Patrol
from pisecurity.adapters.cameras.stage.paths import Loiter, sniffing
from pisecurity.adapters.cameras.stage.situations.light import NUISANCE_S
from pisecurity.adapters.cameras.stage.situations.mix import Draw, Mix
from pisecurity.adapters.cameras.stage.situations.people import garden, somebody, strolling
from pisecurity.adapters.cameras.stage.situations.situation import Situation
from pisecurity.adapters.cameras.stage.things import animals
from pisecurity.adapters.cameras.stage.things.animals import CAT, CAT_COATS, Bird, FourLegged, Hedgehog
from pisecurity.adapters.cameras.stage.things.objects import Balloon, LeafBunch, PlasticBag, RobotVacuum
from pisecurity.adapters.cameras.stage.things.vehicles import HATCHBACK, PAINTS, PANEL_VAN, SALOON, Vehicle
from pisecurity.adapters.cameras.stage.view import Ground

CAT_M: Final = 0.28
"""Height of a cat's back."""


def cat(draw: Draw) -> FourLegged:
    """Return a cat of a colour drawn by lot."""
    coat = CAT_COATS[int(draw.rng.integers(len(CAT_COATS)))]
    return FourLegged(replace(CAT, coat=coat), CAT_M * draw.between(0.9, 1.1))


def dog(draw: Draw) -> FourLegged:
    """Return a dog of a breed drawn by lot."""
    return animals.dog(sorted(animals.DOGS)[int(draw.rng.integers(len(animals.DOGS)))])


def trotting(mix: Mix, animal: FourLegged | Hedgehog, way: str, at_s: float, speed: float, stops: int = 2) -> Mix:
    """Let an animal go a way and stop to sniff."""
    corners = mix.way(way)
    if mix.draw.heads():
        corners = corners[::-1]
    rests = sniffing(corners, mix.draw.number(), stops)
    return mix.cast(animal, Loiter(at_s, speed, corners, animal.stride_m, rests))


def driving(mix: Mix, at_s: float, speed: float, *, lit: bool = False) -> Mix:
    """Let a car or a van pass."""
    draw = mix.draw
    model = (HATCHBACK, SALOON, PANEL_VAN)[int(draw.rng.integers(3))]
    paint = PAINTS[int(draw.rng.integers(len(PAINTS)))]
    way = "on the drive" if "on the drive" in mix.place.ways else "along the track"
    corners = mix.place.ways[way]
    if draw.heads():
        corners = corners[::-1]
    vehicle = Vehicle(model, paint, lit)
    return mix.cast(vehicle, Loiter(at_s, speed, corners, vehicle.stride_m, aside=0.0))


def vacuuming(mix: Mix, at_s: float, stay_s: float) -> Mix:
    """Let a robot vacuum drive about on the floor."""
    near_left, far_right = Ground(-1.1, 2.7), Ground(1.3, 4.6)
    return mix.cast(RobotVacuum(), Patrol(at_s, stay_s, near_left, far_right, mix.draw.number()))


def floating(mix: Mix, at_s: float, stay_s: float) -> Mix:
    """Let a balloon drift through the room."""
    draw = mix.draw
    ground = Ground(draw.between(-1.0, 0.2), draw.between(3.2, 4.4))
    drift = (draw.between(0.02, 0.08), draw.between(-0.02, 0.02))
    return mix.cast(Balloon(), Float(at_s, stay_s, ground, drift, up_m=draw.between(0.7, 1.3)))


def _animals_vehicle(draw: Draw) -> Mix:
    mix = trotting(garden(draw), dog(draw), "across", 7.0, 1.9, 0)
    mix = driving(mix, 18.0, 4.0)
    mix = trotting(mix, cat(draw), "across the lawn", 27.0, 1.4, 1)
    return driving(mix, 38.0, 6.0)


def _cat(draw: Draw) -> Mix:
    mix = Mix.of(draw, "hall").by_day()
    return trotting(trotting(mix, cat(draw), "along the floor", 7.0, 0.8), cat(draw), "along the floor", 28.0, 1.6, 1)


def _dog(draw: Draw) -> Mix:
    mix = Mix.of(draw, "hall").by_night(infrared=True)
    return trotting(trotting(mix, dog(draw), "along the floor", 7.0, 0.9), dog(draw), "along the floor", 28.0, 1.8, 1)


def _garden_animals(draw: Draw) -> Mix:
    """A hedgehog and a fox at night, in infrared light."""
    mix = Mix.of(draw, "front_garden").by_night(infrared=True).with_(Wind())
    mix = trotting(mix, Hedgehog(), "across", 7.0, 0.45, 2)
    return trotting(mix, animals.fox(), "across the lawn", 24.0, 1.5, 1)


def _birds(draw: Draw) -> Mix:
    mix = garden(draw)
    for at_s in (8.0, 22.0, 36.0):
        heading = draw.between(0, 2 * math.pi)
        ground = Ground(draw.between(-1.5, 1.5), draw.between(4.0, 6.5))
        mix = mix.cast(Bird(), Flutter(at_s, draw.between(3.0, 6.0), ground, heading))
    return mix


def _vacuum_only(draw: Draw) -> Mix:
    return vacuuming(Mix.of(draw, "living_room").by_day(), 6.0, 80.0)


def _balloon_only(draw: Draw) -> Mix:
    return floating(Mix.of(draw, "living_room").by_day(), -20.0, 120.0)


def _litter_only(draw: Draw) -> Mix:
    """A plastic bag and a bunch of leaves blown over the drive."""
    mix = garden(draw).with_(Wind(Always(2.0)))
    mix = mix.cast(PlasticBag(), Float(10.0, 30.0, mix.way("across")[0], (1.1, 0.1), up_m=0.2, bob_m=0.25))
    return mix.cast(LeafBunch(), Float(40.0, 30.0, mix.way("across")[1], (-1.3, 0.1), up_m=0.1, bob_m=0.1))


def _fan_only(draw: Draw) -> Mix:
    return Mix.of(draw, "living_room").by_day().with_(Fan(turns_hz=draw.between(1.5, 4.0), tone=60.0))


def _curtain_only(draw: Draw) -> Mix:
    return Mix.of(draw, "living_room").by_day().with_(Curtain(Always(3.0)))


def _low_sun_only(draw: Draw) -> Mix:
    """Four minutes out of the two hours in which the sun wanders through the room, with clouds before it."""
    clouds = Wave(0.6, 0.4, 23.0, draw.between(0, 6))
    return Mix.of(draw, "living_room").by_day(0.7).with_(SunPatch(strength=clouds))


def _low_sun_person(draw: Draw) -> Mix:
    mix = _low_sun_only(draw).walking(somebody(draw), "across", 9.0, strolling(draw))
    return mix.walking(somebody(draw), "from the door", 26.0, strolling(draw), back=False)


THINGS: Final = (
    Situation("animals_vehicle", "a dog, a cat and two cars in the garden", _animals_vehicle, 50.0),
    Situation("pet_cat", "a cat in the hall by day", _cat, 50.0),
    Situation("pet_dog", "a dog in the hall at night, in infrared light", _dog, 50.0),
    Situation("garden_animals", "a hedgehog and a fox at night, in infrared light", _garden_animals, 50.0),
    Situation("birds", "blackbirds hop and fly up", _birds),
    Situation("robot_vacuum_only", "a robot vacuum cleans a room", _vacuum_only, NUISANCE_S),
    Situation("balloon_only", "a balloon drifts through a room", _balloon_only, NUISANCE_S),
    Situation("litter_only", "a plastic bag and leaves are blown over the drive", _litter_only, NUISANCE_S),
    Situation("fan_only", "a fan turns", _fan_only, NUISANCE_S),
    Situation("curtain_only", "a curtain in the draught", _curtain_only, NUISANCE_S),
    Situation("low_sun_only", "low sun wanders through a room", _low_sun_only, 240.0),
    Situation("low_sun_person", "people in a room with low sun", _low_sun_person),
)
