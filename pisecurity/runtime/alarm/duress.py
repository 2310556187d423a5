"""Tells somebody elsewhere, and nobody in the house, that somebody was made to disarm, and what moves since.

Nothing here reports a fault, is logged, or makes a list or a count longer: whoever stands beside the page sees what
an ordinary disarming shows.
"""

from __future__ import annotations

import logging
from collections import OrderedDict, deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Protocol

from pisecurity.core.types import (
    Alarm,
    AlarmState,
    Alert,
    AlertKind,
    Decision,
    Event,
    Instant,
    Notification,
    Outcome,
    Phase,
    Receipt,
)
from pisecurity.core.words import Facts, alert_id, compose
from pisecurity.errors import StoreError
from pisecurity.ports import NOWHERE, Address, Clock, EventStore, JpegEncoder, Pictures, SilentCall
from pisecurity.runtime.alarm.panel import Transition
from pisecurity.runtime.alerts.evidence import BEST_VIEW_S, save_pictures
from pisecurity.runtime.alerts.inbox import Item, Sighting
from pisecurity.runtime.health import Health
from pisecurity.runtime.house import House
from pisecurity.settings import Settings

UNSEEN = logging.Logger("unseen", logging.CRITICAL + 1)  # noqa: LOG001 -- under no other, which could have it read
"""A log that nobody reads."""
REMEMBERED = 64
"""Open events remembered at most."""
MOST_OWED = 4 * REMEMBERED
"""More of what could not be stored yet is not remembered, the oldest gives way; the call for help is not among it."""


class SilentStore(EventStore, Protocol):
    """Events and alerts, and a second place for those that call for help."""

    def owe(self, call: SilentCall, alarm: Alarm | None = None) -> None:
        """Keep *call*, which could not be stored, over restarts, until it can be. Raises nothing."""
        ...


class Unseen(Health):
    """Faults that nobody sees."""

    def report(self, key: str, text: str) -> None:
        """Say nothing."""

    def clear(self, key: str) -> None:
        """Say nothing."""

    def note(self, key: str, value: str) -> None:
        """Say nothing."""


class Nowhere:
    """A Channel that takes everything, and nobody gets it."""

    def send(self, notification: Notification, recipients: Sequence[str], deadline_s: float) -> Mapping[str, Receipt]:
        """Return that all have it."""
        return dict.fromkeys(recipients, Receipt(Outcome.ACCEPTED, ""))

    def warm_up(self) -> None:
        """Nothing to load."""

    def prove(self, deadline_s: float) -> str:
        """Return what was reached."""
        return "nobody"


