from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from pisecurity.core.types import Alert, AlertKind, Delivery, Instant, Outcome
from pisecurity.runtime.sending.line import CALM_S, Line
from tests.fakes import START, FakeClock
from tests.rigs.outbox import ScriptedMailer

ALERT = Alert("a" * 32, AlertKind.ALARM, START, "Alarm", "Look.")


def row(number: int, stored_s: float, boot_id: str = "boot-1") -> Delivery:
    stored = Instant(boot_id, stored_s)
    return Delivery(number, ALERT, "mail", "anna@example.org", 0, None, Outcome.WAITING, "", stored=stored)


def line(*seen: Delivery) -> Line:
    made = Line(ScriptedMailer(FakeClock()))
    made.saw(seen)
    return made


def test_an_alert_stored_later_is_new_though_its_row_has_a_lower_number() -> None:
    """A database that is begun anew in memory counts from 1, and goes on from where it was when it comes home."""
    assert line(row(900, 100.0)).is_new(row(1, 200.0))
    assert not line(row(1, 200.0)).is_new(row(900, 100.0))


def test_rows_of_one_moment_or_of_different_boots_are_told_apart_by_their_numbers() -> None:
    assert line(row(5, 100.0)).is_new(row(6, 100.0))
    assert not line(row(5, 100.0)).is_new(row(5, 100.0))
    assert line(row(5, 9000.0)).is_new(row(6, 10.0, "boot-2"))


def test_what_was_tried_or_is_a_second_step_is_never_new() -> None:
    assert not line().is_new(replace(row(1, 1.0), attempts=1))
    assert not line().is_new(replace(row(1, 1.0), step=2))


def test_a_second_step_waits_for_a_calm_line() -> None:
    calm = line()
    second = replace(row(1, 1.0), step=2)
    calm.first_s = 100.0
    assert not calm.admits(second, 100.0 + CALM_S - 0.1)
    assert calm.admits(second, 100.0 + CALM_S)


@given(st.lists(st.tuples(st.integers(1, 1000), st.floats(0, 1e6))))
def test_nothing_seen_is_new_again(seen: list[tuple[int, float]]) -> None:
    rows = [row(number, stored_s) for number, stored_s in seen]
    assert not any(map(line(*rows).is_new, rows))
