"""The second copy of the alarm: whole or not believed, and never "disarmed" while the database says "armed" (R-33)."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pisecurity.adapters.store import SqliteStore
from pisecurity.adapters.store.alarm import columns_of
from pisecurity.adapters.store.alarm_file import AlarmFile, Kept, content_of, kept_in
from pisecurity.core.types import Alarm, Mode
from pisecurity.errors import StoreError
from tests.adapters.store.test_alarm import AWAY, VALUES
from tests.adapters.values import opened
from tests.fakes import FakeClock

KEPT = Kept(columns_of(AWAY), {"number": 7, "hash": "ab" * 32}, "cd" * 32)


class CutOff(BaseException):
    """The power fails."""


@settings(deadline=None, max_examples=50)
@given(alarm=st.builds(Alarm, **VALUES))
def test_every_value_of_an_alarm_survives_in_the_file(alarm: Alarm) -> None:
    kept = kept_in(content_of(replace_alarm(KEPT, alarm)))
    assert (kept.value, kept.number, kept.head, kept.previous) == (alarm, 7, "ab" * 32, "cd" * 32)


def replace_alarm(kept: Kept, alarm: Alarm) -> Kept:
    return replace(kept, alarm=columns_of(alarm))


@settings(deadline=None, max_examples=300)
@given(data=st.data())
def test_a_file_with_any_other_byte_or_end_is_not_believed(data: st.DataObject) -> None:
    content = bytearray(content_of(KEPT).rstrip())
    at = data.draw(st.integers(0, len(content) - 1))
    if data.draw(st.booleans()):
        content[at] = data.draw(st.integers(0, 255).filter(lambda byte: byte != content[at]))
    else:
        content = content[:at]
    try:
        kept = kept_in(bytes(content))
    except ValueError:
        return
    assert kept == KEPT, "a space more or less"


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff" * 99, b"[" * 9999, b'{"sha256": 1}', b" " * 70_000])
def test_garbage_in_its_place_is_none_and_the_database_counts(tmp_path: Path, content: bytes) -> None:
    with opened(tmp_path) as store:
        store.save_alarm(AWAY, "armed")
    (tmp_path / "mode.json").write_bytes(content)
    assert AlarmFile(tmp_path / "mode.json").load() is None
    with opened(tmp_path) as store:
        assert store.load_alarm() == AWAY and store.repaired() == ""
    kept = AlarmFile(tmp_path / "mode.json").load()
    assert kept is not None and kept.value == AWAY, "written anew"


def test_r43_a_folder_of_an_older_version_gets_the_file_at_its_first_start(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        store.save_alarm(AWAY, "armed")
    (tmp_path / "mode.json").unlink()
    with opened(tmp_path) as store:
        assert store.load_alarm() == AWAY and store.repaired() == ""
    kept = AlarmFile(tmp_path / "mode.json").load()
    assert kept is not None and kept.value == AWAY


def test_a_first_start_keeps_and_tells_nothing(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        assert store.load_alarm() is None and store.repaired() == ""
    assert [path.name for path in tmp_path.iterdir()] == ["pisecurity.db"]


def test_reading_writes_no_copy(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        store.save_alarm(AWAY, "armed")
    (tmp_path / "mode.json").unlink()
    SqliteStore(tmp_path, FakeClock(), read_only=True).close()
    assert not (tmp_path / "mode.json").exists()


@settings(deadline=None, max_examples=60)
@given(
    modes=st.lists(st.sampled_from(Mode), min_size=1, max_size=5),
    written=st.booleans(),
    lost=st.booleans(),
)
def test_r23_a_power_cut_at_the_copy_leaves_the_mode_before_or_after_and_no_disarmed_copy_of_an_armed_house(
    modes: list[Mode], written: bool, lost: bool
) -> None:
    """The last order is cut off before or after its copy was *written*; then the database is *lost* as well, or not."""
    with tempfile.TemporaryDirectory() as name, pytest.MonkeyPatch.context() as patched:
        folder = Path(name)
        store = SqliteStore(folder, FakeClock())
        orders = [replace(AWAY, mode=mode, sequence=number) for number, mode in enumerate([Mode.AWAY, *modes])]
        for order in orders[:-1]:
            store.save_alarm(order, "ordered")
        save = AlarmFile.save

        def cut_off(file: AlarmFile, kept: Kept) -> None:
            if written:
                save(file, kept)
            raise CutOff

        patched.setattr(AlarmFile, "save", cut_off)
        with pytest.raises(CutOff):
            store.save_alarm(orders[-1], "ordered")
        patched.undo()
        found = store.load_alarm()
        store.close()
        if lost:
            for file in folder.glob("pisecurity.db*"):
                file.unlink()
        again = SqliteStore(folder, FakeClock())
        after = again.load_alarm()
        assert found is not None and after is not None
        assert after in orders[-2:]
        if not lost:
            assert after == (orders[-1] if written else found)
        if found.mode is not Mode.DISARMED:
            assert after.mode is not Mode.DISARMED or (after == orders[-1] and orders[-1].mode is Mode.DISARMED)
        assert again.verify_audit() is None
        again.close()


def test_r23_an_order_to_arm_that_was_cut_off_is_carried_out_with_its_own_row(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        store.save_alarm(replace(AWAY, mode=Mode.DISARMED, sequence=0), "first")
    before = tmp_path / "before"
    before.mkdir()
    shutil.copy(tmp_path / "pisecurity.db", before)
    with opened(tmp_path) as store:
        store.save_alarm(AWAY, "armed by Anna")
    shutil.copy(before / "pisecurity.db", tmp_path)
    with opened(tmp_path) as store:
        assert store.load_alarm() == AWAY and store.repaired() == "" and store.verify_audit() is None
        with store._database.read() as connection:
            assert [row["note"] for row in connection.execute("SELECT note FROM audit")] == ["first", "armed by Anna"]


def test_a_database_that_lost_more_than_one_order_gets_the_mode_and_a_row_that_says_so(tmp_path: Path) -> None:
    before = tmp_path / "before"
    before.mkdir()
    with opened(tmp_path) as store:
        store.save_alarm(replace(AWAY, mode=Mode.DISARMED, sequence=0), "first")
    shutil.copy(tmp_path / "pisecurity.db", before)
    with opened(tmp_path) as store:
        for sequence in (1, 2, 3):
            store.save_alarm(replace(AWAY, sequence=sequence), "armed")
    shutil.copy(before / "pisecurity.db", tmp_path)
    with opened(tmp_path) as store:
        assert store.load_alarm() == replace(AWAY, sequence=3)
        assert "had lost its newest entries (it had 1 of 4 audit rows); the alarm is armed away" in store.repaired()
        assert store.verify_audit() is None
        with store._database.read() as connection:
            row = connection.execute("SELECT * FROM audit ORDER BY number DESC").fetchone()
            assert row["number"] == 5 and "rows 2 to 4 are missing, goes on from " in row["note"]


def test_an_alarm_that_cannot_be_read_is_taken_from_the_copy(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        store.save_alarm(AWAY, "armed")
        with store._database.write() as connection:
            connection.execute("UPDATE alarm SET mode = 'armed_holiday'")
            connection.execute("UPDATE audit SET hash = 'ab'")
    with opened(tmp_path) as store:
        assert store.load_alarm() == AWAY


def test_r33_a_mode_alone_that_is_damaged_is_taken_from_the_copy_and_without_one_it_is_armed(tmp_path: Path) -> None:
    for copy in (True, False):
        with opened(tmp_path) as store:
            store.save_alarm(AWAY, "armed")
            with store._database.write() as connection:
                connection.execute("UPDATE alarm SET mode = 'armed_holiday'")
        if not copy:
            (tmp_path / "mode.json").unlink()
        with opened(tmp_path) as store:
            loaded = store.load_alarm()
            assert loaded is not None and (loaded.mode, loaded.by) == (Mode.AWAY, AWAY.by if copy else "pisecurity")
            assert store.verify_audit() is None
            assert store.repaired()


def refusing(path: Path, content: bytes) -> None:
    raise OSError(28, "No space left on device")


def test_r11_armed_on_a_full_disk_the_old_copy_is_gone_rather_than_wrong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened(tmp_path) as store:
        store.save_alarm(replace(AWAY, mode=Mode.DISARMED, sequence=0), "first")
        monkeypatch.setattr("pisecurity.adapters.store.alarm_file.write_whole", refusing)
        store.save_alarm(AWAY, "armed")
        assert store.load_alarm() == AWAY
        assert AlarmFile(tmp_path / "mode.json").load() is None


def test_r12_an_order_to_arm_whose_copy_can_neither_be_written_nor_emptied_is_not_stored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disarmed = replace(AWAY, mode=Mode.DISARMED, sequence=0)

    def truncate(path: Path, length: int) -> None:
        raise OSError(30, "Read-only file system")

    with opened(tmp_path) as store:
        store.save_alarm(disarmed, "first")
        with monkeypatch.context() as patched:
            patched.setattr("pisecurity.adapters.store.alarm_file.write_whole", refusing)
            patched.setattr("os.truncate", truncate)
            with pytest.raises(StoreError, match=r"mode\.json: it cannot be written \(Read-only") as told:
                store.save_alarm(AWAY, "armed")
        assert told.value.disk and store.load_alarm() == disarmed


def test_a_disarming_whose_copy_could_not_be_written_is_copied_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = AlarmFile(tmp_path / "mode.json")
    disarmed = replace(AWAY, mode=Mode.DISARMED, sequence=2)
    with opened(tmp_path) as store:
        store.save_alarm(AWAY, "armed")
        with monkeypatch.context() as patched:
            patched.setattr(AlarmFile, "save", lambda *_: (_ for _ in ()).throw(StoreError("no")))
            store.save_alarm(disarmed, "disarmed")
        kept = file.load()
        assert kept is not None and kept.value == AWAY
        store.settle()
        kept = file.load()
        assert kept is not None and kept.value == disarmed


def test_the_file_is_this_users_alone(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        store.save_alarm(AWAY, "armed")
    assert (tmp_path / "mode.json").stat().st_mode & 0o777 == 0o600
