"""The table of the contract says what was seen."""

from __future__ import annotations

from pathlib import Path

from tests.adapters.cameras.subjects import KINDS
from tests.adapters.cameras.table import BEGIN, COLUMNS, END, results, rows, write

REPORT = """<testsuites><testsuite>
<testcase classname="tests.adapters.cameras.test_contract" name="test_frames_come[file fast]"/>
<testcase classname="tests.adapters.cameras.test_contract" name="test_frames_come[v4l2]"><failure/></testcase>
<testcase classname="tests.adapters.cameras.test_contract" name="test_it_closes[file fast]"/>
<testcase classname="tests.adapters.cameras.test_contract" name="test_it_closes[v4l2]"><skipped/></testcase>
<testcase classname="tests.adapters.cameras.test_file" name="test_other[file fast]"/>
</testsuite></testsuites>"""


def test_a_cell_says_held_failed_or_not_tried(tmp_path: Path) -> None:
    report = tmp_path / "report.xml"
    report.write_text(REPORT)
    assert list(rows(results(report))) == [
        "| statement | file | USB, real kernel |",
        "|---|---|---|",
        "| frames come | yes | **no** |",
        "| it closes | yes | – |",
    ]


def test_only_what_stands_between_the_marks_is_written(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(f"before\n{BEGIN}\nold\n{END}\nafter\n")
    write(page, ["new"])
    assert page.read_text() == f"before\n{BEGIN}\nnew\n{END}\nafter\n"


def test_every_kind_of_the_contract_has_its_column() -> None:
    assert set(KINDS) <= {subject for subjects in COLUMNS.values() for subject in subjects}
