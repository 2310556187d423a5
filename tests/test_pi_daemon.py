"""The real daemon as a process, with the unmodified picamera2 on a Pi that is not there."""

from __future__ import annotations

import time
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from tests.rigs.daemon import CLIP, DaemonProcess, Household, wait_for
from tests.rigs.pi_daemon import pi_daemon
from tests.rigs.smtp import SmtpServer


@pytest.fixture
def house(tmp_path: Path, server: SmtpServer) -> Household:
    return Household(tmp_path, server)


def age_s(daemon: DaemonProcess) -> float | None:
    value: float | None = daemon.state()["cameras"][0]["age_s"]
    return value


def sees(daemon: DaemonProcess) -> bool:
    age = age_s(daemon)
    return age is not None and age < 0.5


def fault(daemon: DaemonProcess, key: str) -> Any:
    return next((each for each in daemon.state()["faults"] if each["key"] == key), None)


def mailed(server: SmtpServer, words: str) -> EmailMessage | None:
    return next((mail for _, mail in server.accepted if words in mail["subject"]), None)


def is_veiled(daemon: DaemonProcess) -> bool:
    """Return whether the page calls the picture old, as its script reckons it."""
    state = daemon.state()
    age_s = state["cameras"][0]["age_s"]
    return age_s is None or age_s > state["stale_s"]


def test_somebody_in_front_of_the_pi_camera_is_mailed_with_the_picture(house: Household, server: SmtpServer) -> None:
    with pi_daemon(house, CLIP) as (daemon, _):
        wait_for("first frame", lambda: sees(daemon))
        assert daemon.switch("armed_away") == 303
        mail = wait_for("mail", lambda: mailed(server, "ALARM"))
        pictures = [part for part in mail.walk() if part.get_content_type() == "image/jpeg"]
        assert len(pictures) == 1
        assert daemon.stop() == 0
    assert "Pi camera imx708, 640x480 of sensor mode 2304x1296, watched at 384x288" in house.log.read_text()


def test_r16_unplugged_while_armed_is_told_within_20_s_and_it_sees_within_5_s_of_its_return(
    house: Household, server: SmtpServer
) -> None:
    with pi_daemon(house) as (daemon, wheel):
        wait_for("first frame", lambda: sees(daemon))
        assert daemon.switch("armed_away") == 303
        wheel.turn(unplugged=True, frontend_timeout_s=1.0)
        began_s = time.monotonic()
        wait_for("fault", lambda: fault(daemon, "camera:front"), 20)
        wait_for("mail", lambda: mailed(server, "ALARM: front sees nothing any more"), 20)
        assert time.monotonic() - began_s < 20
        time.sleep(6)
        wheel.turn(unplugged=False)
        began_s = time.monotonic()
        wait_for("picture", lambda: sees(daemon), 5)
        assert time.monotonic() - began_s < 5
        assert daemon.state()["state"] == "armed_away"
        wait_for("all is well", lambda: fault(daemon, "camera:front") is None)
        assert daemon.stop() == 0


def test_r17_a_frozen_camera_is_told_within_20_s_and_what_it_goes_on_sending_is_not_shown_as_live(
    house: Household,
) -> None:
    with pi_daemon(house) as (daemon, wheel):
        wait_for("first frame", lambda: sees(daemon))
        wheel.turn(frozen=True)
        found = wait_for("fault", lambda: fault(daemon, "camera:front"), 20)
        assert "the very same picture for 8 s" in found["text"]
        wait_for("veil", lambda: is_veiled(daemon), 10)
        wheel.turn(frozen=False)
        wait_for("picture", lambda: not is_veiled(daemon), 10)
        wait_for("all is well", lambda: fault(daemon, "camera:front") is None)


def test_r21_a_camera_that_becomes_slow_is_told_and_still_watched(house: Household) -> None:
    with pi_daemon(house) as (daemon, wheel):
        wait_for("first frame", lambda: sees(daemon))
        wheel.turn(fps=1)
        found = wait_for("fault", lambda: fault(daemon, "sparse:front"), 20)
        assert "of 10 pictures a second" in found["text"]
        assert fault(daemon, "camera:front") is None
        wheel.turn(fps=None)
        wait_for("all is well", lambda: fault(daemon, "sparse:front") is None)


def test_r20_a_driver_that_hangs_ends_the_process_within_15_s_and_the_next_one_has_the_mode(house: Household) -> None:
    with pi_daemon(house) as (daemon, wheel):
        wait_for("first frame", lambda: sees(daemon))
        assert daemon.switch("armed_away") == 303
        wheel.turn(unplugged=True, hang=["stop"])
        # After some silence the stream is started anew, with a stop that never returns.
        wait_for("hang", lambda: "its stream is started anew" in daemon.log)
        began_s = time.monotonic()
        assert daemon.process.wait(45) == 3
        assert time.monotonic() - began_s < 15
        assert "worker makes no progress name=watch:front" in daemon.log
    with pi_daemon(house) as (daemon, wheel):
        assert daemon.state()["state"] == "armed_away"
        wheel.turn(unplugged=False, hang=[])


def test_r16_r40_a_pi_without_its_camera_says_what_to_do_and_finds_it_when_its_driver_comes_up(
    house: Household,
) -> None:
    with pi_daemon(house, cameras=0) as (daemon, wheel):
        found = wait_for("fault", lambda: fault(daemon, "camera:front"), 20)
        assert "the Pi sees no camera: switch the Pi off, push the ribbon" in found["text"]
        assert daemon.switch("armed_away", anyway="camera:front") == 303
        wheel.turn(cameras=1)
        wait_for("picture", lambda: sees(daemon), 5)
        wait_for("all is well", lambda: fault(daemon, "camera:front") is None)
        assert daemon.stop() == 0


def test_fact_17_after_long_in_vain_the_daemon_asks_for_a_new_process_and_that_one_waits(house: Household) -> None:
    with pi_daemon(house, service=True) as (daemon, wheel):
        wait_for("first frame", lambda: sees(daemon))
        assert daemon.switch("armed_away") == 303
        wheel.turn(unplugged=True, broken=True)
        assert daemon.process.wait(60) == 1
        assert "worker gave up name=watch:front" in daemon.log
        assert "a new process may help" in daemon.log
        assert "Traceback" not in daemon.log
    with pi_daemon(house) as (daemon, _):
        wait_for("first frame", lambda: sees(daemon))
        assert daemon.state()["state"] == "armed_away"


def test_a_daemon_that_nobody_starts_again_goes_on_trying(house: Household) -> None:
    with pi_daemon(house) as (daemon, wheel):
        wait_for("first frame", lambda: sees(daemon))
        wheel.turn(unplugged=True, broken=True)
        wait_for(
            "in vain", lambda: "a new process may help" in (fault(daemon, "camera:front") or {}).get("text", ""), 60
        )
        wheel.turn(unplugged=False, broken=False)
        wait_for("picture", lambda: sees(daemon), 6)
        assert "sends pictures again" in fault(daemon, "camera:front")["text"]
        assert daemon.stop() == 0
