"""picamera2 and libcamera, loaded only where a Pi camera is configured: they come with the system, not with us."""

from __future__ import annotations

import importlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import ModuleType
from typing import Any

from pisecurity.adapters.cameras.picamera2.trouble import explain
from pisecurity.errors import CameraError

HARDWARE_ENCODER = "/dev/video11"
"""The H.264 encoder of a Pi 4 and older. Source: picamera2, encoders/v4l2_encoder.py."""
HARDWARE_LIMIT = (1920, 1088)
"""The largest picture it takes."""
TUNING_VARIABLE = "LIBCAMERA_RPI_TUNING_FILE"
"""Names the tuning of all cameras of the process; libcamera reads it when it lists them, not when one is opened."""
TUNING_FOLDERS = (Path("/usr/local/share/libcamera/ipa/rpi"), Path("/usr/share/libcamera/ipa/rpi"))


@dataclass(frozen=True, slots=True)
class PiCameraInfo:
    """A camera as libcamera lists it."""

    number: int
    """Which one to open; it depends on what else is plugged in."""
    model: str
    """The sensor: ``imx708``."""
    id: str
    """Where it is plugged in: ``/base/soc/i2c0mux/i2c@1/imx708@1a``; stays the same over restarts."""

    @property
    def usb(self) -> bool:
        """Whether it is a USB camera, which libcamera lists as well."""
        return "/usb" in self.id


class Library:
    """The parts of picamera2 that are used. Raises CameraError when it cannot be loaded, with the fix."""

    def __init__(self) -> None:
        # The C++ side of libcamera writes to stderr by itself; a service's log wants its warnings and no more.
        os.environ.setdefault("LIBCAMERA_LOG_LEVELS", "*:WARN")
        try:
            self.libcamera = importlib.import_module("libcamera")
            self.picamera2 = importlib.import_module("picamera2")
            self._platform = importlib.import_module("picamera2.platform")
            self.allocators = importlib.import_module("picamera2.allocators.dmaallocator")
            self.encoders = importlib.import_module("picamera2.encoders")
            self.outputs = importlib.import_module("picamera2.outputs")
            self.previews = importlib.import_module("picamera2.previews")
        except (ImportError, ValueError, AttributeError, OSError) as error:
            raise CameraError(explain(error)) from error

    @property
    def class_(self) -> Any:
        return self.picamera2.Picamera2

    @property
    def encodes_in_hardware(self) -> bool:
        """Whether this machine has the hardware H.264 encoder.

        picamera2 takes every machine that is no Pi 5 for one that has.
        """
        # Asked anew each time: a kernel module that is missing today may be there after an update.
        return self._is_vc4 and os.access(HARDWARE_ENCODER, os.F_OK)

    @property
    def _is_vc4(self) -> bool:
        return bool(self._platform.get_platform() == self._platform.Platform.VC4)

    def tuning_file(self, model: str) -> Path | None:
        """Return the tuning for a camera of *model* without an infrared filter, None when the system has none."""
        kind = "vc4" if self._is_vc4 else "pisp"
        files = (folder / kind / f"{model}_noir.json" for folder in TUNING_FOLDERS)
        return next((file for file in files if file.is_file()), None)

    def tune(self, file: Path | None) -> None:
        """Let the cameras be listed anew with the tuning *file*, or with their own, unless they are already."""
        wanted = str(file) if file else None
        if os.environ.get(TUNING_VARIABLE) == wanted:
            return
        if wanted is None:
            del os.environ[TUNING_VARIABLE]
        else:
            os.environ[TUNING_VARIABLE] = wanted
        self._listed(anew=True)

    def versions(self) -> dict[str, str]:
        """Return the versions of the camera stack by name."""
        return {
            "picamera2": _version(self.picamera2, "picamera2"),
            "libcamera": str(getattr(self.libcamera.CameraManager, "version", "") or "unknown"),
        }

    def cameras(self) -> tuple[PiCameraInfo, ...]:
        """Return the cameras that are there now, the Pi's own first.

        libcamera looks for cameras when its manager is made, once, and does not see later that a driver came up
        after us. Without a Pi camera the manager is made anew.
        """
        found = self._listed()
        if all(camera.usb for camera in found):
            found = self._listed(anew=True)
        return found

    def _listed(self, *, anew: bool = False) -> tuple[PiCameraInfo, ...]:
        try:
            if anew and hasattr(self.class_._cm, "reset"):  # noqa: SLF001
                self.class_._cm.reset()  # noqa: SLF001
            rows = self.class_.global_camera_info()
        except RuntimeError as error:
            # Without netlink, which the service does without, libcamera reads the kernel's list of media devices; the
            # list is missing until the first camera driver is loaded.
            if "No such device" in str(error):
                return ()
            raise CameraError(explain(error)) from error
        return tuple(
            PiCameraInfo(number, str(row.get("Model", "unknown")), str(row["Id"])) for number, row in enumerate(rows)
        )


def _version(module: ModuleType, distribution: str) -> str:
    try:
        return version(distribution)
    except PackageNotFoundError:  # from Debian's package, which keeps no metadata for pip
        return str(getattr(module, "__version__", "unknown"))


RIBBON = (
    "switch the Pi off, push the ribbon cable in straight at both ends, and start it again; 'pisecurity doctor camera' "
    "looks for the cause"
)


def choose(cameras: tuple[PiCameraInfo, ...], device: str, why_none: Sequence[str] = ()) -> PiCameraInfo:
    """Return the camera named *device*, by its id or the end of it, or the only one when *device* is empty.

    Args:
        why_none: what is known to keep a camera from being seen.

    Raises:
        CameraError: there is none, there are several, or none has that name.
    """
    own = tuple(camera for camera in cameras if not camera.usb)
    listed = ", ".join(f"{camera.id} ({camera.model})" for camera in own)
    if not own:
        usb = " (a USB camera is there: kind v4l2 is for that)" if cameras else ""
        raise CameraError(f"the Pi sees no camera{usb}: {why_none[0] if why_none else RIBBON}")
    if not device and len(own) == 1:
        return own[0]
    if not device:
        raise CameraError(f"there are {len(own)} cameras, set device to one of {listed}")
    for camera in own:
        if camera.id == device or camera.id.endswith(f"/{device}"):
            return camera
    raise CameraError(f"no camera is called {device}; set device to one of {listed}")
