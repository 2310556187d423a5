"""DVR-Scan of PyPI, which looks through recordings; its detector is OpenCV's MOG2 at full size, in colour."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from benchmarks.ruler.programs import (
    CHECKOUT,
    NotInstallableError,
    ProgramError,
    Reel,
    Watched,
    last_line,
    run,
)

INSTALL_LIMIT_S: Final = 600.0
START_LIMIT_S: Final = 60.0
LIMIT_PER_SECOND_S: Final = 20.0
"""It needs a small part of this for a second of recording."""


class DvrScan:
    """With its default sensitivity, in an environment of its own."""

    name = "dvr-scan"
    COMMAND = CHECKOUT / ".venv-dvr-scan" / "bin" / "dvr-scan"

    def install(self) -> None:
        """Make the environment from its lock file, where it is not there or older than that."""
        try:
            made = run(("make", "--no-print-directory", "dvr-scan"), INSTALL_LIMIT_S)
        except ProgramError as error:
            raise NotInstallableError(str(error)) from error
        if made.code:
            said = (line for line in made.errors.splitlines() if not line.startswith("make:"))
            raise NotInstallableError(last_line("\n".join(said)))

    def watch(self, reel: Reel, folder: Path) -> Watched:
        scan = (self.COMMAND, "--input", reel.file, "--scan-only", "--quiet", "--ignore-user-config")
        # So that what it tells is where it saw something, to the frame.
        exact = ("--time-before-event", "0", "--time-post-event", "1")
        ended = run((*scan, *exact), START_LIMIT_S + LIMIT_PER_SECOND_S * reel.seconds)
        if ended.code:
            raise ProgramError(last_line(ended.errors))
        return Watched(alarms("\n".join(line for _, line in ended.lines)), ended.usage)


def alarms(output: str) -> tuple[tuple[float, float], ...]:
    """Return the events of its quiet output, in seconds.

    Args:
        output: one line ``00:00:05.100,00:00:14.300``: where each event starts and ends, and blank without one.

    Raises:
        ProgramError: that is not what it is.
    """
    times = [part for part in output.strip().split(",") if part]
    try:
        seconds = [_seconds(part) for part in times]
        return tuple(zip(seconds[::2], seconds[1::2], strict=True))
    except ValueError:
        raise ProgramError(f"cannot be understood: {last_line(output)[:100]}") from None


def _seconds(timecode: str) -> float:
    hours, minutes, seconds = timecode.split(":")
    return int(hours) * 3600 + int(minutes) * 60 + float(seconds)
