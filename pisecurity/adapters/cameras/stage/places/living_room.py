"""The living room of a flat, seen from a shelf: sofa, television, window, table, and doors at either side."""

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
from pisecurity.adapters.cameras.stage.places import living_things as things
from pisecurity.adapters.cameras.stage.places.furniture import (
    CHAIR_HALF_M,
    hang_picture,
    room_beyond,
    stand_bowl,
    stand_chair,
    stand_plant,
    stand_shelf,
    stand_table,
)
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
    upright,
)
from pisecurity.adapters.cameras.stage.places.roomlight import (
    Glow,
    Surfaces,
    ambience,
    beam,
    fitted,
    glowing,
    infrared,
    mirrored,
    surfaces_of,
    tinted,
    within,
)
from pisecurity.adapters.cameras.stage.places.textures import boards, picture, rug
from pisecurity.adapters.cameras.stage.view import Ground, Lens, View

TELEVISION: Final = "television"
"""The light of the set."""
ROOM: Final = Room(Lens(horizon=56.0, vanishing_x=440.0, focal=430.0, camera_height_m=2.3), -3.6, 2.7, 6.4, 2.6)
WINDOW: Final = Pane(-1.75, 0.92, 0.05, 2.2)
GLASS: Final = Block(WINDOW.left, WINDOW.right, WINDOW.foot, WINDOW.top, ROOM.back - 0.01, ROOM.back + 0.01)
SCREEN: Final = Pane(0.98, 0.66, 2.3, 1.41)
BOARD: Final = Block(0.7, 2.55, 0.12, 0.5, 5.96, 6.4)
SHELF: Final = Block(-3.45, -2.55, 0.0, 2.05, 6.1, 6.4)
SOFA: Final = Block(0.75, 2.45, 0.0, 0.82, 3.9, 4.8)
TABLE: Final = Block(-2.95, -1.55, 0.70, 0.74, 3.15, 4.0)
CHAIR: Final = (-1.28, 3.6)
FAN: Final = (-2.02, 1.22, 5.5)
FAN_M: Final = 0.36
BULB: Final = (0.42, 1.5, 6.0)
DOORS: Final = (4.9, 5.8)
DOOR_TOP: Final = 2.05
RUG: Final = (-1.15, 4.05, 0.85, 5.55)
"""Left, near, right, far in metres."""
WALKED_M: Final = 5.35
"""Distance of the way between the doors."""
ACROSS_M: Final = 2.65


@dataclass(frozen=True, slots=True)
class Paints:
    """The colours a living room was given."""

    wall: Colour
    wood: Colour
    floor: Colour
    sofa: Colour
    cloth: Colour
    rug: Colour
    curtain: Colour

    @staticmethod
    def drawn(rng: np.random.Generator) -> Paints:
        """Return colours that go together, drawn by lot."""
        walls: tuple[Colour, ...] = ((206, 218, 224), (196, 214, 216), (214, 214, 206), (186, 206, 220))
        woods: tuple[Colour, ...] = ((84, 122, 164), (62, 88, 122), (150, 176, 196))
        floors: tuple[Colour, ...] = ((92, 136, 182), (74, 108, 146), (128, 160, 188))
        sofas: tuple[Colour, ...] = ((112, 104, 96), (110, 92, 60), (84, 108, 96), (94, 112, 150))
        cloths: tuple[Colour, ...] = ((78, 128, 196), (196, 206, 214), (92, 76, 152), (150, 140, 84))
        rugs: tuple[Colour, ...] = ((62, 58, 140), (124, 92, 58), (92, 108, 112))
        curtains: tuple[Colour, ...] = ((204, 216, 224), (168, 186, 178), (186, 168, 150), (150, 178, 206))
        picks = [
            choice[int(rng.integers(len(choice)))] for choice in (walls, woods, floors, sofas, cloths, rugs, curtains)
        ]
        return Paints(*picks)


