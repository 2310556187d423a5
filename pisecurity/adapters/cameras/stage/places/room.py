"""A room in three dimensions: a box seen from within, and flat faces that are painted and later lit."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from pisecurity.adapters.cameras.stage.paint import FINE, Colour, Image, Mask, Point, Sheet, Where, lit
from pisecurity.adapters.cameras.stage.place import Area
from pisecurity.adapters.cameras.stage.view import Ground, Lens

Spot: TypeAlias = tuple[float, float, float]
"""Metres to the right of the camera, above the floor, away from the camera."""
NEAREST_M: Final = 1.2
"""Floor and walls are painted from here on; what is nearer is below the picture."""


@dataclass(frozen=True, slots=True)
class Block:
    """An upright block that stands square to the walls, in metres."""

    left: float
    right: float
    foot: float
    top: float
    near: float
    far: float

    def front(self) -> tuple[Spot, ...]:
        """Return the corners of the side towards the camera, from the upper left on."""
        return upright(self.left, self.foot, self.right, self.top, self.near)


@dataclass(frozen=True, slots=True)
class Pane:
    """An upright rectangle that faces the camera, in metres."""

    left: float
    foot: float
    right: float
    top: float

    @property
    def middle(self) -> tuple[float, float]:
        """To the right and up."""
        return (self.left + self.right) / 2, (self.foot + self.top) / 2

    def corners(self, away: float) -> tuple[Spot, ...]:
        """Return its corners at a distance, from the upper left on."""
        return upright(self.left, self.foot, self.right, self.top, away)

    def wider(self, by: float) -> Pane:
        return Pane(self.left - by, self.foot - by, self.right + by, self.top + by)


@dataclass(frozen=True, slots=True)
class Room:
    """Walls square to the camera, which is at 0 m to the right and 0 m away."""

    lens: Lens
    left: float
    right: float
    back: float
    height: float

    def at(self, spot: Spot) -> Point:
        """Return where a spot is on the sheet."""
        right, up, away = spot
        return self.lens.on_sheet(Ground(right, away), up)

    def outline(self, spots: Sequence[Spot]) -> tuple[Point, ...]:
        return tuple(self.at(spot) for spot in spots)

    def area(self, pane: Pane, away: float) -> Area:
        """Return a rectangle as the effects know it."""
        (x0, y0), (x1, y1) = self.at((pane.left, pane.top, away)), self.at((pane.right, pane.foot, away))
        return Area(x0, y0, x1, y1)


def upright(left: float, foot: float, right: float, top: float, away: float) -> tuple[Spot, ...]:
    """Return a rectangle that faces the camera, from its upper left corner on."""
    return (left, top, away), (right, top, away), (right, foot, away), (left, foot, away)


def flat(left: float, near: float, right: float, far: float, up: float) -> tuple[Spot, ...]:
    """Return a level rectangle, from its far left corner on."""
    return (left, up, far), (right, up, far), (right, up, near), (left, up, near)


def aside(right: float, near: float, far: float, foot: float, top: float) -> tuple[Spot, ...]:
    """Return an upright rectangle along the line of sight, from its upper near corner on."""
    return (right, top, near), (right, top, far), (right, foot, far), (right, foot, near)


@dataclass(frozen=True, slots=True)
class Face:
    """A flat piece of a surface, as the lights see it."""

    outline: tuple[Point, ...]
    """On the sheet."""
    normal: Spot
    """Of unit length, towards the camera."""
    offset: float
    """Product of the normal with any of its points, in metres."""
    shines: bool
    """Glass or a lit screen: what it shows does not depend on the light that falls on it."""


class Drawing:
    """A room while it is painted, from the back to the front."""

    def __init__(self, sheet: Sheet, room: Room) -> None:
        self.sheet, self.room = sheet, room
        self.faces: list[Face] = []
        self.blocks: list[Block] = []
        """What throws shadows."""

    def face(self, spots: Sequence[Spot], colour: Colour, *, grain: float = 0.02, mottle: float = 0.015) -> None:
        """Paint a flat convex piece, given by its corners in order."""
        self.sheet.area(self.room.outline(spots), colour, grain=grain, mottle=mottle)
        self.register(spots)

    def register(self, spots: Sequence[Spot], *, shines: bool = False) -> None:
        """Let the lights know of a face whose painting is done elsewhere."""
        corners = np.array(spots, np.float64)
        normal = np.cross(corners[1] - corners[0], corners[2] - corners[1])
        normal /= np.linalg.norm(normal)
        eye = np.array((0.0, self.room.lens.camera_height_m, 0.0))
        if np.dot(normal, eye - corners[0]) < 0:
            normal = -normal
        right, up, away = (float(value) for value in normal)
        offset = float(np.dot(normal, corners[0]))
        self.faces.append(Face(self.room.outline(spots), (right, up, away), offset, shines))

    def lay(self, spots: Sequence[Spot], texture: NDArray[np.uint8]) -> None:
        """Paint (h, w, 3) BGR over a rectangle; the first spot is the texture's upper left corner, then clockwise."""
        points = self.room.outline(spots)
        mask, top, left = self.sheet.shape(points)
        if not mask.size:
            return
        height, width = texture.shape[:2]
        source = np.array(((0, 0), (width, 0), (width, height), (0, height)), np.float32)
        target = (np.array(points) * FINE - (left, top)).astype(np.float32)
        way = cv2.getPerspectiveTransform(source, target)
        size = (mask.shape[1], mask.shape[0])
        seen = cv2.warpPerspective(texture, way, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)

        def paint(here: Where, cover: Mask, pixels: Image) -> Image:
            part = seen[here[0].start - top : here[0].stop - top]
            return np.asarray(pixels + cover * (part - pixels), np.float32)

        self.sheet.repaint(mask, top, left, paint)
        self.register(spots)

    def decor(self, spots: Sequence[Spot], colour: Colour, *, grain: float = 0.02, soft: float = 0.0,
              strength: float = 1.0) -> None:  # fmt: skip
        """Paint something flat that is lit as whatever it lies on."""
        self.sheet.area(self.room.outline(spots), colour, grain=grain, soft=soft, strength=strength)

    def disc(self, middle: Spot, radius_m: float, colour: Colour, *, soft: float = 0.0, strength: float = 1.0) -> None:
        """Paint a level disc, such as the rim of a pot."""
        right, up, away = middle
        turns = np.linspace(0, 2 * math.pi, 28, endpoint=False)
        rim = [(right + radius_m * math.cos(turn), up, away + radius_m * math.sin(turn)) for turn in turns]
        self.decor(rim, colour, soft=soft, strength=strength)

    def block(self, block: Block, colour: Colour, *, grain: float = 0.02, mottle: float = 0.02,
              top: Colour | None = None, casts: bool = True) -> None:  # fmt: skip
        """Paint the sides of a block that the camera sees; edges catch a little light."""
        left, right, near, far = block.left, block.right, block.near, block.far
        if block.top < self.room.lens.camera_height_m:
            self.face(flat(left, near, right, far, block.top), top or lit(colour, 1.08), grain=grain, mottle=mottle)
        if left > 0 or right < 0:
            beside = left if left > 0 else right
            self.face(aside(beside, near, far, block.foot, block.top), lit(colour, 0.94), grain=grain, mottle=mottle)
        self.face(block.front(), colour, grain=grain, mottle=mottle)
        x0, y = self.room.at((left, block.top, near))
        x1, _ = self.room.at((right, block.top, near))
        self.sheet.line((x0, y), (x1, y), lit(colour, 1.22), 0.6)
        if casts:
            self.blocks.append(block)

    def grounded(self, left: float, near: float, right: float, far: float, *, dark: float = 0.62,
                 soft: float = 5.0) -> None:  # fmt: skip
        """Darken the floor around the foot of something, where little light comes."""
        self.sheet.shade(self.room.outline(flat(left, near, right, far, 0.0)), dark, soft=soft)

    def bar(self, start: Spot, end: Spot, colour: Colour, thick_m: float) -> None:
        """Draw a straight bar."""
        thick = thick_m * self.room.lens.scale((start[2] + end[2]) / 2)
        self.sheet.line(self.room.at(start), self.room.at(end), colour, thick)


