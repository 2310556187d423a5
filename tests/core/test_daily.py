"""The daily mail: once a day whatever the clock does, and short enough to be read."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pisecurity.core.alarm.outlook import DaysOff, Outlook, Standing
from pisecurity.core.alarm.schedule import Edge, first_shown
from pisecurity.core.daily import (
    LATEST_S,
    LEAST_APART_S,
    MOST_LISTED,
    Condition,
    DailyTold,
    Happened,
    Marks,
    Note,
    PastFault,
    due,
    latest_day,
    lines,
    summary,
)
from pisecurity.core.types import Fault, Instant, Mode, Outcome

CATALOGUE: dict[str, str] = json.loads(
    (Path(__file__).parents[2] / "web" / "locales" / "mail.en.json").read_text(encoding="utf-8")
)
BERLIN = ZoneInfo("Europe/Berlin")
EIGHT = time(8)
AT = datetime(2026, 6, 2, 6, 0, tzinfo=UTC)
"""08:00 in Berlin, a Tuesday."""
NOW = Instant("boot-1", 500_000.0)
TOLD = DailyTold(date(2026, 6, 1), AT - timedelta(days=1), NOW.later(-86400), Marks())
QUIET = Happened(Marks(40, 900, 128, 12), head="4f3a9c1e07b2ffff")
CALM = Condition(
    AT, Mode.NIGHT, "Anna", AT - timedelta(hours=9), (), (), {"camera:garden": "USB camera; 10.0 frames/s"},
    23_400_000_000, 98_000_000, None, AT + timedelta(days=1),
)  # fmt: skip


RECORD = (
    'Record of who switched: "pisecurity events verify 128-4f3a9c1e07b2ffff" must find it unbroken; '
    "keep this mail to compare."
)
SILENT = (
    "Seen and not mailed (10): 7 in the pause after a mail, 2 while you were leaving, 1 in a zone that does not "
    "count in this mode."
)


def told(happened: Happened = QUIET, condition: Condition = CALM) -> tuple[str, ...]:
    return lines(happened, condition, {"garden": "Garden"}, BERLIN, CATALOGUE)


def test_it_is_due_from_its_time_of_day_on_once() -> None:
    assert due(TOLD, NOW, AT, EIGHT, BERLIN) == date(2026, 6, 2)
    assert due(TOLD, NOW, AT - timedelta(seconds=1), EIGHT, BERLIN) is None
    today = DailyTold(date(2026, 6, 2), AT, NOW, Marks())
    assert due(today, NOW.later(60), AT + timedelta(seconds=60), EIGHT, BERLIN) is None


def test_a_house_that_was_off_at_that_time_gets_it_when_it_is_back() -> None:
    rebooted = Instant("boot-2", 300.0)
    assert due(TOLD, rebooted, AT + timedelta(hours=5), EIGHT, BERLIN) == date(2026, 6, 2)
    assert due(TOLD, rebooted, AT + timedelta(days=9), EIGHT, BERLIN) == date(2026, 6, 11), "one for all of them"


def test_no_jump_of_the_clock_makes_a_second_one_within_a_day() -> None:
    today = DailyTold(date(2026, 6, 2), AT, NOW, Marks())
    for jump in (timedelta(days=3), timedelta(days=180), -timedelta(days=1), -timedelta(days=180)):
        assert due(today, NOW.later(3600), AT + jump, EIGHT, BERLIN) is None


def test_a_mail_that_left_by_a_clock_ahead_silences_no_later_one() -> None:
    ahead = DailyTold(date(2027, 1, 1), AT + timedelta(days=200), NOW, Marks())
    assert due(ahead, Instant("boot-2", 400.0), AT, EIGHT, BERLIN) == date(2026, 6, 2)


@pytest.mark.parametrize("at", [time(2, 30), time(8), time(0), time(23, 59, 59)])
@pytest.mark.parametrize("start", [datetime(2026, 3, 26, tzinfo=UTC), datetime(2026, 10, 22, tzinfo=UTC)])
def test_r28_over_a_change_of_summer_time_there_is_one_a_day(at: time, start: datetime) -> None:
    last = DailyTold(latest_day(start, at, BERLIN), start, Instant("boot-1", 90_000.0), Marks())
    days = []
    for minute in range(7 * 24 * 60):
        now, wall = Instant("boot-1", 90_000.0 + 60 * minute), start + timedelta(minutes=minute)
        day = due(last, now, wall, at, BERLIN)
        if day is not None:
            days.append(day)
            last = DailyTold(day, wall, now, Marks())
    assert days == sorted(set(days)) and len(days) == 7


@given(
    steps=st.lists(st.tuples(st.floats(1, 50_000), st.floats(-500_000, 500_000), st.booleans()), max_size=40),
)
def test_without_a_reboot_no_jump_brings_two_times_of_day_closer_than_20_hours(
    steps: list[tuple[float, float, bool]],
) -> None:
    now, wall, last = NOW, AT, TOLD
    sent: list[float] = []
    for waited_s, jump_s, jumps in steps:
        now, wall = now.later(waited_s), wall + timedelta(seconds=waited_s + (jump_s if jumps else 0))
        day = due(last, now, wall, EIGHT, BERLIN)
        if day is not None:
            late_s = (wall - first_shown(datetime.combine(day, EIGHT), BERLIN)).total_seconds()
            assert 0 <= late_s <= LATEST_S
            sent.append(now.since_boot_s - late_s)
            last = DailyTold(day, wall, now, Marks())
    assert all(later - earlier >= LEAST_APART_S - 1 for earlier, later in pairwise(sent))


class Weeks:
    """A house whose daily mail is to come at 08:00 in Berlin, minute by minute."""

    def __init__(self, start: datetime) -> None:
        self.wall, self.now = start, Instant("boot-1", 500.0)
        self.last = DailyTold(start.astimezone(BERLIN).date(), start, self.now, Marks())
        self.sent: list[datetime] = []

    def run(self, minutes: float) -> None:
        for _ in range(int(minutes)):
            day = due(self.last, self.now, self.wall, EIGHT, BERLIN)
            if day is not None:
                self.last = DailyTold(day, self.wall, self.now, Marks())
                self.sent.append(self.wall.astimezone(BERLIN))
            self.wall, self.now = self.wall + timedelta(minutes=1), self.now.later(60)

    def run_until(self, day: int, hour: int, minute: int = 0) -> None:
        """Run until that time of day of the house, *day* days after the last midnight."""
        local = self.wall.astimezone(BERLIN)
        until = first_shown(datetime.combine(local.date() + timedelta(days=day), time(hour, minute)), BERLIN)
        self.run((until - self.wall) / timedelta(minutes=1))

    def cut_power(self, hours: float) -> None:
        self.wall += timedelta(hours=hours)
        self.now = Instant(f"{self.now.boot_id}+", 60.0)

    @property
    def times(self) -> list[str]:
        return [f"{at:%d %H:%M}" for at in self.sent]


@pytest.mark.parametrize("start", [datetime(2026, 3, 10, 6, 50, tzinfo=UTC), datetime(2026, 10, 10, 5, 50, tzinfo=UTC)])
def test_r28_over_a_month_with_cuts_and_jumps_it_comes_once_a_day_at_its_time_of_day(start: datetime) -> None:
    """It begins at 07:50, and a change of summer time lies in it."""
    weeks = Weeks(start)
    for jump in (timedelta(days=3), timedelta(days=180), timedelta(hours=-2), timedelta(days=-1), timedelta(hours=5)):
        weeks.run_until(1, 22)
        weeks.cut_power(0.3)
        weeks.run_until(1, 12)
        weeks.wall += jump
        weeks.run(60)
        weeks.wall -= jump
        weeks.run_until(3, 3)
        weeks.cut_power(4.5)
        weeks.run_until(1, 7, 50)
        weeks.run(600)
    assert len(weeks.sent) >= 25
    assert {at.time() for at in weeks.sent} == {EIGHT}
    days = [at.date() for at in weeks.sent]
    assert days == [days[0] + timedelta(days=number) for number in range(len(days))]
    assert days[0] == start.date() + timedelta(days=1), "the first is that of the day after"


@pytest.mark.parametrize(
    ("back", "times"),
    [
        (10.0, ["10 10:00", "11 08:00", "12 08:00"]),
        (23.0, ["10 23:00", "11 08:00", "12 08:00"]),
        (31.5, ["11 08:00", "12 08:00"]),
    ],
)
def test_after_a_power_cut_it_comes_late_once_and_then_at_its_time_of_day_again(back: float, times: list[str]) -> None:
    weeks = Weeks(datetime(2026, 6, 9, 10, tzinfo=UTC))
    weeks.run_until(1, 0)
    weeks.cut_power(back)
    weeks.run_until(13 - weeks.wall.astimezone(BERLIN).day, 0)
    assert weeks.times == times, "one that would come at 07:30 is left to the one of 08:00"


def test_a_quiet_day_is_six_lines() -> None:
    assert summary(QUIET, CALM, CATALOGUE) == "all is well"
    assert told() == (
        "Now: armed (night) since 23:00 (Anna).",
        "Happened: no alarm.",
        "Health: 23.4 GB free on the card, 98 MB of memory used. Garden: 10.0 frames/s",
        "Mails: 0 taken by the mail server, 0 refused, 0 waiting.",
        RECORD,
        "Next: this mail again at 08:00 on Wednesday.",
    )


def test_a_night_with_everything_names_each_in_one_line() -> None:
    happened = replace(
        QUIET,
        alarms=((AT - timedelta(hours=6), "garden"), (AT - timedelta(hours=5), "")),
        silences={
            "armed night: movement at Garden, last alarm mail 20 s ago, pause 60 s": 4,
            "armed night: movement at Garden, last alarm mail 40 s ago, pause 60 s": 3,
            "armed night: movement at Garden, where it counts only in mode away: in ignore zone x": 1,
            "arming: the exit delay still runs": 2,
        },
        dismissals={"to and fro: got 0.10": 300, "went 0.010 (needs 0.020)": 50, "went nowhere": 5, "seen 3 times": 2},
        notes=(
            Note(AT - timedelta(days=2), Mode.AWAY, "Anna", "disarmed to arming: ordered armed_away by Anna (page)"),
            Note(AT - timedelta(hours=9), Mode.NIGHT, "Anna", "arming to armed_away: time"),
            Note(AT - timedelta(hours=4), Mode.NIGHT, "x", "off from 02:10 to 03:05 (55 min), power cut by y (start)"),
        ),
        outcomes={Outcome.ACCEPTED: 6, Outcome.REFUSED: 1},
        waiting=2,
    )
    condition = replace(
        CALM,
        faults=(Fault("disk", "150 MB are free", AT - timedelta(hours=2)),),
        past_faults=(
            PastFault(Fault("mail", "no route", AT - timedelta(hours=6)), AT - timedelta(hours=6, minutes=-5)),
        ),
        facts={**CALM.facts, "seeing:garden": "since 21:40 a dark coat would be missed; differences"},
        outlook=Outlook(Standing.GOES_ON, Edge(AT + timedelta(hours=1), Mode.DISARMED)),
    )
    text = told(happened, condition)
    assert summary(happened, condition, CATALOGUE) == "2 alarms, 1 fault"
    for line in (
        "Happened: 2 alarms: Garden 02:00; the house 03:00.",
        "Switched: 08:00 on Sunday armed (away): Anna.",
        "Off: from 02:10 to 03:05 (55 min), power cut.",
        SILENT,
        "Moved and was nothing (357): 300 to and fro, as leaves do, 55 hardly got anywhere, 2 seen too shortly.",
        "Fault since 06:00: 150 MB are free",
        "Was a fault at 02:00, for 5 min: no route",
        "Darkness: Garden: since 21:40 a dark coat would be missed; more light helps.",
        "Mails: 6 taken by the mail server, 1 refused, 2 waiting.",
        "Next: disarmed at 09:00; this mail again at 08:00 on Wednesday.",
    ):
        assert line in text


def test_numbers_are_written_as_the_language_writes_them() -> None:
    german = json.loads((Path(__file__).parents[2] / "web" / "locales" / "mail.de.json").read_text(encoding="utf-8"))
    assert "Zustand: 23,4 GB auf der Karte frei, 98 MB Arbeitsspeicher belegt. Garden: 10,0 Bilder/s" in lines(
        QUIET, CALM, {"garden": "Garden"}, BERLIN, german
    )


OFF = DaysOff("Christmas", date(2026, 6, 5), date(2026, 6, 6))
SOON, FAR = Edge(AT + timedelta(hours=1), Mode.DISARMED), Edge(AT + timedelta(days=12), Mode.NIGHT)


@pytest.mark.parametrize(
    ("outlook", "said"),
    [
        (None, "Next: "),
        (Outlook(Standing.GOES_ON, SOON), "Next: disarmed at 09:00; "),
        (Outlook(Standing.GOES_ON, FAR), "Next: armed (night) at 08:00 on Sunday, 14 June 2026; "),
        (Outlook(Standing.OVERRULED, SOON), "Next: the schedule goes on at 09:00: disarmed; "),
        (Outlook(Standing.ALARM, SOON), "Next: the schedule disarms after the alarm; "),
        (Outlook(Standing.GOES_ON, SOON, "Easter"), "Next: schedule off until 09:00 (Easter); "),
        (Outlook(Standing.GOES_ON, None, "Easter"), "Next: schedule off (Easter); "),
        (
            Outlook(Standing.GOES_ON, SOON, "", OFF),
            "Next: disarmed at 09:00; schedule off from Friday, 5 June 2026 on (Christmas); ",
        ),
        (
            Outlook(Standing.GOES_ON, None, "", replace(OFF, last=OFF.first)),
            "Next: schedule off on Friday, 5 June 2026 (Christmas); ",
        ),
    ],
)
def test_it_says_of_the_schedule_what_the_page_says(outlook: Outlook | None, said: str) -> None:
    assert told(condition=replace(CALM, outlook=outlook))[-1] == f"{said}this mail again at 08:00 on Wednesday."


def test_of_very_many_the_newest_are_named() -> None:
    alarms = tuple((AT - timedelta(minutes=minute), "garden") for minute in range(1000, 0, -1))
    (line,) = (line for line in told(replace(QUIET, alarms=alarms)) if line.startswith("Happened"))
    assert line.count("Garden") == MOST_LISTED
    assert line.endswith("; and 995 before that.")


def test_every_reason_of_the_rules_and_of_the_ledger_has_words() -> None:
    keys = [key for key in CATALOGUE if key.startswith(("daily.silent.", "daily.dismissed."))]
    assert len(keys) == 13
