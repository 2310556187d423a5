"""What a camera has learned of its scene, as a value that outlives the process."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

import cv2
import numpy as np

from pisecurity.core.types import Picture, Plane
from pisecurity.core.vision.planes import Mat

RESTLESS_STEPS = 4.0
"""Steps of ``LearnedScene.restless`` for one step of brightness."""
HALF_LIFE_S = 6 * 3600.0
"""Wind and shadows of six hours ago count half."""
OLDEST_S = 24 * 3600.0
"""After a day the light is another day's, and so are the leaves."""
LEAST_ALIKE = 0.7
"""Share of the visible picture that must be within the learned envelope for it to be that scene.

Somebody close by and a lamp that is off by now leave more; a camera that was turned leaves less.
"""
_WARM_FROM, _WARMEST = 2.0, 24.0
"""Restlessness, in steps of 255, that is drawn in the palest and in the strongest red. Of each step two more are asked
of a thing, on top of about ten: the strongest is some five times what is asked elsewhere."""
_TWICE = 5.0
"""Restlessness at which a thing must stand out about twice as much as elsewhere."""
_NEUTRAL, _RED_V, _RED_U = 128, 110, -60
ALL_VISIBLE = b""


@dataclass(frozen=True, slots=True, eq=False)
class LearnedScene:
    """The background of one camera at one moment. What privacy zones hide is black in it, as in every frame."""

    coarse: Plane
    """(H, W) uint8: brightness of the scene on the coarse plane."""
    fine: Plane
    """(H, W) uint8: the same on the fine plane; of the same size for a small frame."""
    restless: Plane
    """(H, W) uint8 on the coarse plane: how far a place strays by itself, 0 to 192 in quarters of a step of 255."""
    known_s: float
    """Seconds over which the restlessness was learned."""
    sigma: float
    """Standard deviation of the noise of the planes it learned from, in steps of 255."""
    raw_sigma: float
    """The same before it was averaged away, in steps of 255."""
    hidden: bytes = ALL_VISIBLE
    """Tells apart what privacy zones hide (see ``hidden_mark``); empty: nothing."""


def hidden_mark(visible: Plane | None) -> bytes:
    """Return 32 bytes that differ between two masks of privacy zones, empty where nothing is hidden.

    Args:
        visible: as ``Frame.visible``.
    """
    return ALL_VISIBLE if visible is None else hashlib.sha256(repr(visible.shape).encode() + visible.tobytes()).digest()


def aged(scene: LearnedScene, age_s: float) -> LearnedScene | None:
    """Return what *scene* is worth after *age_s* of wall time; None when that is nothing.

    Restlessness fades, and what is left of it is replaced the sooner. Levels do not fade: whether they still hold is
    seen by the first frame. A Pi without a clock battery may believe that less than no time has passed: that is none.
    """
    if age_s > OLDEST_S:
        return None
    left = 0.5 ** (max(age_s, 0.0) / HALF_LIFE_S)
    restless: Mat = cv2.convertScaleAbs(scene.restless, alpha=left)
    return replace(scene, restless=restless, known_s=scene.known_s * left)


def heat(scene: LearnedScene) -> Picture:
    """Return the scene in grey, as large as its fine plane, and the redder the more a thing must stand out there.

    In equal steps: paler where a cloud passed than where leaves stir all day.
    """
    height, width = scene.fine.shape
    half = ((width + 1) // 2, (height + 1) // 2)
    strays: Mat = cv2.resize(scene.restless, half, interpolation=cv2.INTER_LINEAR).astype(np.float32) / RESTLESS_STEPS
    warmth = np.clip((strays - _WARM_FROM) / (_WARMEST - _WARM_FROM), 0.0, 1.0)
    u = (_NEUTRAL + _RED_U * warmth).astype(np.uint8)
    v = (_NEUTRAL + _RED_V * warmth).astype(np.uint8)
    return Picture(scene.fine.copy(), u, v)


def restless_share(scene: LearnedScene) -> float:
    """Return the share of the picture in which a thing must stand out at least twice as much as elsewhere, 0 to 1."""
    return float((scene.restless > _TWICE * RESTLESS_STEPS).mean())
