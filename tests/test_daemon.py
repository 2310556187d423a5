"""The daemon itself, as a process of its own: real recording, real mail server, real page."""

from __future__ import annotations

import logging
import os
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage, MIMEPart
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from pisecurity.adapters.state.refuge import refuge_of
from pisecurity.adapters.state.secrets import Secrets
from pisecurity.cli import main
from pisecurity.core.types import Frame
from pisecurity.ports import CameraInfo, PacketSink
from tests.rigs.daemon import DaemonProcess, Household, wait_for
from tests.rigs.smtp import PASSWORD, SILENCE, Authority, FaultySmtp, SmtpServer

RECORDED = os.environ.get("PISECURITY_RECORDED", "")


def first_mail(server: SmtpServer, daemon: DaemonProcess, timeout_s: float = 60) -> EmailMessage:
    def found() -> EmailMessage | None:
        assert daemon.process.poll() is None, daemon.log
        return server.accepted[0][1] if server.accepted else None

    try:
        return wait_for("first mail", found, timeout_s)
    except AssertionError as error:
        raise AssertionError(f"{error}\n{daemon.log}") from None


def jpegs(mail: EmailMessage) -> list[bytes]:
    parts: list[MIMEPart] = [part for part in mail.walk() if part.get_content_type() == "image/jpeg"]
    return [part.get_content() for part in parts]


def test_armed_over_the_socket_a_walk_in_the_recording_is_mailed(tmp_path: Path, server: SmtpServer) -> None:
    house = Household(tmp_path, server)
    with house.daemon() as daemon:
        armed = house.run("arm")
        assert armed.returncode == 0, armed.stderr
        mail = first_mail(server, daemon)
        wait_for("scene kept", lambda: list((house.folder / "scenes").glob("*.scene")))
        picture = cv2.imdecode(np.frombuffer(jpegs(mail)[0], np.uint8), cv2.IMREAD_COLOR)
        assert picture is not None and min(picture.shape[:2]) >= 240
        assert "ALARM" in str(mail["Subject"])
        wait_for("row accepted", lambda: house.rows("SELECT 1 FROM outbox WHERE outcome = 'accepted'"))
        assert house.run("status").returncode == 0
        assert house.run("disarm").returncode == 0
        assert daemon.state()["state"] == "disarmed"
        assert daemon.stop() == 0


def test_the_page_tries_the_mail_account_and_sends_nothing(tmp_path: Path, server: SmtpServer) -> None:
    with Household(tmp_path, server).daemon() as daemon:
        button = {"Origin": f"http://127.0.0.1:{daemon.port}"}
        assert daemon.request("POST", "/mail/check", headers=button)[0] == 303
        wait_for("all is well", lambda: b"all is well. Nothing was sent" in daemon.request("GET", "/mail")[1])
        assert daemon.request("POST", "/mail/check", headers=button)[0] == 409
        assert daemon.stop() == 0
        assert PASSWORD not in daemon.log
    assert server.logins == [PASSWORD]
    assert server.accepted == []


def test_disarmed_the_same_walk_stores_and_mails_nothing(tmp_path: Path, server: SmtpServer) -> None:
    house = Household(tmp_path, server)
    house.tables["camera"] = house.tables["camera"].replace("loop = true", 'pace = "fast"')
    house.write_config()
    with house.daemon() as daemon:
        wait_for("recording played", lambda: daemon.state()["faults"], 60)
        assert daemon.stop() == 0
    assert server.accepted == []
    assert house.rows("SELECT count(*) FROM events") == [(0,)]
    assert list((house.folder / "pictures").rglob("*.jpg")) == []
    assert list(house.folder.rglob("*.scene")) == []


