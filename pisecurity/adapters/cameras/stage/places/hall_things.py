"""What stands in the entrance hall: front door, stairs, coats, shoes, mirror, lamp, and what belongs to the dog."""

from __future__ import annotations

import math
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from pisecurity.adapters.cameras.stage.paint import Colour, clouds, lit, mix
from pisecurity.adapters.cameras.stage.places.furniture import lamp_shade, stand_bowl
from pisecurity.adapters.cameras.stage.places.room import Block, Drawing, Pane, Spot, aside, flat, upright
from pisecurity.adapters.cameras.stage.things.figure import COATS, SHOES

WHITE: Final[Colour] = (222, 228, 230)
RISE_M: Final = 0.18
TREAD_M: Final = 0.27
RAIL_M: Final = 0.9
RIM_PIECES: Final = 72


def paint_front_door(drawing: Drawing, door: Pane, glass: Pane, side: Pane, colour: Colour) -> None:
    """Paint the front door with its glass, and a strip of the same glass beside it."""
    away = drawing.room.back
    drawing.face(upright(door.left - 0.1, 0.0, side.right + 0.08, door.top + 0.1, away), WHITE, grain=0.01)
    drawing.face(upright(door.left, 0.02, door.right, door.top, away), colour, grain=0.02, mottle=0.02)
    for pane in (glass, side):
        corners = pane.corners(away)
        rim = pane.wider(0.03).corners(away)
        drawing.decor(rim, lit(colour, 0.75) if pane is glass else lit(WHITE, 0.8))
        drawing.lay(corners, frosted(drawing.sheet.rng, round(90 * (pane.right - pane.left) / 0.6), 160))
        drawing.faces.pop()
        drawing.register(corners, shines=True)
    for foot, top in ((0.16, 0.5), (0.58, glass.foot - 0.12)):
        panel = upright(door.left + 0.14, foot, door.right - 0.14, top, away)
        drawing.decor(panel, lit(colour, 0.72))
        drawing.decor(upright(door.left + 0.155, foot + 0.01, door.right - 0.14, top - 0.02, away), lit(colour, 1.12))
        drawing.decor(upright(door.left + 0.17, foot + 0.025, door.right - 0.155, top - 0.035, away), lit(colour, 0.97))
    handle = door.right - 0.09
    drawing.decor(upright(handle - 0.02, 0.92, handle + 0.02, 1.16, away), (130, 150, 160))
    drawing.decor(upright(handle - 0.12, 1.04, handle + 0.015, 1.075, away), (196, 206, 212))
    drawing.bar((door.left, 0.03, away), (door.right, 0.03, away), lit(colour, 0.4), 0.04)
    mat = flat(door.left - 0.02, away - 0.66, door.right + 0.04, away - 0.12, 0.008)
    drawing.face(mat, (62, 78, 96), grain=0.14, mottle=0.06)
    drawing.decor(flat(door.left + 0.05, away - 0.6, door.right - 0.03, away - 0.18, 0.008), (74, 92, 112), grain=0.14)


def frosted(rng: np.random.Generator, width: int, height: int) -> NDArray[np.uint8]:
    """Return glass that lets light through but no shapes: bright above, greenish below, (h, w, 3) BGR."""
    share = np.linspace(0, 1, height, dtype=np.float32)[:, None, None]
    image = np.array((244, 240, 232), np.float32) * (1 - share) + np.array((176, 196, 186), np.float32) * share
    noise = rng.standard_normal((height, width), dtype=np.float32)
    ripple = np.asarray(cv2.GaussianBlur(noise, (0, 0), 1.3), np.float32)
    light = 1 + 0.05 * clouds(rng, height, width, (2, 4), (1.0, 0.6)) + 0.10 * ripple
    return np.asarray(np.clip(image * light[..., None], 0, 255), np.uint8)


def climb(drawing: Drawing, stairs: Block, steps: range, wood: Colour, runner: Colour) -> None:
    """Paint steps of a flight along the left wall that rises away from the camera; the first is number 0."""
    left, right = stairs.left, stairs.right
    middle = (left + right) / 2
    for number in reversed(steps):
        at, up = stairs.near + number * TREAD_M, (number + 1) * RISE_M
        if up < drawing.room.lens.camera_height_m:
            drawing.face(flat(left, at - 0.02, right + 0.03, at + TREAD_M, up), lit(wood, 1.1), grain=0.03, mottle=0.04)
            drawing.decor(flat(middle - 0.3, at - 0.02, middle + 0.3, at + TREAD_M, up), lit(runner, 1.12), grain=0.08)
        drawing.face(upright(left, up - RISE_M, right, up - 0.03, at), WHITE, grain=0.015)
        drawing.decor(upright(middle - 0.3, up - RISE_M, middle + 0.3, up, at), lit(runner, 0.74), grain=0.08)
        drawing.decor(upright(left, up - 0.035, right + 0.03, up, at - 0.02), lit(wood, 0.92), grain=0.03)
        drawing.decor(upright(middle - 0.3, up - 0.035, middle + 0.3, up, at - 0.02), lit(runner, 0.98), grain=0.08)
        drawing.blocks.append(Block(left, right, 0.0, up, at, at + TREAD_M))


