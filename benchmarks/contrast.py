"""Measures from which contrast on half of the drawn people are found, beside what the detector says."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.figures import Figure, told_and_kept
from pisecurity.adapters.cameras.stage import Scene, View
from pisecurity.adapters.cameras.stage.sensor import Sensor, SensorNoise
from pisecurity.adapters.cameras.stage.situations.mix import Draw, Mix
from pisecurity.adapters.cameras.stage.situations.people import burglar
from pisecurity.core.types import Frame, Phase, Picture, Plane
from pisecurity.core.vision.pipeline import Pipeline
from pisecurity.settings import MotionSettings

WIDTH, HEIGHT, FPS = 640, 480, 10
EMPTY_S, LENGTH_S = 6.0, 13.0
"""Until somebody comes, and all of it."""
CLEAN: Final = Sensor(0.0, 0.0, 0.0)
NOISES: Final = (1.0, 3.0, 6.0, 10.0)
"""Standard deviation of the noise of the full picture, in steps of 255; of the planes that are looked at it is half."""
STEPS: Final = (8.0, 10.0, 12.0, 14.0, 16.0, 18.0, 21.0)
"""By how much the person is darker than what is behind, in steps of 255."""
WALKS: Final = (("hall", "across"), ("living_room", "across"), ("back_garden", "across"), ("front_garden", "across"))
SEEDS: Final = (3, 4)
"""Seeds 1 and 2 are what the factors of ``core.vision.contrast`` come from."""
WITHIN: Final = 1.5
"""The number told may be wrong by this factor at most."""


@dataclass(frozen=True, slots=True)
class Walk:
    """Somebody walks through a place: the empty picture, and who is where in each frame."""

    empty: Plane
    masks: tuple[NDArray[np.bool_] | None, ...]


def main() -> int:
    """Measure, print the table, write the result; return the exit code."""
    cv2.setNumThreads(1)
    walks = [drawn(place, way, seed) for place, way in WALKS for seed in SEEDS]
    figures = []
    for noise in NOISES:
        told, half = measured(walks, noise, STEPS)
        name = f"noise {noise:g}"
        figures.append(Figure(f"{name}: found in half of the cases from", half, "steps of 255", None))
        figures.append(Figure(f"{name}: told", told, "steps of 255", None))
        ratio = max(told / half, half / told)
        figures.append(Figure(f"{name}: one over the other", ratio, "times", WITHIN))
    return told_and_kept("contrast", figures, f"{len(walks)} drawn walks in {len(WALKS)} places, {WIDTH}x{HEIGHT}")


def drawn(place: str, way: str, seed: int, width: int = WIDTH, height: int = HEIGHT) -> Walk:
    """Return a walk through *place* without noise."""
    draw = Draw(np.random.default_rng((seed, *place.encode())), View(width, height), seed)
    mix = Mix.of(draw, place).walking(burglar(draw), way, EMPTY_S, 1.3)
    scene = Scene(mix.script, seed, width, height, colour=False)
    seen = [scene.render(number / FPS) for number in range(round(LENGTH_S * FPS))]
    masks = [each.mask() == 255 if each.truth else None for each in seen]
    return Walk(seen[0].luma, tuple(masks))


def measured(walks: Sequence[Walk], noise: float, steps: Sequence[float]) -> tuple[float, float]:
    """Return the least contrast that is told, and that from which half of *walks* are found, in steps of 255.

    Args:
        noise: standard deviation in the full picture, in steps of 255.
        steps: contrasts to try, ascending.
    """
    shares, told = [], []
    for contrast in steps:
        results = [found(walk, contrast, noise) for walk in walks]
        shares.append(sum(opened for opened, _ in results) / len(results))
        told += [least for _, least in results]
    return float(np.median(told)), half_way(steps, shares)


def half_way(steps: Sequence[float], shares: Sequence[float]) -> float:
    """Return where *shares* of found ones come to a half, between two of *steps*; the last step where they do not."""
    rising = np.maximum.accumulate(shares)
    return float(np.interp(0.5, rising, steps)) if rising[-1] >= 0.5 else steps[-1]


def found(walk: Walk, contrast: float, noise: float) -> tuple[bool, float]:
    """Return whether somebody so much darker than what is behind is an event, and the least contrast that was told."""
    pipeline = Pipeline("drawn", MotionSettings(), ())
    opened = False
    for frame in filmed(walk, contrast, noise):
        opened |= any(event.phase is Phase.OPENED for event in pipeline.step(frame).events)
    assert pipeline.seeing is not None
    return opened, pipeline.seeing.least


def filmed(walk: Walk, contrast: float, noise: float) -> Iterator[Frame]:
    """Yield the frames of *walk* before an even wall, the person everywhere *contrast* steps darker than it."""
    height, width = walk.empty.shape
    rng = np.random.default_rng(1)
    sensor = SensorNoise(rng, width, height, Sensor(0.0, noise, 0.0))
    # The light of the place without its things: before a rough ground an even coat differs by more than this.
    wall = cv2.blur(walk.empty.astype(np.float32), (width // 3, width // 3), borderType=cv2.BORDER_REFLECT)
    for number, mask in enumerate(walk.masks):
        shown = wall if mask is None else wall - contrast * mask
        luma = np.clip(np.rint(shown), 0, 255).astype(np.uint8)
        sensor.add_luma(luma, 1.0, rng)
        at_s = number / FPS
        yield Frame("drawn", number, at_s, datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=at_s), luma, _none)


def _none() -> Picture:
    raise AssertionError("nobody asks for the full picture")


if __name__ == "__main__":
    sys.exit(main())
