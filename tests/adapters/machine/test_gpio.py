"""A pin of the Pi: what can be tried without one. make test-v4l2 tries one of the kernel."""

from __future__ import annotations

from pathlib import Path

import pytest

from pisecurity.adapters.machine.gpio import OutputLine
from pisecurity.errors import GpioError


def test_a_machine_without_pins_is_told_what_needs_them(tmp_path: Path) -> None:
    with pytest.raises(GpioError, match="there is no GPIO 17 on this machine; ir_cut = 'switched' needs a Pi"):
        OutputLine(17, tmp_path).set(high=True)


def test_what_is_no_chip_is_passed_over_and_not_left_open(tmp_path: Path) -> None:
    (tmp_path / "gpiochip0").touch()
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(5):
        with pytest.raises(GpioError, match="there is no GPIO 17"):
            OutputLine(17, tmp_path).set(high=True)
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_a_chip_that_may_not_be_opened_is_an_error_with_the_fix(tmp_path: Path) -> None:
    (tmp_path / "gpiochip0").symlink_to("nowhere")
    with pytest.raises(GpioError, match="GPIO 17 cannot be driven .*'sudo usermod -aG gpio pisecurity'"):
        OutputLine(17, tmp_path).set(high=True)


def test_a_line_that_was_never_taken_can_be_closed(tmp_path: Path) -> None:
    line = OutputLine(17, tmp_path)
    before = len(list(Path("/proc/self/fd").iterdir()))
    line.close()
    line.close()
    assert len(list(Path("/proc/self/fd").iterdir())) == before
