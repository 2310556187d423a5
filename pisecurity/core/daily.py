"""The daily mail: when it is due, and what it says, in words that a household reads in 20 seconds."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

from pisecurity.core.alarm.outlook import Outlook, Standing
from pisecurity.core.alarm.schedule import first_shown
from pisecurity.core.audit import shown
from pisecurity.core.times import MINUTE_S, duration
from pisecurity.core.times import date as written_date
from pisecurity.core.types import Fault, Instant, Mode, Outcome
from pisecurity.core.vision.contrast import missed_coats
from pisecurity.core.words import SCHEDULE

LEAST_APART_S = 20 * 3600.0
"""Between the times of day of two mails by the clock that no jump moves; the shortest day of the year has 23 hours."""
LATEST_S = 16 * 3600.0
"""A mail that would come later than that is left to the next one, which is near and tells all."""
NEAR, WEEK = timedelta(hours=20), timedelta(days=6)
"""From now; a time of day that is farther away is told with its weekday, or with its date."""
MOST_LISTED = 5
"""Alarms, orders and faults that are named one by one; of more the newest."""
CAMERA_FACT = "camera:"

_FPS = re.compile(r"([\d.]+) frames/s")
_SILENCES = (
    (", pause ", "pause"),
    ("counts only in mode", "zone"),
    ("arming", "leaving"),
    ("pending", "entry"),
    ("disarmed", "disarmed"),
)
"""What a reason of the rules contains that kept an event silent, and the key of its words."""
_DISMISSALS = (
    ("to and fro", "fro"),
    ("in ignore zone", "zone"),
    ("too small", "small"),
    ("went", "near"),
    ("does not move", "near"),
    ("seen ", "short"),
    ("comes and goes", "short"),
    ("too fast", "fast"),
)
"""The same for what was no event."""


@dataclass(frozen=True, slots=True)
class Marks:
    """Numbers of the newest rows that are told."""

    events: int = 0
    ledger: int = 0
    audit: int = 0
    alerts: int = 0


@dataclass(frozen=True, slots=True)
class DailyTold:
    """The last daily mail."""

    day: date
    """Of the house."""
    at: datetime
    """UTC."""
    stored: Instant
    marks: Marks


@dataclass(frozen=True, slots=True)
class Note:
    """A row of the audit log."""

    at: datetime
    mode: Mode
    by: str
    text: str


@dataclass(frozen=True, slots=True)
class Happened:
    """What was stored since the marks it was asked for."""

    marks: Marks
    """Of the newest rows in it."""
    alarms: tuple[tuple[datetime, str], ...] = ()
    """When and at which camera, by its id, an ALARM or an ENTRY was raised, oldest first."""
    silences: Mapping[str, int] | None = None
    """How many events were kept silent, by the reason of the rules."""
    dismissals: Mapping[str, int] | None = None
    """How many movements were no event, by the rule they did not fulfil."""
    notes: tuple[Note, ...] = ()
    """What the audit log took, oldest first."""
    outcomes: Mapping[Outcome, int] | None = None
    """What became of the mails, counted by recipient."""
    waiting: int = 0
    """Mails that wait now, older ones too."""
    head: str = ""
    """The hash of the newest audit row."""


@dataclass(frozen=True, slots=True)
class PastFault:
    """A fault since the last daily mail, with the text that it began with: that of its end may be that it is over."""

    fault: Fault
    ended_at: datetime | None
    """UTC; None: it is not known to be over."""


@dataclass(frozen=True, slots=True)
class Condition:
    """How the house is now."""

    at: datetime
    """UTC."""
    mode: Mode
    by: str
    since: datetime
    faults: Sequence[Fault]
    past_faults: Sequence[PastFault]
    """Those since the last mail that are over."""
    facts: Mapping[str, str]
    free_bytes: int
    memory_bytes: int
    outlook: Outlook | None
    """What the schedule does next; None where there is none."""
    next_mail: datetime | None


def latest_day(wall: datetime, at: time, zone: tzinfo) -> date:
    """Return the newest day on which the clock of the house has shown *at*."""
    today = wall.astimezone(zone).date()
    return today if first_shown(datetime.combine(today, at), zone) <= wall else today - timedelta(days=1)


def due(told: DailyTold, now: Instant, wall: datetime, at: time, zone: tzinfo) -> date | None:
    """Return the day whose mail is due; None until the clock of the house has shown *at* again.

    A house that was off at *at* gets its mail late, and the next one at *at* all the same.

    Args:
        now, wall: the present. The wall clock has to be set; it may have jumped since the last mail.
    """
    day = latest_day(wall, at, zone)
    late_s = _late_s(day, wall, at, zone)
    if late_s > LATEST_S:
        return None
    passed_s = now.seconds_since(told.stored)
    if passed_s is None:  # a day that is not reached yet was told by a clock that was ahead
        return day if told.day < day or told.day > day + timedelta(days=1) else None
    apart_s = _late_s(told.day, told.at, at, zone) + passed_s - late_s
    return day if apart_s >= LEAST_APART_S else None


def _late_s(day: date, wall: datetime, at: time, zone: tzinfo) -> float:
    """Return how long before *wall* the clock of the house showed *at* on *day*; negative before that."""
    return (wall - first_shown(datetime.combine(day, at), zone)).total_seconds()


def summary(happened: Happened, condition: Condition, catalogue: Mapping[str, str]) -> str:
    """Return the mail in a few words, for its subject: ``2 alarms, 1 fault`` or ``all is well``."""
    counts = (("alarms", len(happened.alarms)), ("faults", len(condition.faults)))
    found = [_counted(f"daily.{name}", count, catalogue) for name, count in counts if count]
    return ", ".join(found) or catalogue["daily.quiet"]


def lines(
    happened: Happened,
    condition: Condition,
    cameras: Mapping[str, str],
    zone: tzinfo,
    catalogue: Mapping[str, str],
    translate: Callable[[str], str] = str,
) -> tuple[str, ...]:
    """Return the lines of the mail; what there is nothing to say of is left out.

    Args:
        cameras: what people call each camera, by its id.
        translate: returns what a fault says in the language of the catalogue.
    """
    teller = _Teller(cameras, condition.at, zone, catalogue, translate)
    return (
        *teller.state(condition),
        *teller.alarms(happened.alarms),
        *teller.orders(happened.notes),
        *teller.outages(happened.notes),
        *teller.counted("daily.silent", _SILENCES, happened.silences or {}),
        *teller.counted("daily.dismissed", _DISMISSALS, happened.dismissals or {}),
        *teller.faults(condition),
        *teller.health(condition),
        *teller.mails(happened),
        *teller.record(happened),
        *teller.next(condition),
    )


class _Teller:
    """Fills in the sentences of the catalogue."""

    def __init__(
        self,
        cameras: Mapping[str, str],
        wall: datetime,
        zone: tzinfo,
        catalogue: Mapping[str, str],
        translate: Callable[[str], str],
    ) -> None:
        self._wall, self._translate = wall, translate
        self._cameras, self._zone, self._catalogue = cameras, zone, catalogue

    def _say(self, key: str, **values: object) -> str:
        return self._catalogue[key].format(**values)

    def _number(self, value: float) -> str:
        return f"{value:.1f}".replace(".", self._catalogue["decimal"])

    def _moment(self, at: datetime) -> str:
        """Return the time of day, with its day where that may be mistaken for another one."""
        local = at.astimezone(self._zone)
        if abs(at - self._wall) < NEAR:
            return f"{local:%H:%M}"
        weekday = self._catalogue["weekdays"].split(",")[local.weekday()]
        day = weekday if abs(at - self._wall) < WEEK else written_date(local, self._catalogue)
        return self._say("span.moment", time=f"{local:%H:%M}", weekday=day)

    def _label(self, camera: str) -> str:
        return self._cameras.get(camera, camera) or self._catalogue["camera.unknown"]

    def _by(self, by: str) -> str:
        return self._catalogue["by.schedule"] if by == SCHEDULE else by

    def _mode(self, mode: Mode) -> str:
        return self._catalogue[f"mode.{mode}"]

    def state(self, condition: Condition) -> Iterator[str]:
        yield self._say(
            "daily.now", mode=self._mode(condition.mode), by=self._by(condition.by), since=self._moment(condition.since)
        )

    def alarms(self, alarms: Sequence[tuple[datetime, str]]) -> Iterator[str]:
        if alarms:
            listed = [f"{self._label(camera)} {self._moment(at)}" for at, camera in alarms]
            count = _counted("daily.alarms", len(alarms), self._catalogue)
            yield self._say("daily.happened", count=count, list=self._newest(listed))
        else:
            yield self._catalogue["daily.no_alarms"]

    def orders(self, notes: Iterable[Note]) -> Iterator[str]:
        orders = [
            self._say("daily.order", mode=self._mode(note.mode), by=self._by(note.by), when=self._moment(note.at))
            for note in notes
            if ": ordered " in note.text
        ]
        if orders:
            yield self._say("daily.orders", list=self._newest(orders))

    def outages(self, notes: Iterable[Note]) -> Iterator[str]:
        for note in notes:
            if note.text.startswith("off "):
                yield self._say("daily.outage", text=note.text.removeprefix("off ").partition(" by ")[0])

    def counted(self, key: str, kinds: Sequence[tuple[str, str]], reasons: Mapping[str, int]) -> Iterator[str]:
        """Yield how many there were and the three reasons that were most frequent."""
        counts: Counter[str] = Counter()
        for reason, count in reasons.items():
            counts[next((name for part, name in kinds if part in reason), "other")] += count
        if counts:
            listed = ", ".join(
                self._say("daily.reason", count=count, reason=self._catalogue[f"{key}.{name}"])
                for name, count in counts.most_common(3)
            )
            yield self._say(key, count=counts.total(), list=listed)

    def faults(self, condition: Condition) -> Iterator[str]:
        for fault in condition.faults:
            yield self._say("daily.fault", since=self._moment(fault.since_at), text=self._translate(fault.text))
        told = [
            self._say(
                "daily.past_fault",
                since=self._moment(past.fault.since_at),
                lasted=duration(max((past.ended_at - past.fault.since_at).total_seconds(), MINUTE_S), self._catalogue),
                text=self._translate(past.fault.text),
            )
            for past in condition.past_faults
            if past.ended_at is not None
        ]
        yield from told[-MOST_LISTED:]

    def health(self, condition: Condition) -> Iterator[str]:
        rates = [
            self._say("daily.rate", camera=self._label(camera), fps=self._number(float(found[1])))
            for camera, text in _of_cameras(condition.facts)
            if (found := _FPS.search(text))
        ]
        free_gb, memory_mb = condition.free_bytes / 1e9, condition.memory_bytes / 1e6
        yield self._say("daily.health", disk=self._number(free_gb), memory=f"{memory_mb:.0f}", cameras=", ".join(rates))
        for camera, remark in missed_coats(condition.facts).items():
            yield self._say("daily.dark", camera=self._label(camera), remark=self._translate(remark))

    def mails(self, happened: Happened) -> Iterator[str]:
        outcomes = happened.outcomes or {}
        yield self._say(
            "daily.mails",
            accepted=outcomes.get(Outcome.ACCEPTED, 0),
            refused=outcomes.get(Outcome.REFUSED, 0),
            waiting=happened.waiting,
        )

    def record(self, happened: Happened) -> Iterator[str]:
        if happened.head:
            yield self._say("daily.record", head=shown(happened.marks.audit, happened.head))

    def next(self, condition: Condition) -> Iterator[str]:
        parts = list(self._schedule(condition.outlook)) if condition.outlook else []
        if condition.next_mail is not None:
            parts.append(self._say("daily.next_mail", when=self._moment(condition.next_mail)))
        if parts:
            yield self._say("daily.next", list="; ".join(parts))

    def _schedule(self, outlook: Outlook) -> Iterator[str]:
        """Yield what the page says below the state."""
        edge = outlook.next
        mode, when = (self._mode(edge.mode), self._moment(edge.at)) if edge else ("", "")
        if outlook.standing is Standing.ALARM:
            yield self._say("daily.next_alarm")
        elif outlook.holiday:
            key = "daily.next_off_until" if edge else "daily.next_off"
            yield self._say(key, when=when, holiday=outlook.holiday)
        elif edge:
            key = "daily.next_goes_on" if outlook.standing is Standing.OVERRULED else "daily.next_mode"
            yield self._say(key, mode=mode, when=when)
        if off := outlook.coming:
            day = written_date(datetime.combine(off.first, time()), self._catalogue)
            key = "daily.next_holiday" if off.first == off.last else "daily.next_holidays"
            yield self._say(key, day=day, holiday=off.name)

    def _newest(self, listed: Sequence[str]) -> str:
        """Return the newest of *listed*, and that there were more."""
        more = len(listed) - MOST_LISTED
        shown = "; ".join(listed[-MOST_LISTED:])
        return self._say("daily.more", list=shown, more=more) if more > 0 else shown


def _of_cameras(facts: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    return ((key.removeprefix(CAMERA_FACT), text) for key, text in facts.items() if key.startswith(CAMERA_FACT))


def _counted(key: str, count: int, catalogue: Mapping[str, str]) -> str:
    return catalogue[f"{key}.one" if count == 1 else f"{key}.many"].format(count=count)
