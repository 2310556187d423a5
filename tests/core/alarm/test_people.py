"""Who may order what and when, what a code must look like, and how long whoever tries codes waits."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pisecurity.core.alarm.people import (
    FORGET_S,
    HOUSE_WAITS_S,
    SOURCE_WAITS_S,
    TOO_EASY,
    Person,
    Role,
    Window,
    code_fault,
    failures_after,
    is_open,
    key_of,
    may_order,
    name_fault,
    wait_s,
)
from pisecurity.core.types import ARMED_MODES, Instant, Mode
from pisecurity.settings import WEEKDAYS

BERLIN = ZoneInfo("Europe/Berlin")
CLEANER = (Window(frozenset({"tue"}), time(9), time(12)),)
BOOT = Instant("boot-1", 10_000.0)
TIMES = st.times().map(lambda at: at.replace(microsecond=0))
WINDOWS = st.builds(Window, st.frozensets(st.sampled_from(WEEKDAYS), min_size=1), TIMES, TIMES)
MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - the zone is beside it


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("2026-06-02 08:59:59", False),
        ("2026-06-02 09:00:00", True),
        ("2026-06-02 11:59:59", True),
        ("2026-06-02 12:00:00", False),
        ("2026-06-03 10:00:00", False),
    ],
)
def test_a_cleaner_comes_on_tuesdays_from_nine_to_twelve(at: str, expected: bool) -> None:
    assert is_open(CLEANER, datetime.fromisoformat(at).replace(tzinfo=BERLIN), BERLIN) is expected


def test_a_window_counts_by_the_clock_of_the_house_and_not_by_utc() -> None:
    assert is_open(CLEANER, datetime(2026, 6, 2, 7, 0, tzinfo=UTC), BERLIN)
    assert not is_open(CLEANER, datetime(2026, 6, 2, 10, 0, tzinfo=UTC), BERLIN)


def test_without_a_window_it_is_open_at_any_time() -> None:
    assert is_open((), datetime(2026, 6, 2, 3, 0, tzinfo=UTC), BERLIN)


@pytest.mark.parametrize(
    ("at", "expected"),
    [
        ("2026-06-05 21:59:00", False),
        ("2026-06-05 22:00:00", True),
        ("2026-06-06 05:59:00", True),
        ("2026-06-06 06:00:00", False),
        ("2026-06-06 23:00:00", False),
        ("2026-06-05 05:00:00", False),
    ],
)
def test_a_window_over_midnight_belongs_to_the_day_on_which_it_begins(at: str, expected: bool) -> None:
    night = (Window(frozenset({"fri"}), time(22), time(6)),)
    assert is_open(night, datetime.fromisoformat(at).replace(tzinfo=BERLIN), BERLIN) is expected


def minutes_open(window: Window, day: datetime) -> list[str]:
    """Return the local minutes of the 24 to 25 hours from *day* on, in UTC order, at which *window* is open."""
    found = []
    for minute in range(25 * 60):
        at = day + timedelta(minutes=minute)
        if is_open((window,), at, BERLIN):
            found.append(f"{at.astimezone(BERLIN):%H:%M%z}")
    return found


def test_a_time_that_is_shown_twice_in_autumn_is_in_the_window_twice() -> None:
    half_past = Window(frozenset({"sun"}), time(2, 30), time(2, 32))
    saturday_night = datetime(2026, 10, 24, 22, 0, tzinfo=UTC)
    assert minutes_open(half_past, saturday_night) == ["02:30+0200", "02:31+0200", "02:30+0100", "02:31+0100"]


def test_a_time_that_is_skipped_in_spring_is_never_in_the_window_and_the_rest_of_it_is() -> None:
    saturday_night = datetime(2026, 3, 28, 23, 0, tzinfo=UTC)
    assert minutes_open(Window(frozenset({"sun"}), time(2, 10), time(2, 50)), saturday_night) == []
    across = minutes_open(Window(frozenset({"sun"}), time(1, 59), time(3, 1)), saturday_night)
    assert across == ["01:59+0100", "03:00+0200"]


@given(WINDOWS, MOMENTS)
def test_a_window_is_open_when_and_only_when_a_clock_on_the_wall_is_in_it(window: Window, at: datetime) -> None:
    local = at.astimezone(BERLIN)
    shown = timedelta(hours=local.hour, minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
    begins, until = (timedelta(hours=one.hour, minutes=one.minute, seconds=one.second) for one in _ends(window))
    day = timedelta(days=1)
    length = until - begins if begins < until else until - begins + day
    since_begin = {WEEKDAYS[local.weekday()]: shown - begins, WEEKDAYS[local.weekday() - 1]: shown - begins + day}
    expected = any(timedelta() <= since < length for name, since in since_begin.items() if name in window.days)
    assert is_open((window,), at, BERLIN) is expected


def _ends(window: Window) -> tuple[time, time]:
    return window.begins, window.until


@given(st.lists(WINDOWS, min_size=1, max_size=4), MOMENTS)
def test_several_windows_are_open_when_one_of_them_is(windows: list[Window], at: datetime) -> None:
    assert is_open(windows, at, BERLIN) is any(is_open((window,), at, BERLIN) for window in windows)


def test_a_guest_may_arm_and_never_disarm() -> None:
    assert {mode for mode in Mode if not may_order(Role.GUEST, mode, Mode.DISARMED)} == {Mode.DISARMED}
    assert all(may_order(role, mode, now) for role in (Role.USER, Role.ADMIN) for mode in Mode for now in Mode)


@pytest.mark.parametrize("present", sorted(ARMED_MODES))
def test_a_guest_orders_no_other_mode_of_an_armed_house(present: Mode) -> None:
    """Or its exit delay leaves the house unwatched as often as he likes."""
    assert {mode for mode in Mode if may_order(Role.GUEST, mode, present)} == {present}, "a second tap changes nothing"


@pytest.mark.parametrize("same", ["Anna", "ANNA", "anna ", "Anna.", "  Anna . ", "\uff21nna"])
def test_names_that_look_the_same_are_the_same_person_s03(same: str) -> None:
    assert key_of(same) == key_of("Anna")


@pytest.mark.parametrize("other", ["Anne", "\u0410nna", "Anna 2", "A.nna", "An na"])
def test_names_that_are_others_stay_others_s03(other: str) -> None:
    assert key_of(other) != key_of("Anna")


@given(st.text(max_size=30))
def test_the_key_of_a_key_is_the_key(name: str) -> None:
    assert key_of(key_of(name)) == key_of(name)


@pytest.mark.parametrize("name", ["An\nna", "An\u200bna", "An\u034fna", "\u202eannA", "Page "])
def test_no_name_hides_letters_anywhere_or_is_that_of_the_alarm_with_a_space(name: str) -> None:
    assert name_fault(name)


@pytest.mark.parametrize("name", ["schedule", "presence", "pisecurity", "page", "Somebody", "nobody."])
def test_what_the_alarm_calls_itself_is_nobodys_name(name: str) -> None:
    assert name_fault(name) == "this is what the alarm calls itself; give another name"


@pytest.mark.parametrize("letter", "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180f\u2800\u3164\uffa0\ufe00\ufe0f\u200b\n")
def test_a_name_that_looks_like_that_of_somebody_else_is_refused_s03(letter: str) -> None:
    assert name_fault(f"Anna{letter}") == "give a name on one line, without invisible letters"


@pytest.mark.parametrize("name", ["", " . ", "a" * 41])
def test_a_name_has_a_letter_and_at_most_forty(name: str) -> None:
    assert name_fault(name) == "give a name of 1 to 40 letters"


@pytest.mark.parametrize(
    "name", ["Anna", "Jörg-Peter O'Neill", "Зоя", "李", "Cleaner 2", "Xaver", "安娜\ufe10", "a" * 40]
)
def test_names_of_people_are_taken(name: str) -> None:
    assert not name_fault(name)


def test_whoever_is_nothing_else_arms_and_disarms_at_any_time() -> None:
    assert Person("Anna") == Person("Anna", Role.USER, windows=())


def test_the_key_of_a_person_is_that_of_the_name() -> None:
    assert Person("ANNA.").key == "anna"


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        ("123", "3 digits: give 6 to 12 digits"),
        ("", "something else than digits: give 6 to 12 digits"),
        ("48151x", "something else than digits: give 6 to 12 digits"),
        ("٤٨١٥١٦", "6 digits: give 6 to 12 digits"),
        ("4815162342108", "13 digits: give 6 to 12 digits"),
    ],
)
def test_a_code_has_six_to_twelve_digits_and_the_message_does_not_repeat_it(code: str, fault: str) -> None:
    assert code_fault(code) == fault


EASY = """
    000000 123456 654321 890123 135791 121212 123123 112233 332211 123321 147258 159753 789456 11111112 24682468
    163163 16381638 1638216382 163827163827 12344321 1234554321 11223344 147258369 654321098765