def test_r23_killed_while_armed_it_comes_back_armed_and_loses_no_alert(tmp_path: Path, authority: Authority) -> None:
    with SmtpServer(authority) as gone:
        house = Household(tmp_path, gone)
        gone_port = gone.port
    with house.daemon() as daemon:  # nobody listens at the mail port
        assert daemon.switch("armed_away") == 303
        wait_for("alert stored", lambda: house.rows("SELECT 1 FROM outbox"), 60)
        stored = house.rows("SELECT id FROM alerts")
        daemon.process.kill()
        daemon.process.wait()
    with SmtpServer(authority) as server:
        house.tables["mail"] = house.tables["mail"].replace(f"port = {gone_port}", f"port = {server.port}")
        house.write_config()
        with house.daemon() as daemon:
            assert daemon.state()["mode"] == "armed_away"
            first_mail(server, daemon)
            missing = "SELECT alert_id FROM deliveries WHERE outcome != 'accepted'"
            ids = [row[0] for row in stored]
            wait_for("stored alerts sent", lambda: not [row for row in house.rows(missing) if row[0] in ids], 60)
            assert daemon.stop() == 0
        message_ids = [str(mail["Message-ID"]) for _, mail in server.accepted]
        assert len(set(message_ids)) == len(message_ids), "every alert arrives once"


def test_r33_with_a_damaged_database_it_is_armed_again_and_mails_what_waited_and_what_was_lost(
    tmp_path: Path, authority: Authority
) -> None:
    with SmtpServer(authority) as gone:
        house = Household(tmp_path, gone)
    with house.daemon() as daemon:
        assert house.run("arm").returncode == 0
        wait_for("alert stored", lambda: house.rows("SELECT 1 FROM outbox WHERE outcome = 'later'"), 60)
        daemon.stop()
    with (house.folder / "pisecurity.db").open("r+b") as file:
        file.write(b"\xa5" * 100)
    assert house.run("events").returncode == 1
    assert not (house.folder / "damaged").exists()
    with SmtpServer(authority) as server:
        house.tables["mail"] = house.tables["mail"].replace(str(gone.port), str(server.port))
        house.write_config()
        with house.daemon() as daemon:
            assert daemon.state()["mode"] == "armed_away"

            def subjects(part: str) -> list[str]:
                return [subject for _, mail in server.accepted if part in (subject := str(mail["Subject"]))]

            wait_for("both mails", lambda: subjects("ALARM") and subjects("database of the alarm was damaged"))
            assert len(subjects("database of the alarm was damaged")) == 1
            status = house.run("status").stdout
            assert f"is in {house.folder}/damaged/1-" in status and "armed away as before" in status
            daemon.stop()
    assert len(list((house.folder / "damaged").glob("*/pisecurity.db"))) == 1


def test_r06_a_refused_password_is_a_fault_on_the_page_and_the_alert_waits(tmp_path: Path, server: SmtpServer) -> None:
    house = Household(tmp_path, server)
    Secrets(house.folder).set_mail_password("wrong-one")
    with house.daemon() as daemon:
        daemon.switch("armed_away")

        def mail_faults() -> list[str]:
            return [fault["text"] for fault in daemon.state()["faults"] if fault["key"] == "mail"]

        (text,) = wait_for("mail fault", mail_faults, 60)
        assert "535" in text and "password" in text and "wrong-one" not in text
        assert house.rows("SELECT count(*) FROM outbox WHERE outcome = 'accepted'") == [(0,)]
        assert daemon.stop() == 0
    assert "wrong-one" not in daemon.log
    assert len(server.logins) <= 2, "a refused password is not hammered"


def test_r44_a_second_daemon_on_the_same_folder_says_so_in_one_line(tmp_path: Path, server: SmtpServer) -> None:
    house = Household(tmp_path, server)
    with house.daemon() as daemon:
        second = house.run("run")
        assert second.returncode == 1
        assert str(daemon.process.pid) in second.stderr and second.stderr.count("\n") == 1
        assert daemon.stop() == 0


def test_a_port_in_use_is_one_line_with_the_fix_and_taken_when_it_is_free(tmp_path: Path, server: SmtpServer) -> None:
    house = Household(tmp_path, server)
    with socket.create_server(("127.0.0.1", house.port)) as taken:

        def free_it_once_noticed() -> None:
            wait_for("fault", lambda: house.log.exists() and "fault began key=page" in house.log.read_text())
            taken.close()

        threading.Thread(target=free_it_once_noticed).start()
        with house.daemon() as daemon:
            (line,) = [line for line in daemon.log.splitlines() if "fault began key=page" in line]
            assert f"port {house.port}" in line and "[web] port" in line
            assert daemon.state()["faults"] == []
            assert daemon.stop() == 0


