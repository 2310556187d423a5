"""Records the clips of this folder from the stage, through a real codec: ``python -m tests.clips.record``."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from pisecurity.adapters.cameras.stage import Labelled, Scene, View, garden
from pisecurity.adapters.recordings import labels
from pisecurity.adapters.recordings.clips import ClipWriter

CLIPS = Path(__file__).parent
FPS = 10
WARM_UP_S = 5
"""Of a clip without an event; the others are scored by their boxes."""
NOTES = (
    "Drawn by the stage of this project (pisecurity.adapters.cameras.stage), so these clips have its licence.",
    "Frames count from 0; start_frame and end_frame are inclusive: some of the thing is in the picture.",
    "boxes: per frame x, y, w, h in shares of the picture, without the cast shadow.",
)


@dataclass(frozen=True)
class Take:
    """One clip to record."""

    name: str
    shows: str
    seed: int
    starts_s: float
    seconds: float
    size: tuple[int, int]
    people: bool = True


TAKES = (
    Take("garden_walk.mp4", "by day: one person crosses, the lamp goes on meanwhile", 1, 4, 16, (320, 240)),
    Take("garden_visit.mp4", "by day: a person comes up to the door and leaves again", 1, 144, 18, (640, 480)),
    Take("garden_quiet.mp4", "by day: leaves, a cloud, the lamp; nobody comes", 1, 24, 24, (320, 240), people=False),
    Take("night_walk.mp4", "at night: one person crosses in the light of street and lamp", 1, 704, 18, (320, 240)),
)


def record(take: Take, folder: Path) -> labels.Recording:
    """Write one clip and return its labels."""
    width, height = take.size
    scene = Scene(garden(take.seed, View(width, height), people=take.people), take.seed, width, height)
    frames = round(take.seconds * FPS)
    seen: dict[int, Labelled] = {}
    with ClipWriter(folder / take.name, width, height, FPS, quality=27) as clip:
        for number in range(frames):
            shown = scene.render(take.starts_s + number / FPS)
            clip.write(shown.picture)
            for labelled in shown.truth:
                seen[number] = labelled
    return described(take, frames, seen)


def described(take: Take, frames: int, seen: dict[int, Labelled]) -> labels.Recording:
    """Return the labels of a clip in whose frames *seen* is all that matters."""
    width, height = take.size
    return labels.Recording(
        file=take.name,
        w=width,
        h=height,
        fps=FPS,
        frames=frames,
        shows=take.shows,
        source=f"stage, seed {take.seed}, from {take.starts_s:g} s",
        licence="MIT",
        warmup=None if seen else (0, WARM_UP_S * FPS - 1),
        events=tuple(event(run, seen) for run in runs(frames, lambda number: number in seen)),
        nuisance=tuple(
            labels.Interval(start_frame=run[0], end_frame=run[-1], label="leaves and light")
            for run in runs(frames, lambda number: number not in seen)
        ),
    )


def runs(frames: int, belongs: Callable[[int], bool]) -> Iterator[list[int]]:
    """Yield the runs of frames that belong."""
    for wanted, run in groupby(range(frames), belongs):
        if wanted:
            yield list(run)


def event(run: list[int], seen: dict[int, Labelled]) -> labels.Interval:
    """Return the event of the frames in *run*, with their boxes."""
    boxes = [seen[number].box for number in run]
    return labels.Interval(
        start_frame=run[0],
        end_frame=run[-1],
        label=seen[run[0]].label,
        boxes=tuple((round(box.x, 4), round(box.y, 4), round(box.w, 4), round(box.h, 4)) for box in boxes),
    )


def main() -> int:
    """Record all clips and write the manifest."""
    clips = [record(take, CLIPS) for take in TAKES]
    labels.write(CLIPS, clips, NOTES)
    for clip in clips:
        size = (CLIPS / clip.file).stat().st_size
        sys.stdout.write(f"{clip.file}: {clip.frames} frames, {len(clip.events)} events, {size / 1024:.0f} kB\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
