"""Whether what brightens a part of the picture is light passing over it."""

from __future__ import annotations

import cv2
import numpy as np

from pisecurity.core.vision.planes import Mat, Rect

_BRIGHTENS = 0.88
"""Share of the change that must brighten: a beam darkens nothing, but its edge beats with the noise."""
_STAYS = 0.4
"""Most that what light shows may change within some tenths of a second, as a share of what the light adds."""
_NO_BETTER, _NO_BETTER_BY = 1.1, 0.05
"""A wall without any pattern fits moved as well as unmoved."""
_LEAST_COMMON = 3
"""Width and height in pixels of what is compared; less says nothing."""


def passes_over(now: Mat, earlier: Mat, level: Mat, rect: Rect, shift: tuple[int, int]) -> bool:
    """Return whether what brightens *rect* passes over the scene as light does.

    Light shows what is there: where a beam was a moment ago and still is, the picture is the same, only brighter or
    darker. A person takes his look along: there the picture fits the earlier one better when that is moved with him.

    Args:
        now: the newest coarse plane, (H, W) uint8.
        earlier: the one some tenths of a second before.
        level: the background.
        rect: where it is now.
        shift: how far it went in between, to the right and down, in pixels.
    """
    change = now[rect.slices].astype(np.int16) - level[rect.slices]
    contrast = float(np.abs(change).mean()) + 0.5
    if float(np.maximum(change, 0).mean()) < _BRIGHTENS * contrast:
        return False
    common = _common(rect, shift)
    if min(common.w, common.h) < _LEAST_COMMON:
        return False
    part = now[common.slices]
    stays = _difference(part, _as_bright(earlier[common.slices], part))
    moves = min(
        (_difference(part, earlier[origin.slices]) for origin in _origins(common, shift, now.shape)), default=stays
    )
    return stays <= min(_STAYS * contrast, _NO_BETTER * moves + _NO_BETTER_BY * contrast)


def _common(rect: Rect, shift: tuple[int, int]) -> Rect:
    """Return what *rect* has in common with itself before the shift; without width or height where that is nothing."""
    width, height = max(rect.w - abs(shift[0]), 0), max(rect.h - abs(shift[1]), 0)
    return Rect(rect.x + max(-shift[0], 0), rect.y + max(-shift[1], 0), width, height)


def _origins(common: Rect, shift: tuple[int, int], shape: tuple[int, ...]) -> list[Rect]:
    """Return where *common* may have been before the shift, give or take a pixel."""
    places = (
        Rect(common.x - shift[0] + right, common.y - shift[1] + down, common.w, common.h)
        for down in (-1, 0, 1)
        for right in (-1, 0, 1)
    )
    return [place for place in places if place.grown(0, shape) == place]


def _as_bright(plane: Mat, model: Mat) -> Mat:
    """Return *plane* made as bright as *model* (least squares)."""
    square = float(np.square(plane, dtype=np.float32).sum()) or 1.0
    return cv2.convertScaleAbs(plane, alpha=float(np.multiply(plane, model, dtype=np.float32).sum()) / square)


def _difference(a: Mat, b: Mat) -> float:
    return cv2.norm(a, b, cv2.NORM_L1) / a.size
