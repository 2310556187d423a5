"""When the owner is mailed that something fails while armed, such as a camera or the disk, and that it is over."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from pisecurity.core.alarm.readiness import CLOCK, HEAT, SUPPLY, is_graver
from pisecurity.core.types import AlertKind, Fault, Mode
from pisecurity.core.vision.contrast import DARK_FAULT, SEEING_FACT
from pisecurity.ports import Clock
from pisecurity.runtime.alarm.dusk import Dusk
from pisecurity.runtime.alarm.readiness import LOW_ENDS_S
from pisecurity.runtime.health import FaultChange, Health
from pisecurity.runtime.life.space import FAULT as SPACE
from pisecurity.runtime.life.space import IN_MEMORY

PAUSE_S = 900.0
"""Least time between two mails about the same fault; how it is now is always shown on the page."""
LASTS_S = 60.0
"""A fault that stays for so long is mailed in spite of that pause: it is no loose cable."""
LONGEST_NIGHT_S = 18 * 3600.0
"""A known darkness that lasts for longer is that of no night: somebody may have covered the camera meanwhile."""
KNOWN_S, MACHINE_KNOWN_S, SUPPLY_KNOWN_S = 30.0, 240.0, LOW_ENDS_S + 60.0
"""So long after the start what is still wrong with cameras and disk, with the machine and the light, or with the
supply, has been reported: the rest is over."""
CAMERA_FAULT = "camera:"
"""Begins the key of a lost camera's fault; the camera's id follows."""

PARTS = {HEAT: "heat", SUPPLY: "supply", CLOCK: "clock", SPACE: "space"}
"""Faults of the machine that are mailed, and the part of the catalogue that tells of each."""
OTHER = "other"
"""Part of the catalogue for whatever else is graver."""
_RETRIED = frozenset({"store", "outbox"})
"""Faults while a write is tried again: nothing is lost by one that is over soon."""
_CHANNELS = frozenset({"mail"})
"""Begin the keys of the faults of a way on which alerts leave; ``Prove`` tells of them, over another one."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What a mail about a fault is about."""

    camera: str = ""
    """What people call the camera; empty where it is none."""
    part: str = ""
    """Which words of the catalogue tell of it; empty for a lost camera."""

    @property
    def kind(self) -> AlertKind:
        """What it is mailed as when it begins."""
        return AlertKind.FAULT if self.part else AlertKind.TAMPER


Mail = Callable[[AlertKind, Fault, Subject, str | None], str]
"""Stores a mail: its kind, the fault, what it is about, the mail it answers. Returns its id.

Raises StoreError: then the same is asked for again later.
"""


KeepKnown = Callable[[Collection[str]], None]
"""Stores the keys of the faults that whoever armed knows of. Raises StoreError: then the same is asked again later."""


