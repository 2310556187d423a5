"""Events, alerts and what pages read of them."""

from __future__ import annotations

import re
import string
import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pisecurity.adapters.store import SqliteStore
from pisecurity.adapters.store.events import HELD, HELD_ZONES, ONE, PAGE, TOLD_AT, TOLD_ZONES
from pisecurity.adapters.store.outbox import BACKLOG, DUE, HASTEN, NEWEST, NEWEST_DUE, OF_EVENTS, WAITING
from pisecurity.core.types import (
    ARMED_MODES,
    AlarmState,
    Alert,
    AlertKind,
    Box,
    Decision,
    Event,
    EventRecord,
    Held,
    Instant,
    Outcome,
    Phase,
    Receipt,
)
from pisecurity.errors import StoreError
from tests.adapters.values import TO, make_alert, make_event
from tests.fakes import START, FakeClock

ALARM = Decision(AlertKind.ALARM, "armed away")
SILENT = Decision(None, "an alert left 20 s ago, the pause is 300 s")
ARMED = AlarmState.ARMED_AWAY


def add_silent(store: SqliteStore, *event_ids: str) -> None:
    for event_id in event_ids:
        store.add_event(make_event(event_id), ARMED, SILENT, None, ())


def listed(store: SqliteStore, limit: int = 100, before: str | None = None) -> list[str]:
    return [record.id for record in store.events(limit, before)]


def test_an_event_is_read_back_with_decision_and_deliveries(store: SqliteStore) -> None:
    alert = make_alert("a1", event_id="e1")
    store.add_event(make_event("e1"), ARMED, ALARM, alert, TO)
    record = store.event("e1")
    assert record is not None
    assert replace(record, deliveries=()) == EventRecord(
        id="e1",
        camera="front",
        opened_at=START,
        ended_at=None,
        box=Box(0.1, 0.2, 0.3, 0.4),
        zones=frozenset({"garden", "path"}),
        score=0.8,
        reason="travelled 12 %, needs 5 %",
        state=ARMED,
        kind=AlertKind.ALARM,
        why="armed away",
    )
    assert [(one.recipient, one.outcome, one.alert) for one in record.deliveries] == [
        ("anna@example.org", Outcome.WAITING, alert),
        ("ben@example.org", Outcome.WAITING, alert),
    ]


def test_the_reason_for_silence_is_kept(store: SqliteStore) -> None:
    add_silent(store, "e1")
    record = store.event("e1")
    assert record is not None
    assert (record.kind, record.why, record.deliveries) == (None, SILENT.reason, ())


def test_an_unknown_event_is_none(store: SqliteStore) -> None:
    assert store.event("e1") is None


def test_events_come_newest_first_and_page_by_page(store: SqliteStore) -> None:
    add_silent(store, "e1", "e2", "e3", "e4", "e5")
    assert listed(store, 2) == ["e5", "e4"]
    assert listed(store, 2, before="e4") == ["e3", "e2"]
    assert listed(store, 2, before="e2") == ["e1"]
    assert listed(store, 2, before="e1") == []


def test_a_page_after_an_unknown_event_is_empty_so_that_paging_ends(store: SqliteStore) -> None:
    add_silent(store, "e1")
    assert listed(store, before="gone") == []


@pytest.mark.parametrize("limit", [0, -1])
def test_no_limit_means_no_rows(store: SqliteStore, limit: int) -> None:
    store.add_event(make_event("e1"), ARMED, ALARM, make_alert("a1", event_id="e1"), TO)
    assert store.events(limit) == ()
    assert store.deliveries(limit) == ()


def test_r27_events_keep_their_order_when_the_clock_is_set_back(store: SqliteStore) -> None:
    add_silent(store, "e1")
    earlier = replace(make_event("e2"), opened_at=START - timedelta(days=180))
    store.add_event(earlier, ARMED, SILENT, None, ())
    assert listed(store) == ["e2", "e1"]


def test_each_event_of_a_page_has_its_own_deliveries(store: SqliteStore) -> None:
    store.add_event(make_event("e1"), ARMED, ALARM, make_alert("a1", event_id="e1"), TO[:1])
    add_silent(store, "e2")
    store.add_event(make_event("e3"), ARMED, ALARM, make_alert("a3", event_id="e3"), TO)
    store.add_alert(make_alert("clear", AlertKind.ALL_CLEAR, event_id="e1"), TO[1:])
    found = {record.id: [(one.alert.id, one.recipient) for one in record.deliveries] for record in store.events(10)}
    assert found == {
        "e1": [("a1", "anna@example.org"), ("clear", "ben@example.org")],
        "e2": [],
        "e3": [("a3", "anna@example.org"), ("a3", "ben@example.org")],
    }


