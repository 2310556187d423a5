"""Where things of the garden are in the picture.

Three spaces: the ground in metres (to the right of the camera, away from it), the sheet on which the garden is
painted (a fixed unit, 1 is a pixel of a 640x480 picture), and pixels of the picture, which shows the middle of
the sheet.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

SHEET_WIDTH: Final = 864
SHEET_HEIGHT: Final = 486
HORIZON: Final = 122.0
VANISHING_X: Final = 400.0
FOCAL: Final = 520.0
CAMERA_HEIGHT_M: Final = 2.6


@dataclass(frozen=True, slots=True)
class Ground:
    """A point of the ground in metres."""

    right_m: float
    """From the middle axis of the camera."""
    away_m: float

    def on_sheet(self) -> tuple[float, float]:
        """Return its place on the sheet. Source: pinhole camera, level, ``CAMERA_HEIGHT_M`` above the ground."""
        scale = self.scale
        return VANISHING_X + self.right_m * scale, HORIZON + CAMERA_HEIGHT_M * scale

    @property
    def scale(self) -> float:
        """Sheet units a metre at this distance."""
        return FOCAL / self.away_m


def ground_at(x: float, y: float) -> Ground:
    """Return the ground point seen at (*x*, *y*) of the sheet, below the horizon."""
    away_m = FOCAL * CAMERA_HEIGHT_M / (y - HORIZON)
    return Ground((x - VANISHING_X) * away_m / FOCAL, away_m)


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
