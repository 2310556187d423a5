"""Alerts waiting for their recipients."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

import pytest

from pisecurity.adapters.store import SqliteStore
from pisecurity.adapters.store.outbox import DUE_AT_ONCE
from pisecurity.core.types import AlertKind, Delivery, Instant, Outcome, Receipt
from pisecurity.ports import Address
from tests.adapters.values import TO, make_alert
from tests.fakes import START, FakeClock

LATER = Receipt(Outcome.LATER, "451 try again")
ACCEPTED = Receipt(Outcome.ACCEPTED, "250 ok")
REFUSED = Receipt(Outcome.REFUSED, "550 no such user")


def tried(store: SqliteStore, clock: FakeClock, delivery: Delivery, receipt: Receipt, wait_s: float = 60) -> None:
    """Record *receipt* for a try at this moment, the next one after *wait_s*."""
    now = clock.instant()
    store.record(delivery, receipt, now, clock.now(), Instant(now.boot_id, now.since_boot_s + wait_s))


def test_a_new_alert_is_due_at_once_for_every_recipient(store: SqliteStore, clock: FakeClock) -> None:
    alert = make_alert("a1", AlertKind.TEST)
    store.add_alert(alert, TO)
    assert store.due(clock.instant()) == tuple(
        Delivery(number, alert, "mail", address.recipient, 0, None, Outcome.WAITING, "", stored=clock.instant())
        for number, address in enumerate(TO, start=1)
    )


def test_alerts_are_due_in_the_order_they_were_stored_whatever_the_clock_said(
    store: SqliteStore, clock: FakeClock
) -> None:
    store.add_alert(make_alert("b"), TO[:1])
    store.add_alert(replace(make_alert("a"), at=START - timedelta(days=1)), TO[:1])
    assert [one.alert.id for one in store.due(clock.instant())] == ["b", "a"]


def test_a_later_recipient_of_an_old_alert_does_not_go_behind_newer_alerts(
    store: SqliteStore, clock: FakeClock
) -> None:
    store.add_alert(make_alert("a1"), TO[:1])
    store.add_alert(make_alert("a2"), TO[:1])
    store.add_alert(make_alert("a1"), TO)
    assert [(one.alert.id, one.recipient) for one in store.due(clock.instant())] == [
        ("a1", "anna@example.org"),
        ("a1", "ben@example.org"),
        ("a2", "anna@example.org"),
    ]


def test_r04_a_row_put_off_is_due_again_when_its_time_has_come(store: SqliteStore, clock: FakeClock) -> None:
    store.add_alert(make_alert("a1"), TO[:1])
    (row,) = store.due(clock.instant())
    tried(store, clock, row, LATER, wait_s=60)
    first_try = clock.instant()
    clock.advance(59.9)
    assert store.due(clock.instant()) == ()
    clock.advance(0.1)
    assert store.due(clock.instant()) == (
        replace(row, attempts=1, last_try=first_try, outcome=Outcome.LATER, detail="451 try again"),
    )


def test_a_row_put_off_before_a_reboot_is_due_at_once(store: SqliteStore, clock: FakeClock) -> None:
    store.add_alert(make_alert("a1"), TO[:1])
    tried(store, clock, store.due(clock.instant())[0], LATER, wait_s=3600)
    clock.reboot()
    assert [one.alert.id for one in store.due(clock.instant())] == ["a1"]


def test_a_row_not_handed_over_yet_stays_waiting_and_keeps_its_next_try(store: SqliteStore, clock: FakeClock) -> None:
    store.add_alert(make_alert("a1"), TO[:1])
    tried(store, clock, store.due(clock.instant())[0], Receipt(Outcome.WAITING, "no route"), wait_s=5)
    assert store.due(clock.instant()) == ()
    clock.advance(5)
    assert [one.detail for one in store.due(clock.instant())] == ["no route"]


@pytest.mark.parametrize("receipt", [ACCEPTED, REFUSED])
def test_r05_a_settled_row_is_never_due_again(store: SqliteStore, clock: FakeClock, receipt: Receipt) -> None:
    store.add_alert(make_alert("a1"), TO)
    tried(store, clock, store.due(clock.instant())[0], receipt, wait_s=0)
    clock.reboot()
    assert [one.recipient for one in store.due(clock.instant())] == ["ben@example.org"]


def test_when_a_mail_was_accepted_is_kept(store: SqliteStore, clock: FakeClock) -> None:
    store.add_alert(make_alert("a1"), TO)
    first, second = store.due(clock.instant())
    clock.advance(2)
    tried(store, clock, first, ACCEPTED)
    tried(store, clock, second, REFUSED)
    refused, accepted = store.deliveries(2)
    assert (accepted.outcome, accepted.detail, accepted.accepted_at) == (Outcome.ACCEPTED, "250 ok", clock.now())
    assert (refused.outcome, refused.detail, refused.accepted_at) == (Outcome.REFUSED, "550 no such user", None)


def test_an_accepted_row_stays_accepted(store: SqliteStore, clock: FakeClock) -> None:
    store.add_alert(make_alert("a1"), TO[:1])
    (row,) = store.due(clock.instant())
    tried(store, clock, row, ACCEPTED)
    tried(store, clock, row, LATER)
    (kept,) = store.deliveries(1)
    assert (kept.outcome, kept.attempts) == (Outcome.ACCEPTED, 1)


def test_waiting_counts_what_is_neither_accepted_nor_refused(store: SqliteStore, clock: FakeClock) -> None:
    assert store.waiting() == 0
    store.add_alert(make_alert("a1"), TO)
    store.add_alert(make_alert("a2"), TO)
    first, second, third, _ = store.due(clock.instant())
    tried(store, clock, first, ACCEPTED)
    tried(store, clock, second, REFUSED)
    tried(store, clock, third, LATER)
    assert store.waiting() == 2


def test_the_same_alert_is_never_stored_twice(store: SqliteStore, clock: FakeClock) -> None:
    store.add_alert(make_alert("a1"), TO[:1])
    store.add_alert(replace(make_alert("a1"), subject="other words"), (*TO, *TO, Address("push", TO[0].recipient)))
    assert [(one.channel, one.recipient, one.alert.subject) for one in store.due(clock.instant())] == [
        ("mail", "anna@example.org", "Movement in the garden"),
        ("mail", "ben@example.org", "Movement in the garden"),
        ("push", "anna@example.org", "Movement in the garden"),
    ]


def test_an_alert_about_an_event_that_could_not_be_stored_is_stored(store: SqliteStore, clock: FakeClock) -> None:
    store.add_alert(make_alert("a1", event_id="never stored"), TO[:1])
    assert [one.alert.event_id for one in store.due(clock.instant())] == ["never stored"]


def test_deliveries_come_newest_first(store: SqliteStore) -> None:
    for number in range(3):
        store.add_alert(make_alert(f"a{number}"), TO[:1])
    assert [one.alert.id for one in store.deliveries(2)] == ["a2", "a1"]


def ids(rows: Iterable[Delivery]) -> list[tuple[str, str]]:
    return [(row.alert.id, row.recipient.partition("@")[0]) for row in rows]


def test_r10_a_long_outage_is_handed_out_in_parts_oldest_first_and_no_alert_is_divided(
    store: SqliteStore, clock: FakeClock
) -> None:
    three = (*TO, Address("mail", "cem@example.org"))
    for number in range(100):
        store.add_alert(make_alert(f"a{number:02}"), three)
    alerts = DUE_AT_ONCE // 3 + 1
    part = store.due(clock.instant())
    assert ids(part) == [(f"a{number:02}", who) for number in range(alerts) for who in ("anna", "ben", "cem")]
    for row in part:
        tried(store, clock, row, ACCEPTED)
    assert ids(store.due(clock.instant()))[0] == (f"a{alerts}", "anna")


def test_r10_newest_alert_and_newest_alarm_are_found_behind_thousands(store: SqliteStore, clock: FakeClock) -> None:
    for number in range(DUE_AT_ONCE):
        store.add_alert(make_alert(f"a{number:03}"), TO)
    store.add_alert(make_alert("entry", AlertKind.ENTRY), TO)
    assert ids(store.newest_due("mail", clock.instant())) == [("entry", "anna"), ("entry", "ben")]
    store.add_alert(make_alert("fault", AlertKind.FAULT), TO[1:])
    store.add_alert(make_alert("pushed"), [Address("push", "phone")])
    assert ids(store.newest_due("mail", clock.instant())) == [("entry", "anna"), ("entry", "ben"), ("fault", "ben")]


def test_what_is_due_on_one_channel_is_not_hidden_by_what_waits_on_another(
    store: SqliteStore, clock: FakeClock
) -> None:
    for number in range(DUE_AT_ONCE + 1):
        store.add_alert(make_alert(f"a{number}"), [Address("mail", "anna")])
    store.add_alert(make_alert("both"), [Address("mail", "anna"), Address("push", "phone")])
    (row,) = store.due(clock.instant(), channel="push")
    assert (row.alert.id, row.recipient) == ("both", "phone")
    assert {row.channel for row in store.due(clock.instant(), channel="mail")} == {"mail"}


def test_newest_due_leaves_out_what_is_settled_or_put_off(store: SqliteStore, clock: FakeClock) -> None:
    for name in ("a1", "a2", "a3"):
        store.add_alert(make_alert(name), TO[:1])
    _, second, third = store.due(clock.instant())
    tried(store, clock, third, ACCEPTED)
    tried(store, clock, second, LATER, wait_s=60)
    assert ids(store.newest_due("mail", clock.instant())) == [("a1", "anna")]
    clock.advance(60)
    assert ids(store.newest_due("mail", clock.instant())) == [("a2", "anna")]
    assert store.newest_due("push", clock.instant()) == ()


def test_hastened_rows_are_due_at_once_and_settled_ones_stay_settled(store: SqliteStore, clock: FakeClock) -> None:
    for name in ("a1", "a2", "a3"):
        store.add_alert(make_alert(name), TO[:1])
    first, second, third = store.due(clock.instant())
    tried(store, clock, first, LATER, wait_s=1800)
    tried(store, clock, second, LATER, wait_s=1800)
    tried(store, clock, third, ACCEPTED)
    store.hasten({first.id, third.id, 999})
    assert ids(store.due(clock.instant())) == [("a1", "anna")]


def test_an_outcome_that_outlives_its_row_is_not_written_to_a_newer_one(store: SqliteStore, clock: FakeClock) -> None:
    store.add_alert(make_alert("a1"), TO[:1])
    (deleted,) = store.due(clock.instant())
    with store._database.write() as connection:
        connection.execute("DELETE FROM alerts")
    store.add_alert(make_alert("a2"), TO[:1])
    tried(store, clock, deleted, ACCEPTED)
    assert [one.outcome for one in store.deliveries(10)] == [Outcome.WAITING]


def test_one_row_that_cannot_be_read_does_not_hold_up_the_others(
    store: SqliteStore, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    store.add_alert(make_alert("a1"), TO[:1])
    store.add_alert(make_alert("a2"), TO[:1])
    with store._database.write() as connection:
        connection.execute("UPDATE alerts SET kind = 'telegram' WHERE id = 'a1'")
    assert [one.alert.id for one in store.due(clock.instant())] == ["a2"]
    assert "telegram" in caplog.text


def test_what_whoever_armed_knows_of_is_kept_beside_what_was_mailed_and_is_not_taken_for_it(store: SqliteStore) -> None:
    store.add_fault_alert("heat", make_alert("a1", AlertKind.FAULT), TO)
    store.keep_known_faults({"heat", "zones", "disk"})
    store.keep_known_faults({"heat", "zones"})
    assert (store.told_faults(), store.known_faults()) == ({"heat": "a1"}, frozenset({"zones"}))
    store.add_fault_alert("zones", make_alert("a2", AlertKind.FAULT), TO)
    assert (store.told_faults(), store.known_faults()) == ({"heat": "a1", "zones": "a2"}, frozenset())
