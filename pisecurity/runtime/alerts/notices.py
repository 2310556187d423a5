"""Alerts that belong to no event: what the house says of itself."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Mapping

from pisecurity.core.types import Alert, AlertKind
from pisecurity.core.words import Facts, compose
from pisecurity.ports import Address, EventStore
from pisecurity.runtime.alerts.recipients import everybody
from pisecurity.runtime.house import House
from pisecurity.settings import Settings

log = logging.getLogger(__name__)


class Notices:
    """Composes and stores them for whichever worker has something to say. Any thread."""

    def __init__(
        self,
        settings: Settings,
        store: EventStore,
        house: House,
        new_id: Callable[[], str],
        on_alert: Callable[[], None],
    ) -> None:
        self.house, self._to = house, everybody(settings)
        self.new_id, self._store, self._on_alert = new_id, store, on_alert

    def apply(self, settings: Settings) -> None:
        """Use *settings* from the next notice on."""
        self._to = everybody(settings)

    def to(self, channels: Collection[str] | None = None) -> tuple[Address, ...]:
        """Return where a notice goes over these *channels*; None is all."""
        return tuple(address for address in self._to if channels is None or address.channel in channels)

    def told_faults(self) -> Mapping[str, str]:
        """See ``EventStore.told_faults``. Raises StoreError."""
        return self._store.told_faults()

    def tell(self, alert_id: str, kind: AlertKind, facts: Facts) -> None:
        """Store a notice to everybody; nothing where one of this id is stored already. Raises StoreError."""
        self.store(self.alert(alert_id, kind, facts))

    def store(self, alert: Alert) -> None:
        """Store *alert* to everybody; nothing where one of its id is stored already. Raises StoreError."""
        self._store.add_alert(alert, self._to)
        self.queued(alert)

    def tell_fault(self, key: str, kind: AlertKind, facts: Facts, channels: Collection[str]) -> str:
        """Store that the fault *key* began or is over, for those reached over *channels*; return the alert's id.

        Raises:
            StoreError: it is not stored.
        """
        alert = self.alert(self.new_id(), kind, facts)
        self._store.add_fault_alert(key, alert, self.to(channels))
        self.queued(alert)
        return alert.id

    def alert(self, alert_id: str, kind: AlertKind, facts: Facts) -> Alert:
        """Return what is to be stored."""
        words = compose(kind, facts, self.house.catalogue)
        return Alert(alert_id, kind, facts.at, words.subject, words.text)

    def queued(self, alert: Alert) -> None:
        """Say that *alert* was stored, so that it leaves at once."""
        log.info("alert queued alert=%s kind=%s", alert.id, alert.kind)
        self._on_alert()
