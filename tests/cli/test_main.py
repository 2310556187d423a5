"""Exit codes, help, and what is kept of a bug."""

from __future__ import annotations

import argparse
import os
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

import pisecurity.cli
from pisecurity import __version__
from pisecurity.adapters.state.secrets import Secrets
from pisecurity.cli.parser import COMMANDS, build_parser, default_state
from pisecurity.cli.report import KEPT, write_report
from pisecurity.errors import StoreError
from tests.cli.commands import CLIPS, ROOT, Ran, Shell, start

NAMES = [
    "run", "demo", "check", "doctor", "replay", "label", "status", "arm", "disarm", "events", "ledger", "test-alert",
    "forget", "people",
]  # fmt: skip
GOOD = '[[camera]]\nid = "front"\nkind = "stage"\n'


@pytest.fixture
def handled_by(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[argparse.Namespace], int]], None]:
    """Return a function that lets another one stand in for every command."""
    return lambda handler: monkeypatch.setattr(pisecurity.cli, "_handler", lambda name: handler)


def test_there_are_exactly_these_commands() -> None:
    assert [command.name for command in COMMANDS] == NAMES


@pytest.mark.parametrize("command", COMMANDS, ids=NAMES)
def test_help_shows_an_example(shell: Shell, command: pisecurity.cli.parser.Command) -> None:
    ran = shell(command.name, "--help")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.rstrip().endswith(f"example:\n  {command.example}")


@pytest.mark.parametrize("command", COMMANDS, ids=NAMES)
def test_the_example_is_understood(command: pisecurity.cli.parser.Command) -> None:
    words = command.example.removeprefix("sudo ").split()
    assert words[0] == "pisecurity"
    assert build_parser({}).parse_args(words[1:]).handler == command.handler


def test_the_overview_names_every_command(shell: Shell) -> None:
    ran = shell("--help")
    assert ran.code == 0
    assert all(command.summary.split(",")[0] in " ".join(ran.out.split()) for command in COMMANDS)


def test_version(shell: Shell) -> None:
    assert shell("--version") == Ran(0, f"pisecurity {__version__}\n", "")


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ([], f"give a command: {', '.join(NAMES)}; see 'pisecurity --help'"),
        (["amr"], "there is no command amr; did you mean arm?"),
        (["zzzz"], "there is no command zzzz; see 'pisecurity --help'"),
        (["arm", "--mod", "home"], "there is no option --mod, did you mean --mode?; see 'pisecurity arm --help'"),
        (["status", "--zzzz=3"], "there is no option --zzzz; see 'pisecurity status --help'"),
        (["status", "now"], "now is one argument too many; see 'pisecurity status --help'"),
        (["arm", "--mode", "nigth"], "--mode nigth: choose from away, home, night; see 'pisecurity arm --help'"),
        (["doctor", "cam"], "cam: choose from camera, mail; see 'pisecurity doctor --help'"),
        (["demo", "--port"], "--port needs a value; see 'pisecurity demo --help'"),
        (
            ["--state", "x", "status"],
            (
                "--state stands before the command; write it behind, as in 'pisecurity status --json'; "
                "see 'pisecurity --help'"
            ),
        ),
        (["replay"], "FILE is missing; see 'pisecurity replay --help'"),
        (["demo", "--port", "0"], "--port: 0 is no number from 1 to 65535; see 'pisecurity demo --help'"),
        (["demo", "--port", "x"], "--port: x is no number from 1 to 65535; see 'pisecurity demo --help'"),
        (
            ["replay", "a", "--fps", "nan"],
            "--fps: nan is no number from 2 to 30; see 'pisecurity replay --help'",
        ),
        (
            ["replay", "a", "--json", "--frames"],
            "--frames cannot stand beside --json; see 'pisecurity replay --help'",
        ),
        (
            ["events", "--limit", "-1"],
            "--limit: -1 is no number from 1 to 100000; see 'pisecurity events --help'",
        ),
    ],
)
def test_a_wrong_command_line_is_one_line_with_a_hint(shell: Shell, words: list[str], line: str) -> None:
    assert shell(*words) == Ran(1, "", f"pisecurity: {line}\n")


def test_a_fault_is_one_line_and_exit_code_1(
    shell: Shell, handled_by: Callable[[Callable[[argparse.Namespace], int]], None]
) -> None:
    def fail(args: argparse.Namespace) -> int:
        raise StoreError("pisecurity.db: the disk is full; free some space on it")

    handled_by(fail)
    assert shell("events") == Ran(1, "", "pisecurity: pisecurity.db: the disk is full; free some space on it\n")


def crash(args: argparse.Namespace) -> int:
    hidden = "value of a variable"
    raise RuntimeError(f"cannot log in with hunter2 at rtsp://me:s3cret@10.0.0.7/live, {len(hidden)}")


def test_a_bug_is_one_line_exit_code_3_and_a_private_report(
    shell: Shell, handled_by: Callable[[Callable[[argparse.Namespace], int]], None], tmp_path: Path
) -> None:
    handled_by(crash)
    ran = shell("status", "--state", tmp_path)
    (report,) = tmp_path.glob("bug-*.txt")
    assert ran == Ran(3, "", f"pisecurity: a bug, sorry: RuntimeError; report {report}\n")
    assert stat.S_IMODE(report.stat().st_mode) == 0o600
    text = report.read_text("utf-8")
    assert text.startswith(f"pisecurity {__version__}, Python 3.")
    assert "pydantic 2." in text
    assert 'test_main.py", line ' in text
    assert "in crash" in text


