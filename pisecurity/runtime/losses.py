"""When the owner is mailed that a camera is lost or the disk failed, and that it is over."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pisecurity.core.types import AlertKind, Fault
from pisecurity.ports import Clock
from pisecurity.runtime.health import FaultChange, Health
from pisecurity.runtime.space import IN_MEMORY

PAUSE_S = 900.0
"""Least time between two mails about the same fault; how it is now is always shown on the page."""
LASTS_S = 60.0
"""A fault that stays for so long is mailed in spite of that pause: it is no loose cable."""
KNOWN_S = 30.0
"""So long after the start what is still wrong has been reported: the rest is over."""
CAMERA_FAULT = "camera:"
"""Begins the key of a lost camera's fault; the camera's id follows."""

Mail = Callable[[AlertKind, Fault, str, str | None], str]
"""Stores a mail: its kind, the fault, what people call the camera if it is one, the mail it answers. Returns its id.

Raises StoreError: then the same is asked for again later.
"""


class Losses:
    """Mails each loss of a camera or of the disk once, while armed, and its end, over restarts too. For one thread."""

    def __init__(self, health: Health, clock: Clock, cameras: Mapping[str, str], mail: Mail) -> None:
        """*cameras*: camera id to what people call it."""
        self._health, self._clock, self._cameras, self._mail = health, clock, cameras, mail
        self._began_s = clock.monotonic()
        self._told: dict[str, str] = {}
        """Key of each fault that was mailed and is not over, and the id of that mail."""
        self._mailed_s: dict[str, float] = {}
        """When the last mail about each fault was stored (monotonic)."""
        self._since_s: dict[str, float] = {}
        """Since when each fault there is has been (monotonic)."""

    def take_up(self, told: Mapping[str, str]) -> None:
        """Go on with what the process before this one mailed: fault key to the id of the mail.

        A camera that is no longer configured is neither lost nor back.
        """
        self._told.update((key, mail) for key, mail in told.items() if self._camera(key) is not None)

    def note(self, change: FaultChange) -> None:
        """Take note that a fault began or is over."""
        if change.over:
            self._since_s.pop(change.fault.key, None)
            self._mail_return(change.fault)
        else:
            self._since_s.setdefault(change.fault.key, self._clock.monotonic())

    def look(self, *, armed: bool) -> None:
        """Mail what is due: what fails while *armed*, and what is over since the restart."""
        faults = self._health.faults()
        for fault in faults if armed else ():
            if self._is_due(fault):
                camera = self._camera(fault.key) or ""
                kind = AlertKind.TAMPER if camera else AlertKind.FAULT
                self._told[fault.key] = self._mail(kind, fault, camera, None)
                self._mailed_s[fault.key] = self._clock.monotonic()
        if self._clock.monotonic() - self._began_s >= KNOWN_S:
            for key in set(self._told) - {fault.key for fault in faults}:
                self._mail_return(Fault(key, "", self._clock.now()))

    def forget_pauses(self) -> None:
        """Let what fails be mailed at once again, because the alarm is armed anew."""
        self._mailed_s.clear()

    def _is_due(self, fault: Fault) -> bool:
        if fault.key in self._told or self._camera(fault.key) is None:
            return False
        now_s, mailed_s = self._clock.monotonic(), self._mailed_s.get(fault.key)
        paused = mailed_s is not None and now_s - mailed_s < PAUSE_S
        return not paused or now_s - self._since_s.get(fault.key, now_s) >= LASTS_S

    def _mail_return(self, fault: Fault) -> None:
        if (mail := self._told.get(fault.key)) is not None:
            self._mail(AlertKind.RECOVERED, fault, self._camera(fault.key) or "", mail)
            del self._told[fault.key]

    def _camera(self, key: str) -> str | None:
        """Return what people call the camera of the fault *key*, empty for the disk; None: it is not mailed."""
        if key == IN_MEMORY:
            return ""
        return self._cameras.get(key.removeprefix(CAMERA_FAULT)) if key.startswith(CAMERA_FAULT) else None
