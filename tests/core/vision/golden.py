"""The golden trace: what events the vision finds in a fixed set of clips, whatever the version of OpenCV.

``python -m tests.core.vision.golden`` compares with the file, ``--write`` writes it anew after the vision has changed.
Recorded clips are compared, and written, where PISECURITY_RECORDED names their folder.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from benchmarks.ruler.recorded import RecordedClip, recordings
from pisecurity.core.types import Event, Frame, Phase
from tests.core.vision.drawn import Canvas, Draw, events, film, frame, leaves, light, walker

DRAWN_FILE: Final = Path(__file__).with_name("golden.json")
RECORDED_FILE: Final = Path(__file__).with_name("golden_recorded.json")
COMMITTED: Final = Path(__file__).parents[2] / "clips"
WITHIN_S: Final = 0.21
"""Two frames at ten a second: a pixel on the threshold is seen a frame sooner or later."""
WITHIN_SHARE: Final = 0.03
"""Of the picture, for each side of a box: five coarse pixels of 160."""
CHOSEN: Final = ("d02", "d03", "d05", "d06", "d07", "d08", "d10", "d14", "d16", "d17", "d20")
"""People, cars, an animal, trees, a lamp and an infrared yard, eleven recordings."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One event."""

    camera: str
    opened_s: float
    last_s: float
    box: tuple[float, float, float, float]
    """Left, top, width and height when it opened, in shares of the picture."""


Trace = Mapping[str, list[Seen]]
"""Events by the name of the clip."""


def _dimmed(factor: float) -> Draw:
    def draw(canvas: Canvas, at_s: float) -> None:
        canvas *= factor

    return draw


def _snow(canvas: Canvas, at_s: float) -> None:
    spots = np.random.default_rng(round(at_s * 10)).integers(0, (320, 240), (40, 2))
    for x, y in spots:
        cv2.circle(canvas, (int(x), int(y)), 2, 240.0, -1)


DRAWN: Final[Mapping[str, Callable[[], Iterator[Frame]]]] = {
    "a walk": partial(film, 16, walker(3, 11)),
    "a walk before leaves": partial(film, 16, walker(3, 11), leaves()),
    "leaves alone": partial(film, 16, leaves()),
    "two walks that are one event": partial(film, 30, walker(3, 10), walker(18, 26, tall=50, foot=150)),
    "far away": partial(film, 14, walker(3, 12, tall=24, foot=100, speed=18, from_x=60)),
    "somebody runs": partial(film, 10, walker(3, 6, speed=150)),
    "a lamp": partial(film, 14, light(4, 1.8, 9)),
    "who switches the lamp on": partial(film, 16, walker(4, 12), light(4.3, 1.8)),
    "a noisy night": partial(film, 16, walker(3, 11), _dimmed(0.3), noise=4),
    "nobody in a noisy night": partial(film, 16, _dimmed(0.3), noise=4),
    "a walk in snow": partial(film, 18, walker(4, 12), _snow),
    "thirty frames a second": partial(film, 12, walker(3, 11), fps=30),
}


def drawn_and_committed() -> Trace:
    """Return what is found in what every checkout has."""
    drawn = {name: found(frames()) for name, frames in DRAWN.items()}
    return drawn | {clip.name: found(_frames(clip)) for clip in recordings(COMMITTED).clips}


def recorded(folder: Path) -> Trace:
    """Return what is found in the chosen recordings of *folder*."""
    return {clip.name: found(_frames(clip)) for clip in recordings(folder).clips if clip.name.startswith(CHOSEN)}


def found(frames: Iterable[Frame]) -> list[Seen]:
    """Return the events in *frames*, in order."""
    opened: dict[int, Event] = {}
    ended: dict[int, Event] = {}
    for event in events(frames):
        if event.phase is Phase.OPENED:
            opened[event.number] = event
        elif event.phase is Phase.ENDED:
            ended[event.number] = event
    return [_seen(event, ended[number].last_s) for number, event in opened.items()]


def differences(expected: Trace, traced: Trace) -> list[str]:
    """Return in one line each what is other than *expected*; nothing when all times and boxes are close enough."""
    wrong = [f"{name}: only on one side" for name in sorted(expected.keys() ^ traced.keys())]
    for name in sorted(expected.keys() & traced.keys()):
        wanted, got = expected[name], traced[name]
        if len(wanted) != len(got):
            wrong.append(f"{name}: {len(got)} events, expected {len(wanted)}")
        wrong += [f"{name}: {b}, expected {a}" for a, b in zip(wanted, got, strict=False) if not _alike(a, b)]
    return wrong


def read(path: Path) -> Trace:
    """Return the trace that *path* holds."""
    document = json.loads(path.read_text())
    return {
        name: [Seen(each["camera"], each["opened_s"], each["last_s"], tuple(each["box"])) for each in seen]
        for name, seen in document.items()
    }


def write(path: Path, trace: Trace) -> None:
    """Write *trace* to *path*, an event a line."""
    clips = (
        f"  {json.dumps(name)}: [" + ",".join(f"\n    {json.dumps(asdict(each))}" for each in seen) + "]"
        for name, seen in trace.items()
    )
    path.write_text("{\n" + ",\n".join(clips) + "\n}\n")


def main() -> int:
    """Compare, or write anew; return 1 when something is other than in the file."""
    parser = argparse.ArgumentParser(prog="golden", description=__doc__)
    parser.add_argument("--write", action="store_true", help="write the files anew instead of comparing")
    writing = parser.parse_args().write
    traces = {DRAWN_FILE: drawn_and_committed()}
    if home := os.environ.get("PISECURITY_RECORDED"):
        traces[RECORDED_FILE] = recorded(Path(home) / "videos")
    wrong: list[str] = []
    for path, trace in traces.items():
        if writing:
            write(path, trace)
        wrong += differences(read(path), trace)
    clips, count = (sum(map(len, part)) for part in (traces.values(), (s for t in traces.values() for s in t.values())))
    print(
        f"OpenCV {cv2.__version__}, numpy {np.__version__}: {count} events in {clips} clips, {len(wrong)} differences"
    )
    print("\n".join(wrong), end="\n" if wrong else "")
    return 1 if wrong else 0


def _frames(clip: RecordedClip) -> Iterator[Frame]:
    for index, shot in enumerate(clip.shots()):
        yield frame(shot.luma, index / clip.fps, index)


def _seen(event: Event, last_s: float) -> Seen:
    box = event.box
    left, top, width, height = (round(side, 4) for side in (box.x, box.y, box.w, box.h))
    return Seen(event.camera, round(event.opened_s, 3), round(last_s, 3), (left, top, width, height))


def _alike(a: Seen, b: Seen) -> bool:
    times = (a.opened_s, b.opened_s), (a.last_s, b.last_s)
    return (
        a.camera == b.camera
        and all(abs(one - other) <= WITHIN_S for one, other in times)
        and all(abs(one - other) <= WITHIN_SHARE for one, other in zip(a.box, b.box, strict=True))
    )


if __name__ == "__main__":
    sys.exit(main())
