"""Paints the ground and the bounds of the garden behind the house: sky, trees, track, fences, hedge, lawn, terrace."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from pisecurity.adapters.cameras.stage.paint import (
    FINE,
    Colour,
    Image,
    Mask,
    Point,
    Sheet,
    Where,
    clouds,
    lit,
    mix,
    rectangle,
    tones,
)
from pisecurity.adapters.cameras.stage.places.garden import LEAF_GREENS
from pisecurity.adapters.cameras.stage.view import SHEET_HEIGHT, SHEET_WIDTH, Ground, Lens

LENS: Final = Lens(horizon=118.0, vanishing_x=430.0, focal=520.0, camera_height_m=2.6)
TERRACE_M: Final = 5.4
"""Where the terrace ends and the lawn begins."""
FENCE_M: Final = 24.0
FENCE_UP_M: Final = 0.95
TRACK_M: Final = (25.6, 29.4)
LEFT_M: Final = -8.5
RIGHT_M: Final = 9.0
"""The bounds of the garden."""
GATE_M: Final = (3.0, 6.6)
"""An opening in the fence."""
SLAB_M: Final = 0.5


@dataclass(frozen=True, slots=True)
class Tints:
    """The colours a garden was given."""

    shed: Colour
    roof: Colour
    fence: Colour
    slabs: Colour
    flowers: Colour
    table: Colour
    wall: Colour

    @staticmethod
    def drawn(rng: np.random.Generator) -> Tints:
        """Return colours that go together, drawn by lot."""
        sheds: tuple[Colour, ...] = ((72, 104, 138), (66, 62, 128), (96, 104, 86), (148, 164, 172))
        fences: tuple[Colour, ...] = ((96, 126, 152), (120, 132, 138), (74, 96, 122))
        slabs: tuple[Colour, ...] = ((150, 166, 176), (138, 152, 170), (156, 162, 162))
        flowers: tuple[Colour, ...] = ((104, 78, 216), (176, 100, 190), (66, 150, 236))
        tables: tuple[Colour, ...] = ((70, 112, 158), (206, 212, 214), (76, 84, 78))
        walls: tuple[Colour, ...] = ((196, 220, 230), (184, 200, 212), (120, 138, 176))
        one, two, three, four, five, six = (int(index) for index in rng.integers((4, 3, 3, 3, 3, 3)))
        return Tints(sheds[one], (70, 72, 78), fences[two], slabs[three], flowers[four], tables[five], walls[six])


def at(right_m: float, away_m: float, up_m: float = 0.0) -> Point:
    """Return the point of the sheet where a point of the garden is seen."""
    return LENS.on_sheet(Ground(right_m, away_m), up_m)


def strip(away_m: float, low_m: float, high_m: float, left_m: float, right_m: float) -> tuple[Point, ...]:
    """Return an upright rectangle that faces the camera."""
    return (at(left_m, away_m, high_m), at(right_m, away_m, high_m), at(right_m, away_m, low_m),
            at(left_m, away_m, low_m))  # fmt: skip


def paint_far(sheet: Sheet) -> None:
    """Paint sky, woods, the neighbour's house, the track and the trees behind it."""
    rng = sheet.rng
    for row in range(0, 176, 4):
        sheet.box(0, row, SHEET_WIDTH, row + 5, mix((226, 184, 140), (234, 228, 220), min(1.0, row / 120)))
    haze = clouds(rng, 160 * FINE, SHEET_WIDTH * FINE, (5, 12, 28), (1.0, 0.6, 0.3))
    white = np.array((246, 244, 242), np.float32)
    cover = np.asarray(np.clip(haze * 0.5 - 0.05, 0, 0.85), np.float32)
    sheet.repaint(cover, 0, 0, lambda _, share, pixels: pixels + share * (white - pixels))
    for _ in range(90):
        x, tall = float(rng.uniform(0, SHEET_WIDTH)), float(rng.uniform(14, 46))
        tone = mix((120, 138, 116), (172, 172, 156), float(rng.random()))
        blob = [(x + tall * 0.7 * math.cos(turn), 140 - tall * (0.4 + 0.5 * math.sin(turn)))
                for turn in np.linspace(0, 2 * math.pi, 18)]  # fmt: skip
        sheet.area(blob, tone, mottle=0.10, soft=1.5, strength=0.75)
    sheet.box(0, 128, SHEET_WIDTH, 178, (84, 136, 112), grain=0.06, mottle=0.1)
    _neighbour(sheet)
    near, far = TRACK_M
    sheet.area((at(-30, far), at(30, far), at(30, near), at(-30, near)), (136, 150, 160), grain=0.10, mottle=0.05)
    for middle in (26.6, 28.2):
        sheet.area((at(-30, middle + 0.4), at(30, middle + 0.4), at(30, middle), at(-30, middle)), (158, 170, 178),
                   grain=0.10)  # fmt: skip
    for x, size in ((-16.0, 5.2), (-9.5, 6.0), (-3.0, 4.6), (2.2, 5.4), (13.5, 6.2), (18.5, 5.0)):
        _far_tree(sheet, x + float(rng.uniform(-1, 1)), 33.0, size * float(rng.uniform(0.9, 1.1)))
    _verge(sheet)