def count_statements(store: SqliteStore, ask: Callable[[], object]) -> int:
    """Return how many statements *ask* runs; the store is idle otherwise, so it runs on the connection traced."""
    executed: list[str] = []
    with store._database.read() as connection:
        connection.set_trace_callback(executed.append)
    ask()
    with store._database.read() as connection:
        connection.set_trace_callback(None)
    return len(executed)


def test_a_longer_page_takes_no_more_queries(store: SqliteStore) -> None:
    for number in range(30):
        event = make_event(f"e{number}")
        store.add_event(event, ARMED, ALARM, make_alert(f"a{number}", event_id=event.id), TO)
    one = count_statements(store, lambda: store.events(1))
    assert one > 0
    assert count_statements(store, lambda: store.events(30)) == one


def test_an_improved_view_replaces_box_zones_and_score(store: SqliteStore, clock: FakeClock) -> None:
    add_silent(store, "e1")
    better = replace(
        make_event("e1"),
        phase=Phase.IMPROVED,
        box=Box(0.5, 0.5, 0.2, 0.2),
        zones=frozenset({"door"}),
        score=0.95,
        reason="another reason",
    )
    store.improve_event(better, clock.instant())
    record = store.event("e1")
    assert record is not None
    assert (record.box, record.zones, record.score) == (better.box, better.zones, 0.95)
    assert record.reason == make_event("e1").reason


def test_the_end_of_an_event_is_noted(store: SqliteStore) -> None:
    add_silent(store, "e1", "e2")
    store.end_event("e1", START + timedelta(seconds=9))
    assert [record.ended_at for record in store.events(2)] == [None, START + timedelta(seconds=9)]


def test_r23_event_that_a_kill_left_open_ends_when_it_opened_and_others_stay_as_they_are(store: SqliteStore) -> None:
    add_silent(store, "e1", "e2", "e3")
    store.end_event("e2", START + timedelta(seconds=9))
    assert store.end_open_events() == 2
    assert [record.ended_at for record in store.events(3)] == [START, START + timedelta(seconds=9), START]
    assert store.end_open_events() == 0


def test_improving_or_ending_an_event_that_is_not_stored_does_nothing(store: SqliteStore, clock: FakeClock) -> None:
    store.improve_event(make_event("e1"), clock.instant())
    store.end_event("e1", START)
    assert store.events(10) == ()


def test_storing_an_event_again_changes_nothing(store: SqliteStore) -> None:
    alert = make_alert("a1", event_id="e1")
    for _ in range(2):
        store.add_event(make_event("e1"), ARMED, ALARM, alert, TO)
    assert listed(store) == ["e1"]
    assert len(store.deliveries(10)) == len(TO)


def test_an_event_whose_alert_cannot_be_stored_is_not_stored_either(store: SqliteStore) -> None:
    no_text = replace(make_alert("a1", event_id="e1"), text=None)  # type: ignore[arg-type]
    with pytest.raises(StoreError, match=r"pisecurity\.db"):
        store.add_event(make_event("e1"), ARMED, ALARM, no_text, TO)
    assert store.events(10) == ()
    add_silent(store, "e2")
    assert listed(store) == ["e2"]


def test_a_moment_without_zone_is_refused(store: SqliteStore) -> None:
    naive = replace(make_event("e1"), opened_at=START.replace(tzinfo=None))
    with pytest.raises(ValueError, match="zone"):
        store.add_event(naive, ARMED, SILENT, None, ())


def test_a_row_changed_by_hand_does_not_hide_the_others(store: SqliteStore, caplog: pytest.LogCaptureFixture) -> None:
    add_silent(store, "e1", "e2", "e3")
    with store._database.write() as connection:
        connection.execute("UPDATE events SET state = 'asleep' WHERE id = 'e2'")
    assert listed(store) == ["e3", "e1"]
    assert store.event("e2") is None
    assert "asleep" in caplog.text


