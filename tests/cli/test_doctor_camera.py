"""``doctor camera`` on a Pi that is not there, and on machines set up wrongly."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from pisecurity.adapters.cameras.v4l2.find import Survey, UsbCamera
from pisecurity.cli import doctor_camera
from pisecurity.ports import CameraInfo
from tests.adapters.cameras.subjects import raspberry_pi
from tests.cli.commands import Ran, Shell
from tests.cli.test_doctor import findings
from tests.fakes import make_picture
from tests.rigs.daemon import Household, wait_for
from tests.rigs.pi_daemon import pi_daemon
from tests.rigs.smtp import Authority, SmtpServer
from tests.rigs.standin import Rig, clip_source
from tests.rigs.standin.pi import PI, looks_like_a_pi

CLIP = Path(__file__).parents[1] / "clips" / "garden_walk.mp4"


@pytest.fixture
def pi(monkeypatch: pytest.MonkeyPatch) -> Iterator[Rig]:
    monkeypatch.setattr(
        doctor_camera, "LEAST_SHARE", 0.5
    )  # a busy machine loses pictures of the camera it stands in for
    with raspberry_pi("vc4") as rig:
        rig.cameras[0].source = clip_source(CLIP, frames=30)
        yield rig


def examine(shell: Shell, folder: Path, camera: str = "") -> tuple[Ran, dict[str, tuple[str, str]]]:
    (folder / "config.toml").write_text(camera or '[[camera]]\nid = "front"\nkind = "picamera2"\n')
    ran = shell("doctor", "camera", "--state", folder, "--pictures", folder)
    return ran, findings(ran.out)


def test_a_camera_that_is_well_is_named_measured_and_pictured(shell: Shell, tmp_path: Path, pi: Rig) -> None:
    ran, found = examine(shell, tmp_path)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.splitlines()[-1] == "all is well"
    assert (
        found["machine"][1]
        == "Raspberry Pi 4 Model B Rev 1.4, Linux 6.12.47+rpt-rpi-v8, 200 of 256 MB for pictures free"
    )
    assert "picamera2 0.3." in found["stack"][1] and "H.264 in hardware" in found["stack"][1]
    assert found["Pi cameras"][1] == "imx708 at /base/soc/i2c0mux/i2c@1/imx708@1a"
    text = found["camera front"][1]
    assert text.startswith(
        "Pi camera imx708, 1280x720 of sensor mode 2304x1296, watched at 384x216; asked 10 frames/s, came "
    )
    came = float(text.split("came ")[1].split(",")[0])
    assert 5 <= came <= 10.3
    assert re.search(rf" \d+ lost; picture {re.escape(str(tmp_path))}/camera-front\.jpg", text)
    picture = cv2.imread(str(tmp_path / "camera-front.jpg"))
    assert picture is not None
    assert picture.shape == (720, 1280, 3)
    assert np.asarray(picture).std() > 20


@pytest.mark.parametrize(("right", "black"), [(0.5, [True, False]), (1.0, [True, True])])
def test_the_picture_it_saves_hides_what_privacy_zones_hide(
    shell: Shell, tmp_path: Path, pi: Rig, right: float, black: list[bool]
) -> None:
    points = f"points = [[0, 0], [{right}, 0], [{right}, 1], [0, 1]]"
    zone = f'[[zone]]\nname = "n"\ncamera = "front"\nkind = "privacy"\n{points}\n'
    _, found = examine(shell, tmp_path, f'[[camera]]\nid = "front"\nkind = "picamera2"\n{zone}')
    picture = np.asarray(cv2.imread(str(tmp_path / "camera-front.jpg")))
    assert [bool(half.max() < 30) for half in (picture[:, :620], picture[:, 660:])] == black
    assert found["camera front"][0] == "ok", "black is not taken for a cap on the lens"


@pytest.mark.parametrize(
    ("machine", "words"),
    [
        (
            replace(PI, boot_config="start_x=1"),
            "the legacy camera stack is on; remove start_x=1 from /boot/firmware/config.txt",
        ),
        (replace(PI, boot_config="camera_auto_detect=0"), "says camera_auto_detect=0 and names no camera"),
        (replace(PI, heap="", may_use_heap=False), "offers no memory for pictures (/dev/dma_heap)"),
        (replace(PI, may_use_heap=False), "run 'sudo usermod -aG video pisecurity' and log in again"),
        (replace(PI, memory_kb=(32 * 1024, 10 * 1024)), "only 32 MB are set aside for pictures; write dtoverlay="),
        (replace(PI, model="x86_64"), "this is no Raspberry Pi but x86_64"),
    ],
)
def test_a_machine_set_up_wrongly_is_told_the_fix(
    shell: Shell, tmp_path: Path, pi: Rig, machine: object, words: str
) -> None:
    pi.cameras = []
    with looks_like_a_pi(machine):  # type: ignore[arg-type]
        ran, found = examine(shell, tmp_path)
    assert ran.code == 1
    assert found["set-up"][0] == "FAULT" and words in found["set-up"][1]
    assert found["camera front"][0] == "FAULT" and words in found["camera front"][1], "the daemon says it as well"


def test_without_any_of_these_the_ribbon_cable_is_left(shell: Shell, tmp_path: Path, pi: Rig) -> None:
    pi.cameras = []
    ran, found = examine(shell, tmp_path)
    assert ran.code == 1
    assert found["Pi cameras"] == ("FAULT", "none is seen; 'set-up' above or the ribbon cable is the cause")
    assert "push the ribbon cable in straight at both ends" in found["camera front"][1]


def test_a_camera_in_use_names_its_fault(shell: Shell, tmp_path: Path, pi: Rig) -> None:
    pi.cameras[0].busy = True
    ran, found = examine(shell, tmp_path)
    assert ran.code == 1
    assert "another program is using it" in found["camera front"][1]
    assert ran.out.count("camera front") == 1, "the part names the camera, the error not once more"


def test_a_filter_that_does_not_move_is_a_fault(shell: Shell, tmp_path: Path, pi: Rig) -> None:
    camera = '[[camera]]\nid = "front"\nkind = "picamera2"\nir_cut = "switched"\nir_cut_gpio = 53\n'
    ran, found = examine(shell, tmp_path, camera)
    assert ran.code == 1
    assert found["camera front"][0] == "FAULT" and "its infrared-cut filter does not move" in found["camera front"][1]


WEBCAM = '[[camera]]\nid = "front"\nkind = "v4l2"\n'
BROKEN = "the USB camera /dev/video0 broke off in the middle; it is opened again"


def test_a_usb_camera_that_cannot_be_looked_at_is_not_called_missing(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor_camera, "survey", lambda: Survey((), (BROKEN,)))
    assert examine(shell, tmp_path, WEBCAM)[1]["USB cameras"] == ("FAULT", BROKEN)


def test_a_usb_camera_that_cannot_be_looked_at_is_named_beside_one_that_can(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    webcam = UsbCamera(Path("/dev/video2"), Path("/dev/video2"), "Webcam", "usb-1", "uvcvideo", ())
    monkeypatch.setattr(doctor_camera, "survey", lambda: Survey((webcam,), (BROKEN,)))
    assert examine(shell, tmp_path, WEBCAM)[1]["USB cameras"] == ("ok", f"/dev/video2 (Webcam); {BROKEN}")


def test_a_rate_that_does_not_come_a_black_picture_and_another_size_are_faults(
    shell: Shell, tmp_path: Path, pi: Rig
) -> None:
    pi.cameras[0].fps = 4
    pi.cameras[0].black = True
    pi.cameras[0].adjust = {(1280, 720): (1296, 736)}
    ran, found = examine(shell, tmp_path)
    assert ran.code == 1
    how, text = found["camera front"]
    assert how == "FAULT"
    assert re.search(r"it gives only (3\.\d|4\.\d) of 10 frames/s", text)  # a busy machine looks a little longer
    assert "the picture is black; is the cap still on the lens" in text
    assert "it gives 1296x736 instead of 1280x720" in text


@pytest.mark.parametrize(("fps", "faults"), [(10.0, 0), (9.1, 0), (8.9, 1)])
def test_nine_tenths_of_the_asked_rate_are_enough(fps: float, faults: int) -> None:
    run = doctor_camera.Run(fps, 0, make_picture(), "", hidden=False)
    assert len(list(doctor_camera._weak(run, CameraInfo(64, 48, 64, 48, 10.0, "stand-in", packets=False)))) == faults


def test_a_folder_that_takes_no_picture_is_named(shell: Shell, tmp_path: Path, pi: Rig) -> None:
    (tmp_path / "config.toml").write_text('[[camera]]\nid = "front"\nkind = "picamera2"\n')
    ran = shell("doctor", "camera", "--state", tmp_path, "--pictures", tmp_path / "gone")
    assert ran.code == 1
    assert "name another folder with --pictures" in findings(ran.out)["camera front"][1]


def test_another_part_is_refused_with_the_ones_there_are(shell: Shell) -> None:
    ran = shell("doctor", "camra")
    assert ran.code == 1
    assert "camera" in ran.err and len(ran.err.splitlines()) == 1


def test_beside_a_running_daemon_it_says_what_that_one_sees(shell: Shell, tmp_path: Path) -> None:
    with SmtpServer(Authority(tmp_path)) as server:
        house = Household(tmp_path, server)
        with pi_daemon(house) as (daemon, wheel):
            wait_for("first frame", lambda: daemon.state()["cameras"][0]["age_s"] is not None)
            well = [
                findings(house.run(*command).stdout)["camera front"] for command in (["doctor"], ["doctor", "camera"])
            ]
            wheel.turn(unplugged=True)
            wait_for("fault", lambda: daemon.state()["faults"])
            bad = findings(house.run("doctor", "camera").stdout)["camera front"]
    for how, text in well:
        assert how == "ok"
        assert "watched by the running daemon: Pi camera imx708" in text
    assert "sudo systemctl stop pisecurity" in well[1][1]
    assert bad[0] == "FAULT" and "has sent no picture for 10 s" in bad[1]
