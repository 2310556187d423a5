"""What a USB camera sends, turned into the plane for watching and the whole picture."""

from __future__ import annotations

import av
import cv2
import numpy as np
import pytest
import simplejpeg
from numpy.typing import NDArray

from pisecurity.adapters.cameras.planes import FULL_LUMA
from pisecurity.adapters.cameras.v4l2.device import Layout
from pisecurity.adapters.cameras.v4l2.pixels import Reader, halvings
from pisecurity.adapters.colours import to_bgr
from pisecurity.adapters.jpeg import decode
from pisecurity.core.types import Picture

Image = NDArray[np.uint8]
PADDING = {"YUYV": 32, "UYVY": 32, "NV12": 32, "YU12": 32, "GREY": 16}


def scene(width: int, height: int) -> Image:
    """Return a smooth BGR picture whose four corners differ, in brightness and in colour."""
    x, y = np.meshgrid(np.linspace(0, 1, width), np.linspace(0, 1, height))
    blue, green, red = 60 + 150 * x, 60 + 150 * y, 200 - 80 * x * y
    return np.stack([blue, green, red], axis=2).astype(np.uint8)


def yuv420(image: Image) -> tuple[Image, Image, Image]:
    """Return the planes in the range of video, as OpenCV makes them."""
    height, width = image.shape[:2]
    packed = np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2YUV_I420), np.uint8).ravel()
    size, quarter = width * height, width * height // 4
    half = (height // 2, width // 2)
    return (
        packed[:size].reshape(height, width),
        packed[size : size + quarter].reshape(half),
        packed[size + quarter :].reshape(half),
    )


def sent(image: Image, code: str) -> tuple[Image, int]:
    """Return *image* as a camera sends it in the format *code*, with padded rows, and the bytes of a row."""
    y, u, v = yuv420(image)
    padding = PADDING[code]
    if code in ("YUYV", "UYVY"):
        colours = np.repeat(np.stack([u, v], axis=2).reshape(u.shape[0], -1), 2, axis=0)
        pairs = (y, colours) if code == "YUYV" else (colours, y)
        rows = [np.stack(pairs, axis=2).reshape(y.shape[0], -1)]
    elif code == "NV12":
        rows = [y, np.stack([u, v], axis=2).reshape(u.shape[0], -1)]
    elif code == "YU12":
        # The rows of colour are half as long, and so is their padding.
        return np.concatenate(
            [np.pad(plane, ((0, 0), (0, more))).ravel() for plane, more in ((y, 32), (u, 16), (v, 16))]
        ), y.shape[1] + 32
    else:
        rows = [y]
    padded = [np.pad(plane, ((0, 0), (0, padding))) for plane in rows]
    return np.concatenate([plane.ravel() for plane in padded]), padded[0].shape[1]


def jpeg(image: Image, sampling: str = "422", quality: int = 90) -> Image:
    data = simplejpeg.encode_jpeg(np.ascontiguousarray(image), quality, "BGR", sampling)
    return np.frombuffer(data, np.uint8)


def without_tables(data: Image) -> Image:
    """Return a JPEG without its Huffman tables, as many webcams send it."""
    raw, kept, at = data.tobytes(), bytearray(data[:2].tobytes()), 2
    while raw[at + 1] != 0xDA:
        end = at + 2 + int.from_bytes(raw[at + 2 : at + 4], "big")
        if raw[at + 1] != 0xC4:
            kept += raw[at:end]
        at = end
    return np.frombuffer(bytes(kept + raw[at:]), np.uint8)


def in_parts(image: Image) -> tuple[Image, list[int]]:
    """Return *image* as a JPEG of parts that end with a restart marker, and where those markers are."""
    _, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 90, cv2.IMWRITE_JPEG_RST_INTERVAL, 7])
    raw = np.asarray(data, np.uint8).ravel()
    begin = raw.tobytes().index(b"\xff\xda")
    marks = np.flatnonzero((raw[:-1] == 0xFF) & (raw[1:] >= 0xD0) & (raw[1:] <= 0xD7))
    return raw, [int(mark) for mark in marks if mark > begin]


