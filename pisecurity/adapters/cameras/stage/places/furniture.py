"""Furniture that rooms have in common."""

from __future__ import annotations

import math
from typing import Final

import numpy as np

from pisecurity.adapters.cameras.stage.paint import Colour, lit, mix, tones
from pisecurity.adapters.cameras.stage.places.room import Block, Drawing, Spot, aside, flat, upright
from pisecurity.adapters.cameras.stage.places.textures import picture

CHAIR_HALF_M: Final = 0.21
LEAVES: Final[tuple[Colour, ...]] = ((40, 72, 46), (48, 98, 62), (62, 122, 84), (84, 150, 112))
SPINES: Final[tuple[Colour, ...]] = (
    (58, 52, 128), (96, 74, 44), (60, 108, 148), (52, 86, 58), (186, 198, 206), (44, 44, 48), (90, 134, 178),
    (128, 96, 72), (70, 64, 92), (150, 170, 190),
)  # fmt: skip


def hang_picture(drawing: Drawing, left: float, foot: float, right: float, top: float) -> None:
    """Hang a framed picture on the back wall."""
    away = drawing.room.back - 0.02
    per_m = 160
    drawing.decor(upright(left + 0.02, foot - 0.04, right + 0.05, top - 0.02, away), (30, 32, 36), soft=1.6,
                  strength=0.4)  # fmt: skip
    image = picture(drawing.sheet.rng, round((right - left) * per_m), round((top - foot) * per_m))
    drawing.lay(upright(left, foot, right, top, away), image)


def stand_shelf(drawing: Drawing, block: Block, wood: Colour) -> None:
    """Stand an open shelf full of books against the back wall."""
    away = block.near
    drawing.block(block, wood)
    rows, thick = 5, 0.03
    pitch = (block.top - block.foot - thick) / rows
    for row in range(rows):
        foot = block.foot + thick + row * pitch
        top = foot + pitch - thick
        drawing.decor(upright(block.left + thick, foot, block.right - thick, top, away), lit(wood, 0.42), grain=0.03)
        drawing.decor(upright(block.left + thick, top - 0.05, block.right - thick, top, away), lit(wood, 0.25),
                      soft=1.5, strength=0.6)  # fmt: skip
        _books(drawing, (block.left + thick, block.right - thick), foot, top - foot, away)
        x0, y = drawing.room.at((block.left, foot, away))
        x1, _ = drawing.room.at((block.right, foot, away))
        drawing.sheet.line((x0, y), (x1, y), lit(wood, 1.2), 0.7)


def _books(drawing: Drawing, span: tuple[float, float], foot: float, room_m: float, away: float) -> None:
    rng = drawing.sheet.rng
    at, end = span[0] + 0.01, span[1] - 0.01
    while at < end - 0.02:
        chance = float(rng.random())
        if chance < 0.05:
            at += float(rng.uniform(0.06, 0.16))
            continue
        wide = min(float(rng.uniform(0.018, 0.05)), end - at)
        tall = room_m * float(rng.uniform(0.58, 0.9))
        colour = lit(SPINES[int(rng.integers(len(SPINES)))], float(rng.uniform(0.75, 1.15)))
        drawing.decor(upright(at, foot, at + wide, foot + tall, away), colour)
        drawing.decor(upright(at + wide * 0.75, foot, at + wide, foot + tall, away), lit(colour, 0.7))
        if chance > 0.6:
            drawing.decor(upright(at, foot + tall * 0.7, at + wide, foot + tall * 0.78, away), lit(colour, 1.6))
        at += wide


def stand_table(drawing: Drawing, top: Block, wood: Colour) -> None:
    """Stand a table: a top on four legs."""
    inset, leg = 0.06, 0.06
    drawing.grounded(top.left - 0.1, top.near - 0.05, top.right + 0.1, top.far + 0.1, dark=0.6, soft=9.0)
    for away in (top.far - inset, top.near + inset):
        for right in (top.left + inset, top.right - inset - leg):
            drawing.face(upright(right, 0.0, right + leg, top.foot, away), lit(wood, 0.74))
    apron = upright(top.left + inset, top.foot - 0.09, top.right - inset, top.foot, top.near + inset)
    drawing.face(apron, lit(wood, 0.7))
    drawing.block(top, wood, grain=0.03, mottle=0.05, top=lit(wood, 1.12))


def stand_chair(drawing: Drawing, middle: tuple[float, float], wood: Colour, *, turned: bool) -> None:
    """Stand a chair; its back is towards the camera, or to the right when it is *turned*."""
    right, away = middle
    half, seat, top = CHAIR_HALF_M, 0.46, 0.92
    leg = 0.035
    drawing.grounded(right - half, away - half, right + half, away + half, dark=0.72, soft=5.0)
    slats = ((-half, leg - half, seat, top), (half - leg, half, seat, top), (-half, half, top - 0.12, top),
             (-half, half, seat + 0.16, seat + 0.22))  # fmt: skip
    corners = ((-half, half), (half - leg, half), (-half, -half), (half - leg, -half))
    for dx, dz in corners:
        drawing.face(upright(right + dx, 0.0, right + dx + leg, seat, away + dz), lit(wood, 0.82))
    drawing.block(Block(right - half, right + half, seat - 0.04, seat, away - half, away + half), wood, casts=False)
    if turned:
        for start, end, low, high in slats:
            drawing.face(aside(right + half, away + start, away + end, low, high), lit(wood, 0.9))
        return
    for start, end, low, high in slats:
        drawing.face(upright(right + start, low, right + end, high, away - half), lit(wood, 0.96))


