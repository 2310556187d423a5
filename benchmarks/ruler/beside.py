"""Whole programs on the same recordings: each looks at a file once, and only the time of its alarms is scored."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import Final

import cv2
import numpy as np

from benchmarks.ruler.clip import Clip, Shot, Span, Spans
from benchmarks.ruler.judges import WARM_UP_S
from benchmarks.ruler.metrics import Found, Row, Score, Scorer, summed
from benchmarks.ruler.programs import NotInstallableError, Program, ProgramError, Reel, Watched
from pisecurity.adapters.recordings.clips import ClipWriter
from pisecurity.core.types import Box, Plane

QUALITY: Final = 12
"""x264's CRF for clips that have no file: what it loses is less than what a camera's encoder loses."""
SOMEWHERE: Final = Found(boxes=(Box(0, 0, 1, 1),))
"""An alarm: where in the picture is not asked."""
BLANK_S: Final = 1.0
"""Length of the blank recording on which the start of a program is measured."""
BLANK_SIZE, BLANK_FPS = (320, 240), 10.0
STARTS: Final = 3
"""So often the start is measured; load from outside only ever adds to it."""


@dataclass(frozen=True, slots=True)
class Timed:
    """A clip of which only is known when something is in view; its frames are not shown."""

    name: str
    fps: float
    size: tuple[int, int]
    frames: int
    spans: Spans
    file: Path | None

    def shots(self) -> Iterator[Shot]:
        shot = Shot(np.zeros((1, 1), np.uint8), None, None)
        return (shot for _ in range(self.frames))


@dataclass(frozen=True, slots=True)
class Beside:
    """What one program made of all recordings."""

    row: Row
    clips: dict[str, Row]
    cpu_ms: tuple[float, float, float] | None
    """Least, median and most of a clip, a frame shown to the detectors: with decoding, without the start.

    None: it failed on all clips.
    """
    start_s: float
    """CPU time on a blank recording of a second, the least of some runs."""
    peak_mb: float


@dataclass(frozen=True, slots=True)
class _Seen:
    """What one program made of one recording."""

    score: Score
    cpu_ms: float
    peak_mb: float


def measured(
    programs: Iterable[Program], clips: Sequence[Clip], tell: Callable[[str], None], complain: Callable[[str], None]
) -> dict[str, Beside]:
    """Let each of *programs* look at each of *clips*.

    Args:
        tell: takes what it is about to do.
        complain: takes, in one line, which program could not be installed, or failed on which clip, and why.
    """
    with tempfile.TemporaryDirectory(prefix="ruler-") as temporary:
        folder = Path(temporary)
        starts = _starts(programs, folder, tell, complain)
        seen: dict[str, dict[str, _Seen]] = {program.name: {} for program in starts}
        for clip in clips if starts else ():
            timed = by_time(clip)
            reel = Reel(clip.file or written(clip, folder), clip.size, timed.frames / clip.fps)
            for program, start_s in starts.items():
                tell(f"{program.name}: {clip.name}, {reel.seconds:.0f} s")
                watched = _watched(program, reel, folder, clip.name, complain)
                if watched is not None:
                    cpu_ms = 1000 * max(0.0, watched.usage.cpu_s - start_s) / timed.frames
                    seen[program.name][clip.name] = _Seen(scored(timed, watched), cpu_ms, watched.usage.peak_mb)
    return {program.name: _beside(seen[program.name], start_s) for program, start_s in starts.items()}


def by_time(clip: Clip) -> Timed:
    """Return *clip* with its truth as spans; one with boxes is played for that."""
    if clip.spans is not None:
        spans = replace(clip.spans, false_regions=())
        return Timed(clip.name, clip.fps, clip.size, clip.frames, spans, clip.file)
    seen = [tuple(thing.id for thing in shot.present or ()) for shot in clip.shots()]
    labels = {thing: "present" for things in seen for thing in things}
    events = tuple(Span(*span, label) for thing, label in labels.items() for span in _runs([thing in s for s in seen]))
    nuisance = tuple(Span(*span, "nobody") for span in _runs([not things for things in seen]))
    spans = Spans(round(WARM_UP_S * clip.fps), events, nuisance)
    return Timed(clip.name, clip.fps, clip.size, len(seen), spans, clip.file)


def scored(clip: Timed, watched: Watched) -> Score:
    """Return what the alarms of *watched* are worth; one of no length is still in one frame."""
    alarming = [False] * clip.frames
    for from_s, to_s in watched.alarms:
        first = min(max(round(from_s * clip.fps), 0), clip.frames - 1)
        last = min(max(round(to_s * clip.fps), first), clip.frames - 1)
        alarming[first : last + 1] = [True] * (last + 1 - first)
    scorer = Scorer(clip)
    for shot, alarm in zip(clip.shots(), alarming, strict=True):
        scorer.add(shot, SOMEWHERE if alarm else Found())
    return scorer.result()


def written(clip: Clip, folder: Path) -> Path:
    """Write *clip* as a grey film of good quality into *folder*."""
    path = folder / f"{clip.name.replace('/', '_')}.mp4"
    return _film(path, clip.size, clip.fps, (shot.luma for shot in clip.shots()))


def _film(path: Path, size: tuple[int, int], fps: float, lumas: Iterable[Plane]) -> Path:
    with ClipWriter(path, *size, fps, quality=QUALITY) as writer:
        for luma in lumas:
            writer.write(np.asarray(cv2.cvtColor(luma, cv2.COLOR_GRAY2BGR), np.uint8))
    return path


def _runs(flags: Sequence[bool]) -> Iterator[tuple[int, int]]:
    """Yield first and last index of each run of True."""
    first: int | None = None
    for index, flag in enumerate((*flags, False)):
        if flag and first is None:
            first = index
        elif not flag and first is not None:
            yield first, index - 1
            first = None


def _starts(
    programs: Iterable[Program], folder: Path, tell: Callable[[str], None], complain: Callable[[str], None]
) -> dict[Program, float]:
    """Return those of *programs* that run here, each with its CPU seconds for a recording with nothing in it."""
    plane = np.full(BLANK_SIZE[::-1], 128, np.uint8)
    blank = _film(folder / "blank.mp4", BLANK_SIZE, BLANK_FPS, [plane] * round(BLANK_S * BLANK_FPS))
    found: dict[Program, float] = {}
    for program in programs:
        tell(f"{program.name}: is set up")
        try:
            program.install()
        except NotInstallableError as error:
            complain(f"{program.name}: cannot be installed here and is left out: {error}")
            continue
        try:
            runs = [program.watch(Reel(blank, BLANK_SIZE, BLANK_S), folder) for _ in range(STARTS)]
        except ProgramError as error:
            complain(f"{program.name}: does not run here and is left out: {error}")
            continue
        found[program] = min(run.usage.cpu_s for run in runs)
    return found


def _watched(program: Program, reel: Reel, folder: Path, name: str, complain: Callable[[str], None]) -> Watched | None:
    try:
        return program.watch(reel, folder)
    except ProgramError as error:
        complain(f"{program.name}: {name}: {error}")
        return None


def _beside(of_one: Mapping[str, _Seen], start_s: float) -> Beside:
    costs = sorted(seen.cpu_ms for seen in of_one.values())
    return Beside(
        row=summed([seen.score for seen in of_one.values()]),
        clips={name: summed([seen.score]) for name, seen in of_one.items()},
        cpu_ms=(costs[0], median(costs), costs[-1]) if costs else None,
        start_s=start_s,
        peak_mb=max((seen.peak_mb for seen in of_one.values()), default=0.0),
    )
