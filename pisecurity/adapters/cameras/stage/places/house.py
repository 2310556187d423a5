"""Paints the front of the house: wall, roof, door, windows and what stands before them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

from pisecurity.adapters.cameras.stage.paint import FINE, Colour, Image, Mask, Sheet, Where, lit, mix, rectangle, tones

WALL_LEFT: Final = 286.0
WALL_FOOT: Final = 272.0
EAVES: Final = 74.0
LAMP: Final = (540.0, 172.0)
"""Where the lamp beside the door hangs, on the sheet."""
DOOR: Final = (452.0, 150.0, 512.0, WALL_FOOT)
"""Left, top, right, bottom."""
WINDOWS: Final = ((330.0, 158.0, 414.0, 232.0), (604.0, 154.0, 714.0, 232.0))
TRANSOM: Final = 22.0
"""From the top of a window to its crossbar."""
WHITE: Final[Colour] = (226, 234, 238)
STONE: Final[Colour] = (150, 160, 166)


@dataclass(frozen=True, slots=True)
class Paints:
    """The colours a house was given."""

    wall: Colour
    door: Colour
    roof: Colour
    flowers: Colour

    @staticmethod
    def drawn(rng: np.random.Generator) -> Paints:
        """Return colours that go together, drawn by lot."""
        walls: tuple[Colour, ...] = ((196, 222, 234), (186, 204, 216), (206, 216, 214), (178, 208, 230))
        doors: tuple[Colour, ...] = ((92, 78, 36), (66, 92, 48), (54, 48, 128), (84, 70, 62))
        roofs: tuple[Colour, ...] = ((72, 84, 128), (84, 80, 82), (62, 70, 108))
        flowers: tuple[Colour, ...] = ((92, 70, 214), (168, 96, 200), (70, 140, 236))
        first, second, third, fourth = (int(index) for index in rng.integers((4, 4, 3, 3)))
        return Paints(walls[first], doors[second], roofs[third], flowers[fourth])


def paint_house(sheet: Sheet, paints: Paints) -> None:
    """Paint the whole front, from the back to the front."""
    _wall(sheet, paints)
    _roof(sheet, paints)
    for window in WINDOWS:
        _window(sheet, *window)
    _flower_box(sheet, paints)
    _door(sheet, paints)
    _lamp(sheet)
    _bicycle(sheet, 668.0, WALL_FOOT + 3)


def _wall(sheet: Sheet, paints: Paints) -> None:
    sheet.box(WALL_LEFT, EAVES, 864, WALL_FOOT, paints.wall, grain=0.035, mottle=0.018)
    sheet.shade(rectangle(WALL_LEFT - 30, 60, 900, 92), 0.62, soft=7)
    sheet.shade(rectangle(700, 60, 900, 300), 0.9, soft=60)
    sheet.shade(rectangle(WALL_LEFT, 236, 900, 290), 0.88, soft=14)
    _plinth(sheet)
    sheet.box(WALL_LEFT, EAVES, WALL_LEFT + 2, WALL_FOOT, lit(paints.wall, 1.06))
    for x in (297.0, 738.0):
        sheet.box(x, EAVES - 4, x + 5, WALL_FOOT - 2, (112, 118, 122), grain=0.03)
        sheet.box(x + 1, EAVES - 4, x + 2, WALL_FOOT - 2, (158, 164, 168))
        for y in (110.0, 180.0, 244.0):
            sheet.box(x - 1, y, x + 6, y + 2.5, (92, 98, 102))
    sheet.box(424, 176, 438, 186, (112, 74, 44))
    sheet.line((429, 178.5), (433, 178.5), WHITE, 1)
    sheet.line((433, 178.5), (430.5, 184), WHITE, 1)


def _plinth(sheet: Sheet) -> None:
    rng = sheet.rng
    sheet.box(WALL_LEFT, 250, 864, WALL_FOOT, (118, 126, 132))
    for row in range(3):
        x = WALL_LEFT - 12.0 * (row % 2)
        while x < 864:
            width = 22 + 8 * float(rng.random())
            tone = lit(STONE, 0.72 + 0.26 * float(rng.random()))
            top = 250.6 + row * 7.2
            sheet.box(max(x, WALL_LEFT) + 0.6, top, x + width - 0.6, top + 6.2, tone, grain=0.05)
            x += width


def _roof(sheet: Sheet, paints: Paints) -> None:
    verge = ((268.0, EAVES + 1), (322.0, 0.0), (864.0, 0.0), (864.0, EAVES + 1))
    sheet.area(verge, paints.roof, grain=0.06, mottle=0.06)
    rows = 8
    light = 0.8 + 0.38 * sheet.rng.random((rows, 74), dtype=np.float32)

    def lay(here: Where, cover: Mask, pixels: Image) -> Image:
        y = (EAVES - (np.arange(here[0].start, here[0].stop) + 0.5) / FINE) / 9.4
        row = np.clip(np.floor(y), 0, rows - 1).astype(np.intp)
        across = (np.arange(here[1].start, here[1].stop) + 0.5) / (FINE * 12)
        x = across[None, :] + 0.5 * (row % 2)[:, None]
        column = np.floor(x).astype(np.intp)
        tile = light[np.broadcast_to(row[:, None], x.shape), column]
        tile[(x - column) < 0.06] *= 0.85
        tile[(y - row) < 0.17] *= 0.55
        pixels *= 1 + cover * (tile[..., None] - 1)
        return pixels

    sheet.repaint(*sheet.shape(verge), lay)
    sheet.area(((264, EAVES + 2), (318, 0), (326, 0), (273, EAVES + 2)), WHITE, grain=0.02)
    sheet.box(264, EAVES - 1, 864, EAVES + 6, (176, 184, 188), grain=0.02)
    sheet.box(264, EAVES + 4.5, 864, EAVES + 7, (96, 102, 106))
    sheet.box(264, EAVES - 1, 864, EAVES + 0.4, (216, 222, 224))


def _window(sheet: Sheet, left: float, top: float, right: float, bottom: float) -> None:
    sheet.shade(rectangle(left - 4, top - 2, right + 9, bottom + 8), 0.82, soft=4)
    sheet.box(left - 5, top - 5, right + 5, bottom + 3, WHITE, grain=0.015)
    for pane in panes((left, top, right, bottom)):
        _pane(sheet, *pane)
    sheet.box(left, top + TRANSOM, right, top + TRANSOM + 2.5, WHITE)
    sheet.box(left - 9, bottom + 3, right + 9, bottom + 8, (196, 206, 210), grain=0.03)
    sheet.shade(rectangle(left - 8, bottom + 8, right + 10, bottom + 13), 0.7, soft=2)


def panes(window: tuple[float, float, float, float]) -> tuple[tuple[float, float, float, float], ...]:
    """Return the two panes of a window: left, top, right, bottom."""
    left, top, right, bottom = window
    middle = (left + right) / 2
    return (left, top, middle - 2, bottom), (middle + 2, top, right, bottom)


def _pane(sheet: Sheet, left: float, top: float, right: float, bottom: float) -> None:
    """Glass: the sky above, the garden below, a curtain behind."""
    steps = 12
    for step in range(steps):
        share = step / (steps - 1)
        upper = top + (bottom - top) * step / steps
        tone = mix((196, 176, 150), (92, 100, 84), min(1.0, share * 1.3))
        sheet.box(left, upper, right, upper + (bottom - top) / steps + 0.5, lit(tone, 0.72), mottle=0.08)
    width = right - left
    for fold in range(5):
        x = left + fold * width * 0.075
        sheet.area(rectangle(x, top, x + width * 0.075, bottom), (206, 214, 218), strength=0.42 + 0.2 * (fold % 2))
    glint = ((left + width * 0.55, top), (left + width * 0.75, top), (left + width * 0.35, bottom),
             (left + width * 0.15, bottom))  # fmt: skip
    sheet.area(glint, (250, 246, 240), strength=0.13, soft=1)
    sheet.shade(rectangle(left, top, right, top + 4), 0.7, soft=2)


def _flower_box(sheet: Sheet, paints: Paints) -> None:
    left, _, right, bottom = WINDOWS[0]
    rng = sheet.rng
    sheet.box(left - 2, bottom + 4, right + 2, bottom + 16, (56, 82, 116), grain=0.08)
    sheet.box(left - 2, bottom + 4, right + 2, bottom + 5.5, (88, 118, 150))
    count = 260
    x, y = left - 4 + (right - left + 8) * rng.random(count), bottom + 5 + 5 * rng.standard_normal(count)
    greens = tones(((52, 112, 66),), np.zeros(count, np.intp), 0.6 + 0.8 * rng.random(count))
    sheet.dabs(x, y, (5, 2.4), rng.uniform(0, math.pi, count), greens)
    for _ in range(70):
        at = left - 3 + (right - left + 6) * float(rng.random()), bottom + 1 + 4 * float(rng.standard_normal())
        sheet.disc(*at, 1.2 + 0.9 * float(rng.random()), lit(paints.flowers, 0.8 + 0.35 * float(rng.random())))


def _door(sheet: Sheet, paints: Paints) -> None:
    left, top, right, bottom = DOOR
    sheet.shade(rectangle(left - 10, top - 4, right + 16, bottom), 0.84, soft=5)
    sheet.box(left - 6, top - 6, right + 6, bottom, WHITE, grain=0.015)
    sheet.box(left, top, right, bottom - 2, paints.door, grain=0.03, mottle=0.02)
    for x in (left + 7, (left + right) / 2 + 3):
        width = (right - left) / 2 - 10
        _pane(sheet, x, top + 8, x + width, top + 48)
        for upper, lower in ((top + 58, top + 82), (top + 88, bottom - 10)):
            sheet.box(x, upper, x + width, lower, lit(paints.door, 0.78), grain=0.03)
            sheet.box(x + 1.4, upper + 1.4, x + width, lower, lit(paints.door, 1.16), grain=0.03)
            sheet.box(x + 2.4, upper + 2.4, x + width - 1.2, lower - 1.2, lit(paints.door, 0.97), grain=0.03)
    sheet.box(right - 7, top + 62, right - 4.5, top + 74, (120, 190, 214))
    sheet.disc(right - 5.8, top + 68, 2.1, (130, 206, 232))
    sheet.box((left + right) / 2 - 9, top + 51, (left + right) / 2 + 9, top + 54, (110, 176, 200))
    _canopy(sheet, left, top, right)
    sheet.area(((left - 20, 272), (right + 20, 272), (right + 26, 281), (left - 22, 281)), (172, 180, 184), grain=0.05)
    sheet.area(((left - 22, 281), (right + 26, 281), (right + 26, 286), (left - 22, 286)), (112, 120, 126), grain=0.05)
    sheet.area(((left + 6, 273.5), (right - 4, 273.5), (right - 2, 279), (left + 5, 279)), (52, 72, 96), grain=0.12)


def _canopy(sheet: Sheet, left: float, top: float, right: float) -> None:
    sheet.shade(rectangle(left - 16, top - 8, right + 26, top + 10), 0.62, soft=5)
    slab = ((left - 22, top - 14), (left - 12, top - 24), (right + 12, top - 24), (right + 22, top - 14))
    sheet.area(slab, (96, 104, 110), grain=0.05)
    sheet.box(left - 22, top - 14, right + 22, top - 9, (206, 214, 218), grain=0.02)
    sheet.box(left - 22, top - 10, right + 22, top - 9, (130, 136, 140))
    for x in (left - 16, right + 13):
        sheet.area(((x, top - 9), (x + 3, top - 9), (x + 3, top + 12), (x, top + 12)), WHITE)


def _lamp(sheet: Sheet) -> None:
    x, y = LAMP
    dark: Colour = (44, 46, 48)
    sheet.box(x - 2, y - 12, x + 2, y - 8, dark)
    sheet.area(((x - 7, y - 4), (x, y - 10), (x + 7, y - 4)), dark)
    sheet.area(((x - 5, y - 4), (x + 5, y - 4), (x + 3.6, y + 9), (x - 3.6, y + 9)), (176, 206, 218))
    sheet.line((x - 5, y - 4), (x - 3.6, y + 9), dark, 0.8)
    sheet.line((x + 5, y - 4), (x + 3.6, y + 9), dark, 0.8)
    sheet.line((x, y - 4), (x, y + 9), dark, 0.5)
    sheet.box(x - 4.4, y + 9, x + 4.4, y + 11, dark)


def _bicycle(sheet: Sheet, x: float, foot: float) -> None:
    """Lean a bicycle against the wall; wheels of 0.68 m."""
    radius, hub = 19.0, foot - 19.0
    rear, front = (x - 30, hub), (x + 30, hub)
    crank, saddle, head = (x - 5, hub + 3), (x - 13, hub - 25), (x + 20, hub - 27)
    sheet.area([(rear[0] - 20, foot), (front[0] + 24, foot), (front[0] + 30, foot + 4), (rear[0] - 10, foot + 4)],
               (50, 60, 60), soft=2, strength=0.4)  # fmt: skip
    for centre in (rear, front):
        ring = [(centre[0] + radius * math.cos(turn), centre[1] + radius * math.sin(turn))
                for turn in np.linspace(0, 2 * math.pi, 40)]  # fmt: skip
        for start, end in pairwise(ring):
            sheet.line(start, end, (38, 40, 42), 1.6)
        for start in ring[::4]:
            sheet.line(start, centre, (150, 154, 156), 0.5)
    frame: Colour = (54, 60, 176)
    for start, end in ((rear, crank), (crank, head), (crank, saddle), (saddle, head), (saddle, rear), (head, front)):
        sheet.line(start, end, frame, 1.6)
    sheet.line(saddle, (saddle[0] - 1.5, saddle[1] - 5), (60, 62, 64), 1.2)
    sheet.box(saddle[0] - 7, saddle[1] - 8, saddle[0] + 6, saddle[1] - 5, (34, 40, 52))
    sheet.line(head, (head[0] - 1, head[1] - 7), (150, 154, 156), 1.2)
    sheet.line((head[0] - 7, head[1] - 9), (head[0] + 5, head[1] - 7), (40, 42, 44), 1.6)
