"""Paints what grows and lies around the house: sky, hedge, lawn, path, drive, tree and pots."""

from __future__ import annotations

import math
from typing import Final

import cv2
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
from pisecurity.adapters.cameras.stage.places.house import DOOR, WALL_FOOT, WALL_LEFT, Paints
from pisecurity.adapters.cameras.stage.view import SHEET_HEIGHT, SHEET_WIDTH, Ground, Lens

LENS: Final = Lens(horizon=122.0, vanishing_x=400.0, focal=520.0, camera_height_m=2.6)
DRIVE_EDGE: Final = 376.0
"""Sheet row at which the lawn ends and the drive begins."""
PATH_HALF_M: Final = 0.6
STONE_M: Final = 0.2
LEAF_GREENS: Final[tuple[Colour, ...]] = ((36, 74, 48), (44, 100, 64), (52, 128, 86), (74, 156, 116), (96, 182, 152))


def path_middle_m() -> float:
    """Return how far right of the camera the path to the door lies."""
    left, _, right, _ = DOOR
    return LENS.ground_at((left + right) / 2, 284.0).right_m


def paint_sky(sheet: Sheet) -> None:
    """Paint sky, far trees and the hedge, left of the house."""
    rng = sheet.rng
    for row in range(0, 200, 4):
        sheet.box(0, row, 340, row + 5, mix((228, 186, 140), (232, 226, 218), min(1.0, row / 150)))
    haze = clouds(rng, 200 * FINE, 340 * FINE, (5, 11, 26), (1.0, 0.6, 0.3))
    white = np.array((244, 242, 240), np.float32)
    cover = np.asarray(np.clip(haze * 0.5 - 0.1, 0, 0.8), np.float32)
    sheet.repaint(cover, 0, 0, lambda _, share, pixels: pixels + share * (white - pixels))
    for _ in range(46):
        x, height = float(rng.uniform(0, 330)), float(rng.uniform(20, 62))
        tone = mix((118, 140, 118), (168, 172, 158), float(rng.random()))
        blob = [(x + height * 0.55 * math.cos(turn), 196 - height * (0.5 + 0.5 * math.sin(turn)))
                for turn in np.linspace(0, 2 * math.pi, 18)]  # fmt: skip
        sheet.area(blob, tone, mottle=0.10, soft=1.5, strength=0.8)
    _hedge(sheet)


def _hedge(sheet: Sheet) -> None:
    rng = sheet.rng
    top, foot = 184.0, 268.0
    outline: list[Point] = [(0, foot), (0, top)]
    outline += [(float(x), top + 2.5 * float(rng.standard_normal())) for x in range(8, 288, 8)]
    outline += [(290.0, top), (290.0, foot)]
    sheet.area(outline, (40, 74, 50), mottle=0.15)
    count = 3600
    y = top - 3 + (foot - top + 2) * rng.random(count) ** 0.9
    light = np.maximum(0.4, 1.15 - 0.55 * (y - top) / (foot - top) + 0.22 * rng.standard_normal(count))
    greens = tones(LEAF_GREENS, rng.integers(1, 4, count), light)
    sheet.dabs(rng.uniform(-2, 289, count), y, (5.2, 2.6), rng.uniform(0, math.pi, count), greens)
    sheet.shade(rectangle(-10, 252, 300, 280), 0.6, soft=8)


def paint_ground(sheet: Sheet) -> None:
    """Paint lawn, path and drive in perspective."""
    _lawn(sheet)
    _path(sheet)
    _drive(sheet)
    sheet.shade(rectangle(WALL_LEFT - 6, WALL_FOOT - 3, 900, WALL_FOOT + 9), 0.72, soft=5)
    sheet.shade(rectangle(-10, 262, WALL_LEFT, 284), 0.66, soft=7)


def _lawn(sheet: Sheet) -> None:
    rng = sheet.rng
    far, near = (86, 142, 112), (66, 126, 92)
    for row in range(264, 388, 4):
        sheet.box(0, row, SHEET_WIDTH, row + 5, mix(far, near, (row - 264) / 120), grain=0.05, mottle=0.10)
    count = 9000
    y = np.sort(268 + 116 * np.sqrt(rng.random(count)))
    blade = 1.2 + (y - 262) * 0.032
    share = rng.random(count)
    light = 0.75 + 0.4 * rng.random(count)
    greens = ((1 - share)[:, None] * (58, 122, 84) + share[:, None] * (104, 170, 142)) * light[:, None]
    lean = -math.pi / 2 + 0.45 * rng.standard_normal(count)
    sheet.dabs(rng.uniform(0, SHEET_WIDTH, count), y, (blade * 1.8, blade * 0.28 + 0.3), lean, greens)


