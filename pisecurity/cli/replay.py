"""What a recording would have raised: the steps of the daemon without any of its threads."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from resource import RUSAGE_SELF, getrusage
from time import thread_time
from typing import Any, Protocol

import cv2
from pydantic import ValidationError

from pisecurity import config
from pisecurity.adapters.cameras.file import FileCamera
from pisecurity.adapters.cameras.masked import MaskedCamera
from pisecurity.adapters.cameras.timing import Thinner
from pisecurity.adapters.cameras.y4m import Y4mCamera
from pisecurity.adapters.clock import SystemClock
from pisecurity.cli.annotate import Annotator
from pisecurity.cli.progress import Progress
from pisecurity.cli.words import told_with_others
from pisecurity.core.alarm.rules import names
from pisecurity.core.types import ARMED_MODES, MODES, Box, Dismissed, Event, Frame, Phase, TrackState
from pisecurity.core.vision.pipeline import Pipeline, Step
from pisecurity.errors import CameraError, ConfigError, EndOfStreamError, PiSecurityError, UnknownCameraError
from pisecurity.ports import Camera, CameraInfo
from pisecurity.settings import LEAST_FPS, CameraSettings, MotionSettings, ZoneSettings, named_camera

STDIN = "-"
FPS = 10.0
CLIP_NAMES = (".mp4", ".m4v")
SHOWN_AS_BOX = (TrackState.CONFIRMED, TrackState.HOLDING)


@dataclass(frozen=True, slots=True)
class Scene:
    """What to look for, and how often."""

    camera: str
    motion: MotionSettings
    zones: tuple[ZoneSettings, ...]
    fps: float | None
    """None: as configured for a recording, every frame of stdin."""
    speed: int


@dataclass(frozen=True, slots=True)
class Seen:
    """One event from its opening to its end, in seconds from the start of the recording."""

    number: int
    from_s: float
    to_s: float
    reason: str
    """Why it opened."""
    best: Event
    """Its phase with the best view."""
    pixels: tuple[int, int, int, int]
    """Box of the best view."""


class Output(Protocol):
    """One way to print what was seen."""

    def begin(self, source: str, info: CameraInfo) -> None: ...

    def frame(self, frame: Frame, step: Step) -> None: ...

    def event(self, source: str, seen: Seen) -> None: ...

    def untold(self, row: Dismissed, start_s: float) -> None: ...

    def end(self, frames: int, length_s: float) -> None: ...

    def close(self, cpu_s: float, frames: int) -> None: ...


def replay(args: argparse.Namespace) -> int:
    """Replay each file; one that cannot be read is named, and the others go on."""
    scene = _scene(args)
    _check_annotate(args)
    # The CPU time of this thread is then all of the detector's, and decoding has none of it.
    cv2.setNumThreads(1)
    output = _output(args)
    total = Total()
    for source in args.files:
        try:
            _play(source, scene, output, args.annotate, total)
        except PiSecurityError as error:
            total.failed += 1
            print(f"pisecurity: {_without_camera(error, scene.camera)}", file=sys.stderr)
    output.close(total.cpu_s, total.frames)
    return 1 if total.failed else 0


@dataclass(slots=True)
class Total:
    """Sums over all files."""

    frames: int = 0
    cpu_s: float = 0.0
    failed: int = 0


def _scene(args: argparse.Namespace) -> Scene:
    if args.config is None:
        if args.camera is not None:
            raise ConfigError("--camera chooses the zones of a configuration; name that with --config")
        return Scene("replay", MotionSettings(), (), args.fps, args.speed)
    settings = config.load(args.config)
    cameras = {camera.id: camera for camera in settings.camera}
    try:
        labels = {camera.id: camera.label for camera in settings.camera}
        camera = cameras[named_camera(args.camera or settings.camera[0].id, labels)]
    except UnknownCameraError as error:
        raise ConfigError(f"{args.config}: {error}") from None
    return Scene(camera.id, settings.motion, settings.zones_of(camera.id), args.fps or camera.fps, args.speed)


def _check_annotate(args: argparse.Namespace) -> None:
    if args.annotate is None:
        return
    if len(args.files) > 1:
        raise ConfigError("--annotate writes one clip; give one FILE with it")
    if args.annotate.suffix.lower() not in CLIP_NAMES:
        raise ConfigError(f"--annotate {args.annotate}: what it writes is an MP4; give it a name that ends with .mp4")
    try:
        itself = args.annotate.samefile(args.files[0])
    except (OSError, ValueError):  # one of them is not there; whoever opens it says so
        return
    if itself:
        raise ConfigError(f"--annotate {args.annotate}: that is the recording itself; name another file for the clip")


def _play(source: str, scene: Scene, output: Output, annotate: Path | None, total: Total) -> None:
    camera = MaskedCamera(_camera(source, scene), scene.zones)
    info = camera.open()
    try:
        thinner = Thinner(scene.fps, info.fps) if source == STDIN and scene.fps is not None else None
        player = _Player(camera, thinner, scene.speed, 1 / info.fps, Progress(source, info.duration_s, sys.stderr))
        output.begin(source, info)
        with _annotator(annotate, info, scene) as annotator:
            pets = _detect(source, player, scene, output, annotator, total)
    finally:
        camera.close()
    if player.broken:
        raise CameraError(player.broken)
    for remark in (_remark(player.count, min(info.fps, scene.fps or info.fps) / scene.speed), pets):
        if remark:
            print(f"pisecurity: {source}: {remark}", file=sys.stderr)


def _remark(frames: int, fps: float) -> str:
    """Return why nobody can have been found, or nothing."""
    if frames == 1:
        return "one picture alone; give a recording in which something can move"
    if fps < LEAST_FPS:
        return f"only {fps:.2g} frames/s were looked at, too few to follow anybody; {LEAST_FPS:g} are needed"
    return ""


def _detect(
    source: str, player: _Player, scene: Scene, output: Output, annotator: Annotator | None, total: Total
) -> str:
    """Print what is seen; return why pets were told although they are not to be, or nothing."""
    pipeline = Pipeline(scene.camera, scene.motion, scene.zones)
    book = EventBook()
    untold: list[Dismissed] = []
    for frame in player:
        began_s = thread_time()
        step = pipeline.step(frame)
        total.cpu_s += thread_time() - began_s
        total.frames += 1
        output.frame(frame, step)
        for seen in book.note(step.events, frame):
            output.event(source, seen)
        untold += step.dismissed
        if annotator is not None:
            annotator.write(frame, step)
    for seen in book.note(pipeline.finish(), None):
        output.event(source, seen)
    for row in (*untold, *pipeline.finish_ledger()):
        output.untold(row, book.start_s)
    output.end(player.count, player.length_s)
    return f"{pipeline.pets}; a replay knows none from before" if pipeline.pets and not pipeline.scale.known else ""


class _Player:
    """The frames of a camera to analyse, until its end. Why it broke off, if it did, is known afterwards."""

    def __init__(self, camera: Camera, thinner: Thinner | None, speed: int, frame_s: float, progress: Progress) -> None:
        self._camera, self._thinner, self._speed, self._progress = camera, thinner, speed, progress
        self._frame_s = frame_s
        self.count = 0
        self.length_s = 0.0
        self.broken = ""

    def __iter__(self) -> Iterator[Frame]:
        start_s: float | None = None
        passed = 0
        with self._progress as progress:
            while (frame := self._read()) is not None:
                start_s = frame.taken_s if start_s is None else start_s
                # The last frame is shown as long as the others.
                self.length_s = frame.taken_s - start_s + self._frame_s
                progress.show(self.length_s)
                if self._thinner is not None and not self._thinner.takes(frame.taken_s - start_s):
                    continue
                passed += 1
                if (passed - 1) % self._speed == 0:
                    self.count += 1
                    yield frame

    def _read(self) -> Frame | None:
        try:
            while True:
                frame = self._camera.read(1.0)
                if frame is not None:
                    return frame
        except EndOfStreamError as end:
            self.broken = "" if end.whole else str(end)
        except CameraError as error:
            self.broken = str(error)
        return None


class EventBook:
    """Follows events from opening to end."""

    def __init__(self) -> None:
        self._open: dict[int, Seen] = {}
        self.start_s = 0.0
        """When the first frame was taken, in monotonic seconds."""
        self._first = True

    def note(self, events: Sequence[Event], frame: Frame | None) -> list[Seen]:
        """Take in the *events* of *frame*, of None after the last; return those that ended."""
        if self._first and frame is not None:
            self.start_s, self._first = frame.taken_s, False
        ended = []
        for event in events:
            if event.phase is Phase.ENDED:
                ended.append(replace(self._open.pop(event.number), to_s=event.last_s - self.start_s))
            elif frame is not None:
                from_s, pixels = event.opened_s - self.start_s, _pixels(event.box, frame)
                opened = self._open.get(event.number)
                reason = opened.reason if opened else event.reason
                self._open[event.number] = Seen(event.number, from_s, from_s, reason, event, pixels)
        return ended


class Table:
    """For people."""

    _ROW = "{:>3}  {:>9}  {:>9}  {:>8}  {:>5}  {:<16}  {}"

    def __init__(self, *, lists_untold: bool) -> None:
        self._lists_untold = lists_untold
        self._events = self._untold = 0

    def begin(self, source: str, info: CameraInfo) -> None:
        self._events = self._untold = 0
        _say(f"{info.description}, {info.fps:g} frames/s")
        _say(self._ROW.format("#", "from", "to", "seconds", "score", "zones", "why"))

    def frame(self, frame: Frame, step: Step) -> None:
        """A table has no line for a frame."""

    def event(self, source: str, seen: Seen) -> None:
        self._events += 1
        times = (clock_time(seen.from_s), clock_time(seen.to_s), f"{seen.to_s - seen.from_s:.1f}")
        zones = ", ".join(sorted(seen.best.zones)) or "-"
        _say(
            self._ROW.format(seen.number, *times, f"{seen.best.score:.2f}", zones, f"{seen.reason}{_modes(seen.best)}")
        )

    def untold(self, row: Dismissed, start_s: float) -> None:
        self._untold += 1 + row.left_out
        if not self._lists_untold:
            return
        times = (clock_time(row.first_s - start_s), clock_time(row.last_s - start_s), f"{row.lasted_s:.1f}")
        zones = ", ".join(sorted(row.zones)) or "-"
        _say(self._ROW.format("-", *times, f"{row.score:.2f}", zones, told_with_others(row)))

    def end(self, frames: int, length_s: float) -> None:
        which = "without a number above" if self._lists_untold else "listed by --ledger"
        others = f"; moved and not told: {self._untold}, {which}" if self._untold else ""
        _say(f"{_counted(self._events, 'event')} in {clock_time(length_s)}, {_counted(frames, 'frame')}{others}")

    def close(self, cpu_s: float, frames: int) -> None:
        """The sums of all files are told by --frames."""


class EventLines:
    """One JSON object an event."""

    def begin(self, source: str, info: CameraInfo) -> None:
        """Only events have lines."""

    def frame(self, frame: Frame, step: Step) -> None:
        """Only events have lines."""

    def event(self, source: str, seen: Seen) -> None:
        best = seen.best
        line = {
            "file": source,
            "camera": best.camera,
            "event": seen.number,
            "from_s": round(seen.from_s, 3),
            "to_s": round(seen.to_s, 3),
            "box": seen.pixels,
            "zones": sorted(best.zones),
            "entry": bool(best.entry),
            "modes": [name for name, mode in MODES.items() if mode in best.modes],
            "score": round(best.score, 4),
            "reason": seen.reason,
        }
        _say(json.dumps(line))

    def untold(self, row: Dismissed, start_s: float) -> None:
        """Only events have lines."""

    def end(self, frames: int, length_s: float) -> None:
        """Only events have lines."""

    def close(self, cpu_s: float, frames: int) -> None:
        """Only events have lines."""


class FrameLines:
    """One JSON object a frame, and a summary: what a benchmark reads."""

    def __init__(self, *, name_files: bool) -> None:
        self._name_files = name_files
        self._head: dict[str, Any] = {}

    def begin(self, source: str, info: CameraInfo) -> None:
        self._head = {"file": source} if self._name_files else {}

    def frame(self, frame: Frame, step: Step) -> None:
        boxes = [_pixels(track.box, frame) for track in step.tracks if track.state in SHOWN_AS_BOX]
        candidates = [_pixels(track.box, frame) for track in step.tracks if track.state not in SHOWN_AS_BOX]
        score = round(step.motion.score, 5)
        _say(json.dumps({**self._head, "frame": frame.index, "boxes": boxes, "candidates": candidates, "score": score}))

    def event(self, source: str, seen: Seen) -> None:
        """Events are told by --json."""

    def untold(self, row: Dismissed, start_s: float) -> None:
        """What else moves are the candidates of its frames."""

    def end(self, frames: int, length_s: float) -> None:
        """One summary for all files."""

    def close(self, cpu_s: float, frames: int) -> None:
        rss_kb = getrusage(RUSAGE_SELF).ru_maxrss
        _say(json.dumps({"summary": {"frames": frames, "cpu_s": round(cpu_s, 4), "rss_kb": rss_kb}}))


def _modes(event: Event) -> str:
    """Return in which modes *event* would be mailed and which zone keeps it silent in the others; nothing if in all."""
    if event.modes == ARMED_MODES:
        return ""
    return f"; only in mode {names(event.modes)}: {event.objection}"


def _counted(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def clock_time(seconds: float) -> str:
    """Return *seconds* as ``1:02:03.4``, without the hours where there are none."""
    tenths = round(seconds * 10)
    minutes, rest = divmod(tenths, 600)
    hours, minutes = divmod(minutes, 60)
    text = f"{minutes:02}:{rest / 10:04.1f}"
    return f"{hours}:{text}" if hours else text


def _output(args: argparse.Namespace) -> Output:
    if args.frames:
        return FrameLines(name_files=len(args.files) > 1)
    return EventLines() if args.json else Table(lists_untold=args.ledger)


def _annotator(path: Path | None, info: CameraInfo, scene: Scene) -> AbstractContextManager[Annotator | None]:
    if path is None:
        return nullcontext()
    return Annotator(path, info.width, info.height, info.fps / scene.speed)


def _camera(source: str, scene: Scene) -> Camera:
    if source == STDIN:
        if sys.stdin.isatty():
            raise CameraError("stdin: is a keyboard; pipe a YUV4MPEG2 stream in, or name a recording")
        return Y4mCamera(sys.stdin.buffer, scene.camera, SystemClock())
    try:
        settings = CameraSettings(id=scene.camera, kind="file", path=source, pace="fast", fps=scene.fps or FPS)
    except ValidationError:
        raise CameraError(f"{source[:80]!r}: no name of a recording; give the path of a file") from None
    return FileCamera(settings, SystemClock())


def _without_camera(error: PiSecurityError, camera: str) -> str:
    return str(error).removeprefix(f"camera {camera}: ")


def _pixels(box: Box, frame: Frame) -> tuple[int, int, int, int]:
    height, width = frame.luma.shape
    return box.pixels(width, height)


def _say(line: str) -> None:
    """Print at once: who reads a pipe sees each frame as it comes, and one write a frame costs next to nothing."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
