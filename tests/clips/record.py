"""Records the clips of this folder from the stage, through a real codec: ``python -m tests.clips.record``."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pisecurity.adapters.cameras.stage import Labelled, Scene
from pisecurity.adapters.clips import ClipWriter

CLIPS = Path(__file__).parent
MANIFEST = CLIPS / "manifest.json"
FPS = 10
NOTES = (
    "Drawn by the stage of this project (pisecurity.adapters.cameras.stage), so these clips have its licence.",
    "Frames count from 0; first_frame and last_frame are inclusive: some of the thing is in the picture.",
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


def record(take: Take, folder: Path) -> dict[str, Any]:
    """Write one clip and return its entry of the manifest."""
    width, height = take.size
    scene = Scene(take.seed, width, height, people=take.people)
    frames = round(take.seconds * FPS)
    seen: dict[int, Labelled] = {}
    with ClipWriter(folder / take.name, width, height, FPS, quality=27) as clip:
        for number in range(frames):
            shown = scene.render(take.starts_s + number / FPS)
            clip.write(shown.picture)
            for labelled in shown.truth:
                seen[number] = labelled
    return {
        "file": take.name,
        "shows": take.shows,
        "licence": "MIT",
        "source": f"stage, seed {take.seed}, from {take.starts_s:g} s",
        "width": width,
        "height": height,
        "fps": FPS,
        "frames": frames,
        "events": events(seen),
    }


def events(seen: dict[int, Labelled]) -> list[dict[str, Any]]:
    """Return one entry for each run of frames with something in them."""
    runs: list[dict[str, Any]] = []
    for number, labelled in sorted(seen.items()):
        if not runs or runs[-1]["last_frame"] != number - 1:
            runs.append({"label": labelled.label, "first_frame": number, "last_frame": number, "boxes": []})
        runs[-1]["last_frame"] = number
        box = labelled.box
        runs[-1]["boxes"].append([round(value, 4) for value in (box.x, box.y, box.w, box.h)])
    return runs


def main() -> int:
    """Record all clips and write the manifest."""
    clips = [record(take, CLIPS) for take in TAKES]
    text = json.dumps({"version": 1, "notes": NOTES, "clips": clips}, indent=1)
    MANIFEST.write_text(text + "\n", encoding="utf-8")
    for clip in clips:
        size = (CLIPS / clip["file"]).stat().st_size
        sys.stdout.write(
            f"{clip['file']}: {clip['frames']} frames, {len(clip['events'])} events, {size / 1024:.0f} kB\n"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
