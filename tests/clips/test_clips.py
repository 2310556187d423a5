"""The committed clips are what their manifest says."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from pisecurity.adapters.cameras.file import FileCamera
from pisecurity.adapters.cameras.stage import Labelled, Scene
from pisecurity.core.types import Box
from pisecurity.errors import EndOfStreamError
from pisecurity.settings import CameraSettings
from tests.clips.record import CLIPS, FPS, MANIFEST, TAKES, Take, events
from tests.fakes import FakeClock

ENTRIES: list[dict[str, Any]] = json.loads(MANIFEST.read_text(encoding="utf-8"))["clips"]


def lumas(name: str) -> list[np.ndarray]:
    settings = CameraSettings(id="clip", kind="file", path=str(CLIPS / name), pace="fast", fps=30)
    camera = FileCamera(settings, FakeClock())
    camera.open()
    shown: list[np.ndarray] = []
    while True:
        try:
            frame = camera.read(1.0)
        except EndOfStreamError:
            return shown
        assert frame is not None
        shown.append(frame.picture().y)


def test_every_clip_is_in_the_manifest_and_all_are_small() -> None:
    files = {path.name for path in CLIPS.glob("*.mp4")}
    assert files == {entry["file"] for entry in ENTRIES} == {take.name for take in TAKES}
    assert sum(path.stat().st_size for path in CLIPS.iterdir() if path.is_file()) < 3_000_000


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry["file"])
def test_frames_size_and_events_are_as_stated(entry: dict[str, Any]) -> None:
    shown = lumas(entry["file"])
    assert len(shown) == entry["frames"]
    assert shown[0].shape == (entry["height"], entry["width"])
    assert entry["licence"] == "MIT"
    for event in entry["events"]:
        assert 0 <= event["first_frame"] <= event["last_frame"] < entry["frames"]
        assert len(event["boxes"]) == event["last_frame"] - event["first_frame"] + 1
        assert all(x >= 0 and y >= 0 and x + w <= 1.0001 and y + h <= 1.0001 for x, y, w, h in event["boxes"])


@pytest.mark.parametrize("take", TAKES, ids=lambda take: take.name)
def test_a_clip_shows_what_the_stage_draws(take: Take) -> None:
    width, height = take.size
    scene = Scene(take.seed, width, height, people=take.people)
    shown = lumas(take.name)
    (entry,) = (entry for entry in ENTRIES if entry["file"] == take.name)
    for number in range(0, len(shown), 25):
        drawn = scene.render(take.starts_s + number / FPS)
        assert np.abs(shown[number].astype(int) - drawn.picture.y).mean() < 6
        stated = any(event["first_frame"] <= number <= event["last_frame"] for event in entry["events"])
        assert bool(drawn.truth) == stated


def test_frames_in_a_row_are_one_event() -> None:
    box = Labelled("person", Box(0.1, 0.2, 0.3, 0.4), 1.0)
    runs = events({3: box, 4: box, 9: box})
    assert [(run["first_frame"], run["last_frame"], len(run["boxes"])) for run in runs] == [(3, 4, 2), (9, 9, 1)]
