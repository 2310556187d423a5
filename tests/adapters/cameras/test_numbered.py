"""Frames by number: the same ones that a measurement counts, in any order, from any container."""

from __future__ import annotations

import random
import subprocess
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from benchmarks.ruler.recorded import recordings
from pisecurity.adapters.cameras.numbered import FrameIndex, NumberedRecording, PictureCache
from pisecurity.adapters.jpeg import SimpleJpegEncoder
from pisecurity.adapters.recordings import labels
from pisecurity.core.types import Picture
from pisecurity.errors import CameraError
from tests.adapters.cameras.videos import speckled, turn, write_video, y4m
from tests.clips.record import CLIPS

FRAMES = 60
GOP = {"g": "20", "bf": "0"}


class Numbers:
    """Fulfils JpegEncoder: tells each picture by the brightness of its middle, and counts them."""

    def __init__(self) -> None:
        self.made = 0

    def clean(self, picture: Picture) -> bytes:
        self.made += 1
        height, width = picture.y.shape
        return str(int(picture.y[height // 2, width // 2])).encode()

    def annotated(self, picture: Picture, boxes: object, caption: str) -> bytes:
        raise AssertionError("nothing is drawn in")


def shade(number: int, width: int, height: int) -> np.ndarray:
    """Paint frame *number* in a grey of its own."""
    return np.full((height, width, 3), 20 + 3 * number, np.uint8)


def opened(path: Path, encoder: Numbers | None = None) -> NumberedRecording:
    recording = NumberedRecording(path, encoder or Numbers())
    recording.count(lambda: False)
    return recording


def shown(recording: NumberedRecording, number: int) -> int:
    """Return which frame the picture of *number* shows."""
    return round((int(recording.jpeg(number)) - 20) / 3)


def h264(path: Path) -> Path:
    """Write the stream as a camera's program does, without a container and without time stamps."""
    return write_video(path, frames=FRAMES, paint=shade, container="h264", codec_options=GOP)


def whole_mp4(path: Path) -> Path:
    return write_video(path, frames=FRAMES, paint=shade, codec_options=GOP)


def in_pieces(path: Path) -> Path:
    options = {"movflags": "frag_keyframe+empty_moov"}
    return write_video(path, frames=FRAMES, paint=shade, codec_options=GOP, options=options)


def reordered(path: Path) -> Path:
    return write_video(
        path, frames=FRAMES, paint=shade, codec_options={"g": "20", "bf": "3", "x264-params": "open-gop=1"}
    )


def one_key_frame(path: Path) -> Path:
    return write_video(path, frames=FRAMES, paint=shade, codec_options={"g": "1000", "bf": "2"})


def motion_jpeg(path: Path) -> Path:
    return write_video(path, frames=FRAMES, paint=shade, codec="mjpeg", pixels="yuvj420p", codec_options={"q": "2"})


def raw(path: Path) -> Path:
    path.write_bytes(y4m(FRAMES))
    return path


MAKERS: dict[str, Callable[[Path], Path]] = {
    "plain.mp4": whole_mp4,
    "pieces.mp4": in_pieces,
    "reordered.mp4": reordered,
    "reordered.mkv": reordered,
    "reordered.ts": reordered,
    "long.mkv": one_key_frame,
    "camera.h264": h264,
    "motion.avi": motion_jpeg,
}


@pytest.mark.parametrize("name", MAKERS)
def test_any_frame_is_shown_by_its_number_in_any_order(tmp_path: Path, name: str) -> None:
    recording = opened(MAKERS[name](tmp_path / name))
    count = recording.counted()
    assert (count.frames, count.expected, count.whole, count.trouble) == (FRAMES, FRAMES, True, "")
    order = list(range(FRAMES))
    random.Random(1).shuffle(order)
    order += [59, 0, 58, 57, 1, 30, 29, 28]
    assert [shown(recording, number) for number in order] == order


def test_raw_video_has_its_frames_too(tmp_path: Path) -> None:
    recording = opened(raw(tmp_path / "raw.y4m"))
    assert recording.counted().frames == FRAMES
    assert recording.jpeg(30) != recording.jpeg(31)


@pytest.mark.parametrize("name", [*MAKERS, "damaged.mp4", "cut.mkv"])
def test_a_measurement_counts_the_same_frames(tmp_path: Path, name: str) -> None:
    if name in MAKERS:
        path = MAKERS[name](tmp_path / name)
    else:
        path = write_video(tmp_path / name, frames=FRAMES, paint=speckled, codec_options=GOP)
        content = bytearray(path.read_bytes())
        middle = len(content) // 2
        if name.startswith("damaged"):
            content[middle : middle + 3000] = bytes(3000)
        path.write_bytes(content[: middle + 3001] if name.startswith("cut") else content)
    recording = opened(path, Numbers())
    count = recording.counted()
    width, height = recording.size
    labelled = labels.Recording(file=name, w=width, h=height, fps=10, frames=max(1, count.frames))
    labels.write(tmp_path, [labelled])
    found = recordings(tmp_path)
    (clip,) = found.clips
    lumas = [int(shot.luma[24, 32]) for shot in clip.shots()]
    assert len(lumas) == count.frames
    assert [problem for problem in found.problems if "its labels say" in problem] == []
    if name in MAKERS:
        assert [round((luma - 20) / 3) for luma in lumas] == list(range(FRAMES))


def test_the_committed_clips_have_the_frames_of_their_labels() -> None:
    for labelled in labels.read(CLIPS).recordings:
        recording = opened(labelled.clip)
        assert recording.counted().frames == labelled.recording.frames
        assert (recording.size, recording.fps) == ((labelled.recording.w, labelled.recording.h), labelled.recording.fps)


def test_who_steps_back_decodes_a_stretch_once(tmp_path: Path) -> None:
    encoder = Numbers()
    recording = opened(one_key_frame(tmp_path / "long.mp4"), encoder)
    assert shown(recording, 59) == 59
    assert encoder.made == 1, "on the way there no other picture is made"
    assert [shown(recording, number) for number in range(58, 40, -1)] == list(range(58, 40, -1))
    assert encoder.made < 30


def test_a_frame_that_is_not_counted_yet_is_not_there(tmp_path: Path) -> None:
    path = whole_mp4(tmp_path / "plain.mp4")
    recording = NumberedRecording(path, Numbers())
    asked = iter([False] * 9)
    recording.count(lambda: next(asked, True))
    count = recording.counted()
    assert (count.frames, count.expected, count.whole) == (10, FRAMES, False)
    assert shown(recording, 9) == 9
    for number in (-1, 10):
        with pytest.raises(IndexError):
            recording.jpeg(number)
    recording.count(lambda: False)
    assert (recording.counted().frames, shown(recording, 59)) == (FRAMES, 59)


def test_a_recording_that_breaks_off_says_so(tmp_path: Path) -> None:
    path = tmp_path / "gone.mp4"
    recording = NumberedRecording(whole_mp4(path), Numbers())
    path.unlink()
    recording.count(lambda: False)
    assert recording.counted().trouble == f"{path}: no such file; give the path of a recording"


def test_a_recording_that_is_cut_while_it_is_labelled_is_one_line(tmp_path: Path) -> None:
    path = write_video(tmp_path / "noise.mkv", frames=FRAMES, paint=speckled, codec_options=GOP)
    recording = opened(path)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    assert recording.jpeg(3)
    with pytest.raises(CameraError, match=r"frame 59 cannot be read; if the file was changed, start again"):
        recording.jpeg(59)
    path.write_bytes(content)
    assert recording.jpeg(59), "once it is back"


def test_pictures_come_back_after_a_rest(tmp_path: Path) -> None:
    recording = opened(whole_mp4(tmp_path / "plain.mp4"))
    assert shown(recording, 40) == 40
    recording.rest()
    assert shown(recording, 41) == 41


def test_a_phone_held_upright_is_shown_upright_and_keeps_its_size_in_the_labels(tmp_path: Path) -> None:
    path = turn(write_video(tmp_path / "phone.mp4", size=(96, 64), frames=3), 90)
    recording = NumberedRecording(path, SimpleJpegEncoder())
    recording.count(lambda: False)
    picture = cv2.imdecode(np.frombuffer(recording.jpeg(1), np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None and picture.shape == (96, 64, 3)
    assert recording.size == (96, 64)


def test_a_large_picture_is_made_smaller_for_the_page(tmp_path: Path) -> None:
    path = write_video(tmp_path / "large.mp4", size=(2560, 1440), frames=2)
    recording = NumberedRecording(path, SimpleJpegEncoder())
    recording.count(lambda: False)
    picture = cv2.imdecode(np.frombuffer(recording.jpeg(1), np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None and picture.shape == (720, 1280, 3)
    assert int(picture.mean()) == pytest.approx(48, abs=3)


@pytest.mark.parametrize(
    ("content", "words"),
    [(None, "no such file"), (b"no video at all", "not a readable video"), (b"", "not a readable video")],
)
def test_what_is_no_recording_is_one_line(tmp_path: Path, content: bytes | None, words: str) -> None:
    path = tmp_path / "yard.mp4"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(CameraError, match=words):
        NumberedRecording(path, Numbers())


def test_sound_alone_has_no_frames(tmp_path: Path) -> None:
    path = tmp_path / "sound.mp4"
    subprocess.run(
        ["ffmpeg", "-loglevel", "error", "-f", "lavfi", "-i", "sine=duration=0.2", str(path)], check=True, timeout=60
    )
    with pytest.raises(CameraError, match="has no video track; give a recording with pictures"):
        NumberedRecording(path, Numbers())


def test_stamps_that_go_back_or_are_missing_tell_no_number() -> None:
    index = FrameIndex()
    for stamp in (0, 10, 20):
        index.append(stamp, key=stamp == 0)
    assert (index.number_of(20), index.number_of(15), index.keys(2)) == (2, None, (0,))
    index.append(None, key=True)
    assert (index.number_of(20), index.keys(3)) == (None, ())


def test_the_cache_never_holds_more_than_its_bytes() -> None:
    cache = PictureCache(100)
    for number in range(10):
        cache.put(number, bytes(30))
        cache.get(0)
    assert [number for number in range(10) if cache.get(number)] == [0, 8, 9]
    cache.put(9, bytes(10))
    cache.put(10, bytes(30))
    assert [number for number in range(11) if cache.get(number)] == [0, 8, 9, 10]
