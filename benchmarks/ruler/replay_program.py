"""``pisecurity replay``: ours as a whole program, beside the others."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from benchmarks.ruler.programs import ProgramError, Reel, Watched, last_line, run

START_LIMIT_S: Final = 60.0
LIMIT_PER_SECOND_S: Final = 20.0


class Replay:
    """With its default settings: ten frames a second are analysed, all are decoded."""

    name = "ours"

    def install(self) -> None:
        """It is the checkout itself."""

    def watch(self, reel: Reel, folder: Path) -> Watched:
        command = (sys.executable, "-m", "pisecurity", "replay", "--json", reel.file)
        ended = run(command, START_LIMIT_S + LIMIT_PER_SECOND_S * reel.seconds)
        if ended.code:
            raise ProgramError(last_line(ended.errors))
        return Watched(alarms(line for _, line in ended.lines), ended.usage)


def alarms(lines: Iterable[str]) -> tuple[tuple[float, float], ...]:
    """Return the events of its lines, in seconds from the first frame."""
    return tuple((event["from_s"], event["to_s"]) for event in map(json.loads, lines))
