from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pisecurity.core.alarm.rules import NO_ZONE, decide, is_quiet, state_to_decide
from pisecurity.core.types import ARMED_MODES, AlarmState, AlertKind, Box, Decision, Event, Mode, Phase
from pisecurity.settings import AlarmSettings, ModeSettings

SETTINGS = AlarmSettings(alert_pause_s=300)
ARMED = (AlarmState.ARMED_HOME, AlarmState.ARMED_AWAY, AlarmState.ARMED_NIGHT)


EVENT = Event(
    camera="front",
    number=1,
    phase=Phase.OPENED,
    opened_s=1.0,
    opened_at=datetime(2026, 6, 1, 12, 0, tzinfo=UTC),
    last_s=1.0,
    box=Box(0.1, 0.1, 0.2, 0.4),
    boxes=(),
    zones=frozenset(),
    entry=frozenset(),
    score=0.9,
    reason="moved",
    id="e1",
)
PENDING, TRIGGERED = AlarmState.PENDING, AlarmState.TRIGGERED


def decided(
    state: AlarmState,
    *,
    entry: bool | frozenset[Mode] = False,
    since_last_alert_s: float | None = None,
    since_told_s: dict[str, float] | None = None,
    zones: frozenset[str] = frozenset(),
    settings: AlarmSettings = SETTINGS,
    modes: frozenset[Mode] = ARMED_MODES,
    objection: str = "",
    ordered: Mode = Mode.AWAY,
    storm: bool = False,
) -> Decision:
    entered = entry if isinstance(entry, frozenset) else ARMED_MODES if entry else frozenset()
    event = replace(EVENT, zones=zones, entry=entered, modes=modes, objection=objection)
    mode = Mode(state.value) if state in ARMED else ordered
    told = {} if since_last_alert_s is None else dict.fromkeys(zones or {NO_ZONE}, since_last_alert_s)
    return decide(
        event,
        state,
        mode,
        settings=settings,
        camera_label="Front door",
        since_told_s=told | (since_told_s or {}),
        storm=storm,
    )


def state_then(opened_in: AlarmState, noticed: AlarmState, *, own: bool, entry: bool) -> AlarmState:
    event = replace(EVENT, entry=ARMED_MODES if entry else frozenset({Mode.NIGHT}))
    return state_to_decide(event, opened_in, Mode.AWAY, noticed, own=own)


@pytest.mark.parametrize("opened_in", AlarmState)
@pytest.mark.parametrize("entry", [True, False])
def test_what_opens_an_entry_delay_is_decided_on_as_armed_and_what_follows_as_pending(
    opened_in: AlarmState, *, entry: bool
) -> None:
    assert state_then(opened_in, PENDING, own=True, entry=entry) is AlarmState.ARMED_AWAY
    assert state_then(opened_in, PENDING, own=False, entry=entry) is PENDING


@pytest.mark.parametrize(
    ("own", "entry", "then"),
    [
        (True, False, AlarmState.ARMED_AWAY),  # it raised the alarm
        (True, True, TRIGGERED),  # its entry delay has passed already
        (False, False, TRIGGERED),  # one before it raised the alarm
        (False, True, TRIGGERED),
    ],
)
def test_no_mail_says_of_a_raised_alarm_that_it_is_only_to_come(*, own: bool, entry: bool, then: AlarmState) -> None:
    assert state_then(AlarmState.ARMED_AWAY, TRIGGERED, own=own, entry=entry) is then


@pytest.mark.parametrize("opened_in", [AlarmState.DISARMED, AlarmState.ARMING, PENDING, TRIGGERED])
@pytest.mark.parametrize("own", [True, False])
def test_what_opened_before_it_counted_does_not_count_because_the_alarm_is_raised_since(
    opened_in: AlarmState, *, own: bool
) -> None:
    assert state_then(opened_in, TRIGGERED, own=own, entry=True) is opened_in


@pytest.mark.parametrize("noticed", [state for state in AlarmState if state not in (PENDING, TRIGGERED)])
@pytest.mark.parametrize("opened_in", AlarmState)
def test_nothing_else_changes_what_an_event_was(opened_in: AlarmState, noticed: AlarmState) -> None:
    assert state_then(opened_in, noticed, own=False, entry=True) is opened_in


