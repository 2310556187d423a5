"""The part of the kernel's video interface that a USB camera needs: structures, request numbers, constants.

Source: linux/videodev2.h of Linux 6.1; a test compares each with the PyPI package videodev2. That package is not
used here because it lacks the requests for sizes and rates, and knows 64-bit machines only.
"""

from __future__ import annotations

import ctypes
from ctypes import c_char, c_int32, c_long, c_uint8, c_uint32, c_ulong, c_void_p
from typing import Final

MAJOR: Final = 81
"""Device number of every video device. Source: linux/Documentation/admin-guide/devices.txt."""


class Capability(ctypes.Structure):
    """v4l2_capability"""

    _fields_ = (
        ("driver", c_char * 16),
        ("card", c_char * 32),
        ("bus_info", c_char * 32),
        ("version", c_uint32),
        ("capabilities", c_uint32),
        ("device_caps", c_uint32),
        ("reserved", c_uint32 * 3),
    )


class FormatDescription(ctypes.Structure):
    """v4l2_fmtdesc"""

    _fields_ = (
        ("index", c_uint32),
        ("type", c_uint32),
        ("flags", c_uint32),
        ("description", c_char * 32),
        ("pixelformat", c_uint32),
        ("mbus_code", c_uint32),
        ("reserved", c_uint32 * 3),
    )


class SizeRange(ctypes.Structure):
    """v4l2_frmsize_stepwise"""

    _fields_ = tuple(
        (name, c_uint32) for name in ("min_width", "max_width", "step_width", "min_height", "max_height", "step_height")
    )


class Size(ctypes.Structure):
    """v4l2_frmsize_discrete"""

    _fields_ = (("width", c_uint32), ("height", c_uint32))


class _SizeUnion(ctypes.Union):
    _fields_ = (("discrete", Size), ("stepwise", SizeRange))


class FrameSize(ctypes.Structure):
    """v4l2_frmsizeenum"""

    _anonymous_ = ("u",)
    _fields_ = (
        ("index", c_uint32),
        ("pixel_format", c_uint32),
        ("type", c_uint32),
        ("u", _SizeUnion),
        ("reserved", c_uint32 * 2),
    )


class Ratio(ctypes.Structure):
    """v4l2_fract"""

    _fields_ = (("numerator", c_uint32), ("denominator", c_uint32))


class IntervalRange(ctypes.Structure):
    """v4l2_frmival_stepwise"""

    _fields_ = (("min", Ratio), ("max", Ratio), ("step", Ratio))


class _IntervalUnion(ctypes.Union):
    _fields_ = (("discrete", Ratio), ("stepwise", IntervalRange))


class FrameInterval(ctypes.Structure):
    """v4l2_frmivalenum"""

    _anonymous_ = ("u",)
    _fields_ = (
        ("index", c_uint32),
        ("pixel_format", c_uint32),
        ("width", c_uint32),
        ("height", c_uint32),
        ("type", c_uint32),
        ("u", _IntervalUnion),
        ("reserved", c_uint32 * 2),
    )


class PixelFormat(ctypes.Structure):
    """v4l2_pix_format"""

    _fields_ = tuple(
        (name, c_uint32)
        for name in (
            *("width", "height", "pixelformat", "field", "bytesperline", "sizeimage", "colorspace", "priv", "flags"),
            *("ycbcr_enc", "quantization", "xfer_func"),
        )
    )


class _FormatUnion(ctypes.Union):
    # The pointer stands for the one in v4l2_window: it aligns the union to 8 bytes on a 64-bit machine.
    _fields_ = (("pix", PixelFormat), ("raw_data", c_uint8 * 200), ("pointer", c_void_p))


class Format(ctypes.Structure):
    """v4l2_format"""

    _fields_ = (("type", c_uint32), ("fmt", _FormatUnion))


class CaptureParameters(ctypes.Structure):
    """v4l2_captureparm"""

    _fields_ = (
        ("capability", c_uint32),
        ("capturemode", c_uint32),
        ("timeperframe", Ratio),
        ("extendedmode", c_uint32),
        ("readbuffers", c_uint32),
        ("reserved", c_uint32 * 4),
    )


class _ParametersUnion(ctypes.Union):
    _fields_ = (("capture", CaptureParameters), ("raw_data", c_uint8 * 200))


class StreamParameters(ctypes.Structure):
    """v4l2_streamparm"""

    _fields_ = (("type", c_uint32), ("parm", _ParametersUnion))


class BufferRequest(ctypes.Structure):
    """v4l2_requestbuffers"""

    _fields_ = (
        ("count", c_uint32),
        ("type", c_uint32),
        ("memory", c_uint32),
        ("capabilities", c_uint32),
        ("flags", c_uint8),
        ("reserved", c_uint8 * 3),
    )


class Time(ctypes.Structure):
    """timeval. With 32-bit user space the kernel takes the one of two 32-bit numbers, whatever time_t is."""

    _fields_ = (("tv_sec", c_long), ("tv_usec", c_long))


