"""What of picamera2 and the kernel below it is replaced in the running process; picamera2's files stay as they are."""

from __future__ import annotations

import fcntl
import gc
import os
import sys
import threading
from collections.abc import Callable
from types import ModuleType, SimpleNamespace
from typing import Any, Literal, NoReturn, TypeAlias

from tests.rigs.standin import camera, configuration, controls, properties, requests, values
from tests.rigs.standin.steering import StandinEncoder

Platform: TypeAlias = Literal["vc4", "pisp"]

LIBCAMERA = {
    values: "Size Point Rectangle PixelFormat Transform Orientation ColorSpace ControlType ControlId ControlInfo",
    configuration: "StreamRole SensorConfiguration Stream StreamFormats StreamConfiguration CameraConfiguration",
    requests: "FrameMetadata FrameBuffer Request",
    camera: "Camera CameraManager FrameBufferAllocator log_set_level",
}


def register_modules() -> None:
    """Make ``import picamera2`` work without any libcamera."""
    names = {name: getattr(module, name) for module, listed in LIBCAMERA.items() for name in listed.split()}
    names |= {"controls": controls, "properties": properties}
    binding = _module("libcamera._libcamera", **names)
    sys.modules["libcamera"] = _module("libcamera", _libcamera=binding, __path__=[], **names)
    sys.modules["libcamera._libcamera"] = binding
    sys.modules["libcamera.controls"] = controls
    sys.modules["libcamera.properties"] = properties
    sys.modules["prctl"] = _module("prctl", set_pdeathsig=lambda signal: None)
    register_stubs()


def register_stubs() -> None:
    """Stub what picamera2 imports for displays and DNG files."""
    sys.modules["pykms"] = _module("pykms", PixelFormat=_AnyName())
    sys.modules["pidng"] = _module("pidng", __path__=[])
    sys.modules["pidng.camdefs"] = _module("pidng.camdefs", Picamera2Camera=_no_dng)
    sys.modules["pidng.core"] = _module("pidng.core", PICAM2DNG=_no_dng)


class _AnyName:
    """A display format for every name picamera2 may ask for."""

    def __getattr__(self, name: str) -> str:
        return name


def _module(name: str, /, **names: object) -> ModuleType:
    module = ModuleType(name)
    vars(module).update(names)
    return module


def _no_dng(*args: object) -> NoReturn:
    raise NotImplementedError("the stand-in cannot write DNG files")


def replace_dma_heap(error: Callable[[], Exception | None]) -> None:
    """Take anonymous memory for DMA buffers; opening the heap raises *error()* unless that is None."""
    import picamera2.allocators.dmaallocator as allocator
    from picamera2.dma_heap import DMA_BUF_IOCTL_SYNC, UniqueFD

    class MemoryHeap:
        isValid = True  # noqa: N815

        def __init__(self) -> None:
            if (raised := error()) is not None:
                raise raised

        def alloc(self, name: str, size: int) -> Any:
            descriptor = os.memfd_create(name)
            os.ftruncate(descriptor, size)
            return UniqueFD(descriptor)

        def close(self) -> None:
            pass

    def ioctl(descriptor: int, request: int, *arguments: Any) -> int:
        return 0 if request == DMA_BUF_IOCTL_SYNC else fcntl.ioctl(descriptor, request, *arguments)

    allocator.DmaHeap = MemoryHeap
    allocator.fcntl = SimpleNamespace(ioctl=ioctl)


def replace_encoder(steering: StandinEncoder) -> None:
    """Let picamera2's V4L2Encoder open the stand-in's codec instead of a device file."""
    import picamera2.encoders.v4l2_encoder as encoder

    # videodev2 is importable only with picamera2's dependencies, which the rig needs anyway.
    from tests.rigs.standin.codec import PATH, POLLIN, POLLOUT, CodecFile, Poll

    def open_device(path: str, *arguments: Any, **more: Any) -> CodecFile:
        if path != PATH:
            raise FileNotFoundError(path)
        return CodecFile(steering)

    encoder.open = open_device
    encoder.fcntl = SimpleNamespace(ioctl=lambda file, request, argument: file.ioctl(request, argument))
    encoder.select = SimpleNamespace(poll=Poll, POLLIN=POLLIN, POLLOUT=POLLOUT)


def set_platform(platform: Platform) -> None:
    """Make picamera2 believe it runs on a Pi up to 4 (vc4) or on a Pi 5 (pisp), as it finds out at import time."""
    import picamera2
    import picamera2.picamera2 as main
    import picamera2.platform as platforms
    from picamera2 import encoders
    from picamera2.encoders.h264_encoder import H264Encoder
    from picamera2.encoders.mjpeg_encoder import MJPEGEncoder

    is_vc4 = platform == "vc4"
    platforms._platform = platforms.Platform.VC4 if is_vc4 else platforms.Platform.PISP
    picamera2.Picamera2.platform = platforms._platform
    encoders._hw_encoder_available = is_vc4
    for module in (encoders, main):
        module.H264Encoder = H264Encoder if is_vc4 else encoders.LibavH264Encoder
        module.MJPEGEncoder = MJPEGEncoder if is_vc4 else encoders.LibavMjpegEncoder


def close_everything(timeout_s: float = 5.0) -> None:
    """Close cameras that a test left open, and let go of the camera manager."""
    from picamera2 import Picamera2

    for left in list(Picamera2._cm.cameras.values()):
        left.cancel_all_and_flush()
        # Missing where the DMA heap could not be opened; close() deletes it.
        vars(left).setdefault("allocator", None)
        closing = threading.Thread(target=_close, args=(left,), name="standin-close", daemon=True)
        closing.start()
        closing.join(timeout_s)
        if closing.is_alive():
            raise RuntimeError(f"{left} could not be closed within {timeout_s:g} s")
    Picamera2._cm._cms = None
    _close_pipes_of_failed_opens(Picamera2)


def _close(left: Any) -> None:
    if left.encoders:
        left.stop_encoder()
    left.close()


def _close_pipes_of_failed_opens(picamera2_class: Any) -> None:
    """Close what picamera2 itself leaks: each ``Picamera2()`` that fails keeps both ends of a pipe open.

    The reading end would warn when the object is collected, in some later test.
    """
    for left in gc.get_referrers(picamera2_class):
        if isinstance(left, picamera2_class) and not left.notifymeread.closed:
            left.notifymeread.close()
            os.close(left.notifyme_w)
