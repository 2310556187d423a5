"""The stage as a camera: for trying the alarm out without any hardware."""

from __future__ import annotations

import math
from typing import Final

from pisecurity.adapters.cameras.stage.scene import Scene
from pisecurity.adapters.cameras.stage.situations.demo import garden
from pisecurity.adapters.cameras.stage.view import View
from pisecurity.adapters.cameras.timing import Pace, on_grid
from pisecurity.core.types import Frame, Picture
from pisecurity.errors import CameraError
from pisecurity.ports import CameraInfo, Clock, PacketSink
from pisecurity.settings import CameraSettings

WIDTH: Final = 640
HEIGHT: Final = 480
FALLEN_BEHIND_S: Final = 1.0
"""A reader later than this misses frames, as with a real camera."""


class StageCamera:
    """Shows a drawn garden at the frame rate of the settings; its time begins when it is opened."""

    def __init__(self, settings: CameraSettings, clock: Clock) -> None:
        self._settings, self._clock = settings, clock
        self._scene: Scene | None = None
        self._opened = False

    def open(self, packets: PacketSink | None = None) -> CameraInfo:
        """Paint the garden, the first time, and start its clock."""
        if self._scene is None:
            seed = self._settings.seed
            self._scene = Scene(garden(seed, View(WIDTH, HEIGHT)), seed, WIDTH, HEIGHT)
        self._pace = Pace(self._clock)
        self._start_s = on_grid(self._clock.monotonic())
        self._index = -1
        self._opened = True
        what = f"stage, drawn garden {self._settings.seed} {WIDTH}x{HEIGHT}"
        return CameraInfo(WIDTH, HEIGHT, WIDTH, HEIGHT, self._settings.fps, what, packets=False)

    def read(self, timeout_s: float) -> Frame | None:
        """Return the next frame when it is due; None when that is later than *timeout_s* from now.

        Raises:
            CameraError: the camera is not open.
        """
        if not self._opened or self._scene is None:
            raise CameraError(f"camera {self._settings.label} is closed; open it before reading")
        index = self._index + 1
        late_s = self._pace.late_s(self._due_s(index))
        if late_s > FALLEN_BEHIND_S:
            index += math.floor(late_s * self._settings.fps)
        if not self._pace.until(self._due_s(index), timeout_s):
            return None
        self._index = index
        taken_s = self._due_s(index)
        shown = self._scene.render(taken_s - self._start_s)
        return Frame(
            camera=self._settings.id,
            index=index,
            taken_s=taken_s,
            taken_at=self._clock.now(),
            luma=shown.luma,
            picture=lambda: copied(shown.picture),
        )

    def close(self) -> None:
        self._opened = False

    def _due_s(self, index: int) -> float:
        return self._start_s + on_grid(index / self._settings.fps)


def copied(picture: Picture) -> Picture:
    """Return planes of its own for whoever keeps a picture."""
    return Picture(picture.y.copy(), picture.u.copy(), picture.v.copy())
