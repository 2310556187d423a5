"""Files are whole or not there."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from pisecurity.adapters.files import write_whole


def test_a_file_is_replaced_and_private(tmp_path: Path) -> None:
    path = tmp_path / "config.good.toml"
    write_whole(path, b"old")
    write_whole(path, b"new")
    assert path.read_bytes() == b"new" and stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_what_cannot_be_written_leaves_the_old_file_and_no_rest(tmp_path: Path) -> None:
    place = tmp_path / "taken"
    place.mkdir()
    (place / "inside").write_text("kept")
    with pytest.raises(OSError, match=r"directory|Directory"):
        write_whole(place, b"new")
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]
