"""What the table of the alarm lets happen, as changes from state to state."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pisecurity.core.alarm.states import TABLE, Effect, Input
from pisecurity.core.types import AlarmState

ARMED = (AlarmState.ARMED_HOME, AlarmState.ARMED_AWAY, AlarmState.ARMED_NIGHT)
_TO: Mapping[Effect, tuple[AlarmState, ...]] = {
    Effect.DISARM: (AlarmState.DISARMED,),
    Effect.BEGIN: (AlarmState.ARMING, *ARMED),
    Effect.CHANGE: (AlarmState.ARMING, *ARMED),
    Effect.ARM: ARMED,
    Effect.DELAY: (AlarmState.ARMING,),
    Effect.OPEN: (AlarmState.PENDING,),
    Effect.TRIGGER: (AlarmState.TRIGGERED,),
    Effect.EXTEND: (AlarmState.TRIGGERED,),
    Effect.RETURN: ARMED,
}
"""In which states each effect may end; what is not named stays in the state it was in."""


@dataclass(frozen=True, slots=True)
class Change:
    """One input that does something in one state."""

    before: AlarmState
    given: Input
    effect: Effect
    after: AlarmState


def changes() -> Iterator[Change]:
    """Yield every change that the table knows, in its order."""
    for before, row in TABLE.items():
        for given, effect in row.items():
            if effect is not Effect.STAY:
                for after in _TO.get(effect, (before,)):
                    yield Change(before, given, effect, after)


def groups() -> tuple[tuple[AlarmState, ...], ...]:
    """Return the states, those together in which every input does the same."""
    found: dict[tuple[tuple[Input, Effect], ...], list[AlarmState]] = {}
    for state, row in TABLE.items():
        found.setdefault(tuple(row.items()), []).append(state)
    return tuple(tuple(states) for states in found.values())
