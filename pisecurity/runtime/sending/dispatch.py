"""A worker for each channel, so that none waits for another: a server that drips holds up its own alerts alone."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping, Sequence
from datetime import time

from pisecurity.ports import Channel, Clock, Outbox, Pictures
from pisecurity.runtime.alerts.recipients import CHANNELS
from pisecurity.runtime.health import Health
from pisecurity.runtime.house import House
from pisecurity.runtime.life.logins import Logins
from pisecurity.runtime.sending import deliver
from pisecurity.runtime.sending.deliver import Deliver
from pisecurity.runtime.worker import Work


class Dispatch:
    """What hands alerts on, over every channel there is; also over one that is not set up yet. Any thread."""

    def __init__(
        self,
        outbox: Outbox,
        pictures: Pictures,
        channels: Mapping[str, Channel],
        house: House,
        clock: Clock,
        health: Health,
        *,
        names: Collection[str] = CHANNELS,
        logins: Logins | None = None,
        logger: logging.Logger = deliver.log,
    ) -> None:
        """*names*: of the channels; the rest as in ``Deliver``."""
        self._delivers = {
            name: Deliver(name, outbox, pictures, channels, house, clock, health, logins=logins, logger=logger)
            for name in names
        }

    def work(self, name: str = "deliver") -> Sequence[tuple[str, Work]]:
        """Return the workers, each by *name* and its channel: ``deliver:mail``."""
        return [(f"{name}:{channel}", each.work) for channel, each in self._delivers.items()]

    def wake(self) -> None:
        """Say that there is a new alert, so that it leaves at once."""
        for each in self._delivers.values():
            each.wake()

    def set_recipients(self, channel: str, recipients: Collection[str]) -> None:
        """See ``Deliver.set_recipients``."""
        self._delivers[channel].set_recipients(recipients)

    def set_quiet(self, begins: time, ends: time) -> None:
        """See ``Deliver.set_quiet``."""
        for each in self._delivers.values():
            each.set_quiet(begins, ends)
