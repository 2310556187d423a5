"""The walks notice when the table of the alarm is wrong."""

from __future__ import annotations

from collections.abc import Sequence
from types import MappingProxyType

import pytest

from pisecurity.core.alarm import states
from pisecurity.core.alarm.states import Effect, Input
from pisecurity.core.types import AlarmState
from tests.rigs.walks import ARMED, PENDING, TRIGGERED, CoreWalk, walk

ARMING = AlarmState.ARMING
WALKS = 60


@pytest.mark.parametrize(
    ("wrong", "given", "effect"),
    [
        ([PENDING], [Input.ELAPSED], Effect.RETURN),
        (sorted(ARMED), [Input.MOTION], Effect.STAY),
        (sorted(ARMED), [Input.ENTRY], Effect.STAY),
        ([PENDING], [Input.REBOOT], Effect.RETURN),
        ([TRIGGERED], [Input.REBOOT], Effect.RETURN),
        ([TRIGGERED], [Input.MOTION, Input.ENTRY], Effect.STAY),
        ([ARMING], [Input.REBOOT], Effect.ARM),
        ([PENDING], [Input.ARM], Effect.BEGIN),
        ([TRIGGERED], [Input.ARM], Effect.BEGIN),
        ([ARMING], [Input.ARM], Effect.BEGIN),
    ],
    ids=[
        "an entry delay ends without an alarm", "movement is nothing", "entry is nothing",
        "a power cut ends an entry delay without an alarm", "a power cut ends an alarm",
        "movement does not let an alarm last", "a power cut ends an exit delay", "arming ends an entry delay",
        "arming ends an alarm", "another mode begins its exit delay anew",
    ],
)  # fmt: skip
def test_a_walk_finds_a_table_that_is_wrong(
    monkeypatch: pytest.MonkeyPatch, wrong: Sequence[AlarmState], given: Sequence[Input], effect: Effect
) -> None:
    table = {state: dict(row) for state, row in states.TABLE.items()}
    for state in wrong:
        table[state].update(dict.fromkeys(given, effect))
    monkeypatch.setattr(states, "TABLE", MappingProxyType(table))
    with pytest.raises(AssertionError, match="a person expects"):
        take_walks()


def take_walks() -> None:
    for seed in range(WALKS):
        walk(CoreWalk, seed, 200)
