"""Every setting: default, range, unit, meaning. Frozen models, no files."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from datetime import time
from ipaddress import ip_address, ip_network
from itertools import combinations
from posixpath import normpath
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?$")]
Share = Annotated[float, Field(ge=0, le=1)]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Point = tuple[Share, Share]
KeyPath = tuple[str | int, ...]
"""Where a setting stands: ``("camera", 0, "fps")`` is the key fps of the first camera."""


class Table(BaseModel):
    """A table of config.toml: unknown keys are mistakes, and no message repeats a value that may be secret."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True, strict=True, allow_inf_nan=False)

    @field_validator("*")
    @classmethod
    def _stays_on_one_line(cls, value: Any) -> Any:
        """Refuse control characters: texts end up in mail headers, log lines and file names."""
        for text in value if isinstance(value, tuple) else (value,):
            if isinstance(text, str) and any(unicodedata.category(letter) in ("Cc", "Zl", "Zp") for letter in text):
                raise PydanticCustomError("one_line", "give a text on one line, without control characters")
        return value


class HouseSettings(Table):
    """The ``[house]`` table."""

    name: str = Field("Home", min_length=1, max_length=60)
    """Name of the house in the subject of mails."""
    timezone: str = ""
    """Zone of labels and schedules, such as Europe/Berlin; empty is the zone of the machine."""


LEAST_FPS = 2.0
"""With fewer frames a second nobody who walks is followed: at 1, none of three clips has its person. Measured."""
LEAST_REGION = 0.1
"""Share of the view that a region must be wide and high; a smaller one is more noise than picture."""
ONLY_FOR: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(("loop", "pace"), ("file",)),
    "seed": ("stage",),
    **dict.fromkeys(("device", "width", "height", "rotation", "mains_hz"), ("picamera2", "v4l2")),
    **dict.fromkeys(("region", "longest_exposure_ms", "focus_m", "ir_cut", "ir_cut_gpio"), ("picamera2",)),
}
"""Kinds of camera that have a setting which others would silently leave out of account."""