def shades(picture: Picture, image: Image) -> float:
    """Return how far *picture* is from *image*, the mean over all pixels and colours."""
    return float(np.abs(to_bgr(picture).astype(float) - image).mean())


@pytest.mark.parametrize("code", ["YUYV", "UYVY", "NV12", "YU12"])
def test_a_raw_picture_has_the_colours_of_the_scene_in_full_range(code: str) -> None:
    image = scene(640, 360)
    data, stride = sent(image, code)
    reader = Reader(Layout(code, 640, 360, stride, limited=True), turned=False)
    assert shades(reader.picture(data), image) < 2.5


@pytest.mark.parametrize("code", ["YUYV", "UYVY", "NV12", "YU12", "GREY"])
def test_the_watched_plane_is_the_brightness_averaged(code: str) -> None:
    image = scene(1280, 720)
    data, stride = sent(image, code)
    reader = Reader(Layout(code, 1280, 720, stride, limited=True), turned=False)
    luma = reader.luma(data)
    averaged = cv2.resize(yuv420(image)[0], (320, 180), interpolation=cv2.INTER_AREA)
    assert luma.shape == (180, 320) and reader.luma_size == (320, 180)
    assert np.abs(luma.astype(int) - averaged).max() <= 1


def test_a_picture_of_the_full_range_is_left_as_it_is() -> None:
    data, stride = sent(scene(64, 48), "YUYV")
    full = Reader(Layout("YUYV", 64, 48, stride, limited=False), turned=False).picture(data)
    limited = Reader(Layout("YUYV", 64, 48, stride, limited=True), turned=False).picture(data)
    assert np.array_equal(FULL_LUMA[full.y], limited.y)


def test_a_grey_picture_has_no_colour() -> None:
    data, stride = sent(scene(64, 48), "GREY")
    picture = Reader(Layout("GREY", 64, 48, stride, limited=False), turned=False).picture(data)
    assert {*picture.u.ravel(), *picture.v.ravel()} == {128}
    assert np.array_equal(picture.y, yuv420(scene(64, 48))[0])


@pytest.mark.parametrize("code", ["YUYV", "UYVY", "NV12", "YU12"])
def test_odd_heights_keep_their_last_row(code: str) -> None:
    height, half = 45, 23
    rows = height if code in ("YUYV", "UYVY") else height + half
    stride = 128 if code in ("YUYV", "UYVY") else 64
    data = np.full(stride * rows + stride, 100, np.uint8)
    reader = Reader(Layout(code, 64, height, stride, limited=False), turned=False)
    picture = reader.picture(data)
    assert (picture.y.shape, picture.u.shape, picture.v.shape) == ((45, 64), (23, 32), (23, 32))


@pytest.mark.parametrize("sampling", ["420", "422", "444", "Gray"])
def test_a_jpeg_of_any_sampling_shows_the_scene(sampling: str) -> None:
    image = scene(640, 360)
    if sampling == "Gray":
        grey = np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), np.uint8)
        data = np.frombuffer(simplejpeg.encode_jpeg(grey[:, :, None], 90, "GRAY", "Gray"), np.uint8)
        image = np.repeat(grey[:, :, None], 3, axis=2)
    else:
        data = jpeg(image, sampling)
    reader = Reader(Layout("MJPG", 640, 360, 0, limited=False), turned=False)
    luma, picture = reader.luma(data), reader.picture(data)
    assert shades(picture, image) < 2.5
    expected = cv2.resize(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), (320, 180), interpolation=cv2.INTER_AREA)
    assert luma.shape == (180, 320)
    assert np.abs(luma.astype(int) - expected).mean() < 1.5