def test_r42_sigterm_stops_within_10_s_and_tells_systemd(tmp_path: Path, server: SmtpServer) -> None:
    house = Household(tmp_path, server)
    address = str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(address)
        manager.settimeout(10)
        with house.daemon(NOTIFY_SOCKET=address) as daemon:
            assert manager.recv(200).startswith(b"READY=1")
            assert manager.recv(200) == b"WATCHDOG=1"
            assert daemon.stop(timeout_s=10) == 0
        told = [manager.recv(200)]
        while not told[-1].startswith(b"STOPPING=1"):
            told.append(manager.recv(200))


def test_r42_sigterm_while_a_silent_server_has_the_mail_keeps_it_and_it_goes_after_the_start(tmp_path: Path) -> None:
    accepted = "SELECT 1 FROM deliveries WHERE alert_id = '{}' AND outcome = 'accepted'"
    with FaultySmtp({".": [SILENCE]}) as server:
        house = Household(tmp_path, server)
        with house.daemon() as daemon:
            assert daemon.switch("armed_away") == 303
            wait_for("mail handed over", lambda: server.mails, 60)
            assert daemon.stop(timeout_s=10) == 0
        ((alert,),) = house.rows("SELECT alert_id FROM deliveries WHERE step = 1 ORDER BY id LIMIT 1")
        assert house.rows(accepted.format(alert)) == []
        with house.daemon() as daemon:
            wait_for("mail taken", lambda: house.rows(accepted.format(alert)), 60)
            assert daemon.stop() == 0
        ids = [str(mail["Message-ID"]) for mail in server.mails]
    twice = {name for name in ids if ids.count(name) > 1}
    assert {name.strip("<").partition("@")[0] for name in twice} == {alert}, "only what may have arrived comes again"


def test_ctrl_c_ends_with_130(tmp_path: Path, server: SmtpServer) -> None:
    house = Household(tmp_path, server)
    with house.daemon() as daemon:
        assert daemon.stop(signal.SIGINT) == 130


def test_settings_changed_on_disk_count_after_sighup(tmp_path: Path, server: SmtpServer) -> None:
    house = Household(tmp_path, server)
    with house.daemon() as daemon:
        house.tables["alarm"] = "[alarm]\n[alarm.away]\nexit_delay_s = 90\n"
        house.write_config()
        daemon.process.send_signal(signal.SIGHUP)
        wait_for("reload", lambda: "settings reloaded" in daemon.log)
        daemon.switch("armed_away")
        state = daemon.state()
        assert state["state"] == "arming" and state["countdown_s"] > 80
        assert daemon.stop() == 0


def test_r16_a_missing_recording_is_a_fault_with_growing_waits_and_the_page_stays_up(
    tmp_path: Path, server: SmtpServer
) -> None:
    house = Household(tmp_path, server, recording=tmp_path / "nothing.mp4")
    with house.daemon() as daemon:
        faults = wait_for("camera fault", lambda: daemon.state()["faults"])
        assert faults[0]["key"] == "camera:front" and "nothing.mp4" in faults[0]["text"]
        assert f"FAULT  daemon       {faults[0]['text']}" in house.run("doctor").stdout
        assert daemon.stop() == 0


