"""How the diagram and the table name states, inputs and what they do."""

from __future__ import annotations

from collections.abc import Mapping

from pisecurity.core.alarm.states import TABLE, Effect, Input
from pisecurity.core.types import AlarmState
from tests.diagram.changes import groups

STATES: Mapping[AlarmState, str] = {
    AlarmState.DISARMED: "disarmed",
    AlarmState.ARMING: "arming",
    AlarmState.ARMED_HOME: "armed (home)",
    AlarmState.ARMED_AWAY: "armed (away)",
    AlarmState.ARMED_NIGHT: "armed (night)",
    AlarmState.PENDING: "pending",
    AlarmState.TRIGGERED: "triggered",
}
INPUTS: Mapping[Input, str] = {
    Input.DISARM: "disarm",
    Input.ARM: "arm another mode",
    Input.REPEAT: "the mode it has",
    Input.ENTRY: "entry zone",
    Input.MOTION: "movement",
    Input.ELAPSED: "time is up",
    Input.REBOOT: "power cut",
}
EFFECTS: Mapping[Effect, str] = {
    Effect.STAY: "-",
    Effect.DISARM: "disarmed",
    Effect.BEGIN: "exit delay, then armed",
    Effect.CHANGE: "its exit delay, from the first on",
    Effect.RETARGET: "goes on, then that mode",
    Effect.ARM: "armed",
    Effect.DELAY: "exit delay anew",
    Effect.OPEN: "pending: entry delay",
    Effect.TRIGGER: "triggered: alarm",
    Effect.EXTEND: "alarm lasts anew",
    Effect.RETURN: "armed as before",
}


def name(states: tuple[AlarmState, ...]) -> str:
    """Return what *states* are called, in which every input does the same."""
    return STATES[states[0]] if len(states) == 1 else "armed (home, away, night)"


def table() -> str:
    """Return the table of the alarm as Markdown: a row a state, a column an input."""
    heading = ["", *(INPUTS[given] for given in Input)]
    rows = [
        [f"**{name(states)}**", *(EFFECTS[TABLE[states[0]][given]] for given in Input)] for states in groups()
    ]  # fmt: skip
    lines = [heading, ["---"] * len(heading), *rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)
