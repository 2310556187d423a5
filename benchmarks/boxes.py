"""Puts a moment of every drawn situation on one sheet, with the boxes of our detector: docs/pictures/boxes.jpg.

Where somebody is to be found it is the moment in which most of them is seen; elsewhere the first false box, or else
one in the middle.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.figures import check_writable, whole_number
from benchmarks.ruler.clip import Clip, Shot
from benchmarks.ruler.detectors import DETECTORS, OURS
from benchmarks.ruler.drawn import drawn
from benchmarks.ruler.metrics import Found
from pisecurity.adapters.lettering import Lettering
from pisecurity.core.types import Box

SHEET: Final = Path(__file__).parents[1] / "docs" / "pictures" / "boxes.jpg"
TILE: Final = (240, 180)
COLUMNS: Final = 8
LINE: Final = 19
"""Height of a caption in pixels."""
TRUE, ALARM, CANDIDATE = (230, 200, 0), (0, 0, 255), (0, 220, 255)
"""Colours in BGR: what is there, what counts, what may become something."""
FROM_S: Final = 4.0
"""From then on the scene is known."""
WHOLE_PICTURE: Final = 0.3
"""Somebody who fills the picture hides the place."""
LETTERING: Final = Lettering()


@dataclass(frozen=True)
class Moment:
    """A frame with what is there and what was found."""

    luma: NDArray[np.uint8]
    truth: tuple[Box, ...]
    found: Found


def main(arguments: Sequence[str] | None = None) -> int:
    """Look at all situations and write the sheet. Returns 0, or 2 where the arguments are wrong."""
    parser = argparse.ArgumentParser(prog="benchmarks.boxes", description=__doc__)
    parser.add_argument("--seed", type=whole_number, default=1, help="of the situations (default: 1)")
    parser.add_argument("--out", type=Path, default=SHEET, help="(default: %(default)s)")
    args = parser.parse_args(arguments)
    try:
        check_writable(args.out)
    except ValueError as error:
        print(f"benchmarks.boxes: {error}", file=sys.stderr)
        return 2
    cv2.setNumThreads(1)
    tiles = [tile(clip.name, moment(clip)) for clip in drawn(args.seed)]
    tiles += [np.zeros_like(tiles[0])] * (-len(tiles) % COLUMNS)
    rows = [np.hstack(tiles[first : first + COLUMNS]) for first in range(0, len(tiles), COLUMNS)]
    cv2.imwrite(str(args.out), np.vstack(rows), (cv2.IMWRITE_JPEG_QUALITY, 78))
    return 0


def moment(clip: Clip) -> Moment:
    """Return the moment of *clip* to look at, played from its start."""
    width, height = clip.size
    detector = DETECTORS[OURS](width, height, clip.fps)
    best: Moment | None = None
    best_worth = -1.0
    for number, shot in enumerate(clip.shots()):
        found = detector.step(shot.luma, number / clip.fps)
        if number < FROM_S * clip.fps:
            continue
        truth = tuple(thing.box for thing in shot.present or ())
        worth = _worth(shot, found, number / clip.frames)
        if worth > best_worth:
            best, best_worth = Moment(shot.luma.copy(), truth, found), worth
    if best is None:
        raise ValueError(f"{clip.name}: is shorter than {FROM_S:g} s")
    return best


def _worth(shot: Shot, found: Found, at: float) -> float:
    """Return how much there is to see: what is there in shares of the picture, then false boxes, then the middle."""
    covered = sum(thing.box.area for thing in shot.present or () if thing.box.area < WHOLE_PICTURE)
    return 10 * covered + bool(found.boxes) + 0.1 * (0.5 - abs(at - 0.5))


def tile(name: str, shown: Moment) -> NDArray[np.uint8]:
    """Return *shown* as (h, w, 3) BGR with its boxes and its name."""
    width, height = TILE
    small = cv2.cvtColor(cv2.resize(shown.luma, TILE, interpolation=cv2.INTER_AREA), cv2.COLOR_GRAY2BGR)
    for boxes, colour in ((shown.truth, TRUE), (shown.found.candidates, CANDIDATE), (shown.found.boxes, ALARM)):
        for box in boxes:
            x, y, w, h = box.pixels(width, height)
            cv2.rectangle(small, (x, y), (x + w, y + h), colour, 1)
    cv2.rectangle(small, (0, 0), (width, LINE), (0, 0, 0), -1)
    image: NDArray[np.uint8] = np.asarray(small, np.uint8)
    LETTERING.draw(image, name.replace("_", " "), (6, LINE - 5), 8, (255, 255, 255))
    return image


if __name__ == "__main__":
    sys.exit(main())