@pytest.mark.recorded
def test_real_pedestrians_are_mailed_with_a_box_on_them(tmp_path: Path, server: SmtpServer) -> None:
    clip = Path(RECORDED) / "videos" / "d01_vtest.mp4"
    house = Household(tmp_path, server, recording=clip)
    with house.daemon() as daemon:
        daemon.switch("armed_away")
        mail = first_mail(server, daemon)
        assert daemon.stop() == 0
    (boxed,) = {bytes(each) for each in jpegs(mail)}
    annotated = cv2.imdecode(np.frombuffer(boxed, np.uint8), cv2.IMREAD_COLOR)
    assert annotated is not None and annotated.shape == (360, 480, 3)
    (event,) = house.rows("SELECT id, box_x, box_y, box_w, box_h FROM events ORDER BY number LIMIT 1")
    clean_file = next((house.folder / "pictures").rglob(f"{event[0]}-clean.jpg"))
    clean = cv2.imread(str(clean_file), cv2.IMREAD_GRAYSCALE)
    x, y, w, h = (round(share * size) for share, size in zip(event[1:], (480, 360, 480, 360), strict=True))
    assert 0.0005 < event[3] * event[4] < 0.1, "a pedestrian of this clip covers a small part of the picture"
    assert clean is not None
    empty = still_scene(clip)
    moved = cv2.absdiff(clean, empty) > 25
    assert moved[y : y + h, x : x + w].mean() > 5 * moved.mean(), "the box lies on what is not part of the scene"


def still_scene(clip: Path) -> Any:
    """Return the brightness of the scene without its people: the median over the clip."""
    capture = cv2.VideoCapture(str(clip))
    frames = []
    for number in range(0, 795, 15):
        capture.set(cv2.CAP_PROP_POS_FRAMES, number)
        good, frame = capture.read()
        assert good
        frames.append(cv2.cvtColor(frame, cv2.COLOR_BGR2GRAY))
    return np.median(np.stack(frames), axis=0).astype(np.uint8)


@pytest.fixture
def quiet_log() -> Iterator[None]:
    """Take the log handlers of a daemon that ran in this process away again."""
    before = logging.getLogger().handlers[:]
    yield
    logging.getLogger().handlers[:] = before


def test_r11_on_a_full_disk_an_alarm_still_leaves_and_disarming_still_works(tmp_path: Path, server: SmtpServer) -> None:
    """A file system of its own, 256 MB, is filled to the last byte while the alarm is armed."""
    place = tmp_path / "small"
    with on_small_disk(tmp_path, server, 256) as house, house.daemon() as daemon:
        wait_for("reserve", (house.folder / "reserve").exists)
        fill(place / "filler")
        wait_for("reserve given up", lambda: not (house.folder / "reserve").exists())
        wait_for("fault", lambda: any(fault["key"] == "disk" for fault in daemon.state()["faults"]))
        fill(place / "filler2", leave=4_000_000)
        wait_for("full", lambda: any(fault["key"] == "disk-full" for fault in daemon.state()["faults"]))
        assert daemon.switch("armed_away") == 409
        refused = house.run("arm")
        assert (refused.returncode, "problem: " in refused.stdout) == (1, True)
        assert daemon.switch("armed_away", anyway="disk-full") == 303
        first_mail(server, daemon)
        assert daemon.switch("disarmed") == 303 and daemon.state()["state"] == "disarmed"
        assert daemon.stop() == 0


def test_r12_started_on_a_read_only_disk_every_command_reaches_the_daemon(tmp_path: Path, server: SmtpServer) -> None:
    with on_small_disk(tmp_path, server, 64) as house:
        with house.daemon() as daemon:
            assert house.run("arm", "--anyway").returncode == 0
            assert daemon.stop() == 0
        remount(tmp_path / "small", "ro")
        with house.daemon():
            answer = house.run("disarm")
            assert (answer.returncode, "disarmed" in answer.stdout) == (0, True), answer.stderr


@contextmanager
def on_small_disk(tmp_path: Path, server: SmtpServer, megabytes: int) -> Iterator[Household]:
    """Lend a house whose state folder is on a file system of its own, at ``tmp_path/small``; its log is not."""
    place = tmp_path / "small"
    place.mkdir()
    with small_disk(place, megabytes):
        house = Household(place, server)
        house.log = tmp_path / "daemon.log"
        memory = refuge_of(house.folder)
        try:
            yield house
        finally:
            shutil.rmtree(memory, ignore_errors=True)


@contextmanager
def small_disk(place: Path, megabytes: int) -> Iterator[None]:
    """Mount a file system of this size at *place*, with sudo where the tests do not run as root."""
    options = f"size={megabytes}m,uid={os.getuid()},mode=700"
    subprocess.run([*sudo(), "mount", "-t", "tmpfs", "-o", options, "tmpfs", place], check=True)
    try:
        yield
    finally:
        subprocess.run([*sudo(), "umount", place], check=True)


