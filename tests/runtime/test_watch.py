"""The camera's loop: what it hands on, and what it does when the camera fails."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from pisecurity.core.types import AlarmState, Dismissed, Event, Frame, Mode, MotionResult, Phase, Picture
from pisecurity.core.vision.contrast import Seeing
from pisecurity.core.vision.pipeline import Step
from pisecurity.errors import CameraError, EndOfStreamError
from pisecurity.ports import CameraInfo, PacketSink
from pisecurity.runtime.alarm.panel import Panel
from pisecurity.runtime.alerts.inbox import Dismissals, Inbox, Sighting
from pisecurity.runtime.health import Health
from pisecurity.runtime.live import LiveView
from pisecurity.runtime.watch import LOST_AFTER_S, REOPEN_S, STEADY_S, Watch
from pisecurity.settings import AlarmSettings, MotionSettings, ZoneSettings
from tests.fakes import START, FakeClock, MemoryAlarmStore, ShadeEncoder, make_dismissed, make_event, make_frame

QUIET = Step((), (), MotionResult((), 0.0, unsettled=False))
Answer = Frame | Exception | None


class ScriptedCamera:
    """Gives one list of answers for each time it is opened, then stops the watch."""

    def __init__(self, clock: FakeClock, stop: threading.Event, *lives: Sequence[Answer]) -> None:
        self._clock, self._stop, self._lives = clock, stop, [list(life) for life in lives]
        self._answers: list[Answer] = []
        self.opened_s: list[float] = []
        self.is_open = False
        self.remarks: tuple[str, ...] = ()
        self.live = False

    def open(self, packets: PacketSink | None = None) -> CameraInfo:
        assert not self.is_open, "opened twice without a close"
        self.opened_s.append(self._clock.monotonic())
        self.is_open = True
        self._answers = self._lives.pop(0)
        return CameraInfo(64, 48, 64, 48, 10.0, "scripted", packets=False, live=self.live, remarks=self.remarks)

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


def steady(first: int, seconds: float = STEADY_S) -> list[Answer]:
    """Return the frames of so many *seconds* without a gap."""
    return [make_frame(first + number) for number in range(int(seconds * 10) + 2)]


def unnamed(phase: Phase) -> Event:
    """Return an event as the pipeline emits it."""
    return replace(make_event(phase, event_id=""), picture=None)


class ScriptedPipeline:
    """Emits the given events at the given frame numbers."""

    def __init__(self, script: Mapping[int, tuple[Event, ...]] | None = None) -> None:
        self._script = script or {}
        self.finished = self.alarms = 0
        self.counting: dict[int, frozenset[Mode]] = {}
        self.dismissed: dict[int, tuple[Dismissed, ...]] = {}
        self.left: tuple[Dismissed, ...] = ()
        self.seeing: Seeing | None = None
        self.pets = ""
        self._open: Event | None = None
        self.on_apply: Callable[[], None] = lambda: None
        self.settings: list[Any] = []
        self.steps: list[int] = []

    def step(self, frame: Frame) -> Step:
        self.steps.append(frame.index)
        events = self._script.get(frame.index, ())
        for event in events:
            self._open = None if event.phase is Phase.ENDED else event
        counting = self.counting.get(frame.index, frozenset())
        return replace(QUIET, events=events, dismissed=self.dismissed.get(frame.index, ()), counting=counting)

    def raise_alarm(self) -> None:
        self.alarms += 1

    def finish(self) -> tuple[Event, ...]:
        self.finished += 1
        ended, self._open = self._open, None
        return (replace(ended, phase=Phase.ENDED),) if ended else ()

    def finish_ledger(self) -> tuple[Dismissed, ...]:
        left, self.left = self.left, ()
        return left

    def apply(self, motion: MotionSettings, zones: Sequence[ZoneSettings]) -> None:
        self.settings.append((len(self.steps), motion, zones))
        self.on_apply()
        self.on_apply = lambda: None


class Scene:
    """A watch over a scripted camera and pipeline."""

    def __init__(self, *lives: Sequence[Answer], script: Mapping[int, tuple[Event, ...]] | None = None) -> None:
        self.clock, self.stop, self.inbox = FakeClock(), threading.Event(), Inbox(16)
        self.faults_over: list[bool] = []
        self.moved: list[tuple[str, frozenset[Mode]]] = []
        self.health = Health(self.clock, lambda change: self.faults_over.append(change.over))
        self.camera = ScriptedCamera(self.clock, self.stop, *lives)
        self.pipeline = ScriptedPipeline(script)
        self.panel = Panel(MemoryAlarmStore(), self.clock, AlarmSettings(), lambda change: None)
        self.panel.start()
        ids = (f"{number:032x}" for number in range(1, 1000))
        self.watch = Watch(
            self.camera, "front", self.pipeline, self.inbox,  # type: ignore[arg-type]
            LiveView(["front"], ShadeEncoder(), self.clock), self.health, self.clock, lambda: next(ids),
            self.panel.status, label="Front door", restarted=True, moves=lambda *moved: self.moved.append(moved),
        )  # fmt: skip
        self.on_beat: Callable[[], None] = lambda: None

    def run(self) -> list[Event]:
        return [seen.event for seen in self.sightings()]

    def sightings(self) -> list[Sighting]:
        self.watch.work(self.stop, self.on_beat)
        found = []
        while (item := self.inbox.get(0)) is not None:
            assert isinstance(item, Sighting)
            found.append(item)
        return found


def test_an_event_keeps_its_name_through_its_phases_and_a_picture_while_it_is_seen() -> None:
    script = {number: (unnamed(phase),) for number, phase in enumerate((Phase.OPENED, Phase.IMPROVED, Phase.ENDED))}
    opened, improved, ended = Scene([make_frame(0), make_frame(1), make_frame(2)], script=script).run()
    assert {opened.id, improved.id, ended.id} == {f"{1:032x}"}
    assert opened.picture is not None and improved.picture is not None and ended.picture is None


def test_an_event_carries_what_the_alarm_did_when_it_was_seen() -> None:
    script = {number: (unnamed(phase),) for number, phase in enumerate((Phase.OPENED, Phase.IMPROVED, Phase.ENDED))}
    scene = Scene([make_frame(0), make_frame(1), make_frame(2)], script=script)
    scene.panel.switch(Mode.HOME, by="Anna", how="page")
    began = scene.clock.instant()

    def disarm_after_the_opening() -> None:
        if scene.pipeline.steps:
            scene.panel.switch(Mode.DISARMED, by="Anna", how="page")

    scene.on_beat = disarm_after_the_opening
    opened, improved, _ = scene.sightings()
    assert (opened.status.state, opened.status.since, opened.status.at) == (
        AlarmState.ARMED_HOME, began, began.later(0.1)
    )  # fmt: skip
    assert improved.status.state is AlarmState.DISARMED


def test_an_event_whose_picture_is_damaged_goes_on_without_it() -> None:
    def damaged() -> Picture:
        raise CameraError("camera front: sent a damaged picture")

    scene = Scene([replace(make_frame(0), picture=damaged), make_frame(1)], script={0: (unnamed(Phase.OPENED),)})
    opened, ended = scene.run()
    assert (opened.phase, opened.picture, ended.phase) == (Phase.OPENED, None, Phase.ENDED)
    assert len(scene.camera.opened_s) == 1


def test_a_quiet_frame_copies_no_picture() -> None:
    def picture() -> Picture:
        raise AssertionError("copied for nothing")

    assert Scene([replace(make_frame(0), picture=picture)]).run() == []


def test_r16_a_camera_that_fails_is_opened_again_after_longer_and_longer_waits() -> None:
    broken = CameraError("front: unplugged")
    scene = Scene([broken], [broken], [broken], steady(0))
    scene.run()
    waits = [later - earlier for earlier, later in zip(scene.camera.opened_s, scene.camera.opened_s[1:], strict=False)]
    assert waits == pytest.approx(REOPEN_S[:3])
    assert scene.health.faults() == ()  # the frames that came at last ended the fault


def test_r16_a_failing_camera_is_a_fault_and_the_next_try_is_a_fact() -> None:
    scene = Scene([CameraError("front: unplugged; plug it in")])
    seen: list[tuple[str, str]] = []

    def look() -> None:
        seen.extend((fault.text, scene.health.facts()["camera:front"]) for fault in scene.health.faults())
        if seen:
            scene.stop.set()

    scene.on_beat = look
    scene.run()
    assert seen == [("front: unplugged; plug it in", "lost; next try in 1 s")]


def test_r16_a_loose_cable_is_one_fault_with_longer_and_longer_waits() -> None:
    broken = CameraError("front: unplugged")
    almost = [*steady(0, STEADY_S - 1), broken]
    scene = Scene(almost, almost, almost, steady(0))
    scene.run()
    assert scene.faults_over == [False, True]
    assert scene.clock.waits == list(REOPEN_S[:3])


def test_a_fault_calls_the_camera_as_the_owner_does_and_the_log_has_its_id(caplog: pytest.LogCaptureFixture) -> None:
    broken = CameraError("unplugged")
    scene = Scene([None] * 30, [*steady(0, 20), *[None, make_frame(300)] * 12, broken], [make_frame(0)])
    told: dict[str, str] = {}
    scene.on_beat = lambda: told.update({fault.text: fault.key for fault in scene.health.faults()})
    scene.run()
    assert len(told) == 4, "silent, sends again, slow, unplugged"
    assert all(text.startswith("camera Front door ") for text in told if text != "unplugged")
    assert set(told.values()) == {"camera:front", "rate:front"}
    assert all(f"fault began key={key}" in caplog.text for key in told.values())


def test_a_lost_camera_ends_its_event() -> None:
    scene = Scene([make_frame(0), CameraError("front: unplugged")], [None], script={0: (unnamed(Phase.OPENED),)})
    assert [event.phase for event in scene.run()] == [Phase.OPENED, Phase.ENDED]


def test_a_clean_stop_ends_the_open_event() -> None:
    opened, ended = Scene([make_frame(0), make_frame(1)], script={0: (unnamed(Phase.OPENED),)}).run()
    assert (opened.phase, ended.phase) == (Phase.OPENED, Phase.ENDED)
    assert ended.id == opened.id


def test_r16_a_silent_camera_counts_as_lost_within_20_s() -> None:
    scene = Scene([None] * 30, [make_frame(0)])
    scene.run()
    assert len(scene.camera.opened_s) == 2
    assert scene.camera.opened_s[1] - scene.camera.opened_s[0] <= LOST_AFTER_S + 3


def test_a_camera_that_was_steady_starts_the_waits_from_the_shortest_again() -> None:
    broken = CameraError("front: unplugged")
    scene = Scene([broken], [broken], [*steady(0), broken], [make_frame(0)])
    scene.run()
    assert scene.clock.waits == [REOPEN_S[0], REOPEN_S[1], REOPEN_S[0]]


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
    assert max(scene.clock.waits) <= 5


def test_changed_settings_count_from_the_next_frame_on() -> None:
    scene = Scene([make_frame(0), make_frame(1)])
    changed = MotionSettings(min_area=0.01)
    scene.watch.apply(changed, [])
    scene.run()
    assert scene.pipeline.settings == [(0, changed, ())]
    assert scene.pipeline.steps == [0, 1]


def test_settings_that_change_while_others_are_taken_over_count_as_well() -> None:
    scene = Scene([make_frame(0), make_frame(1)])
    first, second, third = (MotionSettings(min_area=area) for area in (0.01, 0.02, 0.03))
    scene.watch.apply(first, [])
    scene.watch.apply(second, [])
    scene.pipeline.on_apply = lambda: scene.watch.apply(third, [])
    scene.run()
    assert scene.pipeline.settings == [(0, second, ()), (1, third, ())], "the newest count, none is lost"


def test_becoming_armed_ends_the_open_event_so_that_what_still_moves_counts_anew() -> None:
    script = {number: (unnamed(Phase.OPENED),) for number in (0, 2)}
    scene = Scene([make_frame(0), make_frame(1), make_frame(2)], script=script)

    def arm_after_the_first_frame() -> None:
        if len(scene.pipeline.steps) == 1:
            scene.watch.begin_anew()
            scene.watch.begin_anew()

    scene.on_beat = arm_after_the_first_frame
    first, first_ended, second, _ = scene.run()
    assert [first.phase, first_ended.phase, second.phase] == [Phase.OPENED, Phase.ENDED, Phase.OPENED]
    assert first_ended.id == first.id != second.id
    assert scene.pipeline.steps == [0, 1, 2], "no frame is left out"


def test_beginning_anew_without_an_event_or_a_camera_does_nothing() -> None:
    scene = Scene([CameraError("front: unplugged")], [make_frame(0)])
    scene.watch.begin_anew()
    assert scene.run() == []
    assert scene.pipeline.steps == [0]


def frames_of(*lumas: Any, gap_s: float = 0.1) -> list[Answer]:
    return [replace(make_frame(index, index * gap_s), luma=luma) for index, luma in enumerate(lumas)]


def noise(seed: int) -> Any:
    return np.random.default_rng(seed).integers(0, 256, (48, 64), np.uint8)


def test_r17_a_camera_that_hangs_on_one_picture_is_opened_again_and_told_within_20_s() -> None:
    scene = Scene(frames_of(*[noise(1)] * 150), [make_frame(0)])
    scene.camera.live = True
    told: list[str] = []
    scene.on_beat = lambda: told.extend(fault.text for fault in scene.health.faults())
    scene.run()
    assert "camera Front door has sent the very same picture for 8 s" in told[0]
    assert scene.camera.opened_s[1] - scene.camera.opened_s[0] < 20


def test_a_camera_whose_picture_is_hidden_altogether_does_not_hang() -> None:
    hidden = np.zeros((48, 64), np.uint8)
    scene = Scene([replace(make_frame(index), luma=hidden, visible=hidden) for index in range(200)])
    scene.camera.live = True
    scene.run()
    assert scene.health.faults() == ()
    assert len(scene.camera.opened_s) == 1


def test_a_recording_that_repeats_itself_is_not_taken_for_a_camera_that_hangs() -> None:
    scene = Scene(frames_of(*[noise(1)] * 300))
    scene.run()
    assert scene.health.faults() == ()
    assert len(scene.camera.opened_s) == 1


def test_r21_a_camera_that_becomes_slow_is_a_fault_and_its_events_go_on() -> None:
    scene = Scene([*steady(0, 20), *[None, make_frame(300)] * 12], script={300: (unnamed(Phase.OPENED),)})
    told: list[str] = []
    scene.on_beat = lambda: told.extend(fault.key for fault in scene.health.faults())
    events = scene.run()
    assert "rate:front" in told and "camera:front" not in told
    assert events[0].phase is Phase.OPENED


def test_r21_a_camera_that_sends_hardly_any_pictures_is_a_fault_of_its_own_between_which_somebody_may_pass() -> None:
    scene = Scene([*steady(0, 20), *[*[None] * 6, make_frame(300)] * 6])
    told: dict[str, str] = {}
    last: list[set[str]] = []

    def look() -> None:
        told.update({fault.key: fault.text for fault in scene.health.faults()})
        last.append({fault.key for fault in scene.health.faults()} & {"rate:front", "sparse:front"})

    scene.on_beat = look
    scene.run()
    assert "so somebody may pass unseen" in told["sparse:front"]
    assert {"rate:front", "sparse:front"} not in last


def test_a_lost_camera_is_not_told_to_be_slow_as_well() -> None:
    scene = Scene([*steady(0, 20), *[None] * 4, make_frame(300), *[None] * 4, make_frame(301), *[None] * 12], [None])
    last: list[set[str]] = []
    scene.on_beat = lambda: last.append({fault.key for fault in scene.health.faults()})
    scene.run()
    assert {"rate:front"} in last
    assert last[-1] == {"camera:front"}


STUCK = "its infrared-cut filter does not move: GPIO 17 cannot be driven"


def test_what_of_a_camera_fails_while_its_pictures_come_is_a_fault_until_it_is_over() -> None:
    stuck = [replace(make_frame(index), trouble=STUCK) for index in range(1, 4)]
    scene = Scene([make_frame(0), *stuck, make_frame(4)], script={0: (unnamed(Phase.OPENED),)})
    told: list[tuple[str, str]] = []
    scene.on_beat = lambda: told.extend((fault.key, fault.text) for fault in scene.health.faults())
    events = scene.run()
    assert set(told) == {("part:front", f"camera Front door: {STUCK}")}
    assert scene.faults_over == [False, True]
    assert [event.phase for event in events] == [Phase.OPENED, Phase.ENDED], "the watch goes on"


def test_a_lost_camera_is_not_told_to_have_a_failing_part_as_well_until_it_is_back() -> None:
    stuck = replace(make_frame(0), trouble=STUCK)
    scene = Scene([stuck, CameraError("front: unplugged")], [stuck, stuck])
    told: list[set[str]] = []
    scene.on_beat = lambda: told.append({fault.key for fault in scene.health.faults()})
    scene.run()
    assert {"camera:front"} in told
    assert {fault.key for fault in scene.health.faults()} == {"camera:front", "part:front"}


def test_what_came_of_the_asked_rate_is_a_fact_as_soon_as_it_is_known() -> None:
    scene = Scene(steady(0, 12))
    scene.run()
    assert scene.health.facts()["camera:front"] == "scripted; 10.0 frames/s"


def test_what_an_opened_camera_cannot_do_is_a_fact_of_it() -> None:
    scene = Scene([make_frame(0)])
    scene.camera.remarks = ("it has no autofocus, so focus_m is left out",)
    scene.run()
    assert scene.health.facts()["camera:front"] == "scripted; it has no autofocus, so focus_m is left out"


def test_fact_17_a_camera_that_needs_a_new_process_ends_the_watch_with_its_reason() -> None:
    gone = CameraError("front: does not come back", needs_new_process=True)
    scene = Scene([make_frame(0), gone], script={0: (unnamed(Phase.OPENED),)})
    with pytest.raises(CameraError, match="does not come back"):
        scene.watch.work(scene.stop, lambda: None)
    assert [fault.text for fault in scene.health.faults()] == ["front: does not come back"]
    assert not scene.camera.is_open


def test_what_was_no_event_is_handed_on_with_what_the_alarm_did_and_so_is_the_rest_at_the_end() -> None:
    scene = Scene([make_frame(0), make_frame(1)])
    first, second = make_dismissed("too fast"), make_dismissed("in ignore zone street")
    scene.pipeline.dismissed, scene.pipeline.left = {1: (first,)}, (second,)
    scene.watch.work(scene.stop, scene.on_beat)
    handed = [scene.inbox.get(0), scene.inbox.get(0)]
    assert [each.rows for each in handed if isinstance(each, Dismissals)] == [(first,), (second,)]
    assert all(each.status.mode is Mode.DISARMED for each in handed if isinstance(each, Dismissals))


def test_what_moved_before_the_alarm_was_armed_is_not_handed_on() -> None:
    scene = Scene([make_frame(0), make_frame(1)])
    scene.pipeline.left = (make_dismissed("too fast"),)
    scene.watch.begin_anew()
    assert scene.run() == []


def test_how_small_a_difference_the_camera_sees_is_a_fact() -> None:
    scene = Scene([make_frame(0), make_frame(1)])
    scene.pipeline.seeing = Seeing(12.0, 8.0, START)
    scene.run()
    assert scene.health.facts()["seeing:front"].startswith("since 12:00 a dark coat would be missed; ")


def test_whether_pets_are_told_is_a_fact_while_it_is_set() -> None:
    scene = Scene([make_frame(number) for number in range(120)])
    scene.pipeline.seeing, scene.pipeline.pets = Seeing(12.0, 30.0, None), "cats are still told"
    told: list[str | None] = []

    def look() -> None:
        told.append(scene.health.facts().get("pets:front"))
        if len(told) == 50:
            scene.pipeline.pets = ""

    scene.on_beat = look
    scene.run()
    assert (told[0], told[40], told[-1]) == (None, "cats are still told", None)


def test_a_lost_camera_sees_nothing() -> None:
    scene = Scene([make_frame(0), make_frame(1), CameraError("unplugged")], [])
    scene.pipeline.seeing = Seeing(12.0, 30.0, None)
    seen = set()
    scene.on_beat = lambda: seen.add((bool(scene.health.faults()), "seeing:front" in scene.health.facts()))
    scene.run()
    assert (False, True) in seen
    assert (True, True) not in seen


def test_what_a_camera_sees_is_told_anew_each_second() -> None:
    scene = Scene(steady(0, 2.0))
    said: list[str | None] = []

    def look() -> None:
        said.append(scene.health.facts().get("seeing:front"))
        scene.pipeline.seeing = Seeing(len(said), 8.0, None)

    scene.on_beat = look
    scene.run()
    assert len(set(said)) >= 3
