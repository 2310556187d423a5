"""Which cameras there are: modes, limits and controls of the Raspberry Pi's sensors, and of a plain USB webcam.

Source: ``rpicam-hello --list-cameras -v`` as users published it for each sensor.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.rigs.standin import properties
from tests.rigs.standin.values import ControlInfo, Rectangle, Size

RGGB, GBRG, MONO = 0, 2, 5


@dataclass(frozen=True, slots=True)
class Mode:
    """A way to read the sensor out."""

    format: str
    width: int
    height: int
    fps: float
    crop: tuple[int, int, int, int]
    """The part of the pixel array it shows: x, y, width, height in pixels."""

    @property
    def size(self) -> Size:
        return Size(self.width, self.height)


@dataclass(frozen=True, slots=True)
class SensorModel:
    """One kind of camera."""

    name: str
    modes: tuple[Mode, ...]
    colour_filter: int | None
    """None: not a raw sensor behind the Pi's image processor, but a USB camera."""
    address: str = "1a"
    gains: tuple[float, float] = (1.0, 16.0)
    exposures_us: tuple[int, int] = (26, 220_416_802)
    longest_frame_us: int = 220_535_845
    has_focus: bool = False

    @property
    def is_usb(self) -> bool:
        return self.colour_filter is None

    @property
    def array(self) -> Size:
        """The whole pixel array."""
        return max((mode.size for mode in self.modes), key=lambda size: size.width * size.height)

    def identity(self, port: int) -> str:
        """Return the id libcamera gives this camera on connector *port*."""
        if self.is_usb:
            return f"/base/scb/pcie@7d500000/pci@0,0/usb@0,0-1.{2 + port}:1.0-046d:0825"
        return f"/base/soc/i2c0mux/i2c@{1 - port}/{self.name}@{self.address}"

    def properties(self) -> dict[Any, Any]:
        """Return what the camera says about itself, by property id."""
        whole = Rectangle(0, 0, self.array.width, self.array.height)
        found: dict[str, object] = {"Model": self.name, "Location": 2, "PixelArraySize": self.array}
        if not self.is_usb:
            found |= {
                "Rotation": 180,
                "ColorFilterArrangement": self.colour_filter,
                "PixelArrayActiveAreas": (whole,),
                "ScalerCropMaximum": whole,
            }
        return {properties.IDS[name]: value for name, value in found.items()}

    def controls(self, mode: Mode) -> Mapping[str, ControlInfo]:
        """Return the controls it advertises when it runs in *mode*, with least, greatest and initial value."""
        if self.is_usb:
            return USB_CONTROLS
        crop = Rectangle(*mode.crop)
        shortest_us = round(1e6 / mode.fps)
        found = dict(PI_CONTROLS) | {
            "AnalogueGain": ControlInfo(*self.gains, self.gains[0]),
            "ExposureTime": ControlInfo(*self.exposures_us, 20_000),
            "FrameDurationLimits": ControlInfo(shortest_us, self.longest_frame_us, max(shortest_us, 33_333)),
            "ScalerCrop": ControlInfo(Rectangle(0, 0, 64, 64), crop, crop),
        }
        return found | (FOCUS_CONTROLS if self.has_focus else {})


USB_CONTROLS = {
    "AeEnable": ControlInfo(False, True, True),
    "Brightness": ControlInfo(-1.0, 1.0, 0.0),
    "Contrast": ControlInfo(0.0, 2.0, 1.0),
    "Saturation": ControlInfo(0.0, 2.0, 1.0),
}
PI_CONTROLS = {
    "AeConstraintMode": ControlInfo(0, 3, 0),
    "AeEnable": ControlInfo(False, True, True),
    "AeExposureMode": ControlInfo(0, 3, 0),
    "AeFlickerMode": ControlInfo(0, 1, 0),
    "AeFlickerPeriod": ControlInfo(100, 1_000_000, None),
    "AeMeteringMode": ControlInfo(0, 3, 0),
    "AnalogueGainMode": ControlInfo(0, 1, 0),
    "AwbEnable": ControlInfo(False, True, None),
    "AwbMode": ControlInfo(0, 7, 0),
    "Brightness": ControlInfo(-1.0, 1.0, 0.0),
    "ColourGains": ControlInfo(0.0, 32.0, None),
    "ColourTemperature": ControlInfo(100, 100_000, None),
    "Contrast": ControlInfo(0.0, 32.0, 1.0),
    "ExposureTimeMode": ControlInfo(0, 1, 0),
    "ExposureValue": ControlInfo(-8.0, 8.0, 0.0),
    "HdrMode": ControlInfo(0, 4, 0),
    "NoiseReductionMode": ControlInfo(0, 4, 0),
    "Saturation": ControlInfo(0.0, 32.0, 1.0),
    "Sharpness": ControlInfo(0.0, 16.0, 1.0),
    "StatsOutputEnable": ControlInfo(False, True, False),
    "SyncFrames": ControlInfo(1, 1_000_000, 100),
    "SyncMode": ControlInfo(0, 2, 0),
}
FOCUS_CONTROLS = {
    "AfMetering": ControlInfo(0, 1, 0),
    "AfMode": ControlInfo(0, 2, 0),
    "AfPause": ControlInfo(0, 2, 0),
    "AfRange": ControlInfo(0, 2, 0),
    "AfSpeed": ControlInfo(0, 1, 0),
    "AfTrigger": ControlInfo(0, 1, 0),
    "AfWindows": ControlInfo(Rectangle(), Rectangle(65535, 65535, 65535, 65535), Rectangle()),
    "LensPosition": ControlInfo(0.0, 15.0, 1.0),
}

