"""A Pi camera configured as the settings ask, and what it really does then."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pisecurity.adapters.cameras.picamera2 import view
from pisecurity.adapters.cameras.picamera2.library import Library, PiCameraInfo
from pisecurity.adapters.cameras.picamera2.planes import FORMATS, YUV420, Layout
from pisecurity.adapters.cameras.picamera2.session import Session
from pisecurity.core.vision.planes import SMALLEST
from pisecurity.errors import CameraError
from pisecurity.settings import CameraSettings

BUFFERS = 4
"""One is held by the reader and one waits for it; with fewer the sensor starves, each more costs memory."""
BUFFERS_ENCODING = 6
"""An encoder holds up to two more."""
WHOLE = (0.0, 0.0, 1.0, 1.0)
FLICKER_MANUAL = 1
"""Value of AeFlickerMode. Source: libcamera, control_ids_core.yaml."""
NO_RATE = (1, 10**9)
"""Frame times in microseconds of a camera whose rate cannot be set."""


@dataclass(frozen=True, slots=True)
class Setup:
    """What the camera delivers."""

    main: Layout
    """The full picture."""
    small: Layout
    """The plane that is watched, and its colours."""
    fps: float
    least_fps: float
    description: str
    remarks: tuple[str, ...]


def tuned(
    library: Library, cameras: Sequence[PiCameraInfo], found: PiCameraInfo, settings: CameraSettings
) -> tuple[Path | None, str]:
    """Return the tuning file for the camera *found*, None for its own, and a remark when the wanted one cannot be had.

    A NoIR camera of the first two generations cannot be told from one with a filter; later ones have a model name
    of their own, and libcamera takes the right tuning by itself.
    """
    if settings.ir_cut == "always" or found.model.endswith("noir"):
        return None, ""
    if sum(not camera.usb for camera in cameras) > 1:
        return None, "beside another camera the tuning without infrared filter is left out, colours by day may be pale"
    file = library.tuning_file(found.model)
    return file, "" if file else (
        f"there is no tuning for a {found.model} without infrared filter, colours by day may be pale"
    )


def configure(
    library: Library, session: Session, settings: CameraSettings, found: PiCameraInfo, *, encoding: bool
) -> Setup:
    """Configure the opened camera.

    Raises:
        CameraError: it delivers something that cannot be used.
        RuntimeError, ValueError: the library refuses.
    """
    picam2, asked = session.picam2, (settings.width, settings.height)
    mode = view.whole_view(_modes(library, picam2), picam2.camera_properties.get("PixelArraySize", (0, 0)), asked)
    turned = settings.rotation == 180
    picam2.configure(
        picam2.create_video_configuration(
            main={"size": asked, "format": YUV420},
            lores={"size": view.watched_size(asked), "format": YUV420},
            raw=None,
            sensor={"output_size": mode} if mode else {},
            transform=library.libcamera.Transform(hflip=turned, vflip=turned),
            # The range of video for both streams, so that encoders need no conversion; pictures are stretched.
            colour_space=library.libcamera.ColorSpace.Smpte170m(),
            buffer_count=BUFFERS_ENCODING if encoding else BUFFERS,
        )
    )
    # Whatever was asked: libcamera adjusts sizes, formats and strides without a word.
    got = picam2.camera_configuration()
    # A camera that does not know its colours may use the full range: stretched, it would lose light and dark.
    space = got["colour_space"]
    limited = space is not None and str(space.range).endswith("Limited")
    main, small = (_layout(got[name], limited=limited) for name in ("main", "lores"))
    fps, least_fps, orders = _times_and_crop(session, settings, (main.width, main.height))
    session.set(orders)
    remarks = [*_left_out(session, settings, got, mode)]
    if (main.width, main.height) != asked:
        remarks.append(f"it gives {main.width}x{main.height} instead of {asked[0]}x{asked[1]}")
    if fps < settings.fps - 0.1:
        remarks.append(f"it gives {fps:.3g} frames/s instead of {settings.fps:g}")
    return Setup(main, small, fps, least_fps, _description(found, got, main, small), tuple(remarks))


def _left_out(
    session: Session, settings: CameraSettings, got: Mapping[str, Any], mode: view.Size | None
) -> Iterator[str]:
    """Yield what was asked for and is not done."""
    controls = session.controls
    if "FrameDurationLimits" not in controls:
        yield "its frame rate cannot be set"
    if "ExposureTime" not in controls:
        yield "its exposure cannot be bounded"
    if settings.region != WHOLE and "ScalerCrop" not in controls:
        yield "it cannot show a region, so region is left out"
    if settings.mains_hz and "AeFlickerMode" not in controls:
        yield "it cannot be told the frequency of the mains"
    turned = got["transform"]
    if (bool(turned.hflip), bool(turned.vflip)) != (settings.rotation == 180,) * 2:
        yield "it cannot turn its picture, so rotation is left out"
    sensor = (got.get("sensor") or {}).get("output_size")
    if mode and sensor and tuple(sensor) != mode:
        yield f"it runs in sensor mode {sensor[0]}x{sensor[1]} instead of {mode[0]}x{mode[1]} and may show less"


def _modes(library: Library, picam2: Any) -> list[view.Size]:
    """Return the sizes the sensor offers, without configuring it for each as ``Picamera2.sensor_modes`` does."""
    raw = picam2.camera.generate_configuration([library.libcamera.StreamRole.Raw])
    if raw is None:  # a camera that is not the Pi's own may have no raw stream
        return []
    formats = raw.at(0).formats
    return [(size.width, size.height) for pixels in formats.pixel_formats for size in formats.sizes(pixels)]


def _layout(stream: Mapping[str, Any], *, limited: bool) -> Layout:
    layout = Layout(stream, limited=limited)
    size = f"{layout.width}x{layout.height}"
    if layout.format not in FORMATS:
        raise CameraError(f"it delivers {layout.format} of {size}, and only {' and '.join(FORMATS)} can be read")
    if min(layout.width, layout.height) < SMALLEST or layout.framesize < layout.least_bytes:
        raise CameraError(f"it delivers pictures of {size} in {layout.framesize} bytes, which cannot be read")
    return layout


def _times_and_crop(
    session: Session, settings: CameraSettings, picture: view.Size
) -> tuple[float, float, dict[str, Any]]:
    """Return the frame rate by day, the least by night, and the controls that bring them about."""
    controls = session.controls
    limits_us = controls.get("FrameDurationLimits", NO_RATE)
    shortest, longest = view.frame_times_us(settings.fps, settings.longest_exposure_ms, limits_us)
    orders: dict[str, Any] = {"FrameDurationLimits": (shortest, longest)}
    if settings.mains_hz:
        # A lamp flickers twice in a period of the mains.
        orders |= {"AeFlickerMode": FLICKER_MANUAL, "AeFlickerPeriod": round(1e6 / (2 * settings.mains_hz))}
    if settings.region != WHOLE and "ScalerCrop" in controls:
        part = view.crop(settings.region, controls["ScalerCrop"][1], picture)
        orders["ScalerCrop"] = part
        # Where a camera has one crop for each stream, that one counts and the other is left out of account.
        orders["ScalerCrops"] = [part, part]
    return 1e6 / shortest, 1e6 / longest, orders


def _description(found: PiCameraInfo, got: Mapping[str, Any], main: Layout, small: Layout) -> str:
    sensor = (got.get("sensor") or {}).get("output_size")
    mode = f" of sensor mode {sensor[0]}x{sensor[1]}" if sensor else ""
    return f"Pi camera {found.model}, {main.width}x{main.height}{mode}, watched at {small.width}x{small.height}"
