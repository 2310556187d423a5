"""The small values of the libcamera binding: sizes, rectangles, formats, transforms, colour spaces, controls."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from functools import partial
from typing import Any

# picamera2 hangs methods onto Size, Rectangle, Transform and ColorSpace, so none of these classes has slots. As in the
# binding sizes, points, rectangles and formats have no hash; that transforms can be compared is picamera2's doing.


@dataclass
class Size:
    width: int = 0
    height: int = 0


@dataclass
class Point:
    x: int = 0
    y: int = 0


@dataclass
class Rectangle:
    x: int = 0
    y: int = 0
    width: int = 0
    height: int = 0


class PixelFormat:
    """A format by its name, such as ``YUV420``."""

    def __init__(self, name: object) -> None:
        self._name = str(name)

    def __str__(self) -> str:
        return self._name

    def __repr__(self) -> str:
        return f"libcamera.PixelFormat({self._name!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PixelFormat) and str(other) == self._name

    __hash__ = None  # type: ignore[assignment]


class Transform:
    """Flips of the picture; can be changed after it was made, as libcamera's can."""

    def __init__(
        self, other: Transform | None = None, hflip: int = 0, vflip: int = 0, transpose: int = 0, rotation: int = 0
    ) -> None:
        if other is not None:
            hflip, vflip, transpose = other.hflip, other.vflip, other.transpose
        half_turn = rotation == 180
        self.hflip: bool = bool(hflip) ^ half_turn
        self.vflip: bool = bool(vflip) ^ half_turn
        self.transpose: bool = bool(transpose)

    def _key(self) -> tuple[bool, bool, bool]:
        return self.hflip, self.vflip, self.transpose

    def __str__(self) -> str:
        set_flags = [name for name, is_set in zip(("hflip", "vflip", "transpose"), self._key(), strict=True) if is_set]
        return f"<libcamera.Transform {' '.join(set_flags) or 'identity'}>"


class Orientation(enum.IntEnum):
    Rotate0 = 1
    Rotate0Mirror = 2
    Rotate180 = 3
    Rotate180Mirror = 4
    Rotate90Mirror = 5
    Rotate270 = 6
    Rotate270Mirror = 7
    Rotate90 = 8


FLIPS = {
    Orientation.Rotate0: (False, False),
    Orientation.Rotate0Mirror: (True, False),
    Orientation.Rotate180: (True, True),
    Orientation.Rotate180Mirror: (False, True),
}
"""Orientation to (left-right, upside down). The Pi's image processor cannot transpose, so the others are missing."""


class _Primaries(enum.Enum):
    Raw = 0
    Smpte170m = 1
    Rec709 = 2
    Rec2020 = 3


class _TransferFunction(enum.Enum):
    Linear = 0
    Srgb = 1
    Rec709 = 2


class _YcbcrEncoding(enum.Enum):
    Null = 0
    Rec601 = 1
    Rec709 = 2
    Rec2020 = 3


class _Range(enum.Enum):
    Full = 0
    Limited = 1


class ColorSpace:
    """Four properties, or a copy of another colour space; the standard ones are made by name: ``ColorSpace.Sycc()``."""

    Primaries = _Primaries
    TransferFunction = _TransferFunction
    YcbcrEncoding = _YcbcrEncoding
    Range = _Range

    def __init__(self, primaries: Any, transfer: Any = None, encoding: Any = None, range_: Any = None) -> None:
        if isinstance(primaries, ColorSpace):
            primaries, transfer, encoding, range_ = primaries._key()
        self.primaries, self.transferFunction = primaries, transfer
        self.ycbcrEncoding, self.range = encoding, range_

    def _key(self) -> tuple[Any, Any, Any, Any]:
        return self.primaries, self.transferFunction, self.ycbcrEncoding, self.range

    def __str__(self) -> str:
        return f"<libcamera.ColorSpace {'/'.join(part.name for part in self._key())}>"


STANDARD = {
    "Raw": (_Primaries.Raw, _TransferFunction.Linear, _YcbcrEncoding.Null, _Range.Full),
    "Sycc": (_Primaries.Rec709, _TransferFunction.Srgb, _YcbcrEncoding.Rec601, _Range.Full),
    "Srgb": (_Primaries.Rec709, _TransferFunction.Srgb, _YcbcrEncoding.Null, _Range.Full),
    "Smpte170m": (_Primaries.Smpte170m, _TransferFunction.Rec709, _YcbcrEncoding.Rec601, _Range.Limited),
    "Rec709": (_Primaries.Rec709, _TransferFunction.Rec709, _YcbcrEncoding.Rec709, _Range.Limited),
}
for _name, _parts in STANDARD.items():
    setattr(ColorSpace, _name, staticmethod(partial(ColorSpace, *_parts)))


class ControlType(enum.Enum):
    Null = 0
    Bool = 1
    Byte = 2
    Integer32 = 5
    Integer64 = 6
    Float = 7
    String = 8
    Rectangle = 9
    Size = 10
    Point = 11


@dataclass(frozen=True)
class ControlId:
    id: int
    name: str
    type: ControlType = ControlType.Integer32


@dataclass(frozen=True)
class ControlInfo:
    min: Any
    max: Any
    default: Any
