"""The sizes and the number of what is in the state folder tell no duress code from another.

What remains is seen by who reads the files themselves, or watches the disk and the network as a whole: see the guide.
"""

from __future__ import annotations

import os
import sqlite3
import struct
from collections.abc import Iterator
from contextlib import closing
from datetime import time
from pathlib import Path

import pytest

from pisecurity.adapters.state.pictures import FilePictures
from pisecurity.adapters.store import SqliteStore
from pisecurity.adapters.store.wal import ALLOTTED_BYTES, HEADER_BYTES
from pisecurity.core.alarm.people import Person, Window
from pisecurity.core.types import Mode
from tests.fakes import FakeClock
from tests.runtime.alarm.test_duress import House

FRAME_HEADER_BYTES = 24
DATABASE, LOG = "pisecurity.db", "pisecurity.db-wal"


@pytest.fixture
def two(tmp_path: Path) -> Iterator[tuple[House, House]]:
    houses = House(tmp_path / "ordinary"), House(tmp_path / "forced")
    yield houses
    for house in houses:
        house.store.close()


def files(house: House) -> dict[str, tuple[int, int, int]]:
    """Return size, blocks and links of all there is."""
    found = {path: path.stat() for path in house.folder.rglob("*")}
    return {
        str(path.relative_to(house.folder)): (stat.st_size, stat.st_blocks, stat.st_nlink)
        for path, stat in found.items()
    }


def written(house: House) -> tuple[int, int]:
    """Return how many pages the log of the database holds, and how many transactions, each synced once."""
    content = (house.folder / LOG).read_bytes()
    page, salts = struct.unpack_from(">I", content, 8)[0], content[16:24]
    frames = transactions = 0
    for at in range(HEADER_BYTES, len(content) - page, FRAME_HEADER_BYTES + page):
        if content[at + 8 : at + 16] != salts:
            break
        frames += 1
        transactions += struct.unpack_from(">I", content, at + 4)[0] > 0
    return frames, transactions


def rows(house: House) -> dict[str, int]:
    with closing(sqlite3.connect(house.folder / DATABASE)) as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        return {table: connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in tables}


def bytes_of_rows(house: House) -> list[tuple[int, int]]:
    """Return the lengths of what is stored of each alert that nobody may see."""
    lengths = "length(alerts.id) + length(subject) + length(text), length(channel) + length(recipient)"
    joined = "alerts JOIN outbox ON alert = alerts.number WHERE kind = 'duress'"
    with closing(sqlite3.connect(house.folder / DATABASE)) as connection:
        return connection.execute(f"SELECT {lengths} FROM {joined} ORDER BY alerts.number").fetchall()


@pytest.mark.parametrize("before", [Mode.DISARMED, Mode.HOME, Mode.AWAY])
@pytest.mark.parametrize("times", [1, 2])
def test_a_duress_code_writes_as_many_rows_bytes_pages_and_transactions_as_any_other(
    two: tuple[House, House], before: Mode, times: int
) -> None:
    seen = []
    for house, duress in zip(two, (False, True), strict=True):
        if before is not Mode.DISARMED:
            house.panel.switch(before, by="Anna", how="code", coded=True)
            house.answer()
        house.clock.advance(90)
        began = written(house)
        for _ in range(times):
            house.disarm(duress=duress)
            house.clock.advance(5)
        pages, transactions = (now - then for now, then in zip(written(house), began, strict=True))
        seen.append((files(house), pages, transactions, rows(house), bytes_of_rows(house)))
    for ordinary, forced in zip(*seen, strict=True):
        assert ordinary == forced
    assert len(two[1].server.sent) == times and two[0].server.sent == []
    assert two[0].store.duress_log(9) == []


