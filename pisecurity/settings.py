"""Every setting: default, range, unit, meaning. Frozen models, no files."""

from __future__ import annotations

from datetime import time
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?$")]
Share = Annotated[float, Field(ge=0, le=1)]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


class Table(BaseModel):
    """A table of config.toml: unknown keys are mistakes, and no message repeats a value that may be secret."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, strict=True)


class HouseSettings(Table):
    """The ``[house]`` table."""

    name: str = Field("Home", min_length=1, max_length=60)
    """Name of the house in the subject of mails."""
    timezone: str = ""
    """Zone of labels and schedules, such as Europe/Berlin; empty is the zone of the machine."""


class CameraSettings(Table):
    """One ``[[camera]]``."""

    id: Slug
    """Short name in addresses and file names: small letters, digits, hyphens."""
    name: str = Field("", max_length=60)
    """Name shown to people; empty is the id."""
    kind: Literal["stage", "file"]
    """stage: a drawn scene, for trying out. file: a recording."""
    path: str = ""
    """file: the recording to play."""
    loop: bool = False
    """file: start again at the end."""
    pace: Literal["recorded", "fast"] = "recorded"
    """file: play as recorded, or as fast as it goes."""
    fps: float = Field(10.0, ge=1, le=30)
    """Frames analysed a second; a source that delivers more is thinned."""
    seed: int = Field(1, ge=0, le=2**31 - 1)
    """stage: which drawn scene."""

    @property
    def label(self) -> str:
        """What people call it."""
        return self.name or self.id


class MotionSettings(Table):
    """The ``[motion]`` table."""


class ZoneSettings(Table):
    """One ``[[zone]]``."""

    name: str = Field(min_length=1, max_length=40)
    """Name shown to people."""
    camera: Slug
    """Id of the camera it lies in."""
    kind: Literal["watch", "ignore", "entry"]
    """watch: only here counts (where a camera has any). ignore: never counts here. entry: starts the entry delay."""
    points: tuple[tuple[Share, Share], ...] = Field(min_length=3, max_length=32)
    """Corners in shares of the picture, from the left and from the top."""


class ModeSettings(Table):
    """How one armed mode behaves: ``[alarm.away]``, ``[alarm.home]``, ``[alarm.night]``."""

    exit_delay_s: float = Field(0, ge=0, le=180)
    """Seconds between arming and being armed."""
    entry_delay_s: float = Field(0, ge=0, le=180)
    """Seconds between movement in an entry zone and the alarm."""


class AlarmSettings(Table):
    """The ``[alarm]`` table."""

    trigger_time_s: float = Field(180, ge=10, le=3600)
    """Seconds an alarm lasts before it returns to the mode it had."""
    alert_pause_s: float = Field(300, ge=0, le=86400)
    """Least seconds between two alarm mails about the same camera."""
    record_when_disarmed: bool = False
    """Keep events and pictures also while disarmed; nothing is mailed then."""
    away: ModeSettings = ModeSettings(exit_delay_s=60, entry_delay_s=60)
    home: ModeSettings = ModeSettings()
    night: ModeSettings = ModeSettings(entry_delay_s=30)


class ScheduleSettings(Table):
    """One ``[[schedule]]``: from this time on these days the alarm is in this mode, until the next entry."""

    days: tuple[Weekday, ...] = Field(min_length=1, max_length=7)
    """Days of the week."""
    at: time
    """Time of day in the zone of the house, such as 22:30:00."""
    mode: Literal["disarmed", "home", "away", "night"]


class MailSettings(Table):
    """The ``[mail]`` table; without it alarms are only shown on the page."""

    host: str = Field(min_length=1, max_length=253)
    """Name of the mail server, such as smtp.example.org."""
    port: int = Field(587, ge=1, le=65535)
    """587 for starttls, 465 for tls."""
    security: Literal["starttls", "tls", "plain"] = "starttls"
    """plain is accepted for a server on this machine only."""
    user: str = Field("", max_length=254)
    """Name to log in with; empty sends without login. The password is not kept here, see docs/guide.md."""
    sender: str = Field(min_length=3, max_length=254)
    """Address the mails come from."""
    to: tuple[str, ...] = Field(min_length=1, max_length=20)
    """Addresses that get the mails."""
    ca_file: str = ""
    """Certificate of an own authority, for a mail server at home; empty is the system's."""


class WebSettings(Table):
    """The ``[web]`` table."""

    address: str = Field("auto", max_length=64)
    """Address the page is bound to; auto is the one of the home network."""
    port: int = Field(8080, ge=1, le=65535)
    """Port of the page."""
    hosts: tuple[str, ...] = Field((), max_length=16)
    """Further names the page may be called by, such as pi.fritz.box."""
    also_allow: tuple[str, ...] = Field((), max_length=16)
    """Networks besides the home network that may use the page, such as 10.8.0.0/24 of a VPN."""


class Settings(Table):
    """All of config.toml."""

    house: HouseSettings = HouseSettings()
    camera: tuple[CameraSettings, ...] = Field(min_length=1, max_length=8)
    motion: MotionSettings = MotionSettings()
    zone: tuple[ZoneSettings, ...] = Field((), max_length=64)
    alarm: AlarmSettings = AlarmSettings()
    schedule: tuple[ScheduleSettings, ...] = Field((), max_length=64)
    mail: MailSettings | None = None
    web: WebSettings = WebSettings()
