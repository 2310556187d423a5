"""Mails once for each camera how well it sees by night: two pictures of its first armed night, and a verdict."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Protocol

from pisecurity.core.alarm.schedule import clock_is_set
from pisecurity.core.types import AlertKind, Picture, Plane
from pisecurity.core.vision.contrast import DARK_FAULT, SEEING_FACT, missed_coats
from pisecurity.core.vision.night import Look, Moment, Sight, Verdict, moment, verdict
from pisecurity.core.words import Facts, alert_id
from pisecurity.errors import MailError, StoreError
from pisecurity.ports import Clock, JpegEncoder, PictureKind, Pictures
from pisecurity.runtime.alerts.notices import Notices
from pisecurity.runtime.health import Health
from pisecurity.runtime.live import LiveView
from pisecurity.runtime.worker import Beat, rest

log = logging.getLogger(__name__)

LOOK_EVERY_S = 20.0
_TRIES, _TRY_EVERY_S = 8, 0.5
"""The first look only wakes the camera up."""


class Told(Protocol):
    """What was mailed."""

    def has_alert(self, alert_id: str) -> bool:
        """Return whether an alert of this id was stored. Raises StoreError."""
        ...


class Night:
    """The worker of the first nights.

    Nothing is remembered but what is stored anyway. The ids of the mail and of its pictures follow from the camera, its
    settings and the night, so a restart at any moment neither doubles nor loses one, and a camera that was set up anew
    is judged anew. A night counts with both pictures; otherwise the next one does.
    """

    def __init__(
        self,
        setups: Mapping[str, str],
        live: LiveView,
        pictures: Pictures,
        encoder: JpegEncoder,
        decode: Callable[[bytes], Plane],
        told: Told,
        notices: Notices,
        armed: Callable[[], bool],
        clock: Clock,
        health: Health,
    ) -> None:
        """
        Args:
            setups: the settings of each camera as text, by its id.
            decode: returns the brightness of a JPEG; raises ValueError.
            armed: whether a picture may be kept.
        """
        self._setups, self._live, self._pictures, self._encoder = setups, live, pictures, encoder
        self._decode, self._told, self._notices, self._armed = decode, told, notices, armed
        self._clock, self._health = clock, health
        self._judged: set[str] = set()
        self._sights: dict[str, Sight | None] = {}
        """By picture; what a restart forgets is left to the later picture."""
        self._asked = False

    def ask(self, by: str) -> str:
        """Have all cameras judged by one picture each, now; return in words what happens. Any thread.

        Raises:
            MailError: there is nobody to mail to, or nothing may be kept.
        """
        if not self._notices.to():
            raise MailError("no mail about the night: there is no mail account; add a [mail] table to config.toml")
        if not self._armed():
            raise MailError("no mail about the night: pictures are kept while armed only; arm, and ask again")
        log.info("mail about the night asked by=%s", by)
        self._asked = True
        return "a mail about each camera is on its way within a minute; in the dark it tells what the first night would"

    def work(self, stop: threading.Event, beat: Beat) -> None:
        """Look every LOOK_EVERY_S until *stop* is set."""
        while not rest(self._clock, stop, beat, LOOK_EVERY_S):
            try:
                self.look(stop, beat)
            except StoreError as error:
                log.warning("the first night waits reason=%s", error)

    def look(self, stop: threading.Event, beat: Beat) -> None:
        """Take the picture that is due, and mail the verdict with the later one. Raises StoreError."""
        asked, self._asked = self._asked, False
        if not self._armed() or not self._notices.to():
            return
        wall, clock = self._clock.now(), self._clock
        if asked:
            self._answer(wall, stop, beat)
        due = moment(wall.astimezone(self._notices.house.zone))
        if due is None or not clock_is_set(clock.instant(), wall, synchronised=clock.synchronised()):
            return
        for camera in self._setups:
            if not self._is_judged(camera):
                self._go_on(camera, *due, stop, beat)

    def _go_on(self, camera: str, evening: date, due: Moment, stop: threading.Event, beat: Beat) -> None:
        late, early = (self._name(camera, f"{evening}:{each}") for each in (Moment.LATE, Moment.EARLY))
        if due is Moment.LATE:
            if self._pictures.load(late, PictureKind.CLEAN) is None:
                self._take(camera, late, stop, beat)
            return
        first = self._look_of(late)
        if first is not None and (self._look_of(early) or self._take(camera, early, stop, beat)):
            second = self._look_of(early)
            looks = (first, second) if second else (first,)
            times = ", ".join(f"{each.at:%H:%M}" for each in (Moment.LATE, Moment.EARLY))
            self._tell(self._name(camera, ""), camera, looks, (late, early), times)
            self._judged.add(camera)

    def _answer(self, wall: datetime, stop: threading.Event, beat: Beat) -> None:
        time = f"{wall.astimezone(self._notices.house.zone):%H:%M}"
        for camera in self._setups:
            name = self._notices.new_id()
            if self._take(camera, name, stop, beat) and (look := self._look_of(name)):
                self._tell(name, camera, (look,), (name,), time)

    def _is_judged(self, camera: str) -> bool:
        if camera not in self._judged and self._told.has_alert(self._name(camera, "")):
            self._judged.add(camera)
        return camera in self._judged

    def _name(self, camera: str, what: str) -> str:
        return alert_id(f"{camera}:{self._setups[camera]}:{what}", AlertKind.NIGHT)

    def _take(self, camera: str, name: str, stop: threading.Event, beat: Beat) -> bool:
        """Keep a picture of *camera* under *name*; return whether there was one. Raises StoreError."""
        picture = self._fresh(camera, stop, beat)
        if picture is None or not self._armed():
            return False
        house = self._notices.house
        local = self._clock.now().astimezone(house.zone)
        caption = f"{local:%Y-%m-%d %H:%M:%S}  {house.cameras[camera]}"
        self._pictures.save(name, PictureKind.ANNOTATED, self._encoder.annotated(picture, (), caption))
        self._pictures.save(name, PictureKind.CLEAN, self._encoder.clean(picture))
        self._sights[name] = self._sight(camera)
        log.info("picture of the night kept camera=%s sight=%s", camera, self._sights[name])
        return True

    def _fresh(self, camera: str, stop: threading.Event, beat: Beat) -> Picture | None:
        for _ in range(_TRIES):
            picture = self._live.picture(camera)
            if picture is not None or rest(self._clock, stop, beat, _TRY_EVERY_S):
                return picture
        return None

    def _sight(self, camera: str) -> Sight | None:
        if any(fault.key == f"{DARK_FAULT}{camera}" for fault in self._health.faults()):
            return Sight.NOBODY
        facts = self._health.facts()
        if camera in missed_coats(facts):
            return Sight.LIGHT_CLOTHES
        return Sight.ANYBODY if f"{SEEING_FACT}{camera}" in facts else None

    def _look_of(self, name: str) -> Look | None:
        """Return what was kept under *name*; None where nothing is, or nothing that can be read."""
        jpeg = self._pictures.load(name, PictureKind.CLEAN)
        if jpeg is None:
            return None
        try:
            return Look(self._decode(jpeg), self._sights.get(name))
        except ValueError:
            return None

    def _tell(self, name: str, camera: str, looks: Sequence[Look], shows: Sequence[str], times: str) -> None:
        """Store the mail about *looks*, whose pictures are kept under *shows*. Raises StoreError."""
        house, found = self._notices.house, verdict(looks)
        log.info("night judged camera=%s verdict=%s", camera, found)
        part = "" if found is Verdict.FINE else found
        facts = Facts(
            house.name, self._clock.now(), house.zone, house.cameras[camera], part=part, more={"times": times}
        )
        self._notices.store(replace(self._notices.alert(name, AlertKind.NIGHT, facts), shows=tuple(shows)))
