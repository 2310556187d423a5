"""The detectors that run inside this process, each on the same planes.

A further one is a class that fulfils ``Detector`` and one line in ``DETECTORS``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from functools import partial
from typing import Any, Final, Literal, NoReturn, Protocol

import cv2
import numpy as np

from benchmarks.ruler.metrics import Found
from pisecurity.core.types import Box, Frame, Plane, TrackState
from pisecurity.core.vision.pipeline import Pipeline
from pisecurity.core.vision.scale import People
from pisecurity.settings import MotionSettings

LEAST_AREA: Final = 0.0015
"""Smallest region that counts for OpenCV's subtractors, as a share of the picture."""
NO_SHADOW: Final = 200
"""Between 127, by which OpenCV marks a shadow, and 255, by which it marks what moves."""
EPOCH: Final = datetime(2000, 1, 1, tzinfo=UTC)


class Detector(Protocol):
    """Looks at one clip from its first frame to its last."""

    def step(self, luma: Plane, taken_s: float) -> Found:
        """Return what is found in the next frame.

        Args:
            luma: (H, W), of the size the detector was made for; not to be changed, and valid only during the call.
            taken_s: seconds since the first frame.
        """
        ...


Maker = Callable[[int, int, float], Detector]
"""Makes a detector for a clip: width and height in pixels, frames a second."""


class Ours:
    """The pipeline of the daemon without zones, and with its default settings but for a few. It tells no mask."""

    ALARMS = (TrackState.CONFIRMED, TrackState.HOLDING)

    def __init__(self, motion: MotionSettings, width: int, height: int, fps: float, people: People = ()) -> None:
        """*motion*, *people*: what a household has set, and who was measured there before."""
        self._pipeline = Pipeline("ruler", motion, ())
        self._pipeline.restore_people(people)
        self._index = -1

    def step(self, luma: Plane, taken_s: float) -> Found:
        self._index += 1
        tracks = self._pipeline.step(Frame("ruler", self._index, taken_s, EPOCH, luma, _no_picture)).tracks
        return Found(
            boxes=tuple(track.box for track in tracks if track.state in self.ALARMS),
            candidates=tuple(track.box for track in tracks if track.state not in self.ALARMS),
        )

    @property
    def people(self) -> People:
        """Who was measured so far."""
        return self._pipeline.scale.learned()


class Subtractor:
    """One of OpenCV's background subtractors in the usual steps around it: shrink, apply, threshold, open, dilate,
    connected regions.
    """

    def __init__(self, make: Callable[[], Any], divisor: int, width: int, height: int, fps: float) -> None:
        """Make it anew with *make*; it works at the size of the clip divided by *divisor*."""
        self._size = (width // divisor, height // divisor)
        self._subtractor = make()
        self._kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (3, 3))

    def step(self, luma: Plane, taken_s: float) -> Found:
        width, height = self._size
        if luma.shape != (height, width):
            luma = np.asarray(cv2.resize(luma, self._size, interpolation=cv2.INTER_AREA), np.uint8)
        marked = self._subtractor.apply(luma)
        moving = cv2.threshold(marked, NO_SHADOW, 255, cv2.THRESH_BINARY)[1]
        opened = cv2.morphologyEx(moving, cv2.MORPH_OPEN, self._kernel)
        mask = np.asarray(cv2.dilate(opened, self._kernel, iterations=2), np.uint8)
        _, _, regions, _ = cv2.connectedComponentsWithStats(mask)
        boxes = (
            Box(int(x) / width, int(y) / height, int(w) / width, int(h) / height)
            for x, y, w, h, area in regions[1:]
            if area >= LEAST_AREA * width * height
        )
        return Found(boxes=tuple(boxes), mask=mask)


_mog2 = partial(cv2.createBackgroundSubtractorMOG2, history=500, varThreshold=16, detectShadows=True)
_knn = partial(cv2.createBackgroundSubtractorKNN, history=500, dist2Threshold=400, detectShadows=True)

OURS: Final = "ours"
YARDSTICK: Final = "mog2/2"
"""The detector whose cost is 1: what most people use, at the size they use it."""
BACKGROUNDS: Final[Sequence[Literal["mog2", "knn"]]] = ("mog2", "knn")
DETECTORS: Final[Mapping[str, Maker]] = {
    OURS: partial(Ours, MotionSettings()),
    **{f"ours-{kind}": partial(Ours, MotionSettings(background=kind)) for kind in BACKGROUNDS},
    **{f"ours-{level}": partial(Ours, MotionSettings(sensitivity=level)) for level in (1, 2, 4, 5)},
    "mog2": partial(Subtractor, _mog2, 1),
    YARDSTICK: partial(Subtractor, _mog2, 2),
    "knn": partial(Subtractor, _knn, 1),
    "knn/2": partial(Subtractor, _knn, 2),
}


def matching(names: Sequence[str], patterns: Sequence[str]) -> list[str]:
    """Return those of *names* that fit one of *patterns*, in the order of *names*.

    Args:
        patterns: names or globs: ``mog2*``.

    Raises:
        ValueError: a pattern fits none.
    """
    for pattern in patterns:
        if not any(fnmatchcase(name, pattern) for name in names):
            raise ValueError(f"{pattern}: fits none of {', '.join(names)}")
    return [name for name in names if any(fnmatchcase(name, pattern) for pattern in patterns)]


def _no_picture() -> NoReturn:
    raise AssertionError("a detector asks for no full picture")
