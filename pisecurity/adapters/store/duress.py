"""What happened since somebody was made to disarm: sent by a worker of its own, and read at the console alone."""

from __future__ import annotations

from collections.abc import Sequence

from pisecurity.adapters.store.codec import bind, decoded, moment
from pisecurity.adapters.store.outbox import OutboxTable
from pisecurity.adapters.store.table import Table, steady
from pisecurity.core.types import Outcome
from pisecurity.ports import NOWHERE, HiddenEntry

_ALERTS = """
SELECT alerts.number, alerts.id, at_us, subject, recipient, outcome, detail
FROM alerts LEFT JOIN outbox ON outbox.alert = alerts.number AND outbox.step = 1
WHERE kind = 'duress' AND channel IS NOT :nowhere ORDER BY alerts.number DESC LIMIT :limit
"""
_EVENTS = "SELECT id, opened_us, camera, reason FROM events WHERE kind = 'duress' ORDER BY number DESC LIMIT :limit"


class HiddenOutbox(OutboxTable):
    """Fulfils Outbox for the alerts that nobody in the house may know of."""

    HIDDEN = 1


class DuressTable(Table):
    """What ``pisecurity people duress-log`` shows."""

    @property
    def hidden(self) -> HiddenOutbox:
        """The outbox of what nobody in the house may know of."""
        return HiddenOutbox(self._database, self._clock)

    @steady
    def duress_log(self, limit: int) -> Sequence[HiddenEntry]:
        """Return up to *limit* alerts and as many events, newest first. Raises StoreError."""
        with self._database.read() as connection:
            alerts = decoded(
                connection.execute(_ALERTS, bind(limit=limit, nowhere=NOWHERE)),
                lambda row: HiddenEntry(
                    moment(row["at_us"]),
                    row["subject"],
                    recipient=row["recipient"] or "",
                    outcome=None if row["outcome"] is None else Outcome(row["outcome"]),
                    detail=row["detail"] or "",
                ),
            )
            events = decoded(
                connection.execute(_EVENTS, bind(limit=limit)),
                lambda row: HiddenEntry(
                    moment(row["opened_us"]), row["reason"], camera=row["camera"], picture=row["id"]
                ),
            )
        return sorted((*alerts, *events), key=lambda entry: entry.at, reverse=True)