class Duress:
    """Stores what is to be told and what was seen. For one thread, but ``apply``."""

    def __init__(
        self,
        settings: Settings,
        store: SilentStore,
        pictures: Pictures,
        encoder: JpegEncoder,
        house: House,
        clock: Clock,
        on_alert: Callable[[], None],
    ) -> None:
        """*on_alert* is called when there is something to send."""
        self._settings, self._store, self._pictures, self._encoder = settings, store, pictures, encoder
        self._house, self._clock, self._on_alert = house, clock, on_alert
        self._kept: set[str] = set()
        """Ids of open events."""
        self._told: dict[str, Instant] = {}
        """By camera, when an alert about it was stored last."""
        self._alert = ""
        """Id of the conversation that all its mails are in."""
        self._refused: deque[tuple[str, Instant, datetime, bool]] = deque(maxlen=REMEMBERED)
        """Whose code was typed and disarmed nothing, when, and whether it is the one for duress."""
        self._owed: OrderedDict[str, Callable[[], None]] = OrderedDict()
        """What could not be stored yet, of each event the newest view alone."""

    def apply(self, settings: Settings) -> None:
        """Use *settings* from now on. Any thread."""
        self._settings = settings

    def take_up(self, alarm: Alarm) -> None:
        """Go on where the process before this one ended: what moves is mailed in the conversation it began."""
        if alarm.duress:
            self._alert = _first(alarm)

    def call(self, alarm: Alarm, now: Instant, at: datetime, by: str, forced: bool) -> SilentCall | None:
        """Return what is to be stored with *alarm*, which *by* has disarmed with a code at *now*. Any thread.

        Where nobody was *forced* that is a call which takes as much room and as many writes and reaches nobody; none
        where nobody would be called.
        """
        first = _first(alarm)
        again = (now.boot_id, now.since_boot_s) != (alarm.since.boot_id, alarm.since.since_boot_s)
        own = alert_id(f"{first}:{now.boot_id}:{now.since_boot_s}", AlertKind.DURESS) if again else first
        facts = Facts(self._house.name, at, self._house.zone, by=by)
        words = compose(AlertKind.DURESS, facts, self._house.catalogue)
        thread = first if again else None
        return self._call(Alert(own, AlertKind.DURESS, at, words.subject, words.text, thread=thread), forced)

    def refused(self, name: str, forced: bool) -> None:
        """Call for help, although the code of the person called *name* has disarmed nothing. Any thread.

        Where they were not *forced* to type it, as much is stored, and reaches nobody.
        It is stored by the thread of ``look``, so that the page answers as soon as it does to any wrong code.
        """
        self._refused.append((name, self._clock.instant(), self._clock.now(), forced))

    def _call(self, alert: Alert, forced: bool) -> SilentCall | None:
        if forced:
            return SilentCall(alert, self._to())
        to = tuple(Address(NOWHERE, address.recipient) for address in self._to())
        return SilentCall(_blank(alert), to) if to else None

    def note(self, item: Item) -> None:
        """Take note of *item*, after it was answered as it would be without duress."""
        match item:
            case Transition(after=AlarmState.DISARMED, alarm=alarm, ordered=True) if not alarm.duress:
                self._on_alert()
            case Transition(after=AlarmState.DISARMED, alarm=alarm) if alarm.duress:
                self._alert = _first(alarm)
                self._told.clear()
                self._on_alert()
            case Sighting(event=Event(phase=Phase.OPENED)) if item.status.duress:
                self._opened(item)
            case Sighting(event=Event(phase=Phase.IMPROVED)) if item.status.duress and item.event.id in self._kept:
                due = self._clock.instant().later(BEST_VIEW_S)
                self._save_pictures(item.event)
                self._do(f"better:{item.event.id}", partial(self._store.improve_event, item.event, due))
            case Sighting(event=Event(phase=Phase.ENDED)) if item.event.id in self._kept:
                self._kept.discard(item.event.id)
                ended_at = item.event.opened_at + timedelta(seconds=item.event.last_s - item.event.opened_s)
                self._do(f"ended:{item.event.id}", partial(self._store.end_event, item.event.id, ended_at))

    def look(self) -> None:
        """Store the calls that were refused, and try again what could not be stored."""
        while self._refused:
            self._call_refused(*self._refused.popleft())
        while self._owed:
            name, write = next(iter(self._owed.items()))
            try:
                write()
            except StoreError:
                return
            del self._owed[name]

    def _call_refused(self, name: str, now: Instant, at: datetime, forced: bool) -> None:
        facts = Facts(self._house.name, at, self._house.zone, by=name, part="refused")
        words = compose(AlertKind.DURESS, facts, self._house.catalogue)
        own = alert_id(f"refused:{now.boot_id}:{now.since_boot_s}", AlertKind.DURESS)
        call = self._call(Alert(own, AlertKind.DURESS, at, words.subject, words.text), forced)
        if call is None:
            return
        self._do(f"refused:{own}", lambda: self._store.add_alert(call.alert, call.to))
        if f"refused:{own}" in self._owed:
            self._store.owe(call)
        self._on_alert()

    def _do(self, name: str, write: Callable[[], None]) -> None:
        """*write*, in the place of what is still to be done under the same *name*."""
        self._owed[name] = write
        if len(self._owed) > MOST_OWED:
            self._owed.popitem(last=False)
        self.look()

    def _opened(self, seen: Sighting) -> None:
        event = seen.event
        if len(self._kept) >= REMEMBERED:
            self._kept.pop()
        self._kept.add(event.id)
        now = self._clock.instant()
        told = self._told.get(event.camera)
        since_s = None if told is None else now.seconds_since(told)
        alert = None
        if since_s is None or since_s >= self._settings.alarm.alert_pause_s:
            self._told[event.camera] = now
            alert = self._movement(event)
        self._save_pictures(event)
        self._do(f"opened:{event.id}", partial(self._keep, seen, alert))
        self._on_alert()

    def _keep(self, seen: Sighting, alert: Alert | None) -> None:
        if self._settings.alarm.record_when_disarmed:  # it is in the list already, as it always would be
            if alert is not None:
                self._store.add_alert(alert, self._to())
            return
        decision = Decision(AlertKind.DURESS, "disarmed under duress")
        self._store.add_event(seen.event, seen.status.state, decision, alert, self._to() if alert else ())

    def _movement(self, event: Event) -> Alert:
        facts = Facts(
            self._house.name,
            event.opened_at,
            self._house.zone,
            self._house.cameras.get(event.camera, event.camera),
            event.zones,
            part="movement",
        )
        words = compose(AlertKind.DURESS, facts, self._house.catalogue)
        return Alert(
            alert_id(event.id, AlertKind.DURESS),
            AlertKind.DURESS,
            event.opened_at,
            words.subject,
            words.text,
            event_id=event.id,
            thread=self._alert or None,
        )

    def _to(self) -> tuple[Address, ...]:
        return tuple(Address("mail", to) for to in self._settings.access.duress_to)

    def _save_pictures(self, event: Event) -> None:
        """Store the pictures, where they are not stored already; without them the alert leaves all the same."""
        if not self._settings.alarm.record_when_disarmed:
            with suppress(StoreError):
                save_pictures(event, self._house, self._encoder, self._pictures)


def _blank(alert: Alert) -> Alert:
    """Return an alert that is as long as *alert*, and says nothing."""
    blank_id = alert_id(f"{alert.id}:{NOWHERE}", alert.kind)
    subject, text = (" " * len(words.encode()) for words in (alert.subject, alert.text))
    return replace(alert, id=blank_id, subject=subject, text=text)


def _first(alarm: Alarm) -> str:
    """Return the id of the conversation that begins when somebody is made to disarm; of what is stored with it."""
    since = alarm.since
    return alert_id(f"{since.boot_id}:{since.since_boot_s}:{alarm.sequence}", AlertKind.DURESS)
