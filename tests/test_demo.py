"""What a newcomer does: start the demo, press Away, read the mail."""

from __future__ import annotations

import logging
import os
import re
import signal
import socket
import subprocess
import sys
from contextlib import ExitStack, suppress
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from pisecurity.adapters.cameras.stage.situations.demo import EVERY_S, JITTER_S
from pisecurity.cli import main
from pisecurity.cli.demo import demo_settings
from pisecurity.cli.demo import free_port as first_free
from pisecurity.cli.parser import DEMO_PORT
from tests.rigs.daemon import CHECKOUT, free_port, running, wait_for
from tests.rigs.user import open_folder, ordinary_user


def test_within_half_a_minute_of_arming_a_boxed_picture_is_in_the_mailbox(tmp_path: Path) -> None:
    port = free_port()
    arguments = ["demo", "--state", str(tmp_path / "demo"), "--port", str(port)]
    with running(arguments, port, tmp_path / "demo.log") as daemon:
        status, home = daemon.request("GET", "/")
        assert status == 200 and b"Away" in home
        assert daemon.state()["state"] == "disarmed"
        assert daemon.switch("armed_away") == 303
        assert daemon.state()["state"] in ("arming", "armed_away")

        def newest_mail() -> int:
            found = re.findall(rb'href="/mailbox/(\d+)"', daemon.request("GET", "/mailbox")[1])
            return max(map(int, found), default=0)

        number = wait_for("mail in the mailbox", newest_mail, 30 + 10)  # 10 s of grace for a busy test machine
        status, jpeg = daemon.request("GET", f"/mailbox/{number}/picture/1")
        picture = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
        assert status == 200 and picture is not None and picture.shape == (480, 640, 3)
        assert boxed(picture.astype(np.uint8)), "the thing that moved has a box in the colour of the page"
        assert daemon.stop(signal.SIGINT) == 130
    assert daemon.log == f"Open http://127.0.0.1:{port} and press Away. Ctrl-C ends the demo.\n", "nothing hides it"


def test_where_the_port_is_taken_the_demo_takes_the_next_one_and_says_where_it_is(tmp_path: Path) -> None:
    arguments = ["demo", "--state", str(tmp_path / "demo")]
    with ExitStack() as taken:
        with suppress(OSError):  # that somebody else has it is as good
            taken.enter_context(socket.create_server(("127.0.0.1", DEMO_PORT)))
        port = first_free()
        assert port > DEMO_PORT
        with running(arguments, port, tmp_path / "demo.log") as daemon:
            assert f"Port {DEMO_PORT} is taken. Open http://127.0.0.1:{port} and press Away." in daemon.log
            again = subprocess.run(
                [sys.executable, "-m", "pisecurity", *arguments],
                capture_output=True, text=True, timeout=60, check=False,
            )  # fmt: skip
    assert again.returncode == 1
    assert again.stderr == (
        f"pisecurity: {tmp_path}/demo: the demo already runs here; open http://127.0.0.1:{port}, "
        "or give another one another folder with --state\n"
    )


def test_in_the_demo_an_alarm_is_over_before_the_next_one_walks_by() -> None:
    assert demo_settings(8080, 1).alarm.trigger_time_s < EVERY_S - 2 * JITTER_S


def test_make_hands_the_options_of_the_demo_on() -> None:
    printed = subprocess.run(
        ["make", "--dry-run", "demo", "ARGS=--port 8123"],
        cwd=CHECKOUT, capture_output=True, text=True, timeout=60, check=True,
    ).stdout  # fmt: skip
    assert "pisecurity demo --port 8123 " in printed


def test_the_demo_listens_on_loopback_only_and_refuses_an_installed_alarm(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("")
    refused = subprocess.run(
        [sys.executable, "-m", "pisecurity", "demo", "--state", str(tmp_path)],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert refused.returncode == 1
    assert "another folder" in refused.stderr and refused.stderr.count("\n") == 1


def test_a_demo_folder_closed_to_this_user_is_one_line_and_no_bug(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logging.getLogger(), "handlers", [])  # the demo's own would stay behind
    with open_folder() as folder:
        folder.chmod(0o700 if os.geteuid() == 0 else 0)
        with ordinary_user():
            code = main(["demo", "--state", str(folder / "demo")])
        folder.chmod(0o700)
    line = capfd.readouterr().err
    assert code == 1
    assert line.startswith(f"pisecurity: {folder}/demo: the state folder cannot be used (Permission denied); ")
    assert line.count("\n") == 1


def boxed(picture: NDArray[np.uint8]) -> bool:
    """Return whether a rectangle's outline in the amber of the boxes is in the picture."""
    blue, green, red = (picture[..., channel].astype(int) for channel in range(3))
    amber = ((red > 190) & (green > 150) & (blue < 170) & (red - blue > 60)).astype(np.uint8)
    columns, rows = amber.sum(axis=0), amber.sum(axis=1)
    return bool((columns > 25).sum() >= 2 and (rows > 10).sum() >= 2)
