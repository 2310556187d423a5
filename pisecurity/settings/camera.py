"""The ``[[camera]]`` tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from posixpath import normpath
from typing import Any, Literal, get_args

from pydantic import Field, ValidationInfo, field_validator

from pisecurity.errors import UnknownCameraError
from pisecurity.settings.table import KeyPath, Share, Slug, Table

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

    id: Slug = Field(examples=["garden"])
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


def named_camera(name: str, labels: Mapping[str, str]) -> str:
    """Return the id of the camera that somebody calls *name*: its id, or what people call it, in whatever letters.

    Args:
        labels: what people call each camera, by its id.

    Raises:
        UnknownCameraError: none has that name, or several have.
    """
    if name in labels:
        return name
    found = [each for each, label in labels.items() if name.casefold() in (each.casefold(), label.casefold())]
    if len(found) == 1:
        return found[0]
    there = ", ".join(each if label == each else f"{each} ({label})" for each, label in labels.items())
    if found:
        raise UnknownCameraError(f"{len(found)} cameras are called {name!r}; give the id of one: {there}")
    raise UnknownCameraError(f"there is no camera {name[:60]!r}; there is {there}")


def camera_contradictions(cameras: list[Mapping[str, Any]]) -> Iterator[tuple[KeyPath, str]]:
    ids = [row.get("id") for row in cameras]
    for number, row in enumerate(cameras):
        if isinstance(row.get("id"), str) and row["id"] in ids[:number]:
            same = ids.index(row["id"]) + 1
            yield ("camera", number, "id"), f"camera[{same}] has this id already; give each camera its own"
        yield from _unused_keys(number, row)
        yield from _taken_device(number, cameras)
        yield from _taken_pin(number, cameras)


def _unused_keys(number: int, row: Mapping[str, Any]) -> Iterator[tuple[KeyPath, str]]:
    if row.get("kind") not in get_args(CameraSettings.model_fields["kind"].annotation):
        return  # it is another one that is meant
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