class Losses:
    """Mails each loss once, while armed, and its end, over restarts too. For one thread.

    What is graver, and what fails of the machine, is mailed unless it is known: whoever armed has seen it on the list,
    or was mailed that the schedule armed in spite of it. A camera that was lost before is an alarm all the same where
    the schedule armed, and a disk that takes nothing is mailed always. Darkness is mailed of an empty house, where it
    comes at an unusual hour: by night it comes back every evening. A known one says nothing about another camera, nor
    about the next one of the same; in the dark nothing is worse but to be lost, which is a fault of its own, and that
    the light does not come back.
    """

    def __init__(
        self, health: Health, clock: Clock, cameras: Mapping[str, str], mail: Mail, keep_known: KeepKnown
    ) -> None:
        """*cameras*: camera id to what people call it."""
        self._health, self._clock, self._cameras, self._mail = health, clock, cameras, mail
        self._keep_known = keep_known
        self._began_s = self._armed_s = clock.monotonic()
        self._told: dict[str, str] = {}
        """Key of each fault that was mailed and is not over, and the id of that mail."""
        self._mailed_s: dict[str, float] = {}
        """When the last mail about each fault was stored (monotonic)."""
        self._since_s: dict[str, float] = {}
        """Since when each fault there is has been (monotonic)."""
        self._known: set[str] = set()
        """Keys of the faults that whoever armed knows of, until each is over."""
        self._kept: set[str] = set()
        """Those of them that are stored."""
        self._sees_since_s: dict[str, float] = {}
        """Since when each camera that is there tells what it sees (monotonic)."""
        self._ended: set[str] = set()
        """Keys of the faults of cameras that are there which ended, rather than being lost sight of."""
        self._dusk = Dusk()

    def take_up(self, told: Mapping[str, str], known: Collection[str]) -> None:
        """Go on where the process before this one was ended.

        A camera that is no longer configured is neither lost nor back.

        Args:
            told: what it mailed: fault key to the id of the mail.
            known: keys of what whoever armed knows of, as *keep_known* was given them.
        """
        self._told.update((key, mail) for key, mail in told.items() if self._subject(key) is not None)
        self._known, self._kept = set(known), set(known)

    def note(self, change: FaultChange) -> None:
        """Take note that a fault began or is over."""
        key, now_s = change.fault.key, self._clock.monotonic()
        if not change.over:
            self._since_s.setdefault(key, now_s)
            self._ended.discard(key)
            return
        since_s = self._since_s.pop(key, now_s)
        if key.startswith(DARK_FAULT) and (key in self._told or self._dusk.is_usual(key, since_s)):
            self._dusk.note(key, since_s, now_s)
        self._known.discard(key)
        if self._camera_of(key):
            self._ended.add(key)
        else:
            self._mail_return(change.fault)

    def look(self, mode: Mode) -> None:
        """Mail what is due: what fails while armed in *mode*, and what is over."""
        self._look_who_sees()
        self._known = {key for key in self._known if not self._is_dark_too_long(key)}
        faults = self._health.faults()
        for fault in faults:
            subject = self._subject(fault.key)
            if subject is not None and self._is_due(fault.key, subject, mode):
                self._told[fault.key] = self._mail(subject.kind, fault, subject, None)
                self._mailed_s[fault.key] = self._clock.monotonic()
        for key in (set(self._told) | self._known) - {fault.key for fault in faults}:
            if self._is_over(key):
                self._mail_return(Fault(key, "", self._clock.now()))
                self._known.discard(key)
        known = {key for key in self._known if self._subject(key) is not None}
        if known != self._kept:
            self._keep_known(known)
            self._kept = known

    def armed(self, mode: Mode, *, shown: bool, anew: bool) -> None:
        """Take note of an order that armed in *mode*: what was wrong before it is known.

        Args:
            shown: whether whoever gave it was shown what is wrong; otherwise what is graver was mailed, and no more.
            anew: whether the alarm was disarmed before: then what fails is mailed at once again.
        """
        listed = (key for key in self._since_s if is_graver(key, mode) and not self._is_vital(key))
        self._known = set(self._since_s) if shown else set(listed)
        self._armed_s = self._clock.monotonic()
        if anew:
            self._mailed_s.clear()
            self._dusk.forget()

    def _look_who_sees(self) -> None:
        faults, facts = {fault.key for fault in self._health.faults()}, self._health.facts()
        for camera in self._cameras:
            if f"{SEEING_FACT}{camera}" in facts and f"{CAMERA_FAULT}{camera}" not in faults:
                self._sees_since_s.setdefault(camera, self._clock.monotonic())
            else:
                self._sees_since_s.pop(camera, None)
                self._ended = {key for key in self._ended if self._camera_of(key) != camera}

    def _is_due(self, key: str, subject: Subject, mode: Mode) -> bool:
        if mode is Mode.DISARMED or key in self._told or (key in self._known and key != IN_MEMORY):
            return False
        now_s, mailed_s = self._clock.monotonic(), self._mailed_s.get(key)
        lasts = now_s - self._since_s.get(key, now_s) >= LASTS_S
        if subject.part == "dark":
            return mode is Mode.AWAY and (self._is_dark_too_long(key) or not self._dusk.is_usual(key, now_s))
        if key in _RETRIED:
            return lasts
        return lasts or mailed_s is None or now_s - mailed_s >= PAUSE_S

    def _is_dark_too_long(self, key: str) -> bool:
        """Return whether *key* is a darkness that has lasted for longer than a night since somebody armed."""
        now_s = self._clock.monotonic()
        since_s = max(self._since_s.get(key, now_s), self._armed_s)
        return key.startswith(DARK_FAULT) and now_s - since_s >= LONGEST_NIGHT_S

    def _is_over(self, key: str) -> bool:
        """Return whether the fault *key*, of which nothing is known now, would have been reported again."""
        now_s = self._clock.monotonic()
        if camera := self._camera_of(key):
            seen_s = self._sees_since_s.get(camera)
            # One that is lost is neither in the light nor fast, and one that has just come back says so late.
            return seen_s is not None and (key in self._ended or now_s - seen_s >= MACHINE_KNOWN_S)
        known_s = SUPPLY_KNOWN_S if key == SUPPLY else KNOWN_S if self._is_vital(key) else MACHINE_KNOWN_S
        return now_s - self._began_s >= known_s

    def _mail_return(self, fault: Fault) -> None:
        subject = self._subject(fault.key)
        if subject is not None and (mail := self._told.get(fault.key)) is not None:
            self._mail(AlertKind.RECOVERED, fault, subject, mail)
            del self._told[fault.key]
        self._ended.discard(fault.key)

    def _is_vital(self, key: str) -> bool:
        return key == IN_MEMORY or key.startswith(CAMERA_FAULT)

    def _camera_of(self, key: str) -> str:
        """Return the id of the camera whose pictures the fault *key* is about; empty where it is lost, or is none."""
        camera = key.partition(":")[2]
        return camera if camera in self._cameras and not key.startswith(CAMERA_FAULT) else ""

    def _subject(self, key: str) -> Subject | None:
        """Return what a mail about the fault *key* is about; None: it is not mailed."""
        if key == IN_MEMORY:
            return Subject(part="disk")
        if key in PARTS:
            return Subject(part=PARTS[key])
        kind, _, camera = key.partition(":")
        if kind.partition("-")[0] in _CHANNELS or not is_graver(key, Mode.AWAY):
            return None
        if not camera:
            return Subject(part=OTHER)
        label = self._cameras.get(camera)
        part = {CAMERA_FAULT: "", DARK_FAULT: "dark"}.get(f"{kind}:", OTHER)
        return None if label is None else Subject(label, part)
