"""Everything the home page shows, gathered once for the HTML and for ``/api/state``."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass

from pisecurity.core.alarm.outlook import Outlook
from pisecurity.core.alarm.readiness import COAT, Problem
from pisecurity.core.types import AlarmState, EventRecord, Fault, Mode
from pisecurity.errors import StoreError
from pisecurity.runtime.alarm.panel import PanelStatus
from pisecurity.runtime.life.prove import fault_key
from pisecurity.web import view
from pisecurity.web.admission import Asked, asked
from pisecurity.web.parts import Parts

log = logging.getLogger(__name__)

HOME_EVENTS = 3
MAIL_FAULTS = ("mail", "mail-account", fault_key("mail"))
"""Keys of the faults of the mail account, before the recipient; see Deliver and Prove."""


@dataclass(frozen=True, slots=True)
class Home:
    """The home page as values."""

    banner: view.Banner
    faults: tuple[Fault, ...]
    readiness: str
    cameras: tuple[view.CameraView, ...]
    events: tuple[view.EventCard, ...]
    notes: tuple[str, ...]
    """What is no fault and the owner should know all the same."""
    mail_fault: bool
    """Whether one of the faults is of the mail account or of a recipient."""
    schedule: Outlook | None
    """What the schedule does next; None where there is none."""
    schedule_line: str
    """The same in words, empty while something else matters more."""
    asked: Asked
    """What the three buttons take from this phone."""
    newest_mail: int | None
    """Number of the newest mail of the demo's mailbox, 0 for none; None where there is no mailbox."""


def gather(parts: Parts, status: PanelStatus | None = None) -> Home:
    """Return what the home page shows now.

    The switch matters more than the list under it: events that cannot be read become a fault on the page.

    Args:
        parts: the running daemon.
        status: what the alarm does, where the caller has just been told; otherwise it is asked.
    """
    status = status or parts.panel.status()
    now = parts.clock.now()
    faults = parts.health.faults()
    records: tuple[EventRecord, ...] = ()
    cause = None
    try:
        records = parts.store.events(HOME_EVENTS)
        cause = parts.store.event(status.event_id) if status.event_id else None
    except StoreError as error:
        log.warning("events not shown reason=%s", error)
        faults = (*faults, Fault("events", f"the list of events could not be read: {error}", now))
    remarks = _remarks(parts)
    outlook = parts.timetable.outlook() if parts.timetable else None
    where = view.place(cause, parts.label) if cause else ""
    cameras = view.cameras(parts.live.cameras, parts.live.age_s, parts.label, faults)
    return Home(
        banner=view.banner(status, cause, where, now, parts.zone, records[0] if records else None, cameras),
        faults=faults,
        readiness=view.readiness(faults, len(remarks), alarm=status.state is AlarmState.TRIGGERED),
        cameras=cameras,
        events=tuple(view.card(record, parts.label, now, parts.zone) for record in records),
        notes=(*view.notes(parts.health.facts(), parts.label), *_lines(remarks)),
        mail_fault=any(fault.key.split(":")[0] in MAIL_FAULTS for fault in faults),
        schedule=outlook,
        schedule_line=view.schedule_line(outlook, status.state, now, parts.zone),
        asked=asked(parts),
        newest_mail=_newest_mail(parts),
    )


def _remarks(parts: Parts) -> tuple[Problem, ...]:
    """Return what of the readiness is no fault; whoever reads it may be about to arm."""
    if parts.readiness is None:
        return ()
    parts.readiness.looked_at()
    known = {fault.key for fault in parts.health.faults()}
    return tuple(each for each in parts.readiness.problems(Mode.AWAY) if each.key not in known)


def _lines(remarks: Sequence[Problem]) -> tuple[str, ...]:
    """Return what of the *remarks* has no line among the notes yet."""
    return tuple(view.sentence(each.text) for each in remarks if not each.key.startswith(COAT))


def _newest_mail(parts: Parts) -> int | None:
    if parts.mailbox is None:
        return None
    mails = parts.mailbox.mails()
    return mails[0].number if mails else 0