def test_s41_a_report_holds_no_secret(
    shell: Shell, handled_by: Callable[[Callable[[argparse.Namespace], int]], None], tmp_path: Path
) -> None:
    Secrets(tmp_path, {}).set_mail_password("hunter2")
    handled_by(crash)
    shell("status", "--state", tmp_path)
    (report,) = tmp_path.glob("bug-*.txt")
    text = report.read_text("utf-8")
    assert "RuntimeError: cannot log in with ... at rtsp://...@10.0.0.7/live, 19" in text
    for secret in ("hunter2", "s3cret", "value of a variable,"):
        assert secret not in text.split("RuntimeError: ")[1]


def test_a_report_goes_to_the_temporary_folder_where_there_is_no_state_folder(
    shell: Shell,
    handled_by: Callable[[Callable[[argparse.Namespace], int]], None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    handled_by(crash)
    assert shell("status", "--state", tmp_path / "gone").code == 3
    assert len(list(tmp_path.glob("bug-*.txt"))) == 1


def test_ctrl_c_ends_with_130_and_no_traceback() -> None:
    process = start("replay", "-", "--frames", stdin=subprocess.PIPE)
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(b"YUV4MPEG2 W32 H32 F10:1 Cmono\nFRAME\n" + bytes(32 * 32))
    process.stdin.flush()
    assert process.stdout.readline().startswith(b'{"frame": 0')
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (130, b"")


def test_ctrl_c_before_the_program_is_loaded_ends_with_130_and_no_traceback() -> None:
    code = (
        "import runpy, sys\n"
        "class Finder:\n"
        "    def find_spec(self, name, *_):\n"
        "        if name == 'pisecurity.cli.parser':\n"
        "            raise KeyboardInterrupt\n"
        "sys.meta_path.insert(0, Finder())\n"
        "runpy.run_module('pisecurity', run_name='__main__')\n"
    )
    process = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert (process.returncode, process.stderr) == (130, "")


def test_a_reader_that_goes_away_is_no_fault() -> None:
    with start("replay", "--frames", *([CLIPS / "garden_walk.mp4"] * 5)) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline().startswith(b'{"file": ')
        process.stdout.close()
        err = process.stderr.read()
    assert (process.returncode, err) == (0, b"")


def test_a_terminal_that_lacks_a_letter_gets_its_number(tmp_path: Path) -> None:
    (tmp_path / "küche.toml").write_text(GOOD)
    process = subprocess.run(
        [sys.executable, "-m", "pisecurity", "check", "--config", str(tmp_path / "küche.toml")],
        cwd=ROOT, env={**os.environ, "PYTHONIOENCODING": "ascii"}, capture_output=True, timeout=60, check=False,
    )  # fmt: skip
    assert (process.returncode, process.stderr) == (0, b"")
    assert b"/k\\xfcche.toml: good; cameras front; " in process.stdout


@pytest.mark.parametrize("words", [["replay", str(CLIPS / "garden_walk.mp4")], ["--help"], ["demo", "--help"]])
def test_output_to_a_full_disk_is_one_line_and_no_bug(words: list[str]) -> None:
    with Path("/dev/full").open("wb") as full:
        process = subprocess.run(
            [sys.executable, "-m", "pisecurity", *words],
            cwd=ROOT, stdout=full, stderr=subprocess.PIPE, text=True, timeout=60, check=False,
        )  # fmt: skip
    line = "pisecurity: the output was not taken (No space left on device); free some space\n"
    assert (process.returncode, process.stderr) == (1, line)


def test_the_program_runs_as_a_module(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("[motoin]\n" + GOOD)
    process = start("check", "--state", tmp_path)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert out == b""
    assert err.decode() == (
        f"pisecurity: {tmp_path}/config.toml: 1 mistake\n  motoin: unknown; did you mean [motion]?\n"
    )


@pytest.mark.parametrize(
    "words", [["replay", "--help"], ["label", "--help"], ["status", "--help"], ["--version"], ["check", "--help"]]
)
def test_help_loads_no_library_for_video_or_pages(words: list[str]) -> None:
    code = (
        "import sys; from pisecurity.cli import main; main(sys.argv[1:]);"
        "print(sorted({'av', 'cv2', 'flask', 'pydantic', 'apscheduler'} & set(sys.modules)), file=sys.stderr)"
    )
    process = subprocess.run([sys.executable, "-c", code, *words], cwd=ROOT, capture_output=True, text=True, check=True)
    assert process.stderr == "[]\n"


def test_the_state_folder_is_systemds_then_the_users_own_then_the_installed_one(tmp_path: Path) -> None:
    home, installed = tmp_path / "home", tmp_path / "installed"
    own = home / ".local/state/pisecurity"
    environment = {"HOME": str(home)}
    assert default_state(environment, installed) == own
    installed.mkdir()
    assert default_state(environment, installed) == installed
    own.mkdir(parents=True)
    (own / "lock").touch()
    assert default_state(environment, installed) == installed, "nothing of the user's own is in it"
    (own / "config.toml").touch()
    assert default_state(environment, installed) == own
    assert default_state({**environment, "STATE_DIRECTORY": "/var/lib/x:/var/lib/y"}, installed) == Path("/var/lib/x")


def test_only_the_newest_reports_are_kept(tmp_path: Path) -> None:
    reports = [write_report(RuntimeError(f"number {number}"), tmp_path) for number in range(KEPT + 3)]
    for age, report in enumerate(reversed(reports)):
        if report.exists():
            os.utime(report, (1e9 - age, 1e9 - age))
    newest = write_report(RuntimeError("the last one"), tmp_path)
    assert newest.exists() and len(list(tmp_path.glob("bug-*.txt"))) == KEPT


def test_r12_a_report_of_a_bug_goes_elsewhere_when_the_state_folder_takes_none(tmp_path: Path) -> None:
    report = write_report(RuntimeError("a bug"), tmp_path / "gone")
    assert "RuntimeError: a bug" in report.read_text()
    report.unlink()