class CameraSettings(Table):
    """One ``[[camera]]``."""

    id: Slug = Field(examples=["front"])
    """Short name in addresses and file names: small letters, digits, hyphens."""
    name: str = Field("", max_length=60)
    """Name shown to people; empty is the id."""
    kind: Literal["stage", "file", "picamera2", "v4l2"] = Field(examples=["stage"])
    """stage: a drawn scene, for trying out. file: a recording. picamera2: the Pi's own camera. v4l2: a USB camera."""
    path: str = Field("", max_length=4096, validate_default=True)
    """file: the recording to play."""
    loop: bool = False
    """file: start again at the end."""
    pace: Literal["recorded", "fast"] = "recorded"
    """file: play as recorded, or as fast as it goes."""
    fps: float = Field(10.0, ge=LEAST_FPS, le=30)
    """Frames analysed a second; a source that delivers more is thinned."""
    seed: int = Field(1, ge=0, le=2**31 - 1)
    """stage: which drawn scene."""
    device: str = Field("", max_length=255)
    """picamera2, v4l2: which camera, as "pisecurity doctor camera" lists it; empty is the only one."""
    width: int = Field(1280, ge=256, le=4608)
    """picamera2, v4l2: width of the pictures in pixels."""
    height: int = Field(720, ge=144, le=3456)
    """picamera2, v4l2: height of the pictures in pixels."""
    rotation: Literal[0, 180] = 0
    """picamera2, v4l2: 180 for a camera that hangs upside down."""
    mains_hz: Literal[0, 50, 60] = 0
    """picamera2, v4l2: frequency of the mains, so that lamps do not flicker; 0 leaves it to the camera."""
    region: tuple[Share, Share, Share, Share] = (0.0, 0.0, 1.0, 1.0)
    """picamera2: the part of the view that fills the picture: left, top, width and height in shares of the view."""
    longest_exposure_ms: float = Field(50.0, ge=1, le=1000)
    """picamera2: longest exposure in the dark; a longer one sees more, and who moves is blurred."""
    focus_m: float = Field(0.0, ge=0, le=1000)
    """picamera2: distance in metres on which the lens stays; 0 focuses once when the camera starts and stays there."""
    ir_cut: Literal["always", "never", "switched"] = "always"
    """picamera2: the infrared-cut filter. never: a NoIR camera. switched: ir_cut_gpio moves it away in the dark."""
    ir_cut_gpio: int = Field(17, ge=0, le=53)
    """picamera2: the GPIO that puts the filter in front of the sensor while it is high."""

    @field_validator("path")
    @classmethod
    def _path_fits_the_kind(cls, path: str, info: ValidationInfo) -> str:
        kind = info.data.get("kind")
        if kind == "file" and not path.strip():
            raise ValueError('give the path of the recording, such as path = "/var/lib/pisecurity/garden.mp4"')
        if kind in ("stage", "picamera2", "v4l2") and path:
            raise ValueError(f'a {kind} plays no recording; leave path out, or set kind = "file"')
        return path

    @field_validator("device")
    @classmethod
    def _device_fits_the_kind(cls, device: str, info: ValidationInfo) -> str:
        if device and info.data.get("kind") == "v4l2" and not device.startswith("/dev/"):
            raise ValueError("give the stable name of the camera, such as /dev/v4l/by-id/usb-...-video-index0")
        if info.data.get("kind") == "picamera2" and device.startswith("/dev/"):
            raise ValueError('this names a USB camera; set kind = "v4l2", or give a name such as imx708@1a')
        return device

    @field_validator("width", "height")
    @classmethod
    def _size_is_even(cls, pixels: int) -> int:
        if pixels % 2:
            raise ValueError(f"cameras deliver even sizes; give {pixels - 1} or {pixels + 1}")
        return pixels

    @field_validator("region")
    @classmethod
    def _region_lies_in_the_view(cls, region: tuple[float, float, float, float]) -> tuple[float, float, float, float]:
        left, top, width, height = region
        if min(width, height) < LEAST_REGION or left + width > 1 or top + height > 1:
            raise ValueError(
                f"give left, top, width and height inside the view and at least {LEAST_REGION:g} wide and high, "
                "such as [0.25, 0.25, 0.5, 0.5]"
            )
        return region

    @property
    def label(self) -> str:
        """What people call it."""
        return self.name or self.id


class MotionSettings(Table):
    """The ``[motion]`` table."""

    min_contrast: int = Field(6, ge=2, le=64)
    """Least change of brightness that counts, in steps of 255, on top of the noise of the picture."""
    min_area: float = Field(0.00036, gt=0, le=0.5)
    """Smallest moving thing that counts, as a share of the picture."""
    min_travel: float = Field(0.02, gt=0, le=1)
    """Way a thing must go to count, as a share of the picture's diagonal."""
    confirm_s: float = Field(0.2, ge=0, le=5)
    """Seconds a thing must be followed to count; a very small one up to 2.5 times as long."""
    hold_s: float = Field(60, ge=0, le=3600)
    """Seconds a thing that counts and then stands still keeps its box; then it belongs to the scene."""
    light_share: float = Field(0.3, ge=0.05, le=1)
    """Share of the picture that must change at once to be taken for a change of light or a knocked camera."""
    event_gap_s: float = Field(10, ge=1, le=600)
    """Seconds without anything that counts until an event is over."""


LEAST_ZONE_AREA = 0.0001
"""Share of the picture, a hundredth of its width by a hundredth of its height; less is a slip of the pen."""


class ZoneSettings(Table):
    """One ``[[zone]]``."""

    name: str = Field(min_length=1, max_length=40, examples=["Garden path"])
    """Name shown to people."""
    camera: Slug = Field(examples=["front"])
    """Id of the camera it lies in."""
    kind: Literal["watch", "ignore", "entry"] = Field(examples=["watch"])
    """watch: only here counts (where a camera has any). ignore: never counts here. entry: starts the entry delay."""
    points: tuple[Point, ...] = Field(
        min_length=3, max_length=32, examples=[((0.1, 0.4), (0.9, 0.4), (0.9, 1.0), (0.1, 1.0))]
    )
    """Corners in shares of the picture, from the left and from the top."""

    @field_validator("points")
    @classmethod
    def _goes_round_an_area(cls, points: tuple[Point, ...]) -> tuple[Point, ...]:
        """Refuse what would watch nothing, or the wrong places, without anybody noticing."""
        edges = list(zip(points, (*points[1:], points[0]), strict=True))
        for (first, one), (second, other) in combinations(enumerate(edges, start=1), 2):
            if _cross(one, other):
                raise ValueError(
                    f"two edges cross, the one from corner {first} and the one from corner {second}; "
                    "give the corners in order round the zone"
                )
        # The shoelace formula.
        area = abs(sum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in edges)) / 2
        if area < LEAST_ZONE_AREA:
            raise ValueError(
                "these corners hold no area; give them in order round the zone, "
                "such as [[0.1, 0.4], [0.9, 0.4], [0.9, 1.0], [0.1, 1.0]]"
            )
        return points


