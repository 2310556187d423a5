"""Reads one camera, asks the pipeline what it means, and hands on what opened, improved or ended."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, tzinfo

from pisecurity.core.types import Dismissed, Event, Frame, Mode, Phase
from pisecurity.core.vision.contrast import DARK_FAULT, SEEING_FACT, Seeing, blind_in_words, in_words
from pisecurity.core.vision.liveness import FROZEN_S, RATE_S, Freeze, Rate
from pisecurity.core.vision.pipeline import Pipeline
from pisecurity.core.vision.scale import PETS_FACT
from pisecurity.errors import CameraError, EndOfStreamError
from pisecurity.ports import Camera, CameraInfo, Clock
from pisecurity.runtime.alarm.panel import PanelStatus
from pisecurity.runtime.alerts.inbox import Dismissals, Inbox, Sighting
from pisecurity.runtime.health import Health
from pisecurity.runtime.live import LiveView, copied
from pisecurity.runtime.scenes import SceneKeeper
from pisecurity.runtime.worker import Beat, rest
from pisecurity.settings import MotionSettings, ZoneSettings

log = logging.getLogger(__name__)

READ_TIMEOUT_S = 1.0
LOST_AFTER_S = 10.0
"""Without a frame for so long the camera counts as lost and is opened again."""
REOPEN_S = (1.0, 2.0, 3.0)
"""Waits before opening a lost camera again, the last one repeated: it must see within 5 s of its return."""
LIVE_AGAIN = 3
"""New pictures in a row after which a camera that hung is shown as live again."""
SIGHT_EVERY_S = 1.0
SPARSE_FPS = 2.0
"""With fewer pictures a second than this somebody may cross the scene between them."""
STEADY_S = 10.0
"""So long a camera must deliver until it counts as found again: a loose cable is one fault, not hundreds."""


class Watch:
    """One camera's loop. The camera's thread does nothing slow: no JPEG, no disk, no mail."""

    def __init__(
        self,
        camera: Camera,
        camera_id: str,
        pipeline: Pipeline,
        inbox: Inbox,
        live: LiveView,
        health: Health,
        clock: Clock,
        new_id: Callable[[], str],
        observe: Callable[[], PanelStatus],
        *,
        label: str = "",
        restarted: bool = False,
        zone: tzinfo = UTC,
        keeper: SceneKeeper | None = None,
        moves: Callable[[str, frozenset[Mode]], object] = lambda camera, modes: None,
    ) -> None:
        """
        Args:
            observe: says what the alarm does now; it is asked with each event and must not wait for a disk.
            label: what people call the camera; empty is its id, which stands in the log in any case.
            restarted: whether somebody starts the process again when it ends.
            zone: of the times it tells.
            keeper: keeps what the pipeline has learned; None: nobody does.
            moves: told of each picture in which something of an event is still in view: its camera, and the modes in
                which that counts. It must not wait for a disk.
        """
        self._camera, self.camera_id, self._pipeline = camera, camera_id, pipeline
        self._label = label or camera_id
        self._inbox, self._live, self._health, self._clock = inbox, live, health, clock
        self._new_id, self._observe = new_id, observe
        self._ids: dict[int, str] = {}
        self._changed: deque[tuple[MotionSettings, tuple[ZoneSettings, ...]]] = deque(maxlen=1)
        self._anew, self._raised, self._moves = threading.Event(), threading.Event(), moves
        self._fault, self._part_fault = f"camera:{camera_id}", f"part:{camera_id}"
        self._trouble = ""
        self._failures = 0
        self._freeze, self._judged_s = Freeze(), 0.0
        self._hung = False
        self._restarted, self._zone, self._keeper = restarted, zone, keeper
        self._sight_told_s = float("-inf")

    def work(self, stop: threading.Event, beat: Beat) -> None:
        """Follow the camera until *stop*; a lost one is opened again at most every 3 s."""
        try:
            while not stop.is_set():
                try:
                    self._follow(stop, beat)
                except EndOfStreamError as error:
                    self._lose(f"{error}; it plays again after a restart, or for ever with loop = true in config.toml")
                    rest(self._clock, stop, beat, float("inf"))
                except CameraError as error:
                    if error.needs_new_process and self._restarted:
                        self._lose(str(error))
                        raise
                    wait_s = REOPEN_S[min(self._failures, len(REOPEN_S) - 1)]
                    self._failures += 1
                    self._lose(str(error))
                    self._health.note(self._fault, f"lost; next try in {wait_s:.0f} s")
                    rest(self._clock, stop, beat, wait_s)
                finally:
                    self._camera.close()
            if self._keeper is not None:
                self._keeper.ended()
        finally:
            self._end_events()
            self._dismiss(self._pipeline.finish_ledger())

    def apply(self, motion: MotionSettings, zones: Sequence[ZoneSettings]) -> None:
        """Use other settings from the next frame on; background, tracks and open events are kept."""
        self._changed.append((motion, tuple(zones)))

    def begin_anew(self, *, raised: bool = False) -> None:
        """End the open event with the next frame; what still moves then opens another one.

        Called from any thread, however often, when the alarm becomes armed, also after an alarm or in another mode:
        somebody who was in view before must not stay unnoticed for as long as they keep moving, while an owner who
        has just left is gone from the picture. Also when it is disarmed: under duress whoever stands there would
        otherwise never be pictured, and no disarming may differ from another.

        Args:
            raised: the alarm is raised or was, so that nobody in view is coming home.
        """
        if raised:
            self._raised.set()
        self._anew.set()

    def _follow(self, stop: threading.Event, beat: Beat) -> None:
        info = self._camera.open()
        self._tell(info)
        rate = Rate(info.least_fps or info.fps)
        last_s = self._clock.monotonic()
        first_s: float | None = None
        while not stop.is_set():
            beat()
            frame = self._camera.read(READ_TIMEOUT_S)
            now_s = self._clock.monotonic()
            if frame is not None:
                last_s = now_s
                if first_s is None:
                    first_s = now_s
                    self._watched_again()
                if info.live and self._freeze.frozen_s(frame.luma, now_s, frame.visible) > FROZEN_S:
                    self._hung = True
                    raise CameraError(
                        f"camera {self._label} has sent the very same picture for {FROZEN_S:.0f} s, so it hangs; "
                        "it is opened again"
                    )
                if now_s - first_s >= STEADY_S:
                    self._failures = 0
                    self._health.clear(self._fault)
                self._judge(rate, now_s, info)
                self._heed(frame.trouble)
                # One that hung may give a single new picture when it is opened: that is not live yet.
                self._hung = self._hung and self._freeze.news < LIVE_AGAIN
                self._step(frame)
            elif now_s - last_s > LOST_AFTER_S:
                raise CameraError(f"camera {self._label} has sent no picture for {LOST_AFTER_S:.0f} s; check its cable")

    def _watched_again(self) -> None:
        """Say of a camera that was lost that it sends pictures, before it counts as found."""
        if self._failures:
            self._health.report(
                self._fault,
                f"camera {self._label} sends pictures again; this is over when it has done so for {STEADY_S:.0f} s",
            )

    def _tell(self, info: CameraInfo) -> None:
        log.info(
            "camera opened camera=%s what=%r size=%dx%d fps=%g",
            self.camera_id,
            info.description,
            info.width,
            info.height,
            info.fps,
        )
        for remark in info.remarks:
            log.warning("camera %s: %s", self.camera_id, remark)
        self._health.note(self._fault, "; ".join((info.description, *info.remarks)))

    def _judge(self, rate: Rate, now_s: float, info: CameraInfo) -> None:
        """Keep the rate on record; report a camera that delivers far fewer frames than it promised."""
        was_known, was_slow = rate.known, rate.slow
        fps = rate.note(now_s)
        if fps is None or (was_known and was_slow == rate.slow and now_s < self._judged_s + RATE_S):
            return
        self._judged_s = now_s
        if not was_known:
            log.info("camera rate camera=%s asked=%g came=%.1f", self.camera_id, info.fps, fps)
        self._health.note(self._fault, "; ".join((info.description, f"{fps:.1f} frames/s", *info.remarks)))
        slow = (
            f"camera {self._label} sends {fps:.1f} of {info.fps:g} pictures a second, so quick things may be missed; "
            "is the processor busy or too hot, or the cable loose?"
        )
        sparse = (
            f"camera {self._label} sends {fps:.1f} of {info.fps:g} pictures a second, so somebody may pass unseen; "
            "is the processor busy or too hot, or the cable loose?"
        )
        is_sparse = fps < SPARSE_FPS
        self._tell_rate(slow if rate.slow and not is_sparse else "", sparse if rate.slow and is_sparse else "")

    def _tell_rate(self, slow: str, sparse: str) -> None:
        """Report that fewer pictures come than promised, or so few that somebody may pass between them."""
        for key, text in ((f"rate:{self.camera_id}", slow), (f"sparse:{self.camera_id}", sparse)):
            if text:
                self._health.report(key, text)
            else:
                self._health.clear(key)

    def _heed(self, trouble: str) -> None:
        """Report what of the camera fails while its pictures come."""
        if trouble == self._trouble:
            return
        self._trouble = trouble
        if trouble:
            self._health.report(self._part_fault, f"camera {self._label}: {trouble}")
        else:
            self._health.clear(self._part_fault)

    def _step(self, frame: Frame) -> None:
        # Swapped here, on the camera's thread, so that no frame sees half of a change.
        if self._changed:
            self._pipeline.apply(*self._changed.popleft())
        if self._anew.is_set():
            self._anew.clear()
            self._end_events()
            if self._raised.is_set():
                self._raised.clear()
                self._pipeline.raise_alarm()
            else:
                self._pipeline.finish_ledger()  # what moved before is not told of: it was perhaps not to be kept
        step = self._pipeline.step(frame)
        if self._keeper is not None:
            self._keeper.stepped()
        if not self._hung:
            self._live.offer(frame, step.tracks)
        self._hand_on(step.events, frame)
        if step.counting:
            self._moves(self.camera_id, step.counting)
        self._dismiss(step.dismissed)
        self._tell_sight(self._pipeline.seeing, frame.taken_s)

    def _hand_on(self, events: Sequence[Event], frame: Frame | None) -> None:
        """Name the events, give them their picture while *frame* is valid, and queue them."""
        for event in events:
            if event.phase is Phase.OPENED:
                self._ids[event.number] = self._new_id()
            named = replace(event, id=self._ids[event.number])
            if event.phase is Phase.ENDED:
                del self._ids[event.number]
            elif frame is not None:
                named = replace(named, picture=copied(frame))
            self._inbox.put(Sighting(named, self._observe()))

    def _tell_sight(self, seeing: Seeing | None, now_s: float) -> None:
        """Keep on record now and then how small a difference the camera sees, and whether it tells pets apart."""
        if seeing is None or now_s - self._sight_told_s < SIGHT_EVERY_S:
            return
        self._sight_told_s = now_s
        self._health.note(f"{SEEING_FACT}{self.camera_id}", in_words(seeing, self._zone))
        self._health.note(f"{PETS_FACT}{self.camera_id}", self._pipeline.pets)
        if blind := blind_in_words(seeing, self._label, self._zone):
            self._health.report(f"{DARK_FAULT}{self.camera_id}", blind)
        else:
            self._health.clear(f"{DARK_FAULT}{self.camera_id}")

    def _dismiss(self, rows: tuple[Dismissed, ...]) -> None:
        if rows:
            self._inbox.put(Dismissals(rows, self._observe()))

    def _end_events(self) -> None:
        self._hand_on(self._pipeline.finish(), None)

    def _lose(self, reason: str) -> None:
        self._end_events()
        self._dismiss(self._pipeline.finish_ledger())
        self._sight_told_s = float("-inf")
        self._health.note(f"{SEEING_FACT}{self.camera_id}", "")
        # First of all, so that nothing else about it looks mended.
        self._health.report(self._fault, reason)
        self._tell_rate("", "")
        self._heed("")
