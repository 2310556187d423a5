"""What we tell the kernel about a pin against its own header, as the compiler of this machine reads that."""

from __future__ import annotations

import re
import struct
import subprocess
from collections.abc import Iterator

import pytest

from pisecurity.adapters.machine import gpio

STRUCTURES = {
    "gpiochip_info": (gpio._CHIP_INFO, ["name", "label", "lines"]),
    "gpio_v2_line_request": (
        gpio._LINE_REQUEST,
        [
            "offsets",
            "consumer",
            "config.flags",
            "config.num_attrs",
            "config.padding",
            "config.attrs",
            "num_lines",
            "event_buffer_size",
            "padding",
            "fd",
        ],
    ),
    "gpio_v2_line_config_attribute": (gpio._LINE_ATTRIBUTE, ["attr.id", "attr.padding", "attr.values", "mask"]),
    "gpio_v2_line_values": (gpio._LINE_VALUES, ["bits", "mask"]),
}
"""Each structure of ours, and the kernel's names of its fields."""
NUMBERS = {
    "GPIO_GET_CHIPINFO_IOCTL": gpio._GET_CHIP_INFO,
    "GPIO_V2_GET_LINE_IOCTL": gpio._GET_LINE,
    "GPIO_V2_LINE_SET_VALUES_IOCTL": gpio._SET_VALUES,
    "GPIO_V2_LINE_FLAG_OUTPUT": gpio._OUTPUT,
    "GPIO_V2_LINE_ATTR_ID_OUTPUT_VALUES": gpio._OUTPUT_VALUES,
    "GPIO_V2_LINES_MAX": 64,
    "GPIO_MAX_NAME_SIZE": 32,
}


def complaints(claims: Iterator[str]) -> str:
    """Return what the compiler says against *claims*, each a condition in C that must hold."""
    lines = ["#include <stddef.h>", "#include <linux/gpio.h>"]
    lines += [f'_Static_assert({claim}, "wrong");' for claim in claims]
    gcc = ["gcc", "-fsyntax-only", "-Wall", "-x", "c", "-"]
    return subprocess.run(gcc, input="\n".join(lines), capture_output=True, text=True, check=False).stderr


def layout(name: str) -> Iterator[str]:
    """Yield what our side says of the kernel's structure *name*: its size, and where each field lies."""
    ours, fields = STRUCTURES[name]
    yield f"sizeof(struct {name}) == {ours.size}"
    begin = 0
    for field, code in zip(fields, re.findall(r"\d*[a-zA-Z]", ours.format), strict=True):
        size = struct.calcsize(f"={code}")
        yield f"offsetof(struct {name}, {field}) == {begin}"
        yield f"sizeof(((struct {name} *)0)->{field}) == {size}"
        begin += size


@pytest.mark.parametrize("name", STRUCTURES)
def test_each_structure_lies_in_memory_as_in_the_header_of_the_kernel(name: str) -> None:
    assert not complaints(layout(name))


def test_each_request_and_flag_has_the_number_of_the_kernel() -> None:
    assert not complaints(f"{name} == {number}" for name, number in NUMBERS.items())


def test_a_wrong_number_would_be_seen() -> None:
    assert "static assertion failed" in complaints(iter(["GPIO_V2_LINES_MAX == 65"]))
