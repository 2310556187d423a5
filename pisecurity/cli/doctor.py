"""Each part of an installation, tried one after the other."""

from __future__ import annotations

import argparse
import platform
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from pisecurity import __version__, config
from pisecurity.adapters.clock import SystemClock, installed_at
from pisecurity.adapters.jpeg import shrink
from pisecurity.adapters.machine.network import find_binding
from pisecurity.adapters.mail.mailer import SmtpMailer
from pisecurity.adapters.ping import HttpPing
from pisecurity.adapters.state.files import is_there
from pisecurity.adapters.state.secrets import Secrets
from pisecurity.adapters.store import SqliteStore
from pisecurity.adapters.store.sqlite import FILE_NAME as DATABASE
from pisecurity.app import NO_MAIL, build_camera
from pisecurity.cli.doctor_camera import EXCLUSIVE, CameraExamination, daemon_status, of_daemon
from pisecurity.cli.doctor_mail import MailExamination
from pisecurity.cli.findings import Finding, attempt, tell
from pisecurity.cli.house import BEGUN_EMPTY, DEMO, folder_of_database, is_begun_empty, is_of_a_demo
from pisecurity.cli.parser import given_config
from pisecurity.cli.report import LIBRARIES, library_version
from pisecurity.cli.words import MAY_DISARM
from pisecurity.core.audit import shown
from pisecurity.core.vision.unwatched import WATCHED, unwatched
from pisecurity.errors import CameraError, ConfigError, MailError, NetworkError, PiSecurityError, StoreError
from pisecurity.ports import Clock
from pisecurity.runtime.life.ping import SILENT
from pisecurity.settings import CameraSettings, LifeSettings, MailSettings, Settings, WebSettings, ZoneSettings
from pisecurity.web.assets import load_catalogue
from pisecurity.web.server import bind

LEAST_FREE_MB = 500
FRAME_WITHIN_S = 10.0
MAIL_DEADLINE_S = 30.0
PING_DEADLINE_S = 20.0


class ClockError(PiSecurityError):
    """The wall clock is wrong."""


def doctor(args: argparse.Namespace) -> int:
    """Try each part, say how it is, and name the fix where it is not well."""
    if args.part == "camera":
        return tell(CameraExamination(args.state, given_config(args), args.pictures, SystemClock()).findings())
    if args.part == "mail":
        return tell(MailExamination(args.state, given_config(args), SystemClock()).findings())
    return tell(Examination(args.state, given_config(args), SystemClock()).findings())


