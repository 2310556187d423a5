"""The reserve on the disk is real blocks, taken and given up."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from pisecurity.adapters.state.disk import FILE_NAME, StateDisk
from pisecurity.errors import StoreError


def test_the_reserve_is_made_of_real_blocks_and_given_up_whole(tmp_path: Path) -> None:
    disk = StateDisk(tmp_path, 1_000_000)
    assert disk.reserve() and disk.reserve()
    held = (tmp_path / FILE_NAME).stat()
    assert held.st_size == 1_000_000 and held.st_blocks * 512 >= 1_000_000 and held.st_mode & 0o077 == 0
    assert disk.release() and not disk.release()
    assert list(tmp_path.iterdir()) == []


def test_what_is_free_is_what_the_kernel_says(tmp_path: Path) -> None:
    told = os.statvfs(tmp_path)
    assert StateDisk(tmp_path).free_bytes() == pytest.approx(told.f_bavail * told.f_frsize, rel=0.05)


def test_a_reserve_larger_than_the_disk_is_not_taken_and_leaves_nothing(tmp_path: Path) -> None:
    assert not StateDisk(tmp_path, 2**60).reserve()
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_gone_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="was removed while pisecurity ran"):
        StateDisk(tmp_path / "gone").free_bytes()
