"""pisecurity label, as a program: how it begins, how it ends, and what it says where it cannot begin."""

from __future__ import annotations

import json
import shutil
import signal
import socket
import stat
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from pisecurity.adapters.recordings import labels
from tests.cli.commands import CLIPS, Ran, Shell, start
from tests.rigs.user import open_folder, ordinary_user

WALK = "garden_walk.mp4"


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return Path(shutil.copy(CLIPS / WALK, tmp_path))


@contextmanager
def labelling(*words: str | Path) -> Iterator[tuple[subprocess.Popen[bytes], str, str]]:
    """Run the command while the block runs; yield it, the line it printed and the address in it."""
    process = start("label", *words)
    try:
        assert process.stdout is not None
        line = process.stdout.readline().decode()
        yield process, line, line.split()[1] if line else ""
    finally:
        process.kill()
        process.communicate()


def post(address: str, path: str, body: object) -> Any:
    request = urllib.request.Request(
        address + path,
        json.dumps(body).encode(),
        {"Content-Type": "application/json", "Origin": address},
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.loads(answer.read())


def ended(process: subprocess.Popen[bytes]) -> tuple[int, bytes, bytes]:
    out, err = process.communicate(timeout=60)
    return process.returncode, out, err


def test_it_says_where_the_page_is_and_ends_when_the_owner_is_done(clip: Path) -> None:
    with labelling(clip) as (process, line, address):
        assert line == f"Open {address} to label 1 recording. Done there, or Ctrl-C, ends it.\n"
        with urllib.request.urlopen(address, timeout=30) as page:
            assert WALK in page.read().decode()
        assert post(address, "/api/done", {}) == {"done": True}
        assert ended(process) == (0, b"", b"")


def test_ctrl_c_ends_it_and_what_is_marked_stays(clip: Path) -> None:
    with labelling(clip) as (process, _, address):
        state = post(address, "/api/clips/1/open", {})
        while not state["count"]["whole"]:
            with urllib.request.urlopen(f"{address}/api/clips/1", timeout=30) as answer:
                state = json.loads(answer.read())
        mark = {"kind": "event", "label": "person", "start_frame": 52, "end_frame": 97}
        post(address, "/api/clips/1/add", mark)
        process.send_signal(signal.SIGINT)
        assert ended(process) == (130, b"", b"")
    (found,) = labels.read(clip.parent).recordings
    assert (found.recording.frames, found.recording.events[0].end_frame) == (160, 97)


def test_a_folder_is_all_its_recordings_each_once(clip: Path) -> None:
    shutil.copy(CLIPS / "night_walk.mp4", clip.parent)
    (clip.parent / "notes.txt").write_text("no recording")
    with labelling(clip.parent, clip) as (process, line, address):
        assert "to label 2 recordings." in line
        with urllib.request.urlopen(f"{address}/clips/2", timeout=30) as page:
            assert "night_walk.mp4" in page.read().decode()
        post(address, "/api/done", {})
        assert ended(process)[0] == 0


def test_two_paths_to_a_recording_are_one_and_two_names_are_two(clip: Path) -> None:
    (clip.parent / "sub").mkdir()
    (clip.parent / "linked").symlink_to(clip.parent)
    (clip.parent / "other.mp4").symlink_to(clip)
    paths = (clip, clip.parent / "sub" / ".." / WALK, clip.parent / "linked" / WALK, clip.parent / "other.mp4")
    with labelling(*paths) as (_, line, _):
        assert "to label 2 recordings." in line, "labels are kept by folder and name"


def test_what_cannot_be_labelled_is_named_and_the_others_go_on(clip: Path) -> None:
    (clip.parent / "broken.mp4").write_bytes(b"no video")
    with labelling(clip.parent) as (process, line, address):
        assert "to label 1 recording." in line
        post(address, "/api/done", {})
        code, _, err = ended(process)
    assert code == 1
    assert err.decode().startswith(f"pisecurity: {clip.parent}/broken.mp4: not a readable video")
    assert err.count(b"\n") == 1


def test_a_port_that_is_given_is_taken(clip: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with labelling(clip, "--port", str(port)) as (process, _, address):
        assert address == f"http://127.0.0.1:{port}"
        process.terminate()
        process.wait(60)


def test_a_port_in_use_is_one_line(shell: Shell, clip: Path) -> None:
    with socket.socket() as used:
        used.bind(("127.0.0.1", 0))
        used.listen()
        port = used.getsockname()[1]
        ran = shell("label", clip, "--port", str(port))
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith(f"pisecurity: port {port} of 127.0.0.1 is in use")
    assert ran.err.endswith("this page has no settings: leave --port out, and it takes a free one\n")


def test_a_recording_that_is_not_there_is_one_line(shell: Shell, tmp_path: Path) -> None:
    path = tmp_path / "gone.mp4"
    assert shell("label", path) == Ran(1, "", f"pisecurity: {path}: no such file; give the path of a recording\n")


def test_several_mistakes_are_one_line_each(shell: Shell, tmp_path: Path) -> None:
    ran = shell("label", tmp_path / "one.mp4", tmp_path / "other.mp4")
    assert ran.code == 1
    assert [line.split(": ")[1] for line in ran.err.splitlines()] == [f"{tmp_path}/one.mp4", f"{tmp_path}/other.mp4"]


def test_a_folder_without_recordings_is_one_line(shell: Shell, tmp_path: Path) -> None:
    line = f"pisecurity: {tmp_path}: has no recording in it; name one, or a folder with some\n"
    assert shell("label", tmp_path) == Ran(1, "", line)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"videos": [', "line 1, column 13: no JSON (Expecting value); correct it there or restore a copy"),
        ('{"videos": [{"file": "garden_walk.mp4"}]}', "garden_walk.mp4: w is missing; add it"),
    ],
)
def test_a_broken_manifest_is_one_line_and_stays(shell: Shell, clip: Path, text: str, words: str) -> None:
    manifest = clip.parent / labels.MANIFEST
    manifest.write_text(text)
    assert shell("label", clip) == Ran(1, "", f"pisecurity: {manifest}: {words}\n")
    assert manifest.read_text() == text


def test_a_folder_that_cannot_be_written_is_one_line(shell: Shell) -> None:
    with open_folder() as folder:
        Path(shutil.copy(CLIPS / WALK, folder)).chmod(0o644)
        folder.chmod(0o555)
        with ordinary_user():
            ran = shell("label", folder / WALK)
        assert stat.S_IMODE(folder.stat().st_mode) == 0o555
    assert ran == Ran(
        1,
        "",
        f"pisecurity: {folder}: this user may not write there, where manifest.json belongs; "
        "copy the recordings to a folder of your own\n",
    )


def test_a_folder_that_cannot_be_read_is_one_line(shell: Shell) -> None:
    with open_folder() as folder:
        folder.chmod(0o000)
        with ordinary_user():
            ran = shell("label", folder)
        folder.chmod(0o755)
    assert ran == Ran(1, "", f"pisecurity: {folder}: cannot be read (Permission denied); name a folder of your own\n")
