from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from pisecurity.adapters.cameras.file import FileCamera
from pisecurity.adapters.cameras.recording import opened
from pisecurity.core.types import Frame, Packet
from pisecurity.errors import CameraError, EndOfStreamError
from pisecurity.settings import CameraSettings
from tests.adapters.cameras.videos import FRAMES, grey_level, painted, speckled, turn, write_video
from tests.fakes import FakeClock


def camera_of(path: Path, clock: FakeClock | None = None, **settings: object) -> FileCamera:
    given = {"id": "front", "kind": "file", "path": str(path), "pace": "fast", "fps": 30.0} | settings
    return FileCamera(CameraSettings.model_validate(given), clock or FakeClock())


def played(camera: FileCamera, limit: int = 1000) -> tuple[list[Frame], EndOfStreamError | None]:
    """Return all frames, their luma copied into place of the view, and how the recording ended."""
    frames: list[Frame] = []
    while len(frames) < limit:
        try:
            frame = camera.read(1.0)
        except EndOfStreamError as end:
            return frames, end
        assert frame is not None
        frames.append(frame)
    return frames, None


def numbers(frames: list[Frame]) -> list[int]:
    """Return which of the painted pictures the frames show, told by their brightness."""
    levels = [grey_level(number) for number in range(FRAMES)]
    return [int(np.argmin([abs(int(frame.picture().y[20, 20]) - level) for level in levels])) for frame in frames]


