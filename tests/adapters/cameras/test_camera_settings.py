from __future__ import annotations

import pytest
from pydantic import ValidationError

from pisecurity.settings import CameraSettings


@pytest.mark.parametrize("path", ["", "   "])
def test_a_camera_of_kind_file_needs_a_path(path: str) -> None:
    with pytest.raises(ValidationError, match="give the path of the recording") as raised:
        CameraSettings(id="front", kind="file", path=path)
    assert [error["loc"] for error in raised.value.errors()] == [("path",)]


def test_a_stage_with_a_path_was_meant_to_be_a_file() -> None:
    with pytest.raises(ValidationError, match='set kind = "file"'):
        CameraSettings(id="front", kind="stage", path="garden.mp4")


def test_people_see_the_name_or_else_the_id() -> None:
    assert CameraSettings(id="front", kind="stage").label == "front"
    assert CameraSettings(id="front", kind="stage", name="Front door").label == "Front door"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"kind": "picamera2", "rotation": 90}, "Input should be 0 or 180"),
        ({"kind": "picamera2", "width": 1281}, "cameras deliver even sizes; give 1280 or 1282"),
        ({"kind": "picamera2", "device": "/dev/video0"}, "this names a USB camera; set kind"),
        ({"kind": "v4l2", "path": "garden.mp4"}, "a v4l2 plays no recording"),
        ({"kind": "v4l2", "device": "video0"}, "give the stable name of the camera"),
        ({"kind": "picamera2", "region": (0.5, 0.5, 0.6, 0.5)}, "inside the view"),
        ({"kind": "picamera2", "region": (0.0, 0.0, 0.05, 0.5)}, "at least 0.1 wide and high"),
    ],
)
def test_what_no_camera_can_do_is_refused_with_the_fix(given: dict[str, object], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        CameraSettings.model_validate({"id": "front", **given})
