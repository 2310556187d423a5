"""Movements: they are continuous, they end, and they depend on the time alone."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Final

import numpy as np
import pytest

from pisecurity.adapters.cameras.stage.flights import Float, Flutter, Patrol, Vault
from pisecurity.adapters.cameras.stage.paths import (
    Loiter,
    Path,
    Step,
    Stop,
    Walk,
    heading_on,
    length_m,
    sniffing,
    turned,
)
from pisecurity.adapters.cameras.stage.view import Ground

CORNERS: Final = (Ground(-4.0, 6.0), Ground(0.0, 6.0), Ground(1.0, 9.0), Ground(5.0, 7.0))
STOPS: Final = tuple(Stop(length_m(CORNERS[:number]), 3.0, look=-math.pi / 2) for number in (2, 3))
OVER: Final = (Ground(0.0, 27.0), Ground(0.0, 20.0))
PATHS: Final[dict[str, Path]] = {
    "walk": Walk(2.0, 1.3, CORNERS, 1.5),
    "loiter": Loiter(2.0, 1.3, CORNERS, 1.5, STOPS),
    "sniffing": Loiter(2.0, 0.9, CORNERS, 0.7, sniffing(CORNERS, seed=4, count=4)),
    "float": Float(2.0, 20.0, CORNERS[0], drift=(0.2, -0.1)),
    "fall": Float(2.0, 5.0, CORNERS[0], up_m=3.0, climb=-0.8),
    "patrol": Patrol(2.0, 90.0, Ground(-2.0, 3.0), Ground(2.0, 6.0), seed=5),
    "flutter": Flutter(2.0, 6.0, CORNERS[0], heading=0.5),
    "vault": Vault(Walk(2.0, 1.3, OVER, 1.5), away_m=24.0, up_m=0.9),
}
FASTEST: Final = 5.0
"""Metres a second."""
TICK_S: Final = 0.02


def step(path: Path, t_s: float) -> Step:
    found = path.at(t_s)
    assert found is not None, t_s
    return found


def points(path: Path) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    """Return right, away and up in metres, (n, 3), every ``TICK_S`` from beginning to end."""
    steps = [step(path, t_s) for t_s in np.arange(path.starts_s, path.ends_s - 1e-6, TICK_S).tolist()]
    return np.array([(each.ground.right_m, each.ground.away_m, each.up_m) for each in steps])


@pytest.mark.parametrize("name", PATHS)
def test_nobody_is_there_before_and_after(name: str) -> None:
    path = PATHS[name]
    assert path.at(path.starts_s - 0.01) is None
    assert path.at(path.ends_s) is None
    assert path.at(path.starts_s) is not None
    assert path.at(path.ends_s - 0.01) is not None


@pytest.mark.parametrize("name", PATHS)
def test_nothing_jumps(name: str) -> None:
    ways = np.linalg.norm(np.diff(points(PATHS[name]), axis=0), axis=1)
    assert ways.max() <= FASTEST * TICK_S


@pytest.mark.parametrize("name", PATHS)
def test_nothing_goes_underground_or_behind_the_camera(name: str) -> None:
    _, away, up = points(PATHS[name]).T
    assert away.min() >= 1.0
    assert up.min() >= 0.0


@pytest.mark.parametrize("name", PATHS)
def test_any_order_of_asking_gives_the_same(name: str) -> None:
    path = PATHS[name]
    times = np.linspace(path.starts_s, path.ends_s - 0.01, 23).tolist()
    assert [path.at(t_s) for t_s in times] == [path.at(t_s) for t_s in reversed(times)][::-1]


@pytest.mark.parametrize("name", [name for name in PATHS if name != "patrol"])
def test_nothing_turns_at_once(name: str) -> None:
    path = PATHS[name]
    headings = [step(path, t_s).pose.heading for t_s in np.arange(path.starts_s, path.ends_s, TICK_S).tolist()]
    turns = [abs(math.remainder(b - a, 2 * math.pi)) for a, b in pairwise(headings)]
    assert max(turns) < 0.16


def test_a_stop_lasts_as_long_as_said_and_looks_where_said() -> None:
    path = PATHS["loiter"]
    arrives_s = 2.0 + length_m(CORNERS[:2]) / 1.3
    for t_s in (arrives_s + 0.6, arrives_s + 1.5, arrives_s + 2.4):
        rest = step(path, t_s)
        assert (rest.ground.right_m, rest.ground.away_m) == pytest.approx((0.0, 6.0))
        assert rest.pose.swing == 0 and not rest.moving
        assert math.remainder(rest.pose.heading + math.pi / 2, 2 * math.pi) == pytest.approx(0, abs=1e-9)
    assert step(path, arrives_s - 0.1).moving and step(path, arrives_s + 3.1).moving
    assert path.ends_s == pytest.approx(2.0 + length_m(CORNERS) / 1.3 + 6.0)


def test_without_stops_loitering_is_walking() -> None:
    walk, loiter = PATHS["walk"], Loiter(2.0, 1.3, CORNERS, 1.5)
    for t_s in (2.0, 4.4, 6.6, 9.0):
        assert step(loiter, t_s).pose.heading == pytest.approx(step(walk, t_s).pose.heading)
        assert step(loiter, t_s).ground == step(walk, t_s).ground


def test_pauses_of_an_animal_depend_on_the_seed_and_lie_on_the_way() -> None:
    stops = sniffing(CORNERS, seed=4, count=5)
    assert stops == sniffing(CORNERS, seed=4, count=5) != sniffing(CORNERS, seed=5, count=5)
    ways = [stop.way_m for stop in stops]
    assert ways == sorted(ways)
    assert ways[0] > 0
    assert ways[-1] < length_m(CORNERS)


def test_a_robot_stays_on_its_floor_and_another_seed_drives_otherwise() -> None:
    ways = [points(Patrol(0.0, 60.0, Ground(-2.0, 3.0), Ground(2.0, 6.0), seed=seed)) for seed in (1, 2)]
    for way in ways:
        right, away, up = way.T
        assert right.min() >= -2 and right.max() <= 2 and away.min() >= 3 and away.max() <= 6 and not up.any()
    assert np.abs(ways[0] - ways[1]).max() > 0.5


def test_a_bird_hops_and_then_flies_up() -> None:
    path = PATHS["flutter"]
    assert max(step(path, t_s).up_m for t_s in np.arange(2.0, 8.0, 0.02).tolist()) < 0.1
    assert step(path, 7.5).pose.swing == 0
    assert step(path, 10.5).pose.swing == 1 and step(path, 10.9).up_m > 3


def test_somebody_is_highest_over_the_fence() -> None:
    path = PATHS["vault"]
    highest = max(np.arange(2.0, path.ends_s, 0.02).tolist(), key=lambda t_s: step(path, t_s).up_m)
    assert step(path, highest).up_m == pytest.approx(0.9, abs=0.01)
    assert step(path, highest).ground.away_m == pytest.approx(24.0, abs=0.05)
    assert step(path, 2.5).up_m == 0


def test_a_vehicle_looks_the_same_all_along_its_way() -> None:
    way = (Ground(-6.0, 5.0), Ground(6.0, 5.0))
    assert heading_on(way, 1.0, aside=0.0) == pytest.approx(heading_on(way, 11.0, aside=0.0))
    assert heading_on(way, 1.0) != pytest.approx(heading_on(way, 11.0))


def test_turning_takes_the_shorter_way_round() -> None:
    assert turned(3.0, -3.0, 0.5) == pytest.approx(math.pi)
    assert turned(0.2, 0.4, 1.0) == pytest.approx(0.4)
