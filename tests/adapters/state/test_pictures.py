"""Event pictures on disk."""

from __future__ import annotations

import errno
import random
import resource
import shutil
import stat
from pathlib import Path

import pytest

from pisecurity.adapters.state.pictures import MOST_IN_MEMORY, FilePictures
from pisecurity.errors import StoreError
from pisecurity.ports import PictureKind
from tests.adapters.children import PICTURE_IDS, turn_of
from tests.adapters.values import kill_after

ID = "0af1" + "0" * 28
ANNOTATED, CLEAN = PictureKind.ANNOTATED, PictureKind.CLEAN


def files(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_a_picture_is_read_back(tmp_path: Path) -> None:
    FilePictures(tmp_path).save(ID, ANNOTATED, b"jpeg")
    assert FilePictures(tmp_path).load(ID, ANNOTATED) == b"jpeg"
    assert files(tmp_path) == [f"pictures/0a/{ID}-annotated.jpg"]


def test_the_kinds_of_one_event_are_kept_apart(tmp_path: Path) -> None:
    pictures = FilePictures(tmp_path)
    pictures.save(ID, ANNOTATED, b"boxes")
    pictures.save(ID, CLEAN, b"no boxes")
    assert (pictures.load(ID, ANNOTATED), pictures.load(ID, CLEAN)) == (b"boxes", b"no boxes")


def test_saving_again_replaces_the_picture(tmp_path: Path) -> None:
    pictures = FilePictures(tmp_path)
    pictures.save(ID, CLEAN, b"first")
    pictures.save(ID, CLEAN, b"second")
    assert pictures.load(ID, CLEAN) == b"second"
    assert len(files(tmp_path)) == 1


def test_a_picture_that_is_not_there_is_none(tmp_path: Path) -> None:
    assert FilePictures(tmp_path).load(ID, CLEAN) is None


@pytest.mark.parametrize(
    "event_id",
    ["", "../../../../etc/passwd", "..", ID.upper(), ID[:-1], ID + "0", ID + "\n", "0a/" + "0" * 29, "\uff10" * 32],
)
def test_what_is_no_event_id_never_becomes_a_path(tmp_path: Path, event_id: str) -> None:
    pictures = FilePictures(tmp_path)
    with pytest.raises(ValueError, match="32 small hex digits"):
        pictures.save(event_id, CLEAN, b"jpeg")
    assert pictures.load(event_id, CLEAN) is None
    assert files(tmp_path) == []


def test_nobody_else_can_look_at_pictures(tmp_path: Path) -> None:
    FilePictures(tmp_path).save(ID, CLEAN, b"jpeg")
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.rglob("*")}
    assert modes.pop(f"{ID}-clean.jpg") == 0o600
    assert len(modes) == 257 and set(modes.values()) == {0o700}


def test_what_a_crash_left_half_written_is_removed_at_start(tmp_path: Path) -> None:
    FilePictures(tmp_path).save(ID, CLEAN, b"jpeg")
    (tmp_path / "pictures/0a/tmpabc.tmp").write_bytes(b"half")
    FilePictures(tmp_path)
    assert files(tmp_path) == [f"pictures/0a/{ID}-clean.jpg"]


def test_r11_a_full_disk_leaves_the_old_picture_and_no_half_one(tmp_path: Path) -> None:
    pictures = FilePictures(tmp_path)
    pictures.save(ID, CLEAN, b"old")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, hard))
    try:
        with pytest.raises(StoreError, match=rf"{ID}-clean\.jpg: .*disk"):
            pictures.save(ID, CLEAN, b"new" * 10_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert pictures.load(ID, CLEAN) == b"old"
    assert files(tmp_path) == [f"pictures/0a/{ID}-clean.jpg"]


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "pictures").write_text("")
    with pytest.raises(StoreError, match="pictures/0a"):
        FilePictures(tmp_path).save(ID, CLEAN, b"jpeg")
    with pytest.raises(StoreError, match="gone/pictures"):
        FilePictures(tmp_path / "gone")


def test_r12_on_a_disk_that_takes_nothing_the_start_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path) -> None:
        raise OSError(errno.EROFS, "Read-only file system", str(path))

    monkeypatch.setattr("pisecurity.adapters.state.pictures.make_folder", refuse)
    pictures = FilePictures(tmp_path)
    with pytest.raises(StoreError, match="Read-only"):
        pictures.save(ID, CLEAN, b"jpeg")
    assert pictures.load(ID, CLEAN) == b"jpeg"


def test_a_picture_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / f"pictures/0a/{ID}-clean.jpg").mkdir(parents=True)
    with pytest.raises(StoreError, match=rf"{ID}-clean\.jpg"):
        FilePictures(tmp_path).load(ID, CLEAN)


def test_r24_after_kill_9_every_picture_is_whole_and_none_is_lost(tmp_path: Path) -> None:
    chance = random.Random(20260601)
    for _ in range(6):
        promised: dict[str, int] = {}
        for line in kill_after("save_pictures", tmp_path, chance.uniform(0, 0.15)):
            event_id, turn = line.split()
            promised[event_id] = int(turn)
        pictures = FilePictures(tmp_path)
        assert all(name.endswith("-annotated.jpg") for name in files(tmp_path))
        for event_id in PICTURE_IDS:
            picture = pictures.load(event_id, ANNOTATED)
            if event_id in promised:
                assert picture is not None
                assert turn_of(picture) in (promised[event_id], promised[event_id] + 1)
            elif picture is not None:
                turn_of(picture)


def test_r12_what_the_disk_does_not_take_is_there_for_the_mail(tmp_path: Path) -> None:
    pictures = FilePictures(tmp_path)
    shutil.rmtree(tmp_path / "pictures")
    ids = [f"{number:032x}" for number in range(MOST_IN_MEMORY + 1)]
    for event_id in ids:
        with pytest.raises(StoreError):
            pictures.save(event_id, CLEAN, event_id.encode())
    assert pictures.load(ids[-1], CLEAN) == ids[-1].encode()
    assert pictures.load(ids[0], CLEAN) is None
