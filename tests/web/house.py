"""A house for the tests of the page: the real panel, health and live view over memory, and a real server."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from ipaddress import IPv4Address, IPv4Network
from zoneinfo import ZoneInfo

import cv2
import numpy as np
from flask import Flask

from pisecurity.adapters.jpeg import SimpleJpegEncoder
from pisecurity.core.steps import MailStep, StepResult
from pisecurity.core.types import (
    Alarm,
    AlarmState,
    Alert,
    AlertKind,
    Box,
    Delivery,
    Dismissed,
    EventRecord,
    Frame,
    Mode,
    Outcome,
    Picture,
    Track,
    TrackState,
)
from pisecurity.core.vision.learned import LearnedScene
from pisecurity.errors import CameraError, StoreError
from pisecurity.ports import Clock, PictureKind, ReceivedMail, SilentCall
from pisecurity.runtime.alarm.panel import Panel
from pisecurity.runtime.alarm.timetable import Timetable
from pisecurity.runtime.health import Health
from pisecurity.runtime.life.logins import Logins
from pisecurity.runtime.life.mail_check import MailCheck
from pisecurity.runtime.live import LiveView
from pisecurity.runtime.scenes import Scenes, Unshown
from pisecurity.runtime.worker import Worker
from pisecurity.settings import (
    AccessSettings,
    AlarmSettings,
    CameraSettings,
    HolidaySettings,
    ModeSettings,
    ScheduleSettings,
    Settings,
)
from pisecurity.web import AccessPolicy, create_app
from pisecurity.web.server import PageServer, bind
from tests.fakes import MemoryPeopleStore, MemoryScheduleStore, make_event
from tests.rigs.readiness import ReadyHouse
from tests.web.people import Disarm, people_of

NAME = "pisecurity.test"
PERSON = Box(0.42, 0.38, 0.12, 0.46)


class MemoryStore:
    """Alarm and events in memory; refuses while ``broken`` says why."""

    def __init__(self) -> None:
        self.alarm: Alarm | None = None
        self.records: list[EventRecord] = []
        self.rows: list[Dismissed] = []
        self.notes: list[str] = []
        self.broken = ""

    def load_alarm(self) -> Alarm | None:
        return self.alarm

    def save_alarm(self, alarm: Alarm, note: str, by: str = "", how: str = "", call: SilentCall | None = None) -> None:
        self._check()
        self.alarm = alarm
        self.notes.append(note)

    def owe(self, call: SilentCall, alarm: Alarm | None = None) -> None:
        """Nothing: it is forgotten with this store."""

    def mark_alarm(self, alarm: Alarm, call: SilentCall | None = None) -> None:
        self._check()
        self.alarm = alarm

    def events(self, limit: int, before: str | None = None) -> tuple[EventRecord, ...]:
        self._check()
        newest = sorted(self.records, key=lambda record: record.opened_at, reverse=True)
        ids = [record.id for record in newest]
        start = ids.index(before) + 1 if before else 0
        return tuple(newest[start : start + limit])

    def event(self, event_id: str) -> EventRecord | None:
        self._check()
        return next((record for record in self.records if record.id == event_id), None)

    def dismissed(self, limit: int, before: int | None = None) -> tuple[Dismissed, ...]:
        self._check()
        return tuple(row for row in reversed(self.rows) if before is None or row.number < before)[:limit]

    def deliveries(self, limit: int) -> tuple[Delivery, ...]:
        return tuple(delivery for record in self.records for delivery in record.deliveries)[:limit]

    def waiting(self) -> int:
        return sum(delivery.outcome is Outcome.WAITING for delivery in self.deliveries(100))

    def _check(self) -> None:
        if self.broken:
            raise StoreError(self.broken)


class MemoryPictures:
    def __init__(self) -> None:
        self.kept: dict[tuple[str, PictureKind], bytes] = {}

    def save(self, event_id: str, kind: PictureKind, jpeg: bytes) -> None:
        self.kept[event_id, kind] = jpeg

    def load(self, event_id: str, kind: PictureKind) -> bytes | None:
        return self.kept.get((event_id, kind))


class MemoryMailbox:
    def __init__(self) -> None:
        self.kept: list[ReceivedMail] = []

    def mails(self) -> tuple[ReceivedMail, ...]:
        return tuple(reversed(self.kept))

    def mail(self, number: int) -> ReceivedMail | None:
        return next((mail for mail in self.kept if mail.number == number), None)


class KnowingKeeper:
    """The keeper of a camera that knows an even scene, with a restless corner."""

    def __init__(self) -> None:
        self.forgotten = 0
        restless = np.zeros((120, 160), np.uint8)
        restless[:40, :40] = 160
        plane = np.full((120, 160), 90, np.uint8)
        self.scene: LearnedScene | Unshown = LearnedScene(plane, np.full((240, 320), 90, np.uint8), restless, 9, 1, 1)

    def show(self) -> LearnedScene | Unshown:
        return self.scene

    def forget(self) -> None:
        self.forgotten += 1


class ScriptedDoctor:
    """A MailDoctor whose steps are released one by one; at first all of them are."""

    def __init__(self) -> None:
        self.steps = [
            MailStep("settings", StepResult.WELL, "mail server smtp.example.org:587 with starttls", 0.001),
            MailStep("login", StepResult.FAULT, "mail server smtp.example.org:587 refuses the login", 0.21),
            MailStep("sender", StepResult.UNTRIED, "not tried, because of login"),
        ]
        self.gate = threading.Semaphore(len(self.steps) + 1)
        self.crash = False
        self.runs = 0

    def hold(self) -> None:
        """Release no step any more, until told to."""
        self.gate = threading.Semaphore(0)

    def examine(self, no_login: str = "") -> Iterator[MailStep]:
        self.runs += 1
        for step in self.steps:
            self.gate.acquire(timeout=60)
            yield step
        self.gate.acquire(timeout=60)
        if self.crash:
            raise CameraError("stands for a bug")


@dataclass
class House:
    """Everything behind the page, and the page."""

    clock: Clock
    mailbox: MemoryMailbox | None = field(default_factory=MemoryMailbox)
    cameras: tuple[str, ...] = ("front",)
    alarm: AlarmSettings = field(
        default_factory=lambda: AlarmSettings(
            away=ModeSettings(exit_delay_s=30, entry_delay_s=20), home=ModeSettings(entry_delay_s=20)
        )
    )
    zone: str = "Europe/Berlin"
    schedule: tuple[ScheduleSettings, ...] = ()
    holiday: tuple[HolidaySettings, ...] = ()
    disarm: Disarm = "anyone"
    late_s: float = 0.0
    """How old a picture is when it comes."""

    def __post_init__(self) -> None:
        self.store, self.pictures = MemoryStore(), MemoryPictures()
        self.health = Health(self.clock)
        self.readiness = ReadyHouse(self.health, self.clock, {"front": "Front door", "yard": "Yard"})
        self.keeper = KnowingKeeper()
        self.encoder = SimpleJpegEncoder()
        self.live = LiveView(self.cameras, self.encoder, self.clock)
        self.panel = Panel(self.store, self.clock, self.alarm, lambda transition: None)
        self.panel.start()
        settings = Settings(
            camera=(CameraSettings(id="front", kind="stage"),), schedule=self.schedule, holiday=self.holiday
        )
        self.timetable = Timetable(self.panel, MemoryScheduleStore(), self.clock, settings, ZoneInfo(self.zone))
        self.timetable.start()
        self.people_store = MemoryPeopleStore()
        self.people = people_of(self.clock, self.disarm, self.people_store, present=lambda: self.panel.status().mode)
        self.frames = 0
        self.doctor, self.mail_check = ScriptedDoctor(), MailCheck(self.clock, Logins(self.clock), ZoneInfo(self.zone))
        self.mail_check.set_doctor(self.doctor)

    def app(self, policy: AccessPolicy | None = None) -> Flask:
        return create_app(
            panel=self.panel,
            people=self.people,
            store=self.store,
            pictures=self.pictures,
            health=self.health,
            live=self.live,
            access=policy or home_policy(),
            clock=self.clock,
            zone=ZoneInfo(self.zone),
            house="Garden 7",
            labels={"front": "Front door", "yard": "Yard"},
            mailbox=self.mailbox,
            scenes=Scenes(dict.fromkeys(self.cameras, self.keeper), self.panel, SimpleJpegEncoder()),  # type: ignore[arg-type]
            mail_check=self.mail_check,
            readiness=self.readiness,
            timetable=self.timetable,
        )

    def ask(self, disarm: Disarm) -> None:
        """Let the setting who may disarm be *disarm* from now on."""
        self.people.apply(AccessSettings(disarm=disarm))

    def offer(self, camera: str = "front") -> None:
        """Let *camera* take one picture, with a person in it."""
        self.frames += 1
        scene, box = garden(self.frames)
        now_s = self.clock.monotonic() - self.late_s
        frame = Frame(camera, self.frames, now_s, self.clock.now(), scene.y[::2, ::2], lambda: scene)
        track = Track(1, box, TrackState.CONFIRMED, now_s, now_s, 0.3, 0.9, frozenset(), "walked")
        self.live.offer(frame, (track,))

    def happened(
        self,
        number: int,
        *outcomes: Outcome,
        kind: AlertKind | None = AlertKind.ALARM,
        ago: timedelta = timedelta(minutes=5),
        zones: tuple[str, ...] = (),
        state: AlarmState = AlarmState.ARMED_AWAY,
    ) -> EventRecord:
        """Store event *number* with one mail row per outcome, and its pictures."""
        event_id = f"{number:032x}"
        opened_at = self.clock.now() - ago
        alert = Alert(f"{number:031x}f", kind or AlertKind.ALARM, opened_at, "Alarm", "Movement", event_id)
        record = EventRecord(
            id=event_id,
            camera=self.cameras[0],
            opened_at=opened_at,
            ended_at=opened_at + timedelta(seconds=14),
            box=PERSON,
            zones=frozenset(zones),
            score=0.87,
            reason="went 0.21 of the picture in 0.9 s, needed 0.02 in 0.2 s",
            state=state,
            kind=kind,
            why="armed away and 0.87 sure" if kind else "paused: the last alarm mail was 42 s ago, the pause is 300 s",
            deliveries=tuple(
                _delivery(row, alert, outcome, opened_at) for row, outcome in enumerate(outcomes, start=number * 10)
            ),
        )
        self.store.records.append(record)
        scene, box = garden(number * 17)
        self.pictures.save(event_id, PictureKind.CLEAN, self.encoder.clean(scene))
        self.pictures.save(event_id, PictureKind.ANNOTATED, self.encoder.annotated(scene, (box,), ""))
        return record

    def intrude(self, *, entry: bool = False) -> None:
        """Let something move while the alarm is armed."""
        record = self.happened(900 + len(self.store.records), Outcome.ACCEPTED, Outcome.ACCEPTED, ago=timedelta(0))
        self.panel.notice(make_event(event_id=record.id, entry=entry))

    def post(self, subject: str, html: str = "", *, pictures: int = 1, answers: int | None = None) -> ReceivedMail:
        """Let a mail arrive in the demo's mailbox; it *answers* the one of that number."""
        assert self.mailbox is not None
        number = len(self.mailbox.kept) + 1
        scene, box = garden(number * 23)
        mail = ReceivedMail(
            number=number,
            received_at=self.clock.now(),
            sender="pisecurity@example.org",
            to=("anna@example.org",),
            subject=subject,
            text="Movement at the front door, 14:03:22.",
            html=html,
            pictures=(self.encoder.annotated(scene, (box,), ""),) * pictures,
            conversation=f"<{number if answers is None else answers}@house>",
        )
        self.mailbox.kept.append(mail)
        return mail

    def arm_now(self, mode: Mode, by: str = "Anna") -> None:
        """Arm without exit delay."""
        settings = self.alarm
        self.panel.apply(settings.model_copy(update={"away": replace_delay(settings.away)}))
        self.panel.switch(mode, by=by, how="page")
        self.panel.apply(settings)