def _path(sheet: Sheet) -> None:
    """Lay slabs from the door to the drive, 0.6 m deep."""
    rng, middle = sheet.rng, path_middle_m()
    left, right = middle - PATH_HALF_M, middle + PATH_HALF_M
    near_m, far_m = LENS.ground_at(0, DRIVE_EDGE + 2).away_m, LENS.ground_at(0, 285).away_m
    edge = [LENS.on_sheet(Ground(x, z)) for x, z in
            ((left - 0.06, near_m), (right + 0.06, near_m), (right + 0.06, far_m), (left - 0.06, far_m))]  # fmt: skip
    sheet.area(edge, (98, 110, 112), grain=0.08)
    z = near_m
    while z < far_m:
        end = min(far_m, z + 0.6)
        for x0, x1 in ((left, middle - 0.01), (middle + 0.01, right)):
            slab = [LENS.on_sheet(Ground(x, d)) for x, d in ((x0, z), (x1, z), (x1, end - 0.03), (x0, end - 0.03))]
            sheet.area(slab, lit((168, 180, 186), 0.86 + 0.2 * float(rng.random())), grain=0.05, mottle=0.05)
        z = end


def _drive(sheet: Sheet) -> None:
    """Pave the foreground with clinker in a running bond, 0.20 m by 0.20 m."""
    tone = sheet.rng.random((32, 128), dtype=np.float32)
    light = sheet.rng.uniform(0.84, 1.10, tone.shape).astype(np.float32)

    def pave(here: Where, _: Mask, pixels: Image) -> Image:
        rows, columns = np.arange(here[0].start, here[0].stop), np.arange(pixels.shape[1])
        away = LENS.focal * LENS.camera_height_m / ((rows + 0.5) / FINE - LENS.horizon) / STONE_M
        right = ((columns + 0.5) / FINE - LENS.vanishing_x)[None, :] * away[:, None] / LENS.focal
        row = np.floor(away).astype(np.intp)
        shifted = right + 0.5 * (row % 2)[:, None]
        column = np.floor(shifted).astype(np.intp)
        place = (np.broadcast_to(row[:, None] % 32, column.shape), column % 128)
        joint = ((shifted - column) < 0.05) | ((away - row)[:, None] < 0.06)
        stone = np.array((128, 142, 156), np.float32) + tone[place][..., None] * np.array((22, 14, 4), np.float32)
        shine = (light[place] * np.where(joint, 0.8, 1.0))[..., None]
        return np.asarray(stone * shine * sheet.texture(here, 0.07, 0.05), np.float32)

    mask, top, left = sheet.shape(rectangle(0, DRIVE_EDGE, SHEET_WIDTH, SHEET_HEIGHT))
    sheet.repaint(mask, top, left, pave)
    sheet.box(0, DRIVE_EDGE - 3, SHEET_WIDTH, DRIVE_EDGE + 2, (166, 176, 180), grain=0.06)
    sheet.box(0, DRIVE_EDGE + 1.5, SHEET_WIDTH, DRIVE_EDGE + 3.5, (84, 92, 96), grain=0.06)


def paint_plants(sheet: Sheet, paints: Paints) -> None:
    """Paint the flower bed, the pots beside the door, the letter box and the tree."""
    for left, right in ((WALL_LEFT + 18, 428.0), (558.0, 626.0), (716.0, 858.0)):
        _bed(sheet, left, right, paints)
    for x in (436.0, 530.0):
        _pot(sheet, x, 284.0)
    _letter_box(sheet, 724.0, 364.0)
    _tree(sheet)


def _bed(sheet: Sheet, left: float, right: float, paints: Paints) -> None:
    rng = sheet.rng
    sheet.area(((left - 6, 276), (right + 4, 276), (right + 8, 290), (left - 8, 290)), (58, 74, 92), grain=0.14)
    count = int((right - left) * 5)
    x, up = rng.uniform(left, right, count), rng.random(count) ** 0.8
    y = 287 - 26 * up * (0.75 + 0.25 * np.sin(x * 0.21))
    greens = tones(LEAF_GREENS, rng.integers(1, 5, count), 0.66 + 0.5 * up)
    sheet.dabs(x, y, (6.5, 2.2), -math.pi / 2 + 0.6 * rng.standard_normal(count), greens)
    for _ in range(int((right - left) * 0.55)):
        at = float(rng.uniform(left, right)), 265 + 8 * float(rng.standard_normal())
        colour = paints.flowers if rng.random() < 0.65 else (214, 232, 240)
        sheet.disc(*at, 1.3 + 0.8 * float(rng.random()), lit(colour, 0.82 + 0.3 * float(rng.random())))


