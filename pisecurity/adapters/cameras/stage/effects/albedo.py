"""Adds the light of something that no painted light of the place is."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from pisecurity.adapters.cameras.stage.canvas import TO_YCC, Canvas, Image
from pisecurity.adapters.cameras.stage.effects.effect import Setting
from pisecurity.adapters.cameras.stage.effects.layer import Region
from pisecurity.adapters.cameras.stage.place import DAY, sheet_grid
from pisecurity.core.types import Plane

BASE: Final = 24.0
"""Grey levels added to the day's, because what is in the shade by day may be lit now."""
GLASS: Final = ("window", "door_glass")
THROUGH: Final = 0.2
"""Share of the light that the panes of a room throw back."""
SKY_GREEN: Final = 130
"""The sky is brighter than this."""
SKY_BELOW: Final = 70.0
"""It ends no further below the horizon, in sheet units, because hedges hide the rest."""


def sky_of(setting: Setting) -> Image:
    """Return where sky and haze are by day, (H, W) 0 to 1, judged by colour; no shadow and no lamp reaches them."""
    height, width = setting.view.height, setting.view.width
    if not setting.place.outdoors:
        return np.zeros((height, width), np.float32)
    day = setting.place.lights[DAY].astype(np.int16)
    blue, green, red = (day[..., channel] for channel in range(3))
    _, y = sheet_grid(setting.view)
    sky = (blue > red - 10) & (green > SKY_GREEN) & (y < setting.place.lens.horizon + SKY_BELOW)
    radius = max(1, round(4 * setting.view.scale))
    closed = cv2.morphologyEx(
        sky.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((2 * radius + 1, 2 * radius + 1), np.uint8)
    )
    opened = cv2.morphologyEx(closed, cv2.MORPH_OPEN, np.ones((2 * radius + 1, 2 * radius + 1), np.uint8))
    return np.asarray(cv2.blur(opened.astype(np.float32), (2 * radius + 1, 2 * radius + 1)), np.float32)


class Albedo:
    """What of a light the surfaces of the place throw back: what they show by day, full range."""

    def __init__(self, setting: Setting) -> None:
        day = setting.place.lights[DAY].astype(np.float32)
        ycc = cv2.transform(day, TO_YCC)
        back = (0.9 * ycc[..., 0] + BASE) * (1 - sky_of(setting))
        if not setting.place.outdoors:
            for name in GLASS:
                if name in setting.place.areas:
                    back[Region(setting.place.areas[name], setting).where()] *= THROUGH
        self._y: Plane = np.clip(np.rint(back), 0, 255).astype(np.uint8)
        half = ((setting.view.width + 1) // 2, (setting.view.height + 1) // 2)
        self._colour = [
            np.asarray(
                cv2.resize(np.ascontiguousarray(ycc[..., channel]), half, interpolation=cv2.INTER_AREA), np.float32
            )
            for channel in (1, 2)
        ]

    def shine(self, canvas: Canvas, light: NDArray[np.uint8]) -> None:
        """Add white light, (H, W), 255 as bright as the day."""
        cv2.add(canvas.y, cv2.multiply(self._y, light, scale=1 / 255), dst=canvas.y)
        if canvas.u is None or canvas.v is None:
            return
        small = cv2.resize(light, canvas.u.shape[::-1], interpolation=cv2.INTER_AREA)
        for plane, colour in zip((canvas.u, canvas.v), self._colour, strict=True):
            cv2.add(plane, cv2.multiply(colour, small, scale=1 / 255, dtype=cv2.CV_16S), dst=plane, dtype=cv2.CV_8U)