def paint_stairwell(drawing: Drawing, stairs: Block, wall: Colour, wood: Colour, runner: Colour) -> None:
    """Paint what of the flight is beyond the back wall, up to where it goes on above the ceiling."""
    room = drawing.room
    near, end = count_of(stairs, room.back), count_of(stairs, stairs.far)
    above = lit(wall, 0.80)
    drawing.face(upright(stairs.left, 0.0, stairs.right, room.height + 0.6, stairs.far), above)
    drawing.face(aside(stairs.left, room.back - 0.1, stairs.far, 0.0, room.height + 0.6), lit(wall, 0.9))
    climb(drawing, stairs, range(near, end), wood, runner)


def count_of(stairs: Block, away: float) -> int:
    """Return how many steps begin before *away*."""
    return int((away - stairs.near) / TREAD_M)


def paint_stairs(drawing: Drawing, stairs: Block, wood: Colour, runner: Colour) -> None:
    """Paint the flight before the back wall, its side and its balustrade."""
    count = count_of(stairs, drawing.room.back)
    near, right = stairs.near, stairs.right
    drawing.grounded(stairs.left, near - 0.15, right + 0.2, drawing.room.back, dark=0.7, soft=6.0)
    climb(drawing, stairs, range(count), wood, runner)
    side: list[Spot] = [(right, 0.0, near)]
    for number in range(count):
        at, up = near + number * TREAD_M, (number + 1) * RISE_M
        side += [(right, up, at), (right, up, at + TREAD_M)]
    end = near + count * TREAD_M
    side.append((right, 0.0, end))
    drawing.sheet.area(drawing.room.outline(side), lit(WHITE, 0.95), grain=0.02, mottle=0.015)
    drawing.register((side[0], (right, count * RISE_M, end), side[-1]))
    _balustrade(drawing, right - 0.03, near, count, wood, lit(WHITE, 0.97))


def _balustrade(drawing: Drawing, right: float, near: float, count: int, wood: Colour, white: Colour) -> None:
    for number in reversed(range(count)):
        up = (number + 1) * RISE_M
        for part in (0.75, 0.25):
            away = near + (number + part) * TREAD_M
            top = RAIL_M + (away - near) / TREAD_M * RISE_M
            drawing.bar((right, up, away), (right, top, away), lit(white, 0.86), 0.026)
            drawing.bar((right - 0.006, up, away), (right - 0.006, top, away), white, 0.01)
    end = near + count * TREAD_M
    for drop, tone, thick in ((0.0, 0.8, 0.06), (0.015, 1.15, 0.018)):
        drawing.bar((right, RAIL_M + 0.03 + drop, near), (right, RAIL_M + 0.03 + drop + count * RISE_M, end),
                    lit(wood, tone), thick)  # fmt: skip
    drawing.face(upright(right - 0.05, 0.0, right + 0.05, RAIL_M + 0.14, near - 0.03), lit(white, 0.95))
    drawing.face(aside(right + 0.05, near - 0.03, near + 0.07, 0.0, RAIL_M + 0.14), lit(white, 0.8))
    drawing.disc((right, RAIL_M + 0.15, near + 0.02), 0.085, lit(wood, 1.05))


def hang_coats(drawing: Drawing, left: float, right: float, up: float, wood: Colour) -> None:
    """Hang coats, a scarf and a hat on a row of hooks on the back wall."""
    rng, away = drawing.sheet.rng, drawing.room.back - 0.03
    drawing.face(upright(left, up - 0.06, right, up + 0.06, away), wood, grain=0.03)
    drawing.block(Block(left, right, up + 0.16, up + 0.19, away - 0.2, away + 0.03), wood, casts=False)
    hooks = np.linspace(left + 0.12, right - 0.12, 4)
    colours = rng.permutation(len(COATS))
    for number, hook in enumerate(rng.permutation(4)):
        x = float(hooks[hook])
        drawing.bar((x, up + 0.03, away), (x, up - 0.05, away - 0.05), (60, 64, 70), 0.018)
        if number == 3:
            continue
        coat = lit(COATS[int(colours[number])], float(rng.uniform(0.75, 1.1)))
        _coat(drawing, x, up - 0.03, away - 0.08, float(rng.uniform(0.72, 1.05)), coat)
    hat = left + 0.22
    drawing.disc((hat, up + 0.2, away - 0.1), 0.15, (70, 84, 96))
    drawing.face(upright(hat - 0.085, up + 0.2, hat + 0.085, up + 0.31, away - 0.1), (64, 78, 90))


