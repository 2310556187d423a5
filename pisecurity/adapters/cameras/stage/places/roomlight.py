"""Light in a room: what lamps and windows give each visible surface, with the shadows of the furniture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from pisecurity.adapters.cameras.stage.canvas import Image
from pisecurity.adapters.cameras.stage.paint import Colour
from pisecurity.adapters.cameras.stage.place import Area, infrared_of, sheet_grid
from pisecurity.adapters.cameras.stage.places.room import Block, Drawing, Room, Spot
from pisecurity.adapters.cameras.stage.view import Lens, View

FINEST: Final = 0.5
"""Light is computed for at most so many pixels a sheet unit; it has few fine edges."""
FARTHEST_M: Final = 14.0
HALF_M: Final = 6.5
"""As ``place.infrared_of`` has them: the largest distance, and the one that takes half of the infrared light."""
ROOM_HALF_M: Final = 5.6
"""The same for the weaker lamp of a camera made for rooms."""
_LIFT_M: Final = 0.015
"""Light is computed so far above a surface, lest the surface shade itself."""


@dataclass(frozen=True, slots=True)
class Surfaces:
    """What is seen through each pixel, at the fineness at which light is computed."""

    spot: Image
    """(h, w, 3), metres to the right, up and away."""
    normal: Image
    """(h, w, 3), unit length."""
    shines: Image
    """(h, w), 1 where light does not matter."""
    size: tuple[int, int]
    """Width and height of the picture."""
    rim: NDArray[np.integer[Any]]
    """(n,) pixels of the picture at the rim of a face."""
    source: NDArray[np.integer[Any]]
    """(n,) the pixel in (h, w) that shows the same face as each of those."""

    def starts(self) -> Sequence[Image]:
        """Return right, up and away, (h, w) each, of where light is computed."""
        return _axes(np.asarray(self.spot + np.float32(_LIFT_M) * self.normal, np.float32))


@dataclass(frozen=True, slots=True)
class Glow:
    """A shining rectangle or, when it has no size, a bulb."""

    middle: Spot
    half: Spot
    """Half its size along each axis in metres."""
    facing: Spot
    """Direction it shines to; (0, 0, 0): to all sides."""
    power: float
    """Light on a surface a metre before it."""
    grid: tuple[int, int, int]
    """Points along each axis that stand for it; more make softer shadows."""


def surfaces_of(drawing: Drawing, view: View) -> Surfaces:
    """Return what each pixel of *view* shows; later faces hide earlier ones."""
    fine = np.zeros((view.height, view.width), np.uint8)
    for index, face in enumerate(drawing.faces):
        points = np.array([view.pixel(*point) for point in face.outline]) - 0.5
        cv2.fillPoly(fine, [np.rint(points * 16).astype(np.int32)], index, cv2.LINE_8, 4)
    share = min(1.0, FINEST / view.scale)
    width, height = max(8, round(view.width * share)), max(8, round(view.height * share))
    rows, columns = _middles(height, view.height), _middles(width, view.width)
    number = fine[rows.astype(np.intp)[:, None], columns.astype(np.intp)[None, :]]
    lens = drawing.room.lens
    normal = np.array([face.normal for face in drawing.faces], np.float32)[number]
    above = np.array([face.offset - face.normal[1] * lens.camera_height_m for face in drawing.faces], np.float32)
    ray = np.ones((height, width, 3), np.float32)
    ray[..., 0] = ((columns / view.scale + view.left - lens.vanishing_x) / lens.focal)[None, :]
    ray[..., 1] = ((lens.horizon - rows / view.scale - view.top) / lens.focal)[:, None]
    along = (ray * normal).sum(axis=2)
    away = np.clip(above[number] / np.where(np.abs(along) < 1e-4, np.float32(1e-4), along), 0.3, 30.0)
    spot = ray * away[..., None]
    spot[..., 1] += np.float32(lens.camera_height_m)
    shines = np.array([face.shines for face in drawing.faces], np.float32)[number]
    return Surfaces(np.asarray(spot, np.float32), normal, shines, (view.width, view.height), *_rims(fine, number))


def _middles(count: int, pixels: int) -> NDArray[np.floating[Any]]:
    """Return the middles of *count* cells along so many pixels."""
    return np.asarray((np.arange(count) + 0.5) * (pixels / count), np.float64)


def _rims(fine: NDArray[np.uint8], coarse: NDArray[np.uint8]) -> tuple[NDArray[np.integer[Any]], ...]:
    """Return the pixels of *fine* between coarse ones of several faces, and a coarse one of the right face for each."""
    (height, width), (rows, columns) = fine.shape, coarse.shape
    upper = np.floor(_middles(height, rows) - 0.5).astype(np.intp)
    left = np.floor(_middles(width, columns) - 0.5).astype(np.intp)
    mixed = np.zeros(fine.shape, np.bool_)
    source = np.full(fine.shape, -1, np.int32)
    for down, right in ((0, 0), (0, 1), (1, 0), (1, 1)):
        row, column = np.clip(upper + down, 0, rows - 1), np.clip(left + right, 0, columns - 1)
        same = coarse[row[:, None], column[None, :]] == fine
        mixed |= ~same
        place = (row[:, None] * columns + column[None, :]).astype(np.int32)
        source[same] = place[same]
    rim = np.flatnonzero(mixed & (source >= 0))
    return rim, source.ravel()[rim]


def fitted(surfaces: Surfaces, light: Image) -> Image:
    """Return a light at the size of the picture, with hardly a blur from face to face."""
    fine = np.asarray(cv2.resize(light, surfaces.size, interpolation=cv2.INTER_LINEAR), np.float32)
    channels = light.size // (light.shape[0] * light.shape[1])
    fine.reshape(-1, channels)[surfaces.rim] = light.reshape(-1, channels)[surfaces.source]
    return np.asarray(cv2.GaussianBlur(fine, (0, 0), 0.6), np.float32)


def glowing(surfaces: Surfaces, glow: Glow, blocks: Sequence[Block]) -> Image:
    """Return what a lamp or window gives each surface, (h, w).

    Source: Lambert's cosine law and the inverse square, softened within half a metre of the lamp.
    """
    starts, normals = surfaces.starts(), _axes(surfaces.normal)
    total = np.zeros(starts[0].shape, np.float32)
    points = _points(glow)
    for point in points:
        ways = [np.float32(to) - start for to, start in zip(point, starts, strict=True)]
        square = _dot(ways, ways)
        length = np.sqrt(square)
        light = np.maximum(_dot(ways, normals) / length, 0)
        if any(glow.facing):
            light *= np.maximum(-_dot(ways, glow.facing) / length, 0)
        light *= np.float32(glow.power / len(points)) / (square + np.float32(0.25))
        total += light * ~_hidden(starts, ways, blocks)
    return total


def beam(surfaces: Surfaces, lamp: Spot, window: Block, bars: Sequence[Block], blocks: Sequence[Block]) -> Image:
    """Return (h, w): 1 where a far lamp shines through *window* past its bars, more or less by the angle."""
    starts = surfaces.starts()
    ways = [np.float32(to) - start for to, start in zip(lamp, starts, strict=True)]
    light = np.maximum(_dot(ways, _axes(surfaces.normal)) / np.sqrt(_dot(ways, ways)), 0)
    light *= _hidden(starts, ways, (window,)) & ~_hidden(starts, ways, (*bars, *blocks))
    return np.asarray(cv2.GaussianBlur(light, (0, 0), max(0.6, light.shape[1] / 320)), np.float32)


def ambience(surfaces: Surfaces, room: Room) -> Image:
    """Return what light from everywhere gives each surface, (h, w) up to 1: less where walls meet, less below."""
    spot, normal = surfaces.spot, surfaces.normal
    light = np.ones(spot.shape[:2], np.float32)
    walls = ((0, room.left), (0, room.right), (1, 0.0), (1, room.height), (2, room.back))
    for axis, where in walls:
        near = np.exp(np.abs(spot[..., axis] - np.float32(where)) * np.float32(-1 / 0.45))
        light *= 1 - np.float32(0.34) * near * (1 - np.abs(normal[..., axis]))
    return light * (1 - np.float32(0.10) * np.maximum(-normal[..., 1], 0)) * (1 + np.float32(0.08) * normal[..., 1])


def mirrored(surfaces: Surfaces, lens: Lens, pane: Block) -> Image:
    """Return how much of a bright *pane* in the back wall the bare floor reflects, (h, w) 0 to 1."""
    spot, normal = surfaces.spot, surfaces.normal
    floor = (np.abs(spot[..., 1]) < 0.003) & (normal[..., 1] > 0.99)
    share = (np.float32(pane.near) - spot[..., 2]) / spot[..., 2]
    up, right = np.float32(lens.camera_height_m) * share, spot[..., 0] * (1 + share)
    inside = floor & (up > pane.foot) & (up < pane.top) & (right > pane.left) & (right < pane.right)
    width = spot.shape[1]
    soft = cv2.GaussianBlur(inside.astype(np.float32), (0, 0), width / 110, sigmaY=width / 45)
    return np.asarray(soft * floor, np.float32)


def infrared(surfaces: Surfaces, colours: Image, view: View, lens: Lens) -> Image:
    """Return what the infrared lamp beside the lens adds, (H, W, 3) grey; see ``place.infrared_of``."""
    _, y = sheet_grid(view)
    drop = lens.focal * lens.camera_height_m
    ground_m = drop / np.maximum(y - lens.horizon, drop / FARTHEST_M)
    # That one takes each pixel for ground, but walls and furniture are nearer; and a camera for rooms has a weak lamp.
    true_m = fitted(surfaces, surfaces.spot[..., 2])
    nearer = (1 + (ground_m / HALF_M) ** 2) / (1 + (true_m / ROOM_HALF_M) ** 2)
    lit = infrared_of(colours, view, lens) * np.clip(nearer, 0.3, 3.0)[..., None]
    glass = fitted(surfaces, surfaces.shines)[..., None]
    return np.asarray(lit * (1 - 0.8 * glass), np.float32)


def tinted(surfaces: Surfaces, *parts: tuple[Image, Colour]) -> Image:
    """Return the sum of lights, each with its colour, at the size of the picture: (H, W, 3)."""
    total = sum(light[..., None] * np.array(colour, np.float32) for light, colour in parts)
    return fitted(surfaces, np.asarray(total, np.float32))


def within(x: Image, y: Image, area: Area, soft: float) -> Image:
    """Return (H, W): 1 inside an area of the sheet, 0 outside, with a rim of *soft* sheet units inside."""
    across = np.clip((x - area.left) / soft, 0, 1) * np.clip((area.right - x) / soft, 0, 1)
    down = np.clip((y - area.top) / soft, 0, 1) * np.clip((area.bottom - y) / soft, 0, 1)
    return np.asarray(across * down, np.float32)


def _points(glow: Glow) -> NDArray[np.float32]:
    axes = [middle + half * (2 * (np.arange(count) + 0.5) / count - 1)
            for middle, half, count in zip(glow.middle, glow.half, glow.grid, strict=True)]  # fmt: skip
    return np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 3).astype(np.float32)


def _axes(field: Image) -> list[Image]:
    """Return the three parts of (h, w, 3), each in one piece."""
    return [np.ascontiguousarray(field[..., axis]) for axis in range(3)]


def _dot(first: Sequence[Image], second: Sequence[Image | float]) -> Image:
    return np.asarray(sum(a * b for a, b in zip(first, second, strict=True)), np.float32)


def _hidden(starts: Sequence[Image], ways: Sequence[Image], blocks: Sequence[Block]) -> NDArray[np.bool_]:
    """Return where any of *blocks* lies on the way from a start, (h, w).

    Source: Kay and Kajiya, Ray tracing complex scenes, 1986: a ray is inside a box while it is between all its slabs.
    """
    hidden = np.zeros(starts[0].shape, np.bool_)
    turns = [np.float32(1) / np.where(np.abs(way) < 1e-6, np.float32(1e-6), way) for way in ways]
    for block in blocks:
        enters, leaves = np.zeros(hidden.shape, np.float32), np.ones(hidden.shape, np.float32)
        sides = ((block.left, block.right), (block.foot, block.top), (block.near, block.far))
        for (low, high), start, turn in zip(sides, starts, turns, strict=True):
            first, second = (np.float32(low) - start) * turn, (np.float32(high) - start) * turn
            enters = np.maximum(enters, np.minimum(first, second))
            leaves = np.minimum(leaves, np.maximum(first, second))
        hidden |= leaves > enters
    return hidden