def paint(rng: np.random.Generator, view: View) -> Place:
    """Return the living room in a picture of *view*."""
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
    skirting = (208, 216, 220)
    beyond = lit(paints.floor, 0.85)
    room_beyond(drawing, ROOM.left, lit(paints.wall, 0.84), beyond, (176, 188, 196))
    room_beyond(drawing, ROOM.right, (188, 206, 214), beyond, (150, 150, 140))
    drawing.lay(flat(ROOM.left, NEAREST_M, ROOM.right, ROOM.back, 0.0),
                boards(rng, ROOM.right - ROOM.left, ROOM.back - NEAREST_M, paints.floor))  # fmt: skip
    paint_shell(drawing, paints.wall, skirting, (222, 228, 230), left=ROOM.left)
    opening = Opening(*DOORS, DOOR_TOP, things.WHITE)
    for right in (ROOM.left, ROOM.right):
        paint_side(drawing, right, paints.wall, skirting, opening)
    _along_the_wall(drawing, paints)
    left, near, right, far = RUG
    drawing.grounded(left - 0.03, near - 0.03, right + 0.03, far + 0.03, dark=0.85, soft=2.0)
    drawing.lay(flat(left, near, right, far, 0.005), rug(rng, paints.rug, lit(paints.rug, 0.6)))
    things.stand_sofa(drawing, SOFA, paints.sofa, paints.cloth)
    stand_table(drawing, TABLE, paints.wood)
    things.set_table(drawing, TABLE)
    stand_bowl(drawing, (-2.4, TABLE.top, 3.6), 0.15, (170, 180, 186), (52, 96, 190))
    stand_chair(drawing, CHAIR, paints.wood, turned=True)
    stand_chair(drawing, (-2.25, 3.05), paints.wood, turned=False)
    stand_plant(drawing, (2.4, 0.0, 3.25), 1.0, (70, 100, 150))


def _along_the_wall(drawing: Drawing, paints: Paints) -> None:
    rng = drawing.sheet.rng
    things.paint_window(drawing, WINDOW)
    stand_plant(drawing, (-1.4, WINDOW.foot - 0.07, 6.25), 0.34, (196, 204, 208))
    stand_plant(drawing, (-0.35, WINDOW.foot - 0.07, 6.25), 0.28, (80, 112, 168))
    things.hang_curtains(drawing, WINDOW, 0.62, paints.curtain)
    hang_picture(drawing, -2.42, 1.62, -2.12, 2.02)
    drawing.grounded(SHELF.left, SHELF.near - 0.1, SHELF.right + 0.1, SHELF.far, dark=0.62, soft=5.0)
    shadow = upright(SHELF.right, 0.0, SHELF.right + 0.14, SHELF.top, ROOM.back)
    drawing.sheet.shade(ROOM.outline(shadow), 0.8, soft=3.0)
    stand_shelf(drawing, SHELF, paints.wood)
    things.stand_television(drawing, SCREEN, BOARD, paints.wood)
    things.stand_lamp(drawing, BULB, (190, 214, 226))
    things.stand_fan(drawing, FAN, FAN_M)
    image = picture(rng, 150, 110)
    drawing.lay(aside(ROOM.right, 3.5, 4.3, 1.35, 1.95), image)
    drawing.lay(aside(ROOM.left, 4.0, 4.6, 1.4, 1.9), picture(rng, 120, 120))


def _lights(drawing: Drawing, colours: Image, view: View) -> dict[str, NDArray[np.uint8]]:
    surfaces = surfaces_of(drawing, view)
    around = ambience(surfaces, ROOM)
    return {
        DAY: as_light(_day(drawing, surfaces, around, colours, view)),
        NIGHT: as_light(_night(drawing, surfaces, around, colours, view)),
        LAMP: as_light(_lamp(drawing, surfaces, around, colours, view)),
        INFRARED: as_light(infrared(surfaces, colours, view, ROOM.lens)),
        TELEVISION: as_light(_television(drawing, surfaces, around, colours, view)),
    }