def _pot(sheet: Sheet, x: float, foot: float) -> None:
    """Stand a clipped box tree in a clay pot, 1 m tall."""
    rng = sheet.rng
    sheet.area(((x - 14, foot - 2), (x + 22, foot - 2), (x + 26, foot + 4), (x - 10, foot + 4)), (48, 58, 58), soft=2,
               strength=0.45)  # fmt: skip
    sheet.area(((x - 11, foot - 22), (x + 11, foot - 22), (x + 8, foot), (x - 8, foot)), (74, 108, 172), grain=0.05)
    sheet.shade(((x + 2, foot - 22), (x + 11, foot - 22), (x + 8, foot), (x + 1, foot)), 0.72, soft=2)
    sheet.box(x - 12.5, foot - 25, x + 12.5, foot - 20, (86, 124, 190), grain=0.05)
    sheet.disc(x, foot - 38, 16.5, (38, 70, 46))
    count = 420
    turn, reach = rng.uniform(0, 2 * math.pi, count), 17 * np.sqrt(rng.random(count))
    dx, dy = reach * np.cos(turn), reach * np.sin(turn)
    light = np.maximum(0.4, 1.0 - 0.022 * dx - 0.026 * dy + 0.12 * rng.standard_normal(count))
    greens = tones(LEAF_GREENS, rng.integers(1, 4, count), light)
    sheet.dabs(x + dx, foot - 38 + dy, (3.8, 2.2), rng.uniform(0, math.pi, count), greens)


def _letter_box(sheet: Sheet, x: float, foot: float) -> None:
    sheet.area(((x - 4, foot - 2), (x + 34, foot - 8), (x + 38, foot - 4), (x, foot + 3)), (40, 62, 48), soft=2.5,
               strength=0.45)  # fmt: skip
    sheet.box(x - 3, foot - 74, x + 3, foot, (70, 96, 124), grain=0.08)
    sheet.box(x + 1, foot - 74, x + 3, foot, (50, 72, 96), grain=0.08)
    sheet.box(x - 15, foot - 98, x + 15, foot - 72, (78, 84, 86), grain=0.02)
    sheet.box(x - 15, foot - 98, x + 15, foot - 95, (128, 134, 136))
    sheet.box(x - 9, foot - 91, x + 9, foot - 88, (36, 38, 40))
    sheet.box(x + 10, foot - 98, x + 15, foot - 72, (60, 66, 68))


def _tree(sheet: Sheet) -> None:
    rng = sheet.rng
    shadow = [(214 + 96 * math.cos(turn), 318 + 17 * math.sin(turn)) for turn in np.linspace(0, 2 * math.pi, 24)]
    sheet.shade(shadow, 0.74, soft=7)
    bark: Colour = (92, 108, 122)
    trunk = ((184, 312), (190, 270), (192, 200), (189, 90), (203, 90), (205, 200), (208, 272), (218, 312))
    sheet.area(trunk, bark, grain=0.12, mottle=0.16)
    sheet.shade(((201, 90), (206, 90), (210, 270), (222, 314), (206, 314), (201, 220)), 0.62, soft=3)
    for start, end, width in (((196, 128), (140, 60), 7.0), ((198, 118), (262, 44), 7.0), ((197, 100), (206, 12), 8.0),
                              ((228, 84), (300, 62), 4.0), ((164, 90), (120, 84), 4.0)):  # fmt: skip
        sheet.line(start, end, lit(bark, 0.78), width)
    clusters = [(float(rng.uniform(112, 318)), float(rng.uniform(-8, 104))) for _ in range(64)]
    clusters = [(x, y) for x, y in clusters if y < 112 - 0.0055 * (x - 205) ** 2]
    clusters.sort(key=lambda at: at[1], reverse=True)
    for number, (x, y) in enumerate(clusters):
        depth = number / len(clusters)
        _cluster(sheet, x, y, 0.55 + 0.55 * depth)


def _cluster(sheet: Sheet, x: float, y: float, light: float) -> None:
    """Paint one bough: some ninety leaves, those on the upper left in the sun."""
    rng = sheet.rng
    count = 90
    dx, dy = 15 * rng.standard_normal(count), 9 * rng.standard_normal(count)
    sun = light - 0.010 * dx - 0.016 * dy + 0.16 * rng.standard_normal(count)
    index = np.clip(np.rint(2 + 2 * (sun - 0.8) + 0.7 * rng.standard_normal(count)), 0, 4).astype(np.intp)
    greens = tones(LEAF_GREENS, index, np.clip(sun, 0.4, 1.35))
    sheet.dabs(x + dx, y + dy, (7.5, 3.4), rng.uniform(0, math.pi, count), greens)


def soft_light(day: Image, rng: np.random.Generator) -> None:
    """Lay warm sun from the upper left over a picture of the garden and let the corners fall off a little."""
    height, width = day.shape[:2]
    x, y = np.linspace(-1, 1, width, dtype=np.float32), np.linspace(-1, 1, height, dtype=np.float32)[:, None]
    sun = (1 - 0.07 * x) * (0.985 - 0.015 * y) * (1 - 0.05 * (x**2 + y**2) ** 1.5)
    spots = cv2.resize(clouds(rng, 60, 80, (5, 9), (1.0, 0.5)), (width, height), interpolation=cv2.INTER_LINEAR)
    day *= (sun * (1 + 0.035 * spots))[..., None]
    day *= np.array((0.95, 1.0, 1.04), np.float32)
    np.clip(day, 0, 255, out=day)
