"""What a test tells a stand-in camera or encoder to do, and what it reads back."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.rigs.standin.sensors import SensorModel
from tests.rigs.standin.sources import Source, moving_block
from tests.rigs.standin.values import Orientation

if TYPE_CHECKING:
    from tests.rigs.standin.configuration import StreamConfiguration


@dataclass(eq=False)
class StandinCamera:
    """One camera. A field may be changed from any thread, and takes effect with the next frame of a running stream."""

    model: SensorModel

    source: Source = moving_block
    lux: float = 400.0
    sharp_at: float = 2.0
    """Where autofocus ends, in dioptres."""
    af_fails: bool = False
    black: bool = False
    frozen: bool = False
    """Frames keep coming with fresh timestamps; their pixels stay."""
    brightness_follows_exposure: bool = True
    """A frame that gets too little light for time and gain comes out dark."""

    gone: bool = False
    """Not there when libcamera next looks for cameras, which it does once for each CameraManager."""
    unplugged: bool = False
    """No request completes any more and nobody is told; frames go on when it is plugged in again."""
    frontend_timeout_s: float | None = None
    """After so long unplugged the driver gives up, as on a Pi: it cancels all requests until stop() and start()."""
    fps: float | None = None
    """Frames come this slowly, whatever was asked for."""
    timestamp_jump_s: float = 0.0
    """Added to every timestamp from now on; may be negative."""
    error_every: int = 0
    """Every so-manieth frame has the status Error."""
    half_every: int = 0
    """Every so-manieth frame fills half of its buffers, which ``metadata.planes[].bytes_used`` tells."""
    startup_frames: int = 0
    """So many frames after each start have the status Startup."""
    metadata: dict[str, object] = field(default_factory=dict)
    """Replaces metadata by name: a value, ``f(seq)``, or None for a key that is missing."""

    busy: bool = False
    """Another process holds it: acquire() fails."""
    configure_error: Exception | None = None
    start_error: Exception | None = None
    adjust: dict[tuple[int, int], tuple[int, int]] = field(default_factory=dict)
    """validate() delivers another size than the asked one."""
    hang: set[str] = field(default_factory=set)
    """Calls that block until ``rig.release_hangs()``: acquire, release, configure, start, stop."""

    calls: list[tuple[str, object]] = field(default_factory=list)
    """Every call made, with a detail."""
    applied: list[tuple[int, str, object]] = field(default_factory=list)
    """Every control that took effect: frame number (0 for start), name, value."""
    tuning: str = ""
    """The tuning file it was listed with; empty is its own."""
    starved: int = 0
    """Frames lost because every request was outside."""
    frames: int = 0
    """Requests completed, over all starts."""
    queued: int = 0
    """Requests that wait inside for a frame."""
    outside: int = 0
    """Requests that completed and were not queued again."""
    streams: Sequence[StreamConfiguration] = ()
    """What was configured last: format, size, stride and colour space of each stream."""
    orientation: Orientation = Orientation.Rotate0
    """How the picture was asked to be turned."""


@dataclass(eq=False)
class StandinEncoder:
    """The hardware H.264 encoder, ``/dev/video11``."""

    present: bool = True
    """False: the device file does not exist."""
    hang: bool = False
    """It takes frames and never gives one back."""
    settings: dict[str, int] = field(default_factory=dict)
    """What it was asked for when it was opened last: bitrate, i_period, width, height, repeat_headers, profile ..."""
    encoded: int = 0
    """Frames encoded."""
    opened: int = 0
    """How many programs hold it open."""


class Hangs:
    """Where a call that was told to hang waits."""

    def __init__(self) -> None:
        self._changed = threading.Condition()

    def wait_while(self, camera: StandinCamera, call: str) -> None:
        with self._changed:
            while call in camera.hang:
                self._changed.wait(0.05)

    def release(self, cameras: Sequence[StandinCamera]) -> None:
        with self._changed:
            for camera in cameras:
                camera.hang.clear()
            self._changed.notify_all()
