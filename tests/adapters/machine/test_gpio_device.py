"""A pin of a real GPIO chip of the kernel: one played through /dev/uhid, in the machine of ``make test-v4l2``."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from pisecurity.adapters.machine.gpio import OutputLine
from pisecurity.errors import GpioError
from tests.rigs.mcp2221 import LABEL, PINS, UHID, Mcp2221, Pin

pytestmark = pytest.mark.v4l2


@pytest.fixture(scope="module")
def chip() -> Iterator[Mcp2221]:
    """Give the chip that the kernel has pins of."""
    assert UHID.exists(), "no chip can be played here; run 'make test-v4l2'"
    with Mcp2221() as played:
        played.wait()
        yield played


def line(number: int) -> OutputLine:
    return OutputLine(number, Path("/dev"), (LABEL,))


@pytest.mark.parametrize("number", range(PINS))
def test_a_pin_of_the_kernel_follows_and_no_other(chip: Mcp2221, number: int) -> None:
    before = list(chip.pins)
    with closing(line(number)) as pin:
        for high in (True, False, True):
            pin.set(high=high)
            assert chip.pins[number] == Pin(output=True, high=high)
    before[number] = Pin(output=True, high=True)
    assert chip.pins == before


def test_a_pin_of_the_kernel_is_taken_by_one_and_free_when_let_go(chip: Mcp2221) -> None:
    with closing(line(2)) as first, closing(line(2)) as second:
        first.set(high=True)
        with pytest.raises(GpioError, match="GPIO 2 cannot be driven .Device or resource busy.: is it in use"):
            second.set(high=False)
        assert chip.pins[2] == Pin(output=True, high=True)
        first.close()
        second.set(high=False)
        assert chip.pins[2] == Pin(output=True, high=False)


def test_a_pin_the_chip_does_not_have_is_not_there(chip: Mcp2221) -> None:
    with pytest.raises(GpioError, match=f"there is no GPIO {PINS} on this machine"):
        line(PINS).set(high=True)


def test_pins_that_are_not_those_of_the_header_are_left_alone(chip: Mcp2221) -> None:
    before = chip.orders
    with pytest.raises(GpioError, match="there is no GPIO 2 on this machine; ir_cut = 'switched' needs a Pi"):
        OutputLine(2).set(high=True)
    assert chip.orders == before
