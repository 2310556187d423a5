"""Measures the Pi camera against its figures: memory, processor, lost frames, loss and return, stopping, leaks.

The unmodified picamera2 runs on a stand-in for libcamera (tests/rigs/standin), so what is measured is our code
and the library's, not the sensor and its driver. Beside ours stands the client that picamera2's own examples
suggest: a new ``capture_request(wait=...)`` after each time-out.
"""

from __future__ import annotations

import argparse
import gc
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from benchmarks.figures import Figure, footprint, told_and_kept
from pisecurity.adapters.cameras.picamera2 import PiCamera
from pisecurity.adapters.clock import SystemClock
from pisecurity.core.vision.pipeline import Pipeline
from pisecurity.settings import CameraSettings, MotionSettings
from tests.adapters.cameras.subjects import raspberry_pi
from tests.rigs.daemon import DaemonProcess, Household, wait_for
from tests.rigs.pi_daemon import pi_daemon
from tests.rigs.smtp import Authority, SmtpServer
from tests.rigs.standin import Rig

TIME_OUTS = 4
SCENE = "a bright block that walks over noise, 640x480"


def camera(fps: float = 10) -> PiCamera:
    """Return a Pi camera of 640x480."""
    settings = {"id": "front", "kind": "picamera2", "width": 640, "height": 480, "fps": fps}
    return PiCamera(CameraSettings.model_validate(settings), SystemClock())


def sees(daemon: DaemonProcess) -> bool:
    age_s = daemon.state()["cameras"][0]["age_s"]
    return age_s is not None and age_s < 0.5


def resident_and_share(house: Household, seconds: float) -> tuple[float, float]:
    """Return resident MB and the share of one core."""
    with pi_daemon(house) as (daemon, _):
        figures = footprint(daemon, seconds)
        daemon.stop()
    return figures


def loss_and_return_s(house: Household, runs: int) -> tuple[list[float], list[float]]:
    """Return the seconds from the unplugging to the fault on the page, and from the return to a picture."""
    reported, back = [], []
    with pi_daemon(house) as (daemon, wheel):
        for run in range(runs):
            wait_for("picture", lambda: sees(daemon) and not daemon.state()["faults"], 60)
            wheel.turn(unplugged=True, frontend_timeout_s=1.0)
            began_s = time.monotonic()
            wait_for("fault", lambda: daemon.state()["faults"], 60)
            reported.append(time.monotonic() - began_s)
            # Each time at another point between two tries.
            time.sleep(5 + 1.7 * run)
            wheel.turn(unplugged=False)
            began_s = time.monotonic()
            wait_for("picture", lambda: sees(daemon), 60)
            back.append(time.monotonic() - began_s)
        daemon.stop()
    return reported, back


def lost_frames(seconds: float) -> tuple[int, int]:
    """Return how many frames came and how many were lost, with the detector at work on each."""
    with raspberry_pi("vc4"):
        front, pipeline = camera(), Pipeline("front", MotionSettings(), ())
        front.open()
        first = last = None
        came, until_s = 0, time.monotonic() + seconds
        while time.monotonic() < until_s:
            frame = front.read(1.0)
            if frame is not None:
                first, last, came = first or frame, frame, came + 1
                pipeline.step(frame)
        front.close()
    return came, 0 if first is None or last is None else last.index - first.index + 1 - came


def fps_after_time_outs() -> tuple[float, float]:
    """Return the frames a second after some time-outs and the return of the camera: ours, and the naive client's."""
    with raspberry_pi("vc4") as rig:
        front = camera(30)
        front.open()
        ours = _after_time_outs(rig, lambda: front.read(0.2) is not None)
        front.close()
    with raspberry_pi("vc4") as rig:
        picam2 = import_module("picamera2").Picamera2()
        picam2.configure(
            picam2.create_video_configuration(main={"size": (640, 480), "format": "YUV420"}, buffer_count=4)
        )
        picam2.start()
        naive = _after_time_outs(rig, lambda: _naive(picam2))
    return ours, naive


def _naive(picam2: Any) -> bool:
    try:
        picam2.capture_request(wait=0.2).release()
    except TimeoutError:
        return False
    return True