def stand_plant(drawing: Drawing, spot: Spot, tall_m: float, pot: Colour) -> None:
    """Stand a green plant in a pot, with long leaves that hang over."""
    rng = drawing.sheet.rng
    right, up, away = spot
    radius, pot_m = 0.12 + 0.04 * tall_m, 0.16 + 0.12 * tall_m
    drawing.disc((right + 0.04, up + 0.002, away), radius * 1.5, (36, 40, 44), soft=3.0, strength=0.45)
    outline = ((right - radius, up + pot_m, away), (right + radius, up + pot_m, away),
               (right + radius * 0.75, up, away), (right - radius * 0.75, up, away))  # fmt: skip
    drawing.face(outline, pot, mottle=0.03)
    shade = ((right + radius * 0.3, up + pot_m, away), (right + radius, up + pot_m, away),
             (right + radius * 0.75, up, away), (right + radius * 0.2, up, away))  # fmt: skip
    drawing.sheet.shade(drawing.room.outline(shade), 0.72, soft=2.0)
    drawing.disc((right, up + pot_m, away), radius * 0.9, (38, 48, 62))
    x, y = drawing.room.at((right, up + pot_m, away))
    unit = drawing.room.lens.scale(away)
    count = int(70 + 60 * tall_m)
    turn, reach = rng.uniform(0, 2 * math.pi, count), np.sqrt(rng.random(count))
    high = rng.random(count) ** 0.8 * (tall_m - pot_m)
    wide = 0.30 * tall_m * reach * (0.4 + np.sin(math.pi * np.clip(high / tall_m, 0.05, 0.95)))
    dx, dy = wide * np.cos(turn) * unit, -high * unit + 0.25 * wide * np.sin(turn) * unit
    order = np.argsort(-np.sin(turn))
    light = 0.72 + 0.35 * high / tall_m + 0.14 * rng.standard_normal(count)
    greens = tones(LEAVES, rng.integers(0, 4, count), np.maximum(light, 0.4))
    long = unit * tall_m * 0.17 * (0.7 + 0.6 * rng.random(count))
    angle = np.arctan2(0.35 + 0.25 * np.sin(turn), np.cos(turn)) + 0.3 * rng.standard_normal(count)
    for at in (0.25, 0.6):
        stem = (x + 3 * math.cos(7 * at) * tall_m, y - at * (tall_m - pot_m) * unit * 1.3)
        drawing.sheet.line((x, y), stem, (60, 84, 74), max(0.8, unit * 0.014))
    drawing.sheet.dabs((x + dx)[order], (y + dy)[order], (long[order], long[order] * 0.36), angle[order], greens[order])


def stand_bowl(drawing: Drawing, spot: Spot, radius_m: float, colour: Colour, inside: Colour) -> None:
    """Stand a round bowl."""
    right, up, away = spot
    tall = radius_m * 0.6
    drawing.disc((right, up, away), radius_m * 1.15, (30, 34, 38), soft=1.5, strength=0.5)
    body = ((right - radius_m, up + tall, away), (right + radius_m, up + tall, away),
            (right + radius_m * 0.8, up, away - radius_m * 0.5),
            (right - radius_m * 0.8, up, away - radius_m * 0.5))  # fmt: skip
    drawing.decor(body, lit(colour, 0.85))
    drawing.disc((right, up + tall, away), radius_m, colour)
    drawing.disc((right, up + tall, away), radius_m * 0.84, inside)


def room_beyond(drawing: Drawing, right: float, wall: Colour, floor: Colour, door: Colour) -> None:
    """Paint what is seen through an opening in the side wall at *right*: another wall, its floor, a cupboard door."""
    room = drawing.room
    out = 1.0 if right > 0 else -1.0
    end = right + out * 4.0
    left, far_right = min(right, end), max(right, end)
    back = room.back + 0.4
    drawing.face(upright(left, 0.0, far_right, room.height, back), wall)
    drawing.face(flat(left, 3.5, far_right, back, 0.0), floor, mottle=0.03)
    x0 = right + out * 0.55
    x1 = x0 + out * 0.8
    panel = upright(min(x0, x1), 0.0, max(x0, x1), 2.0, back - 0.02)
    drawing.face(panel, door)
    drawing.decor(upright(min(x0, x1) + 0.08, 0.15, max(x0, x1) - 0.08, 0.95, back - 0.02), lit(door, 0.9))
    drawing.decor(upright(min(x0, x1) + 0.08, 1.1, max(x0, x1) - 0.08, 1.9, back - 0.02), lit(door, 0.9))
    drawing.sheet.shade(room.outline(flat(left, 3.5, far_right, back, 0.0)), 0.8, soft=6.0)


def lamp_shade(drawing: Drawing, spot: Spot, radius_m: float, tall_m: float, colour: Colour) -> None:
    """Paint a shade of cloth, narrower above; *spot* is the middle of its lower rim."""
    right, up, away = spot
    outline = ((right - radius_m * 0.68, up + tall_m, away), (right + radius_m * 0.68, up + tall_m, away),
               (right + radius_m, up, away), (right - radius_m, up, away))  # fmt: skip
    drawing.face(outline, colour, grain=0.03)
    edge = ((right + radius_m * 0.35, up + tall_m, away), (right + radius_m * 0.68, up + tall_m, away),
            (right + radius_m, up, away), (right + radius_m * 0.5, up, away))  # fmt: skip
    drawing.sheet.shade(drawing.room.outline(edge), 0.86, soft=2.0)
    rim = mix(colour, (60, 80, 110), 0.5)
    drawing.bar((right - radius_m, up, away), (right + radius_m, up, away), rim, 0.02)
