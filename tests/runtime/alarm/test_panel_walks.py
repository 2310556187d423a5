"""The alarm through inputs by chance: ``make walks`` takes 10 000 of these walks."""

from __future__ import annotations

import logging

import pytest

from pisecurity.core.types import AlarmState, Mode
from tests.rigs.panel_walks import FOLLOWS, PanelWalk
from tests.rigs.walks import ARMED, walk
from tests.walks import main


@pytest.mark.parametrize("block", range(4))
def test_the_panel_keeps_every_invariant_through_failing_disks_restarts_and_jumps(
    block: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL)
    for seed in range(block * 15, block * 15 + 15):
        walk(PanelWalk, seed, 200)


def test_the_walks_reach_every_state_and_every_change_of_the_table() -> None:
    seen: set[tuple[AlarmState, AlarmState]] = set()
    for seed in range(60):
        taken = PanelWalk(seed)
        for _ in range(200):
            taken.step()
        seen |= {(change.before, change.after) for change in taken._told}
    # That a mode is taken up anew from itself cannot happen: the order of the mode it has changes nothing.
    missing = {(state, state) for state in ARMED}
    assert seen == {(before, after) for before, row in FOLLOWS.items() for after in row} - missing


def test_a_walk_finds_an_alarm_that_a_fault_disarms() -> None:
    taken = PanelWalk(1)
    taken._acts = [lambda: taken._panel.switch(Mode.DISARMED, by="fault", how="bug")]
    taken._mode = Mode.AWAY
    with pytest.raises(AssertionError, match="only an order changes the mode"):
        taken.step()


def test_the_command_says_how_many_walks_held(capsys: pytest.CaptureFixture[str]) -> None:
    try:
        assert main(["--walks", "3", "--steps", "50", "--jobs", "1"]) == 0
    finally:
        logging.disable(logging.NOTSET)
    lines = capsys.readouterr().out.splitlines()
    assert [line.partition(":")[0] for line in lines] == [
        "3 walks of 50 inputs over the values",
        "3 walks of 50 inputs over the panel and its audit log",
        "3 walks of 50 inputs over the panel, the database and its second copy",
    ]
