"""The house's own signs of life: what tells that an alarm would arrive, and that it was off."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Protocol

from pisecurity.core.alarm.outlook import Outlook
from pisecurity.core.types import AlarmState, Plane
from pisecurity.ports import Channel, Clock, Disk, EventStore, JpegEncoder, Pictures
from pisecurity.runtime.alarm.panel import Panel
from pisecurity.runtime.alarm.readiness import PowerSource, Queue, Readiness
from pisecurity.runtime.alerts.notices import Notices
from pisecurity.runtime.health import Health
from pisecurity.runtime.house import House
from pisecurity.runtime.life.daily import Daily, DailyStore
from pisecurity.runtime.life.logins import Logins
from pisecurity.runtime.life.night import Night, Told
from pisecurity.runtime.life.outages import LastSeen, Outages
from pisecurity.runtime.life.ping import Ping, Pinger
from pisecurity.runtime.life.prove import Prove
from pisecurity.runtime.live import LiveView
from pisecurity.runtime.worker import Work
from pisecurity.settings import LifeSettings, Settings

ALIVE_S = 15.0
"""A daemon whose loops have not all made progress for so long is not said to live."""


class LifeStore(EventStore, DailyStore, Queue, Told, Protocol):
    """What the signs of life read and write."""


class Life:
    """Builds and joins the workers that watch over the house's own reach; each may be slow and holds up no alarm."""

    def __init__(
        self,
        settings: Settings,
        *,
        store: LifeStore,
        panel: Panel,
        house: House,
        channels: Mapping[str, Channel],
        logins: Logins,
        health: Health,
        clock: Clock,
        new_id: Callable[[], str],
        on_alert: Callable[[], None],
        last_seen: LastSeen,
        pinger: Callable[[LifeSettings], Pinger],
        disk: Disk,
        memory_bytes: Callable[[], int],
        power: PowerSource,
        live: LiveView,
        pictures: Pictures,
        encoder: JpegEncoder,
        decode: Callable[[bytes], Plane],
        outlook: Callable[[], Outlook | None],
        remark: bool,
    ) -> None:
        """*remark*: whether to say what the owner should set. *outlook* returns what the schedule does next."""
        self._panel, self._clock = panel, clock
        self._alive_s = clock.monotonic()
        self._ping = Ping(pinger, settings.life, self._lives, clock, health, house.zone, remark=remark)
        self._notices = Notices(settings, store, house, new_id, on_alert)
        self._prove = Prove(channels, logins, self._is_armed, self._notices, clock, health)
        prove = self._prove.ask
        self.readiness = Readiness(power, store, channels, logins, self._notices, prove, clock, health, remark=remark)
        self._daily = Daily(settings, store, self._notices, panel, disk, memory_bytes, outlook, clock, health)
        setups = {camera.id: camera.model_dump_json() for camera in settings.camera}
        night = Night(setups, live, pictures, encoder, decode, store, self._notices, self._is_armed, clock, health)
        self._night, self.ask_night = night, night.ask
        self.note, self.send_daily = self._daily.note, self._daily.send_now
        record = partial(panel.record, by="pisecurity", how="start")
        self._outages = Outages(last_seen, self._notices, record, clock, health)

    def work(self) -> Sequence[tuple[str, Work]]:
        """Return the workers by name."""
        return (
            ("prove", self._prove.work),
            ("readiness", self.readiness.work),
            ("outages", self._outages.work),
            ("ping", self._ping.work),
            ("daily", self._daily.work),
            ("night", self._night.work),
        )

    def apply(self, settings: Settings) -> None:
        """Use *settings* from now on."""
        self._notices.apply(settings)
        self._ping.apply(settings.life)
        self._daily.apply(settings)

    def alive(self) -> None:
        """Note that every loop of the daemon makes progress just now."""
        self._alive_s = self._clock.monotonic()

    def begin(self) -> None:
        """See whether it was off; once the panel has started, and before anybody gives it an order."""
        self._outages.begin(self._panel.status().mode)

    def end(self) -> None:
        """Keep on disk that it stops on purpose."""
        self._outages.end()

    def _lives(self) -> bool:
        return self._clock.monotonic() - self._alive_s < ALIVE_S

    def _is_armed(self) -> bool:
        return self._panel.status().state is not AlarmState.DISARMED
