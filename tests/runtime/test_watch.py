"""The camera's loop: what it hands on, and what it does when the camera fails."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from pisecurity.core.types import Event, Frame, MotionResult, Phase, Picture
from pisecurity.core.vision.pipeline import Step
from pisecurity.errors import CameraError, EndOfStreamError
from pisecurity.ports import CameraInfo, PacketSink
from pisecurity.runtime.health import Health
from pisecurity.runtime.inbox import Inbox
from pisecurity.runtime.live import LiveView
from pisecurity.runtime.watch import LOST_AFTER_S, REOPEN_S, Watch
from pisecurity.settings import MotionSettings, ZoneSettings
from tests.fakes import FakeClock, ShadeEncoder, make_event, make_frame

QUIET = Step((), (), MotionResult((), 0.0, unsettled=False))
Answer = Frame | Exception | None


class ScriptedCamera:
    """Gives one list of answers for each time it is opened, then stops the watch."""

    def __init__(self, clock: FakeClock, stop: threading.Event, *lives: Sequence[Answer]) -> None:
        self._clock, self._stop, self._lives = clock, stop, [list(life) for life in lives]
        self._answers: list[Answer] = []
        self.opened_s: list[float] = []
        self.is_open = False

    def open(self, packets: PacketSink | None = None) -> CameraInfo:
        assert not self.is_open, "opened twice without a close"
        self.opened_s.append(self._clock.monotonic())
        self.is_open = True
        self._answers = self._lives.pop(0)
        return CameraInfo(64, 48, 10.0, "scripted", packets=False)

    def read(self, timeout_s: float) -> Frame | None:
        if not self._answers:
            self._stop.set()
        answer = self._answers.pop(0) if self._answers else None
        if isinstance(answer, Exception):
            raise answer
        self._clock.advance(0.1 if answer else timeout_s)
        return answer

    def close(self) -> None:
        self.is_open = False


class ScriptedPipeline:
    """Emits the given events at the given frame numbers."""

    def __init__(self, script: Mapping[int, tuple[Event, ...]] | None = None) -> None:
        self._script = script or {}
        self.finished = 0
        self.settings: list[Any] = []
        self.steps: list[int] = []

    def step(self, frame: Frame) -> Step:
        self.steps.append(frame.index)
        return replace(QUIET, events=self._script.get(frame.index, ()))

    def finish(self) -> tuple[Event, ...]:
        self.finished += 1
        return ()

    def apply(self, motion: MotionSettings, zones: Sequence[ZoneSettings]) -> None:
        self.settings.append((len(self.steps), motion, zones))


class Scene:
    """A watch over a scripted camera and pipeline."""

    def __init__(self, *lives: Sequence[Answer], script: Mapping[int, tuple[Event, ...]] | None = None) -> None:
        self.clock, self.stop, self.inbox = FakeClock(), threading.Event(), Inbox(16)
        self.health = Health(self.clock)
        self.camera = ScriptedCamera(self.clock, self.stop, *lives)
        self.pipeline = ScriptedPipeline(script)
        self.watch = Watch(
            self.camera, "front", self.pipeline, self.inbox,  # type: ignore[arg-type]
            LiveView(["front"], ShadeEncoder(), self.clock), self.health, self.clock, lambda: "e" * 32,
        )  # fmt: skip
        self.on_beat: Callable[[], None] = lambda: None

    def run(self) -> list[Event]:
        self.watch.work(self.stop, self.on_beat)
        events = []
        while (item := self.inbox.get(0)) is not None:
            assert isinstance(item, Event)
            events.append(item)
        return events


def test_an_event_keeps_its_name_through_its_phases_and_a_picture_while_it_is_seen() -> None:
    script = {
        phase_frame: (replace(make_event(phase, event_id=""), picture=None),)
        for phase_frame, phase in enumerate((Phase.OPENED, Phase.IMPROVED, Phase.ENDED))
    }
    opened, improved, ended = Scene([make_frame(0), make_frame(1), make_frame(2)], script=script).run()
    assert {opened.id, improved.id, ended.id} == {"e" * 32}
    assert opened.picture is not None and improved.picture is not None and ended.picture is None


def test_a_quiet_frame_copies_no_picture() -> None:
    def picture() -> Picture:
        raise AssertionError("copied for nothing")

    assert Scene([replace(make_frame(0), picture=picture)]).run() == []


def test_r16_a_camera_that_fails_is_opened_again_after_longer_and_longer_waits() -> None:
    broken = CameraError("front: unplugged")
    scene = Scene([broken], [broken], [broken], [make_frame(0)])
    scene.run()
    waits = [later - earlier for earlier, later in zip(scene.camera.opened_s, scene.camera.opened_s[1:], strict=False)]
    assert waits == pytest.approx(REOPEN_S[:3])
    assert scene.health.faults() == ()  # the frame that came at last ended the fault
    assert scene.pipeline.finished == 3


def test_r16_a_failing_camera_is_a_fault_that_names_the_next_try() -> None:
    scene = Scene([CameraError("front: unplugged; plug it in")])
    seen: list[str] = []

    def look() -> None:
        seen.extend(fault.text for fault in scene.health.faults())
        if seen:
            scene.stop.set()

    scene.on_beat = look
    scene.run()
    assert seen == ["front: unplugged; plug it in; next try in 1 s"]


def test_r16_a_silent_camera_counts_as_lost_within_20_s() -> None:
    scene = Scene([None] * 30, [make_frame(0)])
    scene.run()
    assert len(scene.camera.opened_s) == 2
    assert scene.camera.opened_s[1] - scene.camera.opened_s[0] <= LOST_AFTER_S + 3


def test_a_good_frame_starts_the_waits_from_the_shortest_again() -> None:
    broken = CameraError("front: unplugged")
    scene = Scene([broken], [make_frame(0), broken], [make_frame(1)])
    scene.run()
    first, second, third = scene.camera.opened_s
    assert second - first == pytest.approx(REOPEN_S[0])
    assert third - second == pytest.approx(REOPEN_S[0] + 0.1)


def test_a_recording_that_ended_is_a_fault_and_the_watch_goes_on_beating() -> None:
    scene = Scene([make_frame(0), EndOfStreamError("garden.mp4: played to its end")])
    beats = 0

    def count() -> None:
        nonlocal beats
        beats += 1
        if beats == 20:
            scene.stop.set()

    scene.on_beat = count
    scene.run()
    (fault,) = scene.health.faults()
    assert fault.key == "camera:front" and "loop = true" in fault.text
    assert len(scene.camera.opened_s) == 1
    assert max(scene.clock.waits) <= 5 and scene.pipeline.finished == 1


def test_changed_settings_count_from_the_next_frame_on() -> None:
    scene = Scene([make_frame(0), make_frame(1)])
    changed = MotionSettings(min_area=0.01)
    scene.watch.apply(changed, [])
    scene.run()
    assert scene.pipeline.settings == [(0, changed, ())]
    assert scene.pipeline.steps == [0, 1]


def test_becoming_armed_ends_the_open_event_so_that_what_still_moves_counts_anew() -> None:
    scene = Scene([make_frame(0), make_frame(1)])
    scene.watch.begin_anew()
    scene.run()
    assert scene.pipeline.finished == 1 and scene.pipeline.steps == [0, 1]
