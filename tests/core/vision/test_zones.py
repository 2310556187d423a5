from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pisecurity.core.types import ARMED_MODES, MODES, Box, Mode
from pisecurity.core.vision.zones import ANYWHERE, Place, ZoneMap, draw
from pisecurity.settings import ZoneSettings

Point = tuple[float, float]
SIZE = 0.01
LEFT: tuple[Point, ...] = ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0))
LOWER: tuple[Point, ...] = ((0.0, 0.5), (1.0, 0.5), (1.0, 1.0), (0.0, 1.0))


def zone(kind: str, points: tuple[Point, ...], name: str, **more: object) -> ZoneSettings:
    return ZoneSettings.model_validate({"name": name, "camera": "front", "kind": kind, "points": points, **more})


def test_without_zones_everything_counts_everywhere() -> None:
    assert ZoneMap([]).place(Box(0.1, 0.1, 0.2, 0.2), SIZE) == ANYWHERE


def test_a_thing_is_where_its_foot_is() -> None:
    zones = ZoneMap([zone("watch", LOWER, "lawn")])
    assert zones.place(Box(0.4, 0.2, 0.1, 0.35), SIZE).zones == {"lawn"}
    assert zones.place(Box(0.4, 0.2, 0.1, 0.35), SIZE).objection == ""
    assert zones.place(Box(0.4, 0.1, 0.1, 0.35), SIZE).objection == "outside the watch zones"


def test_a_foot_on_the_edge_of_the_picture_is_in_the_zone() -> None:
    assert ZoneMap([zone("watch", LOWER, "lawn")]).place(Box(0.9, 0.5, 0.1, 0.5), SIZE).zones == {"lawn"}


def test_ignore_beats_watch() -> None:
    place = ZoneMap([zone("watch", LOWER, "lawn"), zone("ignore", LEFT, "street")]).place(Box(0.2, 0.5, 0.1, 0.2), SIZE)
    assert place.objection == "in ignore zone street"


def test_a_person_whose_foot_is_outside_an_ignore_zone_counts() -> None:
    above = ((0.0, 0.0), (1.0, 0.0), (1.0, 0.5), (0.0, 0.5))
    zones = ZoneMap([zone("ignore", above, "street")])
    assert zones.place(Box(0.4, 0.25, 0.1, 0.35), SIZE).objection == ""
    assert zones.place(Box(0.4, 0.1, 0.1, 0.42), SIZE).objection == "in ignore zone street"


def test_an_entry_zone_counts_beside_watch_zones() -> None:
    upper_right = ((0.5, 0.0), (1.0, 0.0), (1.0, 0.5), (0.5, 0.5))
    place = ZoneMap([zone("watch", LOWER, "lawn"), zone("entry", upper_right, "door")]).place(
        Box(0.7, 0.1, 0.1, 0.2), SIZE
    )
    assert place.entry
    assert place.zones == {"door"}
    assert place.objection == ""


def test_a_zone_has_a_smallest_size_of_its_own() -> None:
    zones = ZoneMap([zone("watch", LOWER, "street", min_area=0.01), zone("watch", LEFT, "lawn")])
    right, left = Box(0.7, 0.5, 0.1, 0.2), Box(0.2, 0.5, 0.1, 0.2)
    assert zones.place(right, 0.01) == replace(ANYWHERE, zones=frozenset({"street"}))
    assert zones.place(right, 0.0042).objection == "too small for zone street: size 0.0042, needs 0.01"
    assert zones.place(right, 0.0042).zones == frozenset()
    assert zones.place(left, 0.0042) == replace(ANYWHERE, zones=frozenset({"lawn"}))


def test_what_is_too_small_for_an_entry_zone_neither_counts_nor_starts_the_delay() -> None:
    zones = ZoneMap([zone("entry", LOWER, "door", min_area=0.01)])
    assert not zones.place(Box(0.4, 0.5, 0.1, 0.2), 0.009).entry
    assert zones.place(Box(0.4, 0.5, 0.1, 0.2), 0.009).objection
    assert zones.place(Box(0.4, 0.1, 0.1, 0.2), 0.009) == ANYWHERE


LAWN = Box(0.7, 0.5, 0.1, 0.2)
AWAY, OTHERS = frozenset({Mode.AWAY}), frozenset({Mode.HOME, Mode.NIGHT})


@pytest.mark.parametrize(
    ("zones", "place"),
    [
        (
            [zone("watch", LOWER, "lawn", modes=("away",))],
            Place(frozenset({"lawn"}), frozenset(), "outside the watch zones (home, night)", AWAY),
        ),
        (
            [zone("ignore", LOWER, "lawn", modes=("away",))],
            Place(frozenset(), frozenset(), "in ignore zone lawn (away)", OTHERS),
        ),
        ([zone("entry", LOWER, "lawn", modes=("away",))], Place(frozenset({"lawn"}), AWAY, "", ARMED_MODES)),
        (
            [zone("watch", LOWER, "lawn", modes=("away",)), zone("watch", LOWER, "yard", modes=("home", "night"))],
            Place(frozenset({"lawn", "yard"}), frozenset(), "", ARMED_MODES),
        ),
        (
            [zone("watch", LOWER, "lawn"), zone("ignore", LOWER, "terrace", modes=("home", "night"))],
            Place(frozenset({"lawn"}), frozenset(), "in ignore zone terrace (home, night)", AWAY),
        ),
        (
            [zone("watch", LOWER, "lawn", modes=("away",)), zone("ignore", LOWER, "terrace", modes=("away",))],
            Place(
                frozenset({"lawn"}),
                frozenset(),
                "outside the watch zones (home, night), in ignore zone terrace (away)",
                frozenset(),
            ),
        ),
        (
            [zone("watch", LEFT, "yard", modes=("away",))],
            Place(frozenset(), frozenset(), "outside the watch zones", frozenset()),
        ),
        (
            [zone("entry", LOWER, "lawn", modes=("away",), min_area=0.1)],
            replace(ANYWHERE, modes=OTHERS, objection="too small for zone lawn: size 0.0100, needs 0.1 (away)"),
        ),
    ],
)
def test_a_zone_does_what_it_does_only_in_its_modes(zones: list[ZoneSettings], place: Place) -> None:
    assert ZoneMap(zones).place(LAWN, SIZE) == place


