"""When the owner is mailed that something fails while armed, such as a camera or the disk, and that it is over."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pisecurity.core.alarm.readiness import CLOCK, HEAT, SUPPLY
from pisecurity.core.types import AlertKind, Fault, Mode
from pisecurity.core.vision.contrast import DARK_FAULT
from pisecurity.ports import Clock
from pisecurity.runtime.health import FaultChange, Health
from pisecurity.runtime.space import FAULT as SPACE
from pisecurity.runtime.space import IN_MEMORY

PAUSE_S = 900.0
"""Least time between two mails about the same fault; how it is now is always shown on the page."""
LASTS_S = 60.0
"""A fault that stays for so long is mailed in spite of that pause: it is no loose cable."""
KNOWN_S, MACHINE_KNOWN_S = 30.0, 240.0
"""So long after the start what is still wrong with cameras and disk, or with the machine and the light, has been
reported: the rest is over."""
CAMERA_FAULT = "camera:"
"""Begins the key of a lost camera's fault; the camera's id follows."""

PARTS = {HEAT: "heat", SUPPLY: "supply", CLOCK: "clock", SPACE: "space"}
"""Faults of the machine that are mailed, and the part of the catalogue that tells of each."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What a mail about a fault is about."""

    camera: str = ""
    """What people call the camera; empty where it is none."""
    part: str = ""
    """Which words of the catalogue tell of it; empty for a lost camera."""


Mail = Callable[[AlertKind, Fault, Subject, str | None], str]
"""Stores a mail: its kind, the fault, what it is about, the mail it answers. Returns its id.

Raises StoreError: then the same is asked for again later.
"""


class Losses:
    """Mails each loss once, while armed, and its end, over restarts too. For one thread.

    A lost camera and a disk that takes nothing are mailed also when they were so before somebody armed. What else
    fails is mailed only when it began afterwards: whoever armed has seen it on the list, or was mailed that the
    schedule did. Darkness is mailed of an empty house, and once: it comes back every evening.
    """

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
        self._listed: set[str] = set()
        """Keys of the faults that whoever armed knows of, until each is over."""

    def take_up(self, told: Mapping[str, str]) -> None:
        """Go on with what the process before this one mailed: fault key to the id of the mail.

        A camera that is no longer configured is neither lost nor back.
        """
        self._told.update((key, mail) for key, mail in told.items() if self._subject(key) is not None)

    def note(self, change: FaultChange) -> None:
        """Take note that a fault began or is over."""
        if change.over:
            self._since_s.pop(change.fault.key, None)
            self._listed.discard(change.fault.key)
            self._mail_return(change.fault)
        else:
            self._since_s.setdefault(change.fault.key, self._clock.monotonic())

    def look(self, mode: Mode) -> None:
        """Mail what is due: what fails while armed in *mode*, and what is over since the restart."""
        faults = self._health.faults()
        for fault in faults:
            subject = self._subject(fault.key)
            if subject is not None and self._is_due(fault, subject, mode):
                kind = AlertKind.FAULT if subject.part else AlertKind.TAMPER
                self._told[fault.key] = self._mail(kind, fault, subject, None)
                self._mailed_s[fault.key] = self._clock.monotonic()
        for key in set(self._told) - {fault.key for fault in faults}:
            known_s = KNOWN_S if self._is_vital(key) else MACHINE_KNOWN_S
            if self._clock.monotonic() - self._began_s >= known_s:
                self._mail_return(Fault(key, "", self._clock.now()))

    def begin_anew(self) -> None:
        """Let what fails be mailed at once again, because the alarm is armed anew, but not what is known of now."""
        self._mailed_s.clear()
        self._listed = {fault.key for fault in self._health.faults()}

    def _is_due(self, fault: Fault, subject: Subject, mode: Mode) -> bool:
        key = fault.key
        if mode is Mode.DISARMED or key in self._told or (key in self._listed and not self._is_vital(key)):
            return False
        now_s, mailed_s = self._clock.monotonic(), self._mailed_s.get(key)
        if subject.part == "dark":
            return mode is Mode.AWAY and mailed_s is None
        paused = mailed_s is not None and now_s - mailed_s < PAUSE_S
        return not paused or now_s - self._since_s.get(key, now_s) >= LASTS_S

    def _mail_return(self, fault: Fault) -> None:
        subject = self._subject(fault.key)
        if subject is not None and (mail := self._told.get(fault.key)) is not None:
            self._mail(AlertKind.RECOVERED, fault, subject, mail)
            del self._told[fault.key]

    def _is_vital(self, key: str) -> bool:
        return key == IN_MEMORY or key.startswith(CAMERA_FAULT)

    def _subject(self, key: str) -> Subject | None:
        """Return what a mail about the fault *key* is about; None: it is not mailed."""
        if key == IN_MEMORY:
            return Subject(part="disk")
        if key in PARTS:
            return Subject(part=PARTS[key])
        for begins, part in ((CAMERA_FAULT, ""), (DARK_FAULT, "dark")):
            camera = self._cameras.get(key.removeprefix(begins)) if key.startswith(begins) else None
            if camera is not None:
                return Subject(camera, part)
        return None
