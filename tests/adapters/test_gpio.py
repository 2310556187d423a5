"""A pin of the Pi: what can be tried without one. The kernel's own pins for tests are tried by make test-v4l2."""

from __future__ import annotations

from pathlib import Path

import pytest

from pisecurity.adapters.gpio import OutputLine
from pisecurity.errors import GpioError


def test_a_machine_without_pins_is_told_what_needs_them(tmp_path: Path) -> None:
    with pytest.raises(GpioError, match="there is no GPIO 17 on this machine; ir_cut = 'switched' needs a Pi"):
        OutputLine(17, tmp_path).set(high=True)


def test_a_file_that_is_no_chip_is_an_error_with_the_fix(tmp_path: Path) -> None:
    (tmp_path / "gpiochip0").touch()
    with pytest.raises(GpioError, match="GPIO 17 cannot be driven .*'sudo usermod -aG gpio pisecurity'"):
        OutputLine(17, tmp_path).set(high=True)


def test_a_line_that_was_never_taken_can_be_closed(tmp_path: Path) -> None:
    OutputLine(17, tmp_path).close()
