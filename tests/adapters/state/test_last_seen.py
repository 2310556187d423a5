"""The last sign of life survives whatever the power does to the block that is being written."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pisecurity.adapters.state.last_seen import FILE_NAME, SLOT_BYTES, SLOTS, LastSeenFile
from pisecurity.core.outage import Seen
from pisecurity.core.types import Instant
from pisecurity.errors import StoreError
from tests.fakes import START

FIRST = Seen(Instant("boot-1", 60.0), START, sure=True, mailed_at=START - timedelta(days=1))
SECOND = Seen(Instant("boot-1", 120.5), START + timedelta(seconds=60), sure=False, ended=True)


def test_what_was_written_last_is_read_by_the_next_process(tmp_path: Path) -> None:
    file = LastSeenFile(tmp_path)
    assert file.load() is None
    for seen in (FIRST, SECOND, FIRST):
        file.save(seen)
        assert LastSeenFile(tmp_path).load() == seen


def test_the_next_process_goes_on_counting(tmp_path: Path) -> None:
    for seen in (FIRST, SECOND, replace(FIRST, sure=False)):
        file = LastSeenFile(tmp_path)
        file.load()
        file.save(seen)
    assert LastSeenFile(tmp_path).load() == replace(FIRST, sure=False)


def test_it_is_one_file_of_two_blocks_for_this_user_alone(tmp_path: Path) -> None:
    file = LastSeenFile(tmp_path)
    for _ in range(50):
        file.save(FIRST)
    (path,) = tmp_path.iterdir()
    assert (path.name, path.stat().st_size, path.stat().st_mode & 0o077) == (FILE_NAME, SLOTS * SLOT_BYTES, 0)


@given(torn=st.binary(max_size=SLOT_BYTES), at=st.integers(0, 600))
def test_r24_a_block_that_was_torn_leaves_the_one_before(
    tmp_path_factory: pytest.TempPathFactory, torn: bytes, at: int
) -> None:
    folder = tmp_path_factory.mktemp("torn")
    file = LastSeenFile(folder)
    file.save(FIRST)
    file.save(SECOND)  # in the first slot
    data = bytearray((folder / FILE_NAME).read_bytes())
    was = bytes(data)
    data[at : at + len(torn)] = torn
    data = data[: SLOTS * SLOT_BYTES]
    data[SLOT_BYTES:] = was[SLOT_BYTES:]
    (folder / FILE_NAME).write_bytes(data)
    assert LastSeenFile(folder).load() in (FIRST, SECOND)


def test_garbage_and_nothing_are_no_sign_of_life(tmp_path: Path) -> None:
    for content in (b"", b"x" * 9000, bytes(SLOTS * SLOT_BYTES)):
        (tmp_path / FILE_NAME).write_bytes(content)
        assert LastSeenFile(tmp_path).load() is None


def test_a_disk_that_takes_nothing_is_an_error_of_ours(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="last-seen"):
        LastSeenFile(tmp_path / "gone").save(FIRST)