def _neighbour(sheet: Sheet) -> None:
    """Paint a house across the track, half behind trees."""
    wall = strip(38.0, 0.0, 4.8, 4.5, 12.5)
    sheet.area(wall, (188, 202, 212), grain=0.03, mottle=0.03)
    roof = (at(4.0, 38, 4.7), at(5.6, 38, 8.2), at(11.4, 38, 8.2), at(13.0, 38, 4.7))
    sheet.area(roof, (78, 84, 124), grain=0.07, mottle=0.05)
    for left in (5.4, 7.9, 10.4):
        for low in (0.9, 3.0):
            sheet.area(strip(38.0, low, low + 1.2, left, left + 1.1), (98, 88, 74))
            sheet.area(strip(38.0, low, low + 1.2, left + 0.5, left + 0.6), (220, 226, 228))
    sheet.area(strip(38.0, 7.2, 9.0, 10.2, 10.8), (92, 100, 138), grain=0.05)


def _far_tree(sheet: Sheet, right_m: float, away_m: float, tall_m: float) -> None:
    rng = sheet.rng
    scale = LENS.scale(away_m)
    x, foot = at(right_m, away_m)
    sheet.area(((x - 2.4, foot), (x - 1.4, foot - 0.6 * tall_m * scale), (x + 1.4, foot - 0.6 * tall_m * scale),
                (x + 2.6, foot)), (70, 84, 96), grain=0.1)  # fmt: skip
    count = int(150 * tall_m)
    turn, reach = rng.uniform(0, 2 * math.pi, count), np.sqrt(rng.random(count))
    lumps = 1 + 0.16 * np.sin(5 * turn + float(rng.uniform(0, 6)))
    dx = 0.34 * tall_m * scale * reach * lumps * np.cos(turn)
    dy = 0.36 * tall_m * scale * reach * lumps * np.sin(turn)
    order = np.argsort(-dy)
    light = np.clip(0.98 - 0.010 * dx - 0.008 * dy + 0.14 * rng.standard_normal(count), 0.45, 1.3)
    greens = tones(LEAF_GREENS, rng.integers(0, 4, count), light)[order]
    sheet.dabs(x + dx[order], foot - 0.72 * tall_m * scale + dy[order], (6.0, 3.0), rng.uniform(0, math.pi, count),
               0.86 * greens + np.array((22, 24, 20)))  # fmt: skip


def _verge(sheet: Sheet) -> None:
    """Grow high grass on both sides of the track."""
    rng = sheet.rng
    for away_m, count in ((TRACK_M[1] + 0.2, 1500), (TRACK_M[0] - 0.4, 1300)):
        row = at(0, away_m)[1]
        x = rng.uniform(0, SHEET_WIDTH, count)
        light = 0.8 + 0.35 * rng.random(count)
        greens = tones(((66, 124, 96), (84, 150, 128), (96, 160, 160)), rng.integers(0, 3, count), light)
        sheet.dabs(
            x, row - 2.2 * rng.random(count), (5.0, 1.3), -math.pi / 2 + 0.4 * rng.standard_normal(count), greens
        )