@pytest.mark.parametrize(("width", "height"), [(640, 480), (1280, 720), (1920, 1080), (1278, 718), (176, 144)])
@pytest.mark.parametrize("code", ["MJPG", "GREY"])
def test_the_watched_plane_has_the_size_that_is_told(code: str, width: int, height: int) -> None:
    image = scene(width, height)
    data, stride = (jpeg(image), 0) if code == "MJPG" else sent(image, code)
    reader = Reader(Layout(code, width, height, stride, limited=False), turned=False)
    luma = reader.luma(data)
    assert (luma.shape[1], luma.shape[0]) == reader.luma_size
    assert luma.shape[1] <= 640


def test_a_plane_is_halved_only_while_enough_is_left_to_watch() -> None:
    assert [halvings(width) for width in (256, 639, 640, 1279, 1280, 1920, 2560, 4608)] == [0, 0, 1, 1, 2, 2, 3, 3]


@pytest.mark.parametrize("code", ["YUYV", "NV12", "GREY", "MJPG"])
def test_a_camera_upside_down_shows_both_planes_turned(code: str) -> None:
    image = scene(640, 360)
    data, stride = (jpeg(image), 0) if code == "MJPG" else sent(image, code)
    layout = Layout(code, 640, 360, stride, limited=True)
    upright, hanging = Reader(layout, turned=False), Reader(layout, turned=True)
    assert np.array_equal(hanging.luma(data), upright.luma(data)[::-1, ::-1])
    one, other = hanging.picture(data), upright.picture(data)
    for turned, plain in ((one.y, other.y), (one.u, other.u), (one.v, other.v)):
        assert np.array_equal(turned, plain[::-1, ::-1])


@pytest.mark.parametrize("code", ["GREY", "YU12", "YUYV"])
def test_no_plane_shares_the_memory_of_the_camera(code: str) -> None:
    data, stride = sent(scene(176, 144), code)
    reader = Reader(Layout(code, 176, 144, stride, limited=False), turned=False)
    picture = reader.picture(data)
    for plane in (reader.luma(data), picture.y, picture.u, picture.v):
        assert not np.may_share_memory(plane, data)


@pytest.mark.parametrize("code", ["YUYV", "NV12", "YU12", "GREY"])
def test_r19_a_raw_frame_that_is_too_short_is_damaged(code: str) -> None:
    data, stride = sent(scene(64, 48), code)
    reader = Reader(Layout(code, 64, 48, stride, limited=True), turned=False)
    with pytest.raises(ValueError, match="bytes of"):
        reader.luma(data[: 40 * stride])
    with pytest.raises(ValueError, match="bytes of"):
        reader.picture(data[: data.size - stride])


