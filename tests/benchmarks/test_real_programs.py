"""The programs themselves, which ``make test`` installs."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from benchmarks.ruler.dvr_scan import DvrScan
from benchmarks.ruler.motion_program import MotionProgram
from benchmarks.ruler.programs import Program, Reel
from benchmarks.ruler.replay_program import Replay
from pisecurity.adapters.recordings.clips import ClipWriter

SIZE, FPS = (320, 240), 10.0
SECONDS, WALK_S = 6.5, (3.5, 6.0)

PROGRAMS = (Replay(), MotionProgram(), DvrScan())


@pytest.fixture(scope="module")
def reel(tmp_path_factory: pytest.TempPathFactory) -> Reel:
    """Return a film of a textured wall; a bright figure walks past it."""
    width, height = SIZE
    wall = np.random.default_rng(5).integers(60, 120, (height // 8, width // 8), np.uint8)
    ground = cv2.resize(wall, SIZE, interpolation=cv2.INTER_CUBIC)
    path = tmp_path_factory.mktemp("film") / "walk.mp4"
    with ClipWriter(path, width, height, FPS, quality=18) as film:
        for number in range(round(SECONDS * FPS)):
            shown = cv2.cvtColor(ground, cv2.COLOR_GRAY2BGR)
            if WALK_S[0] <= number / FPS < WALK_S[1]:
                left = round(20 + 80 * (number / FPS - WALK_S[0]))
                cv2.rectangle(shown, (left, 70), (left + 40, 180), (230, 235, 240), cv2.FILLED)
            film.write(np.asarray(shown, np.uint8))
    return Reel(path, SIZE, SECONDS)


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.name)
def test_it_sees_who_walks_by_and_nothing_before(program: Program, reel: Reel, tmp_path: Path) -> None:
    before = sorted(path.name for path in reel.file.parent.iterdir())
    watched = program.watch(reel, tmp_path)
    assert watched.alarms
    assert WALK_S[0] - 0.3 <= watched.alarms[0][0] <= WALK_S[1]
    assert watched.alarms[-1][1] <= WALK_S[1] + 1.0
    assert 0.05 < watched.usage.cpu_s < 30
    assert 20 < watched.usage.peak_mb < 500
    assert sorted(path.name for path in reel.file.parent.iterdir()) == before
