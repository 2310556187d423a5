"""What was off, why, and how that is told."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pisecurity.core.outage import Cause, Outage, Seen, is_mailed, outage, span
from pisecurity.core.types import Instant

CATALOGUE: dict[str, str] = json.loads(
    (Path(__file__).parents[2] / "web" / "locales" / "mail.en.json").read_text(encoding="utf-8")
)
BERLIN = ZoneInfo("Europe/Berlin")
AT = datetime(2026, 6, 1, 0, 10, tzinfo=UTC)
BEFORE = Seen(Instant("boot-1", 5000.0), AT, sure=True)
STARTED = Instant("boot-2", 20.0)


def found_after(seconds: float, *, sure: bool = True, before: Seen = BEFORE) -> Outage:
    """Return what is found 100 s after a start that was *seconds* after the last sign of life, on another boot."""
    found = outage(before, STARTED, STARTED.later(100), AT + timedelta(seconds=seconds + 100), sure=sure)
    assert found is not None
    return found


def test_a_first_start_and_a_stop_on_purpose_are_no_outage() -> None:
    assert outage(None, STARTED, STARTED, AT, sure=True) is None
    assert outage(replace(BEFORE, ended=True), STARTED, STARTED, AT, sure=True) is None


def test_another_boot_without_a_stop_is_a_power_cut_and_ends_when_the_process_started() -> None:
    found = found_after(3300)
    assert (found.cause, found.since, found.until) == (Cause.POWER, AT, AT + timedelta(seconds=3300))
    assert span(found, BERLIN, CATALOGUE) == "from 02:10 to 03:05 (55 min)"


def test_the_same_boot_without_a_stop_is_a_crash_whose_length_no_clock_can_falsify() -> None:
    started = BEFORE.instant.later(62)
    wall = AT + timedelta(days=180)  # a time server moved the clock meanwhile
    found = outage(BEFORE, started, started.later(10), wall, sure=False)
    assert found is not None
    assert (found.cause, found.lasted_s, found.until) == (Cause.CRASH, 62.0, wall - timedelta(seconds=10))
    assert found.until - found.since == timedelta(seconds=62)


def test_a_clock_that_nobody_set_gives_about_how_long_or_nothing() -> None:
    assert span(found_after(3300, sure=False), BERLIN, CATALOGUE) == "for about 55 min (clock not set)"
    assert span(found_after(3300, before=replace(BEFORE, sure=False)), BERLIN, CATALOGUE).startswith("for about 55 min")
    assert span(found_after(-3300), BERLIN, CATALOGUE) == "for an unknown time (clock not set)"


def test_over_midnight_the_days_are_named() -> None:
    words = span(found_after(30 * 3600), BERLIN, CATALOGUE)
    assert words == "from 02:10 on Monday to 08:10 on Tuesday (1 day 6 h)"


@pytest.mark.parametrize(
    ("seconds", "armed", "mailed"), [(300, True, True), (300, False, False), (601, False, True), (-5, False, True)]
)
def test_it_is_mailed_when_it_was_armed_or_long(seconds: float, armed: bool, mailed: bool) -> None:
    assert is_mailed(found_after(seconds), BEFORE, AT, armed=armed) is mailed


def test_a_series_is_mailed_once_an_hour_while_disarmed() -> None:
    again = replace(BEFORE, mailed_at=AT - timedelta(minutes=59))
    assert not is_mailed(found_after(3300), again, AT, armed=False)
    assert is_mailed(found_after(3300), again, AT + timedelta(minutes=2), armed=False)
    assert is_mailed(found_after(3300), again, AT - timedelta(days=180), armed=False), "that clock was wrong"


@pytest.mark.parametrize("seconds", [5, 300, 3300])
def test_while_armed_each_of_a_series_is_mailed(seconds: float) -> None:
    again = replace(BEFORE, mailed_at=AT - timedelta(minutes=2))
    assert is_mailed(found_after(seconds), again, AT, armed=True)


@given(st.floats(-1e9, 1e9), st.booleans(), st.booleans())
def test_whatever_the_clock_says_the_words_hold_no_gap_and_no_negative_time(
    seconds: float, sure: bool, was_sure: bool
) -> None:
    words = span(found_after(seconds, sure=sure, before=replace(BEFORE, sure=was_sure)), BERLIN, CATALOGUE)
    assert "{" not in words and "-" not in words
