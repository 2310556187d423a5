"""Floors, rugs and pictures as they are seen from straight above or before them, to be laid into a room."""

from __future__ import annotations

import math
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from pisecurity.adapters.cameras.stage.paint import Colour, Image, clouds, lit, mix

PER_M: Final = 200
"""Pixels of a floor a metre."""
BOARD_M: Final = 0.16
BOARDS_LONG_M: Final = (0.9, 1.7)


def boards(rng: np.random.Generator, width_m: float, depth_m: float, wood: Colour) -> NDArray[np.uint8]:
    """Return a floor of boards that run away from the camera, (h, w, 3) BGR."""
    height, width = round(depth_m * PER_M), round(width_m * PER_M)
    floor = np.empty((height, width, 3), np.uint8)
    wide = round(BOARD_M * PER_M)
    for left in range(0, width, wide):
        floor[:, left : left + wide] = _board(rng, height, wide, wood)[:, : width - left]
    return np.asarray(cv2.GaussianBlur(floor, (0, 0), 0.6), np.uint8)


def _board(rng: np.random.Generator, height: int, wide: int, wood: Colour) -> NDArray[np.uint8]:
    """Return a row of boards that are joined end to end, (height, wide, 3) BGR."""
    long = float(rng.uniform(*BOARDS_LONG_M)) * PER_M
    along = np.arange(height, dtype=np.float32) / long + rng.random(dtype=np.float32)
    piece = np.floor(along).astype(np.intp)
    tone, red = rng.normal(1.0, 0.06, 24)[piece], rng.normal(0.0, 0.6, 24)[piece]
    tone[(along - piece) * long < 1.4] *= 0.66
    light = (tone[:, None] + 0.07 * _grain(rng, height, wide)).astype(np.float32)
    light[:, :1] *= np.float32(0.70)
    light[:, -1:] *= np.float32(0.85)
    turn = np.array((-0.05, 0.0, 0.025), np.float32) * red[:, None].astype(np.float32)
    colours = np.array(wood, np.float32) * (1 + turn)
    return np.asarray(np.clip(light[..., None] * colours[:, None, :], 0, 255), np.uint8)


