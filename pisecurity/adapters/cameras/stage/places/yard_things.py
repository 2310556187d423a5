"""Paints what stands behind the house: shed, pond, swing, washing line, beds, table and chairs, a wing of the house."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Final

import numpy as np

from pisecurity.adapters.cameras.stage.paint import FINE, Colour, Image, Mask, Point, Sheet, Where, lit, tones
from pisecurity.adapters.cameras.stage.places.garden import LEAF_GREENS
from pisecurity.adapters.cameras.stage.places.yard import LENS, Tints, at, strip

SHED: Final = (-7.4, -4.3, 14.0, 17.0)
"""Left, right, near and far, in metres."""
SHED_UP_M: Final = 2.1
POND: Final = (2.5, 9.4, 1.9, 1.35)
"""Middle to the right and away, half its width and depth, in metres."""
LINE_M: Final = (-2.9, 0.3, 11.5, 1.75)
"""Washing line: left, right, away and height."""
SWING_M: Final = (4.9, 7.6, 15.5, 2.1)
BED_M: Final = (-5.9, -3.1, 8.4, 9.3)
TABLE_M: Final = (-2.55, -1.15, 4.75, 0.74)
"""Left, right, away, height."""
BUSH_M: Final = (8.6, 19.5)
WING_M: Final = (2.78, 5.0)
"""Corner of the wing of the house."""
LAMP_AT: Final = (WING_M[0] - 0.12, WING_M[1], 2.75)
"""The floodlight: to the right, away, up."""


def paint_back(sheet: Sheet, tints: Tints) -> None:
    """Paint what stands on the lawn, the farthest first."""
    _bush(sheet, *BUSH_M)
    _shed(sheet, tints)
    _swing(sheet)
    _line(sheet)
    _pond(sheet, tints)
    _bed(sheet, tints)


def shed_outline() -> tuple[Point, ...]:
    """Return what the shed hides."""
    left, right, near, far = SHED
    return (at(left, near), at(left - 0.2, near, SHED_UP_M), at((left + right) / 2, near, SHED_UP_M + 0.85),
            at((left + right) / 2, far, SHED_UP_M + 0.85), at(right + 0.2, far, SHED_UP_M), at(right, far),
            at(right, near))  # fmt: skip


def _shed(sheet: Sheet, tints: Tints) -> None:
    left, right, near, far = SHED
    middle, rng = (left + right) / 2, sheet.rng
    sheet.shade((at(right, near), at(right + 2.4, near + 0.4), at(right + 2.4, far), at(right, far)), 0.66, soft=5)
    boards = 18
    for number in range(boards):
        a, b = (near + (far - near) * (number + more) / boards for more in (1, 0))
        side = (at(right, a, SHED_UP_M), at(right, b, SHED_UP_M), at(right, b), at(right, a))
        sheet.area(side, lit(tints.shed, 0.60 + 0.10 * float(rng.random())), grain=0.05)
    boards = 22
    for number in range(boards):
        a, b = (left + (right - left) * (number + more) / boards for more in (0, 1))
        top = [SHED_UP_M + 0.75 * (1 - abs((x - middle) / (middle - left))) for x in (a, b)]
        board = (at(a, near, top[0]), at(b, near, top[1]), at(b, near), at(a, near))
        sheet.area(board, lit(tints.shed, 0.94 + 0.14 * float(rng.random())), grain=0.05, mottle=0.03)
        sheet.line(at(a, near), at(a, near, top[0]), lit(tints.shed, 0.66), 0.5)
    sheet.shade(strip(near, 0.0, 0.25, left, right), 0.7, soft=3)
    ridge = (at(middle, near - 0.25, SHED_UP_M + 0.85), at(middle, far + 0.2, SHED_UP_M + 0.85))
    slope = (*ridge, at(right + 0.25, far + 0.2, SHED_UP_M - 0.06), at(right + 0.25, near - 0.25, SHED_UP_M - 0.06))
    sheet.area(slope, tints.roof, grain=0.10, mottle=0.06)
    verge = (at(left - 0.25, near - 0.25, SHED_UP_M - 0.06), ridge[0], slope[3])
    for start, end in pairwise(verge):
        sheet.line(start, end, lit(tints.shed, 1.3), 3.0)
    _shed_front(sheet, tints)


def _shed_front(sheet: Sheet, tints: Tints) -> None:
    left, right, near, _ = SHED
    door = (left + 0.45, left + 1.3)
    sheet.area(strip(near, 0.05, 1.9, *door), lit(tints.shed, 0.74), grain=0.05)
    for x in np.linspace(*door, 6).tolist():
        sheet.line(at(x, near, 0.05), at(x, near, 1.9), lit(tints.shed, 0.55), 0.6)
    for up in (0.4, 1.5):
        sheet.area(strip(near, up, up + 0.12, *door), lit(tints.shed, 0.62))
    sheet.area(strip(near, 0.95, 1.08, door[1] - 0.16, door[1] - 0.08), (50, 52, 54))
    window = (right - 1.25, right - 0.45)
    sheet.area(strip(near, 1.0, 1.65, window[0] - 0.08, window[1] + 0.08), (214, 222, 226))
    sheet.area(strip(near, 1.07, 1.58, *window), (86, 78, 62), mottle=0.1)
    glint = (at(window[0] + 0.1, near, 1.07), at(window[0] + 0.35, near, 1.58), at(window[0] + 0.55, near, 1.58),
             at(window[0] + 0.3, near, 1.07))  # fmt: skip
    sheet.area(glint, (214, 206, 196), strength=0.35)
    sheet.area(strip(near, 1.07, 1.58, (sum(window)) / 2 - 0.02, sum(window) / 2 + 0.02), (214, 222, 226))
    sheet.line(at(left + 1.62, near - 0.1, 0.0), at(left + 1.55, near - 0.1, 1.5), (64, 100, 140), 1.6)
    sheet.area(strip(near - 0.1, 0.0, 0.28, left + 1.52, left + 1.74), (92, 96, 98))


def _pond(sheet: Sheet, tints: Tints) -> None:
    """Dig a pond that mirrors trees and sky, with a rim of stones, reeds and lilies."""
    rng = sheet.rng
    shore = [pond_at(turn, 1.0) for turn in np.linspace(0, 2 * math.pi, 40)]
    sheet.area([pond_at(turn, 1.12) for turn in np.linspace(0, 2 * math.pi, 40)], (70, 96, 88), soft=2, mottle=0.2)
    top, bottom = min(y for _, y in shore), max(y for _, y in shore)

    def mirror(here: Where, cover: Mask, pixels: Image) -> Image:
        y = (np.arange(here[0].start, here[0].stop) + 0.5) / FINE
        share = np.clip((y - top) / (bottom - top), 0, 1)
        source = np.clip((138 - 108 * share + 0.8 * np.sin(y * 2.3)) * FINE, 0, 300).astype(np.intp)
        sky = sheet.image[source, here[1]].astype(np.float32) * np.float32(0.62)
        depth = np.array((44, 52, 40), np.float32) * (1 - 0.4 * share)[:, None, None]
        water = (sky + depth * 0.6) * sheet.texture(here, 0.02, 0.05)
        return np.asarray(pixels + cover * (water - pixels), np.float32)

    sheet.repaint(*sheet.shape(shore, soft=0.4), mirror)
    for turn in np.sort(rng.uniform(0, 2 * math.pi, 44)).tolist():
        x, y = pond_at(turn, 1.05 + 0.03 * float(rng.random()))
        wide = 5.5 + 3.5 * float(rng.random())
        stone = [(x + wide * math.cos(a), y + 0.5 * wide * math.sin(a)) for a in np.linspace(0, 2 * math.pi, 10)]
        tone = lit(tints.slabs, 0.66 + 0.3 * float(rng.random()))
        sheet.area(stone, tone, grain=0.08)
        sheet.shade([(px, max(py, y + 0.1 * wide)) for px, py in stone], 0.72, soft=0.8)
    for _ in range(9):
        x, y = pond_at(float(rng.uniform(2.4, 4.6)), float(rng.uniform(0.35, 0.8)))
        wide = float(rng.uniform(4, 7))
        pad = [(x + wide * math.cos(a), y + 0.36 * wide * math.sin(a)) for a in np.linspace(0.4, 6.0, 12)]
        sheet.area([*pad, (x, y)], lit((74, 140, 96), 0.8 + 0.35 * float(rng.random())))
    count = 130
    turn = rng.uniform(0.5, 1.7, count)
    roots = np.array([pond_at(float(each), 1.02) for each in turn])
    tall = rng.uniform(22, 46, count)
    lean = -math.pi / 2 + 0.16 * rng.standard_normal(count)
    greens = tones(LEAF_GREENS, rng.integers(1, 5, count), 0.7 + 0.4 * rng.random(count))
    sheet.dabs(roots[:, 0], roots[:, 1] - tall / 2, (tall, 1.9), lean, greens)


def pond_at(turn: float, share: float) -> Point:
    """Return a point of the pond: *share* 1 is its shore, *turn* pi/2 its far side."""
    right, away, half, deep = POND
    wobble = share * (1 + 0.07 * math.sin(3 * turn + 0.6))
    return at(right + half * wobble * math.cos(turn), away + deep * wobble * math.sin(turn))


def _swing(sheet: Sheet) -> None:
    left, right, away, up = SWING_M
    wood: Colour = (74, 116, 160)
    for x in (left, right):
        for lean in (-0.5, 0.5):
            sheet.area((at(x + lean - 0.05, away - lean), at(x + lean + 0.05, away - lean), at(x + 0.05, away, up),
                        at(x - 0.05, away, up)), lit(wood, 0.9 - 0.2 * lean), grain=0.06)  # fmt: skip
    sheet.area(strip(away, up - 0.04, up + 0.07, left - 0.2, right + 0.2), wood, grain=0.06)
    for x in (left + 0.75, right - 0.75):
        for side in (-0.2, 0.2):
            sheet.line(at(x + side, away, up), at(x + side, away, 0.48), (150, 158, 160), 0.6)
        sheet.area(strip(away, 0.44, 0.50, x - 0.24, x + 0.24), (48, 44, 150))
    sheet.shade(
        (at(left, away), at(right + 0.8, away), at(right + 0.8, away - 0.8), at(left, away - 0.8)), 0.86, soft=4
    )


def _line(sheet: Sheet) -> None:
    left, right, away, up = LINE_M
    steel: Colour = (146, 152, 154)
    for x in (left, right):
        sheet.area(strip(away, 0.0, up + 0.05, x - 0.025, x + 0.025), steel, grain=0.03)
        sheet.shade(strip(away, 0.0, up + 0.05, x, x + 0.03), 0.7)
        sheet.area((at(x - 0.1, away), at(x + 0.2, away), at(x + 0.2, away - 0.2), at(x - 0.1, away - 0.2)),
                   (52, 92, 66), soft=1.5, strength=0.5)  # fmt: skip
    for start, end in pairwise(np.linspace(0, 1, 9)):
        points = [at(left + (right - left) * float(s), away, up - 0.09 * 4 * float(s * (1 - s))) for s in (start, end)]
        sheet.line(points[0], points[1], (196, 204, 206), 0.6)


def _bed(sheet: Sheet, tints: Tints) -> None:
    """Plant flowers in a bed before the left fence."""
    rng = sheet.rng
    left, right, near, far = BED_M
    sheet.area((at(left, far), at(right, far), at(right, near), at(left, near)), (54, 70, 88), grain=0.14, soft=1.0)
    count = 900
    x = rng.uniform(left, right, count)
    away = np.sort(rng.uniform(near, far, count))[::-1]
    scale = LENS.focal / away
    up = 0.55 * rng.random(count) * (0.7 + 0.3 * np.sin(3.1 * x))
    column = LENS.vanishing_x + x * scale
    row = LENS.horizon + (LENS.camera_height_m - up) * scale
    greens = tones(LEAF_GREENS, rng.integers(1, 5, count), 0.6 + 0.8 * up)
    sheet.dabs(column, row, (9.0, 2.8), -math.pi / 2 + 0.6 * rng.standard_normal(count), greens)
    for number in range(0, count, 9):
        colour = tints.flowers if rng.random() < 0.65 else (216, 234, 242)
        at_row = float(row[number]) - 4 - 7 * float(rng.random())
        sheet.disc(float(column[number]), at_row, 1.6 + 1.1 * float(rng.random()),
                   lit(colour, 0.82 + 0.3 * float(rng.random())))  # fmt: skip


def _bush(sheet: Sheet, right_m: float, away_m: float) -> None:
    rng = sheet.rng
    scale = LENS.scale(away_m)
    x, foot = at(right_m, away_m)
    count = 900
    turn, reach = rng.uniform(0, 2 * math.pi, count), np.sqrt(rng.random(count))
    dx, dy = 1.15 * scale * reach * np.cos(turn), 1.15 * scale * reach * np.sin(turn)
    order = np.argsort(-dy)
    light = np.clip(0.94 - 0.012 * dx - 0.014 * dy + 0.16 * rng.standard_normal(count), 0.4, 1.3)[order]
    greens = tones(LEAF_GREENS, rng.integers(1, 5, count), light)
    sheet.dabs(x + dx[order], foot - 1.12 * scale + dy[order], (6.0, 3.0), rng.uniform(0, math.pi, count), greens)
    sheet.shade((at(right_m - 1.2, away_m), at(right_m + 1.2, away_m), at(right_m + 1.2, away_m - 1),
                 at(right_m - 1.2, away_m - 1)), 0.68, soft=3)  # fmt: skip


def paint_near(sheet: Sheet, tints: Tints) -> None:
    """Paint table and chairs on the terrace, a pot, and the wing of the house."""
    left, right, away, up = TABLE_M
    _chair(sheet, (left + right) / 2, away + 0.75, tints.table)
    sheet.shade((at(left, away + 0.5), at(right + 0.4, away + 0.5), at(right + 0.4, away - 0.3), at(left, away - 0.3)),
                0.62, soft=5)  # fmt: skip
    for x in (left + 0.1, right - 0.1):
        for near in (away + 0.4, away - 0.35):
            sheet.area(strip(near, 0.0, up, x - 0.035, x + 0.035), lit(tints.table, 0.62), grain=0.05)
    slats = 7
    for number in range(slats):
        b, a = (away + 0.45 - 0.9 * (number + more) / slats for more in (0, 0.86))
        slat = (at(left, b, up), at(right, b, up), at(right, a, up), at(left, a, up))
        sheet.area(slat, lit(tints.table, 1.0 + 0.12 * float(sheet.rng.random())), grain=0.06)
    sheet.area(strip(away - 0.45, up - 0.09, up, left, right), lit(tints.table, 0.72), grain=0.05)
    _chair(sheet, right + 0.55, away - 0.1, tints.table)
    _wing(sheet, tints)


def _chair(sheet: Sheet, x: float, away: float, wood: Colour) -> None:
    for side in (-0.2, 0.2):
        sheet.area(strip(away - 0.2, 0.0, 0.45, x + side - 0.025, x + side + 0.025), lit(wood, 0.58))
        sheet.area(strip(away + 0.2, 0.0, 0.92, x + side - 0.025, x + side + 0.025), lit(wood, 0.66))
    for up in (0.58, 0.70, 0.82):
        sheet.area(strip(away + 0.2, up, up + 0.08, x - 0.22, x + 0.22), lit(wood, 0.9), grain=0.05)
    seat = (at(x - 0.23, away + 0.22, 0.45), at(x + 0.23, away + 0.22, 0.45), at(x + 0.23, away - 0.22, 0.45),
            at(x - 0.23, away - 0.22, 0.45))  # fmt: skip
    sheet.area(seat, lit(wood, 1.06), grain=0.05)
    sheet.area(strip(away - 0.22, 0.40, 0.45, x - 0.23, x + 0.23), lit(wood, 0.7))


def wing_outline() -> tuple[Point, ...]:
    """Return what the wing of the house hides."""
    right, away = WING_M
    return at(right, away, 6.0), at(right, away), at(right, 3.0), at(right, 3.0, 6.0)


def _wing(sheet: Sheet, tints: Tints) -> None:
    right, away = WING_M
    sheet.shade((at(right - 0.5, away), at(right, away), at(right, 3.0), at(right - 0.8, 3.0)), 0.78, soft=5)
    sheet.area(wing_outline(), lit(tints.wall, 0.74), grain=0.04, mottle=0.03)
    plinth = (at(right, away, 0.4), at(right, away), at(right, 3.0), at(right, 3.0, 0.4))
    sheet.area(plinth, (112, 120, 126), grain=0.06, mottle=0.06)
    x, _ = at(right, away)
    sheet.box(x, 0, x + 2.5, at(right, away)[1], lit(tints.wall, 1.02), grain=0.03)
    pipe = (at(right, 4.75, 6.0), at(right, 4.65, 6.0), at(right, 4.65), at(right, 4.75))
    sheet.area(pipe, (118, 124, 128), grain=0.03)
    column, row = at(*LAMP_AT)
    sheet.box(column + 2, row - 3, x + 4, row + 2, (60, 62, 64))
    sheet.area(
        ((column - 9, row - 6), (column + 7, row - 8), (column + 7, row + 6), (column - 7, row + 8)), (66, 68, 70)
    )
    sheet.area(((column - 8, row - 4), (column - 3, row - 4.5), (column - 2, row + 6), (column - 6.5, row + 7)),
               (206, 216, 220))  # fmt: skip
