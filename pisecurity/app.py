"""Composition root: the parts are built, joined, started in order and stopped in reverse."""

from __future__ import annotations

import logging
import secrets
import signal
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from importlib import import_module
from ipaddress import ip_network
from pathlib import Path
from types import FrameType

from pisecurity import __version__, config
from pisecurity.adapters.cameras.masked import MaskedCamera
from pisecurity.adapters.clock import SystemClock
from pisecurity.adapters.control import FILE_NAME as SOCKET_NAME
from pisecurity.adapters.control import ControlServer, commands
from pisecurity.adapters.jpeg import SimpleJpegEncoder, grey, shrink
from pisecurity.adapters.machine.memory import resident_bytes, share_one_arena
from pisecurity.adapters.machine.network import Binding, find_binding, host_names
from pisecurity.adapters.machine.power import SysfsPower
from pisecurity.adapters.machine.systemd import Systemd
from pisecurity.adapters.machine.timezone import house_zone
from pisecurity.adapters.mail.doctor import SmtpDoctor
from pisecurity.adapters.mail.mailer import SmtpMailer
from pisecurity.adapters.people_commands import PeopleCommands
from pisecurity.adapters.ping import HttpPing
from pisecurity.adapters.state.disk import StateDisk
from pisecurity.adapters.state.files import is_there
from pisecurity.adapters.state.folder import open_folder
from pisecurity.adapters.state.good_config import keep_good, load_settings
from pisecurity.adapters.state.last_seen import LastSeenFile
from pisecurity.adapters.state.lock import StateLock
from pisecurity.adapters.state.pictures import FilePictures
from pisecurity.adapters.state.refuge import refuge_of
from pisecurity.adapters.state.scenes import SceneFiles
from pisecurity.adapters.state.secrets import Secrets
from pisecurity.adapters.store import SqliteStore
from pisecurity.core.types import AlarmState
from pisecurity.core.vision.pipeline import Pipeline
from pisecurity.core.vision.unwatched import unwatched
from pisecurity.errors import CameraError, ControlError, MailError, WorkerStuckError
from pisecurity.ports import Camera, Channel, Clock, Mailbox
from pisecurity.runtime.alarm.access import Access
from pisecurity.runtime.alarm.duress import UNSEEN
from pisecurity.runtime.alarm.panel import Panel, Transition
from pisecurity.runtime.alarm.timetable import Timetable
from pisecurity.runtime.alerts.inbox import Inbox
from pisecurity.runtime.alerts.respond import Respond
from pisecurity.runtime.desk import Desk
from pisecurity.runtime.health import FaultChange, Health
from pisecurity.runtime.house import House
from pisecurity.runtime.life.life import Life
from pisecurity.runtime.life.logins import Logins
from pisecurity.runtime.life.mail_check import MailCheck
from pisecurity.runtime.life.space import Space
from pisecurity.runtime.live import LiveView
from pisecurity.runtime.reach import Reach
from pisecurity.runtime.scenes import SceneKeeper, Scenes, SceneWriter
from pisecurity.runtime.sending.dispatch import Dispatch
from pisecurity.runtime.watch import Watch
from pisecurity.runtime.worker import Beat, Work, Worker, rest
from pisecurity.settings import CameraSettings, Settings, ZoneSettings
from pisecurity.web import AccessPolicy, create_app
from pisecurity.web.assets import load_catalogue, load_phrases
from pisecurity.web.server import PageServer, bind, web_address

log = logging.getLogger(__name__)

INBOX_SIZE = 64
SUPERVISE_S = 1.0
WATCH = "watch:"
"""Begins the name of a camera's worker; the camera's id follows."""
STALE_S = 15.0
"""A worker without progress for so long ends the daemon."""
CAMERA_STALE_S = 12.0
"""The same for a camera, whose driver may hang: with the stopping of the others the process has ended after 15 s."""
STUCK_STOP_S = 0.05
"""For one that hangs already."""
COMMANDS_RETRY_S = 60.0
STOP_S = 8.5
"""For the last sign of life and all workers but STUCK_STOP_S for each that hangs; systemd and the owner wait 10 s."""
STOP_EACH_S = 4.0
"""One that hangs must not take the time in which the others finish."""
ANSWERING = ("scenes", "respond", "deliver")
"""Begin the names of the workers that finish what the others began, in the order in which they stop."""
BUG = 3
"""Exit code after a worker crashed or hung: systemd starts the daemon again."""
INTERRUPTED = 130
CAMERAS: Mapping[str, str] = {
    "stage": "pisecurity.adapters.cameras.stage:StageCamera",
    "file": "pisecurity.adapters.cameras.file:FileCamera",
    "picamera2": "pisecurity.adapters.cameras.picamera2:PiCamera",
    "v4l2": "pisecurity.adapters.cameras.v4l2:V4l2Camera",
}
"""Adapter of each kind of camera, loaded with the first of it: PyAV alone takes 15 MB, which a Pi camera can spare."""
SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
NO_MAIL = "no mail account: alarms are only shown on the page; add a [mail] table to config.toml"


