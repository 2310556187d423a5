"""Drawn situations as clips: drawn and encoded once, replayed from then on."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any, Final
from zipfile import BadZipFile

import av
import cv2
import numpy as np
from av.error import FFmpegError

from benchmarks.ruler.clip import BACKGROUND, MOVING, SHADOW, UNSCORED, Present, Shot, Spans
from pisecurity.adapters.cameras import stage
from pisecurity.adapters.cameras.av_frames import luma
from pisecurity.adapters.cameras.planes import FULL_LUMA
from pisecurity.adapters.cameras.stage import Scene, View
from pisecurity.adapters.cameras.stage import truth as stage_truth
from pisecurity.adapters.cameras.stage.situations import SITUATIONS, Situation
from pisecurity.adapters.recordings import clips
from pisecurity.adapters.recordings.clips import ClipWriter
from pisecurity.core.types import Box, Plane

FOLDER: Final = Path(__file__).parents[2] / ".drawn"
SIZE: Final = (640, 480)
FPS: Final = 10.0
QUALITY: Final = 23
"""CRF of the recording: what cameras of this price send."""
MASK_EVERY: Final = 5
"""Every so many frames with something in them keep their mask."""
SCORED: Final = frozenset({"person", "animal", "vehicle"})
"""What a detector has to find; an ``object`` is a nuisance."""


@dataclass(frozen=True)
class DrawnClip:
    """One situation drawn from one seed."""

    situation: Situation
    seed: int
    folder: Path = FOLDER
    size: tuple[int, int] = SIZE
    fps: float = FPS

    @property
    def name(self) -> str:
        return self.situation.name

    @property
    def frames(self) -> int:
        return round(self.situation.length_s * self.fps)

    @property
    def spans(self) -> Spans | None:
        return None

    @property
    def file(self) -> Path:
        """The recording; drawn now, where it is not there yet."""
        path = self._stem.with_suffix(".mp4")
        if not (path.is_file() and self._stem.with_suffix(".npz").is_file()):
            self._draw()
        return path

    def shots(self) -> Iterator[Shot]:
        """Play it from the start. Raises ValueError: what was kept of it is damaged; that is then gone."""
        try:
            yield from self._kept_shots()
        except (OSError, EOFError, FFmpegError, BadZipFile) as error:
            for suffix in (".mp4", ".npz"):
                self._stem.with_suffix(suffix).unlink(missing_ok=True)
            raise ValueError(f"{self.name}: what was drawn of it is damaged; the next run draws it anew") from error

    def _kept_shots(self) -> Iterator[Shot]:
        file = self.file
        with np.load(self._stem.with_suffix(".npz")) as kept:
            present = json.loads(kept["present"].tobytes())
            masks = {name: kept[name] for name in kept.files if name != "present"}
        played = 0
        with av.open(str(file)) as container:
            for frame in container.decode(*container.streams.video[:1]):
                things = tuple(_present(thing) for thing in present[played])
                full = np.asarray(cv2.LUT(luma(frame), FULL_LUMA), np.uint8)
                yield Shot(full, things, _mask(masks.get(str(played))))
                played += 1
        if played < self.frames:
            raise EOFError(f"{file}: ends after {played} of {self.frames} frames")

    @property
    def _stem(self) -> Path:
        width, height = self.size
        return self.folder / f"{self.name}-{self.seed}-{width}x{height}-{self.fps:g}-{_stage_version()}"

    def _draw(self) -> None:
        """Draw and encode it. The truth is written last, so that what is there is whole."""
        self.folder.mkdir(parents=True, exist_ok=True)
        width, height = self.size
        scene = Scene(self.situation.script(self.seed, View(width, height)), self.seed, width, height)
        present: list[list[list[Any]]] = []
        masks: dict[str, Any] = {}
        drawing = self._stem.with_suffix(f".{os.getpid()}.mp4")
        with ClipWriter(drawing, width, height, self.fps, quality=QUALITY) as clip:
            for number in range(self.frames):
                shown = scene.render(number / self.fps)
                clip.write(shown.picture)
                present.append([_kept(thing) for thing in shown.truth if thing.label in SCORED])
                if number % MASK_EVERY == 0 and present[-1]:
                    masks[str(number)] = cv2.imencode(".png", shown.mask())[1]
        drawing.replace(self._stem.with_suffix(".mp4"))
        told = np.frombuffer(json.dumps(present).encode(), np.uint8)
        writing = self._stem.with_suffix(f".{os.getpid()}.npz")
        np.savez(writing, present=told, **masks)
        writing.replace(self._stem.with_suffix(".npz"))


def drawn(seed: int, names: Sequence[str] = ("*",), folder: Path = FOLDER) -> list[DrawnClip]:
    """Return the situations whose names match one of the patterns, in their order."""
    return [
        DrawnClip(situation, seed, folder)
        for situation in SITUATIONS.values()
        if any(fnmatchcase(situation.name, pattern) for pattern in names)
    ]


@cache
def _stage_version() -> str:
    """Return a digest of the code that draws: what another version drew is not replayed."""
    digest = hashlib.sha256()
    drawing = sorted(Path(stage.__file__).parent.rglob("*.py"))
    for path in (*drawing, Path(__file__), Path(clips.__file__)):
        digest.update(path.read_bytes())
    digest.update(f"{cv2.__version__} {np.__version__} {av.__version__}".encode())
    return digest.hexdigest()[:12]


def _kept(thing: stage.Labelled) -> list[Any]:
    box = thing.box
    return [thing.id, thing.label, *(round(value, 6) for value in (box.x, box.y, box.w, box.h)), thing.moving]


def _present(kept: list[Any]) -> Present:
    number, label, x, y, w, h, moving = kept
    return Present(number, label, Box(x, y, w, h), moving)


def _mask(png: Any) -> Plane | None:
    """Return a kept mask with the values of ``clip``: what is an object only is not scored."""
    if png is None:
        return None
    drawn_ = np.asarray(cv2.imdecode(png, cv2.IMREAD_GRAYSCALE), np.uint8)
    table = np.full(256, BACKGROUND, np.uint8)
    table[stage_truth.SHADOW] = SHADOW
    for label, value in stage_truth.THINGS.items():
        table[value] = MOVING if label in SCORED else UNSCORED[0]
    return np.asarray(cv2.LUT(drawn_, table), np.uint8)
