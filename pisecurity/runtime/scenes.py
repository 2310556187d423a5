"""Keeps what a camera has learned over a restart, shows it and forgets it, without holding up its frames."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from enum import Enum, auto
from typing import TypeVar

from pisecurity.core.types import AlarmState
from pisecurity.core.vision.learned import LearnedScene, aged, heat
from pisecurity.core.vision.pipeline import Pipeline
from pisecurity.core.vision.scale import People
from pisecurity.errors import ArmedError, StoreError
from pisecurity.ports import Clock, JpegEncoder, SceneStore
from pisecurity.runtime.alarm.panel import Panel
from pisecurity.runtime.worker import Beat

log = logging.getLogger(__name__)

SAVE_EVERY_S = 600.0
"""An SD card wears out by writing."""
LOOK_EVERY_S = 1.0
SHOW_WITHIN_S = 1.0

_Value = TypeVar("_Value")
_Kept = tuple[LearnedScene, datetime] | None
"""What is to be on disk; None: nothing."""


class Unshown(Enum):
    """Why there is nothing to show of what a camera has learned."""

    SILENT = auto()
    """No frame comes."""
    BEGINNING = auto()
    """Too little is known of the scene as yet."""
    BUSY = auto()
    """As many look already as may wait for a frame at the same time."""
    FOREIGN = auto()
    """The background is one of OpenCV's, which cannot tell."""


