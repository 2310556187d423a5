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
