"""The alarm, state by state and input by input, and what holds however inputs follow each other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pisecurity.core.alarm import states
from pisecurity.core.alarm.states import TABLE, Effect, Input
from pisecurity.core.types import Alarm, AlarmState, Instant, Mode
from pisecurity.settings import AlarmSettings, ModeSettings
from tests.rigs.walks import SETTINGS, CoreWalk, walk

NOW = Instant("boot-1", 5000.0)
NOW_AT = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
DISARMED, ARMING, PENDING, TRIGGERED = (
    AlarmState.DISARMED,
    AlarmState.ARMING,
    AlarmState.PENDING,
    AlarmState.TRIGGERED,
)
HOME, AWAY, NIGHT = AlarmState.ARMED_HOME, AlarmState.ARMED_AWAY, AlarmState.ARMED_NIGHT


SHORT = AlarmSettings(home=ModeSettings(exit_delay_s=0.5, entry_delay_s=0.5))


def later(seconds: float) -> Instant:
    return Instant(NOW.boot_id, NOW.since_boot_s + seconds)


def ordered(alarm: Alarm, mode: Mode, now: Instant = NOW, settings: AlarmSettings = SETTINGS) -> Alarm:
    return states.order(alarm, mode, by="Anna", how="page", now=now, now_at=NOW_AT, settings=settings)


def noticed(
    alarm: Alarm, *, entry: bool, now: Instant = NOW, event_id: str = "e1", settings: AlarmSettings = SETTINGS
) -> Alarm:
    return states.notice(alarm, entry=entry, event_id=event_id, now=now, settings=settings)


def armed(mode: Mode = Mode.AWAY) -> Alarm:
    """An alarm in *mode*, its exit delay over at NOW."""
    alarm = ordered(states.first(later(-200), NOW_AT), mode, later(-100))
    return states.present(alarm, NOW, SETTINGS)


EXAMPLES: dict[AlarmState, Alarm] = {
    DISARMED: states.first(later(-200), NOW_AT),
    ARMING: ordered(states.first(later(-200), NOW_AT), Mode.AWAY),
    HOME: armed(Mode.HOME),
    AWAY: armed(Mode.AWAY),
    NIGHT: armed(Mode.NIGHT),
    PENDING: noticed(armed(), entry=True),
    TRIGGERED: noticed(armed(), entry=False),
}
OTHER = {Mode.DISARMED: Mode.NIGHT, Mode.HOME: Mode.NIGHT, Mode.NIGHT: Mode.HOME, Mode.AWAY: Mode.HOME}

INPUTS: dict[str, Callable[[Alarm], Alarm]] = {
    "disarm": lambda alarm: ordered(alarm, Mode.DISARMED),
    "arm another mode": lambda alarm: ordered(alarm, OTHER[alarm.mode]),
    "order again": lambda alarm: ordered(alarm, alarm.mode),
    "entry": lambda alarm: noticed(alarm, entry=True),
    "motion": lambda alarm: noticed(alarm, entry=False),
    "countdown over": lambda alarm: states.present(alarm, alarm.until or later(1e6), SETTINGS),
    "reboot": lambda alarm: states.present(alarm, Instant("boot-2", 3.0), SETTINGS),
}
AFTER: dict[AlarmState, tuple[AlarmState, ...]] = {
    # disarm, arm another mode, order again, entry, motion, countdown over, reboot
    DISARMED: (DISARMED, NIGHT, DISARMED, DISARMED, DISARMED, DISARMED, DISARMED),
    ARMING: (DISARMED, HOME, ARMING, ARMING, ARMING, AWAY, ARMING),
    HOME: (DISARMED, NIGHT, HOME, PENDING, TRIGGERED, HOME, HOME),
    AWAY: (DISARMED, HOME, AWAY, PENDING, TRIGGERED, AWAY, AWAY),
    NIGHT: (DISARMED, HOME, NIGHT, PENDING, TRIGGERED, NIGHT, NIGHT),
    PENDING: (DISARMED, PENDING, PENDING, PENDING, PENDING, TRIGGERED, TRIGGERED),
    TRIGGERED: (DISARMED, TRIGGERED, TRIGGERED, TRIGGERED, TRIGGERED, AWAY, TRIGGERED),
}


@pytest.mark.parametrize("state", AlarmState)
def test_examples_are_in_the_state_they_stand_for(state: AlarmState) -> None:
    assert states.state_of(EXAMPLES[state]) is state


@pytest.mark.parametrize(
    ("state", "name", "after"),
    [(state, name, after) for state, row in AFTER.items() for name, after in zip(INPUTS, row, strict=True)],
)
def test_every_input_in_every_state(state: AlarmState, name: str, after: AlarmState) -> None:
    assert states.state_of(INPUTS[name](EXAMPLES[state])) is after


def test_table_defines_every_input_in_every_state() -> None:
    assert {state: set(row) for state, row in TABLE.items()} == {state: set(Input) for state in AlarmState}


def test_only_an_order_disarms() -> None:
    disarming = {given for row in TABLE.values() for given, effect in row.items() if effect is Effect.DISARM}
    assert disarming == {Input.DISARM}


@pytest.mark.parametrize("state", [DISARMED, HOME, AWAY, NIGHT])
@pytest.mark.parametrize("given_by_time", [Input.ELAPSED, Input.REBOOT])
def test_time_does_nothing_where_nothing_counts_down(state: AlarmState, given_by_time: Input) -> None:
    assert TABLE[state][given_by_time] is Effect.STAY


def test_every_armed_state_can_be_disarmed() -> None:
    assert all(row[Input.DISARM] is Effect.DISARM for state, row in TABLE.items() if state is not DISARMED)


@pytest.mark.parametrize("state", AlarmState)
@pytest.mark.parametrize("name", INPUTS)
def test_unchanged_means_the_same_object_and_changed_means_the_next_sequence(state: AlarmState, name: str) -> None:
    before = EXAMPLES[state]
    after = INPUTS[name](before)
    assert after is before or after.sequence > before.sequence


@pytest.mark.parametrize("state", AlarmState)
def test_ui07_a_repeated_tap_changes_nothing(state: AlarmState) -> None:
    assert INPUTS["order again"](EXAMPLES[state]) is EXAMPLES[state]


def test_ui07_arming_away_while_arming_away_keeps_the_countdown() -> None:
    assert ordered(EXAMPLES[ARMING], Mode.AWAY, later(30)) is EXAMPLES[ARMING]


def test_the_first_alarm_is_disarmed_by_the_program_itself() -> None:
    assert states.first(NOW, NOW_AT) == Alarm(Mode.DISARMED, "pisecurity", "start", NOW, NOW_AT)


@pytest.mark.parametrize("state", AlarmState)
@pytest.mark.parametrize("mode", Mode)
def test_an_order_says_who_how_and_when_and_is_the_next_in_sequence(state: AlarmState, mode: Mode) -> None:
    before = EXAMPLES[state]
    after = states.order(before, mode, by="Ben", how="cli", now=later(5), now_at=NOW_AT, settings=SETTINGS)
    if mode is before.mode:
        assert after is before
    else:
        assert (after.mode, after.by, after.how, after.since, after.since_at, after.sequence) == (
            mode, "Ben", "cli", later(5), NOW_AT, before.sequence + 1,
        )  # fmt: skip


@pytest.mark.parametrize("state", AlarmState)
@pytest.mark.parametrize("name", [name for name in INPUTS if name not in ("disarm", "arm another mode")])
def test_what_nobody_ordered_changes_neither_mode_nor_who_how_and_when(state: AlarmState, name: str) -> None:
    def order_of(alarm: Alarm) -> tuple[object, ...]:
        return alarm.mode, alarm.by, alarm.how, alarm.since, alarm.since_at

    assert order_of(INPUTS[name](EXAMPLES[state])) == order_of(EXAMPLES[state])


def test_the_shortest_delays_are_delays() -> None:
    arming = ordered(EXAMPLES[DISARMED], Mode.HOME, settings=SHORT)
    assert (states.state_of(arming), arming.until) == (ARMING, later(0.5))
    pending = noticed(armed(Mode.HOME), entry=True, settings=SHORT)
    assert (states.state_of(pending), pending.until) == (PENDING, later(0.5))


def test_arming_lasts_exactly_the_exit_delay() -> None:
    alarm = EXAMPLES[ARMING]
    assert states.state_of(states.present(alarm, later(59.999), SETTINGS)) is ARMING
    assert states.state_of(states.present(alarm, later(60), SETTINGS)) is AWAY


def test_a_mode_without_exit_delay_is_armed_at_once() -> None:
    assert states.state_of(ordered(EXAMPLES[DISARMED], Mode.HOME)) is HOME


def test_arming_another_mode_starts_the_exit_delay_of_that_mode() -> None:
    alarm = ordered(EXAMPLES[NIGHT], Mode.AWAY, later(10))
    assert (states.state_of(alarm), alarm.until) == (ARMING, later(70))


def test_another_mode_while_arming_has_its_exit_delay_from_when_arming_began() -> None:
    settings = AlarmSettings(away=ModeSettings(exit_delay_s=60), home=ModeSettings(exit_delay_s=90))
    arming = ordered(EXAMPLES[DISARMED], Mode.AWAY, settings=settings)
    home = ordered(arming, Mode.HOME, later(50), settings)
    assert (states.state_of(home), home.until) == (ARMING, later(90))
    away = ordered(home, Mode.AWAY, later(55), settings)
    assert (states.state_of(away), away.until) == (ARMING, later(60))
    assert states.state_of(ordered(home, Mode.AWAY, later(61), settings)) is AWAY, "its exit delay is over already"


@given(
    waits_s=st.lists(st.floats(0, 179), min_size=1, max_size=20),
    modes=st.lists(st.sampled_from([Mode.HOME, Mode.AWAY, Mode.NIGHT]), min_size=20, max_size=20),
    exits_s=st.lists(st.floats(0, 180), min_size=3, max_size=3),
)
def test_orders_one_after_the_other_leave_the_house_unwatched_no_longer_than_the_longest_exit_delay(
    waits_s: list[float], modes: list[Mode], exits_s: list[float]
) -> None:
    home, away, night = (ModeSettings(exit_delay_s=exit_delay_s) for exit_delay_s in exits_s)
    settings = AlarmSettings(home=home, away=away, night=night)
    alarm, now, spent_s = ordered(EXAMPLES[DISARMED], modes[0], settings=settings), NOW, 0.0
    for wait_s, mode in zip(waits_s, modes[1:], strict=False):
        if states.state_of(alarm) is not ARMING:
            return
        assert alarm.until is not None
        assert (alarm.until.seconds_since(NOW) or 0.0) <= max(exits_s) + 1e-6
        spent_s += wait_s
        now = later(spent_s)
        alarm = states.present(alarm, now, settings)
        if states.state_of(alarm) is ARMING:
            alarm = ordered(alarm, mode, now, settings)


def test_pending_lasts_the_entry_delay_of_its_mode_and_becomes_the_alarm() -> None:
    alarm = noticed(EXAMPLES[AWAY], entry=True)
    assert (alarm.pending_since, alarm.until, alarm.event_id) == (NOW, later(45), "e1")
    (step,) = states.settle(alarm, later(45), SETTINGS)
    assert states.state_of(step.alarm) is TRIGGERED
    assert (step.at, step.alarm.triggered_since, step.alarm.until) == (later(45), later(45), later(45 + 180))
    assert step.alarm.event_id == "e1"


def test_entry_without_entry_delay_is_the_alarm_at_once() -> None:
    settings = AlarmSettings(home=ModeSettings(entry_delay_s=0))
    assert states.state_of(noticed(EXAMPLES[HOME], entry=True, settings=settings)) is TRIGGERED


def test_more_movement_while_pending_neither_shortens_nor_lengthens_the_entry_delay() -> None:
    alarm = EXAMPLES[PENDING]
    assert noticed(alarm, entry=True, now=later(20), event_id="e2") is alarm
    assert noticed(alarm, entry=False, now=later(20), event_id="e2") is alarm


@pytest.mark.parametrize("entry", [True, False])
def test_movement_while_triggered_extends_the_alarm_and_keeps_its_first_event(*, entry: bool) -> None:
    alarm = noticed(EXAMPLES[TRIGGERED], entry=entry, now=later(100), event_id="e2")
    assert (alarm.triggered_since, alarm.until, alarm.event_id) == (NOW, later(280), "e1")


@pytest.mark.parametrize("mode", [Mode.HOME, Mode.AWAY, Mode.NIGHT])
def test_triggered_returns_to_the_mode_it_had_with_nothing_left_of_the_alarm(mode: Mode) -> None:
    before = armed(mode)
    after = states.present(noticed(before, entry=False), later(180), SETTINGS)
    assert after == replace(before, sequence=before.sequence + 2)


@pytest.mark.parametrize("state", [PENDING, TRIGGERED])
def test_arming_another_mode_never_ends_an_alarm_but_changes_where_it_returns_to(state: AlarmState) -> None:
    before = EXAMPLES[state]
    alarm = ordered(before, Mode.NIGHT, later(5))
    assert states.state_of(alarm) is state
    assert (alarm.until, alarm.event_id, alarm.by) == (before.until, before.event_id, "Anna")
    assert states.state_of(states.present(alarm, later(10_000), SETTINGS)) is NIGHT


@pytest.mark.parametrize("state", [state for state in AlarmState if state is not DISARMED])
def test_disarming_leaves_nothing_of_what_ran(state: AlarmState) -> None:
    alarm = INPUTS["disarm"](EXAMPLES[state])
    assert (alarm.mode, alarm.pending_since, alarm.triggered_since, alarm.until, alarm.event_id) == (
        Mode.DISARMED, None, None, None, None,
    )  # fmt: skip
    assert (alarm.by, alarm.how, alarm.since, alarm.since_at) == ("Anna", "page", NOW, NOW_AT)


def test_settling_late_yields_every_change_at_the_instant_it_happened() -> None:
    steps = list(states.settle(EXAMPLES[PENDING], later(10_000), SETTINGS))
    assert [(states.state_of(step.alarm), step.at) for step in steps] == [(TRIGGERED, later(45)), (AWAY, later(225))]


def test_r47_a_countdown_that_passed_while_the_daemon_was_down_has_triggered() -> None:
    assert states.state_of(states.present(EXAMPLES[PENDING], later(50), SETTINGS)) is TRIGGERED


def test_reboot_starts_the_exit_delay_anew() -> None:
    boot = Instant("boot-2", 8.0)
    (step,) = states.settle(EXAMPLES[ARMING], boot, SETTINGS)
    assert (states.state_of(step.alarm), step.alarm.until) == (ARMING, Instant("boot-2", 68.0))


def test_reboot_of_an_exit_delay_that_was_set_to_nothing_arms() -> None:
    boot = Instant("boot-2", 8.0)
    settings = AlarmSettings(away=ModeSettings(exit_delay_s=0))
    assert states.state_of(states.present(EXAMPLES[ARMING], boot, settings)) is AWAY


def test_reboot_ends_pending_and_the_alarm_lasts_its_whole_time() -> None:
    boot = Instant("boot-2", 8.0)
    (step,) = states.settle(EXAMPLES[PENDING], boot, SETTINGS)
    assert (states.state_of(step.alarm), step.at, step.alarm.until) == (TRIGGERED, boot, Instant("boot-2", 188.0))


def test_reboot_lets_a_raised_alarm_last_its_trigger_time_anew() -> None:
    boot = Instant("boot-2", 8.0)
    alarm = states.present(EXAMPLES[TRIGGERED], boot, SETTINGS)
    assert (states.state_of(alarm), alarm.until) == (TRIGGERED, Instant("boot-2", 188.0))
    assert states.state_of(states.present(alarm, Instant("boot-2", 188.0), SETTINGS)) is AWAY


@pytest.mark.parametrize("state", [DISARMED, HOME, AWAY, NIGHT])
def test_reboot_changes_nothing_where_nothing_counts_down(state: AlarmState) -> None:
    assert states.present(EXAMPLES[state], Instant("boot-2", 8.0), SETTINGS) is EXAMPLES[state]


@pytest.mark.parametrize(("state", "after"), [(PENDING, TRIGGERED), (TRIGGERED, TRIGGERED)])
def test_a_countdown_whose_end_got_lost_errs_towards_the_alarm(state: AlarmState, after: AlarmState) -> None:
    lost = replace(EXAMPLES[state], until=None)
    assert states.state_of(states.present(lost, NOW, SETTINGS)) is after


def test_changed_delays_do_not_move_a_countdown_that_runs() -> None:
    changed = AlarmSettings(trigger_time_s=10, away=ModeSettings(exit_delay_s=180, entry_delay_s=0))
    for state in (ARMING, PENDING, TRIGGERED):
        alarm = EXAMPLES[state]
        assert states.present(alarm, later(44), changed) is alarm
    assert states.present(EXAMPLES[AWAY], later(1), changed) is EXAMPLES[AWAY]


def test_the_entry_delay_counts_from_the_moment_somebody_came_in() -> None:
    pending = states.notice(armed(), entry=True, event_id="e1", now=later(20), settings=SETTINGS, opened=later(5))
    assert (pending.pending_since, pending.until) == (later(5), later(50))


def test_a_raised_alarm_lasts_its_time_however_late_it_was_noticed() -> None:
    raised = states.notice(armed(), entry=False, event_id="e1", now=later(500), settings=SETTINGS, opened=NOW)
    assert raised.until == later(680)


@pytest.mark.parametrize(
    ("state", "after_s", "then"),
    [(ARMING, 59, ARMING), (ARMING, 60, AWAY), (PENDING, 179, TRIGGERED), (PENDING, 180, AWAY), (TRIGGERED, 180, AWAY)],
)
def test_a_countdown_of_an_earlier_boot_goes_on_from_when_it_was_taken_up(
    state: AlarmState, after_s: float, then: AlarmState
) -> None:
    taken_up = Instant("boot-2", 10.0)
    alarm = states.present(EXAMPLES[state], taken_up.later(after_s), SETTINGS, taken_up)
    assert states.state_of(alarm) is then


@pytest.mark.parametrize("moved_s", [0.1, 100, 179.9])
def test_a_raised_alarm_lasts_its_time_from_when_something_was_last_in_view(moved_s: float) -> None:
    raised, moved = EXAMPLES[TRIGGERED], later(moved_s)
    assert states.present(raised, later(179.9), SETTINGS, moved=moved) is raised, "nothing is stored before its end"
    (step,) = states.settle(raised, later(180), SETTINGS, moved=moved)
    assert (step.given, step.at, step.alarm) == (
        Input.MOTION, moved, replace(raised, until=moved.later(180), sequence=raised.sequence + 1),
    )  # fmt: skip
    assert states.state_of(states.present(raised, moved.later(180), SETTINGS, moved=moved)) is AWAY


def test_what_was_in_view_before_the_alarm_was_raised_makes_it_no_longer() -> None:
    longer = SETTINGS.model_copy(update={"trigger_time_s": 600})
    assert states.state_of(states.present(EXAMPLES[TRIGGERED], later(180), longer, moved=later(-1))) is AWAY
    assert states.state_of(states.present(EXAMPLES[TRIGGERED], later(180), longer, moved=NOW)) is TRIGGERED


def test_a_shorter_trigger_time_ends_no_alarm_early_because_something_moves() -> None:
    shorter = SETTINGS.model_copy(update={"trigger_time_s": 10})
    raised = EXAMPLES[TRIGGERED]
    assert states.present(raised, later(179), shorter, moved=later(100)) is raised
    assert states.state_of(states.present(raised, later(180), shorter, moved=later(100))) is AWAY
    assert states.state_of(states.present(raised, later(180), shorter, moved=later(175))) is TRIGGERED


@pytest.mark.parametrize("state", [state for state in AlarmState if state is not TRIGGERED])
def test_who_stays_in_view_changes_nothing_unless_the_alarm_is_raised(state: AlarmState) -> None:
    alarm = EXAMPLES[state]
    assert states.present(alarm, later(44), SETTINGS, moved=later(43)) is alarm


def test_after_a_power_cut_who_is_in_view_keeps_the_alarm_raised() -> None:
    boot = Instant("boot-2", 8.0)
    alarm = states.present(EXAMPLES[TRIGGERED], boot.later(200), SETTINGS, boot, boot.later(100))
    assert (states.state_of(alarm), alarm.until) == (TRIGGERED, boot.later(280))


def test_delays_of_disarmed_do_not_exist() -> None:
    with pytest.raises(KeyError):
        states.delays(SETTINGS, Mode.DISARMED)


@given(
    state=st.sampled_from(AlarmState),
    first_s=st.floats(0, 1000),
    more_s=st.floats(0, 1000),
)
def test_settling_in_two_goes_is_settling_in_one(state: AlarmState, first_s: float, more_s: float) -> None:
    alarm = EXAMPLES[state]
    in_between = states.present(alarm, later(first_s), SETTINGS)
    end = later(first_s + more_s)
    assert states.present(in_between, end, SETTINGS) == states.present(alarm, end, SETTINGS)


@pytest.mark.parametrize("block", range(4))
def test_invariants_hold_on_random_walks(block: int) -> None:
    for seed in range(block * 50, block * 50 + 50):
        walk(CoreWalk, seed, 200)
