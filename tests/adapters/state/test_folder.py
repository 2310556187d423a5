"""The state folder."""

from __future__ import annotations

import errno
import stat
import tempfile
from pathlib import Path

import pytest

from pisecurity.adapters.state.folder import open_folder
from pisecurity.errors import StoreError


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_missing_folder_is_made_for_this_user_only(tmp_path: Path) -> None:
    folder = open_folder(tmp_path / "state" / "pisecurity")
    assert folder == tmp_path / "state" / "pisecurity"
    assert mode(folder) == 0o700
    assert list(folder.iterdir()) == []


def test_opening_it_again_changes_nothing(tmp_path: Path) -> None:
    folder = open_folder(tmp_path / "state")
    (folder / "config.toml").write_text("")
    assert open_folder(folder) == folder
    assert [entry.name for entry in folder.iterdir()] == ["config.toml"]


def test_the_path_is_made_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert open_folder(Path("state")) == tmp_path / "state"


@pytest.mark.parametrize("content", [None, "config.toml", "pisecurity.db"])
def test_a_folder_of_ours_is_closed_to_others(tmp_path: Path, content: str | None) -> None:
    folder = tmp_path / "state"
    folder.mkdir()
    folder.chmod(0o755)
    if content is not None:
        (folder / content).write_text("")
    open_folder(folder)
    assert mode(folder) == 0o700


def test_the_group_may_pass_through_to_the_socket(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    folder.mkdir()
    folder.chmod(0o710)
    (folder / "others.txt").write_text("")
    open_folder(folder)
    assert mode(folder) == 0o710


def test_an_open_folder_used_for_something_else_is_refused_and_left_alone(tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    folder.chmod(0o755)
    (folder / "holiday.jpg").write_text("")
    with pytest.raises(StoreError, match=r"photos: others can look into it .*choose an empty folder"):
        open_folder(folder)
    assert mode(folder) == 0o755


@pytest.mark.parametrize("path", ["taken", "taken/state"])
def test_a_file_in_its_place_is_named(tmp_path: Path, path: str) -> None:
    (tmp_path / "taken").write_text("")
    with pytest.raises(StoreError, match=f"{path}: .*(move it away|choose another one)"):
        open_folder(tmp_path / path)


def test_a_folder_that_takes_no_files_is_named() -> None:
    """The kernel takes no new files there from anybody, root included."""
    with pytest.raises(StoreError, match=r"fd: the state folder cannot be used \(.+\); give it to the user"):
        open_folder(Path("/proc/self/fd"))


@pytest.mark.parametrize("number", [errno.EROFS, errno.EIO, errno.ENOSPC, errno.EDQUOT])
def test_r12_a_folder_on_a_disk_that_fails_is_opened_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def refuse(dir: Path) -> None:  # noqa: A002 - as it is called
        raise OSError(number, "no", str(dir))

    monkeypatch.setattr(tempfile, "TemporaryFile", refuse)
    assert open_folder(tmp_path) == tmp_path


def test_a_folder_that_is_not_this_users_to_write_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(dir: Path) -> None:  # noqa: A002 - as it is called
        raise PermissionError(errno.EACCES, "Permission denied", str(dir))

    monkeypatch.setattr(tempfile, "TemporaryFile", refuse)
    with pytest.raises(StoreError, match="Permission denied"):
        open_folder(tmp_path)


def test_s40_what_is_made_after_that_is_for_this_user_alone_whatever_the_shell_says(tmp_path: Path) -> None:
    folder = open_folder(tmp_path / "state")
    (folder / "pisecurity.db").touch()
    (folder / "pictures").mkdir()
    assert {path.stat().st_mode & 0o077 for path in folder.iterdir()} == {0}