def damaged_jpegs() -> dict[str, Image]:
    rng = np.random.default_rng(1)
    whole = jpeg(rng.integers(0, 256, (48, 64, 3), dtype=np.uint8))
    holed = whole.copy()
    holed[whole.size // 2 : whole.size // 2 + 40] = 0
    return {
        "empty": whole[:0],
        "no JPEG": np.full(500, 65, np.uint8),
        "cut off": whole[: whole.size * 2 // 3],
        "without its end": whole[:-2],
        "with a hole": holed,
        "of another size": jpeg(scene(128, 96)),
        "zeros": np.zeros(500, np.uint8),
    }


@pytest.mark.parametrize("damage", damaged_jpegs())
def test_r19_a_damaged_jpeg_is_seen(damage: str) -> None:
    with pytest.raises(ValueError, match="."):
        decode.JpegDecoder().grey(damaged_jpegs()[damage], (64, 48))


@pytest.mark.parametrize("damage", ["empty", "no JPEG", "cut off", "without its end", "of another size", "zeros"])
def test_r19_a_damaged_jpeg_is_seen_without_simplejpeg_too(damage: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decode, "simplejpeg", None)
    with pytest.raises(ValueError, match="."):
        decode.JpegDecoder().grey(damaged_jpegs()[damage], (64, 48))


@pytest.mark.parametrize("library", ["simplejpeg", "OpenCV"])
def test_what_webcams_do_to_a_good_jpeg_is_no_damage(library: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if library == "OpenCV":
        monkeypatch.setattr(decode, "simplejpeg", None)
    whole = jpeg(scene(640, 360))
    decoder = decode.JpegDecoder()
    plain = decoder.grey(whole, (640, 360), 1)
    extra = np.concatenate([whole[:-2], np.full(40, 7, np.uint8), whole[-2:]])
    for data in (np.pad(whole, (0, 200)), without_tables(whole), extra):
        assert np.array_equal(decoder.grey(data, (640, 360), 1), plain)
        assert shades(decoder.picture(data), scene(640, 360)) < 2.5


@pytest.mark.parametrize("part", [0, 3, 11])
def test_a_stray_byte_between_the_parts_of_a_jpeg_is_no_damage(part: int) -> None:
    """Webcams such as Logitech's C270 send one now and then."""
    image = scene(640, 360)
    whole, marks = in_parts(image)
    decoder = decode.JpegDecoder()
    stray = np.insert(whole, marks[part], 0)
    with pytest.raises(ValueError, match=r"1 extraneous bytes before marker 0xd[0-7]"):
        simplejpeg.decode_jpeg(stray, "GRAY")
    for data in (stray, np.pad(stray, (0, 5000))):
        assert np.array_equal(decoder.grey(data, (640, 360)), decoder.grey(whole, (640, 360)))
    assert np.array_equal(decoder.picture(stray).y, decoder.picture(whole).y)


@pytest.mark.parametrize("lost", ["the end", "a marker", "a few parts", "much of a part"])
def test_r19_a_stray_byte_does_not_hide_real_damage(lost: str) -> None:
    """The decoder names only the first thing it stumbles over."""
    whole, marks = in_parts(scene(640, 360))
    begin, end = {
        "the end": (marks[20] + 9, whole.size),
        "a marker": (marks[20], marks[20] + 2),
        "a few parts": (marks[20], marks[23]),
        "much of a part": (marks[20] + 4, marks[22] + 4),
    }[lost]
    broken = np.insert(np.delete(whole, slice(begin, end)), marks[3], 0)
    with pytest.raises(ValueError, match="Corrupt JPEG data"):
        decode.JpegDecoder().grey(broken, (640, 360))


def test_r19_more_than_a_few_stray_bytes_are_damage() -> None:
    whole, marks = in_parts(scene(640, 360))
    with pytest.raises(ValueError, match="extraneous bytes before marker"):
        decode.JpegDecoder().grey(np.insert(whole, marks[3], np.full(200, 7, np.uint8)), (640, 360))


def test_without_simplejpeg_the_plane_is_the_same_but_for_rounding(monkeypatch: pytest.MonkeyPatch) -> None:
    data = jpeg(scene(1280, 720))
    quick = decode.JpegDecoder().grey(data, (1280, 720), 2)
    monkeypatch.setattr(decode, "simplejpeg", None)
    slow = decode.JpegDecoder().grey(data, (1280, 720), 2)
    assert quick.shape == slow.shape
    assert np.abs(quick.astype(int) - slow).mean() < 1


def test_a_jpeg_that_cannot_be_decoded_does_not_spoil_the_next_one() -> None:
    decoder = decode.JpegDecoder()
    with pytest.raises(ValueError, match="no JPEG picture"):
        decoder.picture(np.full(500, 65, np.uint8))
    assert decoder.picture(jpeg(scene(64, 48))).size == (64, 48)


def test_pyav_and_the_kernel_agree_on_yuyv() -> None:
    image = scene(64, 48)
    frame = av.VideoFrame.from_ndarray(image, "bgr24").reformat(format="yuyv422")
    data = np.frombuffer(memoryview(frame.planes[0]), np.uint8)
    reader = Reader(Layout("YUYV", 64, 48, frame.planes[0].line_size, limited=True), turned=False)
    assert shades(reader.picture(data), image) < 2.5