def words(state: AlarmState) -> str:
    return state.value.replace("_", " ")


@pytest.mark.parametrize("entry", [True, False])
@pytest.mark.parametrize(
    ("state", "reason"),
    [
        (AlarmState.DISARMED, "disarmed"),
        (AlarmState.ARMING, "arming: the exit delay still runs"),
        (AlarmState.PENDING, "pending: the entry delay runs and its picture has been sent"),
    ],
)
def test_no_alert_and_the_reason(state: AlarmState, reason: str, *, entry: bool) -> None:
    assert decided(state, entry=entry) == Decision(None, reason)


@pytest.mark.parametrize("state", ARMED)
def test_movement_while_armed_is_an_alarm(state: AlarmState) -> None:
    decision = decided(state, zones=frozenset({"path", "gate"}))
    assert decision == Decision(AlertKind.ALARM, f"{words(state)}: movement at Front door (gate, path)")


def test_entry_while_armed_starts_the_entry_conversation() -> None:
    assert decided(AlarmState.ARMED_NIGHT, entry=True) == Decision(
        AlertKind.ENTRY, "armed night: entry at Front door, entry delay 30 s"
    )


def test_shortest_entry_delay_is_one() -> None:
    settings = AlarmSettings(away=ModeSettings(entry_delay_s=0.5))
    assert decided(AlarmState.ARMED_AWAY, entry=True, settings=settings).kind is AlertKind.ENTRY


def test_entry_without_entry_delay_is_an_alarm() -> None:
    settings = AlarmSettings(away=ModeSettings(entry_delay_s=0))
    assert decided(AlarmState.ARMED_AWAY, entry=True, settings=settings).kind is AlertKind.ALARM


def test_entry_is_never_held_back_by_the_pause() -> None:
    assert decided(AlarmState.ARMED_AWAY, entry=True, since_last_alert_s=1.0).kind is AlertKind.ENTRY


@pytest.mark.parametrize("state", [*ARMED, AlarmState.TRIGGERED])
def test_pause_silences_up_to_its_end_and_says_the_values(state: AlarmState) -> None:
    assert decided(state, since_last_alert_s=299.96) == Decision(
        None, f"{words(state)}: movement at Front door, last alarm mail 299 s ago, pause 300 s", held=True
    )
    assert decided(state, since_last_alert_s=300.0) == Decision(
        AlertKind.ALARM, f"{words(state)}: movement at Front door, last alarm mail 300 s ago, pause 300 s"
    )


@pytest.mark.parametrize("state", [*ARMED, AlarmState.TRIGGERED])
def test_a_zone_of_which_no_mail_has_told_alerts_at_once_in_spite_of_the_pause(state: AlarmState) -> None:
    told = {"path": 10.0}
    assert decided(state, zones=frozenset({"path", "gate"}), since_told_s=told) == Decision(
        AlertKind.ALARM, f"{words(state)}: movement at Front door (gate, path), no mail about gate yet"
    )
    assert decided(state, zones=frozenset({"gate"}), since_told_s=told).kind is AlertKind.ALARM
    assert decided(state, zones=frozenset({"path", "gate", "door"}), since_told_s=told).reason.endswith(
        ", no mail about door, gate yet"
    )
    assert decided(state, zones=frozenset({"path"}), since_told_s=told).held


def test_where_there_is_no_zone_the_pause_is_that_of_the_empty_one() -> None:
    assert decided(AlarmState.ARMED_AWAY, since_told_s={"": 10.0}).held


def test_the_pause_is_over_as_soon_as_it_is_in_one_of_the_zones() -> None:
    both = frozenset({"path", "gate"})
    assert decided(AlarmState.ARMED_AWAY, zones=both, since_told_s={"path": 10.0, "gate": 300.0}).kind is not None
    assert decided(AlarmState.ARMED_AWAY, zones=both, since_told_s={"path": 10.0, "gate": 299.0}).held


def test_only_the_pause_holds_back_what_is_told_later() -> None:
    assert not decided(AlarmState.PENDING, since_last_alert_s=1.0).held
    assert not decided(AlarmState.ARMED_HOME, modes=frozenset({Mode.AWAY}), since_last_alert_s=1.0).held
    assert not decided(AlarmState.ARMED_AWAY, entry=True, since_last_alert_s=1.0).held


