"""The file of what a camera has learned: whole or not there, and never believed unseen."""

from __future__ import annotations

import hashlib
import stat
import struct
import zlib
from dataclasses import astuple, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pisecurity.adapters.state.scenes import HEADER, MOST_BYTES, SceneFiles, packed, unpacked
from pisecurity.core.vision.learned import LearnedScene
from pisecurity.core.vision.scale import People, PersonScale
from pisecurity.errors import StoreError
from tests.fakes import START


def a_scene(width: int = 160, height: int = 120, scale: int = 2, hidden: bytes = b"") -> LearnedScene:
    rng = np.random.default_rng(3)
    coarse = rng.integers(90, 120, (height, width), np.uint8)
    fine = rng.integers(90, 120, (height * scale, width * scale), np.uint8)
    restless = rng.integers(0, 193, (height, width), np.uint8)
    return LearnedScene(coarse, fine, restless, 12.5, 0.75, 1.5, hidden)


def same(one: LearnedScene, other: LearnedScene) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(astuple(one), astuple(other), strict=True))


@pytest.fixture
def files(tmp_path: Path) -> SceneFiles:
    return SceneFiles(tmp_path, {"front", "back"})


def path(tmp_path: Path) -> Path:
    return tmp_path / "scenes" / "front.scene"


@pytest.mark.parametrize("hidden", [b"", hashlib.sha256(b"zone").digest()])
def test_what_was_saved_comes_back_with_its_time(files: SceneFiles, hidden: bytes) -> None:
    files.save("front", a_scene(hidden=hidden), START)
    loaded = files.load("front")
    assert loaded is not None
    assert same(loaded[0], a_scene(hidden=hidden))
    assert loaded[1] == START


def test_each_camera_has_its_own_file_and_another_one_replaces_it(files: SceneFiles, tmp_path: Path) -> None:
    for camera in ("front", "back", "front"):
        files.save(camera, a_scene(), START)
    assert sorted(each.name for each in (tmp_path / "scenes").iterdir()) == ["back.scene", "front.scene"]


def test_nobody_else_can_read_it(files: SceneFiles, tmp_path: Path) -> None:
    files.save("front", a_scene(), START)
    assert stat.S_IMODE(path(tmp_path).stat().st_mode) == 0o600
    assert stat.S_IMODE(path(tmp_path).parent.stat().st_mode) == 0o700


def test_the_file_of_a_usual_camera_is_under_half_a_megabyte(files: SceneFiles) -> None:
    assert files.save("front", a_scene(160, 120), START) < 2**17
    assert files.save("front", a_scene(319, 239), START) < 2**19


def test_without_a_file_nothing_is_known(files: SceneFiles) -> None:
    assert files.load("front") is None


def test_deleted_it_is_gone_and_deleting_again_is_nothing(files: SceneFiles) -> None:
    files.save("front", a_scene(), START)
    files.delete("front")
    files.delete("front")
    assert files.load("front") is None


def sealed(body: bytes) -> bytes:
    return body + hashlib.sha256(body).digest()


def with_shapes(*shapes: int) -> bytes:
    body = bytearray(packed(a_scene(), START)[:-32])
    struct.pack_into("<HHHH", body, 18, *shapes)
    return sealed(bytes(body))


def with_version(version: int) -> bytes:
    body = bytearray(packed(a_scene(), START)[:-32])
    struct.pack_into("<H", body, 16, version)
    return sealed(bytes(body))


def bomb() -> bytes:
    header = packed(a_scene(), START)[: HEADER.size]
    return sealed(header + zlib.compress(b"\0" * 2**26))


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "it is cut off"),
        (b"\x80\x04garbage" * 50, "it holds something else"),
        (packed(a_scene(), START)[:-1000], "it is damaged"),
        (packed(a_scene(), START)[:-33] + b"x" * 33, "it is damaged"),
        (with_version(2), "it has version 2, and this program reads 1"),
        (
            with_shapes(65535, 65535, 65535, 65535),
            "its planes have impossible sizes, (65535, 65535) and (65535, 65535)",
        ),
        (with_shapes(0, 0, 0, 0), "its planes have impossible sizes, (0, 0) and (0, 0)"),
        (with_shapes(120, 161, 240, 320), "its planes are not as large as it says"),
        (sealed(packed(a_scene(), START)[: HEADER.size] + b"no zlib" * 9), "its planes cannot be unpacked"),
        (bomb(), "its planes are not as large as it says"),
        (b"\0" * (MOST_BYTES + 1), "it is larger than 4 MB"),
        (packed(replace(a_scene(), sigma=float("nan")), START), "it holds numbers that cannot be"),
        (packed(replace(a_scene(), known_s=-1.0), START), "it holds numbers that cannot be"),
    ],
)
def test_what_cannot_be_used_is_one_line_in_the_log(
    files: SceneFiles, tmp_path: Path, caplog: pytest.LogCaptureFixture, content: bytes, why: str
) -> None:
    path(tmp_path).parent.mkdir()
    path(tmp_path).write_bytes(content)
    assert files.load("front") is None
    (line,) = caplog.messages
    assert line == f"what was learned is not used file={path(tmp_path)} reason={why}"


