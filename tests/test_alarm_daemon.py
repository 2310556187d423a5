"""The alarm of the real process through kills and power cuts, as DESIGN's "Time is data" says."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import AbstractContextManager
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from tests.rigs.daemon import CHECKOUT, CLIP, DaemonProcess, Household, running, wait_for
from tests.rigs.smtp import SmtpServer

QUIET = CHECKOUT / "tests" / "clips" / "garden_quiet.mp4"
CLOCKS_S = 0.1
"""How far the clock of the test and that of the daemon may drift apart meanwhile."""
DOOR = """
[[zone]]
name = "Door"
camera = "front"
kind = "entry"
points = [[0, 0], [1, 0], [1, 1], [0, 1]]
"""


class Home(Household):
    """A household on a machine that is booted more than once."""

    def __init__(self, folder: Path, server: SmtpServer, recording: Path, exit_s: float, entry_s: float) -> None:
        delays = f"[alarm]\n[alarm.away]\nexit_delay_s = {exit_s}\nentry_delay_s = {entry_s}\n"
        super().__init__(folder, server, recording, alarm=delays, zone=DOOR)
        self.server = server

    def boot(self, name: str = "one") -> AbstractContextManager[DaemonProcess]:
        arguments = ["run", "--state", str(self.folder)]
        return running(arguments, self.port, self.log, {"TEST_BOOT": name}, "tests.rigs.other_boot")

    def mail(self, word: str, timeout_s: float = 60) -> EmailMessage:
        """Return the first mail that has *word* in its subject, when it is there."""

        def found() -> EmailMessage | None:
            return next((mail for _, mail in self.server.accepted if word in str(mail["Subject"])), None)

        return wait_for(f"mail {word!r}, there are {[str(mail['Subject']) for _, mail in self.server.accepted]}", found,
                        timeout_s)  # fmt: skip


def cut_power(daemon: DaemonProcess) -> None:
    daemon.process.kill()
    daemon.process.wait()


def asked(daemon: DaemonProcess) -> tuple[dict[str, Any], float, float]:
    """Return the state, and between which seconds of the monotonic clock it was taken, however busy the machine is."""
    asked_s = time.monotonic()
    state = daemon.state()
    return state, asked_s, time.monotonic()


def of(state: Mapping[str, Any]) -> tuple[str, str]:
    return state["state"], state["mode"]


def test_power_cut_5_s_after_somebody_came_in_the_picture_is_in_the_mailbox(tmp_path: Path, server: SmtpServer) -> None:
    home = Home(tmp_path, server, CLIP, exit_s=0, entry_s=120)
    with home.boot() as daemon:
        assert daemon.switch("armed_away") == 303
        (opened_us,) = wait_for("opening", lambda: home.rows("SELECT opened_us FROM events"), 60)[0]
        time.sleep(max(0.0, opened_us / 1e6 + 5 - time.time()))
        cut_power(daemon)
    (entry,) = [mail for _, mail in server.accepted]
    assert "Somebody came in" in str(entry["Subject"]) and "ALARM" not in str(entry["Subject"])
    assert "image/jpeg" in [part.get_content_type() for part in entry.walk()]
    with home.boot("two") as daemon:
        assert of(daemon.state()) == ("triggered", "armed_away"), "who cuts the power finds the alarm raised"
        alarm = home.mail("ALARM")
        assert daemon.switch("disarmed") == 303
        clear = home.mail("clear")
        assert daemon.stop() == 0
    thread = str(entry["Message-ID"])
    assert thread in str(alarm["References"]) and thread in str(clear["References"])


def test_a_disarming_while_pending_sends_the_all_clear_in_the_same_conversation(
    tmp_path: Path, server: SmtpServer
) -> None:
    home = Home(tmp_path, server, CLIP, exit_s=0, entry_s=120)
    with home.boot() as daemon:
        assert daemon.switch("armed_away") == 303
        entry = home.mail("Somebody came in")
        assert of(daemon.state()) == ("pending", "armed_away")
        assert daemon.switch("disarmed") == 303
        clear = home.mail("clear")
        verified = home.run("events", "verify")
        assert verified.returncode == 0 and verified.stdout.startswith("unbroken: 4 rows; "), verified
        assert daemon.stop() == 0
    assert str(entry["Message-ID"]) in str(clear["References"])
    assert not [mail for _, mail in server.accepted if "ALARM" in str(mail["Subject"])]


def test_r47_killed_while_pending_it_goes_on_to_its_end_and_triggers_when_that_has_passed(
    tmp_path: Path, server: SmtpServer
) -> None:
    home = Home(tmp_path, server, CLIP, exit_s=0, entry_s=20)
    with home.boot() as daemon:
        assert daemon.switch("armed_away") == 303
        wait_for("pending", lambda: daemon.state()["state"] == "pending", 60)
        before, asked_s, answered_s = asked(daemon)
        cut_power(daemon)
    with home.boot() as daemon:
        state, again_s, end_s = asked(daemon)
        assert of(state) == ("pending", "armed_away")
        gone_s = before["countdown_s"] - state["countdown_s"]
        assert again_s - answered_s - CLOCKS_S <= gone_s <= end_s - asked_s + CLOCKS_S
        cut_power(daemon)
    time.sleep(max(0.0, state["countdown_s"] - (time.monotonic() - end_s)))
    with home.boot() as daemon:
        assert of(daemon.state()) == ("triggered", "armed_away")
        home.mail("ALARM")
        assert daemon.stop() == 0


def test_killed_while_arming_it_goes_on_to_its_end_and_begins_anew_after_a_power_cut(
    tmp_path: Path, server: SmtpServer
) -> None:
    home = Home(tmp_path, server, QUIET, exit_s=180, entry_s=30)
    with home.boot() as daemon:
        assert daemon.switch("armed_away") == 303
        time.sleep(3)
        cut_power(daemon)
    with home.boot() as daemon:
        before, _, answered_s = asked(daemon)
        assert of(before) == ("arming", "armed_away")
        assert before["countdown_s"] < 177
        cut_power(daemon)
    with home.boot("two") as daemon:
        state, again_s, _ = asked(daemon)
        assert of(state) == ("arming", "armed_away")
        going_on_s = before["countdown_s"] - (again_s - answered_s)
        assert state["countdown_s"] > going_on_s + 2 * CLOCKS_S, "it began anew, 3 s or more later than it would go on"
        assert daemon.stop() == 0


@pytest.mark.parametrize("mode", ["armed_night", "disarmed"])
def test_r23_killed_or_cut_off_it_is_at_once_in_the_mode_it_had(tmp_path: Path, server: SmtpServer, mode: str) -> None:
    home = Home(tmp_path, server, QUIET, exit_s=0, entry_s=0)
    with home.boot() as daemon:
        assert daemon.switch("armed_away") == 303
        assert daemon.switch(mode) == 303
        stored = home.rows("SELECT * FROM alarm")
        cut_power(daemon)
    for boot in ("one", "two"):
        with home.boot(boot) as daemon:
            assert of(daemon.state()) == (mode, mode)
            cut_power(daemon)
        assert home.rows("SELECT * FROM alarm") == stored, "who, how and since when too"
    verified = home.run("events", "verify")
    assert verified.returncode == 0 and verified.stdout.startswith("unbroken: ")
