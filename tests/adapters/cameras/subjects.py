"""The kinds of camera that the contract is tried on, and how each is made."""

from __future__ import annotations

import io
import os
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from pisecurity.adapters.cameras.file import FileCamera
from pisecurity.adapters.cameras.stage import StageCamera
from pisecurity.adapters.cameras.y4m import Y4mCamera
from pisecurity.adapters.clock import SystemClock
from pisecurity.ports import Camera, Clock
from pisecurity.settings import CameraSettings
from tests.adapters.cameras.videos import write_video, y4m
from tests.fakes import FakeClock

V4L2_DEVICE = os.environ.get("PISECURITY_V4L2", "")
"""A camera device of the kernel, where there is one: ``make test-v4l2`` names the one of its virtual machine."""


@dataclass(frozen=True)
class Subject:
    """One kind of camera under the contract, named ``front``, at 10 frames a second."""

    make: Callable[[Clock], Camera]
    """The same camera again and again; between two uses it is closed."""
    paced: bool = True
    """Whether it delivers a frame when that is due, and not at once."""
    live: bool = False
    """Whether its frames come in real time, whoever reads them."""
    around: Callable[[], AbstractContextManager[object]] = nullcontext
    """What must be set up for it."""

    def clock(self) -> FakeClock | SystemClock:
        """Return the clock it keeps time with: real where its frames are."""
        return SystemClock() if self.live else FakeClock()


def wait(clock: FakeClock | SystemClock, seconds: float) -> None:
    """Let *seconds* pass on *clock*."""
    clock.wait(threading.Event(), seconds)


def camera_settings(**given: object) -> CameraSettings:
    """Return settings of a camera named ``front``."""
    return CameraSettings.model_validate({"id": "front", **given})


def subjects(folder: Path) -> dict[str, Subject]:
    """Return the kinds by name; *folder* takes the files they need."""

    def file(pace: str) -> Callable[[Clock], Camera]:
        path = folder / "marked.mp4"
        if not path.exists():
            write_video(path)
        return partial(FileCamera, camera_settings(kind="file", path=str(path), pace=pace))

    def pipe(header: str) -> Callable[[Clock], Camera]:
        return lambda clock: Y4mCamera(io.BytesIO(y4m(header=header)), "front", clock)

    return {
        "file as recorded": Subject(file("recorded")),
        "file fast": Subject(file("fast"), paced=False),
        "stage": Subject(partial(StageCamera, camera_settings(kind="stage"))),
        "y4m": Subject(pipe("F10:1 C420jpeg"), paced=False),
        "y4m mono": Subject(pipe("F10:1 Cmono"), paced=False),
    }


PLAYED = ("file as recorded", "file fast", "stage", "y4m", "y4m mono")
"""Kinds that give the same frames in every run."""
LIVE: tuple[str, ...] = ()
"""Kinds that deliver in real time."""
KINDS = PLAYED + LIVE
PACED = ("file as recorded", "stage", *LIVE)
