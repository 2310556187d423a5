"""The schedule against a clock on the wall, read minute by minute."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from pisecurity.core.alarm.schedule import (
    CLOCK_FLOOR,
    Edge,
    InForce,
    Plan,
    Ruling,
    clock_is_set,
    first_shown,
    latest_edge,
    next_edge,
    rule,
)
from pisecurity.core.types import Alarm, AlarmState, Instant, Mode
from pisecurity.settings import ScheduleSettings, Weekday

BERLIN = ZoneInfo("Europe/Berlin")
DAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MODES = {"disarmed": Mode.DISARMED, "home": Mode.HOME, "away": Mode.AWAY, "night": Mode.NIGHT}
MINUTE = timedelta(minutes=1)


def entry(at: str, mode: str, days: Sequence[Weekday] = DAYS) -> ScheduleSettings:
    return ScheduleSettings.model_validate({"days": tuple(days), "at": time.fromisoformat(at), "mode": mode})


EVERY_DAY = (entry("06:30", "disarmed"), entry("22:00", "night"))
SWITCHING = (entry("02:30", "away"), entry("03:15", "home"), entry("01:59", "night"), entry("12:00", "disarmed"))

HALF_PAST_TWO = Plan((entry("02:30", "night"),), BERLIN)


def wall_readings(start: datetime, end: datetime, zone: tzinfo) -> Iterator[tuple[datetime, datetime]]:
    """Yield each UTC minute with what a clock on the wall shows then."""
    moment = start
    while moment <= end:
        yield moment, moment.astimezone(zone).replace(tzinfo=None)
        moment += MINUTE


def edges_seen_on_the_wall(
    entries: Sequence[ScheduleSettings], start: datetime, end: datetime, zone: tzinfo
) -> list[Edge]:
    """Return the edges as somebody sees them who looks at the clock every minute and ticks off each entry once."""
    first_day = start.astimezone(zone).date() - timedelta(days=1)
    open_entries = sorted(
        (datetime.combine(day, one.at), MODES[one.mode])
        for day in (first_day + timedelta(days=ahead) for ahead in range((end - start).days + 4))
        for one in entries
        if DAYS[day.weekday()] in one.days and isinstance(one.at, time)
    )
    seen = []
    for moment, shown in wall_readings(start, end, zone):
        while open_entries and open_entries[0][0] <= shown:
            seen.append(Edge(moment, open_entries.pop(0)[1]))
    return seen


@pytest.mark.parametrize(
    ("zone", "day"),
    [
        ("Europe/Berlin", date(2026, 3, 29)),
        ("Europe/Berlin", date(2026, 10, 25)),
        ("America/New_York", date(2026, 3, 8)),
        ("America/New_York", date(2026, 11, 1)),
        ("Australia/Lord_Howe", date(2026, 4, 5)),  # half an hour
        ("Australia/Lord_Howe", date(2026, 10, 4)),
        ("America/Santiago", date(2026, 4, 4)),  # back across midnight
        ("America/Santiago", date(2026, 9, 6)),  # no midnight
        ("Pacific/Apia", date(2011, 12, 30)),  # no such day
        ("America/St_Johns", date(2010, 11, 7)),  # from 00:01 back into the day before
        ("UTC", date(2028, 2, 29)),
    ],
)
@pytest.mark.parametrize("entries", [EVERY_DAY, SWITCHING, (entry("00:00", "night"), entry("23:45", "away"))])
def test_r28_mode_is_right_at_every_minute_around_a_change_of_the_clock(
    zone: str, day: date, entries: tuple[ScheduleSettings, ...]
) -> None:
    house = ZoneInfo(zone)
    start = datetime.combine(day, time(), UTC) - timedelta(days=3)
    end = start + timedelta(days=6)
    seen, plan = edges_seen_on_the_wall(entries, start, end, house), Plan(entries, house)
    for moment, _ in wall_readings(start + timedelta(days=2), end, house):
        edge = latest_edge(plan, moment)
        expected = [one for one in seen if one.at <= moment][-1]
        assert edge is not None
        assert (edge.mode, edge.at) == (expected.mode, expected.at), moment


def test_r28_skipped_time_happens_when_the_clocks_are_put_forward() -> None:
    jump = datetime(2026, 3, 29, 1, 0, tzinfo=UTC)
    assert latest_edge(HALF_PAST_TWO, jump) == Edge(jump, Mode.NIGHT)
    before = latest_edge(HALF_PAST_TWO, jump - timedelta(seconds=1))
    assert before == Edge(datetime(2026, 3, 28, 1, 30, tzinfo=UTC), Mode.NIGHT)


def test_r28_each_second_of_a_skipped_hour_is_at_the_moment_it_was_skipped() -> None:
    jump, two = datetime(2026, 3, 29, 1, 0, tzinfo=UTC), datetime(2026, 3, 29, 2, 0)  # noqa: DTZ001 - as clocks show it
    assert {first_shown(two + timedelta(seconds=number), BERLIN) for number in range(0, 3600, 7)} == {jump}


def test_r28_time_shown_twice_happens_the_first_time_only() -> None:
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    for moment in (first, first + timedelta(hours=1), first + timedelta(hours=10)):
        assert latest_edge(HALF_PAST_TWO, moment) == Edge(first, Mode.NIGHT)


def test_edge_counts_from_its_very_second() -> None:
    at = datetime(2026, 6, 1, 20, 0, tzinfo=UTC)
    before = latest_edge(Plan(EVERY_DAY, BERLIN), at - timedelta(microseconds=1))
    assert before is not None
    assert before.mode is Mode.DISARMED
    assert latest_edge(Plan(EVERY_DAY, BERLIN), at) == Edge(at, Mode.NIGHT)


class Watched(tzinfo):
    """An hour ahead, and counts how often somebody asks."""

    asked = 0

    def utcoffset(self, at: datetime | None) -> timedelta:
        self.asked += 1
        return timedelta(hours=1)

    def dst(self, at: datetime | None) -> timedelta:
        return timedelta()

    def tzname(self, at: datetime | None) -> str:
        return "watched"


@pytest.mark.parametrize("find", [latest_edge, next_edge])
def test_an_edge_that_is_near_is_found_without_looking_at_the_year(find: Callable[[Plan, datetime], object]) -> None:
    """The page asks whenever it is looked at, on a Pi."""
    zone = Watched()
    assert find(Plan(EVERY_DAY, zone), WALL) is not None
    assert zone.asked < 50


def test_one_entry_a_week_holds_for_the_whole_week() -> None:
    weekly = Plan((entry("22:00", "away", ["fri"]),), BERLIN)
    friday = datetime(2026, 6, 5, 20, 0, tzinfo=UTC)
    for days in range(7):
        assert latest_edge(weekly, friday + timedelta(days=days, hours=23)) == Edge(friday, Mode.AWAY)


def test_without_entries_there_is_no_edge() -> None:
    nothing = Plan((), BERLIN)
    assert latest_edge(nothing, WALL) is None
    assert next_edge(nothing, WALL) is None


@settings(max_examples=60, deadline=None)
@given(
    rows=st.lists(
        st.tuples(st.sets(st.sampled_from(DAYS), min_size=1), st.times(), st.sampled_from(sorted(MODES))), max_size=5
    ),
    moment=st.integers(0, 30 * 365 * 24 * 60).map(lambda minutes: datetime(2000, 1, 1, tzinfo=UTC) + minutes * MINUTE),
    zone=st.sampled_from(["Europe/Berlin", "America/Santiago", "Asia/Kathmandu", "Pacific/Apia", "Africa/Casablanca"]),
)
def test_latest_edge_is_never_ahead_and_never_goes_back(
    rows: list[tuple[set[Weekday], time, str]], moment: datetime, zone: str
) -> None:
    entries = [entry(at.replace(microsecond=0).isoformat(), mode, sorted(days)) for days, at, mode in rows]
    plan = Plan(tuple(entries), ZoneInfo(zone))
    edges = [latest_edge(plan, moment + timedelta(minutes=minutes)) for minutes in range(0, 3000, 37)]
    if not entries:
        assert edges == [None] * len(edges)
        return
    moments = [edge.at for edge in edges if edge is not None]
    assert len(moments) == len(edges)
    assert moments == sorted(moments)
    assert moments[0] <= moment
    assert moment - moments[0] <= timedelta(days=8, hours=2)


@pytest.mark.parametrize(
    ("since_boot_s", "wall", "synchronised", "expected"),
    [
        (300.0, datetime(2026, 1, 1, tzinfo=UTC), False, True),
        (299.9, datetime(2026, 1, 1, tzinfo=UTC), False, False),
        (300.0, datetime(2025, 12, 31, 23, 59, 59, tzinfo=UTC), False, False),
        (1e6, datetime(1970, 1, 1, tzinfo=UTC), False, False),
        (10.0, datetime(2026, 1, 1, tzinfo=UTC), True, True),
        (1e6, datetime(1970, 1, 1, tzinfo=UTC), True, False),
    ],
)
def test_r26_no_edge_is_taken_from_a_clock_that_may_not_be_set(
    since_boot_s: float, wall: datetime, *, synchronised: bool, expected: bool
) -> None:
    assert clock_is_set(Instant("boot-1", since_boot_s), wall, synchronised=synchronised) is expected


WALL = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
NOW = Instant("boot-2", 10_000.0)
EVER = InForce("f", Instant("boot-0", 0.0), WALL - timedelta(days=100))


def alarm(mode: Mode, since: Instant, since_at: datetime) -> Alarm:
    return Alarm(mode, by="Anna", how="page", since=since, since_at=since_at)


def ruled(edge_age_s: float, ordered: Alarm, mode: Mode = Mode.NIGHT, now: Instant = NOW) -> Ruling:
    edge = Edge(WALL - timedelta(seconds=edge_age_s), mode)
    return rule(edge, ordered, AlarmState(ordered.mode.value), now, WALL, EVER)


def this_boot(age_s: float, mode: Mode = Mode.AWAY, since_at: datetime = WALL) -> Alarm:
    return alarm(mode, Instant("boot-2", NOW.since_boot_s - age_s), since_at)


@pytest.mark.parametrize(
    ("edge_age_s", "order_age_s", "ruling"),
    [
        (60, 61, Ruling.APPLY),
        (60, 60, Ruling.OVERRULED),
        (60, 59, Ruling.OVERRULED),
        (0, 5, Ruling.APPLY),
    ],
)
def test_ui24_the_later_of_edge_and_order_counts(edge_age_s: float, order_age_s: float, ruling: Ruling) -> None:
    assert ruled(edge_age_s, this_boot(order_age_s)) is ruling


def test_edge_of_the_present_mode_needs_nothing() -> None:
    assert ruled(60, this_boot(100, Mode.NIGHT)) is Ruling.SAME


def test_r26_order_given_while_the_clock_said_1970_is_not_undone_by_an_edge_before_it() -> None:
    believed = datetime(1970, 1, 1, 0, 5, tzinfo=UTC)
    assert ruled(7200, this_boot(120, since_at=believed), Mode.DISARMED) is Ruling.OVERRULED
    assert ruled(60, this_boot(120, since_at=believed), Mode.DISARMED) is Ruling.APPLY


def test_r27_order_stands_after_the_clock_went_back_before_it() -> None:
    tomorrow = WALL + timedelta(days=1)
    assert ruled(7200, this_boot(1800, since_at=tomorrow), Mode.DISARMED) is Ruling.OVERRULED


@pytest.mark.parametrize(
    ("since_at", "edge_age_s", "ruling"),
    [
        (WALL - timedelta(hours=10), 9 * 3600, Ruling.APPLY),
        (WALL - timedelta(hours=10), 11 * 3600, Ruling.OVERRULED),
        (CLOCK_FLOOR, 11_000, Ruling.APPLY),
        (datetime(1970, 1, 1, tzinfo=UTC), 11_000, Ruling.OVERRULED),
        (datetime(1970, 1, 1, tzinfo=UTC), 9_000, Ruling.APPLY),
        (WALL + timedelta(days=180), 11_000, Ruling.OVERRULED),
        (WALL + timedelta(days=180), 9_000, Ruling.APPLY),
    ],
)
def test_order_of_an_earlier_boot_counts_by_its_wall_time_or_if_that_is_wrong_as_old_as_the_boot(
    since_at: datetime, edge_age_s: float, ruling: Ruling
) -> None:
    ordered = alarm(Mode.AWAY, Instant("boot-1", 99_999.0), since_at)
    assert ruled(edge_age_s, ordered) is ruling


@pytest.mark.parametrize("state", [AlarmState.PENDING, AlarmState.TRIGGERED])
@pytest.mark.parametrize(("mode", "ruling"), [(Mode.DISARMED, Ruling.WAIT), (Mode.NIGHT, Ruling.APPLY)])
def test_schedule_does_not_end_an_alarm(state: AlarmState, mode: Mode, ruling: Ruling) -> None:
    edge = Edge(WALL - timedelta(seconds=1), mode)
    assert rule(edge, this_boot(100), state, NOW, WALL, EVER) is ruling


def test_fixed_offset_works_as_a_zone() -> None:
    at = datetime(2026, 6, 1, 17, 0, tzinfo=UTC)
    assert latest_edge(Plan((entry("22:00", "night"),), timezone(timedelta(hours=5))), at) == Edge(at, Mode.NIGHT)


@pytest.mark.parametrize("at", [time(22, 30, 0, 1), time(22, 30, tzinfo=UTC)])
def test_times_that_no_clock_on_the_wall_shows_are_refused(at: time) -> None:
    with pytest.raises(ValidationError, match="such as 22:30:00"):
        ScheduleSettings(days=("mon",), at=at, mode="night")