def replace_delay(mode: ModeSettings) -> ModeSettings:
    """Return *mode* without exit delay."""
    return mode.model_copy(update={"exit_delay_s": 0.0})


def home_policy() -> AccessPolicy:
    """The page is called pisecurity.test or 127.0.0.1; loopback and 192.168.1.0/24 are the home network."""
    return AccessPolicy.build((NAME, "127.0.0.1"), (IPv4Network("127.0.0.0/8"), IPv4Network("192.168.1.0/24")))


@contextmanager
def served(house: House) -> Iterator[int]:
    """Serve the page of *house* on loopback while the block runs; yield the port."""
    with serving(house.app(), house.clock) as port:
        yield port


@contextmanager
def serving(app: Flask, clock: Clock) -> Iterator[int]:
    """Serve *app* on loopback while the block runs; yield the port."""
    crashes: list[str] = []
    server = PageServer(app, bind((IPv4Address("127.0.0.1"),), 0))
    _, port = server.start()
    worker = Worker("page", server.work, clock, lambda name, error: crashes.append(name))
    worker.start()
    try:
        yield port
    finally:
        worker.stop(10)
    assert crashes == []


@contextmanager
def filming(house: House, camera: str = "front", every_s: float = 0.1) -> Iterator[threading.Event]:
    """Let *camera* film while the block runs, or until the yielded event is set."""
    off = threading.Event()

    def film() -> None:
        while not off.wait(every_s):
            house.offer(camera)

    thread = threading.Thread(target=film, name=f"film {camera}")
    thread.start()
    try:
        yield off
    finally:
        off.set()
        thread.join()


