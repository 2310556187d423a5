"""What the steps ask of a background, whichever it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from pisecurity.core.vision.planes import Mat, Planes, Rect


@dataclass(frozen=True, slots=True)
class Observation:
    """One frame to learn from."""

    planes: Planes
    coarse: Mat
    """(H, W) uint8: its coarse plane in the light of the background."""
    gain: float
    """Brightness of the frame over that of the background."""
    moving: Mat | None
    """(H, W) uint8, not 0 where something moves; None: nowhere."""
    protected: Sequence[Rect]
    """Boxes of things that count: what moves in them is not learned at all."""
    taken_s: float
    min_contrast: float
    """Least change that counts, in steps of 255, on top of noise."""
    sigma: float
    """Standard deviation of the noise of ``coarse``, in steps of 255."""


class BackgroundModel(Protocol):
    """The scene without moving things. Begins with one frame, and learns in the light of that one."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Of the coarse plane."""
        ...

    @property
    def fine_shape(self) -> tuple[int, ...]: ...

    @property
    def sigma(self) -> float:
        """Standard deviation of the noise of the coarse planes it learned from, in steps of 255."""
        ...

    @property
    def level(self) -> Mat:
        """(H, W) uint8 brightness."""
        ...

    @property
    def upper(self) -> Mat:
        """(H, W) uint8: the brightest that is still unchanged."""
        ...

    @property
    def slack(self) -> Mat:
        """(H, W) uint8: how much brighter than ``level`` is still unchanged."""
        ...

    def outside(self, coarse: Mat) -> Mat:
        """Return where *coarse*, (H, W) uint8 in the light of the background, is none of it: uint8, 0 where it is.

        To be called once a frame, because some learn while they look.
        """
        ...

    def fine_level(self, rows: slice, columns: slice, gain: float) -> Mat:
        """Return the brightness of a part of the fine plane in the light of the frame, uint8."""
        ...

    def relearn(self, planes: Planes, elapsed_s: float, min_contrast: float) -> None:
        """Take the frame over within about 0.3 s."""
        ...

    def due(self, now_s: float) -> bool:
        """Return whether ``learn`` should be called."""
        ...

    def learn(self, seen: Observation) -> bool:
        """Follow slow changes; return whether the light of the background moved, so that the gain is stale."""
        ...

    def absorb(self, planes: Planes, gain: float, rects: Sequence[Rect], elapsed_s: float) -> None:
        """Let what stands still in *rects* become part of the scene within seconds."""
        ...
