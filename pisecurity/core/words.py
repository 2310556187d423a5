"""What an alert says: what happened, where, when by the clock of the house, and what to do.

The sentences come from a catalogue, so that another language is another file. This module only fills them in.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, tzinfo

from pisecurity.core.times import date
from pisecurity.core.types import Alert, AlertKind, Mode

SUBJECT_LETTERS = 120
"""Longest subject; a phone shows less, and the text says it all."""
SCHEDULE = "schedule"
"""What the weekly schedule calls itself where it gives an order."""


@dataclass(frozen=True, slots=True)
class Words:
    """Subject and plain text of an alert."""

    subject: str
    """One line."""
    text: str
    """Lines ending in newlines."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What an alert is about; what a kind does not need may be left out."""

    house: str
    at: datetime
    """When it happened, aware."""
    zone: tzinfo
    """Time zone in which times are written."""
    camera: str = ""
    """What people call the camera; empty where it is about none."""
    places: frozenset[str] = frozenset()
    """Names of the zones it was in."""
    mode: Mode | None = None
    """Mode the alarm was in."""
    alarm_at: datetime | None = None
    """ENTRY: when it becomes an alarm, aware."""
    after_entry: bool = False
    """ALARM: an entry delay has run out, rather than something moved just now."""
    by: str = ""
    """ALL_CLEAR, DURESS: who disarmed; SCHEDULE is nobody's name."""
    part: str = ""
    """FAULT, RECOVERED: which part it is about, by its key in the catalogue: ``disk``, ``channel``; RECOVERED of a
    camera: empty. OUTAGE: its cause, empty for a power cut. NIGHT: the verdict, empty where it is fine."""
    detail: str = ""
    """FAULT, TAMPER: why, and the fix."""
    count: int = 0
    """SUMMARY, DIGEST: of how many it tells. ALARM: how many movements before it the pause held back."""
    since: datetime | None = None
    """SUMMARY, DIGEST, ALARM with a *count*: when the first of them was, aware."""
    more: Mapping[str, str] = field(default_factory=dict)
    """What else the sentences of the kind name, as text by the name it has there."""
    lines: tuple[str, ...] = ()
    """What else is to be told, each a whole line."""


def alert_id(event_id: str, kind: AlertKind) -> str:
    """Return the id of the alert of *kind* about the event: always the same, so it is never stored twice."""
    return hashlib.sha256(f"{event_id}:{kind}".encode()).hexdigest()[:32]


def compose(kind: AlertKind, facts: Facts, catalogue: Mapping[str, str]) -> Words:
    """Return what an alert of *kind* says.

    Args:
        catalogue: sentences by key, as in ``web/locales/mail.en.json``.

    Raises:
        KeyError: the catalogue lacks a sentence, or one names a fact that there is not.
    """
    values = _values(facts, catalogue)

    def say(key: str, **more: str) -> str:
        return catalogue[key].format(**values, **more)

    key = f"{kind}.{facts.part}" if facts.part else str(kind)
    lines = [say("line.what", text=say(_text_key(key, facts)))]
    if kind is AlertKind.ALARM and facts.count:
        lines.append(say("line.held"))
    if facts.detail:
        lines.append(say("line.detail"))
    if facts.camera:
        lines.append(say("line.where"))
    lines.append(say("line.when"))
    lines += map(_one_line, facts.lines)
    lines += ["", say("line.todo", text=say(_todo_key(key, facts)))]
    return Words(_cut(say(f"{key}.subject"), SUBJECT_LETTERS), "".join(f"{line}\n" for line in lines))


def compose_digest(alerts: Sequence[Alert], facts: Facts, catalogue: Mapping[str, str]) -> Words:
    """Return what a digest of *alerts* says: each in one line, under the days on which they happened.

    Args:
        alerts: oldest first.
        facts: of the digest, with *count* and *since*.

    Raises:
        KeyError: as ``compose``.
    """
    words = compose(AlertKind.DIGEST, facts, catalogue)
    lines, day = [words.text], None
    for alert in alerts:
        local = alert.at.astimezone(facts.zone)
        if local.date() != day:
            day = local.date()
            lines.append(f"\n{date(local, catalogue)}\n")
        subject = alert.subject.removeprefix(f"[{_one_line(facts.house)}] ")
        lines.append(f"{local:%H:%M:%S}  {subject}\n")
    return Words(words.subject, "".join(lines))


def _todo_key(key: str, facts: Facts) -> str:
    """Return what to do: whoever armed at home is inside, and must not be told to stay out."""
    inside = key in (AlertKind.ALARM, AlertKind.SUMMARY) and facts.mode in (Mode.HOME, Mode.NIGHT)
    return "alarm.todo.inside" if inside else f"{key}.todo"


def _text_key(key: str, facts: Facts) -> str:
    if key == AlertKind.ALARM and facts.after_entry:
        return "alarm.text.after_entry"
    if key == AlertKind.ENTRY and facts.alarm_at is not None:
        return "entry.text.alarm_at"
    return f"{key}.text"


def _values(facts: Facts, catalogue: Mapping[str, str]) -> dict[str, str]:
    """Return *facts* as text, each on one line."""
    local = facts.at.astimezone(facts.zone)
    camera = _one_line(facts.camera) or catalogue["camera.unknown"]
    places = ", ".join(sorted(_one_line(place) for place in facts.places))
    return {
        "house": _one_line(facts.house),
        "camera": camera,
        "where": catalogue["line.where_in"].format(camera=camera, places=places) if places else camera,
        "date": date(local, catalogue),
        "time": f"{local:%H:%M:%S}",
        "zone": f"{local:%Z}",
        "alarm_time": f"{facts.alarm_at.astimezone(facts.zone):%H:%M:%S}" if facts.alarm_at else "",
        "mode": catalogue[f"mode.{facts.mode or 'unknown'}"],
        "by": _by(facts, catalogue),
        "detail": _one_line(facts.detail),
        "count": str(facts.count),
        "since": _since(facts, catalogue),
        "span": catalogue["span.unknown"],
        "summary": catalogue["daily.quiet"],
        "todo": catalogue["daily.nothing"],
        "times": f"{local:%H:%M}",
        **{name: _one_line(text) for name, text in facts.more.items()},
    }


def _since(facts: Facts, catalogue: Mapping[str, str]) -> str:
    """Return when the first was, with its day where that is another one than that of the alert."""
    if facts.since is None:
        return ""
    local = facts.since.astimezone(facts.zone)
    if local.date() == facts.at.astimezone(facts.zone).date():
        return f"{local:%H:%M:%S}"
    return f"{date(local, catalogue)}, {local:%H:%M:%S}"


def _by(facts: Facts, catalogue: Mapping[str, str]) -> str:
    """Return who did it as it stands at the beginning of a sentence."""
    if facts.by == SCHEDULE:
        return catalogue["by.schedule"]
    return _one_line(facts.by) or catalogue["by.unknown"]


def _one_line(text: str) -> str:
    """Return *text* without line breaks and control characters, which could end a mail header."""
    spaced = "".join(" " if unicodedata.category(letter) in ("Cc", "Zl", "Zp") else letter for letter in text)
    return " ".join(spaced.split())


def _cut(text: str, letters: int) -> str:
    return text if len(text) <= letters else text[: letters - 1].rstrip() + "…"
