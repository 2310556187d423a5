"""The front garden of a house: lawn, drive, door, tree and hedge, seen from above the garage."""

from __future__ import annotations

from typing import Final

import numpy as np

from pisecurity.adapters.cameras.stage.canvas import Image
from pisecurity.adapters.cameras.stage.paint import Sheet
from pisecurity.adapters.cameras.stage.place import (
    DAY,
    INFRARED,
    LAMP,
    NIGHT,
    Area,
    Leaves,
    Place,
    as_light,
    infrared_of,
    seen_part,
    sheet_grid,
    spill,
)
from pisecurity.adapters.cameras.stage.places import garden, house
from pisecurity.adapters.cameras.stage.view import Ground, View

WARM: Final = (96.0, 188.0, 255.0)
"""Colour of the lamp, blue, green, red."""
DRIVE_M: Final = 4.5
ANIMALS_M: Final = 5.8
VEHICLE_M: Final = 2.6
"""How much farther outside the middle of a vehicle is."""
LEAVES: Final = (
    Leaves(Area(106.0, 0.0, 326.0, 126.0), 1.9),
    Leaves(Area(100.0, 172.0, 290.0, 222.0), 0.8),
    Leaves(Area(296.0, 254.0, 432.0, 290.0), 0.8),
    Leaves(Area(424.0, 226.0, 544.0, 268.0), 0.5),
    Leaves(Area(552.0, 254.0, 632.0, 290.0), 0.8),
)


def paint(rng: np.random.Generator, view: View) -> Place:
    """Return the garden in a picture of *view*."""
    day = _day(rng, view)
    lights = {DAY: day, NIGHT: _night(day, view), LAMP: _lamp(day, view), INFRARED: infrared_of(day, view, garden.LENS)}
    left, right = garden.LENS.edges_m(view, DRIVE_M)
    far_left, far_right = garden.LENS.edges_m(view, 7.2)
    low_left, low_right = garden.LENS.edges_m(view, ANIMALS_M)
    path = garden.path_middle_m()
    return Place(
        lens=garden.LENS,
        lights={name: as_light(image) for name, image in lights.items()},
        ways={
            "across": (Ground(left, DRIVE_M), Ground(right, DRIVE_M)),
            "across the lawn": (Ground(far_left, 7.2), Ground(far_right, 7.2)),
            "to the door": (Ground(left, DRIVE_M), Ground(path, DRIVE_M), Ground(path, 8.0)),
            "from the camera": (Ground(path - 0.2, 1.1), Ground(path, 8.0)),
            "along the floor": (
                Ground(low_left, ANIMALS_M),
                Ground(0.5, ANIMALS_M + 0.9),
                Ground(low_right, ANIMALS_M),
            ),
            # For vehicles, which are outside of the picture with all their length before and after.
            "on the drive": (Ground(left - VEHICLE_M, DRIVE_M), Ground(right + VEHICLE_M, DRIVE_M)),
            "up the drive": (Ground(right + VEHICLE_M, DRIVE_M), Ground(0.6, DRIVE_M)),
        },
        areas={
            "lamp": Area(house.LAMP[0] - 8, house.LAMP[1] - 14, house.LAMP[0] + 8, house.LAMP[1] + 14),
            "window": Area(*house.WINDOWS[1]),
            "wall": Area(house.WALL_LEFT, house.EAVES, 860, house.WALL_FOOT),
        },
        leaves=LEAVES,
    )


def _day(rng: np.random.Generator, view: View) -> Image:
    sheet = Sheet(rng)
    paints = house.Paints.drawn(rng)
    garden.paint_sky(sheet)
    garden.paint_ground(sheet)
    house.paint_house(sheet, paints)
    garden.paint_plants(sheet, paints)
    day = seen_part(sheet, view)
    garden.soft_light(day, rng)
    return day


def _night(day: Image, view: View) -> Image:
    """Return what the sky, the street and the lit windows leave of the garden."""
    x, y = sheet_grid(view)
    share = day * (1 / 255)
    night = share**1.25 * np.array((94, 76, 64), np.float32) + np.array((10, 8, 7), np.float32)
    glow = np.zeros(day.shape[:2], np.float32)
    for window in house.WINDOWS:
        left, top, right, bottom = window
        glow += spill(x, y, ((left + right) / 2, (top + bottom) / 2), 70.0) * np.float32(0.16)
        bar = (y > top + house.TRANSOM) & (y < top + house.TRANSOM + 2.5)
        for pane_left, pane_top, pane_right, pane_bottom in house.panes(window):
            glass = ((x > pane_left) & (x < pane_right)) & ((y > pane_top) & (y < pane_bottom - 1)) & ~bar
            glow[glass] += 0.85
    # Behind its curtain a lit window is brighter than what the glass reflects by day.
    night += (0.25 + 0.75 * share) * glow[..., None] * np.array((84, 150, 206), np.float32)
    return np.asarray(night, np.float32)


def _lamp(day: Image, view: View) -> Image:
    x, y = sheet_grid(view)
    reach = spill(x, y, house.LAMP, 88.0) + 0.75 * _pool(x, y) + 2.2 * spill(x, y, house.LAMP, 7.0)
    return np.asarray((day * (0.95 / 255) + 0.03) * reach[..., None] * np.array(WARM, np.float32), np.float32)


def _pool(x: Image, y: Image) -> Image:
    """Return the lamp's light on the ground, a flat ellipse before the house."""
    distance = ((x - house.LAMP[0]) / 170) ** 2 + ((y - 300) / 62) ** 2
    return np.asarray(np.exp(-distance) * np.clip((y - house.WALL_FOOT + 4) / 14, 0, 1), np.float32)
