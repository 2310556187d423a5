from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from pisecurity.adapters import media
from pisecurity.adapters.cameras.file import FileCamera
from pisecurity.adapters.media import ClipWriter, SimpleJpegEncoder, from_bgr, to_bgr
from pisecurity.core.types import Box, Frame, Picture
from pisecurity.errors import EndOfStreamError, StoreError
from pisecurity.settings import CameraSettings
from tests.fakes import FakeClock

YELLOW = (0x66, 0xD1, 0xFF)
"""#ffd166 as blue, green, red."""
SIZES = [(640, 480), (1920, 1080), (161, 91), (2, 2)]


def scenery(width: int, height: int) -> NDArray[np.uint8]:
    """Return a smooth colourful BGR picture, so that coding changes it little."""
    x, y = np.meshgrid(np.linspace(40, 200, width), np.linspace(40, 200, height))
    return np.stack([x, y, 240 - 0.5 * x - 0.5 * y], axis=2).astype(np.uint8)


def decoded(jpeg: bytes) -> NDArray[np.uint8]:
    image = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert image is not None
    return np.asarray(image, np.uint8)


def distance(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> float:
    return float(np.abs(first.astype(int) - second).mean())


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


@pytest.fixture(params=["simplejpeg", "opencv"])
def encoder(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> SimpleJpegEncoder:
    """Return an encoder as it is with and without simplejpeg installed."""
    if request.param == "opencv":
        monkeypatch.setattr(media, "simplejpeg", None)
    return SimpleJpegEncoder()


@pytest.mark.parametrize("size", SIZES)
def test_a_picture_survives_the_way_through_planes(size: tuple[int, int]) -> None:
    image = scenery(*size)
    picture = from_bgr(image)
    assert picture.size == size
    assert picture.u.shape == ((size[1] + 1) // 2, (size[0] + 1) // 2)
    if min(size) > 10:
        assert distance(to_bgr(picture), image) < 2


@pytest.mark.parametrize("size", SIZES)
def test_a_clean_jpeg_decodes_to_the_picture(encoder: SimpleJpegEncoder, size: tuple[int, int]) -> None:
    picture = from_bgr(scenery(*size))
    jpeg = encoder.clean(picture)
    assert jpeg.startswith(b"\xff\xd8")
    assert decoded(jpeg).shape == (size[1], size[0], 3)
    assert distance(decoded(jpeg), to_bgr(picture)) < 3


def test_planes_cut_from_larger_buffers_are_encoded(encoder: SimpleJpegEncoder) -> None:
    whole = from_bgr(scenery(640, 480))
    part = Picture(whole.y[:200, :300], whole.u[:100, :150], whole.v[:100, :150])
    assert distance(decoded(encoder.clean(part)), to_bgr(whole)[:200, :300]) < 3


@pytest.mark.parametrize("size", [(640, 480), (1920, 1080)])
def test_a_box_is_drawn_in_the_agreed_colour_and_nothing_else_changes(
    encoder: SimpleJpegEncoder, size: tuple[int, int]
) -> None:
    width, height = size
    picture = from_bgr(scenery(width, height))
    image = decoded(encoder.annotated(picture, [Box(0.25, 0.25, 0.25, 0.5)], ""))
    top = image[height // 4 : height // 4 + 4, width // 4 + 20 : width // 2 - 20].reshape(-1, 3).astype(int)
    nearest = np.abs(top - YELLOW).sum(axis=1).min()
    assert nearest < 30
    assert distance(image[: height // 5], to_bgr(picture)[: height // 5]) < 2
    inside = (slice(height // 3, height // 2), slice(width // 3, width * 5 // 12))
    assert distance(image[inside], to_bgr(picture)[inside]) < 2


@pytest.mark.parametrize("ground", [0, 128, 255])
def test_a_box_shows_on_any_ground(encoder: SimpleJpegEncoder, ground: int) -> None:
    picture = from_bgr(np.full((480, 640, 3), ground, np.uint8))
    image = decoded(encoder.annotated(picture, [Box(0.25, 0.25, 0.25, 0.5)], ""))
    across = image[240, 150:170].astype(int).sum(axis=1)
    assert across.max() - across.min() > 300


def test_a_caption_lies_in_a_dark_strip_at_the_bottom(encoder: SimpleJpegEncoder) -> None:
    picture = from_bgr(np.full((480, 640, 3), 200, np.uint8))
    image = decoded(encoder.annotated(picture, [], "Front - 22:14:03 - person"))
    strip = image[-22:]
    assert np.median(strip) < 90
    assert strip.max() > 220
    assert np.abs(image[:-30].astype(int) - 200).max() < 12


def test_without_a_caption_there_is_no_strip(encoder: SimpleJpegEncoder) -> None:
    picture = from_bgr(np.full((480, 640, 3), 200, np.uint8))
    assert encoder.annotated(picture, [], "") == encoder.clean(picture)


def test_a_long_caption_stays_inside_the_picture(encoder: SimpleJpegEncoder) -> None:
    picture = from_bgr(np.full((480, 640, 3), 200, np.uint8))
    image = decoded(encoder.annotated(picture, [], "word " * 80))
    assert image[-20:, -8:].max() < 120


def test_a_caption_that_fits_when_it_is_smaller_is_not_cut(encoder: SimpleJpegEncoder) -> None:
    picture = from_bgr(np.full((240, 320, 3), 200, np.uint8))
    caption = "Gartentor hinter dem Haus  2026-01-03 22:14:03"
    jpegs = [encoder.annotated(picture, [], text) for text in (caption, f"{caption[:-1]}4")]
    assert jpegs[0] != jpegs[1]  # even its last letter is there


@pytest.mark.parametrize("size", [(161, 91), (2, 2), (1, 1), (16, 9)])
def test_annotating_a_tiny_picture_works(encoder: SimpleJpegEncoder, size: tuple[int, int]) -> None:
    width, height = size
    jpeg = encoder.annotated(from_bgr(scenery(width, height)), [Box(0, 0, 1, 1), Box(0.9, 0.9, 0.1, 0.1)], "Front")
    assert decoded(jpeg).shape == (height, width, 3)


def test_annotating_leaves_the_picture_as_it_was(encoder: SimpleJpegEncoder) -> None:
    picture = from_bgr(scenery(640, 480))
    before = picture.y.copy()
    encoder.annotated(picture, [Box(0, 0, 1, 1)], "Front")
    assert np.array_equal(picture.y, before)


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