@pytest.mark.parametrize(
    ("zones", "objection"),
    [
        ([zone("watch", LEFT, "yard"), zone("ignore", LOWER, "terrace", modes=("home",))], "outside the watch zones"),
        (
            [zone("ignore", LOWER, name, modes=(name,)) for name in ("home", "away")],
            "in ignore zone home (home), in ignore zone away (away)",
        ),
        (
            [zone("ignore", LOWER, name, modes=(name,)) for name in ("home", "away", "night")],
            "in ignore zone home (home), in ignore zone away (away), in ignore zone night (night)",
        ),
        (
            [zone("entry", LOWER, "door", min_area=0.1), zone("ignore", LOWER, "terrace", modes=("night",))],
            "too small for zone door: size 0.0100, needs 0.1 (home, away), in ignore zone terrace (night)",
        ),
    ],
)
def test_what_does_not_count_in_a_mode_says_for_each_why(zones: list[ZoneSettings], objection: str) -> None:
    assert ZoneMap(zones).place(LAWN, SIZE).objection == objection


MODE_NAMES = st.lists(st.sampled_from(["home", "away", "night"]), min_size=1, max_size=3, unique=True).map(tuple)
SOME_ZONE = st.builds(
    lambda kind, points, modes, least: zone(kind, points, "zone", modes=modes, min_area=least * (kind == "entry")),
    st.sampled_from(["ignore", "entry"]),
    st.sampled_from([LEFT, LOWER]),
    MODE_NAMES,
    st.sampled_from([0.0, 0.005, 0.05]),
)


@given(st.lists(SOME_ZONE, max_size=5), st.sampled_from(sorted(ARMED_MODES)), st.sampled_from([0.001, SIZE, 0.1]))
def test_in_a_mode_it_is_as_if_only_the_zones_of_that_mode_were_there(
    zones: list[ZoneSettings], mode: Mode, area: float
) -> None:
    for box in (LAWN, Box(0.2, 0.5, 0.1, 0.2), Box(0.2, 0.1, 0.1, 0.2), Box(0.7, 0.1, 0.1, 0.2)):
        place = ZoneMap(zones).place(box, area)
        alone = ZoneMap([one for one in zones if mode in {MODES[name] for name in one.modes}])
        only = alone.place(box, area)
        assert (mode in place.modes) == (mode in only.modes)
        assert (mode in place.entry) == (mode in only.entry)
        assert bool(place.objection) == (place.modes != ARMED_MODES)


def test_a_polygon_covers_its_share_of_the_grid() -> None:
    triangle = draw(((0.0, 0.0), (1.0, 0.0), (0.0, 1.0)))
    assert triangle.shape == (256, 256)
    assert triangle.mean() == pytest.approx(0.5, abs=0.01)
    assert triangle[10, 10]
    assert not triangle[250, 250]


def test_a_dent_in_a_polygon_is_not_in_it() -> None:
    comb = ((0.0, 0.0), (0.2, 0.0), (0.2, 0.5), (0.6, 0.5), (0.6, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
    expected = np.ones((10, 10), np.bool_)
    expected[:5, 2:6] = False
    assert np.array_equal(draw(comb, 10, 10), expected)


shares = st.floats(0, 1, allow_nan=False)


@settings(deadline=None)
@given(st.tuples(shares, shares), st.tuples(shares, shares), st.tuples(shares, shares), st.tuples(shares, shares))
def test_two_zones_that_share_an_edge_share_no_cell(a: Point, b: Point, c: Point, d: Point) -> None:
    def side(point: Point) -> float:
        return (b[0] - a[0]) * (point[1] - a[1]) - (b[1] - a[1]) * (point[0] - a[0])

    first, second = draw((a, b, c)), draw((b, a, d))
    if side(c) * side(d) < -1e-6:
        assert not np.any(first & second)


HALVES = ZoneMap(
    [zone("watch", LEFT, "left"), zone("watch", ((0.5, 0.0), (1.0, 0.0), (1.0, 1.0), (0.5, 1.0)), "right")]
)


@settings(deadline=None)
@given(shares, shares, shares, shares)
def test_any_box_is_placed_in_at_most_one_of_two_halves(x: float, y: float, w: float, h: float) -> None:
    assert len(HALVES.place(Box(x, y, w, h), SIZE).zones) == 1


def test_a_privacy_zone_is_no_place() -> None:
    zones = ZoneMap([zone("privacy", LEFT, "neighbour")])
    assert zones.place(Box(0.2, 0.5, 0.1, 0.2), SIZE) == ANYWHERE
