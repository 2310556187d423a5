"""Writes the states of the alarm into docs: ``make diagram``."""

from __future__ import annotations

import re
from pathlib import Path

from tests.diagram.drawing import draw
from tests.diagram.words import table

DOCS = Path(__file__).parents[2] / "docs"
PICTURE = DOCS / "pictures" / "alarm-states.svg"
PAGE = DOCS / "alarm.md"
_TABLE = re.compile(r"(?<=<!-- make diagram -->\n).*?(?=<!-- to here -->)", re.DOTALL)


def filled(page: str) -> str:
    """Return *page* with the table as it is now between its marks."""
    return _TABLE.sub(lambda mark: table(), page)


def main() -> None:
    """Write the picture, and the table into the page."""
    PICTURE.write_text(draw())
    PAGE.write_text(filled(PAGE.read_text()))


if __name__ == "__main__":
    main()
