"""Since when a schedule is in force, and that no edge from before that counts."""

from __future__ import annotations

import zoneinfo
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from pisecurity.core.alarm.schedule import Edge, InForce, Plan, Ruling, rule
from pisecurity.core.types import Alarm, AlarmState, Instant, Mode
from tests.core.alarm.almanac import BERLIN, entry, holiday

WALL = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
NOW = Instant("boot-2", 10_000.0)
LONG_AGO = Alarm(Mode.AWAY, by="Anna", how="page", since=Instant("boot-0", 1.0), since_at=WALL - timedelta(days=9))


def since(boot_id: str, since_boot_s: float, ago: timedelta | None) -> InForce:
    return InForce("f", Instant(boot_id, since_boot_s), None if ago is None else WALL - ago)


@pytest.mark.parametrize(
    ("edge_age_s", "in_force", "ruling"),
    [
        (60, since("boot-2", 9_939, None), Ruling.APPLY),
        (60, since("boot-2", 9_940, None), Ruling.PASSED),
        (60, since("boot-2", 9_941, timedelta(hours=5)), Ruling.PASSED),
        (11_000, since("boot-1", 5, timedelta(hours=4)), Ruling.APPLY),
        (11_000, since("boot-1", 5, timedelta(hours=3)), Ruling.PASSED),
        (9_000, since("boot-1", 5, None), Ruling.APPLY),
        (11_000, since("boot-1", 5, None), Ruling.PASSED),
    ],
)
@pytest.mark.parametrize("mode", [Mode.DISARMED, Mode.NIGHT])
def test_an_edge_that_passed_before_its_schedule_was_in_force_switches_nothing(
    edge_age_s: float, in_force: InForce, ruling: Ruling, mode: Mode
) -> None:
    edge = Edge(WALL - timedelta(seconds=edge_age_s), mode)
    assert rule(edge, LONG_AGO, AlarmState.ARMED_AWAY, NOW, WALL, in_force) is ruling


def test_an_alarm_is_not_waited_for_by_an_edge_from_before_the_schedule() -> None:
    edge, new = Edge(WALL - timedelta(seconds=1), Mode.DISARMED), InForce("f", NOW, WALL)
    assert rule(edge, LONG_AGO, AlarmState.TRIGGERED, NOW, WALL, new) is Ruling.PASSED


@pytest.mark.parametrize(
    ("stored", "expected"),
    [
        (InForce("f", Instant("boot-2", 9_000.0), None), WALL - timedelta(seconds=1000)),
        (InForce("f", Instant("boot-2", 9_000.0), WALL - timedelta(hours=14)), WALL - timedelta(seconds=1000)),
        (InForce("f", Instant("boot-2", 9_000.0), WALL - timedelta(seconds=1061)), WALL - timedelta(seconds=1000)),
        (InForce("f", Instant("boot-1", 500.0), WALL + timedelta(days=9)), WALL - timedelta(seconds=10_000)),
        (InForce("f", Instant("boot-1", 500.0), None), WALL - timedelta(seconds=10_000)),
    ],
)
def test_since_when_a_schedule_is_in_force_is_corrected_with_the_clock(stored: InForce, expected: datetime) -> None:
    corrected = stored.by_clock(NOW, WALL)
    assert corrected.since_at == expected
    assert NOW.seconds_since(corrected.since) == (WALL - expected).total_seconds()


@pytest.mark.parametrize(
    "right",
    [
        InForce("f", Instant("boot-2", 9_000.0), WALL - timedelta(seconds=1060)),
        InForce("f", Instant("boot-2", 9_000.0), WALL - timedelta(seconds=940)),
        InForce("f", Instant("boot-1", 500.0), WALL - timedelta(days=3)),
    ],
)
def test_a_clock_that_is_right_within_a_minute_writes_nothing(right: InForce) -> None:
    assert right.by_clock(NOW, WALL) is right


def test_two_schedules_have_one_fingerprint_only_if_they_switch_alike() -> None:
    evening, dusk = entry("22:00", "night"), entry("sunset", "night")
    home, christmas = (52.5, 13.4), holiday("2026-12-24", name="Christmas")
    plans = [
        Plan((evening,), BERLIN),
        Plan((), BERLIN),
        Plan((entry("22:00", "away"),), BERLIN),
        Plan((entry("22:01", "night"),), BERLIN),
        Plan((entry("22:00", "night", ["mon"]),), BERLIN),
        Plan((evening,), ZoneInfo("Europe/London")),
        Plan((evening,), timezone(timedelta(hours=1))),
        Plan((evening,), BERLIN, (christmas,)),
        Plan((evening,), BERLIN, (holiday("2026-12-24", yearly=True),)),
        Plan((dusk,), BERLIN, (), home),
        Plan((entry("sunset", "night", offset_min=1),), BERLIN, (), home),
        Plan((dusk,), BERLIN, (), (52.6, 13.4)),
    ]
    assert len({plan.fingerprint for plan in plans}) == len(plans)
    same = [
        (Plan((evening,), BERLIN), Plan((entry("22:00:00", "night"),), ZoneInfo("Europe/Berlin"))),
        (Plan((evening,), BERLIN), Plan((evening,), BERLIN, (), home)),
        (Plan((evening,), BERLIN, (christmas,)), Plan((evening,), BERLIN, (holiday("2026-12-24", name="Xmas"),))),
    ]
    assert all(one.fingerprint == other.fingerprint for one, other in same)


def test_an_update_leaves_the_fingerprint_of_a_schedule_as_it_is() -> None:
    """Or each schedule counted as another one, and what passed while pisecurity was updated switched nothing."""
    entries = (entry("22:00", "night", ["mon", "fri"]), entry("sunset", "away", offset_min=30))
    christmas = holiday("2026-12-24", "2026-12-26", name="Christmas", yearly=True, schedule="sun")
    fingerprint = "962e6bc3a7693bd184e21b79dd1d3e46a1a481a7543cb781f18db09aeb123960"
    assert Plan(entries, BERLIN, (christmas, holiday("2026-05-01")), (52.5, 13.4)).fingerprint == fingerprint


class Odd(tzinfo):
    """An hour ahead in one month, and named like the zone of any machine."""

    def __init__(self, month: int) -> None:
        self._month = month

    def utcoffset(self, at: datetime | None) -> timedelta:
        return timedelta(hours=at is not None and at.month == self._month)

    def dst(self, at: datetime | None) -> timedelta:
        return timedelta()

    def tzname(self, at: datetime | None) -> str:
        return str(self)

    def __str__(self) -> str:
        return "local"


def test_what_the_clock_shows_counts_in_each_month() -> None:
    evening = (entry("22:00", "night"),)
    assert len({Plan(evening, Odd(month)).fingerprint for month in range(13)}) == 13


def test_the_zone_of_the_machine_is_told_from_another_by_what_its_clock_shows() -> None:
    def local(name: str) -> ZoneInfo:
        rules = next(file for folder in zoneinfo.TZPATH if (file := Path(folder, name)).exists())
        with rules.open("rb") as opened:
            return ZoneInfo.from_file(opened, key="local")

    evening = (entry("22:00", "night"),)
    assert Plan(evening, local("Europe/Berlin")).fingerprint != Plan(evening, local("Europe/London")).fingerprint
