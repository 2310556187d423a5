"""What an order does that somebody is made to give."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from pisecurity.core.alarm import states
from pisecurity.core.types import ARMED_MODES, Alarm, Instant, Mode
from tests.rigs.walks import SETTINGS

NOW = Instant("boot-1", 5000.0)
NOW_AT = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
DISARMED = states.first(Instant("boot-1", 10.0), NOW_AT)


def ordered(alarm: Alarm, mode: Mode, by: str = "Anna", *, duress: bool = False) -> Alarm:
    return states.order(alarm, mode, by=by, how="page", now=NOW, now_at=NOW_AT, settings=SETTINGS, duress=duress)


def armed(mode: Mode) -> Alarm:
    return states.present(ordered(DISARMED, mode), NOW.later(100), SETTINGS)


@pytest.mark.parametrize("mode", sorted(ARMED_MODES))
def test_who_is_made_to_disarm_disarms_and_is_named(mode: Mode) -> None:
    ordinary = ordered(armed(mode), Mode.DISARMED)
    assert ordinary.duress == ""
    assert ordered(armed(mode), Mode.DISARMED, duress=True) == replace(ordinary, duress="Anna")


def test_of_a_house_that_is_disarmed_it_changes_that_name_alone_each_time_anew() -> None:
    anna = ordered(DISARMED, Mode.DISARMED, duress=True)
    assert anna == replace(DISARMED, duress="Anna")
    assert ordered(anna, Mode.DISARMED, "Ben", duress=True) == replace(DISARMED, duress="Ben")


def test_an_ordinary_code_after_it_changes_nothing() -> None:
    anna = ordered(armed(Mode.AWAY), Mode.DISARMED, duress=True)
    assert ordered(anna, Mode.DISARMED, "Ben") is anna


@pytest.mark.parametrize("mode", sorted(ARMED_MODES))
def test_who_is_made_to_arm_arms_as_ever_and_nobody_is_named_any_more(mode: Mode) -> None:
    disarmed = ordered(armed(Mode.AWAY), Mode.DISARMED)
    anna = ordered(armed(Mode.AWAY), Mode.DISARMED, duress=True)
    ordinary = ordered(disarmed, mode)
    assert ordered(anna, mode) == ordered(disarmed, mode, duress=True) == ordinary
    assert ordered(ordinary, mode, duress=True) is ordinary
