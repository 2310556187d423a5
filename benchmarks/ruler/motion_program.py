"""Debian's ``motion``, which most camera projects are built on.

It plays a file like a camera, somewhat faster than its own rate, and begins anew at its end. When it saw something is
known from what its hooks write; where in the file that was, from the lines in which it says that it opened the file
and that it reached its end.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from benchmarks.ruler.programs import CHECKOUT, NotInstallableError, ProgramError, Reel, Watched, last_line, run

INSTALL_LIMIT_S: Final = 600.0
START_LIMIT_S: Final = 60.0
OPENED: Final = re.compile(r"Camera \(.*\) connected")
AT_THE_END: Final = "av_read_frame: End of file"
EVENT_GAP_S: Final = 1
"""So many seconds without motion end an event; motion counts in whole seconds, so it may be up to one less."""
THRESHOLD: Final = 1500 / (640 * 480)
"""Debian's threshold of changed pixels, as a share of the picture size that Debian's configuration has."""
EVEN: Final = 8
"""It takes pictures whose sides are multiples of this."""

# Detection is as in Debian's motion.conf, pictures, films and ports apart.
CONFIGURATION: Final = """\
daemon off
setup_mode off
native_language off
log_level 7
log_file /dev/stdout
target_dir {folder}
netcam_url file://{file}
width {width}
height {height}
framerate 15
threshold {threshold}
despeckle_filter EedDl
minimum_motion_frames 1
event_gap {gap}
picture_output off
movie_output off
webcontrol_port 0
stream_port 0
on_event_start read up rest < /proc/uptime; echo start $up >> {hooks}
on_event_end read up rest < /proc/uptime; echo end $up >> {hooks}
"""


class MotionProgram:
    """With the detection settings of Debian's package, its threshold scaled to the size of the picture."""

    name = "motion"

    def install(self) -> None:
        try:
            made = run((CHECKOUT / "tests" / "setup" / "debian.sh", "motion=motion"), INSTALL_LIMIT_S)
        except ProgramError as error:
            raise NotInstallableError(str(error)) from error
        if made.code:
            raise NotInstallableError(last_line(made.errors))

    def watch(self, reel: Reel, folder: Path) -> Watched:
        hooks = folder / "hooks"
        hooks.write_text("")
        configuration = folder / "motion.conf"
        configuration.write_text(configured(reel, folder, hooks))
        command = ("motion", "-n", "-c", configuration, "-p", folder / "motion.pid")
        ended = run(command, START_LIMIT_S + 2 * reel.seconds, until=AT_THE_END)
        return Watched(alarms(ended.lines, hooks.read_text(), reel.seconds), ended.usage)


def configured(reel: Reel, folder: Path, hooks: Path) -> str:
    """Return the configuration for *reel*; what it writes goes into *folder*."""
    width, height = (side // EVEN * EVEN for side in reel.size)
    return CONFIGURATION.format(
        folder=folder,
        file=reel.file.absolute(),
        width=width,
        height=height,
        threshold=max(1, round(THRESHOLD * width * height)),
        gap=EVENT_GAP_S,
        hooks=hooks,
    )


def alarms(lines: Sequence[tuple[float, str]], hooks: str, seconds: float) -> tuple[tuple[float, float], ...]:
    """Return the events of one pass, in seconds from the first frame.

    Args:
        lines: its log, each line with the seconds since boot at which it came.
        hooks: lines ``start 12347.68`` and ``end 12349.82``, in seconds since boot.
        seconds: the length of the recording.

    Raises:
        ProgramError: it did not play the recording from its beginning to its end.
    """
    opened_s = next((at_s for at_s, line in lines if OPENED.search(line)), None)
    end_s = next((at_s for at_s, line in lines if AT_THE_END in line), None)
    if opened_s is None or end_s is None or end_s <= opened_s:
        raise ProgramError(last_line("\n".join(line for _, line in lines)))

    def placed(at_s: float) -> float:
        return min(max((at_s - opened_s) / (end_s - opened_s), 0.0), 1.0) * seconds

    found: list[tuple[float, float]] = []
    started_s: float | None = None
    for word, at in (line.split() for line in hooks.splitlines()):
        if word == "start":
            started_s = float(at)
        elif started_s is not None:
            found.append((placed(started_s), placed(max(started_s, float(at) - EVENT_GAP_S))))
            started_s = None
    if started_s is not None:
        found.append((placed(started_s), seconds))
    return tuple(found)
