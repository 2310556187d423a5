"""Letters on pictures, the same with every OpenCV.

OpenCV's own letters differ between versions 4 and 5, and the first one drawn with version 5 costs about 10 MB of
memory. These come from ``lettering.npz``, which ``python -m tests.make_lettering`` draws from DejaVu Sans; its licence
is in ``lettering-LICENSE.txt``.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pisecurity.core.types import Plane

GLYPHS = Path(__file__).with_name("lettering.npz")
CAP = 36
"""Height of a capital H in the glyphs, in rows."""
ASCENT = 48
"""Rows of the glyphs above the baseline, for the accents of capitals."""
ELLIPSIS = "\u2026"
UNKNOWN = "?"


class Lettering:
    """Draws single lines of Latin letters. Never changes once made, so several threads may share it.

    A size is the height of a capital H in pixels, above 0; legible from about 7, sharp up to about 50. Accents reach
    a third of it above, tails a third below. A sign that is missing loses its accent or becomes a question mark.
    """

    def __init__(self, glyphs: Path = GLYPHS) -> None:
        """Read the glyphs: about 0.6 MB, kept.

        Raises:
            FileNotFoundError: the installation is not whole.
        """
        with np.load(glyphs, allow_pickle=False) as file:
            self._ink: Plane = file["ink"]
            self._starts: NDArray[np.int64] = file["starts"].astype(np.int64)
            self._lefts: NDArray[np.int64] = file["lefts"].astype(np.int64)
            self._advances: NDArray[np.int64] = file["advances"].astype(np.int64)
            self._numbers = {str(sign): number for number, sign in enumerate(file["signs"])}

    @property
    def signs(self) -> frozenset[str]:
        """All signs that can be drawn as they are."""
        return frozenset(self._numbers)

    def spelled(self, text: str) -> str:
        """Return *text* as it will be shown: one line of signs that can be drawn."""
        return "".join(self._sign(sign) for sign in unicodedata.normalize("NFC", text))

    def width(self, text: str, size: int) -> int:
        """Return how many pixels *text* is wide."""
        return -(-self._laid_out(text)[2] * size // CAP)

    def cut(self, text: str, size: int, width: int) -> str:
        """Return *text* as it will be shown, ended with an ellipsis where it is wider than *width* pixels.

        Empty where not even the ellipsis fits.
        """
        spelled = self.spelled(text)
        if self.width(spelled, size) <= width:
            return spelled

        def shortened(length: int) -> str:
            return spelled[:length].rstrip() + ELLIPSIS

        fitting = bisect_right(range(len(spelled)), width, key=lambda length: self.width(shortened(length), size))
        return shortened(fitting - 1) if fitting else ""

    def draw(
        self,
        image: NDArray[np.uint8],
        text: str,
        at: tuple[int, int],
        size: int,
        ink: int | tuple[int, int, int],
    ) -> None:
        """Blend *text* into *image*, which is (H, W) or (H, W, 3); what lies outside is left away.

        *at*: column of the left end and row under the baseline. *ink*: 0 to 255, one value a channel.
        """
        coverage, above = self._coverage(text, size)
        left, top = at[0], at[1] - above
        rows, columns = (
            slice(max(0, start), max(0, min(start + length, limit)))
            for start, length, limit in zip((top, left), coverage.shape, image.shape[:2], strict=True)
        )
        ground = image[rows, columns]
        visible = coverage[rows.start - top :, columns.start - left :][: ground.shape[0], : ground.shape[1]]
        share = visible.astype(np.int32)
        if image.ndim == 3:
            share = share[:, :, np.newaxis]
        ground[:] = (ground * (255 - share) + np.asarray(ink, np.int32) * share + 127) // 255

    def _sign(self, sign: str) -> str:
        if sign in self._numbers:
            return sign
        if sign.isspace():
            return " "
        parts = unicodedata.normalize("NFKD", sign)
        base = "".join(part for part in parts if not unicodedata.combining(part))
        return base if base in self._numbers else UNKNOWN

    def _laid_out(self, text: str) -> tuple[NDArray[np.int64], NDArray[np.int64], int]:
        """Return the glyphs of *text*, the column where each begins and the width of all, in pixels of the glyphs."""
        numbers = np.array([self._numbers[sign] for sign in self.spelled(text)], np.int64)
        if not numbers.size:
            return numbers, numbers, 0
        advances = self._advances[numbers]
        columns = np.cumsum(advances) - advances + self._lefts[numbers]
        columns -= min(0, columns.min())
        right = (columns + self._starts[numbers + 1] - self._starts[numbers]).max()
        return numbers, columns, int(max(right, advances.sum()))

    def _coverage(self, text: str, size: int) -> tuple[Plane, int]:
        """Return the share of each pixel that *text* covers, 0 to 255, and the number of rows above the baseline."""
        numbers, columns, width = self._laid_out(text)
        line = np.zeros((len(self._ink), width), np.uint8)
        for number, column in zip(numbers, columns, strict=True):
            glyph = self._ink[:, self._starts[number] : self._starts[number + 1]]
            ground = line[:, column : column + glyph.shape[1]]
            np.maximum(ground, glyph, out=ground)
        above, below, across = (-(-length * size // CAP) for length in (ASCENT, len(line) - ASCENT, width))
        shrunk = _resized(line, size, ASCENT, above, above + below)
        return _resized(shrunk.T, size, 0, 0, across).T, above


def _resized(plane: Plane, size: int, datum: int, above: int, count: int) -> Plane:
    """Return *count* rows of *plane* resized by *size* / CAP, so that its row *datum* becomes row *above*.

    Each is the mean over one row of the coarser grid: that is averaging by area where it gets smaller, and linear
    interpolation where it gets larger. Whole numbers only, so it is the same on every machine.
    """
    unit = 2 * size
    reach = max(size, CAP)
    middles = unit * datum + CAP * (2 * np.arange(count) + 1 - 2 * above)
    edges = np.stack([middles - reach, middles + reach]).clip(0, unit * len(plane)).astype(np.int32)
    rows, parts = np.divmod(edges, np.int32(unit))
    padded = np.pad(plane, ((0, 1), (0, 0))).astype(np.int32)
    # 32 bits halve the memory. Sums over a very long line wrap round, and their differences, which are small, do not.
    sums = np.cumsum(padded, axis=0, dtype=np.int32) - padded
    from_start = sums[rows] * np.int32(unit) + padded[rows] * parts[:, :, np.newaxis]
    return np.asarray((from_start[1] - from_start[0] + reach) // (2 * reach), np.uint8)
