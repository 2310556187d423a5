"""Labelled recordings as clips."""

from __future__ import annotations

import os
from pathlib import Path

import cv2
import numpy as np
import pytest

from benchmarks.ruler.clip import Span
from benchmarks.ruler.judges import Event
from benchmarks.ruler.metrics import Found, Score, Scorer, summed
from benchmarks.ruler.recorded import RecordedClip, recordings
from pisecurity.adapters.recordings import labels
from pisecurity.adapters.recordings.clips import ClipWriter
from pisecurity.core.types import Box
from tests.clips.record import CLIPS


def film(folder: Path, name: str = "yard.mp4", frames: int = 60, size: tuple[int, int] = (100, 60)) -> Path:
    """Write a clip each frame of which is a little brighter than the one before."""
    with ClipWriter(folder / name, *size, 30, quality=10) as clip:
        for number in range(frames):
            clip.write(np.full((size[1], size[0], 3), 40 + 3 * number, np.uint8))
    return folder / name


def yard(**changes: object) -> labels.Recording:
    """Return the labels of ``film``: a visit in frames 20 to 40."""
    known: dict[str, object] = {
        "file": "yard.mp4", "w": 100, "h": 60, "fps": 30, "frames": 60,
        "events": [{"start_frame": 20, "end_frame": 40, "label": "person", "clear_from": 25}],
        "nuisance": [{"start_frame": 0, "end_frame": 19}, {"start_frame": 41, "end_frame": 59}],
    }  # fmt: skip
    return labels.Recording.model_validate(known | changes)


def only(folder: Path, recording: labels.Recording) -> RecordedClip:
    labels.write(folder, [recording])
    found = recordings(folder)
    assert found.problems == []
    (clip,) = found.clips
    return clip


def test_a_recording_is_thinned_to_about_ten_frames_a_second_and_cut(tmp_path: Path) -> None:
    film(tmp_path)
    clip = only(tmp_path, yard())
    assert (clip.name, clip.fps, clip.frames, clip.size, clip.file) == ("yard", 10, 20, (96, 56), tmp_path / "yard.mp4")
    lumas = [shot.luma for shot in clip.shots()]
    assert len(lumas) == 20
    assert all(luma.shape == (56, 96) and luma.dtype == np.uint8 and luma.flags.c_contiguous for luma in lumas)
    assert [int(luma.mean()) for luma in lumas] == pytest.approx([40 + 9 * number for number in range(20)], abs=2)


def test_labels_become_the_spans_of_the_frames_that_are_left(tmp_path: Path) -> None:
    film(tmp_path)
    regions = [{"polygon": [[0, 0], [48, 0], [48, 28]], "label": "flag"}]
    ignore = [{"start_frame": 4, "end_frame": 5, "label": "no frame of it is left"}]
    spans = only(tmp_path, yard(warmup=[0, 8], nuisance_regions=regions, ignore=ignore)).spans
    assert spans is not None
    assert spans.warm_up == 3, "frames 0, 3 and 6"
    assert spans.events == (Event(7, 13, "person", 9),), "frames 21 to 39, plain to see from 27"
    assert spans.nuisance == (Span(0, 6, ""), Span(14, 19, ""))
    assert spans.ignored == ()
    assert spans.false_regions == (((0, 0), (0.5, 0), (0.5, 0.5)),)


def test_masks_are_cut_like_the_picture_and_come_with_their_frames(tmp_path: Path) -> None:
    film(tmp_path)
    folder = tmp_path / "masks" / "yard"
    folder.mkdir(parents=True)
    mask = np.zeros((60, 100), np.uint8)
    mask[10:40, 20:50] = 255
    for number in (24, 25):
        cv2.imwrite(str(folder / f"{number:06d}.png"), mask)
    shots = list(only(tmp_path, yard()).shots())
    assert [number for number, shot in enumerate(shots) if shot.mask is not None] == [8], "frame 25 is not shown"
    assert np.array_equal(np.asarray(shots[8].mask), mask[:56, :96])