def test_the_owner_knows_of_a_zone_since_an_alarm_there_was_stored(store: SqliteStore, clock: FakeClock) -> None:
    assert store.told_zones("front") == {}
    path, gate = (replace(make_event(f"e{each}"), zones=frozenset({each})) for each in ("path", "gate"))
    store.add_event(path, ARMED, ALARM, make_alert("a1", event_id=path.id), TO)
    first = clock.instant()
    clock.advance(10)
    store.add_event(make_event("e2", "back"), ARMED, ALARM, make_alert("a2", event_id="e2"), TO)
    assert store.told_zones("front") == {"path": first}
    assert store.told_zones("back") == dict.fromkeys(make_event("e2").zones, clock.instant())
    clock.reboot()
    store.add_event(gate, ARMED, ALARM, make_alert("a3", event_id=gate.id), TO)
    assert store.told_zones("front") == {"path": first, "gate": Instant("boot-2", 10.0)}


def test_an_event_in_no_zone_is_known_under_the_empty_name(store: SqliteStore, clock: FakeClock) -> None:
    event = replace(make_event("e1"), zones=frozenset())
    store.add_event(event, ARMED, ALARM, make_alert("a1", event_id="e1"), TO)
    assert store.told_zones("front") == {"": clock.instant()}


MOVEMENT = {AlertKind.ALARM, AlertKind.SUMMARY}


@pytest.mark.parametrize("kind", [kind for kind in AlertKind if kind not in MOVEMENT])
def test_only_what_tells_of_movement_makes_a_zone_known(store: SqliteStore, kind: AlertKind) -> None:
    store.add_event(make_event("e1"), ARMED, Decision(kind, "why"), make_alert("a1", kind, "e1"), TO)
    assert store.told_zones("front") == {}


def test_an_alarm_that_followed_the_entry_delay_makes_its_zone_known(store: SqliteStore, clock: FakeClock) -> None:
    entry = Decision(AlertKind.ENTRY, "entry delay runs")
    store.add_event(make_event("e1"), ARMED, entry, make_alert("a1", AlertKind.ENTRY, "e1"), TO)
    clock.advance(30)
    store.add_alert(make_alert("a2", event_id="e1"), TO)
    assert set(store.told_zones("front").values()) == {clock.instant()}


def test_the_newest_mails_about_movement_are_those_of_all_cameras_and_no_others(
    store: SqliteStore, clock: FakeClock
) -> None:
    assert store.told_at(5) == ()
    at = []
    for number, kind in enumerate(AlertKind):
        clock.advance(1)
        store.add_alert(make_alert(f"a{number}", kind), TO)
        at += [clock.instant()] if kind in MOVEMENT else []
    clock.reboot()
    store.add_event(make_event("e1", "back"), ARMED, ALARM, make_alert("b", event_id="e1"), TO)
    newest_first = [clock.instant(), *reversed(at)]
    assert list(store.told_at(5)) == newest_first
    assert list(store.told_at(2)) == newest_first[:2]


def held(store: SqliteStore, event_id: str, *zones: str, camera: str = "front", after_s: float = 0) -> None:
    """Store an event that the pause kept silent."""
    event = replace(make_event(event_id, camera), zones=frozenset(zones), opened_at=START + timedelta(seconds=after_s))
    store.add_event(event, ARMED, replace(SILENT, held=True), None, ())


def test_what_the_pause_holds_back_is_counted_for_each_camera_until_a_mail_tells_of_it(
    store: SqliteStore, clock: FakeClock
) -> None:
    add_silent(store, "for another reason")
    assert store.held("front") is None
    held(store, "e1", "path")
    held(store, "e2", "path", "gate", after_s=5)
    held(store, "e3", camera="back", after_s=9)
    assert store.held("front") == Held(2, START, "e2", frozenset({"path", "gate"}))
    assert store.held("back") == Held(1, START + timedelta(seconds=9), "e3", frozenset({""}))
    store.add_alert(make_alert("a1", AlertKind.SUMMARY, "e2"), TO)
    assert store.held("front") is None
    assert store.told_zones("front") == dict.fromkeys(("path", "gate"), clock.instant())
    assert store.held("back") is not None
    store.forget_held()
    assert store.held("back") is None
    records = {record.id: record.summed for record in store.events(10)}
    assert records == {"e1": True, "e2": True, "e3": None, "for another reason": None}
    assert store.told_zones("back") == {}


