"""libcamera's Camera and CameraManager."""

from __future__ import annotations

import contextlib
import os
import queue
import threading
import weakref
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, NoReturn, Protocol

from tests.rigs.standin import controls as ids
from tests.rigs.standin.configuration import CameraConfiguration, Stream, StreamRole
from tests.rigs.standin.requests import Request
from tests.rigs.standin.sensors import Mode
from tests.rigs.standin.steering import Hangs, StandinCamera
from tests.rigs.standin.streaming import Streaming, Tuning
from tests.rigs.standin.values import ControlId, ControlInfo


class Machine(Protocol):
    """What a camera manager finds on the machine it runs on."""

    cameras: list[StandinCamera]
    hangs: Hangs

    @property
    def align(self) -> int:
        """Bytes that rows are padded to."""
        ...

    def enumerated(self, device: Device) -> None:
        """Hear of a camera that may have to be stopped."""
        ...


class Completions:
    """Finished requests, and the descriptor that becomes readable with them."""

    def __init__(self) -> None:
        self.event_fd, self._write_fd = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._done: queue.SimpleQueue[Request] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._open = True

    def post(self, request: Request) -> None:
        with self._lock:
            if self._open:
                self._done.put(request)
                # A full pipe is readable already.
                with contextlib.suppress(BlockingIOError):
                    os.write(self._write_fd, b"\0")

    def take(self) -> list[Request]:
        with contextlib.suppress(BlockingIOError):
            os.read(self.event_fd, 65536)
        return [self._done.get() for _ in range(self._done.qsize())]

    def close(self) -> None:
        with self._lock:
            self._open = False
            os.close(self.event_fd)
            os.close(self._write_fd)


class Device:
    """One camera as one manager found it."""

    def __init__(self, camera: StandinCamera, port: int, machine: Machine, completions: Completions) -> None:
        self.camera, self._machine, self._completions = camera, machine, completions
        self.id = camera.model.identity(port)
        self._tuning = Tuning(camera, camera.model.modes[-1])
        self._acquired = False
        self._streaming: Streaming | None = None

    @property
    def mode(self) -> Mode:
        return self._tuning.mode

    def _called(self, call: str, detail: object = None) -> None:
        self.camera.calls.append((call, detail))
        self._machine.hangs.wait_while(self.camera, call)

    def acquire(self) -> None:
        self._called("acquire")
        if self._acquired or self.camera.busy:
            raise RuntimeError("Failed to acquire camera: Device or resource busy")
        self._acquired = True

    def release(self) -> None:
        self._called("release")
        if self._streaming is not None:
            raise RuntimeError("Failed to release camera: Device or resource busy")
        self._acquired = False

    def generate(self, roles: Sequence[StreamRole]) -> CameraConfiguration:
        return CameraConfiguration(self.camera, roles, self._machine.align)

    def configure(self, configuration: CameraConfiguration) -> None:
        self._called("configure", [(str(stream.pixel_format), stream.wide_high) for stream in configuration])
        if self.camera.configure_error is not None:
            raise self.camera.configure_error
        if not self._acquired or self._streaming is not None:
            raise RuntimeError("Failed to configure camera: Permission denied")
        self._tuning = Tuning(self.camera, configuration.mode() or self.camera.model.modes[-1])
        for stream in configuration:
            stream.stream = Stream(stream)
        self.camera.streams = tuple(configuration)
        self.camera.orientation = configuration.orientation

    def start(self, start_controls: Mapping[ControlId, Any]) -> None:
        self._called("start", {control.name: value for control, value in start_controls.items()})
        if self.camera.start_error is not None:
            raise self.camera.start_error
        if self._streaming is not None:
            raise RuntimeError("Failed to start camera: Device or resource busy")
        self._streaming = Streaming(self.camera, self._tuning, start_controls, self._completions.post)

    def queue(self, request: Request) -> None:
        if self._streaming is None:
            raise RuntimeError("Failed to queue request: Permission denied")
        self._streaming.queue(request)

    def stop(self) -> None:
        self._called("stop")
        self.halt()

    def halt(self) -> None:
        """Stop the sensor's thread, whatever the application does."""
        streaming, self._streaming = self._streaming, None
        if streaming is not None:
            streaming.stop()


class Camera:
    """The application's hold on a camera; keeps the manager alive, as libcamera's does."""

    def __init__(self, manager: CameraManager, device: Device) -> None:
        self._manager, self._device = manager, device
        self.id = device.id
        self.acquire = device.acquire
        self.release = device.release
        self.configure = device.configure
        self.start = device.start
        self.stop = device.stop
        self.queue_request = device.queue

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Camera) and other._device is self._device

    def __hash__(self) -> int:
        return hash(self._device)

    @property
    def properties(self) -> dict[ControlId, Any]:
        return self._device.camera.model.properties()

    @property
    def controls(self) -> dict[ControlId, ControlInfo]:
        advertised = self._device.camera.model.controls(self._device.mode)
        return {ids.IDS[name]: info for name, info in advertised.items()}

    def generate_configuration(self, roles: Sequence[StreamRole]) -> CameraConfiguration:
        return self._device.generate(roles)

    def create_request(self, cookie: int = 0) -> Request:
        return Request(cookie)


class CameraManager:
    """Looks for cameras once, when it is made; lives as long as somebody holds it or one of its cameras."""

    machine: ClassVar[Machine]
    _living: ClassVar[weakref.ref[CameraManager] | None] = None
    version = "stand-in"

    def __init__(self) -> None:
        self._completions = Completions()
        found = [camera for camera in self.machine.cameras if not camera.gone and _tuned(camera)]
        self._devices = [Device(camera, port, self.machine, self._completions) for port, camera in enumerate(found)]
        for device in self._devices:
            self.machine.enumerated(device)
        weakref.finalize(self, _shut, self._devices, self._completions)

    @classmethod
    def singleton(cls) -> CameraManager:
        living = cls._living() if cls._living is not None else None
        if living is None:
            living = cls()
            cls._living = weakref.ref(living)
        return living

    @classmethod
    def forget(cls) -> None:
        """Look anew at the next ``singleton()``, even if something still holds this one, such as a traceback."""
        cls._living = None

    @property
    def cameras(self) -> list[Camera]:
        return [Camera(self, device) for device in self._devices]

    @property
    def event_fd(self) -> int:
        return self._completions.event_fd

    def get(self, name: str) -> Camera | None:
        return next((camera for camera in self.cameras if camera.id == name), None)

    def get_ready_requests(self) -> list[Request]:
        return self._completions.take()


def _tuned(camera: StandinCamera) -> bool:
    """Load the camera's tuning, once for each manager, as libcamera does; one that cannot be read hides the camera."""
    file = os.environ.get("LIBCAMERA_RPI_TUNING_FILE", "")
    camera.tuning = file
    return camera.model.is_usb or not file or Path(file).is_file()


def _shut(devices: Sequence[Device], completions: Completions) -> None:
    for device in devices:
        device.halt()
    completions.close()


class FrameBufferAllocator:
    """The allocator for cameras without DMA heaps."""

    def __init__(self, camera: Camera) -> NoReturn:
        raise NotImplementedError("the stand-in has DMA heaps only: use picamera2's DmaAllocator")


def log_set_level(category: str, level: str) -> None:
    """libcamera's C++ log; there is none here."""
