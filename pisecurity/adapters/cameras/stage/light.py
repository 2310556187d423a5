"""How bright it is when: day and night, the lamp beside the door, clouds. Pure functions of the scene's time."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from pisecurity.adapters.cameras.stage.house import LAMP, TRANSOM, WALL_FOOT, WINDOWS, panes
from pisecurity.adapters.cameras.stage.paint import Image, clouds
from pisecurity.adapters.cameras.stage.view import SHEET_HEIGHT, SHEET_WIDTH, View

CYCLE_S: Final = 960.0
"""A day and a night of the stage."""
DUSK_S: Final = 560.0
NIGHT_S: Final = 640.0
DAWN_S: Final = 880.0
LAMP_EVERY_S: Final = 46.0
LAMP_ON_S: Final = 21.0
LAMP_FADE_S: Final = 0.25
LAMP_BY_DAY: Final = 0.28
"""What the lamp adds by day, as a share of what it adds at night."""
CLOUD_EVERY_S: Final = 70.0
CLOUD_DEPTH: Final = 0.30
CLOUD_COARSE: Final = 8
WARM: Final = (96.0, 188.0, 255.0)
"""Colour of the lamp, blue, green, red."""


def _eased(share: float) -> float:
    clamped = min(1.0, max(0.0, share))
    return clamped * clamped * (3 - 2 * clamped)


def daylight(t_s: float) -> float:
    """Return 1 by day, 0 at night, in between at dusk and dawn."""
    at = t_s % CYCLE_S
    if at < DAWN_S:
        return 1 - _eased((at - DUSK_S) / (NIGHT_S - DUSK_S))
    return _eased((at - DAWN_S) / (CYCLE_S - DAWN_S))


def lamp(t_s: float) -> float:
    """Return 1 while the lamp beside the door burns, 0 while it does not; it switches within a quarter second."""
    at = (t_s + 14.0) % LAMP_EVERY_S
    on = LAMP_EVERY_S - LAMP_ON_S
    return min(_eased((at - on) / LAMP_FADE_S), _eased((LAMP_EVERY_S - at) / LAMP_FADE_S))


@dataclass(frozen=True, slots=True)
class Lights:
    """The garden by day, by night, and what the lamp adds; (H, W, 3) float32 BGR, 0 to 255."""

    day: Image
    night: Image
    lamp: Image


def lighten(day: Image, view: View) -> Lights:
    """Derive the night and the lamp's light from the picture of the day, (H, W, 3)."""
    height, width = day.shape[:2]
    x = (np.arange(width, dtype=np.float32) + np.float32(0.5)) / np.float32(view.scale) + np.float32(view.left)
    y = (np.arange(height, dtype=np.float32) + np.float32(0.5))[:, None] / np.float32(view.scale) + np.float32(view.top)
    share = day * (1 / 255)
    night = share**1.25 * np.array((94, 76, 64), np.float32) + np.array((10, 8, 7), np.float32)
    glow = np.zeros((height, width), np.float32)
    for window in WINDOWS:
        left, top, right, bottom = window
        glow += _spill(x, y, ((left + right) / 2, (top + bottom) / 2), 70.0) * np.float32(0.16)
        bar = (y > top + TRANSOM) & (y < top + TRANSOM + 2.5)
        for pane_left, pane_top, pane_right, pane_bottom in panes(window):
            glass = ((x > pane_left) & (x < pane_right)) & ((y > pane_top) & (y < pane_bottom - 1)) & ~bar
            glow[glass] += 0.85
    # Behind its curtain a lit window is brighter than what the glass reflects by day.
    night += (0.25 + 0.75 * share) * glow[..., None] * np.array((84, 150, 206), np.float32)
    reach = _spill(x, y, LAMP, 88.0) + 0.75 * _pool(x, y) + 2.2 * _spill(x, y, LAMP, 7.0)
    lit = (share * 0.95 + 0.03) * reach[..., None] * np.array(WARM, np.float32)
    return Lights(day, night, lit)


def _spill(x: NDArray[np.float32], y: NDArray[np.float32], at: tuple[float, float], reach: float) -> Image:
    distance = ((x - at[0]) ** 2 + (y - at[1]) ** 2) * (1 / reach**2)
    return np.asarray(1 / (1 + distance) ** 1.5, np.float32)


def _pool(x: NDArray[np.float32], y: NDArray[np.float32]) -> Image:
    """Return the lamp's light on the ground, a flat ellipse before the house."""
    distance = ((x - LAMP[0]) / 170) ** 2 + ((y - 300) / 62) ** 2
    return np.asarray(np.exp(-distance) * np.clip((y - WALL_FOOT + 4) / 14, 0, 1), np.float32)


def lamp_at(x: float, y: float) -> float:
    """Return how strongly the lamp lights somebody standing at (*x*, *y*) of the sheet, 0 to 1."""
    return math.exp(-(((x - LAMP[0]) / 210) ** 2) - ((y - 290) / 110) ** 2)


class Clouds:
    """Shadows of clouds that drift over the garden for a third of the time."""

    def __init__(self, rng: np.random.Generator, view: View) -> None:
        self._size = (math.ceil(view.width / CLOUD_COARSE), math.ceil(view.height / CLOUD_COARSE))
        self._scale = view.scale
        field = clouds(rng, SHEET_HEIGHT // CLOUD_COARSE, SHEET_WIDTH * 4 // CLOUD_COARSE, (9, 20), (1.0, 0.35))
        shade = np.clip(field * 0.9 - 0.1, 0, 1)
        self._shade = np.asarray(cv2.GaussianBlur(shade, (0, 0), 4.0), np.float32)

    def share(self, t_s: float) -> float:
        """Return how much of the sky's clouds are over the garden, 0 to 1."""
        at = t_s % CLOUD_EVERY_S
        return _eased((at - 26) / 8) * (1 - _eased((at - 44) / 8))

    def gain(self, t_s: float) -> Image | None:
        """Return the light let through, one value for ``CLOUD_COARSE`` pixels each way; None when the sky is clear."""
        amount = self.share(t_s) * daylight(t_s)
        if amount <= 0:
            return None
        span = SHEET_WIDTH * 3 / CLOUD_COARSE
        # There and back, so that no seam ever passes.
        offset = span / 2 * (1 - math.cos(t_s / 60))
        step = 1 / self._scale
        moved = np.array(((step, 0, offset), (0, step, 0)), np.float32)
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        part = cv2.warpAffine(self._shade, moved, self._size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(1 - CLOUD_DEPTH * amount * part, np.float32)
