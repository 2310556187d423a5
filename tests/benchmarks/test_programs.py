from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

import pytest

from benchmarks.ruler import beside, dvr_scan, motion_program, programs, replay_program
from benchmarks.ruler.clip import Span, Spans
from benchmarks.ruler.dvr_scan import DvrScan
from benchmarks.ruler.metrics import summed
from benchmarks.ruler.motion_program import MotionProgram
from benchmarks.ruler.programs import NotInstallableError, ProgramError, Reel, Usage, Watched
from pisecurity.core.types import Box
from tests.benchmarks.values import FPS, SIZE, ListedClip, labelled, person

USAGE = Usage(cpu_s=1.2, peak_mb=40.0)
MOTION_LOG = """\
12341.86 [0:motion] [NTC] [ALL] motion_startup: Motion 4.5.1 Started
12341.89 [1:ml1] [INF] [NET] netcam_rtsp_open_context: norm: Opened camera((null))
12341.91 [2:nc2] [INF] [NET] netcam_rtsp_open_context: norm: Opened camera((null))
12341.93 [2:nc2] [NTC] [NET] netcam_rtsp_connect: norm: Camera ((null)) connected
12341.93 [2:nc2] [INF] [NET] netcam_rtsp_connect: norm: Camera source is 10 FPS
12347.67 [1:ml1] [NTC] [ALL] motion_detected: Motion detected - starting event 1.
12349.82 [1:ml1] [NTC] [ALL] mlp_actions: End of event 1
12358.18 [2:nc2] [INF] [NET] netcam_rtsp_read_image: norm: av_read_frame: End of file
12358.18 [2:nc2] [ERR] [NET] netcam_rtsp_handler_reconnect: norm: Reconnecting with camera....
12358.20 [2:nc2] [NTC] [NET] netcam_rtsp_connect: norm: Camera ((null)) connected"""
LINES = tuple((float(at), line) for at, _, line in (line.partition(" ") for line in MOTION_LOG.splitlines()))


class Told:
    """A program that tells what the test wants."""

    def __init__(self, name: str, watched: Watched | ProgramError, missing: str = "") -> None:
        self.name, self._watched, self._missing = name, watched, missing
        self.reels: list[Reel] = []

    def install(self) -> None:
        if self._missing:
            raise NotInstallableError(self._missing)

    def watch(self, reel: Reel, folder: Path) -> Watched:
        self.reels.append(reel)
        assert reel.file.is_file()
        if isinstance(self._watched, ProgramError):
            raise self._watched
        return self._watched


def test_a_process_tells_its_lines_its_code_and_what_it_took() -> None:
    code = (
        "import sys, time; kept = bytearray(50_000_000); sum(range(6_000_000)); time.sleep(0.3);"
        "print('seen'); print('oops', file=sys.stderr); sys.exit(3)"
    )
    before_s = programs.uptime_s()
    ended = programs.run((sys.executable, "-c", code), 30)
    (seen,) = ended.lines
    assert seen[1] == "seen" and before_s <= seen[0] <= programs.uptime_s()
    assert (ended.code, ended.errors) == (3, "oops\n")
    assert 0.05 < ended.usage.cpu_s < 10
    assert 50 < ended.usage.peak_mb < 150


def test_the_memory_of_a_small_process_is_not_that_of_this_one() -> None:
    kept = bytearray(b"1") * 200_000_000
    ended = programs.run(("sleep", "0.3"), 30)
    assert len(kept) / 2**20 > 150
    assert 0 < ended.usage.peak_mb < 20


def test_a_process_is_ended_with_its_group_at_a_line(tmp_path: Path) -> None:
    number = tmp_path / "pid"
    ended = programs.run(("sh", "-c", f"sleep 60 & echo $! > {number}; echo ready; echo now; wait"), 30, until="now")
    assert [line for _, line in ended.lines] == ["ready", "now"]
    assert ended.code == -signal.SIGKILL
    assert _gone(int(number.read_text()))


