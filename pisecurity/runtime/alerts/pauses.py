"""The pause between two mails about movement in the same place, the most mails an hour, and what both hold back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pisecurity.core.alarm.rules import STORM_S
from pisecurity.core.types import AlarmState, Held
from pisecurity.ports import EventStore
from pisecurity.runtime.alarm.panel import PanelStatus
from pisecurity.settings import AlarmSettings

SUM_EVERY_S = 600.0
"""In a storm, so many seconds after the last mail about movement a sum tells of what came since."""
_SILENT = frozenset({AlarmState.DISARMED, AlarmState.ARMING, AlarmState.PENDING})


class Pauses:
    """Since when the owner knows of movement in each zone. For one thread; every method raises StoreError."""

    def __init__(self, store: EventStore) -> None:
        self._store = store
        self._holding: set[str] = set()
        """Cameras of which events may be held back."""

    def take_up(self, cameras: Iterable[str]) -> None:
        """Go on with what the process before this one held back."""
        self._holding.update(cameras)

    def since_s(self, camera: str, status: PanelStatus) -> dict[str, float]:
        """Return the seconds since the last mail about each zone; one of an earlier arming silences nothing."""
        armed_ago_s = status.at.seconds_since(status.armed_since)
        ago_s = {zone: status.at.seconds_since(at) for zone, at in self._store.told_zones(camera).items()}
        return {
            zone: max(ago, 0.0)
            for zone, ago in ago_s.items()
            if ago is not None and (armed_ago_s is None or armed_ago_s >= ago)
        }

    def is_storm(self, status: PanelStatus, settings: AlarmSettings) -> bool:
        """Return whether all mails about movement that may leave in an hour have left, whatever the camera."""
        ago_s = self._mails_ago_s(status, settings.alerts_per_hour)
        return len(ago_s) == settings.alerts_per_hour and ago_s[-1] < STORM_S

    def hold(self, camera: str) -> None:
        """Note that an event of *camera* was held back."""
        self._holding.add(camera)

    def over(self, status: PanelStatus, settings: AlarmSettings) -> Iterator[tuple[str, Held]]:
        """Yield each camera of which a sum is due, and what that is; what has waited longest first.

        It is due when the pause is over in all zones in which something was held back. In a storm one at a time is.
        """
        if status.state in _SILENT:
            return
        for camera, held in sorted(self._held(), key=lambda each: each[1].first_at):
            ago_s = self.since_s(camera, status)
            paused = any(ago_s.get(zone, settings.alert_pause_s) < settings.alert_pause_s for zone in held.zones)
            if not paused and not (self.is_storm(status, settings) and self._has_just_told(status)):
                yield camera, held

    def forget(self) -> None:
        """Hold nothing back any more, because somebody disarmed."""
        self._store.forget_held()
        self._holding.clear()

    def _held(self) -> list[tuple[str, Held]]:
        found = [(camera, held) for camera in self._holding if (held := self._store.held(camera)) is not None]
        self._holding = {camera for camera, _ in found}
        return found

    def _has_just_told(self, status: PanelStatus) -> bool:
        return any(ago_s < SUM_EVERY_S for ago_s in self._mails_ago_s(status, 1))

    def _mails_ago_s(self, status: PanelStatus, count: int) -> list[float]:
        """Return the seconds since each of the last *count* mails about movement, newest first, of this boot alone."""
        ago_s = (status.at.seconds_since(at) for at in self._store.told_at(count))
        return [ago for ago in ago_s if ago is not None]
