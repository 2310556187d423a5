"""The newest picture of each camera for the page, made only while somebody looks."""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field

from pisecurity.core.types import Box, Frame, Picture, Track, TrackState
from pisecurity.errors import CameraError
from pisecurity.ports import Clock, JpegEncoder

log = logging.getLogger(__name__)

WATCHED_S = 3.0
"""So long after the last look at a camera its frames are no longer copied, and a copy so old is dropped."""


def copied(frame: Frame) -> Picture | None:
    """Return the picture of *frame*, or None when it is damaged; what was seen in it must not be lost for that."""
    try:
        return frame.picture()
    except CameraError as error:
        log.warning("no picture of a frame reason=%s", error)
        return None


@dataclass(frozen=True, slots=True)
class LivePicture:
    """A JPEG of what a camera saw, with what moved drawn in."""

    number: int
    """Counts up over all frames of the camera; ask for pictures newer than this one."""
    taken_s: float
    jpeg: bytes


@dataclass(slots=True)
class _Slot:
    """One camera: the newest frame only, so a slow viewer never makes a queue."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    encoding: threading.Lock = field(default_factory=threading.Lock)
    asked_s: float = float("-inf")
    number: int = 0
    taken_s: float | None = None
    held: tuple[int, float, Picture, tuple[Box, ...]] | None = None
    made: LivePicture | None = None


class LiveView:
    """One slot per camera between the watch thread, which never waits, and the page's threads."""

    def __init__(self, cameras: Sequence[str], encoder: JpegEncoder, clock: Clock) -> None:
        self._encoder, self._clock = encoder, clock
        self._slots = {camera: _Slot() for camera in cameras}

    @property
    def cameras(self) -> tuple[str, ...]:
        """Ids of the cameras, in the order of the settings."""
        return tuple(self._slots)

    def offer(self, frame: Frame, tracks: Sequence[Track]) -> None:
        """Take note of *frame*; its picture is copied only when somebody looked lately."""
        slot = self._slots[frame.camera]
        now_s = self._clock.monotonic()
        watched = now_s - slot.asked_s < WATCHED_S
        picture = copied(frame) if watched else None
        boxes = tuple(track.box for track in tracks if track.state is not TrackState.CANDIDATE)
        with slot.lock:
            slot.number += 1
            slot.taken_s = frame.taken_s
            if picture is not None:
                slot.held = (slot.number, frame.taken_s, picture, boxes)
            elif slot.held is not None and now_s - slot.held[1] > WATCHED_S:
                # The next one to look must not get the house as it was when somebody last did.
                slot.held = slot.made = None

    def latest(self, camera: str, after: int) -> LivePicture | None:
        """Return the newest picture of *camera*, or None when it has none newer than number *after*.

        The first look only wakes the camera up: ask again a moment later.

        Raises:
            KeyError: there is no such camera.
        """
        slot = self._slots[camera]
        slot.asked_s = self._clock.monotonic()
        with slot.encoding:  # several viewers share one encoding
            with slot.lock:
                held = slot.held
            if held is None or held[0] <= after:
                return None
            number, taken_s, picture, boxes = held
            if slot.made is None or slot.made.number != number:
                slot.made = LivePicture(number, taken_s, self._encoder.annotated(picture, boxes, ""))
            return slot.made

    def picture(self, camera: str) -> Picture | None:
        """Return the newest picture of *camera* as it came; like ``latest``, the first look only wakes the camera up.

        Raises:
            KeyError: there is no such camera.
        """
        slot = self._slots[camera]
        slot.asked_s = now_s = self._clock.monotonic()
        with slot.lock:
            held = slot.held
        return held[2] if held is not None and now_s - held[1] < WATCHED_S else None

    def forget(self, camera: str) -> None:
        """Drop the picture that is held, because it shows what is to be hidden. Raises KeyError: no such camera."""
        slot = self._slots[camera]
        with slot.lock:
            slot.held = slot.made = None

    def age_s(self, camera: str) -> float | None:
        """Return the age of the newest frame in seconds, None before the first. Raises KeyError: no such camera."""
        taken_s = self._slots[camera].taken_s
        return None if taken_s is None else max(0.0, self._clock.monotonic() - taken_s)