class TimeCode(ctypes.Structure):
    """v4l2_timecode"""

    _fields_ = (
        ("type", c_uint32),
        ("flags", c_uint32),
        ("frames", c_uint8),
        ("seconds", c_uint8),
        ("minutes", c_uint8),
        ("hours", c_uint8),
        ("userbits", c_uint8 * 4),
    )


class _Memory(ctypes.Union):
    _fields_ = (("offset", c_uint32), ("userptr", c_ulong), ("planes", c_void_p), ("fd", c_int32))


class Buffer(ctypes.Structure):
    """v4l2_buffer"""

    _fields_ = (
        ("index", c_uint32),
        ("type", c_uint32),
        ("bytesused", c_uint32),
        ("flags", c_uint32),
        ("field", c_uint32),
        ("timestamp", Time),
        ("timecode", TimeCode),
        ("sequence", c_uint32),
        ("memory", c_uint32),
        ("m", _Memory),
        ("length", c_uint32),
        ("reserved2", c_uint32),
        ("request_fd", c_int32),
    )


class ControlDescription(ctypes.Structure):
    """v4l2_queryctrl"""

    _fields_ = (
        ("id", c_uint32),
        ("type", c_uint32),
        ("name", c_char * 32),
        ("minimum", c_int32),
        ("maximum", c_int32),
        ("step", c_int32),
        ("default_value", c_int32),
        ("flags", c_uint32),
        ("reserved", c_uint32 * 2),
    )


class Control(ctypes.Structure):
    """v4l2_control"""

    _fields_ = (("id", c_uint32), ("value", c_int32))


_WRITE, _READ = 1, 2


def _request(number: int, argument: type[ctypes.Structure | ctypes.c_int], way: int) -> int:
    """Return the number of a request. Source: asm-generic/ioctl.h, which x86, ARM and RISC-V use."""
    return way << 30 | ctypes.sizeof(argument) << 16 | ord("V") << 8 | number


QUERYCAP: Final = _request(0, Capability, _READ)
ENUM_FMT: Final = _request(2, FormatDescription, _READ | _WRITE)
G_FMT: Final = _request(4, Format, _READ | _WRITE)
S_FMT: Final = _request(5, Format, _READ | _WRITE)
REQBUFS: Final = _request(8, BufferRequest, _READ | _WRITE)
QUERYBUF: Final = _request(9, Buffer, _READ | _WRITE)
QBUF: Final = _request(15, Buffer, _READ | _WRITE)
DQBUF: Final = _request(17, Buffer, _READ | _WRITE)
STREAMON: Final = _request(18, ctypes.c_int, _WRITE)
STREAMOFF: Final = _request(19, ctypes.c_int, _WRITE)
G_PARM: Final = _request(21, StreamParameters, _READ | _WRITE)
S_PARM: Final = _request(22, StreamParameters, _READ | _WRITE)
S_CTRL: Final = _request(28, Control, _READ | _WRITE)
QUERYCTRL: Final = _request(36, ControlDescription, _READ | _WRITE)
ENUM_FRAMESIZES: Final = _request(74, FrameSize, _READ | _WRITE)
ENUM_FRAMEINTERVALS: Final = _request(75, FrameInterval, _READ | _WRITE)

CAP_VIDEO_CAPTURE: Final = 0x00000001
CAP_STREAMING: Final = 0x04000000
CAP_DEVICE_CAPS: Final = 0x80000000
BUF_TYPE_VIDEO_CAPTURE: Final = 1
MEMORY_MMAP: Final = 1
FIELD_NONE: Final = 1
DISCRETE: Final = 1
"""Of frame sizes and intervals: one of a list, not a range."""
CAP_TIMEPERFRAME: Final = 0x1000
BUF_FLAG_ERROR: Final = 0x00000040
BUF_FLAG_TIMESTAMP_MASK: Final = 0x0000E000
BUF_FLAG_TIMESTAMP_MONOTONIC: Final = 0x00002000
CTRL_FLAG_DISABLED: Final = 0x0001
CID_EXPOSURE_DYNAMIC_FRAMERATE: Final = 0x009A0903
"""Whether the camera may send fewer frames in the dark; older kernels call it exposure_auto_priority."""
CID_POWER_LINE_FREQUENCY: Final = 0x00980918
POWER_LINE_50HZ: Final = 1
POWER_LINE_60HZ: Final = 2
QUANTIZATION_FULL_RANGE: Final = 1
QUANTIZATION_LIM_RANGE: Final = 2
COLORSPACE_JPEG: Final = 7


def fourcc(code: str) -> int:
    """Return the number of the pixel format *code*, such as ``YUYV``."""
    return int.from_bytes(code.ljust(4).encode("ascii"), "little")


def code(fourcc: int) -> str:
    """Return the four letters of a pixel format."""
    return (fourcc & 0x7FFFFFFF).to_bytes(4, "little").decode("latin-1").rstrip()
