"""Who runs beside whom."""

from __future__ import annotations

import threading
from contextlib import ExitStack
from pathlib import Path

from tests.rigs.turns import Turns

SOON_S = 0.2


class Comer:
    """A thread that takes a turn, and leaves when it is told to."""

    def __init__(self, folder: Path, *, alone: bool) -> None:
        self.inside, self._leave = threading.Event(), threading.Event()
        self._turns, self._alone = Turns(folder), alone
        self._thread = threading.Thread(target=self._come)
        self._thread.start()

    def _come(self) -> None:
        with self._turns.turn(alone=self._alone):
            self.inside.set()
            self._leave.wait(20)

    def leave(self) -> None:
        self._leave.set()
        self._thread.join(20)


def test_turns_run_beside_each_other(tmp_path: Path) -> None:
    with Turns(tmp_path).turn(alone=False), Turns(tmp_path).turn(alone=False):
        pass


def test_one_that_is_alone_waits_until_the_others_are_gone_and_lets_nobody_in_before_it_nor_beside_it(
    tmp_path: Path,
) -> None:
    with ExitStack() as leaving:
        first = Comer(tmp_path, alone=False)
        leaving.callback(first.leave)
        assert first.inside.wait(20)
        alone = Comer(tmp_path, alone=True)
        leaving.callback(alone.leave)
        assert not alone.inside.wait(SOON_S)
        late = Comer(tmp_path, alone=False)
        leaving.callback(late.leave)
        assert not late.inside.wait(SOON_S), "or who waits to be alone would never be"
        first.leave()
        assert alone.inside.wait(20)
        assert not late.inside.wait(SOON_S)
        alone.leave()
        assert late.inside.wait(20)
