"""The alarm as a table: what each input does in each state, computed from stored instants.

There are no timers. A countdown is the stored instant at which it ends, compared with the present one, so it
cannot run out late, twice, or be lost with the process. Callers first let the past happen (``settle``), then
put in what is new (``order``, ``notice``), each time storing the value they get back.

After a restart of the daemon in the same boot a countdown goes on to its stored end. After a reboot its end can
no longer be compared, and then the rule is: arming starts its exit delay anew; pending is over and triggers;
triggered lasts its trigger time anew, so that somebody who cut the power finds the alarm still raised; what was
armed is armed at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from pisecurity.core.types import Alarm, AlarmState, Instant, Mode
from pisecurity.settings import AlarmSettings, ModeSettings

FIRST_START = "start"
"""How the alarm came into the mode of a machine that never had one."""


class Input(StrEnum):
    """Everything that can happen to the alarm. Faults, settings and the wall clock are not among it."""

    DISARM = "disarm"
    """Order to disarm, while armed in any way."""
    ARM = "arm"
    """Order of another armed mode than the present one."""
    REPEAT = "repeat"
    """Order of the mode it already has: a second tap."""
    ENTRY = "entry"
    """Movement in an entry zone, and the mode has an entry delay."""
    MOTION = "motion"
    """Any other movement that counts."""
    ELAPSED = "elapsed"
    """The countdown has come to its end."""
    REBOOT = "reboot"
    """A countdown runs whose end belongs to an earlier boot."""


class Effect(StrEnum):
    """What an input does."""

    STAY = "stay"
    """Nothing changes and nothing is stored."""
    DISARM = "disarm"
    BEGIN = "begin"
    """Take the ordered mode, after its exit delay if it has one."""
    CHANGE = "change"
    """Take the ordered mode, with its exit delay counted from when arming began."""
    RETARGET = "retarget"
    """Take the ordered mode as the one to return to; what runs goes on."""
    ARM = "arm"
    """Arming becomes armed."""
    DELAY = "delay"
    """Start the exit delay of the present mode anew."""
    OPEN = "open"
    """Start the entry delay."""
    TRIGGER = "trigger"
    EXTEND = "extend"
    """The alarm lasts its trigger time from now on."""
    RETURN = "return"
    """The alarm is over; the mode is as it was."""


_ARMED: Mapping[Input, Effect] = MappingProxyType(
    {
        Input.DISARM: Effect.DISARM,
        Input.ARM: Effect.BEGIN,
        Input.REPEAT: Effect.STAY,
        Input.ENTRY: Effect.OPEN,
        Input.MOTION: Effect.TRIGGER,
        Input.ELAPSED: Effect.STAY,
        Input.REBOOT: Effect.STAY,
    }
)

TABLE: Mapping[AlarmState, Mapping[Input, Effect]] = MappingProxyType(
    {
        AlarmState.DISARMED: MappingProxyType(
            {
                Input.DISARM: Effect.STAY,
                Input.ARM: Effect.BEGIN,
                Input.REPEAT: Effect.STAY,
                Input.ENTRY: Effect.STAY,
                Input.MOTION: Effect.STAY,
                Input.ELAPSED: Effect.STAY,
                Input.REBOOT: Effect.STAY,
            }
        ),
        AlarmState.ARMING: MappingProxyType(
            {
                Input.DISARM: Effect.DISARM,
                # Or whoever orders one mode after the other keeps the house blind for ever.
                Input.ARM: Effect.CHANGE,
                Input.REPEAT: Effect.STAY,
                Input.ENTRY: Effect.STAY,
                Input.MOTION: Effect.STAY,
                Input.ELAPSED: Effect.ARM,
                Input.REBOOT: Effect.DELAY,
            }
        ),
        AlarmState.ARMED_HOME: _ARMED,
        AlarmState.ARMED_AWAY: _ARMED,
        AlarmState.ARMED_NIGHT: _ARMED,
        AlarmState.PENDING: MappingProxyType(
            {
                Input.DISARM: Effect.DISARM,
                # Arming asks for protection, and somebody who may only arm must not be able to end an entry delay.
                Input.ARM: Effect.RETARGET,
                Input.REPEAT: Effect.STAY,
                Input.ENTRY: Effect.STAY,
                # Who comes home walks on through the house to disarm.
                Input.MOTION: Effect.STAY,
                Input.ELAPSED: Effect.TRIGGER,
                Input.REBOOT: Effect.TRIGGER,
            }
        ),
        AlarmState.TRIGGERED: MappingProxyType(
            {
                Input.DISARM: Effect.DISARM,
                Input.ARM: Effect.RETARGET,
                Input.REPEAT: Effect.STAY,
                Input.ENTRY: Effect.EXTEND,
                Input.MOTION: Effect.EXTEND,
                Input.ELAPSED: Effect.RETURN,
                Input.REBOOT: Effect.EXTEND,
            }
        ),
    }
)
"""What each input does in each state: complete, so that nothing is left to chance."""


@dataclass(frozen=True, slots=True)
class Step:
    """A change that nobody ordered and no event made: time did, or movement that goes on."""

    alarm: Alarm
    at: Instant
    """When it happened, which may be before it was noticed."""
    given: Input


def first(now: Instant, now_at: datetime) -> Alarm:
    """Return the alarm of a machine that never had one: disarmed."""
    return Alarm(Mode.DISARMED, by="pisecurity", how=FIRST_START, since=now, since_at=now_at)


def state_of(alarm: Alarm) -> AlarmState:
    """Return the state *alarm* was stored in; let the past happen first (``present``)."""
    if alarm.mode is Mode.DISARMED:
        return AlarmState.DISARMED
    if alarm.triggered_since is not None:
        return AlarmState.TRIGGERED
    if alarm.pending_since is not None:
        return AlarmState.PENDING
    return AlarmState.ARMING if alarm.until is not None else AlarmState(alarm.mode.value)


def delays(settings: AlarmSettings, mode: Mode) -> ModeSettings:
    """Return the exit and entry delay of the armed *mode*. Raises KeyError for DISARMED, which has none."""
    return {Mode.HOME: settings.home, Mode.AWAY: settings.away, Mode.NIGHT: settings.night}[mode]


def settle(
    alarm: Alarm,
    now: Instant,
    settings: AlarmSettings,
    taken_up: Instant | None = None,
    moved: Instant | None = None,
) -> Iterator[Step]:
    """Yield what has changed by itself since *alarm* was stored, in order; nothing when no countdown has ended.

    Settling late or in several goes gives the same values: each step happens at the instant the countdown ended.

    Args:
        taken_up: when *alarm* was loaded, in the present boot. A countdown of an earlier boot is answered as of
            then, so that it also goes on while nothing can be stored; None answers it as of *now*.
        moved: when something that counts was last in view while the alarm was raised, in the present boot. From then
            on the alarm lasts its time, which is looked at when it would end.
    """
    while (due := _due(alarm, now, taken_up or now, settings, moved)) is not None:
        happened, at = due
        alarm = _change(alarm, happened, at, settings)
        yield Step(alarm, at, happened)


def present(
    alarm: Alarm,
    now: Instant,
    settings: AlarmSettings,
    taken_up: Instant | None = None,
    moved: Instant | None = None,
) -> Alarm:
    """Return *alarm* as it is at *now*, whether or not that is stored yet; the rest as for ``settle``."""
    for step in settle(alarm, now, settings, taken_up, moved):
        alarm = step.alarm
    return alarm


def order(
    alarm: Alarm,
    mode: Mode,
    *,
    by: str,
    how: str,
    now: Instant,
    now_at: datetime,
    settings: AlarmSettings,
    duress: bool = False,
) -> Alarm:
    """Return the settled *alarm* after somebody ordered *mode*; the same object when that changes nothing.

    Args:
        duress: *by* is being made to disarm. Where it is disarmed already, only that is noted, each time anew: all
            else that is shown and counted stays as after any other order that changes nothing.
    """
    if duress and mode is Mode.DISARMED is alarm.mode:
        return replace(alarm, duress=by)
    if mode is alarm.mode:
        given = Input.REPEAT
    elif mode is Mode.DISARMED:
        given = Input.DISARM
    else:
        given = Input.ARM
    effect = TABLE[state_of(alarm)][given]
    if effect is Effect.STAY:
        return alarm
    ordered = replace(alarm, mode=mode, by=by, how=how, since=now, since_at=now_at, sequence=alarm.sequence + 1)
    ordered = replace(ordered, duress=by if duress and mode is Mode.DISARMED else "")
    if effect is Effect.RETARGET:
        return ordered
    exit_delay_s = 0.0 if effect is Effect.DISARM else delays(settings, mode).exit_delay_s
    if effect is Effect.CHANGE:
        exit_delay_s -= _arming_for_s(alarm, now, settings)
    until = now.later(exit_delay_s) if exit_delay_s > 0 else None
    return replace(ordered, pending_since=None, triggered_since=None, until=until, event_id=None)


def _arming_for_s(alarm: Alarm, now: Instant, settings: AlarmSettings) -> float:
    """Return for how many seconds the settled *alarm* has been arming, whatever modes were ordered since."""
    left_s = None if alarm.until is None else alarm.until.seconds_since(now)
    return 0.0 if left_s is None else max(0.0, delays(settings, alarm.mode).exit_delay_s - left_s)


def notice(
    alarm: Alarm,
    *,
    entry: bool,
    event_id: str,
    now: Instant,
    settings: AlarmSettings,
    opened: Instant | None = None,
) -> Alarm:
    """Return the settled *alarm* after something moved; the same object when that changes nothing.

    Args:
        entry: whether it moved in an entry zone; without an entry delay that is movement like any other.
        opened: when it moved, from which the entry delay counts; None is *now*. A raised alarm lasts its time
            from *now* on.
    """
    delayed = entry and alarm.mode is not Mode.DISARMED and delays(settings, alarm.mode).entry_delay_s > 0
    given = Input.ENTRY if delayed else Input.MOTION
    at = opened if opened is not None and TABLE[state_of(alarm)][given] is Effect.OPEN else now
    changed = _change(alarm, given, at, settings)
    if changed is not alarm and changed.event_id is None:
        changed = replace(changed, event_id=event_id)
    return changed


def _due(
    alarm: Alarm, now: Instant, taken_up: Instant, settings: AlarmSettings, moved: Instant | None
) -> tuple[Input, Instant] | None:
    """Return what happens to *alarm* next by itself and when, or None when nothing is due."""
    if state_of(alarm) not in (AlarmState.ARMING, AlarmState.PENDING, AlarmState.TRIGGERED):
        return None
    past_s = None if alarm.until is None else now.seconds_since(alarm.until)
    if alarm.until is None or past_s is None:
        return Input.REBOOT, taken_up
    if past_s < 0:
        return None
    raised = alarm.triggered_since
    if moved is not None and raised is not None and _outlasts(moved, raised, alarm.until, settings):
        return Input.MOTION, moved
    return Input.ELAPSED, alarm.until


def _outlasts(moved: Instant, raised: Instant, until: Instant, settings: AlarmSettings) -> bool:
    """Return whether an alarm that was *raised* lasts beyond *until*, because something *moved* since."""
    since_s, more_s = moved.seconds_since(raised), moved.later(settings.trigger_time_s).seconds_since(until)
    return (since_s is None or since_s >= 0) and more_s is not None and more_s > 0


def _change(alarm: Alarm, happened: Input, at: Instant, settings: AlarmSettings) -> Alarm:
    """Return *alarm* after what *happened* without anybody's order."""
    effect = TABLE[state_of(alarm)][happened]
    if effect is Effect.STAY:
        return alarm
    changed = replace(alarm, sequence=alarm.sequence + 1)
    if effect in (Effect.ARM, Effect.RETURN):
        return replace(changed, pending_since=None, triggered_since=None, until=None, event_id=None)
    if effect is Effect.OPEN:
        changed = replace(changed, pending_since=at)
    elif effect is Effect.TRIGGER:
        changed = replace(changed, triggered_since=at)
    return replace(changed, until=at.later(_countdown_s(effect, alarm.mode, settings)))


def _countdown_s(effect: Effect, mode: Mode, settings: AlarmSettings) -> float:
    """Return how long what *effect* starts lasts."""
    if effect is Effect.DELAY:
        return delays(settings, mode).exit_delay_s
    if effect is Effect.OPEN:
        return delays(settings, mode).entry_delay_s
    return settings.trigger_time_s
