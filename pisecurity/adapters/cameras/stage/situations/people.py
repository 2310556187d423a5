"""People by day and by night, each in a way that a motion detector may miss."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Final

import numpy as np

from pisecurity.adapters.cameras.stage.effects.wind import Wind
from pisecurity.adapters.cameras.stage.paths import Loiter, Stop, length_m
from pisecurity.adapters.cameras.stage.situations.mix import Draw, Mix
from pisecurity.adapters.cameras.stage.situations.situation import Situation
from pisecurity.adapters.cameras.stage.things.cyclist import Cyclist
from pisecurity.adapters.cameras.stage.things.figure import Outfit
from pisecurity.adapters.cameras.stage.things.loads import Parcel, Umbrella
from pisecurity.adapters.cameras.stage.things.person import CHILD, Person
from pisecurity.adapters.cameras.stage.things.stances import RUN, SNEAK, Crawl

STILL_S: Final = 60.0
PALE: Final = (152, 164, 172)
"""Cloth as bright as paving."""
GREY: Final = (124, 136, 142)
STEP_M: Final = 0.2
STEP_SPEED: Final = 1.0
"""Metres, and metres a second: a step is done within two pictures."""


def somebody(draw: Draw) -> Person:
    """Return a grown person in clothes drawn by lot."""
    return Person(Outfit.varied(draw.rng), draw.between(0.93, 1.06))


def burglar(draw: Draw) -> Person:
    """Return somebody in the dark clothes of one who does not want to be seen."""
    return Person(Outfit.burglar(draw.rng), draw.between(0.95, 1.05))


def strolling(draw: Draw) -> float:
    """Return the pace of somebody who walks, in metres a second."""
    return draw.between(1.0, 1.5)


def garden(draw: Draw) -> Mix:
    """Return the front garden by day in a light wind."""
    return Mix.of(draw, "front_garden").by_day().with_(Wind())


def _day_clean(draw: Draw) -> Mix:
    mix = garden(draw)
    for at_s, away_m in ((7.0, 4.5), (19.0, 7.0), (31.0, 3.6)):
        mix = mix.walking(somebody(draw), "across", at_s, strolling(draw), away_m=away_m)
    return mix


def _low_contrast(draw: Draw) -> Mix:
    """Clothes as grey as the paving and the wall behind."""
    mix = garden(draw)
    for at_s, coat, away_m in ((7.0, PALE, 4.4), (19.0, GREY, 6.5), (32.0, PALE, 3.9)):
        outfit = replace(Outfit.drawn(draw.rng), coat=coat, trousers=GREY, bag=None, cap=coat)
        mix = mix.walking(Person(outfit), "across", at_s, strolling(draw), away_m=away_m)
    return mix


def _far(draw: Draw) -> Mix:
    mix = Mix.of(draw, "back_garden").by_day().with_(Wind())
    mix = mix.walking(somebody(draw), "across far", 7.0, strolling(draw), back=False)
    return mix.walking(somebody(draw), "across far", 27.0, strolling(draw), back=True)


def _approach(draw: Draw) -> Mix:
    mix = garden(draw).walking(somebody(draw), "to the door", 7.0, strolling(draw), stop_s=3.0)
    return mix.walking(somebody(draw), "from the camera", 29.0, strolling(draw))


def _fast(draw: Draw) -> Mix:
    mix = garden(draw)
    for at_s, away_m, speed in ((8.0, 4.5, 3.6), (20.0, 3.2, 5.5), (32.0, 7.2, 4.2)):
        runner = Person(Outfit.varied(draw.rng), stance=RUN)
        mix = mix.walking(runner, "across", at_s, speed * draw.between(0.9, 1.1), away_m=away_m)
    return mix


def _creeping(draw: Draw) -> Mix:
    """A step or two, three seconds of standing still, and again, right through the garden."""
    mix = garden(draw)
    person = burglar(draw)
    corners = mix.way("across")
    stops = tuple(Stop(way, 3.0) for way in np.arange(0.7, length_m(corners), 0.55).tolist())
    return mix.cast(person, Loiter(6.0, 0.9, corners, person.stride_m, stops))


def _stop_and_go(every_s: float, draw: Draw) -> Mix:
    """Somebody takes one quick step of a ninth of his height, freezes as he is, and again."""
    mix, person = garden(draw), burglar(draw)
    corners = mix.way("across", 4.4)
    stops = tuple(
        Stop(way, every_s - STEP_M / STEP_SPEED) for way in np.arange(0.4, length_m(corners), STEP_M).tolist()
    )
    return mix.cast(person, Loiter(6.0, STEP_SPEED, corners, person.stride_m, stops, ease_s=0.1))


def _over_the_fence(draw: Draw) -> Mix:
    """Somebody comes from behind the fence straight towards the camera, and goes back."""
    mix = Mix.of(draw, "back_garden").by_day().with_(Wind())
    return mix.walking(burglar(draw), "over the fence", 6.0, 2.2, stop_s=4.0)


def _pause(draw: Draw) -> Mix:
    return garden(draw).walking(somebody(draw), "across", 7.0, strolling(draw), stop_s=15.0)


def _still(draw: Draw) -> Mix:
    """Comes in, stands for a minute with the back to a shelf, and leaves."""
    mix = Mix.of(draw, "living_room").by_day()
    return mix.walking(somebody(draw), "across", 7.0, strolling(draw), stop_s=STILL_S)


def _start_present(draw: Draw) -> Mix:
    mix = garden(draw)
    person = somebody(draw)
    corners = mix.way("across")
    first = Loiter(-0.5 * length_m(corners) / 1.2, 1.2, corners, person.stride_m,
                   (Stop(0.5 * length_m(corners), 5.0),))  # fmt: skip
    return mix.cast(person, first).walking(somebody(draw), "across", 24.0, strolling(draw))


def _shadow(draw: Draw) -> Mix:
    """Long, dark shadows in full sun."""
    mix = garden(draw)
    mix = replace(mix, script=replace(mix.script, shadow=0.58))
    for at_s, away_m in ((7.0, 4.2), (20.0, 5.5), (33.0, 3.6)):
        mix = mix.walking(somebody(draw), "across", at_s, strolling(draw), away_m=away_m)
    return mix


def _crawling(draw: Draw) -> Mix:
    mix = Mix.of(draw, "living_room").by_day()
    low = Person(Outfit.burglar(draw.rng), stance=Crawl())
    return mix.walking(low, "across", 7.0, draw.between(0.5, 0.7))


def _hooded(draw: Draw) -> Mix:
    """Sneaks bent through the garden at night, in the infrared light of the camera."""
    mix = Mix.of(draw, "front_garden").by_night(infrared=True).with_(Wind())
    for at_s, way in ((7.0, "across"), (27.0, "across the lawn")):
        dark = Person(Outfit.burglar(draw.rng), stance=SNEAK)
        mix = mix.walking(dark, way, at_s, draw.between(0.6, 0.9))
    return mix


def _crossing(draw: Draw) -> Mix:
    mix = garden(draw).walking(somebody(draw), "across", 7.0, 1.2, back=False, away_m=4.2)
    mix = mix.walking(somebody(draw), "across", 7.3, 1.3, back=True, away_m=5.0)
    return mix.walking(Person(Outfit.varied(draw.rng), CHILD), "across", 26.0, 1.0)


def _bicycle(draw: Draw) -> Mix:
    mix = garden(draw)
    for at_s, away_m in ((8.0, 4.6), (24.0, 6.2)):
        mix = mix.walking(Cyclist(Outfit.varied(draw.rng)), "across", at_s, draw.between(2.5, 4.5), away_m=away_m)
    return mix


def _umbrella(draw: Draw) -> Mix:
    mix = garden(draw).raining()
    walker = Person(Outfit.varied(draw.rng), carries=Umbrella())
    mix = mix.walking(walker, "across", 8.0, strolling(draw))
    return mix.walking(
        Person(Outfit.varied(draw.rng), carries=Parcel()), "to the door", 24.0, strolling(draw), stop_s=2.0
    )


def _night(draw: Draw) -> Mix:
    """Nearly in the dark, with the noise of a camera that has no lamp."""
    mix = Mix.of(draw, "front_garden").by_night(infrared=False).with_(Wind())
    for at_s, away_m in ((7.0, 4.5), (19.0, 6.8), (32.0, 3.7)):
        mix = mix.walking(somebody(draw), "across", at_s, strolling(draw), away_m=away_m)
    return mix


def _indoors(draw: Draw) -> Mix:
    mix = Mix.of(draw, "hall").by_day()
    mix = mix.walking(somebody(draw), "from the door", 7.0, strolling(draw), back=False)
    return mix.walking(somebody(draw), "to the stairs", 26.0, strolling(draw), stop_s=2.0)


PEOPLE: Final = (
    Situation("day_clean", "three people cross the garden by day", _day_clean),
    Situation("day_low_contrast", "people in clothes as grey as the paving", _low_contrast),
    Situation("day_far", "two people far away, about 40 pixels tall", _far),
    Situation("approach", "somebody comes to the door; another goes away from the camera", _approach),
    Situation("run_fast", "three people run", _fast),
    Situation("creeping_person", "somebody takes a step, stands still for 3 s, and again", _creeping, 75.0),
    Situation("stop_and_go_person", "a quick step, then frozen, every 2.5 s", partial(_stop_and_go, 2.5), 100.0),
    Situation("stop_and_go_4_person", "a quick step, then frozen, every 4 s", partial(_stop_and_go, 4.0), 150.0),
    Situation("stop_and_go_6_person", "a quick step, then frozen, every 6 s", partial(_stop_and_go, 6.0), 215.0),
    Situation("fence_person", "somebody comes over the fence towards the camera", _over_the_fence, 60.0),
    Situation("pause_person", "somebody stops for 15 s on the way", _pause),
    Situation("person_still", "somebody stands still for 60 s", _still, 85.0),
    Situation("start_present", "somebody stands there when the camera starts", _start_present),
    Situation("shadow_person", "people with long dark shadows", _shadow),
    Situation("crawling_person", "somebody crawls through the room", _crawling),
    Situation("hooded_person", "somebody hooded sneaks through the garden in infrared light", _hooded),
    Situation("people_crossing", "two people cross in the picture, then a child", _crossing),
    Situation("bicycle", "two people ride through", _bicycle),
    Situation("umbrella", "somebody under an umbrella, then a parcel is brought, in rain", _umbrella),
    Situation("night_person", "three people at night without a lamp", _night),
    Situation("hall_person", "somebody comes in by the door, another goes to the stairs", _indoors),
)
