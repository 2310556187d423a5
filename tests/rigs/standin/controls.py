"""``libcamera.controls``: the controls a Raspberry Pi or USB camera knows, and the values they take.

Source: the list of ``rpicam-hello --list-cameras -v``, and the metadata keys that picamera2 and its manual name.
"""

from __future__ import annotations

import enum
from types import SimpleNamespace

from tests.rigs.standin.values import ControlId, ControlType


class AfModeEnum(enum.IntEnum):
    Manual = 0
    Auto = 1
    Continuous = 2


class AfTriggerEnum(enum.IntEnum):
    Start = 0
    Cancel = 1


class AfStateEnum(enum.IntEnum):
    Idle = 0
    Scanning = 1
    Focused = 2
    Failed = 3


class AfRangeEnum(enum.IntEnum):
    Normal = 0
    Macro = 1
    Full = 2


class AfSpeedEnum(enum.IntEnum):
    Normal = 0
    Fast = 1


class AfMeteringEnum(enum.IntEnum):
    Auto = 0
    Windows = 1


class AeStateEnum(enum.IntEnum):
    Idle = 0
    Searching = 1
    Converged = 2


class AeFlickerModeEnum(enum.IntEnum):
    Off = 0
    Manual = 1
    Auto = 2


class AeExposureModeEnum(enum.IntEnum):
    Normal = 0
    Short = 1
    Long = 2
    Custom = 3


class AeMeteringModeEnum(enum.IntEnum):
    CentreWeighted = 0
    Spot = 1
    Matrix = 2
    Custom = 3


class AeConstraintModeEnum(enum.IntEnum):
    Normal = 0
    Highlight = 1
    Shadows = 2
    Custom = 3


class AwbModeEnum(enum.IntEnum):
    Auto = 0
    Incandescent = 1
    Tungsten = 2
    Fluorescent = 3
    Indoor = 4
    Daylight = 5
    Cloudy = 6
    Custom = 7


class ExposureTimeModeEnum(enum.IntEnum):
    Auto = 0
    Manual = 1


class AnalogueGainModeEnum(enum.IntEnum):
    Auto = 0
    Manual = 1


class HdrModeEnum(enum.IntEnum):
    Off = 0
    MultiExposureUnmerged = 1
    MultiExposure = 2
    SingleExposure = 3
    Night = 4


class _NoiseReductionModeEnum(enum.IntEnum):
    Off = 0
    Fast = 1
    HighQuality = 2
    Minimal = 3
    ZSL = 4


draft = SimpleNamespace(NoiseReductionModeEnum=_NoiseReductionModeEnum)

_NAMES = {
    ControlType.Bool: "AeEnable AwbEnable CnnEnableInputTensor StatsOutputEnable",
    ControlType.Integer32: (
        "AeConstraintMode AeExposureMode AeFlickerMode AeFlickerPeriod AeMeteringMode AeState AfMetering "
        "AfMode AfPause AfPauseState AfRange AfSpeed AfState AfTrigger AnalogueGainMode AwbMode "
        "ColourTemperature ExposureTime ExposureTimeMode FocusFoM HdrMode NoiseReductionMode "
        "SensorBlackLevels SyncFrames SyncMode"
    ),
    ControlType.Integer64: "FrameDuration FrameDurationLimits FrameWallClock SensorTimestamp",
    ControlType.Float: (
        "AnalogueGain Brightness ColourCorrectionMatrix ColourGains Contrast DigitalGain ExposureValue Gamma "
        "LensPosition Lux Saturation SensorTemperature Sharpness"
    ),
    ControlType.Rectangle: "AfWindows ScalerCrop ScalerCrops",
}

IDS = {
    name: ControlId(number, name, type_)
    for number, (type_, name) in enumerate(
        ((type_, name) for type_, names in _NAMES.items() for name in names.split()), start=1
    )
}


def __getattr__(name: str) -> ControlId:
    """Return the control of that name; a name libcamera does not know is an error here as it is there."""
    try:
        return IDS[name]
    except KeyError:
        raise AttributeError(f"module 'libcamera.controls' has no attribute {name!r}") from None
