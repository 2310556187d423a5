"""Whether the alarm would do its work if it were armed now: the whole chain, from the camera to the mail.

A *graver* problem means that somebody might come in unseen, or that nobody would hear of it: whoever arms says "arm
anyway". A lighter one means that it works, less well or not yet proven; it is listed and asks for nothing. Darkness is
graver for an empty house alone: who goes to bed has switched the light off themselves, every evening anew, and a
question that comes every evening is no longer read.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo

from pisecurity.core.types import Fault, Mode
from pisecurity.core.vision.contrast import DARK_FAULT

HEAT, SUPPLY, CLOCK = "heat", "supply", "clock"
"""Keys of the faults of the machine itself."""
QUEUE = "queue"
"""Key of the problem that alerts wait to be sent."""
PROVEN_S = 900.0
"""So long a login counts as proof that mails would leave."""
WAITS_S = 120.0
"""So long an alert may wait to be sent until it is worth a remark."""
_LIGHTER = frozenset(
    {HEAT, "access", "config", "control", "database", "disk", "mail-account", "page", "part", "ping", "rate"}
)
"""Faults, by their key up to the colon, with which the alarm still works: slower, or as the owner set it up. Whatever
nobody has thought about here asks."""
COAT = "coat:"
"""Begins the key of the remark that a camera would miss a dark coat alone."""
ALSO = ". Also: "
"""Joins what the text of one fault tells of several things."""
_BRIEF_LETTERS = 90


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is not as it should be."""

    key: str
    text: str
    """What, where and the fix, in one line."""
    graver: bool
    """Whether arming asks once more."""

    @property
    def brief(self) -> str:
        """What it is, without the fix: for the audit log."""
        return "; ".join(map(_brief, self.text.split(ALSO)))


@dataclass(frozen=True, slots=True)
class Chain:
    """What is known of everything an alarm passes."""

    faults: tuple[Fault, ...] = ()
    coats: Mapping[str, str] = field(default_factory=dict)
    """By what people call the camera, since when it would miss a dark coat alone; see ``missed_coats``."""
    clock_set: bool = True
    """See ``schedule.clock_is_set``."""
    guessed: datetime | None = None
    """What the clock says (UTC) while no time server is known to have set it, see ``Clock.synchronised``; else None."""
    unproven: Mapping[str, datetime | None] = field(default_factory=dict)
    """Channels whose last login is too long ago to prove anything, and when that was (UTC); None: never."""
    waiting: int = 0
    """Alerts that wait for a recipient."""
    waiting_s: float = 0.0
    """Since when there are some."""


def problems(chain: Chain, mode: Mode, zone: tzinfo) -> tuple[Problem, ...]:
    """Return what stands against arming in *mode*, the graver first; times in *zone*."""
    found = [Problem(fault.key, fault.text, is_graver(fault.key, mode)) for fault in chain.faults]
    faulty = {fault.key for fault in chain.faults}
    found += [
        _lighter(f"{COAT}{camera}", f"camera {camera}: {text}; more light helps")
        for camera, text in chain.coats.items()
    ]
    if CLOCK not in faulty and not chain.clock_set:
        found.append(_lighter(CLOCK, "no time server has set the clock yet; the schedule waits for it"))
    elif CLOCK not in faulty and chain.guessed:
        found.append(
            _lighter(
                CLOCK,
                "no time server is known to have set the clock since the start or for a week, and schedule and mails "
                f"go by it: see whether it is {chain.guessed.astimezone(zone):%Y-%m-%d %H:%M}; 'timedatectl' says why "
                "it is not set",
            )
        )
    for channel, proven_at in chain.unproven.items():
        when = f"since {proven_at.astimezone(zone):%H:%M}" if proven_at else "yet"
        found.append(
            _lighter(f"{channel}-unproven", f"{channel} not proven {when}; a login is tried in the background")
        )
    if chain.waiting and chain.waiting_s >= WAITS_S:
        found.append(
            _lighter(
                QUEUE,
                f"{chain.waiting} alert(s) wait to be sent for {chain.waiting_s / 60:.0f} min; see the mail account",
            )
        )
    return tuple(sorted(found, key=lambda problem: not problem.graver))


def is_graver(key: str, mode: Mode) -> bool:
    """Return whether arming in *mode* with the fault *key* asks once more."""
    if key.startswith(DARK_FAULT):
        return mode is Mode.AWAY
    return key.partition(":")[0] not in _LIGHTER


Anyway = bool | Collection[str]
"""What whoever arms goes on in spite of: the keys of what they were shown. True: whatever it is; False: nothing."""


def asks(found: Sequence[Problem], anyway: Anyway = False) -> bool:
    """Return whether arming with what was *found* asks once more, although somebody goes on *anyway*."""
    if anyway is True:
        return False
    return any(problem.graver and problem.key not in (anyway or ()) for problem in found)


def in_words(found: Sequence[Problem]) -> str:
    """Return what was *found* in one line, without the fixes; empty for nothing."""
    return "; ".join(problem.brief for problem in found)


def on_record(found: Sequence[Problem]) -> str:
    """Return for the audit log what was *found* as somebody armed: what they went past, and what asked for nothing."""
    bypassed = in_words([problem for problem in found if problem.graver])
    remarks = in_words([problem for problem in found if not problem.graver])
    return ", ".join(f"{what}: {text}" for what, text in (("bypassed", bypassed), ("remarks", remarks)) if text)


class Lasting:
    """Whether something is so, without flapping: believed when it has lasted, and over when it has long been gone."""

    def __init__(self, begins_s: float, ends_s: float) -> None:
        """*begins_s*, *ends_s*: so long it must be so, or not be so, until that is believed."""
        self._waits_s = {False: begins_s, True: ends_s}
        self._is_so = False
        self._other_since_s: float | None = None

    def note(self, so: bool | None, now_s: float) -> bool:
        """Return what is believed.

        Args:
            so: how it is now; None where that is not known, which changes nothing.
            now_s: monotonic seconds.
        """
        if so is None:
            return self._is_so
        if so is self._is_so:
            self._other_since_s = None
            return self._is_so
        if self._other_since_s is None:
            self._other_since_s = now_s
        if now_s - self._other_since_s >= self._waits_s[self._is_so]:
            self._is_so, self._other_since_s = so, None
        return self._is_so


def _brief(text: str) -> str:
    text = text.partition(";")[0]
    return text if len(text) <= _BRIEF_LETTERS else text[: _BRIEF_LETTERS - 1].rstrip() + "…"


def _lighter(key: str, text: str) -> Problem:
    return Problem(key, text, graver=False)
