"""Configure the cameras of libcamera's virtual pipeline: ``python -m tests.rigs.real_libcamera.setup``, as root."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import av
import cv2

from tests.rigs.real_libcamera import CLIP, PATTERN

CONFIGURATION = Path("/usr/share/libcamera/pipeline/virtual/virtual.yaml")
PICTURES = Path("/srv/pictures")
RECORDED = Path(__file__).parents[2] / "clips" / "garden_walk.mp4"
FIRST, LAST = 52, 91
"""Somebody walks through these frames of the clip."""
CAMERA = """\
"{id}":
  supported_formats:
  - {{width: 640, height: 480, frame_rates: [1, 30]}}
  - {{width: 384, height: 288, frame_rates: [1, 30]}}
  {shows}
  location: "CameraLocationBack"
  model: "virtual"
"""
CAMERAS = {PATTERN: 'test_pattern: "lines"', CLIP: f'frames: {{path: "{PICTURES}/"}}'}
"""What each camera shows, by its id."""


def write_pictures() -> None:
    """Write frames of the clip as 0.jpg, 1.jpg and so on, as the pipeline looks for them."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    with av.open(RECORDED) as clip:
        for number, frame in enumerate(clip.decode(video=0)):
            if FIRST <= number <= LAST:
                cv2.imwrite(str(PICTURES / f"{number - FIRST}.jpg"), frame.to_ndarray(format="bgr24"))


def write_configuration(cameras: Mapping[str, str] = CAMERAS) -> None:
    """Say which cameras there are for the next camera manager, by their id, and what they show."""
    CONFIGURATION.parent.mkdir(parents=True, exist_ok=True)
    CONFIGURATION.write_text("".join(CAMERA.format(id=id_, shows=shows) for id_, shows in cameras.items()), "ascii")


if __name__ == "__main__":
    write_pictures()
    write_configuration()
    # The tests run as an ordinary user, and plug cameras in and out.
    CONFIGURATION.chmod(0o666)
