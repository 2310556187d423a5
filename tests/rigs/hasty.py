"""The daemon whose outbox waits seconds where it else waits hours: ``python -m tests.rigs.hasty run --state DIR``.

A process of its own, so that its memory and its end are the daemon's own. Where the environment names a file, each
frame of a recording is noted there: its index, and when it was taken, monotonic in seconds.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from pisecurity.__main__ import start
from pisecurity.adapters.cameras import file
from pisecurity.core.types import Frame
from pisecurity.runtime.sending import waits

FRAMES = "PISECURITY_NOTE_FRAMES"


class _NotedCamera(file.FileCamera):
    """Notes each frame."""

    def read(self, timeout_s: float) -> Frame | None:
        frame = super().read(timeout_s)
        if frame is not None:
            with Path(os.environ[FRAMES]).open("a") as notes:
                notes.write(f"{frame.index} {frame.taken_s:.4f}\n")
        return frame


def _run() -> int:
    waits.WAITS_S = (0.5, 1.0, 2.0, 2.0, 2.0)
    waits.ASKED_TO_WAIT_S = 2.0
    if os.environ.get(FRAMES):
        file.FileCamera = _NotedCamera  # type: ignore[misc]
    return start()


if __name__ == "__main__":
    sys.exit(_run())
