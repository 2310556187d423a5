"""Whether an event becomes an alert, and why not: both are kept."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import time
from math import floor

from pisecurity.core.alarm.states import delays
from pisecurity.core.types import MODES, AlarmState, AlertKind, Decision, Event, Mode
from pisecurity.settings import AlarmSettings

STORM_S = 3600.0
"""Where as many alarm mails as the owner wants in an hour were stored in so many seconds there is a storm."""
NO_ZONE = ""
"""Stands for the zone of an event that is in none."""
_SILENT = {
    AlarmState.DISARMED: "disarmed",
    AlarmState.ARMING: "arming: the exit delay still runs",
    AlarmState.PENDING: "pending: the entry delay runs and its picture has been sent",
}


def names(modes: frozenset[Mode]) -> str:
    """Return *modes* as the settings name them: ``home, night``."""
    return ", ".join(name for name, one in MODES.items() if one in modes)


def counts(event: Event, mode: Mode) -> bool:
    """Return whether *event* is where zones let it count in *mode*."""
    return mode in event.modes


def is_quiet(at: time, begins: time, ends: time) -> bool:
    """Return whether *at* is in the quiet hours that go from *begins* up to *ends*, past midnight if need be."""
    return begins <= at < ends if begins <= ends else at >= begins or at < ends


def state_to_decide(event: Event, opened_in: AlarmState, mode: Mode, noticed: AlarmState, *, own: bool) -> AlarmState:
    """Return the state in which *event* is decided on, once the alarm has taken notice of it.

    Mostly that of its opening. But an event just before it may not have been answered by then: who came home by the
    door and is in the hall a second later must not be mailed as an alarm, and of a raised alarm no mail may say that it
    is only to come.

    Args:
        opened_in: what the alarm did when it opened.
        mode: what had been ordered then.
        noticed: what the alarm does now that it has taken notice.
        own: whether that is about *event*, and not about one before it.
    """
    if noticed is AlarmState.PENDING:
        return AlarmState(mode.value) if own else noticed
    late = not own or mode in event.entry
    return noticed if noticed is AlarmState.TRIGGERED and opened_in not in _SILENT and late else opened_in


def decide(
    event: Event,
    state: AlarmState,
    mode: Mode,
    *,
    settings: AlarmSettings,
    camera_label: str,
    since_told_s: Mapping[str, float],
    storm: bool,
) -> Decision:
    """Return which alert *event* becomes, or None and the rule that kept it silent.

    An entry alert is never held back by the pause: it is the evidence of somebody coming in. While triggered,
    movement alerts again once the pause is over, and at once in a zone that has not alerted yet. In a storm it is left
    to a sum, but in a zone that has not alerted for STORM_S.

    Args:
        event: as it opened.
        state: as ``state_to_decide`` has it.
        mode: what had been ordered then, which *state* does not tell while it is triggered.
        camera_label: what people call the camera.
        since_told_s: seconds since the last mail about movement in each zone of this camera, the empty one where
            there was none; only of mails from which the pause should count.
        storm: whether ``alarm.alerts_per_hour`` mails about movement were stored in the last STORM_S.
    """
    if state in _SILENT:
        return Decision(None, _SILENT[state])
    was = state.value.replace("_", " ")
    where = f"{camera_label} ({', '.join(sorted(event.zones))})" if event.zones else camera_label
    if not counts(event, mode):
        because = f": {event.objection}" if event.objection else ""
        return Decision(None, f"{was}: movement at {where}, where it counts only in mode {names(event.modes)}{because}")
    if mode in event.entry and state is not AlarmState.TRIGGERED:
        entry_delay_s = delays(settings, mode).entry_delay_s
        if entry_delay_s > 0:
            return Decision(AlertKind.ENTRY, f"{was}: entry at {where}, entry delay {entry_delay_s:g} s")
    return _decide_on_movement(event, f"{was}: movement at {where}", settings, since_told_s, storm=storm)


def _decide_on_movement(
    event: Event, what: str, settings: AlarmSettings, since_told_s: Mapping[str, float], *, storm: bool
) -> Decision:
    """Return whether *event*, which *what* calls by its name, is an alarm now or left to a sum."""
    zones = event.zones or {NO_ZONE}
    ago_s = [since_told_s[zone] for zone in zones if zone in since_told_s]
    if not ago_s:
        return Decision(AlertKind.ALARM, what)
    if len(ago_s) < len(zones):
        fresh = ", ".join(sorted(zones - since_told_s.keys()))
        return Decision(AlertKind.ALARM, f"{what}, no mail about {fresh} yet")
    if storm and max(ago_s) < STORM_S:
        many = f"{settings.alerts_per_hour} alarm mails within the hour: told in a sum"
        return Decision(None, f"{what}, {many}", held=True)
    # Rounded down, or 299.9 s would read "300 s ago, pause 300 s".
    pause = f"last alarm mail {floor(max(ago_s))} s ago, pause {settings.alert_pause_s:g} s"
    held = max(ago_s) < settings.alert_pause_s
    return Decision(None if held else AlertKind.ALARM, f"{what}, {pause}", held)
