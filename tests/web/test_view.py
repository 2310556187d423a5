"""The words of the page, from values."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from pisecurity.core.types import BETTER, AlarmState, AlertKind, Fault, Outcome
from pisecurity.web.view import (
    CameraView,
    Mailed,
    full_time,
    ledger_row,
    mailed,
    mailed_words,
    readiness,
    restless,
    short_time,
    span,
)
from tests.fakes import START, FakeClock, make_dismissed
from tests.web.house import House

BERLIN = ZoneInfo("Europe/Berlin")
A, R, L, W = Outcome.ACCEPTED, Outcome.REFUSED, Outcome.LATER, Outcome.WAITING


@pytest.mark.parametrize(
    ("outcomes", "kind", "expected", "words"),
    [
        ((), None, Mailed.SILENT, "not mailed"),
        ((), AlertKind.ALARM, Mailed.SHOWN, "shown here"),
        ((A,), AlertKind.ALARM, Mailed.SENT, "mailed"),
        ((A, A), AlertKind.ALARM, Mailed.SENT, "mailed to 2"),
        ((A, R), AlertKind.ALARM, Mailed.PARTLY, "1 of 2 sent"),
        ((R, R), AlertKind.ALARM, Mailed.REFUSED, "mail refused"),
        ((W, W), AlertKind.ALARM, Mailed.WAITING, "mail waits"),
        ((A, L, R), AlertKind.ALARM, Mailed.WAITING, "1 of 3 sent"),
    ],
)
def test_what_became_of_the_mails(
    outcomes: tuple[Outcome, ...], kind: AlertKind | None, expected: Mailed, words: str
) -> None:
    record = House(FakeClock()).happened(1, *outcomes, kind=kind)
    assert (mailed(record), mailed_words(record)) == (expected, words)


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (AlarmState.DISARMED, "disarmed"),
        (AlarmState.ARMING, "exit delay"),
        (AlarmState.PENDING, "entry delay"),
        (AlarmState.ARMED_HOME, "not mailed"),
        (AlarmState.TRIGGERED, "not mailed"),
    ],
)
def test_an_event_without_a_mail_says_why(state: AlarmState, words: str) -> None:
    assert mailed_words(House(FakeClock()).happened(1, kind=None, state=state)) == words


@pytest.mark.parametrize(("summed", "words"), [(False, "in next mail"), (True, "mailed later")])
def test_an_event_that_the_pause_held_back_says_where_it_is_told(summed: bool, words: str) -> None:
    record = House(FakeClock()).happened(1, kind=None, state=AlarmState.TRIGGERED)
    assert mailed_words(replace(record, summed=summed)) == words


def test_whom_nobody_has_told_yet_is_no_mail_that_waits() -> None:
    record = House(FakeClock()).happened(1, A, W)
    first, second = record.deliveries
    waits = replace(second, second=True, attempts=0)
    assert mailed_words(replace(record, deliveries=(first, waits))) == "mailed"
    assert mailed_words(replace(record, deliveries=(first, replace(waits, attempts=1)))) == "1 of 2 sent"


def test_a_better_picture_that_follows_is_no_further_mail() -> None:
    record = House(FakeClock()).happened(1, A)
    (first,) = record.deliveries
    waits = replace(first, step=BETTER, outcome=W)
    assert mailed_words(replace(record, deliveries=(first, waits))) == "mailed"


@pytest.mark.parametrize(
    ("at", "label"),
    [
        (datetime(2026, 6, 10, 6, 12, tzinfo=UTC), "08:12"),
        (datetime(2026, 6, 9, 22, 30, tzinfo=UTC), "00:30"),  # yesterday in UTC, today at home
        (datetime(2026, 6, 9, 21, 30, tzinfo=UTC), "Tue 23:30"),
        (datetime(2026, 6, 3, 12, 0, tzinfo=UTC), "3 Jun 14:00"),
        (datetime(2026, 7, 1, 12, 0, tzinfo=UTC), "1 Jul 14:00"),  # before the clock was set
    ],
)
def test_times_are_those_of_the_house_and_name_the_day_only_when_needed(at: datetime, label: str) -> None:
    assert short_time(at, datetime(2026, 6, 10, 12, 0, tzinfo=UTC), BERLIN) == label


def test_a_row_of_the_ledger_is_told_to_the_second() -> None:
    now = datetime(2026, 6, 10, 12, 0, tzinfo=UTC)
    at = datetime(2026, 6, 9, 21, 30, 7, tzinfo=UTC)
    assert ledger_row(make_dismissed(last_at=at + timedelta(seconds=2)), str, now, BERLIN).time == "Tue 23:30:07"


def test_full_time_names_the_zone_so_that_the_hour_of_two_in_autumn_is_certain() -> None:
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert full_time(first, BERLIN) == "Sun 25 Oct 2026, 02:30:00 CEST"
    assert full_time(first + timedelta(hours=1), BERLIN) == "Sun 25 Oct 2026, 02:30:00 CET"


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.4, "0 s"), (59.9, "59 s"), (60, "1 min"), (3599, "59 min"), (7300, "2 h")]
)
def test_span_is_told_in_its_largest_unit(seconds: float, words: str) -> None:
    assert span(seconds) == words


@pytest.mark.parametrize(
    ("age_s", "fault", "veil"),
    [
        (0.3, None, ""),
        (0.3, "the mail server is slow", ""),  # the picture is live: the fault stands in the readiness line
        (5.0, None, ""),
        (5.1, None, "Picture is 5 s old"),
        (90, "the camera does not answer", "Picture is 1 min old. the camera does not answer"),
        (None, None, "No picture yet"),
        (None, "the camera does not answer", "the camera does not answer"),
    ],
)
def test_ui13_no_old_picture_without_a_mark(age_s: float | None, fault: str | None, veil: str) -> None:
    assert CameraView("front", "Front door", age_s, fault).veil == veil


@pytest.mark.parametrize(
    ("share", "words"),
    [
        (0.0, "Just now hardly anything stirs by itself."),
        (0.1, "Just now a small part of the picture is plainly red."),
        (0.3, "Just now about a quarter of the picture is plainly red. So much at once is light or weather"),
        (0.5, "Just now about half of the picture"),
        (0.9, "Just now most of the picture"),
    ],
)
def test_how_much_of_the_picture_is_red_is_told_in_words_with_its_likely_cause(share: float, words: str) -> None:
    assert restless(share).startswith(words)
    assert ("weather" in restless(share)) == (share >= 0.15)


def test_house_without_faults_is_ready() -> None:
    assert readiness(()) == "Everything ready"
    assert readiness((), 2) == "Ready, with 2 remarks"


def test_during_an_alarm_nothing_is_called_ready() -> None:
    fault = Fault("mail", "mail server x refuses the login", START)
    assert [readiness((), remarks, alarm=True) for remarks in (0, 2)] == ["No faults", "No faults"]
    assert readiness((fault,), alarm=True) == fault.text