def _coat(drawing: Drawing, x: float, up: float, away: float, long: float, colour: Colour) -> None:
    wide = 0.13
    outline: list[Spot] = [
        (x - 0.04, up, away), (x + 0.04, up, away), (x + wide, up - 0.1, away),
        (x + wide * 1.06, up - 0.5 * long, away), (x + wide * 1.1, up - long, away), (x + 0.03, up - long - 0.02, away),
        (x - wide * 1.05, up - long + 0.01, away), (x - wide * 1.0, up - 0.5 * long, away), (x - wide, up - 0.1, away),
    ]  # fmt: skip
    shadow = [(px + 0.05, py - 0.04, pz) for px, py, pz in outline]
    drawing.decor(shadow, (24, 26, 30), soft=2.5, strength=0.4)
    drawing.face(outline, colour, grain=0.05, mottle=0.06)
    for share, tone in ((-0.55, 0.72), (-0.1, 1.14), (0.35, 0.74), (0.75, 1.08)):
        at, end = x + wide * share, up - long + 0.02
        fold = ((x + wide * share * 0.7, up - 0.14, away), (x + wide * (share * 0.7 + 0.16), up - 0.14, away),
                (at + wide * 0.2, end, away), (at, end, away))  # fmt: skip
        drawing.sheet.shade(drawing.room.outline(fold), tone, soft=1.2)
    drawing.bar((x, up - 0.1, away), (x + 0.01, up - long, away), lit(colour, 0.55), 0.012)


def stand_shoes(drawing: Drawing, rack: Block, wood: Colour) -> None:
    """Stand a rack of three rows of shoes, open to the camera."""
    rng, thick = drawing.sheet.rng, 0.03
    drawing.grounded(rack.left - 0.12, rack.near - 0.1, rack.right + 0.1, rack.far, dark=0.58, soft=7.0)
    drawing.block(rack, wood, grain=0.03, mottle=0.04)
    pitch = (rack.top - thick) / 3
    for row in range(3):
        foot = thick + row * pitch
        inside = upright(rack.left + thick, foot, rack.right - thick, foot + pitch - thick, rack.near)
        drawing.decor(inside, lit(wood, 0.36), grain=0.03)
        drawing.decor(upright(rack.left + thick, foot, rack.right - thick, foot + 0.05, rack.near), lit(wood, 0.6),
                      soft=1.0)  # fmt: skip
        at = rack.left + 0.1 + 0.06 * float(rng.random())
        while at < rack.right - 0.24:
            if rng.random() < 0.85:
                _pair(drawing, at, foot, rack.near, lit(SHOES[int(rng.integers(3))], float(rng.uniform(0.9, 1.5))))
            at += float(rng.uniform(0.25, 0.34))
    left, near = rack.left + 0.3, rack.near + 0.06
    for turn, colour in ((0.0, (206, 216, 222)), (0.12, (150, 196, 214)), (0.34, (120, 100, 84))):
        letter = ((left + turn, rack.top, near + 0.2), (left + turn + 0.22, rack.top, near + 0.22 - turn * 0.1),
                  (left + turn + 0.2, rack.top, near + 0.06), (left + turn - 0.02, rack.top, near + 0.04))  # fmt: skip
        drawing.decor(letter, colour)


def _pair(drawing: Drawing, left: float, foot: float, away: float, colour: Colour) -> None:
    """Paint two shoes as seen from their toes."""
    for x in (left, left + 0.105):
        toe = [(x + 0.045 + 0.045 * math.cos(turn), foot + 0.03 + 0.035 * math.sin(turn), away)
               for turn in np.linspace(0, 2 * math.pi, 16, endpoint=False)]  # fmt: skip
        drawing.decor(upright(x + 0.008, foot + 0.02, x + 0.082, foot + 0.12, away), lit(colour, 0.8))
        drawing.decor(upright(x + 0.02, foot + 0.10, x + 0.07, foot + 0.125, away), lit(colour, 0.35))
        drawing.decor(toe, colour)
        drawing.decor(upright(x + 0.002, foot, x + 0.088, foot + 0.015, away), mix(colour, (214, 220, 222), 0.6))


