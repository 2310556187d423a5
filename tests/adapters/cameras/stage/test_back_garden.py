"""The garden behind the house."""

from __future__ import annotations

from typing import Final

import numpy as np
import pytest

from pisecurity.adapters.cameras.stage import Scene, Script, View
from pisecurity.adapters.cameras.stage.curve import FULL
from pisecurity.adapters.cameras.stage.flights import Vault
from pisecurity.adapters.cameras.stage.paths import Loiter, Path, Players, Role, Walk
from pisecurity.adapters.cameras.stage.place import DAY, INFRARED, LAMP, NIGHT, Place
from pisecurity.adapters.cameras.stage.places import back_garden, front_garden, painted
from pisecurity.adapters.cameras.stage.places.yard import FENCE_M, FENCE_UP_M
from pisecurity.adapters.cameras.stage.things.animals import cat
from pisecurity.adapters.cameras.stage.things.figure import Outfit
from pisecurity.adapters.cameras.stage.things.person import Person
from pisecurity.adapters.cameras.stage.things.thing import Thing
from pisecurity.adapters.cameras.stage.things.vehicles import Vehicle
from pisecurity.adapters.cameras.stage.truth import Labelled

VIEW: Final = View(320, 240)
SOMEBODY: Final = Person(Outfit.drawn(np.random.default_rng(1)))
WALKS: Final = ("across", "across far", "over the fence", "from the camera", "round the pond")


@pytest.fixture(scope="module")
def garden() -> Place:
    return painted("back_garden", 1, VIEW)


def seen(place: str, thing: Thing, path: Path, times: list[float]) -> list[Labelled | None]:
    """Return the truth of *thing* at each of *times*."""
    scene = Scene(Script(place=place, cast=Players((Role(1, thing, path),))), 1, VIEW.width, VIEW.height, colour=False)
    return [next(iter(scene.render(t_s).truth), None) for t_s in times]


@pytest.mark.parametrize("size", [(32, 32), (320, 240), (640, 360)])
def test_every_light_has_the_size_of_the_view(size: tuple[int, int]) -> None:
    place = back_garden.paint(np.random.default_rng(2), View(*size))
    assert set(place.lights) == {DAY, NIGHT, LAMP, INFRARED}
    for light in place.lights.values():
        assert light.shape == (size[1], size[0], 3)
        assert light.dtype == np.uint8


def test_day_is_brightest_and_night_is_dark(garden: Place) -> None:
    means = {name: float(light.mean()) for name, light in garden.lights.items()}
    assert means[DAY] > 80
    assert 8 < means[NIGHT] < 30
    assert means[NIGHT] < means[LAMP] < means[DAY]


def test_lamp_and_infrared_reach_the_terrace_and_not_the_fence(garden: Place) -> None:
    for name in (LAMP, INFRARED):
        light = garden.lights[name]
        assert light[-30:].mean() > 2.0 * light[70:90].mean()


def test_infrared_has_no_colour(garden: Place) -> None:
    light = garden.lights[INFRARED]
    assert (light[..., 0] == light[..., 1]).all() and (light[..., 1] == light[..., 2]).all()


def test_a_seed_gives_its_own_garden() -> None:
    first, again, other = (back_garden.paint(np.random.default_rng(seed), View(64, 48)) for seed in (1, 1, 3))
    assert np.array_equal(first.lights[DAY], again.lights[DAY])
    assert np.abs(first.lights[DAY].astype(int) - other.lights[DAY]).mean() > 3


def test_areas_lie_in_the_picture(garden: Place) -> None:
    assert set(garden.areas) == {"water", "wall", "lamp", "bed", "track"}
    for name, area in garden.areas.items():
        left, top, right, bottom = area.pixels(VIEW)
        assert right - left >= 4 and bottom - top >= 4, name


@pytest.mark.parametrize("way", WALKS)
def test_a_walker_appears_at_an_edge_or_from_behind_something_and_is_seen(garden: Place, way: str) -> None:
    walk = Walk(0.0, 1.4, garden.ways[way], SOMEBODY.stride_m)
    times = np.arange(0.0, walk.ends_s, 0.25).tolist()
    truths = seen("back_garden", SOMEBODY, walk, times)
    assert truths[0] is None or truths[0].visible < 0.3
    assert max(truth.visible for truth in truths if truth is not None) > 0.95


def test_far_away_somebody_is_small(garden: Place) -> None:
    walk = Walk(0.0, 1.4, garden.ways["across far"], SOMEBODY.stride_m)
    (truth,) = seen("back_garden", SOMEBODY, walk, [walk.ends_s / 2])
    assert truth is not None
    assert 30 <= truth.box.h * 480 <= 45


def test_the_fence_hides_the_legs_of_whoever_is_behind_it(garden: Place) -> None:
    walk = Walk(0.0, 1.4, garden.ways["over the fence"], SOMEBODY.stride_m)
    (truth,) = seen("back_garden", SOMEBODY, walk, [5.0])
    assert truth is not None
    assert 0.3 < truth.visible < 0.75
    over = Vault(walk, FENCE_M, FENCE_UP_M)
    tops = [each.box.y for each in seen("back_garden", SOMEBODY, over, [5.6, 8.0]) if each is not None]
    assert len(tops) == 2


def test_vehicles_pass_behind_the_fence_from_one_side_to_the_other(garden: Place) -> None:
    car = Vehicle()
    way = garden.ways["along the track"]
    drive = Loiter(0.0, 8.0, way, car.stride_m, aside=0.0)
    truths = seen("back_garden", car, drive, np.linspace(0.0, drive.ends_s - 0.01, 25).tolist())
    assert truths[0] is None and truths[-1] is None
    assert {truth.label for truth in truths if truth is not None} == {"vehicle"}
    shares = [truth.visible for truth in truths if truth is not None]
    assert min(shares) < 0.7 < max(shares)


def test_a_cat_on_the_floor_is_seen_from_edge_to_edge(garden: Place) -> None:
    walk = Walk(0.0, 1.2, garden.ways["along the floor"], cat().stride_m)
    truths = seen("back_garden", cat(), walk, np.linspace(0.0, walk.ends_s - 0.01, 21).tolist())
    assert truths[0] is None
    assert sum(truth is not None for truth in truths) > 12


@pytest.mark.parametrize("way", ["on the drive", "up the drive"])
def test_a_car_comes_from_outside_of_the_front_garden(way: str) -> None:
    place = front_garden.paint(np.random.default_rng(1), VIEW)
    car = Vehicle()
    drive = Loiter(0.0, 2.5, place.ways[way], car.stride_m, aside=0.0)
    truths = seen("front_garden", car, drive, np.linspace(0.0, drive.ends_s - 0.01, 15).tolist())
    assert truths[0] is None
    whole = max((truth for truth in truths if truth is not None), key=lambda truth: truth.visible)
    # 4.2 m long and 1.5 m high at 4.5 m from the lens.
    assert whole.box.w * 640 == pytest.approx(4.2 * 520 / 4.5, rel=0.12)
    assert 150 < whole.box.h * 480 < 240


def test_lights_can_be_mixed() -> None:
    scene = Scene(Script(place="back_garden", lights={NIGHT: FULL, LAMP: FULL}), 1, 64, 48)
    assert scene.render(0.0).picture.y.mean() > 20
