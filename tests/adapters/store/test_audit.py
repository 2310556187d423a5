"""What is found when somebody edits the audit log (S-56): the chain, and what was told of it outside."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pisecurity.adapters.store import SqliteStore
from pisecurity.adapters.store.audit import NO_HASH, Harm, Harmed, audit_hash, missing_note
from pisecurity.core.audit import AuditHead, shown
from pisecurity.core.types import Alarm, Instant, Mode
from tests.fakes import START, FakeClock

AWAY = Alarm(Mode.AWAY, "Anna", "page", Instant("boot-1", 1000.0), START, sequence=1)
ROWS = 12
Row = dict[str, Any]


def at(number: int) -> datetime:
    """Return when row *number* was written: one a minute."""
    return START + timedelta(minutes=number)


@pytest.fixture
def log(tmp_path: Path) -> SqliteStore:
    """A store with ROWS audit rows, one a minute."""
    clock = FakeClock()
    store = SqliteStore(tmp_path, clock)
    for number in range(1, ROWS + 1):
        clock.advance(60)
        store.save_alarm(replace(AWAY, sequence=number), f"note {number}")
    return store


def rows(store: SqliteStore) -> list[Row]:
    with store._database.read() as connection:
        return [dict(row) for row in connection.execute("SELECT * FROM audit ORDER BY number")]


def rewrite(store: SqliteStore, with_rows: list[Row], *, renumber: bool = True, rehash: bool = False) -> None:
    """Put *with_rows* in the place of the log, numbered as they stand, and chained anew with *rehash*."""
    head = NO_HASH
    with store._database.write() as connection:
        connection.execute("DELETE FROM audit")
        for place, row in enumerate(with_rows, 1):
            columns = {**row, "number": place} if renumber else dict(row)
            if rehash:
                del columns["hash"]
                columns["hash"] = audit_hash(head, columns)
            head = columns["hash"]
            names = ", ".join(columns)
            values = ", ".join(f":{name}" for name in columns)
            connection.execute(f"INSERT INTO audit ({names}) VALUES ({values})", columns)


def forged(row: Row) -> Row:
    """Return a row that nobody wrote, made of *row*."""
    return {**row, "by": "nobody", "note": "never happened"}


Edit = Callable[[list[Row]], list[Row]]


def swapped(log: list[Row]) -> list[Row]:
    return [*log[:4], log[5], log[4], *log[6:]]


def told(store: SqliteStore, number: int) -> AuditHead:
    return shown(number, rows(store)[number - 1]["hash"])


def test_an_untouched_log_is_whole_and_has_what_was_told(log: SqliteStore) -> None:
    for number in range(1, ROWS + 1):
        found = log.examine_audit(told(log, number))
        assert (found.harmed, found.rows, found.told, found.at) == (None, ROWS, number, at(ROWS))
    assert log.examine_audit(None).told is None
    assert (log.examine_audit(None).rows, log.examine_audit(None).head) == log.audit_head()


def test_a_column_that_a_later_version_adds_leaves_the_log_whole(log: SqliteStore) -> None:
    with log._database.write() as connection:
        connection.execute("ALTER TABLE audit ADD COLUMN later TEXT")
    assert log.examine_audit(told(log, ROWS)).harmed is None
    assert log.verify_audit() is None
    log.save_alarm(replace(AWAY, sequence=ROWS + 1), "one more")
    assert log.examine_audit(None).rows == ROWS + 1


def test_an_empty_log_is_whole_and_has_nothing_that_was_told(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path, FakeClock())
    assert store.examine_audit(None).harmed is None
    assert store.examine_audit(AuditHead(3, "4f3a9c1e07b2")).harmed == Harmed(Harm.CUT, 1, 3)


@pytest.mark.parametrize(
    ("edit", "harmed"),
    [
        (lambda log: [*log[:4], {**log[4], "by": "Ben"}, *log[5:]], Harmed(Harm.CHANGED, 5, 5, at(5))),
        (lambda log: [*log[:4], {**log[4], "hash": "ab"}, *log[5:]], Harmed(Harm.CHANGED, 5, 5, at(5))),
        (lambda log: [{**log[0], "by": "Ben"}, *log[1:]], Harmed(Harm.CHANGED, 1, 1, at(1))),
        (lambda log: [*log[:11], {**log[11], "by": "Ben"}], Harmed(Harm.CHANGED, 12, 12, at(12))),
        (lambda log: [*log[:4], *log[5:]], Harmed(Harm.MISSING, 5, 5, at(6))),
        (lambda log: [*log[:4], *log[7:]], Harmed(Harm.MISSING, 5, 7, at(8))),
        (lambda log: log[2:], Harmed(Harm.MISSING, 1, 2, at(3))),
        (lambda log: [*log[:4], forged(log[3]), *log[4:]], Harmed(Harm.INSERTED, 5, 5, at(4))),
        (lambda log: [*log[:4], *map(forged, log[:3]), *log[4:]], Harmed(Harm.INSERTED, 5, 7, at(1))),
        (swapped, Harmed(Harm.MOVED, 5, 6, at(6))),
        (lambda log: [*log[:4], *log[5:8], log[4], *log[8:]], Harmed(Harm.MOVED, 5, 8, at(6))),
    ],
    ids=[
        "edited", "hash edited", "first edited", "newest edited", "deleted", "three deleted", "beginning deleted",
        "inserted", "three inserted", "two swapped", "one moved",
    ],
)  # fmt: skip
def test_s56_what_was_done_is_told_with_number_and_time_also_where_the_rows_were_numbered_anew(
    log: SqliteStore, edit: Edit, harmed: Harmed
) -> None:
    rewrite(log, edit(rows(log)))
    assert log.examine_audit(None).harmed == harmed
    assert log.verify_audit() is not None


def test_s56_rows_that_were_taken_out_leave_a_gap_in_the_numbers(log: SqliteStore) -> None:
    rewrite(log, [*rows(log)[:4], *rows(log)[7:]], renumber=False)
    assert log.examine_audit(None).harmed == Harmed(Harm.MISSING, 5, 7, at(8))


def test_s56_a_row_put_in_that_hangs_on_the_one_before_is_found_by_the_one_behind_it(log: SqliteStore) -> None:
    before, (row, *after) = rows(log)[:4], rows(log)[4:]
    planted = {**forged(row), "number": 5}
    del planted["hash"]
    planted["hash"] = audit_hash(before[-1]["hash"], planted)
    rewrite(log, [*before, planted, row, *after])
    assert log.examine_audit(None).harmed == Harmed(Harm.INSERTED, 5, 5, at(5))


@pytest.mark.parametrize("cut", [1, 4, ROWS])
def test_s56_a_cut_end_is_found_by_what_was_told_and_not_by_the_chain(log: SqliteStore, cut: int) -> None:
    head = told(log, ROWS)
    left = ROWS - cut
    rewrite(log, rows(log)[:left])
    assert log.examine_audit(None).harmed is None
    assert log.examine_audit(head).harmed == Harmed(Harm.CUT, left + 1, ROWS, at(left) if left else None)
    assert log.examine_audit(AuditHead(None, head.letters)).harmed == Harmed(Harm.UNKNOWN, 0, 0)


@pytest.mark.parametrize(
    "edit",
    [
        lambda log: [*log[:4], {**log[4], "by": "Ben"}, *log[5:]],
        lambda log: [*log[:4], *log[5:], forged(log[11])],
        swapped,
    ],
    ids=["edited", "deleted and filled up", "swapped"],
)
def test_s56_a_log_that_was_chained_anew_is_found_by_what_was_told(log: SqliteStore, edit: Edit) -> None:
    head, before = told(log, ROWS), told(log, 4)
    rewrite(log, edit(rows(log)), rehash=True)
    assert log.examine_audit(None).harmed is None
    found = log.examine_audit(head)
    assert found.harmed is not None and (found.harmed.how, found.harmed.first) == (Harm.REWRITTEN, ROWS)
    assert log.examine_audit(AuditHead(None, head.letters)).harmed == Harmed(Harm.UNKNOWN, 0, 0)
    assert log.examine_audit(before).harmed is None, "what was told before the change still holds"


def test_rows_up_to_the_one_that_was_told_are_good_though_a_newer_one_was_changed(log: SqliteStore) -> None:
    head = told(log, 4)
    rewrite(log, [*rows(log)[:8], {**rows(log)[8], "by": "Ben"}, *rows(log)[9:]])
    found = log.examine_audit(head)
    assert (found.told, found.harmed) == (4, Harmed(Harm.CHANGED, 9, 9, at(9)))


def test_r33_rows_lost_to_damage_are_no_harm_but_cannot_be_compared(log: SqliteStore) -> None:
    heads = {number: told(log, number) for number in range(1, ROWS + 1)}
    kept = rows(log)
    for number in range(5, 9):
        kept[number - 1] = {}
    note = f"as before; rows 5 to 8 are missing, goes on from {rows(log)[7]['hash']}"
    after = {**rows(log)[8], "note": note}
    del after["hash"]
    after["hash"] = audit_hash(rows(log)[7]["hash"], after)
    rewrite(log, [*kept[:4], after], renumber=False)
    assert log.lost_audit_rows() == 4
    assert log.examine_audit(None).harmed is None
    assert log.examine_audit(heads[4]).told == 4
    after_the_loss = log.examine_audit(shown(*log.audit_head()))
    assert (after_the_loss.told, after_the_loss.harmed) == (9, None), "it was told with the loss in it"
    for number in (5, 7, 8):
        found = log.examine_audit(heads[number])
        assert (found.told, found.harmed) == (None, Harmed(Harm.LOST, 5, 8, at(9)))
    forged_gap = log.examine_audit(AuditHead(8, "0" * 16)).harmed
    assert forged_gap is not None and forged_gap.how is Harm.REWRITTEN


@pytest.mark.parametrize(
    "typed", [lambda head: head, lambda head: AuditHead(None, head.letters)], ids=["", "no number"]
)
def test_s56_rows_taken_out_under_a_note_that_quotes_the_hash_of_the_mail_are_not_taken_for_the_ones_it_told(
    log: SqliteStore, typed: Callable[[AuditHead], AuditHead]
) -> None:
    head, kept, quoted = told(log, ROWS), rows(log), rows(log)[-1]["hash"]
    planted = {**kept[-1], "number": ROWS + 1, "note": missing_note(5, ROWS, quoted)}
    del planted["hash"]
    planted["hash"] = audit_hash(quoted, planted)
    rewrite(log, [*kept[:4], planted], renumber=False)
    found = log.examine_audit(typed(head))
    assert (found.told, found.harmed) == (None, Harmed(Harm.LOST, 5, ROWS, at(ROWS)))


def test_s56_no_edit_by_chance_goes_unnoticed(log: SqliteStore) -> None:
    chance, whole, head = random.Random(1), rows(log), told(log, ROWS)
    for _ in range(200):
        place, column = chance.randrange(ROWS), chance.choice(list(whole[0]))
        edit = chance.choice(["change", "delete", "put in", "move"])
        edited = [dict(row) for row in whole]
        if edit == "change":
            value = edited[place][column]
            edited[place][column] = f"{value}x" if isinstance(value, str) else (value or 0) + 1
        elif edit == "delete":
            del edited[place]
        elif edit == "put in":
            edited.insert(place, forged(edited[place]))
        else:
            edited.insert((place + chance.randrange(1, ROWS - 1)) % ROWS, edited.pop(place))
        if edited == whole or (edit == "change" and column in {"number", "event_id"}):
            continue
        rewrite(log, edited)
        found = log.examine_audit(head)
        assert found.harmed is not None, (edit, place, column)
        assert found.harmed.first <= place + 1 or edit == "move"


def test_a_row_whose_time_is_none_is_told_without_one(log: SqliteStore) -> None:
    rewrite(log, [{**row, "at_us": 2**62} if row["number"] == 3 else row for row in rows(log)])
    assert log.examine_audit(None).harmed == Harmed(Harm.CHANGED, 3, 3, None)
