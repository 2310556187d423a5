"""Measures how fast the stage draws its situations, truth included, and puts a picture of each on one sheet."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from statistics import median
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.figures import Figure, told_and_kept
from pisecurity.adapters.cameras.stage import Rendered, Scene, View
from pisecurity.adapters.cameras.stage.situations import SITUATIONS, Situation
from pisecurity.adapters.colours import to_bgr
from pisecurity.adapters.lettering import Lettering

SHEET: Final = Path(__file__).parents[1] / "docs" / "pictures" / "situations.jpg"
SEED: Final = 1
FRAMES: Final = 30
"""Timed in a row."""
TILE: Final = (240, 180)
COLUMNS: Final = 6
BOX: Final = (0, 230, 255)
LOOK_EVERY_S: Final = 0.5
LINE: Final = 19
"""Height of a caption in pixels."""
LETTERING: Final = Lettering()


def main() -> int:
    """Measure, print the table, write the result and the sheet; return the exit code."""
    cv2.setNumThreads(1)
    figures = []
    for (width, height), colour, least in (((640, 480), True, 60.0), ((320, 240), False, 300.0)):
        rates = [rate(situation, width, height, colour=colour) for situation in SITUATIONS.values()]
        what = f"{width}x{height} {'in colour' if colour else 'brightness'}, boxes and mask"
        figures.append(Figure(f"{what}, median situation", median(rates), "frames/s", least, at_least=True))
        figures.append(Figure(f"{what}, slowest situation", min(rates), "frames/s", least, at_least=True))
    cv2.imwrite(str(SHEET), sheet(), (cv2.IMWRITE_JPEG_QUALITY, 78))
    return told_and_kept("stage", figures, f"{len(SITUATIONS)} drawn situations, seed {SEED}")


def rate(situation: Situation, width: int, height: int, *, colour: bool) -> float:
    """Return frames a second of one core, with the mask of every frame, around the busiest moment."""
    scene = Scene(situation.script(SEED, View(width, height)), SEED, width, height, colour=colour)
    start_s = max(0.0, busiest_s(situation) - FRAMES / 20)
    scene.render(start_s).mask()
    began_s = time.process_time()
    for number in range(FRAMES):
        scene.render(start_s + number / 10).mask()
    return FRAMES / (time.process_time() - began_s)


def sheet() -> NDArray[np.uint8]:
    """Return one picture of every situation with the true boxes, (H, W, 3) BGR."""
    tiles = [tile(situation) for situation in SITUATIONS.values()]
    blank = np.zeros_like(tiles[0])
    tiles += [blank] * (-len(tiles) % COLUMNS)
    rows = [np.hstack(tiles[first : first + COLUMNS]) for first in range(0, len(tiles), COLUMNS)]
    return np.asarray(np.vstack(rows), np.uint8)


def tile(situation: Situation) -> NDArray[np.uint8]:
    """Return the moment in which most is to be seen, (h, w, 3) BGR."""
    width, height = 640, 480
    scene = Scene(situation.script(SEED, View(width, height)), SEED, width, height)
    shown = scene.render(busiest_s(situation))
    image = to_bgr(shown.picture)
    for thing in shown.truth:
        x, y, w, h = thing.box.pixels(width, height)
        cv2.rectangle(image, (x, y), (x + w, y + h), BOX, 3)
    small: NDArray[np.uint8] = np.asarray(cv2.resize(image, TILE, interpolation=cv2.INTER_AREA), np.uint8)
    cv2.rectangle(small, (0, 0), (TILE[0], LINE), (0, 0, 0), -1)
    LETTERING.draw(small, situation.name.replace("_", " "), (6, LINE - 5), 8, (255, 255, 255))
    return small


def busiest_s(situation: Situation) -> float:
    """Return the moment in which the things in view cover most; without any, one in the middle."""
    scene = Scene(situation.script(SEED, View(64, 48)), SEED, 64, 48, colour=False)
    times = np.arange(2.0, situation.length_s - 1, LOOK_EVERY_S).tolist()
    covered = [(_covered(scene.render(t_s)), t_s) for t_s in times]
    most, at_s = max(covered)
    return float(at_s) if most else 0.55 * situation.length_s


def _covered(shown: Rendered) -> float:
    # Somebody who fills the picture hides the place.
    return sum(thing.box.area * thing.visible for thing in shown.truth if thing.box.area < 0.3)


if __name__ == "__main__":
    sys.exit(main())