def test_a_process_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    number = tmp_path / "pid"
    with pytest.raises(ProgramError, match="sh: was not over after 0.3 s"):
        programs.run(("sh", "-c", f"echo $$ > {number}; sleep 60"), 0.3)
    assert _gone(int(number.read_text()))


def test_what_a_process_leaves_behind_is_ended(tmp_path: Path) -> None:
    number = tmp_path / "pid"
    ended = programs.run(("sh", "-c", f"sleep 60 >/dev/null & echo $! > {number}"), 30)
    assert ended.code == 0
    assert _gone(int(number.read_text()))


def _gone(pid: int) -> bool:
    for _ in range(50):
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
        except OSError:
            return True
        if state == "Z":
            return True
        time.sleep(0.05)
    return False


def test_a_command_that_is_not_there_is_named() -> None:
    with pytest.raises(ProgramError, match="no-such-program: cannot be started"):
        programs.run(("no-such-program",), 1)


def test_hooks_of_motion_are_placed_between_the_opening_and_the_end_of_the_file() -> None:
    hooks = "start 12347.68\nend 12349.82\nstart 12351.10\nend 12355.86\n"
    first, second = motion_program.alarms(LINES, hooks, 18.0)
    scale = 18.0 / (12358.18 - 12341.93)
    assert first == pytest.approx(((12347.68 - 12341.93) * scale, (12348.82 - 12341.93) * scale))
    assert second == pytest.approx(((12351.10 - 12341.93) * scale, (12354.86 - 12341.93) * scale))


def test_an_event_of_motion_that_is_open_at_the_end_lasts_to_the_end_and_a_short_one_has_no_length() -> None:
    short, opened = motion_program.alarms(LINES, "start 12347.68\nend 12348.20\nstart 12357.00\n", 18.0)
    assert short[0] == short[1]
    assert opened[1] == 18.0


@pytest.mark.parametrize("lines", [(), LINES[:3], LINES[:-3]], ids=["silent", "not opened", "not to the end"])
def test_motion_that_did_not_play_the_file_has_failed(lines: tuple[tuple[float, str], ...]) -> None:
    with pytest.raises(ProgramError):
        motion_program.alarms(lines, "", 18.0)


def test_motion_opens_no_port_and_its_threshold_fits_the_picture(tmp_path: Path) -> None:
    text = motion_program.configured(Reel(tmp_path / "a.mp4", (323, 240), 1), tmp_path, tmp_path / "hooks")
    settings = dict(line.split(" ", 1) for line in text.splitlines())
    assert settings["webcontrol_port"] == settings["stream_port"] == "0"
    assert settings["picture_output"] == settings["movie_output"] == "off"
    assert (settings["width"], settings["height"], settings["threshold"]) == ("320", "240", "375")
    assert settings["netcam_url"] == f"file://{tmp_path}/a.mp4"


@pytest.mark.parametrize(
    ("output", "events"),
    [
        ("00:00:05.100,00:00:14.300\n", ((5.1, 14.3),)),
        ("00:00:03.900,00:00:07.500,00:01:07.600,01:00:10.000\n", ((3.9, 7.5), (67.6, 3610.0))),
        ("\n", ()),
        ("", ()),
    ],
)
def test_dvr_scans_events(output: str, events: tuple[tuple[float, float], ...]) -> None:
    assert dvr_scan.alarms(output) == events


@pytest.mark.parametrize("output", ["00:00:05.100", "No motion", "1,2"])
def test_what_dvr_scan_never_says_is_not_guessed_at(output: str) -> None:
    with pytest.raises(ProgramError, match="cannot be understood"):
        dvr_scan.alarms(output)


def test_the_events_of_replay() -> None:
    line = '{"file": "a.mp4", "camera": "replay", "event": 1, "from_s": 5.3, "to_s": 14.1, "box": [1, 2, 3, 4]}'
    assert replay_program.alarms([line]) == ((5.3, 14.1),)


