"""One pin of the Pi as an output, through the kernel's character device for GPIO lines."""

from __future__ import annotations

import fcntl
import os
import struct
from pathlib import Path

from pisecurity.errors import GpioError

# Source: linux/gpio.h, the second version of the interface (kernel 5.10 and newer).
_CHIP_INFO = struct.Struct("=32s32sI")
_LINE_REQUEST = struct.Struct("=64I32sQI5I240sII5Ii")
_LINE_ATTRIBUTE = struct.Struct("=IIQQ")
_LINE_VALUES = struct.Struct("=QQ")
_GET_CHIP_INFO = 0x8044B401
_GET_LINE = 0xC250B407
_SET_VALUES = 0xC010B40F
_OUTPUT = 1 << 3
_OUTPUT_VALUES = 2
"""Kind of the attribute that holds the level a pin begins with."""
HEADER_CHIPS = ("pinctrl-bcm", "pinctrl-rp1")
"""How the labels of the chips behind the Pi's pin header begin."""


class OutputLine:
    """A pin that is driven high or low; taken when it is first set, and kept."""

    def __init__(self, number: int, dev: Path = Path("/dev"), labels: tuple[str, ...] = HEADER_CHIPS) -> None:
        self._number, self._dev, self._labels = number, dev, labels
        self._line: int | None = None

    def set(self, *, high: bool) -> None:
        """Drive the pin. Raises GpioError, saying what to do."""
        try:
            if self._line is None:
                self._line = self._taken(high=high)
            fcntl.ioctl(self._line, _SET_VALUES, _LINE_VALUES.pack(high, 1))
        except OSError as error:
            raise GpioError(
                f"GPIO {self._number} cannot be driven ({error.strerror}): is it in use, and may this user use it? "
                "'sudo usermod -aG gpio pisecurity', then restart"
            ) from error

    def close(self) -> None:
        """Let go of the pin; it keeps its level or falls back, as the chip likes."""
        if self._line is not None:
            os.close(self._line)
            self._line = None

    def _taken(self, *, high: bool) -> int:
        """Take the pin at its level from the first moment on: a filter must not move away and back at a start."""
        chip = self._chip()
        try:
            level = _LINE_ATTRIBUTE.pack(_OUTPUT_VALUES, 0, high, 1)
            request = bytearray(
                _LINE_REQUEST.pack(
                    self._number, *[0] * 63, b"pisecurity", _OUTPUT, 1, *[0] * 5, level, 1, 0, *[0] * 5, -1
                )
            )
            fcntl.ioctl(chip, _GET_LINE, request)
        finally:
            os.close(chip)
        line: int = _LINE_REQUEST.unpack(request)[-1]
        os.set_inheritable(line, False)
        return line

    def _chip(self) -> int:
        """Return the opened chip behind the pin header, which has another number on each model."""
        for path in sorted(self._dev.glob("gpiochip*")):
            chip = os.open(path, os.O_RDWR | os.O_CLOEXEC)
            if self._fits(chip):
                return chip
            os.close(chip)
        raise GpioError(f"there is no GPIO {self._number} on this machine; ir_cut = 'switched' needs a Pi")

    def _fits(self, chip: int) -> bool:
        info = bytearray(_CHIP_INFO.size)
        try:
            fcntl.ioctl(chip, _GET_CHIP_INFO, info)
        except OSError:  # no chip, whatever its name says
            return False
        _, label, lines = _CHIP_INFO.unpack(info)
        name: str = label.rstrip(b"\0").decode("ascii", "replace")
        return name.startswith(self._labels) and bool(lines > self._number)
