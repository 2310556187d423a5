"""events verify and events audit, on real files (S-56)."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from pisecurity.adapters.state import refuge
from pisecurity.adapters.state.lock import StateLock
from pisecurity.adapters.store import SqliteStore
from pisecurity.adapters.store.audit import audit_hash
from pisecurity.adapters.store.database import Database
from pisecurity.core.types import Mode
from pisecurity.errors import StoreError
from pisecurity.runtime.alarm.panel import Panel
from pisecurity.settings import AlarmSettings
from tests.cli.commands import Ran, Shell
from tests.fakes import FakeClock
from tests.rigs.user import open_folder, ordinary_user

MODES = (Mode.HOME, Mode.NIGHT, Mode.DISARMED)


@pytest.fixture
def head(tmp_path: Path) -> str:
    """A house that was switched three times; what the daily mail gives of its record."""
    clock = FakeClock()
    with closing(SqliteStore(tmp_path, clock)) as store:
        panel = Panel(store, clock, AlarmSettings(), lambda change: None)
        panel.start()
        for mode in MODES:
            clock.advance(60)
            panel.switch(mode, by="Anna", how="page")
        number, full = store.audit_head()
    assert number == 4
    return f"{number}-{full[:16]}"


def edit(folder: Path, *statements: str) -> None:
    with closing(sqlite3.connect(folder / "pisecurity.db")) as database, database:
        for statement in statements:
            assert database.execute(statement).rowcount > 0


def test_a_whole_record_that_has_what_the_mail_gives_is_good(shell: Shell, tmp_path: Path, head: str) -> None:
    ran = shell("events", "verify", head, "--state", tmp_path)
    first, second = ran.out.splitlines()
    assert (ran.code, ran.err) == (0, "")
    assert first.startswith("unbroken: 4 rows; the newest, of 2026-06-01 ") and first.endswith(f" is {head}")
    assert second == "row 4 is the one that was told: up to it no row was changed, taken out or put in"
    assert shell("events", "verify", head.partition("-")[2].upper(), "--state", tmp_path) == ran


def test_without_what_the_mail_gives_it_says_what_cannot_be_found(shell: Shell, tmp_path: Path, head: str) -> None:
    ran = shell("events", "verify", "--state", tmp_path)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.splitlines()[1] == (
        "the record alone cannot show that rows were cut off at its end, or that all of it was written anew: give the "
        "row that the newest daily mail gives, as in 'pisecurity events verify 128-4f3a9c1e07b2ffff'"
    )
    assert head not in ran.out.splitlines()[1], "what the record says of itself proves nothing"


def test_a_record_in_memory_that_was_begun_empty_is_not_called_forged(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refuge, "SHARED_MEMORY", tmp_path)
    state = tmp_path / "state"
    with begun_empty(state, refuge.refuge_of(state, {})) as head:
        ran = shell("events", "verify", head, "--state", state)
        alone = shell("events", "verify", "--state", state)
        doctor = shell("doctor", "--state", state)
    assert (ran.code, ran.out) == (1, "")
    assert "cannot be compared now: its older rows are on the disk" in ran.err and "password" not in ran.err
    assert alone == ran
    (audit,) = [line for line in doctor.out.splitlines() if " audit log " in line]
    assert audit.startswith("ok ") and "not looked at: the record is in memory" in audit
    whole = shell("events", "verify", head, "--state", state)
    assert (whole.code, "row 2 is the one that was told" in whole.out) == (0, True), "all is on the disk again"


@contextmanager
def begun_empty(state: Path, memory: Path) -> Iterator[str]:
    """Run an alarm on *state* whose disk fails, and gives nothing either; yield what the mail gives of its record."""
    state.mkdir()
    clock = FakeClock()
    with StateLock(state), closing(SqliteStore(state, clock, refuge=memory)) as store:
        panel = Panel(store, clock, AlarmSettings(), lambda change: None)
        panel.start()
        panel.switch(Mode.HOME, by="Anna", how="page")
        number, full = store.audit_head()
        with pytest.MonkeyPatch.context() as failing:
            failing.setattr(Database, "_copy_to", _give_nothing)
            store._database.flee(StoreError("the disk reports an error", disk=True))
        panel.switch(Mode.DISARMED, by="Anna", how="page")
        assert store.in_memory
        yield f"{number}-{full[:16]}"


def _give_nothing(database: Database, memory: Path) -> None:
    raise StoreError("the disk reports an error", disk=True)


def test_newer_rows_than_the_mail_knows_of_are_counted(shell: Shell, tmp_path: Path, head: str) -> None:
    with closing(SqliteStore(tmp_path, FakeClock())) as store:
        panel = Panel(store, FakeClock(), AlarmSettings(), lambda change: None)
        panel.start()
        panel.switch(Mode.HOME, by="Anna", how="page")
    ran = shell("events", "verify", head, "--state", tmp_path)
    assert ran.code == 0
    assert ran.out.splitlines()[2] == "1 newer rows hang on it; the next daily mail tells of them"


@pytest.mark.parametrize(
    ("statements", "said"),
    [
        (["UPDATE audit SET by = 'Ben' WHERE number = 3"], "row 3, which says 2026-06-01 "),
        (["DELETE FROM audit WHERE number = 2"], "row 2 was taken out; the next one is of 2026-06-01 "),
        (["DELETE FROM audit WHERE number > 2"], "rows 3 to 4 were cut off at the end; the last one left is of "),
        (["DELETE FROM audit WHERE number = 4"], "row 4 was cut off at the end; the last one left is of "),
        (
            [
                "UPDATE audit SET number = 9 WHERE number = 3",
                "UPDATE audit SET number = 3 WHERE number = 2",
                "UPDATE audit SET number = 2 WHERE number = 9",
            ],
            "rows 2 to 3 stand in another order than they were written in; the first is of ",
        ),
    ],
    ids=["edited", "deleted", "two cut off", "one cut off", "swapped"],
)
def test_s56_what_was_done_is_said_with_number_time_and_what_to_do(
    shell: Shell, tmp_path: Path, head: str, statements: list[str], said: str
) -> None:
    edit(tmp_path, *statements)
    ran = shell("events", "verify", head, "--state", tmp_path)
    first, *typed, do = ran.out.splitlines()
    assert (ran.code, ran.err) == (2, "")
    assert said in first
    assert [line[:9] for line in typed] == (["make sure"] if "cut off" in said else []), "99 for 14 is a slip, mostly"
    assert do.startswith("to do: trust no row before that of an older mail is found")


def test_s56_rows_before_a_break_are_not_to_be_trusted_for_that(shell: Shell, tmp_path: Path, head: str) -> None:
    with closing(sqlite3.connect(tmp_path / "pisecurity.db")) as database, database:
        database.row_factory = sqlite3.Row
        previous = database.execute("SELECT hash FROM audit WHERE number = 1").fetchone()["hash"]
        for row in database.execute("SELECT * FROM audit WHERE number IN (2, 3) ORDER BY number").fetchall():
            columns = {**row, "by": "nobody"}
            del columns["hash"]
            previous = audit_hash(previous, columns)
            database.execute("UPDATE audit SET by = 'nobody', hash = ? WHERE number = ?", (previous, row["number"]))
    first, do = shell("events", "verify", head, "--state", tmp_path).out.splitlines()
    assert first.startswith("something was done at or before row 4; it looks as if row 4, which says 2026-06-01 ")
    assert do.startswith("to do: trust no row before that of an older mail is found")


def test_s56_a_forged_record_whose_end_was_cut_off_is_not_to_be_trusted(
    shell: Shell, tmp_path: Path, head: str
) -> None:
    edit(tmp_path, "DELETE FROM audit WHERE number > 1")
    out = shell("events", "verify", head, "--state", tmp_path).out
    assert "to do: trust no row before" in out and "rows up to 1" not in out


def test_rows_up_to_the_one_of_a_mail_are_to_be_trusted_though_a_newer_one_was_changed(
    shell: Shell, tmp_path: Path, head: str
) -> None:
    with closing(SqliteStore(tmp_path, FakeClock())) as store:
        panel = Panel(store, FakeClock(), AlarmSettings(), lambda change: None)
        panel.start()
        panel.switch(Mode.HOME, by="Anna", how="page")
    edit(tmp_path, "UPDATE audit SET by = 'Ben' WHERE number = 5")
    ran = shell("events", "verify", head, "--state", tmp_path)
    assert ran.code == 2
    assert "to do: trust only the rows up to 4, which a mail vouches for; compare" in ran.out


def test_s56_a_row_that_is_not_the_one_of_the_mail_may_also_be_mistyped(
    shell: Shell, tmp_path: Path, head: str
) -> None:
    ran = shell("events", "verify", f"3-{head[2:]}", "--state", tmp_path)
    assert ran.code == 2
    assert ran.out.startswith("row 3 of 2026-06-01 ") and "is not the one that was told" in ran.out
    assert "make sure that it was copied whole" in ran.out and "trust no row" in ran.out
    ran = shell("events", "verify", "f" * 16, "--state", tmp_path)
    assert ran.code == 2
    assert ran.out.startswith("no row is the one that was told: it was cut off or written anew, or is mistyped\n")


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["4-4f3a9"], "argument HEAD: 4-4f3a9 is too short to compare; at least 12 letters of the hash are needed"),
        (["four"], "argument HEAD: four names no row; give what the daily mail gives, such as 128-4f3a9c1e07b2ffff"),
    ],
)
def test_what_names_no_row_is_one_line_and_the_fix(shell: Shell, tmp_path: Path, words: list[str], error: str) -> None:
    assert shell("events", "verify", *words, "--state", tmp_path) == Ran(
        1, "", f"pisecurity: {error}; see 'pisecurity events --help'\n"
    )


def test_options_may_stand_before_the_row_that_is_looked_for(shell: Shell, tmp_path: Path, head: str) -> None:
    ran = shell("events", "verify", head, "--state", tmp_path)
    assert ran.code == 0
    assert shell("events", "verify", "--state", tmp_path, head) == ran
    assert shell("events", "--state", tmp_path, "verify", head) == ran


def test_what_cannot_be_looked_at_is_no_harm(shell: Shell, tmp_path: Path) -> None:
    ran = shell("events", "verify", "--state", tmp_path)
    assert (ran.code, ran.out) == (1, "")
    assert "there is none yet" in ran.err


def test_programs_get_one_object(shell: Shell, tmp_path: Path, head: str) -> None:
    good = json.loads(shell("events", "verify", head, "--json", "--state", tmp_path).out)
    assert (good["rows"], good["told"], good["harm"], good["head"][:16]) == (4, 4, None, head[2:])
    edit(tmp_path, "UPDATE audit SET by = 'Ben' WHERE number = 3")
    ran = shell("events", "verify", head, "--json", "--state", tmp_path)
    harmed = json.loads(ran.out)
    assert ran.code == 2
    assert (harmed["rows"], harmed["harm"], harmed["first"], harmed["last"]) == (2, "changed", 3, 3)
    assert harmed["at"] == "2026-06-01T12:02:00+00:00"


def test_a_copy_is_looked_at_also_where_nothing_may_be_written(shell: Shell, tmp_path: Path, head: str) -> None:
    with open_folder() as folder:
        copy = folder / "copy"
        copy.mkdir()
        shutil.copy(tmp_path / "pisecurity.db", copy)
        (copy / "pisecurity.db").chmod(0o444)
        copy.chmod(0o555)
        with ordinary_user():
            ran = shell("events", "verify", head, "--state", copy)
        assert (ran.code, ran.err) == (0, "")
        assert [path.name for path in copy.iterdir()] == ["pisecurity.db"]
        copy.chmod(0o755)


def test_the_record_is_listed_newest_first_with_who_how_and_the_row_that_verify_takes(
    shell: Shell, tmp_path: Path, head: str
) -> None:
    (tmp_path / "config.toml").write_text(
        '[[camera]]\nid = "garden"\nkind = "stage"\n\n[house]\ntimezone = "Asia/Tokyo"\n'
    )
    ran = shell("events", "audit", "--state", tmp_path, "--limit", "3")
    heading, *lines = ran.out.splitlines()
    assert (ran.code, ran.err, len(lines)) == (0, "", 3)
    assert heading.split() == ["when", "row", "who", "how", "what"]
    assert lines[0].split()[:5] == ["2026-06-01", "21:03:00", head, "Anna", "page"]
    assert lines[0].endswith("armed_night to disarmed: ordered disarmed by Anna (page)")
    row = lines[1].split()[2]
    assert shell("events", "verify", row, "--state", tmp_path).code == 0


def test_a_record_without_a_configuration_is_listed_and_an_empty_one_says_so(
    shell: Shell, tmp_path: Path, head: str
) -> None:
    assert len(shell("events", "audit", "--state", tmp_path).out.splitlines()) == 5
    edit(tmp_path, "DELETE FROM audit")
    assert shell("events", "audit", "--state", tmp_path) == Ran(0, "empty: nothing was switched yet\n", "")


def test_programs_get_the_record_as_one_object_a_line(shell: Shell, tmp_path: Path, head: str) -> None:
    newest, *older = map(json.loads, shell("events", "audit", "--json", "--state", tmp_path).out.splitlines())
    assert [row["number"] for row in (newest, *older)] == [4, 3, 2, 1]
    assert newest["hash"].startswith(head[2:]) and len(newest["hash"]) == 64
    assert (newest["at"], newest["mode"], newest["by"], newest["how"]) == (
        "2026-06-01T12:03:00+00:00", "disarmed", "Anna", "page",
    )  # fmt: skip


def test_s26_what_somebody_wrote_into_a_row_stays_on_its_line(shell: Shell, tmp_path: Path, head: str) -> None:
    edit(
        tmp_path,
        "UPDATE audit SET note = 'a' || char(10) || char(27) || '[2Jb', at_us = 4611686018427387904 WHERE number = 2",
    )
    lines = shell("events", "audit", "--state", tmp_path).out.splitlines()
    assert len(lines) == 5 and lines[3].startswith("no readable time ") and lines[3].endswith("a??[2Jb")


@pytest.mark.parametrize("told", ["4-4f3a9c1e07b2ffff", "4f3a9c1e07b2ffff"])
def test_an_empty_record_that_a_mail_has_told_of_is_called_empty(shell: Shell, tmp_path: Path, told: str) -> None:
    SqliteStore(tmp_path, FakeClock()).close()
    ran = shell("events", "verify", told, "--state", tmp_path)
    assert (ran.code, ran.err) == (2, "")
    first, second = ran.out.splitlines()
    assert first == "empty: no row is left of those that a mail told of, or this is the state folder of another alarm"
    assert second.startswith("to do: find out what was in it with a backup of the state folder and with your mails")