def test_an_installer_that_fails_is_told_by_its_last_words(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    script = tmp_path / "tests" / "setup" / "debian.sh"
    script.parent.mkdir(parents=True)
    script.write_text("#!/bin/sh\necho Installing\necho 'Missing: motion. This is not Debian.' >&2\nexit 1\n")
    script.chmod(0o755)
    monkeypatch.setattr(motion_program, "CHECKOUT", tmp_path)
    with pytest.raises(NotInstallableError, match=r"Missing: motion\. This is not Debian\."):
        MotionProgram().install()


def test_a_failed_make_is_told_by_what_failed_in_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    make = tmp_path / "make"
    make.write_text(
        "#!/bin/sh\necho 'python3 is not Python 3.11 or newer' >&2\necho 'make: *** [dvr-scan] Error 1' >&2\nexit 2\n"
    )
    make.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    with pytest.raises(NotInstallableError, match="python3 is not Python 3.11 or newer"):
        DvrScan().install()


def test_a_clip_with_boxes_is_judged_by_time() -> None:
    here, there = Box(0.1, 0.1, 0.2, 0.2), Box(0.6, 0.1, 0.2, 0.2)
    present = [()] * 10 + [(person(here),)] * 10 + [(person(here), person(there, 2))] * 5 + [()] * 5
    timed = beside.by_time(ListedClip(present))
    assert timed.spans.events == (Span(10, 24, "present"), Span(20, 24, "present"))
    assert [(span.first, span.last) for span in timed.spans.nuisance] == [(0, 9), (25, 29)]
    assert timed.spans.warm_up == 5 * FPS


def test_labels_of_a_recording_are_kept_but_its_regions_are_not_asked_for() -> None:
    spans = Spans(3, (Span(10, 20, "person"),), (Span(30, 50, "wind"),), (), (((0, 0), (1, 0), (1, 1)),))
    timed = beside.by_time(labelled(60, spans))
    assert timed.spans.events == spans.events and timed.spans.nuisance == spans.nuisance
    assert timed.spans.false_regions == ()


def test_an_alarm_during_an_event_finds_it_and_one_of_no_length_counts_too() -> None:
    spans = Spans(0, (Span(60, 80, "person"),), (Span(0, 59, "wind"), Span(100, 119, "wind")))
    timed = beside.by_time(labelled(120, spans))
    row = summed([beside.scored(timed, Watched(((6.5, 6.5), (11.0, 99.0)), USAGE))])
    assert (row.detected, row.events, row.false_events) == (1, 1, 1)
    assert row.latency_median_s == pytest.approx(0.5)


def test_what_cannot_be_installed_or_fails_is_named_and_the_rest_goes_on() -> None:
    spans = Spans(0, (Span(60, 80, "person"),), (Span(0, 59, "wind"),))
    good = Told("good", Watched(((6.5, 7.0),), USAGE))
    bad = Told("bad", ProgramError("broke down"))
    missing = Told("missing", Watched((), USAGE), missing="no network")
    complaints: list[str] = []
    clip = labelled(120, spans)
    found = beside.measured((missing, bad, good), [clip], lambda _: None, complaints.append)
    assert complaints == [
        "missing: cannot be installed here and is left out: no network",
        "bad: does not run here and is left out: broke down",
    ]
    assert list(found) == ["good"]
    assert found["good"].row.detected == 1
    assert found["good"].start_s == USAGE.cpu_s and found["good"].cpu_ms == (0, 0, 0)


def test_a_clip_without_a_file_is_filmed_for_a_program() -> None:
    program = Told("good", Watched((), USAGE))
    clip = labelled(20, Spans(0, (Span(5, 9, "person"),)))
    beside.measured((program,), [clip], lambda _: None, lambda _: None)
    *blanks, filmed = program.reels
    assert filmed.size == SIZE and filmed.seconds == pytest.approx(20 / FPS)
    assert filmed.file not in [blank.file for blank in blanks]
