"""Readiness of a house whose machine is well and that has no mail account, for tests of what asks it."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, cast

from pisecurity.adapters.machine.power import Power
from pisecurity.core.types import Instant
from pisecurity.ports import Channel, Clock
from pisecurity.runtime.alarm.readiness import Readiness
from pisecurity.runtime.alerts.notices import Notices
from pisecurity.runtime.health import Health
from pisecurity.runtime.house import House
from pisecurity.runtime.life.logins import Logins
from pisecurity.settings import CameraSettings, Settings


class WellBoard:
    """Fulfils PowerSource."""

    def read(self) -> Power:
        return Power()


class SetClock:
    """A clock that a time server has set, whatever the machine of the tests has."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.synced = True

    def synchronised(self) -> bool:
        return self.synced

    def monotonic(self) -> float:
        return self._clock.monotonic()

    def now(self) -> datetime:
        return self._clock.now()

    def instant(self) -> Instant:
        return self._clock.instant()

    def wait(self, stop: threading.Event, seconds: float) -> bool:
        return self._clock.wait(stop, seconds)


class ReadyHouse(Readiness):
    """Counts how often somebody looked."""

    def __init__(self, health: Health, clock: Clock, cameras: Mapping[str, str]) -> None:
        settings = Settings(camera=(CameraSettings(id="front", kind="stage"),))
        nowhere = cast(Any, None)  # nothing is queued, and no mail is stored
        notices = Notices(settings, nowhere, House("Home", UTC, cameras, {}), lambda: "f" * 32, lambda: None)
        self._servers: dict[str, Channel] = {}
        self.clock = SetClock(clock)
        super().__init__(WellBoard(), nowhere, self._servers, Logins(clock), notices, self._look, self.clock, health)
        self.looks = 0

    def has_an_unproven_mail_and_alerts_that_wait(self, alerts: int) -> None:
        """Let a mail server there be where nobody has logged in yet, and *alerts* wait for it since ten minutes."""
        self._servers["mail"] = cast(Channel, WellBoard())
        self._waiting, self._waiting_since_s = alerts, self._clock.monotonic() - 600

    def _look(self) -> None:
        self.looks += 1
