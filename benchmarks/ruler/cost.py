"""What a frame costs each detector, in blocks of frames that they take in turn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from statistics import median
from time import thread_time
from typing import Final

from benchmarks.ruler.clip import Clip
from benchmarks.ruler.detectors import Detector, Maker
from pisecurity.core.types import Plane

BLOCK: Final = 20
"""Frames that one detector takes before it is the turn of the next, so that its data are in the cache as in use."""
WARM_BLOCKS: Final = 3
"""Not counted: the detectors learn the scene."""
MOST_FRAMES: Final = 240
"""Held in memory; then they are played backwards, and so on, so that nothing jumps."""


@dataclass(frozen=True, slots=True)
class Cost:
    """CPU time of a frame in microseconds, over the blocks."""

    least_us: float
    median_us: float
    most_us: float
    times: float
    """The median as a multiple of the yardstick's in the same run."""


def costs(clip: Clip, makers: Mapping[str, Maker], yardstick: str, blocks: int) -> dict[str, Cost]:
    """Return what a frame of *clip* costs each detector.

    Args:
        yardstick: the one of *makers* whose cost is 1.
        blocks: so many are counted, 1 or more.
    """
    frames = [shot.luma.copy() for shot in islice(clip.shots(), MOST_FRAMES)]
    there_and_back = cycle(frames + frames[-2:0:-1])
    width, height = clip.size
    detectors = {name: make(width, height, clip.fps) for name, make in makers.items()}
    names = list(makers)
    taken: dict[str, list[float]] = {name: [] for name in names}
    for number in range(WARM_BLOCKS + blocks):
        block = list(islice(there_and_back, BLOCK))
        for name in names:
            us = _microseconds(detectors[name], block, number * BLOCK / clip.fps, clip.fps)
            if number >= WARM_BLOCKS:
                taken[name].append(us)
        names.append(names.pop(0))
    unit_us = median(taken[yardstick])
    return {name: _cost(taken[name], unit_us) for name in makers}


def _cost(us: Sequence[float], unit_us: float) -> Cost:
    return Cost(min(us), median(us), max(us), median(us) / unit_us)


def _microseconds(detector: Detector, block: Sequence[Plane], first_s: float, fps: float) -> float:
    """Return the CPU time of a frame of *block*, whose first is taken at *first_s*."""
    times_s = [first_s + number / fps for number in range(len(block))]
    began_s = thread_time()
    for luma, taken_s in zip(block, times_s, strict=True):
        detector.step(luma, taken_s)
    return 1e6 * (thread_time() - began_s) / len(block)
