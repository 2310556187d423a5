"""What stands in the living room alone: window with curtains, television, sofa, fan and lamp."""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from pisecurity.adapters.cameras.stage.paint import Colour, lit
from pisecurity.adapters.cameras.stage.places.furniture import lamp_shade
from pisecurity.adapters.cameras.stage.places.room import Block, Drawing, Pane, Spot, flat, upright
from pisecurity.adapters.cameras.stage.places.textures import cloth, outlook

WHITE: Final[Colour] = (222, 228, 230)
DARK: Final[Colour] = (34, 34, 36)
MULLION_M: Final = 0.06
SOFA_BACK_M: Final = 0.24


def paint_window(drawing: Drawing, pane: Pane) -> None:
    """Paint a window of two wings with a sill and a radiator under it."""
    away = drawing.room.back
    drawing.face(pane.wider(0.08).corners(away), WHITE, grain=0.01)
    image = outlook(drawing.sheet.rng, 240, 170)
    glass = pane.corners(away)
    drawing.sheet.area(drawing.room.outline(glass), WHITE)
    drawing.lay(glass, image)
    drawing.faces.pop()
    drawing.register(glass, shines=True)
    for left, foot, right, top in bars(pane):
        drawing.face(upright(left, foot, right, top, away - 0.01), lit(WHITE, 0.9), grain=0.01)
    drawing.decor(
        upright(pane.middle[0] + 0.03, pane.foot + 0.5, pane.middle[0] + 0.06, pane.foot + 0.66, away), (120, 124, 128)
    )
    _radiator(drawing, pane)
    sill = Block(pane.left - 0.16, pane.right + 0.16, pane.foot - 0.11, pane.foot - 0.07, away - 0.26, away)
    drawing.block(sill, (212, 220, 224), casts=False)


def bars(pane: Pane) -> tuple[tuple[float, float, float, float], ...]:
    """Return left, foot, right, top of what divides the glass."""
    half = MULLION_M / 2
    rim = 0.035
    return (
        (pane.middle[0] - half, pane.foot, pane.middle[0] + half, pane.top),
        (pane.left, pane.foot, pane.left + rim, pane.top),
        (pane.right - rim, pane.foot, pane.right, pane.top),
        (pane.left, pane.foot, pane.right, pane.foot + rim),
        (pane.left, pane.top - rim, pane.right, pane.top),
    )


def _radiator(drawing: Drawing, pane: Pane) -> None:
    left, right, away = pane.left + 0.15, pane.right - 0.15, drawing.room.back - 0.10
    drawing.block(Block(left, right, 0.14, 0.70, away, away + 0.08), (206, 214, 218), casts=False)
    for x in np.arange(left + 0.06, right - 0.02, 0.085):
        drawing.decor(upright(float(x), 0.17, float(x) + 0.022, 0.67, away), (164, 172, 176))
    drawing.grounded(left, away - 0.1, right, drawing.room.back, dark=0.8, soft=4.0)


def hang_curtains(drawing: Drawing, pane: Pane, width_m: float, colour: Colour) -> tuple[Spot, ...]:
    """Hang a curtain at either side of a window; return the corners of the left one."""
    away = drawing.room.back - 0.12
    top, foot = pane.top + 0.16, 0.04
    drawing.bar((pane.left - 0.45, top + 0.03, away), (pane.right + 0.45, top + 0.03, away), (60, 66, 74), 0.035)
    left = upright(pane.left - 0.32, foot, pane.left - 0.32 + width_m, top, away)
    right = upright(pane.right + 0.32 - width_m * 0.72, foot, pane.right + 0.32, top, away)
    for corners, folds in ((left, 7), (right, 5)):
        shadow = [(x + 0.05, y, z + 0.05) for x, y, z in corners]
        drawing.sheet.shade(drawing.room.outline(shadow), 0.86, soft=2.5)
        drawing.lay(corners, cloth(drawing.sheet.rng, 110, 330, colour, folds))
    return left


