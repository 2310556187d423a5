"""Turns what happened into stored events and alerts; the sending is left to deliver."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from functools import partial
from typing import Protocol

from pisecurity.core.alarm import rules
from pisecurity.core.alarm.states import delays
from pisecurity.core.types import AlarmState, Alert, AlertKind, Event, Mode, Phase
from pisecurity.core.words import Facts, alert_id, compose
from pisecurity.errors import StoreError
from pisecurity.ports import Address, Clock, EventQuery, EventStore, JpegEncoder, PictureKind, Pictures
from pisecurity.runtime.health import FaultChange, Health
from pisecurity.runtime.inbox import Inbox, Item
from pisecurity.runtime.panel import Panel, PanelStatus, Transition
from pisecurity.runtime.worker import Beat
from pisecurity.settings import Settings

log = logging.getLogger(__name__)

GET_TIMEOUT_S = 1.0
STORE_RETRY_S = (0.5, 1.0, 2.0, 5.0)
"""Waits before trying a refused write again, the last one repeated: what waits is kept in memory."""
BETTER_VIEW_S = 0.7
"""So long a mail waits, stored already: who has just come in is cut off by the edge, and a moment later is not."""
REMEMBERED = 64
"""Open events remembered at most; more than a handful at once means something else is wrong."""


class EventLedger(EventStore, EventQuery, Protocol):
    """Events to write and to look up again."""


@dataclass(frozen=True, slots=True)
class House:
    """What alerts need to know of the house."""

    name: str
    zone: tzinfo
    cameras: Mapping[str, str]
    """Camera id to what people call it."""
    catalogue: Mapping[str, str]
    """Words of mails."""


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
    ) -> None:
        self._inbox, self._panel, self._store = inbox, panel, store
        self._pictures, self._encoder, self._house = pictures, encoder, house
        self._health, self._clock, self._new_id, self._on_alert = health, clock, new_id, on_alert
        self._settings, self._to = settings, _addresses(settings)
        self._kept: dict[str, None] = {}
        self._wake_s = float("inf")
        """When the alerts that wait for a better view may leave (monotonic)."""
        self._mailed_faults: set[str] = set()

    def apply(self, settings: Settings) -> None:
        """Use *settings* from the next decision on."""
        self._settings, self._to = settings, _addresses(settings)

    def work(self, stop: threading.Event, beat: Beat) -> None:
        """Answer what comes in until *stop*; before that, make up for an alert a power cut prevented."""
        self._persist(self._make_up_for_lost_alarm, stop, beat)
        while not stop.is_set():
            beat()
            item = self._inbox.get(min(GET_TIMEOUT_S, self._wake_in_s()))
            if item is not None:
                self._persist(partial(self._handle, item), stop, beat)
            self._wake_when_due()
        while (item := self._inbox.get(0)) is not None:  # what was seen before the stop is still kept
            self._persist(partial(self._handle, item), stop, beat)

    def test_alert(self) -> str:
        """Queue a test alert; return the id under which it is stored. Raises StoreError. Any thread."""
        alert = self._plain(AlertKind.TEST)
        self._send(alert)
        return alert.id

    def _wake_in_s(self) -> float:
        return max(0.0, self._wake_s - self._clock.monotonic())

    def _wake_when_due(self) -> None:
        if self._wake_in_s() == 0:
            self._wake_s = float("inf")
            self._on_alert()

    def _persist(self, write: Callable[[], None], stop: threading.Event, beat: Beat) -> None:
        """Call *write* until the disk takes it: an event is not given up because of a full card."""
        failures = 0
        while True:
            try:
                write()
            except StoreError as error:
                self._health.report("store", str(error))
                wait_s = STORE_RETRY_S[min(failures, len(STORE_RETRY_S) - 1)]
                failures += 1
                beat()
                if self._clock.wait(stop, wait_s):
                    log.error("gave up storing at stop reason=%s", error)
                    return
            else:
                self._health.clear("store")
                return

    def _handle(self, item: Item) -> None:
        match item:
            case Event(phase=Phase.OPENED):
                self._opened(item)
            case Event(phase=Phase.IMPROVED):
                self._improved(item)
            case Event():
                self._ended(item)
            case Transition():
                self._changed(item)
            case FaultChange():
                self._fault(item)

    def _opened(self, event: Event) -> None:
        status = self._panel.status()
        if status.state is AlarmState.DISARMED and not self._settings.alarm.record_when_disarmed:
            return
        if event.id not in self._kept:
            self._keep(event, status)
        # What was silent because the exit delay ran must not raise the alarm without a mail a moment later.
        if status.state not in (AlarmState.DISARMED, AlarmState.ARMING):
            self._panel.notice(event)

    def _keep(self, event: Event, status: PanelStatus) -> None:
        """Store the event with its decision and, if there is one, the alert: all or nothing."""
        decision = rules.decide(
            event,
            status.state,
            settings=self._settings.alarm,
            camera_label=self._house.cameras[event.camera],
            since_last_alert_s=self._since_last_alert_s(event.camera),
        )
        self._save_pictures(event)
        alert = None if decision.kind is None else self._event_alert(decision.kind, event, status)
        due = self._clock.instant().later(BETTER_VIEW_S)
        self._store.add_event(event, status.state, decision, alert, self._to if alert else (), due)
        if len(self._kept) >= REMEMBERED:
            del self._kept[next(iter(self._kept))]
        self._kept[event.id] = None
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
            self._wake_s = self._clock.monotonic() + BETTER_VIEW_S

    def _improved(self, event: Event) -> None:
        if event.id in self._kept:
            self._save_pictures(event)
            self._store.improve_event(event)

    def _ended(self, event: Event) -> None:
        if event.id in self._kept:
            lasted_s = event.last_s - event.opened_s
            self._store.end_event(event.id, event.opened_at + timedelta(seconds=lasted_s))
            del self._kept[event.id]
            log.info("event ended event=%s camera=%s lasted_s=%.1f", event.id, event.camera, lasted_s)

    def _changed(self, change: Transition) -> None:
        """Store what a change of the alarm owes the owner: the alarm after an entry delay, the all-clear."""
        if change.after is AlarmState.TRIGGERED and change.before is not AlarmState.TRIGGERED:
            self._owe_alarm(change.event_id, change.at)
        elif change.after is AlarmState.DISARMED and change.before in (AlarmState.PENDING, AlarmState.TRIGGERED):
            self._owe_all_clear(change)

    def _make_up_for_lost_alarm(self) -> None:
        """Store the alarm that a power cut between the end of the entry delay and its alert swallowed."""
        status = self._panel.status()
        if status.state is AlarmState.TRIGGERED:
            self._owe_alarm(status.event_id, self._clock.now())

    def _owe_alarm(self, event_id: str | None, at: datetime) -> None:
        """Store the alarm of an event that began as an entry; any other was stored together with its event."""
        record = self._store.event(event_id) if event_id else None
        if record is None or record.kind is not AlertKind.ENTRY:
            return
        facts = Facts(
            self._house.name,
            at,
            self._house.zone,
            self._house.cameras.get(record.camera, record.camera),
            record.zones,
            _mode_of(record.state),
            after_entry=True,
        )
        words = compose(AlertKind.ALARM, facts, self._house.catalogue)
        self._send(
            Alert(
                alert_id(record.id, AlertKind.ALARM),
                AlertKind.ALARM,
                at,
                words.subject,
                words.text,
                event_id=record.id,
                thread=alert_id(record.id, AlertKind.ENTRY),
            )
        )

    def _owe_all_clear(self, change: Transition) -> None:
        """Tell in the same conversation who disarmed, if the owner was told of the event at all."""
        record = self._store.event(change.event_id) if change.event_id else None
        if record is None or record.kind is None:
            return
        facts = Facts(self._house.name, change.at, self._house.zone, by=change.alarm.by)
        words = compose(AlertKind.ALL_CLEAR, facts, self._house.catalogue)
        self._send(
            Alert(
                alert_id(record.id, AlertKind.ALL_CLEAR),
                AlertKind.ALL_CLEAR,
                change.at,
                words.subject,
                words.text,
                thread=alert_id(record.id, record.kind),
            )
        )

    def _fault(self, change: FaultChange) -> None:
        """Mail that a camera was lost while armed, and that it is back; other faults are shown on the page."""
        key = change.fault.key
        armed = self._panel.status().state is not AlarmState.DISARMED
        if change.over and key in self._mailed_faults:
            self._mailed_faults.discard(key)
            self._send(self._plain(AlertKind.RECOVERED, change.fault.text))
        elif not change.over and armed and key.startswith("camera:"):
            self._send(self._plain(AlertKind.FAULT, change.fault.text))
            self._mailed_faults.add(key)

    def _plain(self, kind: AlertKind, detail: str = "") -> Alert:
        """Return an alert about the house as a whole."""
        at = self._clock.now()
        words = compose(kind, Facts(self._house.name, at, self._house.zone, detail=detail), self._house.catalogue)
        return Alert(self._new_id(), kind, at, words.subject, words.text)

    def _event_alert(self, kind: AlertKind, event: Event, status: PanelStatus) -> Alert:
        alarm_at = None
        if kind is AlertKind.ENTRY:
            delay_s = delays(self._settings.alarm, status.mode).entry_delay_s
            alarm_at = event.opened_at + timedelta(seconds=delay_s)
        facts = Facts(
            self._house.name,
            event.opened_at,
            self._house.zone,
            self._house.cameras[event.camera],
            event.zones,
            status.mode,
            alarm_at,
        )
        words = compose(kind, facts, self._house.catalogue)
        return Alert(alert_id(event.id, kind), kind, event.opened_at, words.subject, words.text, event_id=event.id)

    def _send(self, alert: Alert) -> None:
        self._store.add_alert(alert, self._to)
        log.info("alert queued alert=%s kind=%s recipients=%d", alert.id, alert.kind, len(self._to))
        self._on_alert()

    def _save_pictures(self, event: Event) -> None:
        """Store the clean and the annotated picture. A refusing disk must not keep the alert from leaving."""
        if event.picture is None:
            return
        label = self._house.cameras[event.camera]
        local = event.opened_at.astimezone(self._house.zone)
        caption = f"{local:%Y-%m-%d %H:%M:%S}  {label}"
        try:
            annotated = self._encoder.annotated(event.picture, event.boxes, caption)
            self._pictures.save(event.id, PictureKind.ANNOTATED, annotated)
            self._pictures.save(event.id, PictureKind.CLEAN, self._encoder.clean(event.picture))
        except StoreError as error:
            self._health.report("pictures", str(error))
        else:
            self._health.clear("pictures")

    def _since_last_alert_s(self, camera: str) -> float | None:
        """Return the seconds the pause counts from; an alert of an earlier arming does not silence this one."""
        last = self._store.last_alert(camera)
        if last is None:
            return None
        armed_ago_s = self._clock.instant().seconds_since(self._panel.alarm().since)
        ago_s = self._clock.instant().seconds_since(last)
        if ago_s is None or (armed_ago_s is not None and armed_ago_s < ago_s):
            return None
        return ago_s


def _mode_of(state: AlarmState) -> Mode | None:
    return Mode(state.value) if state.value in set(Mode) else None


def _addresses(settings: Settings) -> tuple[Address, ...]:
    return tuple(Address("mail", to) for to in settings.mail.to) if settings.mail else ()
