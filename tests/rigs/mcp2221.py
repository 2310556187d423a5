"""An MCP2221, a USB chip with four GPIO pins, played to the kernel, whose driver makes a real ``/dev/gpiochip`` of it.

Debian's kernel has none of the drivers that Linux brings for testing pins (gpio-sim, gpio-mockup), but the one of this
chip, and ``/dev/uhid``, which lets a program be a USB device. Needs root and both modules.
"""

from __future__ import annotations

import os
import select
import struct
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

UHID = Path("/dev/uhid")
LABEL = "mcp2221_gpio"
"""How the driver calls the chip."""
PINS = 4

# Source: linux/uhid.h.
_OUTPUT, _CREATE, _INPUT = 6, 11, 12
_CREATE_EVENT = struct.Struct("=I128s64s64sHHIIII4096s")
_INPUT_EVENT = struct.Struct("=IH64s")
_OUTPUT_EVENT = struct.Struct("=I4096sHB")
_USB, _VENDOR, _PRODUCT = 3, 0x04D8, 0x00DD
_REPORTS = bytes.fromhex("0600ff 0901 a101 1500 26ff00 7508 9540 0902 8102 0903 9102 c0")
"""The device's description of itself: 64 bytes of its own in, and 64 out. Source: USB HID 1.11, chapter 6.2.2."""

# Source: Microchip DS20005565, chapter 3.1.
_GPIO_SET, _GPIO_GET = 0x50, 0x51
_DONE = 0
_DRIVER = Path("/sys/bus/hid/drivers/mcp2221")


@dataclass(frozen=True, slots=True)
class Pin:
    """What the chip does with one of its pins."""

    output: bool = False
    high: bool = False


class Mcp2221:
    """The chip, plugged in as long as it is entered."""

    def __init__(self) -> None:
        self.pins = [Pin()] * PINS
        self.orders = 0
        """How often the driver wanted a pin changed."""
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="mcp2221", daemon=True)
        self._device = -1

    def __enter__(self) -> Self:
        self._device = os.open(UHID, os.O_RDWR | os.O_CLOEXEC)
        identity = (len(_REPORTS), _USB, _VENDOR, _PRODUCT, 0, 0, _REPORTS)
        os.write(self._device, _CREATE_EVENT.pack(_CREATE, b"MCP2221", b"", b"", *identity))
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._stop.set()
        self._thread.join(5.0)
        os.close(self._device)

    def wait(self, timeout_s: float = 90.0) -> None:
        """Wait until the kernel has made pins of it.

        Takes 24 s: the driver of Linux 6.1 asks six questions before it can hear an answer, and waits 4 s for each.
        """
        give_up_s = time.monotonic() + timeout_s
        while not any(Path("/dev").glob("gpiochip*")):
            if time.monotonic() > give_up_s:
                raise TimeoutError(f"the kernel made no GPIO chip of it within {timeout_s:g} s")
            time.sleep(0.1)
        # The driver hears answers once it is done with its start. Binding it again is refused, but not before.
        (device,) = _DRIVER.glob(f"*:{_VENDOR:04X}:{_PRODUCT:04X}.*")
        with suppress(OSError):
            (_DRIVER / "bind").write_text(device.name, "ascii")

    def _serve(self) -> None:
        """Answer each command with a report, until it is pulled out."""
        while not self._stop.is_set():
            if not select.select([self._device], [], [], 0.1)[0]:
                continue
            event = os.read(self._device, _CREATE_EVENT.size)
            kind, command, size, _ = _OUTPUT_EVENT.unpack_from(event)
            if kind == _OUTPUT:
                os.write(self._device, _INPUT_EVENT.pack(_INPUT, 64, self._answer(command[:size])))

    def _answer(self, command: bytes) -> bytes:
        """Return the report that follows *command*: mostly the same, and that it is done."""
        reply = bytearray(command.ljust(64, b"\0"))
        reply[1] = _DONE
        if command[0] == _GPIO_SET:
            self._change(command)
        elif command[0] == _GPIO_GET:
            reply[2 : 2 + 2 * PINS] = bytes(part for pin in self.pins for part in (pin.high, not pin.output))
        return bytes(reply)

    def _change(self, command: bytes) -> None:
        """Do what a 'set GPIO output values' says: for each pin a level and a direction, and whether to change them."""
        self.orders += 1
        for number, old in enumerate(self.pins):
            set_level, level, set_direction, is_input = command[2 + 4 * number : 6 + 4 * number]
            self.pins[number] = Pin(
                output=not is_input if set_direction else old.output, high=bool(level) if set_level else old.high
            )
