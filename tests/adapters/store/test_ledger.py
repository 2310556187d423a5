"""What was no event, kept within bounds."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from pisecurity.adapters.store import SqliteStore, ledger
from tests.fakes import START, make_dismissed

ROWS = (
    make_dismissed(camera="yard", zones=frozenset({"lawn", "gate"})),
    make_dismissed("too fast", last_at=START + timedelta(seconds=3), left_out=12),
)


def reasons(store: SqliteStore, limit: int = 100) -> list[str]:
    return [row.reason for row in store.dismissed(limit)]


def test_a_row_is_read_back_newest_first_with_its_number(store: SqliteStore) -> None:
    store.add_dismissed(ROWS)
    assert store.dismissed(10) == (replace(ROWS[1], number=2), replace(ROWS[0], number=1))


def test_a_list_goes_on_where_it_was_left(store: SqliteStore) -> None:
    store.add_dismissed([make_dismissed(f"rule {number}") for number in range(5)])
    (first, second), (third, *_) = store.dismissed(2), store.dismissed(2, before=4)
    assert [row.reason for row in (first, second, third)] == ["rule 4", "rule 3", "rule 2"]


def test_no_rows_write_nothing(store: SqliteStore) -> None:
    store.add_dismissed(())
    assert store.dismissed(10) == ()


def test_the_oldest_rows_give_way_to_newer_ones(store: SqliteStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger, "MOST_ROWS", 3)
    for number in range(5):
        store.add_dismissed([make_dismissed(f"rule {number}")])
    assert reasons(store) == ["rule 4", "rule 3", "rule 2"]
    store.add_dismissed([make_dismissed("next")])
    assert store.dismissed(1)[0].number == 6


def test_a_row_is_forgotten_after_30_days(store: SqliteStore) -> None:
    store.add_dismissed([make_dismissed("old"), make_dismissed("newer", last_at=START + timedelta(days=2))])
    for day in (31, 32):
        store.add_dismissed([make_dismissed("new", last_at=START + timedelta(days=day))])
    assert reasons(store) == ["new", "new", "newer"]


def test_a_minute_with_a_clock_that_is_far_ahead_does_not_outdate_the_others(store: SqliteStore) -> None:
    for days in (0, 400, 0):
        store.add_dismissed([make_dismissed(f"{days}", last_at=START + timedelta(days=days))])
    assert reasons(store) == ["0", "400", "0"]


def test_a_page_from_beyond_any_number_is_the_first_one(store: SqliteStore) -> None:
    store.add_dismissed([make_dismissed("only")])
    assert [row.reason for row in store.dismissed(10, before=10**30)] == ["only"]
