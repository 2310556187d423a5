"""One daemon on one state folder."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

import pytest

from pisecurity.adapters.state.lock import StateLock
from pisecurity.errors import AlreadyRunningError, StoreError
from tests.adapters.values import child


def test_the_lock_is_held_in_the_block_and_free_after_it(tmp_path: Path) -> None:
    lock = StateLock(tmp_path)
    for _ in range(2):
        with lock:
            assert (tmp_path / "lock").read_text() == f"{os.getpid()}\n"
    assert stat.S_IMODE((tmp_path / "lock").stat().st_mode) == 0o600


def test_two_locks_in_one_process_exclude_each_other(tmp_path: Path) -> None:
    with StateLock(tmp_path), pytest.raises(AlreadyRunningError, match=f"as process {os.getpid()};"):
        StateLock(tmp_path).__enter__()


def test_an_error_in_the_block_frees_the_lock(tmp_path: Path) -> None:
    with pytest.raises(KeyError), StateLock(tmp_path):
        raise KeyError
    with StateLock(tmp_path):
        pass


def test_r44_another_process_is_named_and_its_death_frees_the_lock(tmp_path: Path) -> None:
    with child("hold_lock", tmp_path) as other:
        pid = other.first_promise()
        with pytest.raises(AlreadyRunningError) as refused, StateLock(tmp_path):
            pass
        assert str(refused.value) == (
            f"{tmp_path}: pisecurity already runs here as process {pid}; stop it first, or use another folder"
        )
        other.kill()
        with StateLock(tmp_path):
            assert (tmp_path / "lock").read_text() == f"{os.getpid()}\n"


def test_a_holder_that_has_not_written_its_id_yet_is_still_respected(tmp_path: Path) -> None:
    with StateLock(tmp_path):
        (tmp_path / "lock").write_text("")
        with pytest.raises(AlreadyRunningError, match="already runs here;"), StateLock(tmp_path):
            pass


def test_other_folders_are_free(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    with StateLock(tmp_path / "a"), StateLock(tmp_path / "b"):
        pass


def test_a_lock_file_that_cannot_be_opened_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="gone/lock"), StateLock(tmp_path / "gone"):
        pass


def test_r12_on_a_disk_that_takes_nothing_the_lock_left_there_still_excludes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with StateLock(tmp_path):
        pass
    real = os.open

    def read_only(path: Path, flags: int, *mode: int) -> int:
        if flags & os.O_RDWR:
            raise OSError(errno.EROFS, "Read-only file system", str(path))
        return real(path, flags, *mode)

    monkeypatch.setattr(os, "open", read_only)
    with StateLock(tmp_path), pytest.raises(AlreadyRunningError), StateLock(tmp_path):
        pass