class SceneKeeper:
    """What one camera has learned, between its own thread, the writer and the page."""

    def __init__(
        self, camera: str, pipeline: Pipeline, store: SceneStore, clock: Clock, may_keep: Callable[[], bool]
    ) -> None:
        """
        Args:
            pipeline: touched by ``restore``, ``stepped`` and ``ended`` alone.
            may_keep: whether a picture may be stored now; must not wait for a disk.
        """
        self.camera = camera
        self._pipeline, self._store, self._clock, self._may_keep = pipeline, store, clock, may_keep
        self._to_write: deque[_Kept] = deque(maxlen=1)
        self._people_to_write: deque[People | None] = deque(maxlen=1)
        self._people: People | None = None
        """As they are on disk, or about to be."""
        self._forgets, self._asked, self._answered = threading.Event(), threading.Event(), threading.Event()
        self._shown: LearnedScene | Unshown = Unshown.BEGINNING
        self._offered = False
        self._beginnings = 0
        self._look_s = float("-inf")
        self._saved_s = float("-inf")
        self._people_s = clock.monotonic()

    def restore(self) -> None:
        """Read what was kept and have the pipeline go on with it; called before the first frame."""
        self._people = self._store.load_people(self.camera)
        if self._people is not None:
            self._pipeline.restore_people(self._people)
        kept = self._store.load(self.camera)
        if kept is None:
            return
        scene, at = kept
        age_s = (self._clock.now() - at).total_seconds()
        worth = aged(scene, age_s)
        if worth is None:
            log.info("learned scene too old camera=%s age_h=%.0f", self.camera, age_s / 3600)
            return
        self._offered = True
        self._pipeline.restore(worth)

    def stepped(self) -> None:
        """Take note of what the last frame brought; called on the camera's thread, and quick."""
        self._notice_beginning()
        if self._forgets.is_set():
            self._forgets.clear()
            self._pipeline.forget()
            # Again, because this thread may have put its own on top since.
            self._people = None
            self._people_to_write.append(None)
            self._to_write.append(None)
        if self._asked.is_set():
            self._asked.clear()
            unknown = Unshown.BEGINNING if self._pipeline.tells else Unshown.FOREIGN
            self._shown = self._pipeline.learned() or unknown
            self._answered.set()
        now_s = self._clock.monotonic()
        if now_s - self._look_s >= LOOK_EVERY_S:
            self._look_s = now_s
            if now_s - self._people_s >= SAVE_EVERY_S:
                self._keep_people(now_s)
            if now_s - self._saved_s >= SAVE_EVERY_S:
                self._keep(now_s)

    def ended(self) -> None:
        """Keep what is known at a clean stop; called on the camera's thread after its last frame."""
        if not self._forgets.is_set():
            self._keep_people(self._clock.monotonic())
            self._keep(self._clock.monotonic())

    def show(self) -> LearnedScene | Unshown:
        """Return what is known now, or why that is nothing. Called from any thread; waits at most 1 s for a frame."""
        self._answered.clear()
        self._asked.set()
        return self._shown if self._clock.wait(self._answered, SHOW_WITHIN_S) else Unshown.SILENT

    def forget(self) -> None:
        """Have the scene learned anew from the next frame on, and remove what was kept. Called from any thread."""
        self._forgets.set()
        self._to_write.append(None)
        self._people_to_write.append(None)

    def write(self, beat: Beat = lambda: None) -> None:
        """Bring the disk up to date; a disk that takes nothing is logged, because the alarm works without."""
        self._write_first(self._people_to_write, self._write_people)
        beat()
        self._write_first(self._to_write, self._write_scene)

    def _write_first(self, waiting: deque[_Value], write: Callable[[_Value], None]) -> None:
        """*write* what is *waiting*. What the disk does not take waits on, unless something newer does: what was
        forgotten must be gone.
        """
        if not waiting:
            return
        value = waiting.popleft()
        try:
            write(value)
        except StoreError as error:
            log.warning("what was learned is not kept camera=%s reason=%s", self.camera, error)
            if value is None and not waiting:
                waiting.append(value)

    def _write_people(self, people: People | None) -> None:
        if people is None:
            self._store.delete_people(self.camera)
        else:
            self._store.save_people(self.camera, people)

    def _write_scene(self, kept: _Kept) -> None:
        if kept is None:
            self._store.delete(self.camera)
        else:
            began_s = self._clock.monotonic()
            size = self._store.save(self.camera, *kept)
            took_s = self._clock.monotonic() - began_s
            log.info("learned scene kept camera=%s kb=%d took_s=%.2f", self.camera, size // 1000, took_s)

    def _notice_beginning(self) -> None:
        if self._offered:
            self._offered = False
            refused = self._pipeline.not_restored
            if refused:
                self._drop_people_of_elsewhere()
                log.info("learned scene not taken up camera=%s reason=%s", self.camera, refused)
            else:
                log.info("learned scene taken up camera=%s", self.camera)
        if self._pipeline.beginnings != self._beginnings:
            self._beginnings = self._pipeline.beginnings
            # It is of no use any more, and may show what a privacy zone has hidden since.
            self._to_write.append(None)

    def _drop_people_of_elsewhere(self) -> None:
        """Have who was measured removed, where the pipeline has found that it was elsewhere."""
        if self._people is not None and not any(self._pipeline.scale.learned()):
            self._people = None
            self._people_to_write.append(None)

    def _keep_people(self, now_s: float) -> None:
        """Have it written how tall people are, if that changed; no picture of anybody is in it."""
        self._people_s = now_s
        people = self._pipeline.scale.learned()
        if any(people) and people != self._people:
            self._people = people
            self._people_to_write.append(people)

    def _keep(self, now_s: float) -> None:
        scene = self._pipeline.learned() if self._may_keep() else None
        if scene is not None:
            self._saved_s = now_s
            self._to_write.append((scene, self._clock.now()))


class Scenes:
    """What all cameras have learned, for those who look at it or have it forgotten; any thread may call."""

    def __init__(self, keepers: Mapping[str, SceneKeeper], panel: Panel, encoder: JpegEncoder) -> None:
        """*keepers*: by id of the camera."""
        self._keepers, self._panel, self._encoder = keepers, panel, encoder

    @property
    def cameras(self) -> tuple[str, ...]:
        """Ids of the cameras, in the order of the settings."""
        return tuple(self._keepers)

    def show(self, camera: str) -> LearnedScene | Unshown:
        """See ``SceneKeeper.show``. Raises KeyError: there is no such camera."""
        return self._keepers[camera].show()

    def picture(self, camera: str) -> bytes | Unshown:
        """Return the scene as JPEG, red where a thing must stand out more, or why there is none.

        Raises KeyError: there is no such camera.
        """
        scene = self.show(camera)
        return scene if isinstance(scene, Unshown) else self._encoder.clean(heat(scene))

    def forget(self, camera: str, *, by: str, how: str) -> None:
        """Have *camera* learn its scene anew, once that is on the audit log.

        Raises:
            KeyError: there is no such camera.
            ArmedError: the alarm is not disarmed; for some seconds the camera would see nobody.
            StoreError: it could not be written down; nothing is forgotten.
        """
        keeper = self._keepers[camera]
        if self._panel.status().state is not AlarmState.DISARMED:
            raise ArmedError("the camera would see nobody for some seconds: disarm first, then have it forget")
        self._panel.record(f"what camera {camera} had learned was forgotten", by=by, how=how)
        keeper.forget()
        log.info("learned scene forgotten camera=%s by=%s how=%s", camera, by, how)


class SceneWriter:
    """Writes what the cameras have learned, on a thread of its own: a slow card must not hold up a camera."""

    def __init__(self, keepers: Sequence[SceneKeeper], clock: Clock) -> None:
        self._keepers, self._clock = keepers, clock

    def work(self, stop: threading.Event, beat: Beat) -> None:
        """Write what is due until *stop* is set, and then what the cameras left behind."""
        while not self._clock.wait(stop, LOOK_EVERY_S):
            self._write(beat)
        self._write(beat)

    def _write(self, beat: Beat) -> None:
        for keeper in self._keepers:
            keeper.write(beat)
            beat()
