"""How long the sensor may expose, and when night begins."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from pisecurity.core.vision.exposure import (
    AUTOMATIC,
    DAY_LUX,
    LONGEST_SETTLE_S,
    NIGHT_LUX,
    SETTLE_S,
    Daylight,
    ExposureBound,
)


def test_a_short_exposure_is_left_to_the_camera() -> None:
    assert ExposureBound(50_000).order(20_000, 2.0) is None


def test_a_longer_exposure_is_fixed_at_the_bound_once() -> None:
    bound = ExposureBound(50_000)
    assert bound.order(80_000, 2.0) == 50_000
    assert bound.order(80_000, 2.0) is None, "the order takes some frames to arrive"
    assert bound.order(50_000, 6.0) is None


def test_it_is_let_go_when_the_gain_is_down_and_not_before() -> None:
    bound = ExposureBound(50_000, least_gain=1.0)
    bound.order(80_000, 2.0)
    assert bound.order(50_000, 1.5) is None
    assert bound.order(50_000, 1.05) == AUTOMATIC
    assert bound.order(30_000, 1.0) is None


def test_rounding_to_whole_lines_of_the_sensor_is_no_longer_exposure() -> None:
    assert ExposureBound(50_000).order(50_400, 8.0) is None


@given(st.lists(st.tuples(st.integers(1, 1_000_000), st.floats(1, 64)), max_size=60))
def test_orders_alternate_between_the_bound_and_automatic(frames: list[tuple[int, float]]) -> None:
    bound = ExposureBound(50_000)
    orders = [order for exposure, gain in frames if (order := bound.order(exposure, gain)) is not None]
    assert orders == [50_000, AUTOMATIC] * (len(orders) // 2) + [50_000] * (len(orders) % 2)


class Sky:
    """A daylight and the seconds that pass."""

    def __init__(self) -> None:
        self.daylight, self.now_s = Daylight(), 0.0

    def stay(self, lux: float, seconds: float) -> list[tuple[float, bool]]:
        """Let *lux* shine for *seconds*; return when it turned, and whether to night."""
        turns = []
        for _ in range(int(seconds)):
            self.now_s += 1
            if self.daylight.note(lux, self.now_s):
                turns.append((self.now_s, self.daylight.night))
        return turns


def test_night_begins_after_some_seconds_of_dark_and_day_after_some_of_light() -> None:
    sky = Sky()
    assert sky.stay(NIGHT_LUX - 1, SETTLE_S + 3) == [(SETTLE_S + 1, True)]
    assert sky.stay((NIGHT_LUX + DAY_LUX) / 2, 600) == [], "between the two it stays what it was"
    assert [night for _, night in sky.stay(DAY_LUX + 1, 60)] == [False]


def test_headlights_are_no_dawn() -> None:
    sky = Sky()
    sky.stay(0.5, 60)
    for _ in range(10):
        assert sky.stay(200, SETTLE_S - 2) == []
        assert sky.stay(0.5, 5) == []


def test_a_lamp_of_infrared_light_is_taken_for_day_less_and_less_often() -> None:
    """With the filter away the camera measures its own lamp; with the filter back it is dark again."""
    sky = Sky()
    turns = []
    for _ in range(6 * 3600):
        turns += sky.stay(60 if sky.daylight.night else 0.5, 1)
    days = [at for at, night in turns if not night]
    assert len(days) < 20
    gaps = [later - earlier for earlier, later in pairwise(days)]
    assert gaps == sorted(gaps) and gaps[-1] >= LONGEST_SETTLE_S


def test_a_real_day_makes_it_quick_again() -> None:
    sky = Sky()
    for _ in range(600):
        sky.stay(60 if sky.daylight.night else 0.5, 1)
    sky.stay(5000, 3 * 3600)
    assert [night for _, night in sky.stay(0.5, 60)] == [True]
    assert [night for _, night in sky.stay(5000, SETTLE_S + 3)] == [False]
