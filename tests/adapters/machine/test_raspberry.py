"""What the machine says about its cameras, read from a folder that stands for the whole system."""

from __future__ import annotations

import errno
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from pisecurity.adapters.cameras.picamera2 import trouble as pi_trouble
from pisecurity.adapters.cameras.v4l2 import trouble as usb_trouble
from pisecurity.adapters.machine.raspberry import (
    Circumstances,
    circumstances,
    holders,
    miseries,
    picture_memory,
    read_machine,
)

MEMORY = "MemTotal:         447956 kB\nCmaTotal:         262144 kB\nCmaFree:          204800 kB\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A Pi in good order."""
    files = {
        "proc/device-tree/model": "Raspberry Pi Zero 2 W Rev 1.0\0",
        "proc/meminfo": MEMORY,
        "boot/firmware/config.txt": "# the camera\ncamera_auto_detect=1\n#start_x=1\n",
        "dev/dma_heap/linux,cma": "",
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def test_a_pi_in_good_order_has_no_misery(root: Path) -> None:
    machine = read_machine(root)
    assert machine.is_pi
    assert machine.model == "Raspberry Pi Zero 2 W Rev 1.0"
    assert machine.memory_kb == (262144, 204800)
    assert machine.heap == str(root / "dev/dma_heap/linux,cma")
    assert miseries(machine) == ()


@pytest.mark.parametrize(
    ("file", "text", "words"),
    [
        (
            "boot/firmware/config.txt",
            "start_x=1\ngpu_mem=128\n",
            "the legacy camera stack is on; remove start_x=1 from",
        ),
        ("boot/firmware/config.txt", "camera_auto_detect=0\n", "camera_auto_detect=0 and names no camera"),
        ("proc/meminfo", "CmaTotal: 32768 kB\nCmaFree: 100 kB\n", "only 32 MB are set aside for pictures"),
        ("proc/device-tree/model", "Some Board\0", "this is no Raspberry Pi but Some Board"),
    ],
)
def test_what_is_set_up_wrongly_is_told_with_its_fix(root: Path, file: str, text: str, words: str) -> None:
    (root / file).write_text(text)
    (found,) = miseries(read_machine(root))
    assert words in found


def test_a_camera_named_by_its_overlay_needs_no_detection(root: Path) -> None:
    (root / "boot/firmware/config.txt").write_text("camera_auto_detect=0\ndtoverlay=imx219,cam0\n")
    assert miseries(read_machine(root)) == ()


def test_the_config_of_an_older_system_is_found_where_it_was(root: Path) -> None:
    (root / "boot/firmware/config.txt").rename(root / "boot/config.txt")
    (root / "boot/config.txt").write_text("start_x=1\n")
    (found,) = miseries(read_machine(root))
    assert str(root / "boot/config.txt") in found


def test_a_kernel_without_memory_for_pictures_is_told(root: Path) -> None:
    (root / "dev/dma_heap/linux,cma").unlink()
    (found,) = miseries(read_machine(root))
    assert found.startswith("the kernel offers no memory for pictures")


def fix(told: str) -> str:
    """Return the last thing a message tells to do."""
    return re.split("; |, or ", told)[-1]


def test_a_camera_that_fails_and_doctor_before_it_name_the_same_fix(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = Circumstances(user="anna")
    (root / "proc/meminfo").write_text("CmaTotal: 32768 kB\nCmaFree: 100 kB\n")
    good = read_machine(root)
    refused, little = miseries(replace(good, may_use_heap=False, user="anna"))
    monkeypatch.setattr("pisecurity.adapters.machine.raspberry.user_name", lambda: "anna")
    usb = usb_trouble.explain(PermissionError(errno.EACCES, "no"), Path("/dev/video0"))
    assert fix(refused) == fix(pi_trouble.explain(PermissionError(errno.EACCES, "no"), user)) == fix(usb)
    assert fix(little).replace(str(root), "") == fix(pi_trouble.explain(OSError(errno.ENOMEM, "no"), user))
    (no_heap, _) = miseries(replace(good, heap=""))
    assert no_heap == pi_trouble.explain(RuntimeError("Could not open any dmaHeap device"), user)


def test_an_empty_folder_is_no_pi_and_no_crash(tmp_path: Path) -> None:
    machine = read_machine(tmp_path)
    assert not machine.is_pi
    assert machine.memory_kb is None
    assert picture_memory(tmp_path) is None
    assert len(miseries(machine)) == 1


def test_who_has_a_camera_open_is_named_with_its_number(tmp_path: Path) -> None:
    camera = tmp_path / "video0"
    camera.touch()
    code = "import sys; file = open(sys.argv[1]); print('open', flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", code, str(camera)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as program:
        assert program.stdout is not None
        program.stdout.readline()
        assert [each for each in holders([str(tmp_path / "video")]) if each.endswith(f"({program.pid})")]
        assert holders([str(tmp_path / "media")]) == ()
        program.communicate(b"")


def test_we_ourselves_are_no_other_program(tmp_path: Path) -> None:
    with (tmp_path / "video0").open("w"):
        assert holders([str(tmp_path / "video")]) == ()


def test_how_things_are_now_can_be_told_on_any_machine() -> None:
    assert circumstances().user
    assert f"({os.getpid()})" not in circumstances().holder