def paint_bounds(sheet: Sheet, tints: Tints) -> None:
    """Paint the fences on the left and at the back, and the hedge on the right."""
    _lawn(sheet)
    for left, right in ((LEFT_M, GATE_M[0]), (GATE_M[1], RIGHT_M)):
        sheet.shade((at(left, FENCE_M), at(right, FENCE_M), at(right, FENCE_M - 1.2), at(left, FENCE_M - 1.2)), 0.72,
                    soft=1.5)  # fmt: skip
        _pickets(sheet, left, right, tints.fence)
    _board_fence(sheet, tints.fence)
    _hedge(sheet)


def _pickets(sheet: Sheet, left_m: float, right_m: float, wood: Colour) -> None:
    for low in (0.22, 0.66):
        sheet.area(strip(FENCE_M, low, low + 0.09, left_m, right_m), lit(wood, 0.78), grain=0.06)
    count = round((right_m - left_m) / 0.125)
    for number in range(count):
        x = left_m + 0.125 * number
        tone = lit(wood, 0.86 + 0.24 * float(sheet.rng.random()))
        sheet.area(strip(FENCE_M, 0.04, FENCE_UP_M - 0.03 * (number % 2), x, x + 0.10), tone)
    for x in (left_m, right_m):
        sheet.area(strip(FENCE_M, 0.0, FENCE_UP_M + 0.2, x - 0.09, x + 0.09), lit(wood, 0.7), grain=0.06)


def _board_fence(sheet: Sheet, wood: Colour) -> None:
    """Boards of 1.7 m along the left side, seen along their length."""
    near = 6.0
    while near < FENCE_M:
        far = min(FENCE_M, near + 0.16)
        board = (at(LEFT_M, far, 1.7), at(LEFT_M, near, 1.7), at(LEFT_M, near), at(LEFT_M, far))
        sheet.area(board, lit(wood, 0.62 + 0.24 * float(sheet.rng.random())), grain=0.06, mottle=0.04)
        near = far
    for up in (0.4, 1.3):
        rail = (at(LEFT_M, FENCE_M, up + 0.1), at(LEFT_M, 6.0, up + 0.1), at(LEFT_M, 6.0, up), at(LEFT_M, FENCE_M, up))
        sheet.shade(rail, 0.82)
    for away_m in np.arange(8.0, FENCE_M + 0.1, 2.0).tolist():
        post = (
            at(LEFT_M, away_m + 0.12, 1.85),
            at(LEFT_M, away_m, 1.85),
            at(LEFT_M, away_m),
            at(LEFT_M, away_m + 0.12),
        )
        sheet.area(post, lit(wood, 0.6), grain=0.05)
    sheet.shade((at(LEFT_M, FENCE_M), at(LEFT_M, 6), at(LEFT_M + 1.0, 6), at(LEFT_M + 1.0, FENCE_M)), 0.7, soft=4)


def _hedge(sheet: Sheet) -> None:
    """Clip a hedge of 1.8 m along the right side."""
    rng = sheet.rng
    face = (at(RIGHT_M, FENCE_M, 1.8), at(RIGHT_M, 8.0, 1.8), at(RIGHT_M, 8.0), at(RIGHT_M, FENCE_M))
    lid = (at(RIGHT_M, FENCE_M, 1.8), at(RIGHT_M, 8.0, 1.8), at(RIGHT_M + 1.2, 8.0, 1.8),
           at(RIGHT_M + 1.2, FENCE_M, 1.8))  # fmt: skip
    sheet.area(face, (38, 70, 48), mottle=0.15)
    sheet.area(lid, (52, 104, 72), mottle=0.15)
    count = 4200
    away = 8.0 + (FENCE_M - 8.0) * np.sort(rng.random(count) ** 0.62)[::-1]
    up = 1.9 * rng.random(count) ** 0.85
    scale = LENS.focal / away
    x = LENS.vanishing_x + (RIGHT_M - 0.08 + 0.9 * np.maximum(0, up - 1.75)) * scale
    y = LENS.horizon + (LENS.camera_height_m - up) * scale
    light = np.clip(0.52 + 0.34 * up + 0.20 * rng.standard_normal(count), 0.35, 1.3)
    greens = tones(LEAF_GREENS, rng.integers(0, 4, count), light)
    sheet.dabs(x, y, (0.11 * scale + 1.0, 0.055 * scale + 0.6), rng.uniform(0, math.pi, count), greens)
    sheet.shade((at(RIGHT_M, FENCE_M), at(RIGHT_M, 8), at(RIGHT_M - 0.8, 8), at(RIGHT_M - 0.8, FENCE_M)), 0.66, soft=4)


