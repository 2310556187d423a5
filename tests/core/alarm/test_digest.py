"""Which alerts go together in one mail."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from pisecurity.core.alarm.digest import KINDS, LEAST, LONG_S, Digest, gather
from pisecurity.core.types import Alert, AlertKind, Delivery, Instant, Outcome

NOW = Instant("boot-1", 5000.0)
AT = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
ANNA, BEN = "anna@example.org", "ben@example.org"


def alert(number: int, kind: AlertKind = AlertKind.ALARM) -> Alert:
    return Alert(f"a{number}", kind, AT, f"alert {number}", "text")


def row(
    number: int,
    recipient: str = ANNA,
    *,
    kind: AlertKind = AlertKind.ALARM,
    waited_s: float | None = LONG_S,
    boot_id: str = NOW.boot_id,
    digested: bool = False,
) -> Delivery:
    """Return a row that has waited for so long; its id has the number of its alert and the recipient's first letter."""
    stored = None if waited_s is None else Instant(boot_id, NOW.since_boot_s - waited_s)
    return Delivery(
        number * 1000 + ord(recipient[0]), alert(number, kind), "mail", recipient, 1, NOW, Outcome.LATER, "gone",
        stored=stored, digested=digested,
    )  # fmt: skip


def digests(*rows: Delivery) -> list[tuple[tuple[str, ...], list[str], tuple[int, ...]]]:
    return [(one.recipients, [each.id for each in one.alerts], one.rows) for one in gather(rows, NOW)]


def test_what_has_waited_for_long_goes_together_oldest_first() -> None:
    rows = [row(number) for number in range(4)]
    assert gather(rows, NOW) == (
        Digest((ANNA,), tuple(alert(number) for number in range(4)), tuple(each.id for each in rows)),
    )


def test_fewer_are_read_one_by_one() -> None:
    assert LEAST == 4
    assert digests(*map(row, range(3))) == []


def test_five_minutes_are_long_and_one_that_waited_so_long_is_enough() -> None:
    assert LONG_S == 300
    fresh = [row(number, waited_s=0) for number in range(3)]
    assert digests(row(9, waited_s=299.9), *fresh) == []
    assert len(digests(row(9, waited_s=300), *fresh)) == 1


@pytest.mark.parametrize("since", [{"boot_id": "boot-0"}, {"waited_s": None}], ids=["another boot", "nobody knows"])
def test_what_is_from_before_the_boot_has_waited_for_long(since: dict[str, object]) -> None:
    fresh = [row(number, waited_s=0) for number in range(3)]
    assert len(digests(row(9, **since), *fresh)) == 1  # type: ignore[arg-type]


def test_recipients_who_wait_for_the_same_get_one_mail_and_others_their_own() -> None:
    both = [row(number, to) for number in range(4) for to in (ANNA, BEN)]
    assert digests(*both) == [
        ((ANNA, BEN), ["a0", "a1", "a2", "a3"], (97, 1097, 2097, 3097, 98, 1098, 2098, 3098)),
    ]
    more = [*both, row(4, BEN)]
    assert digests(*more) == [
        ((ANNA,), ["a0", "a1", "a2", "a3"], (97, 1097, 2097, 3097)),
        ((BEN,), ["a0", "a1", "a2", "a3", "a4"], (98, 1098, 2098, 3098, 4098)),
    ]


def test_what_a_digest_was_to_tell_of_is_in_no_other() -> None:
    assert digests(*map(row, range(3)), row(3, digested=True)) == []
    assert digests(*map(row, range(4)), row(4, digested=True)) == [
        ((ANNA,), ["a0", "a1", "a2", "a3"], (97, 1097, 2097, 3097))
    ]


@pytest.mark.parametrize("kind", AlertKind)
def test_only_kinds_that_one_line_can_stand_for_go_into_a_digest(kind: AlertKind) -> None:
    listed = {
        AlertKind.ALARM, AlertKind.ENTRY, AlertKind.ALL_CLEAR, AlertKind.FAULT, AlertKind.RECOVERED, AlertKind.SUMMARY,
        AlertKind.DISARMED,
    }  # fmt: skip
    assert listed == KINDS
    assert bool(digests(*(row(number, kind=kind) for number in range(4)))) == (kind in listed)