def _day(drawing: Drawing, surfaces: Surfaces, around: Image, colours: Image, view: View) -> Image:
    window = Glow((*WINDOW.middle, ROOM.back - 0.02), (0.85, 0.62, 0.0), (0.0, -0.35, -0.94), 5.2, (3, 2, 1))
    direct = glowing(surfaces, window, drawing.blocks)
    near = 1 / (1 + ((surfaces.spot - np.array(window.middle, np.float32)) ** 2).sum(axis=2) / 9.0)
    light = tinted(surfaces, (direct, (1.02, 1.0, 0.95)), (around * (0.57 + 0.32 * near), (0.96, 0.99, 1.0)))
    glass = fitted(surfaces, surfaces.shines)[..., None]
    day = colours * (light * (1 - glass) + glass)
    day += fitted(surfaces, mirrored(surfaces, ROOM.lens, GLASS))[..., None] * np.array((58, 56, 52), np.float32)
    x, y = sheet_grid(view)
    halo = spill(x, y, ROOM.at((*WINDOW.middle, ROOM.back)), 95.0)
    day += halo[..., None] * np.array((22, 21, 19), np.float32)
    return np.asarray(day, np.float32)


def _night(drawing: Drawing, surfaces: Surfaces, around: Image, colours: Image, view: View) -> Image:
    """Return what a street lamp throws through the window, and the little that the sky gives."""
    bars = [Block(left, right, foot, top, ROOM.back - 0.03, ROOM.back + 0.03)
            for left, foot, right, top in things.bars(WINDOW)]  # fmt: skip
    street = beam(surfaces, (0.6, 6.2, 13.0), GLASS, bars, drawing.blocks)
    glow = Glow((*WINDOW.middle, ROOM.back - 0.02), (0.85, 0.62, 0.0), (0.0, 0.0, -1.0), 0.5, (2, 2, 1))
    sky = glowing(surfaces, glow, drawing.blocks)
    light = tinted(surfaces, (street, (0.12, 0.21, 0.29)), (sky, (0.10, 0.085, 0.075)), (around, (0.072, 0.062, 0.056)))
    glass = fitted(surfaces, surfaces.shines)[..., None]
    x, y = sheet_grid(view)
    lamp = spill(x, y, ROOM.at((WINDOW.left + 0.45, WINDOW.top - 0.3, ROOM.back)), 9.0)
    outside = colours.mean(axis=2, keepdims=True) * np.array((0.10, 0.085, 0.075), np.float32)
    outside = outside + lamp[..., None] * np.array((50, 90, 120), np.float32)
    return np.asarray(colours * light * (1 - glass) + outside * glass + 2.5, np.float32)


def _lamp(drawing: Drawing, surfaces: Surfaces, around: Image, colours: Image, view: View) -> Image:
    bulb = Glow(BULB, (0.08, 0.05, 0.08), (0.0, 0.0, 0.0), 1.35, (2, 1, 2))
    direct = glowing(surfaces, bulb, drawing.blocks)
    light = tinted(surfaces, (direct / (1 + 0.9 * direct), (0.56, 0.83, 1.02)), (around, (0.16, 0.235, 0.29)))
    glass = fitted(surfaces, surfaces.shines)[..., None]
    x, y = sheet_grid(view)
    cloth = within(x, y, _areas()["lamp"], 4.0)
    warm = np.array((110, 186, 236), np.float32)
    glow = (0.70 * cloth + 0.22 * spill(x, y, ROOM.at(BULB), 30.0))[..., None] * warm
    return np.asarray(colours * light * (1 - 0.9 * glass) + glow, np.float32)


def _television(drawing: Drawing, surfaces: Surfaces, around: Image, colours: Image, view: View) -> Image:
    middle = (*SCREEN.middle, BOARD.near + 0.12)
    screen = Glow(middle, (0.6, 0.34, 0.0), (0.0, 0.0, -1.0), 1.7, (3, 2, 1))
    direct = glowing(surfaces, screen, drawing.blocks)
    x, y = sheet_grid(view)
    wall = spill(x, y, ROOM.at((*SCREEN.middle, ROOM.back)), 85.0)
    light = tinted(surfaces, (np.minimum(direct, 1.2), (1.0, 0.74, 0.60)), (around, (0.085, 0.062, 0.05)))
    light += wall[..., None] * np.array((0.34, 0.26, 0.21), np.float32)
    shown = within(x, y, _areas()["television"], 0.8)
    tone = 0.8 + 0.2 * np.sin(x / 17) * np.cos(y / 13)
    return np.asarray(colours * light + (shown * tone)[..., None] * np.array((206, 178, 160), np.float32), np.float32)


