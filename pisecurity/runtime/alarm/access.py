"""Joins what has to do with who may switch the alarm, and who hears of it."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from pisecurity.core.types import AlarmState, Alert, AlertKind
from pisecurity.core.words import Facts, alert_id, compose
from pisecurity.errors import StoreError
from pisecurity.ports import NOWHERE, Address, Channel, Clock, JpegEncoder, Outbox, PeopleStore, Pictures
from pisecurity.runtime.alarm.duress import UNSEEN, Duress, Nowhere, SilentStore, Unseen
from pisecurity.runtime.alarm.panel import Panel, Transition
from pisecurity.runtime.alarm.people import People, source_of
from pisecurity.runtime.alarm.register import Register
from pisecurity.runtime.alarm.throttle import Throttle
from pisecurity.runtime.alerts.inbox import Item
from pisecurity.runtime.alerts.notices import Notices
from pisecurity.runtime.alerts.recipients import CHANNELS
from pisecurity.runtime.health import Health
from pisecurity.runtime.house import House
from pisecurity.runtime.sending.dispatch import Dispatch
from pisecurity.runtime.worker import Work
from pisecurity.settings import Settings

log = logging.getLogger(__name__)

UNTOLD = 16
"""Disarmings of which a mail could not be stored yet, remembered at most."""


class AccessStore(SilentStore, PeopleStore, Protocol):
    """People, and what is told of them."""

    @property
    def hidden(self) -> Outbox:
        """The outbox of what nobody in the house may know of."""
        ...


class Access:
    """People and codes, the mails about who disarmed and who guessed, and the silent alarm with a worker of its own."""

    def __init__(
        self,
        settings: Settings,
        *,
        store: AccessStore,
        pepper: Callable[[bool], bytes],
        panel: Panel,
        house: House,
        pictures: Pictures,
        encoder: JpegEncoder,
        clock: Clock,
        health: Health,
        new_id: Callable[[], str],
        on_alert: Callable[[], None],
    ) -> None:
        """*pepper*: see Register. *on_alert* is called when there is a mail that everybody may know of."""
        self._settings, self._store, self._panel, self._house, self._clock = settings, store, panel, house, clock
        self._on_alert = on_alert
        self._untold: deque[Alert] = deque(maxlen=UNTOLD)
        self._channels: dict[str, Channel] = {}
        names = (*CHANNELS, NOWHERE)
        self._dispatch = Dispatch(
            store.hidden, pictures, self._channels, house, clock, Unseen(clock), names=names, logger=UNSEEN
        )
        self._duress = Duress(settings, store, pictures, encoder, house, clock, self._dispatch.wake)
        panel.call = self._duress.call
        self._notices = Notices(settings, store, house, new_id, on_alert)
        register = Register(store, pepper, clock, lambda what, by, how: panel.record(what, by=by, how=how))
        throttle = Throttle(store, clock, self._tell_of_guesses)
        self.people = People(
            settings.access, register, throttle, clock, house.zone, health,
            lambda: panel.status().mode, self._duress.refused,
        )  # fmt: skip

    def start(self) -> None:
        """Take up what was kept, after the panel did. Raises StoreError."""
        self.people.start()
        self._duress.take_up(self._panel.alarm())

    def reload(self) -> None:
        """Take up what could not be read at the start. Any thread."""
        self.people.take_up_late()

    def work(self) -> Sequence[tuple[str, Work]]:
        """Return the workers by name."""
        return self._dispatch.work("deliver-apart")

    def apply(self, settings: Settings) -> None:
        """Use *settings* from now on."""
        self._settings = settings
        self.people.apply(settings.access)
        self._duress.apply(settings)
        self._notices.apply(settings)

    def set_channels(self, channels: Mapping[str, Channel]) -> None:
        """Send silent alarms over *channels* from now on: none of them logs or remembers anything that others see."""
        self._channels.clear()
        self._channels.update({NOWHERE: Nowhere(), **channels})

    def note(self, item: Item | None) -> None:
        """Take note of what respond has answered; None: there was nothing for a while. For the thread of respond."""
        if isinstance(item, Transition) and item.after is AlarmState.DISARMED is not item.before:
            self._owe(item)
        if item is not None:
            self._duress.note(item)
        self._duress.look()
        self._tell_of_disarmings()
        self.people.look()

    def _owe(self, change: Transition) -> None:
        """Remember to tell who disarmed; the id is made of what is stored with it, so that it is told once."""
        if not self._settings.access.tell_disarmed:
            return
        alarm, house = change.alarm, self._house
        words = compose(AlertKind.DISARMED, Facts(house.name, change.at, house.zone, by=alarm.by), house.catalogue)
        name = f"{alarm.since.boot_id}:{alarm.since.since_boot_s}:{alarm.sequence}"
        alert = Alert(alert_id(name, AlertKind.DISARMED), AlertKind.DISARMED, change.at, words.subject, words.text)
        self._untold.append(alert)

    def _tell_of_disarmings(self) -> None:
        to = tuple(Address("mail", to) for to in self._settings.access.tell_disarmed)
        while self._untold:
            try:
                self._store.add_alert(self._untold[0], to)
            except StoreError as error:
                log.warning("who disarmed is not told yet reason=%s", error)
                return
            log.info("alert queued alert=%s kind=%s", self._untold[0].id, AlertKind.DISARMED)
            self._untold.popleft()
            self._on_alert()

    def _tell_of_guesses(self, source: str, count: int) -> None:
        now, house = self._clock.instant(), self._house
        part, more = "codes", {"source": source}
        known = self.people.register.known
        for phone in known.phones:
            if source_of(phone) == source:
                owner = next(person.name for person in known.people if person.key == phone.person)
                part, more = "codes_phone", {"number": str(phone.number), "label": phone.label, "owner": owner}
        facts = Facts(house.name, self._clock.now(), house.zone, part=part, count=count, more=more)
        try:
            self._notices.tell(
                alert_id(f"codes:{now.boot_id}:{now.since_boot_s}", AlertKind.FAULT), AlertKind.FAULT, facts
            )
        except StoreError as error:
            log.warning("the owner is not told of wrong codes reason=%s", error)