def test_a_duress_code_at_the_wrong_hour_writes_as_much_as_the_other_one_at_that_hour(two: tuple[House, House]) -> None:
    seen = []
    for house, duress in zip(two, (False, True), strict=True):
        register = house.access.people.register
        person = Person("Carla", windows=(Window(frozenset({"tue"}), time(9), time(12)),))
        codes = register.add(person, None, "root"), register.new_code("Carla", None, "root", duress=True)
        began = written(house)
        admission = house.access.people.admit(Mode.DISARMED, code=codes[duress], device=None, source="192.168.1.30")
        house.answer()
        pages, transactions = (now - then for now, then in zip(written(house), began, strict=True))
        seen.append((admission, files(house), pages, transactions, rows(house), bytes_of_rows(house)))
    for ordinary, forced in zip(*seen, strict=True):
        assert ordinary == forced
    assert len(two[1].server.sent) == 1 and two[0].server.sent == []


def test_what_is_stored_for_its_size_alone_waits_nowhere_and_reaches_nobody(two: tuple[House, House]) -> None:
    ordinary, _ = two
    ordinary.disarm(duress=False)
    with closing(sqlite3.connect(ordinary.folder / DATABASE)) as connection:
        (row,) = connection.execute(
            "SELECT channel, outcome, trim(subject || text) FROM deliveries WHERE kind = 'duress'"
        )
    assert row == ("void", "accepted", "")
    assert {fault.key for fault in ordinary.health.faults()} == {"people-nobody"}


def test_where_nobody_would_be_called_nothing_is_stored_for_its_size(tmp_path: Path) -> None:
    house = House(tmp_path)
    house.settings = house.settings.model_copy(
        update={"access": house.settings.access.model_copy(update={"duress_to": ()})}
    )
    house.access.apply(house.settings)
    house.disarm(duress=False)
    assert bytes_of_rows(house) == []
    house.store.close()


def test_the_pictures_of_who_is_seen_after_a_duress_code_change_nothing_that_is_seen_of_their_folder(
    tmp_path: Path,
) -> None:
    house = House(tmp_path / "forced")
    house.disarm(duress=True)
    pictures = tmp_path / "forced" / "pictures"
    before = pictures.stat()
    for digit in "0123456789abcdef":
        house.see(digit * 32)
    after = pictures.stat()
    assert (after.st_nlink, after.st_size, after.st_mtime_ns) == (before.st_nlink, before.st_size, before.st_mtime_ns)
    assert len(list(pictures.glob("*/*.jpg"))) >= 16
    house.store.close()


def test_a_folder_of_pictures_that_its_owner_emptied_takes_pictures_and_is_whole_after_the_next_start(
    tmp_path: Path,
) -> None:
    FilePictures(tmp_path)
    for folder in (tmp_path / "pictures").iterdir():
        folder.rmdir()
    FilePictures(tmp_path)
    assert len(list((tmp_path / "pictures").iterdir())) == 256
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "pictures").iterdir()} == {0o700}


def test_the_log_of_the_database_is_as_long_at_the_start_as_after_a_thousand_writes(tmp_path: Path) -> None:
    house = House(tmp_path)
    log = tmp_path / LOG
    before = log.stat()
    assert before.st_size == ALLOTTED_BYTES
    assert before.st_blocks * 512 >= ALLOTTED_BYTES or os.uname().sysname != "Linux"
    for _ in range(600):
        house.store.mark_alarm(house.panel.alarm())
    house.disarm(duress=True)
    after = log.stat()
    assert (after.st_size, after.st_blocks) == (before.st_size, before.st_blocks)
    house.store.close()
    assert not log.exists(), "its pages are in the database"
    again = SqliteStore(tmp_path, FakeClock())
    assert len(again.duress_log(9)) == 1
    assert log.stat().st_size == ALLOTTED_BYTES
    again.close()


def test_what_a_kill_leaves_of_a_log_with_room_is_read_and_is_no_damage(tmp_path: Path) -> None:
    house = House(tmp_path / "state")
    house.disarm(duress=True)
    copy = tmp_path / "copy"
    copy.mkdir()
    for name in (DATABASE, LOG, "mode.json"):
        (copy / name).write_bytes((tmp_path / "state" / name).read_bytes())
    house.store.close()
    again = SqliteStore(copy, FakeClock())
    assert again.repaired() == ""
    assert len(again.duress_log(9)) == 1
    again.close()