def test_no_pause_alerts_every_time() -> None:
    decision = decided(AlarmState.ARMED_AWAY, since_last_alert_s=0.0, settings=AlarmSettings(alert_pause_s=0))
    assert decision.kind is AlertKind.ALARM


def test_in_a_storm_what_moves_where_a_mail_told_of_it_within_the_hour_is_left_to_a_sum() -> None:
    every = AlarmSettings(alert_pause_s=0, alerts_per_hour=5)
    assert decided(AlarmState.TRIGGERED, since_last_alert_s=3599.0, settings=every, storm=True) == Decision(
        None, "triggered: movement at Front door, 5 alarm mails within the hour: told in a sum", held=True
    )
    assert decided(AlarmState.TRIGGERED, since_last_alert_s=3600.0, settings=every, storm=True).kind is not None
    both, gate = frozenset({"path", "gate"}), {"path": 10.0, "gate": 3600.0}
    assert decided(AlarmState.ARMED_AWAY, zones=both, since_told_s=gate, settings=every, storm=True).kind is not None


def test_a_storm_holds_back_neither_a_new_zone_nor_who_comes_in() -> None:
    told = {"path": 10.0}
    new = decided(AlarmState.TRIGGERED, zones=frozenset({"hall"}), since_told_s=told, storm=True)
    assert new.kind is AlertKind.ALARM
    assert decided(AlarmState.ARMED_AWAY, entry=True, since_last_alert_s=1.0, storm=True).kind is AlertKind.ENTRY


def test_a_storm_makes_no_pause_shorter() -> None:
    day = AlarmSettings(alert_pause_s=86400)
    assert decided(AlarmState.ARMED_AWAY, since_last_alert_s=4000.0, settings=day, storm=True).held


@pytest.mark.parametrize("entry", [True, False])
def test_where_zones_do_not_count_in_the_mode_it_is_kept_and_says_in_which_they_do(*, entry: bool) -> None:
    terrace = frozenset({"Terrace"})
    decision = decided(AlarmState.ARMED_HOME, entry=entry, zones=terrace, modes=frozenset({Mode.AWAY, Mode.NIGHT}))
    assert decision == Decision(
        None, "armed home: movement at Front door (Terrace), where it counts only in mode away, night"
    )
    ignored = decided(
        AlarmState.ARMED_HOME, modes=frozenset({Mode.AWAY}), objection="in ignore zone Path (home, night)"
    )
    assert ignored.reason.endswith("where it counts only in mode away: in ignore zone Path (home, night)")
    assert decided(AlarmState.ARMED_NIGHT, modes=frozenset({Mode.AWAY, Mode.NIGHT})).kind is AlertKind.ALARM


def test_while_triggered_zones_count_in_the_mode_that_was_ordered() -> None:
    away = frozenset({Mode.AWAY})
    assert decided(AlarmState.TRIGGERED, modes=away, ordered=Mode.AWAY).kind is AlertKind.ALARM
    assert decided(AlarmState.TRIGGERED, modes=away, ordered=Mode.NIGHT).kind is None


def test_an_entry_zone_of_another_mode_delays_nothing() -> None:
    decision = decided(AlarmState.ARMED_NIGHT, entry=frozenset({Mode.AWAY}))
    assert decision == Decision(AlertKind.ALARM, "armed night: movement at Front door")


@pytest.mark.parametrize("entry", [True, False])
def test_another_camera_alerts_at_once_while_triggered(*, entry: bool) -> None:
    assert decided(AlarmState.TRIGGERED, entry=entry, since_last_alert_s=None).kind is AlertKind.ALARM


@pytest.mark.parametrize(
    ("at", "quiet"),
    [("21:59:59", False), ("22:00:00", True), ("00:00:00", True), ("06:59:59", True), ("07:00:00", False)],
)
def test_quiet_hours_go_past_midnight(at: str, *, quiet: bool) -> None:
    assert is_quiet(time.fromisoformat(at), time(22), time(7)) == quiet


@given(st.times(), st.times(), st.times())
def test_quiet_hours_and_the_others_make_a_day(at: time, begins: time, ends: time) -> None:
    if begins == ends:
        assert not is_quiet(at, begins, ends)
    else:
        assert is_quiet(at, begins, ends) != is_quiet(at, ends, begins)