MODELS = {
    model.name: model
    for model in (
        SensorModel(
            "ov5647",
            (
                Mode("SGBRG10_CSI2P", 640, 480, 58.92, (16, 0, 2560, 1920)),
                Mode("SGBRG10_CSI2P", 1296, 972, 46.34, (0, 0, 2592, 1944)),
                Mode("SGBRG10_CSI2P", 1920, 1080, 32.81, (348, 434, 1928, 1080)),
                Mode("SGBRG10_CSI2P", 2592, 1944, 15.63, (0, 0, 2592, 1944)),
            ),
            GBRG,
            address="36",
            gains=(1.0, 63.9375),
            exposures_us=(130, 969_249),
            longest_frame_us=1_065_021,
        ),
        SensorModel(
            "imx219",
            tuple(
                Mode(format_, width, height, fps, crop)
                for format_, binned_fps in (("SRGGB10_CSI2P", 41.85), ("SRGGB8", 83.70))
                for width, height, fps, crop in (
                    (640, 480, 206.65, (1000, 752, 1280, 960)),
                    (1640, 1232, binned_fps, (0, 0, 3280, 2464)),
                    (1920, 1080, 47.57, (680, 692, 1920, 1080)),
                    (3280, 2464, 21.19, (0, 0, 3280, 2464)),
                )
            ),
            RGGB,
            address="10",
            gains=(1.0, 10.666667),
            exposures_us=(75, 11_766_829),
            longest_frame_us=11_767_556,
        ),
        SensorModel(
            "imx477",
            (
                Mode("SRGGB10_CSI2P", 1332, 990, 120.05, (696, 528, 2664, 1980)),
                Mode("SRGGB12_CSI2P", 2028, 1080, 50.03, (0, 440, 4056, 2160)),
                Mode("SRGGB12_CSI2P", 2028, 1520, 40.01, (0, 0, 4056, 3040)),
                Mode("SRGGB12_CSI2P", 4056, 3040, 10.0, (0, 0, 4056, 3040)),
            ),
            RGGB,
            gains=(1.0, 22.26087),
            exposures_us=(114, 694_422_939),
            longest_frame_us=694_434_742,
        ),
        SensorModel(
            "imx708",
            (
                Mode("SRGGB10_CSI2P", 1536, 864, 120.13, (768, 432, 3072, 1728)),
                Mode("SRGGB10_CSI2P", 2304, 1296, 56.03, (0, 0, 4608, 2592)),
                Mode("SRGGB10_CSI2P", 4608, 2592, 14.35, (0, 0, 4608, 2592)),
            ),
            RGGB,
            gains=(1.122807, 16.0),
            has_focus=True,
        ),
        SensorModel(
            "imx296",
            (Mode("R10_CSI2P", 1456, 1088, 60.38, (0, 0, 1456, 1088)),),
            MONO,
            gains=(1.0, 251.188644),
            exposures_us=(29, 15_534_385),
            longest_frame_us=15_534_444,
        ),
        SensorModel(
            "USB webcam",
            tuple(
                Mode(format_, width, height, 30.0, (0, 0, width, height))
                for format_ in ("YUYV", "MJPEG")
                for width, height in ((320, 240), (640, 480), (1280, 720))
            ),
            None,
        ),
    )
}
