"""What moves on the stage: everything that can be drawn keeps the promises of a thing."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
import pytest

from pisecurity.adapters.cameras.stage.things.animals import DOGS, Bird, Hedgehog, cat, dog, fox
from pisecurity.adapters.cameras.stage.things.cyclist import Cyclist
from pisecurity.adapters.cameras.stage.things.drawing import _roundness
from pisecurity.adapters.cameras.stage.things.figure import Outfit
from pisecurity.adapters.cameras.stage.things.loads import Parcel, Umbrella, television
from pisecurity.adapters.cameras.stage.things.models import HATCHBACK, PANEL_VAN, SALOON
from pisecurity.adapters.cameras.stage.things.objects import Balloon, LeafBunch, PlasticBag, RobotVacuum
from pisecurity.adapters.cameras.stage.things.person import CHILD, Person
from pisecurity.adapters.cameras.stage.things.stances import RUN, SNEAK, Crawl
from pisecurity.adapters.cameras.stage.things.thing import Patch, Pose, Thing
from pisecurity.adapters.cameras.stage.things.vehicles import Vehicle
from pisecurity.adapters.cameras.stage.truth import THINGS

PLAIN: Final = Outfit.drawn(np.random.default_rng(1))
BURGLAR: Final = Outfit.burglar(np.random.default_rng(2))
PEOPLE: Final[dict[str, Thing]] = {
    "walker": Person(PLAIN),
    "child": Person(Outfit.varied(np.random.default_rng(3)), CHILD),
    "long coat": Person(Outfit.varied(np.random.default_rng(5))),
    "burglar": Person(BURGLAR),
    "runner": Person(PLAIN, stance=RUN),
    "sneak": Person(BURGLAR, stance=SNEAK),
    "crawler": Person(BURGLAR, stance=Crawl()),
    "parcel": Person(PLAIN, carries=Parcel()),
    "television": Person(BURGLAR, carries=television()),
    "umbrella": Person(PLAIN, carries=Umbrella()),
    "cyclist": Cyclist(PLAIN),
}
ANIMALS: Final[dict[str, Thing]] = {
    **{breed: dog(breed) for breed in DOGS},
    "cat": cat(),
    "fox": fox(),
    "hedgehog": Hedgehog(),
    "blackbird": Bird(),
}
VEHICLES: Final[dict[str, Thing]] = {
    "hatchback": Vehicle(HATCHBACK),
    "saloon": Vehicle(SALOON, lit=True),
    "van": Vehicle(PANEL_VAN),
}
OBJECTS: Final[dict[str, Thing]] = {
    "robot": RobotVacuum(),
    "balloon": Balloon(),
    "bag": PlasticBag(),
    "leaves": LeafBunch(),
}
ALL: Final = {**PEOPLE, **ANIMALS, **VEHICLES, **OBJECTS}
UPRIGHT: Final = ("walker", "child", "long coat", "burglar", "parcel", "television", "umbrella", "cyclist")
HEADINGS: Final = tuple(math.pi * number / 4 for number in range(8))


def covered(patch: Patch) -> tuple[int, int, int, int]:
    """Return the first and last row and column that are covered by half."""
    rows, columns = (np.flatnonzero((patch.pixels[..., 3] > 0.5).any(axis=axis)) for axis in (1, 0))
    return int(rows[0]), int(rows[-1]), int(columns[0]), int(columns[-1])


@pytest.mark.parametrize("name", ALL)
def test_coverage_stays_inside_the_patch_with_a_free_margin(name: str) -> None:
    for heading in HEADINGS:
        for phase in (0.0, 1.4, 4.1):
            for swing in (0.3, 1.0):
                pixels = ALL[name].draw(60.0 / ALL[name].tall_m, Pose(phase, swing, heading)).pixels
                rim = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
                assert rim.max() == 0, (heading, phase, swing)
                assert pixels[..., 3].min() >= 0
                assert pixels[..., 3].max() == pytest.approx(1.0, abs=0.01)
                # Lamps that burn are brighter than white; what is lit only a little.
                assert pixels[..., :3].max() < (1100 if name == "saloon" else 400)


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("size", [12.0, 60.0, 200.0])
def test_beyond_what_is_drawn_a_patch_is_clear(name: str, size: float) -> None:
    for heading in HEADINGS:
        patch = ALL[name].draw(size / ALL[name].tall_m, Pose(1.4, 1.0, heading))
        assert [part.start % 2 for part in patch.drawn] == [0, 0]
        beyond = patch.pixels.copy()
        beyond[patch.drawn] = 0
        assert not beyond.any(), heading


@pytest.mark.parametrize("reach", [0.6, 1.0, 1.7, 2.7])
def test_the_light_on_a_figure_is_the_same_however_much_room_is_around_it(reach: float) -> None:
    cover = np.zeros((90, 80), np.uint8)
    cover[20:70, 30:52] = np.random.default_rng(4).integers(0, 256, (50, 22), np.uint8)
    part = np.s_[20:70, 30:52]
    everywhere = _roundness(cover, np.s_[0:90, 0:80], reach)
    assert np.array_equal(_roundness(cover, part, reach), everywhere[part])


@pytest.mark.parametrize("name", [name for name in PEOPLE if name not in ("crawler", "runner")])
def test_a_person_stands_on_its_foot_at_the_lowest_row(name: str) -> None:
    for heading in HEADINGS:
        for phase in (0.0, 1.0, 2.5, 4.0):
            patch = PEOPLE[name].draw(60.0, Pose(phase, 1.0, heading))
            assert covered(patch)[1] + 1 == pytest.approx(patch.foot_y, abs=2), (heading, phase)


@pytest.mark.parametrize("name", [*DOGS, "cat", "fox", "hedgehog", "bag"])
def test_an_animal_seen_from_the_side_stands_near_its_foot(name: str) -> None:
    thing = ALL[name]
    patch = thing.draw(80.0 / thing.tall_m, Pose(0.6, 1.0, 0.0))
    assert covered(patch)[1] + 1 == pytest.approx(patch.foot_y, abs=12)


@pytest.mark.parametrize("name", UPRIGHT)
@pytest.mark.parametrize("heading", [0.0, math.pi / 2, math.pi, -math.pi / 2])
def test_somebody_upright_is_as_tall_as_said(name: str, heading: float) -> None:
    thing = PEOPLE[name]
    first, last, _, _ = covered(thing.draw(100.0, Pose(0.0, 0.0, heading)))
    assert last - first + 1 == pytest.approx(thing.tall_m * 100.0, rel=0.06)


@pytest.mark.parametrize("name", ["runner", "sneak", "crawler", *DOGS, "cat", "fox", "hatchback", "saloon", "van"])
def test_height_of_the_others_is_near_what_is_said(name: str) -> None:
    """In motion, bent, or seen from above they are a little taller or shorter."""
    thing = ALL[name]
    first, last, _, _ = covered(thing.draw(100.0 / thing.tall_m, Pose(0.5, 1.0, 0.0)))
    assert last - first + 1 == pytest.approx(100.0, rel=0.32 if name in VEHICLES else 0.16)


@pytest.mark.parametrize("name", ["walker", "runner", "sneak", "shepherd", "cat", "hatchback", "van"])
def test_the_other_way_round_is_the_mirror_image(name: str) -> None:
    thing = ALL[name]
    right, left = (thing.draw(60.0, Pose(0.7, 1.0, heading)).pixels[..., 3] > 0.5 for heading in (0.0, math.pi))
    differ = np.count_nonzero(right != left[:, ::-1])
    # Which leg is the nearer one changes with the side, and with a tilted look that moves it by a pixel.
    assert differ < 0.2 * np.count_nonzero(right)


@pytest.mark.parametrize("name", ALL)
def test_a_stride_is_periodic(name: str) -> None:
    thing = ALL[name]
    first, second = (thing.draw(50.0, Pose(phase, 1.0, 0.3)).pixels for phase in (0.8, 0.8 + 2 * math.pi))
    assert np.abs(first - second).max() < 60
    assert np.abs(first - second).mean() < 0.2


@pytest.mark.parametrize("name", ALL)
def test_label_and_lengths_are_known(name: str) -> None:
    thing = ALL[name]
    kinds = {"person": PEOPLE, "animal": ANIMALS, "vehicle": VEHICLES, "object": OBJECTS}
    assert name in kinds[thing.label]
    assert thing.label in THINGS
    assert thing.tall_m > 0 and thing.stride_m > 0


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("pixels", [4.0, 11.0, 620.0])
def test_any_size_can_be_drawn(name: str, pixels: float) -> None:
    thing = ALL[name]
    patch = thing.draw(pixels / thing.tall_m, Pose(0.4, 1.0, 0.4))
    assert patch.pixels.dtype == np.float32
    assert patch.pixels[..., 3].max() > 0.3


@pytest.mark.parametrize("name", ALL)
def test_the_same_pose_gives_the_same_pixels(name: str) -> None:
    first, second = (ALL[name].draw(40.0, Pose(1.1, 0.8, 2.0)) for _ in range(2))
    assert np.array_equal(first.pixels, second.pixels)


def test_headlamps_that_burn_are_brighter() -> None:
    dark, bright = (Vehicle(SALOON, lit=lit).draw(60.0, Pose(0.0, 1.0, -1.2)).pixels for lit in (False, True))
    assert np.count_nonzero(bright[..., 0] > 225) > np.count_nonzero(dark[..., 0] > 225) + 20


def test_burglars_are_darker_than_others() -> None:
    burglar, other = (Person(outfit).draw(60.0, Pose(0.0, 1.0, 0.0)).pixels for outfit in (BURGLAR, PLAIN))
    means = [float(pixels[..., :3].sum() / pixels[..., 3].sum()) for pixels in (burglar, other)]
    assert means[0] < 0.5 * means[1]


def test_what_is_drawn_by_lot_depends_on_the_seed_alone() -> None:
    for draw in (Outfit.drawn, Outfit.varied, Outfit.burglar):
        assert draw(np.random.default_rng(7)) == draw(np.random.default_rng(7))
    assert len({Outfit.varied(np.random.default_rng(seed)) for seed in range(20)}) == 20
