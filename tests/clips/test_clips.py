"""The committed clips are what their manifest says."""

from __future__ import annotations

import numpy as np
import pytest

from pisecurity.adapters.cameras.file import FileCamera
from pisecurity.adapters.cameras.stage import Labelled, Scene, View, garden
from pisecurity.adapters.recordings import labels
from pisecurity.core.types import Box
from pisecurity.errors import EndOfStreamError
from pisecurity.settings import CameraSettings
from tests.clips.record import CLIPS, FPS, TAKES, Take, described
from tests.fakes import FakeClock

MANIFEST = labels.read(CLIPS)
ENTRIES = [labelled.recording for labelled in MANIFEST.recordings]


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
    assert files == {entry.file for entry in ENTRIES} == {take.name for take in TAKES}
    assert sum(path.stat().st_size for path in CLIPS.iterdir() if path.is_file()) < 3_000_000


def test_the_labels_have_no_mistake() -> None:
    assert MANIFEST.problems == ()


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.file)
def test_frames_size_and_events_are_as_stated(entry: labels.Recording) -> None:
    shown = lumas(entry.file)
    assert len(shown) == entry.frames
    assert shown[0].shape == (entry.h, entry.w)
    assert entry.licence == "MIT"
    assert all(event.boxes for event in entry.events)


@pytest.mark.parametrize("take", TAKES, ids=lambda take: take.name)
def test_a_clip_shows_what_the_stage_draws(take: Take) -> None:
    width, height = take.size
    scene = Scene(garden(take.seed, View(width, height), people=take.people), take.seed, width, height)
    shown = lumas(take.name)
    (entry,) = (entry for entry in ENTRIES if entry.file == take.name)
    for number in range(0, len(shown), 25):
        drawn = scene.render(take.starts_s + number / FPS)
        assert np.abs(shown[number].astype(int) - drawn.picture.y).mean() < 6
        stated = any(event.start_frame <= number <= event.end_frame for event in entry.events)
        assert bool(drawn.truth) == stated


def test_frames_in_a_row_are_one_event_and_the_rest_is_nuisance() -> None:
    thing = Labelled(1, "person", Box(0.1, 0.2, 0.3, 0.4), 1.0, moving=True)
    clip = described(TAKES[0], 12, {3: thing, 4: thing, 9: thing})
    assert [(event.start_frame, event.end_frame, len(event.boxes or ())) for event in clip.events] == [
        (3, 4, 2),
        (9, 9, 1),
    ]
    assert [(quiet.start_frame, quiet.end_frame) for quiet in clip.nuisance] == [(0, 2), (5, 8), (10, 11)]
