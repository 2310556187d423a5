"""What the page says, as plain values: the template and ``/api/state`` show the same words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from enum import StrEnum

from pisecurity.core.alarm.outlook import Outlook, Standing, in_words
from pisecurity.core.alarm.states import FIRST_START
from pisecurity.core.types import AlarmState, AlertKind, Dismissed, EventRecord, Fault, Mode, Outcome
from pisecurity.core.vision.contrast import SEEING_FACT, missed_coats
from pisecurity.core.vision.learned import LearnedScene
from pisecurity.core.vision.scale import PETS_FACT
from pisecurity.runtime.alarm.panel import PanelStatus
from pisecurity.runtime.desk import RESTART_FACT
from pisecurity.runtime.life.outages import FACT as OUTAGE_FACT
from pisecurity.runtime.life.ping import POWER_CUT_FACT
from pisecurity.runtime.scenes import Unshown

WORDS = {
    AlarmState.DISARMED: "Disarmed",
    AlarmState.ARMED_HOME: "Armed home",
    AlarmState.ARMED_AWAY: "Armed away",
    AlarmState.ARMED_NIGHT: "Armed night",
    AlarmState.PENDING: "Disarm now",
    AlarmState.TRIGGERED: "Alarm",
}
SILENT_WORDS = {
    AlarmState.DISARMED: "disarmed",
    AlarmState.ARMING: "exit delay",
    AlarmState.PENDING: "entry delay",
}
"""Why an event was not mailed. In the other states it is a zone that does not count in the mode; the page of the event
says which. Of what the pause held back SUMMED_WORDS tells."""
SUMMED_WORDS: Mapping[bool | None, str] = {False: "in next mail", True: "mailed later"}
_SUMMED_SENTENCES: Mapping[bool | None, str] = {False: "Follows in the next mail", True: "Mailed later, with others"}
ARMING_WORDS = {Mode.HOME: "Arming home", Mode.AWAY: "Arming away", Mode.NIGHT: "Arming night"}
_ARMED = frozenset({AlarmState.ARMED_HOME, AlarmState.ARMED_AWAY, AlarmState.ARMED_NIGHT})
BLIND = "Blind"
"""Said in the place of the armed state while no camera sends a picture: armed alone would look well guarded."""
STALE_S = 5.0
"""A picture older than this is no longer called live."""


class Mailed(StrEnum):
    """What became of the mails about one event, in one word and one icon."""

    SILENT = "silent"
    """Nothing was to be sent."""
    SENT = "sent"
    PARTLY = "partly"
    WAITING = "waiting"
    REFUSED = "refused"
    SHOWN = "shown"
    """An alert without any recipient: the page alone shows it."""


@dataclass(frozen=True, slots=True)
class Banner:
    """The top of the page."""

    state: AlarmState
    word: str
    line: str
    mode: Mode
    countdown_s: float | None
    sequence: int
    blind: bool = False
    """Whether it is armed and no camera sends a picture."""


@dataclass(frozen=True, slots=True)
class EventCard:
    """One event as lists show it."""

    id: str
    time: str
    """Short label, ``14:03`` or ``Mon 14:03``."""
    full_time: str
    iso: str
    place: str
    mailed: Mailed
    mailed_words: str


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """Something that moved and was not told, as the list shows it."""

    time: str
    """To the second, ``14:03:22`` or ``Mon 14:03:22``: a minute has several."""
    full_time: str
    iso: str
    camera: str
    lasted: str
    reason: str
    left_out: int
    """How many more of the same minute have no row."""


@dataclass(frozen=True, slots=True)
class CameraView:
    """One live picture."""

    id: str
    label: str
    age_s: float | None
    fault: str | None
    """Why there is no picture."""

    @property
    def veil(self) -> str:
        """Return what covers the picture, or nothing while it is live."""
        if self.age_s is None:
            return self.fault or "No picture yet"
        if self.age_s <= STALE_S:
            return ""
        old = f"Picture is {span(self.age_s)} old"
        return f"{old}. {self.fault}" if self.fault else old

    @property
    def is_blind(self) -> bool:
        """Return whether something is known to keep it from sending pictures.

        One that sends them again has its fault until it has done so for a while; one that hangs sends none.
        """
        return bool(self.fault and self.veil)


def banner(
    status: PanelStatus,
    event: EventRecord | None,
    place: str,
    now: datetime,
    zone: tzinfo,
    newest: EventRecord | None = None,
    cameras: Sequence[CameraView] = (),
) -> Banner:
    """Return what the top of the page says.

    Args:
        status: what the alarm does now.
        event: the event behind pending or triggered, None where it is not known.
        place: where that event was, in the owner's words.
        now: UTC wall time, which decides whether a day must be named.
        zone: zone of the labels.
        newest: the last event, named beside the one that raised the alarm.
        cameras: all that there are.
    """
    word = ARMING_WORDS.get(status.mode, "Arming") if status.state is AlarmState.ARMING else WORDS[status.state]
    line = f"since {short_time(status.since_at, now, zone)}, by {status.by}"
    if status.state is AlarmState.ARMING:
        line = f"leave now. Armed by {status.by}"
    elif status.state in _ARMED and cameras and all(camera.is_blind for camera in cameras):
        line = f"{WORDS[status.state].lower()}, without a picture"
        return Banner(status.state, BLIND, line, status.mode, status.countdown_s, status.sequence, blind=True)
    elif status.how == FIRST_START:
        line = f"since {short_time(status.since_at, now, zone)}. Not armed yet"
    elif event is not None and status.state in {AlarmState.PENDING, AlarmState.TRIGGERED}:
        line = f"{place}, {clock_time(event.opened_at, zone)}"
        if status.state is AlarmState.TRIGGERED:
            line += f". {mailed_sentence(event)}"
            if newest is not None and newest.opened_at > event.opened_at:
                line += f". Last {clock_time(newest.opened_at, zone)}"
    return Banner(status.state, word, line, status.mode, status.countdown_s, status.sequence)


def schedule_line(outlook: Outlook | None, state: AlarmState, now: datetime, zone: tzinfo) -> str:
    """Return the line below the state: what the schedule does next. Empty while a countdown or an alarm matters."""
    matters_more = state in {AlarmState.ARMING, AlarmState.PENDING, AlarmState.TRIGGERED}
    if matters_more and (outlook is None or outlook.standing is not Standing.ALARM):
        return ""
    return in_words(outlook, lambda at: short_time(at, now, zone))


def card(record: EventRecord, label: Callable[[str], str], now: datetime, zone: tzinfo) -> EventCard:
    """Return *record* as lists show it."""
    return EventCard(
        record.id,
        short_time(record.opened_at, now, zone),
        full_time(record.opened_at, zone),
        record.opened_at.astimezone(zone).isoformat(timespec="seconds"),
        place(record, label),
        mailed(record),
        mailed_words(record),
    )


def ledger_row(row: Dismissed, label: Callable[[str], str], now: datetime, zone: tzinfo) -> LedgerRow:
    """Return *row* as the list shows it."""
    return LedgerRow(
        short_time(row.first_at, now, zone, clock="%H:%M:%S"),
        full_time(row.first_at, zone),
        row.first_at.astimezone(zone).isoformat(timespec="seconds"),
        label(row.camera),
        f"{row.lasted_s:.1f} s",
        sentence(row.reason),
        row.left_out,
    )


def place(record: EventRecord, label: Callable[[str], str]) -> str:
    """Return where it happened: the zones it touched, or else the camera."""
    return ", ".join(sorted(record.zones)) or label(record.camera)


def mailed(record: EventRecord) -> Mailed:
    """Return what became of the mails about *record*."""
    if record.kind is None:
        return Mailed.SILENT
    outcomes = [delivery.outcome for delivery in record.mails]
    if not outcomes:
        return Mailed.SHOWN
    if any(outcome in {Outcome.WAITING, Outcome.LATER, Outcome.DIGESTED} for outcome in outcomes):
        return Mailed.WAITING
    accepted = outcomes.count(Outcome.ACCEPTED)
    if accepted == len(outcomes):
        return Mailed.SENT
    return Mailed.PARTLY if accepted else Mailed.REFUSED


def mailed_words(record: EventRecord) -> str:
    """Return the same in words, with the numbers."""
    total = len(record.mails)
    accepted = sum(delivery.outcome is Outcome.ACCEPTED for delivery in record.mails)
    return {
        Mailed.SILENT: SUMMED_WORDS.get(record.summed, SILENT_WORDS.get(record.state, "not mailed")),
        Mailed.SHOWN: "shown here",
        Mailed.WAITING: f"{accepted} of {total} sent" if accepted else "mail waits",
        Mailed.SENT: "mailed" if total == 1 else f"mailed to {accepted}",
        Mailed.PARTLY: f"{accepted} of {total} sent",
        Mailed.REFUSED: "mail refused",
    }[mailed(record)]


def mailed_sentence(record: EventRecord) -> str:
    """Return the same where there is room for it: nobody must wonder whether a mail left."""
    if mailed(record) is Mailed.SILENT:
        return _SUMMED_SENTENCES.get(record.summed, "Not mailed")
    return sentence(mailed_words(record))


def cameras(
    ids: Sequence[str], age_s: Callable[[str], float | None], label: Callable[[str], str], faults: Sequence[Fault]
) -> tuple[CameraView, ...]:
    """Return the live pictures with their ages and what is wrong with them."""
    texts = {fault.key: sentence(fault.text) for fault in faults}
    return tuple(CameraView(each, label(each), age_s(each), texts.get(f"camera:{each}")) for each in ids)


_UNSHOWN_WORDS = {
    Unshown.SILENT: "There is no picture: the camera sends none just now",
    Unshown.BEGINNING: "The camera has just begun to learn its scene; the picture comes by itself in a few seconds",
    Unshown.BUSY: "Others look at it just now; the picture comes by itself in a few seconds",
    Unshown.FOREIGN: 'There is no picture: only with motion.background = "ours" can it be shown',
}


def unshown(learned: LearnedScene | Unshown, fault: str | None = None) -> str:
    """Return why nothing is shown of what was *learned*, empty where something is.

    Args:
        learned: as ``Scenes.show`` has it.
        fault: what is wrong with the camera.
    """
    if isinstance(learned, LearnedScene):
        return ""
    if learned is Unshown.SILENT and fault:
        return f"There is no picture: {fault}"
    return _UNSHOWN_WORDS[learned]


_PARTS = ((0.15, "a small part"), (0.4, "about a quarter"), (0.65, "about half"))
_WEATHER = 0.15
"""Share of the picture from which on hardly any tree or curtain is large enough."""


def restless(share: float) -> str:
    """Return in words how much of the picture of what was learned is plainly red.

    Args:
        share: see ``restless_share``.
    """
    if share < 0.01:
        return "Just now hardly anything stirs by itself."
    part = next((words for below, words in _PARTS if share < below), "most")
    cause = " So much at once is light or weather, such as clouds, a lamp, rain or snow." if share >= _WEATHER else ""
    return f"Just now {part} of the picture is plainly red.{cause}"


def sight(facts: Mapping[str, str], camera: str) -> tuple[tuple[str, str], ...]:
    """Return what *facts* say of *camera*, by id, as ``pisecurity status`` does: name and words of each."""
    named = (("Camera", "camera:"), ("Sight", SEEING_FACT), ("Pets", PETS_FACT))
    known = ((name, facts.get(f"{key}{camera}", "")) for name, key in named)
    return tuple((name, sentence(text)) for name, text in known if text)


def sentence(text: str) -> str:
    """Return *text* with a capital at its beginning."""
    return text[:1].upper() + text[1:]


def readiness(faults: Sequence[Fault], remarks: int = 0, *, alarm: bool = False) -> str:
    """Return the one line that says whether the house is watched over; how many *remarks* there are stands below.

    Args:
        alarm: whether there is one just now, in which nobody asks whether it is ready.
    """
    if not faults and alarm:
        return "No faults"
    if not faults and remarks:
        return "Ready, with a remark" if remarks == 1 else f"Ready, with {remarks} remarks"
    if not faults:
        return "Everything ready"
    return faults[0].text if len(faults) == 1 else f"{len(faults)} problems: {faults[0].text}"


def notes(facts: Mapping[str, str], label: Callable[[str], str]) -> tuple[str, ...]:
    """Return the quiet lines under the readiness; the other *facts* are for ``pisecurity status``."""
    told = [
        f"{key.capitalize()}: {facts[key]}"
        for key in (RESTART_FACT, "zones", OUTAGE_FACT, POWER_CUT_FACT)
        if key in facts
    ]
    dark = (f"{label(camera)}: {remark}; more light helps" for camera, remark in missed_coats(facts).items())
    return (*told, *dark)


ALERT_WORDS = {
    AlertKind.ALARM: "Alarm",
    AlertKind.ENTRY: "Somebody came in",
    AlertKind.ALL_CLEAR: "All clear",
    AlertKind.DURESS: "Silent alarm",
    AlertKind.TAMPER: "Camera lost",
    AlertKind.FAULT: "Fault",
    AlertKind.RECOVERED: "Recovered",
    AlertKind.SUMMARY: "Alarm goes on",
    AlertKind.DIGEST: "Digest",
    AlertKind.TEST: "Test",
    AlertKind.OUTAGE: "Outage",
    AlertKind.DAILY: "Daily mail",
    AlertKind.NIGHT: "First night",
    AlertKind.DISARMED: "Disarmed",
}
OUTCOME_WORDS = {
    Outcome.WAITING: "waits to be sent",
    Outcome.ACCEPTED: "taken by the mail server",
    Outcome.LATER: "will be tried again",
    Outcome.REFUSED: "refused",
    Outcome.DIGESTED: "goes in one mail with others",
}


def span(seconds: float) -> str:
    """Return a length of time in its largest whole unit: ``12 s``, ``3 min``, ``5 h``."""
    if seconds < 60:
        return f"{int(seconds)} s"
    return f"{seconds // 60:.0f} min" if seconds < 3600 else f"{seconds // 3600:.0f} h"


def duration(seconds: float) -> str:
    """Return how long something took: ``3 ms``, ``10.0 s``."""
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.1f} s"


def short_time(at: datetime, now: datetime, zone: tzinfo, clock: str = "%H:%M") -> str:
    """Return ``08:12``, as *clock* has it, with the day in front unless it is today."""
    local, today = at.astimezone(zone), now.astimezone(zone).date()
    if local.date() == today:
        return f"{local:{clock}}"
    days = abs((today - local.date()).days)
    return f"{local:%a {clock}}" if days < 7 else f"{local.day} {local:%b {clock}}"


def clock_time(at: datetime, zone: tzinfo) -> str:
    """Return ``14:03:22``."""
    return f"{at.astimezone(zone):%H:%M:%S}"


def full_time(at: datetime, zone: tzinfo) -> str:
    """Return ``Mon 1 Jun 2026, 14:03:22 CEST``."""
    local = at.astimezone(zone)
    return f"{local:%a} {local.day} {local:%b %Y, %H:%M:%S %Z}"
