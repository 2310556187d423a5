"""The kinds of camera that the contract is tried on, and how each is made."""

from __future__ import annotations

import io
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pisecurity.adapters.cameras.file import FileCamera
from pisecurity.adapters.cameras.masked import MaskedCamera
from pisecurity.adapters.cameras.picamera2 import PiCamera
from pisecurity.adapters.cameras.stage import StageCamera
from pisecurity.adapters.cameras.v4l2 import V4l2Camera
from pisecurity.adapters.cameras.y4m import Y4mCamera
from pisecurity.adapters.clock import SystemClock
from pisecurity.ports import Camera, Clock
from pisecurity.settings import CameraSettings, ZoneSettings
from tests.adapters.cameras.v4l2_vivid import stamped_at_the_start
from tests.adapters.cameras.videos import painted, write_video, y4m
from tests.fakes import FakeClock
from tests.rigs.real_libcamera import PATTERN, virtual_cameras
from tests.rigs.standin import Rig, install
from tests.rigs.standin.patches import Platform
from tests.rigs.standin.pi import looks_like_a_pi

V4L2_DEVICE = os.environ.get("PISECURITY_V4L2", "")
"""A camera device of the kernel, where there is one: ``make test-v4l2`` names the one of its virtual machine."""
LIBCAMERA = bool(os.environ.get("PISECURITY_LIBCAMERA"))
"""Whether this Python has Debian's real libcamera and its virtual camera, as in the root of ``make test-libcamera``."""


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


FRAME = b"FRAME\n"
PI = camera_settings(kind="picamera2", width=640, height=480)
VIRTUAL = camera_settings(kind="picamera2", device=PATTERN, width=640, height=480)
WEBCAM = camera_settings(kind="v4l2", device=V4L2_DEVICE, width=640, height=360)


@contextmanager
def raspberry_pi(platform: Platform) -> Iterator[Rig]:
    """Give a Pi that is not there, with one camera."""
    rig = install()
    rig.reset()
    rig.platform = platform
    with looks_like_a_pi():
        try:
            yield rig
        finally:
            rig.shutdown()


def dark_above(number: int, width: int, height: int) -> NDArray[np.uint8]:
    """Return a picture with its number as in ``painted``, and something to be seen in it."""
    image = painted(number, width, height)
    image[: height // 3] = 0
    return image


def masked(camera: Camera) -> Camera:
    """Return *camera* with a corner hidden."""
    corner = ZoneSettings(name="neighbour", camera="front", kind="privacy", points=((0.7, 0.0), (1.0, 0.0), (1.0, 0.5)))
    return MaskedCamera(camera, [corner])


def subjects(folder: Path) -> dict[str, Subject]:
    """Return the kinds by name; *folder* takes the files they need."""

    def file(pace: str) -> Callable[[Clock], Camera]:
        path = folder / "marked.mp4"
        if not path.exists():
            write_video(path, paint=dark_above)
        return partial(FileCamera, camera_settings(kind="file", path=str(path), pace=pace))

    def pipe(header: str) -> Callable[[Clock], Camera]:
        head, *frames = y4m(header=header).split(FRAME)
        stream = FRAME.join([head, *(bytes(len(frame) // 4) + frame[len(frame) // 4 :] for frame in frames)])
        return lambda clock: Y4mCamera(io.BytesIO(stream), "front", clock)

    return {
        "file as recorded": Subject(file("recorded")),
        "file fast": Subject(file("fast"), paced=False),
        "stage": Subject(partial(StageCamera, camera_settings(kind="stage"))),
        "stage with privacy": Subject(lambda clock: masked(StageCamera(camera_settings(kind="stage"), clock))),
        "y4m": Subject(pipe("F10:1 C420jpeg"), paced=False),
        "y4m mono": Subject(pipe("F10:1 Cmono"), paced=False),
        "picamera2": Subject(partial(PiCamera, PI), live=True, around=partial(raspberry_pi, "vc4")),
        "picamera2 on a Pi 5": Subject(partial(PiCamera, PI), live=True, around=partial(raspberry_pi, "pisp")),
        "picamera2 with privacy": Subject(
            lambda clock: masked(PiCamera(PI, clock)), live=True, around=partial(raspberry_pi, "vc4")
        ),
        "picamera2 on libcamera": Subject(partial(PiCamera, VIRTUAL), live=True, around=virtual_cameras),
        "v4l2": Subject(partial(V4l2Camera, WEBCAM), live=True, around=stamped_at_the_start),
    }


PLAYED = ("file as recorded", "file fast", "stage", "stage with privacy", "y4m", "y4m mono")
"""Kinds that give the same frames in every run."""
LIVE: tuple[str, ...] = (
    "picamera2",
    "picamera2 on a Pi 5",
    "picamera2 with privacy",
    *(["v4l2"] if V4L2_DEVICE else []),
    *(["picamera2 on libcamera"] if LIBCAMERA else []),
)
"""Kinds that deliver in real time."""
KINDS = PLAYED + LIVE
PACED = ("file as recorded", "stage", "stage with privacy", *LIVE)
WITHOUT_PACKETS = ("v4l2", "picamera2 with privacy")
WITH_PACKETS = ("file as recorded", "file fast", *(kind for kind in LIVE if kind not in WITHOUT_PACKETS))
"""Kinds that deliver H.264 packets."""
