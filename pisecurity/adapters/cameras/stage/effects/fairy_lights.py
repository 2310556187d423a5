"""A string of coloured lights that blink."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum
from typing import Final

import cv2
import numpy as np

from pisecurity.adapters.cameras.stage.canvas import TO_YCC, Canvas, Image
from pisecurity.adapters.cameras.stage.curve import FULL, Curve
from pisecurity.adapters.cameras.stage.effects.effect import Playing, Setting
from pisecurity.adapters.cameras.stage.effects.layer import Region, area_of
from pisecurity.adapters.cameras.stage.paint import Colour
from pisecurity.adapters.cameras.stage.place import Area

COLOURS: Final[tuple[Colour, ...]] = ((60, 60, 255), (70, 255, 110), (255, 130, 70), (60, 190, 255), (230, 90, 250))
WARM: Final[Colour] = (130, 205, 255)
GROUPS: Final = 4
"""Lights on one wire go on and off together."""
SPACING: Final = 11.0
"""Sheet units between two lights."""
BOW: Final = 120.0
"""Sheet units between two hooks."""
MARGIN: Final = 14.0
"""How far the glow goes beyond the area, in sheet units."""
_SALT: Final = 97


class Pattern(Enum):
    """What the lights do."""

    STEADY = "steady"
    BLINK = "blink"
    CHASE = "chase"
    FADE = "fade"
    TWINKLE = "twinkle"


@dataclass(frozen=True, slots=True)
class FairyLights:
    """Hang in bows at the upper edge of an area."""

    pattern: Pattern = Pattern.CHASE
    period_s: float = 1.6
    """Of the pattern."""
    strength: Curve = FULL
    coloured: bool = True
    """False: all warm white."""
    area: str = "wall"

    def begin(self, setting: Setting) -> Playing:
        """Return it in its place.

        Raises:
            ValueError: the place has no such area.
        """
        return _Hanging(self, setting)


class _Hanging(Playing):
    def __init__(self, lights: FairyLights, setting: Setting) -> None:
        self._lights, self._setting = lights, setting
        area = area_of(setting, lights.area)
        around = Area(area.left - MARGIN, area.top - MARGIN, area.right + MARGIN, area.bottom)
        self._region = Region(around, setting)
        layers = _layers(setting, area, self._region, coloured=lights.coloured)
        self._glows = [np.ascontiguousarray(layer[..., 0]) for layer in layers]
        half = (max(1, self._region.width // 2), max(1, self._region.height // 2))
        self._tints = [] if self._region.empty else [
            np.asarray(cv2.resize(layer[..., 1:], half, interpolation=cv2.INTER_AREA), np.float32) for layer in layers
        ]  # fmt: skip

    def stir(self, t_s: float, canvas: Canvas) -> None:
        strength, region = self._lights.strength(t_s), self._region
        if strength <= 0 or region.empty:
            return
        glow: Image = np.zeros((region.height, region.width), np.float32)
        shares = [strength * self._share(group, t_s) for group in range(GROUPS)]
        for share, layer in zip(shares, self._glows, strict=True):
            cv2.scaleAdd(layer, share, glow, dst=glow)
        part = canvas.y[region.where()]
        cv2.add(part, glow, dst=part, dtype=cv2.CV_8U)
        if canvas.u is None or canvas.v is None:
            return
        tint = np.zeros_like(self._tints[0])
        for share, layer in zip(shares, self._tints, strict=True):
            cv2.scaleAdd(layer, share, tint, dst=tint)
        for plane, channel in ((canvas.u, 0), (canvas.v, 1)):
            part = plane[region.where(2)]
            cv2.add(part, np.ascontiguousarray(tint[..., channel]), dst=part, dtype=cv2.CV_8U)

    def _share(self, group: int, t_s: float) -> float:
        """Return how bright the lights of a group are at the moment, 0 to 1."""
        turn = t_s / self._lights.period_s
        match self._lights.pattern:
            case Pattern.STEADY:
                return 1.0
            case Pattern.BLINK:
                return 1.0 if (turn + 0.5 * (group % 2)) % 1 < 0.5 else 0.0
            case Pattern.CHASE:
                return 1.0 if (turn - group / GROUPS) % 1 < 0.45 else 0.08
            case Pattern.FADE:
                return 0.5 + 0.5 * math.sin(2 * math.pi * (turn - group / GROUPS))
            case Pattern.TWINKLE:
                rng = self._setting.rng(_SALT, 1, group, math.floor(6 * turn))
                return 1.0 if rng.random() < 0.55 else 0.15


def _layers(setting: Setting, area: Area, region: Region, *, coloured: bool) -> list[Image]:
    """Return the light of each group as (h, w, 3) Y, Cb, Cr to be added."""
    scale = setting.view.scale
    lights: list[Image] = [np.zeros((region.height, region.width, 3), np.float32) for _ in range(GROUPS)]
    if region.empty:
        return lights
    bows = max(1, round((area.right - area.left) / BOW))
    span = (area.right - area.left) / bows
    for number in range(max(1, int((area.right - area.left) / SPACING))):
        x = area.left + (number + 0.5) * SPACING
        within = ((x - area.left) / span) % 1
        y = area.top + 4 + 0.16 * span * 4 * within * (1 - within)
        across, down = setting.view.pixel(x, y)
        centre = (round((across - region.left) * 16), round((down - region.top) * 16))
        colour = COLOURS[number % len(COLOURS)] if coloured else WARM
        cv2.circle(lights[number % GROUPS], centre, round(max(0.55, 1.9 * scale) * 16), colour, -1, cv2.LINE_AA, 4)
    done = []
    for light in lights:
        near, far = (cv2.GaussianBlur(light, (0, 0), reach * scale) for reach in (2.2, 8.0))
        white = light.min(axis=2, keepdims=True)
        done.append(np.asarray(cv2.transform(0.9 * light + 0.7 * near + 2.2 * far + 0.3 * white, TO_YCC), np.float32))
    return done