def _grain(rng: np.random.Generator, height: int, wide: int) -> Image:
    """Return veins of wood that run along a board, of about unit deviation."""
    total = np.zeros((height, wide), np.float32)
    for long, broad, weight in ((26, 1, 0.7), (90, 3, 0.6), (160, 14, 0.4)):
        veins = rng.standard_normal((height // long + 2, wide // broad + 2), dtype=np.float32)
        total += np.float32(weight) * cv2.resize(veins, (wide, height), interpolation=cv2.INTER_LINEAR)
    return total


def tiles(
    rng: np.random.Generator, width_m: float, depth_m: float, colours: tuple[Colour, Colour], tile_m: float
) -> NDArray[np.uint8]:
    """Return a floor of square tiles in two alternating colours with light joints, (h, w, 3) BGR."""
    height, width = round(depth_m * PER_M), round(width_m * PER_M)
    down, across = np.arange(height) / (PER_M * tile_m), np.arange(width) / (PER_M * tile_m)
    row, column = np.floor(down).astype(np.intp), np.floor(across).astype(np.intp)
    tone = rng.normal(1.0, 0.045, (int(row[-1]) + 1, int(column[-1]) + 1)).astype(np.float32)
    light = tone[row[:, None], column[None, :]]
    light += 0.035 * clouds(rng, height, width, (12, 40, 110), (0.8, 0.8, 0.6))
    odd = ((row[:, None] + column[None, :]) % 2).astype(np.float32)
    rim_m = 0.006
    joint_rows, joint_columns = (down - row) * tile_m < rim_m, (across - column) * tile_m < rim_m
    floor = np.empty((height, width, 3), np.uint8)
    for channel in range(3):
        first, second = (np.float32(colour[channel]) for colour in colours)
        plane = light * (first + odd * (second - first))
        grout = np.float32(0.55 * (colours[0][channel] + 30))
        plane[joint_rows] = grout
        plane[:, joint_columns] = grout
        floor[..., channel] = np.clip(plane, 0, 255)
    return np.asarray(cv2.GaussianBlur(floor, (0, 0), 0.6), np.uint8)


def rug(rng: np.random.Generator, ground: Colour, border: Colour) -> NDArray[np.uint8]:
    """Return a woven rug with borders, lozenges and fringes at its far and near end, (480, 360, 3) BGR."""
    height, width = 480, 360
    weave = np.empty((height, width, 3), np.uint8)
    weave[:] = ground
    light = mix(border, (214, 224, 230), 0.65)
    for inset, colour in ((0, border), (22, light), (28, border), (46, ground), (52, light), (56, ground)):
        cv2.rectangle(weave, (inset, inset), (width - 1 - inset, height - 1 - inset), colour, -1)
    lozenges = int(rng.integers(2, 4))
    for number in range(lozenges):
        middle = (width // 2, round(height * (number + 0.5) / lozenges * 0.72 + height * 0.14))
        reach = 128 / lozenges + 20
        for share, colour in ((1.0, border), (0.82, light), (0.70, ground), (0.42, border), (0.2, light)):
            down = reach * share * 0.9
            across = reach * share * 1.3
            points = np.array(((0, -down), (across, 0), (0, down), (-across, 0))) + middle
            cv2.fillPoly(weave, [points.astype(np.int32)], colour, cv2.LINE_AA)
    threads = 1 + 0.07 * rng.standard_normal((height, width), dtype=np.float32)
    threads += 0.04 * np.sin(np.arange(height, dtype=np.float32) * 1.4)[:, None]
    worn = 1 + 0.06 * clouds(rng, height, width, (3, 8), (1.0, 0.6))
    return np.clip(weave * (threads * worn)[..., None], 0, 255).astype(np.uint8)


def picture(rng: np.random.Generator, width: int, height: int) -> NDArray[np.uint8]:
    """Return a framed picture: a landscape under a sky, or coloured shapes; (height, width, 3) BGR."""
    image = np.empty((height, width, 3), np.float32)
    if rng.random() < 0.6:
        sky, ground = rng.uniform(140, 235, 3), rng.uniform(50, 150, 3)
        share = np.linspace(0, 1, height, dtype=np.float32)[:, None, None]
        image[:] = sky * (1 - 0.3 * share) + 30 * share
        for number in range(4):
            base = height * (0.45 + 0.14 * number)
            ridge = base + 0.07 * height * np.cumsum(rng.standard_normal(width)) / math.sqrt(width) * 2
            below = np.arange(height)[:, None] > ridge[None, :]
            image[below] = ground * (1.15 - 0.22 * number)
    else:
        image[:] = rng.uniform(170, 232, 3)
        for _ in range(6):
            colour = tuple(float(value) for value in rng.uniform(30, 220, 3))
            middle = (int(rng.integers(width)), int(rng.integers(height)))
            if rng.random() < 0.5:
                cv2.circle(image, middle, int(rng.integers(height // 9, height // 3)), colour, -1, cv2.LINE_AA)
            else:
                end = (middle[0] + int(rng.integers(10, width // 2)), middle[1] + int(rng.integers(10, height // 2)))
                cv2.rectangle(image, middle, end, colour, -1)
    image *= (1 + 0.06 * rng.standard_normal((height, width), dtype=np.float32))[..., None]
    rim = max(3, width // 22)
    frame = float(rng.choice((40.0, 92.0, 190.0)))
    mount = 2 * rim
    for inset, colour in ((rim, (226.0, 232.0, 234.0)), (0, (frame * 0.8, frame * 0.92, frame))):
        thick = mount if inset else rim
        cv2.rectangle(image, (inset + thick // 2, inset + thick // 2),
                      (width - 1 - inset - thick // 2, height - 1 - inset - thick // 2), colour, thick)  # fmt: skip
    return np.clip(image, 0, 255).astype(np.uint8)


def cloth(rng: np.random.Generator, width: int, height: int, colour: Colour, folds: int) -> NDArray[np.uint8]:
    """Return a curtain in folds that widen a little downwards, (height, width, 3) BGR."""
    across = np.linspace(0, 1, width, dtype=np.float32)[None, :]
    down = np.linspace(0, 1, height, dtype=np.float32)[:, None]
    phase, turn = rng.uniform(0, 6), rng.uniform(0.4, 1.0)
    wave = 2 * math.pi * folds * across + phase + 0.5 * turn * np.sin(5 * across + 1.5 * down + phase)
    light = 0.88 + 0.17 * np.sin(wave) + 0.06 * np.sin(2.3 * wave + 1.0)
    light *= 1 - 0.10 * down
    light += 0.012 * rng.standard_normal((height, width), dtype=np.float32)
    return np.clip(light[..., None] * np.array(colour, np.float32), 0, 255).astype(np.uint8)


def outlook(rng: np.random.Generator, width: int, height: int) -> NDArray[np.uint8]:
    """Return what is seen through a window by day: a bright sky over blurred trees and a house, (h, w, 3) BGR."""
    share = np.linspace(0, 1, height, dtype=np.float32)[:, None, None]
    view: Image = np.repeat(np.array((252, 246, 238), np.float32) * (1 - 0.03 * share), width, axis=1)
    left = int(rng.uniform(0.05, 0.5) * width)
    roof = round(height * 0.46)
    cv2.rectangle(view, (left, roof), (left + width // 3, height), (196.0, 212.0, 222.0), -1)
    gable = np.array(((left - 4, roof), (left + width // 6, roof - height // 7), (left + width // 3 + 4, roof)))
    cv2.fillPoly(view, [gable.astype(np.int32)], (150.0, 164.0, 196.0))
    for _ in range(26):
        middle = (int(rng.uniform(0, width)), int(height * rng.uniform(0.58, 1.05)))
        green = lit((128, 176, 156), float(rng.uniform(0.75, 1.25)))
        cv2.circle(view, middle, int(height * rng.uniform(0.06, 0.16)), green, -1)
    view = np.asarray(cv2.GaussianBlur(view, (0, 0), width / 60), np.float32)
    return np.clip(np.asarray(view * 0.72 + 72, np.float32), 0, 255).astype(np.uint8)
