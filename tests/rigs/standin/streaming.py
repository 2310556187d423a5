"""A running camera: one frame after the other into the queued requests, from start() to stop()."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from tests.rigs.standin import controls as ids
from tests.rigs.standin.algorithms import AutoExposure, AutoFocus, Exposure
from tests.rigs.standin.configuration import StreamConfiguration
from tests.rigs.standin.controls import AeStateEnum
from tests.rigs.standin.layout import store
from tests.rigs.standin.requests import FrameBuffer, FrameStatus, Request, RequestStatus
from tests.rigs.standin.sensors import Mode
from tests.rigs.standin.sources import Planes, black, cropped, flipped, grainy, lit, whole
from tests.rigs.standin.steering import StandinCamera
from tests.rigs.standin.values import FLIPS, ControlId, Rectangle

POLL_S = 0.005
USB_FRAME_US = 33_333


class Tuning:
    """What controls have set; lasts from one start to the next, until the camera is configured anew."""

    def __init__(self, camera: StandinCamera, mode: Mode) -> None:
        self.mode = mode
        self.exposure = AutoExposure(camera.model, round(1e6 / mode.fps))
        self.focus = AutoFocus()
        self.crop = Rectangle(*mode.crop)

    def take(self, controls: Mapping[str, Any]) -> None:
        """Apply the controls that came with a start or a request."""
        self.exposure.take(controls)
        self.focus.take(controls)
        self.crop = controls.get("ScalerCrop", self.crop)


class Streaming:
    """Owns the sensor's thread."""

    def __init__(
        self,
        camera: StandinCamera,
        tuning: Tuning,
        start_controls: Mapping[ControlId, Any],
        post: Callable[[Request], None],
    ) -> None:
        self._camera, self._tuning, self._post = camera, tuning, post
        self._sequence = self._drawn = 0
        self._filled = 0
        """Buffers filled: what a driver behind the sensor counts."""
        self._slot: float | None = None
        self._grain = np.random.default_rng()
        self._last: dict[tuple[int, int], Planes] = {}
        self._queue: deque[Request] = deque()
        self._requests: set[Request] = set()
        self._lock = threading.Lock()
        self._given_up = False
        self._stop = threading.Event()
        self._apply(start_controls)
        self._thread = threading.Thread(target=self._run, name=f"standin-sensor {camera.model.name}", daemon=True)
        self._thread.start()

    def queue(self, request: Request) -> None:
        """Take a request; after the frontend timeout it comes back cancelled at once."""
        with self._lock:
            self._requests.add(request)
            if not self._given_up:
                self._queue.append(request)
            self._count()
        if self._given_up:
            self._cancel(request)

    def stop(self) -> None:
        """Stop the sensor and give every queued request back, cancelled."""
        self._stop.set()
        self._thread.join()
        self._cancel_all()
        self._camera.queued = self._camera.outside = 0

    def _count(self) -> None:
        self._camera.queued = len(self._queue)
        self._camera.outside = len(self._requests) - len(self._queue)

    def _cancel(self, request: Request) -> None:
        request.status = RequestStatus.Cancelled
        for buffer in request.buffers.values():
            buffer.metadata.status = FrameStatus.Cancelled
        self._post(request)

    def _cancel_all(self) -> None:
        with self._lock:
            cancelled, self._queue = list(self._queue), deque()
            self._count()
        for request in cancelled:
            self._cancel(request)

    def _apply(self, controls: Mapping[ControlId, Any]) -> None:
        named = {control.name: value for control, value in controls.items()}
        self._camera.applied += [(self._sequence, name, value) for name, value in named.items()]
        self._tuning.take(named)

    def _run(self) -> None:
        plugged = time.monotonic()
        due = plugged + self._tuning.exposure.expose(self._camera.lux).frame_us / 1e6
        while not self._stop.wait(max(0.0, due - time.monotonic())):
            now = time.monotonic()
            if self._camera.unplugged:
                self._give_up_after(now - plugged)
                due = now + POLL_S
                continue
            plugged = now
            # A machine too slow for the asked rate gets fewer frames, not a burst of late ones.
            due = max(due, now - POLL_S)
            due += self._frame(due)

    def _give_up_after(self, waited_s: float) -> None:
        limit_s = self._camera.frontend_timeout_s
        if limit_s is not None and waited_s > limit_s and not self._given_up:
            with self._lock:
                self._given_up = True
            self._cancel_all()

    def _frame(self, due: float) -> float:
        """Take one frame into the next request, if one waits; return how many seconds it lasts."""
        with self._lock:
            request = self._queue.popleft() if self._queue and not self._given_up else None
        if request is not None:
            self._apply(request.controls)
        exposure = self._tuning.exposure.expose(self._camera.lux)
        self._tuning.focus.step(self._camera.sharp_at, self._camera.af_fails)
        lasts, self._slot = None if self._slot is None else due - self._slot, due
        if request is None:
            self._camera.starved += bool(self._requests)
        else:
            self._complete(request, exposure, due, exposure.frame_us if lasts is None else round(lasts * 1e6))
        self._sequence += 1
        frame_s = (USB_FRAME_US if self._camera.model.is_usb else exposure.frame_us) / 1e6
        return max(frame_s, 1 / self._camera.fps) if self._camera.fps else frame_s

    def _complete(self, request: Request, exposure: Exposure, due: float, frame_us: int) -> None:
        timestamp = round((due + self._camera.timestamp_jump_s) * 1e9)
        if not self._camera.frozen:
            self._drawn = self._sequence
        for stream, buffer in request.buffers.items():
            used = self._draw(buffer, stream.configuration, exposure)
            if _every(self._camera.half_every, self._sequence):
                used //= 2
            buffer.complete(self._status(), self._filled, timestamp, used)
        self._filled += 1
        metadata = self._metadata(exposure, timestamp, frame_us)
        request.metadata = {ids.IDS[name]: value for name, value in metadata.items()}
        request.status, request.sequence = RequestStatus.Complete, self._sequence
        with self._lock:
            self._camera.frames += 1
            self._count()
        self._post(request)

    def _status(self) -> FrameStatus:
        if self._sequence < self._camera.startup_frames:
            return FrameStatus.Startup
        return FrameStatus.Error if _every(self._camera.error_every, self._sequence) else FrameStatus.Success

    def _draw(self, buffer: FrameBuffer, stream: StreamConfiguration, exposure: Exposure) -> int:
        memory = buffer.memory()
        if stream.is_raw:
            memory[:16] = self._drawn % 256
            return len(memory)
        size = stream.wide_high
        if not (self._camera.frozen and size in self._last):
            self._last[size] = self._seen(size, exposure)
        return store(self._last[size], memory, str(stream.pixel_format), size, stream.stride)

    def _seen(self, size: tuple[int, int], exposure: Exposure) -> Planes:
        planes = whole((black if self._camera.black else self._camera.source)(self._drawn, size), size)
        if self._camera.brightness_follows_exposure:
            planes = lit(planes, exposure.share)
        x, y, width, height = self._tuning.mode.crop
        crop = self._tuning.crop
        part = ((crop.x - x) / width, (crop.y - y) / height, crop.width / width, crop.height / height)
        return flipped(grainy(cropped(planes, part), self._grain), *FLIPS[self._camera.orientation])

    def _metadata(self, exposure: Exposure, timestamp: int, frame_us: int) -> dict[str, Any]:
        focus = self._tuning.focus
        found: dict[str, Any] = {"SensorTimestamp": timestamp}
        if not self._camera.model.is_usb:
            found |= {
                "ExposureTime": exposure.exposure_us,
                "AnalogueGain": exposure.gain,
                "DigitalGain": 1.0,
                # As long as it was: a machine too slow for the asked rate is no sensor that lost frames.
                "FrameDuration": frame_us,
                "Lux": self._camera.lux,
                "AeState": int(AeStateEnum.Converged),
                "ColourTemperature": 4500,
                "ColourGains": (1.8, 1.6),
                "FocusFoM": round(1000 / (1 + abs(focus.position - self._camera.sharp_at))),
                "SensorTemperature": 38.0,
                "SensorBlackLevels": (4096,) * 4,
                "ScalerCrop": self._tuning.crop,
            }
        if self._camera.model.has_focus:
            found |= {"AfState": int(focus.state), "AfPauseState": 0, "LensPosition": focus.position}
        for name, value in list(self._camera.metadata.items()):
            found[name] = value(self._sequence) if callable(value) else value
        return {name: value for name, value in found.items() if value is not None}


def _every(step: int, sequence: int) -> bool:
    return step > 0 and sequence % step == step - 1
