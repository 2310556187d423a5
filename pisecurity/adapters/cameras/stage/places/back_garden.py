"""The garden behind a house: terrace, lawn, pond and shed, and beyond the fence a track on which vehicles pass."""

from __future__ import annotations

from typing import Final

import numpy as np

from pisecurity.adapters.cameras.stage.canvas import Image
from pisecurity.adapters.cameras.stage.paint import Point, Sheet
from pisecurity.adapters.cameras.stage.place import (
    DAY,
    INFRARED,
    LAMP,
    NIGHT,
    Area,
    Leaves,
    Place,
    Screen,
    as_light,
    infrared_of,
    seen_part,
    sheet_grid,
    spill,
)
from pisecurity.adapters.cameras.stage.places import yard, yard_things
from pisecurity.adapters.cameras.stage.places.garden import soft_light
from pisecurity.adapters.cameras.stage.places.yard import LENS, at
from pisecurity.adapters.cameras.stage.view import SHEET_WIDTH, Ground, View

COOL: Final = (232, 246, 255)
"""Colour of the floodlight, blue, green, red."""
VEHICLE_M: Final = 3.2
"""The same for half a vehicle."""
ACROSS_M, FAR_M, ANIMALS_M, VEHICLES_M = 7.0, 22.3, 6.1, 27.5
LEAVES: Final = (
    Leaves(Area(60.0, 30.0, 300.0, 104.0), 0.9),
    Leaves(Area(306.0, 60.0, 560.0, 150.0), 0.9),
    Leaves(Area(640.0, 20.0, 864.0, 150.0), 0.9),
    Leaves(Area(600.0, 126.0, 690.0, 190.0), 0.8),
    Leaves(Area(690.0, 140.0, 864.0, 240.0), 0.8),
    Leaves(Area(84.0, 232.0, 262.0, 286.0), 1.0),
    Leaves(Area(530.0, 196.0, 660.0, 250.0), 1.2),
)


def paint(rng: np.random.Generator, view: View) -> Place:
    """Return the garden in a picture of *view*."""
    day = _day(rng, view)
    lights = {DAY: day, NIGHT: _night(day, view), LAMP: _lamp(day, view), INFRARED: infrared_of(day, view, LENS)}
    return Place(
        lens=LENS,
        lights={name: as_light(image) for name, image in lights.items()},
        ways=_ways(view),
        areas=_areas(),
        leaves=LEAVES,
        screens=_screens(),
    )


def _ways(view: View) -> dict[str, tuple[Ground, ...]]:
    left, right = LENS.edges_m(view, ACROSS_M)
    low_left, low_right = LENS.edges_m(view, ANIMALS_M)
    track_left, track_right = LENS.edges_m(view, VEHICLES_M)
    return {
        "across": (Ground(left, ACROSS_M), Ground(right, ACROSS_M)),
        # From behind the shed to behind the bush.
        "across far": (Ground(-6.6, FAR_M), Ground(9.7, FAR_M)),
        "over the fence": (Ground(-9.4, 26.4), Ground(-1.6, 26.4), Ground(-1.4, 20.0), Ground(0.5, 6.0)),
        "from the camera": (Ground(0.3, 1.1), Ground(0.4, 6.0), Ground(0.6, 18.0)),
        "along the track": (Ground(track_left - VEHICLE_M, VEHICLES_M), Ground(track_right + VEHICLE_M, VEHICLES_M)),
        "along the floor": (Ground(low_left, ANIMALS_M), Ground(0.4, ANIMALS_M + 0.8), Ground(low_right, ANIMALS_M)),
        "round the pond": (Ground(left, 7.4), Ground(0.0, 8.0), Ground(0.0, 11.4), Ground(4.6, 11.4),
                           Ground(max(5.0, right), 7.6)),
        "washing line": (Ground(yard_things.LINE_M[0] + 0.6, yard_things.LINE_M[2]),
                         Ground(yard_things.LINE_M[1] - 0.6, yard_things.LINE_M[2])),
    }  # fmt: skip


def _areas() -> dict[str, Area]:
    shore = [yard_things.pond_at(turn, 1.0) for turn in np.linspace(0, 2 * np.pi, 40)]
    left, right, near, _ = yard_things.SHED
    (wall_left, wall_top), (wall_right, wall_foot) = at(left, near, yard_things.SHED_UP_M), at(right, near)
    lamp, foot = at(*yard_things.LAMP_AT), at(0, yard.TRACK_M[0])[1]
    return {
        "water": Area(min(x for x, _ in shore), min(y for _, y in shore), max(x for x, _ in shore),
                      max(y for _, y in shore)),
        "wall": Area(wall_left, wall_top, wall_right, wall_foot),
        "lamp": Area(lamp[0] - 10, lamp[1] - 10, lamp[0] + 10, lamp[1] + 10),
        "bed": Area(92.0, 238.0, 262.0, 290.0),
        "track": Area(0.0, at(0, yard.TRACK_M[1])[1] - 40, SHEET_WIDTH, foot),
    }  # fmt: skip