def run_daemon(state: Path, config_file: Path) -> int:
    """Run the alarm until it is told to stop; return the exit code.

    Raises:
        PiSecurityError: it cannot start; the message says why and what to do.
    """
    if not is_there(state):
        config.load(config_file)  # with a mistake no folder is made, which would stand before the installed one
    with ExitStack() as held:
        folder = own_folder(state, held)
        settings, mistakes = load_settings(config_file, folder / config.GOOD_COPY)
        return Daemon(settings, folder, held, config_file=config_file, mistakes=mistakes).run()


def own_folder(state: Path, held: ExitStack) -> Path:
    """Return the state folder, which *held* keeps for this process alone. Raises StoreError, AlreadyRunningError."""
    folder = open_folder(state)
    held.enter_context(StateLock(folder))
    return folder


class Daemon:
    """All parts of a running alarm: built and joined here, started in order, stopped in reverse."""

    def __init__(
        self,
        settings: Settings,
        folder: Path,
        held: ExitStack,
        *,
        config_file: Path | None = None,
        mistakes: str = "",
        mailbox: Mailbox | None = None,
    ) -> None:
        """
        Args:
            held: closes what is opened here, also when a later part cannot be built.
            config_file: read again on SIGHUP; None where there is none.
            mistakes: in *config_file*, which keep it out of force; empty when there are none.
            mailbox: the demo's, shown on the page.
        """
        share_one_arena()
        clock = self._clock = SystemClock()
        self._settings, self._folder, self._mailbox = settings, folder, mailbox
        self._systemd, self._failed = Systemd(), threading.Event()
        self._crashed: list[Exception | None] = []
        self._signal = 0
        zone, language = house_zone(settings.house.timezone), settings.house.language
        labels = {camera.id: camera.label for camera in settings.camera}
        self._house = House(settings.house.name, zone, labels, load_catalogue(language), load_phrases(language))
        self._store = SqliteStore(folder, clock, refuge=refuge_of(folder))
        held.callback(self._store.close)
        self._pictures = FilePictures(folder)
        encoder = SimpleJpegEncoder()
        self._inbox = Inbox(INBOX_SIZE)
        self._health = Health(clock, self._on_fault)
        self._live = LiveView(tuple(self._house.cameras), encoder, clock)
        self._panel = Panel(self._store, clock, settings.alarm, self._on_transition)
        self._secrets = Secrets(folder)
        self._channels: dict[str, Channel] = {}
        logins = Logins(clock)
        self._mail_check = MailCheck(clock, logins, zone)
        self._dispatch = Dispatch(
            self._store, self._pictures, self._channels, self._house, clock, self._health, logins=logins
        )
        self._life = self._build_life(logins, encoder)
        self._timetable = Timetable(self._panel, self._store, clock, settings, zone, self._life.readiness)
        self._access = self._build_access(encoder)
        self._respond = self._build_respond(encoder)
        self._cameras: dict[str, MaskedCamera] = {}
        self._keepers: dict[str, SceneKeeper] = {}
        self._scenes = Scenes(self._keepers, self._panel, encoder)
        self._scene_files = SceneFiles(folder, {camera.id for camera in settings.camera})
        self._watches = [self._build_watch(camera) for camera in settings.camera]
        self._tell_unwatched(settings)
        self._set_mail(settings)
        self._desk = self._build_desk(config_file, mistakes) if config_file else None
        self._control = self._build_control()
        held.callback(self._control.close)
        self._reach = Reach(lambda: find_binding(settings.web.address), self._build_page, self._health, clock)
        held.callback(self._reach.close)
        self._reach.open()

    def run(self) -> int:
        """Start, supervise and stop; return 0 after SIGTERM, 130 after Ctrl-C, 3 when a worker hung.

        Raises:
            PiSecurityError: why a worker gave up; the command says so and ends with 1.
            Exception: what a worker died of; the command writes the report and ends with 3 as well.
        """
        self._panel.start()
        self._timetable.start()
        self._access.start()
        self._life.begin()
        self._store.end_open_events()
        self._open_control()
        workers = self._workers()
        with self._signals():
            try:
                for worker in workers:
                    worker.start()
                self._systemd.ready(f"{len(self._watches)} camera(s), {self._panel.status().state}")
                log.info("pisecurity %s runs folder=%s", __version__, self._folder)
                self._supervise(workers)
            finally:
                self._systemd.stopping()
                self._end(workers)
        for error in self._crashed:
            if error is not None:
                raise error
        if self._crashed:
            return BUG
        return INTERRUPTED if self._signal == signal.SIGINT else 0

    def _workers(self) -> list[Worker]:
        """Return the workers in the order in which they start: who answers comes before who asks."""
        work: list[tuple[str, Work]] = [
            *self._dispatch.work(),
            *self._access.work(),
            ("respond", self._respond.work),
            ("scenes", SceneWriter(tuple(self._keepers.values()), self._clock).work),
            ("panel", self._panel.work),
            ("timetable", self._timetable.work),
            *self._life.work(),
            ("space", Space(StateDisk(self._folder), self._store, self._health, self._clock, self._access.reload).work),
        ]
        work += [(f"{WATCH}{watch.camera_id}", watch.work) for watch in self._watches]
        if self._desk:
            work.append(("desk", self._desk.work))
        work += [("page", self._reach.work), ("control", self._serve_commands)]
        return [
            Worker(
                name, each, self._clock, self._on_crash, limit_s=CAMERA_STALE_S if name.startswith(WATCH) else STALE_S
            )
            for name, each in work
        ]

    def _supervise(self, workers: Sequence[Worker]) -> None:
        """Feed systemd's watchdog while every worker makes progress; end the daemon when one does not."""
        while not self._clock.wait(self._failed, SUPERVISE_S) and not self._signal:
            stuck = [worker for worker in workers if not worker.fresh]
            if not stuck:
                self._systemd.alive()
                self._life.alive()
                continue
            for worker in stuck:
                log.error("worker makes no progress name=%s for_s=%.0f", worker.name, worker.stale_s)
                self._on_crash(worker.name, None)

    def _end(self, workers: Sequence[Worker]) -> None:
        """Keep that it stops on purpose, and stop the workers, within STOP_S for all of it.

        Those that only ask or watch are told at once, so that none waits for another; scenes, respond and all that
        deliver come last, because they still keep and send what the others have handed on.
        """
        until_s = self._clock.monotonic() + STOP_S
        if all(_wants_new_process(error) for error in self._crashed):
            self._life.end()
        asking = [worker for worker in workers if not worker.name.startswith(ANSWERING)]
        answering = ([worker for worker in workers if worker.name.startswith(name)] for name in ANSWERING)
        for stage in (asking, *answering):
            for worker in stage:
                worker.ask_to_stop()
            for worker in reversed(stage):
                try:
                    each_s = STOP_EACH_S if worker.stale_s < worker.limit_s else STUCK_STOP_S
                    worker.stop(min(each_s, max(STUCK_STOP_S, until_s - self._clock.monotonic())))
                except WorkerStuckError as error:
                    log.error("stopped without waiting reason=%s", error)
        log.info("pisecurity stopped")

    def _on_crash(self, _name: str, error: Exception | None) -> None:
        self._crashed.append(error)
        self._failed.set()

    @contextmanager
    def _signals(self) -> Iterator[None]:
        """SIGTERM and Ctrl-C stop. SIGHUP reads the configuration again; without one it is a closed terminal and stops.

        The handlers before come back at the end.
        """

        def on_signal(number: int, _frame: FrameType | None) -> None:
            # No event is set here: its lock may be held by the very wait that the signal has interrupted.
            if number == signal.SIGHUP and self._desk:
                self._desk.ask()
            else:
                self._signal = number

        before = {number: signal.signal(number, on_signal) for number in SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _on_fault(self, change: FaultChange) -> None:
        self._inbox.put(change)
        self._life.note(change)

    def _on_transition(self, change: Transition) -> None:
        self._inbox.put(change)
        if change.begins_anew:
            for watch in self._watches:
                watch.begin_anew(raised=change.raised)

    def _build_watch(self, camera: CameraSettings) -> Watch:
        zones = self._settings.zones_of(camera.id)
        pipeline = Pipeline(camera.id, self._settings.motion, zones)
        keeper = SceneKeeper(camera.id, pipeline, self._scene_files, self._clock, self._may_keep)
        self._keepers[camera.id] = keeper
        keeper.restore()
        source = self._cameras[camera.id] = build_camera(camera, zones, self._clock)
        return Watch(
            source, camera.id, pipeline, self._inbox, self._live, self._health, self._clock, new_id, self._panel.status,
            label=camera.label, restarted=self._systemd.present, zone=self._house.zone, keeper=keeper,
            moves=self._panel.moves,
        )  # fmt: skip

    def _may_keep(self) -> bool:
        """Return whether a picture may be stored: disarmed, none is."""
        return self._panel.status().state is not AlarmState.DISARMED

    def _build_life(self, logins: Logins, encoder: SimpleJpegEncoder) -> Life:
        return Life(
            self._settings, store=self._store, panel=self._panel, house=self._house, channels=self._channels,
            logins=logins, health=self._health, clock=self._clock, new_id=new_id, on_alert=self._dispatch.wake,
            last_seen=LastSeenFile(self._folder), pinger=HttpPing, disk=StateDisk(self._folder),
            memory_bytes=resident_bytes, power=SysfsPower(), remark=self._mailbox is None, live=self._live,
            pictures=self._pictures, encoder=encoder, decode=grey, outlook=lambda: self._timetable.outlook(),  # noqa: PLW0108 -- it is built later
        )  # fmt: skip

    def _build_respond(self, encoder: SimpleJpegEncoder) -> Respond:
        return Respond(
            self._settings, self._inbox, self._panel, self._store, self._pictures, encoder, self._house, self._health,
            self._clock, new_id, self._dispatch.wake, self._access.note,
        )  # fmt: skip

    def _build_access(self, encoder: SimpleJpegEncoder) -> Access:
        return Access(
            self._settings, store=self._store, pepper=self._secrets.pepper, panel=self._panel, house=self._house,
            pictures=self._pictures, encoder=encoder, clock=self._clock, health=self._health, new_id=new_id,
            on_alert=self._dispatch.wake,
        )  # fmt: skip

    def _build_control(self) -> ControlServer:
        handlers = commands(
            self._panel, self._health, self._test_alert, self._life.send_daily, self._scenes, self._house.cameras,
            self._life.readiness, self._life.ask_night, self._timetable.outlook, self._house.zone,
        )  # fmt: skip
        people = PeopleCommands(
            self._access.people, self._store.duress_log, lambda: self._health.facts().get("page", ""), self._house
        )
        path, refuge = self._folder / SOCKET_NAME, refuge_of(self._folder)
        return ControlServer(path, {**handlers, **people.handlers()}, self._clock, refuge)

    def _build_desk(self, config_file: Path, mistakes: str) -> Desk:
        desk = Desk(
            self._settings,
            read=partial(config.read, config_file),
            parse=partial(self._parse, config_file),
            health=self._health,
            clock=self._clock,
        )
        desk.register(("motion", "zone"), self._set_vision)
        desk.register(("alarm",), lambda settings: self._panel.apply(settings.alarm))
        desk.register(("schedule", "holiday"), self._timetable.apply)
        desk.register(("mail",), self._set_mail, always=True)
        desk.register(("alarm", "mail"), self._respond.apply)
        desk.register(("mail", "life", "schedule", "holiday"), self._life.apply)
        desk.register(("access", "alarm", "mail"), self._access.apply)
        desk.register(("access",), self._set_mail)
        if mistakes:
            desk.refuse(mistakes)
        return desk

    def _parse(self, config_file: Path, text: str) -> Settings:
        settings = config.parse(text, str(config_file))
        keep_good(text, self._folder / config.GOOD_COPY)
        return settings

    def _set_vision(self, settings: Settings) -> None:
        for watch in self._watches:
            zones = settings.zones_of(watch.camera_id)
            self._cameras[watch.camera_id].set_zones(zones)
            self._live.forget(watch.camera_id)
            watch.apply(settings.motion, zones)
        self._tell_unwatched(settings)

    def _tell_unwatched(self, settings: Settings) -> None:
        found = unwatched(settings)
        if found.faults:
            self._health.report("zones", found.fault)
        else:
            self._health.clear("zones")
        for text in found.warnings:
            log.warning("zones: %s", text)
        self._health.note("zones", "; ".join(found.warnings))

    def _set_mail(self, settings: Settings) -> None:
        mail = settings.mail
        if mail is None:
            self._channels.clear()
            self._access.set_channels({})
            self._mail_check.set_doctor(None)
            self._dispatch.set_recipients("mail", ())
            self._health.report("mail-account", NO_MAIL)
            return
        house, password = self._house, self._secrets.mail_password
        mailer = partial(
            SmtpMailer, mail, password, house.name, self._clock, house.zone, catalogue=house.catalogue, shrink=shrink
        )
        self._channels["mail"] = mailer()
        self._access.set_channels({"mail": mailer(logger=UNSEEN)})
        self._mail_check.set_doctor(SmtpDoctor(mail, password, self._clock), self._channels["mail"])
        self._dispatch.set_recipients("mail", (*mail.to, *mail.second_to, *settings.access.tell_disarmed))
        self._dispatch.set_quiet(mail.quiet_from, mail.quiet_until)
        self._health.clear("mail-account")

    def _test_alert(self, by: str) -> str:
        """Queue a test alert for *by*; return in words where it goes."""
        if "mail" not in self._channels:
            raise MailError(NO_MAIL)
        log.info("test alert asked by=%s", by)
        self._respond.test_alert()
        return "test alert on its way; `pisecurity status` shows a fault if the mail server does not take it"

    def _build_page(self, binding: Binding) -> PageServer:
        """Return the page, which listens at *binding*. Raises NetworkError."""
        web = self._settings.web
        names = (*map(str, binding.addresses), *(() if web.address == "127.0.0.1" else host_names()), *web.hosts)
        admitted = binding.admitted([ip_network(prefix) for prefix in web.also_allow])
        if admitted.warning:
            self._health.report("access", admitted.warning)
        else:
            self._health.clear("access")
        sockets = bind(binding.addresses, web.port)
        self._health.note("page", web_address(binding.addresses[0], web.port))
        page = create_app(
            panel=self._panel,
            people=self._access.people,
            store=self._store,
            pictures=self._pictures,
            health=self._health,
            live=self._live,
            access=AccessPolicy.build(names, admitted.prefixes),
            clock=self._clock,
            zone=self._house.zone,
            house=self._house.name,
            labels=self._house.cameras,
            mailbox=self._mailbox,
            scenes=self._scenes,
            mail_check=self._mail_check,
            readiness=self._life.readiness,
            timetable=self._timetable,
        )
        return PageServer(page, sockets)

    def _open_control(self) -> bool:
        """Open the socket of the commands; on a disk that takes nothing the page has to do."""
        try:
            self._control.open()
        except ControlError as error:
            if not self._store.in_memory:
                raise
            self._health.report("control", f"the page works, and no command: {error}")
            return False
        self._health.clear("control")
        return True

    def _serve_commands(self, stop: threading.Event, beat: Beat) -> None:
        while not (self._control.is_open or self._open_control()):
            if rest(self._clock, stop, beat, COMMANDS_RETRY_S):
                return
        self._control.work(stop, beat)


def _wants_new_process(error: Exception | None) -> bool:
    return isinstance(error, CameraError) and error.needs_new_process


def build_camera(settings: CameraSettings, zones: Sequence[ZoneSettings], clock: Clock) -> MaskedCamera:
    """Return the adapter for the kind of camera, behind the privacy zones among its *zones*.

    A new kind is one adapter and one line in ``CAMERAS``.
    """
    module, _, name = CAMERAS[settings.kind].partition(":")
    adapter: Callable[[CameraSettings, Clock], Camera] = getattr(import_module(module), name)
    return MaskedCamera(adapter(settings, clock), zones)


def new_id() -> str:
    """Return 128 random bits as hex: the name of an event or alert, not to be guessed."""
    return secrets.token_hex(16)
