"""Colourful pictures for the tests of coding, and how far two of them lie apart."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

SIZES = [(640, 480), (1920, 1080), (161, 91), (2, 2)]


def scenery(width: int, height: int) -> NDArray[np.uint8]:
    """Return a smooth colourful BGR picture, so that coding changes it little."""
    x, y = np.meshgrid(np.linspace(40, 200, width), np.linspace(40, 200, height))
    return np.stack([x, y, 240 - 0.5 * x - 0.5 * y], axis=2).astype(np.uint8)


def distance(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> float:
    return float(np.abs(first.astype(int) - second).mean())
