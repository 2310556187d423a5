"""Where things are in the picture.

Three spaces: the ground in metres (to the right of the camera, away from it), the sheet on which a place is painted
(a fixed unit, 1 is a pixel of a 640x480 picture), and pixels of the picture, which shows the middle of the sheet.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

SHEET_WIDTH: Final = 864
SHEET_HEIGHT: Final = 486
OUTSIDE_M: Final = 0.7
"""How far outside of the picture a way begins and ends."""


@dataclass(frozen=True, slots=True)
class Ground:
    """A point of the ground in metres."""

    right_m: float
    """From the middle axis of the camera."""
    away_m: float


@dataclass(frozen=True, slots=True)
class Lens:
    """A level pinhole camera. Lengths are in sheet units unless they say metres."""

    horizon: float
    """Row of the sheet at the height of the camera."""
    vanishing_x: float
    """Column of the sheet straight ahead."""
    focal: float
    camera_height_m: float

    def scale(self, away_m: float) -> float:
        """Return sheet units a metre at this distance."""
        return self.focal / away_m

    def on_sheet(self, ground: Ground, up_m: float = 0.0) -> tuple[float, float]:
        """Return where a point *up_m* above the ground is on the sheet."""
        scale = self.scale(ground.away_m)
        return self.vanishing_x + ground.right_m * scale, self.horizon + (self.camera_height_m - up_m) * scale

    def ground_at(self, x: float, y: float) -> Ground:
        """Return the ground point seen at (*x*, *y*) of the sheet, below the horizon."""
        away_m = self.focal * self.camera_height_m / (y - self.horizon)
        return Ground((x - self.vanishing_x) * away_m / self.focal, away_m)

    def edges_m(self, view: View, away_m: float) -> tuple[float, float]:
        """Return how far right of the camera a way of that distance begins and ends, ``OUTSIDE_M`` past the picture."""
        left, right = ((x - self.vanishing_x) * away_m / self.focal for x in (view.left, view.right))
        return left - OUTSIDE_M, right + OUTSIDE_M


@dataclass(frozen=True, slots=True)
class View:
    """The part of the sheet that a picture of *width* x *height* pixels shows."""

    width: int
    height: int

    @property
    def scale(self) -> float:
        """Pixels a sheet unit."""
        return max(self.width / SHEET_WIDTH, self.height / SHEET_HEIGHT)

    @property
    def left(self) -> float:
        """Sheet x at the left edge of the picture."""
        return (SHEET_WIDTH - self.width / self.scale) / 2

    @property
    def right(self) -> float:
        return SHEET_WIDTH - self.left

    @property
    def top(self) -> float:
        """Sheet y at the upper edge of the picture; what does not fit is cut off above."""
        return SHEET_HEIGHT - self.height / self.scale

    def pixel(self, x: float, y: float) -> tuple[float, float]:
        """Return the pixel at (*x*, *y*) of the sheet."""
        return (x - self.left) * self.scale, (y - self.top) * self.scale
