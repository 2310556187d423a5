"""Our few structures against those of the package videodev2, and against the kernel's own numbers."""

from __future__ import annotations

import ctypes
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import videodev2

from pisecurity.adapters.cameras.v4l2 import api

STRUCTURES = {
    "v4l2_capability": api.Capability,
    "v4l2_fmtdesc": api.FormatDescription,
    "v4l2_frmsize_discrete": api.Size,
    "v4l2_frmsize_stepwise": api.SizeRange,
    "v4l2_frmival_stepwise": api.IntervalRange,
    "v4l2_fract": api.Ratio,
    "v4l2_format": api.Format,
    "v4l2_captureparm": api.CaptureParameters,
    "v4l2_streamparm": api.StreamParameters,
    "v4l2_requestbuffers": api.BufferRequest,
    "v4l2_buffer": api.Buffer,
    "v4l2_queryctrl": api.ControlDescription,
    "v4l2_control": api.Control,
}
REQUESTS = [name for name in dir(api) if name.isupper() and hasattr(videodev2, f"VIDIOC_{name}")]


def offsets(structure: Any) -> dict[str, tuple[int, int]]:
    """Return where each field begins and how long it is."""
    return {
        name: (getattr(structure, name).offset, getattr(structure, name).size)
        for name, *_ in structure._fields_
        if name not in ("u", "u2", "request_fd")
    }


@pytest.mark.skipif(ctypes.sizeof(ctypes.c_long) != 8, reason="videodev2 knows 64-bit machines only")
@pytest.mark.parametrize("name", STRUCTURES)
def test_each_structure_lies_in_memory_as_in_videodev2(name: str) -> None:
    ours, theirs = STRUCTURES[name], getattr(videodev2, name)
    assert ctypes.sizeof(ours) == ctypes.sizeof(theirs)
    mine, reference = offsets(ours), offsets(theirs)
    assert {field: mine[field] for field in mine if field in reference} == reference


def test_each_request_has_the_number_of_videodev2() -> None:
    assert {"QUERYCAP", "S_FMT", "REQBUFS", "QBUF", "DQBUF", "STREAMON", "S_PARM", "QUERYCTRL"} <= set(REQUESTS)
    if ctypes.sizeof(ctypes.c_long) == 8:
        numbers = {name: getattr(videodev2, f"VIDIOC_{name}") % 2**32 for name in REQUESTS}
        assert {name: getattr(api, name) for name in REQUESTS} == numbers


def test_lists_of_sizes_and_rates_have_the_numbers_of_the_kernel() -> None:
    """videodev2 leaves these two out. Source: linux/videodev2.h, compiled for x86."""
    assert (api.ENUM_FRAMESIZES, api.ENUM_FRAMEINTERVALS) == (0xC02C564A, 0xC034564B)
    assert [api.FrameSize.discrete.offset, api.FrameSize.stepwise.offset] == [12, 12]
    assert [api.FrameInterval.discrete.offset, api.FrameInterval.stepwise.offset] == [20, 20]


def test_on_a_32_bit_machine_times_and_pointers_are_short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Source: VIDIOC_S_FMT and VIDIOC_DQBUF of a 32-bit user space in the kernel's v4l2-compat-ioctl32.c."""
    source = Path(api.__file__).read_text()
    for wide, narrow in (("c_long", "c_int32"), ("c_ulong", "c_uint32"), ("c_void_p", "c_uint32")):
        source = source.replace(wide, narrow)
    small: Any = ModuleType("small")
    monkeypatch.setitem(sys.modules, "small", small)
    exec(source, small.__dict__)
    assert (ctypes.sizeof(small.Buffer), ctypes.sizeof(small.Format)) == (68, 204)
    assert (small.S_FMT, small.DQBUF, small.QBUF) == (0xC0CC5605, 0xC0445611, 0xC044560F)
    assert small.S_PARM == api.S_PARM


def test_constants_are_those_of_videodev2() -> None:
    assert videodev2.V4L2_CAP_VIDEO_CAPTURE == api.CAP_VIDEO_CAPTURE
    assert videodev2.V4L2_CAP_STREAMING == api.CAP_STREAMING
    assert videodev2.V4L2_CAP_DEVICE_CAPS == api.CAP_DEVICE_CAPS
    assert videodev2.V4L2_BUF_FLAG_ERROR == api.BUF_FLAG_ERROR
    assert videodev2.V4L2_BUF_FLAG_TIMESTAMP_MASK == api.BUF_FLAG_TIMESTAMP_MASK
    assert videodev2.V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC == api.BUF_FLAG_TIMESTAMP_MONOTONIC
    assert videodev2.V4L2_CID_EXPOSURE_AUTO_PRIORITY == api.CID_EXPOSURE_DYNAMIC_FRAMERATE
    assert videodev2.V4L2_CID_POWER_LINE_FREQUENCY == api.CID_POWER_LINE_FREQUENCY
    assert videodev2.V4L2_CID_POWER_LINE_FREQUENCY_50HZ == api.POWER_LINE_50HZ
    assert videodev2.V4L2_CID_POWER_LINE_FREQUENCY_60HZ == api.POWER_LINE_60HZ
    assert videodev2.V4L2_CAP_TIMEPERFRAME == api.CAP_TIMEPERFRAME
    assert videodev2.V4L2_COLORSPACE_JPEG == api.COLORSPACE_JPEG


@pytest.mark.parametrize("code", ["YUYV", "MJPG", "GREY", "NV12", "Y16"])
def test_a_pixel_format_is_written_as_four_letters_and_read_back(code: str) -> None:
    assert api.code(api.fourcc(code)) == code
    assert api.fourcc("YUYV") == 0x56595559