def _cross(one: tuple[Point, Point], other: tuple[Point, Point]) -> bool:
    """Return whether two edges cut through each other; touching is not crossing."""
    return _parts(one, other) and _parts(other, one)


def _parts(edge: tuple[Point, Point], ends: tuple[Point, Point]) -> bool:
    """Return whether *ends* lie on the two sides of the line through *edge*."""
    (x0, y0), (x1, y1) = edge
    left, right = ((x1 - x0) * (y - y0) - (y1 - y0) * (x - x0) for x, y in ends)
    return left * right < 0


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
    """Nobody is at home."""
    home: ModeSettings = ModeSettings()
    """Somebody is at home and awake."""
    night: ModeSettings = ModeSettings(entry_delay_s=30)
    """Everybody at home sleeps."""

    @field_validator("away", "home", "night", mode="before")
    @classmethod
    def _keeps_the_other_delay(cls, value: Any, info: ValidationInfo) -> Any:
        """Fill a table that sets only one delay from the defaults of its mode, not from those of ModeSettings."""
        if isinstance(value, Mapping) and info.field_name is not None:
            return {**cls.model_fields[info.field_name].default.model_dump(), **value}
        return value


class ScheduleSettings(Table):
    """One ``[[schedule]]``: from this time on these days the alarm is in this mode, until the next entry."""

    days: tuple[Weekday, ...] = Field(min_length=1, max_length=7, examples=[("mon", "fri")])
    """Days of the week."""
    at: time = Field(examples=[time(22, 30)])
    """Time of day in the zone of the house, such as 22:30:00."""
    mode: Literal["disarmed", "home", "away", "night"] = Field(examples=["night"])
    """What to switch to."""

    @field_validator("at")
    @classmethod
    def _is_a_time_on_the_wall(cls, at: time) -> time:
        if at.microsecond or at.tzinfo is not None:
            raise ValueError("give whole seconds by the clock of the house, such as 22:30:00")
        return at


MAIL_ADDRESS = re.compile(
    r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}"
    r"@[A-Za-z0-9](?:[A-Za-z0-9-]|\.(?!\.)){0,250}[A-Za-z0-9]"
)


def _mail_address(value: str) -> str:
    if not MAIL_ADDRESS.fullmatch(value):
        raise ValueError("give one mail address such as anna@example.org, without a name beside it")
    return value


MailAddress = Annotated[str, StringConstraints(max_length=254), AfterValidator(_mail_address)]


class MailSettings(Table):
    """The ``[mail]`` table; without it alarms are only shown on the page."""

    host: str = Field(min_length=1, max_length=253, examples=["smtp.example.org"])
    """Name of the mail server, such as smtp.example.org."""
    port: int = Field(587, ge=1, le=65535)
    """587 for starttls, 465 for tls."""
    security: Literal["starttls", "tls", "plain"] = "starttls"
    """plain is accepted for a server on this machine only."""
    user: str = Field("", max_length=254)
    """Name to log in with; empty sends without login. The password is not kept here, see docs/guide.md."""
    sender: MailAddress = Field(examples=["alarm@example.org"])
    """Address the mails come from."""
    to: tuple[MailAddress, ...] = Field(min_length=1, max_length=20, examples=[("anna@example.org",)])
    """Addresses that get the mails."""
    ca_file: str = Field("", max_length=4096)
    """Certificate of an own authority, for a mail server at home; empty is the system's."""

    @field_validator("host")
    @classmethod
    def _names_one_host(cls, host: str) -> str:
        if not re.fullmatch(r"[A-Za-z0-9._-]+|[0-9A-Fa-f:.]+", host):
            raise ValueError("give only the name of the server, such as smtp.example.org; the port has its own key")
        return host

    @field_validator("security")
    @classmethod
    def _plain_stays_on_this_machine(cls, security: str, info: ValidationInfo) -> str:
        if security == "plain" and not _is_loopback(info.data.get("host", "")):
            raise ValueError("plain is only for a server on this machine (localhost, 127.0.0.1); use starttls or tls")
        return security


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def _page_address(value: str) -> str:
    if value == "auto":
        return value
    try:
        address = ip_address(value)
    except ValueError:
        raise ValueError("give auto, or an address of this machine such as 192.168.1.20") from None
    if address.is_unspecified:
        raise ValueError("the page is never bound to every network; give auto or one address of this machine")
    return str(address)


