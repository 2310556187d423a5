"""The rooms: lit as their lamps are, passable as their furniture allows, and the same for the same seed."""

from __future__ import annotations

import numpy as np
import pytest

from pisecurity.adapters.cameras.stage import Scene, Script, View
from pisecurity.adapters.cameras.stage.paths import Players, Role, Walk
from pisecurity.adapters.cameras.stage.place import DAY, INFRARED, LAMP, NIGHT, Place
from pisecurity.adapters.cameras.stage.places import PLACES, painted
from pisecurity.adapters.cameras.stage.things.figure import Outfit
from pisecurity.adapters.cameras.stage.things.person import Person
from pisecurity.adapters.cameras.stage.view import SHEET_HEIGHT, SHEET_WIDTH, Ground
from pisecurity.core.types import Box

SEED = 3
VIEW = View(160, 120)
ROOMS = ("living_room", "hall")
LIGHTS = {"living_room": "television", "hall": "doorlight"}
AREAS = {
    "living_room": {"window", "curtain", "television", "fan", "lamp", "rug", "wall", "floor"},
    "hall": {"door_glass", "mirror", "lamp", "basket", "wall", "floor"},
}
LAST_WAY = {"living_room": "to the sofa", "hall": "to the stairs"}
WAYS = ("across", "across far", "from the door", "along the floor")


def room(name: str, seed: int = SEED, view: View = VIEW) -> Place:
    return PLACES[name](np.random.default_rng(seed), view)


@pytest.fixture(scope="module", params=ROOMS)
def place(request: pytest.FixtureRequest) -> Place:
    return room(request.param)


def somebody(name: str, corners: tuple[Ground, ...]) -> tuple[Scene, Walk]:
    person = Person(Outfit.drawn(np.random.default_rng(1)))
    walk = Walk(0.0, 1.2, corners, person.stride_m)
    script = Script(place=name, cast=Players((Role(1, person, walk),)), shadow=0.0)
    return Scene(script, SEED, VIEW.width, VIEW.height, colour=False), walk


@pytest.mark.parametrize("name", ROOMS)
@pytest.mark.parametrize("size", [(32, 32), (320, 240), (1280, 720)])
def test_every_light_has_the_size_of_the_picture(name: str, size: tuple[int, int]) -> None:
    lights = room(name, view=View(*size)).lights
    assert set(lights) == {DAY, NIGHT, LAMP, INFRARED, LIGHTS[name]}
    assert {light.shape for light in lights.values()} == {(size[1], size[0], 3)}
    assert {light.dtype for light in lights.values()} == {np.dtype(np.uint8)}


def test_day_is_bright_and_night_is_dark(place: Place) -> None:
    assert 90 < place.lights[DAY].mean() < 150
    assert 8 < place.lights[NIGHT].mean() < 25


def test_the_lamp_lights_its_surroundings_most(place: Place) -> None:
    lamp = place.lights[LAMP].mean(axis=2)
    left, top, right, bottom = place.areas["lamp"].pixels(VIEW)
    assert lamp[top:bottom, left:right].mean() > 2.5 * lamp.mean()
    assert np.percentile(lamp, 95) > 3 * np.percentile(lamp, 5)


def test_the_lamp_is_warm_and_the_television_is_blue() -> None:
    lights = room("living_room").lights
    warm, cold = lights[LAMP].mean(axis=(0, 1)), lights["television"].mean(axis=(0, 1))
    assert warm[2] > 1.3 * warm[0]
    assert cold[0] > 1.2 * cold[2]


def test_infrared_is_grey_and_falls_off(place: Place) -> None:
    light = place.lights[INFRARED]
    assert np.ptp(light, axis=2).max() == 0
    bands = light[..., 0].astype(float)
    assert bands[90:110].mean() > 1.3 * bands[20:50].mean()


def test_daylight_comes_from_the_window() -> None:
    place = room("living_room")
    left, top, right, bottom = place.areas["window"].pixels(VIEW)
    day = place.lights[DAY].mean(axis=2)
    assert day[top:bottom, left:right].mean() > 1.5 * day.mean()


def test_the_same_seed_is_the_same_room_and_another_seed_another(place: Place) -> None:
    name = "hall" if "mirror" in place.areas else "living_room"
    for light, again in zip(place.lights.values(), room(name).lights.values(), strict=True):
        assert light.tobytes() == again.tobytes()
    other = room(name, seed=SEED + 1).lights[DAY]
    assert np.abs(place.lights[DAY].astype(int) - other).mean() > 4


def test_a_room_keeps_nothing_but_its_lights(place: Place) -> None:
    for light in place.lights.values():
        assert light.base is None
        assert light.nbytes == VIEW.width * VIEW.height * 3


@pytest.mark.parametrize("name", ROOMS)
def test_effects_find_their_areas_on_the_sheet(name: str) -> None:
    place = painted(name, SEED, VIEW)
    assert set(place.areas) == AREAS[name]
    for area in place.areas.values():
        assert 0 <= area.left < area.right <= SHEET_WIDTH
        assert 0 <= area.top < area.bottom <= SHEET_HEIGHT
    assert not place.outdoors


@pytest.mark.parametrize("name", ROOMS)
def test_every_way_is_below_the_horizon_and_shows_who_walks_it(name: str) -> None:
    place = painted(name, SEED, VIEW)
    assert set(place.ways) == {*WAYS, LAST_WAY[name]}
    for corners in place.ways.values():
        assert all(place.lens.on_sheet(corner)[1] > place.lens.horizon for corner in corners)
        scene, walk = somebody(name, corners)
        boxes = [seen.box for t_s in np.arange(0, walk.ends_s, 0.5) for seen in scene.render(t_s).truth]
        assert len(boxes) >= 5


@pytest.mark.parametrize("name", ROOMS)
def test_a_way_begins_out_of_sight_or_at_a_door(name: str) -> None:
    door = painted(name, SEED, VIEW).ways["from the door"][0]
    for corners in painted(name, SEED, VIEW).ways.values():
        scene, _ = somebody(name, corners)
        assert corners[0] == door or not scene.render(0.0).truth


def test_a_wall_hides_who_has_not_yet_come_through_the_door() -> None:
    scene, _ = somebody("living_room", painted("living_room", SEED, VIEW).ways["across far"])
    shares = [seen.visible for t_s in np.arange(0, 1.6, 0.1) for seen in scene.render(t_s).truth]
    assert shares
    assert shares[0] < 0.75 < shares[-1]


def test_the_sofa_hides_the_legs_behind_it() -> None:
    behind = seen_at("living_room", Ground(1.5, 5.35))
    before = seen_at("living_room", Ground(1.5, 2.65))
    assert behind[0] < 0.9
    assert before[0] == 1.0
    sofa_top = painted("living_room", SEED, VIEW).screens[2].outline[3][1]
    _, foot = VIEW.pixel(0, sofa_top)
    assert (behind[1].y + behind[1].h) * VIEW.height <= foot + 2


def test_the_shoe_rack_hides_the_legs_behind_it() -> None:
    visible, _ = seen_at("hall", Ground(2.0, 5.15))
    assert visible < 0.9


def seen_at(name: str, ground: Ground) -> tuple[float, Box]:
    """Return how much is seen of somebody on the way to the right at *ground*, and the box of it."""
    before = Ground(ground.right_m - 0.12, ground.away_m)
    scene, _ = somebody(name, (before, Ground(ground.right_m + 1.0, ground.away_m)))
    (seen,) = scene.render(0.1).truth
    return seen.visible, seen.box