"""


@pytest.mark.parametrize("code", EASY.split())
def test_a_code_that_is_tried_first_is_refused(code: str) -> None:
    assert code_fault(code) == TOO_EASY == "too easy to guess: give other digits"


@pytest.mark.parametrize(
    "code", ["481516", "900217", "27182818", "602214076", "481184", "12378945", "4815162", "482615907316", "1638163"]
)
def test_other_codes_are_taken(code: str) -> None:
    assert not code_fault(code)


@given(st.integers(0, 999_999))
def test_few_codes_are_refused_and_never_two_neighbours_of_a_good_one_only(number: int) -> None:
    near = [code_fault(f"{(number + step) % 1_000_000:06}") for step in range(50)]
    assert near.count("") >= 20


def test_how_many_codes_of_six_digits_are_left() -> None:
    assert sum(not code_fault(f"{number:06}") for number in range(0, 1_000_000, 7)) > 140_000


WAITS = st.sampled_from([SOURCE_WAITS_S, HOUSE_WAITS_S])


@given(WAITS, st.integers(0, 50), st.floats(0, 10_000))
def test_a_wait_is_over_after_its_time_and_never_lasts_longer_than_the_longest(
    waits_s: tuple[float, ...], failures: int, passed_s: float
) -> None:
    begun_s = wait_s(failures, BOOT, BOOT, waits_s)
    left_s = wait_s(failures, BOOT, BOOT.later(passed_s), waits_s)
    assert 0 <= left_s <= begun_s <= waits_s[-1] == 1800
    assert left_s == pytest.approx(max(begun_s - passed_s, 0), abs=1e-6)


@given(WAITS, st.integers(1, 50), st.floats(0, 5000))
def test_after_a_reboot_a_wait_starts_anew(waits_s: tuple[float, ...], failures: int, since_boot_s: float) -> None:
    rebooted = Instant("boot-2", since_boot_s)
    at_boot = Instant("boot-2", 0.0)
    assert wait_s(failures, BOOT, at_boot, waits_s) == wait_s(failures, BOOT, BOOT, waits_s)
    assert wait_s(failures, BOOT, rebooted, waits_s) == pytest.approx(
        wait_s(failures, BOOT, BOOT.later(since_boot_s), waits_s), abs=1e-6
    )


@given(WAITS, st.lists(st.floats(0, 20_000), max_size=60))
def test_another_wrong_code_never_shortens_the_wait_and_time_alone_forgets(
    waits_s: tuple[float, ...], gaps_s: list[float]
) -> None:
    failures, last, now = 0, None, BOOT
    for gap_s in gaps_s:
        now = now.later(gap_s)
        before = failures
        failures = failures_after(failures, last, now, waits_s)
        assert 1 <= failures <= min(before + 1, len(waits_s) - 1)
        assert gap_s >= FORGET_S or failures >= min(before + 1, len(waits_s) - 1)
        last = now
    assert failures_after(failures, last, now.later(FORGET_S * 24), waits_s) == 1


@given(WAITS, st.integers(1, 50))
def test_without_a_wrong_code_nobody_waits(waits_s: tuple[float, ...], failures: int) -> None:
    assert wait_s(failures, None, BOOT, waits_s) == wait_s(0, BOOT, BOOT, waits_s) == 0


@pytest.mark.parametrize(("waits_s", "free"), [(SOURCE_WAITS_S, 2), (HOUSE_WAITS_S, 9)], ids=["source", "house"])
def test_some_slips_of_the_finger_cost_nothing_and_then_waits_grow_up_to_half_an_hour(
    waits_s: tuple[float, ...], free: int
) -> None:
    failures, asked = 0, []
    for _ in range(free + 8):
        failures = failures_after(failures, BOOT if failures else None, BOOT, waits_s)
        asked.append(wait_s(failures, BOOT, BOOT, waits_s))
    assert asked == [0.0] * free + [10.0, 30.0, 60.0, 300.0, 900.0, 1800.0, 1800.0, 1800.0]
    assert failures == free + 6, "no more are counted than make the longest wait, or a day would not forget them"


def test_each_hour_forgets_one_wrong_code() -> None:
    counts = [failures_after(5, BOOT, BOOT.later(passed_s), SOURCE_WAITS_S) for passed_s in (3599, 3600, 7199, 7200)]
    assert counts == [6, 5, 5, 4]