class Examination:
    """Tries the parts of an installation as the daemon would use them, beside a daemon that may be running."""

    def __init__(self, state: Path, config_file: Path, clock: Clock) -> None:
        self._state, self._config_file, self._clock = state, config_file, clock
        self._settings: Settings | None = None
        self._daemon: Mapping[str, Any] | None = None

    def findings(self) -> Iterator[Finding]:
        """Yield what is found, part by part; without a good configuration its parts are left out."""
        yield attempt("versions", self._versions)
        yield attempt("config", self._config)
        yield attempt("state folder", self._folder)
        yield attempt("disk", self._disk)
        yield attempt("audit log", self._audit)
        yield attempt("clock", self._wall_clock)
        yield attempt("daemon", self._control)
        for fault in self._daemon["faults"] if self._daemon else ():
            yield Finding("daemon", well=False, text=fault["text"])
        faults = {fault["key"] for fault in self._daemon["faults"]} if self._daemon else set()
        for problem in self._daemon.get("problems", ()) if self._daemon else ():
            if problem["key"] not in faults:
                yield Finding("daemon", well=True, text=f"remark: {problem['text']}")
        if self._settings is None:
            return
        settings = self._settings
        yield attempt("zones", partial(self._zones, settings))
        for camera in settings.camera:
            yield attempt(f"camera {camera.label}", partial(self._camera, camera, settings.zones_of(camera.id)))
        yield attempt("mail", partial(self._mail, settings.mail, settings.house.name))
        yield attempt("power cut", partial(self._power_cut, settings.life))
        yield attempt("page", partial(self._page, settings.web))
        yield Finding("access", well=True, text=MAY_DISARM[settings.access.disarm])

    def _versions(self) -> str:
        libraries = ", ".join(f"{name} {library_version(name)}" for name in LIBRARIES)
        return f"pisecurity {__version__}, Python {platform.python_version()}, {libraries}"

    def _config(self) -> str:
        if is_of_a_demo(self._state, self._config_file):
            return f"none: {DEMO}"
        self._settings = config.load(self._config_file)
        return f"{self._config_file} is good"

    def _nearest_folder(self) -> Path:
        """Return the state folder, or of those above it the first that is there."""
        return next(folder for folder in (self._state, *self._state.absolute().parents) if is_there(folder))

    def _folder(self) -> str:
        there = self._nearest_folder()
        try:
            with tempfile.TemporaryFile(dir=there):
                if there == self._state:
                    return f"{self._state} can be written"
                return f"{self._state} is not there yet; 'pisecurity run' makes it"
        except OSError as error:
            raise StoreError(
                f"{self._state}: cannot be written ({error.strerror}); run doctor as the user of the service, or give "
                "that user the folder"
            ) from error

    def _disk(self) -> str:
        there = self._nearest_folder()
        free_mb = shutil.disk_usage(there).free // 10**6
        if free_mb < LEAST_FREE_MB:
            raise StoreError(f"{there}: {free_mb} MB free, {LEAST_FREE_MB} MB are needed; delete something")
        return f"{free_mb} MB free"

    def _audit(self) -> str:
        """Whether nobody changed what is on record about who armed and disarmed."""
        folder = folder_of_database(self._state)
        try:
            (folder / DATABASE).stat()
        except FileNotFoundError:
            return "empty: no daemon has run here yet"
        except OSError:  # the store says what is wrong with it
            pass
        if is_begun_empty(folder):
            return f"not looked at: {BEGUN_EMPTY}"
        store = SqliteStore(folder, self._clock, read_only=True)
        try:
            broken, lost = store.verify_audit(), store.lost_audit_rows()
            number, head = store.audit_head()
        finally:
            store.close()
        if broken is not None:
            raise StoreError(f"row {broken} was changed from outside; 'pisecurity events verify' says more")
        gap = f"; {lost} row(s) were lost when the database was damaged" if lost else ""
        return f"unbroken, {number} rows, the last {shown(number, head)}{gap}"

    def _wall_clock(self) -> str:
        now = self._clock.now()
        if now < installed_at():
            raise ClockError(f"it says {now:%Y-%m-%d %H:%M} UTC, before this program was installed; run 'timedatectl'")
        return f"{now:%Y-%m-%d %H:%M:%S} UTC"

    def _control(self) -> str:
        """Whether a daemon runs is no fault, unless it runs and does not answer."""
        self._daemon = daemon_status(self._state)
        return f"runs, {self._daemon['state']}" if self._daemon else "does not run on this state folder"

    def _zones(self, settings: Settings) -> str:
        found = unwatched(settings)
        if found.faults:
            raise ConfigError("; ".join(found.faults + found.warnings))
        return "; ".join((str(len(settings.zone)), *(found.warnings or (WATCHED,)))) if settings.zone else "none"

    def _camera(self, settings: CameraSettings, zones: Sequence[ZoneSettings]) -> str:
        if self._daemon and settings.kind in EXCLUSIVE:
            return of_daemon(settings, self._daemon)
        camera = build_camera(settings, zones, self._clock)
        try:
            info = camera.open()
            frame = camera.read(FRAME_WITHIN_S)
            if frame is None:
                raise CameraError(f"camera {settings.label}: no picture within {FRAME_WITHIN_S:g} s; check its cable")
            if frame.trouble:
                raise CameraError(frame.trouble)
        finally:
            camera.close()
        remarks = "".join(f"; {remark}" for remark in info.remarks)
        return f"gives pictures: {info.description}, {info.fps:g} frames/s{remarks}"

    def _mail(self, settings: MailSettings | None, house: str) -> str:
        if settings is None:
            raise MailError(NO_MAIL)
        password = Secrets(self._state).mail_password
        mailer = SmtpMailer(settings, password, house, catalogue=load_catalogue(), shrink=shrink)
        return mailer.prove(MAIL_DEADLINE_S)

    def _power_cut(self, settings: LifeSettings) -> str:
        """Whether somebody would notice one; that nobody would is the owner's choice."""
        if not settings.ping_url:
            return SILENT
        ping = HttpPing(settings, self._clock)
        ping.ping(PING_DEADLINE_S)
        return f"would be noticed: {ping.where} answers, asked every {settings.ping_every_s} s"

    def _page(self, settings: WebSettings) -> str:
        binding = find_binding(settings.address)
        where = ", ".join(f"port {settings.port} of {address}" for address in binding.addresses)
        try:
            for listening in bind(binding.addresses, settings.port):
                listening.close()
        except NetworkError:
            if self._daemon:
                return f"{where} is taken, by the running daemon as it should be"
            raise
        return f"{where} is free"
