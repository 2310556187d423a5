"""Plays a clip once, for all detectors, frame by frame."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from time import thread_time

from benchmarks.ruler.clip import Clip
from benchmarks.ruler.detectors import Maker
from benchmarks.ruler.metrics import Score, Scorer


@dataclass(frozen=True, slots=True)
class Played:
    """What one detector made of one clip."""

    score: Score
    cpu_ms: float
    """CPU time a frame, with every resizing that the detector wants and without decoding."""


def play(clip: Clip, makers: Mapping[str, Maker]) -> dict[str, Played]:
    """Play *clip*; every detector sees each frame, and the next frame begins with the next detector.

    Load from outside falls on all alike, and none always comes first after the decoder.

    Raises:
        ValueError: the clip has no frame.
    """
    width, height = clip.size
    detectors = {name: make(width, height, clip.fps) for name, make in makers.items()}
    scorers = {name: Scorer(clip) for name in makers}
    cpu_s = dict.fromkeys(makers, 0.0)
    names, frames = list(makers), 0
    for shot in clip.shots():
        for name in names:
            began_s = thread_time()
            found = detectors[name].step(shot.luma, frames / clip.fps)
            cpu_s[name] += thread_time() - began_s
            scorers[name].add(shot, found)
        names.append(names.pop(0))
        frames += 1
    if not frames:
        raise ValueError(f"{clip.name}: has no frame to measure on")
    return {name: Played(scorers[name].result(), 1000 * cpu_s[name] / frames) for name in makers}
