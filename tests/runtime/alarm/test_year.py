from __future__ import annotations

import pytest

from tests.runtime.alarm.year import live


@pytest.mark.parametrize("zone", ["Europe/Berlin", "Australia/Lord_Howe"])
def test_r26_r28_every_edge_of_a_year_is_right_with_sun_holidays_power_cuts_and_a_clock_that_is_wrong(
    zone: str,
) -> None:
    year = live(zone)
    assert len(year.edges) > 1000
    assert year.too_early == []
    assert year.done == year.expected
