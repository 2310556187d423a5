from __future__ import annotations

import pytest

from benchmarks.contrast import Walk, drawn, half_way, measured


@pytest.fixture(scope="module")
def walks() -> list[Walk]:
    return [drawn(place, "across", 1, 320, 240) for place in ("hall", "front_garden")]


@pytest.mark.parametrize("noise", [1.0, 8.0])
def test_the_least_contrast_that_is_told_is_about_where_half_of_the_drawn_people_are_found(
    walks: list[Walk], noise: float
) -> None:
    told, half = measured(walks, noise, (5.0, 8.0, 11.0, 14.0, 18.0, 23.0))
    assert told == pytest.approx(half, rel=0.5)


@pytest.mark.parametrize(
    ("shares", "half"), [((0.0, 0.0, 1.0), 5.0), ((0.0, 0.5, 1.0), 4.0), ((0.0, 0.4, 0.2), 6.0), ((0.4, 0.6, 0.5), 3.0)]
)
def test_half_way_lies_between_two_steps(shares: tuple[float, ...], half: float) -> None:
    assert half_way((2.0, 4.0, 6.0), shares) == pytest.approx(half)
