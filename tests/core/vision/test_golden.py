from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from tests.core.vision import golden

SEEN = golden.Seen("front", 4.0, 9.0, (0.1, 0.2, 0.1, 0.3))


def test_drawn_and_committed_clips_have_the_events_of_the_golden_trace() -> None:
    assert golden.differences(golden.read(golden.DRAWN_FILE), golden.drawn_and_committed()) == []


@pytest.mark.recorded
def test_recorded_clips_have_the_events_of_the_golden_trace() -> None:
    folder = Path(os.environ["PISECURITY_RECORDED"]) / "videos"
    assert golden.differences(golden.read(golden.RECORDED_FILE), golden.recorded(folder)) == []


@pytest.mark.parametrize(
    "other",
    [
        replace(SEEN, camera="back"),
        replace(SEEN, opened_s=4.3),
        replace(SEEN, last_s=8.7),
        replace(SEEN, box=(0.1, 0.2, 0.14, 0.3)),
    ],
)
def test_another_camera_time_or_box_is_a_difference(other: golden.Seen) -> None:
    (line,) = golden.differences({"walk": [SEEN]}, {"walk": [other]})
    assert line.startswith("walk: ")


def test_a_frame_or_two_and_a_few_pixels_are_no_difference() -> None:
    close = replace(SEEN, opened_s=4.2, box=(0.11, 0.2, 0.12, 0.3))
    assert golden.differences({"walk": [SEEN]}, {"walk": [close]}) == []


def test_an_event_too_many_and_a_clip_too_few_are_named() -> None:
    assert golden.differences({"walk": [SEEN], "lamp": []}, {"walk": [SEEN, SEEN]}) == [
        "lamp: only on one side",
        "walk: 2 events, expected 1",
    ]


def test_what_is_written_is_read(tmp_path: Path) -> None:
    trace: golden.Trace = {"walk": [SEEN, SEEN], "lamp": []}
    golden.write(tmp_path / "trace.json", trace)
    assert golden.read(tmp_path / "trace.json") == trace
