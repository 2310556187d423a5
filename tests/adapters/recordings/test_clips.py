from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pisecurity.adapters.cameras.file import FileCamera
from pisecurity.adapters.colours import from_bgr, to_bgr
from pisecurity.adapters.recordings.clips import ClipWriter
from pisecurity.core.types import Frame
from pisecurity.errors import EndOfStreamError, StoreError
from pisecurity.settings import CameraSettings
from tests.adapters.scenery import distance, scenery
from tests.fakes import FakeClock


def played(path: Path) -> list[Frame]:
    camera = FileCamera(CameraSettings(id="x", kind="file", path=str(path), pace="fast", fps=30), FakeClock())
    camera.open()
    frames: list[Frame] = []
    while True:
        try:
            frame = camera.read(1.0)
        except EndOfStreamError:
            return frames
        assert frame is not None
        frames.append(frame)


@pytest.mark.parametrize("size", [(640, 480), (161, 91), (320, 241)])
def test_a_clip_plays_back_what_was_written(tmp_path: Path, size: tuple[int, int]) -> None:
    width, height = size
    image = scenery(width, height)
    with ClipWriter(tmp_path / "clip.mp4", width, height, 10) as clip:
        for number in range(12):
            clip.write(from_bgr(image) if number % 2 else image)
    frames = played(tmp_path / "clip.mp4")
    assert len(frames) == 12
    for frame in (frames[0], frames[11]):
        assert distance(to_bgr(frame.picture())[:height, :width], image) < 6
    assert frames[0].picture().size == (width + width % 2, height + height % 2)


def test_given_times_are_kept(tmp_path: Path) -> None:
    taken_s = [100.0, 100.1, 100.35, 101.0]
    with ClipWriter(tmp_path / "clip.mp4", 64, 48, 10) as clip:
        for time_s in taken_s:
            clip.write(scenery(64, 48), time_s)
    frames = played(tmp_path / "clip.mp4")
    assert np.diff([frame.taken_s for frame in frames]) == pytest.approx(np.diff(taken_s), abs=1e-4)


def test_a_clip_that_was_never_closed_plays_up_to_its_last_fragment(tmp_path: Path) -> None:
    clip = ClipWriter(tmp_path / "clip.mp4", 64, 48, 10)
    noise = np.random.default_rng(0)
    for _ in range(300):
        clip.write(noise.integers(0, 256, (48, 64, 3), dtype=np.uint8))
    cut = tmp_path / "cut.mp4"
    cut.write_bytes((tmp_path / "clip.mp4").read_bytes())
    assert len(played(cut)) >= 100
    clip.close()
    assert len(played(tmp_path / "clip.mp4")) == 300


def test_closing_a_clip_twice_is_fine(tmp_path: Path) -> None:
    clip = ClipWriter(tmp_path / "clip.mp4", 64, 48, 10)
    clip.write(scenery(64, 48))
    clip.close()
    clip.close()
    assert len(played(tmp_path / "clip.mp4")) == 1


def test_a_picture_of_another_size_is_refused(tmp_path: Path) -> None:
    with ClipWriter(tmp_path / "clip.mp4", 64, 48, 10) as clip:
        clip.write(scenery(64, 48))
        with pytest.raises(ValueError, match=r"the clip is \(64, 48\), the picture \(32, 48\)"):
            clip.write(from_bgr(scenery(32, 48)))
        with pytest.raises(ValueError, match="the image has the shape"):
            clip.write(scenery(32, 48))


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no/clip.mp4: cannot write a clip here"):
        ClipWriter(tmp_path / "no" / "clip.mp4", 64, 48, 10)


def test_a_full_disk_is_reported() -> None:
    full = Path("/dev/full")
    noise = np.random.default_rng(0)

    def write() -> None:
        with ClipWriter(full, 64, 48, 10) as clip:
            for _ in range(200):
                clip.write(noise.integers(0, 256, (48, 64, 3), dtype=np.uint8))

    with pytest.raises(StoreError, match="/dev/full: "):
        write()