def paint_shell(drawing: Drawing, wall: Colour, skirting: Colour, ceiling: Colour, *, left: float) -> None:
    """Paint the ceiling, and the back wall from *left* on with what runs along its edges."""
    room = drawing.room
    drawing.face(flat(room.left, NEAREST_M, room.right, room.back, room.height), ceiling, mottle=0.008)
    drawing.face(upright(left, 0.0, room.right, room.height, room.back), wall, grain=0.02, mottle=0.014)
    drawing.face(upright(left, 0.0, room.right, 0.08, room.back), skirting, grain=0.01)
    drawing.face(upright(left, room.height - 0.06, room.right, room.height, room.back), skirting, grain=0.01)


@dataclass(frozen=True, slots=True)
class Opening:
    """A way out through a side wall."""

    near: float
    far: float
    top: float
    frame: Colour


def paint_side(drawing: Drawing, right: float, wall: Colour, skirting: Colour, opening: Opening) -> None:
    """Paint the wall at *right* with an opening, whatever is behind it being there already."""
    room = drawing.room
    deep = 0.14 if right > 0 else -0.14
    jamb = ((right, opening.top, opening.far), (right + deep, opening.top, opening.far),
            (right + deep, 0.0, opening.far), (right, 0.0, opening.far))  # fmt: skip
    drawing.face(jamb, lit(opening.frame, 0.92), grain=0.01)
    for near, far, foot in ((NEAREST_M, opening.near, 0.0), (opening.far, room.back, 0.0),
                            (opening.near, opening.far, opening.top)):  # fmt: skip
        drawing.face(aside(right, near, far, foot, room.height), wall, grain=0.02, mottle=0.014)
        drawing.face(aside(right, near, far, room.height - 0.06, room.height), skirting, grain=0.01)
        if not foot:
            drawing.face(aside(right, near, far, 0.0, 0.08), skirting, grain=0.01)
    near, far, top, width = opening.near, opening.far, opening.top, 0.08
    for piece in (aside(right, near - width, near, 0.0, top + width), aside(right, far, far + width, 0.0, top + width),
                  aside(right, near, far, top, top + width)):  # fmt: skip
        drawing.face(piece, opening.frame, grain=0.01)


def hidden_by_side(room: Room, right: float, near: float) -> tuple[Point, ...]:
    """Return the outline of the side wall at *right* that is nearer than its opening begins, on the sheet."""
    return room.outline(aside(right, NEAREST_M, near, 0.0, room.height + 1.0))
