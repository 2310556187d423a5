"""Recorded clips with hand-made ground truth; the folder is named by PISECURITY_RECORDED."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from pisecurity.core.types import Frame, Phase, TrackState
from pisecurity.core.vision.night import reflects
from tests.core.vision.drawn import events, frame, opened, steps

pytestmark = pytest.mark.recorded

FPS = 10


@pytest.fixture(scope="module")
def videos() -> Path:
    return Path(os.environ["PISECURITY_RECORDED"]) / "videos"


def described(videos: Path, name: str) -> dict[str, Any]:
    manifest = json.loads((videos / "manifest.json").read_text())
    (found,) = [video for video in manifest["videos"] if video["file"].startswith(name)]
    return dict(found)


def play(videos: Path, video: dict[str, Any]) -> Iterator[tuple[int, Frame]]:
    """Yield frames thinned to about 10 a second, each with its number in the recording."""
    every = max(1, round(video["fps"] / FPS))
    with av.open(str(videos / video["file"])) as container:
        for index, decoded in enumerate(container.decode(video=0)):
            if index % every == 0:
                luma = np.asarray(decoded.to_ndarray(format="gray"), np.uint8)
                yield index, frame(luma, index / video["fps"], index)


@pytest.mark.parametrize("name", ["d02", "d03", "d05", "d06", "d10", "d16", "d17"])
def test_every_thing_a_person_saw_is_found(videos: Path, name: str) -> None:
    video = described(videos, name)
    numbered = list(play(videos, video))
    taken, _ = steps(each for _, each in numbered)
    counted = [
        number
        for (number, _), step in zip(numbered, taken, strict=True)
        if any(track.state is not TrackState.CANDIDATE for track in step.tracks)
    ]
    for seen in video["events"]:
        assert any(seen["start_frame"] <= number <= seen["end_frame"] for number in counted), seen


@pytest.mark.parametrize("name", ["d07", "d14", "d20"])
def test_trees_a_light_and_insects_are_no_event(videos: Path, name: str) -> None:
    video = described(videos, name)
    assert video["events"] == []
    assert events(each for _, each in play(videos, video)) == []


def test_four_people_one_after_the_other_open_four_events_at_most(videos: Path) -> None:
    found = opened(events(each for _, each in play(videos, described(videos, "d02"))))
    assert 1 <= len(found) <= 4


def test_a_man_who_reads_at_a_shelf_is_one_event_and_held(videos: Path) -> None:
    video = described(videos, "d08")
    (seen,) = video["events"]
    numbered = list(play(videos, video))
    taken, last = steps(each for _, each in numbered)
    phases = [event.phase for step in taken for event in step.events] + [event.phase for event in last]
    assert [phase for phase in phases if phase is not Phase.IMPROVED] == [Phase.OPENED, Phase.ENDED]
    there = [
        any(track.state is not TrackState.CANDIDATE for track in step.tracks)
        for (number, _), step in zip(numbered, taken, strict=True)
        if seen["start_frame"] + 45 <= number <= seen["end_frame"]
    ]
    assert sum(there) > 0.8 * len(there)


def test_nothing_counts_in_the_room_before_the_man_comes(videos: Path) -> None:
    video = described(videos, "d08")
    before = [each for number, each in play(videos, video) if number < video["events"][0]["start_frame"]]
    assert events(before) == []


def begin_middle_and_end(file: Path) -> tuple[NDArray[np.uint8], ...]:
    """Return the luma of three frames of *file*."""
    with av.open(str(file)) as container:
        count = container.streams.video[0].frames
        wanted = {0, count // 2, count - 1}
        # Only these are turned into arrays, which takes longer than to decode them all.
        three = [each for index, each in enumerate(container.decode(video=0)) if index in wanted]
        return tuple(np.asarray(each.to_ndarray(format="gray"), np.uint8) for each in three)


def test_no_recorded_night_nor_day_is_called_a_reflection(videos: Path) -> None:
    found = []
    for file in sorted(videos.glob("*.mp4")):
        begin, middle, end = begin_middle_and_end(file)
        found += [file.name for shown in ((begin, end), (begin,), (middle, end)) if reflects(shown)]
    assert found == []
