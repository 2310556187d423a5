"""``libcamera.properties``: what a camera says about itself."""

from __future__ import annotations

import enum
from types import SimpleNamespace

from tests.rigs.standin.values import ControlId


class _ColorFilterArrangementEnum(enum.IntEnum):
    RGGB = 0
    GRBG = 1
    GBRG = 2
    BGGR = 3
    RGB = 4
    MONO = 5


draft = SimpleNamespace(ColorFilterArrangementEnum=_ColorFilterArrangementEnum)

_NAMES = (
    "Location Rotation Model UnitCellSize PixelArraySize PixelArrayActiveAreas ScalerCropMaximum SensorSensitivity "
    "SystemDevices ColorFilterArrangement"
)

IDS = {name: ControlId(number, name) for number, name in enumerate(_NAMES.split(), start=1)}


def __getattr__(name: str) -> ControlId:
    try:
        return IDS[name]
    except KeyError:
        raise AttributeError(f"module 'libcamera.properties' has no attribute {name!r}") from None
