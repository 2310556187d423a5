"""The cameras of an installation and everything they need, tried one after the other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from pisecurity import config
from pisecurity.adapters.cameras.picamera2.library import Library, PiCameraInfo
from pisecurity.adapters.cameras.v4l2.find import Survey, survey
from pisecurity.adapters.control import FILE_NAME, ControlClient
from pisecurity.adapters.jpeg import SimpleJpegEncoder
from pisecurity.adapters.machine import raspberry
from pisecurity.adapters.machine.raspberry import Machine, holders, miseries
from pisecurity.adapters.state.files import write_whole
from pisecurity.app import build_camera
from pisecurity.cli.findings import Finding, attempt
from pisecurity.core.types import Picture
from pisecurity.errors import CameraError, NoDaemonError, StoreError
from pisecurity.ports import Camera, CameraInfo, Clock
from pisecurity.settings import CameraSettings, ZoneSettings

FIRST_WITHIN_S = 10.0
MEASURED_S = 3.0
LEAST_SHARE = 0.9
"""So much of the asked rate must come."""
EXCLUSIVE = ("picamera2", "v4l2")
"""Kinds of camera that only one program can have."""
MEASURE_IT = "to have it measured and pictured here, stop that first: sudo systemctl stop pisecurity"
BLACK, EVEN = 24, 2.0
"""A picture darker than the one and more even than the other, in steps of 255, shows nothing."""


@dataclass(frozen=True, slots=True)
class Run:
    """What a camera delivered in a few seconds."""

    fps: float
    lost: int
    picture: Picture
    trouble: str
    """``Frame.trouble`` of the last one."""
    hidden: bool
    """Whether privacy zones hide all of it."""


def measured(camera: Camera, clock: Clock, seconds: float = MEASURED_S) -> Run:
    """Read the opened *camera* for some seconds. Raises CameraError: there came too little to judge."""
    first = camera.read(FIRST_WITHIN_S)
    if first is None:
        raise CameraError(f"no picture within {FIRST_WITHIN_S:g} s; check the cable")
    last, frames, picture = first, 0, first.picture()
    until_s = clock.monotonic() + seconds
    while clock.monotonic() < until_s:
        frame = camera.read(seconds)
        if frame is not None:
            last, frames, picture = frame, frames + 1, frame.picture()
    passed_s = last.taken_s - first.taken_s
    if not passed_s:
        raise CameraError(f"one picture and no other within {seconds:g} s; check the cable")
    hidden = last.visible is not None and not last.visible.any()
    return Run(frames / passed_s, last.index - first.index - frames, picture, last.trouble, hidden)


def of_daemon(camera: CameraSettings, status: Mapping[str, Any]) -> str:
    """Return what the running daemon says of *camera*, which nobody else can open meanwhile.

    Raises:
        CameraError: it is a fault.
    """
    key = f"camera:{camera.id}"
    for fault in status["faults"]:
        if fault["key"] in (key, f"sparse:{camera.id}", f"rate:{camera.id}", f"part:{camera.id}"):
            raise CameraError(str(fault["text"]))
    return f"watched by the running daemon: {status['facts'].get(key, 'not opened yet')}"


def daemon_status(state: Path) -> Mapping[str, Any] | None:
    """Return what the daemon of the folder *state* says, None when none runs there.

    Raises:
        ControlError: it does not answer, or not to this user.
    """
    try:
        return ControlClient(state / FILE_NAME).ask("status")
    except NoDaemonError:
        return None


class CameraExamination:
    """Tries what the configured cameras need, and the cameras themselves."""

    def __init__(
        self, state: Path, config_file: Path, pictures: Path, clock: Clock, given: Machine | None = None
    ) -> None:
        """
        Args:
            pictures: folder that takes one picture of each camera.
        """
        self._state, self._config_file, self._pictures, self._clock = state, config_file, pictures, clock
        self._machine = given or raspberry.read_machine()
        self._cameras: Sequence[CameraSettings] = ()
        self._zones: Sequence[ZoneSettings] = ()

    def findings(self) -> Iterator[Finding]:
        """Yield what is found; what no configured camera needs is left out."""
        yield attempt("config", self._config)
        kinds = {camera.kind for camera in self._cameras}
        yield attempt("machine", self._about)
        if "picamera2" in kinds:
            stack = attempt("stack", self._stack)
            yield stack
            yield attempt("set-up", self._set_up)
            if stack.well:
                yield attempt("Pi cameras", self._pi_cameras)
        if "v4l2" in kinds:
            yield attempt("USB cameras", self._usb_cameras)
        yield attempt("users", self._users)
        for camera in self._cameras:
            yield attempt(f"camera {camera.label}", partial(self._camera, camera))

    def _config(self) -> str:
        settings = config.load(self._config_file)
        self._cameras, self._zones = settings.camera, settings.zone
        return f"{self._config_file}: {', '.join(f'{each.id} ({each.kind})' for each in self._cameras)}"

    def _about(self) -> str:
        memory = self._machine.memory_kb
        pictures = f", {memory[1] // 1024} of {memory[0] // 1024} MB for pictures free" if memory else ""
        return f"{self._machine.model}, Linux {self._machine.kernel}{pictures}"

    def _stack(self) -> str:
        """Load everything a Pi camera needs in this one process, as the daemon does."""
        library = Library()
        encoder = "hardware" if library.encodes_in_hardware else "software"
        versions = ", ".join(f"{name} {version}" for name, version in library.versions().items())
        return f"{versions}, H.264 in {encoder}; they load together"

    def _set_up(self) -> str:
        found = miseries(self._machine)
        if found:
            raise CameraError("; ".join(found))
        return f"{self._machine.user} may use {self._machine.heap}"

    def _pi_cameras(self) -> str:
        found = Library().cameras()
        if not found:
            raise CameraError("none is seen; 'set-up' above or the ribbon cable is the cause")
        return ", ".join(map(_told, found))

    def _usb_cameras(self) -> str:
        found: Survey = survey()
        if not found.cameras:
            raise CameraError("; ".join(found.broken) or found.fix)
        return "; ".join((", ".join(map(str, found.cameras)), *found.broken))

    def _users(self) -> str:
        """Who has a camera open; that is no fault, but explains one."""
        programs = holders()
        return f"in use by {', '.join(programs)}" if programs else "no other program has a camera open"

    def _camera(self, settings: CameraSettings) -> str:
        status = daemon_status(self._state) if settings.kind in EXCLUSIVE else None
        if status is not None:
            return f"{of_daemon(settings, status)}; {MEASURE_IT}"
        zones = [zone for zone in self._zones if zone.camera == settings.id]
        camera = build_camera(settings, zones, self._clock)
        try:
            info = camera.open()
            run = measured(camera, self._clock)
        finally:
            camera.close()
        path = self._saved(settings.id, run.picture)
        text = (
            f"{info.description}; asked {settings.fps:g} frames/s, came {run.fps:.1f}, {run.lost} lost; picture {path}"
        )
        if remarks := (*info.remarks, *_weak(run, info)):
            raise CameraError(f"{'; '.join(remarks)} ({text})")
        return text

    def _saved(self, camera: str, picture: Picture) -> Path:
        path = self._pictures / f"camera-{camera}.jpg"
        try:
            write_whole(path, SimpleJpegEncoder().clean(picture))
        except OSError as error:
            raise StoreError(
                f"{path}: cannot be written ({error.strerror}); name another folder with --pictures"
            ) from error
        return path


def _told(camera: PiCameraInfo) -> str:
    return f"{camera.model} at {camera.id}{' (USB: kind v4l2)' if camera.usb else ''}"


def _weak(run: Run, info: CameraInfo) -> Iterator[str]:
    """Yield what is wrong with what came."""
    if run.trouble:
        yield run.trouble
    if run.fps < LEAST_SHARE * (info.least_fps or info.fps):
        yield f"it gives only {run.fps:.1f} of {info.fps:g} frames/s; is the processor busy or too hot?"
    if not run.hidden and run.picture.y.mean() < BLACK and run.picture.y.std() < EVEN:
        yield "the picture is black; is the cap still on the lens, or no light in the room?"
