"""What several effects share: their part of the picture, and a veil over it."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from pisecurity.adapters.cameras.stage.canvas import TO_YCC, Canvas, Image, Where
from pisecurity.adapters.cameras.stage.effects.effect import Setting
from pisecurity.adapters.cameras.stage.place import DAY, Area
from pisecurity.core.types import Plane

GREY: Final = 128
_DARKEST: Final = 8.0


def area_of(setting: Setting, name: str) -> Area:
    """Return a part of the place.

    Raises:
        ValueError: the place has no such area.
    """
    area = setting.place.areas.get(name)
    if area is None:
        known = ", ".join(sorted(setting.place.areas)) or "none"
        raise ValueError(f"this place has no area {name}; it has: {known}")
    return area


def outdoors_only(setting: Setting, what: str) -> None:
    """Refuse a room.

    Raises:
        ValueError: the place is indoors.
    """
    if not setting.place.outdoors:
        raise ValueError(f"{what} falls outdoors only, and this place is a room")


class Region:
    """A part of the picture in even pixels, cut off at its rim; it may be empty."""

    def __init__(self, area: Area, setting: Setting) -> None:
        self.left, self.top, right, bottom = area.pixels(setting.view)
        self.width, self.height = max(0, right - self.left), max(0, bottom - self.top)

    @property
    def empty(self) -> bool:
        return self.width < 2 or self.height < 2

    def where(self, half: int = 1) -> Where:
        """Return its place in a plane whose pixels are *half* pixels of the picture wide."""
        rows = slice(self.top // half, (self.top + self.height) // half)
        return rows, slice(self.left // half, (self.left + self.width) // half)


class Lit:
    """Tells how bright a region is at the moment, compared with the day."""

    def __init__(self, region: Region, setting: Setting) -> None:
        self._where = region.where()
        day = setting.place.lights[DAY][self._where].astype(np.float32)
        self._day = max(_DARKEST, float(cv2.transform(day, TO_YCC[:1]).mean())) if day.size else 1.0

    def share(self, canvas: Canvas) -> float:
        """Return the mean brightness as a share of that of the day."""
        return float(canvas.y[self._where].mean()) / self._day


def mix_in(plane: Plane, tone: float, cover: NDArray[np.uint8]) -> None:
    """Replace *plane* by an even *tone* where *cover*, of its shape, is 255, and in part where it is less."""
    away = cv2.subtract(np.full_like(plane, round(tone)), plane, dtype=cv2.CV_16S)
    share = cv2.multiply(away, cover, scale=1 / 255, dtype=cv2.CV_16S)
    cv2.add(plane, share, dst=plane, dtype=cv2.CV_8U)


def veil(canvas: Canvas, cover: Plane, tone: float) -> None:
    """Lay something bright over the picture, which what is brighter than *tone* outshines.

    *cover*: (H, W), 255 hides what is behind.
    """
    darker = cv2.subtract(np.full_like(canvas.y, round(tone)), canvas.y)
    cv2.add(canvas.y, cv2.multiply(darker, cover, scale=1 / 255), dst=canvas.y)
    if canvas.u is None or canvas.v is None:
        return
    small = np.asarray(cv2.resize(cover, canvas.u.shape[::-1], interpolation=cv2.INTER_AREA), np.uint8)
    mix_in(canvas.u, GREY, small)
    mix_in(canvas.v, GREY, small)


def scale_light(canvas: Canvas, region: Region, factors: Image) -> None:
    """Make a region brighter or darker; *factors*: (h, w) of the region."""
    part = canvas.y[region.where()]
    cv2.multiply(part, factors, dst=part, dtype=cv2.CV_8U)


def warped(plane: Plane, columns: Image, rows: Image) -> Plane:
    """Return *plane* with each pixel taken from *columns*, *rows* pixels beside it; (h, w) each."""
    height, width = plane.shape
    across = columns + np.arange(width, dtype=np.float32)[None, :]
    down = rows + np.arange(height, dtype=np.float32)[:, None]
    return np.asarray(cv2.remap(plane, across, down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.uint8)