PRIVATE_NETWORKS = tuple(
    ip_network(text)
    for text in (
        *("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "169.254.0.0/16", "127.0.0.0/8"),
        *("fc00::/7", "fe80::/10", "::1/128"),
    )
)
"""Addresses no router of the internet passes on. Source: IANA special-purpose address registries."""


def _network(value: str) -> str:
    try:
        network = ip_network(value)
    except ValueError:
        raise ValueError("give a network such as 10.8.0.0/24") from None
    if not any(network.version == block.version and network.subnet_of(block) for block in PRIVATE_NETWORKS):  # type: ignore[arg-type]
        raise ValueError("the internet is in it; give a private network such as 10.8.0.0/24")
    return str(network)


PageAddress = Annotated[str, AfterValidator(_page_address)]
Network = Annotated[str, AfterValidator(_network)]
HOST_NAME = r"[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?)*"
"""A name a browser can ask for, in small letters. Many home machines have an underscore in theirs."""
HostName = Annotated[str, StringConstraints(pattern=f"^{HOST_NAME}$", max_length=253)]


class WebSettings(Table):
    """The ``[web]`` table."""

    address: PageAddress = Field("auto", max_length=64)
    """Address the page is bound to; auto is the one of the home network."""
    port: int = Field(8080, ge=1, le=65535)
    """Port of the page."""
    hosts: tuple[HostName, ...] = Field((), max_length=16)
    """Further names the page may be called by, in small letters, such as pi.fritz.box."""
    also_allow: tuple[Network, ...] = Field((), max_length=16)
    """Networks besides the home network that may use the page, such as 10.8.0.0/24 of a VPN."""


LIVE: dict[str, Any] = {"live": True}
"""Marks a table whose changes count at once; the others need a restart."""


class Settings(Table):
    """All of config.toml."""

    house: HouseSettings = HouseSettings()
    camera: tuple[CameraSettings, ...] = Field(min_length=1, max_length=8)
    motion: MotionSettings = Field(MotionSettings(), json_schema_extra=LIVE)
    zone: tuple[ZoneSettings, ...] = Field((), max_length=64, json_schema_extra=LIVE)
    alarm: AlarmSettings = Field(AlarmSettings(), json_schema_extra=LIVE)
    schedule: tuple[ScheduleSettings, ...] = Field((), max_length=64, json_schema_extra=LIVE)
    mail: MailSettings | None = Field(None, json_schema_extra=LIVE)
    web: WebSettings = WebSettings()

    @model_validator(mode="after")
    def _is_consistent(self) -> Self:
        for path, text in contradictions(self.model_dump()):
            raise PydanticCustomError("contradiction", "{where}: {text}", {"where": str(path), "text": text})
        return self


def is_live(table: str) -> bool:
    """Return whether changes in the top-level *table*, such as ``motion``, count without a restart."""
    extra = Settings.model_fields[table].json_schema_extra
    return isinstance(extra, dict) and extra.get("live") is True


def contradictions(tables: Mapping[str, Any]) -> Iterator[tuple[KeyPath, str]]:
    """Yield where settings that are fine each alone do not go together, and what to do about it.

    Args:
        tables: the settings as plain mappings and tuples. Parts with another mistake are passed over, so that
            all mistakes of a file can be told at once.
    """
    cameras = rows(tables, "camera")
    yield from _camera_contradictions(cameras)
    yield from _zone_contradictions(rows(tables, "zone"), [row.get("id") for row in cameras])
    yield from _schedule_contradictions(rows(tables, "schedule"))


def rows(tables: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    """Return the tables of the list *name*, an empty one where something else stands."""
    found = tables.get(name, ())
    return [row if isinstance(row, Mapping) else {} for row in found] if isinstance(found, tuple) else []


def _camera_contradictions(cameras: list[Mapping[str, Any]]) -> Iterator[tuple[KeyPath, str]]:
    ids = [row.get("id") for row in cameras]
    for number, row in enumerate(cameras):
        if isinstance(row.get("id"), str) and row["id"] in ids[:number]:
            same = ids.index(row["id"]) + 1
            yield ("camera", number, "id"), f"camera[{same}] has this id already; give each camera its own"
        yield from _unused_keys(number, row)
        yield from _taken_device(number, cameras)
        yield from _taken_pin(number, cameras)


def _unused_keys(number: int, row: Mapping[str, Any]) -> Iterator[tuple[KeyPath, str]]:
    for key, kinds in ONLY_FOR.items():
        if key in row and row[key] != CameraSettings.model_fields[key].default and row.get("kind") not in kinds:
            yield ("camera", number, key), f"only a camera of kind {' or '.join(kinds)} has this; leave it out"


def _taken_device(number: int, cameras: list[Mapping[str, Any]]) -> Iterator[tuple[KeyPath, str]]:
    row = cameras[number]
    if row.get("kind") not in ONLY_FOR["device"]:
        return
    for before, other in enumerate(cameras[:number]):
        if other.get("kind") == row.get("kind") and _may_be_the_same(other.get("device", ""), row.get("device", "")):
            yield (
                ("camera", number, "device"),
                f"camera[{before + 1}] may be this one already; give each its own device",
            )
            return


def _taken_pin(number: int, cameras: list[Mapping[str, Any]]) -> Iterator[tuple[KeyPath, str]]:
    default = CameraSettings.model_fields["ir_cut_gpio"].default
    pins = [row.get("ir_cut_gpio", default) if row.get("ir_cut") == "switched" else None for row in cameras]
    if pins[number] is not None and pins[number] in pins[:number]:
        before = pins.index(pins[number]) + 1
        text = f"camera[{before}] moves its filter with GPIO {pins[number]} already; give each its own pin"
        yield ("camera", number, "ir_cut_gpio"), text


def _may_be_the_same(one: Any, other: Any) -> bool:
    """Return whether two names can mean one camera; without a name it is the only one there is."""
    if not isinstance(one, str) or not isinstance(other, str) or not one or not other:
        return True
    long, short = sorted((normpath(one), normpath(other)), key=len, reverse=True)
    return long == short or long.endswith(f"/{short}")


def _zone_contradictions(zones: list[Mapping[str, Any]], cameras: list[Any]) -> Iterator[tuple[KeyPath, str]]:
    known = [camera for camera in cameras if isinstance(camera, str)]
    names = [(row.get("camera"), row.get("name")) for row in zones]
    for number, (camera, name) in enumerate(names):
        if known and isinstance(camera, str) and camera not in known:
            yield ("zone", number, "camera"), f"no camera has this id; there is {', '.join(dict.fromkeys(known))}"
        if isinstance(name, str) and (camera, name) in names[:number]:
            same = names.index((camera, name)) + 1
            yield ("zone", number, "name"), f"zone[{same}] of this camera has this name already; give each its own"


def _schedule_contradictions(entries: list[Mapping[str, Any]]) -> Iterator[tuple[KeyPath, str]]:
    taken: dict[tuple[Any, time], int] = {}
    for number, row in enumerate(entries):
        at, days = row.get("at"), row.get("days")
        if not isinstance(at, time) or not isinstance(days, tuple):
            continue
        for day in (day for day in days if isinstance(day, str)):
            if (day, at) in taken:
                text = f"schedule[{taken[day, at] + 1}] switches at this time on {day} already; keep one of them"
                yield ("schedule", number, "at"), text
                break
            taken[day, at] = number