@given(st.integers(0, 5000), st.integers(1, 255))
def test_one_changed_byte_is_noticed_wherever_it_is(at: int, by: int) -> None:
    content = bytearray(packed(a_scene(20, 16, 1), START))
    content[at % len(content)] ^= by
    with pytest.raises(ValueError, match="^it "):
        unpacked(bytes(content))


@given(st.binary(max_size=300))
def test_garbage_is_refused_whatever_it_is(content: bytes) -> None:
    with pytest.raises(ValueError, match="^it "):
        unpacked(content)


@given(st.integers(0, 7_000_000_000))
def test_every_time_comes_back_to_the_second(at_s: int) -> None:
    at = datetime.fromtimestamp(at_s, UTC)
    assert abs(unpacked(packed(a_scene(20, 16, 1), at))[1] - at) < timedelta(seconds=1)


def test_what_cannot_be_written_says_what_to_do_and_keeps_the_old(
    files: SceneFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files.save("front", a_scene(), START)

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(StoreError, match=r"front\.scene: No space left on device; see that the disk has space"):
        files.save("front", a_scene(20, 16), START + timedelta(hours=1))
    loaded = files.load("front")
    assert loaded is not None and loaded[1] == START
    assert [each.name for each in (tmp_path / "scenes").iterdir()] == ["front.scene"]


def test_a_folder_in_its_place_is_no_exception(files: SceneFiles, tmp_path: Path) -> None:
    path(tmp_path).mkdir(parents=True)
    assert files.load("front") is None


def people() -> People:
    scale = PersonScale()
    for person in range(1, 16):
        scale.note(person, 0.71, 0.3 + person / 100)
    return scale.learned()


def test_who_was_measured_comes_back_newest_last_and_is_gone_when_forgotten(files: SceneFiles) -> None:
    files.save_people("front", people())
    loaded = files.load_people("front")
    assert loaded == people()
    assert loaded is not None
    assert [[one.height for one in band] for band in PersonScale.of(loaded).learned()] == [
        [one.height for one in band] for band in people()
    ]
    assert [one.person for one in loaded[14]] == list(range(4, 16))
    files.delete_people("front")
    assert files.load_people("front") is None


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"[" * 60000,
        b'{"version": 2, "bands": []}',
        b'{"version": 1, "bands": []}',
        b'{"version": 1, "bands": [' + b", ".join([b"[[1, NaN]]"] * 20) + b"]}",
        b'{"version": 1, "bands": [' + b", ".join([b"[[1e999, 0.5]]"] * 20) + b"]}",
        b'{"version": 1, "bands": [' + b", ".join([b"[" + b", ".join([b"[1, 0.5]"] * 13) + b"]"] * 20) + b"]}",
    ],
)
def test_a_file_of_people_that_cannot_be_is_not_used(files: SceneFiles, tmp_path: Path, content: bytes) -> None:
    files.save_people("front", people())
    path(tmp_path).with_suffix(".people").write_bytes(content)
    assert files.load_people("front") is None


def test_what_a_crash_left_half_written_and_the_scene_of_a_camera_that_is_gone_are_removed(
    files: SceneFiles, tmp_path: Path
) -> None:
    for camera in ("front", "back"):
        files.save(camera, a_scene(), START)
        files.save_people(camera, people())
    (tmp_path / "scenes" / "tmpabc.tmp").write_bytes(b"half")
    SceneFiles(tmp_path, {"front"})
    assert sorted(each.name for each in (tmp_path / "scenes").iterdir()) == ["front.people", "front.scene"]