def test_an_alarm_tells_of_what_was_held_back_before_it(store: SqliteStore) -> None:
    held(store, "e1", "path")
    store.add_event(make_event("e2"), ARMED, ALARM, make_alert("a1", event_id="e2"), TO)
    assert store.held("front") is None


NAMES = st.text(string.ascii_lowercase + "-", min_size=1, max_size=20)
TEXTS = st.text(max_size=50)
SHARES = st.floats(0, 1)
SHOWN_KINDS = st.sampled_from([kind for kind in AlertKind if kind is not AlertKind.DURESS])
"""A silent alarm is in no list."""
MOMENTS = st.datetimes(timezones=st.just(UTC))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=50)
@given(
    event=st.builds(
        Event,
        camera=NAMES,
        number=st.integers(1, 10**6),
        phase=st.just(Phase.OPENED),
        opened_s=st.floats(0, 1e9),
        opened_at=MOMENTS,
        last_s=st.floats(0, 1e9),
        box=st.builds(Box, SHARES, SHARES, SHARES, SHARES),
        boxes=st.just(()),
        zones=st.frozensets(TEXTS, max_size=4),
        entry=st.frozensets(st.sampled_from(sorted(ARMED_MODES))),
        score=SHARES,
        reason=TEXTS,
    ),
    state=st.sampled_from(AlarmState),
    decision=st.builds(Decision, st.none() | SHOWN_KINDS, TEXTS),
    alert=st.builds(
        Alert,
        id=st.just(""),
        kind=SHOWN_KINDS,
        at=MOMENTS,
        subject=TEXTS,
        text=TEXTS,
        thread=st.none() | NAMES,
    ),
    ended_at=MOMENTS,
)
def test_every_value_of_an_event_survives(
    store: SqliteStore, event: Event, state: AlarmState, decision: Decision, alert: Alert, ended_at: datetime
) -> None:
    event = replace(event, id=uuid.uuid4().hex)
    alert = replace(alert, id=uuid.uuid4().hex, event_id=event.id)
    store.add_event(event, state, decision, alert, TO[:1])
    store.end_event(event.id, ended_at)
    record = store.event(event.id)
    assert record is not None
    assert record.deliveries[0].alert == alert
    assert replace(record, deliveries=()) == EventRecord(
        event.id,
        event.camera,
        event.opened_at,
        ended_at,
        event.box,
        event.zones,
        event.score,
        event.reason,
        state,
        decision.kind,
        decision.reason,
    )


@pytest.mark.parametrize("words", ["bad bytes \udcff", "nul \0 inside", "🦊 fox"])
def test_any_words_of_a_server_can_be_stored(store: SqliteStore, clock: FakeClock, words: str) -> None:
    store.add_alert(make_alert("a1"), TO[:1])
    store.record(store.deliveries(1)[0], Receipt(Outcome.LATER, words), clock.instant(), clock.now(), clock.instant())
    assert store.deliveries(1)[0].detail == words.replace("\udcff", "?")


QUERIES = (
    ONE,
    PAGE,
    TOLD_ZONES,
    TOLD_AT,
    HELD,
    HELD_ZONES,
    OF_EVENTS,
    DUE,
    NEWEST_DUE,
    BACKLOG,
    HASTEN,
    WAITING,
    NEWEST,
)


@pytest.mark.parametrize("query", QUERIES)
def test_r36_no_query_reads_a_whole_table(store: SqliteStore, query: str) -> None:
    """The planner must reach each table by a key or an index; NEWEST walks the outbox from its end and stops."""
    names = dict.fromkeys(re.findall(r":(\w+)", query), 1)
    with store._database.read() as connection:
        steps = connection.execute(f"EXPLAIN QUERY PLAN {query}", names).fetchall()
        tables = [row["name"] for row in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
    plan = [step["detail"] for step in steps]
    scans = [step for step in plan if any(step.startswith(f"SCAN {table}") for table in tables)]
    assert set(scans) <= {"SCAN outbox USING INDEX outbox_open", *(["SCAN outbox"] if query == NEWEST else [])}, plan
    assert any("INDEX" in step or "PRIMARY KEY" in step for step in plan)
    if query not in (OF_EVENTS, HELD_ZONES, DUE):  # they sort few rows: of a page, of a camera, of one answer
        assert not any("TEMP B-TREE" in step for step in plan)
