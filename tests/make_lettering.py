"""Draws the letters of pisecurity/adapters/lettering.npz from DejaVu Sans: ``python -m tests.make_lettering``.

Needs OpenCV 5, which reads fonts, and Debian's fonts-dejavu-core. The licence that goes with the letters lies beside
them.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from pisecurity.adapters.lettering import ASCENT, CAP, GLYPHS

FONT = Path("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf")
FINER = 8
FONT_SIZE = 367
"""OpenCV's size at which an H of DejaVu Sans is CAP * FINER pixels high, to a tenth of a pixel."""
DESCENT = 14
"""Rows below the baseline, for tails and cedillas."""
ROOM = 10
"""Columns left and right of the pen, in pixels of the glyphs, for what leans over."""
PUNCTUATION = (
    # dashes, quotation marks, dagger, bullet, ellipsis, guillemets, euro, trade mark, arrows, signs of arithmetic
    "\u2010\u2011\u2013\u2014\u2018\u2019\u201a\u201c\u201d\u201e"
    "\u2020\u2022\u2026\u2039\u203a\u20ac\u2122\u2190\u2191\u2192\u2193\u2212\u2248\u2264\u2265"
)
SIGNS = "".join(
    (
        *map(chr, range(0x20, 0x7F)),
        *(chr(code) for code in range(0xA0, 0x100) if code != 0xAD),  # the soft hyphen is not drawn
        *map(chr, range(0x100, 0x180)),
        "\u0218\u0219\u021a\u021b\u1e9e",  # Romanian S and T, German capital sharp S
        PUNCTUATION,
    )
)


def glyph(font: cv2.FontFace, sign: str) -> tuple[NDArray[np.uint8], int, int]:
    """Return the ink of *sign* cut at its left and right, the column where it begins, and the step to the next."""
    rows, pen = (ASCENT + DESCENT) * FINER, ROOM * FINER
    image = np.zeros((rows, 4 * CAP * FINER), np.uint8)
    (after, _), _ = cv2.putText(image, sign, (pen, ASCENT * FINER), (255,), font, FONT_SIZE)
    fine = image.reshape(ASCENT + DESCENT, FINER, -1, FINER).astype(np.uint32)
    ink = np.rint(fine.mean(axis=(1, 3))).astype(np.uint8)
    columns = np.flatnonzero(ink.any(axis=0))
    first, last = (int(columns[0]), int(columns[-1]) + 1) if columns.size else (ROOM, ROOM)
    return ink[:, first:last], first - ROOM, round((after - pen) / FINER)


def glyphs() -> dict[str, NDArray[np.generic]]:
    """Return the arrays of ``lettering.npz``.

    ``signs`` (N,) of one letter each; ``ink`` (rows, columns) uint8, all glyphs side by side; ``starts`` (N + 1,) the
    columns where they begin and end there; ``lefts`` and ``advances`` (N,) where the ink begins from the pen and how
    far the pen goes on, in columns.
    """
    font = cv2.FontFace(str(FONT))
    inks, lefts, advances = zip(*(glyph(font, sign) for sign in SIGNS), strict=True)
    return {
        "signs": np.array(list(SIGNS)),
        "ink": np.hstack(inks),
        "starts": np.cumsum([0, *(ink.shape[1] for ink in inks)]).astype(np.int32),
        "lefts": np.array(lefts, np.int16),
        "advances": np.array(advances, np.int16),
    }


if __name__ == "__main__":
    np.savez_compressed(GLYPHS, allow_pickle=False, **glyphs())
