"""One opened Picamera2: configured, started, asked for frames, restarted and closed, without ever waiting for ever.

The library runs an event loop in a thread of its own. What is asked of it becomes a job in a queue; a job that
nobody waits for any more stays there, takes a frame when one comes and never gives it back. So there is one job,
kept until it is done, and the queue is emptied before the camera is stopped.
"""

from __future__ import annotations

import atexit
import concurrent.futures
import contextlib
import gc
import logging
import os
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pisecurity.adapters.cameras.picamera2.library import Library
from pisecurity.errors import CameraError

log = logging.getLogger(__name__)

ONE_AT_A_TIME = threading.Lock()
"""All cameras share the library's manager, whose thread ends with the last camera and begins with the first."""
# Before Python 3.11 the two were different, and picamera2 raises either.
TIMED_OUT = (TimeoutError, concurrent.futures.TimeoutError)


class Session:
    """Owns one Picamera2 from its opening to its closing.

    Raises:
        RuntimeError, OSError: from the constructor and ``start``, as the library raises them.
    """

    def __init__(self, library: Library, number: int, tuning: Path | None) -> None:
        self.library = library
        with ONE_AT_A_TIME:
            self._picam2 = _constructed(library, number, tuning)
        self._loop = library.previews.NullPreview()
        self._job: Any = None
        self._orders: dict[str, Any] = {}

    @property
    def picam2(self) -> Any:
        """The library's object, for what is asked of it once."""
        return self._picam2

    @property
    def controls(self) -> Mapping[str, tuple[Any, Any, Any]]:
        """Controls of the camera as configured: least, greatest and default value by name."""
        controls: Mapping[str, tuple[Any, Any, Any]] = self._picam2.camera_controls
        return controls

    @property
    def waiting(self) -> bool:
        """Whether a job of an earlier call still waits for its frame, or has been done meanwhile."""
        return self._job is not None

    def start(self) -> None:
        """Start the event loop and the camera."""
        # Our own loop object, because only its thread tells whether the loop still lives.
        self._picam2.start_preview(self._loop)
        self._picam2.start()

    def set(self, controls: Mapping[str, Any]) -> None:
        """Give *controls* to the camera with the next request; those it does not have are left out."""
        known = {name: value for name, value in controls.items() if name in self._picam2.camera_controls}
        if known:
            self._orders |= known
            # A request that goes back takes the controls and leaves an empty set: what is set in between would be lost.
            with self._picam2.request_lock:
                self._picam2.set_controls(known)

    def next_request(self, timeout_s: float) -> Any | None:
        """Return the next completed request, which the caller must release, or None when none came in time.

        Raises:
            CameraError: the event loop has died.
        """
        if not self._loop.thread.is_alive():
            raise CameraError("the camera library's event loop has died; the log says of what")
        if self._job is None:
            self._job = self._picam2.capture_request(wait=False)
        try:
            request = self._picam2.wait(self._job, timeout=timeout_s)
        except TIMED_OUT:
            return None
        except concurrent.futures.CancelledError:
            request = None
        self._job = None
        return request

    def restart(self) -> None:
        """Stop and start the stream: what a camera that fell silent needs. Requests still held become worthless."""
        # cancel, stop, start: a stop queues behind the waiting job, and a cancel after it would cancel the stop.
        # Without its event loop the camera is stopped from this thread, whatever became of the loop.
        self._cancel()
        self._picam2.stop_preview()
        self._picam2.stop()
        # The library forgets the controls of the start before.
        self._picam2.set_controls(self._orders)
        self.start()

    def close(self) -> None:
        """Close the camera and give back threads and descriptors; logs what goes wrong."""
        try:
            self._cancel()
            # close() ends the event loop first and then stops the camera from this thread, so that it also works
            # when the loop has died.
            with ONE_AT_A_TIME:
                self._picam2.close()
        except (RuntimeError, OSError) as error:
            log.warning("camera closed with a complaint reason=%s", error)
        del self._picam2, self._loop
        # picamera2's objects refer to each other in rings, and hold pipes, an epoll and memory for pictures.
        gc.collect()

    def _cancel(self) -> None:
        self._picam2.cancel_all_and_flush()
        self._job = None


def _constructed(library: Library, number: int, tuning: Path | None) -> Any:
    """Return a Picamera2; when that fails, nothing of it is left open.

    Its constructor leaks a pipe and, failing late, the camera itself: over a night without a camera that would
    use up all descriptors.
    """
    # A user who may not have the memory for pictures is found out before the camera is taken.
    library.allocators.DmaHeap().close()
    picam2 = library.class_.__new__(library.class_)
    with contextlib.ExitStack() as undo:
        undo.callback(_discard, picam2)
        picam2.__init__(number, tuning=str(tuning) if tuning else None)
        undo.pop_all()
    # It would close itself when the process ends, and a driver that hangs must not keep the process from ending.
    atexit.unregister(picam2.close)
    return picam2


def _discard(picam2: Any) -> None:
    if getattr(picam2, "is_open", False):
        with contextlib.suppress(RuntimeError):
            picam2.camera.release()
    # From here on its own destructor finds nothing to close.
    picam2.is_open, picam2._preview = False, None  # noqa: SLF001
    if "notifymeread" in vars(picam2):
        picam2.notifymeread.close()
        with contextlib.suppress(OSError):
            os.close(picam2.notifyme_w)
