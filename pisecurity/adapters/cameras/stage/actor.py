"""Puts things and their shadows into a picture."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from pisecurity.adapters.cameras.stage.canvas import Canvas, Image, overlap
from pisecurity.adapters.cameras.stage.paths import Role, Step
from pisecurity.adapters.cameras.stage.place import DAY, INFRARED, Place
from pisecurity.adapters.cameras.stage.things.thing import Patch
from pisecurity.adapters.cameras.stage.truth import Cover
from pisecurity.adapters.cameras.stage.view import View

SUN: Final = np.array((0.93, 1.0, 1.05), np.float32)
"""What the light of the day gives somebody; blue, green, red."""
SHADOW_RIGHT: Final = 0.62
SHADOW_UP: Final = 0.13
"""Where the shadow of a head falls, in heights of the thing, from its foot."""
CONTACT_DEPTH: Final = 0.45
CONTACT_ENDS: Final = 2.6
"""So many reaches away from the soles it changes no pixel by half a grey level any more."""
MOST_RAISED: Final = 2
"""Pixels above the ground at which a thing still darkens it by standing there."""
MOST_ASIDE: Final = 3.2
MOST_UP: Final = 1.4
"""How far things and their shadows reach from their foot, in their heights: a long car, an umbrella."""
WHOLE: Final = 0.5
"""Coverage from which on a pixel belongs to a thing."""
_SHINE_COARSE: Final = 16
_DARKEST: Final = 24.0
_IR_TONE: Final = 70.0
_IR_COLOUR: Final = 0.62
"""Brightness of black cloth, and what its colour adds, in infrared; as ``place.infrared_of`` has it."""


@dataclass(frozen=True, slots=True)
class Light:
    """The light of one moment."""

    weights: Mapping[str, float]
    """Strength of each light of the place."""
    shadow: float
    """How much light a cast shadow takes away, 0 to 1."""
    field: Image | None
    """Factors for the light on everything, coarse; None: even."""
    infrared: bool
    """The camera is in its infrared mode."""


class Actor:
    """Draws things into pictures of one place."""

    def __init__(self, place: Place, view: View) -> None:
        self._place, self._view = place, view
        self._shine = {name: _shine(place, name, view) for name in place.lights}
        self._screens = [(screen.away_m, _screen_mask(screen.outline, view)) for screen in place.screens]

    def draw(self, canvas: Canvas, role: Role, step: Step, light: Light) -> Cover | None:
        """Draw one thing; return its pixels, None when all of it lies outside."""
        lens = self._place.lens
        x, y = self._view.pixel(*lens.on_sheet(step.ground, step.up_m))
        unit = lens.scale(step.ground.away_m) * self._view.scale
        if self._is_far_outside(x, y, role.thing.tall_m * unit):
            return None
        patch = role.thing.draw(unit, step.pose)
        left, top = math.floor((x - patch.foot_x) / 2) * 2, math.floor((y - patch.foot_y) / 2) * 2
        ground = self._view.pixel(*lens.on_sheet(step.ground))
        away_m = step.ground.away_m
        dark, at_x, at_y = self._shadow(patch, (left, top, ground[1]), role.thing.tall_m * unit, light)
        self._hide(dark, at_x, at_y, away_m)
        canvas.darken(dark, at_x, at_y)
        drawn, at = patch.pixels[patch.drawn], (left + patch.drawn[1].start, top + patch.drawn[0].start)
        place = overlap(canvas.size, drawn.shape, *at)
        if place is None:
            # Its shadow may still be in the picture.
            nothing = np.zeros((0, 0), np.bool_)
            return Cover(role.id, role.thing.label, step.moving, *at, nothing, nothing, (dark, at_x, at_y))
        whole = drawn[..., 3] > WHOLE
        self._hide(drawn, *at, away_m)
        self._light(drawn[place[1]], ground, light)
        canvas.blend(patch.pixels, left, top, patch.drawn)
        return Cover(role.id, role.thing.label, step.moving, *at, whole, drawn[..., 3] > WHOLE, (dark, at_x, at_y))

    def _is_far_outside(self, x: float, y: float, size: float) -> bool:
        """Return whether nothing of a thing *size* pixels tall, nor its shadow, can be seen, before it is drawn."""
        aside = MOST_ASIDE * size
        return y - MOST_UP * size > self._view.height or x + aside < 0 or x - aside > self._view.width

    def _hide(self, pixels: Image, left: int, top: int, away_m: float) -> None:
        """Take away from (h, w) or (h, w, 4) what is behind a screen of the place."""
        place = overlap((self._view.width, self._view.height), pixels.shape[:2], left, top)
        if place is None:
            return
        where, inside = place
        for screen_m, mask in self._screens:
            if screen_m < away_m:
                part = mask[where]
                pixels[inside] *= part if pixels.ndim == 2 else part[..., None]

    def _light(self, pixels: Image, at: tuple[float, float], light: Light) -> None:
        """Give a patch, drawn in even light, the light at a pixel of the picture."""
        factor = np.zeros(3, np.float32)
        for name, weight in light.weights.items():
            if weight > 0:
                factor += weight * _sample(self._shine[name], at)
        change = np.zeros((4, 4), np.float32)
        change[:3, :3] = np.full((3, 3), _IR_COLOUR / 3) if light.infrared else np.eye(3)
        change[:3, 3] = _IR_TONE if light.infrared else 0.0
        change[:3] *= factor[:, None]
        change[3, 3] = 1.0
        cv2.transform(pixels, change, dst=pixels)

    def _shadow(self, patch: Patch, where: tuple[int, int, float], size: float, light: Light) -> tuple[Image, int, int]:
        """Return how dark the ground gets, (h, w) 0 to 1, with left and top.

        The sun casts a shadow to the right and away, and it is dark under the soles.

        Args:
            where: left and top of the patch, and the row of the ground under it.
            size: height of the thing in pixels.
        """
        left, top, ground_y = where
        cover = patch.pixels[..., 3]
        foot_x, raised = left + patch.foot_x, ground_y - (top + patch.foot_y)
        reach, rise = math.ceil(SHADOW_RIGHT * size), math.ceil(SHADOW_UP * size) + 6
        aside = cover.shape[1] / 2 + 2
        x0, y0 = math.floor(foot_x - aside), math.floor(ground_y) - rise
        width, height = math.ceil(2 * aside) + reach, rise + 8
        at_x, at_y = foot_x - x0, ground_y - y0
        base = patch.foot_y + raised
        depth = light.shadow * light.weights.get(DAY, 0.0) * self._sun(light, (foot_x, ground_y)) ** 2
        dark = np.zeros((height, width), np.float32)
        if depth > 0:
            # A point of the figure *up* above its foot falls SHADOW_RIGHT * up to the right and SHADOW_UP * up away.
            aside_x, aside_y = at_x - patch.foot_x + SHADOW_RIGHT * base, at_y - SHADOW_UP * base
            fall = np.array(((1, -SHADOW_RIGHT, aside_x), (0, SHADOW_UP, aside_y)), np.float32)
            cast = cv2.warpAffine(cover, fall, (width, height), flags=cv2.INTER_LINEAR)
            dark = np.asarray(cv2.GaussianBlur(cast, (0, 0), max(0.8, 0.012 * size)) * np.float32(depth), np.float32)
        if raised <= MOST_RAISED and not light.infrared:
            soles = (max(2.0, 0.28 * aside), max(1.0, 0.022 * size))
            _add_contact(dark, (at_x, at_y), soles)
        return dark, x0, y0

    def _sun(self, light: Light, at: tuple[float, float]) -> float:
        if light.field is None:
            return 1.0
        rows, columns = light.field.shape
        row = min(rows - 1, max(0, int(at[1] * rows / self._view.height)))
        column = min(columns - 1, max(0, int(at[0] * columns / self._view.width)))
        return min(1.0, float(light.field[row, column]))


def _add_contact(dark: Image, at: tuple[float, float], reach: tuple[float, float]) -> None:
    """Make it dark under the soles: around *at*, within *reach* to the side and up."""
    (x0, x1), (y0, y1) = (
        (max(0, math.floor(middle - CONTACT_ENDS * far)), min(length, math.ceil(middle + CONTACT_ENDS * far) + 1))
        for middle, far, length in zip(at, reach, dark.shape[::-1], strict=True)
    )
    x = (np.arange(x0, x1, dtype=np.float32) - np.float32(at[0])) / np.float32(reach[0])
    y = (np.arange(y0, y1, dtype=np.float32) - np.float32(at[1])) / np.float32(reach[1])
    part = dark[y0:y1, x0:x1]
    contact = CONTACT_DEPTH * np.exp(-(x[None, :] ** 2)) * np.exp(-(y[:, None] ** 2))
    np.maximum(part, contact, out=part)


def _shine(place: Place, name: str, view: View) -> Image:
    """Return what a light gives somebody anywhere in the picture, relative to the day: (h, w, 3), coarse."""
    size = (-(-view.width // _SHINE_COARSE), -(-view.height // _SHINE_COARSE))
    if name == DAY:
        return np.asarray(np.broadcast_to(SUN, (size[1], size[0], 3)), np.float32)
    light, day = (cv2.resize(place.lights[each], size, interpolation=cv2.INTER_AREA) for each in (name, DAY))
    if name == INFRARED:
        day = _IR_TONE + _IR_COLOUR * day.mean(axis=2, keepdims=True)
    light, day = (cv2.GaussianBlur(each, (0, 0), 1.5) for each in (light, day))
    day = day.reshape(size[1], size[0], -1)
    return np.asarray(np.clip(light / np.maximum(day, _DARKEST), 0, 1.6), np.float32)


def _sample(shine: Image, at: tuple[float, float]) -> NDArray[np.float32]:
    rows, columns = shine.shape[:2]
    row = min(rows - 1, max(0, int(at[1] / _SHINE_COARSE)))
    column = min(columns - 1, max(0, int(at[0] / _SHINE_COARSE)))
    return np.asarray(shine[row, column], np.float32)


def _screen_mask(outline: tuple[tuple[float, float], ...], view: View) -> Image:
    """Return (H, W): 0 where the screen hides what is behind it, else 1."""
    mask = np.full((view.height, view.width), 255, np.uint8)
    points = np.array([view.pixel(*point) for point in outline])
    cv2.fillPoly(mask, [np.rint(points * 16).astype(np.int32)], 0, cv2.LINE_AA, 4)
    return np.asarray(mask.astype(np.float32) / 255, np.float32)
