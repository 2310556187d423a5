"""Stream configurations as libcamera negotiates them: ask, validate, read back what was adjusted."""

from __future__ import annotations

import enum
from collections.abc import Iterator, Sequence

from tests.rigs.standin.layout import stride_and_size
from tests.rigs.standin.sensors import Mode
from tests.rigs.standin.steering import StandinCamera
from tests.rigs.standin.values import FLIPS, ColorSpace, Orientation, PixelFormat, Size


class StreamRole(enum.Enum):
    Raw = 0
    StillCapture = 1
    VideoRecording = 2
    Viewfinder = 3


class SensorConfiguration:
    def __init__(self) -> None:
        self.bit_depth = 0
        self.output_size = Size()


class Stream:
    """A configured stream; picamera2 uses it as a key."""

    def __init__(self, configuration: StreamConfiguration) -> None:
        self.configuration = configuration


class StreamFormats:
    def __init__(self, modes: Sequence[Mode]) -> None:
        self._modes = modes

    @property
    def pixel_formats(self) -> list[PixelFormat]:
        return [PixelFormat(name) for name in dict.fromkeys(mode.format for mode in self._modes)]

    def sizes(self, pixel_format: PixelFormat) -> list[Size]:
        return [mode.size for mode in self._modes if mode.format == str(pixel_format)]


class StreamConfiguration:
    """What is asked for one stream; validate() writes what will be delivered into it."""

    def __init__(self, format_: str, size: Size, modes: Sequence[Mode], *, is_raw: bool) -> None:
        self.pixel_format, self.size = PixelFormat(format_), size
        self.formats = StreamFormats(modes)
        self.stride = self.frame_size = 0
        self.buffer_count = 4
        self.color_space: ColorSpace | None = None
        self.stream: Stream | None = None
        self.is_raw = is_raw

    @property
    def wide_high(self) -> tuple[int, int]:
        return self.size.width, self.size.height

    def key(self) -> tuple[PixelFormat, Size, int]:
        return self.pixel_format, self.size, self.stride


class CameraConfigurationStatus(enum.Enum):
    Valid = 0
    Adjusted = 1
    Invalid = 2


class CameraConfiguration:
    """The streams of one camera that run together."""

    Status = CameraConfigurationStatus

    def __init__(self, camera: StandinCamera, roles: Sequence[StreamRole], align: int) -> None:
        self._camera, self._align = camera, align
        self.sensor_config: SensorConfiguration | None = None
        self.orientation = Orientation.Rotate0
        # The USB pipeline has one stream, however many are asked for.
        wanted = roles[:1] if camera.model.is_usb else roles
        self._streams = [self._initial(role) for role in wanted]

    def _initial(self, role: StreamRole) -> StreamConfiguration:
        modes = self._camera.model.modes
        if role is StreamRole.Raw or self._camera.model.is_usb:
            return StreamConfiguration(modes[-1].format, modes[-1].size, modes, is_raw=role is StreamRole.Raw)
        return StreamConfiguration("XRGB8888", Size(800, 600), (), is_raw=False)

    def at(self, index: int) -> StreamConfiguration:
        return self._streams[index]

    def __iter__(self) -> Iterator[StreamConfiguration]:
        return iter(self._streams)

    def __len__(self) -> int:
        return len(self._streams)

    @property
    def size(self) -> int:
        return len(self._streams)

    def validate(self) -> CameraConfigurationStatus:
        """Make the configuration one that the camera can deliver, and say whether that changed it."""
        if not self._streams:
            return self.Status.Invalid
        asked = [stream.key() for stream in self._streams]
        can_turn = self.orientation in FLIPS
        if not can_turn:
            self.orientation = Orientation.Rotate0
        for stream in self._streams:
            self._fit(stream)
        kept = can_turn and all(
            stream.key()[:2] == (format_, size) and stride in {0, stream.stride}
            for stream, (format_, size, stride) in zip(self._streams, asked, strict=True)
        )
        return self.Status.Valid if kept else self.Status.Adjusted

    def _fit(self, stream: StreamConfiguration) -> None:
        model = self._camera.model
        if stream.is_raw or model.is_usb:
            mode = self._nearest(stream)
            stream.pixel_format, stream.size = PixelFormat(mode.format), mode.size
        else:
            wide, high = self._camera.adjust.get(stream.wide_high, stream.wide_high)
            stream.size = Size(min(wide, model.array.width) & ~1, min(high, model.array.height) & ~1)
        stream.stride, stream.frame_size = stride_and_size(
            str(stream.pixel_format), *stream.wide_high, self._align, stream.stride
        )

    def _nearest(self, stream: StreamConfiguration) -> Mode:
        wanted = self.mode() if stream.is_raw else None
        if wanted is not None:
            return wanted
        same_format = [mode for mode in self._camera.model.modes if mode.format == str(stream.pixel_format)]
        return min(
            same_format or self._camera.model.modes,
            key=lambda mode: abs(mode.width - stream.size.width) + abs(mode.height - stream.size.height),
        )

    def mode(self) -> Mode | None:
        """Return the sensor mode that ``sensor_config`` names, or None."""
        if self.sensor_config is None:
            return None
        size, bits = self.sensor_config.output_size, str(self.sensor_config.bit_depth)
        fitting = [mode for mode in self._camera.model.modes if mode.size == size]
        return next((mode for mode in fitting if bits in mode.format), fitting[0] if fitting else None)
