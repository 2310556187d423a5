"""The table of the contract in docs/camera.md: ``python -m tests.adapters.cameras.table [FILE.xml ...]``.

Runs the contract here and reads the results of ``make test-v4l2`` and ``make test-libcamera`` from the files that
they leave, so that a cell says what was seen and not what is hoped for.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from xml.etree import ElementTree as ET

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "docs" / "camera.md"
BEGIN, END = "<!-- contract -->", "<!-- /contract -->"
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "file": ("file as recorded", "file fast"),
    "raw pipe": ("y4m", "y4m mono"),
    "stage": ("stage",),
    "Pi camera, Pi 4 and 5": ("picamera2", "picamera2 on a Pi 5"),
    "behind privacy zones": ("stage with privacy", "picamera2 with privacy"),
    "on real libcamera": ("picamera2 on libcamera",),
    "USB, real kernel": ("v4l2",),
}
"""Column of the table, and the subjects of the contract that stand for it."""

Seen = dict[tuple[str, str], bool]
"""Whether a statement held for a subject."""


def results(report: Path) -> Seen:
    """Return what a JUnit file says about the contract; what was skipped is not in it."""
    seen: Seen = {}
    for case in ET.parse(report).iter("testcase"):
        name, _, subject = case.get("name", "").removesuffix("]").partition("[")
        if "test_contract" in case.get("classname", "") and case.find("skipped") is None:
            seen[name, subject] = case.find("failure") is None and case.find("error") is None
    return seen


def rows(seen: Seen) -> Iterator[str]:
    """Yield the lines of the table, statements in the order of the suite."""
    columns = [column for column, subjects in COLUMNS.items() if any(subject in subjects for _, subject in seen)]
    yield f"| statement | {' | '.join(columns)} |"
    yield f"|---|{'---|' * len(columns)}"
    for statement in dict.fromkeys(name for name, _ in seen):
        cells = [_cell([seen.get((statement, subject)) for subject in COLUMNS[column]]) for column in columns]
        yield f"| {statement.removeprefix('test_').replace('_', ' ')} | {' | '.join(cells)} |"


def _cell(held: Iterable[bool | None]) -> str:
    tried = [each for each in held if each is not None]
    if not tried:
        return "–"
    return "yes" if all(tried) else "**no**"


def write(page: Path, lines: Iterable[str]) -> None:
    """Put *lines* between the two marks of *page*."""
    text = page.read_text("utf-8")
    before, _, rest = text.partition(BEGIN)
    after = rest.partition(END)[2]
    page.write_text(f"{before}{BEGIN}\n{chr(10).join(lines)}\n{END}{after}", "utf-8")


def main(reports: list[str]) -> int:
    """Run the contract, merge the *reports*, write the table."""
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder) / "here.xml"
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "tests/adapters/cameras/test_contract.py",
            f"--junit-xml={here}",
        ]
        code = subprocess.call(command, cwd=ROOT)
        seen = results(here)
    for report in reports:
        seen |= results(Path(report))
    write(PAGE, rows(seen))
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
