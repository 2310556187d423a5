from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from pisecurity.adapters.colours import from_bgr, to_bgr
from pisecurity.adapters.jpeg import SimpleJpegEncoder, encode
from pisecurity.core.types import Box, Picture
from tests.adapters.scenery import SIZES, distance, scenery

YELLOW = (0x66, 0xD1, 0xFF)
"""#ffd166 as blue, green, red."""


def decoded(jpeg: bytes) -> NDArray[np.uint8]:
    image = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
    assert image is not None
    return np.asarray(image, np.uint8)


@pytest.fixture(params=["simplejpeg", "opencv"])
def encoder(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> SimpleJpegEncoder:
    """Return an encoder as it is with and without simplejpeg installed."""
    if request.param == "opencv":
        monkeypatch.setattr(encode, "simplejpeg", None)
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
