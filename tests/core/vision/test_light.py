from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pisecurity.core.types import Plane
from pisecurity.core.vision import light
from pisecurity.core.vision.planes import Rect

WALL = np.random.default_rng(2).integers(20, 60, (120, 160)).astype(np.uint8)
"""A wall with a pattern, in the dark."""
COAT = np.random.default_rng(3).integers(110, 240, (40, 24)).astype(np.uint8)


def lit(x: int, strength: float = 2.5) -> Plane:
    """Return the wall with a beam of light on it, 24 wide and 40 high."""
    plane = WALL.astype(np.float32)
    plane[30:70, x : x + 24] *= strength
    return np.clip(plane, 0, 255).astype(np.uint8)


def worn(x: int, coat: Plane = COAT) -> Plane:
    """Return the wall with somebody before it."""
    plane = WALL.copy()
    plane[30:70, x : x + 24] = coat
    return plane


@pytest.mark.parametrize("shift", [-8, -3, 4, 9])
def test_a_beam_that_sweeps_over_a_wall_is_light(shift: int) -> None:
    assert light.passes_over(lit(60 + shift), lit(60), WALL, Rect(60 + shift, 30, 24, 40), (shift, 0))


def test_a_beam_that_grows_brighter_on_its_way_is_light() -> None:
    assert light.passes_over(lit(66, 3.0), lit(60, 1.6), WALL, Rect(66, 30, 24, 40), (6, 0))


@pytest.mark.parametrize("shift", [-8, -3, 4, 9])
def test_somebody_in_bright_clothes_is_no_light(shift: int) -> None:
    assert not light.passes_over(worn(60 + shift), worn(60), WALL, Rect(60 + shift, 30, 24, 40), (shift, 0))


def test_what_darkens_is_no_light() -> None:
    dark = np.full_like(COAT, 5)
    assert not light.passes_over(worn(64, dark), worn(60, dark), WALL, Rect(64, 30, 24, 40), (4, 0))


def test_what_has_left_its_place_altogether_is_not_judged() -> None:
    assert not light.passes_over(lit(100), lit(60), WALL, Rect(100, 30, 24, 40), (40, 0))


@settings(deadline=None, max_examples=60)
@given(
    st.integers(0, 150), st.integers(0, 110), st.integers(1, 60), st.integers(1, 60),
    st.tuples(st.integers(-200, 200), st.integers(-200, 200)), st.sampled_from([0, 1, 255]),
)  # fmt: skip
def test_any_place_and_shift_has_an_answer(x: int, y: int, w: int, h: int, shift: tuple[int, int], level: int) -> None:
    rect = Rect(x, y, min(w, 160 - x), min(h, 120 - y))
    flat = np.full((120, 160), level, np.uint8)
    assert light.passes_over(flat, WALL, flat, rect, shift) in (True, False)