def _after_time_outs(rig: Rig, read: Callable[[], bool], seconds: float = 10.0) -> float:
    """Return the frames a second to a tenth, between the arrivals of the first and the last frame."""
    while not read():
        pass
    rig.cameras[0].unplugged = True
    silent = 0
    while silent < TIME_OUTS:
        silent += not read()
    rig.cameras[0].unplugged = False
    time.sleep(0.5)
    read()  # this one may have waited since before the count begins
    arrivals, until_s = [], time.monotonic() + seconds
    while time.monotonic() < until_s:
        if read():
            arrivals.append(time.monotonic())
    return round((len(arrivals) - 1) / (arrivals[-1] - arrivals[0]), 1) if len(arrivals) > 1 else 0.0


def slowest_stop_s() -> float:
    """Return the longest time to close, over every state a camera can be in."""

    def silent(rig: Rig, front: PiCamera) -> None:
        rig.cameras[0].unplugged = True
        while front.read(0.2) is not None:
            pass

    def given_up(rig: Rig, front: PiCamera) -> None:
        rig.cameras[0].frontend_timeout_s = 0.2
        silent(rig, front)
        time.sleep(0.3)

    def holding(_rig: Rig, front: PiCamera) -> None:
        front.read(1.0)

    def waiting(_rig: Rig, front: PiCamera) -> None:
        front.read(1.0)
        front.read(0.01)

    states: list[Callable[[Rig, PiCamera], None]] = [lambda rig, front: None, holding, waiting, silent, given_up]
    slowest = 0.0
    for platform in ("vc4", "pisp"):
        for encoding in (False, True):
            for reach in states:
                with raspberry_pi(platform) as rig:
                    front = camera()
                    front.open((lambda packet: None) if encoding else None)
                    reach(rig, front)
                    began_s = time.monotonic()
                    front.close()
                    slowest = max(slowest, time.monotonic() - began_s)
    return slowest


def growth() -> int:
    """Return by how much threads and descriptors grow over 20 times open and close."""

    def held() -> int:
        gc.collect()
        return threading.active_count() + len(list(Path("/proc/self/fd").iterdir()))

    def use(front: PiCamera) -> None:
        front.open()
        front.read(2.0)
        front.close()

    with raspberry_pi("vc4"):
        front = camera()
        use(front)
        before = held()
        for _ in range(20):
            use(front)
        return held() - before


def measure(seconds: float, lost_s: float, runs: int) -> list[Figure]:
    """Return all figures."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        with SmtpServer(Authority(folder)) as server:
            resident, share = resident_and_share(Household(folder, server), seconds)
        (folder / "again").mkdir()
        with SmtpServer(Authority(folder)) as server:
            reported, back = loss_and_return_s(Household(folder / "again", server), runs)
    came, lost = lost_frames(lost_s)
    ours, naive = fps_after_time_outs()
    return [
        Figure("resident memory, 10 frames/s, somebody in view", resident, "MB", 110),
        Figure("processor, share of one core", share * 100, "%", 15),
        Figure(f"frames lost of {came} in {lost_s / 60:g} min", lost, "frames", 0),
        Figure(f"unplugged to fault on the page, longest of {runs}", max(reported), "s", 20),
        Figure(f"unplugged to fault on the page, median of {runs}", statistics.median(reported), "s", 20),
        Figure(f"return to picture, longest of {runs}", max(back), "s", 5),
        Figure(f"frames/s after {TIME_OUTS} time-outs and return, of 30", ours, "frames/s", 30, at_least=True),
        Figure("the same, a client that asks anew after each time-out", naive, "frames/s", None),
        Figure("longest stop, over 20 states", slowest_stop_s(), "s", 1),
        Figure("growth of threads and descriptors over 20 open and close", growth(), "", 0),
    ]


def main() -> None:
    """Measure, print the table, keep the result."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60, help="how long memory and processor are watched")
    parser.add_argument("--lost-seconds", type=float, default=600, help="how long lost frames are counted")
    parser.add_argument("--runs", type=int, default=5, help="how often the camera is unplugged")
    args = parser.parse_args()
    sys.exit(told_and_kept("camera", measure(args.seconds, args.lost_seconds, args.runs), SCENE))


if __name__ == "__main__":
    main()
