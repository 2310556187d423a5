"""A house in which somebody comes every few seconds: one recording, seen by several cameras at different times."""

from __future__ import annotations

import math
from contextlib import AbstractContextManager
from itertools import pairwise
from pathlib import Path

from pisecurity.adapters.cameras.file import FileCamera
from pisecurity.adapters.clock import SystemClock
from pisecurity.adapters.recordings.clips import ClipWriter
from pisecurity.core.types import Picture
from pisecurity.errors import EndOfStreamError
from pisecurity.settings import CameraSettings
from tests.rigs.daemon import CHECKOUT, DaemonProcess, Household, MailServer, running

CLIP = CHECKOUT / "tests" / "clips" / "garden_visit.mp4"
FPS = 10
HASTY = "tests.rigs.hasty"


def busy_house(folder: Path, server: MailServer, cameras: int) -> Household:
    """Return a house that is told of each movement, seen by *cameras* cameras in turns."""
    house = Household(
        folder,
        server,
        alarm=(
            "[alarm]\nalert_pause_s = 0\nalerts_per_hour = 1000\ntrigger_time_s = 10\n"
            "[alarm.away]\nexit_delay_s = 0\nentry_delay_s = 0\n"
        ),
        motion="[motion]\nevent_gap_s = 1\nhold_s = 1\n",
        camera="".join(
            f'[[camera]]\nid = "camera{number}"\nkind = "file"\npath = "{clip}"\nloop = true\n'
            for number, clip in enumerate(_turned(CLIP, folder, cameras))
        ),
    )
    house.write_config()
    return house


def hasty(house: Household, **environment: str) -> AbstractContextManager[DaemonProcess]:
    """Run the daemon of *house* with an outbox that waits seconds in place of hours."""
    return running(["run", "--state", str(house.folder)], house.port, house.log, environment, HASTY)


def _turned(clip: Path, folder: Path, count: int) -> list[Path]:
    """Write *clip* so often that each copy begins at another place in it, and goes on with what was before."""
    pictures = recorded(clip)
    width, height = pictures[0].size
    starts = [len(pictures) * number // count for number in range(count)]
    files = []
    for start in starts:
        files.append(folder / f"from{start}.mp4")
        with ClipWriter(files[-1], width, height, FPS) as writer:
            for picture in pictures[start:] + pictures[:start]:
                writer.write(picture)
    return files


def recorded(clip: Path) -> list[Picture]:
    """Return all pictures of *clip*."""
    camera = FileCamera(CameraSettings(id="all", kind="file", path=str(clip), pace="fast"), SystemClock())
    camera.open()
    pictures: list[Picture] = []
    try:
        while True:
            frame = camera.read(1.0)
            if frame is not None:
                pictures.append(frame.picture())
    except EndOfStreamError:
        return pictures
    finally:
        camera.close()


def lost_frames(notes: str, since_s: float = 0.0, until_s: float = math.inf) -> tuple[int, int]:
    """Return how many frames of one recording came and how many were lost, by what ``tests.rigs.hasty`` noted.

    One is lost where an index is left out, or where the next came so late that the recording was moved on. Counted are
    frames taken between two instants, monotonic.
    """
    rows = [line.split() for line in notes.splitlines()]
    frames = [(int(index), float(taken_s)) for index, taken_s in rows if since_s <= float(taken_s) < until_s]
    lost = sum(
        max(index - before - 1, round((taken_s - before_s) * FPS) - 1, 0)
        for (before, before_s), (index, taken_s) in pairwise(frames)
    )
    return len(frames), lost