def corner(number: int, width: int, height: int) -> NDArray[np.uint8]:
    """Paint black, and the upper left quarter red."""
    picture = np.zeros((height, width, 3), np.uint8)
    picture[: height // 2, : width // 2] = (255, 0, 0)
    return picture


@pytest.mark.parametrize(("degrees", "lit"), [(0, (0, 0)), (90, (0, 1)), (180, (1, 1)), (270, (1, 0))])
def test_a_clip_of_a_phone_held_upright_is_seen_upright(tmp_path: Path, degrees: int, lit: tuple[int, int]) -> None:
    path = write_video(tmp_path / "phone.mp4", size=(96, 64), paint=corner, frames=3)
    camera = camera_of(turn(path, degrees) if degrees else path)
    info = camera.open()
    frame = camera.read(1.0)
    assert frame is not None
    size = (64, 96) if degrees in (90, 270) else (96, 64)
    picture = frame.picture()
    assert (info.width, info.height) == picture.size == frame.luma.shape[::-1] == size
    assert f"{size[0]}x{size[1]}" in info.description
    for plane in (frame.luma, picture.y, picture.v):
        quarters = [[np.mean(part) for part in np.array_split(half, 2, axis=1)] for half in np.array_split(plane, 2)]
        assert divmod(int(np.argmax(quarters)), 2) == lit
    camera.close()


def test_all_frames_come_in_order_with_true_brightness(tmp_path: Path) -> None:
    camera = camera_of(write_video(tmp_path / "clip.mp4"))
    info = camera.open()
    frames, end = played(camera)
    assert numbers(frames) == list(range(FRAMES))
    assert abs(int(frames[10].picture().y[20, 20]) - grey_level(10)) <= 3
    assert info.description == "file clip.mp4, h264 64x48"
    assert info.duration_s == pytest.approx(2.0)
    assert str(end) == f"camera front: clip.mp4 ended after {FRAMES} readable frames"
    assert end is not None
    assert end.whole


def test_frames_with_reordered_pictures_come_in_the_order_they_are_shown(tmp_path: Path) -> None:
    video = write_video(tmp_path / "clip.mp4", codec_options={"bf": "3", "b-pyramid": "normal"}, paint=painted)
    camera = camera_of(video)
    camera.open()
    frames, _ = played(camera)
    assert numbers(frames) == list(range(FRAMES))


@pytest.mark.parametrize(
    ("fps", "expected"), [(30, list(range(20))), (10, list(range(20))), (5, list(range(0, 20, 2)))]
)
def test_a_source_that_delivers_more_is_thinned_by_time(tmp_path: Path, fps: int, expected: list[int]) -> None:
    camera = camera_of(write_video(tmp_path / "clip.mp4"), fps=float(fps))
    info = camera.open()
    frames, _ = played(camera)
    assert numbers(frames) == expected
    assert [frame.index for frame in frames] == list(range(len(expected)))
    assert info.fps == min(fps, 10)


def test_thinning_25_to_10_keeps_ten_frames_of_every_second(tmp_path: Path) -> None:
    camera = camera_of(write_video(tmp_path / "clip.mp4", frames=75, fps=25), fps=10.0)
    camera.open()
    frames, _ = played(camera)
    seconds = [int(frame.taken_s - frames[0].taken_s + 1e-4) for frame in frames]
    assert [seconds.count(second) for second in range(3)] == [10, 10, 10]


def test_a_loop_goes_on_in_time_and_number(tmp_path: Path) -> None:
    camera = camera_of(write_video(tmp_path / "clip.mp4"), loop=True)
    camera.open()
    frames, _ = played(camera, 2 * FRAMES + 5)
    assert numbers(frames) == [number % FRAMES for number in range(2 * FRAMES + 5)]
    steps = np.diff([frame.taken_s for frame in frames])
    assert steps == pytest.approx(np.full(len(steps), 0.1), abs=1e-4)
    assert frames[-1].index == 2 * FRAMES + 4


def test_packets_start_with_a_keyframe_and_carry_frame_times(tmp_path: Path) -> None:
    video = write_video(tmp_path / "clip.mp4", codec_options={"bf": "0", "g": "8"})
    packets: list[Packet] = []
    camera = camera_of(video, fps=5.0)
    info = camera.open(packets.append)
    frames, _ = played(camera)
    assert info.packets
    assert len(packets) >= 2 * len(frames) - 1
    assert [number for number, packet in enumerate(packets) if packet.keyframe] == [0, 8, 16]
    assert packets[0].data.startswith(b"\x00\x00\x00\x01")
    times = [packet.taken_s for packet in packets]
    assert [frame.taken_s for frame in frames] == times[::2][: len(frames)]


def test_packets_come_when_their_frame_is_due(tmp_path: Path) -> None:
    clock = FakeClock()
    late_s: list[float] = []
    camera = camera_of(write_video(tmp_path / "clip.mp4"), clock, pace="recorded")
    camera.open(lambda packet: late_s.append(clock.monotonic() - packet.taken_s))
    played(camera)
    assert late_s == pytest.approx([0] * FRAMES, abs=1e-4)


def test_packets_out_of_order_are_not_offered(tmp_path: Path) -> None:
    video = write_video(tmp_path / "clip.mp4", codec_options={"bf": "3"}, paint=speckled)
    packets: list[Packet] = []
    camera = camera_of(video)
    assert not camera.open(packets.append).packets
    played(camera)
    assert packets == []


@pytest.mark.parametrize(
    ("name", "codec", "pixels"),
    [("a.avi", "mjpeg", "yuvj420p"), ("a.mkv", "ffv1", "gray"), ("a.mkv", "ffv1", "bgr0"),
     ("a.mkv", "ffv1", "yuv420p10le"), ("a.mkv", "ffv1", "yuv444p"), ("a.mkv", "libx264", "nv12")],
)  # fmt: skip
def test_every_pixel_format_gives_luma_and_full_range_pictures(
    tmp_path: Path, name: str, codec: str, pixels: str
) -> None:
    camera = camera_of(write_video(tmp_path / name, codec=codec, pixels=pixels))
    camera.open()
    frames, _ = played(camera)
    assert len(frames) == FRAMES
    picture = frames[10].picture()
    assert frames[10].luma.shape == (48, 64)
    assert abs(int(picture.y[20, 20]) - grey_level(10)) <= 4
    assert abs(int(picture.u[10, 10]) - 128) <= 2
    assert abs(int(picture.v[10, 10]) - 128) <= 2


def test_luma_of_a_planar_recording_is_not_copied(tmp_path: Path) -> None:
    camera = camera_of(write_video(tmp_path / "clip.mp4"))
    camera.open()
    frame = camera.read(1.0)
    assert frame is not None
    assert not frame.luma.flags.owndata


@pytest.mark.parametrize(("name", "codec", "pixels"), [("a.avi", "mjpeg", "yuvj420p"), ("a.mkv", "ffv1", "yuv420p")])
def test_odd_sizes_round_colour_up(tmp_path: Path, name: str, codec: str, pixels: str) -> None:
    camera = camera_of(write_video(tmp_path / name, size=(161, 91), codec=codec, pixels=pixels))
    info = camera.open()
    frame = camera.read(1.0)
    assert frame is not None
    assert (info.width, info.height) == (161, 91)
    assert frame.luma.shape == (91, 161)
    assert frame.picture().u.shape == (46, 81)


def test_a_change_of_resolution_gives_frames_of_the_new_size(tmp_path: Path) -> None:
    small = write_video(tmp_path / "small.ts", container="mpegts")
    large = write_video(tmp_path / "large.ts", container="mpegts", size=(96, 80))
    both = tmp_path / "both.ts"
    both.write_bytes(small.read_bytes() + large.read_bytes())
    camera = camera_of(both)
    camera.open()
    frames, end = played(camera)
    assert [frame.luma.shape for frame in frames] == [(48, 64)] * FRAMES + [(80, 96)] * FRAMES
    assert {frame.picture().size for frame in frames} == {(64, 48), (96, 80)}
    assert end is not None
    steps = np.diff([frame.taken_s for frame in frames])
    assert np.all(steps > 0)


def test_the_command_that_mends_a_file_can_be_pasted_with_its_folder(tmp_path: Path) -> None:
    path = tmp_path / "my clips" / "evening.avi"
    path.parent.mkdir()
    path.write_bytes(b"no video")
    with pytest.raises(CameraError) as caught:
        opened(path)
    assert f"ffmpeg -i '{path}' -c:v libx264 fixed.mp4" in str(caught.value)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "no such file"),
        (b"some words in a text file\n" * 40, "not a readable video"),
        (b"", "not a readable video"),
    ],
)
def test_a_file_that_is_no_video_is_named_with_a_fix(tmp_path: Path, content: bytes | None, words: str) -> None:
    path = tmp_path / "clip.mp4"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(CameraError, match=words) as raised:
        camera_of(path).open()
    message = str(raised.value)
    assert str(path) in message
    assert message.startswith("camera front: ")
    assert "\n" not in message
    assert "give the path" in message or "convert it" in message


