"""How hot the processor is, and whether its power supply is too weak, as the kernel tells it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

_ZONES = "class/thermal/thermal_zone*"
_PROCESSOR = frozenset({"cpu-thermal", "cpu_thermal"})
"""Types of the thermal zone of a Pi's processor; a laptop has others, which may be as hot as they like."""
_MONITORS = "class/hwmon/hwmon*"
_SUPPLY = "rpi_volt"
"""Name of the monitor of the supply. Source: Linux, drivers/hwmon/raspberrypi-hwmon.c."""
_TOO_LOW = "in0_lcrit_alarm"
_THROTTLED = "devices/platform/soc/soc:firmware/get_throttled"
"""What ``vcgencmd get_throttled`` says, where the kernel tells it: hexadecimal."""
_LOW_NOW = 0x1
"""Bit of it: too little voltage now. Source: Raspberry Pi documentation, vcgencmd."""


@dataclass(frozen=True, slots=True)
class Power:
    """How a board is off now; what it does not tell is None."""

    celsius: float | None = None
    """Temperature of the processor."""
    too_low: bool | None = None
    """Whether the supply gives too little voltage."""


class SysfsPower:
    """Reads it from ``/sys``; a machine that is no Pi tells nothing."""

    def __init__(self, root: Path = Path("/sys")) -> None:
        self._root = root

    def read(self) -> Power:
        """Return how it is now."""
        low = self._supply()
        if low is None and (throttled := _number(self._root / _THROTTLED, 16)) is not None:
            low = bool(throttled & _LOW_NOW)
        return Power(self._celsius(), low)

    def _celsius(self) -> float | None:
        for zone in sorted(self._root.glob(_ZONES)):
            if _text(zone / "type") in _PROCESSOR:
                millidegrees = _number(zone / "temp", 10)
                return None if millidegrees is None else millidegrees / 1000
        return None

    def _supply(self) -> bool | None:
        for monitor in sorted(self._root.glob(_MONITORS)):
            if _text(monitor / "name") == _SUPPLY:
                alarm = _number(monitor / _TOO_LOW, 10)
                return None if alarm is None else alarm != 0
        return None


def _number(file: Path, base: int) -> int | None:
    try:
        return int(_text(file), base)
    except ValueError:
        return None


def _text(file: Path) -> str:
    """Return what stands in *file*, empty where nothing can be read: a sensor may be busy, or taken away."""
    try:
        return file.read_text("ascii", "replace").strip("\0\n ")
    except OSError:
        return ""