def test_a_recording_with_all_its_boxes_is_scored_by_them(tmp_path: Path) -> None:
    film(tmp_path)
    boxes = [(0.5, 0.5, 0.25, 0.25)] * 10 + [(0.25, 0.5, 0.25, 0.25)] * 11
    events = [{"start_frame": 20, "end_frame": 40, "label": "person", "boxes": boxes}]
    clip = only(tmp_path, yard(events=events))
    assert clip.spans is None
    present = [shot.present for shot in clip.shots()]
    assert [number for number, things in enumerate(present) if things] == list(range(7, 14))
    assert all(things is not None for things in present)
    (first,) = present[7] or ()
    assert first.label == "person"
    assert first.box.x == pytest.approx(0.5 * 100 / 96), "in shares of the cut picture"
    assert [things[0].moving for things in present if things] == [True, False, False, True, False, False, False]


def test_a_recording_that_breaks_off_is_told_once_and_plays_as_far_as_it_goes(tmp_path: Path) -> None:
    film(tmp_path, frames=50)
    labels.write(tmp_path, [yard()])
    found = recordings(tmp_path)
    assert [len(list(found.clips[0].shots())) for _ in range(2)] == [17, 17]
    assert found.problems == [f"{tmp_path}/yard.mp4: has 50 frames, its labels say 60; correct them or the clip"]


def test_what_cannot_be_measured_on_is_named_and_the_rest_goes_on(tmp_path: Path) -> None:
    film(tmp_path)
    (tmp_path / "text.mp4").write_text("no clip")
    film(tmp_path, "small.mp4", size=(64, 64))
    labels.write(tmp_path, [yard(file="gone.mp4"), yard(file="text.mp4"), yard(file="small.mp4"), yard()])
    found = recordings(tmp_path)
    assert [clip.name for clip in found.clips] == ["yard"]
    gone, text, small = found.problems
    assert gone.startswith(f"{tmp_path}/manifest.json: gone.mp4: is not in ")
    assert text.startswith(f"{tmp_path}/text.mp4: is no readable video (")
    assert small == f"{tmp_path}/small.mp4: is 64x64, its labels say 100x60; correct w and h"


def test_a_folder_without_a_manifest_is_one_line(tmp_path: Path) -> None:
    found = recordings(tmp_path)
    assert found.clips == ()
    assert found.problems == [f"{tmp_path}/manifest.json: not found; name a folder with recordings and their manifest"]


def perfect(clip: RecordedClip) -> Score:
    scorer = Scorer(clip)
    for shot in clip.shots():
        scorer.add(shot, Found(tuple(thing.box for thing in shot.present or ())))
    return scorer.result()


def test_the_committed_clips_are_measured_by_their_boxes() -> None:
    found = recordings(CLIPS)
    assert found.problems == []
    row = summed([perfect(clip) for clip in found.clips])
    assert (row.clips, row.events, row.detected, row.frame_recall, row.false_events) == (4, 3, 3, 1, 0)
    assert row.quiet_hours == pytest.approx(19 / 3600), "24 quiet seconds without the warm-up"


@pytest.mark.recorded
def test_the_labelled_recordings_are_without_a_mistake() -> None:
    found = recordings(Path(os.environ["PISECURITY_RECORDED"]) / "videos")
    assert found.problems == []
    assert len(found.clips) == 19
    assert sum(len(clip.spans.events) for clip in found.clips if clip.spans is not None) == 24


@pytest.mark.recorded
@pytest.mark.parametrize("name", ["d11_waving_trees", "d14_brightness_change", "d16_shadow_people"])
def test_who_always_alarms_finds_every_event_and_is_false_in_every_scored_frame(name: str) -> None:
    found = recordings(Path(os.environ["PISECURITY_RECORDED"]) / "videos")
    (clip,) = [clip for clip in found.clips if clip.name == name]
    scorer = Scorer(clip)
    for shot in clip.shots():
        scorer.add(shot, Found())
    silent = summed([scorer.result()])
    scorer = Scorer(clip)
    for shot in clip.shots():
        scorer.add(shot, Found((Box(0, 0, 1, 1),)))
    loud = summed([scorer.result()])
    assert (silent.detected, silent.false_frames) == (0, 0)
    assert (loud.detected, loud.false_frames) == (loud.events, loud.quiet_frames)
    assert loud.quiet_frames == silent.quiet_frames > 0