def test_a_folder_is_no_recording(tmp_path: Path) -> None:
    with pytest.raises(CameraError, match="not a file; give the path of a recording"):
        camera_of(tmp_path).open()


@pytest.mark.parametrize("name", ["clip.mp4", "clip.avi", "clip.mkv"])
def test_a_recording_without_frames_is_refused(tmp_path: Path, name: str) -> None:
    codec, pixels = ("mjpeg", "yuvj420p") if name.endswith("avi") else ("libx264", "yuv420p")
    video = write_video(tmp_path / name, frames=0, codec=codec, pixels=pixels)
    with pytest.raises(CameraError, match=name):
        camera_of(video).open()


def test_a_recording_cut_before_its_index_says_so(tmp_path: Path) -> None:
    video = write_video(tmp_path / "clip.mp4", paint=speckled)
    video.write_bytes(video.read_bytes()[: video.stat().st_size // 2])
    with pytest.raises(CameraError, match="cut short before its index"):
        camera_of(video).open()


def test_a_recording_that_ends_in_mid_frame_delivers_the_frames_before(tmp_path: Path) -> None:
    video = write_video(tmp_path / "clip.mp4", paint=speckled, options={"movflags": "faststart"})
    video.write_bytes(video.read_bytes()[: video.stat().st_size // 2])
    camera = camera_of(video)
    camera.open()
    frames, end = played(camera)
    assert 5 <= len(frames) < FRAMES
    assert f"ended after {len(frames)} readable frames" in str(end)
    assert f"of {FRAMES} announced" in str(end)
    assert end is not None
    assert not end.whole


@pytest.mark.parametrize(
    ("name", "codec", "pixels", "mark"), [("a.avi", "mjpeg", "yuvj420p", b"00dc"), ("a.mp4", "libx264", "yuv420p", b"")]
)
def test_a_damaged_frame_is_skipped_and_leaves_a_gap(
    tmp_path: Path, name: str, codec: str, pixels: str, mark: bytes
) -> None:
    video = write_video(
        tmp_path / name, codec=codec, pixels=pixels, paint=speckled, codec_options={"bf": "0", "g": "5"}
    )
    content = bytearray(video.read_bytes())
    start = content.index(mark, len(content) // 2) + 8
    content[start : start + 1000] = bytes([7]) * 1000
    video.write_bytes(content)
    camera = camera_of(video)
    camera.open()
    frames, end = played(camera)
    indices = [frame.index for frame in frames]
    assert FRAMES // 2 < len(frames) < FRAMES
    assert "damaged skipped" in str(end)
    assert set(range(indices[-1])) - set(indices)
    assert end is not None
    assert not end.whole


def test_a_file_removed_while_it_loops_is_a_lost_camera(tmp_path: Path) -> None:
    video = write_video(tmp_path / "clip.mp4")
    camera = camera_of(video, loop=True)
    camera.open()
    video.unlink()
    with pytest.raises(CameraError, match="no such file"):
        played(camera)


def test_reading_on_after_the_end_says_the_same(tmp_path: Path) -> None:
    camera = camera_of(write_video(tmp_path / "clip.mp4", frames=2))
    camera.open()
    played(camera)
    with pytest.raises(EndOfStreamError, match="ended after 2 readable frames"):
        camera.read(1.0)


@pytest.mark.parametrize("size", [(8, 8), (12, 40), (40, 14)])
def test_a_recording_with_pictures_too_small_to_watch_says_so_when_it_is_opened(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    camera = camera_of(write_video(tmp_path / "tiny.mkv", size=size, codec="ffv1", codec_options={}))
    with pytest.raises(CameraError) as raised:
        camera.open()
    assert str(raised.value) == (
        f"camera front: tiny.mkv: its pictures of {size[0]}x{size[1]} are too small to watch; "
        "give a recording of at least 16x16"
    )


def test_the_smallest_pictures_are_played(tmp_path: Path) -> None:
    camera = camera_of(write_video(tmp_path / "small.mkv", size=(16, 16), codec="ffv1", codec_options={}))
    assert camera.open().width == 16
    assert len(played(camera)[0]) == FRAMES


def test_pictures_that_become_too_small_in_mid_stream_are_a_lost_camera(tmp_path: Path) -> None:
    parts = [
        write_video(tmp_path / f"{width}.h264", frames=5, size=(width, width), container="h264") for width in (64, 8)
    ]
    joined = tmp_path / "joined.h264"
    joined.write_bytes(b"".join(part.read_bytes() for part in parts))
    camera = camera_of(joined)
    camera.open()
    assert len(played(camera, limit=5)[0]) == 5
    with pytest.raises(CameraError, match="its pictures of 8x8 are too small to watch") as raised:
        camera.read(1.0)
    assert not isinstance(raised.value, EndOfStreamError)


def test_a_home_folder_that_nobody_has_is_told_when_the_camera_is_opened() -> None:
    camera = camera_of(Path("~nobodyhere/x.mp4"))
    with pytest.raises(CameraError, match=r"^camera front: ~nobodyhere/x\.mp4: there is no such home folder; give"):
        camera.open()
