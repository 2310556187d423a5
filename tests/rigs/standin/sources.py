"""What a stand-in camera sees: drawn scenes and recorded clips in YUV 4:2:0, and what the optics do to them."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import av

GRAINS = 16
Plane: TypeAlias = NDArray[np.uint8]
Planes: TypeAlias = tuple[Plane, Plane, Plane]
Source: TypeAlias = Callable[[int, tuple[int, int]], tuple[Plane | int, Plane | int, Plane | int]]
"""``source(seq, (width, height))`` gives Y in full and U and V in half size; a number stands for an even plane."""


@lru_cache(maxsize=8)
def _noise(width: int, height: int) -> Plane:
    return np.random.default_rng(7).integers(80, 112, (height, width), dtype=np.uint8)


def moving_block(seq: int, size: tuple[int, int]) -> tuple[Plane, int, int]:
    """Draw a bright block that walks to the right, eight steps over still noise for each of its own widths."""
    width, height = size
    luma = _noise(width, height).copy()
    block = max(8, width // 8)
    left = (seq * max(1, block // 8)) % (width - block + 1)
    luma[height // 3 : 2 * height // 3, left : left + block] = 220
    return luma, 110, 150


def black(seq: int, size: tuple[int, int]) -> tuple[int, int, int]:
    """Draw what a camera sees with its lens covered."""
    return 16, 128, 128


def clip_source(path: Path | str, frames: int = 300) -> Source:
    """Return a source that plays a recording's first *frames* pictures in a loop, one for each camera frame.

    The recording is decoded here, once; each picture is scaled once for each stream size.
    """
    import av

    with av.open(str(path)) as container:
        decoded = (frame.reformat(format="yuv420p") for frame in container.decode(video=0))
        pictures = [frame for _, frame in zip(range(frames), decoded, strict=False)]
    scaled: dict[tuple[int, tuple[int, int]], Planes] = {}

    def play(seq: int, size: tuple[int, int]) -> Planes:
        number = seq % len(pictures)
        if (number, size) not in scaled:
            scaled[number, size] = _planes(pictures[number], *size)
        return scaled[number, size]

    return play


def _planes(frame: av.VideoFrame, width: int, height: int) -> Planes:
    array = np.asarray(frame.reformat(width=width, height=height).to_ndarray(), np.uint8)
    half = (height // 2, width // 2)
    chroma = array[height:].reshape(2, *half)
    return array[:height], chroma[0], chroma[1]


def whole(drawn: tuple[Plane | int, Plane | int, Plane | int], size: tuple[int, int]) -> Planes:
    """Return *drawn* with every plane as an array of the right shape."""
    width, height = size
    shapes = ((height, width), (height // 2, width // 2), (height // 2, width // 2))
    y, u, v = (
        np.full(shape, plane, np.uint8) if isinstance(plane, int) else plane
        for plane, shape in zip(drawn, shapes, strict=True)
    )
    return y, u, v


def cropped(planes: Planes, part: tuple[float, float, float, float]) -> Planes:
    """Return the *part* (left, top, width, height as shares) blown up to the full picture: a digital zoom."""
    if part == (0.0, 0.0, 1.0, 1.0):
        return planes
    y, u, v = (_zoomed(plane, part) for plane in planes)
    return y, u, v


def _zoomed(plane: Plane, part: tuple[float, float, float, float]) -> Plane:
    height, width = plane.shape
    left = max(0, min(round(part[0] * width), width - 1))
    top = max(0, min(round(part[1] * height), height - 1))
    right = max(left + 1, round((part[0] + part[2]) * width))
    bottom = max(top + 1, round((part[1] + part[3]) * height))
    zoomed = cv2.resize(plane[top:bottom, left:right], (width, height), interpolation=cv2.INTER_NEAREST)
    return np.asarray(zoomed, np.uint8)


def flipped(planes: Planes, left_right: bool, upside_down: bool) -> Planes:
    """Return *planes* mirrored, turned upside down, or both, which is a half turn."""
    step = (slice(None, None, -1 if upside_down else 1), slice(None, None, -1 if left_right else 1))
    y, u, v = (plane[step] for plane in planes)
    return y, u, v


def grainy(planes: Planes, grain: np.random.Generator) -> Planes:
    """Return *planes* with the least noise that makes every picture of a sensor new: some pixels are off by one."""
    y = planes[0].copy()
    rows, columns = (grain.integers(0, size, GRAINS) for size in y.shape)
    y[rows, columns] ^= 1
    return y, planes[1], planes[2]


def lit(planes: Planes, share: float) -> Planes:
    """Return *planes* as bright as an exposure of *share* of the right one makes them."""
    if 0.98 <= share <= 1.02:
        return planes
    y, u, v = planes
    return np.asarray(cv2.convertScaleAbs(y, alpha=share), np.uint8), u, v