def _screens() -> tuple[Screen, ...]:
    """Return what hides whoever is behind it, from the fence to the terrace."""
    fence = yard.FENCE_M
    left, right, table_m, up = yard_things.TABLE_M
    bush = yard_things.BUSH_M
    boards = (at(yard.LEFT_M, fence, 1.7), at(yard.LEFT_M, fence), at(yard.LEFT_M, 6.0), at(yard.LEFT_M, 6.0, 1.7))
    hedge = (at(yard.RIGHT_M, fence, 1.8), at(yard.RIGHT_M + 6, fence, 1.8), at(yard.RIGHT_M + 6, 8.0, 1.8),
             at(yard.RIGHT_M, 8.0), at(yard.RIGHT_M, fence))  # fmt: skip
    # fmt: off
    return (
        Screen(yard.strip(fence, 0.0, yard.FENCE_UP_M, yard.LEFT_M, yard.GATE_M[0]), fence),
        Screen(yard.strip(fence, 0.0, yard.FENCE_UP_M, yard.GATE_M[1], yard.RIGHT_M), fence),
        Screen(boards, fence),
        Screen(hedge, fence - 4.0),
        Screen(_round(bush[0], bush[1], 1.12, 1.05), bush[1]),
        Screen(yard_things.shed_outline(), yard_things.SHED[2]),
        Screen((at(left, table_m + 0.45, up), at(right, table_m + 0.45, up), at(right, table_m - 0.45, up - 0.09),
                at(left, table_m - 0.45, up - 0.09)), table_m),
        Screen(yard_things.wing_outline(), yard_things.WING_M[1]),
    )
    # fmt: on


def _round(right_m: float, away_m: float, up_m: float, radius_m: float) -> tuple[Point, ...]:
    return tuple(at(right_m + radius_m * float(np.cos(turn)), away_m, up_m + radius_m * float(np.sin(turn)))
                 for turn in np.linspace(0, 2 * np.pi, 20))  # fmt: skip


def _day(rng: np.random.Generator, view: View) -> Image:
    sheet = Sheet(rng)
    tints = yard.Tints.drawn(rng)
    yard.paint_far(sheet)
    yard.paint_bounds(sheet, tints)
    yard.paint_terrace(sheet, tints)
    yard_things.paint_back(sheet, tints)
    yard_things.paint_near(sheet, tints)
    day = seen_part(sheet, view)
    soft_light(day, rng)
    return day


def _night(day: Image, view: View) -> Image:
    """Return what the sky, a lit window of the neighbour and a lamp of the street leave of the garden."""
    x, y = sheet_grid(view)
    share = day * (1 / 255)
    night = share**1.25 * np.array((56, 46, 39), np.float32) + np.array((8, 6, 5), np.float32)
    window = at(8.4, 38.0, 3.6)
    glow = np.float32(1.3) * spill(x, y, window, 5.0) + np.float32(0.10) * spill(x, y, window, 60.0)
    glow = glow + np.float32(0.30) * spill(x, y, at(-12.0, 26.0, 3.2), 70.0)
    night += (0.2 + 0.8 * share) * glow[..., None] * np.array((84, 150, 206), np.float32)
    return np.asarray(night, np.float32)


def _lamp(day: Image, view: View) -> Image:
    """Return the light of the flood: it falls off with the distance over the ground."""
    x, y = sheet_grid(view)
    right_m, away_m, _ = yard_things.LAMP_AT
    depth = LENS.focal * LENS.camera_height_m / np.maximum(y - LENS.horizon, 44.0)
    aside = (x - LENS.vanishing_x) * depth / LENS.focal - (right_m - 0.8)
    distance = (aside / 4.6) ** 2 + ((depth - away_m - 1.2) / 5.0) ** 2
    reach = np.asarray(1.05 / (1 + distance) ** 1.1, np.float32)
    reach = reach * np.clip((y - 40) / 110, 0.12, 1.0) + 1.6 * spill(x, y, at(*yard_things.LAMP_AT), 9.0)
    return np.asarray((day * (0.95 / 255) + 0.02) * reach[..., None] * np.array(COOL, np.float32), np.float32)
