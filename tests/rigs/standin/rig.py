"""The machine a test sees: its platform, cameras, encoder and memory, all steered from here."""

from __future__ import annotations

import weakref

from tests.rigs.standin import patches
from tests.rigs.standin.camera import CameraManager, Device
from tests.rigs.standin.sensors import MODELS
from tests.rigs.standin.steering import Hangs, StandinCamera, StandinEncoder


class Rig:
    """A Raspberry Pi that is not there. ``reset()`` before each test gives it one imx708 on a Pi up to 4."""

    def __init__(self) -> None:
        self.encoder = StandinEncoder()
        self.hangs = Hangs()
        self.heap_error: Exception | None = None
        """Raised when the DMA heap is opened, such as PermissionError outside the group *video*."""
        self._devices: weakref.WeakSet[Device] = weakref.WeakSet()
        self._platform: patches.Platform = "vc4"
        self.cameras = [self.camera_model("imx708")]
        """What is plugged in, first connector first. A new list is seen by the next CameraManager."""

    @staticmethod
    def camera_model(name: str) -> StandinCamera:
        """Return a camera of that kind: ov5647, imx219, imx477, imx708, imx296, or "USB webcam"."""
        return StandinCamera(MODELS[name])

    @property
    def platform(self) -> patches.Platform:
        """``vc4`` up to the Pi 4, with a hardware encoder, or ``pisp``: the Pi 5, without."""
        return self._platform

    @platform.setter
    def platform(self, platform: patches.Platform) -> None:
        self._platform = platform
        patches.set_platform(platform)

    @property
    def align(self) -> int:
        return 32 if self._platform == "vc4" else 64

    def enumerated(self, device: Device) -> None:
        self._devices.add(device)

    def release_hangs(self) -> None:
        """Let every call that hangs go on, and no further one hang."""
        self.hangs.release([*self.cameras, *(device.camera for device in list(self._devices))])

    def shutdown(self) -> None:
        """Stop every thread and close every camera a test left behind."""
        self.release_hangs()
        self.encoder.hang, self.heap_error = False, None
        patches.close_everything()
        CameraManager.forget()
        for device in list(self._devices):
            device.halt()

    def reset(self) -> None:
        """Shut down, and start over with what a new Rig has."""
        self.shutdown()
        vars(self.encoder).update(vars(StandinEncoder()))
        self.platform = "vc4"
        self.cameras = [self.camera_model("imx708")]


def installed() -> Rig:
    """Register the stand-ins and return the machine they run on."""
    patches.register_modules()
    rig = Rig()
    CameraManager.machine = rig
    patches.replace_dma_heap(lambda: rig.heap_error)
    patches.replace_encoder(rig.encoder)
    rig.platform = "vc4"
    return rig