def remount(place: Path, how: str) -> None:
    """Have the file system at *place* be mounted another way."""
    subprocess.run([*sudo(), "mount", "-o", f"remount,{how}", place], check=True)


def sudo() -> list[str]:
    """Return what a command of root begins with."""
    return [] if os.geteuid() == 0 else ["sudo"]


def fill(path: Path, leave: int = 0) -> None:
    """Write *path* until the disk is full, then leave so many bytes free."""
    with path.open("wb") as file:
        try:
            while True:
                file.write(bytes(1_000_000))
                file.flush()
        except OSError:
            pass
    if leave:
        os.truncate(path, path.stat().st_size - leave)


class DyingCamera:
    """A camera whose driver has a bug."""

    def open(self, packets: PacketSink | None = None) -> CameraInfo:
        return CameraInfo(64, 48, 64, 48, 10.0, "dying", packets=False)

    def read(self, timeout_s: float) -> Frame | None:
        raise ZeroDivisionError("driver")

    def close(self) -> None:
        pass


@pytest.mark.usefixtures("quiet_log")
def test_r39_a_dead_worker_ends_the_daemon_with_3_and_a_report(
    tmp_path: Path, server: SmtpServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    house = Household(tmp_path, server)
    monkeypatch.setattr("pisecurity.app.build_camera", lambda settings, zones, clock: DyingCamera())
    assert main(["run", "--state", str(house.folder)]) == 3
    (report,) = house.folder.glob("bug-*.txt")
    assert "ZeroDivisionError: driver" in report.read_text()
    assert str(report) in capsys.readouterr().err
    assert not (house.folder / "control.sock").exists(), "the parts were stopped in order"


class HangingCamera(DyingCamera):
    """A camera whose driver never returns."""

    def __init__(self) -> None:
        self.released = threading.Event()

    def read(self, timeout_s: float) -> Frame | None:
        self.released.wait(60)
        return None


@pytest.mark.usefixtures("quiet_log")
def test_r20_a_hanging_camera_ends_the_daemon_within_its_limit(
    tmp_path: Path, server: SmtpServer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    house = Household(tmp_path, server)
    camera = HangingCamera()
    monkeypatch.setattr("pisecurity.app.build_camera", lambda settings, zones, clock: camera)
    monkeypatch.setattr("pisecurity.app.CAMERA_STALE_S", 8.0)  # longer than the other workers take from beat to beat
    monkeypatch.setattr("pisecurity.app.STOP_EACH_S", 0.5)
    started = time.monotonic()
    assert main(["run", "--state", str(house.folder)]) == 3
    camera.released.set()
    stuck = [line for line in capsys.readouterr().err.splitlines() if "makes no progress" in line]
    assert len(stuck) == 1 and "name=watch:front" in stuck[0]
    assert time.monotonic() - started < 20


PRIVACY = """
[[zone]]
name = "neighbour"
camera = "front"
kind = "privacy"
points = [[0, 0], [1, 0], [1, 0.4], [0, 0.4]]
"""


def test_a_privacy_zone_is_black_in_the_mail_on_disk_and_on_the_page(tmp_path: Path, server: SmtpServer) -> None:
    house = Household(tmp_path, server, zone=PRIVACY)
    with house.daemon() as daemon:
        assert daemon.switch("armed_away") == 303
        found = {"mail": jpegs(first_mail(server, daemon))[0]}
        status, found["page"] = daemon.request("GET", "/frame/front.jpg")
        assert status == 200
        assert daemon.stop() == 0
    stored = {path.name: path.read_bytes() for path in (house.folder / "pictures").rglob("*.jpg")}
    assert len(stored) >= 2, "clean and annotated"
    for name, jpeg in (found | stored).items():
        picture = np.asarray(cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR))
        # The caption stands in a lower corner; JPEG blurs the edge of the zone by one of its blocks.
        assert picture[:88].max() < 30, name
        assert picture[104:200].std() > 15, name
