"""What is said of the schedule, from the alarm and the clock alone."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, datetime

import pytest

from pisecurity.core.alarm.outlook import DaysOff, Outlook, Standing, in_words, outlook
from pisecurity.core.alarm.schedule import Edge, InForce, Plan
from pisecurity.core.types import Alarm, Instant, Mode
from pisecurity.settings import HolidaySettings
from tests.core.alarm.almanac import BERLIN, DAYS, berlin, entry, holiday, plan

VACATION = holiday("2026-07-18", "2026-08-02", name="Summer")
EVER = InForce("f", Instant("boot-0", 0.0), berlin("2026-01-02T00:00"))
WEEK = plan(entry("06:30", "disarmed", DAYS[:5]), entry("22:30", "night"))


def when(at: datetime) -> str:
    return f"{at.astimezone(BERLIN):%a %H:%M}"


def alarm(mode: Mode, ordered: str, *, now: str, how: str = "page") -> tuple[Alarm, Instant]:
    """Return an alarm ordered at one moment and the instant at which it is seen, in the same boot."""
    age_s = (berlin(now) - berlin(ordered)).total_seconds()
    since = Instant("boot-1", 1e6 - age_s)
    return Alarm(mode, by="Anna", how=how, since=since, since_at=berlin(ordered)), Instant("boot-1", 1e6)


def said(mode: Mode, ordered: str, now: str, week: Plan = WEEK, how: str = "page") -> str:
    kept, present = alarm(mode, ordered, now=now, how=how)
    return in_words(outlook(week, kept, present, berlin(now), EVER), when)


# 1 June 2026 is a Monday.
@pytest.mark.parametrize(
    ("mode", "ordered", "now", "words"),
    [
        (Mode.NIGHT, "2026-06-01T22:30", "2026-06-01T23:00", "Next: disarmed Tue 06:30 (schedule)"),
        (Mode.DISARMED, "2026-06-01T06:30", "2026-06-01T12:00", "Next: armed night Mon 22:30 (schedule)"),
        (Mode.AWAY, "2026-06-01T12:00", "2026-06-01T12:01", "Schedule goes on Mon 22:30: armed night"),
        (Mode.DISARMED, "2026-06-01T23:00", "2026-06-02T05:00", "Schedule goes on Tue 22:30: armed night"),
        (Mode.NIGHT, "2026-06-01T20:00", "2026-06-01T23:00", "Next: disarmed Tue 06:30 (schedule)"),
        (Mode.NIGHT, "2026-06-05T22:30", "2026-06-06T12:00", "Next: disarmed Mon 06:30 (schedule)"),
    ],
)
def test_ui24_the_line_names_the_next_change_and_whether_somebody_overruled(
    mode: Mode, ordered: str, now: str, words: str
) -> None:
    assert said(mode, ordered, now) == words


def test_the_mode_of_a_first_start_has_overruled_nothing() -> None:
    assert (
        said(Mode.DISARMED, "2026-06-01T23:00", "2026-06-01T23:01", how="start")
        == "Next: armed night Tue 22:30 (schedule)"
    )


def test_on_a_holiday_its_name_and_until_when_the_schedule_is_off_are_said() -> None:
    away = plan(*WEEK.entries, holidays=[VACATION])
    assert said(Mode.AWAY, "2026-07-17T23:00", "2026-07-20T12:00", away) == "Schedule off until Mon 06:30 (Summer)"


@pytest.mark.parametrize(
    ("holidays", "words"),
    [
        ([holiday("2026-06-04", name="Corpus")], "; off Thu 4 Jun (Corpus)"),
        ([holiday("2026-06-08", name="Near")], "; off Mon 8 Jun (Near)"),
        ([holiday("2026-06-09", name="Far")], ""),
        ([holiday("2026-06-02", "2026-06-30", name="June")], "; off from Tue 2 Jun (June)"),
        ([holiday("2026-06-04", name="One"), holiday("2026-06-05", name="Two")], "; off from Thu 4 Jun (One)"),
        ([holiday("2026-06-04", schedule="sun")], ""),
    ],
)
def test_a_holiday_of_the_next_seven_days_is_told_before_it_comes(holidays: list[HolidaySettings], words: str) -> None:
    week = plan(*WEEK.entries, holidays=holidays)
    line = "Next: armed night Mon 22:30 (schedule)"
    assert said(Mode.DISARMED, "2026-06-01T06:30", "2026-06-01T12:00", week) == line + words


def test_where_nothing_else_is_to_come_a_holiday_is_told_alone() -> None:
    nights = plan(entry("22:30", "night"), holidays=[holiday("2026-06-04", name="Corpus")])
    assert said(Mode.NIGHT, "2026-06-01T06:30", "2026-06-01T12:00", nights) == "Schedule off Thu 4 Jun (Corpus)"


def test_a_holiday_on_which_nothing_would_be_switched_or_that_goes_on_from_today_is_not_told_as_coming() -> None:
    fridays = plan(entry("22:30", "night", ["fri"]), holidays=[holiday("2026-06-04", name="Corpus")])
    assert said(Mode.DISARMED, "2026-06-01T06:30", "2026-06-01T12:00", fridays).endswith("Fri 22:30: armed night")
    row = plan(*WEEK.entries, holidays=[holiday("2026-06-01", name="One"), holiday("2026-06-02", name="Two")])
    assert said(Mode.DISARMED, "2026-06-01T06:30", "2026-06-01T12:00", row) == "Schedule off until Wed 22:30 (One)"


def test_a_holiday_that_counts_as_another_day_is_not_mentioned() -> None:
    sunday = plan(*WEEK.entries, holidays=[holiday("2026-06-02", schedule="sun")])
    assert said(Mode.NIGHT, "2026-06-01T22:30", "2026-06-02T05:00", sunday) == "Next: disarmed Wed 06:30 (schedule)"


def test_a_schedule_that_changes_nothing_more_is_silent() -> None:
    assert said(Mode.NIGHT, "2026-06-01T12:00", "2026-06-01T13:00", plan(entry("22:30", "night"))) == ""


def test_a_schedule_that_is_off_for_good_says_so() -> None:
    always = plan(*WEEK.entries, holidays=[holiday("2026-01-01", "2026-12-31", yearly=True, name="Empty")])
    assert said(Mode.AWAY, "2026-06-01T12:00", "2026-06-01T13:00", always) == "Schedule off (Empty)"


def test_without_a_schedule_there_is_no_outlook() -> None:
    kept, present = alarm(Mode.AWAY, "2026-06-01T12:00", now="2026-06-01T13:00")
    assert outlook(Plan((), BERLIN), kept, present, berlin("2026-06-01T13:00"), EVER) is None
    assert in_words(None, when) == ""


def test_a_scheduled_disarm_that_waits_for_an_alarm_says_so_until_it_is_passed_over() -> None:
    armed, present = alarm(Mode.NIGHT, "2026-06-01T22:30", now="2026-06-02T06:31")
    kept = replace(armed, triggered_since=present, until=Instant("boot-1", present.since_boot_s + 60))
    wall = berlin("2026-06-02T06:31")
    assert in_words(outlook(WEEK, kept, present, wall, EVER), when) == "Schedule disarms after the alarm"
    passed_over = outlook(WEEK, kept, present, wall, InForce("f", present, wall))
    assert passed_over is not None
    assert passed_over.standing is Standing.GOES_ON


@pytest.mark.parametrize(
    ("ahead", "words"),
    [
        (
            Outlook(Standing.GOES_ON, Edge(berlin("2026-06-01T22:30"), Mode.HOME)),
            "Next: armed home Mon 22:30 (schedule)",
        ),
        (
            Outlook(Standing.GOES_ON, Edge(berlin("2026-06-01T22:30"), Mode.AWAY)),
            "Next: armed away Mon 22:30 (schedule)",
        ),
        (Outlook(Standing.GOES_ON), ""),
        (Outlook(Standing.CLOCK), "Schedule waits until the clock is set"),
        (Outlook(Standing.CLOCK, None, "Summer"), "Schedule waits until the clock is set"),
    ],
)
def test_each_mode_has_its_words_and_a_clock_that_nobody_has_set_is_named(ahead: Outlook, words: str) -> None:
    assert in_words(ahead, when) == words


@pytest.mark.parametrize(
    "ahead",
    [
        Outlook(Standing.CLOCK),
        Outlook(Standing.OVERRULED, Edge(berlin("2026-06-01T22:30"), Mode.NIGHT)),
        Outlook(Standing.GOES_ON, None, "Summer"),
        Outlook(Standing.GOES_ON, None, "", DaysOff("Summer", date(2026, 7, 18), date(2026, 7, 20))),
    ],
)
def test_what_a_program_is_told_can_be_read_back(ahead: Outlook) -> None:
    assert Outlook.of_plain(json.loads(json.dumps(ahead.as_plain()))) == ahead


SUNDAYS = plan(entry("22:30", "night", ["sun"]), entry("06:30", "disarmed", ["mon"]),
               holidays=[holiday("2026-06-01", "2026-12-31", schedule="sun"),
                         holiday("2027-01-01", "2027-07-04", schedule="sun")])  # fmt: skip


def test_a_change_behind_weeks_that_count_as_sundays_is_found() -> None:
    assert said(Mode.NIGHT, "2027-05-01T22:30", "2027-05-02T12:00", SUNDAYS) == "Next: disarmed Mon 06:30 (schedule)"


@pytest.mark.parametrize(
    ("now", "words"), [("2026-05-31T06:30", "Schedule goes on Mon 06:30: disarmed"), ("2026-05-31T06:29", "")]
)
def test_a_change_is_looked_for_400_days_ahead(now: str, words: str) -> None:
    assert said(Mode.NIGHT, "2026-05-30T22:30", now, SUNDAYS) == words


def test_a_change_that_comes_once_a_week_is_found_behind_edges_that_change_nothing() -> None:
    rare = plan(entry("22:30", "night"), entry("06:30", "disarmed", ["wed"]), entry("12:00", "night"))
    assert said(Mode.NIGHT, "2026-06-03T22:30", "2026-06-03T23:00", rare) == "Next: disarmed Wed 06:30 (schedule)"
