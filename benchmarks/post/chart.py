"""The result as a picture: how long alarms took, and what became of the others."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.daemon import percentile
from pisecurity.adapters.lettering import Lettering

Image = NDArray[np.uint8]

WIDTH, HEIGHT = 1200, 340
"""Of one panel, in pixels."""
LEFT, RIGHT, TOP, BOTTOM = 70, 1150, 76, 280
LEGEND = 160
"""Top of the highest bar; the figures stand above it."""
PAPER, INK, GRID = (255, 255, 255), (40, 40, 40), (225, 225, 225)
BAR, MARK, LIMIT = (200, 160, 90), (40, 140, 60), (40, 60, 200)
LETTERS, HEADLINE, LINE = 14, 18, 34
"""Heights of a capital letter, and of a line of text."""
BIN_S: Final = 0.1


def histogram(title: str, values_s: Sequence[float], limit_s: float) -> Image:
    """Return a panel of *values_s*, of which there is one or more, with its p50 and p95 and the bar, (H, W, 3) BGR."""
    image, letters = np.full((HEIGHT, WIDTH, 3), PAPER, np.uint8), Lettering()
    letters.draw(image, title, (LEFT, 40), HEADLINE, INK)
    most_s = float(np.ceil(max(*values_s, limit_s) + BIN_S))
    counts, edges = np.histogram(values_s, np.arange(0, most_s + BIN_S / 2, BIN_S))
    tallest = max(counts)
    for second in range(int(most_s) + 1):
        x = _x(second, most_s)
        cv2.line(image, (x, TOP), (x, BOTTOM), GRID, 1)
        letters.draw(image, f"{second} s", (x - 12, BOTTOM + 30), LETTERS, INK)
    for count, edge in zip(counts, edges, strict=False):
        top = BOTTOM - round((BOTTOM - LEGEND) * int(count) / int(tallest))
        if count:
            cv2.rectangle(image, (_x(edge, most_s) + 1, top), (_x(edge + BIN_S, most_s) - 1, BOTTOM), BAR, cv2.FILLED)
    marks = [(percentile(list(values_s), share), f"p{share * 100:.0f}", MARK) for share in (0.5, 0.95)]
    for row, (value_s, name, colour) in enumerate([*marks, (limit_s, "bar", LIMIT)]):
        x = _x(value_s, most_s)
        cv2.line(image, (x, TOP), (x, BOTTOM), colour, 2)
        letters.draw(image, f"{name} {value_s:.2f} s", (min(x + 8, RIGHT - 110), TOP + 20 + 26 * row), LETTERS, colour)
    return image


def lines(title: str, texts: Sequence[str]) -> Image:
    """Return a panel of sentences."""
    image, letters = np.full((100 + LINE * len(texts), WIDTH, 3), PAPER, np.uint8), Lettering()
    letters.draw(image, title, (LEFT, 40), HEADLINE, INK)
    for number, text in enumerate(texts):
        letters.draw(image, text, (LEFT, 84 + LINE * number), LETTERS, INK)
    return image


def write(panels: Sequence[Image], path: Path) -> None:
    """Write *panels*, one or more, below each other as PNG. Raises OSError."""
    path.write_bytes(cv2.imencode(".png", np.vstack(panels))[1].tobytes())


def _x(seconds: float, most_s: float) -> int:
    return LEFT + round((RIGHT - LEFT) * seconds / most_s)
