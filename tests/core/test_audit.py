"""How a row of the audit log is shown and typed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pisecurity.core.audit import LEAST_LETTERS, LETTERS, AuditHead, read, shown

HASH = "4f3a9c1e07b2ffff" * 4


@given(st.integers(1, 10**15 - 1), st.text("0123456789abcdef", min_size=64, max_size=64))
def test_what_is_shown_can_be_typed(number: int, full: str) -> None:
    assert read(str(shown(number, full))) == AuditHead(number, full[:LETTERS])


@pytest.mark.parametrize(
    ("text", "head"),
    [
        (f"128-{HASH}", AuditHead(128, HASH)),
        (" 128-4F3A9C1E07B2 ", AuditHead(128, "4f3a9c1e07b2")),
        (HASH[:12], AuditHead(None, HASH[:12])),
    ],
)
def test_a_row_may_be_typed_in_full_in_capitals_or_without_its_number(text: str, head: AuditHead) -> None:
    assert read(text) == head
    assert str(read(text)) == str(head)


@pytest.mark.parametrize("text", ["", "-", "128-", "0-4f3a9c1e07b2", "x-4f3a9c1e07b2", "1 4f3a9c1e07b2", f"1-{HASH}0"])
def test_what_names_no_row_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="names no row; give what the daily mail gives, such as 128-4f3a9c1e07b2ffff"):
        read(text)


def test_too_few_letters_to_compare_are_refused() -> None:
    with pytest.raises(ValueError, match=f"too short to compare; at least {LEAST_LETTERS} letters"):
        read(f"128-{HASH[:11]}")
