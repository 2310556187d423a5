"""Frames at the rate that was asked for: the virtual pipeline completes each request at once, 450 a second."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self
from unittest.mock import patch

USUAL_S = 1 / 30
"""A frame time where none is asked for, as picamera2 has it for video."""
STOP_S = 2.0


class Pace:
    """Holds queued requests back and lets the camera have one each frame time, as a sensor would.

    Every call still reaches the real camera. A frame for which no request waits is not counted, unlike a sensor's.
    """

    def __init__(self, camera_class: Any) -> None:
        self._class = camera_class
        self._start, self._stop, self._queue = camera_class.start, camera_class.stop, camera_class.queue_request
        self._waiting: deque[tuple[Any, Any]] = deque()
        self._lock = threading.Lock()
        self._frame_s, self._due_s = USUAL_S, time.monotonic()
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run, name="virtual-sensor", daemon=True)
        self.unplugged = False
        """While it is set, no frame comes and nothing says why."""

    def __enter__(self) -> Self:
        def start(camera: Any, controls: Mapping[Any, Any] | None = None) -> None:
            self._begin(camera, controls or {})

        def stop(camera: Any) -> None:
            self._halt(camera)

        def queue_request(camera: Any, request: Any) -> None:
            with self._lock:
                self._waiting.append((camera, request))

        self._patch = patch.multiple(self._class, start=start, stop=stop, queue_request=queue_request)
        self._patch.start()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._end.set()
        self._thread.join(STOP_S)
        self._patch.stop()

    def _begin(self, camera: Any, controls: Mapping[Any, Any]) -> None:
        asked_us = next((value for control, value in controls.items() if control.name == "FrameDurationLimits"), None)
        with self._lock:
            self._start(camera, controls)
            self._frame_s = USUAL_S if asked_us is None else asked_us[0] / 1e6
            self._due_s = time.monotonic() + self._frame_s

    def _halt(self, camera: Any) -> None:
        with self._lock:
            self._waiting.clear()
            self._stop(camera)

    def _run(self) -> None:
        while not self._end.wait(max(0.0, min(self._due_s - time.monotonic(), USUAL_S))):
            with self._lock:
                if time.monotonic() < self._due_s:
                    continue
                self._due_s += self._frame_s
                if self._waiting and not self.unplugged:
                    self._queue(*self._waiting.popleft())
