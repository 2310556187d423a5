"""What stands against arming, and what asks for a second tap."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pisecurity.core.alarm.readiness import (
    ALSO,
    PROVEN_S,
    SUPPLY,
    Chain,
    Lasting,
    Problem,
    asks,
    in_words,
    on_record,
    problems,
)  # fmt: skip
from pisecurity.core.types import Fault, Mode
from tests.fakes import START

BERLIN = ZoneInfo("Europe/Berlin")
EVENING = datetime(2026, 11, 23, 20, 40, tzinfo=UTC)


def fault(key: str, text: str = "something is wrong; mend it") -> Fault:
    return Fault(key, text, START)


def test_a_house_in_order_has_no_problem() -> None:
    assert problems(Chain(), Mode.AWAY, BERLIN) == ()
    assert Chain() == Chain(waiting=0, waiting_s=0.0)
    assert not asks(())
    assert in_words(()) == ""


@pytest.mark.parametrize(
    "key",
    [
        "camera:front", "sparse:front", "disk-full", "disk-silent", "memory", "mail", "mail-login",
        "mail:anna@example.org", "clock", "supply", "new",
    ],
)  # fmt: skip
def test_ui10_what_leaves_an_intruder_unseen_or_the_owner_untold_asks_and_so_does_what_nobody_has_classed(
    key: str,
) -> None:
    assert asks(problems(Chain((fault(key),)), Mode.HOME, BERLIN))


@pytest.mark.parametrize(
    "key",
    ["heat", "disk", "rate:front", "part:front", "config", "mail-account", "ping", "access", "control", "database",
     "page"],
)  # fmt: skip
def test_what_works_less_well_is_listed_and_asks_for_nothing(key: str) -> None:
    found = problems(Chain((fault(key),)), Mode.AWAY, BERLIN)
    assert [problem.key for problem in found] == [key]
    assert not asks(found)


@pytest.mark.parametrize(("mode", "asked"), [(Mode.AWAY, True), (Mode.HOME, False), (Mode.NIGHT, False)])
def test_darkness_asks_where_nobody_is_at_home_alone(mode: Mode, asked: bool) -> None:
    found = problems(Chain((fault("dark:front"),)), mode, BERLIN)
    assert len(found) == 1
    assert asks(found) is asked


def test_whoever_goes_on_is_asked_of_what_they_were_not_shown_alone() -> None:
    found = problems(Chain((fault("heat"), fault("dark:front"), fault("memory"))), Mode.AWAY, BERLIN)
    assert [asks(found, anyway) for anyway in (False, (), ["dark:front"], ["dark:front", "memory"], True)] == [
        True, True, True, False, False,
    ]  # fmt: skip


def test_the_audit_log_has_what_was_bypassed_without_the_fixes_and_apart_what_asked_for_nothing() -> None:
    chain = Chain(
        (
            fault("heat", "the processor is 82 °C hot; give it air"),
            fault("dark:front", "camera front is dark since 21:40; light it"),
        ),
        {"Yard": "since 21:40 a dark coat would be missed"},
        unproven={"mail": EVENING},
    )
    assert on_record(problems(chain, Mode.AWAY, BERLIN)) == (
        "bypassed: camera front is dark since 21:40, remarks: the processor is 82 °C hot; "
        "camera Yard: since 21:40 a dark coat would be missed; mail not proven since 21:40"
    )


def test_an_ordinary_arming_with_a_remark_has_bypassed_nothing() -> None:
    found = problems(Chain(clock_set=False), Mode.AWAY, BERLIN)
    assert on_record(found) == "remarks: no time server has set the clock yet"
    assert on_record(()) == ""


def test_what_is_not_known_yet_is_a_remark() -> None:
    chain = Chain(clock_set=False, unproven={"mail": None}, waiting=3, waiting_s=3600)
    found = problems(chain, Mode.AWAY, BERLIN)
    assert [problem.text.partition(";")[0] for problem in found] == [
        "no time server has set the clock yet", "mail not proven yet", "3 alert(s) wait to be sent for 60 min"
    ]  # fmt: skip
    assert not asks(found)


def test_a_clock_that_nobody_is_known_to_have_set_is_told_with_what_it_shows_in_the_house() -> None:
    (found,) = problems(Chain(guessed=EVENING), Mode.AWAY, BERLIN)
    assert found.key == "clock"
    assert found.text == (
        "no time server is known to have set the clock since the start or for a week, and schedule and mails "
        "go by it: see whether it is 2026-11-23 21:40; 'timedatectl' says why it is not set"
    )
    assert not asks([found])


def test_a_clock_that_is_wrong_is_told_once_and_what_has_just_been_queued_not_at_all() -> None:
    chain = Chain((fault("clock"),), clock_set=False, guessed=EVENING, waiting=1, waiting_s=30)
    found = problems(chain, Mode.AWAY, BERLIN)
    assert [problem.key for problem in found] == ["clock"]


def test_the_audit_log_has_each_of_several_things_that_one_fault_tells_of() -> None:
    text = ALSO.join(f"camera {label}: nothing is watched: a zone covers it; move it" for label in ("Door", "Yard"))
    assert ". Also: camera Yard" in text
    assert Problem("zones", text, graver=True).brief == (
        "camera Door: nothing is watched: a zone covers it; camera Yard: nothing is watched: a zone covers it"
    )


def test_what_is_listed_is_told_with_its_fix_and_from_two_minutes_of_waiting_on() -> None:
    chain = Chain(coats={"Yard": "since 21:40 a dark coat would be missed"}, clock_set=False, unproven={"mail": None})
    found = problems(replace(chain, waiting=1, waiting_s=120), Mode.AWAY, BERLIN)
    assert [(problem.key, problem.text) for problem in found] == [
        ("coat:Yard", "camera Yard: since 21:40 a dark coat would be missed; more light helps"),
        ("clock", "no time server has set the clock yet; the schedule waits for it"),
        ("mail-unproven", "mail not proven yet; a login is tried in the background"),
        ("queue", "1 alert(s) wait to be sent for 2 min; see the mail account"),
    ]
    assert len(problems(replace(chain, waiting=1, waiting_s=119.9), Mode.AWAY, BERLIN)) == 3
    assert (PROVEN_S, SUPPLY) == (900.0, "supply")


@pytest.mark.parametrize(("letters", "brief"), [(90, "x" * 90), (91, "x" * 89 + "…")])
def test_a_brief_of_more_than_90_letters_is_cut(letters: int, brief: str) -> None:
    assert Problem("x", "x" * letters + "; mend it", graver=True).brief == brief


@given(st.text(max_size=400))
def test_a_brief_is_short_whatever_the_text(text: str) -> None:
    assert len(Problem("x", text, graver=True).brief) <= 90


def test_what_flaps_begins_once_and_ends_once() -> None:
    lasting = Lasting(begins_s=0, ends_s=600)
    told = [lasting.note(at_s % 100 == 50 and at_s < 900, at_s) for at_s in range(0, 1800, 5)]
    assert sum(told[number] != told[number - 1] for number in range(1, len(told))) == 2
    assert (told[9], told[10], told[-1]) == (False, True, False)


def test_what_is_not_known_changes_nothing() -> None:
    lasting = Lasting(begins_s=0, ends_s=10)
    assert [lasting.note(so, at_s) for at_s, so in ((0, None), (1, True), (2, None), (50, None), (51, False))] == [
        False, True, True, True, True
    ]  # fmt: skip


def test_what_is_not_known_for_a_moment_does_not_keep_what_lasts_from_being_believed() -> None:
    lasting = Lasting(begins_s=20, ends_s=120)
    assert [lasting.note(so, at_s) for at_s, so in ((0, True), (10, None), (19, True), (20, True))] == [
        False, False, False, True
    ]  # fmt: skip