def hang_mirror(drawing: Drawing, pane: Pane, wall: Colour, frame: Colour) -> None:
    """Hang a mirror on the back wall: the hall's other end, dim and blurred."""
    away = drawing.room.back - 0.02
    width, height = round((pane.right - pane.left) * 200), round((pane.top - pane.foot) * 200)
    image = np.empty((height, width, 3), np.float32)
    image[:] = lit(mix(wall, (236, 226, 210), 0.5), 0.98)
    cv2.rectangle(image, (0, 0), (width, height // 7), lit(wall, 1.03), -1)
    cv2.rectangle(image, (round(width * 0.5), round(height * 0.24)), (width, height), (96, 108, 118), -1)
    cv2.rectangle(image, (round(width * 0.58), round(height * 0.3)), (width, height), (150, 166, 176), -1)
    cv2.rectangle(image, (0, round(height * 0.86)), (width, height), (104, 122, 136), -1)
    image = np.asarray(cv2.GaussianBlur(image, (0, 0), 4.0), np.float32)
    slant = np.arange(width)[None, :] + 0.6 * np.arange(height)[:, None]
    image[(slant % (width * 0.9)) < width * 0.2] *= 1.10
    shadow = upright(pane.left - 0.02, pane.foot - 0.08, pane.right + 0.08, pane.top - 0.03, away)
    drawing.decor(shadow, (30, 32, 36), soft=2.5, strength=0.4)
    rim = 0.045
    drawing.face(pane.wider(rim).corners(away), frame, grain=0.03)
    drawing.lay(pane.corners(away), np.clip(image, 0, 255).astype(np.uint8))


def hang_lamp(drawing: Drawing, bulb: Spot) -> None:
    """Hang a lamp with a shade of cloth on the back wall."""
    right, up, _ = bulb
    away = drawing.room.back - 0.02
    drawing.decor(upright(right - 0.04, up - 0.2, right + 0.04, up + 0.02, away), (96, 120, 138))
    drawing.bar((right, up - 0.14, away), (right, up - 0.1, away - 0.08), (80, 100, 118), 0.02)
    lamp_shade(drawing, (right, up - 0.1, away - 0.08), 0.13, 0.2, (150, 182, 204))


def rim_of_basket(middle: tuple[float, float], radius_m: float) -> list[Spot]:
    """Return the rim of a basket, higher at the back, in ``RIM_PIECES`` pieces from the right on over the back."""
    right, away = middle
    return [(right + radius_m * math.cos(turn), 0.17 + 0.05 * math.sin(turn), away + radius_m * 0.72 * math.sin(turn))
            for turn in np.linspace(0, 2 * math.pi, RIM_PIECES, endpoint=False)]  # fmt: skip


def side_of_basket(middle: tuple[float, float], radius_m: float) -> list[Spot]:
    """Return the outline of the side of a basket that is towards the camera."""
    rim = rim_of_basket(middle, radius_m)
    front = [*rim[RIM_PIECES // 2 :], rim[0]]
    return [*front, *((right, 0.0, away) for right, _, away in reversed(front))]


def lay_basket(drawing: Drawing, middle: tuple[float, float], radius_m: float, wicker: Colour, cushion: Colour) -> None:
    """Lay down a dog's basket: a woven rim around a cushion."""
    right, away = middle
    rng = drawing.sheet.rng
    drawing.disc((right + 0.03, 0.0, away - 0.03), radius_m * 1.2, (30, 32, 36), soft=5.0, strength=0.5)
    rim = rim_of_basket(middle, radius_m)
    drawing.disc((right, 0.0, away), radius_m * 0.92, lit(wicker, 0.6))
    drawing.decor(rim, lit(wicker, 0.5))
    for share, tone in ((0.86, 1.0), (0.5, 0.86)):
        inner = [(right + (x - right) * share, 0.09, away + (z - away) * share) for x, _, z in rim]
        drawing.decor(inner, lit(cushion, tone), grain=0.06, soft=0.0 if tone == 1.0 else 5.0)
    pieces = list(zip(rim, [*rim[1:], rim[0]], strict=True))
    for start, end in pieces[: RIM_PIECES // 2]:
        drawing.bar(start, end, lit(wicker, float(rng.uniform(0.8, 1.15))), 0.045)
    for number, (start, end) in enumerate(pieces[RIM_PIECES // 2 :]):
        for row in range(4):
            low, high = start[1] * row / 4, start[1] * (row + 1) / 4
            part = (
                (start[0], high, start[2]),
                (end[0], high, end[2]),
                (end[0], low, end[2]),
                (start[0], low, start[2]),
            )
            tone = float(rng.uniform(0.74, 1.02)) * (1.08 if (number + row) % 2 else 0.86)
            drawing.decor(part, lit(wicker, tone))
        drawing.bar(start, end, lit(wicker, float(rng.uniform(0.95, 1.2))), 0.045)


def set_bowls(drawing: Drawing, right: float, away: float) -> None:
    """Set down a bowl of food and a bowl of water."""
    drawing.decor(flat(right - 0.2, away - 0.17, right + 0.42, away + 0.15, 0.0), (128, 118, 92))
    stand_bowl(drawing, (right, 0.0, away), 0.12, (70, 60, 170), (54, 76, 104))
    stand_bowl(drawing, (right + 0.27, 0.0, away), 0.12, (176, 182, 186), (182, 168, 146))
