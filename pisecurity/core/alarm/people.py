"""Who may order what, when, and how long whoever tries codes has to wait. No code is stored or compared here."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta, tzinfo
from enum import StrEnum
from itertools import pairwise

from pisecurity.core.types import Instant, Mode
from pisecurity.settings import WEEKDAYS, Weekday

LEAST_DIGITS, MOST_DIGITS = 6, 12
MOST_NAME = 40
"""Letters of a name."""
RESERVED = frozenset({"schedule", "presence", "pisecurity", "page", "somebody", "nobody"})
"""What the alarm calls things that are nobody, as ``key_of`` writes it."""
UNSEEN = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0") | frozenset(
    map(chr, range(0xFE00, 0xFE10))
)
"""Letters and marks that show nothing: a name with one looks like that of somebody else. Source: Unicode,
Default_Ignorable_Code_Point, those of no category C; and the empty Braille pattern."""

SOURCE_WAITS_S = (0.0, 0.0, 0.0, 10.0, 30.0, 60.0, 300.0, 900.0, 1800.0)
"""What one source waits after so many wrong codes, the last one repeated."""
HOUSE_WAITS_S = (*(0.0,) * 10, 10.0, 30.0, 60.0, 300.0, 900.0, 1800.0)
"""The same for all sources together, so that many phones find no more than one."""
FORGET_S = 3600.0
"""For each time so long without a wrong code one of them is forgotten."""


class Role(StrEnum):
    """What somebody may do."""

    GUEST = "guest"
    """Arm while it is disarmed, and nothing else."""
    USER = "user"
    """Arm and disarm."""
    ADMIN = "admin"
    """The same, and change settings and people once the page can do that."""


@dataclass(frozen=True, slots=True)
class Window:
    """When somebody may order at all, by the clock on the wall of the house: "Tuesdays 9 to 12"."""

    days: frozenset[Weekday]
    """On which it begins."""
    begins: time
    until: time
    """Exclusive. Not after *begins*: it ends on the day after."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who lives here, or comes here."""

    name: str
    role: Role = Role.USER
    windows: tuple[Window, ...] = ()
    """Empty: at any time."""

    @property
    def key(self) -> str:
        return key_of(self.name)


class Verdict(StrEnum):
    """What became of somebody's wish to switch the alarm."""

    ADMITTED = "admitted"
    WRONG = "wrong"
    """No code, a wrong one, or a right one outside its window: nobody learns which."""
    FORBIDDEN = "forbidden"
    """Known, and may only arm, while it is disarmed."""
    WAIT = "wait"
    """Too many wrong codes; this one was not looked at."""


def key_of(name: str) -> str:
    """Return what tells people apart: case, the way a letter is encoded, and spaces and dots at the end do not."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    return " ".join(folded.split()).rstrip(". ")


def name_fault(name: str) -> str:
    """Return what is wrong with *name* and how to put it right; empty where it is good."""
    if any(unicodedata.category(letter)[0] == "C" for letter in name) or set(name) & UNSEEN:
        return "give a name on one line, without invisible letters"
    if not any(letter.isalnum() for letter in name) or len(name) > MOST_NAME:
        return f"give a name of 1 to {MOST_NAME} letters"
    if key_of(name) in RESERVED:
        return "this is what the alarm calls itself; give another name"
    return ""


def may_order(role: Role, mode: Mode, present: Mode) -> bool:
    """Return whether somebody in *role* may order *mode* while *present* is the mode.

    Whoever may only arm may order no other mode of an armed house: its exit delay would leave it unwatched once more.
    """
    return role is not Role.GUEST or (mode is not Mode.DISARMED and present in (Mode.DISARMED, mode))


def is_open(windows: Iterable[Window], at: datetime, zone: tzinfo) -> bool:
    """Return whether somebody with these *windows* may order at *at*; without any, always.

    What counts is what a clock on the wall shows: a time that is shown twice in autumn is in the window twice, and
    one that is skipped in spring never is.

    Args:
        at: aware wall-clock time.
        zone: of the house.
    """
    local = at.astimezone(zone)
    today, before = (WEEKDAYS[day.weekday()] for day in (local, local - timedelta(days=1)))
    return not (given := tuple(windows)) or any(_covers(window, local.time(), today, before) for window in given)


def _covers(window: Window, at: time, today: Weekday, before: Weekday) -> bool:
    if window.begins < window.until:
        return today in window.days and window.begins <= at < window.until
    return (today in window.days and at >= window.begins) or (before in window.days and at < window.until)


def wait_s(failures: int, last: Instant | None, now: Instant, waits_s: Sequence[float]) -> float:
    """Return the seconds until the next code is looked at, 0 for at once.

    A wait is counted by the clock that nobody sets; after a reboot it starts anew.

    Args:
        failures: wrong codes so far, as ``failures_after`` counts them.
        last: when the last of them was; None where there was none.
        waits_s: SOURCE_WAITS_S or HOUSE_WAITS_S.
    """
    if last is None:
        return 0.0
    return max(0.0, waits_s[min(failures, len(waits_s) - 1)] - _elapsed_s(last, now))


def failures_after(failures: int, last: Instant | None, now: Instant, waits_s: Sequence[float]) -> int:
    """Return how many wrong codes count after one more *now*; arguments as for ``wait_s``.

    No more than make the longest wait, so that an attack that is over is forgotten within a day.
    """
    if last is None:
        return 1
    forgotten = int(_elapsed_s(last, now) // FORGET_S)
    return min(max(failures - forgotten, 0) + 1, len(waits_s) - 1)


def _elapsed_s(last: Instant, now: Instant) -> float:
    """Return the seconds since *last* at least: of an earlier boot it is only known that it was before this one."""
    elapsed_s = now.seconds_since(last)
    return max(now.since_boot_s if elapsed_s is None else elapsed_s, 0.0)


def is_complete(code: str) -> bool:
    """Return whether *code* has as many digits as a code may have, so that it could be one."""
    return code.isascii() and code.isdigit() and LEAST_DIGITS <= len(code) <= MOST_DIGITS


def code_fault(code: str) -> str:
    """Return what is wrong with the *code* that somebody chose, and what helps, without the code; empty: it is good."""
    if not is_complete(code):
        given = f"{len(code)} digits" if code.isdigit() else "something else than digits"
        return f"{given}: give {LEAST_DIGITS} to {MOST_DIGITS} digits"
    return TOO_EASY if _is_easy(code) else ""


TOO_EASY = "too easy to guess: give other digits"
"""Said of a code that somebody else has as well, or whoever hears it would know one that works."""


def _is_easy(code: str) -> bool:
    """Return whether *code* is among those that are tried first: 111111, 123456, 121212, 112233, 147258, 123321."""
    half = code[: len(code) // 2]
    mirrored = code == half + half[::-1] and _is_run(half)
    thirds = len(code) % 3 == 0 and all(_is_run(code[at : at + 3]) for at in range(0, len(code), 3))
    pairs = code[::2] == code[1::2] and _is_run(code[::2])
    repeats = re.fullmatch(r"(.+)\1+", code) is not None
    return len(set(code)) < 3 or repeats or mirrored or thirds or pairs or _is_run(code)


def _is_run(digits: str) -> bool:
    """Return whether each of *digits* is as far from the one before as the others are, counting on from 9 to 0."""
    return len({(int(after) - int(before)) % 10 for before, after in pairwise(digits)}) <= 1
