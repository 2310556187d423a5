"""Files are whole or not there."""

from __future__ import annotations

import stat
import subprocess
import sys
from pathlib import Path

import pytest

from pisecurity.adapters.state.files import alone_in, write_whole


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


def test_who_is_alone_in_a_folder_keeps_other_programs_out_until_the_end(tmp_path: Path) -> None:
    take = f"import fcntl, os; fcntl.flock(os.open({str(tmp_path)!r}, os.O_RDONLY), fcntl.LOCK_EX | fcntl.LOCK_NB)"
    other = [sys.executable, "-c", take]
    with alone_in(tmp_path):
        write_whole(tmp_path / "file", b"new")
        refused = subprocess.run(other, check=False, capture_output=True, timeout=60)
        assert refused.returncode == 1 and b"BlockingIOError" in refused.stderr
    assert subprocess.run(other, check=False, timeout=60).returncode == 0


def test_nobody_is_alone_in_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), alone_in(tmp_path / "gone"):
        pass
