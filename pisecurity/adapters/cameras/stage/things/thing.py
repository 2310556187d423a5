"""What every person, animal, vehicle and object on the stage has in common."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from pisecurity.adapters.cameras.stage.canvas import Image, Where


@dataclass(frozen=True, slots=True)
class Pose:
    """One moment of a movement."""

    phase: float
    """Of the gait or the wheels, in radians; 2 pi is a stride or a turn."""
    swing: float
    """0 stands, 1 moves."""
    heading: float
    """Direction in radians: 0 to the right of the picture, pi/2 away from the camera."""


@dataclass(frozen=True, slots=True)
class Patch:
    """Something drawn, to be laid over the picture."""

    pixels: Image
    """(h, w, 4) BGRA premultiplied, as in even light; colours 0 to 255, coverage 0 to 1."""
    foot_x: float
    """Column above the point of the ground it stands on."""
    foot_y: float
    """Row of that point."""
    drawn: Where
    """Rows and columns beyond which it is clear; they begin at even ones."""


class Thing(Protocol):
    """Something that can be drawn at any size."""

    @property
    def label(self) -> str:
        """One of ``truth.THINGS``."""
        ...

    @property
    def tall_m(self) -> float:
        """Height above the ground, for its shadow."""
        ...

    @property
    def stride_m(self) -> float:
        """Way covered in one turn of its phase."""
        ...

    def draw(self, unit: float, pose: Pose) -> Patch:
        """Draw it where a metre is *unit* pixels."""
        ...