def garden(step: int, width: int = 640, height: int = 480) -> tuple[Picture, Box]:
    """Draw a garden path with a person on it, and return the person's box."""
    picture = np.full((height, width, 3), (196, 202, 190), np.uint8)
    picture[height // 2 :] = (96, 134, 122)
    for points, shade in (
        (((0, 480), (250, 240), (390, 240), (640, 480)), (164, 178, 184)),
        (((400, 80), (590, 80), (590, 262), (400, 262)), (92, 116, 142)),
        (((450, 150), (505, 150), (505, 262), (450, 262)), (52, 66, 86)),
        (((535, 120), (572, 120), (572, 160), (535, 160)), (176, 226, 236)),
    ):
        cv2.fillPoly(picture, [np.array(points, np.int32)], shade)
    cv2.circle(picture, (105, 170), 74, (84, 122, 92), -1, cv2.LINE_AA)
    cv2.rectangle(picture, (96, 238), (114, 300), (66, 86, 104), -1)
    x, y = 230 + (step * 3) % 170, 250
    cv2.circle(picture, (x, y), 19, (54, 48, 44), -1, cv2.LINE_AA)
    cv2.ellipse(picture, (x, y + 72), (27, 56), 0, 0, 360, (54, 48, 44), -1, cv2.LINE_AA)
    swing = 12 if step % 10 < 5 else -12
    for foot in (-swing, swing):
        cv2.line(picture, (x, y + 110), (x + foot, y + 182), (54, 48, 44), 15, cv2.LINE_AA)
    planes = cv2.cvtColor(picture, cv2.COLOR_BGR2YUV_I420).astype(np.uint8)
    quarter = height // 4
    chroma = planes[height:].reshape(2, quarter * 2, width // 2)
    box = Box((x - 34) / width, (y - 26) / height, 68 / width, 222 / height)
    return Picture(planes[:height].copy(), chroma[0].copy(), chroma[1].copy()), box


def _delivery(row: int, alert: Alert, outcome: Outcome, at: datetime) -> Delivery:
    details = {
        Outcome.ACCEPTED: "250 2.0.0 Ok: queued as 4F1A2B",
        Outcome.REFUSED: "550 5.1.1 no such user here",
        Outcome.LATER: "421 4.3.2 try again later",
        Outcome.WAITING: "",
    }
    accepted_at = at + timedelta(seconds=1) if outcome is Outcome.ACCEPTED else None
    who = f"{('anna', 'ben', 'carla')[row % 3]}@example.org"
    tried = 0 if outcome is Outcome.WAITING else 1
    return replace(Delivery(row, alert, "mail", who, tried, None, outcome, details[outcome]), accepted_at=accepted_at)
