"""Turns what happened into stored events and alerts; the sending is left to deliver."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol

from pisecurity.core.alarm import rules
from pisecurity.core.alarm.states import delays
from pisecurity.core.types import AlarmState, Alert, AlertKind, Event, EventRecord, Fault, Held, Instant, Mode, Phase
from pisecurity.core.words import Facts, alert_id, compose
from pisecurity.errors import StoreError
from pisecurity.ports import Address, Clock, EventQuery, EventStore, JpegEncoder, Pictures
from pisecurity.runtime.alarm.panel import Panel, PanelStatus, Transition
from pisecurity.runtime.alerts.evidence import BEST_VIEW_S, save_pictures
from pisecurity.runtime.alerts.inbox import Dismissals, Inbox, Item, Sighting
from pisecurity.runtime.alerts.losses import Losses, Subject
from pisecurity.runtime.alerts.pauses import Pauses
from pisecurity.runtime.alerts.recipients import recipients
from pisecurity.runtime.health import FaultChange, Health
from pisecurity.runtime.house import House
from pisecurity.runtime.life.space import DATABASE
from pisecurity.runtime.worker import Beat
from pisecurity.settings import Settings

log = logging.getLogger(__name__)

GET_TIMEOUT_S = 1.0
LOOK_EVERY_S = 5.0
"""What time alone makes due is looked for so often at least, however much comes in."""
STORE_RETRY_S = (0.5, 1.0, 2.0, 5.0)
"""Waits before trying a refused write again, the last one repeated: what waits is kept in memory."""
BETTER_VIEW_S = 0.7
"""So long a mail waits, stored already: who has just come in is cut off by the edge, and a moment later is not."""
SHOWN_WHAT_IS_WRONG = frozenset({"page", "cli"})
"""Ways of arming, up to the comma, that tell whoever arms what does not work."""
REMEMBERED = 64
"""Open events remembered at most; more than a handful at once means something else is wrong."""


class EventLedger(EventStore, EventQuery, Protocol):
    """Events to write and to look up again."""


class Respond:
    """One consumer of the inbox: picture, decision, then event and alert in one transaction."""

    def __init__(
        self,
        settings: Settings,
        inbox: Inbox,
        panel: Panel,
        store: EventLedger,
        pictures: Pictures,
        encoder: JpegEncoder,
        house: House,
        health: Health,
        clock: Clock,
        new_id: Callable[[], str],
        on_alert: Callable[[], None],
        also: Callable[[Item | None], object] = lambda item: None,
    ) -> None:
        """*also* is called with each item once it is answered, and with None now and then."""
        self._inbox, self._panel, self._store = inbox, panel, store
        self._pictures, self._encoder, self._house = pictures, encoder, house
        self._health, self._clock, self._new_id, self._on_alert = health, clock, new_id, on_alert
        self._settings, self._also = settings, also
        self._kept: dict[str, Instant] = {}
        """Stored events that are open, and when the mode in which they opened was ordered."""
        self._noticed = ""
        """Id of the event the panel knows of already, though storing it may have to be tried again."""
        self._pictured = ""
        """The same of the event whose pictures are stored already."""
        self._wakes_s: deque[float] = deque(maxlen=REMEMBERED)
        """When what waits for a better view, or as an all-clear after it, may leave (monotonic); the next one first."""
        self._told: dict[str, tuple[str, AlertKind]] = {}
        """By camera, the event of this arming that the owner was told of last, and by which alert."""
        self._losses = Losses(health, clock, house.cameras, self._mail_loss, store.keep_known_faults)
        self._pauses = Pauses(store)
        self._openings_lost = 0

    def apply(self, settings: Settings) -> None:
        """Use *settings* from the next decision on."""
        self._settings = settings

    def work(self, stop: threading.Event, beat: Beat) -> None:
        """Answer what comes in until *stop*; before that, make up for an alert a power cut prevented."""
        self._persist(self._take_up, stop, beat)
        looked_s = self._clock.monotonic()
        while not stop.is_set():
            beat()
            item = self._inbox.get(min(GET_TIMEOUT_S, self._wake_in_s()))
            if item is not None:
                self._persist(partial(self._handle, item), stop, beat)
            self._also(item)
            if item is None or self._clock.monotonic() - looked_s >= LOOK_EVERY_S:
                looked_s = self._clock.monotonic()
                self._persist(self._look, stop, beat)
            self._report_losses(drained=item is None)
            self._wake_when_due()
        while (item := self._inbox.get(0)) is not None:  # what was seen before the stop is still kept
            self._persist(partial(self._handle, item), stop, beat)
            self._also(item)

    def test_alert(self) -> str:
        """Queue a test alert; return the id under which it is stored. Raises StoreError. Any thread."""
        alert = self._plain(AlertKind.TEST)
        self._send(alert)
        return alert.id

    def _wake_in_s(self) -> float:
        return max(0.0, self._wakes_s[0] - self._clock.monotonic()) if self._wakes_s else float("inf")

    def _wake_when_due(self) -> None:
        while self._wake_in_s() == 0:
            self._wakes_s.popleft()
            self._on_alert()

    def _wait_for_better_view(self) -> None:
        """Have what is stored now leave when the better view is there."""
        self._on_alert()  # the way to the server is made ready meanwhile
        self._wakes_s.append(self._clock.monotonic() + BETTER_VIEW_S)

    def _persist(self, write: Callable[[], None], stop: threading.Event, beat: Beat) -> None:
        """Call *write* until the disk takes it: an event is not given up because of a full card."""
        failures = 0
        while True:
            try:
                write()
            except StoreError as error:
                self._health.report("store", str(error))
                self._report_losses(drained=False)
                wait_s = STORE_RETRY_S[min(failures, len(STORE_RETRY_S) - 1)]
                failures += 1
                beat()
                if self._clock.wait(stop, wait_s):
                    log.error("gave up storing at stop reason=%s", error)
                    return
            else:
                self._health.clear("store")
                return

    def _report_losses(self, *, drained: bool) -> None:
        """Show that events were lost because the queue was full, until it is empty again."""
        lost = self._inbox.dropped.openings
        if lost > self._openings_lost:
            self._openings_lost = lost
            self._health.report(
                "inbox", f"{lost} event(s) lost since the start: the disk takes them too slowly; replace the card"
            )
        elif drained:
            self._health.clear("inbox")

    def _handle(self, item: Item) -> None:
        match item:
            case Sighting(event=Event(phase=Phase.OPENED)):
                self._opened(item)
            case Sighting(event=Event(phase=Phase.IMPROVED)):
                self._improved(item)
            case Sighting():
                self._ended(item.event)
            case Dismissals():
                self._dismissed(item)
            case Transition():
                self._changed(item)
            case FaultChange():
                self._fault(item)

    def _opened(self, seen: Sighting) -> None:
        if not self._may_keep(seen.status):
            return
        if seen.event.id not in self._kept:
            self._keep(seen)
        now = self._panel.status()
        armed = seen.status.state is not AlarmState.DISARMED
        if armed and now.state is AlarmState.DISARMED and rules.counts(seen.event, seen.status.mode):
            # The panel did not know of the event when somebody disarmed, so its transition cannot tell.
            self._owe_all_clear(seen.event.id, now.by, now.since_at)

    def _may_keep(self, status: PanelStatus) -> bool:
        return status.state is not AlarmState.DISARMED or self._settings.alarm.record_when_disarmed

    def _keep(self, seen: Sighting) -> None:
        """Store the event with its decision and, if there is one, the alert: all or nothing."""
        event, status = seen.event, seen.status
        since_told_s = self._pauses.since_s(event.camera, status)
        decision = rules.decide(
            event,
            self._notice(seen),
            status.mode,
            settings=self._settings.alarm,
            camera_label=self._house.cameras[event.camera],
            since_told_s=since_told_s,
            storm=self._pauses.is_storm(status, self._settings.alarm),
        )
        if self._pictured != event.id:
            self._save_pictures(event)
        alert = None if decision.kind is None else self._event_alert(decision.kind, event, status)
        due = self._clock.instant().later(BETTER_VIEW_S)
        to = recipients(self._settings, alert.kind) if alert else ()
        self._store.add_event(event, status.state, decision, alert, to, due)
        if decision.held:
            self._pauses.hold(event.camera)
        if len(self._kept) >= REMEMBERED:
            del self._kept[next(iter(self._kept))]
        self._kept[event.id] = status.since
        if decision.kind is not None:
            self._told.pop(event.camera, None)
            self._told[event.camera] = (event.id, decision.kind)
        log.info(
            "event opened event=%s camera=%s state=%s alert=%s why=%r seen=%r",
            event.id,
            event.camera,
            status.state,
            decision.kind or "none",
            decision.reason,
            event.reason,
        )
        if alert is not None:
            self._wait_for_better_view()

    def _notice(self, seen: Sighting) -> AlarmState:
        """Let the event raise the alarm, unless it was silent because nothing was armed yet or because of a zone.

        Before the event is stored: a power cut in between leaves a raised alarm whose mail is made up for at the
        next start, and never a mail that says somebody came in without the alarm that follows it.

        Returns:
            The state in which the event is decided on.
        """
        event, then = seen.event, seen.status
        if then.state in (AlarmState.DISARMED, AlarmState.ARMING) or not rules.counts(event, then.mode):
            return then.state
        if self._noticed != event.id:
            self._panel.notice(event, then.at)
            self._noticed = event.id
        now = self._panel.status()
        return rules.state_to_decide(event, then.state, then.mode, now.state, own=now.event_id == event.id)

    def _improved(self, seen: Sighting) -> None:
        """Store a better view, but none of after a disarming or arming: it would replace the evidence."""
        if self._kept.get(seen.event.id) == seen.status.since and self._may_keep(seen.status):
            self._save_pictures(seen.event)
            due_s = seen.event.opened_s + BEST_VIEW_S - self._clock.monotonic()
            self._store.improve_event(seen.event, self._clock.instant().later(max(0.0, due_s)))

    def _ended(self, event: Event) -> None:
        if event.id in self._kept:
            lasted_s = event.last_s - event.opened_s
            self._store.end_event(event.id, event.opened_at + timedelta(seconds=lasted_s))
            del self._kept[event.id]
            self._on_alert()
            log.info("event ended event=%s camera=%s lasted_s=%.1f", event.id, event.camera, lasted_s)

    def _dismissed(self, minute: Dismissals) -> None:
        """Store what was no event, where an event would have been stored. Tried once: no alarm waits behind it."""
        status, rows = minute.status, minute.rows
        if not self._may_keep(status):
            return
        if status.state is AlarmState.ARMING and not self._settings.alarm.record_when_disarmed:
            rows = tuple(row for row in rows if row.last_at >= status.since_at)
        try:
            self._store.add_dismissed(rows)
        except StoreError as error:
            log.warning("what was no event is not kept rows=%d reason=%s", len(rows), error)

    def _changed(self, change: Transition) -> None:
        """Store what a change of the alarm owes the owner: lost cameras, the alarm after an entry, the all-clear."""
        anew, alarm = change.before is AlarmState.DISARMED, change.alarm
        if change.ordered and alarm.mode is not Mode.DISARMED:
            self._losses.armed(alarm.mode, shown=alarm.how.partition(",")[0] in SHOWN_WHAT_IS_WRONG, anew=anew)
        if anew:
            self._told.clear()
        self._losses.look(self._panel.status().mode)
        if change.after is AlarmState.TRIGGERED and change.before is not AlarmState.TRIGGERED:
            self._owe_alarm(change.event_id, change.alarm.mode, change.at)
        elif change.after is AlarmState.DISARMED:
            self._pauses.forget()
            # An alarm that had its time before somebody disarmed is cleared as well, if the owner was told of it.
            event_id = change.event_id or next((told for told, _ in reversed(self._told.values())), None)
            second = self._store.acknowledge(event_id)
            if event_id is not None:
                self._owe_all_clear(event_id, change.alarm.by, change.at, second)

    def _take_up(self) -> None:
        """Go on where the process before this one was ended."""
        self._make_up_for_lost_alarm()
        self._losses.take_up(self._store.told_faults(), self._store.known_faults())
        self._pauses.take_up(self._house.cameras)
        status = self._panel.status()
        if status.state is AlarmState.DISARMED:
            return
        for event in reversed(self._store.events(REMEMBERED)):
            if event.kind is not None and self._pauses.since_s(event.camera, status):
                self._told[event.camera] = (event.id, event.kind)

    def _make_up_for_lost_alarm(self) -> None:
        """Store the alarm that a power cut swallowed after it was raised and before its alert was stored.

        Also when the alarm has ended since: the house may have been without power for hours.
        """
        found = self._panel.found_raised
        if found is not None and found.triggered_since is not None:
            ago_s = self._clock.instant().seconds_since(found.triggered_since) or 0.0
            self._owe_alarm(found.event_id, found.mode, self._clock.now() - timedelta(seconds=ago_s))

    def _owe_alarm(self, event_id: str | None, mode: Mode, at: datetime) -> None:
        """Store the alarm of an event that began as an entry, or that a power cut kept from being stored.

        Any other was stored together with its event. Of one that was not stored only the picture may be left.
        """
        if event_id is None:
            return
        record = self._store.event(event_id)
        if record is None:
            facts = Facts(self._house.name, at, self._house.zone, mode=mode)
        elif record.kind is AlertKind.ENTRY:
            facts = Facts(
                self._house.name,
                at,
                self._house.zone,
                self._house.cameras.get(record.camera, record.camera),
                record.zones,
                _mode_of(record.state),
                after_entry=True,
            )
        else:
            return
        words = compose(AlertKind.ALARM, facts, self._house.catalogue)
        self._send(
            Alert(
                alert_id(event_id, AlertKind.ALARM),
                AlertKind.ALARM,
                at,
                words.subject,
                words.text,
                event_id=event_id,
                thread=alert_id(event_id, AlertKind.ENTRY) if record else None,
            )
        )

    def _owe_all_clear(self, event_id: str, by: str, at: datetime, second: Sequence[Address] = ()) -> None:
        """Tell in the same conversation who disarmed, if the owner was told of the event at all.

        While mails of events wait for a better view it waits too: it must not arrive before that of its event.

        Args:
            second: further contacts who were told of it.
        """
        record = self._store.event(event_id)
        told = None if record is None else self._told_of(record)
        if told is None:
            return
        told_id, kind = told
        waits = bool(self._wakes_s) and self._wakes_s[-1] > self._clock.monotonic()
        facts = Facts(self._house.name, at, self._house.zone, by=by)
        words = compose(AlertKind.ALL_CLEAR, facts, self._house.catalogue)
        self._send(
            Alert(
                alert_id(told_id, AlertKind.ALL_CLEAR),
                AlertKind.ALL_CLEAR,
                at,
                words.subject,
                words.text,
                thread=alert_id(told_id, kind),
            ),
            second,
            due=self._clock.instant().later(BETTER_VIEW_S) if waits else None,
        )
        if waits:
            self._wait_for_better_view()

    def _told_of(self, record: EventRecord) -> tuple[str, AlertKind] | None:
        """Return the event of the mail that the owner has about *record*, and which mail that is; None: there is none.

        That is another one where the pause between two mails kept *record* silent: the alarm is the same.
        """
        return self._told.get(record.camera) if record.kind is None else (record.id, record.kind)

    def _fault(self, change: FaultChange) -> None:
        """Mail while armed that a camera was lost or the disk failed, and its end; the page shows other faults.

        That the database was damaged is always mailed, and once: its text names the time.
        """
        if change.fault.key == DATABASE and not change.over:
            at, mode = change.fault.since_at, self._panel.status().mode
            facts = Facts(self._house.name, at, self._house.zone, mode=mode, part="database",
                detail=self._house.translate(change.fault.text),
            )  # fmt: skip
            words = compose(AlertKind.FAULT, facts, self._house.catalogue)
            alert = alert_id(change.fault.text, AlertKind.FAULT)
            self._send(Alert(alert, AlertKind.FAULT, at, words.subject, words.text))
        self._losses.note(change)
        self._losses.look(self._panel.status().mode)

    def _mail_loss(self, kind: AlertKind, fault: Fault, about: Subject, thread: str | None) -> str:
        """Store the mail that *fault* began or is over, and that the owner knows; return its id."""
        detail = self._house.translate(fault.text) if kind is not AlertKind.RECOVERED else ""
        alert = self._plain(kind, about.camera, detail, part=about.part, thread=thread)
        self._store.add_fault_alert(fault.key, alert, recipients(self._settings, kind))
        self._queued(alert)
        return alert.id

    def _plain(
        self, kind: AlertKind, camera: str = "", detail: str = "", *, part: str = "", thread: str | None = None
    ) -> Alert:
        """Return an alert that belongs to no event."""
        at = self._clock.now()
        facts = Facts(self._house.name, at, self._house.zone, camera, part=part, detail=detail)
        words = compose(kind, facts, self._house.catalogue)
        return Alert(self._new_id(), kind, at, words.subject, words.text, thread=thread)

    def _event_alert(self, kind: AlertKind, event: Event, status: PanelStatus) -> Alert:
        alarm_at = None
        if kind is AlertKind.ENTRY:
            delay_s = delays(self._settings.alarm, status.mode).entry_delay_s
            alarm_at = event.opened_at + timedelta(seconds=delay_s)
        held = self._store.held(event.camera) if kind is AlertKind.ALARM else None
        facts = Facts(
            self._house.name,
            event.opened_at,
            self._house.zone,
            self._house.cameras[event.camera],
            event.zones,
            status.mode,
            alarm_at,
            count=held.count if held else 0,
            since=held.first_at if held else None,
        )
        words = compose(kind, facts, self._house.catalogue)
        return Alert(alert_id(event.id, kind), kind, event.opened_at, words.subject, words.text, event_id=event.id)

    def _look(self) -> None:
        """Mail what time alone makes due: a loss, and the sum of what a pause that is over has held back."""
        self._losses.look(self._panel.status().mode)
        status = self._panel.status()
        for camera, held in self._pauses.over(status, self._settings.alarm):
            self._send(self._summary(camera, held, status))

    def _summary(self, camera: str, held: Held, status: PanelStatus) -> Alert:
        at = self._clock.now()
        facts = Facts(
            self._house.name,
            at,
            self._house.zone,
            self._house.cameras.get(camera, camera),
            held.zones - {rules.NO_ZONE},
            status.mode,
            count=held.count,
            since=held.first_at,
        )
        words = compose(AlertKind.SUMMARY, facts, self._house.catalogue)
        told = self._told.get(camera)
        return Alert(
            alert_id(held.newest, AlertKind.SUMMARY),
            AlertKind.SUMMARY,
            at,
            words.subject,
            words.text,
            event_id=held.newest,
            thread=alert_id(*told) if told else None,
        )

    def _send(self, alert: Alert, more: Sequence[Address] = (), due: Instant | None = None) -> None:
        self._store.add_alert(alert, (*recipients(self._settings, alert.kind), *more), due)
        self._queued(alert)

    def _queued(self, alert: Alert) -> None:
        log.info("alert queued alert=%s kind=%s", alert.id, alert.kind)
        self._on_alert()

    def _save_pictures(self, event: Event) -> None:
        """Store the clean and the annotated picture. A refusing disk must not keep the alert from leaving."""
        if event.picture is None:
            return
        try:
            save_pictures(event, self._house, self._encoder, self._pictures)
        except StoreError as error:
            self._health.report("pictures", str(error))
        else:
            self._pictured = event.id
            self._health.clear("pictures")


def _mode_of(state: AlarmState) -> Mode | None:
    return Mode(state.value) if state.value in set(Mode) else None