def _lawn(sheet: Sheet) -> None:
    """Grow a mown lawn: stripes 0.9 m wide that run away from the camera."""
    rng = sheet.rng
    top = at(0, FENCE_M)[1]
    mask, first, left = sheet.shape(rectangle(0, top, SHEET_WIDTH, at(0, TERRACE_M)[1] + 2))
    far, near = np.array((92, 146, 116), np.float32), np.array((62, 124, 88), np.float32)

    def grow(here: Where, _: Mask, pixels: Image) -> Image:
        rows, columns = np.arange(here[0].start, here[0].stop), np.arange(pixels.shape[1])
        depth = np.maximum((rows + 0.5) / FINE - LENS.horizon, 1.0)
        away = LENS.focal * LENS.camera_height_m / depth
        right = ((columns + 0.5) / FINE - LENS.vanishing_x)[None, :] * away[:, None] / LENS.focal
        mown = 1 + 0.045 * np.tanh(4 * np.sin(np.pi * (right + 0.05 * away[:, None]) / 0.9))
        share = np.clip((away - 5) / 17, 0, 1)[:, None, None]
        return np.asarray((near + share * (far - near)) * mown[..., None] * sheet.texture(here, 0.05, 0.08), np.float32)

    sheet.repaint(mask, first, left, grow)
    count = 9500
    depth = (at(0, TERRACE_M)[1] - LENS.horizon) * np.sqrt(rng.random(count))
    depth = np.sort(np.maximum(depth, top - LENS.horizon + 1))
    blade = 0.6 + depth * 0.020
    share = rng.random(count)
    light = 0.76 + 0.38 * rng.random(count)
    greens = ((1 - share)[:, None] * (58, 122, 82) + share[:, None] * (100, 166, 136)) * light[:, None]
    lean = -math.pi / 2 + 0.45 * rng.standard_normal(count)
    sheet.dabs(
        rng.uniform(0, SHEET_WIDTH, count), LENS.horizon + depth, (blade * 1.8, blade * 0.28 + 0.3), lean, greens
    )


def paint_terrace(sheet: Sheet, tints: Tints) -> None:
    """Lay slabs from the house to the lawn, and stepping stones to the shed."""
    tone = sheet.rng.uniform(0.82, 1.12, (16, 64)).astype(np.float32)
    row = at(0, TERRACE_M)[1]
    base = np.array(tints.slabs, np.float32)

    def pave(here: Where, _: Mask, pixels: Image) -> Image:
        rows, columns = np.arange(here[0].start, here[0].stop), np.arange(pixels.shape[1])
        away = LENS.focal * LENS.camera_height_m / ((rows + 0.5) / FINE - LENS.horizon)
        right = ((columns + 0.5) / FINE - LENS.vanishing_x)[None, :] * away[:, None] / LENS.focal
        line = away / SLAB_M
        number = np.floor(line).astype(np.intp)
        shifted = right / SLAB_M + 0.37 * (number % 2)[:, None]
        column = np.floor(shifted).astype(np.intp)
        joint = ((shifted - column) < 0.03) | ((line - number)[:, None] < 0.045)
        light = tone[np.broadcast_to(number[:, None] % 16, column.shape), column % 64] * np.where(joint, 0.62, 1.0)
        return np.asarray(base * light[..., None] * sheet.texture(here, 0.06, 0.05), np.float32)

    sheet.repaint(*sheet.shape(rectangle(0, row, SHEET_WIDTH, SHEET_HEIGHT)), pave)
    sheet.box(0, row - 1.5, SHEET_WIDTH, row + 2.5, lit(tints.slabs, 0.86), grain=0.06)
    sheet.shade(rectangle(0, row - 3.5, SHEET_WIDTH, row - 1), 0.6, soft=1.5)
    for number in range(10):
        share = number / 9
        middle = -0.9 - 4.1 * share, 5.9 + 7.4 * share
        stone = [at(middle[0] + 0.27 * math.cos(turn), middle[1] + 0.22 * math.sin(turn))
                 for turn in np.linspace(0, 2 * math.pi, 12)]  # fmt: skip
        sheet.area(stone, lit(tints.slabs, 0.82 + 0.2 * float(sheet.rng.random())), grain=0.06, soft=0.4)
