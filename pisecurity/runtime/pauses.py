"""The pause between two mails about movement in the same place, and what it holds back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pisecurity.core.types import AlarmState, Held
from pisecurity.ports import EventStore
from pisecurity.runtime.panel import PanelStatus

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

    def hold(self, camera: str) -> None:
        """Note that an event of *camera* was held back."""
        self._holding.add(camera)

    def over(self, status: PanelStatus, pause_s: float) -> Iterator[tuple[str, Held]]:
        """Yield each camera whose pause is over in all zones in which something was held back, and what that is."""
        for camera in sorted(self._holding) if status.state not in _SILENT else ():
            held = self._store.held(camera)
            if held is None:
                self._holding.discard(camera)
            elif all(ago_s >= pause_s for zone, ago_s in self.since_s(camera, status).items() if zone in held.zones):
                yield camera, held

    def forget(self) -> None:
        """Hold nothing back any more, because somebody disarmed."""
        self._store.forget_held()
        self._holding.clear()