def _areas() -> dict[str, Area]:
    back, curtain = ROOM.back, ROOM.back - 0.12
    left, near, right, far = RUG
    (rug_left, rug_top), (rug_right, rug_bottom) = ROOM.at((left, 0.0, far)), ROOM.at((right, 0.0, near))
    return {
        "window": ROOM.area(WINDOW, back),
        "curtain": ROOM.area(Pane(WINDOW.left - 0.32, 0.04, WINDOW.left + 0.3, WINDOW.top + 0.16), curtain),
        "television": ROOM.area(SCREEN, BOARD.near + 0.16),
        "fan": ROOM.area(Pane(FAN[0], FAN[1], FAN[0], FAN[1]).wider(FAN_M), FAN[2]),
        "lamp": ROOM.area(Pane(BULB[0] - 0.2, BULB[1] - 0.14, BULB[0] + 0.2, BULB[1] + 0.16), BULB[2]),
        "rug": Area(rug_left, rug_top, min(rug_right, ROOM.at((SOFA.left, 0.0, SOFA.far))[0]), rug_bottom),
        "wall": ROOM.area(Pane(0.45, 1.75, 2.6, 2.45), back),
        "floor": Area(312.0, 312.0, 680.0, 480.0),
    }


def _screens() -> tuple[Screen, ...]:
    """Return what hides others: sofa, table, a chair, and the walls beside the doors."""
    left, right, near, top = SOFA.left, SOFA.right, SOFA.near, SOFA.top
    thick = things.SOFA_BACK_M
    sofa = ((left, 0.0, near), (left, 0.0, SOFA.far), (left, 0.64, SOFA.far), (left, top, near + thick),
            (right, top, near + thick), (right, 0.0, near))  # fmt: skip
    chair = aside(CHAIR[0] + CHAIR_HALF_M, CHAIR[1] - CHAIR_HALF_M, CHAIR[1] + CHAIR_HALF_M, 0.46, 0.92)
    return (
        Screen(hidden_by_side(ROOM, ROOM.left, DOORS[0]), DOORS[0]),
        Screen(hidden_by_side(ROOM, ROOM.right, DOORS[0]), DOORS[0]),
        Screen(ROOM.outline(sofa), near),
        Screen(ROOM.outline(chair), CHAIR[1]),
        Screen(ROOM.outline(flat(TABLE.left, TABLE.near, TABLE.right, TABLE.far, TABLE.top)), TABLE.far),
    )


def _ways(view: View) -> dict[str, tuple[Ground, ...]]:
    left, right = ROOM.lens.edges_m(view, ACROSS_M)
    low_left, _ = ROOM.lens.edges_m(view, 2.5)
    _, near_right = ROOM.lens.edges_m(view, 2.4)
    door_left, door_right = Ground(ROOM.left - 1.1, WALKED_M), Ground(ROOM.right + 1.1, WALKED_M)
    to_camera = (Ground(-1.9, WALKED_M), Ground(-0.3, 3.4), Ground(0.3, 2.4), Ground(near_right, 2.4))
    round_the_rug = (Ground(-0.8, 2.9), Ground(0.1, 4.0), Ground(-0.4, 5.0), Ground(-1.9, WALKED_M))
    return {
        "across": (Ground(left, ACROSS_M), Ground(right, ACROSS_M)),
        "across far": (door_left, door_right),
        "from the door": (door_left, *to_camera),
        "to the sofa": (door_left, Ground(-0.2, WALKED_M), Ground(1.4, 5.05)),
        "along the floor": (Ground(low_left, 2.5), *round_the_rug, door_left),
    }