def stand_television(drawing: Drawing, screen: Pane, board: Block, wood: Colour) -> None:
    """Stand a television on a low board before the back wall."""
    drawing.grounded(board.left - 0.1, board.near - 0.08, board.right + 0.1, board.far, dark=0.6, soft=6.0)
    drawing.block(board, wood, grain=0.03, mottle=0.04)
    third = (board.right - board.left) / 3
    for number in range(3):
        left = board.left + number * third + 0.02
        drawing.decor(
            upright(left, board.foot + 0.03, left + third - 0.04, board.top - 0.05, board.near), lit(wood, 0.90)
        )
        drawing.decor(upright(left + third / 2 - 0.06, board.top - 0.10, left + third / 2 + 0.04, board.top - 0.085,
                              board.near), lit(wood, 0.45))  # fmt: skip
    away = board.near + 0.16
    shadow = upright(screen.left + 0.05, screen.foot - 0.05, screen.right + 0.12, screen.top - 0.02, drawing.room.back)
    drawing.decor(shadow, (30, 32, 36), soft=4.0, strength=0.35)
    foot = Block(screen.middle[0] - 0.22, screen.middle[0] + 0.22, board.top, board.top + 0.02, away - 0.1, away + 0.1)
    drawing.block(foot, DARK, casts=False)
    drawing.face(upright(screen.middle[0] - 0.05, board.top, screen.middle[0] + 0.05, screen.foot, away), DARK)
    rim = 0.025
    body = screen.wider(rim).corners(away)
    drawing.face(body, (24, 24, 26), grain=0.01)
    glass = screen.corners(away)
    drawing.decor(glass, (44, 40, 38), grain=0.0)
    wide = screen.right - screen.left
    glint = ((screen.left + 0.1 * wide, screen.top, away), (screen.left + 0.34 * wide, screen.top, away),
             (screen.left + 0.16 * wide, screen.foot, away), (screen.left, screen.foot, away))  # fmt: skip
    drawing.decor(glint, (96, 90, 84), soft=3.0, strength=0.5)


def stand_sofa(drawing: Drawing, sofa: Block, colour: Colour, blanket: Colour) -> None:
    """Stand a sofa with its back towards the camera, a blanket over it."""
    arm, thick = 0.2, SOFA_BACK_M
    left, right, near, far = sofa.left, sofa.right, sofa.near, sofa.far
    drawing.grounded(left - 0.15, near - 0.12, right + 0.15, far + 0.1, dark=0.52, soft=8.0)
    for x in (left + 0.06, right - 0.12):
        drawing.face(upright(x, 0.0, x + 0.06, 0.12, near + 0.06), (40, 56, 78))
    drawing.block(Block(left + arm, right - arm, 0.12, 0.45, near + thick, far), colour, mottle=0.04)
    for x0, x1 in ((left, left + arm), (right - arm, right)):
        drawing.block(Block(x0, x1, 0.12, 0.64, near + 0.02, far), colour, grain=0.05, mottle=0.04)
    middle = (left + right) / 2
    for x0, x1 in ((left + arm, middle), (middle, right - arm)):
        tall, x = sofa.top + 0.07, (x0 + x1) / 2
        cushion = [(x + (x1 - x0) * 0.5 * math.copysign(abs(math.cos(turn)) ** 0.35, math.cos(turn)),
                    tall - 0.12 + 0.12 * math.copysign(abs(math.sin(turn)) ** 0.5, math.sin(turn)), near + thick)
                   for turn in np.linspace(0, 2 * math.pi, 32, endpoint=False)]  # fmt: skip
        drawing.decor(cushion, lit(colour, 1.10), grain=0.05)
        drawing.sheet.shade(drawing.room.outline(upright(x0, sofa.top - 0.1, x1, sofa.top + 0.03, near + thick)), 0.8,
                            soft=2.0)  # fmt: skip
    back = Block(left, right, 0.12, sofa.top, near, near + thick)
    drawing.block(back, colour, grain=0.06, mottle=0.035, top=lit(colour, 1.18))
    for x in (left + (right - left) / 3, right - (right - left) / 3):
        drawing.bar((x, 0.14, near), (x, sofa.top - 0.03, near), lit(colour, 0.8), 0.008)
    drawing.bar((left, 0.13, near), (right, 0.13, near), lit(colour, 0.6), 0.02)
    drawing.sheet.shade(drawing.room.outline(upright(left, 0.1, right, 0.4, near)), 0.82, soft=9.0)
    _blanket(drawing, sofa, left + 0.3, blanket, thick)


