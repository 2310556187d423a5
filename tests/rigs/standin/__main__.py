"""The daemon with a Pi camera that is not there: ``python -m tests.rigs.standin run --state DIR``.

A process of its own, so that its memory and its end are the daemon's own; it loads nothing else of the tests.
The test steers the camera by writing a JSON file: ``{"unplugged": true}`` sets that field of the stand-in camera,
``{"cameras": 0}`` removes it, ``{"broken": true}`` makes its start fail.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from pathlib import Path

from pisecurity.__main__ import start
from tests.rigs.standin import Rig, clip_source, install
from tests.rigs.standin.pi import looks_like_a_pi

STEER, CLIP = "PISECURITY_STANDIN_STEER", "PISECURITY_STANDIN_CLIP"
LOOK_EVERY_S = 0.05


def _follow(rig: Rig, steer: Path) -> None:
    """Do as the file says, until the process ends."""
    seen = ""
    never = threading.Event()
    camera = rig.cameras[0]
    while not never.wait(LOOK_EVERY_S):
        text = steer.read_text() if steer.exists() else ""
        if text in ("", seen):
            continue
        seen = text
        for name, value in json.loads(text).items():
            if name == "cameras":
                rig.cameras = [camera][: int(value)]
            elif name == "broken":
                camera.start_error = RuntimeError("Failed to start camera: Input/output error") if value else None
            else:
                setattr(camera, name, set(value) if name == "hang" else value)


def _run() -> int:
    rig = install()
    if os.environ.get(CLIP):
        rig.cameras[0].source = clip_source(os.environ[CLIP])
    if os.environ.get(STEER):
        threading.Thread(target=_follow, args=(rig, Path(os.environ[STEER])), daemon=True).start()
    with looks_like_a_pi():
        return start()


if __name__ == "__main__":
    sys.exit(_run())
