"""The entrance hall of a house with pets: front door, stairs, coats and shoes, and a way to the kitchen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pisecurity.adapters.cameras.stage.canvas import Image
from pisecurity.adapters.cameras.stage.paint import Colour, Sheet, lit
from pisecurity.adapters.cameras.stage.place import (
    DAY,
    INFRARED,
    LAMP,
    NIGHT,
    Area,
    Place,
    Screen,
    as_light,
    seen_part,
    sheet_grid,
    spill,
)
from pisecurity.adapters.cameras.stage.places import hall_things as things
from pisecurity.adapters.cameras.stage.places.furniture import room_beyond, stand_plant
from pisecurity.adapters.cameras.stage.places.room import (
    NEAREST_M,
    Block,
    Drawing,
    Opening,
    Pane,
    Room,
    aside,
    flat,
    hidden_by_side,
    paint_shell,
    paint_side,
)
from pisecurity.adapters.cameras.stage.places.roomlight import (
    Glow,
    Surfaces,
    ambience,
    fitted,
    glowing,
    infrared,
    mirrored,
    surfaces_of,
    tinted,
    within,
)
from pisecurity.adapters.cameras.stage.places.textures import picture, tiles
from pisecurity.adapters.cameras.stage.view import Ground, Lens, View

DOORLIGHT: Final = "doorlight"
"""A car's or the street's light through the glass of the door."""
ROOM: Final = Room(Lens(horizon=58.0, vanishing_x=430.0, focal=425.0, camera_height_m=2.25), -2.4, 2.6, 6.1, 2.55)
DOOR: Final = Pane(-0.95, 0.0, 0.0, 2.05)
DOOR_GLASS: Final = Pane(-0.79, 1.02, -0.17, 1.9)
STRIP: Final = Pane(0.12, 0.3, 0.36, 1.9)
MIRROR: Final = Pane(1.72, 0.92, 2.27, 1.86)
STAIRS: Final = Block(-2.4, -1.4, 0.0, 2.34, 3.93, 7.44)
RACK: Final = Block(1.3, 2.6, 0.0, 0.8, 4.1, 4.45)
BULB: Final = (0.62, 1.9, 6.0)
KITCHEN: Final = (4.65, 5.65)
BASKET: Final = (1.38, 3.3)
BASKET_M: Final = 0.42
WALKED_M: Final = 5.15
"""Distance of the way from the kitchen."""
ACROSS_M: Final = 2.6


@dataclass(frozen=True, slots=True)
class Paints:
    """The colours a hall was given."""

    wall: Colour
    door: Colour
    wood: Colour
    floor: tuple[Colour, Colour]
    tile_m: float
    runner: Colour
    cushion: Colour

    @staticmethod
    def drawn(rng: np.random.Generator) -> Paints:
        """Return colours that go together, drawn by lot."""
        walls: tuple[Colour, ...] = ((204, 220, 228), (208, 216, 212), (192, 210, 224), (214, 212, 208))
        doors: tuple[Colour, ...] = ((96, 82, 50), (64, 88, 118), (88, 104, 74), (62, 56, 112))
        woods: tuple[Colour, ...] = ((76, 110, 150), (58, 82, 112), (110, 146, 178))
        floors: tuple[tuple[Colour, Colour, float], ...] = (
            ((150, 160, 166), (146, 156, 163), 0.40),
            ((92, 122, 172), (86, 114, 162), 0.30),
            ((186, 194, 198), (92, 92, 94), 0.33),
            ((128, 140, 148), (112, 124, 134), 0.45),
        )
        runners: tuple[Colour, ...] = ((74, 62, 130), (112, 96, 78), (80, 100, 70))
        cushions: tuple[Colour, ...] = ((168, 176, 186), (140, 110, 84), (96, 112, 168))
        first, second, tile_m = floors[int(rng.integers(len(floors)))]
        wall, door, wood, runner, cushion = (
            choice[int(rng.integers(len(choice)))] for choice in (walls, doors, woods, runners, cushions)
        )
        return Paints(wall, door, wood, (first, second), tile_m, runner, cushion)


def paint(rng: np.random.Generator, view: View) -> Place:
    """Return the hall in a picture of *view*."""
    drawing = Drawing(Sheet(rng), ROOM)
    _furnish(drawing, Paints.drawn(rng))
    return Place(
        lens=ROOM.lens,
        lights=_lights(drawing, seen_part(drawing.sheet, view), view),
        ways=_ways(view),
        areas=_areas(),
        screens=_screens(),
        outdoors=False,
    )


def _furnish(drawing: Drawing, paints: Paints) -> None:
    rng = drawing.sheet.rng
    skirting = (206, 214, 218)
    room_beyond(drawing, ROOM.right, (196, 214, 220), lit(paints.floor[0], 0.85), (150, 168, 160))
    drawing.lay(flat(ROOM.left, NEAREST_M, ROOM.right, ROOM.back, 0.0),
                tiles(rng, ROOM.right - ROOM.left, ROOM.back - NEAREST_M, paints.floor, paints.tile_m))  # fmt: skip
    things.paint_stairwell(drawing, STAIRS, paints.wall, paints.wood, paints.runner)
    paint_shell(drawing, paints.wall, skirting, (222, 228, 230), left=STAIRS.right)
    paint_side(drawing, ROOM.right, paints.wall, skirting, Opening(*KITCHEN, 2.1, things.WHITE))
    drawing.face(aside(ROOM.left, NEAREST_M, ROOM.back, 0.0, ROOM.height), paints.wall, mottle=0.014)
    drawing.face(aside(ROOM.left, NEAREST_M, STAIRS.near, 0.0, 0.08), skirting, grain=0.01)
    things.paint_front_door(drawing, DOOR, DOOR_GLASS, STRIP, paints.door)
    things.hang_lamp(drawing, BULB)
    things.hang_coats(drawing, 0.82, 1.58, 1.72, paints.wood)
    things.hang_mirror(drawing, MIRROR, paints.wall, lit(paints.wood, 0.9))
    things.paint_stairs(drawing, STAIRS, paints.wood, paints.runner)
    things.stand_shoes(drawing, RACK, paints.wood)
    stand_plant(drawing, (2.32, 0.0, 3.05), 0.8, (188, 196, 200))
    things.lay_basket(drawing, BASKET, BASKET_M, (92, 130, 166), paints.cushion)
    things.set_bowls(drawing, 0.75, 4.2)
    drawing.lay(aside(ROOM.right, 3.1, 3.9, 1.35, 1.95), picture(rng, 150, 110))
    drawing.lay(aside(ROOM.left, 3.0, 3.6, 1.4, 2.0), picture(rng, 120, 120))


def _lights(drawing: Drawing, colours: Image, view: View) -> dict[str, NDArray[np.uint8]]:
    surfaces = surfaces_of(drawing, view)
    around = ambience(surfaces, ROOM)
    glass = fitted(surfaces, surfaces.shines)[..., None]
    door = _through_the_door(drawing, surfaces)
    return {
        DAY: as_light(_day(surfaces, door, around, colours, glass)),
        NIGHT: as_light(_night(surfaces, door, around, colours, glass)),
        LAMP: as_light(_lamp(drawing, surfaces, around, colours, view) * (1 - 0.85 * glass)),
        INFRARED: as_light(infrared(surfaces, colours, view, ROOM.lens)),
        DOORLIGHT: as_light(_doorlight(surfaces, door, around, colours, glass, view)),
    }


def _through_the_door(drawing: Drawing, surfaces: Surfaces) -> Image:
    """Return what the glass in the door and beside it gives each surface when it is bright, (h, w)."""
    away = ROOM.back - 0.02
    panes = ((DOOR_GLASS, 2.2, (2, 3, 1)), (STRIP, 1.2, (1, 4, 1)))
    total = np.zeros(surfaces.spot.shape[:2], np.float32)
    for pane, power, grid in panes:
        half = ((pane.right - pane.left) / 2, (pane.top - pane.foot) / 2, 0.0)
        total += glowing(surfaces, Glow((*pane.middle, away), half, (0.0, -0.2, -0.98), power, grid), drawing.blocks)
    return total


def _kitchen(surfaces: Surfaces) -> Image:
    """Return the daylight of the kitchen that comes through its opening, (h, w)."""
    middle = np.array((ROOM.right + 0.3, 1.1, sum(KITCHEN) / 2), np.float32)
    square = ((surfaces.spot - middle) ** 2).sum(axis=2)
    beyond = surfaces.spot[..., 0] > ROOM.right + 0.05
    return np.asarray(0.6 / (1 + square / 1.6) + 0.3 * beyond, np.float32)


def _day(surfaces: Surfaces, door: Image, around: Image, colours: Image, glass: Image) -> Image:
    light = tinted(
        surfaces, (door, (1.02, 1.0, 0.94)), (around * 0.60, (0.97, 0.99, 1.0)), (_kitchen(surfaces), (0.9, 0.98, 1.0))
    )
    strip = Block(DOOR_GLASS.left, STRIP.right, 0.6, 1.9, ROOM.back - 0.01, ROOM.back + 0.01)
    shine = fitted(surfaces, mirrored(surfaces, ROOM.lens, strip))[..., None]
    return np.asarray(colours * (light * (1 - glass) + glass) + shine * np.array((44, 43, 40), np.float32), np.float32)


def _night(surfaces: Surfaces, door: Image, around: Image, colours: Image, glass: Image) -> Image:
    """Return the light of the street behind the glass, and the little that comes from the house."""
    light = tinted(
        surfaces, (door, (0.08, 0.13, 0.17)), (around, (0.066, 0.06, 0.056)), (_kitchen(surfaces), (0.07, 0.06, 0.05))
    )
    return np.asarray(
        colours * (light * (1 - glass) + glass * np.array((0.10, 0.15, 0.19), np.float32)) + 2.5, np.float32
    )


def _lamp(drawing: Drawing, surfaces: Surfaces, around: Image, colours: Image, view: View) -> Image:
    bulb = Glow((BULB[0], BULB[1], ROOM.back - 0.25), (0.08, 0.06, 0.06), (0.0, 0.0, 0.0), 1.5, (2, 1, 2))
    direct = glowing(surfaces, bulb, drawing.blocks)
    light = tinted(surfaces, (direct / (1 + 0.8 * direct), (0.58, 0.84, 1.02)), (around, (0.17, 0.245, 0.30)))
    x, y = sheet_grid(view)
    cloth = within(x, y, _areas()["lamp"], 3.0)
    glow = 0.60 * cloth + 0.34 * spill(x, y, ROOM.at(BULB), 26.0)
    return np.asarray(colours * light + glow[..., None] * np.array((110, 186, 236), np.float32), np.float32)


def _doorlight(surfaces: Surfaces, door: Image, around: Image, colours: Image, glass: Image, view: View) -> Image:
    light = tinted(surfaces, (door, (0.50, 0.62, 0.66)), (around, (0.05, 0.058, 0.062)))
    x, y = sheet_grid(view)
    halo = spill(x, y, ROOM.at((*DOOR_GLASS.middle, ROOM.back)), 40.0)[..., None] * np.array((18, 22, 24), np.float32)
    return np.asarray(colours * (light * (1 - glass) + 0.72 * glass) + halo, np.float32)


def _areas() -> dict[str, Area]:
    back = ROOM.back
    basket = ROOM.outline(things.side_of_basket(BASKET, BASKET_M))
    across, down = [x for x, _ in basket], [y for _, y in basket]
    return {
        "door_glass": ROOM.area(DOOR_GLASS, back),
        "mirror": ROOM.area(MIRROR, back),
        "lamp": ROOM.area(Pane(BULB[0] - 0.12, BULB[1] - 0.1, BULB[0] + 0.12, BULB[1] + 0.1), back - 0.1),
        "basket": Area(min(across), min(down) - 45, max(across), max(down)),
        "wall": ROOM.area(Pane(-0.95, 2.14, 1.6, 2.48), back),
        "floor": Area(280.0, 300.0, 560.0, 480.0),
    }


def _screens() -> tuple[Screen, ...]:
    """Return what hides others: the shoe rack, the dog's basket, and the wall beside the kitchen."""
    rack = ((RACK.left, 0.0, RACK.near), (RACK.left, 0.0, RACK.far), (RACK.left, RACK.top, RACK.far),
            (RACK.right, RACK.top, RACK.far), (RACK.right, 0.0, RACK.near))  # fmt: skip
    basket = things.side_of_basket(BASKET, BASKET_M)
    return (
        Screen(hidden_by_side(ROOM, ROOM.right, KITCHEN[0]), KITCHEN[0]),
        Screen(ROOM.outline(rack), RACK.near),
        Screen(ROOM.outline(basket), BASKET[1] - 0.1),
    )


def _ways(view: View) -> dict[str, tuple[Ground, ...]]:
    left, right = ROOM.lens.edges_m(view, ACROSS_M)
    near_left, _ = ROOM.lens.edges_m(view, 2.4)
    door = Ground((DOOR.left + DOOR.right) / 2, ROOM.back - 0.25)
    kitchen = Ground(ROOM.right + 1.0, WALKED_M)
    return {
        "across": (Ground(left, ACROSS_M), Ground(right, ACROSS_M)),
        "across far": (kitchen, Ground(0.3, WALKED_M), door),
        "from the door": (door, Ground(-0.4, 4.6), Ground(-0.2, 2.7), Ground(-0.6, 2.4), Ground(near_left, 2.4)),
        "to the stairs": (kitchen, Ground(0.6, WALKED_M), Ground(-0.5, 4.4), Ground(-1.85, 3.7)),
        "along the floor": (Ground(left, 2.5), Ground(-0.6, 3.0), Ground(0.4, 3.8), Ground(0.7, 4.9), kitchen),
    }