def _blanket(drawing: Drawing, sofa: Block, left: float, colour: Colour, thick: float) -> None:
    right, top, near = left + 0.46, sofa.top + 0.012, sofa.near - 0.01
    drawing.face(flat(left, near, right, near + thick, top), lit(colour, 1.12), grain=0.06)
    foot = sofa.top - 0.36
    drawing.lay(upright(left, foot, right, top, near), cloth(drawing.sheet.rng, 90, 70, colour, 4))
    for x in np.arange(left, right, 0.03):
        drawing.bar((float(x), foot, near), (float(x) + 0.005, foot - 0.05, near), lit(colour, 0.9), 0.008)


def stand_fan(drawing: Drawing, hub: Spot, radius_m: float) -> None:
    """Stand a fan on a pole; its blades are at rest."""
    right, up, away = hub
    metal: Colour = (182, 186, 190)
    drawing.disc((right + 0.03, 0.0, away), 0.26, (36, 38, 42), soft=2.0, strength=0.4)
    drawing.disc((right, 0.015, away), 0.2, (150, 156, 160))
    drawing.bar((right, 0.0, away), (right, up, away), (150, 154, 158), 0.035)
    drawing.bar((right - 0.008, 0.02, away), (right - 0.008, up, away), metal, 0.012)
    x, y = drawing.room.at(hub)
    unit = drawing.room.lens.scale(away)
    reach = radius_m * unit
    turns = np.linspace(0, 2 * math.pi, 48, endpoint=False)
    for blade in range(3):
        turn = 0.5 + blade * 2 * math.pi / 3
        edge = ((0.15, -0.5), (0.6, -0.42), (0.86, -0.1), (0.84, 0.3), (0.5, 0.45), (0.15, 0.5))
        points = [(x + reach * share * math.cos(turn + lean), y + reach * share * math.sin(turn + lean))
                  for share, lean in edge]  # fmt: skip
        drawing.sheet.area(points, (196, 186, 172), grain=0.02, strength=0.9)
    for share, tone in ((1.0, (158, 162, 166)), (0.7, (176, 180, 184)), (0.4, (176, 180, 184))):
        ring = [(x + reach * share * math.cos(turn), y + reach * share * math.sin(turn)) for turn in turns]
        for start, end in zip(ring, ring[1:] + ring[:1], strict=True):
            drawing.sheet.line(start, end, tone, 0.9 if share == 1.0 else 0.5)
    for turn in turns[::3]:
        rim = (x + reach * math.cos(turn), y + reach * math.sin(turn))
        drawing.sheet.line((x, y), rim, (170, 174, 178), 0.5)
    drawing.sheet.disc(x, y, reach * 0.2, (120, 124, 130))


def stand_lamp(drawing: Drawing, spot: Spot, colour: Colour) -> None:
    """Stand a floor lamp; *spot* is the bulb."""
    right, up, away = spot
    drawing.disc((right + 0.03, 0.0, away), 0.22, (36, 38, 42), soft=2.0, strength=0.4)
    drawing.disc((right, 0.01, away), 0.15, (62, 66, 72))
    drawing.bar((right, 0.0, away), (right, up, away), (66, 72, 80), 0.03)
    lamp_shade(drawing, (right, up - 0.14, away), 0.2, 0.3, colour)


def set_table(drawing: Drawing, top: Block) -> None:
    """Leave a bowl of fruit, a cup and a newspaper on the table."""
    up, near, right = top.top, top.near, top.right
    paper = ((right - 0.72, up, near + 0.40), (right - 0.42, up, near + 0.44), (right - 0.36, up, near + 0.14),
             (right - 0.68, up, near + 0.10))  # fmt: skip
    drawing.decor(paper, (206, 216, 220))
    for share in (0.25, 0.45, 0.65, 0.85):
        away = near + 0.40 - 0.3 * share
        drawing.bar((right - 0.69, up, away), (right - 0.42, up, away + 0.03), (140, 146, 150), 0.012)
    drawing.disc((right - 0.17, up, near + 0.24), 0.06, (60, 70, 84), strength=0.6)
    drawing.face(upright(right - 0.22, up, right - 0.13, up + 0.1, near + 0.22), (196, 160, 120))
    drawing.disc((right - 0.175, up + 0.1, near + 0.22), 0.045, (60, 70, 86))
